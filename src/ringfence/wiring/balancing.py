"""What became of each source's records, since the beginning and day by day, as far as a tenant may know.

A record is counted on the day (UTC) of the checkpoint that made it durable: seconds after it came, whatever the time
of its event. So a day is closed when it is over, and the days of a source add up to its totals exactly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

import polars as pl

from ringfence.events.errors import BAD_ARGUMENT, UsageError
from ringfence.pipeline.counters import Counters
from ringfence.stores.failures import parquet_errors
from ringfence.stores.history import DAY_MS
from ringfence.stores.migrations.step_7 import NO_DAY
from ringfence.wiring.house import House
from ringfence.wiring.workplace import Workplace

TERMS: Final = tuple(Counters.__slots__)
_TRIES: Final = 5  # to read counters and days of one checkpoint
_EPOCH: Final = dt.date(1970, 1, 1)
_LATE: Final = ("event_id", "at_ms", "kind", "source", "tenant", "caller", "callee", "place")


def balance(house: House, tenant: str | None = None) -> list[dict[str, int | str]]:
    """Return the counters of each source: the engine's own where it runs here, else those of the last checkpoint."""
    if house.engine is not None:
        rows = house.ask_engine(lambda engine: [{"source": s, **asdict(c)} for s, c in sorted(engine.counters.items())])
    else:
        with house.reading() as place:
            rows = [counters.to_json() for counters in place.counters.all()]
    return [row for row in rows if tenant is None or house.tenant_of(str(row["source"])) == tenant]


def day_of(text: str) -> int:
    """Return a date (YYYY-MM-DD) as days since 1970.

    Raises:
        UsageError: it is none (RF1004).
    """
    try:
        return (dt.date.fromisoformat(text) - _EPOCH).days
    except ValueError:
        raise UsageError(BAD_ARGUMENT, f"{text!r:.40} is no date", expected="YYYY-MM-DD") from None


def date_of(day: Any) -> str | None:
    """Return days since 1970 as a date; None: before days were counted."""
    return None if day == NO_DAY else (_EPOCH + dt.timedelta(days=int(day))).isoformat()


def days_of(place: Workplace) -> list[dict[str, Any]]:
    """Return what was counted by day and source, the newest day first, as of the last checkpoint."""
    return [row | {"day": date_of(row["day"])} for row in place.counters.days()]


def balance_by_day(
    house: House, tenant: str | None, source: str | None, first: int | None, last: int | None
) -> list[dict[str, Any]]:
    """Return what was counted by day and source, what is in no checkpoint yet included: that is of today."""
    counted = _counted(house)
    rows = [
        row
        for row in counted
        if (source is None or row["source"] == source)
        and (first is None or row["day"] >= first)
        and (last is None or row["day"] <= last)
        and (tenant is None or house.tenant_of(row["source"]) == tenant)
    ]
    rows.sort(key=lambda row: row["source"])
    rows.sort(key=lambda row: row["day"], reverse=True)
    return [row | {"day": date_of(row["day"])} for row in rows]


def _counted(house: House) -> list[dict[str, Any]]:
    """Return the rows of all days: counters of the engine and days of the store must be of one checkpoint."""
    for _ in range(_TRIES):
        number, counters = _of_engine(house)
        with house.reading() as place, place.database.snapshot():
            rows, totals = place.counters.days(), place.counters.all()
            is_same = number is None or place.counters.checkpoint() == number
        if is_same:
            break
    else:
        counters = {}  # it commits all the time: what is in the store has to do
    before = {total.source: total.to_json() for total in totals}
    return _with_today(rows, before, counters, house.clock.now_ms() // DAY_MS)


def _of_engine(house: House) -> tuple[int | None, dict[str, dict[str, int]]]:
    if house.engine is None:
        return None, {}
    number, counters = house.ask_engine(lambda e: (e.number, {s: asdict(c) for s, c in e.counters.items()}))
    return number, counters


def _with_today(
    rows: Iterable[Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]],
    counters: Mapping[str, Mapping[str, int]],
    today: int,
) -> list[dict[str, Any]]:
    """Add to the days what counters have grown by since the last checkpoint."""
    found = {(row["source"], row["day"]): dict(row) for row in rows}
    for source, counts in counters.items():
        grown = {term: counts[term] - int(before.get(source, {}).get(term, 0)) for term in TERMS}
        if any(grown.values()):
            own = found.setdefault((source, today), {"source": source, "day": today} | dict.fromkeys(TERMS, 0))
            own |= {term: own[term] + grown[term] for term in TERMS}
    return list(found.values())


def late_events(place: Workplace, source: str, from_ms: int, to_ms: int, limit: int) -> list[dict[str, Any]]:
    """Return late events of a source by the time of the event, the newest first: of committed ones."""
    is_wanted = (pl.col("source") == source) & pl.col("late")
    found = place.history.scan(from_ms, to_ms).filter(is_wanted).select(_LATE)
    with parquet_errors(place.settings.folder / "history"):
        rows = found.sort("at_ms", "event_id", descending=True).head(limit).collect()
    return [row | {"event_id": row["event_id"].hex()} for row in rows.iter_rows(named=True)]
