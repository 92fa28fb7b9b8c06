"""Calls into the thread of an engine: what others ask of its memory is answered between two steps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Calls:
    """Questions and orders that wait for the engine; `ring` wakes it when it has nothing to do."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        self._bell = Event()
        self._lock = Lock()
        self._closed = False

    def ask(self, what: Callable[[], Answer]) -> Future[Answer]:
        """Have something called in the engine's thread; the future is cancelled if the engine has ended."""
        future: Future[Answer] = Future()
        with self._lock:
            if self._closed:
                future.cancel()
                return future
            self._waiting.put((what, future))
        self._bell.set()
        return future

    def ring(self) -> None:
        """Wake the engine: there is something to read, or it is to stop."""
        self._bell.set()

    def wait(self, seconds: float) -> None:
        """Wait until somebody rings."""
        self._bell.wait(seconds)
        self._bell.clear()

    def answer(self) -> None:
        """Answer what waits; in the engine's thread."""
        while True:
            try:
                what, future = self._waiting.get_nowait()
            except Empty:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(what())
            except Exception as error:
                future.set_exception(error)

    def close(self) -> None:
        """Answer nothing more: what still waits is cancelled."""
        with self._lock:
            self._closed = True
        while True:
            try:
                self._waiting.get_nowait()[1].cancel()
            except Empty:
                return


__all__ = ["Calls", "CancelledError"]
