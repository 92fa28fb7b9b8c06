"""Changes as they happen: one reader of the store, and a bounded queue for each stream that follows.

A stream first reads from the store what came after the last change that its listener saw, then takes what the reader
hands to all. A listener that does not keep up is cut off, and goes on from the number that it saw last: the store
has what it missed. Of several changes of one alert in one batch, the last is given, with the alert's present state.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any, Final

import structlog

from ringfence.events.errors import TOO_MANY, RingfenceError, UsageError
from ringfence.stores.change_store import Change
from ringfence.wiring.workplace import Workplace

POLL_S: Final = 0.25  # commands in other processes change alerts, too, and ring no bell here
REST_S: Final = 0.02  # after each look, however often it is rung
PAGE: Final = 500  # changes that are read at a time
MOST_WAITING: Final = 5_000  # items that wait for one listener before it is cut off
MOST_OF_ONE: Final = 8  # streams of one caller
MOST_STREAMS: Final = 256
OF_ALERTS: Final = ("alert.", "shadow.")
_LOG: Final = structlog.get_logger("ringfence.changes")


@dataclass(slots=True)
class Item:
    """A change, with the state of what it speaks of."""

    seq: int
    at_ms: int
    kind: str
    tenant: str | None
    subject: str
    document: dict[str, Any]
    written: dict[bool, bytes] = field(default_factory=dict)  # as it was sent, for those who see more and less


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that were read together, up to and with number `until`."""

    items: tuple[Item, ...]
    until: int
    is_last: bool = True  # nothing was behind it when it was read


def read_after(place: Workplace, seq: int) -> Batch:
    """Return the changes after one, each alert once for its being raised and once for its last change."""
    with place.database.snapshot():
        changes = place.changes.after(seq, PAGE)
        last = {(change.kind, change.subject): change.seq for change in changes}
        kept = [change for change in changes if last[change.kind, change.subject] == change.seq]
        alerts = place.alerts.many({c.subject for c in kept if c.kind.startswith(OF_ALERTS)})
    items = tuple(Item(*change[:5], document=_document(change, alerts)) for change in kept)
    return Batch(items, changes[-1].seq if changes else seq, len(changes) < PAGE)


def _document(change: Change, alerts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if change.kind.startswith(OF_ALERTS):
        return alerts.get(change.subject, {"alert_id": change.subject})
    body = json.loads(change.body) if change.body else {}
    return body if isinstance(body, dict) else {"subject": change.subject, "body": body}


class Stream:
    """What one listener takes from; to be used in one event loop. `is_over` is set when it is cut off or all ends."""

    def __init__(self, who: str, kinds: tuple[str, ...], loop: asyncio.AbstractEventLoop) -> None:
        self.who = who
        self.kinds = kinds
        self.is_over = asyncio.Event()
        self._loop = loop
        self._bell = asyncio.Event()
        self._waiting: deque[Batch] = deque()
        self._items = 0
        self._lock = Lock()

    def put(self, batch: Batch) -> None:
        """Hand over a batch; called by the reader."""
        with self._lock:
            self._items += len(batch.items)
            self._waiting.append(batch)
            is_too_slow = self._items > MOST_WAITING
        self._call(self.is_over if is_too_slow else self._bell)

    def end(self) -> None:
        """Let the listener go."""
        self._call(self.is_over)

    def _call(self, event: asyncio.Event) -> None:
        with suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(event.set)

    async def take(self, seconds: float) -> list[Batch]:
        """Return what has come; nothing after some seconds, or when it is over."""
        if not self._waiting and not self.is_over.is_set():
            over = asyncio.ensure_future(self.is_over.wait())
            bell = asyncio.ensure_future(self._bell.wait())
            try:
                await asyncio.wait({over, bell}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                over.cancel()
                bell.cancel()
        self._bell.clear()
        with self._lock:
            taken = [*self._waiting]
            self._waiting.clear()
            self._items = 0
        return taken


class ChangeFeed:
    """Reads the store for all streams of a process, in a thread that rests while there is none."""

    def __init__(self, open_place: Callable[[], Workplace]) -> None:
        self._open_place = open_place
        self._streams: list[Stream] = []
        self._of: Counter[str] = Counter()
        self._wanted: Counter[str] = Counter()
        self._lock = Lock()
        self._bell = Event()
        self._place: Workplace | None = None
        self._thread: Thread | None = None
        self._ends = False
        self.seq = 0  # up to which all streams were given what there is

    def open_stream(self, who: str, kinds: Iterable[str]) -> Stream:
        """Return a stream that is handed nothing yet; in an event loop. It is to be dropped.

        Raises:
            UsageError: the caller, or all together, have too many (RF7010).
        """
        made = Stream(who, tuple(kinds), asyncio.get_running_loop())
        with self._lock:
            if self._of[who] >= MOST_OF_ONE or self._of.total() >= MOST_STREAMS:
                raise UsageError(TOO_MANY, "too many streams", expected=f"at most {MOST_OF_ONE} of one caller")
            self._of[who] += 1
            self._wanted.update(made.kinds)
        return made

    def drop(self, stream: Stream) -> None:
        """Hand a stream nothing more, and count it no longer."""
        with self._lock:
            self._of[stream.who] -= 1
            self._of += Counter()  # forget those who have none
            self._wanted.subtract(stream.kinds)
            if stream in self._streams:
                self._streams.remove(stream)

    def attach(self, stream: Stream) -> int:
        """Hand a stream all that comes from now on; return the number after which that is.

        Raises:
            DependencyError: the store cannot be read.
        """
        with self._lock:
            if self._ends:
                stream.end()
                return self.seq
            if self._place is None:
                self._place = self._open_place()
                self._thread = Thread(target=self._run, args=(self._place,), name="changes", daemon=True)
                self._thread.start()
            if not self._streams:  # it has rested; should it still be at work, it reads again what streams skip
                self.seq = self._place.changes.last()
            self._streams.append(stream)
            self._bell.set()
            return self.seq

    def wants(self, kind: str) -> bool:
        """Return whether any stream asks for a kind of change."""
        return self._wanted[kind] > 0

    @property
    def streams(self) -> int:
        """Streams that are open."""
        return self._of.total()

    def ring(self) -> None:
        """Look at once: there is something new."""
        self._bell.set()

    def end_streams(self) -> None:
        """Let all listeners go, and take no new ones."""
        with self._lock:
            self._ends = True
            for stream in self._streams:
                stream.end()
        self._bell.set()

    def close(self) -> None:
        """End the thread."""
        self.end_streams()
        if self._thread:
            self._thread.join()

    def _run(self, place: Workplace) -> None:
        with place.database:
            while not self._ends:
                self._bell.clear()
                try:
                    if self._streams:
                        self._look(place)
                except RingfenceError as error:  # the streams go on from where they are when it can be read again
                    _LOG.warning("changes.unread", code=error.code, what=error.what)
                except Exception as error:
                    _LOG.error("changes.fault", error=type(error).__name__, exc_info=error)
                time.sleep(REST_S)
                self._bell.wait(POLL_S if self._streams else None)

    def _look(self, place: Workplace) -> None:
        while not self._ends:
            batch = read_after(place, self.seq)
            with self._lock:  # who attaches is told either the number before the batch, or the one after
                self.seq = batch.until
                if batch.items:
                    for stream in self._streams:
                        stream.put(batch)
            if batch.is_last:
                return
