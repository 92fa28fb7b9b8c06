"""Businesses on the phone: exchanges with their extensions, and call centres in both directions.

Office hours and a lunch dip; customers come back by a power of their rank; firms that trade abroad call the same
partners, some at the partners' hours, and sit in long conference calls. Outbound centres reach hundreds of different
people a day, most of whom do not answer or soon hang up: the innocent heavy callers that naive rules accuse.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.firms import Centre, Pbx
from ringfence.simulation.outcomes import OFFICE, PEOPLE, Answering, outcomes, talk
from ringfence.simulation.plan import Plan
from ringfence.simulation.rhythm import code, day_weights, pick_days, pick_times, spread
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import DOMESTIC, FOREIGN, HOME, Bools, Ints, Traffic

_ABROAD: Final = 0.14
_CONFERENCES: Final = 0.02
_LATE: Final = 0.02  # calls after hours, by those who work late
_PER_SEAT: Final = 70


def exchanges(society: Society) -> Traffic:
    """Return the outgoing and incoming calls of all PBXs."""
    rng = society.plan.rng("exchanges")
    parts = []
    for pbx in society.firms.exchanges:
        size = len(pbx.numbers)
        patrons = society.anyone(rng, size * 25, 0.3)
        for is_outgoing, volume in ((True, 1.0), (False, 1.15)):
            weights = pbx.weights / pbx.weights.sum()
            busy_days = float(day_weights(society.plan, code(pbx.rhythm)).sum())
            n = int(rng.poisson(pbx.per_day * size * volume * busy_days))
            extension = rng.choice(size, n, p=weights)
            starts = _hours(rng, society.plan, pbx, n)
            parts.append(_of_extensions(rng, society, pbx, extension, starts, patrons, is_outgoing))
    return Traffic.concat(parts)


def _hours(rng: np.random.Generator, plan: Plan, pbx: Pbx, n: int) -> Ints:
    starts = spread(rng, plan, n, pbx.rhythm)
    late = rng.random(n) < _LATE
    return np.where(late, starts + (rng.random(n) * 7 * 3_600_000).astype(np.int64), starts)


def _of_extensions(
    rng: np.random.Generator,
    society: Society,
    pbx: Pbx,
    extension: Ints,
    starts: Ints,
    patrons: tuple[Ints, Ints],
    is_outgoing: bool,
) -> Traffic:
    n = len(extension)
    other, subscriber, side = _others(rng, society, pbx, n, patrons)
    outcome = outcomes(rng, n, OFFICE if is_outgoing else PEOPLE, pbx.median_s, setup_s=2.2)
    sits = (rng.random(n) < _CONFERENCES) & outcome["answered"]
    outcome["duration"] = np.where(sits, talk(rng, n, 2_400, 0.25), outcome["duration"])
    shown = np.where(rng.random(n) < (0.75 if is_outgoing else 0.6), pbx.numbers[extension], pbx.main)
    if is_outgoing:
        return Traffic.of(
            n, start=starts, caller=shown, callee=other, callee_sub=subscriber, target=side, account=pbx.account,
            device=-pbx.devices[extension], trunk_in=pbx.trunk, **outcome,
        )  # fmt: skip
    served_here = subscriber < 0  # a call from our own mobile is seen at the mobile
    return Traffic.of(
        n, start=starts, caller=other, caller_sub=subscriber, origin=side, callee=shown, trunk_out=pbx.trunk,
        device=np.where(served_here, -pbx.devices[extension], 0), **outcome,
    )  # fmt: skip


def _others(
    rng: np.random.Generator, society: Society, pbx: Pbx, n: int, patrons: tuple[Ints, Ints]
) -> tuple[Ints, Ints, Ints]:
    """Return the other parties: patrons come back, some are new, and partners sit abroad."""
    rank = np.minimum((rng.random(n) ** 2.2 * len(patrons[0])).astype(np.int64), len(patrons[0]) - 1)
    new = society.anyone(rng, n, 0.3)
    is_new = rng.random(n) < 0.3
    number = np.where(is_new, new[0], patrons[0][rank])
    subscriber = np.where(is_new, new[1], patrons[1][rank])
    side = np.where(subscriber >= 0, HOME, DOMESTIC)
    if len(pbx.partners):
        abroad = rng.random(n) < _ABROAD
        number = np.where(abroad, rng.choice(pbx.partners, n), number)
        subscriber = np.where(abroad, -1, subscriber)
        side = np.where(abroad, FOREIGN, side)
    return number, subscriber, side


def centres(society: Society) -> Traffic:
    """Return the calls of call centres: outbound ones with a second and third try, inbound ones."""
    rng = society.plan.rng("centres")
    parts = []
    for centre in society.firms.centres:
        if centre.is_inbound:
            parts.append(_inbound(rng, society, centre))
        else:
            parts += _outbound(rng, society, centre)
    return Traffic.concat(parts)


def _inbound(rng: np.random.Generator, society: Society, centre: Centre) -> Traffic:
    n = int(rng.poisson(centre.per_day * day_weights(society.plan, code("shop")).sum()))
    caller, subscriber = society.anyone(rng, n, 0.4)
    answering = Answering(answered=0.93, busy=0.03, absent=0, failed=0.01, unallocated=0, pick_up_s=3)
    outcome = outcomes(rng, n, answering, centre.median_s, setup_s=1.8)
    return Traffic.of(
        n, start=spread(rng, society.plan, n, "shop"), caller=caller, caller_sub=subscriber,
        origin=np.where(subscriber >= 0, HOME, DOMESTIC), callee=rng.choice(centre.numbers, n),
        trunk_out=centre.trunk, **outcome,
    )  # fmt: skip


def _outbound(rng: np.random.Generator, society: Society, centre: Centre) -> list[Traffic]:
    """Return a campaign: each person is called, and tried again hours later when nobody answered."""
    plan = society.plan
    weights = day_weights(plan, code("sales"))
    n = int(rng.poisson(centre.per_day * weights.sum() / 1.5))
    callee, subscriber = society.anyone(rng, n, 0.35)
    day = pick_days(rng, (weights + 1e-9)[None, :], np.zeros(n, dtype=np.int64))
    starts = pick_times(rng, plan, day, np.full(n, code("sales")))
    parts = []
    for _ in range(3):
        calls = _dialled(rng, centre, callee, subscriber, starts)
        parts.append(calls)
        again: Bools = ~calls["answered"] & (rng.random(len(calls)) < 0.45)
        callee, subscriber = callee[again], subscriber[again]
        later = calls["start"][again] + (rng.uniform(0.5, 4, len(callee)) * 3_600_000).astype(np.int64)
        too_late = later % 86_400_000 > 21 * 3_600_000
        starts = np.where(too_late, later + 13 * 3_600_000, later)
    return parts


def _dialled(rng: np.random.Generator, centre: Centre, callee: Ints, subscriber: Ints, starts: Ints) -> Traffic:
    n = len(callee)
    answering = Answering(answered=centre.answered, busy=0.04, absent=0.09, unallocated=0.015, patience_s=22)
    outcome: dict[str, Any] = outcomes(rng, n, answering, centre.median_s, setup_s=2.4, spread=0.75)
    return Traffic.of(
        n, start=starts, caller=rng.choice(centre.numbers, n), callee=callee, callee_sub=subscriber,
        target=np.where(subscriber >= 0, HOME, DOMESTIC), account=centre.account, trunk_in=centre.trunk, **outcome,
    )  # fmt: skip


def reminders(society: Society) -> Traffic:
    """Return rounds of calls that a practice, school or club makes from one extension: everyone on a list, once."""
    plan = society.plan
    rng = plan.rng("reminders")
    parts = []
    firms = society.firms.exchanges
    for _ in range(int(rng.poisson(len(firms) * plan.days / 60)) + 1):
        pbx = firms[int(rng.integers(len(firms)))]
        n = int(np.clip(rng.lognormal(np.log(60), 0.6), 15, 300))
        callee, subscriber = society.anyone(rng, n, 0.35)
        day = int(rng.integers(plan.days))
        begin = day * 86_400_000 + int(rng.uniform(8.5, 13) * 3_600_000)
        starts = begin + np.cumsum(rng.exponential(75_000, n)).astype(np.int64)
        extension = int(rng.integers(len(pbx.numbers)))
        outcome = outcomes(rng, n, Answering(answered=0.6, busy=0.04), 32, setup_s=2.2)
        parts.append(
            Traffic.of(
                n, start=starts, caller=pbx.main, callee=callee, callee_sub=subscriber, account=pbx.account,
                target=np.where(subscriber >= 0, HOME, DOMESTIC), device=-pbx.devices[extension],
                trunk_in=pbx.trunk, **outcome,
            )
        )  # fmt: skip
    return Traffic.concat(parts)


def trade_fair(society: Society) -> Traffic:
    """Return exporters' busy days: one extension calls many new numbers of one country, in office hours."""
    plan = society.plan
    rng = plan.rng("trade fair")
    traders = [pbx for pbx in society.firms.exchanges if len(pbx.partners)]
    parts = []
    for _ in range(int(rng.poisson(len(traders) * plan.days / 25)) if traders else 0):
        pbx = traders[int(rng.integers(len(traders)))]
        n = int(np.clip(rng.lognormal(np.log(22), 0.6), 8, 120))
        country = world.pick_country(rng, 1, "trade" if rng.random() < 0.6 else "family")
        first = int(rng.integers(plan.days))
        starts = np.sort(spread(rng, plan, n, "office", first, first + 1))
        outcome = outcomes(rng, n, OFFICE, 130, setup_s=5)
        extension = int(rng.integers(len(pbx.numbers)))
        parts.append(
            Traffic.of(
                n, start=starts, caller=pbx.numbers[extension], device=-pbx.devices[extension], account=pbx.account,
                trunk_in=pbx.trunk, callee=world.foreign_numbers(rng, np.repeat(country, n)), target=FOREIGN,
                **outcome,
            )
        )  # fmt: skip
    return Traffic.concat(parts)
