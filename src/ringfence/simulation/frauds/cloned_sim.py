"""Cloned SIM: two phones answer to one IMSI, in two places.

Plain: the clone calls a lot from another city, also while the subscriber is in a call. Evasive: a few calls a day
from cells near the subscriber's, hardly ever at the same time, now and then from too far. One in three shows the
subscriber's own IMEI. Up to half of the clone's calls go to a number that it called before. Money: what its calls cost.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.frauds.scene import Scene, Sims, from_sim
from ringfence.simulation.numbers import PHONE_TACS, imei
from ringfence.simulation.outcomes import PEOPLE, outcomes
from ringfence.simulation.plan import DAY_MS
from ringfence.simulation.traffic import DOMESTIC, FOREIGN, HOME, Bools, Ints, Traffic

_DOMESTIC_PRICE = 0.06  # EUR a minute


def commit(scene: Scene) -> Traffic:
    """Return the traffic of one episode."""
    days = scene.between(2, 5)
    start = scene.begin(days * DAY_MS)
    victim = _victim(scene)
    people = scene.society.people
    own = scene.innocents.take((scene.innocents["caller_sub"] == victim) & (scene.innocents["kind"] == 0))
    own = own.take((own["start"] >= start) & (own["start"] < start + days * DAY_MS))
    per_day = scene.about(7, 0.4, 3, 14) if scene.is_evasive else scene.about(30, 0.5, 14, 90)
    starts = _moments(scene, start, days, per_day, own)
    calls = _made(scene, starts)
    if scene.is_evasive:
        calls = calls.take(_apart(calls, own) | (scene.rng.random(len(calls)) < 0.06))
    own_handset = people.imei[[victim]]  # a third of the clones copy that too, as the first cloners did
    shown = own_handset if scene.rng.random() < 1 / 3 else imei(scene.rng, 1, PHONE_TACS)
    clone = Sims(people.number[[victim]], people.imsi[[victim]], shown)
    return from_sim(scene, calls, clone, 0, cell=_cells(scene, victim, len(calls)))


def _victim(scene: Scene) -> int:
    """Return a subscriber who calls as much as most or more: a clone of a silent SIM is another fraud."""
    mobiles = scene.society.mobiles()
    calls = scene.society.people.calls[mobiles]
    return int(scene.rng.choice(mobiles[calls >= np.quantile(calls, 0.5)]))


def _moments(scene: Scene, start: int, days: int, per_day: float, own: Traffic) -> Ints:
    n = max(3, int(scene.rng.poisson(per_day * days)))
    starts = scene.moments(start, days, n, "people")
    talking = own.take(own["duration"] > 20_000)
    if not scene.is_evasive and len(talking):
        during = scene.rng.choice(len(talking), min(len(talking), max(2, n // 6)), replace=False)
        into = scene.rng.uniform(0.1, 0.7, len(during)) * talking["duration"][during]
        answered = talking["start"] + talking["setup"] + talking["ring"]
        starts = np.concatenate([starts, answered[during] + into.astype(np.int64)])
    return np.sort(starts)


def _made(scene: Scene, starts: Ints) -> Traffic:
    n = len(starts)
    rng = scene.rng
    country = rng.choice(world.pick_country(rng, 3, "family"), n)
    abroad = rng.random(n) < (0.3 if scene.is_evasive else 0.5)
    callee, subscriber = scene.society.anyone(rng, n, 0.3)
    callee = np.where(abroad, world.foreign_numbers(rng, country), callee)
    subscriber = np.where(abroad, -1, subscriber)
    again, before = scene.repeats(n, rng.uniform(0, 0.5))
    for column in (country, abroad, callee, subscriber):
        column[again] = column[before]
    outcome = outcomes(rng, n, PEOPLE, 110, setup_s=np.where(abroad, 5.5, 2.6))
    price = np.where(abroad, world.PRICES[country], _DOMESTIC_PRICE)
    return Traffic.of(
        n,
        start=scene.one_after_the_other(starts, outcome),
        callee=callee,
        callee_sub=subscriber,
        target=np.where(abroad, FOREIGN, np.where(subscriber >= 0, HOME, DOMESTIC)),
        money=world.money(outcome["duration"], price),
        **outcome,
    )


def _apart(calls: Traffic, own: Traffic) -> Bools:
    """Return which calls do not overlap one of the subscriber's own."""
    starts, ends = own["start"], own.end
    clash = (calls["start"][:, None] < ends[None, :]) & (calls.end[:, None] > starts[None, :])
    return np.asarray(~clash.any(axis=1))


def _cells(scene: Scene, victim: int, n: int) -> Ints:
    people = scene.society.people
    home = (float(people.latitude[victim]), float(people.longitude[victim]))
    far = scene.place()
    if not scene.is_evasive:
        while np.hypot(far[0] - home[0], (far[1] - home[1]) * 0.62) * 111 < 60:
            far = scene.place()
        return scene.cells(far, n, 1.0)
    km = scene.about(6, 0.5, 2, 15) / 111
    near = (home[0] + km * scene.rng.choice([-1, 1]), home[1] + km * scene.rng.choice([-1, 1]))
    now_and_then = scene.rng.random(n) < 0.12
    return np.where(now_and_then, scene.cells(far, n, 1.0), scene.cells(near, n, 0.5))
