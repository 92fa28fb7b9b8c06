"""The whole: innocents first, then the frauds among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.events.schema import SCHEMA
from ringfence.simulation import machines, mailings, oddities, offices, persons, visitors
from ringfence.simulation.columns import Episode, Ledger, ledger
from ringfence.simulation.frauds import commit
from ringfence.simulation.plan import TRUTH_SCHEMA, Plan, Simulation
from ringfence.simulation.serving import one_call_at_a_time, serve
from ringfence.simulation.society import Society, found
from ringfence.simulation.traffic import Traffic

Part = tuple[Traffic, NDArray[np.uint64]]

INNOCENTS: Final[tuple[tuple[str, Callable[[Society], Traffic]], ...]] = (
    ("calls", persons.calls),
    ("texts", persons.texts),
    ("exchanges", offices.exchanges),
    ("centres", offices.centres),
    ("reminders", offices.reminders),
    ("trade fair", offices.trade_fair),
    ("mailings", mailings.mailings),
    ("machines", machines.machines),
    ("visitors", visitors.visitors),
    ("abroad", visitors.abroad),
    ("oddities", oddities.oddities),
)


def simulate(plan: Plan) -> Simulation:
    """Return the invented traffic of a plan and what is fraudulent in it.

    About 540 bytes an event are held at once; `simulate_days` needs about 200.
    """
    days = list(simulate_days(plan))
    events = pl.concat([day.events for day in days], rechunk=False) if days else pl.DataFrame(schema=SCHEMA)
    truth = pl.concat([day.truth for day in days]) if days else pl.DataFrame(schema=TRUTH_SCHEMA)
    return Simulation(events, truth)


def simulate_days(plan: Plan) -> Iterator[Simulation]:
    """Yield the same events and truth as `simulate`, one UTC day at a time and in the same order."""
    yield from _whole(plan).days()


def _whole(plan: Plan) -> Ledger:
    society = found(plan)
    episodes: list[Episode] = []
    innocents = _innocents(society)
    parts = [innocents]
    for episode, traffic in commit(society, innocents[0]):
        fraud = traffic.having(episode=np.where(traffic["entity"] != 0, len(episodes), -1))
        episodes.append(episode)
        parts.append(_within(plan, serve(society, fraud, episode.name), episode.name))
    return ledger(plan, society.names, episodes, parts)


def _innocents(society: Society) -> Part:
    plan = society.plan
    parts = [_within(plan, part(society), name)[0] for name, part in INNOCENTS]
    served = serve(society, Traffic.concat(parts), "innocents")
    return _within(plan, one_call_at_a_time(plan, served), "innocents")


def _within(plan: Plan, traffic: Traffic, part: str) -> Part:
    """Return what begins inside the plan's days, and names (16 bytes in two halves) for it."""
    kept = traffic.take((traffic["start"] >= 0) & (traffic["start"] < plan.end_ms))
    ids = plan.rng(f"ids {part}").integers(0, 2**64, (len(kept), 2), dtype=np.uint64)
    return kept, ids
