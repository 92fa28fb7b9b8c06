"""A real server: the command `ringfence serve` in a process of its own, asked over HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from ringfence.events.clock import SystemClock
from ringfence.settings import Settings
from ringfence.wiring.keys import make_key
from ringfence.wiring.workplace import workplace

READY_S = 60


@dataclass
class Server:
    """A running server and the home folder that it serves."""

    home: Path
    url: str
    process: subprocess.Popen[str]
    first_start: str = ""  # the link that makes the first administrator, where there is nobody

    def client(self, *permissions: str, tenant: str | None = None, key: str = "") -> httpx2.Client:
        """Return a client that may do these things; with no permission named, one that shows no key."""
        token = key or (key_for(self.home, permissions, tenant) if permissions else "")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self._wait()

    def end(self) -> int:
        """End it as an operator does; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def _wait(self) -> int:
        if self.process.stdout:
            self.process.stdout.close()
        return self.process.wait(60)


def key_for(home: Path, permissions: Iterable[str], tenant: str | None = None) -> str:
    """Make an API key."""
    with workplace(Settings.load(home, {}), write=True) as place:
        return make_key(place, SystemClock(), name="test", permissions=permissions, tenant=tenant, owner="test")


def start(home: Path, *words: str) -> Server:
    """Start a server and wait until it is ready."""
    command = [sys.executable, "-m", "ringfence.cli.main", "serve", "--home", str(home), "--port", "0", "--json"]
    log = (home.parent / f"{home.name}.log").open("a")
    process = subprocess.Popen([*command, *words], stdout=subprocess.PIPE, stderr=log, text=True)
    log.close()
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait(READY_S)
        raise AssertionError((home.parent / f"{home.name}.log").read_text())
    said = json.loads(line)
    return Server(home, said["url"], process, said.get("first_start", ""))


@contextmanager
def served(home: Path, *words: str) -> Iterator[Server]:
    """Yield a server that ends with the block."""
    server = start(home, *words)
    try:
        yield server
    finally:
        server.end()
