"""Kinds of values that a setting can have, each with the words for what it expects.

A value comes from TOML (text, whole number, true or false, list) or as text (environment, command line).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringfence.events.money import is_currency
from ringfence.settings.durations import duration_text, parse_duration


@dataclass(frozen=True, slots=True)
class Kind:
    """How a written value is read and shown.

    Args:
        expected: what is accepted, in words.
        read: returns the value; raises `ValueError` for anything else.
        show: writes a value as it would be written in TOML.

    """

    expected: str
    read: Callable[[object], Any]
    show: Callable[[Any], str]


def _quoted(value: object) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _listed(values: Sequence[object]) -> str:
    return "[" + ", ".join(_quoted(value) for value in values) + "]"


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(value)
    return value


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError(value)


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise ValueError(value)
    return tuple(_text(part) for part in value)


def _plmns(value: object) -> tuple[str, ...]:
    names = _names(value)
    if not all(name.isascii() and name.isdecimal() and len(name) in (5, 6) for name in names):
        raise ValueError(value)
    return names


def _country(value: object) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - 30 ms that most commands need not spend

    if _text(value) not in SUPPORTED_REGIONS:
        raise ValueError(value)
    return _text(value)


def _time_zone(value: object) -> str:
    try:
        return ZoneInfo(_text(value)).key
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(value) from None


def _currency(value: object) -> str:
    if not is_currency(_text(value)):
        raise ValueError(value)
    return _text(value)


def _digits(value: object) -> str:
    text = _text(value)
    if text and not (text.isascii() and text.isdecimal()):
        raise ValueError(value)
    return text


def _duration(value: object) -> int:
    return parse_duration(_text(value))


TEXT: Final = Kind("text", _text, _quoted)
PATH: Final = Kind("a path", _text, _quoted)
PATHS: Final = Kind("a path, or a list of paths", _names, _listed)
SECRET: Final = Kind(
    "text; better in the environment or in a file", _text, lambda value: _quoted("***" if value else "")
)
FLAG: Final = Kind("true or false", _flag, lambda value: str(value).lower())
NAMES: Final = Kind("a list of names", _names, _listed)
PLMNS: Final = Kind('a list of networks, 5 or 6 digits of MCC and MNC, such as ["20408"]', _plmns, _listed)
COUNTRY: Final = Kind("an ISO 3166 code in capitals such as NL", _country, _quoted)
TIME_ZONE: Final = Kind("an IANA time zone such as Europe/Amsterdam", _time_zone, _quoted)
CURRENCY: Final = Kind("an ISO 4217 code in capitals such as EUR", _currency, _quoted)
DIGITS: Final = Kind("digits, or nothing", _digits, _quoted)
DURATION: Final = Kind(
    'a duration such as "10m", "24h" or "1.5s"', _duration, lambda value: _quoted(duration_text(value))
)


def whole(least: int, most: int) -> Kind:
    """Return the kind of whole numbers within bounds."""

    def read(value: object) -> int:
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(value)
        return value

    return Kind(f"a whole number, {least} to {most}", read, str)


def one_of(*words: str) -> Kind:
    """Return the kind of one of some words."""

    def read(value: object) -> str:
        if _text(value) not in words:
            raise ValueError(value)
        return _text(value)

    return Kind("one of " + ", ".join(words), read, _quoted)


def pairs(*words: str) -> Kind:
    """Return the kind of lists of `VALUE=WORD`, where the word is one of some."""

    def read(value: object) -> tuple[tuple[str, str], ...]:
        found = [name.rpartition("=") for name in _names(value)]
        if not all(said.strip() and word.strip() in words for said, _, word in found):
            raise ValueError(value)
        return tuple((said.strip(), word.strip()) for said, _, word in found)

    return Kind(
        f'a list such as ["VALUE={words[0]}"], with one of {", ".join(words)}',
        read,
        lambda value: _listed(["=".join(pair) for pair in value]),
    )
