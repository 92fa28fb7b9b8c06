"""The files of a run: looked for, known again however their paths are written, opened where the last commit left them.

Of sources that are followed, files are looked for again while the run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ringfence.connectors.files import GZIP_MAGIC, ZSTD_MAGIC, expand, head_of
from ringfence.connectors.following import HEAD_BYTES, Head
from ringfence.engines.files import File
from ringfence.events.clock import Clock
from ringfence.events.errors import RingfenceError
from ringfence.feeds.decoded import Position, Reader
from ringfence.feeds.mapping import Mapping as ColumnMapping
from ringfence.feeds.tables import ARROW_MAGIC, PARQUET_MAGIC
from ringfence.pipeline.ledger import Place
from ringfence.settings import Settings, SourceSection
from ringfence.wiring.connecting import limits_of
from ringfence.wiring.readers import find_feed, open_reader
from ringfence.wiring.streaming import StreamReader

WHOLE: Final = (
    PARQUET_MAGIC,
    ARROW_MAGIC,
    GZIP_MAGIC,
    ZSTD_MAGIC,
)  # what begins so is never added to

Positions = Mapping[Place, dict[str, int | str]]
Left = dict[str, dict[str, dict[str, int | str]]]  # file to source to position
Look = tuple[int, int, int]  # which file lies at a path, its size, and when it was written


class _From(NamedTuple):
    """A source, and how its files are read."""

    section: SourceSection
    feed: str | ColumnMapping
    follow: bool


@dataclass(slots=True)
class _Known:
    """What is known of a file: how it looked when it was last judged, and the file, if it could be opened."""

    look: Look
    file: File | None = None


@dataclass(slots=True)
class Files:
    """Opens the files of sources.

    `positions` is where each was left, as the engine has it now. `refused` says of files that came later why they
    cannot be read; each is tried again once it has changed.
    """

    settings: Settings
    clock: Clock
    positions: Positions
    refused: dict[str, str] = field(default_factory=dict)
    _sources: list[_From] = field(default_factory=list)
    _known: dict[tuple[int, str], _Known] = field(default_factory=dict)
    _coming: dict[tuple[int, str], Look] = field(default_factory=dict)  # how files looked that may not be finished
    _heads: set[tuple[int, str]] = field(default_factory=set)  # source, and how a file that grows began

    def add(self, section: SourceSection, *, follow: bool) -> None:
        """Read the files of a source, too."""
        feed = find_feed(section.mapping or section.format, self.settings.folder / "mappings")
        self._sources.append(_From(section, feed, follow))

    @property
    def may_grow(self) -> bool:
        """Whether files may come later."""
        return any(source.follow for source in self._sources)

    def first(self) -> Iterator[File]:
        """Open the files that are there, one after the other; all are looked for before the first is opened.

        Raises:
            RingfenceError: one is not there or cannot be read.
        """
        found = [
            (number, path)
            for number, source in enumerate(self._sources)
            for path in expand(source.section.path, may_come=source.follow)
        ]
        left = self._left()
        for number, path in found:
            source, look = self._sources[number], _look(path)
            if source.feed == "auto" and not head_of(path, 1, to_tell=True):
                continue  # nothing is in it that could tell its format; if it is followed, there may be later
            file = self._open(source, path, left)
            if look:
                self._known[number, file.name] = _Known(look, file)
            yield file

    def more(self) -> Iterator[File]:
        """Open the files that have come, or took the place of one that was read whole, since the last time.

        A file that is followed is followed through its rotation: what it was renamed or copied to is no new file.
        """
        self._remember_heads()
        left: Left | None = None
        for key, path, look in self._changed():
            number = key[0]
            source = self._sources[number]
            try:
                if not self._is_finished(key, path, look, source):
                    continue
                if (number, Head.of(head_of(path, HEAD_BYTES)).digest) in self._heads:
                    self._known[key] = _Known(look)
                    continue
                left = left or self._left()
                file = self._open(source, path, left)
            except RingfenceError as error:
                self.refused[str(path)] = str(error)
                self._known[key] = _Known(look)
                continue
            self.refused.pop(str(path), None)
            self._coming.pop(key, None)
            self._known[key] = _Known(look, file)
            yield file

    def _remember_heads(self) -> None:
        """Remember how the files begin that are read on; one that is shorter than a head may begin like another."""
        for (number, _), known in self._known.items():
            if known.file is not None and known.file.look and not known.file.ended:
                at = self.positions.get(known.file.place, {})
                if at.get("head_bytes") == HEAD_BYTES:
                    self._heads.add((number, str(at["head"])))

    def _changed(self) -> Iterator[tuple[tuple[int, str], Path, Look]]:
        """Give the files that are not being read and were never judged as they look now."""
        folders: dict[Path, Path] = {}
        for number, source in enumerate(self._sources):
            if not source.follow:
                continue
            try:
                paths = expand(source.section.path, may_come=True)
            except RingfenceError:  # a folder that was there is gone for now
                continue
            for path in paths:
                folder = folders.get(path.parent) or folders.setdefault(path.parent, path.parent.resolve())
                key = number, str(folder / path.name)  # as `key_of` of a file that is followed
                look, known = _look(path), self._known.get(key)
                if look is None or not look[1] or (known and (known.look == look or _is_read(known.file))):
                    continue
                yield key, path, look

    def _is_finished(self, key: tuple[int, str], path: Path, look: Look, source: _From) -> bool:
        """Return whether a file can be read: what is written once must look the same as at the last look."""
        head = head_of(path) if source.feed == "auto" else b"\n"
        if not _is_whole(path) and b"\n" in head:
            return True
        before, self._coming[key] = self._coming.get(key), look
        return before == look

    def _left(self) -> Left:
        left: Left = {}
        for (source, file), position in self.positions.items():
            if position:
                left.setdefault(file, {})[source] = position
        return left

    def _open(self, source: _From, path: Path, left: Left) -> File:
        section, follow = source.section, source.follow
        how: dict[str, Any] = {
            "source": section.name,
            "follow": follow,
            "limits": limits_of(self.settings),
            "clock": self.clock,
            "zone": section.time_zone or "",
            "home_zone": self.settings.zone_of_records(),
        }
        reopen: Callable[[Position], Reader] = partial(_reopened, path, source.feed, **how)
        key, was, position = _position(left, section.name, path, follow=follow)
        whole, total = _is_whole(path), _total(path)
        reader = reopen(position)
        return File(
            reader,
            self.settings.lateness_ms(replace(section, follow=follow)),
            total,
            follow=follow,
            whole=whole,
            key=key,
            was=was,
            reopen=reopen,
            look=partial(_look, path) if isinstance(reader, StreamReader) else None,
            position=position,
        )


def key_of(path: Path, *, follow: bool) -> str:
    """Return what names a file however its path is written.

    A file that is followed keeps the last name of its path, which may be a link to another file every day.
    """
    return str(path.parent.resolve() / path.name if follow else path.resolve())


def _position(left: Left, source: str, path: Path, *, follow: bool) -> tuple[str, str, dict[str, int | str]]:
    """Return the file's key, the name under which it is known where that is another, and where it was left.

    Earlier versions knew a file by its path as it was written. A source that names itself by its format is found by
    the file alone.
    """
    key = key_of(path, follow=follow)
    for name in dict.fromkeys((key, key_of(path, follow=not follow), str(path))):
        for of_source, position in left.get(name, {}).items():
            if source in ("", of_source):
                return key, name if name != key else "", position
    return key, "", {}


def _reopened(path: Path, feed: str | ColumnMapping, position: Position, **how: Any) -> Reader:
    return open_reader(path, feed, position=position or None, **how)


def _is_read(file: File | None) -> bool:
    """Return whether the engine still reads a file."""
    return file is not None and not file.ended


def _look(path: Path) -> Look | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(WHOLE)
    except OSError:
        return False  # what opens it says why


def _total(path: Path) -> int:
    """Return how far a position of the file can go: its rows or its bytes; 0 when that is not known."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
        if head == PARQUET_MAGIC:
            return int(pq.read_metadata(path).num_rows)
        return 0 if head.startswith((GZIP_MAGIC, ZSTD_MAGIC)) else path.stat().st_size
    except (OSError, pa.ArrowException):
        return 0
