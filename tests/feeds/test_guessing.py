"""Unknown records are guessed: format, delimiter, header, and which column is what."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ringfence.events.errors import DependencyError, UsageError
from ringfence.wiring.readers import Mapping, guess, open_reader, preview

from .reading import DATA

GOLDEN = Path(__file__).parent / "golden"

VENDORS = {
    "semicolons, German dates": (
        "Anrufer;Called Number;Start Time;End Time;Duration (ms);Call Status\n"
        "4930111111;4420799001;31.01.2024 10:00:00;31.01.2024 10:01:05;60000;Completed\n"
        "4930111112;4420799002;31.01.2024 10:02:00;31.01.2024 10:02:20;0;Failed\n",
        {"caller": "Anrufer", "callee": "Called Number", "start_ms": "Start Time", "end_ms": "End Time"}
        | {"duration_ms": "Duration (ms)", "answered": "Call Status"},
        (1706695265000, 60_000, True),
    ),
    "a call manager's epochs": (
        '"callingPartyNumber","finalCalledPartyNumber","dateTimeOrigination","dateTimeConnect","dateTimeDisconnect",'
        '"duration","destCause_value","origDeviceName","destDeviceName"\n'
        '"1001","00442079460000","1706695200","1706695205","1706695265","60","16","SEP1","GW1"\n',
        {"caller": "callingPartyNumber", "callee": "finalCalledPartyNumber", "start_ms": "dateTimeOrigination"}
        | {"answer_ms": "dateTimeConnect", "end_ms": "dateTimeDisconnect", "duration_ms": "duration"}
        | {"trunk_in": "origDeviceName", "trunk_out": "destDeviceName"},
        (1706695265000, 60_000, True),
    ),
    "billing with money": (
        "calldate\tsrc\tdst\tduration\tbillsec\tdisposition\thangup_cause\tsessionbill\tbuycost\n"
        "2024-01-31 10:00:00\t101\t00442079460000\t65\t60\tANSWERED\tNORMAL_CLEARING\t0.25\t0.125\n",
        {"caller": "src", "callee": "dst", "start_ms": "calldate", "whole_ms": "duration", "duration_ms": "billsec"}
        | {"charge_micros": "sessionbill", "cost_micros": "buycost", "cause": "hangup_cause"},
        (1706695265000, 60_000, True),
    ),
    "bars, no header": (
        "44207900001|493011111|20240131100000|65|60\n44207900002|493011112|20240131100500|25|0\n"
        "44207900003|493011113|20240131101000|30|12\n",
        {"caller": "c1", "callee": "c2", "start_ms": "c3", "whole_ms": "c4", "duration_ms": "c5"},
        (1706695265000, 60_000, True),
    ),
    "American dates": (
        "From,To,Call Date,Talk Time,Result\n2125550100,2125550101,01/31/2024 10:00:00,0:01:00,answered\n",
        {"caller": "From", "callee": "To", "start_ms": "Call Date", "duration_ms": "Talk Time"},
        (1706695260000, 60_000, True),
    ),
    "a German telephone system: numbers with strokes, date and time of day, mm:ss, cents": (
        "Anrufer;Angerufener;Datum;Uhrzeit;Dauer (mm:ss);Kosten in Cent;Richtung;Status\n"
        "030/1234567;0171/7654321;31.01.2024;10:00:00;1:00;12,5;ausgehend;angenommen\n"
        "030/1234568;0044/2079460000;31.01.2024;10:05:00;61:05;250;ausgehend;angenommen\n"
        "030/1234567;0171/7654321;31.01.2024;11:00:00;0:00;0;kommend;besetzt\n",
        {"caller": "Anrufer", "callee": "Angerufener", "start_ms": "Datum", "duration_ms": "Dauer (mm:ss)"}
        | {"charge_micros": "Kosten in Cent", "direction": "Richtung", "answered": "Status"},
        (1706695260000, 60_000, True),
    ),
    "numbers with strokes and no name that tells": (
        "Wer;Wen;Wann;Wielange\n030/1234567;0171/7654321;31.01.2024 10:00:00;0:01:00\n"
        "030/1234568;0044/2079460000;31.01.2024 10:05:00;1:02:05\n",
        {"caller": "Wer", "callee": "Wen", "start_ms": "Wann", "duration_ms": "Wielange"},
        (1706695260000, 60_000, True),
    ),
    "strokes, a date and a time of day, no header": (
        "030/1234567;0171/7654321;31/01/2024;10:00;1:00\n030/1234568;0044/2079460000;30/01/2024;10:05;61:05\n",
        {"caller": "c1", "callee": "c2", "start_ms": "c3", "duration_ms": "c5"},
        (1706695260000, 60_000, True),
    ),
    "both ends in two columns, and half a day": (
        "Start Date,Start Time,End Date,End Time,From,To,Duration (sec)\n"
        "01/31/2024,10:00:00 AM,01/31/2024,10:01:00 AM,2125550100,2125550101,60\n"
        "01/31/2024,11:59:30 PM,02/01/2024,12:00:30 AM,2125550100,2125550101,60\n",
        {"start_ms": "Start Date", "end_ms": "End Date", "duration_ms": "Duration (sec)"},
        (1706695260000, 60_000, True),
    ),
    "JSON objects": (
        '{"from": "44207900001", "to": "493011111", "start_time": "2024-01-31T10:00:00Z", "billsec": 60,'
        ' "status": "ok"}\n',
        {"caller": "from", "callee": "to", "start_ms": "start_time", "duration_ms": "billsec", "answered": "status"},
        (1706695260000, 60_000, True),
    ),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_columns_of_a_vendor_are_recognised_and_read(tmp_path: Path, vendor: str) -> None:
    text, expected, first = VENDORS[vendor]
    path = tmp_path / "export.txt"
    path.write_text(text)

    found = guess(path)

    assert isinstance(found.feed, Mapping), found
    taken = {target: takes[0].column for target, takes in found.feed.take.items()}
    assert expected.items() <= taken.items(), found
    assert found.confidence == 1.0
    shown = preview(path, found.feed)
    assert (int(shown["at_ms"].dt.epoch("ms")[0]), shown["duration_ms"][0], shown["answered"][0]) == first
    headers = 1 if found.feed.header and not text.startswith("{") else 0
    assert shown.height == text.count("\n") - headers


def test_a_date_and_a_time_of_day_are_taken_together(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(VENDORS["both ends in two columns, and half a day"][0])

    found = guess(path)

    assert isinstance(found.feed, Mapping)
    for target, columns in (("start_ms", ("Start Date", "Start Time")), ("end_ms", ("End Date", "End Time"))):
        (take,) = found.feed.take[target]
        assert (take.columns, take.times) == (columns, ("%m/%d/%Y %I:%M:%S %p",))
    assert preview(path, found.feed)["duration_ms"].to_list() == [60_000, 60_000]


@pytest.mark.parametrize(
    ("title", "written", "unit", "currency", "micros"),
    [
        ("Kosten in Cent", "12,5", "cents", None, 125_000),
        ("Price (USD)", "0.25", "", "USD", 250_000),
        ("cost_ct", "25", "cents", None, 250_000),
        ("Charge (net)", "0.25", "", None, 250_000),
    ],
)
def test_the_name_of_a_column_says_in_what_its_amounts_are(
    title: str, written: str, unit: str, currency: str | None, micros: int, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"calldate;src;dst;billsec;{title}\n2024-01-31 10:00:00;101;00442079460000;60;{written}\n")

    found = guess(path)

    assert isinstance(found.feed, Mapping)
    (name, (take,)) = next((n, t) for n, t in found.feed.take.items() if n in ("charge_micros", "cost_micros"))
    assert (take.column, take.unit, found.feed.constants.get("currency")) == (title, unit, currency)
    assert preview(path, found.feed)[name].to_list() == [micros]


@pytest.mark.parametrize(
    ("name", "feed"),
    [
        ("asterisk.csv", "asterisk"),
        ("freeswitch.csv", "freeswitch"),
        ("freeswitch_json.json", "freeswitch"),
        ("asterisk.ndjson", "ndjson"),
    ],
)
def test_known_formats_are_recognised(name: str, feed: str) -> None:
    found = guess(GOLDEN / name)

    assert (found.feed, found.confidence) == (feed, 1.0)
    assert found.notes


def test_a_preview_shows_events_and_rejects_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    lines = (GOLDEN / "asterisk.csv").read_text().splitlines()
    path.write_text("\n".join([lines[0], "broken", *lines[1:]]) + "\n")

    shown = preview(path, "asterisk", rows=3)

    assert [place.rsplit(":")[-1] for place in shown["place"]] == ["1", "2", "3"]
    assert shown["rejected"].to_list()[0] is None
    assert "RF2001" in str(shown["rejected"][1])


def test_what_holds_no_calls_is_not_guessed_to_be_some(tmp_path: Path) -> None:
    for text in ("hello\nworld\n", "a,b\n1,2\n3,4\n", "", '{"a": 1}\n', "\x00\x01\x02"):
        path = tmp_path / "x"
        path.write_text(text)

        assert guess(path).confidence == 0.0
        assert guess(path).feed == ""
    with pytest.raises(DependencyError, match="RF4001"):
        guess(tmp_path / "none")


@pytest.mark.skipif(not DATA.is_dir(), reason="the records of real systems are not on this machine")
def test_the_files_of_real_systems_are_recognised() -> None:
    for name in ("Master.csv", "Master2.csv", "good.csv"):
        assert guess(DATA / "asterisk" / name).feed == "asterisk"
    assert guess(DATA / "freeswitch" / "cdr_pusher_freeswitch_cdr.db").feed == "freeswitch"


def test_a_table_of_a_database_is_recognised_and_read(tmp_path: Path) -> None:
    path = tmp_path / "billing.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE customers (id INTEGER, name TEXT)")
    database.execute("CREATE TABLE calls (id INTEGER, src TEXT, dst TEXT, calldate TEXT, billsec INTEGER)")
    database.execute("INSERT INTO customers VALUES (1, 'x')")
    database.execute("INSERT INTO calls VALUES (1, '44207900001', '3491000', '2024-01-31 10:00:00', 60)")
    database.commit()
    database.close()

    found = guess(path)

    assert isinstance(found.feed, Mapping)
    assert (found.feed.table, found.confidence) == ("calls", 1.0)
    shown = preview(path, found.feed)
    assert shown.select("caller", "callee", "duration_ms").rows() == [("44207900001", "3491000", 60_000)]


CALLS = [("2125550100", "2125550101"), ("2125550102", "2125550103"), ("2125550104", "2125550105")]


@pytest.mark.parametrize(
    ("moments", "first_ms"),
    [
        (("25.10.25 02:01", "25.10.25 02:02", "25.10.25 02:03"), 1_761_357_660_000),
        (("13/10/25 02:00:00", "13/10/25 02:01:00", "13/10/25 02:02:00"), 1_760_320_800_000),
        (("3/31/2026 1:05 AM", "3/31/2026 1:06 AM", "3/31/2026 1:07 PM"), 1_774_919_100_000),
    ],
)
def test_years_of_two_digits_and_clocks_of_twelve_hours_are_guessed(
    tmp_path: Path, moments: tuple[str, ...], first_ms: int
) -> None:
    lines = [f"{a},{b},{at},60,answered" for (a, b), at in zip(CALLS, moments, strict=True)]
    path = tmp_path / "calls.csv"
    path.write_text("From,To,Call Date,Billsec,Result\n" + "\n".join(lines) + "\n")

    found = guess(path)

    assert found.confidence == 1.0
    assert preview(path, found.feed)["start_ms"].dt.epoch("ms").to_list()[0] == first_ms


def test_row_numbers_do_not_name_records_but_ids_do(tmp_path: Path) -> None:
    for ids, taken in ((("1", "2", "3"), False), (("a1f0", "a1f1", "b2c3"), True)):
        lines = [f"{i},{a},{b},2026-03-01 10:00:00,60,answered" for i, (a, b) in zip(ids, CALLS, strict=True)]
        path = tmp_path / "calls.csv"
        path.write_text("id,From,To,Call Date,Billsec,Result\n" + "\n".join(lines) + "\n")

        mapping = guess(path).feed

        assert isinstance(mapping, Mapping)
        assert ("record_id" in mapping.take) is taken


def test_a_header_that_only_begins_like_asterisks_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("src,dst,start,status\n" + "".join(f"{a},{b},2026-03-01 10:00:00,Completed\n" for a, b in CALLS))

    mapping = guess(path).feed

    assert isinstance(mapping, Mapping)
    assert mapping.take["answered"][0].column == "status"
    with pytest.raises(UsageError, match="RF4003"):
        open_reader(path, "auto")


def test_what_answered_calls_are_called_may_change_its_letters_in_the_next_file(tmp_path: Path) -> None:
    text = "From,To,Call Date,Billsec,Result\n2125550100,2125550101,2026-03-01 10:00:00,0,{}\n"
    path = tmp_path / "calls.csv"
    path.write_text(text.format("Completed"))
    mapping = guess(path).feed

    for word, answered in (("COMPLETED", True), ("Answered", True), ("Sí", True), ("Busy", False)):
        path.write_text(text.format(word))
        assert preview(path, mapping)["answered"].to_list() == [answered]
