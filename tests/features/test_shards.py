"""The same pieces give the same features and the same bytes, however they are cut, spread and ordered."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ringfence.events.errors import DependencyError
from ringfence.features.codegen import Kernel
from ringfence.features.families import FEATURES
from ringfence.features.pieces import Part, assemble, split
from ringfence.features.shard import Shard
from ringfence.features.snapshot import as_it_lies, from_bytes, reshard, to_bytes
from tests.laws import examples

from .traffic import DAY_MS, random_events

ZONE = "UTC"
EXAMPLES = examples(15)


def in_batches(events: pl.DataFrame, shards: list[Shard], cuts: Sequence[int], first: int = 0) -> list[Part]:
    """Process events in batches cut at these places; return all parts."""
    parts: list[Part] = []
    edges = [0, *sorted(cuts), events.height]
    for begin, end in itertools.pairwise(edges):
        batch = events.slice(begin, end - begin)
        if batch.height == 0:
            continue
        watermark = int(batch["at_ms"][-1])
        pieces = split(batch, len(shards), ZONE, watermark=watermark, first_ticket=first + begin)
        for shard, own in zip(shards, pieces, strict=True):
            parts += shard.process(own)
    closing = split(events.head(0), len(shards), ZONE, watermark=2**60)
    for shard, own in zip(shards, closing, strict=True):
        parts += shard.process(own)
    return parts


def frame_of(parts: list[Part], height: int) -> pl.DataFrame:
    return assemble(0, height, parts).frame(FEATURES)


@EXAMPLES
@given(
    seed=st.integers(0, 1000),
    shards=st.sampled_from([2, 5, 16]),
    cuts=st.lists(st.integers(0, 400), max_size=50),
)
def test_batches_and_shards_change_no_feature(
    compiled: Sequence[Kernel], seed: int, shards: int, cuts: list[int]
) -> None:
    events = random_events(seed, 400)
    whole = frame_of(in_batches(events, [Shard(compiled)], []), events.height)

    cut = frame_of(in_batches(events, [Shard(compiled) for _ in range(shards)], cuts), events.height)

    assert_frame_equal(cut, whole, check_exact=True)


@EXAMPLES
@given(seed=st.integers(0, 1000), partitions=st.integers(1, 4), shuffle=st.integers(0, 1000))
def test_pieces_of_several_partitions_in_any_order_give_the_same_bytes(
    compiled: Sequence[Kernel], seed: int, partitions: int, shuffle: int
) -> None:
    events = random_events(seed, 300, days=3)
    alone = Shard(compiled)
    whole = frame_of(in_batches(events, [alone], []), events.height)
    dice = random.Random(shuffle)
    shard = Shard(compiled, partitions)
    waiting = []
    numbered = events.with_row_index("ticket")
    for partition in range(partitions):
        own = numbered.filter(pl.col("ticket") % partitions == partition)
        for begin in range(0, own.height, 40):
            batch = own.slice(begin, 40)
            done = begin + 40 >= own.height
            watermark = 2**60 if done else int(own["at_ms"][begin + 40])
            pieces = split(batch.drop("ticket"), 1, ZONE, partition=partition, watermark=watermark)[0]
            waiting.append((partition, [(p, batch["ticket"].to_numpy()) for p in pieces]))
    dice.shuffle(waiting)
    waiting.sort(key=lambda w: w[0] * dice.choice([0, 1]))

    parts: list[Part] = []
    for _, batch_pieces in _each_partition_in_order(waiting):
        dice.shuffle(batch_pieces)
        for piece, tickets in batch_pieces:
            own_tickets = piece.tickets.copy()
            own_tickets[piece.tickets >= 0] = tickets[piece.tickets[piece.tickets >= 0]]
            object.__setattr__(piece, "tickets", own_tickets)
        parts += shard.process([p for p, _ in batch_pieces])

    assert_frame_equal(frame_of(parts, events.height), whole, check_exact=True)
    alone.watermarks = shard.watermarks = {0: 2**60}
    alone.watermarks = shard.watermarks = {0: int(events["at_ms"][-1]) + 1}
    assert to_bytes(shard) == to_bytes(alone)


def _each_partition_in_order(waiting: list[tuple[int, list]]) -> list[tuple[int, list]]:
    """Batches of one partition come in their order; partitions mix as they like."""
    turns = [partition for partition, _ in waiting]
    queues: dict[int, list] = {}
    for partition, pieces in sorted(waiting, key=lambda w: w[1][0][0].watermark):
        queues.setdefault(partition, []).append(pieces)
    return [(partition, queues[partition].pop(0)) for partition in turns]


@EXAMPLES
@given(seed=st.integers(0, 1000), at=st.integers(1, 399), shards=st.sampled_from([1, 3]))
def test_a_restored_snapshot_goes_on_as_if_nothing_had_happened(
    compiled: Sequence[Kernel], seed: int, at: int, shards: int
) -> None:
    events = random_events(seed, 400, days=30)
    whole = in_batches(events, [Shard(compiled)], [at])
    first = [Shard(compiled) for _ in range(shards)]
    parts = in_batches(events.head(at), first, [])
    for shard in first:
        shard.watermarks = {0: int(events["at_ms"][at - 1])}

    second = [from_bytes(to_bytes(shard), compiled) for shard in first]
    lying = [from_bytes(b"".join(as_it_lies(shard)), compiled) for shard in first]
    assert [to_bytes(shard) for shard in lying] == [to_bytes(shard) for shard in first]
    parts += in_batches(events.slice(at), second, [], first=at)

    assert_frame_equal(frame_of(parts, events.height), frame_of(whole, events.height), check_exact=True)


@pytest.mark.parametrize(("before", "after"), [(1, 4), (4, 1), (3, 5)])
def test_another_number_of_shards_takes_over_the_memory(compiled: Sequence[Kernel], before: int, after: int) -> None:
    events = random_events(11, 600, days=5)
    whole = in_batches(events, [Shard(compiled)], [])
    first = [Shard(compiled) for _ in range(before)]
    parts = in_batches(events.head(300), first, [])
    for shard in first:
        shard.watermarks = {0: int(events["at_ms"][299])}

    parts += in_batches(events.slice(300), reshard(first, after), [], first=300)

    assert_frame_equal(frame_of(parts, events.height), frame_of(whole, events.height), check_exact=True)


def test_idle_entities_and_pairs_are_forgotten_so_that_memory_is_bounded(compiled: Sequence[Kernel]) -> None:
    shard = Shard(compiled)
    sizes = []
    for week in range(8):
        events = random_events(week, 2_000, days=1, people=400).with_columns(
            pl.col("at_ms") + week * 8 * DAY_MS, pl.col("caller") + str(week)
        )
        shard.process(split(events, 1, ZONE, watermark=2**60)[0])
        sizes.append(shard.bytes)

    assert max(sizes[3:]) <= 2 * max(sizes[:3])


def test_a_snapshot_of_other_definitions_is_refused(compiled: Sequence[Kernel]) -> None:
    raw = b'{"definitions": "other", "watermarks": [], "counts": []}\n'

    with pytest.raises(DependencyError, match="RF6001"):
        from_bytes(raw, compiled)
