"""Two rules that people use today, on the same events: what any evaluation has to be read beside.

The five counters of OpenSIPS `fraud_detection`, with the thresholds of its tutorial (profile 1, prefix 99, four rules
by hour and weekday; https://www.opensips.org/Documentation/Tutorials-FraudDetection-2-3), and the sample scenario that
Oculeus publishes: three calls an hour of six minutes or more at 20 cents a minute or more.

Both see what a record holds at the moment the record is known, as Ringfence does. A proxy would know the start of a
call up to the call's length earlier; it would also have no prices. Neither rule names a fraud, so their alerts claim
`ANY_FRAUD`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from ringfence.events.identity import digest
from ringfence.learning.spans import Integers, with_all_columns

ANY_FRAUD: Final = "any"
GAP_MS: Final = 30 * 60_000  # quiet time that ends an episode of a rule, unless the rule says otherwise
MINUTE_MS: Final = 60_000
_REVISION: Final = 1
_MATCH: Final = ("entity", "at_ms", "charge_micros", "feature", "value", "limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Thresholds of one OpenSIPS rule, at one level; a counter that reaches its threshold raises an event.

    Counts are per caller and called prefix and begin anew each day and whenever another rule takes over; a call's
    duration is in seconds.
    """

    calls_per_minute: int
    duration_s: int
    total_calls: int
    concurrent_calls: int
    sequential_calls: int


NAMES: Final = ("calls_per_minute", "duration_s", "total_calls", "concurrent_calls", "sequential_calls")

# In the order of the tutorial's table: 9-17 h, 17-24 h and 0-9 h from Monday to Friday, and the weekend.
WARNING: Final = (
    Limits(calls_per_minute=3, duration_s=7_200, total_calls=16, concurrent_calls=3, sequential_calls=6),
    Limits(calls_per_minute=3, duration_s=9_600, total_calls=21, concurrent_calls=3, sequential_calls=8),
    Limits(calls_per_minute=3, duration_s=4_800, total_calls=10, concurrent_calls=3, sequential_calls=5),
    Limits(calls_per_minute=3, duration_s=11_400, total_calls=24, concurrent_calls=3, sequential_calls=12),
)
CRITICAL: Final = (
    Limits(calls_per_minute=5, duration_s=13_200, total_calls=35, concurrent_calls=5, sequential_calls=20),
    Limits(calls_per_minute=5, duration_s=16_000, total_calls=35, concurrent_calls=5, sequential_calls=26),
    Limits(calls_per_minute=4, duration_s=9_600, total_calls=20, concurrent_calls=4, sequential_calls=15),
    Limits(calls_per_minute=5, duration_s=17_400, total_calls=40, concurrent_calls=5, sequential_calls=30),
)
DEAR_CLASSES: Final = ("premium", "shared_cost", "satellite")


def opensips(
    events: pl.LazyFrame | pl.DataFrame,
    *,
    limits: tuple[Limits, Limits, Limits, Limits] = WARNING,
    dear_only_from: str | None = None,
    time_zone: str = "UTC",
) -> list[dict[str, Any]]:
    """Return the alerts of the five OpenSIPS counters: total, per minute, concurrent, sequential, duration.

    Args:
        events: accepted events; calls and attempts count, by caller and `callee_range`.
        limits: the thresholds by the tutorial's four rules; `WARNING` or `CRITICAL`.
        dear_only_from: the home country: rules only for prefixes of other countries and of premium, shared-cost and
            satellite numbers, as an operator would set them up. None: a rule for every prefix.
        time_zone: the proxy's, for the hours of the rules.

    """
    calls = _calls(events, time_zone)
    if dear_only_from is not None:
        calls = calls.filter((pl.col("callee_country") != dear_only_from) | pl.col("callee_class").is_in(DEAR_CLASSES))
    counted = _count(calls.collect())
    reached = [_limit(limits, name).alias(f"{name}_limit") for name in NAMES]
    counted = counted.with_columns(reached)
    parts = [
        counted.filter(pl.col(name) >= pl.col(f"{name}_limit")).select(
            entity="caller", at_ms="at_ms", charge_micros="charge_micros",
            feature=pl.lit(name), value=name, limit=f"{name}_limit",
        )
        for name in NAMES
    ]  # fmt: skip
    return _alerts("opensips_fraud_detection", pl.concat(parts))


def six_minutes(
    events: pl.LazyFrame | pl.DataFrame,
    *,
    duration_ms: int = 6 * MINUTE_MS,
    calls: int = 3,
    within_ms: int = 60 * MINUTE_MS,
    rate_micros: int = 200_000,
) -> list[dict[str, Any]]:
    """Return the alerts of "six minutes or more, three times an hour, 20 cents a minute or more", by caller.

    Source: the sample scenario of Oculeus AFS. Its number set is taken as all numbers that cost that much: the rate is
    the record's charge (or what the rate table says) over its duration. The hour slides.
    """
    dear = (
        with_all_columns(events)
        .filter(pl.col("answered"), pl.col("duration_ms") >= duration_ms, pl.col("caller").is_not_null())
        .filter(pl.col("charge_micros") * MINUTE_MS >= rate_micros * pl.col("duration_ms"))
        .sort("caller", "at_ms", "event_id")
    )
    earlier = pl.col("at_ms").shift(calls - 1).over("caller")
    matches = dear.filter(pl.col("at_ms") - earlier < within_ms).select(
        entity="caller",
        at_ms="at_ms",
        charge_micros="charge_micros",
        feature=pl.lit("dear_long_calls_in_an_hour"),
        value=pl.lit(calls, dtype=pl.Int64),
        limit=pl.lit(calls, dtype=pl.Int64),
    )
    return _alerts("six_minutes_three_times", matches.collect())


