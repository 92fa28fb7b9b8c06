"""Wangiri: a dear number rings many subscribers once; some call back and are kept on the line.

Plain: one to three numbers of a revenue-share range ring hundreds within an hour. Evasive: a dozen or more numbers of
several ranges, a few rings an hour each, over days, some of them for two cycles of the tone. Two to five in a hundred
call back (reference figure of the field). Money: what the call-backs cost; the rings themselves cost nothing.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.frauds.scene import Range, Scene, ranges
from ringfence.simulation.outcomes import Answering, outcomes
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.traffic import ATTEMPT, CALL, FOREIGN, HOME, Floats, Ints, Traffic

_RINGING = Answering(answered=0.02, busy=0.04, absent=0.09, failed=0.005, unallocated=0.01)
_HELD = Answering(answered=0.985, busy=0.005, absent=0, failed=0.005, unallocated=0, pick_up_s=1.5)


def commit(scene: Scene) -> Traffic:
    """Return the traffic of one episode."""
    callers, prices, starts, which = _evasive(scene) if scene.is_evasive else _plain(scene)
    victims = scene.rng.choice(scene.society.mobiles(), len(starts))
    rings = _rings(scene, callers[which], victims, starts)
    return Traffic.concat([rings, _call_backs(scene, rings, prices[which])])


def _callers(scene: Scene, choice: list[Range], n: int) -> tuple[Ints, Floats]:
    which = np.arange(n) % len(choice)
    free = np.array([r.free for r in choice])[which]
    prefix = np.array([r.prefix for r in choice])[which]
    tail = (scene.rng.random(n) * 10**free).astype(np.int64)
    return prefix * 10**free + tail, np.array([r.price for r in choice])[which]


def _reach(scene: Scene, median: float) -> int:
    """Return how many subscribers are rung: no more than one in five of the country."""
    return int(scene.about(median, 0.7, 60, max(80, scene.plan.subscribers / 5)))


def _plain(scene: Scene) -> tuple[Ints, Floats, Ints, Ints]:
    length = scene.about(0.6, 0.6, 0.15, 4) * HOUR_MS
    start = scene.begin(length + HOUR_MS)
    callers, prices = _callers(scene, ranges(scene, 1), scene.between(1, 3))
    n = _reach(scene, 260)
    starts = np.sort(start + (scene.rng.random(n) * length).astype(np.int64))
    return callers, prices, starts, scene.rng.integers(0, len(callers), n)


def _evasive(scene: Scene) -> tuple[Ints, Floats, Ints, Ints]:
    days = scene.between(2, 5)
    start = scene.begin(days * DAY_MS)
    callers, prices = _callers(scene, ranges(scene, scene.between(2, 4)), scene.between(8, 30))
    starts = scene.moments(start, days, _reach(scene, 220), "people")
    return callers, prices, starts, scene.rng.integers(0, len(callers), len(starts))


def _rings(scene: Scene, caller: Ints, victims: Ints, starts: Ints) -> Traffic:
    n = len(starts)
    outcome = outcomes(scene.rng, n, _RINGING, 3, setup_s=4.5)
    longest_s = scene.rng.uniform(3, 12) if scene.is_evasive else scene.rng.uniform(1.5, 4)
    once = (scene.rng.uniform(0.7, longest_s, n) * 1_000).astype(np.int64)
    outcome["ring"] = np.where(outcome["kind"] == ATTEMPT, 0, once)
    outcome["cause"] = np.where(outcome["kind"] == CALL, 16, outcome["cause"])
    return Traffic.of(
        n,
        start=starts,
        caller=caller,
        entity=caller,
        origin=FOREIGN,
        callee=scene.society.people.number[victims],
        callee_sub=victims,
        target=HOME,
        **outcome,
    )


def _call_backs(scene: Scene, rings: Traffic, prices: Floats) -> Traffic:
    """Return the calls of those who wonder who it was, and their money."""
    willing = scene.rng.uniform(0.02, 0.05)
    rows = np.flatnonzero((scene.rng.random(len(rings)) < willing) & (rings["kind"] == CALL))
    if len(rows) < 2:  # somebody always does
        rows = scene.rng.choice(np.flatnonzero(rings["kind"] == CALL)[: len(rings) // 2], 2)
    rows = np.concatenate([rows, scene.rng.choice(rows, len(rows) // 4)])  # some try twice
    wait = scene.rng.lognormal(np.log(9), 1.4, len(rows)) * 60_000
    outcome = outcomes(scene.rng, len(rows), _HELD, 55, setup_s=6)
    return Traffic.of(
        len(rows),
        start=rings.end[rows] + wait.astype(np.int64) + 8_000,
        caller=rings["callee"][rows],
        caller_sub=rings["callee_sub"][rows],
        callee=rings["caller"][rows],
        entity=rings["caller"][rows],
        target=FOREIGN,
        money=world.money(outcome["duration"], prices[rows]),
        **outcome,
    )
