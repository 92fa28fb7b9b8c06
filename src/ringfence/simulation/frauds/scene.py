"""What every fraud needs: when it happens, whose SIMs it uses, and what its calls look like to the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ringfence.simulation import numbers, world
from ringfence.simulation.outcomes import Answering, outcomes
from ringfence.simulation.plan import DAY_MS, FRAUDS, HOUR_MS, Plan
from ringfence.simulation.rhythm import code, pick_times, queue
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import FOREIGN, HOME, Floats, Ints, Traffic

EPISODES_PER_SUBSCRIBER_DAY: Final = 3 / 35_000  # of each variant of each fraud
_SIMS_PER_EPISODE: Final = 150
_SIMS_PER_FRAUD: Final = 900_000

PUMPED: Final = Answering(answered=0.95, busy=0.01, absent=0.0, failed=0.02, unallocated=0.005, pick_up_s=2.0)


def how_many(plan: Plan, name: str) -> int:
    """Return how many episodes of a variant a plan has: at least one, and three or more at 5,000 x 7 days."""
    expected = plan.subscribers * plan.days * EPISODES_PER_SUBSCRIBER_DAY
    rng = plan.rng(f"episodes {name}")
    spare = int(rng.binomial(2, 0.4)) if expected >= 1 else 0
    return max(1, int(expected) + int(rng.random() < expected % 1)) + spare


@dataclass(frozen=True, slots=True)
class Sims:
    """SIMs in the fraudster's hands: numbers, IMSIs and the handsets they are in."""

    number: Ints
    imsi: Ints
    imei: Ints


