"""Evaluations as tables: one by itself, and several side by side, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from ringfence.events.money import money_text
from ringfence.learning.evaluate import Evaluation

_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of texts: the names of its columns, and its rows. All columns after the first two are numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def right(self) -> tuple[str, ...]:
        """Return the names of the columns of numbers."""
        return self.columns[2:]

    def markdown(self) -> str:
        """Return the table as Markdown, its lines ended."""
        rule = ["---", "---", *("---:" for _ in self.right)]
        lines = [self.columns, rule, *([cell.replace("|", "\\|") for cell in row] for row in self.rows)]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def outcome_sheet(evaluation: Evaluation, currency: str) -> Sheet:
    """Return the evaluation of one set of alerts, a row for each fraud and variant."""
    columns = (
        "fraud", "variant", "episodes", "found", "named", "right of alerts", "time to detect", "lost before alert",
        "lost", "saved",
    )  # fmt: skip
    rows = (
        (
            one.fraud,
            one.variant,
            f"{one.episodes:,}",
            f"{one.found:,} ({percent(one.recall)})",
            f"{one.named:,}",
            percent(one.precision),
            duration(one.median_seconds_to_detect),
            percent(one.median_loss_share_before_alert),
            money_text(one.money_lost_micros, currency),
            money_text(one.money_saved_micros, currency),
        )
        for one in evaluation.frauds
    )
    return Sheet(columns, tuple(rows))


def fraud_sheet(evaluation: Evaluation) -> Sheet:
    """Return what became of the episodes of each fraud, its variants together; last of all frauds."""
    each = evaluation.episodes
    every = pl.concat([each, each.with_columns(fraud=pl.lit(_ALL))])
    rows = every.group_by("fraud").agg(
        pl.col("variant").unique().sort(descending=True).str.join(", "),
        pl.len(),
        pl.col("raised_at_ms").is_not_null().mean().alias("found"),
        pl.col("loss_share").median(),
    )
    return Sheet(
        ("fraud", "variants", "episodes", "found", "lost before alert"),
        tuple(
            (fraud, variants, f"{episodes:,}", percent(found), percent(lost))
            for fraud, variants, episodes, found, lost in rows.sort(pl.col("fraud") == _ALL, "fraud").iter_rows()
        ),
    )


def recall_sheet(contenders: Mapping[str, Evaluation]) -> Sheet:
    """Return evaluations of the same events and truth side by side: the share of episodes found, and false alerts."""
    rates = (rate(one.false_alerts_per_1000_subscriber_days) for one in contenders.values())
    last = ("false alerts per 1,000 subscribers and day", "", "", *rates)
    return _side_by_side(contenders, "recall", last)


def loss_sheet(contenders: Mapping[str, Evaluation]) -> Sheet:
    """Return evaluations side by side: the share of an episode's money lost before the first alert that finds it.

    The median over all episodes that cost something; one that was not found counts as 100 %.
    """
    return _side_by_side(contenders, "median_loss_share_before_alert")


def _side_by_side(contenders: Mapping[str, Evaluation], share: str, *last: tuple[str, ...]) -> Sheet:
    found = [{(o.fraud, o.variant): percent(getattr(o, share)) for o in one.frauds} for one in contenders.values()]
    first = next(iter(contenders.values()))
    rows = (
        (one.fraud, one.variant, f"{one.episodes:,}", *(shares.get((one.fraud, one.variant), "-") for shares in found))
        for one in first.frauds
    )
    return Sheet(("fraud", "variant", "episodes", *contenders), (*rows, *last))


def money_sheet(contenders: Mapping[str, Evaluation], currency: str) -> Sheet:
    """Return what each set of alerts saved of all that was exposed, and how many alerts it took."""
    columns = (
        "alerts of", "currency", "alerts", "false", "found", "of episodes", "exposed", "saved", "share saved",
    )  # fmt: skip
    rows = []
    for name, one in contenders.items():
        exposed, saved = total(one, "money_exposed_micros"), total(one, "money_saved_micros")
        amounts = (f"{exposed / 1e6:,.0f}", f"{saved / 1e6:,.0f}", percent(saved / exposed if exposed else None))
        counts = (f"{one.alerts:,}", f"{one.false_alerts:,}", f"{total(one, 'found'):,}", f"{total(one, 'episodes'):,}")
        rows.append((name, currency, *counts, *amounts))
    return Sheet(columns, tuple(rows))


def total(evaluation: Evaluation, field: str) -> int:
    """Return the sum of one field of `Outcome` over all frauds."""
    return sum(int(getattr(one, field)) for one in evaluation.frauds)


def percent(share: float | None) -> str:
    """Return a share in words; a dash when it is not known."""
    return "-" if share is None else f"{100 * share:.0f} %"


def rate(number: float | None) -> str:
    """Return a rate in words; a dash when it is not known."""
    return "-" if number is None else f"{number:.2f}"


def duration(seconds: float | None) -> str:
    """Return a length of time in the unit that fits it; a dash when it is not known."""
    if seconds is None:
        return "-"
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"
