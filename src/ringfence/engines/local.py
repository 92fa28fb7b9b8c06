"""The local engine: reads files side by side, drives the flow, and commits.

Of several files the one that lags behind in event time is read next, so files may be given in any order and only
those that overlap are in memory together. A commit happens every `every_ms` of wall time and at the end; a run that is
killed goes on from the last one. Between two commits at most `every_events` records and one batch are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

import polars as pl

from ringfence.alerts.alert import Alert, latest
from ringfence.engines.calls import Calls
from ringfence.engines.files import File
from ringfence.engines.progress import Progress
from ringfence.engines.turns import Turns
from ringfence.events.clock import Clock
from ringfence.features.pieces import Part, Piece
from ringfence.features.shard import Shard
from ringfence.features.snapshot import as_it_lies
from ringfence.feeds.decoded import Decoded, count_unknown
from ringfence.pipeline.counters import Counters
from ringfence.pipeline.flow import Flow, Work, one_after_another
from ringfence.pipeline.intake import Intake
from ringfence.pipeline.ledger import Commit, Ledger, Mark, Place, State

__all__ = ["POLL_MS", "File", "LocalEngine", "Progress", "threads"]

POLL_MS = 200
LOOK_MS = 2_000  # wall time between two looks for new files
REJECT_BYTES = 64 << 20  # of records for suspense that are in memory; more are committed at once
REJECT_SIZE = 512  # what a reject takes besides, in memory and in the database
FEW_ROWS = 8_192  # of pieces: fewer are processed before another thread would have begun
KEPT_OPEN = 16  # files that stay open although it is not their turn, or they are quiet; more are opened again
KEPT_AHEAD_ROWS = 100_000  # records of the first pieces that are kept from the look at where files begin


@contextmanager
def threads(count: int) -> Iterator[Work]:
    """Yield a way to process shards side by side: kernels let go of the interpreter's lock."""
    with ThreadPoolExecutor(count, "shard") as pool:

        def work(tasks: Sequence[tuple[Shard, Sequence[Piece]]]) -> list[Part]:
            if sum(len(piece.keys) for _, pieces in tasks for piece in pieces) < FEW_ROWS:
                return one_after_another(tasks)
            done = pool.map(lambda task: task[0].process(task[1]), tasks)
            return [part for parts in done for part in parts]

        yield work


def _foreign(decoded: pl.DataFrame, admitted: pl.DataFrame) -> int:
    """Return how many records stated amounts in a currency that the door did not take."""
    if "currency" not in decoded.columns or decoded["currency"].null_count() == decoded.height:
        return 0
    amounts = [pl.col(name).is_not_null() for name in ("charge_micros", "cost_micros") if name in decoded.columns]
    named = pl.col("currency").str.strip_chars().str.to_uppercase()
    other = named.is_not_null() & named.ne_missing(admitted["currency"]) & pl.any_horizontal(False, *amounts)
    return int(decoded.select(other.sum()).item())


