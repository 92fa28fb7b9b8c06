"""Records that come over HTTP: decoded, kept on the disk, handed to the engine, and answered one by one.

A body is decoded before it is kept, so that what cannot be read at all is refused at once. It is durable before the
engine sees it; what the engine says of each record (accepted, duplicate, late) is the answer. A crash in between
leaves the body on the disk: the next start reads it again, and whoever got no answer and sends again gets duplicates.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.connectors.received import At, Entry, Received
from ringfence.engines.files import File
from ringfence.engines.local import LocalEngine
from ringfence.events.clock import Clock, FixedClock
from ringfence.events.errors import BAD_ARGUMENT, UsageError
from ringfence.feeds.decoded import BlockFeed, Decoded, Position
from ringfence.feeds.delimited import Delimited
from ringfence.feeds.limits import Limits
from ringfence.feeds.mapping_file import parse_mapping
from ringfence.feeds.ndjson import Ndjson
from ringfence.feeds.tables import TableFile
from ringfence.settings import Settings
from ringfence.wiring.arrow_bounds import check_arrow
from ringfence.wiring.bodies import opened
from ringfence.wiring.bounded_decoding import MOST_BYTES, MOST_RECORDS, in_pieces, together
from ringfence.wiring.cloud_events import unwrapped
from ringfence.wiring.connecting import limits_of

FOLDER: Final = "received"
FORMATS: Final = ("ndjson", "csv", "arrow", "cloudevents")
MOST_SOURCES: Final = 1_000  # that may be made by naming them in a request
WAITING_BYTES: Final = 256 << 20  # of decoded bodies between the door and the engine; more are turned away
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Outcomes = NDArray[np.uint8]


class Judged(NamedTuple):
    """What became of a body: its records, and for each event ACCEPTED, DUPLICATE or LATE (`pipeline.intake`)."""

    piece: Decoded
    outcomes: Outcomes


@dataclass(slots=True)
class _Waiting:
    piece: Decoded
    bytes: int
    after: At
    answer: Future[Judged] | None = None
    is_kept: bool = False  # on the disk


def decoded(entry: Entry, source: str, place: str, limits: Limits, most_bytes: int) -> Decoded:
    """Return the records of a body; `place` is what the places of its records begin with.

    Raises:
        UsageError: the body cannot be read at all, or is larger than `most_bytes`.
    """
    piece = _decoded(entry, source, place, limits, opened(entry.body, entry.encoding, most_bytes))
    if not entry.tenant:
        return piece
    return replace(piece, events=piece.events.with_columns(tenant=pl.lit(entry.tenant)))  # whatever the record says


def _decoded(entry: Entry, source: str, place: str, limits: Limits, content: bytes) -> Decoded:
    clock = FixedClock(entry.received_ms)
    if entry.format == "arrow":
        return _of_table(content, source, place, limits, clock)
    if entry.format == "cloudevents":
        content = unwrapped(content)
    feed: BlockFeed = Ndjson(source=source, limits=limits, clock=clock)
    if entry.format == "csv":
        mapping = parse_mapping(entry.mapping, name=entry.mapping_name)
        mapping = replace(mapping, zone=mapping.zone or entry.zone)
        feed = Delimited(mapping, source=source, limits=limits, clock=clock)
    return together(in_pieces(feed, content, place))


def _of_table(content: bytes, source: str, place: str, limits: Limits, clock: Clock) -> Decoded:
    check_arrow(content, MOST_BYTES, MOST_RECORDS)
    reader = TableFile(Path(), name=place, source=source, limits=limits, clock=clock, content=content)
    return together(iter(reader.read, None))


class Reading:
    """The entries of one source as the engine reads them: first those since the last commit, then those that come."""

    def __init__(self, source: str, kept: Received, limits: Limits, most_bytes: int) -> None:
        self.source = source
        self.name = f"{FOLDER}/{source}"
        self.kept = kept
        self.limits, self.most_bytes = limits, most_bytes
        self.committed = At(0, 0)
        self._lock = Lock()
        self._coming: deque[_Waiting] = deque()
        self._handed: deque[_Waiting] = deque()
        self._old: Iterator[tuple[Entry, At, At]] = iter(())
        self._at = At(0, 0)
        self.bytes = 0  # of bodies that wait for the engine

    def go_on(self, position: Position) -> None:
        """Begin behind what the last commit holds."""
        self._at = self.committed = At(int(position.get("segment", 0)), int(position.get("offset", 0)))
        self._old = self.kept.read(self._at)

    @property
    def position(self) -> Position:
        """Where to go on."""
        return {"segment": self._at.segment, "offset": self._at.offset}

    def place(self, at: At) -> str:
        """Return what the places of an entry's records begin with."""
        return f"{self.name}/{at.segment}-{at.offset}"

    def receive(self, entry: Entry, piece: Decoded) -> Future[Judged]:
        """Keep a body that was decoded, then let the engine have it; the answer comes when it has judged it."""
        answer: Future[Judged] = Future()
        with self._lock:  # the order on the disk is the order of the engine
            at, after = self.kept.write(entry)
            place = self.place(at)
            events, rejects = (
                frame.with_columns(place=place + pl.col("place").str.strip_prefix(self.name))
                for frame in (piece.events, piece.rejects)
            )
            size = len(entry.body) + int(events.estimated_size())
            waiting = _Waiting(replace(piece, events=events, rejects=rejects), size, after, answer)
            self._coming.append(waiting)
            self.bytes += size
        try:
            self.kept.sync(after)
        finally:  # where it failed, the body may be on the disk or not: whoever sends it again gets duplicates
            waiting.is_kept = True
        return answer

    def read(self) -> Decoded | None:
        """Return the next body; None when none is there now."""
        if (old := next(self._old, None)) is not None:
            entry, at, after = old
            piece = decoded(entry, self.source, self.place(at), self.limits, self.most_bytes)
            return self._hand(_Waiting(piece, 0, after))
        with self._lock:
            waiting = self._coming.popleft() if self._coming and self._coming[0].is_kept else None
        return self._hand(waiting) if waiting else None

    def _hand(self, waiting: _Waiting) -> Decoded:
        self._handed.append(waiting)
        self._at = waiting.after
        return replace(waiting.piece, position=self.position)

    def judged(self, piece: Decoded, outcomes: Outcomes) -> None:
        """Answer for a body; in the engine's thread, in the order of reading."""
        waiting = self._handed.popleft()
        with self._lock:
            self.bytes -= waiting.bytes
        if waiting.answer and waiting.answer.set_running_or_notify_cancel():
            waiting.answer.set_result(Judged(piece, outcomes))

    def close(self) -> None:
        """Let the files go; bodies that were not judged are read by the next start."""
        with self._lock:
            for waiting in (*self._coming, *self._handed):
                if waiting.answer:
                    waiting.answer.cancel()
            self._coming.clear()
            self._handed.clear()


