"""Where things lie in the drawings of the report: numbers and paths for inline SVG, no text that came from records.

All lengths are in the units of the drawing's view box; times are ms since 1970 UTC.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WIDTH: Final = 1_040
LEFT: Final = 64  # room for the labels of the upright axis
BOTTOM: Final = 26  # room for the labels of the time axis
TOP: Final = 12
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The frame of one drawing: time from left to right, an amount from 0 upwards."""

    from_ms: int
    to_ms: int
    most: float
    height: int
    right: int = 0  # room for labels at the end of the lines
    width: int = WIDTH

    @property
    def base(self) -> int:
        """Return where the amount 0 lies."""
        return self.height - BOTTOM

    @property
    def end(self) -> int:
        """Return where the time axis ends."""
        return self.width - self.right

    def x(self, at_ms: float) -> float:
        """Return where a moment lies, kept within the frame."""
        share = (at_ms - self.from_ms) / max(self.to_ms - self.from_ms, 1)
        return round(LEFT + min(max(share, 0.0), 1.0) * (self.end - LEFT), 1)

    def y(self, amount: float) -> float:
        """Return where an amount lies, kept within the frame."""
        share = min(max(amount / self.most, 0.0), 1.0) if self.most > 0 else 0.0
        return round(self.base - share * (self.base - TOP), 1)

    def area(self, times: Sequence[int], upper: Sequence[float], lower: Sequence[float]) -> str:
        """Return the path between two lines."""
        there = [f"{self.x(at)},{self.y(value)}" for at, value in zip(times, upper, strict=True)]
        back = [f"{self.x(at)},{self.y(value)}" for at, value in zip(times, lower, strict=True)][::-1]
        return f"M{'L'.join(there + back)}Z" if there else ""

    def line(self, times: Sequence[int], values: Sequence[float]) -> str:
        """Return the path of one line."""
        points = [f"{self.x(at)},{self.y(value)}" for at, value in zip(times, values, strict=True)]
        return f"M{'L'.join(points)}" if points else ""

    def bars(self, times: Sequence[int], values: Sequence[float], size_ms: int) -> str:
        """Return one path of bars; a bar begins at its time and is as wide as `size_ms`, less a gap."""
        parts = []
        for at, value in zip(times, values, strict=True):
            left, right = self.x(at), self.x(at + size_ms)
            gap = min(1.0, (right - left) / 4)
            if value > 0:
                top = min(self.y(value), self.base - 1)
                parts.append(f"M{left},{self.base}V{top}H{max(right - gap, left + 0.5):.1f}V{self.base}Z")
        return "".join(parts)

    def amounts(self, *, whole: bool = False) -> list[Tick]:
        """Return the labels of the upright axis: round amounts."""
        step = round_step(self.most, whole=whole)
        count = int(self.most / step + 1e-9)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        return [Tick(self.y(n * step), f"{n * step:,.{decimals}f}") for n in range(count + 1)]

    def moments(self, time_zone: str) -> list[Tick]:
        """Return the labels of the time axis: local midnights, or round hours of a short stretch."""
        zone = ZoneInfo(time_zone)
        hours = (self.to_ms - self.from_ms) / HOUR_MS
        step = next((n for n in (1, 3, 6, 12) if hours <= 10 * n), 24 * max(1, math.ceil(hours / 240)))
        local = datetime.fromtimestamp(self.from_ms / 1_000, UTC).astimezone(zone)
        at = local.replace(hour=0, minute=0, second=0, microsecond=0)
        ticks = []
        while (ms := int(at.timestamp() * 1_000)) <= self.to_ms:
            x = self.x(ms)
            if ms >= self.from_ms and x < self.end - 24:
                ticks.append(Tick(x, f"{at:%H:%M}" if step < 24 and at.hour else f"{at:%a} {at.day} {at:%b}"))
            at += timedelta(hours=step)  # wall time: a day stays a day when the clocks change
        return ticks


def round_step(most: float, *, whole: bool = False, about: int = 4) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that cuts the range into about so many parts."""
    if most <= 0:
        return 1.0
    rough = most / about
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(n * size for n in (1, 2, 5, 10) if n * size >= rough * 0.999)
    return max(1.0, step) if whole else step


def round_up(most: float) -> float:
    """Return the next round amount at or above a range's end: where its axis ends."""
    step = round_step(most)
    return math.ceil(most / step - 1e-9) * step if most > 0 else 1.0
