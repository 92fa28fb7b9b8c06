"""The report: one HTML file that opens offline, prints, and needs no script.

All text in it is escaped, since numbers and names come from records that anybody may have written. It names
subscribers: who may read the records may read it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import polars as pl
from jinja2 import Environment, StrictUndefined

from ringfence.cli.output import clean, moment, money
from ringfence.cli.parties import Party, counted, parties
from ringfence.cli.report_charts import HOUR_MS, Plot, Tick, round_up
from ringfence.cli.report_facts import (
    Hours,
    MoneyOverTime,
    charges_under_alert,
    expected_loss_micros,
    hours_of,
    in_order,
    money_over_time,
    worst_case,
)
from ringfence.events.errors import NO_REPORT, DependencyError
from ringfence.events.money import money_text
from ringfence.learning.evaluate import Evaluation
from ringfence.learning.spans import with_all_columns
from ringfence.learning.table import duration, percent, total

QUEUE_SHOWN: Final = 50
ACRONYMS: Final = frozenset(("irsf", "pbx", "sim", "sms"))
TEMPLATE: Final = "report.html.j2"
BALANCE: Final = ("accepted", "duplicate", "rejected", "late", "shed")


def write_report(
    path: Path,
    *,
    alerts: Sequence[Mapping[str, Any]],
    evaluation: Evaluation | None,
    events: pl.LazyFrame | pl.DataFrame,
    balance: Sequence[Mapping[str, Any]],
    title: str,
    time_zone: str = "UTC",
    currency: str = "",
) -> None:
    """Write the report.

    Args:
        path: the file to write, readable by its owner alone; one that is there is replaced whole.
        alerts: as in `ringfence alerts --json`; those in shadow or suppressed are left out.
        evaluation: of these very alerts, if the truth is known: then money lost and saved is shown, and what was
            missed; otherwise what was charged to parties under alert, before and after it.
        events: the accepted events.
        balance: rows of `ringfence balance --json`.
        title: the heading, plain text.
        time_zone: IANA name; all times are shown in it.
        currency: ISO 4217 code of the amounts; if left out, the alerts'.

    Raises:
        DependencyError: the file cannot be written.
        UsageError: an alert lacks a field.

    """
    page = render(
        alerts=alerts, evaluation=evaluation, events=with_all_columns(events), balance=balance, title=title,
        time_zone=time_zone, currency=currency,
    )  # fmt: skip
    draft = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(page)
        os.replace(draft, path)
    except OSError as cause:
        raise DependencyError(NO_REPORT, cause.strerror or "cannot be written", where=str(path)) from cause


def render(
    *,
    alerts: Sequence[Mapping[str, Any]],
    evaluation: Evaluation | None,
    events: pl.LazyFrame,
    balance: Sequence[Mapping[str, Any]],
    title: str,
    time_zone: str,
    currency: str,
) -> str:
    """Return the page; arguments as in `write_report`."""
    queue = in_order(alerts)
    found = parties(queue)
    currency = currency or next((str(a["currency"]) for a in queue if a.get("currency")), "")
    losses = evaluation.losses if evaluation else charges_under_alert(alerts, events)
    worst = worst_case(alerts, evaluation)
    text = files("ringfence.cli").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return (
        _environment(currency, time_zone)
        .from_string(text)
        .render(
            title=title,
            time_zone=time_zone,
            currency=currency,
            span=events.select(first=pl.col("at_ms").min(), last=pl.col("at_ms").max()).collect().row(0, named=True),
            records=sum(int(row["received"]) for row in balance),
            alert_count=len(queue),
            party_count=len(found),
            counted=counted(len(queue), len(found)),
            evaluation=evaluation,
            total=total,
            lost=_sum(losses, saved=False),
            saved=_sum(losses, saved=True),
            money_chart=_money_chart(money_over_time(losses), time_zone),
            frauds=_by_fraud(found),
            queue=[_worst_of(party) for party in found[:QUEUE_SHOWN]],
            worst=worst,
            worst_expected=expected_loss_micros(worst) if worst else 0,
            hours=_hours_charts(hours_of(worst, events) if worst else None, worst, time_zone),
            balance=balance,
            parts=BALANCE,
            difference=lambda row: int(row["received"]) - sum(int(row[name]) for name in BALANCE),
        )
    )


def _environment(currency: str, time_zone: str) -> Environment:
    """Return what fills the template: all text escaped, amounts and moments written for people."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "clean": clean,
        "money": lambda micros: money(micros, currency).strip(),
        "whole": lambda micros: money_text(micros, currency, decimals=0).strip(),
        "moment": lambda at_ms: moment(at_ms, time_zone),
        "percent": percent,
        "duration": duration,
        "words": lambda name: clean(name).replace("_", " "),
        "fraud": fraud_name,
    }
    return environment


