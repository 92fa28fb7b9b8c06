"""Measures alerts against known fraud: what was found, how soon, what it cost, and how often the alerts were wrong.

An episode of fraud counts as found when an alert is raised between its first event and one hour after its last, whose
own events (those of its entity, in its span) hold an event of the episode; and the alert is on one of the episode's
entities, or at least half of its own events are fraudulent. So an alert that happens to name one of a thousand victims
finds nothing. An alert is false when its own events hold no fraudulent one. (DESIGN.md section 5, "Event files".)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import polars as pl

from ringfence.events.errors import BAD_ALERTS, BAD_TRUTH, SettingsError, UsageError
from ringfence.learning.spans import SPANS, count_within, of_kind, own_events, with_all_columns
from ringfence.learning.truth import EPISODE, conform_truth, place_truth

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
GRACE_MS: Final = HOUR_MS  # an alert raised this long after the last event still finds its episode
MOSTLY_FRAUD: Final = 2 * pl.col("fraudulent_events") >= pl.col("own_events")  # of an alert's verdict
UNHEARD: Final = "suppressed"  # status of alerts that nobody sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of all episodes of one fraud in one variant.

    `named` counts those where an alert that found them also claims the right fraud. `precision` is the share of the
    alerts claiming this fraud (in either variant: alerts know none) that are not false; null without such alerts.
    Seconds run from the episode's first event to the first alert that finds it, median over those found.
    `median_loss_share_before_alert` counts an episode that was not found as 1; `median_loss_share_of_found` leaves it
    out. Episodes that cost nothing have no share. Money in millionths: `exposed` = `lost` + `saved`, where an event is
    saved if, before it, an alert that one would act on was raised on a party of the event: an alert on one of the
    episode's entities, or with at least half of its own events fraudulent, and not false.
    """

    fraud: str
    variant: str
    episodes: int
    found: int
    named: int
    recall: float
    precision: float | None
    median_seconds_to_detect: float | None
    median_loss_share_before_alert: float | None
    median_loss_share_of_found: float | None
    money_lost_micros: int
    money_saved_micros: int
    money_exposed_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The whole result, a row for each fraud and variant, and what it was counted from.

    `episodes` has a row an episode: `fraud`, `variant`, `episode`, `first_ms`, `last_ms`, `events`, `money_micros`,
    `raised_at_ms` and `alert` (place of the first alert that finds it; null when not found), `named`, `loss_share`,
    `lost_micros`, `saved_micros`. `losses` has a row a fraudulent event: `at_ms`, `fraud`, `variant`, `episode`,
    `money_micros`, `saved`. `verdicts` has a row an alert that was heard: `alert` (its place in the list given),
    `fraud` (that it claims), `own_events`, `fraudulent_events`, `false`, `finds` (an episode). `unseen` counts
    fraudulent events that are not among the events: their money counts as lost.
    """

    subscribers: int
    days: float
    alerts: int
    false_alerts: int
    frauds: tuple[Outcome, ...]
    episodes: pl.DataFrame
    losses: pl.DataFrame
    verdicts: pl.DataFrame
    unseen: int

    @property
    def false_alerts_per_1000_subscriber_days(self) -> float | None:
        """False alerts a day among a thousand subscribers; null where there are no subscribers."""
        exposure = self.subscribers * self.days / 1_000
        return self.false_alerts / exposure if exposure > 0 else None

    def to_json(self) -> dict[str, Any]:
        """Return the document of `ringfence evaluate --json`."""
        rows = [asdict(row) for row in self.frauds]
        for row in rows:
            del row["median_loss_share_of_found"]  # not part of the promised document
        return {
            "subscribers": self.subscribers,
            "days": self.days,
            "alerts": self.alerts,
            "false_alerts": self.false_alerts,
            "false_alerts_per_1000_subscriber_days": self.false_alerts_per_1000_subscriber_days,
            "frauds": rows,
        }


def evaluate(
    alerts: Sequence[Mapping[str, Any]],
    events: pl.LazyFrame | pl.DataFrame,
    truth: pl.DataFrame,
    *,
    subscribers: int | None = None,
    days: float | None = None,
) -> Evaluation:
    """Measure alerts against the truth.

    Args:
        alerts: objects as in `ringfence alerts --json`. Those in shadow or suppressed are left out: nobody heard them.
        events: accepted events, each id once; columns that are missing count as null.
        truth: columns of `truth.parquet`.
        subscribers: how many there are; if left out, the callers seen whose country is the most common one, and of
            these those that did not come in by a trunk (other operators' subscribers), where there are any.
        days: how long it was; if left out, the events' time span in whole days, at least one.

    Raises:
        UsageError: an alert lacks a field or is on an unknown kind of entity, or none of the truth is among the events.
        SettingsError: the truth cannot be used.

    """
    heard = spans_of(alerts)
    rows = with_all_columns(events)
    fraudulent = _fraudulent(truth, rows)
    verdicts = _verdicts(heard, rows, fraudulent)
    finders = _finders(heard, verdicts, fraudulent)
    verdicts = verdicts.with_columns(finds=pl.col("alert").is_in(finders["alert"].implode()))
    losses = _losses(heard, verdicts, fraudulent)
    episodes = _episodes(losses, finders)
    size, length = _extent(rows, subscribers, days)
    return Evaluation(
        subscribers=size,
        days=length,
        alerts=heard.height,
        false_alerts=int(verdicts["false"].sum()),
        frauds=_outcomes(episodes, verdicts),
        episodes=episodes,
        losses=losses.select("at_ms", *EPISODE, "money_micros", "saved"),
        verdicts=verdicts,
        unseen=fraudulent["at_ms"].null_count(),
    )


def pool(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Return several runs as one: all episodes and alerts together, shares and medians over all of them.

    `days` is the mean, weighted by subscribers. Places of alerts (`alert`) stay those of their own run.

    Raises:
        ValueError: there is none to pool.

    """
    if not evaluations:
        raise ValueError("no evaluation to pool")
    episodes = pl.concat([one.episodes for one in evaluations])
    verdicts = pl.concat([one.verdicts for one in evaluations])
    subscribers = sum(one.subscribers for one in evaluations)
    exposure = sum(one.subscribers * one.days for one in evaluations)
    return Evaluation(
        subscribers=subscribers,
        days=exposure / subscribers if subscribers else evaluations[0].days,
        alerts=sum(one.alerts for one in evaluations),
        false_alerts=sum(one.false_alerts for one in evaluations),
        frauds=_outcomes(episodes, verdicts),
        episodes=episodes,
        losses=pl.concat([one.losses for one in evaluations]),
        verdicts=verdicts,
        unseen=sum(one.unseen for one in evaluations),
    )


def spans_of(alerts: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return the alerts that were heard as columns `SPANS`.

    Raises:
        UsageError: an alert lacks a field, or holds what it cannot.

    """
    columns: dict[str, list[Any]] = {name: [] for name in SPANS.names()}
    for place, alert in enumerate(alerts):
        if alert.get("shadow") or alert.get("status") == UNHEARD:
            continue
        for name, values in columns.items():
            value = place if name == "alert" else alert.get(name)
            if value is None:
                raise UsageError(
                    BAD_ALERTS, f"no {name}", where=f"alert {place + 1}", expected=f"the fields {', '.join(columns)}"
                )
            values.append(value)
    try:
        return pl.DataFrame(columns, schema=SPANS)
    except (TypeError, pl.exceptions.PolarsError) as cause:
        raise UsageError(BAD_ALERTS, f"an alert cannot be read: {cause}", expected="texts and whole ms") from cause


def _fraudulent(truth: pl.DataFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """Return the truth beside its events; see `place_truth`."""
    placed = place_truth(conform_truth(truth), events)
    if placed.height and placed["at_ms"].null_count() == placed.height:
        raise SettingsError(
            BAD_TRUTH, "none of its events is among the records", expected="the truth of these very records"
        )
    return placed


def _verdicts(heard: pl.DataFrame, events: pl.LazyFrame, fraudulent: pl.DataFrame) -> pl.DataFrame:
    """Return for each alert how many events it covers and how many of them are fraudulent."""
    once = fraudulent.unique("event_id", keep="first").lazy()
    return heard.select(
        "alert",
        "fraud",
        own_events=pl.Series(own_events(heard, events)),
        fraudulent_events=pl.Series(own_events(heard, once)),
    ).with_columns(false=pl.col("fraudulent_events") == 0)


def _finders(heard: pl.DataFrame, verdicts: pl.DataFrame, fraudulent: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of alert and episode (`number`) where the alert finds the episode, with `named`."""
    times = fraudulent.group_by("number").agg(
        pl.col("fraud").first().alias("true_fraud"),
        pl.col("at_ms").min().alias("first_ms"),
        pl.col("at_ms").max().alias("last_ms"),
    )
    pairs = _covered(heard, fraudulent).join(times, on="number").join(verdicts.drop("fraud"), on="alert")
    named_parties = fraudulent.select("number", pl.col("truth_entity").alias("entity"), on_it=True).unique()
    return (
        pairs.join(named_parties, on=["number", "entity"], how="left")
        .filter(
            pl.col("raised_at_ms").is_between(pl.col("first_ms"), pl.col("last_ms") + GRACE_MS),
            pl.col("on_it").fill_null(False) | MOSTLY_FRAUD,
        )
        .select("number", "alert", "raised_at_ms", named=pl.col("fraud") == pl.col("true_fraud"))
    )


def _covered(heard: pl.DataFrame, fraudulent: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of alert and episode where the alert's own events hold an event of the episode."""
    parts = [heard.clear().with_columns(number=pl.lit(0, dtype=pl.UInt32))]
    for (kind,), some in heard.group_by("entity_kind"):
        points = of_kind(fraudulent.lazy(), str(kind)).select("number", "entity", "at_ms").collect()
        pairs = some.join(points.select("number", "entity").unique(), on="entity", how="inner")
        parts.append(pairs.filter(pl.Series(count_within(pairs, points, on=("number", "entity"))) > 0))
    return pl.concat(parts, how="vertical_relaxed")


def _losses(heard: pl.DataFrame, verdicts: pl.DataFrame, fraudulent: pl.DataFrame) -> pl.DataFrame:
    """Return the fraudulent events with `saved`: an earlier alert that one would act on is on a party of the event.

    One acts on an alert if its entity is one of the episode's, or at least half of its own events are fraudulent.
    """
    saved = pl.Series([False] * fraudulent.height, dtype=pl.Boolean)
    parties = fraudulent.select("number", pl.col("truth_entity").alias("entity"), on_it=True).unique()
    acted_on = verdicts.filter(~pl.col("false")).drop("fraud")
    for (kind,), some in heard.join(acted_on, on="alert").group_by("entity_kind"):
        raised = pl.col("raised_at_ms")
        stopped = some.group_by("entity").agg(
            raised.min().alias("any_ms"), raised.filter(MOSTLY_FRAUD).min().alias("mostly_ms")
        )
        moments = of_kind(fraudulent.lazy(), str(kind)).select("number", "entity", "at_ms").collect()
        joined = moments.join(stopped, on="entity", how="left", maintain_order="left").join(
            parties, on=["number", "entity"], how="left", maintain_order="left"
        )
        from_ms = pl.when("on_it").then("any_ms").otherwise("mostly_ms")
        saved |= joined.select((pl.col("at_ms") > from_ms).fill_null(False)).to_series()
    return fraudulent.with_columns(saved=saved)


def _episodes(losses: pl.DataFrame, finders: pl.DataFrame) -> pl.DataFrame:
    """Return a row an episode: when, how much, found by which alert, and the share lost before it."""
    found = finders.sort("raised_at_ms", "alert").group_by("number", maintain_order=True).agg(
        pl.col("raised_at_ms").first(), pl.col("alert").first(), pl.col("named").any()
    )  # fmt: skip
    money, raised = pl.col("money_micros"), pl.col("raised_at_ms")
    not_after = (pl.col("at_ms") <= raised).fill_null(True)  # never found, or never seen: lost before any alert
    return (
        losses.join(found, on="number", how="left")
        .group_by("number", *EPISODE)
        .agg(
            pl.col("at_ms").min().alias("first_ms"),
            pl.col("at_ms").max().alias("last_ms"),
            pl.len().cast(pl.Int64).alias("events"),
            money.sum(),
            raised.first(),
            pl.col("alert").first(),
            pl.col("named").first().fill_null(False),
            money.filter(not_after).sum().alias("before_micros"),
            money.filter(~pl.col("saved")).sum().alias("lost_micros"),
            money.filter("saved").sum().alias("saved_micros"),
        )
        .with_columns(loss_share=pl.when(money > 0).then(pl.col("before_micros") / money))
        .sort("number")
        .drop("number", "before_micros")
    )


def _outcomes(episodes: pl.DataFrame, verdicts: pl.DataFrame) -> tuple[Outcome, ...]:
    """Return the rows of the evaluation, in order of fraud, plain before evasive."""
    precision = dict(verdicts.group_by("fraud").agg(1 - pl.col("false").mean()).iter_rows())
    found, share = pl.col("raised_at_ms").is_not_null(), pl.col("loss_share")
    rows = (
        episodes.group_by("fraud", "variant")
        .agg(
            pl.len().cast(pl.Int64).alias("episodes"),
            found.sum().cast(pl.Int64).alias("found"),
            pl.col("named").sum().cast(pl.Int64),
            found.mean().alias("recall"),
            ((pl.col("raised_at_ms") - pl.col("first_ms")).median() / 1_000).alias("median_seconds_to_detect"),
            share.median().alias("median_loss_share_before_alert"),
            share.filter(found).median().alias("median_loss_share_of_found"),
            pl.col("lost_micros").sum().alias("money_lost_micros"),
            pl.col("saved_micros").sum().alias("money_saved_micros"),
            pl.col("money_micros").sum().alias("money_exposed_micros"),
        )
        .sort("fraud", "variant", descending=[False, True])
    )
    return tuple(Outcome(precision=precision.get(row["fraud"]), **row) for row in rows.iter_rows(named=True))


def _extent(events: pl.LazyFrame, subscribers: int | None, days: float | None) -> tuple[int, float]:
    """Return how many subscribers and days, counted from the events where they are not given."""
    if subscribers is None:
        callers = events.drop_nulls(["caller", "caller_country"]).group_by("caller_country")
        own = pl.col("caller").filter(pl.col("trunk_in").is_null())
        sizes = callers.agg(pl.len().alias("events"), own.n_unique().alias("own"), pl.col("caller").n_unique())
        home = sizes.sort("events", "caller_country", descending=[True, False]).head(1).collect()
        subscribers = int(home["own"][0] or home["caller"][0]) if len(home) else 0
    if days is None:
        first, last = events.select(pl.col("at_ms").min(), last=pl.col("at_ms").max()).collect().row(0)
        days = float(max(1, round((last - first) / DAY_MS))) if first is not None else 0.0
    return subscribers, days
