"""The local engine: reads files side by side, drives the flow, and commits.

Of several files the one that lags behind in event time is read next, so files may be given in any order and only
those that overlap are in memory together. A commit happens every `every_ms` of wall time and at the end; a run that is
killed goes on from the last one. Between two commits at most `every_events` records and one piece are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

import polars as pl

from ringfence.alerts.alert import Alert, latest
from ringfence.events.clock import Clock
from ringfence.features.pieces import Part, Piece
from ringfence.features.shard import Shard
from ringfence.features.snapshot import as_it_lies
from ringfence.feeds.decoded import Decoded, Position, Reader
from ringfence.pipeline.counters import Counters
from ringfence.pipeline.flow import Flow, Work
from ringfence.pipeline.intake import Intake
from ringfence.pipeline.ledger import Commit, Ledger, Place, State

POLL_MS = 200
KEPT_OPEN = 16  # files whose first piece is kept from the look at where they begin; more are opened again in their turn


@contextmanager
def threads(count: int) -> Iterator[Work]:
    """Yield a way to process shards side by side: kernels let go of the interpreter's lock."""
    with ThreadPoolExecutor(count, "shard") as pool:

        def work(tasks: Sequence[tuple[Shard, Sequence[Piece]]]) -> list[Part]:
            done = pool.map(lambda task: task[0].process(task[1]), tasks)
            return [part for parts in done for part in parts]

        yield work


@dataclass(slots=True)
class File:
    """One file being read; `position` is where the last piece taken into the flow ended.

    `reopen` opens it again at a position: many files need not all be open at once.
    """

    reader: Reader
    lateness_ms: int
    total: int = 0  # bytes or rows, as its positions count; 0 when not known
    follow: bool = False  # more may come when it is at its end
    reopen: Callable[[Position], Reader] | None = None
    position: dict[str, int | str] = field(default_factory=dict)
    ahead: Decoded | None = None
    put_by: bool = False  # closed until its turn comes
    ended: bool = False
    quiet_since_ms: int | None = None  # wall time of the first look that found nothing new

    @property
    def share(self) -> float:
        """How much of the file was read, from 0 to 1; 0 while that is not known."""
        done = self.position.get("offset", self.position.get("row", 0))
        return 1.0 if self.ended else min(int(done) / self.total, 1.0) if self.total else 0.0

    @property
    def place(self) -> Place:
        """Name it in a commit."""
        return self.reader.source, self.reader.name

    @property
    def partition(self) -> str:
        """Name it in the intake."""
        return f"{self.reader.source}\n{self.reader.name}"

    def next_piece(self) -> Decoded | None:
        """Return the next piece; None at the end, or when nothing new is there now."""
        if self.put_by and self.reopen:
            self.reader, self.put_by = self.reopen(self.position), False
        piece, self.ahead = self.ahead or self.reader.read(), None
        return piece

    def put_aside(self) -> None:
        """Close it until its turn comes; what was read ahead is read again then."""
        self.reader.close()
        self.ahead, self.put_by = None, True

    def close(self) -> None:
        """Let it go."""
        if not self.put_by:
            self.reader.close()
        self.ended = True


@dataclass(slots=True)
class Progress:
    """How far a run is, for people who watch."""

    records: int = 0
    events_until_ms: int = 0
    alerts: dict[str, Alert] = field(default_factory=dict)
    share: float = 0.0  # of the input that was read, as far as it is known
    left_out: int = 0
    late: int = 0
    worst_lateness_ms: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    counters: dict[str, Counters] = field(default_factory=dict)  # of all sources, since the beginning


