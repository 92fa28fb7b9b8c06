"""Firms writing to people: login codes, deliveries, appointments, campaigns and alerts.

Codes follow the day of those who log in; deliveries go out in two waves; campaigns reach thousands in an hour, often in
the order of their numbers, as lists are; some firms write abroad, a few of them suddenly to one country (a launch, an
event): the innocent neighbours of SMS pumping.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.firms import Sender
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.rhythm import code, day_weights, spread
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import DOMESTIC, FOREIGN, HOME, MESSAGE, Ints, Traffic

_RHYTHMS = {
    "login": "people",
    "delivery": "delivery",
    "appointment": "office",
    "marketing": "office",
    "alerts": "always",
}


def mailings(society: Society) -> Traffic:
    """Return the messages of all senders."""
    rng = society.plan.rng("mailings")
    parts = []
    for sender in society.firms.senders:
        parts.append(_ordinary(rng, society, sender))
        if sender.purpose in ("marketing", "alerts"):
            parts.append(_campaigns(rng, society, sender))
        if sender.purpose == "login" and rng.random() < society.plan.days * 0.02:
            parts.append(_launch(rng, society, sender))
    return Traffic.concat(parts)


def _written(
    rng: np.random.Generator, society: Society, sender: Sender, starts: Ints, to: tuple[Ints, Ints, Ints]
) -> Traffic:
    n = len(starts)
    shapes = np.array(sender.shapes, dtype=np.uint64)
    return Traffic.of(
        n, kind=MESSAGE, start=starts, caller=sender.sender, account=sender.account, trunk_in=sender.trunk,
        callee=to[0], callee_sub=to[1], target=to[2], answered=rng.random(n) < 0.98,
        segments=1 + (rng.random(n) < 0.15), shape=shapes[rng.integers(0, len(shapes), n)],
    )  # fmt: skip


def _ordinary(rng: np.random.Generator, society: Society, sender: Sender) -> Traffic:
    plan = society.plan
    rhythm = _RHYTHMS[sender.purpose]
    n = int(rng.poisson(sender.per_day * day_weights(plan, code(rhythm)).sum()))
    callee, subscriber = society.anyone(rng, n, 0.42)
    side = np.where(subscriber >= 0, HOME, DOMESTIC)
    abroad = rng.random(n) < sender.share_abroad
    purpose = "trade" if rng.random() < 0.6 else "family"
    country = world.pick_country(rng, n, purpose)
    to = (
        np.where(abroad, world.foreign_numbers(rng, country), callee),
        np.where(abroad, -1, subscriber),
        np.where(abroad, FOREIGN, side),
    )
    return _written(rng, society, sender, spread(rng, plan, n, rhythm), to)


def _campaigns(rng: np.random.Generator, society: Society, sender: Sender) -> Traffic:
    """Return one mailing in about ten days to a large part of the customers, in an hour or so."""
    plan = society.plan
    parts = []
    for _ in range(int(rng.poisson(plan.days / 10))):
        n = int(plan.subscribers * np.clip(rng.lognormal(np.log(0.06), 0.8), 0.01, 0.4))
        callee, subscriber = society.anyone(rng, n, 0.6)
        order = np.argsort(callee) if rng.random() < 0.5 else np.arange(n)
        begin = int(rng.integers(plan.days)) * DAY_MS + int(rng.uniform(9, 19) * HOUR_MS)
        starts = np.sort(begin + rng.random(n) * rng.uniform(0.1, 1.5) * HOUR_MS).astype(np.int64)
        to = (callee[order], subscriber[order], np.where(subscriber[order] >= 0, HOME, DOMESTIC))
        parts.append(_written(rng, society, sender, starts, to))
    return Traffic.concat(parts)


def _launch(rng: np.random.Generator, society: Society, sender: Sender) -> Traffic:
    """Return a day on which people of one other country sign up."""
    plan = society.plan
    n = int(np.clip(rng.lognormal(np.log(70), 0.6), 20, 600))
    country = np.repeat(world.pick_country(rng, 1, "trade" if rng.random() < 0.5 else "family"), n)
    begin = int(rng.integers(plan.days)) * DAY_MS + int(rng.uniform(8, 20) * HOUR_MS)
    starts = np.sort(begin + rng.gamma(2, 1.2, n) * HOUR_MS).astype(np.int64)
    numbers = world.foreign_numbers(rng, country)
    return _written(rng, society, sender, starts, (numbers, np.full(n, -1), np.full(n, FOREIGN)))
