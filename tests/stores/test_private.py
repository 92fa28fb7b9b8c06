"""What is kept names subscribers: folders and files are made for their owner alone, whatever the umask allows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.stores.database import Database
from ringfence.stores.durable import make_folder, write_durably
from ringfence.stores.home_lock import only_run


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    """Let everybody read and write what says nothing else."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Return what may be done with each file and folder below a folder, by its name there."""
    return {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777 for path in folder.rglob("*")}


def test_every_folder_that_is_made_is_its_owners(tmp_path: Path) -> None:
    make_folder(tmp_path / "above" / "home" / "state")

    assert modes(tmp_path) == {"above": 0o700, "above/home": 0o700, "above/home/state": 0o700}


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    make_folder(tmp_path / "home")

    assert modes(tmp_path) == {"home": 0o755}


def test_a_database_its_log_and_the_lock_are_their_owners(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with only_run(home), Database.open(home / "ringfence.db") as database:
        database.change("CREATE TABLE t (x)")
        found = modes(home)

    assert home.stat().st_mode & 0o777 == 0o700
    assert found == dict.fromkeys(("ringfence.db", "ringfence.db-wal", "ringfence.db-shm", "run.lock"), 0o600)


def test_a_file_that_is_written_is_its_owners(tmp_path: Path) -> None:
    write_durably(tmp_path / "one", b"31612345678")

    assert modes(tmp_path) == {"one": 0o600}
