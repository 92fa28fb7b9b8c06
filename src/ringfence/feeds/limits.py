"""What a record may hold at most before it goes to suspense."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE_MS = 60_000
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a believable record; beyond them it is rejected, never cut to fit.

    A call of more than a day is a switch that lost the hang-up: carriers close such records after 24 h at the
    latest. Five minutes of clock difference are what unsynchronised machines show; more is a wrong clock.
    """

    max_record_bytes: int = 1 << 20  # also bounds the memory that a damaged file can take
    max_duration_ms: int = DAY_MS
    max_ahead_ms: int = 5 * MINUTE_MS  # how far a record may be ahead of this machine's clock
