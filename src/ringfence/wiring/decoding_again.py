"""Records in suspense decoded again: each as its body or file was read, or as one is told; many at a time where it can.

Records of one line each that are JSON go through the decoder together, a hundred times as fast as one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.connectors.files import head_of
from ringfence.events.clock import Clock, SystemClock
from ringfence.events.errors import RECORD_TOO_LARGE, UNKNOWN_FORMAT, RingfenceError, UsageError
from ringfence.feeds.decoded import Decoded
from ringfence.feeds.mapping import Mapping
from ringfence.settings import Settings, SourceSection
from ringfence.stores.checkpoint_store import CheckpointStore
from ringfence.stores.suspense_store import Suspended, SuspenseStore
from ringfence.wiring.connecting import FOLDER, limits_of
from ringfence.wiring.readers import FORMATS, decode_again, decode_lines, find_feed, mapping_of, sniffed
from ringfence.wiring.received_as import HowReceived, how_received
from ringfence.wiring.workplace import Workplace

RECYCLED: Final = "recycled"
TESTED: Final = "test-recycled"
WRITTEN_OFF: Final = "written-off"
DONE: Final = (RECYCLED, WRITTEN_OFF)  # what no later step touches, unless it is asked for by id
Headers = dict[tuple[str, str], str]  # source and file: the header line of the file


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


@dataclass(slots=True)
class Decoding:
    """Decodes records again as `what` says; which records are wanted is left to the caller."""

    settings: Settings
    what: Recycling
    headers: Headers
    _ways: dict[tuple[str, str], HowReceived] = field(default_factory=dict)  # source and file: many are of one

    @classmethod
    def of(cls, settings: Settings, place: Workplace, what: Recycling) -> Decoding:
        """Return what decodes the records of a home folder."""
        manifest = CheckpointStore(place.database).last()
        headers: Headers = {}
        for (source, file), at in (manifest.positions if manifest else {}).items():
            headers[source, file] = headers[source, str(at.get("path", file))] = str(at.get("header", ""))
        return cls(settings, what, headers)

    def one(self, record: Suspended) -> Again:
        """Decode one record.

        Raises:
            RingfenceError: it is not known how it is to be read.
        """
        if _is_cut(record):
            return _of_cut(record)
        how = self._way(record)
        piece = decode_again(
            _content(record),
            how.feed,
            source=record.source,
            place=record.place,
            header=how.header,
            limits=limits_of(self.settings),
            clock=self.what.clock,
            zone=self.what.zone or how.zone,
            home_zone=self.settings.zone_of_records(),
        )
        return _judged(record, piece)

    def many(self, records: Sequence[Suspended]) -> list[Again]:
        """Decode records; of one that cannot be decoded at all it is said why."""
        found: dict[str, Again] = {}
        lines: dict[str, list[Suspended]] = {}  # by source: what goes through the decoder together
        for record in records:
            try:
                if _is_cut(record) or not _is_line(record) or mapping_of(self._way(record).feed) is not None:
                    found[record.suspense_id] = self.one(record)
                else:
                    lines.setdefault(record.source, []).append(record)
            except RingfenceError as error:
                found[record.suspense_id] = Again(record, None, error.code, error.what)
        for source, own in lines.items():
            found |= {again.record.suspense_id: again for again in self._lines(source, own)}
        return [found[record.suspense_id] for record in records]

    def _lines(self, source: str, records: Sequence[Suspended]) -> list[Again]:
        answers = decode_lines(
            [_content(record) for record in records],
            source=source,
            places=[record.place for record in records],
            limits=limits_of(self.settings),
            clock=self.what.clock,
        )
        return [
            Again(record, event) if event.height else Again(record, None, code or record.code, message or _NO_RECORD)
            for record, (event, code, message) in zip(records, answers, strict=True)
        ]

    def _way(self, record: Suspended) -> HowReceived:
        key = record.source, _file_of(record.place)
        if key not in self._ways:
            self._ways[key] = self._found(record, key[1])
        return self._ways[key]

    def _found(self, record: Suspended, file: str) -> HowReceived:
        settings, named = self.settings, self.what.format
        how = how_received(settings.folder, file, record.raw, settings.api.max_body_bytes)
        if how is not None:
            return how._replace(feed=find_feed(named, settings.folder / FOLDER)) if named else how
        section = next((s for s in settings.sources if s.name == record.source), None)
        zone = (section and section.time_zone) or ""
        return HowReceived(_feed(settings, named, record, section), zone, self.headers.get((record.source, file), ""))


_NO_RECORD: Final = "the mapping leaves it out: it is no record"


def _content(record: Suspended) -> bytes:
    return record.raw if record.edited is None else record.edited


def _is_cut(record: Suspended) -> bool:
    return record.edited is None and record.raw_bytes > len(record.raw)


def _of_cut(record: Suspended) -> Again:
    kept = f"only the first {len(record.raw):,} of its {record.raw_bytes:,} bytes were kept"
    return Again(record, None, RECORD_TOO_LARGE, kept)


def _is_line(record: Suspended) -> bool:
    content = _content(record)
    return b"\n" not in content and bool(content.strip())


def _judged(record: Suspended, piece: Decoded) -> Again:
    if piece.rejects.height:
        code, message = piece.rejects.select("code", "message").row(0)
        return Again(record, None, code, message)
    if piece.events.height != 1:
        left = _NO_RECORD if piece.left_out else f"it is {piece.events.height} records"
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
