"""Ordinary people doing odd things, none of it fraud: what a detector must learn to live with.

How often each happens is an assumption, and generous: in 5,000 subscribers and a week a handful of each.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ringfence.simulation import oddities_abroad as far
from ringfence.simulation.outcomes import PEOPLE, STRANGERS, Answering, outcomes
from ringfence.simulation.persons import shapes
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.rhythm import spread
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import DOMESTIC, HOME, MESSAGE, Ints, Traffic

_PER = 35_000  # subscriber-days that the rates below refer to


def oddities(society: Society) -> Traffic:
    """Return all odd but innocent traffic."""
    parts: list[Traffic] = []
    for name, (rate, happen) in _ODD.items():
        rng = society.plan.rng(f"odd {name}")
        times = rng.poisson(rate * society.plan.subscribers * society.plan.days / _PER)
        for _ in range(int(times)):
            parts += happen(rng, society)
    return Traffic.concat(parts)


def _one(rng: np.random.Generator, society: Society) -> int:
    return int(rng.choice(society.mobiles()))


def _moment(rng: np.random.Generator, society: Society, low_h: float, high_h: float) -> int:
    """Return a moment on some day between two hours."""
    return int(rng.integers(society.plan.days)) * DAY_MS + int(rng.uniform(low_h, high_h) * HOUR_MS)


def _calls(
    rng: np.random.Generator, society: Society, who: int, starts: Ints, to: tuple[Ints, Ints],
    answering: Answering = PEOPLE, median_s: float = 60,
) -> Traffic:  # fmt: skip
    return Traffic.of(
        len(starts), start=starts, caller=society.people.number[who], caller_sub=who, callee=to[0],
        callee_sub=to[1], target=np.where(to[1] >= 0, HOME, DOMESTIC),
        **outcomes(rng, len(starts), answering, median_s),
    )  # fmt: skip


def _messages(
    rng: np.random.Generator, society: Society, who: int, starts: Ints, to: tuple[Ints, Ints], same: float
) -> Traffic:
    n = len(starts)
    shape = np.where(rng.random(n) < same, shapes(rng, 1)[0], shapes(rng, n))
    return Traffic.of(
        n, kind=MESSAGE, start=starts, caller=society.people.number[who], caller_sub=who, callee=to[0],
        callee_sub=to[1], target=np.where(to[1] >= 0, HOME, DOMESTIC), shape=shape,
        segments=1 + rng.integers(0, 3, n),
    )  # fmt: skip


def new_job(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let someone, from one day on, call a new circle in office hours."""
    who, first = _one(rng, society), int(rng.integers(society.plan.days))
    circle = society.anyone(rng, int(rng.integers(15, 60)), 0.3)
    n = int(rng.poisson(rng.uniform(4, 22) * (society.plan.days - first)))
    which = rng.integers(0, len(circle[0]), n)
    yield _calls(rng, society, who, spread(rng, society.plan, n, "office", first), (circle[0][which], circle[1][which]))


