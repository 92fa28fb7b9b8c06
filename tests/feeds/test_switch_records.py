"""Records of Asterisk and FreeSWITCH: golden pairs, and every record of the real files."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import pytest

from ringfence.events.clock import FixedClock
from ringfence.events.errors import BAD_DURATION, SettingsError
from ringfence.events.identity import digest
from ringfence.feeds.mapping import Mapping, Take
from ringfence.wiring.readers import open_reader

from .reading import DATA, read_all, says

GOLDEN = Path(__file__).parent / "golden"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the records of real systems are not on this machine")


@pytest.mark.parametrize(
    ("given", "feed"),
    [("asterisk.csv", "asterisk"), ("freeswitch.csv", "freeswitch"), ("freeswitch_json.json", "freeswitch")],
)
@pytest.mark.parametrize("named", [True, False])
def test_the_golden_records_give_the_golden_events(given: str, feed: str, *, named: bool) -> None:
    expected = [json.loads(line) for line in (GOLDEN / given).with_suffix(".ndjson").read_text().splitlines()]

    found = read_all(GOLDEN / given, feed if named else "auto")

    assert found.codes() == []
    assert says(found.events) == expected


def test_an_asterisk_record_is_named_by_its_bytes_and_a_freeswitch_record_by_its_uuid() -> None:
    line = (GOLDEN / "asterisk.csv").read_bytes().split(b"\n")[0]
    by_hand = blake2b(digest_size=16)
    for part in (b"asterisk", line):
        by_hand.update(len(part).to_bytes(8, "little") + part)

    asterisk = read_all(GOLDEN / "asterisk.csv", "asterisk").events["event_id"].to_list()
    freeswitch = read_all(GOLDEN / "freeswitch.csv", "freeswitch", source="pbx 1").events["event_id"].to_list()

    assert asterisk[0] == by_hand.digest()
    assert len(set(asterisk)) == 5
    assert freeswitch[0] == digest("pbx 1", "0b7c1a52-1111-4d2e-9a3e-000000000001")


def test_the_same_record_in_another_file_and_with_another_line_end_is_the_same_event(tmp_path: Path) -> None:
    original = GOLDEN / "asterisk.csv"
    copy = tmp_path / "Master.csv.1"
    copy.write_bytes(original.read_bytes().replace(b"\n", b"\r\n"))

    here, there = read_all(original, "asterisk").events, read_all(copy, "asterisk").events

    assert here.drop("place").equals(there.drop("place"))


def test_a_header_may_come_first_with_the_columns_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "\ufeffStart,Src,dst,billsec,duration,disposition\n2024-03-01 10:00:00,4420790000,442079460000,65,69,ANSWERED\n"
    )

    found = read_all(path, "asterisk")

    assert found.codes() == []
    assert says(found.events) == [
        {
            "at_ms": 1709287269000,
            "kind": "call",
            "source": "asterisk",
            "caller": "4420790000",
            "callee": "442079460000",
            "start_ms": 1709287200000,
            "ring_ms": 4000,
            "duration_ms": 65000,
            "cause": 16,
            "answered": True,
            "place": "export.csv:2",
        }
    ]


def test_times_are_in_the_zone_that_is_set() -> None:
    utc = read_all(GOLDEN / "asterisk.csv", "asterisk").events
    berlin = read_all(GOLDEN / "asterisk.csv", "asterisk", zone="Europe/Berlin").events

    assert (utc["at_ms"] - berlin["at_ms"]).to_list() == [3_600_000] * 5


ZONELESS = Mapping(
    name="m",
    constants={"kind": "call"},
    columns=("start",),
    header=False,
    take={"start_ms": (Take(column="start"),)},
)
NINE_HOURS_MS, HOUR_MS = 9 * 3_600_000, 3_600_000


@pytest.mark.parametrize(
    ("zone", "of_mapping", "home_zone", "ahead_ms"),
    [
        ("", "", "", 0),
        ("", "", "Asia/Tokyo", NINE_HOURS_MS),
        ("", "Europe/Berlin", "Asia/Tokyo", HOUR_MS),
        ("Asia/Tokyo", "Europe/Berlin", "UTC", NINE_HOURS_MS),
    ],
)
def test_the_record_then_the_source_then_the_mapping_then_home_says_the_zone(
    zone: str, of_mapping: str, home_zone: str, ahead_ms: int, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("2024-01-31 10:00:00\n2024-01-31T10:00:00+05:00\n")

    found = read_all(path, replace(ZONELESS, zone=of_mapping), zone=zone, home_zone=home_zone).events

    assert found["at_ms"].to_list() == [1706695200000 - ahead_ms, 1706695200000 - 5 * HOUR_MS]


@pytest.mark.parametrize("name", ["asterisk", "freeswitch"])
def test_a_switch_is_in_the_zone_of_home_and_its_records_keep_their_names_in_any_zone(name: str) -> None:
    utc = read_all(GOLDEN / f"{name}.csv", name).events
    tokyo = read_all(GOLDEN / f"{name}.csv", name, home_zone="Asia/Tokyo").events

    assert set((utc["at_ms"] - tokyo["at_ms"]).to_list()) == {NINE_HOURS_MS}
    assert utc["event_id"].equals(tokyo["event_id"])


def test_a_header_without_any_time_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("src,dst,billsec\n1,2,3\n")

    with pytest.raises(SettingsError, match="RF4006") as error:
        read_all(path, "asterisk")

    assert "'start'" in str(error.value)


@needs_data
def test_every_record_of_the_asterisk_files_is_an_event_or_in_suspense() -> None:
    master = read_all(DATA / "asterisk" / "Master.csv", "asterisk")
    master2 = read_all(DATA / "asterisk" / "Master2.csv", "asterisk")
    good = read_all(DATA / "asterisk" / "good.csv", "asterisk")

    assert (master.received, master2.received, good.received) == (2, 1, 5)
    columns = ["at_ms", "start_ms", "duration_ms", "ring_ms", "answered", "cause", "caller", "callee", "device"]
    # 2010-04-02 00:26:32 UTC is 1270167992, as its own uniqueid says; both calls lasted 7 s
    assert master.events.select(columns).rows() == [
        (1270167999000, 1270167992000, 7000, 0, True, 16, None, "1", "Console/dsp"),
        (1270168449000, 1270168442000, 7000, 0, True, 16, None, "1", "Console/dsp"),
    ]
    assert master2.events["event_id"][0] == master.events["event_id"][0]  # the same record: a duplicate
    # 2009-01-14 23:51:15 UTC is 1231977075, as its uniqueid says; all rows last 5 s; row 2 says billsec 7 of duration 5
    assert good.events.select(columns).rows() == [
        (1231977080000, 1231977075000, 5000, 0, True, 16, "test", "100", "SIP/test"),
        (1231977080000, 1231977075000, 0, 5000, False, None, "test", "100", "SIP/test"),
        (1231977080000, 1231977075000, 0, 5000, False, 19, "test", "100", "SIP/test"),
        (1231977080000, 1231977075000, 0, 5000, False, 17, "test", "100", "SIP/test"),
    ]
    bad = good.rejects.row(0, named=True)
    assert (bad["code"], bad["column"]) == (BAD_DURATION, "billsec")
    assert bad["place"].endswith("good.csv:2")
    assert bad["raw"] == (DATA / "asterisk" / "good.csv").read_bytes().split(b"\n")[1]


@needs_data
def test_every_row_of_the_freeswitch_database_is_an_event() -> None:
    path = DATA / "freeswitch" / "cdr_pusher_freeswitch_cdr.db"
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as database:
        query = "SELECT uuid, caller_id_number, destination_number, hangup_cause_q850 FROM cdr ORDER BY rowid"
        rows = database.execute(query).fetchall()
    database.close()

    found = read_all(path, "freeswitch")

    assert (found.events.height, found.codes()) == (50, [])
    assert found.events["event_id"].to_list() == [digest("freeswitch", row[0]) for row in rows]
    assert found.events.select("caller", "callee", "cause").rows() == [row[1:] for row in rows]
    # row 1 starts at 12:36:07.905 and lasts 289 s, although its end stamp says 12:36:07.905 too
    first = found.events.row(0, named=True)
    assert (first["start_ms"], first["at_ms"]) == (1428582967905, 1428583256905)
    assert (first["duration_ms"], first["ring_ms"], first["answered"]) == (279_000, 10_000, True)


def test_new_rows_of_a_database_are_read_from_where_reading_stopped(tmp_path: Path) -> None:
    path = tmp_path / "cdr.db"
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE cdr (caller_id_name VARCHAR, caller_id_number VARCHAR, destination_number VARCHAR,"
        " context VARCHAR, start_stamp DATETIME, answer_stamp DATETIME, end_stamp DATETIME, duration INTEGER,"
        " billsec INTEGER, hangup_cause VARCHAR, uuid VARCHAR, bleg_uuid VARCHAR, account_code VARCHAR)"
    )
    row = ("", "1", "2", "", "2024-03-01 10:00:00", "", "2024-03-01 10:00:05", 5, 0, "NO_ANSWER", "u1", "", "")
    marks = ", ".join("?" * len(row))
    database.execute(f"INSERT INTO cdr VALUES ({marks})", row)
    database.execute(f"INSERT INTO cdr VALUES ({marks})", (*row[:7], 5, -3, *row[9:]))
    database.commit()
    reader = open_reader(path, "freeswitch", clock=FixedClock(1_900_000_000_000), follow=True)
    first = reader.read()
    nothing = reader.read()
    database.execute(f"INSERT INTO cdr VALUES ({marks})", (*row[:10], "u3", "", ""))
    database.commit()
    database.close()
    then = reader.read()
    resumed = read_all(path, "freeswitch", position=first.position if first else None)
    reader.close()

    assert first is not None
    assert (first.events.height, first.rejects["code"].to_list(), nothing) == (1, [BAD_DURATION], None)
    assert first.rejects["place"][0] == f"{path}#2"
    assert json.loads(first.rejects["raw"][0])["billsec"] == "-3"
    assert then is not None
    assert then.events["event_id"].to_list() == [digest("freeswitch", "u3")]
    assert resumed.events["event_id"].to_list() == [digest("freeswitch", "u3")]
