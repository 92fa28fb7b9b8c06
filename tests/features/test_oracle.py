"""Every feature of every row equals the SQL definition run by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import polars as pl
import pytest

from ringfence.features.codegen import Kernel
from ringfence.features.define import Family
from ringfence.features.families import FAMILIES, FEATURES
from ringfence.features.pieces import FeatureRows, assemble, split
from ringfence.features.shard import Shard
from ringfence.features.sql import family_sql

from .traffic import local, random_events

ZONE = "Europe/Amsterdam"


def features_of(events: pl.DataFrame, compiled: Sequence[Kernel]) -> FeatureRows:
    shard = Shard(compiled)
    end = int(events["at_ms"][-1]) + 1
    return assemble(0, events.height, shard.process(split(events, 1, ZONE, watermark=end)[0]))


def differences(events: pl.DataFrame, rows: FeatureRows, family: Family) -> dict[str, int]:
    """Count the rows of each feature where kernel and DuckDB differ in the least bit."""
    database = duckdb.connect()
    database.register("events", local(events, ZONE).to_arrow())
    names = [f.name for f in family.features]
    oracle = pl.DataFrame(database.sql(family_sql(family)).to_arrow_table())
    ours = rows.frame(names).with_columns(events["event_id"])
    both = ours.join(oracle, on="event_id", how="left", suffix="_sql", validate="1:1")
    assert oracle.height > 0
    counts = {}
    for name in names:
        sql = pl.col(f"{name}_sql").cast(ours.schema[name])
        counts[name] = both.filter(pl.col(name).ne_missing(sql)).height
    return {name: count for name, count in counts.items() if count}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
@pytest.mark.parametrize(("seed", "days"), [(1, 0.3), (2, 4), (3, 60)])
def test_every_feature_equals_its_sql_definition(
    family: Family, seed: int, days: float, compiled: Sequence[Kernel]
) -> None:
    events = random_events(seed, 4_000, days)

    rows = features_of(events, compiled)

    assert differences(events, rows, family) == {}


def test_random_traffic_gives_every_feature_something_to_count(compiled: Sequence[Kernel]) -> None:
    events = random_events(2, 6_000, 12)

    frame = features_of(events, compiled).frame(FEATURES)

    constant = [name for name in FEATURES if frame[name].n_unique() < 3]
    assert constant == []
