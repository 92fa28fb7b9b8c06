"""Any delimited text is read through a mapping file, which is checked whole."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events import errors
from ringfence.events.errors import SettingsError, UsageError
from ringfence.feeds.mapping import TARGETS, LeaveOut, Mapping, Take, target_type
from ringfence.feeds.mapping_file import BUILT_IN, built_in_mapping, load_mapping, parse_mapping
from ringfence.wiring.readers import find_feed

from .reading import read_all, says

CARRIER = r"""
title = "Carrier X, daily export"
delimiter = ";"
quote = "'"
encoding = "cp1252"
zone = "Europe/Berlin"
times = ["%d.%m.%Y %H:%M:%S"]
nulls = ["", "-", "NULL"]
comment = "#"

[constants]
kind = "call"
currency = "EUR"

[take]
record_id = "Ref"
caller = { column = "A", pattern = "^sip:([^@]+)@" }
callee = ["B changed", "B"]
start_ms = "Begin"
whole_ms = { column = "Length", unit = "hh:mm:ss" }
duration_ms = { column = "Talk", unit = "ms" }
cause = { column = "Release", values = { busy = 17, clear = 16 } }
answered = { column = "OK", values = { j = true, n = false } }
charge_micros = "Price"
cost_micros = { column = "Cost", unit = "cents" }
trunk_out = { column = "Route", values = { r1 = "carrier-a" }, otherwise = "other" }
is_roaming = "Roaming"
visited_network = "Net"

[leave_out]
Type = ["SUBTOTAL", "TEST"]
Net = { matches = "^999" }
"""
RECORDS = """\
# exported by X
Ref;A;B;B changed;Begin;Length;Talk;Release;OK;Price;Cost;Route;Type;Roaming;Net
1;sip:4930111@x;0049301;;31.03.2024 03:30:00;00:01:10;60500;clear;j;0,25;12.5;r1;CALL;yes;26201
2;sip:4930112@x;0049302;NULL;31.03.2024 02:30:00;00:00:10;0;busy;n;-;-;r2;CALL;no;26201
3;'sip:M\u00fcller;Söhne@x';0049302;0049303;01.01.2024 00:00:00;10:00;0;odd;n;1;;;CALL;maybe;
4;;;;;;;;;;;;SUBTOTAL;;
5;sip:1@x;2;;01.01.2024 00:00:00;10;0;;n;;;;CALL;;99901
"""


def test_a_mapping_reads_times_units_money_words_and_constants(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(RECORDS.encode("cp1252"))

    found = read_all(path, parse_mapping(CARRIER, name="carrier"))

    assert (
        says(found.events)
        == [
            {
                "at_ms": 1711848670000,  # 03:30 is summer time that day: 01:30 UTC
                "kind": "call",
                "source": "carrier",
                "caller": "4930111",
                "callee": "0049301",
                "visited_network": "26201",
                "trunk_out": "carrier-a",
                "start_ms": 1711848600000,
                "ring_ms": 9500,
                "duration_ms": 60500,
                "cause": 16,
                "charge_micros": 250_000,
                "cost_micros": 125_000,
                "currency": "EUR",
                "answered": True,
                "is_roaming": True,
                "place": "x.txt:3",
            },
            {
                "at_ms": 1704063600000 + 600_000,  # midnight in Berlin, and ten minutes
                "kind": "call",
                "source": "carrier",
                "caller": "Müller;Söhne",
                "callee": "0049303",
                "start_ms": 1704063600000,
                "ring_ms": 600_000,
                "duration_ms": 0,
                "charge_micros": 1_000_000,
                "currency": "EUR",
                "answered": False,
                "place": "x.txt:5",
            },
        ]
        or found.codes()
    )
    assert found.left_out == 2
    # 02:30 does not exist that night in Berlin; "maybe" is no claim
    assert found.rejects.select("code", "column").rows() == [
        (errors.BAD_TIME, "Begin"),
        (errors.BAD_VALUE, "Roaming"),
    ]


BROKEN = """
delimeter = ";"
delimiter = "::"
zone = "Europe/Berlinn"
encoding = "utf-16"
header = "yes"
columns = ["a", "b", "a"]
times = ["dd.mm.yyyy"]
missing_columns = "maybe"
field_counts = ["three"]

[constants]
kind = 7
colour = "red"

[take]
duraton_ms = "a"
callee = 5
caller = { colum = "a" }
start_ms = { column = "strat", times = ["%Q"] }
duration_ms = { column = "b", unit = "fortnights" }
cause = { column = "b", values = { BUSY = "yes" } }
device = { column = "b", pattern = "no group" }
cell = { column = "b", pattern = "((" }
ip = { column = "a", columns = ["a", "b"] }
account = { columns = [] }

