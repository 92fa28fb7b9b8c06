"""Records in suspense, decoded again: with the mapping as it is now, or with the bytes that a person put beside them.

A recycled record enters by the same door, intake and flow as every other. To the counters it is received again, so the
equation stays exact: once rejected, once accepted (or late, or a duplicate). What lies before the events that were
already judged is late: it is kept in the history and changes no feature.

Delivery guarantees: the events and the marks of their records are one commit. A crash leaves both or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.connectors.files import head_of
from ringfence.engines.local import File
from ringfence.events.clock import Clock, SystemClock
from ringfence.events.errors import (
    CODES,
    RECORD_TOO_LARGE,
    UNFINISHED_RUN,
    UNKNOWN_FORMAT,
    DependencyError,
    RingfenceError,
    UsageError,
)
from ringfence.feeds.decoded import REJECTS, Decoded, Position, no_events
from ringfence.feeds.mapping import Mapping
from ringfence.pipeline.counters import Counters
from ringfence.pipeline.ledger import Mark
from ringfence.settings import Settings, SourceSection
from ringfence.stores.checkpoint_store import CheckpointStore
from ringfence.stores.home_lock import only_run
from ringfence.stores.suspense_store import NEW, STATES, Suspended, SuspenseStore
from ringfence.wiring.connecting import FOLDER, limits_of
from ringfence.wiring.readers import FORMATS, decode_again, find_feed, sniffed
from ringfence.wiring.running import Run, engine_of
from ringfence.wiring.workplace import Workplace, workplace

RECYCLED: Final = "recycled"
TESTED: Final = "test-recycled"
WRITTEN_OFF: Final = "written-off"
DONE: Final = (RECYCLED, WRITTEN_OFF)  # what no later step touches, unless it is asked for by id
__all__ = [
    "DONE",
    "RECYCLED",
    "STATES",
    "TESTED",
    "WRITTEN_OFF",
    "Again",
    "Recycling",
    "Suspended",
    "Wanted",
    "edit",
    "recycle",
    "take_back",
    "title_of",
    "try_again",
    "what_to_do",
    "write_off",
]
FILE: Final = "suspense"  # how commits name where recycled records come from


@dataclass(frozen=True, slots=True)
class Again:
    """One record, decoded again: an event, or why it is still none."""

    record: Suspended
    event: pl.DataFrame | None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: one by its id, or those of a source, a code and a state that are not done with."""

    suspense_id: str = ""
    source: str | None = None
    code: str | None = None
    state: str | None = None

    def of(self, store: SuspenseStore) -> list[Suspended]:
        """Return the records; an id that fits none or several is an error."""
        if self.suspense_id:
            return [store.get(self.suspense_id)]
        found = store.list(source=self.source, code=self.code, state=self.state)
        return found if self.state else [record for record in found if record.state not in DONE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recycling:
    """What to do with which records.

    `format` is a format or a mapping, `zone` that of times that name none; empty: those of the record's source.
    `clock` tells when it was done.
    """

    wanted: Wanted
    owner: str
    format: str = ""
    zone: str = ""
    clock: Clock = field(default_factory=SystemClock)


def try_again(settings: Settings, what: Recycling) -> list[Again]:
    """Decode records again and change nothing but the state of those that are events now.

    Raises:
        RingfenceError: no such record, or its format is not known.
    """
    with workplace(settings, write=True) as place:
        found = _decoded(settings, place, what)
        _mark(place, [a.record for a in found if a.event is not None], TESTED, what)
    return found


def recycle(settings: Settings, what: Recycling) -> tuple[list[Again], dict[str, Counters]]:
    """Decode records again and let those that are events now into the flow.

    Returns:
        Every record with its event or its reason, and what became of the events, by source.

    Raises:
        RingfenceError: no such record, its format is not known, a run uses the home folder (RF4019), or the last one
            has not come to the end of its files (RF6002).
    """
    with ExitStack() as stack:
        stack.enter_context(only_run(settings.folder))
        place = stack.enter_context(workplace(settings, write=True))
        found = _decoded(settings, place, what)
        good = [again for again in found if again.event is not None]
        if not good:
            return found, {}
        engine = stack.enter_context(engine_of(settings, place, Run(sources=(), clock=what.clock)))
        if engine.intake.newest:  # ending those files here would make what is still to be read of them late
            raise DependencyError(UNFINISHED_RUN, "files of the last run are still open", where=str(settings.folder))
        before = {source: Counters(**_counts(c)) for source, c in engine.counters.items()}
        at_ms = what.clock.now_ms()
        files = [
            File(
                _Reader(
                    source, pl.concat([no_events(), *(a.event for a in some if a.event is not None)], how="diagonal")
                ),
                settings.engine.lateness_files_ms,
                marks=[Mark(a.record.suspense_id, RECYCLED, what.owner, at_ms) for a in some],
            )
            for source, some in _by_source(good).items()
        ]
        after = engine.run(files).counters
    changed = {source: _difference(after[source], before.get(source, Counters())) for source in after}
    return found, {source: counters for source, counters in changed.items() if counters.received}


def write_off(settings: Settings, what: Recycling, reason: str) -> list[Suspended]:
    """Mark records as lost for good, with who says so and why; return them."""
    with workplace(settings, write=True) as place:
        records = what.wanted.of(place.suspense)
        _mark(place, records, WRITTEN_OFF, what, reason)
    return records


def take_back(settings: Settings, what: Recycling) -> list[Suspended]:
    """Mark records as new again; return them. What was recycled stays recycled."""
    with workplace(settings, write=True) as place:
        records = [record for record in what.wanted.of(place.suspense) if record.state != RECYCLED]
        _mark(place, records, NEW, what)
    return records


def edit(settings: Settings, what: Recycling, content: bytes) -> Again:
    """Put other bytes beside one record, which keeps its own; return what they are when decoded."""
    with workplace(settings, write=True) as place:
        record = what.wanted.of(place.suspense)[0]
        place.suspense.edit(record.suspense_id, content, by=what.owner, at_ms=what.clock.now_ms())
        return _decoded(settings, place, what)[0]


def _mark(place: Workplace, records: Sequence[Suspended], state: str, what: Recycling, reason: str = "") -> None:
    with place.database.transaction():
        for record in records:
            place.suspense.mark(
                record.suspense_id, state, by=what.owner, at_ms=what.clock.now_ms(), note=reason or None
            )


def _counts(counters: Counters) -> dict[str, int]:
    return {name: getattr(counters, name) for name in Counters.__slots__}


def _difference(after: Counters, before: Counters) -> Counters:
    earlier = _counts(before)
    return Counters(**{name: count - earlier[name] for name, count in _counts(after).items()})


def _decoded(settings: Settings, place: Workplace, what: Recycling) -> list[Again]:
    manifest = CheckpointStore(place.database).last()
    positions = manifest.positions if manifest else {}
    headers: dict[tuple[str, str], str] = {}
    for (source, file), at in positions.items():
        headers[source, file] = headers[source, str(at.get("path", file))] = str(at.get("header", ""))
    decode = _decoder(settings, what, headers)
    return [decode(record) for record in what.wanted.of(place.suspense)]


def _decoder(settings: Settings, what: Recycling, headers: dict[tuple[str, str], str]) -> Callable[[Suspended], Again]:
    limits = limits_of(settings)

    def decode(record: Suspended) -> Again:
        raw = record.raw if record.edited is None else record.edited
        if record.edited is None and record.raw_bytes > len(record.raw):
            kept = f"only the first {len(record.raw):,} of its {record.raw_bytes:,} bytes were kept"
            return Again(record, None, RECORD_TOO_LARGE, kept)
        file = _file_of(record.place)
        section = next((s for s in settings.sources if s.name == record.source), None)
        piece = decode_again(
            raw,
            _feed(settings, what.format, record, section),
            source=record.source,
            place=record.place,
            header=headers.get((record.source, file), ""),
            limits=limits,
            clock=what.clock,
            zone=what.zone or (section and section.time_zone) or "",
            home_zone=settings.zone_of_records(),
        )
        return _judged(record, piece)

    return decode


def _judged(record: Suspended, piece: Decoded) -> Again:
    if piece.rejects.height:
        code, message = piece.rejects.select("code", "message").row(0)
        return Again(record, None, code, message)
    if piece.events.height != 1:
        left = (
            "the mapping leaves it out: it is no record" if piece.left_out else f"it is {piece.events.height} records"
        )
        return Again(record, None, record.code, left)
    return Again(record, piece.events)


def _file_of(place: str) -> str:
    """Return the file of a place: `cdr.csv:17` and `cdr.db#17` are both of one."""
    for mark in (":", "#"):
        file, found, number = place.rpartition(mark)
        if found and number.isdecimal():
            return file
    return place


def _feed(settings: Settings, format: str, record: Suspended, section: SourceSection | None) -> str | Mapping:
    """Return how to read a record: as named, as its source says, as the source is called, or by looking at its file."""
    mappings = settings.folder / FOLDER
    named = format or (section and (section.mapping or section.format)) or ""
    if named and named != "auto":
        return find_feed(named, mappings)
    if record.source in FORMATS or (mappings / f"{record.source}.toml").exists():
        return find_feed(record.source, mappings)
    path = Path(_file_of(record.place))
    try:
        return sniffed(path, head_of(path))
    except RingfenceError:
        raise UsageError(
            UNKNOWN_FORMAT,
            f"it is not known how records of the source {record.source!r} are to be read",
            where=record.place,
            cure="Name it with --format.",
        ) from None


class _Reader:
    """Gives the events of recycled records, all of one source, as one piece."""

    name = FILE

    def __init__(self, source: str, events: pl.DataFrame) -> None:
        self.source = source
        self._piece: Decoded | None = Decoded(events, pl.DataFrame(schema=REJECTS), 0, {}, {})

    @property
    def position(self) -> Position:
        """Nowhere to go on from: the state of each record tells what was recycled."""
        return {}

    def read(self) -> Decoded | None:
        """Return the piece, once."""
        piece, self._piece = self._piece, None
        return piece

    def close(self) -> None:
        """Let nothing go."""


def _by_source(good: Sequence[Again]) -> dict[str, list[Again]]:
    by_source: dict[str, list[Again]] = {}
    for again in good:
        by_source.setdefault(again.record.source, []).append(again)
    return by_source


def what_to_do(code: str) -> str:
    """Return the advice that goes with a reason."""
    return CODES[code].cure if code in CODES else ""


def title_of(code: str) -> str:
    """Return a reason in words."""
    return CODES[code].title if code in CODES else code
