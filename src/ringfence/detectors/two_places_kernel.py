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

RECENT = 4  # events of a SIM that are remembered
SEEN, NEXT, FIRST = 0, 1, 2  # integers of a SIM: last seen, the place of the next event, then the events
START, END, CELL, LAT, LON, EACH = 0, 1, 2, 3, 4, 5
INTEGERS = FIRST + RECENT * EACH
OVERLAP, TRAVEL = 1, 2
CLAIM, EXCESS, DISTANCE_KM, APART_MS, OUT = 0, 1, 2, 3, 4  # columns of the output
OVERLAP_MS, FLOOR_KM, GROUND_KMH, TRAVEL_FLOOR_KM, TRAVEL_KMH, IDLE_MS = 0, 1, 2, 3, 4, 5  # limits
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
def compare_places(
    slots: NDArray[np.int64],
    events: NDArray[np.int64],
    integers: NDArray[np.int64],
    limits: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Compare events in order with the last few of their SIM, then remember them.

    slots: row of the SIM, -1 for none; events: (n, EACH), cell 0 for none; integers: of all SIMs;
    out: (n, OUT): claim (0 for none), excess over what is allowed, distance (-1 unknown), time apart or overlap.
    """
    for i in range(slots.shape[0]):
        out[i] = 0.0
        row, event = slots[i], events[i]
        if row < 0 or event[CELL] == 0:
            continue
        sim = integers[row]
        if event[END] - sim[SEEN] > limits[IDLE_MS]:
            sim[NEXT:] = 0
        for recent in range(RECENT):
            at = FIRST + recent * EACH
            if sim[at + CELL] != 0:
                _compare(event, sim[at : at + EACH], limits, out[i])
        at = FIRST + sim[NEXT] * EACH
        sim[at : at + EACH] = event
        sim[SEEN] = event[END]
        sim[NEXT] = (sim[NEXT] + 1) % RECENT
