"""A process that is killed at any point before or after a durable write leaves a checkpoint to go on from."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringfence.events.errors import DependencyError
from ringfence.stores import failpoints, state_files
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.checkpoint_store import CheckpointStore
from ringfence.stores.counter_store import CounterStore
from ringfence.stores.database import FILE_NAME, Database
from ringfence.stores.history import History
from ringfence.stores.suspense_store import SuspenseStore
from tests.stores import writer

ROOT = Path(__file__).resolve().parents[2]


def content(home: Path) -> dict[str, Any]:
    """Return all that a home folder holds for its readers."""
    path = home / FILE_NAME
    with Database.open_to_read(path) if path.exists() else Database.open(path) as database:
        last = CheckpointStore(database).last()
        read = {} if last is None else last.state_files
        return {
            "last": last,
            "state": {name: state_files.read(home / "state", name, mark) for name, mark in read.items()},
            "alerts": AlertStore(database).list(),
            "suspense": SuspenseStore(database).list(),
            "counters": CounterStore(database).all(),
            "outbox": [tuple(row) for row in database.rows("SELECT * FROM outbox ORDER BY outbox_id")],
            "events": History(home, database).scan().sort("event_id").collect().to_dicts(),
        }


def files_of(home: Path) -> set[str]:
    return {p.relative_to(home).as_posix() for d in ("state", "history") for p in (home / d).rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, Any], set[str]]:
    """The points that an uninterrupted run passes, what it leaves, and the files that it leaves."""
    home, names = tmp_path_factory.mktemp("whole"), list[str]()
    failpoints.hook(names.append)
    writer.go_on(home)
    failpoints.hook(lambda name: None)
    return names, content(home), files_of(home)


@pytest.mark.kills
def test_a_run_killed_at_any_point_goes_on_as_if_it_had_not_been(
    points: tuple[list[str], dict[str, Any], set[str]], tmp_path: Path
) -> None:
    names, whole, files = points

    done = subprocess.run(
        [sys.executable, "-m", "tests.stores.writer", str(tmp_path), "1", str(len(names) + 1)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert done.stdout.splitlines() == [f"{number} -9" for number in range(1, len(names) + 1)]
    for number, name in enumerate(names, 1):
        home = tmp_path / str(number)
        left = content(home)
        records = 0 if left["last"] is None else left["last"].positions["s", "f"]["records"]
        expected = writer.events(0, records).sort("event_id").to_dicts()
        assert left["events"] == expected, (number, name)
        assert all(not counters.missing for counters in left["counters"])
        writer.go_on(home)
        assert content(home) == whole, (number, name)
        assert files_of(home) == files, (number, name)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that holds 2 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_run_that_filled_the_disk_goes_on_when_there_is_room(
    points: tuple[list[str], dict[str, Any], set[str]], small_disk: Path
) -> None:
    _, whole, files = points
    codes = []
    for free in range(4096, 560_000, 40_960):
        home, filler = small_disk / str(free), small_disk / "filler"
        home.mkdir()
        filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - free))
        try:
            writer.go_on(home)
        except DependencyError as full:
            codes.append(full.code)
        filler.unlink()
        left = content(home)
        records = 0 if left["last"] is None else left["last"].positions["s", "f"]["records"]

        assert left["events"] == writer.events(0, records).sort("event_id").to_dicts()
        writer.go_on(home)
        assert content(home) == whole
        assert files_of(home) == files
        shutil.rmtree(home)
    assert set(codes) == {"RF4010"}
    assert len(codes) >= 5


def test_every_kind_of_point_is_passed(points: tuple[list[str], dict[str, Any], set[str]]) -> None:
    assert set(points[0]) == {
        "file.begin", "file.written", "file.synced", "file.named", "folder.synced",
        "commit.begin", "commit.manifest", "commit.rows", "commit.done", "merge.begin", "merge.removed", "merge.done",
        "sweep.remove",
    }  # fmt: skip