@dataclass(slots=True)
class LocalEngine:
    """Runs the flow over readers until they end, or for ever when they follow.

    `watch` is called after each step; `stop` ends the run after the present step, with a commit.
    """

    flow: Flow
    intake: Intake
    admit: Callable[[pl.DataFrame], pl.DataFrame]
    ledger: Ledger
    clock: Clock
    every_ms: int = 30_000
    every_events: int = 1_000_000
    counters: dict[str, Counters] = field(default_factory=dict)
    positions: dict[Place, dict[str, int | str]] = field(default_factory=dict)
    number: int = 0
    watch: Callable[[Progress], None] = lambda progress: None
    stop: Event = field(default_factory=Event)
    progress: Progress = field(default_factory=Progress)
    _changed: list[Alert] = field(default_factory=list)
    _rejects: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    _committed_ms: int = 0
    _committed_records: int = 0
    _released: bool = False  # whether events were released since the last commit

    def run(self, files: Iterable[File]) -> Progress:
        """Read all files to their end (or for ever, those that are followed); return what happened."""
        self._committed_ms = self.clock.now_ms()
        self.progress.counters = self.counters
        opened: list[File] = []
        try:
            for file in files:
                opened.append(file)
                self._open(file)
                if len(opened) > KEPT_OPEN and file.reopen and not file.follow:
                    file.put_aside()
            for partition in self.intake.newest.keys() - {f.partition for f in opened}:
                self.intake.end(partition)  # a file of an earlier run that is not read now: nobody waits for it
            self._go_on(opened)
        finally:
            for file in opened:
                file.close()
        return self.progress

    def _go_on(self, files: Sequence[File]) -> None:
        active = list(files)
        while active and not self.stop.is_set():
            is_idle = not self._step(active)
            active = [f for f in active if not f.ended]
            # a step of the flow costs much the same for one event as for thousands: small pieces go together
            if is_idle or self.intake.held >= self.flow.batch_rows or self._is_due():
                self._release()
            self.progress.share = sum(f.share for f in files) / len(files)
            self.watch(self.progress)
            if self._is_due():
                self.commit()
            if is_idle:
                self.stop.wait(POLL_MS / 1000)
        self._release()
        self.commit()
        self.watch(self.progress)

    def _open(self, file: File) -> None:
        """Look at the first piece, so that the intake knows where in time the file begins."""
        file.ahead = file.reader.read()
        events = file.ahead.events if file.ahead is not None else None
        if events is not None and events.height:
            self.intake.open(file.partition, file.lateness_ms, int(events["at_ms"].min()))  # type: ignore[arg-type]
        else:
            self.intake.open(file.partition, file.lateness_ms)

    def _step(self, active: Sequence[File]) -> bool:
        """Take one piece of the file that lags behind, or end it; return whether there was anything to do."""
        for file in sorted(active, key=lambda f: self.intake.watermark_of(f.partition)):
            piece = file.next_piece()
            if piece is not None:
                self._take(file, piece)
                return True
            if not file.follow:
                file.close()
                self.intake.end(file.partition)
                return True
            self._let_rest(file)
        return False

    def _let_rest(self, file: File) -> None:
        """Wait no longer for a file in which nothing new was found for as long as its events may be late.

        It counts from the first look that found nothing: how long the work in between took says nothing of the file.
        """
        now_ms = self.clock.now_ms()
        if file.quiet_since_ms is None:
            file.quiet_since_ms = now_ms
        elif now_ms - file.quiet_since_ms > max(file.lateness_ms, POLL_MS):
            self.intake.rest(file.partition)

    def _take(self, file: File, piece: Decoded) -> None:
        file.quiet_since_ms = None
        source = file.reader.source
        taken = self.intake.take(file.partition, self.admit(piece.events.with_columns(source=pl.lit(source))))
        counters = self.counters.setdefault(source, Counters())
        counters.add(
            Counters(
                piece.events.height + piece.rejects.height,
                taken.accepted,
                taken.duplicate,
                piece.rejects.height,
                taken.late,
            )
        )
        if piece.rejects.height:
            self._rejects.setdefault(source, []).append(piece.rejects)
        if taken.late:
            self.ledger.keep(taken.late_events.with_columns(late=True))
        file.position = dict(piece.position)
        self.positions[file.place] = file.position
        self._note(piece, taken.late, taken.worst_lateness_ms)

    def _note(self, piece: Decoded, late: int, worst_lateness_ms: int) -> None:
        progress = self.progress
        progress.records += piece.events.height + piece.rejects.height
        progress.left_out += piece.left_out
        progress.late += late
        progress.worst_lateness_ms = max(progress.worst_lateness_ms, worst_lateness_ms)
        for column, count in piece.unknown.items():
            progress.unknown[column] = progress.unknown.get(column, 0) + count

    def _release(self) -> None:
        due = self.intake.release()
        if due is None:
            return
        self._released = True
        changed = self.flow.take(due)
        self.ledger.keep(due.with_columns(late=False))
        self._changed += changed
        self.progress.events_until_ms = int(due["at_ms"][-1])
        for alert in latest([*(self.progress.alerts[a.alert_id] for a in changed if self._told(a)), *changed]):
            self.progress.alerts[alert.alert_id] = alert

    def _told(self, alert: Alert) -> bool:
        return alert.alert_id in self.progress.alerts

    def commit(self) -> None:
        """Make durable all that happened since the last commit."""
        self.number += 1
        rejects = {source: pl.concat(frames) for source, frames in self._rejects.items()}
        self.ledger.commit(
            Commit(self.number, self._states(), self.positions, self.counters, latest(self._changed), rejects)
        )
        self._changed, self._rejects, self._released = [], {}, False
        self._committed_ms = self.clock.now_ms()
        self._committed_records = self.progress.records

    def _states(self) -> Iterator[tuple[str, State]]:
        for number, shard in enumerate(self.flow.shards):
            yield f"shard-{number}", as_it_lies(shard)
        yield from self.intake.to_bytes().items()
        yield "detectors", self.flow.memory.to_bytes()
        yield "episodes", self.flow.episodes.to_bytes()

    def _is_due(self) -> bool:
        records = self.progress.records - self._committed_records
        waited = self.clock.now_ms() - self._committed_ms >= self.every_ms
        return records >= self.every_events or (waited and (records > 0 or self._released))
