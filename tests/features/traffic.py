"""Random event columns for the laws of features: few entities, ties, silences, nulls, every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ringfence.events.schema import conform

DAY_MS = 86_400_000
START_MS = 1_772_409_600_000  # Monday 2026-03-02 00:00 UTC


def some(rng: np.random.Generator, values: list[str], count: int, null_share: float) -> pl.Series:
    """Return random texts, some of them null."""
    drawn = pl.Series(rng.choice(values, count))
    return pl.select(pl.when(pl.Series(rng.random(count) >= null_share)).then(drawn)).to_series()


def random_events(seed: int, count: int, days: float = 20, people: int = 12) -> pl.DataFrame:
    """Return events in order, many of them in the same millisecond or pane."""
    rng = np.random.default_rng(seed)
    at = START_MS + rng.integers(0, int(days * DAY_MS), count)
    at = np.where(rng.random(count) < 0.5, at // 60_000 * 60_000, at)
    numbers = [f"316{i:08d}" for i in range(people)] + [f"53{i:07d}" for i in range(people // 2)]
    answered = rng.random(count) < 0.6
    frame = pl.DataFrame(
        {
            "event_id": [rng.bytes(16) for _ in range(count)],
            "at_ms": at,
            "kind": some(rng, ["call", "call", "attempt", "message", "data"], count, 0),
            "tenant": some(rng, ["north", "south"], count, 0.8),
            "caller": some(rng, numbers, count, 0.05),
            "callee": some(rng, numbers, count, 0.05),
            "account": some(rng, ["a", "b"], count, 0.5),
            "device": some(rng, [str(i) for i in range(people)], count, 0.1),
            "caller_imsi": some(rng, [f"20408{i:010d}" for i in range(people)], count, 0.2),
            "cell": some(rng, ["north", "south", "harbour"], count, 0.2),
            "trunk_in": some(rng, ["t1", "t2"], count, 0.6),
            "trunk_out": some(rng, ["t2", "t3"], count, 0.3),
            "callee_range": some(rng, ["31", "53", "5352"], count, 0.05),
            "callee_country": some(rng, ["NL", "CU"], count, 0.1),
            "callee_class": some(rng, ["mobile", "premium"], count, 0.2),
            "direction": some(rng, ["in", "out"], count, 0.2),
            "duration_ms": np.where(answered, rng.integers(0, 900_000, count), 0),
            "ring_ms": rng.integers(0, 20_000, count),
            "charge_micros": rng.integers(0, 5_000_000, count),
            "answered": answered,
            "is_international": rng.random(count) < 0.3,
        }
    ).with_columns(
        duration_ms=pl.when(pl.col("kind") == "call").then("duration_ms"),
        ring_ms=pl.when(pl.col("at_ms") % 5 != 0).then("ring_ms"),
        answered=pl.when(pl.col("at_ms") % 7 != 0).then("answered"),
    )
    return conform(frame).sort("at_ms", "event_id")


def local(events: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Add what the oracle's SQL reads beside the event columns, computed by Python's own zoneinfo."""
    zone = ZoneInfo(time_zone)
    moments = [datetime.fromtimestamp(at / 1000, UTC).astimezone(zone) for at in events["at_ms"]]
    return events.with_columns(
        trunk=pl.coalesce("trunk_in", "trunk_out"),
        local_hour=pl.Series([m.hour for m in moments]),
        local_weekday=pl.Series([m.isoweekday() for m in moments]),
    )
