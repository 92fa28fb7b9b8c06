"""Every feature of every row equals DuckDB's on 200,000 simulated events that arrive out of order and hold ties.

It stands with the features, but takes the events through the intake, as a run does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import polars as pl
import pytest

from ringfence.events.door import Home, admit
from ringfence.features.codegen import Kernel
from ringfence.features.define import Family
from ringfence.features.families import FAMILIES
from ringfence.features.pieces import FeatureRows, assemble, split
from ringfence.features.shard import Shard
from ringfence.pipeline.intake import Intake
from ringfence.simulation import Plan, simulate

from .test_oracle import ZONE, differences

COUNT = 200_000
LATENESS_MS = 600_000
PIECE = 20_000


@pytest.fixture(scope="module")
def simulated(compiled: Sequence[Kernel]) -> tuple[pl.DataFrame, FeatureRows]:
    made = simulate(Plan(subscribers=5_000, days=7, seed=77)).events.head(COUNT)
    tied = made.with_columns(
        at_ms=pl.when(pl.col("at_ms") % 2 == 0).then(pl.col("at_ms") // 1000 * 1000).otherwise("at_ms")
    )
    events = admit(tied.with_columns(source=pl.lit("switch")), Home())
    dice = random.Random(4)
    shifted = sorted((at + dice.randrange(LATENESS_MS), i) for i, at in enumerate(events["at_ms"]))
    arriving = events[[i for _, i in shifted]]
    assert not arriving["at_ms"].is_sorted()
    intake, shard = Intake(86_400_000), Shard(compiled)
    intake.open("file", LATENESS_MS)
    done: list[pl.DataFrame] = []
    parts = []
    for piece in [*arriving.iter_slices(PIECE), None]:
        if piece is None:
            intake.end("file")
        else:
            intake.take("file", piece)
        due = intake.release()
        if due is not None:
            watermark = int(due["at_ms"][-1]) + 1
            first = sum(frame.height for frame in done)
            parts += shard.process(split(due, 1, ZONE, watermark=watermark, first_ticket=first)[0])
            done.append(due)
    released = pl.concat(done)
    return released, assemble(0, released.height, parts)


def test_the_events_are_many_out_of_order_and_tied(simulated: tuple[pl.DataFrame, FeatureRows]) -> None:
    events, rows = simulated

    assert events.height == rows.height == COUNT
    assert events["at_ms"].n_unique() < COUNT - 1_000


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_every_feature_of_simulated_traffic_equals_its_sql_definition(
    family: Family, simulated: tuple[pl.DataFrame, FeatureRows]
) -> None:
    events, rows = simulated

    assert differences(events, rows, family) == {}
