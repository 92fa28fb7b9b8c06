"""Alerts put into the home folder of a running server, as its engine does: in a transaction of another connection."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ringfence.settings import Settings
from ringfence.wiring.workplace import workplace
from tests.stores.alerts import Said, alert

__all__ = ["Said", "alert", "keep", "row"]


def keep(home: Path, alerts: Iterable[Said]) -> None:
    """Raise alerts, or let their episodes go on."""
    with workplace(Settings.load(home, {}), write=True) as place:
        place.alerts.upsert(alerts)


def row(home: Path, alert_id: str) -> dict[str, Any]:
    """Return all that the store has of an alert."""
    with workplace(Settings.load(home, {})) as place:
        found = place.database.row("SELECT * FROM alert WHERE alert_id = ?", (alert_id,))
    assert found is not None
    return dict(found)
