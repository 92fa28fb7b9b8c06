"""A record as it was received, beside the event that it became: looked up by the event's place.

Places are made by our own readers and never by a record. Even so a file is opened only if a source of the settings
names it or a commit knows it (or it is one of those, rotated): what the history holds is no reason to open anything
else. Nothing here opens a file to write.

What lies at a place may be another record by now. So a record is decoded again, and counts only if the event that it
becomes has the same id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from ringfence.connectors.files import ByteStream, expand, head_of
from ringfence.connectors.following import rotated_files
from ringfence.connectors.received import At, Entry, kept_at
from ringfence.events.errors import NO_SUCH_FILE, DependencyError, RingfenceError
from ringfence.feeds.database import SQLITE_MAGIC, DatabaseFile
from ringfence.feeds.mapping import Mapping as ColumnMapping
from ringfence.feeds.mapping_file import parse_mapping
from ringfence.settings import SourceSection
from ringfence.stores.checkpoint_store import CheckpointStore
from ringfence.wiring.bodies import opened
from ringfence.wiring.cloud_events import unwrapped
from ringfence.wiring.connecting import limits_of
from ringfence.wiring.house import House
from ringfence.wiring.opening import key_of
from ringfence.wiring.raw_files import Held, lines_of, rows_of_arrow, rows_of_file
from ringfence.wiring.readers import FORMATS, decode_again, find_feed, mapping_of, sniffed
from ringfence.wiring.receiving import FOLDER

MOST_FILES: Final = 2_000  # that are looked into at once
MOST_ROTATED: Final = 30  # of one file
AS_RECEIVED, GONE, REPLACED = "as received", "gone", "another record"
_PLACE: Final = re.compile(r"(.+)([:#])([1-9]\d{0,17})", re.DOTALL)
_RECEIVED: Final = re.compile(rf"{FOLDER}/([a-z0-9][a-z0-9._-]{{0,63}})/(\d{{1,9}})-(\d{{1,18}})")
_UNREADABLE: Final = (RingfenceError, OSError, pa.ArrowException)
Wanted = tuple[str, str]  # the name of a file, and whether its records are lines (:) or rows (#)
How = tuple[str | ColumnMapping, str, str]  # feed, zone, header


def raw_of(house: House, place: str) -> bytes | None:
    """Return the record at a place as it was received; None where it is not there any more, or is no known place."""
    return raws_of(house, [place]).get(place)


def raws_of(house: House, places: Iterable[str]) -> dict[str, bytes]:
    """Return the records at places, each file read once; what is not there is left out."""
    return RawRecords(house).at(places)


def is_of(house: House, place: str, raw: bytes, source: str, event_id: str) -> bool:
    """Return whether a raw record is that of an event: decoded again, it has the event's id (hexadecimal)."""
    return RawRecords(house).is_of(place, raw, source, event_id)


@dataclass(frozen=True, slots=True)
class _Known:
    """A file that may be opened: where it lies, whose it is, and the header that it begins with."""

    path: Path
    source: str
    header: str


