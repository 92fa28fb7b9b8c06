"""The house: what a server needs of one home folder, opened for as long as it runs.

Questions to the store use connections of their own, changes one that all share, and the engine a third in a thread of
its own: nobody who reads waits for a checkpoint.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from queue import Empty, LifoQueue
from threading import Event, Lock, RLock, Thread
from typing import Final, TypeVar

from ringfence.engines.local import LocalEngine
from ringfence.events.clock import Clock, SystemClock
from ringfence.events.errors import BUSY, ENDING, NO_ENGINE, DependencyError, RingfenceError
from ringfence.settings import Settings
from ringfence.stores.database import FILE_NAME, Database
from ringfence.stores.home_lock import only_run
from ringfence.wiring.access.front import Front
from ringfence.wiring.alerting.bulk import Jobs
from ringfence.wiring.auditing import Signing
from ringfence.wiring.delivering import Courier
from ringfence.wiring.event_samples import Pulse
from ringfence.wiring.lean import few_heaps, give_back
from ringfence.wiring.measuring import Meter
from ringfence.wiring.receiving import Receiver
from ringfence.wiring.running import Run, engine_of, open_files
from ringfence.wiring.secrets_of_home import Secret
from ringfence.wiring.streaming_changes import ChangeFeed
from ringfence.wiring.workplace import HomeLedger, Workplace

READERS: Final = 4  # connections that questions share
TELL_MS: Final = 500  # wall time after which a raised alert is seen, checkpoint or not
RELEASE_MS: Final = 200  # for which few events are gathered before they are judged
START_S: Final = 600.0
LEAST_FREE: Final = 64 << 20  # bytes on the disk
OVERDUE_MS: Final = 300_000  # wall time by which a checkpoint may be late
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
    front: Front = field(init=False)
    changes: ChangeFeed = field(init=False)
    pulse: Pulse = field(init=False)
    courier: Courier = field(init=False)
    jobs: Jobs = field(init=False)
    meter: Meter = field(default_factory=Meter)
    signing: Signing | None = None
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
        self.front = Front.of(self.settings, self.secret, self.clock)
        self.changes = ChangeFeed(self._open_reader)
        self.pulse = Pulse(self, self.changes.wants)
        self.courier = Courier(self)
        self.jobs = Jobs(self)
        few_heaps()
        self.started_ms = self.clock.now_ms()
        if self.with_engine:
            self.signing = Signing(self.settings.folder, self.clock, self.reading)
            self.signing.start()
        if self.with_engine:
            self._start_engine()
            self.pulse.start()
            self.courier.start()
        self.jobs.start()
        give_back()

    def drain(self) -> None:
        """Let those go who listen for changes: the server is about to end, and waits for all answers."""
        self.is_ending = True
        self.changes.end_streams()

    def close(self) -> None:
        """Let the engine take in what was received, commit and end; then let everything go."""
        self.is_ending = True
        self._stop.set()
        if self.engine:
            self.engine.calls.ring()
        if self._thread:
            self._thread.join()
        self.jobs.close()
        self.pulse.close()
        self.courier.close()
        self.changes.close()
        if self.signing:
            self.signing.close()
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
            what = getattr(self.failure, "code", type(self.failure).__name__)  # the rest is for the log: anyone may ask
            reasons.append(f"the engine has ended ({what})")
        elif not self.has_started:
            reasons.append("the engine is starting")
        elif self.engine and self.engine.overdue_ms > OVERDUE_MS:
            reasons.append(f"no checkpoint for {self.engine.overdue_ms // 60_000} minutes although one is due")
        if shutil.disk_usage(self.settings.folder).free < LEAST_FREE:
            reasons.append("the disk is nearly full")
        try:
            with self.reading() as place:
                place.database.version()
        except RingfenceError as error:
            reasons.append(f"the store does not answer ({error.code})")
        return reasons

    def remarks(self) -> list[str]:
        """Return what somebody should look at although useful work can be done."""
        refused = len(self.engine.progress.refused) if self.engine else 0
        found = [f"{refused} files of sources cannot be read; the log says which"] if refused else []
        if self.signing and self.signing.fault:
            found.append("the audit log does not agree with its checkpoints; see `ringfence audit verify`")
        return found

    @property
    def has_started(self) -> bool:
        """Whether all is there that is to run in this process."""
        return self.engine is not None or not self.with_engine

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
            self._tenants.pop(source, None)  # it may have been another's before

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
                reader = self._open_reader()
                self._open_readers += 1
                return reader
        try:
            return self._readers.get(timeout=self.settings.api.query_ms / 1000)
        except Empty:
            raise DependencyError(BUSY, "too many questions to the store at a time") from None

    def _open_reader(self) -> Workplace:
        database = Database.open_to_read(self.settings.folder / FILE_NAME)
        database.limit(self.settings.api.query_ms)
        return Workplace.of(self.settings, database)

    @contextmanager
    def writing(self) -> Iterator[Workplace]:
        """Yield the stores to change something: all of it, or on any error none of it."""
        if self._writer is None:
            raise DependencyError(ENDING, "the server is ending")
        with self._write_lock, self._writer.database.transaction():
            yield self._writer
        self._changed()

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
        except CancelledError:
            raise DependencyError(ENDING, "the engine is ending") from None
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
                    release_every_ms=RELEASE_MS,
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
            self.ledger.after_tell = self._changed
            self.ledger.on_events = self.pulse.saw
            self.ledger.on_alerts = lambda alerts: self.meter.told(alerts, self.clock.now_ms())

    def _committed(self) -> None:
        self.committed_ms = self.clock.now_ms()
        if self.receiver:
            self.receiver.committed()
        self._changed()
        self.pulse.committed()
        for told in self.after_commit:
            told()
        give_back()

    def _changed(self) -> None:
        """Let those look who tell others of changes."""
        self.changes.ring()
        self.courier.ring()
