"""Rules taken up by an engine that runs: what they do not touch is as if nothing had happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.alerts.alert import Alert, latest
from ringfence.events.door import admit
from ringfence.settings import Settings
from ringfence.wiring.panel import all_lists, all_rules, book_of
from ringfence.wiring.reloading import take_up
from ringfence.wiring.running import Run, engine_of
from ringfence.wiring.workplace import workplace
from tests.laws import TIMES

START_MS = 1_767_225_600_000
RULE = """[[rule]]
id = "{0}"
title = "Calls"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "{1}"
severity = "low"
evidence = {2}
gap = "10m"
status = "{3}"
"""
KEPT = RULE.format("kept", "calls_1h >= 2 AND callees_5m >= 1", 2, "on")
CALLS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 900_000)), min_size=1, max_size=40
)  # who, whom, how long after the one before
CHANGES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["draft", "shadow", "on", "off"]), st.integers(1, 3)), max_size=4
)  # after how many calls, and what becomes of the other rule


def events(settings_: Settings, calls: list[tuple[int, int, int]]) -> pl.DataFrame:
    at_ms, rows = START_MS, []
    for number, (who, whom, later) in enumerate(calls):
        at_ms += later
        rows.append(
            {
                "event_id": number.to_bytes(16, "big"),
                "at_ms": at_ms,
                "kind": "call",
                "source": "s",
                "caller": f"3161234567{who}",
                "callee": f"4420794600{whom:02}",
                "duration_ms": 60_000,
                "answered": True,
            }
        )
    return admit(pl.DataFrame(rows), settings_.make_home())


def judged(home: Path, calls: list[tuple[int, int, int]], changes: list[tuple[int, str, int]]) -> tuple[Any, ...]:
    """Return the alerts of a run in which the other rule is changed after so many calls, and all memories then."""
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "kept.toml").write_text(KEPT)
    (home / "ringfence.toml").write_text("[rules]\nshipped = false\n[engine]\nthreads = 1\n")
    found = Settings.load(home, {})
    alerts: list[Alert] = []
    with workplace(found, write=True) as place, engine_of(found, place, Run(sources=())) as engine:
        rows, done = events(found, calls), 0
        for after, status, evidence in [*sorted(changes), (len(calls), "", 1)]:
            cut = min(max(after, done), len(calls))
            if cut > done:
                alerts += engine.flow.take(rows[done:cut])
            done = cut
            if status:
                text = RULE.format("other", f"callees_1h >= {evidence} OR charge_micros_24h > 5", evidence, status)
                (home / "rules" / "other.toml").write_text(text)
                lists = all_lists(found)
                take_up(engine, book_of(found, all_rules(found, [one.name for one in lists]), lists))
        memories = engine.flow.memory.to_bytes(), [bytes(shard.memories[0].logs) for shard in engine.flow.shards]
        number = engine.number
    return latest(alerts), memories, number


@settings(max_examples=15 * TIMES, deadline=None)
@given(calls=CALLS, changes=CHANGES)
def test_a_change_of_one_rule_leaves_the_alerts_of_the_others_and_all_memories_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[int, int, int]], changes: list[tuple[int, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("reloading")

    plain, memories, _ = judged(folder / "plain", calls, [])
    changed, memories_then, commits = judged(folder / "changed", calls, changes)

    assert [alert for alert in changed if alert.detector == "kept"] == [a for a in plain if a.detector == "kept"]
    assert memories_then == memories
    assert commits == len(changes)
