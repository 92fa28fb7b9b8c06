"""Records of real switches: what the files say, read by a person, is what comes out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from .calling import DATA, ringfence

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the records of real systems are not on this machine")

ASTERISK = DATA / "asterisk"
YEARS_APART = ("--lateness", "1000d", "--set", "history.days=3660")
FREESWITCH = DATA / "freeswitch" / "cdr_pusher_freeswitch_cdr.db"


def history(home: Path) -> pl.DataFrame:
    return pl.read_parquet(home / "history" / "**" / "*.parquet").sort("at_ms", "event_id")


def utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def counters(home: Path) -> dict[str, Any]:
    balance = ringfence("balance", "--home", home, "--json")
    assert balance.code == 0
    (row,) = balance.json
    return {name: count for name, count in row.items() if count}


def test_the_three_asterisk_files_give_what_a_person_reads_in_them(home: Path) -> None:
    files = [ASTERISK / name for name in ("Master.csv", "Master2.csv", "good.csv")]

    ran = ringfence("run", *files, "--time-zone", "UTC", *YEARS_APART, "--home", home)

    assert ran.code == 5  # one row of good.csv is no call: its answered part is longer than the whole
    # 2 + 1 + 5 rows; the row of Master2.csv is the first of Master.csv; row 2 of good.csv has billsec 7 of 5 s
    assert counters(home) == {"source": "asterisk", "received": 8, "accepted": 6, "duplicate": 1, "rejected": 1}
    events = history(home)
    test_calls = events.filter(pl.col("callee") == "100")
    assert test_calls["caller"].to_list() == ["test"] * 4
    assert test_calls["device"].to_list() == ["SIP/test"] * 4  # the channel without its number
    assert set(test_calls["at_ms"]) == {utc_ms("2009-01-14 23:51:20")}
    assert set(test_calls["start_ms"]) == {utc_ms("2009-01-14 23:51:15")}
    # Q.850: 16 normal clearing, 17 user busy, 19 no answer, and for FAILED none that the record would say
    told = test_calls.select("answered", "duration_ms", "cause").rows()
    answered, *rest = sorted(told, key=lambda row: (not row[0], row[2] or 0))
    assert answered[:2] == (True, 5_000)
    assert {row[:2] for row in rest} == {(False, 0)}
    assert {17, 19} <= {row[2] for row in rest}
    master = events.filter(pl.col("callee") == "1")
    assert master["at_ms"].to_list() == [utc_ms("2010-04-02 00:26:39"), utc_ms("2010-04-02 00:34:09")]
    assert master["duration_ms"].to_list() == [7_000, 7_000]
    assert master["caller"].to_list() == [None, None]


def test_the_row_that_contradicts_itself_waits_with_its_bytes_and_place(home: Path) -> None:
    ringfence("run", ASTERISK / "good.csv", "--home", home)

    (waiting,) = ringfence("suspense", "--home", home, "--json").json["records"]

    assert waiting["code"] == "RF2005"
    assert waiting["place"].endswith("good.csv:2")
    assert waiting["raw_text"] == (ASTERISK / "good.csv").read_text().splitlines()[1]
    assert ringfence("suspense", "show", waiting["suspense_id"], "--home", home).says("billsec", "Ask the switch")


def test_the_freeswitch_database_gives_what_sql_finds_in_it(home: Path) -> None:
    with closing(sqlite3.connect(f"file:{FREESWITCH}?mode=ro", uri=True)) as database:
        rows, talk_s, answered = database.execute("SELECT count(*), sum(billsec), sum(billsec > 0) FROM cdr").fetchone()
        # the invented stamps of the end are those of the start: the end is the start and the whole duration
        stamps = database.execute("SELECT start_stamp, duration FROM cdr")
        ends = [utc_ms(str(start)[:19]) // 1000 + whole for start, whole in stamps]

    ran = ringfence("run", FREESWITCH, "--time-zone", "UTC", "--home", home)

    assert ran.code == 0
    assert (rows, counters(home)) == (50, {"source": "freeswitch", "received": 50, "accepted": 50})
    events = history(home)
    assert events["event_id"].n_unique() == 50
    assert events["duration_ms"].sum() == talk_s * 1000
    assert events["answered"].sum() == answered
    assert sorted(at // 1000 for at in events["at_ms"]) == sorted(ends)


def test_the_same_files_again_change_nothing(home: Path) -> None:
    files = (ASTERISK / "Master.csv", ASTERISK / "good.csv")
    ringfence("run", *files, "--lateness", "1000d", "--home", home)
    before = counters(home)

    again = ringfence("run", *files, "--lateness", "1000d", "--home", home, "--json")

    assert again.json["records"] == 0
    assert counters(home) == before
