"""Features come out the same when only they are worked on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.features.codegen import Kernel, load
from ringfence.features.families import FEATURES
from ringfence.features.inputs import LAYOUTS
from ringfence.features.pieces import assemble, split
from ringfence.features.shard import Memory, Shard
from ringfence.features.wanted import places_of, wanted
from tests.engines.workload import DAY_MS, traffic

ZONE = "Europe/Amsterdam"
NAMES = sorted(name for name, feature in FEATURES.items() if not feature.is_ratio)
STEP = 3_000


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    """Two days, then the same parties again after six and after eleven quiet days: some are forgotten, some are not."""
    once = traffic(subscribers=120, days=2, seed=9)
    again = [
        once.sample(fraction=0.6, seed=days).with_columns(
            pl.col("at_ms") + days * DAY_MS,
            event_id=pl.Series(
                [name[:15] + bytes([days]) for name in once.sample(fraction=0.6, seed=days)["event_id"]]
            ),
        )
        for days in (8, 14)
    ]
    return pl.concat([once, *again]).sort("at_ms", "event_id")


def features(shards: list[Shard], events: pl.DataFrame, names: list[str], **how: object) -> pl.DataFrame:
    """Return features of events that come in steps."""
    found, first = [], 0
    wants = how.get("wants")
    for part in events.iter_slices(STEP):
        more = {} if wants is None else {"wants": wants}
        end = int(part["at_ms"][-1]) + 1
        pieces = split(part, len(shards), ZONE, watermark=end, first_ticket=first, **more)  # type: ignore[arg-type]
        parts = [p for shard, own in zip(shards, pieces, strict=True) for p in shard.process(own)]
        places = {} if wants is None else {"places": places_of(wants)}  # type: ignore[arg-type]
        found.append(assemble(first, part.height, parts, **places).frame(names))
        first += part.height
    return pl.concat(found)


@pytest.fixture(scope="module")
def whole(events: pl.DataFrame, compiled: Sequence[Kernel]) -> pl.DataFrame:
    """All features."""
    return features([Shard(compiled)], events, NAMES)


@settings(deadline=None, max_examples=8)
@given(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True), shards=st.integers(1, 2))
def test_features_are_the_same_when_nothing_else_is_given(
    names: list[str], shards: int, events: pl.DataFrame, whole: pl.DataFrame, compiled: Sequence[Kernel]
) -> None:
    wants = wanted(names)
    columns = {column for want in wants for column in want.columns}

    found = features([Shard(compiled) for _ in range(shards)], events.select(sorted(columns)), names, wants=wants)

    assert found.equals(whole.select(names))


@pytest.mark.parametrize(
    "names",
    [
        ["busiest_hour_calls_24h", "events_total", "charge_total_micros"],
        ["new_callee_calls_7d", "received_calls_24h", "shortest_call_ms_24h", "known_for_ms"],
        ["device_sims_7d", "trunk_new_caller_calls_1h", "callee_made_callees_24h"],
    ],
)
def test_a_memory_laid_out_for_them_alone_says_the_same(
    names: list[str], events: pl.DataFrame, whole: pl.DataFrame, compiled: Sequence[Kernel], tmp_path: Path
) -> None:
    wants = wanted(names, narrow=True)
    plans, own = [*LAYOUTS], [*compiled]
    for want in wants:
        plans[want.family], own[want.family] = want.plan, load(want.plan, tmp_path)
    asked = [np.ones(len(plan.outputs), np.uint8) for plan in plans]
    columns = {column for want in wants for column in want.columns}

    shard = Shard(own, memories=[Memory(plan) for plan in plans], asked=asked)
    found = features([shard], events.select(sorted(columns)), names, wants=wants)

    assert found.equals(whole.select(names))
    assert all(want.plan.width < LAYOUTS[want.family].width / 2 for want in wants)