@dataclass(slots=True)
class LocalEngine:
    """Runs the flow over readers until they end, or for ever when they follow.

    `watch` is called after each step; `stop` ends the run after the present step, with a commit. `more` is asked now
    and then for files that have come since; a run that has it goes on when it has no file.
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
    more: Callable[[], Iterable[File]] | None = None
    calls: Calls = field(default_factory=Calls)
    tell_every_ms: int = 0  # wall time after which alerts are told before they are committed; 0: they are not
    release_every_ms: int = 0  # wall time between two steps of the flow that only few events wait for
    progress: Progress = field(default_factory=Progress)
    _files: dict[int, File] = field(default_factory=dict)  # that have not ended
    _opened: int = 0
    _turns: Turns = field(default_factory=Turns)
    _read: list[tuple[File, Decoded | None]] = field(default_factory=list)  # pieces on their way in; null: the end
    _rows: int = 0  # events in them
    _rows_ahead: int = 0
    _shares: float = 0.0  # of all files, ended ones too
    _changed: list[Alert] = field(default_factory=list)
    _untold: list[Alert] = field(default_factory=list)
    _rejects: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    _reject_bytes: int = 0  # as received, in them and in pieces on their way in
    _moved: dict[Place, dict[str, int | str]] = field(default_factory=dict)  # positions since the last commit
    _marks: list[Mark] = field(default_factory=list)
    _committed_ms: int = 0
    _uncommitted_ms: int | None = None  # when the first record came that is in no commit
    _told_ms: int = 0
    _committed_records: int = 0
    _woken_ms: int = 0
    _looked_ms: int = 0
    _stepped_ms: int = 0  # when events were last released
    _released: bool = False  # whether events were released since the last commit

    def run(self, files: Iterable[File]) -> Progress:
        """Read all files to their end (or for ever, those that are followed); return what happened."""
        self._committed_ms = self._woken_ms = self._looked_ms = self.clock.now_ms()
        self.progress.counters = self.counters
        try:
            for file in files:
                self.open(file)
            for partition in self.intake.newest.keys() - {f.partition for f in self._files.values()}:
                self.intake.end(partition)  # a file of an earlier run that is not read now: nobody waits for it
            self._go_on()
        finally:
            for file in self._files.values():
                file.close()
        return self.progress

    def _go_on(self) -> None:
        while (self._turns or self.more) and not self.stop.is_set():
            self.calls.answer()
            is_idle = not self._step()
            # the door and a step of the flow cost much the same for one event as for thousands: pieces go together
            if is_idle or self._rows >= self.flow.batch_rows or self._is_due():
                self._take_in()
                if self._is_worth_a_step(is_idle=is_idle):
                    self._release()
            self.progress.share = self._shares / max(self._opened, 1)
            self.watch(self.progress)
            if self._is_due():
                self.commit()
            elif self._untold:
                self._tell()
            if is_idle:
                self.calls.wait(POLL_MS / 1000)
            self._look_around(is_idle=is_idle)
        self._take_in()
        self._release()
        self.calls.answer()
        self.commit()
        self.calls.close()
        self.watch(self.progress)

    def _is_worth_a_step(self, *, is_idle: bool) -> bool:
        """Return whether what is held should be released now: a step costs much the same for few events as for many."""
        if self.intake.held >= self.flow.batch_rows or self._is_due():
            return True
        return is_idle and self.clock.now_ms() - self._stepped_ms >= self.release_every_ms

    def _look_around(self, *, is_idle: bool) -> None:
        """Ask those files again that were quiet, and for new ones."""
        now_ms = self.clock.now_ms()
        if is_idle or now_ms - self._woken_ms >= POLL_MS:
            self._turns.wake()
            self._woken_ms = now_ms
        if self.more and now_ms - self._looked_ms >= LOOK_MS:
            for file in self.more():
                self.open(file)
            self._looked_ms = now_ms

    def open(self, file: File) -> None:
        """Read a file, too. Its first piece is looked at, so that the intake knows where in time it begins."""
        file.number, self._opened = self._opened, self._opened + 1
        self._files[file.number] = file
        self._know_again(file)
        piece = file.begins_with()
        if piece is not None and piece.events.height:
            self.intake.open(file.partition, file.lateness_ms, int(piece.events["at_ms"].min()))  # type: ignore[arg-type]
        else:
            self.intake.open(file.partition, file.lateness_ms)
        file.newest_ms = self.intake.newest[file.partition]
        file.counted = file.share
        self._shares += file.counted
        self._rows_ahead += file.rows_ahead
        if len(self._files) > KEPT_OPEN and file.reopen and not file.follow:
            keep = self._rows_ahead <= KEPT_AHEAD_ROWS
            self._rows_ahead -= 0 if keep else file.rows_ahead
            file.put_aside(keep=keep)
        self._turns.add(file)

    def _know_again(self, file: File) -> None:
        """Go on under the file's present name where an earlier version knew it by another."""
        source, name = file.place
        position = self.positions.pop((source, file.was), None)
        if not file.was or position is None:
            return
        self._moved |= {(source, file.was): {}, (source, name): position}
        self.positions[source, name] = position
        for known in (self.intake.newest, self.intake.lateness):
            if (before := known.pop(f"{source}\n{file.was}", None)) is not None:
                known[file.partition] = before

    def _step(self) -> bool:
        """Take one piece of the file that lags behind, or end it; return whether there was anything to do."""
        while (file := self._turns.take()) is not None:
            ahead = file.rows_ahead
            piece = file.next_piece()
            self._rows_ahead -= ahead - file.rows_ahead
            if piece is not None:
                self._read.append((file, piece))
                self._rows += piece.events.height + piece.rejects.height
                self._reject_bytes += int(piece.rejects["raw"].bin.size().sum()) + REJECT_SIZE * piece.rejects.height
                if piece.events.height:
                    file.newest_ms = max(file.newest_ms, int(piece.events["at_ms"].max()))  # type: ignore[arg-type]
                self._turns.add(file)
                return True
            if not file.follow or (file.whole and self._is_quiet(file)):
                file.close()
                self._read.append((file, None))
                return True
            self._let_rest(file)
            self._turns.wait(file)
        return False

    def _is_quiet(self, file: File) -> bool:
        """Return whether nothing new was found for as long as a file's events may be late.

        It counts from the first look that found nothing: how long the work in between took says nothing of the file.
        """
        now_ms = self.clock.now_ms()
        if file.quiet_since_ms is None:
            file.quiet_since_ms = now_ms
        return now_ms - file.quiet_since_ms > max(file.lateness_ms, POLL_MS)

    def _let_rest(self, file: File) -> None:
        """Wait no longer for a file that is quiet, and keep it open only if few are."""
        if not self._is_quiet(file):
            return
        if file.partition not in self.intake.resting:
            self._take_in()
            self.intake.rest(file.partition)
        if file.look and file.reopen and len(self._files) > KEPT_OPEN:
            file.put_aside()

    def _take_in(self) -> None:
        """Let what was read in by the door, as one, then into the intake, piece by piece in the order of reading."""
        read, self._read, self._rows = self._read, [], 0
        frames = [p.events.with_columns(source=pl.lit(f.reader.source)) for f, p in read if p is not None]
        decoded = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
        admitted = self.admit(decoded) if frames else decoded
        self.progress.foreign += _foreign(decoded, admitted)
        first = 0
        for file, piece in read:
            if piece is None:
                self.intake.end(file.partition)
                self._files.pop(file.number)
            else:
                self._take(file, piece, admitted.slice(first, piece.events.height))
                first += piece.events.height
            self._shares += file.share - file.counted
            file.counted = file.share

    def _take(self, file: File, piece: Decoded, events: pl.DataFrame) -> None:
        source = file.reader.source
        taken = self.intake.take(file.partition, events)
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
        if file.on_taken:
            file.on_taken(piece, taken.outcomes)
        if piece.rejects.height:
            self._rejects.setdefault(source, []).append(piece.rejects)
        if taken.late:
            self.ledger.keep(taken.late_events.with_columns(late=True))
        self._marks += file.marks
        file.marks = ()
        file.position = dict(piece.position)
        if file.name != file.reader.name:
            file.position["path"] = file.reader.name
        self.positions[file.place] = self._moved[file.place] = file.position
        self._note(piece, taken.late, taken.worst_lateness_ms)

    def _note(self, piece: Decoded, late: int, worst_lateness_ms: int) -> None:
        progress = self.progress
        if self._uncommitted_ms is None:
            self._uncommitted_ms = self.clock.now_ms()
        progress.records += piece.events.height + piece.rejects.height
        progress.rejected += piece.rejects.height
        progress.left_out += piece.left_out
        progress.late += late
        progress.worst_lateness_ms = max(progress.worst_lateness_ms, worst_lateness_ms)
        progress.unfinished += piece.unfinished
        count_unknown(progress.unknown, piece.unknown)

    def _release(self) -> None:
        due = self.intake.release()
        if due is None:
            return
        self._released = True
        self._stepped_ms = self.clock.now_ms()
        changed = self.flow.take(due)
        self.ledger.keep(due.with_columns(late=False))
        self._changed += changed
        if self.tell_every_ms:
            self._untold += changed
        self.progress.events_until_ms = int(due["at_ms"][-1])
        self.progress.tell(changed)

    def _tell(self) -> None:
        """Let alerts be seen before their commit: they are named by their cause, so a replay raises the same."""
        now_ms = self.clock.now_ms()
        if now_ms - self._told_ms >= self.tell_every_ms:
            self.ledger.tell(latest(self._untold))
            self._untold, self._told_ms = [], now_ms

    def commit(self) -> None:
        """Make durable all that happened since the last commit."""
        self.number += 1
        rejects = {source: pl.concat(frames) for source, frames in self._rejects.items()}
        self.ledger.commit(
            Commit(
                self.number,
                self._states(),
                self._moved,
                self.counters,
                latest(self._changed),
                rejects,
                self._marks,
                self.clock.now_ms(),
            )
        )
        self._changed, self._rejects, self._marks, self._released = [], {}, [], False
        self._untold = []
        self._reject_bytes = 0
        self._moved = {}
        self._committed_ms, self._uncommitted_ms = self.clock.now_ms(), None
        self._committed_records = self.progress.records

    @property
    def overdue_ms(self) -> int:
        """Wall time by which a commit is late; 0 where none is due. Other threads may ask."""
        since_ms = self._uncommitted_ms
        return max(self.clock.now_ms() - since_ms - self.every_ms, 0) if since_ms is not None else 0

    def _states(self) -> Iterator[tuple[str, State]]:
        for number, shard in enumerate(self.flow.shards):
            yield f"shard-{number}", as_it_lies(shard)
        yield from self.intake.to_bytes().items()
        yield "detectors", self.flow.memory.to_bytes()
        yield "episodes", self.flow.episodes.to_bytes()

    def suppress_by(self, suppress: Callable[[Iterable[Alert]], list[Alert]]) -> None:
        """Have alerts be open or suppressed as this says, those too that are not committed yet; in this thread."""
        self.flow.suppress = suppress
        self._changed, self._untold = suppress(self._changed), suppress(self._untold)

    def _is_due(self) -> bool:
        records = self.progress.records + self._rows - self._committed_records
        waited = self.clock.now_ms() - self._committed_ms >= self.every_ms
        if self._reject_bytes >= REJECT_BYTES:
            return True
        return records >= self.every_events or (waited and (records > 0 or self._released))
