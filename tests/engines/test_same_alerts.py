"""The same records give the same alerts, in whatever order, batches, shards, files and runs they come."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.laws import examples

from .workload import LATENESS_MS, Outcome, Telling, counts, go, outcome, switch, traffic

EXAMPLES = examples(6)
BUSY = """[[rule]]
id = "busy"
title = "Two calls within the hour, twice"
fraud = "robocall"
on = ["call"]
entity = "caller"
when = "calls_1h >= 2"
severity = "low"
evidence = 2
gap = "10m"
source = "this test"
"""
WHOLE_HORIZON = {"engine__dedup_horizon": "10d"}

engines = st.fixed_dictionaries(
    {
        "engine__shards": st.sampled_from([1, 2, 16]),
        "engine__threads": st.sampled_from([1, 2]),
        "engine__batch_rows": st.sampled_from([200, 1_000, 1_000_000]),
        "engine__checkpoint_events": st.sampled_from([2_500, 1_000_000]),
        "engine__dedup_horizon": st.just("10d"),
    }
)
tellings = st.builds(
    Telling,
    seed=st.integers(0, 10_000),
    jitter=st.sampled_from([0.0, 0.3, 1.0]),
    repeats=st.integers(0, 300),
    bad=st.integers(0, 30),
    files=st.integers(1, 5),
    cut=st.sampled_from(["time", "overlap", "turns"]),
    format=st.sampled_from(["parquet", "ndjson"]),
    piece=st.sampled_from([200, 1_700, 100_000]),
    stops=st.lists(st.integers(1, 12), max_size=2).map(tuple),
    settings=st.lists(engines, min_size=1, max_size=3).map(tuple),
)


@cache
def of_one_go() -> Outcome:
    """Return what a run over the events in order, in one file and in one go, leaves."""
    with tempfile.TemporaryDirectory() as folder:
        told = Telling().tell(traffic(), Path(folder))
    assert len(told.alerts) > 30
    assert len({json.loads(alert)["fraud"] for alert in told.alerts}) > 5
    assert told.counters == {"switch": counts(accepted=traffic().height)}
    return told


@pytest.fixture
def events() -> pl.DataFrame:
    return traffic()


@pytest.fixture
def plain() -> Outcome:
    return of_one_go()


def assert_same(told: Outcome, plain: Outcome, events: pl.DataFrame, telling: Telling) -> None:
    assert told.alerts == plain.alerts
    counted = told.counters["switch"]
    # a repeat in another file may be read before its first, and is late then if that file is further on in time
    late = counted["late"] if telling.files > 1 else 0
    expected = counts(accepted=events.height, duplicate=telling.repeats - late, rejected=telling.bad, late=late)
    assert told.counters == {"switch": expected}
    assert [event_id for event_id, late in told.history if not late] == sorted(events["event_id"])
    assert sum(late for _, late in told.history) == late
    assert len(told.suspense) == telling.bad


@EXAMPLES
@given(telling=tellings)
@example(telling=Telling(piece=200, settings=({"engine__batch_rows": 200},)))  # in 50 batches
@example(telling=Telling(settings=({"engine__shards": 1}, {"engine__shards": 16}, {"engine__shards": 3}), stops=(1, 1)))
@example(
    telling=Telling(files=4, cut="turns", jitter=1.0, repeats=300, bad=30, stops=(3, 4), settings=(WHOLE_HORIZON,))
)
def test_no_way_of_telling_changes_an_alert(telling: Telling) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = telling.tell(traffic(), Path(folder))

    assert_same(told, of_one_go(), traffic(), telling)


def test_one_event_at_a_time_gives_what_a_batch_gives(events: pl.DataFrame, tmp_path: Path) -> None:
    few = events.filter(pl.col("kind") == "call").head(120)
    for name in ("whole", "single"):
        (tmp_path / name / "home" / "rules").mkdir(parents=True)
        (tmp_path / name / "home" / "rules" / "busy.toml").write_text(BUSY)

    whole = Telling().tell(few, tmp_path / "whole")
    single = Telling(piece=1, settings=({"engine__batch_rows": 1},)).tell(few, tmp_path / "single")

    assert any("busy" in alert for alert in whole.alerts)
    assert single == whole


def test_a_run_that_is_stopped_again_and_again_remembers_everything(tmp_path: Path) -> None:
    events = traffic(150, 5)
    whole = Telling().tell(events, tmp_path / "whole")

    stopped = Telling(piece=1_500, stops=(1,) * 9).tell(events, tmp_path / "stopped")

    assert stopped == whole


def test_more_files_than_are_kept_open_give_what_one_gives(
    events: pl.DataFrame, plain: Outcome, tmp_path: Path
) -> None:
    telling = Telling(files=40, cut="overlap", stops=(20,))

    assert_same(telling.tell(events, tmp_path), plain, events, telling)


def test_what_a_run_tells_is_what_it_keeps(events: pl.DataFrame, plain: Outcome, tmp_path: Path) -> None:
    paths = Telling(piece=900).write(events, tmp_path / "records")

    progress = go(tmp_path / "home", switch(*paths), engine__checkpoint_events=1_000)

    told = {alert.alert_id: alert.to_json() for alert in progress.alerts.values()}
    kept = {alert["alert_id"]: alert for alert in map(json.loads, plain.alerts)}
    assert told.keys() == kept.keys()
    for alert_id, alert in told.items():
        assert alert == {name: kept[alert_id][name] for name in alert}


def test_the_same_files_again_change_nothing(events: pl.DataFrame, plain: Outcome, tmp_path: Path) -> None:
    paths = Telling(files=2).write(events, tmp_path / "records")
    go(tmp_path / "home", switch(*paths))

    progress = go(tmp_path / "home", switch(*paths))

    assert progress.records == 0
    assert outcome(tmp_path / "home") == plain


def test_a_copy_of_a_file_holds_only_duplicates(events: pl.DataFrame, plain: Outcome, tmp_path: Path) -> None:
    (path,) = Telling().write(events, tmp_path / "records")
    go(tmp_path / "home", switch(path), **WHOLE_HORIZON)
    copy = path.rename(path.with_name("copy.parquet"))

    go(tmp_path / "home", switch(copy), **WHOLE_HORIZON)

    again = outcome(tmp_path / "home")
    assert again.alerts == plain.alerts
    assert again.history == plain.history
    assert again.counters == {"switch": counts(accepted=events.height, duplicate=events.height)}


@pytest.mark.parametrize("piece", [300, 100_000])
def test_a_repeat_beyond_the_horizon_is_late_however_the_file_is_cut(
    piece: int, events: pl.DataFrame, plain: Outcome, tmp_path: Path
) -> None:
    early = events.head(500)
    path = tmp_path / "records.parquet"
    pl.concat([events, early]).write_parquet(path, row_group_size=piece)
    assert int(events["at_ms"][-1]) - int(early["at_ms"][-1]) > 3_600_000 + LATENESS_MS

    go(tmp_path / "home", switch(path), engine__dedup_horizon="1h", engine__shards=2)

    told = outcome(tmp_path / "home")
    assert told.alerts == plain.alerts
    assert told.counters == {"switch": counts(accepted=events.height, late=500)}


def test_the_seed_of_hashes_changes_nothing(events: pl.DataFrame, plain: Outcome, tmp_path: Path) -> None:
    (path,) = Telling().write(events, tmp_path / "records")
    for seed in ("1", "4711"):
        home = tmp_path / seed
        command = [sys.executable, "-c", "from ringfence.cli.main import main; main()", "run", str(path)]
        command += ["--name", "switch", "--home", str(home), "--json"]

        environment = {"PYTHONHASHSEED": seed, "HOME": str(Path.home())}
        done = subprocess.run(command, env=environment, capture_output=True, check=False)

        assert done.returncode == 0, done.stderr
        assert outcome(home) == plain
