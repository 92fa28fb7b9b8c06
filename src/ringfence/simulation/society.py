"""The country as all its parts know it: subscribers, their travels, their ties, and who is not ours.

Ties: a few contacts take most calls (Saramaki et al. 2014, doi:10.1073/pnas.1308540110: the first three of a person's
contacts about half of all calls); weights fall with rank by a power. Most contacts of a customer are with other
operators; ties between customers are mostly inside a city (Onnela et al. 2007, doi:10.1073/pnas.0610245104).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ringfence.simulation import numbers, world
from ringfence.simulation.firms import Firms, open_firms
from ringfence.simulation.movement import Movement, travel
from ringfence.simulation.plan import Plan
from ringfence.simulation.population import LANDLINE, MOBILE, Population, populate
from ringfence.simulation.traffic import DOMESTIC, FOREIGN, HOME, Floats, Ints, Names

_ON_NET: Final = 0.30
_SAME_CITY: Final = 0.7
_RANK_POWER: Final = 0.95


@dataclass(frozen=True, slots=True)
class Ties:
    """Who keeps in touch with whom: one row a tie, in order of its owner and then of rank.

    `up_to` is the weight of all ties up to and including this one, so that owner i's ties fill (i, i + 1].
    """

    owner: Ints
    number: Ints
    subscriber: Ints  # -1 when the contact is not ours
    side: Ints  # HOME, DOMESTIC or FOREIGN
    up_to: Floats

    def pick(self, rng: np.random.Generator, owner: Ints) -> Ints:
        """Return a tie (row) of each of these owners, the close ones oftener."""
        place = owner + 1e-9 + rng.random(len(owner)) * (1 - 2e-9)
        return np.minimum(np.searchsorted(self.up_to, place), len(self.owner) - 1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Society:
    """What every part of the simulation reads and none changes. `names` alone grows, and only with texts."""

    plan: Plan
    people: Population
    movement: Movement
    ties: Ties
    off_net: Ints  # other operators' Dutch numbers that our customers deal with
    firms: Firms
    names: Names

    def anyone(self, rng: np.random.Generator, n: int, on_net: float) -> tuple[Ints, Ints]:
        """Return n Dutch parties (number, subscriber or -1) drawn evenly: ours by this share, else off-net."""
        callable_ones = np.flatnonzero(self.people.kind != 2)
        ours = rng.choice(callable_ones, n)
        theirs = self.off_net[rng.integers(0, len(self.off_net), n)]
        is_ours = rng.random(n) < on_net
        return np.where(is_ours, self.people.number[ours], theirs), np.where(is_ours, ours, -1)

    def mobiles(self) -> Ints:
        """Return the subscribers with a mobile, people only."""
        return self.people.of_kind(MOBILE)


def _neighbours(rng: np.random.Generator, people: Population, owner: Ints) -> Ints:
    """Return another subscriber for each owner, mostly of the same city."""
    callable_ones = np.concatenate([people.of_kind(MOBILE), people.of_kind(LANDLINE)])
    order = callable_ones[np.argsort(people.city[callable_ones], kind="stable")]
    cities = people.city[order]
    first = np.searchsorted(cities, people.city[owner], side="left")
    count = np.maximum(np.searchsorted(cities, people.city[owner], side="right") - first, 1)
    near = order[np.minimum(first + (rng.random(len(owner)) * count).astype(np.int64), len(order) - 1)]
    far = rng.choice(order, len(owner))
    return np.where(rng.random(len(owner)) < _SAME_CITY, near, far)


def _tie(rng: np.random.Generator, people: Population, off_net: Ints) -> Ties:
    circle = people.circle
    owner = np.repeat(np.arange(len(people)), circle)
    n = len(owner)
    rank = np.arange(n) - np.repeat(np.cumsum(circle) - circle, circle)
    weight = 1.0 / (rank + 1.0) ** _RANK_POWER * rng.gamma(2.0, 0.5, n)
    homeland = people.homeland[owner]
    trader = people.trade[owner] > 0
    abroad = rng.random(n) < np.where(homeland >= 0, 0.35, np.where(trader, 0.012, 0.008))
    country = np.where(homeland >= 0, homeland, world.pick_country(rng, n, "trade"))
    mate = _neighbours(rng, people, owner)
    on_net = (rng.random(n) < _ON_NET) & (mate != owner)
    side = np.where(abroad, FOREIGN, np.where(on_net, HOME, DOMESTIC))
    stranger = off_net[rng.integers(0, len(off_net), n)]
    number = np.where(abroad, world.foreign_numbers(rng, country), np.where(on_net, people.number[mate], stranger))
    total = np.bincount(owner, weights=weight, minlength=len(people))
    before = np.concatenate([[0.0], np.cumsum(weight)[:-1]])
    base = np.concatenate([[0.0], np.cumsum(total)[:-1]])
    up_to = owner + np.minimum((before + weight - base[owner]) / total[owner], 1.0)
    return Ties(owner, number, np.where(side == HOME, mate, -1), side, np.maximum.accumulate(up_to))


def found(plan: Plan) -> Society:
    """Return the country of a plan."""
    people = populate(plan)
    rng = plan.rng("ties")
    off_net = numbers.other_domestic(rng, plan.subscribers * 4, world.AREAS)
    names = Names()
    firms = open_firms(plan, names)
    return Society(plan, people, travel(plan, people), _tie(rng, people, off_net), off_net, firms, names)