def _calls(events: pl.LazyFrame | pl.DataFrame, time_zone: str) -> pl.LazyFrame:
    """Return calls and attempts in the order in which the proxy saw them, with the rule in force at each."""
    start = pl.coalesce("start_ms", pl.col("at_ms") - pl.col("duration_ms").fill_null(0))
    local = pl.from_epoch("begun_ms", time_unit="ms").dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    hour, weekday = local.dt.hour(), local.dt.weekday()
    by_hour = (
        pl.when(hour < 9).then(2).when((hour < 17) | ((hour == 17) & (local.dt.minute() == 0))).then(0).otherwise(1)
    )
    return (
        with_all_columns(events)
        .filter(pl.col("kind").is_in(["call", "attempt"]), pl.col("caller").is_not_null())
        .drop_nulls(["at_ms", "callee_range"])
        .with_columns(begun_ms=start)
        .with_columns(rule=pl.when(weekday >= 6).then(3).otherwise(by_hour), day=local.dt.date())
        .select(
            "caller", "callee", "callee_range", "callee_class", "callee_country", "at_ms", "begun_ms", "rule", "day",
            pl.col("charge_micros").fill_null(0), pl.col("duration_ms").fill_null(0), "event_id",
        )
        .sort("caller", "callee_range", "begun_ms", "event_id")
    )  # fmt: skip


def _count(calls: pl.DataFrame) -> pl.DataFrame:
    """Return the calls with the five counters as they stood when each call was set up, it included."""
    span = ["caller", "callee_range", "day", "rule"]
    calls = calls.with_columns(count=pl.struct(span).rle_id().cast(pl.Int64))
    repeated = pl.struct("count", "callee").rle_id()
    ended, lapsed = _before(calls, pl.col("at_ms")), _before(calls, pl.col("begun_ms") + MINUTE_MS)
    ordinal = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    return calls.with_columns(
        total_calls=ordinal.over("count"),
        sequential_calls=ordinal.over(repeated),
        duration_s=pl.col("duration_ms") // 1_000,
    ).with_columns(
        concurrent_calls=pl.col("total_calls") - pl.Series(ended),
        calls_per_minute=pl.col("total_calls") - pl.Series(lapsed),
    )


def _before(calls: pl.DataFrame, moment: pl.Expr) -> Integers:
    """Return, for each call, how many calls of its count had a `moment` at or before its set-up."""
    if calls.is_empty():
        return np.zeros(0, dtype=np.int64)
    begun = calls["begun_ms"].to_numpy()
    base = int(begun.min())
    begun = begun - base
    offset = calls.select(moment - base).to_series().to_numpy()
    count = calls["count"].to_numpy()
    width = int(max(offset.max(), begun.max())) + 1
    moments = np.sort(count * width + np.maximum(offset, 0))
    below = np.searchsorted(moments, count * width, side="left")
    found: Integers = (np.searchsorted(moments, count * width + begun, side="right") - below).astype(np.int64)
    return found


def _limit(limits: tuple[Limits, ...], name: str) -> pl.Expr:
    values = {place: getattr(rule, name) for place, rule in enumerate(limits)}
    return pl.col("rule").replace_strict(values, return_dtype=pl.Int64)


def _alerts(detector: str, matches: pl.DataFrame) -> list[dict[str, Any]]:
    """Return matches as alerts: one an episode of each entity, raised at its first match."""
    ordered = matches.sort("entity", "at_ms", "feature")
    quiet = (pl.col("at_ms") - pl.col("at_ms").shift().over("entity")) > GAP_MS
    episodes = (
        ordered.with_columns(episode=quiet.fill_null(True).cum_sum())
        .group_by("entity", "episode", maintain_order=True)
        .agg(
            pl.col("at_ms").first().alias("episode_start_ms"),
            pl.col("at_ms").last().alias("episode_end_ms"),
            pl.len().alias("events"),
            pl.col("charge_micros").sum().alias("money_micros"),
            pl.col("feature", "value", "limit").first(),
        )
        .sort("episode_start_ms", "entity")
    )
    return [_alert(detector, row) for row in episodes.iter_rows(named=True)]


def _alert(detector: str, row: dict[str, Any]) -> dict[str, Any]:
    words = row["feature"].replace("_", " ")
    return {
        "alert_id": digest(detector, _REVISION, row["entity"], row["episode_start_ms"]).hex(),
        "fraud": ANY_FRAUD,
        "detector": detector,
        "revision": _REVISION,
        "entity": row["entity"],
        "entity_kind": "caller",
        "episode_start_ms": row["episode_start_ms"],
        "episode_end_ms": row["episode_end_ms"],
        "raised_at_ms": row["episode_start_ms"],
        "events": row["events"],
        "score": 1.0,
        "money_micros": row["money_micros"],
        "money_per_hour_micros": 0,
        "currency": None,
        "reasons": [
            {
                "feature": row["feature"],
                "value": row["value"],
                "usual": row["limit"],
                "text": f"{words}: {row['value']}; the limit is {row['limit']}",
            }
        ],
        "status": "open",
    }
