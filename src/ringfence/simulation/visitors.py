"""Roamers: visitors from abroad in our network, and what our own people call while they are abroad.

Visitors call home and within the country; their records are ours because our radio serves them. Our own people abroad
call hotels, taxis and each other there, and are called from home, all billed at roaming prices.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.numbers import HOME_PLMN, PHONE_TACS, imei
from ringfence.simulation.outcomes import PEOPLE, outcomes
from ringfence.simulation.persons import shapes
from ringfence.simulation.plan import DAY_MS
from ringfence.simulation.rhythm import code, pick_times
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import DOMESTIC, FOREIGN, HOME, MESSAGE, Ints, Traffic

_VISITORS = 0.03  # of the subscribers, in a week
_PER_DAY = 2.4


def visitors(society: Society) -> Traffic:
    """Return the calls and messages of foreign SIMs in the country."""
    plan = society.plan
    rng = plan.rng("visitors")
    n = max(5, int(plan.subscribers * _VISITORS * (plan.days + 3) / 10))
    country = world.pick_country(rng, n, "trade")
    plmn = world.PLMNS[country]
    pad = 15 - np.where(plmn > 99_999, 6, 5)
    imsi = plmn * 10**pad + (rng.random(n) * 10.0**pad).astype(np.int64)
    number, handset = world.foreign_numbers(rng, country), imei(rng, n, PHONE_TACS)
    stay = np.minimum(1 + rng.geometric(0.35, n), plan.days)
    arrive = rng.integers(-2, plan.days, n)
    count = rng.poisson(_PER_DAY * stay * rng.lognormal(-0.3, 0.8, n))
    who = np.repeat(np.arange(n), count)
    day = arrive[who] + (rng.random(len(who)) * stay[who]).astype(np.int64)
    inside = (day >= 0) & (day < plan.days)
    who, day = who[inside], day[inside]
    starts = pick_times(rng, plan, day, np.full(len(who), code("people")))
    weights = np.array([city.thousands for city in world.CITIES], dtype=np.float64)
    city = rng.choice(len(world.CITIES), n, p=weights / weights.sum())
    return _visits(rng, society, starts, {
        "caller": number[who], "caller_imsi": imsi[who], "device": handset[who],
        "cell": _cells(rng, city[who]), "visited": np.full(len(who), HOME_PLMN),
    }, country[who])  # fmt: skip


def _cells(rng: np.random.Generator, city: Ints) -> Ints:
    latitude = np.array([c.latitude for c in world.CITIES])[city]
    longitude = np.array([c.longitude for c in world.CITIES])[city]
    n = len(city)
    return world.cell(
        np.zeros(n, dtype=np.int64), latitude + rng.normal(0, 0.02, n), longitude + rng.normal(0, 0.03, n)
    )


def _visits(
    rng: np.random.Generator, society: Society, starts: Ints, visitor: dict[str, Ints], country: Ints
) -> Traffic:
    n = len(starts)
    callee, subscriber = society.anyone(rng, n, 0.3)
    home = rng.random(n) < 0.55
    is_message = rng.random(n) < 0.2
    outcome = outcomes(rng, n, PEOPLE, 80, setup_s=4.5)
    for name in ("setup", "ring", "duration", "cause"):
        outcome[name] = np.where(is_message, 0, outcome[name])
    outcome["kind"] = np.where(is_message, MESSAGE, outcome["kind"])
    outcome["answered"] = outcome["answered"] | is_message
    return Traffic.of(
        n, start=starts, callee=np.where(home, world.foreign_numbers(rng, country), callee),
        callee_sub=np.where(home, -1, subscriber), roaming=True, segments=1,
        shape=np.where(is_message, shapes(rng, n), 0),
        target=np.where(home, FOREIGN, np.where(subscriber >= 0, HOME, DOMESTIC)), **visitor, **outcome,
    )  # fmt: skip


def abroad(society: Society) -> Traffic:
    """Return what our people call on the spot while they are abroad."""
    plan, movement = society.plan, society.movement
    rng = plan.rng("abroad")
    arrive, depart = movement.abroad_ms
    away = np.flatnonzero((movement.abroad >= 0) & (depart > 0) & (arrive < plan.end_ms))
    first, last = np.maximum(arrive[away], 0), np.minimum(depart[away], plan.end_ms)
    count = rng.poisson((last - first) / DAY_MS * 1.3)
    row = np.repeat(np.arange(len(away)), count)
    day = ((first[row] + rng.random(len(row)) * (last - first)[row]) // DAY_MS).astype(np.int64)
    starts = pick_times(rng, plan, np.minimum(day, plan.days - 1), np.full(len(row), code("people")))
    here = (starts >= first[row]) & (starts < last[row])
    row, starts = row[here], starts[here]
    who = away[row]
    return Traffic.of(
        len(who), start=starts, caller=society.people.number[who], caller_sub=who,
        callee=world.foreign_numbers(rng, movement.abroad[who]), target=FOREIGN,
        **outcomes(rng, len(who), PEOPLE, 60, setup_s=5),
    )  # fmt: skip
