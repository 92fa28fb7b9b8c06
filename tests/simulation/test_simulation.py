"""The simulation as a whole: reproducible, well-formed, honest about its truth."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.events.errors import UsageError
from ringfence.events.schema import KINDS, SCHEMA
from ringfence.simulation import FRAUDS, Plan, Simulation, simulate, simulate_days
from ringfence.simulation.plan import DAY_MS, TRUTH_SCHEMA, VARIANTS

SMALL = Plan(subscribers=400, days=3, seed=11)

DIGEST = """
import sys
from hashlib import blake2b
from pathlib import Path
from ringfence.simulation import Plan, simulate, write
write(simulate(Plan(subscribers=300, days=2, seed=5)), Path(sys.argv[1]), "parquet")
for name in ("records.parquet", "truth.parquet"):
    print(blake2b((Path(sys.argv[1]) / name).read_bytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def small() -> Simulation:
    return simulate(SMALL)


@pytest.fixture(scope="module")
def week() -> Simulation:
    return simulate(Plan(subscribers=5_000, days=7, seed=101))


def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    outputs = []
    for hash_seed, threads in (("0", "1"), ("77", "3")):
        out = tmp_path / hash_seed
        environment = {"PYTHONHASHSEED": hash_seed, "POLARS_MAX_THREADS": threads}
        run = subprocess.run(
            [sys.executable, "-c", DIGEST, str(out)], env=environment, capture_output=True, text=True, check=True
        )
        outputs.append(run.stdout)

    assert outputs[0] == outputs[1]
    assert len(outputs[0].split()) == 2


def test_another_seed_gives_other_traffic(small: Simulation) -> None:
    other = simulate(Plan(subscribers=400, days=3, seed=12))

    assert not other.events.equals(small.events)


@pytest.mark.parametrize("frauds", [(), ("irsf",), ("sim_box", "cloned_sim")])
def test_another_list_of_frauds_leaves_the_innocents_as_they_are(small: Simulation, frauds: tuple[str, ...]) -> None:
    fewer = simulate(Plan(subscribers=400, days=3, seed=11, frauds=frauds))
    truth = small.truth.filter(pl.col("fraud").is_in(frauds))

    assert fewer.truth.equals(truth)
    assert fewer.events.join(small.events, on="event_id", how="anti").is_empty()
    shared = small.events.join(fewer.events, on="event_id", how="semi", maintain_order="left")
    assert shared.equals(fewer.events)
    more = small.events.join(fewer.events, on="event_id", how="anti")
    guilty = more.join(small.truth, on="event_id", how="semi")
    assert guilty.height == small.truth.height - truth.height
    # What is left are a SIM box's incoming calls and messages, which only exist beside the box.
    assert more.height - guilty.height < 0.01 * fewer.events.height


def test_without_frauds_the_truth_is_empty_and_typed() -> None:
    simulation = simulate(Plan(subscribers=150, days=1, seed=3, frauds=()))

    assert simulation.truth.is_empty()
    assert simulation.truth.schema == TRUTH_SCHEMA
    assert simulation.events.height > 100


def test_events_conform_to_the_schema_and_are_in_order(small: Simulation) -> None:
    events = small.events

    assert events.schema == SCHEMA
    assert events.equals(events.sort("at_ms", "event_id"))
    assert events["event_id"].n_unique() == events.height
    assert events["event_id"].bin.size().unique().to_list() == [16]
    assert (
        events.select("event_id", "at_ms", "kind", "caller", "callee", "start_ms").null_count().sum_horizontal()[0] == 0
    )
    assert set(events["kind"].unique()) <= set(KINDS)


def test_days_are_the_same_events_cut_at_midnight(small: Simulation) -> None:
    days = list(simulate_days(SMALL))

    assert pl.concat([day.events for day in days]).equals(small.events)
    assert pl.concat([day.truth for day in days]).equals(small.truth)
    assert all((day.events["at_ms"] // DAY_MS).n_unique() == 1 for day in days)


def test_an_event_ends_after_what_it_consists_of(small: Simulation) -> None:
    calls = small.events.filter(pl.col("kind") != "message")
    messages = small.events.filter(pl.col("kind") == "message")
    parts = pl.col("setup_ms") + pl.col("ring_ms") + pl.col("duration_ms")

    assert calls.filter(pl.col("at_ms") != pl.col("start_ms") + parts).is_empty()
    assert calls.filter((pl.col("duration_ms") > 0) != pl.col("answered")).is_empty()
    assert calls.filter((pl.col("kind") == "attempt") & (pl.col("ring_ms") > 0)).is_empty()
    assert calls.filter(~pl.col("cause").is_between(1, 127)).is_empty()
    assert messages.filter(pl.col("at_ms") != pl.col("start_ms")).is_empty()
    assert messages.filter(pl.col("segments").is_null() | pl.col("duration_ms").is_not_null()).is_empty()
    assert messages.filter(pl.col("text_shape").str.len_chars() != 16).is_empty()


def test_every_fraudulent_event_is_among_the_events(week: Simulation) -> None:
    truth = week.truth

    assert truth.schema == TRUTH_SCHEMA
    assert truth["event_id"].n_unique() == truth.height
    assert truth.join(week.events, on="event_id", how="anti").is_empty()
    assert truth.null_count().sum_horizontal()[0] == 0
    assert truth.filter(pl.col("money_micros") < 0).is_empty()


def test_every_fraud_has_three_plain_and_three_evasive_episodes_in_a_week_of_5000(week: Simulation) -> None:
    episodes = week.truth.group_by("fraud", "variant").agg(pl.col("episode").n_unique())

    assert set(episodes.select("fraud", "variant").iter_rows()) == {(f, v) for f in FRAUDS for v in VARIANTS}
    assert episodes["episode"].min() >= 3  # type: ignore[operator]


def test_every_episode_costs_money_and_holds_several_events(week: Simulation) -> None:
    episodes = week.truth.group_by("episode").agg(pl.len(), pl.col("money_micros").sum())

    assert episodes.filter(pl.col("money_micros") == 0).is_empty()
    assert episodes["len"].min() >= 5  # type: ignore[operator]


def test_fraud_is_a_small_part_of_the_traffic(week: Simulation) -> None:
    assert 0.02 < week.truth.height / week.events.height < 0.10


def test_most_episodes_begin_after_the_first_day_and_at_varied_times(week: Simulation) -> None:
    begins = week.truth.join(week.events, on="event_id").group_by("episode").agg(pl.col("at_ms").min())["at_ms"]
    first_day = week.events["at_ms"][0] + DAY_MS

    assert (begins > first_day).mean() > 0.7  # type: ignore[operator]
    assert (begins // 3_600_000).n_unique() > 30


def test_an_entity_is_a_party_of_its_event(week: Simulation) -> None:
    both = week.truth.join(week.events, on="event_id")
    entity = pl.col("entity")
    parties = ("caller", "callee", "device", "account", "trunk_in")

    assert both.filter(
        ~pl.any_horizontal((entity == pl.col(name)).fill_null(value=False) for name in parties)
    ).is_empty()


def test_a_clock_change_keeps_local_hours() -> None:
    """Amsterdam is an hour further from UTC from 2026-03-29 on: the daily curve must move with it."""
    plan = Plan(subscribers=800, days=4, seed=4, start=date(2026, 3, 27), frauds=())
    events = simulate(plan).events.filter(pl.col("kind") == "call")
    local = events.with_columns(
        hour=pl.from_epoch("start_ms", time_unit="ms").dt.convert_time_zone("Europe/Amsterdam").dt.hour(),
        day=pl.from_epoch("start_ms", time_unit="ms").dt.convert_time_zone("Europe/Amsterdam").dt.date(),
    )
    night = local.filter(pl.col("hour").is_between(2, 5)).group_by("day").len()

    assert local["day"].n_unique() == 4
    assert night["len"].max() < 0.04 * events.height / 4  # type: ignore[operator]


@settings(max_examples=6, deadline=None)
@given(
    subscribers=st.integers(100, 260),
    days=st.integers(1, 9),
    seed=st.integers(0, 10**9),
    start=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
)
@example(subscribers=100, days=1, seed=0, start=date(2028, 3, 26))  # a day of 23 hours
@example(subscribers=100, days=1, seed=0, start=date(2028, 10, 29))  # one of 25
def test_any_plan_gives_well_formed_traffic(subscribers: int, days: int, seed: int, start: date) -> None:
    plan = Plan(subscribers=subscribers, days=days, seed=seed, start=start)
    simulation = simulate(plan)
    events, truth = simulation.events, simulation.truth

    assert events.schema == SCHEMA
    assert events["at_ms"].is_sorted()
    assert truth.join(events, on="event_id", how="anti").is_empty()
    assert truth["fraud"].n_unique() == len(FRAUDS)
    local = pl.from_epoch(events["start_ms"], time_unit="ms").dt.convert_time_zone("Europe/Amsterdam").dt.date()
    assert (local - start).dt.total_days().is_between(0, days - 1).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"subscribers": 5}, "100 to"),
        ({"days": 0}, "1 to"),
        ({"seed": -1}, "0 or more"),
        ({"frauds": ("irsf", "theft")}, "theft"),
    ],
)
def test_a_plan_that_cannot_be_says_what_was_expected(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Plan(**{"subscribers": 1_000, "days": 7, "seed": 1, **wrong})  # type: ignore[arg-type]

    assert caught.value.code == "RF5001"
