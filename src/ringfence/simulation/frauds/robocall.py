"""Robocalls: a dialler plays a recording to as many subscribers as it can.

Plain: one calling number, thousands of short calls a day in the hours of the public FTC complaint file, callees in
sequence or at random, most calls below a minute (dialler traffic: mean below 60 s, reference of the field). Evasive:
changing numbers, slower, longer listening. In a third of the episodes each number is used once, else one to five
times, at once or spread over the campaign; half show numbers that resemble the callee's (neighbour spoofing), half any
numbers. Such numbers belong to people who know nothing of it, so the party to act on is the trunk on which the calls
come in: that of the carrier whom a traceback asks first.
Money: an assumed harm of 0.42 EUR an answered call: 10 US cents of time (FCC 2019: 3 bn USD a year at 2.5 bn illegal
calls a month) and 35 of fraud (10.5 bn USD a year lost by consumers over the same calls).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ringfence.simulation import numbers, world
from ringfence.simulation.frauds.scene import Scene
from ringfence.simulation.outcomes import Answering, outcomes
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.serving import DOMESTIC_TRUNKS, SMALL_CARRIERS
from ringfence.simulation.traffic import DOMESTIC, FOREIGN, HOME, Ints, Traffic

HARM_MICROS: Final = 420_000  # EUR per answered call


def commit(scene: Scene) -> Traffic:
    """Return the traffic of one episode."""
    return _evasive(scene) if scene.is_evasive else _plain(scene)


def _dialled(scene: Scene, starts: Ints, victims: Ints, median_s: float, spread: float) -> Traffic:
    n = len(starts)
    answering = Answering(
        answered=scene.rng.uniform(0.15, 0.4), busy=0.04, absent=0.08, failed=0.01, unallocated=0.05, patience_s=17
    )
    outcome = outcomes(scene.rng, n, answering, median_s, setup_s=3, spread=spread)
    return Traffic.of(
        n,
        start=starts,
        callee=scene.society.people.number[victims],
        callee_sub=victims,
        target=HOME,
        money=np.where(outcome["answered"], HARM_MICROS, 0),
        **outcome,
    )


def _plain(scene: Scene) -> Traffic:
    n = int(scene.about(380, 0.6, 150, max(250, scene.plan.subscribers / 4)))
    length = scene.about(4, 0.6, 0.7, 11) * HOUR_MS
    day = scene.begin(length) // DAY_MS
    begin = day * DAY_MS + (8.5 + scene.rng.random() * 8) * HOUR_MS
    starts = np.sort(begin + scene.rng.random(n) * length).astype(np.int64)
    victims = scene.rng.choice(scene.society.mobiles(), n)
    if scene.rng.random() < 0.5:
        victims = victims[np.argsort(scene.society.people.number[victims])]
    is_foreign = scene.rng.random() < 0.3
    caller = _caller(scene, is_foreign)
    calls = _dialled(scene, starts, victims, scene.about(8, 0.4, 3, 22), 0.55)
    return calls.having(caller=caller, entity=caller, origin=FOREIGN if is_foreign else DOMESTIC)


def _caller(scene: Scene, is_foreign: bool) -> int:
    if is_foreign:
        return int(world.foreign_numbers(scene.rng, world.pick_country(scene.rng, 1, "trade"))[0])
    return int(numbers.other_domestic(scene.rng, 1, world.AREAS, 0.4)[0])


def _evasive(scene: Scene) -> Traffic:
    days = scene.between(1, 4)
    start = scene.begin(days * DAY_MS)
    n = int(scene.about(250, 0.5, 100, max(150, scene.plan.subscribers / 5)))
    starts = scene.moments(start, days, n, "dialler")
    n = len(starts)
    victims = scene.rng.choice(scene.society.mobiles(), n)
    calls = _dialled(scene, starts, victims, scene.about(26, 0.3, 14, 50), 0.6)
    trunk = _trunks(scene, n)
    return calls.having(caller=_shown(scene, calls["callee"]), entity=-trunk, trunk_in=trunk, origin=DOMESTIC)


def _shown(scene: Scene, callee: Ints) -> Ints:
    """Return the number that each call shows."""
    rng, n = scene.rng, len(callee)
    most = 1 if rng.random() < 1 / 3 else 5
    number = np.repeat(np.arange(n), rng.integers(1, most + 1, n))[:n]
    if rng.random() < 0.5:
        number = rng.permutation(number)  # used again hours or days later
    _, first, which = np.unique(number, return_index=True, return_inverse=True)
    like = callee[first] // 10_000 * 10_000 + rng.integers(0, 10_000, len(first))
    drawn = numbers.other_domestic(rng, len(first), world.AREAS, 0.6)
    shown: Ints = np.where(rng.random() < 0.5, like, drawn)[which]
    return shown


def _trunks(scene: Scene, n: int) -> Ints:
    """Return the trunks on which the calls come in: one, now and then two, of a small carrier oftener than a large."""
    names, rng = scene.society.names, scene.rng
    used = [
        names.code(str(rng.choice(SMALL_CARRIERS if rng.random() < 0.8 else DOMESTIC_TRUNKS)))
        for _ in range(1 + int(rng.random() < 0.25))
    ]
    return np.array(used, dtype=np.int64)[rng.integers(0, len(used), n)]