def wedding(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Fill two days with calls and messages to everyone one knows, the same invitation to most."""
    who, day = _one(rng, society), int(rng.integers(society.plan.days))
    guests = society.anyone(rng, int(rng.integers(40, 150)), 0.35)
    n = len(guests[0])
    starts = spread(rng, society.plan, n, "texts", day, day + 2)
    yield _messages(rng, society, who, np.sort(starts), guests, 0.8)
    called = rng.choice(n, n // 2, replace=False)
    starts = spread(rng, society.plan, len(called), "people", day, day + 2)
    yield _calls(rng, society, who, np.sort(starts), (guests[0][called], guests[1][called]))


def small_campaign(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let a one-person business work through its list of customers, by phone or by message."""
    who = _one(rng, society)
    n = int(np.clip(rng.lognormal(np.log(120), 0.6), 50, 700))
    people = society.anyone(rng, n, 0.35)
    day = int(rng.integers(society.plan.days))
    if rng.random() < 0.5:
        starts = spread(rng, society.plan, n, "sales", day, day + int(rng.integers(1, 4)))
        yield _calls(rng, society, who, np.sort(starts), people, STRANGERS, 35)
    else:
        begin = _moment(rng, society, 9, 19)
        starts = begin + np.cumsum(rng.exponential(rng.uniform(4_000, 30_000), n)).astype(np.int64)
        yield _messages(rng, society, who, starts, people, 0.95)


def broken_phone(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let a phone in a pocket, or an app gone wrong, dial the same number again and again."""
    who = _one(rng, society)
    n = int(np.clip(rng.lognormal(np.log(140), 0.8), 40, 900))
    starts = _moment(rng, society, 0, 24) + np.cumsum(rng.exponential(45_000, n) + 9_000).astype(np.int64)
    to = society.anyone(rng, 1, 0.4)
    yield _calls(rng, society, who, starts, (np.repeat(to[0], n), np.repeat(to[1], n)), Answering(answered=0.12), 5)


def emergency(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let a family, at night, call each other, many times in an hour or two, with those abroad among them."""
    who = _one(rng, society)
    ties = society.ties
    n = int(rng.integers(10, 45))
    tie = ties.pick(rng, np.full(n, who))
    starts = np.sort(_moment(rng, society, 1, 5) + rng.exponential(1.1 * HOUR_MS, n)).astype(np.int64)
    outgoing = rng.random(n) < 0.6
    own, other = society.people.number[who], ties.number[tie]
    yield Traffic.of(
        n, start=starts, caller=np.where(outgoing, own, other), callee=np.where(outgoing, other, own),
        caller_sub=np.where(outgoing, who, ties.subscriber[tie]), target=np.where(outgoing, ties.side[tie], HOME),
        callee_sub=np.where(outgoing, ties.subscriber[tie], who), origin=np.where(outgoing, HOME, ties.side[tie]),
        **outcomes(rng, n, Answering(answered=0.6), 120),
    )  # fmt: skip


def television_vote(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let thousands call one number in minutes: short, most of them busy."""
    n = int(society.plan.subscribers * rng.uniform(0.005, 0.03))
    who = rng.choice(society.mobiles(), n)
    starts = _moment(rng, society, 20, 22) + (rng.gamma(2, 3, n) * 60_000).astype(np.int64)
    number = 31_909_0000 + int(rng.integers(1_000, 9_999))
    yield Traffic.of(
        n, start=starts, caller=society.people.number[who], caller_sub=who, callee=number, target=DOMESTIC,
        **outcomes(rng, n, Answering(answered=0.55, busy=0.35, absent=0, pick_up_s=2), 14, spread=0.2),
    )  # fmt: skip


def repair_shop(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let one handset test the SIMs of many customers, with a call or two each."""
    who = rng.choice(society.mobiles(), int(rng.integers(5, 18)), replace=False)
    handset = society.people.imei[_one(rng, society)]
    row = np.repeat(who, rng.integers(1, 3, len(who)))
    starts = spread(rng, society.plan, len(row), "shop")
    yield Traffic.of(
        len(row), start=starts, caller=society.people.number[row], caller_sub=row, callee=31_612_001_200,
        device=handset, **outcomes(rng, len(row), Answering(answered=0.9), 12),
    )  # fmt: skip


def open_line(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let two people leave the line open for hours, evening after evening."""
    who = _one(rng, society)
    n = int(rng.integers(2, 2 + society.plan.days * 2))
    tie = society.ties.pick(rng, np.repeat(who, 1))[0]
    to = (np.repeat(society.ties.number[tie], n), np.repeat(society.ties.subscriber[tie], n))
    starts = np.sort(spread(rng, society.plan, n, "texts"))
    calls = _calls(rng, society, who, starts, to, Answering(answered=0.9), 6_000)
    yield calls.having(target=int(society.ties.side[tie]))


def phone_tree(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Let a parent tell a club or class something: the same message to all, once or twice."""
    who = _one(rng, society)
    members = society.anyone(rng, int(rng.integers(12, 70)), 0.35)
    for _ in range(int(rng.integers(1, 3))):
        starts = _moment(rng, society, 8, 22) + np.cumsum(rng.exponential(2_500, len(members[0])))
        yield _messages(rng, society, who, starts.astype(np.int64), members, 1.0)


def gateway(rng: np.random.Generator, society: Society) -> Iterator[Traffic]:
    """Run a firm's lawful fixed mobile terminal: some SIMs at one place that only call out, all day, to many."""
    home = _one(rng, society)
    team = rng.choice(society.mobiles(), int(rng.integers(2, 6)), replace=False)
    people = society.people
    latitude, longitude = people.latitude[home], people.longitude[home]
    for who in team.tolist():
        n = int(rng.poisson(rng.uniform(12, 40) * society.plan.days * 0.7))
        to = society.anyone(rng, n, 0.3)
        starts = np.sort(spread(rng, society.plan, n, "office"))
        calls = _calls(rng, society, who, starts, to, PEOPLE, 70)
        yield calls.having(cell=far.cell_at(latitude, longitude))


_ODD = {
    "new job": (7.0, new_job),
    "wedding": (2.0, wedding),
    "small campaign": (3.0, small_campaign),
    "broken phone": (2.0, broken_phone),
    "emergency": (4.0, emergency),
    "television vote": (0.7, television_vote),
    "repair shop": (0.8, repair_shop),
    "open line": (4.0, open_line),
    "phone tree": (7.0, phone_tree),
    "gateway": (0.5, gateway),
    "premium": (30.0, far.premium),
    "dear number": (14.0, far.dear_number),
    "sailor": (1.5, far.sailor),
    "foreign caller": (1.5, far.foreign_caller),
    "beeping": (25.0, far.beeping),
    "new friend abroad": (4.0, far.new_friend),
    "crisis at home": (1.5, far.crisis),
}
