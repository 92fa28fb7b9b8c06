"""What a call or a message costs, by the longest destination prefix that has a rate.

A number padded with zeros to 15 digits is a point; a prefix is an interval of such points. Nested intervals
are flattened once into breakpoints, each with the longest prefix that covers what follows, so that matching
a column is one binary search (`numpy.searchsorted`) and no loop over rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from ringfence.events.errors import BAD_RATES, SettingsError
from ringfence.events.money import divide_half_up
from ringfence.events.number_plan import CODE_LENGTH, MAX_DIGITS, Digits, Integers, is_e164, read_digits
from ringfence.events.rate_file import Rate, read_rates

Flags = npt.NDArray[np.bool_]

EXAMPLE: Final = Path(__file__).with_name("rates") / "example.csv"
_SCALE: Final[Integers] = 10 ** (MAX_DIGITS - np.arange(MAX_DIGITS + 1, dtype=np.int64))
_MAX_BILLED_S: Final = 10**7  # 116 days; only keeps a charge below `MAX_MICROS`, and the way to it within 64 bits
_MAX_PARTS: Final = 10**3  # of a message; the same
_UNMATCHED_DIGITS: Final = 2  # digits after the calling code that name a range without a rate
_FREE_DIRECTIONS: Final = ("in", "internal")  # the subscriber does not pay for calls received or inside a PBX


@dataclass(frozen=True, slots=True)
class _Intervals:
    """The rates that are in force together, flattened."""

    starts: Integers  # sorted points
    rates: Integers  # the rate of the longest prefix from there on; -1: none
    parents: Integers  # for each rate, the rate of the next shorter prefix around it; -1: none

    @classmethod
    def of(cls, prefixes: Sequence[str], rows: Sequence[int]) -> _Intervals:
        """Flatten the prefixes at these rows."""
        starts, rates = [0], [-1]
        parents = np.full(len(prefixes), -1, np.int64)
        around: list[tuple[int, int]] = []  # (end, row) of the intervals that are open, widest first

        def close(until: int) -> None:
            while around and around[-1][0] <= until:
                end, _ = around.pop()
                starts.append(end)
                rates.append(around[-1][1] if around else -1)

        for row in sorted(rows, key=lambda r: (int(prefixes[r]) * int(_SCALE[len(prefixes[r])]), len(prefixes[r]))):
            size = int(_SCALE[len(prefixes[row])])
            start = int(prefixes[row]) * size
            close(start)
            parents[row] = around[-1][1] if around else -1
            starts.append(start)
            rates.append(row)
            around.append((start + size, row))
        close(10**MAX_DIGITS)
        return cls(np.array(starts, np.int64), np.array(rates, np.int64), parents)

    def match(self, digits: Digits, lengths: Integers) -> Integers:
        """Return the rate of each number's longest prefix, -1 where there is none or no E.164 number."""
        points = np.where(digits.is_e164, digits.value, 0) * _SCALE[digits.length]
        found = self.rates[np.searchsorted(self.starts, points, side="right") - 1]
        while (too_long := (found >= 0) & (lengths[found] > digits.length)).any():
            found = np.where(too_long, self.parents[found], found)
        return found

    def match_one(self, number: str, lengths: Integers) -> int:
        """Return the rate of one E.164 number's longest prefix, -1 where there is none."""
        point = int(number) * int(_SCALE[len(number)])
        found = int(self.rates[int(np.searchsorted(self.starts, point, side="right")) - 1])
        while found >= 0 and lengths[found] > len(number):
            found = int(self.parents[found])
        return found


