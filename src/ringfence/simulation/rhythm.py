"""When things happen: curves over the day for working days, Saturdays and Sundays.

The shapes follow published call volumes: near silence from 2 to 6 h, a rise to a plateau from 10 h, the highest hours
before lunch and from 17 to 20 h, a flatter and later weekend (Aledavood et al. 2015, doi:10.1371/journal.pone.0138098;
Saramaki and Moro 2015, arXiv:1504.01479); messages peak later in the evening than calls (Aledavood et al. 2016);
automatic diallers keep office hours, as the violation times of a public FTC complaint file show.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ringfence.simulation.plan import DAY_MS, HOUR_MS, Plan
from ringfence.simulation.traffic import Floats, Ints

_CALLS = [5, 3, 2, 1, 1, 2, 6, 18, 42, 62, 74, 80, 74, 72, 74, 76, 84, 94, 92, 86, 74, 54, 28, 12]
_CALLS_SA = [9, 6, 4, 2, 1, 1, 3, 7, 18, 38, 60, 74, 76, 74, 72, 72, 76, 80, 78, 70, 56, 42, 30, 18]
_CALLS_SU = [11, 7, 5, 3, 2, 1, 2, 5, 11, 24, 42, 56, 60, 60, 60, 60, 64, 70, 76, 78, 68, 48, 28, 12]
_TEXTS = [14, 7, 4, 2, 2, 2, 8, 24, 40, 50, 54, 56, 60, 60, 60, 64, 68, 72, 74, 78, 82, 80, 62, 34]
_TEXTS_WE = [24, 14, 8, 4, 2, 2, 4, 10, 24, 40, 54, 60, 62, 62, 62, 62, 66, 70, 74, 76, 76, 70, 54, 36]
_NIGHT = [46, 44, 34, 26, 22, 18, 20, 22, 14, 8, 8, 12, 16, 26, 40, 52, 60, 64, 66, 70, 74, 74, 70, 58]
_OFFICE = [0, 0, 0, 0, 0, 0, 1, 6, 40, 88, 100, 96, 60, 70, 92, 90, 74, 34, 10, 4, 3, 2, 1, 0]
_OFFICE_SA = [0, 0, 0, 0, 0, 0, 0, 1, 5, 12, 16, 16, 10, 8, 7, 5, 3, 1, 0, 0, 0, 0, 0, 0]
_OFFICE_SU = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
_SALES = [0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 90, 96, 60, 76, 92, 90, 80, 62, 84, 90, 54, 4, 0, 0]
_SALES_SA = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 60, 54, 50, 44, 30, 6, 0, 0, 0, 0, 0, 0, 0]
_ALWAYS = [34, 26, 22, 20, 20, 24, 34, 50, 66, 76, 80, 80, 76, 74, 74, 76, 80, 84, 84, 80, 74, 66, 56, 44]
_DELIVERY = [0, 0, 0, 0, 0, 2, 20, 60, 90, 100, 80, 70, 66, 70, 72, 66, 60, 50, 44, 40, 24, 6, 0, 0]
_DELIVERY_SA = [0, 0, 0, 0, 0, 0, 4, 20, 50, 60, 60, 50, 44, 40, 30, 20, 10, 4, 0, 0, 0, 0, 0, 0]
_DIALLER = [0, 0, 0, 0, 0, 0, 1, 3, 30, 80, 95, 100, 88, 86, 80, 78, 60, 44, 30, 18, 8, 2, 0, 0]
_DIALLER_WE = [0, 0, 0, 0, 0, 0, 0, 0, 6, 14, 20, 22, 20, 18, 16, 14, 10, 8, 5, 2, 0, 0, 0, 0]
_FLAT = [1] * 24
_SILENT = [0] * 24

RHYTHMS: Final = (
    "people", "night", "office", "sales", "always", "texts", "delivery", "dialler", "flat", "shop",
)  # fmt: skip
_CURVES: Final = {
    "people": (_CALLS, _CALLS_SA, _CALLS_SU),
    "night": (_NIGHT, _NIGHT, _NIGHT),
    "office": (_OFFICE, _OFFICE_SA, _OFFICE_SU),
    "sales": (_SALES, _SALES_SA, _SILENT),
    "always": (_ALWAYS, _ALWAYS, _ALWAYS),
    "texts": (_TEXTS, _TEXTS_WE, _TEXTS_WE),
    "delivery": (_DELIVERY, _DELIVERY_SA, _SILENT),
    "dialler": (_DIALLER, _DIALLER_WE, _DIALLER_WE),
    "flat": (_FLAT, _FLAT, _FLAT),
    "shop": (_SALES, _OFFICE, _OFFICE_SU),
}
# A curve's volume over the day against the working day's is how busy the weekend is.
_DAY_KINDS: Final = (0, 0, 0, 0, 0, 1, 2)


def code(name: str) -> int:
    """Return the code of a rhythm."""
    return RHYTHMS.index(name)


def day_weights(plan: Plan, rhythm: int) -> Floats:
    """Return the volume of each day of the plan against an average working day's."""
    curves = _CURVES[RHYTHMS[rhythm]]
    volumes = [sum(curve) / sum(curves[0]) for curve in curves]
    weights: Floats = np.array([volumes[_DAY_KINDS[plan.weekday(day)]] for day in range(plan.days)])
    return weights


