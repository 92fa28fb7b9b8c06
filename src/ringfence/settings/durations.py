"""Stretches of time as people write them: `10m`, `24h`, `1.5s`, `90d`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

UNITS_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MAX_MS: Final = 3_660 * UNITS_MS["d"]  # ten years

_WRITTEN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)")


def parse_duration(text: str) -> int:
    """Return a duration in milliseconds.

    Raises:
        ValueError: the text is no number with a unit, is a part of a millisecond, or is beyond ten years.

    """
    written = _WRITTEN.fullmatch(text.strip())
    if written is None:
        raise ValueError(text)
    exact = Decimal(written[1]) * UNITS_MS[written[2]]
    if exact != int(exact) or exact > MAX_MS:
        raise ValueError(text)
    return int(exact)


def duration_text(duration_ms: int) -> str:
    """Return a duration in its largest whole unit: 90_000 is `90s`, 3_600_000 is `1h`; one day is `24h`."""
    for unit, size in reversed(UNITS_MS.items()):
        if duration_ms and duration_ms % size == 0 and (unit != "d" or duration_ms > size):
            return f"{duration_ms // size}{unit}"
    return "0s"
