"""Records in suspense, decoded again: with the mapping as it is now, or with the bytes that a person put beside them.

A recycled record enters by the same door, intake and flow as every other. To the counters it is received again, so the
equation stays exact: once rejected, once accepted (or late, or a duplicate). What lies before the events that were
already judged is late: it is kept in the history and changes no feature.

Delivery guarantees: the events and the marks of their records are one commit. A crash leaves both or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

import polars as pl

from ringfence.engines.local import File
from ringfence.events.errors import (
    CODES,
    UNFINISHED_RUN,
    DependencyError,
)
from ringfence.feeds.decoded import REJECTS, Decoded, Position, no_events
from ringfence.pipeline.counters import Counters
from ringfence.pipeline.ledger import Mark
from ringfence.settings import Settings
from ringfence.stores.home_lock import only_run
from ringfence.stores.suspense_store import NEW, STATES, Suspended
from ringfence.wiring.decoding_again import DONE, RECYCLED, TESTED, WRITTEN_OFF, Again, Decoding, Recycling, Wanted
from ringfence.wiring.running import Run, engine_of
from ringfence.wiring.workplace import Workplace, workplace

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
                EventsReader(
                    source, pl.concat([no_events(), *(a.event for a in some if a.event is not None)], how="diagonal")
                ),
                settings.engine.lateness_files_ms,
                marks=[Mark(a.record.suspense_id, RECYCLED, what.owner, at_ms) for a in some],
            )
            for source, some in by_source(good).items()
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
    decode = Decoding.of(settings, place, what)
    return [decode.one(record) for record in what.wanted.of(place.suspense)]


class EventsReader:
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


def by_source(good: Sequence[Again]) -> dict[str, list[Again]]:
    """Return records by their source."""
    found: dict[str, list[Again]] = {}
    for again in good:
        found.setdefault(again.record.source, []).append(again)
    return found


def what_to_do(code: str) -> str:
    """Return the advice that goes with a reason."""
    return CODES[code].cure if code in CODES else ""


def title_of(code: str) -> str:
    """Return a reason in words."""
    return CODES[code].title if code in CODES else code
