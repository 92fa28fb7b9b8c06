"""What has happened, as of one moment: the events that the engine has taken in, in the order in which it took them.

The committed history is read day by day, a slice of time after the other, however its files overlap; what the engine
has not committed yet comes after it. Late events are left out: they changed no feature.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import polars as pl

from ringfence.engines.local import LocalEngine
from ringfence.events.errors import NO_ENGINE, DependencyError
from ringfence.stores import state_files
from ringfence.stores.checkpoint_store import CheckpointStore
from ringfence.stores.failures import parquet_errors
from ringfence.stores.history import DAY_MS, FOLDER, STORED, HistoryFile, history_files
from ringfence.wiring.house import House
from ringfence.wiring.workplace import STATE_FOLDER, HomeLedger, Workplace

Reading = Callable[[], AbstractContextManager[Workplace]]
SLICE_EVENTS: Final = 500_000  # about what is read at a time
EVER: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The events that were taken in until a moment.

    `pending` are in order and newer than all that is committed; events of the history from `before_ms` on came later.
    `missing` were taken in once and are not kept any more, or never were. `first_ms` is the time of the oldest event
    that is kept, `last_ms` that of the newest; both null where there is none.
    """

    reading: Reading
    pending: pl.DataFrame
    before_ms: int
    missing: int
    first_ms: int | None
    last_ms: int | None
    days: tuple[tuple[int, int], ...]  # day since 1970, events in it

    def events_since(self, from_ms: int) -> int:
        """Return about how many events there are from a moment on, of all tenants."""
        kept = sum(count for day, count in self.days if (day + 1) * DAY_MS > from_ms)
        return kept + self.pending.height

    def has_lost_days(self, from_ms: int) -> bool:
        """Return whether days from a moment on, that were there at first, have been forgotten since."""
        with self.reading() as place:
            still = {file.day for file in history_files(place.database)}
        return any(day not in still for day, _ in self.days if (day + 1) * DAY_MS > from_ms)

    def slices(self, columns: Collection[str], from_ms: int, tenant: str | None) -> Generator[pl.DataFrame, None, None]:
        """Give the events from a moment on with these columns, in order; the next slice is read meanwhile."""
        spans = [span for day, count in self.days for span in _cut(day, count, from_ms, self.before_ms)]
        with ThreadPoolExecutor(1, "history") as pool:
            ahead = [pool.submit(self._read, columns, *span, tenant) for span in spans[:1]]
            for span in spans[1:]:
                ready = ahead.pop().result()
                ahead.append(pool.submit(self._read, columns, *span, tenant))
                yield ready
            yield from (last.result() for last in ahead)
        if self.pending.height:
            yield _chosen(self.pending.lazy(), columns, from_ms, EVER, tenant).collect()

    def _read(self, columns: Collection[str], from_ms: int, to_ms: int, tenant: str | None) -> pl.DataFrame:
        try:
            return self._scan(columns, from_ms, to_ms, tenant)
        except DependencyError:  # a run may have merged the files away since they were looked up
            return self._scan(columns, from_ms, to_ms, tenant)

    def _scan(self, columns: Collection[str], from_ms: int, to_ms: int, tenant: str | None) -> pl.DataFrame:
        with self.reading() as place:
            found = place.history.scan(from_ms, to_ms)
            folder = place.settings.folder / FOLDER
        with parquet_errors(folder):
            return _chosen(found, columns, from_ms, to_ms, tenant).collect()


class _Taken(NamedTuple):
    """What was taken in, at one moment."""

    files: list[HistoryFile]
    pending: pl.DataFrame
    before_ms: int
    events: int  # that should be in the files or pending


def past_of_house(house: House, columns: Collection[str]) -> Past:
    """Return the past of a home folder that is served, as the engine knows it now.

    Raises:
        DependencyError: the engine is ending or too busy (RF7018, RF7016).
    """
    wanted = _with_order(columns)
    with house.reading() as place:
        try:
            taken = house.ask_engine(lambda engine: _taken_by(engine, place, wanted))
        except DependencyError as error:
            if error.code != NO_ENGINE:
                raise
            taken = _taken_until_commit(place)
    return _past(taken, house.reading)


