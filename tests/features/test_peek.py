"""A question about an event is answered as the stream would answer it next, and changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.door import Home, admit
from ringfence.events.schema import SCHEMA
from ringfence.events.tables import hash_few
from ringfence.features.codegen import Kernel
from ringfence.features.families import FEATURES
from ringfence.features.inputs import LAYOUTS
from ringfence.features.peek import TEXTS, Peek, Ratios
from ringfence.features.pieces import assemble, split
from ringfence.features.shard import Shard
from ringfence.features.snapshot import as_it_lies, to_bytes
from ringfence.features.wheres import where
from ringfence.simulation import Plan, simulate
from tests.laws import examples

from .traffic import DAY_MS, random_events

ZONE = "Europe/Amsterdam"
NAMES = list(FEATURES)
RATIOS = Ratios(NAMES)


def keys_of(event: dict[str, Any]) -> dict[str, int]:
    """The keys of an event's texts."""
    texts = event | {"trunk": event["trunk_in"] if event["trunk_in"] is not None else event["trunk_out"]}
    return dict(zip(TEXTS, hash_few([texts[name] for name in TEXTS]), strict=True))


def take(shards: list[Shard], batch: pl.DataFrame) -> pl.DataFrame:
    """Let a batch in; return its features."""
    pieces = split(batch, len(shards), ZONE, watermark=int(batch["at_ms"][-1]) + 1)
    parts = [part for shard, own in zip(shards, pieces, strict=True) for part in shard.process(own)]
    return assemble(0, batch.height, parts).frame(NAMES)


def ask(peek: Peek, event: dict[str, Any]) -> dict[str, Any]:
    """What the features of an event would be."""
    return RATIOS.of(peek.features(event, keys_of(event)))


def as_it_is(shards: list[Shard]) -> list[bytes]:
    """The memory of shards, to the byte and as it lies."""
    return [bytes(part) for shard in shards for part in as_it_lies(shard)]


@examples(12)
@given(
    seed=st.integers(0, 1000),
    shards=st.sampled_from([1, 3]),
    cuts=st.sets(st.integers(1, 399), max_size=30),
    tenants=st.booleans(),
)
def test_what_an_event_would_be_is_what_it_then_is(
    compiled: Sequence[Kernel], seed: int, shards: int, cuts: set[int], tenants: bool
) -> None:
    events = with_all_columns(random_events(seed, 400))
    if tenants:
        events = events.with_columns(tenant=pl.when(pl.int_range(400) % 3 == 0).then(pl.lit("one")))
    memories = [Shard(compiled) for _ in range(shards)]
    peek = Peek(memories, ZONE)
    for first, after in itertools.pairwise([0, *sorted(cuts), events.height]):
        batch = events.slice(first, after - first)
        event = batch.row(0, named=True)
        before = as_it_is(memories)

        told = [ask(peek, event) for _ in range(2)]

        assert as_it_is(memories) == before
        assert told == [take(memories, batch).row(0, named=True)] * 2


@cache
def simulated() -> pl.DataFrame:
    """Invented traffic with fraud in it, and busy parties."""
    made = simulate(Plan(subscribers=300, days=8, seed=11)).events
    return admit(made, Home()).select(SCHEMA.names()).sort("at_ms", "event_id")


def with_all_columns(events: pl.DataFrame) -> pl.DataFrame:
    """The events with all columns of the schema."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in events.columns]
    return events.with_columns(missing).select(SCHEMA.names())


@pytest.mark.parametrize("shards", [1, 2])
def test_invented_traffic_is_foretold_at_every_stage_of_memory(compiled: Sequence[Kernel], shards: int) -> None:
    events = simulated()
    memories = [Shard(compiled) for _ in range(shards)]
    peek = Peek(memories, ZONE)
    step = events.height // 400
    for first in range(0, events.height, step):
        batch = events.slice(first, step)

        told = ask(peek, batch.row(0, named=True))

        assert told == take(memories, batch).row(0, named=True)
    stages = {int(logged) for memory in memories[0].memories for logged in memory.logs[: memory.used, 0].clip(-1)}
    assert stages >= {-1, 1, 4, 5, 16}  # of the entities' logs: rows, logs, books


def test_nothing_is_left_of_a_thousand_questions(compiled: Sequence[Kernel]) -> None:
    events = with_all_columns(random_events(3, 600))
    memories = [Shard(compiled)]
    peek = Peek(memories, ZONE)
    take(memories, events.head(300))
    before = as_it_is(memories), to_bytes(memories[0]), memories[0].bytes

    for event in events.tail(300).iter_rows(named=True):
        ask(peek, {**event, "at_ms": event["at_ms"] + 9 * DAY_MS})

    assert (as_it_is(memories), to_bytes(memories[0]), memories[0].bytes) == before


@pytest.mark.parametrize("condition", sorted({c.where for plan in LAYOUTS for c in plan.conditions if c.where}))
def test_a_condition_holds_alone_where_it_holds_in_a_column(condition: str) -> None:
    values: dict[str, tuple[object, ...]] = {
        "kind": ("call", "attempt", "message", "data"),
        "answered": (None, True, False),
        "duration_ms": (None, 0, 14_999, 15_000, 59_999, 60_000, 360_000),
        "ring_ms": (None, 5_999, 6_000),
        "is_international": (None, True, False),
        "callee_class": (None, "premium", "fixed"),
        "direction": (None, "in", "out"),
        "trunk_in": (None, "a"),
        "local_hour": (5, 6, 22),
        "local_weekday": (5, 6),
    }
    read = [name for name in values if name in condition]
    rows = [dict(zip(read, row, strict=True)) for row in itertools.product(*(values[name] for name in read))]
    kinds = {"local_hour": pl.Int64(), "local_weekday": pl.Int64(), **SCHEMA}
    frame = pl.DataFrame(rows, schema={name: kinds[name] for name in read}, orient="row")

    alone = [where(condition)(row) for row in rows]

    assert alone == frame.select(pl.sql_expr(condition)).to_series().to_list()
