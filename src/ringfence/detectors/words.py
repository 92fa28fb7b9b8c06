"""Values in people's words: durations, money, shares and counts, and the sentence that a reason is."""

from __future__ import annotations

from typing import Final

from ringfence.detectors.catalogue import Known
from ringfence.events.money import money_text

Number = int | float

_MEASURED: Final = ("ms", "micros", "share", "ratio", "bytes")
_WHOSE: Final = {
    "": "this subscriber's",
    "callee_": "this number's",
    "account_": "this account's",
    "device_": "this device's",
    "trunk_": "this trunk's",
    "range_": "this range's",
    "to_range_": "this subscriber's",
}


def duration_text(ms: Number) -> str:
    """Return a duration in the two largest units that matter: `3 h 12 min`, `12 min 30 s`, `4.2 s`."""
    seconds = round(ms / 1000)
    if abs(seconds) < 10:
        return f"{ms / 1000:.1f}".rstrip("0").rstrip(".") + " s"
    for size, name, part, part_name in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size} {name}" + (f" {rest} {part_name}" if rest else "")
    return f"{seconds} s"


def value_text(value: Number | str | bool, unit: str | None, currency: str) -> str:
    """Return a value with its unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if unit == "ms":
        return duration_text(value)
    if unit == "micros":
        return money_text(round(value), currency).strip()
    if unit == "share":
        return f"{value * 100:.0f} %"
    if unit == "ratio":
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}"


def sentence(known: Known, value: Number | str | bool, currency: str) -> str:
    """Return a value in words: `61 different numbers called in 5 minutes`, `charges in an hour: 54.20 EUR`."""
    over = f" in {known.window}" if known.window else ""
    meaning = known.meaning[:1].lower() + known.meaning[1:]
    shown = value_text(value, known.unit, currency)
    is_count = known.unit is not None and known.unit not in _MEASURED and not isinstance(value, (str, bool))
    if not is_count or value == 1:
        return f"{meaning}{over}: {shown}"
    return f"{'no' if value == 0 else shown} {meaning}{over}"


def usual_text(known: Known, usual: float, currency: str) -> str:
    """Return what is usual for the entity, in words: `this subscriber's usual is 2`."""
    whose = _WHOSE.get(known.family or "", "the")
    return f"{whose} usual is {value_text(usual, known.unit, currency)}"
