"""Several sources at once, late records, and files with nothing, or nothing good, in them."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.errors import RingfenceError
from tests.laws import examples

from .workload import LATENESS_MS, NOW, Telling, counts, go, outcome, switch, traffic

EXAMPLES = examples(4)


def delayed(events: pl.DataFrame, most_ms: int, dice: random.Random) -> pl.DataFrame:
    """Return events as they arrive when one in ten comes up to `most_ms` after its time."""
    arrives = [at + (dice.randint(0, most_ms) if dice.random() < 0.1 else 0) for at in events["at_ms"]]
    return events[[i for _, i in sorted(zip(arrives, range(events.height), strict=True))]]


def in_time(arriving: pl.DataFrame, lateness_ms: int) -> pl.Series:
    """Return which events of one file are not late: as slow as it is plain."""
    kept, newest = [], -(2**62)
    for at in arriving["at_ms"]:
        kept.append(at >= newest - lateness_ms)
        newest = max(newest, at)
    return pl.Series(kept)


@EXAMPLES
@given(
    seed=st.integers(0, 10_000),
    piece=st.sampled_from([250, 3_000, 100_000]),
    latenesses=st.lists(st.sampled_from([0, 30_000, 300_000, 3_600_000]), min_size=1, max_size=3),
    every=st.sampled_from([1_000, 1_000_000]),
    stop_after=st.none() | st.integers(1, 10),
)
def test_what_is_late_is_told_by_each_file_alone_and_changes_no_alert(
    seed: int, piece: int, latenesses: list[int], every: int, stop_after: int | None
) -> None:
    events, dice = traffic(), random.Random(seed)
    of_file = pl.Series([dice.randrange(len(latenesses)) for _ in range(events.height)])
    sources, good, expected = [], [], {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number, lateness_ms in enumerate(latenesses):
            arriving = delayed(events.filter(of_file == number), 2 * lateness_ms + 60_000, dice)
            kept = in_time(arriving, lateness_ms)
            good.append(arriving.filter(kept))
            expected[f"s{number}"] = counts(accepted=int(kept.sum()), late=int((~kept).sum()))
            arriving.write_parquet(root / f"{number}.parquet", row_group_size=piece)
            sources.append(switch(root / f"{number}.parquet", name=f"s{number}", lateness_ms=lateness_ms))
        in_order = pl.concat(good).sort("at_ms", "event_id")
        plain = Telling().tell(in_order, root / "plain")

        if stop_after is not None:
            go(root / "home", *sources, stop_after=stop_after, engine__checkpoint_events=every)
        go(root / "home", *reversed(sources), engine__checkpoint_events=every)

        told = outcome(root / "home")
    assert told.counters == expected
    assert told.alerts == plain.alerts
    assert len(plain.alerts) > 30
    assert [event_id for event_id, late in told.history if not late] == [event_id for event_id, _ in plain.history]
    assert [event_id for event_id, _ in told.history] == sorted(events["event_id"])


def test_feeds_of_different_kinds_run_together(tmp_path: Path) -> None:
    events = traffic()
    half = events.height // 2
    tables = Telling(piece=700).write(events.head(half), tmp_path / "tables")
    lines = Telling(format="ndjson", files=3).write(events.slice(half), tmp_path / "lines")
    pbx = tmp_path / "Master.csv"
    pbx.write_text(
        '"","0612345678","0205550000","default","""a"" <0612345678>","PJSIP/a-1","PJSIP/b-2","Dial","",'
        '"2026-03-02 10:00:00","2026-03-02 10:00:05","2026-03-02 10:01:00",60,55,"ANSWERED","DOCUMENTATION","1.1",""\n'
    )
    sources = (switch(*tables, name="tables"), switch(*lines, name="lines"), switch(pbx, name="pbx", format="asterisk"))

    go(tmp_path / "home", *sources)

    told = outcome(tmp_path / "home")
    assert told.counters == {
        "tables": counts(accepted=half),
        "lines": counts(accepted=events.height - half),
        "pbx": counts(accepted=1),
    }
    assert len(told.history) == events.height + 1


@pytest.mark.parametrize(
    ("suffix", "format"), [("ndjson", "ndjson"), ("ndjson", "auto"), ("csv", "asterisk"), ("gz", "auto")]
)
def test_an_empty_file_is_no_error_and_holds_nobody_back(suffix: str, format: str, tmp_path: Path) -> None:
    events = traffic().head(2_000)
    (path,) = Telling().write(events, tmp_path / "records")
    empty = tmp_path / f"empty.{suffix}"
    empty.write_bytes(gzip.compress(b"") if suffix == "gz" else b"")

    go(tmp_path / "home", switch(empty, name="empty", format=format), switch(path))

    assert outcome(tmp_path / "home").counters["switch"] == counts(accepted=2_000)


def test_a_table_without_rows_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    traffic().clear().write_parquet(path)

    progress = go(tmp_path / "home", switch(path))

    assert progress.records == 0
    assert outcome(tmp_path / "home").counters == {}


