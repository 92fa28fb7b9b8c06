"""What entries of a list would have hit: events of the history, alerts that they are part of, and their money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import polars as pl

from ringfence.detectors.lists import Entry, HotList
from ringfence.events.errors import DependencyError
from ringfence.stores.failures import parquet_errors
from ringfence.stores.history import DAY_MS, FOLDER
from ringfence.wiring.list_work import store_of
from ringfence.wiring.workplace import Workplace

MOST_ALERTS: Final = 200_000
SAMPLE: Final = 20
COLUMNS: Final = ("caller", "callee")
_SHOWN: Final = ("event_id", "at_ms", "kind", "caller", "callee", "duration_ms", "charge_micros", "currency", "place")
_ONE: Final = Lock()  # such a question may use all cores: one at a time


@dataclass(frozen=True, slots=True)
class Question:
    """Entries, days back from the newest event of the history, and the columns of events that are compared."""

    entries: tuple[Entry, ...]
    days: int
    columns: tuple[str, ...] = COLUMNS


def would_hit(place: Workplace, asked: Question) -> dict[str, Any]:
    """Return what entries would have hit. An entry counts until it ends, by the time of the event.

    An alert is hit if its entity is one of the entries, or if an event that it names (20 at most) is hit.
    """
    newest = store_of(place).newest_event_ms()
    if newest is None:
        return _nothing(asked)
    from_ms = (newest // DAY_MS - asked.days + 1) * DAY_MS
    with _ONE:
        try:
            return _found(place, asked, from_ms, newest + 1)
        except DependencyError:  # a file may have been merged away since it was looked up
            return _found(place, asked, from_ms, newest + 1)


def _found(place: Workplace, asked: Question, from_ms: int, to_ms: int) -> dict[str, Any]:
    listed = HotList.of("", asked.entries)
    alerts = store_of(place).alerts_since(from_ms, MOST_ALERTS + 1)
    is_cut, alerts = len(alerts) > MOST_ALERTS, alerts[:MOST_ALERTS]
    ends = {name: _end(name, listed) for name in asked.columns}
    hit = place.history.scan(from_ms, to_ms).filter(pl.any_horizontal(pl.col("at_ms") < end for end in ends.values()))
    asked_for = [
        hit.group_by(pl.col("at_ms") // DAY_MS, "currency").agg(
            events=pl.len(),
            late=pl.col("late").sum(),
            money_micros=pl.col("charge_micros").sum(),
            **{name: (pl.col("at_ms") < end).sum() for name, end in ends.items()},
        ),
        hit.select(pl.col("caller").n_unique().alias("callers"), pl.col("callee").n_unique().alias("callees")),
        hit.select(_SHOWN).top_k(SAMPLE, by=["at_ms", "event_id"]),
        hit.join(_named(alerts), on="event_id", how="inner").select("alert").unique(),
    ]
    with parquet_errors(place.settings.folder / FOLDER):
        by_day, parties, sample, of_events = pl.collect_all(asked_for, engine="streaming")
    hit_alerts = {int(n) for n in of_events["alert"]}
    hit_alerts |= {n for n, alert in enumerate(alerts) if _is_named(alert, listed)}
    return {
        "from_ms": from_ms,
        "to_ms": to_ms,
        "days": asked.days,
        "events": int(by_day["events"].sum()),
        "late": int(by_day["late"].sum()),
        "by_column": {name: int(by_day[name].sum()) for name in asked.columns},
        **parties.row(0, named=True),
        "money": _money(by_day.select("currency", "money_micros", "events").iter_rows(named=True)),
        "events_a_day": _per_day(by_day),
        "alerts": _alerts([alerts[n] for n in sorted(hit_alerts)]),
        "alerts_are_all": not is_cut,
        "sample": [row | {"event_id": row["event_id"].hex()} for row in sample.iter_rows(named=True)],
    }


def _end(column: str, listed: HotList) -> pl.Expr:
    """Return until when the number of a column is on the list; 0 where it never was."""
    text = pl.col(column).fill_null("")
    found = [pl.lit(0, pl.Int64)]
    if listed.ends:
        found.append(_looked_up(text, listed.ends))
    for length in listed.lengths:
        own = {prefix: end for prefix, end in listed.prefix_ends.items() if len(prefix) == length}
        found.append(_looked_up(text.str.head(length), own))
    return pl.max_horizontal(found)


def _looked_up(text: pl.Expr, ends: Mapping[str, int]) -> pl.Expr:
    return text.replace_strict(list(ends), list(ends.values()), default=0, return_dtype=pl.Int64)


def _named(alerts: Iterable[Mapping[str, Any]]) -> pl.LazyFrame:
    """Return the events that alerts name, with the numbers of the alerts."""
    rows = [(bytes.fromhex(event_id), n) for n, alert in enumerate(alerts) for event_id in alert["event_ids"]]
    return pl.LazyFrame(rows, schema={"event_id": pl.Binary, "alert": pl.Int64}, orient="row")


def _is_named(alert: Mapping[str, Any], listed: HotList) -> bool:
    return alert["entity_kind"] in ("caller", "callee", "range") and listed.end_of(alert["entity"]) > 0


def _alerts(alerts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    found = list(alerts)
    by_status = Counter(str(alert["status"]) for alert in found)
    labelled = by_status["confirmed"] + by_status["dismissed"]
    return {
        "alerts": len(found),
        "confirmed": by_status["confirmed"],
        "dismissed": by_status["dismissed"],
        "undecided": len(found) - labelled,
        "money": _money(alert | {"events": 1} for alert in map(dict, found)),
    }


def _money(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return amounts by currency; events without an amount are in none."""
    totals: dict[str, int] = {}
    for row in rows:
        if row["currency"] is not None and row["money_micros"]:
            totals[row["currency"]] = totals.get(row["currency"], 0) + int(row["money_micros"])
    return [{"currency": currency, "money_micros": amount} for currency, amount in sorted(totals.items())]


def _per_day(by_day: pl.DataFrame) -> list[dict[str, Any]]:
    days = by_day.group_by("at_ms").agg(pl.col("events").sum()).sort("at_ms")
    return [{"day_ms": day * DAY_MS, "events": int(events)} for day, events in days.iter_rows()]


def _nothing(asked: Question) -> dict[str, Any]:
    return {
        "from_ms": 0,
        "to_ms": 0,
        "days": asked.days,
        "events": 0,
        "late": 0,
        "by_column": dict.fromkeys(asked.columns, 0),
        "callers": 0,
        "callees": 0,
        "money": [],
        "events_a_day": [],
        "alerts": _alerts([]),
        "alerts_are_all": True,
        "sample": [],
    }
