"""How often somebody may try to sign in: by name, by address, and by the two together.

Successes are not counted. The bound on a name and an address together is low; that on a name alone is ten times as
high, so that somebody who fails on purpose does not shut its owner out, who comes from elsewhere.
Counted in this process: several servers each count for themselves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from threading import Lock
from time import monotonic
from typing import Final

WINDOW_S: Final = 900.0
MOST: Final = {"name and address": 10, "address": 60, "name": 100}  # failures in a window
MOST_REMEMBERED: Final = 20_000
Key = tuple[str, ...]  # what is counted, and of whom


class Attempts:
    """Counts what failed, and forgets it evenly over a quarter of an hour."""

    def __init__(self, now: Callable[[], float] = monotonic, most: int = MOST_REMEMBERED) -> None:
        self._now = now
        self._most = most
        self._lock = Lock()
        self._failed: OrderedDict[Key, tuple[float, float]] = OrderedDict()  # how many, when

    def begin(self, name: str, address: str) -> int:
        """Count an attempt; return 0, or the seconds to wait where it is one too many (then it is not counted)."""
        keys = _keys(name, address)
        with self._lock:
            wait_s = max((self._count(key) + 1 - MOST[key[0]]) * WINDOW_S / MOST[key[0]] for key in keys)
            if wait_s <= 0:
                self._add(keys, 1)
        return max(0, ceil(wait_s))

    def succeeded(self, name: str, address: str) -> None:
        """Take back what `begin` counted: it was no failure."""
        with self._lock:
            self._add(_keys(name, address), -1)

    def __len__(self) -> int:
        """Return how many counters are remembered."""
        return len(self._failed)

    def _count(self, key: Key) -> float:
        count, at = self._failed.get(key, (0.0, 0.0))
        return max(count - (self._now() - at) * MOST[key[0]] / WINDOW_S, 0.0)

    def _add(self, keys: tuple[Key, ...], one: int) -> None:
        for key in keys:
            self._failed[key] = (max(self._count(key) + one, 0.0), self._now())
            self._failed.move_to_end(key)
        while len(self._failed) > self._most:
            self._failed.popitem(last=False)


def _keys(name: str, address: str) -> tuple[Key, ...]:
    return ("name and address", name, address), ("address", address), ("name", name)
