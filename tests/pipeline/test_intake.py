"""Any arrival order within the lateness, with repeats, in any batches, gives the same events in the same order."""

from __future__ import annotations

import itertools
import random

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.schema import conform
from ringfence.pipeline.intake import Intake
from tests.laws import examples

LATENESS_MS = 1_000
HOUR_MS = 3_600_000
EXAMPLES = examples(60)


def events_at(times: list[int], first: int = 0) -> pl.DataFrame:
    """Return events of these times; equal place in the list, equal id."""
    ids = [(first + i).to_bytes(16, "big") for i in range(len(times))]
    return conform(pl.DataFrame({"event_id": ids, "at_ms": times}, schema={"event_id": pl.Binary, "at_ms": pl.Int64}))


def released(intake: Intake, batches: list[pl.DataFrame]) -> list[tuple[int, bytes]]:
    out: list[tuple[int, bytes]] = []
    for batch in batches:
        intake.take("p", batch)
        due = intake.release()
        if due is not None:
            out += list(due.select("at_ms", "event_id").iter_rows())
    intake.end("p")
    due = intake.release()
    return out + (list(due.select("at_ms", "event_id").iter_rows()) if due is not None else [])


def jumbled(events: pl.DataFrame, dice: random.Random) -> pl.DataFrame:
    """Return the events in an order in which none is older than the newest before it by more than the lateness."""
    shifted = [(at + dice.randrange(LATENESS_MS), i) for i, at in enumerate(events["at_ms"])]
    return events[[i for _, i in sorted(shifted)]]


def cut(events: pl.DataFrame, cuts: list[int]) -> list[pl.DataFrame]:
    edges = [0, *sorted(c % (events.height + 1) for c in cuts), events.height]
    return [events.slice(a, b - a) for a, b in itertools.pairwise(edges)]


@EXAMPLES
@given(
    times=st.lists(st.integers(10_000_000, 10_020_000), min_size=1, max_size=60),
    seed=st.integers(0, 10_000),
    cuts=st.lists(st.integers(0, 200), max_size=50),
    repeats=st.integers(0, 10),
)
def test_arrival_order_batches_and_repeats_change_nothing(
    times: list[int], seed: int, cuts: list[int], repeats: int
) -> None:
    dice = random.Random(seed)
    events = events_at(times)
    arriving = jumbled(events, dice)
    again = [dice.randrange(arriving.height) for _ in range(repeats)]
    order = sorted([*range(arriving.height), *again])  # a repeat follows its original at once
    intake = Intake(HOUR_MS)
    intake.open("p", LATENESS_MS)

    out = released(intake, cut(arriving[order], cuts))

    assert out == sorted(events.select("at_ms", "event_id").iter_rows())


@EXAMPLES
@given(
    times=st.lists(st.integers(10_000_000, 10_020_000), min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 200), max_size=20),
)
def test_what_is_late_does_not_depend_on_the_batches(times: list[int], cuts: list[int]) -> None:
    events = events_at(times)
    whole, cut_up = Intake(HOUR_MS), Intake(HOUR_MS)
    whole.open("p", LATENESS_MS)
    cut_up.open("p", LATENESS_MS)

    at_once = whole.take("p", events)
    pieces = [cut_up.take("p", batch) for batch in cut(events, cuts)]

    assert sum(p.late for p in pieces) == at_once.late
    assert sum(p.accepted for p in pieces) == at_once.accepted
    newest = list(itertools.accumulate(times, max))
    late = [t for t, before in zip(times[1:], newest, strict=False) if t < before - LATENESS_MS]
    assert at_once.late == len(late)


@EXAMPLES
@given(
    times=st.lists(st.integers(10_000_000, 10_020_000), min_size=2, max_size=60),
    at=st.integers(1, 59),
)
def test_a_restored_intake_goes_on_as_if_nothing_had_happened(times: list[int], at: int) -> None:
    events = events_at(times)
    straight, stopped = Intake(HOUR_MS), Intake(HOUR_MS)
    straight.open("p", LATENESS_MS)
    stopped.open("p", LATENESS_MS)
    whole = released(straight, [events.head(at), events.slice(at)])

    stopped.take("p", events.head(at))
    due = stopped.release()
    before = list(due.select("at_ms", "event_id").iter_rows()) if due is not None else []
    parts = stopped.to_bytes()
    again = Intake.from_bytes(HOUR_MS, parts)

    assert {k: v for k, v in again.to_bytes().items() if k != "waiting"} == {
        k: v for k, v in parts.items() if k != "waiting"
    }
    assert before + released(again, [events.slice(at)]) == whole


def test_a_partition_that_lags_holds_the_others_back() -> None:
    intake = Intake(HOUR_MS)
    intake.open("slow", LATENESS_MS)
    intake.open("fast", LATENESS_MS)
    intake.take("fast", events_at([10_000_000, 10_010_000]))
    assert intake.release() is None

    intake.take("slow", events_at([10_005_000], first=100))

    due = intake.release()
    assert due is not None
    assert due["at_ms"].to_list() == [10_000_000]


def test_a_resting_partition_is_not_waited_for_and_may_be_late_afterwards() -> None:
    intake = Intake(HOUR_MS)
    intake.open("quiet", LATENESS_MS)
    intake.open("busy", LATENESS_MS)
    intake.take("busy", events_at([10_000_000, 10_010_000]))
    intake.rest("quiet")
    due = intake.release()
    assert due is not None
    assert due.height == 1

    taken = intake.take("quiet", events_at([9_999_000, 10_010_000], first=50))

    assert (taken.late, taken.accepted) == (1, 1)


def test_a_repeat_that_is_also_late_is_a_duplicate() -> None:
    intake = Intake(HOUR_MS)
    intake.open("p", LATENESS_MS)
    intake.take("p", events_at([10_000_000, 10_010_000]))

    taken = intake.take("p", events_at([10_000_000]))

    assert (taken.duplicate, taken.late) == (1, 0)


def test_ids_are_forgotten_beyond_the_horizon_so_that_memory_is_bounded() -> None:
    intake = Intake(horizon_ms=10_000)
    intake.open("p", LATENESS_MS)
    for round_ in range(40):
        times = list(range(10_000_000 + round_ * 20_000, 10_000_000 + round_ * 20_000 + 2_000))
        intake.take("p", events_at(times, first=round_ * 2_000))
        intake.release()

    assert len(intake.seen.times) <= 4 * 4096