def test_a_file_of_rejects_alone_goes_to_suspense_and_holds_nobody_back(tmp_path: Path) -> None:
    events = traffic().head(2_000)
    (path,) = Telling().write(events, tmp_path / "records")
    bad = tmp_path / "bad.ndjson"
    bad.write_text('{"at_ms": "yesterday"}\n{"at_ms": 1\n\0\n' * 100)

    progress = go(
        tmp_path / "home", switch(bad, name="bad", format="ndjson"), switch(path), engine__checkpoint_events=1_000
    )

    told = outcome(tmp_path / "home")
    assert told.counters == {"bad": counts(rejected=300), "switch": counts(accepted=2_000)}
    assert len(told.suspense) == 300
    assert progress.counters["bad"].difference == 0


def test_records_from_the_future_move_no_watermark(tmp_path: Path) -> None:
    events = traffic().head(2_000)
    ahead = events.slice(100, 1).with_columns(event_id=pl.lit(b"a" * 16), at_ms=pl.lit(NOW.at_ms + 3_600_000))
    path = tmp_path / "records.parquet"
    pl.concat([events.head(100), ahead, events.slice(100)]).write_parquet(path)

    go(tmp_path / "home", switch(path))

    assert outcome(tmp_path / "home").counters == {"switch": counts(accepted=2_000, rejected=1)}


@pytest.mark.parametrize("broken", ["missing", "unknown", "folder"])
def test_a_second_file_that_cannot_be_read_is_told_before_anything_is_done(broken: str, tmp_path: Path) -> None:
    events = traffic().head(2_000)
    (path,) = Telling().write(events, tmp_path / "records")
    second = tmp_path / "second.any"
    if broken == "unknown":
        second.write_bytes(b"\x7fELF no records at all\n" * 9)
    elif broken == "folder":
        second.mkdir()

    with pytest.raises(RingfenceError) as told:
        go(tmp_path / "home", switch(path), switch(second, name="second", format="auto"))

    assert told.value.code.startswith("RF40")
    assert "second.any" in str(told.value)
    assert outcome(tmp_path / "home").counters == {}
    second.rmdir() if broken == "folder" else second.unlink(missing_ok=True)
    events.tail(0).write_parquet(second)
    go(tmp_path / "home", switch(path), switch(second, name="second", format="auto"))
    assert outcome(tmp_path / "home").counters == {"switch": counts(accepted=2_000)}


def test_a_truncated_second_file_costs_only_what_is_missing(tmp_path: Path) -> None:
    events = traffic().head(2_000)
    (path,) = Telling().write(events.head(1_000), tmp_path / "records")
    (rest,) = Telling(format="ndjson").write(events.slice(1_000), tmp_path / "rest")
    packed = gzip.compress(rest.read_bytes())
    cut = tmp_path / "cut.ndjson.gz"
    cut.write_bytes(packed[: len(packed) // 2])

    go(tmp_path / "home", switch(path), switch(cut, name="cut", format="ndjson"))

    told = outcome(tmp_path / "home")
    row = told.counters["cut"]
    assert told.counters["switch"] == counts(accepted=1_000)
    assert (row["rejected"], row["accepted"] + 1) == (1, row["received"])
    assert 100 < row["accepted"] < 1_000
    assert len(told.suspense) == 1


def test_an_older_file_that_comes_in_a_later_run_is_late_and_kept(tmp_path: Path) -> None:
    events = traffic().head(4_000)
    old, new = Telling().write(events.head(2_000), tmp_path / "a"), Telling().write(events.slice(2_000), tmp_path / "b")
    go(tmp_path / "home", switch(*new))
    alerts = outcome(tmp_path / "home").alerts

    progress = go(tmp_path / "home", switch(*old))

    told = outcome(tmp_path / "home")
    assert told.counters == {"switch": counts(accepted=2_000, late=2_000)}
    assert told.alerts == alerts
    assert progress.worst_lateness_ms >= int(events["at_ms"][2_000] - events["at_ms"][0]) - LATENESS_MS
    assert sorted(late for _, late in told.history) == [False] * 2_000 + [True] * 2_000


def test_the_same_record_in_two_sources_is_counted_once(tmp_path: Path) -> None:
    events = traffic()
    (one,), (two,) = Telling().write(events, tmp_path / "a"), Telling(jitter=1.0).write(events, tmp_path / "b")

    go(tmp_path / "home", switch(one, name="one"), switch(two, name="two"))

    told = outcome(tmp_path / "home")
    assert [row["received"] for row in told.counters.values()] == [events.height] * 2
    assert sum(row["accepted"] for row in told.counters.values()) == events.height
    assert sum(row["duplicate"] for row in told.counters.values()) == events.height
    assert json.dumps(told.alerts) == json.dumps(Telling().tell(events, tmp_path / "plain").alerts)


def test_a_copy_that_is_late_in_one_file_takes_nothing_from_the_one_in_time(tmp_path: Path) -> None:
    events = traffic()
    plain = Telling().tell(events, tmp_path / "plain")
    first, second = events.gather_every(2), events.gather_every(2, offset=1)
    copied = second.slice(second.height // 3, 500)
    (tmp_path / "records").mkdir()
    pl.concat([first, copied]).write_parquet(tmp_path / "records" / "1.parquet")  # begins earlier, and is read whole
    second.write_parquet(tmp_path / "records" / "2.parquet", row_group_size=100)

    go(tmp_path / "home", switch(tmp_path / "records"), engine__dedup_horizon="10d")

    told = outcome(tmp_path / "home")
    assert told.alerts == plain.alerts
    assert told.counters == {"switch": counts(accepted=events.height, late=500)}
