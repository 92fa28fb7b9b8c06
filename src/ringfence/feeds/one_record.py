"""One NDJSON record read on its own, for a question that cannot wait for others to be asked with.

What is plainly an event is read here; anything else is given to the feed itself, which says what is wrong with it. So
a record is taken here only if the feed takes it, and becomes the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ringfence.events.clock import FixedClock
from ringfence.events.identity import record_ids
from ringfence.events.money import MAX_MICROS
from ringfence.events.schema import KINDS
from ringfence.feeds.checks import TEXTS
from ringfence.feeds.decoded import Block, Reject
from ringfence.feeds.event_rows import HEX_ID
from ringfence.feeds.limits import MAX_BYTES, MAX_SEGMENTS, MAX_TEXT_BYTES, Limits
from ringfence.feeds.ndjson import Ndjson

_ID: Final = re.compile(HEX_ID.removesuffix("$") + r"\Z")
_DURATIONS: Final = ("duration_ms", "ring_ms", "setup_ms")
_TIMES: Final = ("at_ms", "start_ms")


def read_one(raw: bytes, *, source: str, limits: Limits, now_ms: int) -> dict[str, Any] | Reject:
    """Return the columns that a line of NDJSON says, with an id, or why it is no event."""
    feed = Ndjson(source=source, limits=limits, clock=FixedClock(now_ms))
    record = feed.read_line(raw, {})
    if isinstance(record, dict) and _is_plausible(record, limits, now_ms):
        made = record.get("event_id")
        record["event_id"] = bytes.fromhex(made) if isinstance(made, str) else record_ids(source, [raw])[0]
        record.setdefault("source", source)
        return record
    taken = feed.decode(Block(raw, "record", 1, final=True, first=True))
    if taken.rejects.height:
        return Reject(*taken.rejects.row(0))
    event: dict[str, Any] = taken.events.drop("place").row(0, named=True)
    return event


def _is_plausible(record: Mapping[str, Any], limits: Limits, now_ms: int) -> bool:
    """Return whether a record passes every check of `checks.plausible`, and its id is one; False where in doubt."""
    latest_ms = now_ms + limits.max_ahead_ms
    bounds = {
        **dict.fromkeys(_DURATIONS, (0, limits.max_duration_ms)),
        **dict.fromkeys(_TIMES, (0, latest_ms)),
        "bytes_up": (0, MAX_BYTES),
        "bytes_down": (0, MAX_BYTES),
        "segments": (0, MAX_SEGMENTS),
        "charge_micros": (0, MAX_MICROS),
        "cost_micros": (-MAX_MICROS, MAX_MICROS),
    }
    if record.get("at_ms") is None or record.get("kind", "call") not in KINDS:
        return False
    if any(not least <= record[name] <= most for name, (least, most) in bounds.items() if name in record):
        return False
    texts = [len(record[name].encode()) for name in TEXTS if name in record]
    if texts and (max(texts) > MAX_TEXT_BYTES or sum(texts) > limits.max_record_bytes):
        return False
    return "event_id" not in record or _ID.match(record["event_id"]) is not None
