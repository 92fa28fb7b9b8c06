"""What an event would lead to is what it then leads to, through the whole flow; asking leaves nothing behind."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ringfence.alerts.alert import Alert
from ringfence.alerts.episodes import Episodes
from ringfence.detectors.matches import Memory
from ringfence.detectors.panel import Panel, PanelMemory
from ringfence.events.door import Home, admit
from ringfence.events.schema import SCHEMA
from ringfence.features.shard import Shard
from ringfence.features.snapshot import as_it_lies
from ringfence.pipeline.flow import Flow, asked_by
from ringfence.pipeline.foretelling import Foreteller
from ringfence.settings import Settings
from ringfence.simulation import Plan, simulate
from ringfence.wiring.panel import make_panel
from ringfence.wiring.running import load_kernels
from tests.laws import examples


@cache
def traffic(seed: int) -> pl.DataFrame:
    """A small country's traffic with every fraud in it, as the flow takes it."""
    made = simulate(Plan(subscribers=150, days=4, seed=seed)).events
    return admit(made, Home()).select(SCHEMA.names()).sort("at_ms", "event_id")


class Watched(Panel):
    """A panel that remembers the rows it judged last."""

    rows = pl.DataFrame()

    def judge(self, rows: pl.DataFrame, memory: Memory) -> tuple[pl.DataFrame, PanelMemory]:
        """Judge as a panel does."""
        self.rows = rows
        return super().judge(rows, memory)


def made_flow(home: Settings, shards: int) -> Flow:
    """A flow as a run puts it together."""
    panel = make_panel(home)
    panel.__class__ = Watched
    memories = [Shard(load_kernels(home)) for _ in range(shards)]
    for memory in memories:
        memory.ask(asked_by(panel))
    return Flow(memories, panel, panel.start(), Episodes(), home.home.time_zone)


def everything(flow: Flow) -> list[bytes]:
    """All that a flow remembers."""
    lying = [bytes(part) for shard in flow.shards for part in as_it_lies(shard)]
    return [*lying, flow.memory.to_bytes(), flow.episodes.to_bytes()]


def as_told(alert: Alert) -> dict[str, Any]:
    """An alert without the reasons."""
    return {name: value for name, value in alert.to_json().items() if name != "reasons"}


SETTINGS = Settings(folder=Path())


@cache
def raising(seed: int) -> list[int]:
    """The rows of the traffic that raise an alert, or add a match to an episode that has none yet."""
    events, flow = traffic(seed), made_flow(SETTINGS, 1)
    alerts = flow.take(events)
    named = {bytes.fromhex(name) for alert in alerts for name in alert.event_ids}
    return events.with_row_index("row").filter(pl.col("event_id").is_in(list(named)))["row"].to_list()


def check_next(flow: Flow, foreteller: Foreteller, event: pl.DataFrame) -> int:
    """Ask about an event, let it in, and compare; return how many alerts it raised or extended."""
    before = everything(flow)

    told = [foreteller.ask(event.row(0, named=True)) for _ in range(2)][1]
    why = {foretold.alert.alert_id: foretold.match.why() for foretold in told.found}

    assert everything(flow) == before
    changed = {alert.alert_id: alert for alert in flow.take(event)}
    assert isinstance(flow.detector, Watched)
    assert told.features == flow.detector.rows.select(sorted(told.features)).row(0, named=True)
    raised = {f.alert.alert_id: f.alert for f in told.found if f.is_raised}
    assert {name: as_told(alert) for name, alert in raised.items()} == {n: as_told(a) for n, a in changed.items()}
    new = {name: alert for name, alert in changed.items() if alert.reasons}
    assert {n: [r.text for r in why[n]] for n in new} == {n: [r.text for r in a.reasons] for n, a in new.items()}
    return len(changed)


def replay(seed: int, shards: int, rows: list[int]) -> int:
    """Let the traffic in, asking about these rows first; return how many alerts they raised or extended."""
    events, flow = traffic(seed), made_flow(SETTINGS, shards)
    foreteller, first, alerts = Foreteller(flow), 0, 0
    for row in rows:
        if row > first:
            flow.take(events.slice(first, row - first))
        alerts += check_next(flow, foreteller, events.slice(row, 1))
        first = row + 1
    return alerts


@examples(4)
@given(seed=st.sampled_from([3, 4]), shards=st.sampled_from([1, 2]), rows=st.sets(st.integers(0, 4_000), max_size=60))
def test_what_an_event_would_lead_to_is_what_it_leads_to(seed: int, shards: int, rows: set[int]) -> None:
    replay(seed, shards, sorted(rows))


def test_alerts_and_their_reasons_are_foretold_by_the_events_that_raise_them() -> None:
    rows = raising(3)

    alerts = replay(3, 2, rows[:: max(1, len(rows) // 60)])

    assert alerts >= 30