@dataclass(slots=True)
class Receiver:
    """The sources that records come to over HTTP."""

    settings: Settings
    clock: Clock
    engine: LocalEngine
    _readings: dict[str, Reading] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def files(self) -> list[File]:
        """Return the sources that there are already, to be read on."""
        folder = self.settings.folder / FOLDER
        names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        return [self._file(self._reading(name)) for name in names]

    def of(self, source: str) -> Reading:
        """Return a source, which is made where it is not there yet.

        Raises:
            UsageError: its name cannot be used, or there are too many (RF1004).
        """
        if not NAME.fullmatch(source):
            raise UsageError(
                BAD_ARGUMENT, f"{source!r:.80} is no name of a source", expected="a-z, 0-9, . _ and -, 64 at most"
            )
        with self._lock:
            if source in self._readings:
                return self._readings[source]
            if len(self._readings) >= MOST_SOURCES:
                raise UsageError(BAD_ARGUMENT, f"there are {MOST_SOURCES} sources already", expected="one of them")
            reading = self._reading(source)
            file = self._file(reading)
        self.engine.calls.ask(lambda: self.engine.open(file))
        return reading

    def _reading(self, source: str) -> Reading:
        kept = Received(self.settings.folder / FOLDER / source)
        made = Reading(source, kept, limits_of(self.settings), self.settings.api.max_body_bytes)
        made.go_on(self.engine.positions.get((source, made.name), {}))
        self._readings[source] = made
        return made

    def _file(self, reading: Reading) -> File:
        lateness = next((s for s in self.settings.sources if s.name == reading.source), None)
        own = lateness.lateness_ms if lateness else None
        return File(
            reading,
            self.settings.engine.lateness_live_ms if own is None else own,
            follow=True,
            on_taken=reading.judged,
        )

    @property
    def bytes(self) -> int:
        """Bytes of bodies that wait for the engine."""
        return sum(reading.bytes for reading in self._readings.values())

    @property
    def is_full(self) -> bool:
        """Whether bodies are turned away for now."""
        return self.bytes > WAITING_BYTES

    def committed(self) -> None:
        """Forget what is in a checkpoint and older than it is kept; in the engine's thread, after a commit."""
        before_ms = self.clock.now_ms() - self.settings.api.keep_received_ms
        for name, reading in self._readings.items():
            position = self.engine.positions.get((name, reading.name), {})
            reading.committed = At(int(position.get("segment", 0)), int(position.get("offset", 0)))
            reading.kept.forget(reading.committed, before_ms)
