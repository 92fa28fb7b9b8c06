"""The subscribers: people with mobiles, fixed lines at home, machines; what each is like.

Activity is heavy-tailed (Seshadri et al. 2008, doi:10.1145/1401890.1401963: calls, talk time and partners of a
customer are double-Pareto lognormal; here lognormal); people keep rhythms of their own (Aledavood et al. 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ringfence.simulation import numbers, world
from ringfence.simulation.plan import HOUR_MS, Plan
from ringfence.simulation.rhythm import code
from ringfence.simulation.traffic import Bools, Floats, Ints

MOBILE, LANDLINE, MACHINE = 0, 1, 2
_SHARES: Final = (0.86, 0.09, 0.05)
NEVER: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Population:
    """One row a subscriber, in columns; index = subscriber. Rates are a day, places in degrees."""

    kind: Ints
    number: Ints
    imsi: Ints
    imei: Ints
    other_imei: Ints  # the phone after `swap_ms`, or every now and then when `is_dual`
    swap_ms: Ints
    is_dual: Bools
    city: Ints
    latitude: Floats
    longitude: Floats
    rhythm: Ints
    shift_ms: Ints
    calls: Floats  # calls a day on ties of one's own, in both directions
    texts: Floats  # messages a day on ties of one's own, in both directions
    circle: Ints  # ties of one's own
    median_s: Floats
    spread: Floats
    homeland: Ints  # country of the family abroad, -1 none
    trade: Ints  # 0 a private person, 1 courier or taxi, 2 a one-person business

    def __len__(self) -> int:
        return len(self.number)

    def of_kind(self, kind: int) -> Ints:
        """Return the subscribers of a kind."""
        return np.flatnonzero(self.kind == kind)

    def handset(self, subscriber: Ints, at_ms: Ints) -> Ints:
        """Return the IMEI that each subscriber uses at each moment, 0 for a fixed line."""
        swapped = at_ms >= self.swap_ms[subscriber]
        turn = (at_ms // (5 * HOUR_MS) * 2_654_435_761 + subscriber * 40_503) % 97 < 30
        other = swapped | (self.is_dual[subscriber] & turn)
        return np.where(other, self.other_imei[subscriber], self.imei[subscriber])


def _places(rng: np.random.Generator, n: int) -> tuple[Ints, Floats, Floats]:
    weights = np.array([c.thousands for c in world.CITIES], dtype=np.float64)
    city = rng.choice(len(world.CITIES), size=n, p=weights / weights.sum()).astype(np.int64)
    size = np.sqrt(weights / 920)[city]  # a city's radius grows with the root of its people
    scale = np.where(rng.random(n) < 0.3, 0.11, 0.045) * (0.4 + 0.6 * size)  # three in ten live in the country
    latitude = np.array([c.latitude for c in world.CITIES])[city] + rng.normal(0, 1, n) * scale
    longitude = np.array([c.longitude for c in world.CITIES])[city] + rng.normal(0, 1, n) * scale * 1.6
    return city, np.clip(latitude, 50.76, 53.5), np.clip(longitude, 3.4, 7.2)


def _handsets(rng: np.random.Generator, plan: Plan, kind: Ints) -> tuple[Ints, Ints, Ints, Bools]:
    n = len(kind)
    imei = numbers.imei(rng, n, numbers.PHONE_TACS)
    machine = numbers.imei(rng, n, numbers.MACHINE_TACS)
    imei = np.where(kind == MACHINE, machine, np.where(kind == LANDLINE, 0, imei))
    mobiles = np.flatnonzero(kind == MOBILE)
    shared = mobiles[rng.random(len(mobiles)) < 0.012]  # two SIMs of a family in one dual-SIM phone or tablet
    imei[shared] = imei[rng.choice(mobiles, len(shared))]
    clones = mobiles[rng.random(len(mobiles)) < 0.002]  # cheap phones that all carry one IMEI
    if len(clones):
        imei[clones] = numbers.luhn(np.array([35_909_305_123_456]))[0]
    other = numbers.imei(rng, n, numbers.PHONE_TACS)
    swaps = (kind == MOBILE) & (rng.random(n) < 1 - 0.9993**plan.days)  # a phone lives about four years
    swap_ms = np.where(swaps, rng.integers(0, plan.end_ms, n), NEVER)
    dual = (kind == MOBILE) & (rng.random(n) < 0.02)
    return imei, np.where(kind == MOBILE, other, imei), swap_ms, dual


def populate(plan: Plan) -> Population:
    """Return the subscribers of a plan."""
    rng = plan.rng("population")
    n = plan.subscribers
    kind = rng.choice(3, size=n, p=_SHARES).astype(np.int64)
    city, latitude, longitude = _places(rng, n)
    imei, other, swap_ms, dual = _handsets(rng, plan, kind)
    landline = kind == LANDLINE
    mobile = kind == MOBILE
    family = mobile & (rng.random(n) < 0.12)
    homeland = np.where(family, world.pick_country(rng, n, "family"), -1)
    trade = np.where(mobile, rng.choice(3, size=n, p=[0.955, 0.02, 0.025]), 0).astype(np.int64)
    rhythm = np.where(mobile & (rng.random(n) < 0.05), code("night"), code("people"))
    rhythm = np.where(trade > 0, code("shop"), rhythm)
    calls = np.exp(rng.normal(np.log(2.1), 0.95, n)) * np.where(landline, 0.7, 1.0) * (kind != MACHINE)
    calls *= np.choose(trade, [1.0, 7.0, 3.5])
    texts = np.where(mobile, np.exp(rng.normal(np.log(0.12), 1.35, n)), 0.0)
    circle = np.exp(rng.normal(np.log(20), 0.6, n)) * np.choose(trade, [1, 9, 4])
    return Population(
        kind=kind,
        number=np.where(landline, numbers.fixed(rng, world.AREAS[city]), numbers.mobile(np.arange(n))),
        imsi=np.where(landline, 0, numbers.imsi(np.arange(n))),
        imei=imei,
        other_imei=other,
        swap_ms=swap_ms,
        is_dual=dual,
        city=city,
        latitude=latitude,
        longitude=longitude,
        rhythm=rhythm,
        shift_ms=(np.clip(rng.normal(0, 0.9, n), -2, 2.5) * HOUR_MS).astype(np.int64),
        calls=np.minimum(calls, 60.0),
        texts=np.minimum(texts, 40.0),
        circle=np.clip(circle, 2, 400).astype(np.int64) * (kind != MACHINE),
        median_s=np.exp(rng.normal(np.log(68), 0.4, n)) * np.where(landline, 1.8, 1.0),
        spread=np.clip(rng.normal(0.58, 0.06, n), 0.4, 0.75),
        homeland=homeland,
        trade=trade,
    )
