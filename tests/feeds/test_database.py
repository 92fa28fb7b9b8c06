"""Databases of call records: batches are bounded by bytes, and a row that is too large costs only itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from ringfence.events.errors import BAD_VALUE, RECORD_TOO_LARGE
from ringfence.feeds.database import BATCH_BYTES
from ringfence.feeds.limits import Limits

from .reading import read_all

MANY_BYTES = 600_000  # within the bound of a record, and no text of an event


def database(path: Path, callees: Iterable[str], *, junk: int = 0) -> Path:
    """Write a table of calls, each second one; `junk` bytes lie in a column that no mapping looks at."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cdr (start_stamp, billsec, caller_id_number, destination_number, note)")
        rows = ((f"2024-01-01 10:00:{n % 60:02}", 5, f"{n}", callee, "x" * junk) for n, callee in enumerate(callees))
        connection.executemany("INSERT INTO cdr VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return path


def test_a_batch_is_bounded_by_bytes_and_no_row_is_lost_between_two(tmp_path: Path) -> None:
    whole = 3 * BATCH_BYTES // MANY_BYTES
    path = database(tmp_path / "cdr.db", ["x" * MANY_BYTES] * whole + ["1"] * 5)

    found = read_all(path, "freeswitch")

    assert found.pieces >= 3
    assert found.codes() == [BAD_VALUE] * whole
    assert found.events["caller"].to_list() == [str(whole + n) for n in range(5)]


def test_a_row_that_is_too_large_is_a_reject_and_costs_no_neighbour(tmp_path: Path) -> None:
    callees = ["1", "x" * 3_000_000, "2", "3", "x" * 1_100_000, "x" * 2_000_000, "4"]
    path = database(tmp_path / "cdr.db", callees, junk=2_000_000)

    found = read_all(path, "freeswitch")

    assert found.events["callee"].to_list() == ["1", "2", "3", "4"]
    assert found.codes() == [RECORD_TOO_LARGE] * 3
    assert found.rejects["place"].to_list() == [f"{path}#{row}" for row in (2, 5, 6)]
    assert (found.rejects["raw_bytes"] > found.rejects["raw"].bin.size()).all()  # so it is known that not all was kept


def test_a_smaller_bound_is_kept_too(tmp_path: Path) -> None:
    path = database(tmp_path / "cdr.db", ["1", "x" * 300, "2"])

    found = read_all(path, "freeswitch", limits=Limits(max_record_bytes=256))

    assert found.events["callee"].to_list() == ["1", "2"]
    assert found.codes() == [RECORD_TOO_LARGE]


def test_reading_goes_on_behind_a_row_that_is_too_large(tmp_path: Path) -> None:
    path = database(tmp_path / "cdr.db", ["1", "x" * 3_000_000, "2"])

    rest = read_all(path, "freeswitch", position={"row": 2})

    assert rest.events["callee"].to_list() == ["2"]
    assert rest.rejects.is_empty()