def pick_days(rng: np.random.Generator, weights: Floats, row: Ints) -> Ints:
    """Return a day for each event, by its row of day weights (rows x days, none negative, none all zero)."""
    cumulated = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    flat = (cumulated + np.arange(len(weights))[:, None]).ravel()
    days = weights.shape[1]
    place = np.searchsorted(flat, row + rng.random(len(row)) * (1 - 1e-9), side="right")
    chosen: Ints = np.clip(place - row * days, 0, days - 1).astype(np.int64)
    return chosen


def _quantiles(curve: list[int]) -> tuple[Floats, Floats]:
    """Return the cumulated share and the time of day at each quarter of an hour, between the hours' middles."""
    middles = np.arange(24) + 0.5
    quarters = (np.arange(96) + 0.5) / 4
    volume = np.interp(quarters, middles, curve, period=24)
    share = np.concatenate([[0.0], np.cumsum(volume)])
    return share / share[-1], np.arange(97) / 4 * HOUR_MS


def pick_times(rng: np.random.Generator, plan: Plan, day: Ints, rhythm: Ints, shift_ms: Ints | int = 0) -> Ints:
    """Return a moment (ms of local time) on each day by the rhythm of each event.

    `shift_ms` moves early and late people; what would fall out of its day stays in it, modulo 24 h.
    """
    kinds = np.array([_DAY_KINDS[plan.weekday(d)] for d in range(plan.days)])[day]
    u = rng.random(len(day))
    within = np.zeros(len(day))
    for which, name in enumerate(RHYTHMS):
        for kind, curve in enumerate(_CURVES[name]):
            rows = np.flatnonzero((rhythm == which) & (kinds == kind))
            if len(rows):
                share, clock = _quantiles(curve if any(curve) else _CURVES[name][0])
                within[rows] = np.interp(u[rows], share, clock)
    return day * DAY_MS + (within.astype(np.int64) + shift_ms) % DAY_MS


def spread(rng: np.random.Generator, plan: Plan, n: int, rhythm: str, first: int = 0, last: int | None = None) -> Ints:
    """Return n moments between two days (the last one not included) by one rhythm and its days' volumes."""
    weights = day_weights(plan, code(rhythm))
    weights[:first] = 0
    if last is not None:
        weights[last:] = 0
    if not weights.sum():
        weights[min(first, plan.days - 1)] = 1
    day = pick_days(rng, weights[None, :], np.zeros(n, dtype=np.int64))
    return pick_times(rng, plan, day, np.full(n, code(rhythm)))


def queue(start: Ints, length: Ints, gap_ms: Ints | int = 0) -> Ints:
    """Return start times, none earlier than given (they ascend), so that no event overlaps the one before."""
    held = length + gap_ms
    before = np.concatenate([[0], np.cumsum(held)[:-1]])
    starts: Ints = np.maximum.accumulate(start - before) + before
    return starts