[leave_out]
a = 3
"""


def test_all_that_is_wrong_with_a_mapping_is_said_together_with_suggestions(tmp_path: Path) -> None:
    path = tmp_path / "carrier.toml"
    path.write_text(BROKEN)

    with pytest.raises(SettingsError, match="RF4004") as error:
        load_mapping(path)

    said = str(error.value)
    assert said.startswith(f"{path}: ")
    for expected in (
        "'delimeter' is not a setting (did you mean 'delimiter'?)",
        "delimiter = '::'; expected one ASCII character",
        "zone = 'Europe/Berlinn' is not known",
        "encoding = 'utf-16' cannot be used",
        "header = 'yes'; expected true, false",
        "columns: 'a' is named twice",
        "'dd.mm.yyyy' is no format of a time",
        "missing_columns = 'maybe'",
        "field_counts = ['three']",
        "constants.kind = 7; expected text",
        "no event has a column 'colour'",
        "no event has a column 'duraton_ms' (did you mean 'duration_ms'?)",
        "take.callee = 5; expected a column",
        "take.caller.colum is not a setting (did you mean 'column'?)",
        "unit = 'fortnights'; expected ms or s",
        "'yes' cannot be a cause: that is integer",
        "pattern 'no group' has no group",
        "pattern '((' is no regular expression",
        'take.ip: which column? expected column = "...", or columns = ["...", "..."]',
        "take.account: which column?",
        "leave_out.a = 3 is not a list",
    ):
        assert expected in said, expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[constants]\nkind="call"\n[take]\ncaller="a"', "no time is taken"),
        ('[take]\nstart_ms="a"', "kind is missing"),
        ('header=false\n[constants]\nkind="call"\n[take]\nstart_ms="a"', "the names of the columns are missing"),
        ('columns=["start"]\n[constants]\nkind="call"\n[take]\nstart_ms="strat"', "(did you mean 'start'?)"),
        ('[constants]\nkind="call"\n[take]\nstart_ms="a"\nkind="b"', "kind is both a constant and taken"),
    ],
)
def test_a_mapping_that_cannot_give_events_is_refused(text: str, expected: str) -> None:
    with pytest.raises(SettingsError, match="RF4004") as error:
        parse_mapping(text, name="m")

    assert expected in str(error.value)


def test_a_file_that_is_no_toml_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text("a = [1")

    with pytest.raises(SettingsError, match="RF1003"):
        load_mapping(tmp_path / "m.toml")
    with pytest.raises(SettingsError, match="RF4001"):
        load_mapping(tmp_path / "none.toml")


def test_a_file_without_the_columns_of_its_mapping_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("strat,src\n2024-01-01 00:00:00,1\n")
    mapping = Mapping(name="m", constants={"kind": "call"}, take={"start_ms": (Take(column="start"),)})

    with pytest.raises(SettingsError, match="RF4006") as error:
        read_all(path, mapping)

    assert f"{path}:1" in str(error.value)
    assert "'start' (did you mean 'strat'?)" in str(error.value)


def test_a_mapping_is_found_by_its_name_and_an_unknown_name_gets_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "carrier.toml").write_text('[constants]\nkind="call"\n[take]\nstart_ms="a"')

    assert find_feed("asterisk") == "asterisk"
    assert isinstance(find_feed("carrier", tmp_path), Mapping)
    assert isinstance(find_feed(str(tmp_path / "carrier.toml")), Mapping)
    with pytest.raises(UsageError, match="RF4003") as error:
        find_feed("carier", tmp_path)
    assert "did you mean 'carrier'?" in str(error.value)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_mappings_that_are_shipped_are_valid_and_written_back_the_same(name: str) -> None:
    mapping = built_in_mapping(name)

    assert parse_mapping(mapping.to_toml(), name=name) == mapping


NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=400), min_size=1, max_size=8)


def _values(target: str) -> st.SearchStrategy[object]:
    return {"boolean": st.booleans(), "text": NAMES}.get(target_type(target), st.integers(-5, 1000))


@st.composite
def takes(draw: st.DrawFn, target: str) -> Take:
    values = draw(st.dictionaries(NAMES, _values(target), max_size=2))
    return Take(
        column=draw(NAMES),
        others=tuple(draw(st.lists(NAMES, max_size=2))),
        unit=draw(
            st.sampled_from({"duration": ("", "s", "ms"), "money": ("", "cents")}.get(target_type(target), ("",)))
        ),
        times=draw(st.sampled_from([(), ("iso",), ("%d/%m/%Y %H:%M:%S", "epoch_ms")])),
        pattern=draw(st.sampled_from(["", r'^"(\w+)\\', "(a|b)"])),
        values="q850" if target == "cause" and not values else values,  # type: ignore[arg-type]
        otherwise=draw(st.none() | _values(target)),  # type: ignore[arg-type]
    )


@st.composite
def mappings(draw: st.DrawFn) -> Mapping:
    targets = draw(st.lists(st.sampled_from([t for t in TARGETS if t != "kind"]), unique=True, max_size=5))
    return Mapping(
        name="m",
        title=draw(st.text(max_size=9).filter(lambda t: t.isprintable() or not t)),
        delimiter=draw(st.sampled_from([",", "\t", ";", '"', "\\"])),
        nulls=draw(st.sampled_from([("",), ("", "-", '"x"')])),
        zone=draw(st.sampled_from(["", "UTC", "Europe/Berlin"])),
        constants={"kind": draw(st.sampled_from(["call", "message"]))},
        take={
            target: tuple(draw(st.lists(takes(target), min_size=1, max_size=2))) for target in {*targets, "start_ms"}
        },
        leave_out=draw(
            st.sampled_from(
                [(), (LeaveOut(column="a b", values=("x", "y")),), (LeaveOut(column='q"', matches="^(x|y)$"),)]
            )
        ),
    )


@settings(max_examples=100, deadline=None)
@given(mappings())
def test_a_mapping_that_is_written_reads_as_the_same(mapping: Mapping) -> None:
    assert parse_mapping(mapping.to_toml(), name="m") == mapping


TWO_COLUMNS = """
zone = "Europe/Berlin"
times = ["%d.%m.%Y %H:%M:%S"]
[constants]
kind = "call"
[take]
start_ms = { columns = ["day", "clock"] }
duration_ms = "talk"
answered = { column = "how", otherwise = true }
cause = { column = "how", values = {}, otherwise = 31 }
"""


def test_a_date_and_a_time_of_day_in_two_columns_are_one_time(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "day,clock,talk,how\n31.01.2024,11:00:00,60,\n31.01.2024,,60,\n,,60,\n31.01.2024,25:00:00,60,\n"
        "31.03.2024,02:30:00,60,\n27.10.2024,02:30:00,60,\n"
    )

    found = read_all(path, parse_mapping(TWO_COLUMNS, name="m"))

    assert found.events["start_ms"].to_list() == [1706695200000, 1729989000000]  # 02:30 of the repeated hour: its first
    assert found.rejects.select("place", "code", "column").rows() == [
        (f"{path}:3", errors.BAD_TIME, "day and clock"),
        (f"{path}:4", errors.MISSING_FIELD, "at_ms"),
        (f"{path}:5", errors.BAD_TIME, "day and clock"),
        (f"{path}:6", errors.BAD_TIME, "day and clock"),  # an hour that the beginning of summer time leaves out
    ]
    assert "'31.01.2024 25:00:00' is not a time; expected DD.MM.YYYY hh:mm:ss" in found.rejects["message"][2]


def test_a_column_of_two_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("day,clok,talk,how\n31.01.2024,11:00:00,60,\n")

    with pytest.raises(SettingsError, match=r"no column 'clock' \(did you mean 'clok'\?\)"):
        read_all(path, parse_mapping(TWO_COLUMNS, name="m"))


def test_what_is_meant_otherwise_counts_also_where_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("day,clock,talk,how\n31.01.2024,11:00:00,,ja\n31.01.2024,11:00:00,,\n")

    found = read_all(path, parse_mapping(TWO_COLUMNS, name="m"))

    assert found.events["cause"].to_list() == [31, None]
    assert found.events["answered"].to_list() == [True, None]


def test_a_duration_with_a_colon_is_read_whatever_its_unit(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    texts = ["1:05", "01:02:03", "125:30", "90", "0:00.5", "1:75:00", "1:5:5:5"]
    path.write_text("start,talk\n" + "".join(f"2024-01-01 00:00:0{n},{text}\n" for n, text in enumerate(texts)))
    takes = {"start_ms": (Take(column="start"),), "duration_ms": (Take(column="talk"),)}

    found = read_all(path, Mapping(name="m", constants={"kind": "call"}, take=takes))

    assert found.events["duration_ms"].to_list() == [65_000, 3_723_000, 7_530_000, 90_000, 500]
    assert found.codes() == [errors.BAD_NUMBER] * 2


def test_seconds_may_be_rounded_beside_milliseconds_but_not_beside_seconds(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("start,whole,talk\n2024-01-01 00:00:00,5,5900\n2024-01-01 00:00:00,5,6900\n")
    mapping = Mapping(
        name="m",
        constants={"kind": "call"},
        take={
            "start_ms": (Take(column="start"),),
            "whole_ms": (Take(column="whole"),),
            "duration_ms": (Take(column="talk", unit="ms"),),
        },
    )

    found = read_all(path, mapping)

    assert found.events.select(pl.col("duration_ms", "ring_ms")).rows() == [(5900, 0)]
    assert found.codes() == [errors.BAD_DURATION]
