"""Records in suspense worked on while the server runs: tried, recycled into the engine that runs, written off.

A recycled record enters by the same door, intake and flow as every other; what was already judged beyond it makes it
late. The events and the marks of their records are one commit of the engine, which is made before the answer is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.engines.files import File
from ringfence.engines.local import LocalEngine
from ringfence.events.errors import BUSY, CONFLICT, NO_ENGINE, DependencyError
from ringfence.feeds.decoded import Decoded, no_events
from ringfence.pipeline.intake import ACCEPTED, DUPLICATE, LATE
from ringfence.pipeline.ledger import Mark
from ringfence.stores.suspense_store import NEW, Suspended
from ringfence.wiring.balancing import date_of
from ringfence.wiring.decoding_again import DONE, RECYCLED, TESTED, WRITTEN_OFF, Again, Decoding, Recycling, Wanted
from ringfence.wiring.house import House
from ringfence.wiring.received_as import is_received
from ringfence.wiring.recycling import EventsReader, by_source, title_of, what_to_do
from ringfence.wiring.workplace import Workplace

TRY: Final = "try"
RECYCLE: Final = "recycle"
WRITE_OFF: Final = "write-off"
TAKE_BACK: Final = "take-back"
ACTS: Final = (TRY, RECYCLE, WRITE_OFF, TAKE_BACK)
MOST: Final = 10_000  # records that one request works on
MOST_TOLD: Final = 1_000  # failures that an answer names
MOST_SHOWN: Final = 20  # events of a try that an answer shows
WAIT_S: Final = 60.0
_RECYCLING: Final = Lock()  # two who recycle the same records would count them twice
_WORDS: Final = {ACCEPTED: "accepted", DUPLICATE: "duplicate", LATE: "late"}
Outcomes = NDArray[np.uint8]
Note = Callable[[Workplace, Mapping[str, Any]], None]  # writes the audit entry


@dataclass(slots=True)
class Result:
    """What became of the records that were worked on."""

    done: list[str] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)  # id, code, why
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_WORDS.values(), 0))
    events: list[dict[str, Any]] = field(default_factory=list)

    def fail(self, record: Suspended, code: str, why: str) -> None:
        """Note that nothing became of a record."""
        self.failed.append((record.suspense_id, code, why))


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What to do, by whom, and why. `format` and `zone` go before those of the record's source."""

    act: str
    by: str
    reason: str = ""
    format: str = ""
    zone: str = ""


def sources_of(house: House, tenant: str | None) -> list[str] | None:
    """Return the sources in suspense that are a tenant's; None: all are."""
    if tenant is None:
        return None
    with house.reading() as place:
        found = place.suspense.sources()
    return [source for source in found if house.tenant_of(source) == tenant]


def readable(raw: bytes) -> str:
    r"""Return bytes as text in which what cannot be printed is written as `\x00`."""
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def document(record: Suspended) -> dict[str, Any]:
    """Return what there is to say about a record."""
    names = ("suspense_id", "source", "place", "raw_bytes", "code", "column", "message", "times", "state", "note")
    return {name: getattr(record, name) for name in names} | {
        "title": title_of(record.code),
        "cure": what_to_do(record.code),
        "raw": readable(record.raw),
        "is_cut": record.raw_bytes > len(record.raw),
        "edited": None if record.edited is None else readable(record.edited),
        "changed_by": record.changed_by,
        "changed_at_ms": record.changed_at_ms,
        "day": None if record.received_day is None else date_of(record.received_day),
    }


def work(house: House, records: Sequence[Suspended], what: Act, note: Note) -> Result:
    """Do something with records, each as far as it is possible; `note` writes the audit entry.

    Raises:
        DependencyError: no engine runs here (RF7017), or it is behind (RF7016).
    """
    if what.act == RECYCLE:
        with _RECYCLING:
            return _recycle(house, records, what, note)
    return {TRY: _try, WRITE_OFF: _write_off, TAKE_BACK: _take_back}[what.act](house, records, what, note)


def _decoded(house: House, records: Sequence[Suspended], what: Act, result: Result) -> list[Again]:
    """Return those records that are events now; of the others it is noted why not."""
    how = Recycling(wanted=Wanted(), owner=what.by, format=what.format, zone=what.zone, clock=house.clock)
    with house.reading() as place:
        decoding = Decoding.of(house.settings, place, how)
    good = []
    for again in decoding.many(records):
        if again.event is None:
            result.fail(again.record, again.code, again.message)
        else:
            good.append(again)
    return good


