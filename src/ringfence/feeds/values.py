"""From text to the types of events: times, durations, numbers, money, claims.

Each function takes a column of text and returns its values; null where the text is empty, where it says
that there is nothing (see the mapping's `nulls`), and where it cannot be read. The caller tells the last
two apart by the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import polars as pl

DURATION_UNITS: Final = {"ms": 1.0, "s": 1000.0, "min": 60_000.0, "us": 0.001, "hh:mm:ss": 1000.0}
MONEY_UNITS: Final = {"micros": 1.0, "cents": 10_000.0, "currency": 1_000_000.0}
EPOCHS: Final = {"epoch_s": 1000.0, "epoch_ms": 1.0, "epoch_us": 0.001}
NO_TIME: Final = ("0000-00-00 00:00:00", "0")  # MySQL's zero date; an epoch that was never set
TRUE_WORDS: Final = ("true", "t", "yes", "y", "1")
FALSE_WORDS: Final = ("false", "f", "no", "n", "0")

_OFFSET = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"
_LIMIT = float(1 << 62)
_ABSURD_MICROS = float(1 << 60)  # beyond any amount
_ABSURD = 1 << 40  # units of a duration: beyond any limit, and sums with times still fit 64 bits


Reading = Literal["earliest", "latest"]  # of a time of the hour that the end of summer time repeats


def times_ms(text: pl.Series, formats: Sequence[str], zone: str, reading: Reading = "earliest") -> pl.Series:
    """Return milliseconds since 1970 UTC of times in the first of the formats that reads them.

    A format is one of strptime's (`%d/%m/%Y %H:%M:%S`, with `%.f` for a fraction), `iso`, `epoch_s`,
    `epoch_ms` or `epoch_us`. A time that states no offset is in `zone`; of an hour that the end of summer time
    repeats, the one that `reading` says is taken, and an hour that its beginning leaves out is no time.
    """
    found = pl.Series(text.name, [None], pl.Int64).new_from_index(0, len(text))
    for form in formats:
        missing = found.is_null() & text.is_not_null()
        if not missing.any():
            break
        if missing.all():
            found = _times_in(text, form, zone, reading)
        else:  # a later format is tried only on what the earlier ones left
            rows = missing.arg_true()
            found = found.scatter(rows, _times_in(text.gather(rows), form, zone, reading))
    return found


def _times_in(text: pl.Series, form: str, zone: str, reading: Reading) -> pl.Series:
    if form in EPOCHS:
        return _rounded(text.cast(pl.Float64, strict=False) * EPOCHS[form])
    if form != "iso":
        return _parsed(text, form, zone, reading)
    plain = text.str.replace("T", " ", literal=True)
    has_offset = plain.str.contains(_OFFSET).fill_null(value=False)
    if not has_offset.any():
        return _parsed(plain, "%Y-%m-%d %H:%M:%S%.f", zone, reading)
    with_offset = plain.set(~has_offset, None).str.replace("[Zz]$", "+0000")
    local = plain.set(has_offset, None)
    found = _parsed(with_offset, "%Y-%m-%d %H:%M:%S%.f%#z", zone, reading)
    return found.zip_with(has_offset, _parsed(local, "%Y-%m-%d %H:%M:%S%.f", zone, reading))


def _parsed(text: pl.Series, form: str, zone: str, reading: Reading) -> pl.Series:
    times = text.str.to_datetime(form, strict=False, time_unit="ms", ambiguous=reading)
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone is None and zone != "UTC":
        times = times.dt.replace_time_zone(zone, ambiguous=reading, non_existent="null")
    return times.dt.epoch("ms")


def durations_ms(text: pl.Series, unit: str) -> pl.Series:
    """Return durations in milliseconds; `unit` is one of `DURATION_UNITS`, and what has a colon is `hh:mm:ss`."""
    clock = text.str.contains(":", literal=True).fill_null(value=False)
    if unit == "hh:mm:ss" or clock.all():
        return _clock_durations(text)
    if clock.any():
        return durations_ms(text.set(clock, None), unit).zip_with(~clock, _clock_durations(text))
    whole = text.cast(pl.Int64, strict=False)
    factor = DURATION_UNITS[unit]
    if factor >= 1 and whole.null_count() == text.null_count():
        return whole.clip(-_ABSURD, _ABSURD) * int(factor)
    return _rounded(text.cast(pl.Float64, strict=False).clip(-_ABSURD, _ABSURD) * factor)


def _clock_durations(text: pl.Series) -> pl.Series:
    parts = text.str.extract_groups(r"^\s*(?:(\d{1,4}):([0-5]?\d)|(\d{1,6})):([0-5]?\d(?:\.\d+)?)\s*$")
    hours, past, minutes, seconds = (parts.struct.field(str(i)).cast(pl.Float64) for i in (1, 2, 3, 4))
    return _rounded(
        (hours.fill_null(0.0) * 3600 + past.fill_null(0.0) * 60 + minutes.fill_null(0.0) * 60 + seconds) * 1000
    )


def micros(text: pl.Series, unit: str) -> pl.Series:
    """Return amounts of money in millionths; `unit` is one of `MONEY_UNITS`. A decimal comma is read as a point."""
    plain = text.str.replace(",", ".", literal=True)
    amount = plain.cast(pl.Float64, strict=False) * MONEY_UNITS[unit]
    return _rounded(amount.clip(-_ABSURD_MICROS, _ABSURD_MICROS))


def integers(text: pl.Series) -> pl.Series:
    """Return whole numbers; one that is written with a fraction of nothing (`16.0`) is one."""
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() == text.null_count():
        return whole
    number = text.cast(pl.Float64, strict=False)
    return whole.fill_null(_rounded(number.set(number != number.floor(), None)))


def claims(text: pl.Series) -> pl.Series:
    """Return true or false of the words that people write for them."""
    low = text.str.to_lowercase()
    yes, no = low.is_in(TRUE_WORDS), low.is_in(FALSE_WORDS)
    return yes.set((~yes & ~no).fill_null(value=True), None)


def _rounded(number: pl.Series) -> pl.Series:
    """Return whole numbers; what is none, infinite or beyond 64 bits is null."""
    good = (number.abs() < _LIMIT).fill_null(value=False)  # false for NaN too
    return number.set(~good | number.is_nan(), None).round().cast(pl.Int64, strict=False)