class RateTable:
    """Rates by destination prefix, in one currency.

    Args:
        rates: at least one; two rates of one prefix differ in `valid_from`.
        currency: ISO 4217 code of all amounts.
        time_zone: where the days of `valid_from` begin.

    """

    def __init__(self, rates: Sequence[Rate], currency: str, time_zone: str = "UTC") -> None:
        if not rates:
            raise SettingsError(BAD_RATES, "a rate table holds no rates", expected="a row for each prefix")
        self.rates: Final = tuple(rates)
        self.currency: Final = currency
        self._prefixes = pl.Series("callee_range", [r.prefix for r in rates], pl.String)
        self._lengths = np.array([len(r.prefix) for r in rates], np.int64)
        self._minute = np.array([r.rate_micros_per_minute for r in rates], np.int64)
        self._connection = np.array([r.connection_micros for r in rates], np.int64)
        self._first = np.array([r.first_increment_s for r in rates], np.int64)
        self._next = np.array([r.next_increment_s for r in rates], np.int64)
        self._message = np.array([-1 if r.message_micros is None else r.message_micros for r in rates], np.int64)
        days = sorted({r.valid_from for r in rates if r.valid_from})
        self._days_ms = np.array([_midnight_ms(day, time_zone) for day in days], np.int64)
        self._in_force = [self._intervals(day) for day in (dt.date.min, *days)]

    @classmethod
    def read(cls, path: Path | str, time_zone: str = "UTC") -> RateTable:
        """Read a CSV file (its columns: `rate_file`).

        Raises:
            SettingsError: with every line that cannot be used, or because the file cannot be read.

        """
        rates, currency = read_rates(Path(path))
        return cls(rates, currency, time_zone)

    @classmethod
    def example(cls) -> RateTable:
        """Return the table that is shipped: invented retail prices in EUR of a Dutch operator."""
        return _example()

    def _intervals(self, day: dt.date) -> _Intervals:
        latest: dict[str, tuple[dt.date, int]] = {}
        for row, rate in enumerate(self.rates):
            begins = rate.valid_from or dt.date.min
            if begins <= day and latest.get(rate.prefix, (dt.date.min, -1))[0] <= begins:
                latest[rate.prefix] = (begins, row)
        return _Intervals.of([r.prefix for r in self.rates], [row for _, row in latest.values()])

    def match(self, callees: Digits, at_ms: Integers) -> Integers:
        """Return the row of `rates` for each callee at that time, -1 where no prefix fits."""
        if len(self._in_force) == 1:
            return self._in_force[0].match(callees, self._lengths)
        periods = np.searchsorted(self._days_ms, at_ms, side="right")
        found = np.full(len(callees.value), -1, np.int64)
        for period in np.unique(periods).tolist():
            rows = np.flatnonzero(periods == period)
            found[rows] = self._in_force[period].match(callees.take(rows), self._lengths)
        return found

    def ranges(self, callees: Digits, found: Integers) -> pl.Series:
        """Return the matched prefix of each callee.

        Where none matches it is the calling code and two digits; null where the callee is no E.164 number.
        """
        matched = self._prefixes.gather(pl.Series(found).set(pl.Series(found < 0), None))
        other = callees.is_e164 & (found < 0)
        if not other.any():
            return matched
        rest = callees.take(np.flatnonzero(other))
        size = CODE_LENGTH[rest.prefix(3)] + _UNMATCHED_DIGITS
        places = np.where(other, np.cumsum(other) - 1, 0)
        named = pl.Series(rest.prefix(size)).cast(pl.String).gather(places)
        return pl.select(callee_range=pl.when(pl.Series(other)).then(named).otherwise(matched)).to_series()

    def rate(self, events: pl.DataFrame) -> pl.DataFrame:
        """Return `charge_micros`, `cost_micros`, `currency` and `callee_range` of events (`SCHEMA`, E.164 callees).

        A charge in the record wins, if it is in the table's currency or in none; amounts in another currency
        count as not stated. A call costs its set-up fee and the started increments of its answered part; an
        answered call of no length costs the set-up fee; an unanswered call, an attempt, and a call received
        or internal to a PBX cost nothing. A message costs its price for each part (at least one), nothing if it
        was refused. Null is "not known": no rate, no duration (of a call that was not unanswered), data
        sessions. Rounded half up to whole micros.
        """
        callees = read_digits(events["callee"])
        found = self.match(callees, _integers(events["start_ms"].fill_null(events["at_ms"])))
        return self.price(events, callees, found)

    def price(self, events: pl.DataFrame, callees: Digits, found: Integers) -> pl.DataFrame:
        """Return what `rate` returns, for callees that have been read and matched."""
        stated, cost, currency = events["charge_micros"], events["cost_micros"], events["currency"]
        foreign = self._foreign(currency)
        if foreign.any():
            stated, cost, currency = (column.set(foreign, None) for column in (stated, cost, currency))
        charge = self._charges(events, found)
        charge = pl.select(pl.when(stated.is_null()).then(charge).otherwise(stated)).to_series()
        has_amount = charge.is_not_null() | cost.is_not_null()
        own = pl.when(has_amount | currency.is_not_null()).then(pl.lit(self.currency))
        return pl.select(
            charge_micros=charge,
            cost_micros=cost,
            currency=own,
            callee_range=self.ranges(callees, found),
        )

    def rate_one(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `rate` returns, for one event with all columns of `SCHEMA` and its kind."""
        callee = event["callee"] if is_e164(event["callee"]) else None
        found = -1
        if callee is not None:
            at_ms = event["at_ms"] if event["start_ms"] is None else event["start_ms"]
            period = int(np.searchsorted(self._days_ms, at_ms, side="right")) if len(self._in_force) > 1 else 0
            found = self._in_force[period].match_one(callee, self._lengths)
        stated, cost, currency = event["charge_micros"], event["cost_micros"], event["currency"]
        if currency is not None and currency.strip().upper() != self.currency:
            stated = cost = currency = None
        charge = self._charge_of(event, found) if stated is None else stated
        has_any = any(one is not None for one in (charge, cost, currency))
        return {
            "charge_micros": charge,
            "cost_micros": cost,
            "currency": self.currency if has_any else None,
            "callee_range": self._range_of(callee, found),
        }

    def _range_of(self, callee: str | None, found: int) -> str | None:
        if callee is None:
            return None
        if found >= 0:
            return self.rates[found].prefix
        return callee[: int(CODE_LENGTH[int(callee[:3])]) + _UNMATCHED_DIGITS]

    def _charge_of(self, event: Mapping[str, Any], found: int) -> int | None:
        kind, duration_ms, answered = event["kind"], event["duration_ms"], event["answered"]
        is_call, is_message = kind == "call", kind == "message"
        was_answered = answered if answered is not None or duration_ms is None else duration_ms > 0
        if kind == "attempt" or (is_message and answered is False):
            return 0
        if is_call and (was_answered is False or event["direction"] in _FREE_DIRECTIONS):
            return 0
        if found < 0 or (is_call and duration_ms is None):
            return None
        if is_call:
            return self._call_charge(max(duration_ms, 0), self.rates[found])
        price = self.rates[found].message_micros
        if not is_message or price is None or price < 0:
            return None
        return int(price * min(max(event["segments"] or 0, 1), _MAX_PARTS))

    def _call_charge(self, duration_ms: int, rate: Rate) -> int:
        first, step = rate.first_increment_s, rate.next_increment_s
        seconds = -(-duration_ms // 1000)
        billed = first + -(-max(seconds - first, 0) // step) * step if seconds > 0 else 0
        return rate.connection_micros + divide_half_up(rate.rate_micros_per_minute * min(billed, _MAX_BILLED_S), 60)

    def _foreign(self, currency: pl.Series) -> pl.Series:
        """Return which rows name another currency, however it is written."""
        other = (currency != self.currency).fill_null(value=False)
        if not other.any():
            return other
        return (currency.str.strip_chars().str.to_uppercase() != self.currency).fill_null(value=False)

    def _charges(self, events: pl.DataFrame, found: Integers) -> pl.Series:
        """Return the charge by the table, null where it is not known."""
        kind = events["kind"]
        duration_ms = _integers(events["duration_ms"])
        unanswered = _flags(~events["answered"].fill_null(events["duration_ms"] > 0))  # not where neither is known
        refused = _flags(~events["answered"])
        is_call, is_message = _flags(kind == "call"), _flags(kind == "message")
        free = _flags(kind == "attempt") | (
            is_call & (unanswered | _flags(events["direction"].is_in(_FREE_DIRECTIONS)))
        )
        free |= is_message & refused
        known = (is_call & _flags(events["duration_ms"].is_not_null())) | (is_message & (self._message[found] >= 0))
        calls = self._call_charges(np.maximum(duration_ms, 0), found)
        messages = self._message[found] * np.clip(_integers(events["segments"]), 1, _MAX_PARTS)
        charges = np.where(free, 0, np.where(is_call, calls, messages))
        valid = free | (known & (found >= 0))
        return pl.Series("charge_micros", charges).set(pl.Series(~valid), None)

    def _call_charges(self, duration_ms: Integers, found: Integers) -> Integers:
        """Return the charge of answered calls: set-up fee, first increment, then whole next increments."""
        first, step = self._first[found], self._next[found]
        seconds = -(-duration_ms // 1000)
        beyond = np.maximum(seconds - first, 0)
        billed = np.where(seconds > 0, first + -(-beyond // step) * step, 0)
        billed = np.minimum(billed, _MAX_BILLED_S)
        charges: Integers = self._connection[found] + divide_half_up(self._minute[found] * billed, 60)
        return charges


@lru_cache(maxsize=1)
def _example() -> RateTable:
    return RateTable.read(EXAMPLE)


def _midnight_ms(day: dt.date, time_zone: str) -> int:
    midnight = dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone))
    return int(midnight.timestamp()) * 1000


def _integers(column: pl.Series) -> Integers:
    """Return an integer column with 0 for null."""
    values: Integers = column.fill_null(0).to_numpy()
    return values


def _flags(column: pl.Series) -> Flags:
    """Return a boolean column with false for null."""
    values: Flags = column.fill_null(False).to_numpy()
    return values
