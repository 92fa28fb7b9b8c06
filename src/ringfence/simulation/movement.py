"""Where subscribers are: home, work or an outing each day, on the way between them, or abroad.

Days: one destination a day from a truncated power law of distances (Gonzalez, Hidalgo and Barabasi 2008,
doi:10.1038/nature06958) for outings, and a lognormal commute with a mean near the Dutch 20 km (Statistics Netherlands)
for work. Abroad: about one holiday abroad a year of nine days, and day trips over the border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.numbers import HOME_PLMN
from ringfence.simulation.plan import DAY_MS, HOUR_MS, Plan
from ringfence.simulation.population import MOBILE, Population
from ringfence.simulation.traffic import Bools, Floats, Ints

_KM_PER_DEGREE: Final = 111.2
_SPEED_KM_PER_H: Final = 48.0  # door to door, by car or train
_BOARDING_MS: Final = 2.5 * HOUR_MS  # phone off, besides the flight at 800 km/h
_ABROAD_SHARE: Final = 0.027  # away at any moment
_TRIP_DAYS: Final = 8.0


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where events were served: cell code, serving network, abroad or not, and whether the phone was off."""

    cell: Ints
    plmn: Ints
    is_abroad: Bools
    is_off: Bools


@dataclass(frozen=True, slots=True)
class Movement:
    """The travels of each subscriber: a destination a day (rows: subscribers, columns: days) and a trip abroad."""

    home: tuple[Floats, Floats]
    going: tuple[Floats, Floats]
    leave_ms: Ints
    back_ms: Ints
    abroad: Ints  # country, -1 none
    abroad_place: tuple[Floats, Floats]
    abroad_ms: tuple[Ints, Ints]
    flight_ms: Ints  # with the phone off, before arriving and after leaving

    def where(self, rng: np.random.Generator, subscriber: Ints, at_ms: Ints) -> Whereabouts:
        """Return where these subscribers are at these moments; one in four is served by a neighbouring cell."""
        day = np.clip(at_ms // DAY_MS, 0, self.leave_ms.shape[1] - 1)
        clock = at_ms % DAY_MS
        share = self._away(subscriber, day, clock)
        latitude = self.home[0][subscriber] * (1 - share) + self.going[0][subscriber, day] * share
        longitude = self.home[1][subscriber] * (1 - share) + self.going[1][subscriber, day] * share
        first, last = self.abroad_ms[0][subscriber], self.abroad_ms[1][subscriber]
        is_abroad = (at_ms >= first) & (at_ms < last)
        flight = self.flight_ms[subscriber]
        is_off = ((at_ms >= first - flight) & (at_ms < first)) | ((at_ms >= last) & (at_ms < last + flight))
        n = len(subscriber)
        local = 0.05 * np.sin(at_ms / (2.5 * HOUR_MS) + subscriber)  # strolling within some kilometres
        latitude = np.where(is_abroad, self.abroad_place[0][subscriber] + local, latitude)
        longitude = np.where(is_abroad, self.abroad_place[1][subscriber] + local, longitude)
        strays = rng.random(n) < 0.25
        latitude = latitude + strays * rng.normal(0, 0.008, n)
        longitude = longitude + strays * rng.normal(0, 0.012, n)
        country = np.where(is_abroad, self.abroad[subscriber] + 1, 0)
        plmn = np.where(is_abroad, world.PLMNS[np.maximum(self.abroad[subscriber], 0)], HOME_PLMN)
        return Whereabouts(world.cell(country, latitude, longitude), plmn, is_abroad, is_off)

    def _away(self, subscriber: Ints, day: Ints, clock: Ints) -> Floats:
        """Return how far from home (0) to the day's destination (1) each is."""
        leave, back = self.leave_ms[subscriber, day], self.back_ms[subscriber, day]
        east = (self.going[1][subscriber, day] - self.home[1][subscriber]) * 0.62
        north = self.going[0][subscriber, day] - self.home[0][subscriber]
        travel = np.hypot(north, east) * _KM_PER_DEGREE / _SPEED_KM_PER_H * HOUR_MS + 1.0
        there = np.clip((clock - leave) / travel, 0, 1)
        home_again = np.clip((clock - back) / travel, 0, 1)
        share: Floats = np.where(clock < back, there, there * (1 - home_again))
        return share


def _offsets(rng: np.random.Generator, km: Floats) -> tuple[Floats, Floats]:
    angle = rng.uniform(0, 2 * np.pi, km.shape)
    degrees = km / _KM_PER_DEGREE
    return degrees * np.sin(angle), degrees * np.cos(angle) / 0.62


def _outing_km(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Return distances with density (d + 1.5 km) ** -1.75, cut at 250 km, the size of the country."""
    low, high, power = 1.5, 251.5, -0.75
    u = rng.random(shape)
    km: Floats = (low**power + u * (high**power - low**power)) ** (1 / power) - low
    return km


def _trips(rng: np.random.Generator, plan: Plan, people: Population) -> tuple[Ints, Ints, Ints]:
    """Return country (-1 none), arrival and departure of each subscriber's trip abroad."""
    n = len(people)
    length = np.ceil(rng.exponential(_TRIP_DAYS, n)) + 0.2
    chance = _ABROAD_SHARE * (plan.days + _TRIP_DAYS) / _TRIP_DAYS
    goes = (people.kind == MOBILE) & (rng.random(n) < min(chance, 0.9))
    begin = rng.uniform(-_TRIP_DAYS, plan.days, n)
    arrive = np.floor(begin) * DAY_MS + rng.integers(11, 20, n) * HOUR_MS
    country = np.where(rng.random(n) < 0.6, people.homeland, -1)
    country = np.where(country >= 0, country, world.pick_country(rng, n, "holiday"))
    depart = arrive + (length * DAY_MS).astype(np.int64)
    none = -(1 << 50)
    return (
        np.where(goes, country, -1),
        np.where(goes, arrive, none).astype(np.int64),
        np.where(goes, depart, none).astype(np.int64),
    )


def travel(plan: Plan, people: Population) -> Movement:
    """Return the travels of all subscribers over the plan's days."""
    rng = plan.rng("movement")
    n, days = len(people), plan.days
    weekend = np.array([plan.weekday(day) >= 5 for day in range(days)])
    commute = np.clip(np.exp(rng.normal(np.log(11.5), 1.1, n)), 0.5, 150)
    works = rng.random(n) < 0.72
    work_lat, work_lon = _offsets(rng, commute)
    out_lat, out_lon = _offsets(rng, _outing_km(rng, (n, days)))
    to_work = works[:, None] & (rng.random((n, days)) < 0.85) & ~weekend
    still = (people.kind != MOBILE)[:, None] | (~to_work & (rng.random((n, days)) < 0.3))
    north = np.where(still, 0, np.where(to_work, work_lat[:, None], out_lat))
    east = np.where(still, 0, np.where(to_work, work_lon[:, None], out_lon))
    leave_h = np.where(to_work, rng.normal(7.8, 0.7, (n, days)), rng.uniform(9, 17, (n, days)))
    stay_h = np.where(to_work, rng.normal(8.9, 0.8, (n, days)), rng.uniform(1, 5, (n, days)))
    travel_h = np.hypot(north, east * 0.62) * _KM_PER_DEGREE / _SPEED_KM_PER_H
    leave_h = np.clip(leave_h, 4, np.minimum(18, 23.8 - 2 * travel_h))  # everyone is home by midnight
    back_h = np.minimum(leave_h + travel_h + stay_h, 23.9 - travel_h)
    country, arrive, depart = _trips(rng, plan, people)
    hops = rng.normal(0, 0.6, (2, n))
    known = np.maximum(country, 0)
    there_lat = np.array([c.latitude for c in world.COUNTRIES])[known] + hops[0]
    there_lon = np.array([c.longitude for c in world.COUNTRIES])[known] + hops[1]
    far_km = np.hypot(there_lat - people.latitude, (there_lon - people.longitude) * 0.75) * _KM_PER_DEGREE
    return Movement(
        home=(people.latitude, people.longitude),
        going=(people.latitude[:, None] + north, people.longitude[:, None] + east),
        leave_ms=(leave_h * HOUR_MS).astype(np.int64),
        back_ms=(back_h * HOUR_MS).astype(np.int64),
        abroad=country,
        abroad_place=(there_lat, there_lon),
        abroad_ms=(arrive, depart),
        flight_ms=(_BOARDING_MS + far_km / 800 * HOUR_MS).astype(np.int64),
    )
