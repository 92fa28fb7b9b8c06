"""The hour that the end of summer time repeats: which of its two readings a record means.

A local time of that hour says two moments. Which one it is follows from the record's other times and its durations: a
call does not end before it begins, and lasts as long as it says. Where both readings fit, the first counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from ringfence.feeds.limits import DAY_MS

CLOCKS: Final = ("start_ms", "answer_ms", "end_ms")
_YEARS: Final = range(1970, 2100)
_YEAR_MS: Final = 31_556_952_000  # the mean of the Gregorian calendar
_SLACK_MS: Final = 1_000  # times and durations in whole seconds differ by so much from one another

Numbers = npt.NDArray[np.float64]  # milliseconds; NaN: not known. Whole numbers below 2^53 are exact


@lru_cache(maxsize=4_096)
def _set_back(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """Return when and by how much clocks are set back in a year: the moment, and milliseconds."""
    place = ZoneInfo(zone)
    first = datetime(year, 1, 1, tzinfo=UTC)
    found = []
    for day in range(366):
        low, high = first + timedelta(days=day), first + timedelta(days=day + 1)
        by = _offset(low, place) - _offset(high, place)
        if by <= timedelta():
            continue
        before = _offset(low, place)
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) // 2
            low, high = (middle, high) if _offset(middle, place) == before else (low, middle)
        moment = round(high.timestamp() / 60) * 60_000
        found.append((moment, by // timedelta(milliseconds=1)))
    return tuple(found)


def _offset(moment: datetime, place: ZoneInfo) -> timedelta:
    return moment.astimezone(place).utcoffset() or timedelta()


def repeated(taken: pl.DataFrame, clocks: Sequence[str], zone: str) -> pl.Series:
    """Return the rows of which a time may be of an hour that is repeated, read as its first."""
    wrong = pl.lit(value=False)
    for name in clocks if zone != "UTC" else ():
        least, most = taken[name].min(), taken[name].max()
        if not isinstance(least, int) or not isinstance(most, int):
            continue
        years = (year for year in _YEARS if _year(least - DAY_MS) <= year <= _year(most + DAY_MS))
        for moment, by in (back for year in years for back in _set_back(zone, year)):
            if least < moment and most >= moment - by:
                wrong |= pl.col(name).is_between(moment - by, moment, closed="left")
    return taken.select(wrong.fill_null(value=False).alias("row")).to_series().arg_true().cast(pl.Int64)


def _year(at_ms: int) -> int:
    return 1970 + at_ms // _YEAR_MS


def fitting(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Return for each row the readings of its clocks that contradict the record least.

    `first` has the clocks read as the first hour, `whole_ms` and `duration_ms`; `second` the clocks read as the second.
    """
    clocks = second.columns
    whole, talk = _numbers(first, "whole_ms"), _numbers(first, "duration_ms")
    least = np.full(first.height, np.inf)
    best = {name: _numbers(first, name) for name in clocks}
    for choice in product((first, second), repeat=len(clocks)):
        reading = {name: _numbers(frame, name) for name, frame in zip(clocks, choice, strict=True)}
        wrong = _contradiction(reading, whole, talk)
        better = wrong < least
        least = np.where(better, wrong, least)
        best = {name: np.where(better, reading[name], best[name]) for name in clocks}
    return pl.DataFrame({name: pl.Series(best[name]).fill_nan(None).cast(pl.Int64) for name in clocks})


def _contradiction(times: dict[str, Numbers], whole: Numbers, talk: Numbers) -> Numbers:
    """Return by how many milliseconds the times contradict their order and the durations."""
    unknown = np.full(len(whole), np.nan)
    start, answer, end = (times.get(name, unknown) for name in CLOCKS)
    lasted, talked = end - start, end - answer
    counts = [
        np.maximum(start - answer, 0),
        np.maximum(-talked, 0),
        np.maximum(-lasted, 0),
        np.maximum(np.abs(lasted - whole) - _SLACK_MS, 0),
        np.maximum(np.abs(talked - talk) - _SLACK_MS, 0),
        np.maximum(talk - lasted - _SLACK_MS, 0),
        np.maximum(answer - start - whole - _SLACK_MS, 0),
    ]
    total: Numbers = np.nansum(np.stack(counts), axis=0)
    return total


def _numbers(frame: pl.DataFrame, name: str) -> Numbers:
    if name not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
