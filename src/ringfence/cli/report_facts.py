"""What the report says: the figures behind its drawings, from alerts, events and the evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from ringfence.cli.parties import OF_ONE_PARTY
from ringfence.learning.evaluate import Evaluation, spans_of
from ringfence.learning.spans import of_kind

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
BEFORE_MS: Final = 7 * DAY_MS  # history shown before an episode
SHOWN_MS: Final = 14 * DAY_MS  # of a long episode
USUAL_SHARE: Final = 0.95  # of the hours before; the band of what is usual
MOST_BINS: Final = 340


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyOverTime:
    """Money summed up from the beginning, at the end of each bin: `lost` and `saved` in whole units."""

    times_ms: list[int]
    lost: list[float]
    saved: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One party's hours: when each begins, calls and messages in it, charges in whole units."""

    times_ms: list[int]
    events: list[float]
    charges: list[float]
    episode_from_ms: int  # the hour in which the episode begins
    usual_events: float | None  # what 95 of 100 hours before the episode did not exceed; null without such hours
    usual_charges: float | None
    hours_before: int

    @property
    def is_before(self) -> list[bool]:
        """Return whether each hour is before the episode."""
        return [at < self.episode_from_ms for at in self.times_ms]


def expected_loss_micros(alert: Mapping[str, Any]) -> int:
    """Return what orders the queue: the alert's own figure, or score x (spent so far + one hour more)."""
    given = alert.get("expected_loss_micros")
    if given is not None:
        return int(given)
    spent = (alert.get("money_micros") or 0) + (alert.get("money_per_hour_micros") or 0)
    return int((alert.get("score") or 0) * spent)


def in_order(alerts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the alerts that were heard, the highest expected loss first, ties by id."""
    heard = [a for a in alerts if not a.get("shadow") and a.get("status") != "suppressed"]
    return sorted(heard, key=lambda a: (-expected_loss_micros(a), str(a.get("alert_id"))))


def worst_case(alerts: Sequence[Mapping[str, Any]], evaluation: Evaluation | None) -> Mapping[str, Any] | None:
    """Return the alert to tell in full: the highest expected loss of one party, and a true case where that is known."""
    finds = set(evaluation.verdicts.filter("finds")["alert"]) if evaluation else set(range(len(alerts)))
    true = in_order([alert for place, alert in enumerate(alerts) if place in finds]) or in_order(alerts)
    of_one = [alert for alert in true if alert["entity_kind"] in OF_ONE_PARTY]
    return next(iter(of_one or true), None)


def money_over_time(losses: pl.DataFrame) -> MoneyOverTime | None:
    """Return money lost and saved over time; None when there is no money to show.

    `losses` has a row an event: `at_ms`, `money_micros`, `saved`.
    """
    known = losses.drop_nulls("at_ms").filter(pl.col("money_micros") != 0)
    if known.is_empty():
        return None
    at = known["at_ms"].to_list()
    first, last = min(at), max(at)
    size = HOUR_MS * max(1, -(-(last - first) // (MOST_BINS * HOUR_MS)))
    start = first // size * size
    bins = known.group_by((pl.col("at_ms") // size * size + size).alias("end_ms")).agg(
        pl.col("money_micros").filter(~pl.col("saved")).sum().alias("lost"),
        pl.col("money_micros").filter("saved").sum().alias("saved"),
    )
    every = pl.DataFrame({"end_ms": list(range(start, last // size * size + size + 1, size))})
    joined = every.join(bins, on="end_ms", how="left", maintain_order="left").fill_null(0)
    sums = joined.with_columns(pl.col("lost", "saved").cum_sum() / 1e6)
    return MoneyOverTime(times_ms=sums["end_ms"].to_list(), lost=sums["lost"].to_list(), saved=sums["saved"].to_list())


def charges_under_alert(alerts: Sequence[Mapping[str, Any]], events: pl.LazyFrame) -> pl.DataFrame:
    """Return the charges of parties under alert within their episodes; `saved` when after the party's first alert.

    What stands in for the truth when none is known. Callers, accounts, devices and SIMs only; an event that several
    alerts cover counts once.
    """
    spans = spans_of(alerts)
    parts = []
    for kind in OF_ONE_PARTY:
        some = spans.filter(pl.col("entity_kind") == kind)
        if some.is_empty():
            continue
        parties = some.group_by("entity").agg(
            pl.col("episode_start_ms").min(), pl.col("episode_end_ms").max(), pl.col("raised_at_ms").min()
        )
        parts.append(
            of_kind(events, kind)
            .join(parties.lazy(), on="entity")
            .filter(pl.col("at_ms").is_between(pl.col("episode_start_ms"), pl.col("episode_end_ms")))
            .select("event_id", "at_ms", pl.col("charge_micros").fill_null(0).alias("money_micros"),
                    saved=pl.col("at_ms") > pl.col("raised_at_ms"))
        )  # fmt: skip
    if not parts:
        return pl.DataFrame(schema={"at_ms": pl.Int64, "money_micros": pl.Int64, "saved": pl.Boolean})
    return (
        pl.concat(parts).group_by("event_id")
        .agg(pl.col("at_ms", "money_micros").first(), pl.col("saved").any()).collect()
    )  # fmt: skip


def hours_of(alert: Mapping[str, Any], events: pl.LazyFrame) -> Hours | None:
    """Return the hours of an alert's entity from a week before its episode to an hour after; None without events."""
    start = int(alert["episode_start_ms"])
    end = min(int(alert["episode_end_ms"]), start + SHOWN_MS)
    first_seen = events.select(pl.col("at_ms").min()).collect().item()
    if first_seen is None:
        return None
    begin = max(start - BEFORE_MS, int(first_seen)) // HOUR_MS * HOUR_MS
    own = of_kind(events, str(alert["entity_kind"])).filter(
        pl.col("entity") == alert["entity"], pl.col("at_ms").is_between(begin, end + HOUR_MS)
    )
    counted = own.group_by((pl.col("at_ms") // HOUR_MS * HOUR_MS).alias("hour_ms")).agg(
        pl.len().cast(pl.Float64).alias("events"), pl.col("charge_micros").fill_null(0).sum() / 1e6
    )
    every = pl.LazyFrame({"hour_ms": list(range(min(begin, start // HOUR_MS * HOUR_MS), end + HOUR_MS + 1, HOUR_MS))})
    hours = every.join(counted, on="hour_ms", how="left", maintain_order="left").fill_null(0).collect()
    if hours["events"].sum() == 0:
        return None
    episode_from = start // HOUR_MS * HOUR_MS
    before = hours.filter(pl.col("hour_ms") < episode_from)
    return Hours(
        times_ms=hours["hour_ms"].to_list(),
        events=hours["events"].to_list(),
        charges=hours["charge_micros"].to_list(),
        episode_from_ms=episode_from,
        usual_events=before["events"].quantile(USUAL_SHARE, "nearest"),
        usual_charges=before["charge_micros"].quantile(USUAL_SHARE, "nearest"),
        hours_before=before.height,
    )
