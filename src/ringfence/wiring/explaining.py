"""The events behind an alert, from the history."""

from __future__ import annotations

from typing import Any

import polars as pl

from ringfence.detectors.matches import entity_of
from ringfence.wiring.workplace import Workplace


def events_of(place: Workplace, alert: dict[str, Any], limit: int = 20) -> list[dict[str, Any]]:
    """Return the first events of an alert's entity within its episode, in order; none when no history is kept."""
    found = (
        place.history.scan(alert["episode_start_ms"], alert["episode_end_ms"] + 1)
        .filter(entity_of(alert["entity_kind"]) == alert["entity"])
        .sort("at_ms", "event_id")
        .head(limit)
        .with_columns(pl.col("event_id").bin.encode("hex"))
        .collect()
    )
    return found.to_dicts()