def fraud_name(fraud: object) -> str:
    """Return a fraud's name for people: `pbx_hacking` is PBX hacking."""
    words = clean(fraud).split("_")
    return " ".join(word.upper() if word in ACRONYMS else word for word in words)


def _sum(losses: pl.DataFrame, *, saved: bool) -> int:
    return int(losses.filter(pl.col("saved") == saved)["money_micros"].sum())


def _worst_of(party: Party) -> dict[str, Any]:
    """Return a row of the queue: the worst alert on a party, and what to say of the others."""
    return {**party.worst, "expected": expected_loss_micros(party.worst), "more": party.more}


def _by_fraud(found: Sequence[Party]) -> list[dict[str, Any]]:
    """Return the frauds that alerts claim, the most frequent first, with counts, money and the length of a bar.

    Several alerts on a party are about the same money: its worst one counts.
    """
    counts: dict[str, dict[str, Any]] = {}
    for party in found:
        worst: dict[str, int] = {}
        for alert in party.alerts:
            fraud = str(alert["fraud"])
            row = counts.setdefault(fraud, {"alerts": 0, "parties": 0, "money_micros": 0})
            row["alerts"] += 1
            worst[fraud] = max(worst.get(fraud, 0), expected_loss_micros(alert))
        for fraud, micros in worst.items():
            counts[fraud]["parties"] += 1
            counts[fraud]["money_micros"] += micros
    most = max((row["alerts"] for row in counts.values()), default=1)
    rows = [
        {
            "fraud": fraud,
            "counted": counted(row["alerts"], row["parties"]),
            "share": round(100 * row["alerts"] / most, 1),
            **row,
        }
        for fraud, row in counts.items()
    ]
    return sorted(rows, key=lambda row: (-row["alerts"], row["fraud"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyChart:
    """The drawing of money lost and saved, one upon the other."""

    plot: Plot
    lost: str
    saved: str
    edge: str
    amounts: list[Tick]
    moments: list[Tick]
    lost_label_y: float
    saved_label_y: float


def _money_chart(sums: MoneyOverTime | None, time_zone: str) -> MoneyChart | None:
    if sums is None:
        return None
    both = [lost + saved for lost, saved in zip(sums.lost, sums.saved, strict=True)]
    times = sums.times_ms
    plot = Plot(from_ms=times[0], to_ms=times[-1], most=round_up(max(both)), height=280, right=96)
    zero = [0.0] * len(times)
    lost_y = min(plot.y(sums.lost[-1] / 2), plot.base - 16)  # two lines of text each, above the axis
    saved_y = min(plot.y((sums.lost[-1] + both[-1]) / 2), lost_y - 34)
    return MoneyChart(
        plot=plot,
        lost=plot.area(times, sums.lost, zero),
        saved=plot.area(times, both, sums.lost),
        edge=plot.line(times, both),
        amounts=plot.amounts(),
        moments=plot.moments(time_zone),
        lost_label_y=lost_y,
        saved_label_y=saved_y,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursChart:
    """The drawing of one party's hours: before its episode and in it, with the band of what is usual."""

    plot: Plot
    caption: str
    unit: str
    before: str
    during: str
    usual: float | None
    usual_y: float
    episode_x: float
    raised_x: float
    most: float
    amounts: list[Tick]
    moments: list[Tick]


def _hours_charts(hours: Hours | None, alert: Mapping[str, Any] | None, time_zone: str) -> dict[str, Any] | None:
    if hours is None or alert is None:
        return None
    charts = []
    if any(hours.charges):
        charts.append(_hours_chart(hours, hours.charges, hours.usual_charges, "Charges an hour", alert, time_zone))
    charts.append(_hours_chart(hours, hours.events, hours.usual_events, "Calls and messages an hour", alert, time_zone))
    return {"charts": charts, "hours_before": hours.hours_before}


def _hours_chart(
    hours: Hours, values: list[float], usual: float | None, caption: str, alert: Mapping[str, Any], time_zone: str
) -> HoursChart:
    times, counts = hours.times_ms, values is hours.events
    plot = Plot(from_ms=times[0], to_ms=times[-1] + HOUR_MS, most=round_up(max(values)), height=170)
    before = [value if old else 0.0 for value, old in zip(values, hours.is_before, strict=True)]
    during = [0.0 if old else value for value, old in zip(values, hours.is_before, strict=True)]
    return HoursChart(
        plot=plot,
        caption=caption,
        unit="" if counts else str(alert.get("currency") or ""),
        before=plot.bars(times, before, HOUR_MS),
        during=plot.bars(times, during, HOUR_MS),
        usual=usual,
        usual_y=min(plot.y(usual or 0), plot.base - 2),
        episode_x=plot.x(hours.episode_from_ms),
        raised_x=plot.x(int(alert["raised_at_ms"])),
        most=max(values),
        amounts=plot.amounts(whole=counts),
        moments=plot.moments(time_zone),
    )