def past_of_home(place: Workplace, reading: Reading) -> Past:
    """Return the past of a home folder as its last commit left it."""
    return _past(_taken_until_commit(place), reading)


def _taken_by(engine: LocalEngine, place: Workplace, columns: Sequence[str]) -> _Taken:
    """Return what was taken in until now; between two steps of the engine and in its thread, so no work is done."""
    taken = sum(c.accepted + c.late for c in engine.counters.values())
    ledger = engine.ledger
    pending = ledger.uncommitted(columns) if isinstance(ledger, HomeLedger) else pl.DataFrame(schema=STORED)
    return _Taken(history_files(place.database), pending, engine.intake.floor, taken - engine.intake.held)


def _taken_until_commit(place: Workplace) -> _Taken:
    with place.database.snapshot():
        last, files = CheckpointStore(place.database).last(), history_files(place.database)
    nothing = pl.DataFrame(schema=STORED)
    if last is None:
        return _Taken(files, nothing, EVER, 0)
    folder = place.settings.folder / STATE_FOLDER
    states = {
        part: state_files.read(folder, name, digest)
        for name, digest in last.state_files.items()
        if (part := name.partition(".")[2]) in ("intake", "waiting")
    }
    before_ms = int(json.loads(states["intake"])["floor"]) if "intake" in states else EVER
    held = pl.read_ipc(io.BytesIO(states["waiting"])).height if states.get("waiting") else 0
    taken = sum(counts["accepted"] + counts["late"] for counts in last.counters.values())
    return _Taken(files, nothing, before_ms, taken - held)


def _past(taken: _Taken, reading: Reading) -> Past:
    files, pending, before_ms = taken.files, taken.pending, taken.before_ms
    kept = sum(file.events for file in files) + pending.height
    ordered = pending.filter(~pl.col("late").fill_null(value=False)).sort("at_ms", "event_id")
    times = [time for file in files for time in (file.from_ms, file.to_ms) if time < before_ms]
    times += [int(ordered["at_ms"][place]) for place in (0, -1)] if ordered.height else []
    if ordered.height:  # what is committed meanwhile is not read twice: it is not older than this
        before_ms = min(before_ms, int(ordered["at_ms"][0]))
    return Past(
        reading=reading,
        pending=ordered,
        before_ms=before_ms,
        missing=max(taken.events - kept, 0),
        first_ms=min(times, default=None),
        last_ms=max(times, default=None),
        days=_days(files),
    )


def _days(files: Sequence[HistoryFile]) -> tuple[tuple[int, int], ...]:
    days: dict[int, int] = {}
    for file in files:
        days[file.day] = days.get(file.day, 0) + file.events
    return tuple(sorted(days.items()))


def _cut(day: int, count: int, from_ms: int, before_ms: int) -> Iterator[tuple[int, int]]:
    """Give stretches of a day that hold about a slice each, as far as they are between two moments."""
    pieces = -(-count // SLICE_EVENTS)
    edges = [day * DAY_MS + DAY_MS * number // pieces for number in range(pieces + 1)]
    for edge, next_edge in pairwise(edges):
        start, end = max(edge, from_ms), min(next_edge, before_ms)
        if start < end:
            yield start, end


def _with_order(columns: Collection[str]) -> list[str]:
    return sorted({*columns, "at_ms", "event_id", "tenant", "late"})


def _chosen(
    events: pl.LazyFrame, columns: Collection[str], from_ms: int, to_ms: int, tenant: str | None
) -> pl.LazyFrame:
    """Return events in time and in order, of one tenant where one is named."""
    wanted = ~pl.col("late").fill_null(value=False) & pl.col("at_ms").is_between(from_ms, to_ms, closed="left")
    if tenant is not None:
        wanted &= pl.col("tenant") == tenant
    return events.filter(wanted).select(sorted(columns)).sort("at_ms", "event_id")
