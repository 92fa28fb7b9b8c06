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

HOUR_MS = 3_600_000
SEEN, HOUR, LEARNED, INTEGERS = 0, 1, 2, 3  # integers of an entity: last seen (ms), its hour, hours learned
PEAK, MEAN, VARIANCE, MOMENTS = 0, 1, 2, 3  # floats of each feature: of log(1 + x)
WEIGHT, WARM_UP, FLOOR, CLIP, IDLE_MS = 0, 1, 2, 3, 4  # settings


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
def judge_and_learn(
    slots: NDArray[np.int64],
    at_ms: NDArray[np.int64],
    values: NDArray[np.int64],
    state: tuple[NDArray[np.int64], NDArray[np.float32]],
    settings: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """Judge events in order, then let the hour that is over be learned at the first event of a later one.

    slots: row of the entity, -1 for none; values: (n, features), not negative; state: integers and floats of all
    entities; out: (2, n, features): spreads above the mean, and the mean; NaN while the entity is warming up.
    """
    integers, floats = state
    for i in range(slots.shape[0]):
        row = slots[i]
        out[:, i] = np.nan
        if row < 0:
            continue
        hour = at_ms[i] // HOUR_MS
        if at_ms[i] - integers[row, SEEN] > settings[IDLE_MS]:
            integers[row, HOUR], integers[row, LEARNED] = hour, 0
            floats[row] = 0.0
        elif hour > integers[row, HOUR]:
            _learn(integers[row], floats[row], settings)
            integers[row, HOUR] = hour
        integers[row, SEEN] = at_ms[i]
        ready = integers[row, LEARNED] >= settings[WARM_UP]
        for feature in range(values.shape[1]):
            at = feature * MOMENTS
            x = math.log1p(values[i, feature]) if values[i, feature] > 0 else 0.0
            floats[row, at + PEAK] = max(floats[row, at + PEAK], np.float32(x))
            if ready:
                spread = max(math.sqrt(floats[row, at + VARIANCE]), settings[FLOOR])
                out[0, i, feature] = (x - floats[row, at + MEAN]) / spread
                out[1, i, feature] = floats[row, at + MEAN]
