"""Odd and innocent calls that cost more: premium numbers, wrong numbers abroad, sailors, families in a crisis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.outcomes import PEOPLE, STRANGERS, Answering, outcomes
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.rhythm import spread
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import DOMESTIC, FOREIGN, HOME, Ints, Traffic

_SATELLITE = 870_773_000_000


def cell_at(latitude: float, longitude: float) -> int:
    """Return the code of the home cell at a place."""
    return int(world.cell(np.zeros(1, dtype=np.int64), np.array([latitude]), np.array([longitude]))[0])


def _caller(rng: np.random.Generator, society: Society) -> int:
    return int(rng.choice(society.mobiles()))


def _made(
    rng: np.random.Generator, society: Society, who: int, starts: Ints, callee: Ints | int,
    answering: Answering, median_s: float, side: int = FOREIGN,
) -> Traffic:  # fmt: skip
    return Traffic.of(
        len(starts), start=starts, caller=society.people.number[who], caller_sub=who, callee=callee, target=side,
        **outcomes(rng, len(starts), answering, median_s, setup_s=5.5),
    )  # fmt: skip


def premium(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let someone call a 0900 or 0906 line, once or as a habit."""
    n = int(rng.geometric(0.5)) if rng.random() < 0.85 else int(rng.integers(5, 25))
    prefix = 319_000_000 if rng.random() < 0.7 else 319_060_000
    number = prefix + int(rng.integers(1_000, 9_999))
    starts = np.sort(spread(rng, society.plan, n, "texts"))
    yield _made(rng, society, _caller(rng, society), starts, number, Answering(answered=0.9), 160, side=DOMESTIC)


def dear_number(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Call a wrong number, or a holiday let, where calls are dear: once or twice, now and then for long."""
    prefix, free, _ = world.pick_range(rng)
    number = prefix * 10**free + int(rng.integers(10**free))
    n = int(rng.geometric(0.6))
    starts = np.sort(spread(rng, society.plan, n, "people"))
    median_s = 25 if rng.random() < 0.7 else 400
    yield _made(rng, society, _caller(rng, society), starts, number, PEOPLE, median_s)


def sailor(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Call a ship by satellite, a few times a week."""
    number = _SATELLITE + int(rng.integers(10**6))
    starts = np.sort(spread(rng, society.plan, int(rng.integers(1, 2 + society.plan.days // 2)), "people"))
    yield _made(rng, society, _caller(rng, society), starts, number, PEOPLE, 420)


def new_friend(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let someone without ties abroad suddenly call one foreign number every day, and long."""
    country = world.pick_country(rng, 1, "family")
    number = int(world.foreign_numbers(rng, country)[0])
    first = int(rng.integers(society.plan.days))
    n = int(rng.poisson(2.5 * (society.plan.days - first))) + 1
    starts = np.sort(spread(rng, society.plan, n, "texts", first))
    yield _made(rng, society, _caller(rng, society), starts, number, PEOPLE, 700)


def crisis(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Strike one country with a disaster: all with family there try to reach it for a day, mostly in vain."""
    people = society.people
    families = np.flatnonzero(people.homeland >= 0)
    country = int(people.homeland[rng.choice(families)]) if len(families) else -1
    begin = int(rng.integers(society.plan.days)) * DAY_MS + int(rng.uniform(0, 24) * HOUR_MS)
    for who in families[people.homeland[families] == country].tolist():
        n = int(rng.geometric(0.15))
        known = world.foreign_numbers(rng, np.full(int(rng.integers(1, 7)), country))
        starts = np.sort(begin + rng.gamma(1.5, 4, n) * HOUR_MS).astype(np.int64)
        yield _made(rng, society, who, starts, rng.choice(known, n), Answering(answered=0.3, failed=0.2), 150)


def foreign_caller(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let a lawful centre abroad (an airline, a bank) call hundreds of ours; some who missed it call back."""
    plan = society.plan
    country = world.pick_country(rng, 1, "trade")
    number = int(world.foreign_numbers(rng, country)[0])
    n = int(np.clip(rng.lognormal(np.log(130), 0.6), 40, plan.subscribers / 4))
    who = rng.choice(society.mobiles(), n)
    day = int(rng.integers(plan.days))
    starts = np.sort(spread(rng, plan, n, "sales", day, day + 2))
    calls = Traffic.of(
        n, start=starts, caller=number, origin=FOREIGN, callee=society.people.number[who], callee_sub=who,
        target=HOME, **outcomes(rng, n, STRANGERS, 40, setup_s=5),
    )  # fmt: skip
    yield calls
    back = np.flatnonzero(~calls["answered"] & (rng.random(n) < 0.05))
    wait = (rng.lognormal(np.log(25), 1.2, len(back)) * 60_000).astype(np.int64)
    yield Traffic.of(
        len(back), start=calls.end[back] + wait, caller=calls["callee"][back], caller_sub=who[back],
        callee=number, target=FOREIGN, **outcomes(rng, len(back), Answering(answered=0.85), 70, setup_s=5),
    )  # fmt: skip


def beeping(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let family abroad ring once to save its credit, and be called back: a habit of honest people."""
    people = society.people
    families = np.flatnonzero(people.homeland >= 0)
    if not len(families):
        return
    who = int(rng.choice(families))
    number = int(world.foreign_numbers(rng, people.homeland[[who]])[0])
    n = int(rng.geometric(0.3))
    starts = np.sort(spread(rng, society.plan, n, "texts"))
    once = (rng.uniform(1, 6, n) * 1_000).astype(np.int64)
    yield Traffic.of(
        n, start=starts, setup=4_000, ring=once, answered=False, cause=16, caller=number, origin=FOREIGN,
        callee=people.number[who], callee_sub=who,
    )  # fmt: skip
    yield _made(rng, society, who, starts + rng.integers(40_000, 1_200_000, n), number, PEOPLE, 360)
