"""A listener to server-sent events, as a browser is one: it remembers the last id, and goes on from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import httpx2


@dataclass(frozen=True)
class Heard:
    """One event."""

    seq: int
    kind: str
    data: Any


def read_events(lines: Iterator[str]) -> Iterator[Heard | int]:
    """Give the events of a stream, and the number that a heartbeat tells."""
    kind, data, seq = "", "", -1
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                yield Heard(seq, kind, json.loads(data))
            elif seq >= 0:
                yield seq
            kind, data, seq = "", "", -1
        elif name == "event":
            kind = value
        elif name == "data":
            data += value
        elif name == "id":
            seq = int(value)


class Listener:
    """Listens in a thread, and connects again until it is told to stop."""

    def __init__(self, url: str, key: str, query: str = "", last: int | None = None) -> None:
        self.heard: list[Heard] = []
        self.last = last
        self.connections = 0
        self.url = url
        self._key, self._query = key, query
        self._stop = Event()
        self.is_listening = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(httpx2.HTTPError):
                self._listen()
            self.is_listening.clear()
            self._stop.wait(0.05)

    def _listen(self) -> None:
        headers = {"authorization": f"Bearer {self._key}"}
        if self.last is not None:
            headers["last-event-id"] = str(self.last)
        with (
            httpx2.Client(base_url=self.url, headers=headers, timeout=20) as client,
            client.stream("GET", f"/v1/live{self._query}") as answer,
        ):
            if answer.status_code != 200:
                return
            self.connections += 1
            for heard in read_events(answer.iter_lines()):
                self.last = heard if isinstance(heard, int) else heard.seq
                if isinstance(heard, Heard):
                    self.heard.append(heard)
                self.is_listening.set()
                if self._stop.is_set():
                    return

    def stop(self) -> None:
        """Stop with the next thing that is heard, or when the connection ends."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread."""
        self._thread.join(seconds)
