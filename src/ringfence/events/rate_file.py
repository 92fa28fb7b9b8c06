"""Reads a rate table from CSV: one destination prefix a row, all errors together.

Columns, by name, in any order (`,` or `;` between them; lines that begin with `#` are comments):

- `prefix`: the leading E.164 digits that the row is for, calling code first.
- `destination`: its name.
- `price_per_minute` (decimal, in units of the currency) or `rate_micros_per_minute` (whole millionths).
- `connection_fee`: decimal, once for each answered call. 0 if left out.
- `first_increment_s`, `next_increment_s`: seconds charged at least, and in steps of. 1 and 1 if left out.
- `price_per_message`: decimal, for each part of a message. Empty: messages there have no known price.
- `currency`: ISO 4217, one for the whole table.
- `valid_from`: YYYY-MM-DD. Empty: always. Of the rows of one prefix, the latest that has begun counts.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar

from ringfence.events.errors import BAD_RATES, NO_SUCH_FILE, UNREADABLE_FILE, SettingsError
from ringfence.events.money import is_currency, parse_micros

COLUMNS: Final = (
    "prefix",
    "destination",
    "price_per_minute",
    "rate_micros_per_minute",
    "connection_fee",
    "first_increment_s",
    "next_increment_s",
    "price_per_message",
    "currency",
    "valid_from",
)
REQUIRED: Final = ("prefix", "destination", "currency")
MAX_RATE_MICROS: Final = 10**9  # a thousand units a minute; dearer than any destination, and keeps products small
MAX_INCREMENT_S: Final = 3_600
_SHOWN_ERRORS: Final = 50

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Rate:
    """What a call or a message to one destination prefix costs."""

    prefix: str
    destination: str
    rate_micros_per_minute: int
    connection_micros: int = 0
    first_increment_s: int = 1
    next_increment_s: int = 1
    message_micros: int | None = None
    valid_from: dt.date | None = None


def read_rates(path: Path) -> tuple[list[Rate], str]:
    """Return the rates of a CSV file and their currency.

    Raises:
        SettingsError: with every line that cannot be used, or because the file cannot be read.

    """
    reader = _RateReader(path.name)
    rates = reader.read(_lines(path))
    if not rates and not reader.errors:
        reader.errors.append(f"{path.name}: holds no rates; expected a header and a row for each prefix")
    if reader.errors:
        shown = "\n  ".join(reader.errors[:_SHOWN_ERRORS])
        more = len(reader.errors) - _SHOWN_ERRORS
        tail = f"\n  and {more} more" if more > 0 else ""
        raise SettingsError(BAD_RATES, f"{len(reader.errors)} errors\n  {shown}{tail}", where=str(path))
    return rates, reader.currency


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise SettingsError(NO_SUCH_FILE, "no such rate table", where=str(path)) from None
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8"
        raise SettingsError(
            UNREADABLE_FILE, what, where=str(path), expected="UTF-8 text", cure="Save it as UTF-8."
        ) from None
    except OSError as error:
        raise SettingsError(UNREADABLE_FILE, error.strerror or str(error), where=str(path)) from None


class _RateReader:
    """Reads rows, and remembers what was wrong with which line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.currency = ""
        self.errors: list[str] = []
        self._seen: dict[tuple[str, dt.date | None], int] = {}

    def read(self, lines: list[str]) -> list[Rate]:
        rows = self._rows(lines)
        header = next(rows, None)
        if header is None or not self._check_header(header[0], header[1]):
            return []
        rates = (self._rate(number, header[1], fields) for number, fields in rows)
        return [rate for rate in rates if rate is not None]

    def _rows(self, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
        """Give the line number and the fields of each row. A row is one line: prices need no line breaks."""
        delimiter = ","
        first = True
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            if first:
                delimiter, first = ";" if ";" in line else ",", False
            try:
                yield number, [field.strip() for field in next(csv.reader([line], delimiter=delimiter))]
            except csv.Error as error:
                self._wrong(number, str(error))

    def _check_header(self, number: int, header: list[str]) -> bool:
        before = len(self.errors)
        for name in header:
            if name not in COLUMNS:
                near = get_close_matches(name, COLUMNS, 1)
                hint = f"did you mean {near[0]}?" if near else f"expected some of {', '.join(COLUMNS)}"
                self._wrong(number, f"unknown column {name!r}; {hint}")
        for name in REQUIRED:
            if name not in header:
                self._wrong(number, f"there is no column {name}")
        if ("price_per_minute" in header) == ("rate_micros_per_minute" in header):
            self._wrong(number, "expected one of the columns price_per_minute and rate_micros_per_minute")
        if len(set(header)) != len(header):
            self._wrong(number, "a column is named twice")
        return len(self.errors) == before

    def _rate(self, number: int, header: list[str], fields: list[str]) -> Rate | None:
        if len(fields) != len(header):
            self._wrong(number, f"{len(fields)} fields; expected {len(header)} as in the header")
            return None
        before = len(self.errors)
        row = _Row(dict(zip(header, fields, strict=True)), lambda what: self._wrong(number, what))
        rate = row.rate()
        self._check_currency(number, row.cells["currency"])
        self._check_repeat(number, rate)
        return rate if len(self.errors) == before else None

    def _check_currency(self, number: int, currency: str) -> None:
        if not is_currency(currency):
            self._wrong(number, f"currency {currency!r}; expected an ISO 4217 code such as EUR")
        elif self.currency and currency != self.currency:
            self._wrong(number, f"currency {currency}; expected {self.currency} as in the rows above")
        else:
            self.currency = currency

    def _check_repeat(self, number: int, rate: Rate) -> None:
        key = rate.prefix, rate.valid_from
        if key in self._seen:
            self._wrong(number, f"prefix {rate.prefix} has a rate already, on line {self._seen[key]}")
        self._seen.setdefault(key, number)

    def _wrong(self, number: int, what: str) -> None:
        self.errors.append(f"{self.name}:{number}: {what}")


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of one row; what cannot be read is complained of and replaced by a default."""

    cells: dict[str, str]
    complain: Callable[[str], None]

    def rate(self) -> Rate:
        return Rate(
            prefix=self._cell("prefix", _prefix, "1 to 15 digits, calling code first", "0"),
            destination=self.cells["destination"],
            rate_micros_per_minute=self._minute(),
            connection_micros=self._cell("connection_fee", _price, "an amount such as 0.05", 0),
            first_increment_s=self._cell("first_increment_s", _increment, "whole seconds, 1 to 3600", 1),
            next_increment_s=self._cell("next_increment_s", _increment, "whole seconds, 1 to 3600", 1),
            message_micros=self._cell("price_per_message", _price, "an amount such as 0.05", None),
            valid_from=self._cell("valid_from", dt.date.fromisoformat, "a date, YYYY-MM-DD", None),
        )

    def _minute(self) -> int:
        if "price_per_minute" in self.cells:
            return self._needed("price_per_minute", _price, "an amount such as 0.05, at most 1000")
        return self._needed("rate_micros_per_minute", _micros, "whole micros, at most 1000000000")

    def _needed(self, name: str, read: Callable[[str], int], expected: str) -> int:
        if not self.cells[name]:
            self.complain(f"{name} is empty; expected {expected}")
        return self._cell(name, read, expected, 0)

    def _cell(self, name: str, read: Callable[[str], Value], expected: str, default: Value) -> Value:
        text = self.cells.get(name, "")
        if not text and name != "prefix":
            return default
        try:
            return read(text)
        except ValueError:
            self.complain(f"{name} {text!r}; expected {expected}")
            return default


def _bounded(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError(value)
    return value


def _prefix(text: str) -> str:
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 1 <= len(digits) <= 15 and digits[0] != "0"):
        raise ValueError(text)
    return digits


def _price(text: str) -> int:
    return _bounded(parse_micros(text), 0, MAX_RATE_MICROS)


def _micros(text: str) -> int:
    return _bounded(int(text), 0, MAX_RATE_MICROS)


def _increment(text: str) -> int:
    return _bounded(int(text), 1, MAX_INCREMENT_S)