@dataclass(slots=True)
class RawRecords:
    """Looks records up; for one question, as it remembers which files there are."""

    house: House
    _files: dict[str, _Known] | None = None
    _ways: dict[tuple[str, str], How] = field(default_factory=dict)

    def beside(self, events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[bytes | None, str]]:
        """Return the record of each event (`event_id`, `place`, `source`), and what is to be said of it, by event.

        A file that was rotated since is found under its new name.
        """
        asked = {str(event["event_id"]): event for event in events}
        found = self.at(str(event.get("place") or "") for event in asked.values())
        answers: dict[str, tuple[bytes | None, str]] = {}
        for event_id, event in asked.items():
            place, source = str(event.get("place") or ""), str(event.get("source") or "")
            raw = found.get(place)
            if raw is not None and self.is_of(place, raw, source, event_id):
                answers[event_id] = raw, AS_RECEIVED
            else:
                answers[event_id] = None, GONE if raw is None else REPLACED
        return answers | self._rotated({name: asked[name] for name, (raw, _) in answers.items() if raw is None})

    def _rotated(self, lacking: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[bytes | None, str]]:
        by_file: dict[str, dict[int, str]] = {}
        for event_id, event in lacking.items():
            parts = _PLACE.fullmatch(str(event.get("place") or ""))
            if parts and parts[2] == ":" and parts[1] in self.files:
                by_file.setdefault(parts[1], {})[int(parts[3])] = event_id
        found: dict[str, tuple[bytes | None, str]] = {}
        for name, wanted in by_file.items():
            for path in _siblings(self.files[name].path):
                for line, raw in self._lines_of(path, sorted(wanted)).items():
                    event = lacking[wanted[line]]
                    if self.is_of(str(event["place"]), raw, str(event.get("source") or ""), wanted[line]):
                        found[wanted[line]] = raw, AS_RECEIVED
        return found

    def _lines_of(self, path: Path, numbers: list[int]) -> dict[int, bytes]:
        try:
            stream = ByteStream(path)
        except _UNREADABLE:
            return {}
        try:
            return lines_of(stream, numbers, self.house.settings.limits.max_record_bytes)
        except _UNREADABLE:
            return {}
        finally:
            stream.close()

    def at(self, places: Iterable[str]) -> dict[str, bytes]:
        """Return what lies at places now, each file read once; what is not there is left out."""
        by_file: dict[Wanted, dict[int, str]] = {}
        for place in dict.fromkeys(places):
            parts = _PLACE.fullmatch(place)
            if parts and (len(by_file) < MOST_FILES or (parts[1], parts[2]) in by_file):
                by_file.setdefault((parts[1], parts[2]), {})[int(parts[3])] = place
        found: dict[str, bytes] = {}
        for (name, mark), wanted in by_file.items():
            try:
                records = self._records(name, mark, sorted(wanted))
            except _UNREADABLE:
                continue  # gone, or not to be read now: then there is no raw record to be shown
            found |= {wanted[number]: raw for number, raw in records.items()}
        return found

    def is_of(self, place: str, raw: bytes, source: str, event_id: str) -> bool:
        """Return whether a raw record is that of an event."""
        parts = _PLACE.fullmatch(place)
        key = (parts[1] if parts else place, source)
        try:
            if key not in self._ways:
                self._ways[key] = self._how(*key)
            feed, zone, header = self._ways[key]
            piece = decode_again(
                raw,
                feed,
                source=source,
                place=place,
                header=header,
                limits=limits_of(self.house.settings),
                zone=zone,
                home_zone=self.house.settings.zone_of_records(),
            )
        except _UNREADABLE:
            return False
        return [found.hex() for found in piece.events["event_id"].to_list()] == [event_id]

    def _how(self, name: str, source: str) -> How:
        """Return how the records of a file or a body were read."""
        if (received := _RECEIVED.fullmatch(name)) is not None:
            return _how_received(self._entry(received), self.house.settings.api.max_body_bytes)
        if name not in self.files:
            raise DependencyError(NO_SUCH_FILE, "no such file is known")
        known, section = self.files[name], self._section(source)
        return self._feed(known.path, source, section), (section and section.time_zone) or "", known.header

    def _section(self, source: str) -> SourceSection | None:
        return next((s for s in self.house.settings.sources if s.name == source), None)

    def _feed(self, path: Path, source: str, section: SourceSection | None) -> str | ColumnMapping:
        mappings = self.house.settings.folder / "mappings"
        named = (section and (section.mapping or section.format)) or ""
        if named and named != "auto":
            return find_feed(named, mappings)
        if source in FORMATS or (mappings / f"{source}.toml").exists():
            return find_feed(source, mappings)
        return sniffed(path, head_of(path))

    @property
    def files(self) -> dict[str, _Known]:
        """The files that may be opened, by each name that a place may call them by."""
        if self._files is None:
            self._files = _known_files(self.house)
        return self._files

    def _records(self, name: str, mark: str, numbers: list[int]) -> dict[int, bytes]:
        if (received := _RECEIVED.fullmatch(name)) is not None:
            return self._of_entry(self._entry(received), mark, numbers)
        if name not in self.files:
            return {}
        known = self.files[name]
        if mark == ":":
            return self._lines_of(known.path, numbers)
        if head_of(known.path).startswith(SQLITE_MAGIC):
            return self._of_database(known.path, known.source, numbers)
        return rows_of_file(known.path, numbers)

    def _entry(self, received: re.Match[str]) -> Entry:
        folder = self.house.settings.folder / FOLDER / received[1]
        return kept_at(folder, At(int(received[2]), int(received[3])))

    def _of_entry(self, entry: Entry, mark: str, numbers: list[int]) -> dict[int, bytes]:
        content = opened(entry.body, entry.encoding, self.house.settings.api.max_body_bytes)
        if mark == "#":
            return rows_of_arrow(pa.BufferReader(content), content[:8], numbers)
        if entry.format == "cloudevents":
            content = unwrapped(content)
        return lines_of(Held(content), numbers, self.house.settings.limits.max_record_bytes)

    def _of_database(self, path: Path, source: str, numbers: list[int]) -> dict[int, bytes]:
        mapping = mapping_of(self._feed(path, source, self._section(source)))
        if mapping is None:
            return {}
        settings = self.house.settings
        reader = DatabaseFile(path, mapping, source=source, limits=limits_of(settings), clock=self.house.clock)
        try:
            found = {number: reader.raw_row(number) for number in numbers}
        finally:
            reader.close()
        return {number: raw for number, raw in found.items() if raw is not None}


def _how_received(entry: Entry, most_bytes: int) -> How:
    if entry.format != "csv":
        return "ndjson", "", ""
    mapping = parse_mapping(entry.mapping, name=entry.mapping_name)
    first = opened(entry.body, entry.encoding, most_bytes).partition(b"\n")[0]
    header = "" if mapping.header is False else first.rstrip(b"\r").decode(mapping.encoding, "replace")
    return mapping, mapping.zone or entry.zone, header


def _siblings(path: Path) -> list[Path]:
    """Return the files that a file may have become by rotation, the last first."""
    try:
        return rotated_files(path)[: -MOST_ROTATED - 1 : -1]
    except OSError:
        return []


def _known_files(house: House) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    written: dict[str, list[str]] = {}  # the names that the settings give to a file, by each of its keys
    for section in house.settings.sources:
        try:
            paths = expand(section.path, may_come=True)
        except RingfenceError:
            continue
        for path in paths:
            known[str(path)] = _Known(path, section.name, "")
            for key in {key_of(path, follow=True), key_of(path, follow=False)}:
                written.setdefault(key, []).append(str(path))
    with house.reading() as place:
        manifest = CheckpointStore(place.database).last()
    for (source, file), at in (manifest.positions if manifest else {}).items():
        path = Path(file)
        if file.startswith(f"{FOLDER}/") or not path.is_absolute():
            continue
        names = [file, *written.get(file, []), *([str(at["path"])] if "path" in at else [])]
        known |= dict.fromkeys(names, _Known(path, source, str(at.get("header", ""))))
    return known