def _try(house: House, records: Sequence[Suspended], what: Act, note: Note) -> Result:
    result = Result()
    good = _decoded(house, records, what, result)
    result.done = [again.record.suspense_id for again in good]
    result.events = [_event(again.event) for again in good[:MOST_SHOWN] if again.event is not None]
    marked = [again.record.suspense_id for again in good if again.record.state not in DONE]
    _mark(house, marked, TESTED, what, note, result)
    return result


def _event(event: pl.DataFrame) -> dict[str, Any]:
    """Return an event as JSON can hold it, without what it does not say."""
    row = {name: value for name, value in event.row(0, named=True).items() if value is not None}
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}


def _write_off(house: House, records: Sequence[Suspended], what: Act, note: Note) -> Result:
    return _marked(house, records, what, note, WRITTEN_OFF, (RECYCLED, WRITTEN_OFF))


def _take_back(house: House, records: Sequence[Suspended], what: Act, note: Note) -> Result:
    return _marked(house, records, what, note, NEW, (RECYCLED, NEW))


def _marked(
    house: House, records: Sequence[Suspended], what: Act, note: Note, state: str, not_those: tuple[str, ...]
) -> Result:
    result = Result()
    for record in records:
        if record.state in not_those:
            result.fail(record, CONFLICT, f"it is {record.state}")
        else:
            result.done.append(record.suspense_id)
    _mark(house, result.done, state, what, note, result)
    return result


def _mark(house: House, ids: Sequence[str], state: str, what: Act, note: Note, result: Result) -> None:
    """Mark records, with the audit entry, in one transaction. What was recycled meanwhile stays recycled."""
    with house.writing() as place:
        now = {record.suspense_id: record.state for _, record in place.suspense.many(ids)}
        free = [one for one in ids if now.get(one) != RECYCLED]
        place.suspense.mark_all(free, state, by=what.by, at_ms=house.clock.now_ms(), note=what.reason or None)
        note(place, {"done": len(free), "failed": len(result.failed)})


def _recycle(house: House, records: Sequence[Suspended], what: Act, note: Note) -> Result:
    if house.engine is None:
        raise DependencyError(NO_ENGINE, "this process runs no engine")
    result = Result()
    with house.reading() as place:  # as they are now: somebody may have been faster
        present = [record for _, record in place.suspense.many([record.suspense_id for record in records])]
    free = []
    for record in present:
        if record.state in DONE:
            result.fail(record, CONFLICT, f"it is {record.state}")
        else:
            free.append(record)
    good = _decoded(house, free, what, result)
    result.done = [again.record.suspense_id for again in good]
    with house.writing() as place:
        note(place, {"done": len(good), "failed": len(result.failed)})
    if good:
        result.outcomes = _into_engine(house, good, what.by)
    return result


def _into_engine(house: House, good: Sequence[Again], by: str) -> dict[str, int]:
    """Let the engine that runs read the events, and commit them with the marks; return what became of them."""
    at_ms, answers, files = house.clock.now_ms(), [], []
    for source, some in by_source(good).items():
        answer: Future[Outcomes] = Future()
        events = pl.concat([no_events(), *(again.event for again in some if again.event is not None)], how="diagonal")
        answers.append(answer)
        files.append(
            File(
                EventsReader(source, _with_tenant(house, source, some, events)),
                house.settings.engine.lateness_files_ms,
                marks=[Mark(again.record.suspense_id, RECYCLED, by, at_ms) for again in some],
                on_taken=_answering(answer),
            )
        )
    house.ask_engine(partial(_open_all, files), WAIT_S)
    outcomes = dict.fromkeys(_WORDS.values(), 0)
    for answer in answers:
        try:
            taken = answer.result(WAIT_S)
        except TimeoutError:
            raise DependencyError(BUSY, "the engine is behind; it takes the records in when it comes to them") from None
        for code, word in _WORDS.items():
            outcomes[word] += int((taken == code).sum())
    house.ask_engine(lambda engine: engine.commit(), WAIT_S)
    return outcomes


def _open_all(files: Sequence[File], engine: LocalEngine) -> None:
    for file in files:
        engine.open(file)


def _answering(answer: Future[Outcomes]) -> Callable[[Decoded, Outcomes], None]:
    def on_taken(_: Decoded, outcomes: Outcomes) -> None:
        if not answer.done():
            answer.set_result(outcomes)

    return on_taken


def _with_tenant(house: House, source: str, some: Sequence[Again], events: pl.DataFrame) -> pl.DataFrame:
    """Return the events of a source that a tenant sends to over HTTP as that tenant's, whatever the records say."""
    tenant = house.tenant_of(source)
    if not tenant or not all(is_received(again.record.place.rpartition(":")[0]) for again in some):
        return events
    return events.with_columns(tenant=pl.lit(tenant))
