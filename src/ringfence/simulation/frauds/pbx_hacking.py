"""PBX hacking: an intruder's calls from a business's own extensions to dear destinations.

Plain: a scan of destinations first, then several calls at once at night or on a weekend, some short and some long.
Evasive: in office hours, from several extensions among their ordinary calls, a few an hour over days. Money: the
wholesale price of the minutes, which the business is billed for.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.firms import Pbx
from ringfence.simulation.frauds.scene import Range, Scene, pumping, ranges
from ringfence.simulation.outcomes import Answering, outcomes
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.rhythm import code, pick_times
from ringfence.simulation.traffic import FOREIGN, Ints, Traffic

_SCANNED = Answering(answered=0.12, busy=0.05, absent=0.02, failed=0.3, unallocated=0.25)


def commit(scene: Scene) -> Traffic:
    """Return the traffic of one episode."""
    exchanges = scene.society.firms.exchanges
    pbx = exchanges[int(scene.rng.integers(len(exchanges)))]
    return _evasive(scene, pbx) if scene.is_evasive else _plain(scene, pbx)


def _at(pbx: Pbx, traffic: Traffic, extension: int | Ints) -> Traffic:
    """Return the traffic as coming from extensions, which are its entities."""
    return traffic.having(
        caller=pbx.numbers[extension],
        account=pbx.account,
        device=-pbx.devices[extension],
        entity=-pbx.devices[extension],
        trunk_in=pbx.trunk,
    )


def _scan(scene: Scene, start: int, n: int, gap_s: float) -> Traffic:
    """Return tries at many destinations, most of which fail or are cut at once."""
    starts = start + np.cumsum(scene.rng.exponential(gap_s * 1_000, n)).astype(np.int64)
    outcome = outcomes(scene.rng, n, _SCANNED, 5, setup_s=3.5, spread=0.4)
    country = world.pick_country(scene.rng, n, "family")
    dear = scene.rng.random(n) < 0.5
    tried = ranges(scene, max(2, n // 3))
    which = scene.rng.integers(0, len(tried), n)
    free = np.array([r.free for r in tried])[which]
    number = np.array([r.prefix for r in tried])[which] * 10**free
    number += (scene.rng.random(n) * 10**free).astype(np.int64)
    price = np.where(dear, np.array([r.price for r in tried])[which], world.PRICES[country])
    return Traffic.of(
        n,
        start=scene.one_after_the_other(starts, outcome, 500),
        callee=np.where(dear, number, world.foreign_numbers(scene.rng, country)),
        target=FOREIGN,
        money=world.money(outcome["duration"], price),
        **outcome,
    )


def _closed(scene: Scene, length_ms: float) -> int:
    """Return a beginning outside office hours: most often a weekend, else a late evening or night."""
    begin = scene.begin(length_ms, weekend_share=0.65)
    clock = begin % DAY_MS
    if scene.plan.weekday(begin // DAY_MS) < 5 and 7 * HOUR_MS < clock < 19 * HOUR_MS:
        begin = begin - clock + 20 * HOUR_MS + scene.between(0, 5 * HOUR_MS)
    return min(begin, scene.plan.end_ms - 2 * HOUR_MS)


def _plain(scene: Scene, pbx: Pbx) -> Traffic:
    length = scene.about(5, 0.6, 1, 40) * HOUR_MS
    start = _closed(scene, length)
    extension = int(scene.rng.integers(len(pbx.numbers)))
    choice: list[Range] = ranges(scene, scene.between(1, 5))
    parts = [_scan(scene, start, scene.between(5, 45), scene.about(20, 0.7, 4, 120))]
    after = int(parts[0].end[-1]) + scene.between(2, 90) * 60_000
    for _ in range(scene.between(2, 8)):
        median_s = scene.about(300, 0.9, 25, 1_500)  # channels differ: some burn numbers with short calls
        starts = scene.waves(after, length * scene.rng.uniform(0.4, 1), 45_000, median_s * 1_500)
        parts.append(pumping(scene, starts, choice, median_s, 0.5, each=scene.between(5, 60)))
    return _at(pbx, Traffic.concat(parts), extension)


def _evasive(scene: Scene, pbx: Pbx) -> Traffic:
    days = scene.between(2, 4)
    start = scene.begin(days * DAY_MS)
    extensions = scene.rng.choice(len(pbx.numbers), min(len(pbx.numbers), scene.between(2, 5)), replace=False)
    choice = ranges(scene, scene.between(3, 8))
    each = scene.between(4, 60)
    parts = []
    for extension in extensions.tolist():
        n = max(3, int(scene.rng.poisson(scene.about(9, 0.4, 4, 24) * days)))
        day = scene.days(start, days, n)
        working = np.array([scene.plan.weekday(d) < 5 for d in range(scene.plan.days)])[day]
        day = np.where(working, day, np.maximum(day - 2, 0))
        starts = np.sort(pick_times(scene.rng, scene.plan, day, np.full(len(day), code("office"))))
        calls = pumping(scene, starts, choice, scene.about(200, 0.4, 60, 420), 0.35, each=each, cap_s=540)
        parts.append(_at(pbx, calls, extension))
    return Traffic.concat(parts)