@dataclass(frozen=True, slots=True)
class Scene:
    """One episode to be: the country, the innocents' traffic, its own random numbers, and which variant."""

    society: Society
    innocents: Traffic
    rng: np.random.Generator
    is_evasive: bool
    fraud: str
    number: int

    @property
    def plan(self) -> Plan:
        """The plan that the episode is part of."""
        return self.society.plan

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def about(self, median: float, spread: float, low: float, high: float) -> float:
        """Return a lognormal size with this median, kept within limits."""
        return float(np.clip(self.rng.lognormal(np.log(median), spread), low, high))

    def begin(self, length_ms: float, weekend_share: float = 0.0) -> int:
        """Return when the episode begins: any hour, seldom on the first day, early enough to happen mostly.

        With `weekend_share` the beginning falls between Friday 18 h and Monday 8 h that often, where the plan has
        such a time.
        """
        end = self.plan.end_ms
        last = max(end - min(length_ms, end * 0.6), end * 0.1)
        first = DAY_MS if last > DAY_MS and self.rng.random() < 0.9 else 0
        hours = np.arange(first, last, HOUR_MS / 4)
        if weekend_share and self.rng.random() < weekend_share:
            weekday = (self.plan.start.weekday() * DAY_MS + hours) % (7 * DAY_MS)
            at_weekend = hours[(weekday >= 4 * DAY_MS + 18 * HOUR_MS) | (weekday < 8 * HOUR_MS)]
            hours = at_weekend if len(at_weekend) else hours
        return int(self.rng.choice(hours)) + self.between(0, HOUR_MS // 4)

    def sims(self, n: int, tacs: Ints = numbers.PHONE_TACS) -> Sims:
        """Return n SIMs of this episode's own, each in a handset of its own."""
        block = FRAUDS.index(self.fraud) * _SIMS_PER_FRAUD + self.is_evasive * (_SIMS_PER_FRAUD // 2)
        first = (self.number * _SIMS_PER_EPISODE) % (_SIMS_PER_FRAUD // 2 - _SIMS_PER_EPISODE)
        index = numbers.FRAUD_SIMS + block + first + np.arange(n)
        return Sims(numbers.mobile(index), numbers.imsi(index), numbers.imei(self.rng, n, tacs))

    def place(self) -> tuple[float, float]:
        """Return a spot in a city, the larger the likelier."""
        weights = np.array([city.thousands for city in world.CITIES], dtype=np.float64)
        city = world.CITIES[int(self.rng.choice(len(world.CITIES), p=weights / weights.sum()))]
        return city.latitude + self.rng.normal(0, 0.03), city.longitude + self.rng.normal(0, 0.05)

    def cells(self, place: tuple[float, float], n: int, spread_km: float = 0.0) -> Ints:
        """Return the serving cells of n events near a place; one in six strays to a neighbour."""
        rng = self.rng
        stray = (rng.random(n) < 0.16) * 0.008 + spread_km / 111
        return world.cell(
            np.zeros(n, dtype=np.int64),
            place[0] + rng.normal(0, 1, n) * stray,
            place[1] + rng.normal(0, 1, n) * stray * 1.6,
        )

    def waves(self, start: int, length_ms: float, mean_gap_ms: float, held: float) -> Ints:
        """Return ascending moments in a stretch: one channel's calls, each after the last one's length and a gap."""
        n = int(length_ms / (mean_gap_ms + held)) + 1
        gaps = self.rng.exponential(mean_gap_ms, n) + self.rng.exponential(held, n) * 0.2
        moments: Ints = (start + np.cumsum(gaps + held * 0.8) - gaps[0] - held * 0.8).astype(np.int64)
        return moments

    def days(self, start: int, days: int, n: int) -> Ints:
        """Return the days of n events, of some days from a start on, without those after the plan's end."""
        day: Ints = start // DAY_MS + self.rng.integers(0, days, n)
        day[:1] = start // DAY_MS  # so that there is one
        return day[day < self.plan.days]

    def moments(self, start: int, days: int, n: int, rhythm: str) -> Ints:
        """Return up to n ascending moments by a rhythm, in some days from a start on: what the plan's end leaves.

        What falls before the start is on the last day instead, so that no hour is busier for it.
        """
        day = self.days(start, days, n)
        at = pick_times(self.rng, self.plan, day, np.full(len(day), code(rhythm)))
        at = np.sort(np.where(at < start, at + days * DAY_MS, at))
        inside = at[at < self.plan.end_ms]
        return inside if len(inside) else np.array([start], dtype=np.int64)

    def repeats(self, n: int, share: float) -> tuple[Ints, Ints]:
        """Return which of n events go to someone again, and each one's earlier event: the first is none."""
        again: Ints = np.flatnonzero(self.rng.random(n) < share)
        again = again[again > 0]
        return again, (self.rng.random(len(again)) * again).astype(np.int64)

    def one_after_the_other(self, start: Ints, outcome: dict[str, Any], gap_ms: int = 3_000) -> Ints:
        """Return the starts of one channel's calls, moved on so that none overlaps the one before."""
        return queue(start, outcome["setup"] + outcome["ring"] + outcome["duration"], gap_ms)


@dataclass(frozen=True, slots=True)
class Range:
    """A revenue-share number range: its prefix, its free digits, EUR a minute."""

    prefix: int
    free: int
    price: float


def ranges(scene: Scene, n: int) -> list[Range]:
    """Return n ranges as resellers advertise them."""
    return [Range(*world.pick_range(scene.rng)) for _ in range(n)]


def pumped_numbers(scene: Scene, choice: list[Range], n: int, each: int) -> tuple[Ints, Floats]:
    """Return n destinations and their prices, spread over ranges of which each lends some numbers."""
    which = scene.rng.integers(0, len(choice), n)
    number = np.zeros(n, dtype=np.int64)
    for place, r in enumerate(choice):
        rows = np.flatnonzero(which == place)
        number[rows] = world.numbers_in(scene.rng, r.prefix, r.free, len(rows), each)
    return number, np.array([r.price for r in choice])[which]


def pumping(
    scene: Scene, starts: Ints, choice: list[Range], median_s: float, spread: float, each: int, cap_s: float = 0
) -> Traffic:
    """Return one channel's calls into revenue-share ranges, with their money and without their caller."""
    n = len(starts)
    outcome = outcomes(scene.rng, n, PUMPED, median_s, setup_s=5.0, spread=spread)
    if cap_s:
        ceiling = (cap_s * scene.rng.uniform(0.8, 1.0, n) * 1_000).astype(np.int64)
        outcome["duration"] = np.minimum(outcome["duration"], ceiling)
    callee, price = pumped_numbers(scene, choice, n, each)
    return Traffic.of(
        n,
        start=scene.one_after_the_other(starts, outcome),
        callee=callee,
        target=FOREIGN,
        origin=HOME,
        money=world.money(outcome["duration"], price),
        **outcome,
    )


def from_sim(scene: Scene, traffic: Traffic, sims: Sims, which: int | Ints, **place: Any) -> Traffic:
    """Return the traffic as made from SIMs, which are its entities; `place` are columns (cell, visited)."""
    return traffic.having(
        caller=sims.number[which],
        entity=sims.number[which],
        caller_imsi=sims.imsi[which],
        device=sims.imei[which],
        visited=place.pop("visited", numbers.HOME_PLMN),
        **place,
    )
