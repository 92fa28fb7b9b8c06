"""Values in people's words: durations, money, shares and counts, and the sentence that a reason is."""

from __future__ import annotations

import re
from typing import Final

from ringfence.detectors.catalogue import Known
from ringfence.events.money import money_text

Number = int | float

_MEASURED: Final = ("ms", "micros", "share", "ratio", "bytes")
_ZERO: Final = re.compile(r"[0.]+(?: \D+)?")
_PLURAL: Final = re.compile(r"\b(call|number|message|range|cell|SIM|device|caller|event|countrie)s\b")
_WHOSE: Final = {
    "": "this subscriber's",
    "callee_": "this number's",
    "account_": "this account's",
    "device_": "this device's",
    "trunk_": "this trunk's",
    "range_": "this range's",
    "to_range_": "this subscriber's",
}

# What the catalogue calls by a noun, as it is said with a number before it; {} where the number does not come first.
_SAID: Final = {
    "charges": "{} charged",
    "charges of the account": "{} charged to the account",
    "charges of the device": "{} charged to the device",
    "charges on the trunk": "{} charged on the trunk",
    "charges of the range": "{} charged for the range",
    "charges of calls to it": "{} charged for calls to it",
    "the caller's charges in the range": "{} charged to this caller for the range",
    "charge an answered call": "{} an answered call",
    "talk time": "{} of talk",
    "talk time to it": "{} of talk with it",
    "talk time to other countries": "{} of talk to other countries",
    "talk time of the account to other countries": "{} of talk to other countries by the account",
    "talk time of the device to other countries": "{} of talk to other countries from the device",
    "talk time on the trunk": "{} of talk on the trunk",
    "talk time on the trunk to other countries": "{} of talk to other countries on the trunk",
    "talk time into the range": "{} of talk into the range",
    "the caller's talk time into the range": "{} of talk by this caller into the range",
    "mean length of answered calls": "answered calls of {} on average",
    "mean answered call on the trunk": "answered calls on the trunk of {} on average",
    "mean answered call into the range": "answered calls into the range of {} on average",
    "different numbers a call": "{} different numbers a call",
    "share of answered calls under 15 s": "{} of answered calls were under 15 s",
    "share of answered calls under 60 s": "{} of answered calls were under a minute",
    "share of calls that were answered": "{} of calls were answered",
    "share of calls to it that were answered": "{} of calls to it were answered",
    "share of calls between 22 and 6 local time": "{} of calls were between 22 and 6 local time",
    "share of calls on a Saturday or Sunday": "{} of calls were on a Saturday or Sunday",
    "share of calls to new numbers": "{} of calls were to new numbers",
    "share of the busiest hour": "{} of calls were in the busiest hour",
    "share of calls of the account at night": "{} of calls of the account were at night",
    "share of calls of the account at weekends": "{} of calls of the account were at weekends",
    "share of calls of the device at night": "{} of calls of the device were at night",
    "share of calls of the device at weekends": "{} of calls of the device were at weekends",
    "share of calls on the trunk answered": "{} of calls on the trunk were answered",
    "share under 15 s on the trunk": "{} of answered calls on the trunk were under 15 s",
    "Time since the caller's previous event, made or received": "the caller's last event was {} ago",
    "Time since the callee's previous event": "the callee's last event was {} ago",
    "Time since the caller last called or wrote into the range": "the caller's last event in the range was {} ago",
    "Time since the caller was first seen (7 quiet days forget it)": "the caller was first seen {} ago",
    "Time since the callee was first seen": "the callee was first seen {} ago",
    "Time since the first event of the account": "the account was first seen {} ago",
    "Time since the first event of the device": "the device was first seen {} ago",
    "Time since the range was first called": "the range was first called {} ago",
    "Time since the caller first called or wrote into the range": "the caller was first seen in the range {} ago",
    "Charges of the entity since it was first seen": "{} charged since it was first seen",
    # event columns: of the event itself
    "From set-up to the first ringing": "it took {} to ring",
    "How long it rang": "it rang for {}",
    "How long it was answered; 0 when it was not": "it lasted {}",
    "Data sent by the subscriber": "{} bytes were sent",
    "Data received by the subscriber": "{} bytes were received",
    "What it is charged at, in millionths of the currency": "it was charged at {}",
    "What it costs the operator, in millionths of the currency": "it costs the operator {}",
    "Message parts": "message parts: {}",
    "Why it ended: Q.850 (1-127) or SIP (100-699)": "it ended with cause {}",
}
_COUNTED: Final = {
    "calls made that were answered": "answered calls",
    "the caller's calls into the range": "calls by this caller into the range",
    "the caller's calls there of 6 minutes or more": "calls of 6 minutes or more by this caller into the range",
    "the caller's messages into the range": "messages by this caller into the range",
    "different numbers the caller called there": "different numbers of the range called by this caller",
    "different numbers the caller wrote to there": "different numbers of the range written to by this caller",
    "different numbers called of the account": "different numbers called by the account",
    "different numbers called of the device": "different numbers called from the device",
    "different numbers it called": "different numbers called by the callee",
    "unanswered calls it made itself that rang under 6 s": "unanswered calls by the callee that rang under 6 s",
    "events of the entity since it was first seen": "events since it was first seen",
}
_NEVER_BEFORE: Final = {  # of something first seen at this very event
    "Time since the caller was first seen (7 quiet days forget it)": "the caller was not seen before",
    "Time since the callee was first seen": "the callee was not seen before",
    "Time since the first event of the account": "the account was not seen before",
    "Time since the first event of the device": "the device was not seen before",
    "Time since the range was first called": "the range was not called before",
    "Time since the caller first called or wrote into the range": "the caller was not seen in the range before",
}
_CLAIMS: Final = {  # of columns that are true or false
    "answered": ("it was answered", "it was not answered"),
    "is_roaming": ("the subscriber was roaming", "the subscriber was not roaming"),
    "is_international": ("to another country", "within the country"),
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
    """Return a value in words: `61 different numbers called in 5 minutes`, `54.20 EUR charged in an hour`."""
    return in_window(told(known, value, currency), known)


def in_window(text: str, known: Known) -> str:
    """Return what was told of a window with the window in it: `23 % of answered calls in an hour were under 15 s`."""
    window = over(known)
    return text.replace(" were ", f"{window} were ", 1) if known.unit == "share" else text + window


def over(known: Known) -> str:
    """Return the window in words, to be put behind a value: ` in 5 minutes`, or nothing."""
    return f" in {known.window}" if known.window else ""


def told(known: Known, value: Number | str | bool, currency: str) -> str:
    """Return a value in words, without its window."""
    if isinstance(value, bool):
        if known.name in _CLAIMS:
            return _CLAIMS[known.name][0 if value else 1]
        return f"{_small(known.meaning)}: {value_text(value, None, currency)}"
    if value == 0 and known.meaning in _NEVER_BEFORE:
        return _NEVER_BEFORE[known.meaning]
    shown = value_text(value, known.unit, currency)
    if known.meaning in _SAID:
        return _SAID[known.meaning].format(shown)
    meaning = _COUNTED.get(_small(known.meaning), _small(known.meaning))
    is_count = known.unit is not None and known.unit not in _MEASURED and not isinstance(value, str)
    if not is_count:
        return f"{meaning}: {shown}"
    if value == 0:
        return f"no {meaning.removeprefix('different ')}"
    return f"1 {_one(meaning.removeprefix('different '))}" if value == 1 else f"{shown} {meaning}"


def usual_text(known: Known, usual: float, currency: str) -> str:
    """Return what is usual for the entity, in words: `this subscriber's usual is 2`."""
    whose = _WHOSE.get(known.family or "", "the")
    shown = value_text(usual, known.unit, currency)
    return f"{whose} usual is {'none' if _ZERO.fullmatch(shown) else shown}"


def _one(meaning: str) -> str:
    """Return what is counted, for a count of one: `answered call under 15 s`."""
    return _PLURAL.sub(lambda found: "country" if found[1] == "countrie" else found[1], meaning, count=1)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
