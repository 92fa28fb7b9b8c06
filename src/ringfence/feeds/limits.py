"""What a record may hold at most before it goes to suspense, and when the end of a file counts as written."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE_MS = 60_000
DAY_MS = 86_400_000
MAX_TEXT_BYTES = 256  # of one text of an event: numbers, names of trunks, cells and devices are far shorter
MAX_SEGMENTS = 1_000  # parts of one message; a text of 160 signs is one, and GSM 03.40 counts to 255
MAX_BYTES = 1 << 50  # of one data session, in one direction; sums of many stay within 64 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a believable record; beyond them it is rejected, never cut to fit.

    A call of more than a day is a switch that lost the hang-up: carriers close such records after 24 h at the
    latest. Five minutes of clock difference are what unsynchronised machines show; more is a wrong clock.
    """

    max_record_bytes: int = 1 << 20  # also bounds the memory that a damaged file can take
    max_duration_ms: int = DAY_MS
    max_ahead_ms: int = 5 * MINUTE_MS  # how far a record may be ahead of this machine's clock
    settled_ms: int = MINUTE_MS  # how long a file must have rested before a last line without its end is a record
