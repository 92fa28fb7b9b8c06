"""The loop of the own-baseline detector.

References:
    T. Finch (2009), Incremental calculation of weighted mean and variance, sections 2 and 9: the mean moves by
    w (x - mean), the variance becomes (1 - w)(variance + w (x - mean)^2). With w = 1/n it is the plain mean and
    variance of the first n windows; w never falls below that of the half-life.

"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from ringfence.events.prefetch import prefetch
from ringfence.events.tables import NEAR

HOUR_MS = 3_600_000
SEEN, HOUR, LEARNED, INTEGERS = 0, 1, 2, 3  # integers of an entity: last seen (ms), its hour, hours learned
PEAK, MEAN, VARIANCE, MOMENTS = 0, 1, 2, 3  # floats of each feature: of log(1 + x)
WEIGHT, WARM_UP, FLOOR, CLIP, IDLE_MS, SPREADS = 0, 1, 2, 3, 4, 5  # settings
SMALL = 1024  # whole numbers below it have their logarithm looked up


@numba.njit(nogil=True, cache=True)
def _learn(integers: NDArray[np.int64], floats: NDArray[np.float32], settings: NDArray[np.float64]) -> None:
    """Learn the peaks of the hour that is over (one entity): bounded, never skipped."""
    hours = integers[LEARNED]
    weight = max(settings[WEIGHT], 1.0 / (hours + 1.0))
    for feature in range(floats.shape[0] // MOMENTS):
        at = feature * MOMENTS
        mean, variance = np.float64(floats[at + MEAN]), np.float64(floats[at + VARIANCE])
        step = np.float64(floats[at + PEAK]) - mean
        if hours >= settings[WARM_UP]:
            most = settings[CLIP] * max(math.sqrt(variance), settings[FLOOR])
            step = min(max(step, -most), most)
        floats[at + MEAN] = mean + weight * step
        floats[at + VARIANCE] = (1.0 - weight) * (variance + weight * step * step)
        floats[at + PEAK] = 0.0
    integers[LEARNED] = hours + 1


@numba.njit(nogil=True, cache=True)
def small_logs() -> NDArray[np.float64]:
    """Return log(1 + x) of the small whole numbers, which most counts are."""
    logs = np.empty(SMALL, np.float64)
    for x in range(SMALL):
        logs[x] = math.log1p(x)
    return logs


@numba.njit(nogil=True, cache=True)
def _come(integers: NDArray[np.int64], floats: NDArray[np.float32], at_ms: int, settings: NDArray[np.float64]) -> bool:
    """Let an entity come to the hour of an event: new, or with the hour before learned. Return whether it is known."""
    hour = at_ms // HOUR_MS
    if at_ms - integers[SEEN] > settings[IDLE_MS]:
        integers[HOUR], integers[LEARNED] = hour, 0
        floats[:] = 0.0
    elif hour > integers[HOUR]:
        _learn(integers, floats, settings)
        integers[HOUR] = hour
    integers[SEEN] = at_ms
    return bool(integers[LEARNED] >= settings[WARM_UP])


@numba.njit(nogil=True, cache=True)
def _spread(x: float, mean: np.float32, variance: np.float32, floor: float) -> np.float32:
    """Return how many spreads a value is above the mean, 0 below it: that needs no root and no division."""
    above = x - mean
    return np.float32(above / max(math.sqrt(variance), floor)) if above > 0.0 else np.float32(0.0)


@numba.njit(nogil=True, cache=True)
def _fetch(state: tuple[NDArray[np.int64], NDArray[np.float32]], row: int) -> None:
    """Ask for the memory of an entity."""
    integers, floats = state
    prefetch(int(integers.ctypes.data) + row * integers.strides[0])
    for line in range(0, floats.strides[0], 64):
        prefetch(int(floats.ctypes.data) + row * floats.strides[0] + line)


@numba.njit(nogil=True, cache=True)
def judge_and_learn(
    slots: NDArray[np.int64],
    at_ms: NDArray[np.int64],
    values: NDArray[np.int64],
    state: tuple[NDArray[np.int64], NDArray[np.float32]],
    limits: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]],
    out: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    """Judge events in order, then let the hour that is over be learned at the first event of a later one.

    slots: row of the entity, -1 for none; values: (features, n), not negative; state: integers and floats of all
    entities; limits: settings, the least value of each feature, `small_logs`; out: (2, n, features), all NaN before,
    of spreads above the mean (0 below it) and the mean, NaN while the entity is warming up; and (n) the most of the
    spreads that count, 0 where none does.
    """
    integers, floats = state
    settings, least, logs = limits
    heard, most = out
    features = values.shape[0]
    count = slots.shape[0]
    for i in range(count):
        if i + NEAR < count and slots[i + NEAR] >= 0:
            _fetch(state, slots[i + NEAR])
        row = slots[i]
        most[i] = 0.0
        if row < 0:
            continue
        ready = _come(integers[row], floats[row], at_ms[i], settings)
        for feature in range(features):
            at = feature * MOMENTS
            value = values[feature, i]
            x = 0.0
            if value > 0:
                x = logs[value] if value < SMALL else math.log1p(value)
                floats[row, at + PEAK] = max(floats[row, at + PEAK], np.float32(x))
            if ready:
                heard[1, i, feature] = floats[row, at + MEAN]
                spread = _spread(x, floats[row, at + MEAN], floats[row, at + VARIANCE], settings[FLOOR])
                heard[0, i, feature] = spread
                if spread >= settings[SPREADS] and value >= least[feature]:
                    most[i] = max(most[i], spread)


@numba.njit(cache=True)
def judge_one(
    slots: NDArray[np.int64],
    at_ms: NDArray[np.int64],
    values: NDArray[np.int64],
    state: tuple[NDArray[np.int64], NDArray[np.float32]],
    limits: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]],
    out: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    """Do what `judge_and_learn` does for one event, and keep the interpreter's lock: it is too short to give away."""
    judge_and_learn(slots, at_ms, values, state, limits, out)
