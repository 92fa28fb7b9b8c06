"""A run says what a person should know of the records beside their alerts."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from tests.feeds.test_suspense import record

from .calling import ringfence

AT_MS = 1_709_287_200_000


def write_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    events = ({"at_ms": AT_MS + i, "kind": "call"} | row for i, row in enumerate(rows))
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def test_of_many_unknown_columns_the_first_ten_are_named_and_the_others_counted(home: Path, tmp_path: Path) -> None:
    few = write_lines(tmp_path / "few.ndjson", [{f"x{i}": 1} for i in range(12)])
    many = write_lines(tmp_path / "many.ndjson", [{f"y{i}": 1} for i in range(500)])

    some = ringfence("run", few, "--home", home)
    more = ringfence("run", many, "--home", home.with_name("other"))

    assert some.says("Column x0 is no column of an event", "And 2 more such columns")
    assert some.err.count("is no column of an event") == 10
    assert more.says("And at least 91 more such columns")


def test_amounts_in_another_currency_are_counted_and_rated_by_the_home_table(home: Path, tmp_path: Path) -> None:
    amounts = [("EUR", 5_000_000), ("USD", 9_000_000), (None, 1_000_000), ("USD", None)]
    rows: list[dict[str, object]] = [
        {"caller": "31612345678", "callee": "31201234567", "answered": True, "duration_ms": 60_000}
        | {"currency": currency, "charge_micros": charge}
        for currency, charge in amounts
    ]

    ran = ringfence("run", write_lines(tmp_path / "e.ndjson", rows), "--home", home)

    assert ran.says("1 record states amounts in another currency than home.currency")
    events = pl.read_parquet(home / "history" / "**" / "*.parquet").sort("at_ms")
    rated = events["charge_micros"][3]
    assert events["charge_micros"].to_list() == [5_000_000, rated, 1_000_000, rated]
    assert set(events["currency"]) == {"EUR"}


def test_a_last_line_that_may_be_half_written_is_said_to_wait(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(record(0) + b"\n" + record(1)[:80])

    ran = ringfence("run", path, "--home", home)
    with path.open("ab") as file:
        file.write(record(1)[80:] + b"\n")
    again = ringfence("run", path, "--home", home)

    assert (ran.code, again.code) == (0, 0)
    assert ran.says("1 file ends in a line without its end")
    assert not again.says("without its end")
    (row,) = ringfence("balance", "--home", home, "--json").json
    assert (row["received"], row["accepted"] + row["late"], row["rejected"]) == (2, 2, 0)


def test_a_run_that_reads_nothing_says_so(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    calls = write_lines(tmp_path / "calls.ndjson", [{"caller": "31612345678"}])

    empty = ringfence("run", tmp_path / "empty.csv", "--home", home)
    first = ringfence("run", calls, "--home", home)
    again = ringfence("run", calls, "--home", home)

    assert [ended.says("No record was read") for ended in (empty, first, again)] == [True, False, True]
    assert ringfence("alerts", "--home", home).out == "No open alerts.\n"
