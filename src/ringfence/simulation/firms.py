"""Businesses: their exchanges (PBX) and extensions, call centres, and firms that write to customers by SMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.plan import Plan
from ringfence.simulation.traffic import Ints, Names

PEOPLE_PER_PBX: Final = 170
PEOPLE_PER_CENTRE: Final = 1_700
PEOPLE_PER_SENDER: Final = 260
_PURPOSES: Final = ("login", "delivery", "appointment", "marketing", "alerts")
_PURPOSE_SHARES: Final = (0.36, 0.2, 0.2, 0.14, 0.1)


@dataclass(frozen=True, slots=True)
class Pbx:
    """A business with a telephone exchange and a block of a hundred direct-dial numbers.

    `devices` are codes for the extensions' names, `numbers` their direct-dial numbers; `per_day` is outgoing calls
    an extension and working day; `partners` are foreign numbers that it deals with, perhaps none.
    """

    account: int
    trunk: int
    main: int
    numbers: Ints
    devices: Ints
    weights: Ints
    rhythm: str
    per_day: float
    median_s: float
    partners: Ints


@dataclass(frozen=True, slots=True)
class Centre:
    """A call centre: few calling numbers, hundreds of calls a day. Inbound ones are called instead."""

    account: int
    trunk: int
    numbers: Ints
    is_inbound: bool
    per_day: float
    answered: float
    median_s: float


@dataclass(frozen=True, slots=True)
class Sender:
    """A firm that writes to people: login codes, deliveries, appointments, campaigns, alerts.

    `sender` is the alphanumeric name or short code (negative code), `shapes` the hashes of its templates,
    `share_abroad` how much goes to foreign numbers, `per_day` the messages of a working day.
    """

    account: int
    trunk: int
    sender: int
    purpose: str
    shapes: tuple[int, ...]
    share_abroad: float
    per_day: float


@dataclass(frozen=True, slots=True)
class Firms:
    """All businesses of the country."""

    exchanges: tuple[Pbx, ...]
    centres: tuple[Centre, ...]
    senders: tuple[Sender, ...]


def _exchange(rng: np.random.Generator, names: Names, number: int) -> Pbx:
    """Return a PBX of 4 to 60 extensions; one in eight works round the clock, one in four trades abroad."""
    size = int(np.clip(rng.lognormal(np.log(11), 0.7), 4, 60))
    weights = np.array([city.thousands for city in world.CITIES], dtype=np.float64)
    area = int(world.AREAS[rng.choice(len(world.AREAS), p=weights / weights.sum())])
    block = 31 * 10**9 + area * 10**7 + int(rng.integers(20_000, 89_999)) * 100
    extensions = 200 + np.sort(rng.choice(99, size, replace=False))
    is_open_always = rng.random() < 0.12
    trades = rng.random() < 0.25
    partners = world.foreign_numbers(rng, world.pick_country(rng, int(rng.integers(3, 26)) if trades else 0, "trade"))
    return Pbx(
        account=names.code(f"BIZ{number:05d}"),
        trunk=names.code(f"pbx-{number}"),
        main=block,
        numbers=block + extensions - 199,
        devices=names.codes(f"PBX{number}/ext{extension}" for extension in extensions),
        weights=1 + rng.geometric(0.35, size),
        rhythm="always" if is_open_always else "office",
        per_day=float(rng.lognormal(np.log(5.5), 0.5)),
        median_s=float(rng.lognormal(np.log(85), 0.3)),
        partners=partners,
    )


def _centre(rng: np.random.Generator, names: Names, number: int) -> Centre:
    is_inbound = number % 2 == 1
    area = int(rng.choice(world.AREAS))
    first = 31 * 10**9 + area * 10**7 + int(rng.integers(20_000, 89_999)) * 100
    how_many = int(rng.integers(1, 5))
    toll_free = 318_000_000 + rng.integers(1_000, 9_999, how_many)
    return Centre(
        account=names.code(f"CC{number:04d}"),
        trunk=names.code(f"cc-{number}"),
        numbers=toll_free if is_inbound and rng.random() < 0.6 else first + np.arange(how_many),
        is_inbound=is_inbound,
        per_day=float(np.clip(rng.lognormal(np.log(330), 0.5), 120, 2_500)),
        answered=float(rng.uniform(0.2, 0.45)),
        median_s=float(rng.lognormal(np.log(150 if is_inbound else 24), 0.35)),
    )


_WORDS: Final = (
    "Pakket", "Bank", "Zorg", "Kapper", "Tandarts", "Winkel", "Energie", "Mijn", "Taxi", "Garage", "Reis", "School",
    "Sport", "Water", "Kliniek", "Markt", "Fiets", "Boek", "Mode", "Bezorg",
)  # fmt: skip


def _sender(rng: np.random.Generator, names: Names, number: int) -> Sender:
    purpose = str(rng.choice(_PURPOSES, p=_PURPOSE_SHARES)) if number > 1 else ("login", "delivery")[number]
    short_code = rng.random() < 0.2
    text = str(rng.integers(1_000, 9_999)) if short_code else f"{rng.choice(_WORDS)}{number}"[:11]
    per_day = {"login": 120, "delivery": 160, "appointment": 40, "marketing": 6, "alerts": 30}[purpose]
    return Sender(
        account=names.code(f"A2P{number:04d}"),
        trunk=names.code(f"smpp-{number % 7}"),
        sender=names.party(text),
        purpose=purpose,
        shapes=tuple(int(x) for x in rng.integers(1, 2**63, int(rng.integers(1, 5)))),
        share_abroad=float(np.clip(rng.beta(1, 12), 0, 0.4)) if purpose == "login" else 0.005,
        per_day=float(per_day * rng.lognormal(-0.2, 0.8)),
    )


def open_firms(plan: Plan, names: Names) -> Firms:
    """Return the businesses of a plan: their number grows with the subscribers."""
    rng = plan.rng("firms")
    n = plan.subscribers
    return Firms(
        exchanges=tuple(_exchange(rng, names, i) for i in range(max(3, n // PEOPLE_PER_PBX))),
        centres=tuple(_centre(rng, names, i) for i in range(max(2, n // PEOPLE_PER_CENTRE))),
        senders=tuple(_sender(rng, names, i) for i in range(max(4, n // PEOPLE_PER_SENDER))),
    )
