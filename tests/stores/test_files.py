"""State files and history files."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.events.errors import DependencyError
from ringfence.events.identity import digest
from ringfence.events.schema import conform
from ringfence.stores import state_files
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.checkpoint_store import Checkpoint, CheckpointStore
from ringfence.stores.database import Database
from ringfence.stores.history import DAY_MS, STORED, History, history_files
from tests.stores.alerts import alert
from tests.stores.conftest import files_of_at_most, read_only

START_MS = 20_000 * DAY_MS


def events(times: list[int]) -> pl.DataFrame:
    ids = [digest(number, at_ms) for number, at_ms in enumerate(times)]
    callers = ["31612345678" if number % 2 else "31687654321" for number in range(len(times))]
    given = pl.DataFrame(
        {"event_id": ids, "at_ms": times, "caller": callers},
        schema={"event_id": pl.Binary, "at_ms": pl.Int64, "caller": pl.String},
    )
    return conform(given).with_columns(place=pl.lit("cdr.csv:1"), late=pl.lit(False))


@pytest.fixture
def history(tmp_path: Path, database: Database) -> History:
    return History(tmp_path, database)


def test_a_state_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    content = {"1-a.zst": b"", "1-b.zst": bytes(range(256)) * 1000}

    marks = state_files.write_all(tmp_path / "state", content.items())

    assert {name: state_files.read(tmp_path / "state", name, mark) for name, mark in marks.items()} == content
    assert state_files.write(tmp_path / "state", "1-c.zst", content["1-b.zst"]) == marks["1-b.zst"]


@pytest.mark.parametrize("harm", ["gone", "shortened", "one bit", "grown", "empty"])
def test_a_state_file_that_was_harmed_is_refused(tmp_path: Path, harm: str) -> None:
    mark = state_files.write(tmp_path, "a", b"state " * 100)
    path, content = tmp_path / "a", bytearray((tmp_path / "a").read_bytes())
    if harm == "gone":
        path.unlink()
    else:
        content[3] ^= harm == "one bit"
        cut = {"shortened": len(content) - 1, "empty": 0}.get(harm, len(content))
        path.write_bytes(content[:cut] + b"x" * (harm == "grown"))

    with pytest.raises(DependencyError) as caught:
        state_files.read(tmp_path, "a", mark)

    assert caught.value.code == "RF4017"


@pytest.mark.parametrize("name", ["../a", "a/b", "", ".hidden", "a\0b"])
def test_a_state_file_cannot_be_written_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a state file"):
        state_files.write(tmp_path, name, b"")


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, history: History) -> None:
    with files_of_at_most(500):
        for attempt in (
            lambda: state_files.write(tmp_path / "state", "a", bytes(str(list(range(9999))), "ascii")),
            lambda: history.append(events(list(range(0, 9999, 7))), 1),
        ):
            with pytest.raises(DependencyError) as caught:
                attempt()
            assert caught.value.code == "RF4010"

    assert not [p for d in ("state", "history") for p in (tmp_path / d).rglob("*") if p.is_file()]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, history: History) -> None:
    attempts = {
        "state": lambda: state_files.write(tmp_path / "state", "a", b"x"),
        "history": lambda: history.append(events([0]), 1),
    }
    for name, attempt in attempts.items():
        (tmp_path / name).mkdir()
        with read_only(tmp_path / name), pytest.raises(DependencyError) as caught:
            attempt()
        assert caught.value.code == "RF4012"
        assert str(tmp_path / name) in str(caught.value)


times = st.lists(st.integers(START_MS - DAY_MS, START_MS + 2 * DAY_MS), max_size=30)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(times, max_size=4), first=st.integers(-1, 3), span=st.integers(0, 3), merging=st.booleans())
def test_history_holds_exactly_the_events_of_committed_checkpoints(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], first: int, span: int, merging: bool
) -> None:
    home = tmp_path_factory.mktemp("home")
    frames = [events([*batch]) for batch in batches]
    from_ms, to_ms = START_MS + first * DAY_MS // 2, START_MS + (first + span) * DAY_MS // 2
    with Database.open(home / "ringfence.db") as database:
        history, store = History(home, database), CheckpointStore(database)
        for number, frame in enumerate(frames, 1):
            store.commit(Checkpoint(number=number, history_files=history.append(frame, number)))
            if merging:
                history.merge(many_files=2)
        history.append(events([START_MS]), len(frames) + 1)  # written, never committed
        store.sweep(home)

        found = history.scan().collect()
        between = history.scan(from_ms, to_ms).collect()
        of_one = history.events_of("caller", "31612345678", from_ms, to_ms)
        sizes = [file.events for file in history_files(database)]

    whole = pl.concat([events([]), *frames])
    wanted = whole.filter(pl.col("at_ms").is_between(from_ms, to_ms, closed="left"))
    assert found.schema == STORED
    assert found.sort("at_ms", "event_id").equals(whole.sort("at_ms", "event_id"))
    assert between.sort("at_ms", "event_id").equals(wanted.sort("at_ms", "event_id"))
    assert of_one.equals(wanted.filter(pl.col("caller") == "31612345678").sort("at_ms", "event_id"))
    assert sum(sizes) == whole.height


def test_history_files_lie_in_folders_of_their_day(tmp_path: Path, history: History) -> None:
    files = history.append(events([START_MS - 1, START_MS, START_MS + 5, -1]), 7)

    assert [(file.name, file.events, file.from_ms, file.to_ms) for file in files] == [
        ("history/date=1969-12-31/part-7-0.parquet", 1, -1, -1),
        ("history/date=2024-10-03/part-7-1.parquet", 1, START_MS - 1, START_MS - 1),
        ("history/date=2024-10-04/part-7-2.parquet", 2, START_MS, START_MS + 5),
    ]
    assert [file.bytes for file in files] == [(tmp_path / file.name).stat().st_size for file in files]


def test_events_may_be_appended_in_pieces(tmp_path: Path, history: History, database: Database) -> None:
    pieces = [
        events([START_MS]),
        events([START_MS + 1]).with_columns(late=pl.lit(True)),
        events([START_MS + 2]).drop("late"),
    ]

    files = [file for piece in pieces for file in history.append(piece, 1)]
    CheckpointStore(database).commit(Checkpoint(number=1, history_files=files))

    assert len({file.name for file in files}) == 3
    found = history.scan().sort("at_ms").collect()
    assert found["late"].to_list() == [False, True, False]


def test_many_small_files_of_a_day_become_one(tmp_path: Path, history: History, database: Database) -> None:
    store = CheckpointStore(database)
    for number in range(1, 6):
        times = [START_MS + number, START_MS + DAY_MS] if number == 1 else [START_MS + number]
        store.commit(Checkpoint(number=number, history_files=history.append(events(times), number)))
    before = history.scan().sort("at_ms").collect()

    merged = history.merge(many_files=5)

    [name] = merged
    assert name.startswith("history/date=2024-10-04/merged-")
    assert history.scan().sort("at_ms").collect().equals(before)
    assert len(store.sweep(tmp_path)) == 5
    assert history.scan().sort("at_ms").collect().equals(before)
    assert history.merge(many_files=5) == []
    assert [file.events for file in history_files(database)] == [5, 1]


def test_a_trunk_and_a_range_are_found_by_the_columns_that_name_them(history: History, database: Database) -> None:
    given = events([START_MS, START_MS + 1, START_MS + 2]).with_columns(
        trunk_in=pl.Series([None, "t", "u"], dtype=pl.String),
        trunk_out=pl.Series(["t", "u", "t"]),
        callee_range=pl.Series(["882", "882", None]),
    )
    CheckpointStore(database).commit(Checkpoint(number=1, history_files=history.append(given, 1)))

    ever = START_MS, START_MS + DAY_MS
    assert history.events_of("trunk", "t", *ever)["at_ms"].to_list() == [START_MS, START_MS + 1]
    assert history.events_of("range", "882", *ever)["at_ms"].to_list() == [START_MS, START_MS + 1]


def test_a_history_file_that_was_harmed_is_named(tmp_path: Path, history: History, database: Database) -> None:
    files = history.append(events([START_MS]), 1)
    CheckpointStore(database).commit(Checkpoint(number=1, history_files=files))
    (tmp_path / files[0].name).write_bytes(b"calls")

    with pytest.raises(DependencyError) as caught:
        history.events_of("caller", "31687654321", START_MS, START_MS + 1)

    assert caught.value.code == "RF4017"


def test_a_history_file_that_is_gone_is_named(tmp_path: Path, history: History, database: Database) -> None:
    files = history.append(events([START_MS]), 1)
    CheckpointStore(database).commit(Checkpoint(number=1, history_files=files))
    (tmp_path / files[0].name).unlink()

    with pytest.raises(DependencyError) as caught:
        history.scan()

    assert caught.value.code == "RF4017"
    assert files[0].name in str(caught.value)


def test_an_entity_kind_that_is_no_column_is_refused(history: History) -> None:
    with pytest.raises(ValueError, match="no kind of entity"):
        history.events_of("name", "x", 0, 1)


def test_a_sweep_leaves_files_of_another_make_alone(tmp_path: Path, history: History, database: Database) -> None:
    committed = history.append(events([START_MS]), 1)
    store = CheckpointStore(database)
    store.commit(
        Checkpoint(
            number=1,
            history_files=committed,
            state_files=state_files.write_all(tmp_path / "state", [("1", b"x")]),
        )
    )
    waste = history.append(events([START_MS + 1]), 2)
    own = tmp_path / "history" / "date=2024-10-04" / "my-notes.parquet"
    own.write_bytes(b"mine")
    state_files.write(tmp_path / "state", "2", b"y")

    gone = store.sweep(tmp_path)

    assert gone == ["2", waste[0].name]
    assert own.exists()
    assert store.sweep(tmp_path) == []


def test_days_of_the_history_that_are_too_old_go_with_the_commit_that_brings_newer_ones(
    tmp_path: Path, history: History, database: Database
) -> None:
    store = CheckpointStore(database)
    days = (0, 1, 2, 3)
    for number, day in enumerate(days, 1):
        files = history.append(events([START_MS + day * DAY_MS]), number)
        store.commit(Checkpoint(number=number, history_files=files, history_days=2))
    late = history.append(events([START_MS - 5 * DAY_MS, START_MS + 3 * DAY_MS + 1]), 5)
    store.commit(Checkpoint(number=5, history_files=late, history_days=2))

    store.sweep(tmp_path)

    kept = [START_MS + DAY_MS, START_MS + 2 * DAY_MS, START_MS + 3 * DAY_MS, START_MS + 3 * DAY_MS + 1]
    assert history.scan().sort("at_ms").collect()["at_ms"].to_list() == kept
    assert sorted(path.name for path in (tmp_path / "history").iterdir()) == [
        "date=2024-10-05", "date=2024-10-06", "date=2024-10-07",
    ]  # fmt: skip
    assert len(list((tmp_path / "history").rglob("*.parquet"))) == 4


def test_a_checkpoint_that_does_not_follow_the_last_changes_nothing(database: Database) -> None:
    store = CheckpointStore(database)
    store.commit(Checkpoint(number=1, positions={("s", "f"): {"line": 1}}))
    before = store.last()

    for number in (1, 3, 0):
        with pytest.raises(DependencyError) as caught:
            store.commit(Checkpoint(number=number, positions={("s", "f"): {"line": 9}}, alerts=[alert()]))
        assert caught.value.code == "RF4018"

    assert store.last() == before
    assert AlertStore(database).list() == []


def test_positions_that_did_not_move_are_kept(database: Database) -> None:
    store = CheckpointStore(database)
    assert store.last() is None

    store.commit(Checkpoint(number=1, positions={("s", "a"): {"line": 1}, ("s", "b"): {"line": 2}}))
    store.commit(
        Checkpoint(
            number=2,
            positions={("s", "b"): {"line": 3}},
            watermarks={"s": 5},
            versions={"features": "f1"},
            counters={"s": {"received": 3, "accepted": 3}},
        )
    )

    last = store.last()
    assert last is not None
    assert last.positions == {("s", "a"): {"line": 1}, ("s", "b"): {"line": 3}}
    assert (last.number, last.watermarks, last.versions) == (2, {"s": 5}, {"features": "f1"})
    assert last.counters["s"]["accepted"] == 3
