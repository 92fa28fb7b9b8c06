"""Wall time, passed in where it matters. The core lives on event time and never asks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Tells wall time: for progress, for records from the future, for the moment a person decided."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970 UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000


@dataclass(slots=True)
class FixedClock:
    """A clock that stands where it is put: for replays and for tests."""

    at_ms: int

    def now_ms(self) -> int:
        """Return the moment it was put to."""
        return self.at_ms
