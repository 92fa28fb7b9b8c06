"""Call selling: minutes of lines that nobody will pay for, resold to people who call home cheaply.

Plain: a few lines got with a false identity, used through conference and forwarding by several customers at once,
from noon to midnight, to a few countries. Evasive: fewer and shorter calls by day, one at a time, with domestic calls
between them. Up to half of a line's calls go to a number again: customers come back to call the same family. Money:
the wholesale price of the minutes.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.frauds.irsf import ordinary
from ringfence.simulation.frauds.scene import Scene, from_sim
from ringfence.simulation.numbers import HOME_PLMN
from ringfence.simulation.outcomes import Answering, outcomes
from ringfence.simulation.plan import DAY_MS
from ringfence.simulation.traffic import FOREIGN, HOME, Ints, Traffic

_SOLD = Answering(answered=0.66, busy=0.05, absent=0.05, failed=0.02, unallocated=0.01)


def commit(scene: Scene) -> Traffic:
    """Return the traffic of one episode."""
    evasive = scene.is_evasive
    days = scene.between(2, 5)
    start = scene.begin(days * DAY_MS)
    sims = scene.sims(scene.between(2, 4) if evasive else scene.between(2, 7))
    place = scene.place()
    countries = _countries(scene, scene.between(2, 5) if evasive else scene.between(1, 3))
    per_day = scene.about(9, 0.3, 5, 18) if evasive else scene.about(38, 0.4, 18, 110)
    channels = 1 if evasive else scene.between(1, 4)
    regulars = scene.rng.uniform(0, 0.5)
    parts = []
    for sim in range(len(sims.number)):
        for _ in range(channels):
            starts = _moments(scene, start, days, per_day / channels)
            calls = _sold(scene, starts, countries, 240 if evasive else 480, regulars)
            if evasive and len(starts):
                cover = ordinary(scene, np.sort(scene.rng.choice(starts, max(1, len(starts) // 2))) + 1_500_000)
                calls = Traffic.concat([calls, cover])
            parts.append(from_sim(scene, calls, sims, sim, cell=scene.cells(place, len(calls), 0.3)))
    made = Traffic.concat(parts)
    return Traffic.concat([made, _returned(scene, made)])


def _returned(scene: Scene, made: Traffic) -> Traffic:
    """Return calls back to the lines by those whom the customers did not reach: innocent, now and then answered."""
    share = scene.rng.uniform(0, 0.25)
    rows = np.flatnonzero((scene.rng.random(len(made)) < share) & (made["duration"] == 0) & (made["target"] == FOREIGN))
    called = made.take(rows)
    outcome = outcomes(scene.rng, len(rows), Answering(answered=scene.rng.uniform(0.1, 0.6)), 30, setup_s=5)
    return Traffic.of(
        len(rows),
        start=called.end + (scene.rng.lognormal(np.log(20), 1.2, len(rows)) * 60_000).astype(np.int64),
        caller=called["callee"],
        origin=FOREIGN,
        callee=called["caller"],
        callee_imsi=called["caller_imsi"],
        device=called["device"],
        cell=called["cell"],
        visited=HOME_PLMN,
        target=HOME,
        **outcome,
    )


def _countries(scene: Scene, n: int) -> Ints:
    """Return where the customers call home to: countries with families here and dear minutes."""
    picked = world.pick_country(scene.rng, 60, "family")
    dear = picked[world.PRICES[picked] > 0.08]
    return np.array(list(dict.fromkeys(dear.tolist()))[:n], dtype=np.int64)


def _moments(scene: Scene, start: int, days: int, per_day: float) -> Ints:
    n = max(1, int(scene.rng.poisson(per_day * days)))
    return scene.moments(start, days, n, "shop" if scene.is_evasive else "night")


def _sold(scene: Scene, starts: Ints, countries: Ints, median_s: float, regulars: float) -> Traffic:
    n = len(starts)
    country = scene.rng.choice(countries, n)
    callee = world.foreign_numbers(scene.rng, country)
    again, before = scene.repeats(n, regulars)
    country[again], callee[again] = country[before], callee[before]
    outcome = outcomes(scene.rng, n, _SOLD, median_s, setup_s=6, spread=0.5)
    return Traffic.of(
        n,
        start=scene.one_after_the_other(starts, outcome),
        callee=callee,
        target=FOREIGN,
        money=world.money(outcome["duration"], world.PRICES[country] * 1.1),
        **outcome,
    )
