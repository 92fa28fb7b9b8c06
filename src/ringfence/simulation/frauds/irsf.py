"""International revenue share fraud: SIMs pump minutes into ranges whose owner pays the fraudster a share.

Plain: a test call or two to an advertised number, later several long calls at once, most often from Friday night to
Monday morning (four in five, XINTEC). Evasive: more SIMs and ranges, one call at a time and below five minutes, by
day, among ordinary calls. Money: the wholesale price of the minutes, which the operator owes its carrier.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.frauds.scene import Range, Scene, Sims, from_sim, pumping, ranges
from ringfence.simulation.numbers import HOME_PLMN
from ringfence.simulation.outcomes import PEOPLE, outcomes
from ringfence.simulation.plan import HOUR_MS
from ringfence.simulation.traffic import DOMESTIC, HOME, Ints, Traffic

_MINUTE = 60_000


def commit(scene: Scene) -> Traffic:
    """Return the traffic of one episode."""
    return _evasive(scene) if scene.is_evasive else _plain(scene)


def _access(scene: Scene, n: int) -> Sims:
    """Return SIMs got by fraud, or one that was stolen from a subscriber and is in another phone now."""
    sims = scene.sims(n)
    if n > 1 or scene.rng.random() < 0.5:
        return sims
    people, mobiles = scene.society.people, scene.society.mobiles()
    quiet = mobiles[people.calls[mobiles] <= np.quantile(people.calls[mobiles], 0.3)]  # who misses the SIM late
    victim = scene.rng.choice(quiet, 1)
    return Sims(people.number[victim], people.imsi[victim], sims.imei)


def _site(scene: Scene, n: int, place: tuple[float, float], abroad: int) -> dict[str, Ints]:
    """Return serving columns near a place at home, or in a country where the SIMs roam."""
    if abroad < 0:
        return {"cell": scene.cells(place, n), "visited": np.full(n, HOME_PLMN)}
    there = world.COUNTRIES[abroad]
    stray = scene.rng.normal(0, 0.004, (2, n))
    return {
        "cell": world.cell(np.full(n, abroad + 1), there.latitude + stray[0], there.longitude + stray[1]),
        "visited": np.full(n, there.plmn),
        "roaming": np.ones(n, dtype=np.int64),
    }


def _plain(scene: Scene) -> Traffic:
    length = scene.about(7, 0.7, 1, 48) * HOUR_MS
    start = scene.begin(length, weekend_share=0.8)
    sims = _access(scene, 1 + int(scene.rng.geometric(0.5)) // 2)
    choice = ranges(scene, scene.between(1, 3))
    median_s = scene.about(11, 0.5, 4, 40) * 60
    channels = scene.between(2, 6)
    abroad = int(world.pick_country(scene.rng, 1, "holiday")[0]) if scene.rng.random() < 0.35 else -1
    place = scene.place()
    parts = [_tests(scene, start, sims, choice, place, abroad)]
    for sim in range(len(sims.number)):
        for _ in range(channels):
            delay = int(scene.rng.exponential(12 * _MINUTE))
            starts = scene.waves(start + delay, length * scene.rng.uniform(0.5, 1), 40_000, median_s * 1_500)
            calls = pumping(scene, starts, choice, median_s, 0.35, each=scene.between(4, 40))
            parts.append(from_sim(scene, calls, sims, sim, **_site(scene, len(calls), place, abroad)))
    return Traffic.concat(parts)


def _tests(
    scene: Scene, start: int, sims: Sims, choice: list[Range], place: tuple[float, float], abroad: int
) -> Traffic:
    """Return the test calls: short, minutes to hours before the attack."""
    n = scene.between(1, 3)
    ahead = np.sort(scene.rng.lognormal(np.log(70), 1.2, n))[::-1] * _MINUTE
    starts = np.maximum(start - ahead, 0).astype(np.int64)
    calls = pumping(scene, starts, choice, 12, 0.4, each=3)
    return from_sim(scene, calls, sims, 0, **_site(scene, n, place, abroad))


def _evasive(scene: Scene) -> Traffic:
    days = scene.between(1, 4)
    start = scene.begin(days * 24 * HOUR_MS, weekend_share=0.4)
    sims = scene.sims(scene.between(2, 8))
    choice = ranges(scene, scene.between(3, 9))
    per_day = scene.about(14, 0.5, 5, 40)
    median_s = scene.about(170, 0.25, 90, 250)
    each = scene.between(4, 60)
    parts = []
    for sim in range(len(sims.number)):
        place = scene.place()
        n = max(2, int(scene.rng.poisson(per_day * days * scene.rng.uniform(0.6, 1.4))))
        starts = scene.moments(start, days, n, "people")
        calls = pumping(scene, starts, choice, median_s, 0.25, each=each, cap_s=297)
        cover = ordinary(scene, np.sort(scene.rng.choice(starts, max(2, n // 2))) + 21 * _MINUTE)
        both = Traffic.concat([calls, cover])
        parts.append(from_sim(scene, both, sims, sim, cell=scene.cells(place, len(both), 1.5)))
    return Traffic.concat(parts)


def ordinary(scene: Scene, starts: Ints) -> Traffic:
    """Return calls to Dutch parties for cover, without their caller: part of the fraud, and costing nothing."""
    n = len(starts)
    callee, subscriber = scene.society.anyone(scene.rng, n, 0.3)
    outcome = outcomes(scene.rng, n, PEOPLE, 60)
    return Traffic.of(
        n,
        start=scene.one_after_the_other(starts, outcome),
        callee=callee,
        callee_sub=subscriber,
        target=np.where(subscriber >= 0, HOME, DOMESTIC),
        **outcome,
    )
