"""What to simulate, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from ringfence.events.errors import BAD_PLAN, UsageError
from ringfence.events.identity import digest

FRAUDS: Final = (
    "irsf",
    "wangiri",
    "sim_box",
    "pbx_hacking",
    "sms_pumping",
    "robocall",
    "call_selling",
    "cloned_sim",
)
VARIANTS: Final = ("plain", "evasive")
SMALLEST: Final = 100  # subscribers; below it there is no country to speak of
LARGEST: Final = 5_000_000  # subscribers that the home number range holds with room for everyone else
LONGEST_DAYS: Final = 400
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000

TRUTH_SCHEMA: Final = pl.Schema(
    {
        "event_id": pl.Binary(),
        "fraud": pl.String(),
        "variant": pl.String(),
        "episode": pl.String(),
        "entity": pl.String(),
        "money_micros": pl.Int64(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a country, for how long, with which frauds.

    `subscribers` counts the people's mobile and fixed lines and machines of the home operator; businesses, roamers
    and other operators' numbers come on top. The same plan gives the same bytes; the list of `frauds` does not
    change what the innocents do. Raises `UsageError` (RF5001) for a plan that cannot be.
    """

    subscribers: int
    days: int
    seed: int
    frauds: tuple[str, ...] = FRAUDS
    start: date = date(2026, 3, 2)  # a Monday

    def __post_init__(self) -> None:
        if not SMALLEST <= self.subscribers <= LARGEST:
            raise UsageError(
                BAD_PLAN, f"{self.subscribers} subscribers", expected=f"{SMALLEST} to {LARGEST} subscribers"
            )
        if not 1 <= self.days <= LONGEST_DAYS:
            raise UsageError(BAD_PLAN, f"{self.days} days", expected=f"1 to {LONGEST_DAYS} days")
        if self.seed < 0:
            raise UsageError(BAD_PLAN, f"seed {self.seed}", expected="a seed of 0 or more")
        unknown = [name for name in self.frauds if name not in FRAUDS]
        if unknown:
            raise UsageError(BAD_PLAN, f"unknown fraud {', '.join(unknown)}", expected=f"some of {', '.join(FRAUDS)}")

    @property
    def end_ms(self) -> int:
        """Length of the simulated period in milliseconds of local time."""
        return self.days * DAY_MS

    def weekday(self, day: int) -> int:
        """Return the weekday (Monday 0) of the day with this number, the first being 0."""
        return (self.start.weekday() + day) % 7

    def rng(self, part: str) -> np.random.Generator:
        """Return the random numbers of one part of the country, independent of every other part's."""
        key = np.frombuffer(digest(part), dtype=np.uint32)
        return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([self.seed, *key.tolist()])))


@dataclass(frozen=True, slots=True)
class Simulation:
    """Invented records and what is fraudulent in them.

    `events` conforms to `ringfence.events.schema.SCHEMA` and is in order of (at_ms, event_id); `truth` has a row
    for each fraudulent event, in the same order, with the columns of `TRUTH_SCHEMA`.
    """

    events: pl.DataFrame
    truth: pl.DataFrame
