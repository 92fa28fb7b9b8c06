"""The loop of the two-places detector: each event against the last few of the same SIM.

References:
    US patent 5335265 (1994): overlapping calls, and distance over time, of one subscriber.
    R. W. Sinnott (1984), Virtues of the haversine: distance on a sphere.

"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from ringfence.detectors.cells import NOWHERE
from ringfence.events.prefetch import prefetch
from ringfence.events.tables import NEAR

RECENT = 4  # events of a SIM that are remembered
# integers of a SIM: last seen, the place of the next event, its device, the one before that, when it changed, how often
# it soon changed back and when it last did, impossible journeys and when the last was, then the events
SEEN, NEXT, DEVICE, BEFORE, CHANGED, CHANGES, CHANGED_BACK, JOURNEYS, JOURNEYED, FIRST = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
START, END, CELL, LAT, LON, EACH = 0, 1, 2, 3, 4, 5
INTEGERS = FIRST + RECENT * EACH
OVERLAP, TRAVEL, DEVICES = 1, 2, 3
CLAIM, EXCESS, DISTANCE_KM, APART_MS, OUT = 0, 1, 2, 3, 4  # columns of the output
OVERLAP_MS, FLOOR_KM, GROUND_KMH, TRAVEL_FLOOR_KM, TRAVEL_KMH, IDLE_MS = 0, 1, 2, 3, 4, 5  # limits
MOST_CHANGES, SOON_MS, MOST_JOURNEYS, WITHIN_MS = 6, 7, 8, 9
HOUR_MS = 3_600_000.0
EARTH_KM = 6371.0


@numba.njit(nogil=True, cache=True)
def distance_km(lat: int, lon: int, other_lat: int, other_lon: int) -> float:
    """Return the distance between two places in thousandths of a degree; -1 where one is not known."""
    if min(lat, other_lat) == NOWHERE:
        return -1.0
    a, b = math.radians(lat / 1000.0), math.radians(other_lat / 1000.0)
    across = math.sin(math.radians((lon - other_lon) / 1000.0) / 2.0)
    along = math.sin((a - b) / 2.0)
    h = along * along + math.cos(a) * math.cos(b) * across * across
    return 2.0 * EARTH_KM * math.asin(math.sqrt(min(1.0, h)))


@numba.njit(nogil=True, cache=True)
def _compare(
    event: NDArray[np.int64], other: NDArray[np.int64], limits: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write the claim that two events of one SIM make together, if it exceeds the one already written.

    The excess is the distance over what is allowed; 1 where the calls overlap in different cells of unknown place.
    """
    if event[CELL] == other[CELL]:
        return
    apart = abs(event[START] - other[START])
    overlap = min(event[END], other[END]) - max(event[START], other[START])
    distance = distance_km(event[LAT], event[LON], other[LAT], other[LON])
    overlaps = overlap > limits[OVERLAP_MS]
    if distance < 0.0:
        excess = 1.0 if overlaps else 0.0
    elif overlaps:
        excess = distance / (limits[FLOOR_KM] + limits[GROUND_KMH] * apart / HOUR_MS)
    else:
        excess = distance / (limits[TRAVEL_FLOOR_KM] + limits[TRAVEL_KMH] * apart / HOUR_MS)
    if excess >= 1.0 and excess > out[EXCESS]:
        out[CLAIM] = OVERLAP if overlaps else TRAVEL
        out[EXCESS], out[DISTANCE_KM] = excess, distance
        out[APART_MS] = overlap if overlaps else apart


@numba.njit(nogil=True, cache=True)
def _alternate(
    sim: NDArray[np.int64], device: int, at_ms: int, limits: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Count how often a SIM went back to the device that it had come from: one SIM changes its device once."""
    if device == 0 or device == sim[DEVICE]:
        return
    if device == sim[BEFORE] and at_ms - sim[CHANGED] <= limits[SOON_MS]:
        sim[CHANGES] = sim[CHANGES] + 1 if at_ms - sim[CHANGED_BACK] <= limits[WITHIN_MS] else 1
        sim[CHANGED_BACK] = at_ms
        excess = sim[CHANGES] / limits[MOST_CHANGES]
        if excess > 1.0 and excess > out[EXCESS]:
            out[CLAIM], out[EXCESS] = DEVICES, excess
            out[DISTANCE_KM], out[APART_MS] = -1.0, sim[CHANGES]
    sim[CHANGED] = at_ms
    sim[BEFORE] = sim[DEVICE]
    sim[DEVICE] = device


@numba.njit(nogil=True, cache=True)
def _journey(
    sim: NDArray[np.int64], event: NDArray[np.int64], limits: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Compare an event with the last few of its SIM, then remember it.

    The claim of an impossible journey is held back until there are several: one wrong cell makes one there and back.
    """
    for recent in range(RECENT):
        at = FIRST + recent * EACH
        if sim[at + CELL] != 0:
            _compare(event, sim[at : at + EACH], limits, out)
    at = FIRST + sim[NEXT] * EACH
    sim[at : at + EACH] = event
    sim[NEXT] = (sim[NEXT] + 1) % RECENT
    if out[CLAIM] != TRAVEL:
        return
    sim[JOURNEYS] = sim[JOURNEYS] + 1 if event[END] - sim[JOURNEYED] <= limits[WITHIN_MS] else 1
    sim[JOURNEYED] = event[END]
    if sim[JOURNEYS] <= limits[MOST_JOURNEYS]:
        out[:] = 0.0


@numba.njit(nogil=True, cache=True)
def compare_places(
    slots: NDArray[np.int64],
    events: NDArray[np.int64],
    devices: NDArray[np.int64],
    integers: NDArray[np.int64],
    limits: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Compare events in order with the last few of their SIM, then remember them.

    slots: row of the SIM, -1 for none; events: (n, EACH), cell 0 for none; devices: 0 for none; integers: of all SIMs;
    out: (n, OUT), all 0 before: claim (0 for none), excess over what is allowed, distance (-1 unknown), and the time
    apart, the overlap or the number of changes.
    """
    count = slots.shape[0]
    for i in range(count):
        if i + NEAR < count and slots[i + NEAR] >= 0:
            ahead = np.int64(integers.ctypes.data) + slots[i + NEAR] * integers.strides[0]
            for line in range(0, integers.strides[0], 64):
                prefetch(ahead + line)
        row, event = slots[i], events[i]
        if row < 0:
            continue
        sim = integers[row]
        if event[END] - sim[SEEN] > limits[IDLE_MS]:
            sim[NEXT:] = 0
        sim[SEEN] = event[END]
        if event[CELL] != 0:
            _journey(sim, event, limits, out[i])
        _alternate(sim, devices[i], event[END], limits, out[i])


@numba.njit(cache=True)
def compare_one(
    slots: NDArray[np.int64],
    events: NDArray[np.int64],
    devices: NDArray[np.int64],
    integers: NDArray[np.int64],
    limits: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Do what `compare_places` does for one event, and keep the interpreter's lock: it is too short to give away."""
    compare_places(slots, events, devices, integers, limits, out)
