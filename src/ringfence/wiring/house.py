"""The house: what a server needs of one home folder, opened for as long as it runs.

Questions to the store use connections of their own, changes one that all share, and the engine a third in a thread of
its own: nobody who reads waits for a checkpoint.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from queue import Empty, LifoQueue
from threading import Event, Lock, RLock, Thread
from typing import Final, TypeVar

from ringfence.engines.local import LocalEngine
from ringfence.events.clock import Clock, SystemClock
from ringfence.events.errors import BUSY, ENDING, NO_ENGINE, DependencyError
from ringfence.settings import Settings
from ringfence.stores.database import FILE_NAME, Database
from ringfence.stores.home_lock import only_run
from ringfence.wiring.receiving import Receiver
from ringfence.wiring.running import Run, engine_of, open_files
from ringfence.wiring.secrets_of_home import Secret
from ringfence.wiring.workplace import HomeLedger, Workplace

READERS: Final = 4  # connections that questions share
TELL_MS: Final = 500  # wall time after which a raised alert is seen, checkpoint or not
START_S: Final = 600.0
LEAST_FREE: Final = 64 << 20  # bytes on the disk
Answer = TypeVar("Answer")


@dataclass(slots=True)
class House:
    """One home folder, served."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    with_engine: bool = True
    on_failure: Callable[[], None] = lambda: None  # the engine has ended by itself
    failure: Exception | None = None
    is_ending: bool = False
    engine: LocalEngine | None = None
    receiver: Receiver | None = None
    ledger: HomeLedger | None = None
    secret: Secret = field(init=False)
    started_ms: int = 0
    committed_ms: int = 0
    after_commit: list[Callable[[], None]] = field(default_factory=list)  # called in the engine's thread
    _stack: ExitStack = field(default_factory=ExitStack)
    _readers: LifoQueue[Workplace] = field(default_factory=LifoQueue)
    _open_readers: int = 0
    _reader_lock: Lock = field(default_factory=Lock)
    _writer: Workplace | None = None
    _write_lock: RLock = field(default_factory=RLock)
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None
    _tenants: dict[str, str | None] = field(default_factory=dict)

    def open(self) -> None:
        """Open the folder and, unless told otherwise, start the engine; return when both work.

        Raises:
            RingfenceError: a source, a rule, a setting or the folder cannot be used.
        """
        path = self.settings.folder / FILE_NAME
        if self.with_engine:
            self._stack.enter_context(only_run(self.settings.folder))
        self._writer = Workplace.of(self.settings, self._stack.enter_context(Database.open(path)))
        self.secret = Secret.of(self.settings.folder)
        self.started_ms = self.clock.now_ms()
        if self.with_engine:
            self._start_engine()

    def close(self) -> None:
        """Let the engine take in what was received, commit and end; then let everything go."""
        self.is_ending = True
        self._stop.set()
        if self.engine:
            self.engine.calls.ring()
        if self._thread:
            self._thread.join()
        while True:
            try:
                self._readers.get_nowait().database.close()
            except Empty:
                break
        self._stack.close()

    def not_ready(self) -> list[str]:
        """Return why no useful work can be done now; nothing if it can."""
        reasons = []
        if self.is_ending:
            reasons.append("the server is ending")
        if self.failure:
            reasons.append(f"the engine has ended: {self.failure}".splitlines()[0])
        elif self.with_engine and self.engine is None:
            reasons.append("the engine is starting")
        if shutil.disk_usage(self.settings.folder).free < LEAST_FREE:
            reasons.append("the disk is nearly full")
        return reasons

    def tenant_of(self, source: str) -> str | None:
        """Return the tenant whose records come from a source; None: nobody's in particular."""
        if source not in self._tenants:
            with self.reading() as place:
                found = place.database.value("SELECT tenant FROM source WHERE source = ?", (source,))
            self._tenants[source] = found or self.settings.tenant_of(source) or None
        return self._tenants[source]

    def note_source(self, source: str, tenant: str | None) -> None:
        """Remember whose records come from a source that a request has named."""
        if self._tenants.get(source, "") != tenant:
            with self.writing() as place:
                place.database.change(
                    "INSERT INTO source (source, tenant) VALUES (?, ?) ON CONFLICT (source) DO NOTHING",
                    (source, tenant),
                )
            self._tenants[source] = tenant

    @contextmanager
    def reading(self) -> Iterator[Workplace]:
        """Yield the stores to ask questions of, in a connection that is nobody else's meanwhile."""
        place = self._reader()
        try:
            yield place
        finally:
            self._readers.put(place)

    def _reader(self) -> Workplace:
        try:
            return self._readers.get_nowait()
        except Empty:
            pass
        with self._reader_lock:
            if self._open_readers < READERS:
                database = Database.open_to_read(self.settings.folder / FILE_NAME)
                database.limit(self.settings.api.query_ms)
                self._open_readers += 1
                return Workplace.of(self.settings, database)
        try:
            return self._readers.get(timeout=self.settings.api.query_ms / 1000)
        except Empty:
            raise DependencyError(BUSY, "too many questions to the store at a time") from None

    @contextmanager
    def writing(self) -> Iterator[Workplace]:
        """Yield the stores to change something: all of it, or on any error none of it."""
        if self._writer is None:
            raise DependencyError(ENDING, "the server is ending")
        with self._write_lock, self._writer.database.transaction():
            yield self._writer

    def ask_engine(self, what: Callable[[LocalEngine], Answer], seconds: float = 10.0) -> Answer:
        """Have something done between two steps of the engine, in its thread; return what came of it.

        Raises:
            DependencyError: there is no engine here (RF7017), it is ending (RF7018) or too busy (RF7016).
        """
        engine = self.engine
        if engine is None:
            raise DependencyError(NO_ENGINE, "this process runs no engine")
        future = engine.calls.ask(lambda: what(engine))
        if future.cancelled():
            raise DependencyError(ENDING, "the engine is ending")
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise DependencyError(BUSY, "the engine did not answer in time") from None

    def _start_engine(self) -> None:
        ready = Event()
        self._thread = Thread(target=self._run_engine, args=(ready,), name="engine", daemon=True)
        self._thread.start()
        ready.wait(START_S)
        if self.failure:
            self._thread.join()
            self._stack.close()
            raise self.failure

    def _run_engine(self, ready: Event) -> None:
        try:
            with ExitStack() as stack:
                database = stack.enter_context(Database.open(self.settings.folder / FILE_NAME))
                place = Workplace.of(self.settings, database)
                what = Run(
                    sources=self.settings.sources,
                    follow=True,
                    clock=self.clock,
                    stop=self._stop,
                    tell_every_ms=TELL_MS,
                )
                engine = stack.enter_context(engine_of(self.settings, place, what))
                files = open_files(self.settings, what, engine.positions)
                engine.progress.refused = files.refused
                engine.more = files.more
                self.receiver = Receiver(self.settings, self.clock, engine)
                self._watch_commits(engine)
                self.engine = engine
                received = self.receiver.files()
                engine.calls.ask(ready.set)
                engine.run([*received, *files.first()])
        except Exception as error:
            self.failure = error
        finally:
            starting = not ready.is_set()
            ready.set()
            if self.failure and not starting and not self.is_ending:
                self.on_failure()

    def _watch_commits(self, engine: LocalEngine) -> None:
        if isinstance(engine.ledger, HomeLedger):
            self.ledger = engine.ledger
            self.ledger.after_commit = self._committed

    def _committed(self) -> None:
        self.committed_ms = self.clock.now_ms()
        if self.receiver:
            self.receiver.committed()
        for told in self.after_commit:
            told()
