"""What cannot be decoded is rejected with its bytes, its place and a code, and costs no other record anything."""

from __future__ import annotations

import gzip
import json
import resource
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ringfence.events import errors
from ringfence.events.clock import FixedClock
from ringfence.feeds.checks import may_be_a_number
from ringfence.feeds.decoded import RAW_KEPT_BYTES
from ringfence.feeds.limits import Limits
from ringfence.wiring.readers import open_reader

from .reading import NOW_MS, Everything, read_all


def record(i: int, **fields: object) -> bytes:
    """Return the i-th record of an Asterisk file, with some fields replaced (as they are to be written)."""
    values: dict[str, object] = {
        "account": f'"acct{i % 3}"',
        "src": f'"44207900{i:04d}"',
        "dst": f'"3491{i:06d}"',
        "context": '"internal"',
        "clid": f'"""Name, {i}"" <{i}>"',
        "channel": f'"SIP/a-{i:08x}"',
        "dstchannel": f'"SIP/trunk-{i:08x}"',
        "lastapp": '"Dial"',
        "lastdata": '"SIP/x@trunk,30"',
        "start": f'"2024-03-01 10:{i % 60:02d}:00"',
        "answer": f'"2024-03-01 10:{i % 60:02d}:04"',
        "end": f'"2024-03-01 10:{i % 60:02d}:50"',
        "duration": 50,
        "billsec": 46,
        "disposition": '"ANSWERED"',
        "ama": '"DOCUMENTATION"',
        "uniqueid": f'"1709287200.{i}"',
        "userfield": '""',
    }
    return ",".join(str(v) for v in (values | fields).values()).encode()


def read_records(records: list[bytes], *, end: bytes = b"\n", **options: object) -> Everything:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Master.csv"
        path.write_bytes(b"\n".join(records) + end)
        return read_all(path, "asterisk", **options)


BAD = {
    "an unterminated quote": (record(1, clid='"never closed'), errors.UNTERMINATED_QUOTE, None),
    "a quote closed in the middle": (record(1, clid='"a"b"'), errors.UNTERMINATED_QUOTE, None),
    "a date that is none": (record(1, start='"2026-13-01 10:00:00"'), errors.BAD_TIME, "start"),
    "a time that is a word": (record(1, end='"yesterday"'), errors.BAD_TIME, "end"),
    "a NUL byte": (record(1, lastapp='"Di\0al"'), errors.NUL_BYTE, None),
    "a negative duration": (record(1, billsec=-5), errors.BAD_DURATION, "billsec"),
    "an absurd duration": (record(1, duration=90_000, billsec=46), errors.BAD_DURATION, "duration"),
    "a duration beyond all numbers": (record(1, duration="9" * 30), errors.BAD_DURATION, "duration"),
    "billsec longer than duration": (record(1, billsec=51), errors.BAD_DURATION, "billsec"),
    "an end before the start": (record(1, end='"2024-03-01 09:00:00"'), errors.BAD_DURATION, "end"),
    "a duration that is no number": (record(1, duration="4x"), errors.BAD_NUMBER, "duration"),
    "a record from the future": (
        record(1, start='"2034-03-01 10:00:00"', answer='""', end='"2034-03-01 10:00:50"'),
        errors.CLOCK_SKEW,
        "at_ms",
    ),
    "wrong encoding": (
        record(1, clid='"M@ller"').replace(b"@", b"\xfc"),
        errors.BAD_ENCODING,
        None,
    ),
    "too few fields": (b'"a","b","c"', errors.BAD_FIELD_COUNT, None),
    "too many fields": (record(1) + b',"x"' * 4, errors.BAD_FIELD_COUNT, None),
    "a number of 5,000 digits": (record(1, dst=f'"{"8" * 5_000}"'), errors.BAD_VALUE, "dst"),
    "no time at all": (record(1, start='""', answer='""', end='""'), errors.MISSING_FIELD, "at_ms"),
    "a field of 10 MB": (record(1, userfield='"' + "x" * 10_000_000 + '"'), errors.RECORD_TOO_LARGE, None),
    "a field of 2 MB": (record(1, userfield='"' + "x" * 2_000_000 + '"'), errors.RECORD_TOO_LARGE, None),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_record_is_in_suspense_and_its_neighbours_are_events(what: str) -> None:
    bad, code, column = BAD[what]
    good = [record(0), record(2), record(3)]
    alone = read_records(good)

    found = read_records([good[0], bad, *good[1:]])

    assert found.events.drop("place").equals(alone.events.drop("place"))
    assert found.rejects.height == 1
    row = found.rejects.row(0, named=True)
    assert (row["code"], row["column"]) == (code, column)
    assert row["place"].endswith("Master.csv:2")
    assert row["raw"] == bad[:RAW_KEPT_BYTES]
    assert row["raw_bytes"] == len(bad)
    assert row["message"]
    assert [place.rsplit(":")[-1] for place in found.events["place"]] == ["1", "3", "4"]


def test_a_reject_says_what_is_wrong_and_what_was_expected() -> None:
    bad = [BAD["a date that is none"][0], BAD["too few fields"][0], BAD["billsec longer than duration"][0]]

    messages = read_records(bad).rejects["message"].to_list()

    assert messages == [
        "start '2026-13-01 10:00:00' is not a time; expected YYYY-MM-DD hh:mm:ss",
        "3 fields; expected 16 or 17 or 18 or 19 or 20 or 21",
        "billsec '51' is longer than the whole call",
    ]


def test_the_message_of_a_reject_holds_no_number_of_a_person() -> None:
    rejects = read_records([bad for bad, _, _ in BAD.values()]).rejects

    assert not rejects["message"].str.contains(r"44207900|3491").any()


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("31612345678", True),
        ("+31 6 1234-5678", True),
        ("sip:0612345678@host", True),
        ("020-123-4567", True),
        ("204080123456789", True),
        ("2026-13-01 10:00:00", False),
        ("31.12.2024 25:00", False),
        ("2024-01-01 31612345678", True),
        ("yesterday", False),
        ("90000", False),
        ("112", False),
        ("1-2-3-4-5-6-7", True),
    ],
)
def test_a_value_of_seven_digits_or_more_may_be_a_number_unless_it_is_written_as_a_date(text: str, may: bool) -> None:
    assert may_be_a_number(text) is may


@pytest.mark.parametrize("number", ["44207900123", "+44 207 900 123", "sip:44207900123@pbx", "2044207900123"])
@pytest.mark.parametrize("column", ["start", "end", "duration", "billsec"])
def test_a_number_in_the_wrong_column_is_not_in_the_message(number: str, column: str) -> None:
    rejects = read_records([record(1, **{column: f'"{number}"'})]).rejects

    assert rejects.height == 1
    assert rejects["column"][0] in (column, "at_ms")
    assert "207" not in rejects["message"][0]
    assert number.encode() in rejects["raw"][0]


def test_a_file_cut_in_the_middle_of_a_record_loses_only_that_record() -> None:
    whole = read_records([record(0), record(1)])

    cut = read_records([record(0), record(1), record(2)[:70]], end=b"")

    assert cut.events.equals(whole.events.with_columns(place=cut.events["place"]))
    assert cut.codes() == [errors.TRUNCATED]


def test_a_last_record_without_a_line_end_is_a_record() -> None:
    assert read_records([record(0), record(1)], end=b"").events.height == 2


def test_a_quoted_field_may_hold_line_ends() -> None:
    longer = record(1, userfield='"first\nsecond, with a comma\n""third"""')

    found = read_records([record(0), longer, record(2)])

    assert found.codes() == []
    assert [place.rsplit(":")[-1] for place in found.events["place"]] == ["1", "2", "5"]


def test_blank_lines_are_no_records() -> None:
    found = read_records([b"", record(0), b"  ", b"", record(1)])

    assert (found.events.height, found.rejects.height) == (2, 0)


def test_memory_is_bounded_by_the_limit_and_not_by_the_record(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(record(0) + b"\n")
        file.write(b'"' + b"x" * 1000)
        for _ in range(300):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + record(1) + b"\n")
    read_records([record(0)])
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    found = read_all(path, "asterisk")

    assert found.codes() == [errors.RECORD_TOO_LARGE]
    assert found.rejects["raw_bytes"][0] == 300_001_001
    assert found.events.height == 2
    assert found.events["place"][1].endswith(":3")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 150_000


MUTATIONS = st.sampled_from(
    ["drop byte", "quote", "delimiter", "nul", "high byte", "date", "minus", "cut", "double", "brace", "nothing"]
)


def mutate(raw: bytes, how: str, at: int) -> bytes:
    at %= len(raw)
    inserted = {"quote": b'"', "delimiter": b",", "nul": b"\0", "high byte": b"\xff", "minus": b"-", "brace": b"{"}
    if how in inserted:
        return raw[:at] + inserted[how] + raw[at:]
    return {
        "drop byte": raw[:at] + raw[at + 1 :],
        "date": raw.replace(b"2024-03", b"2024-31").replace(b"1709", b"x709"),
        "cut": raw[: at + 1],
        "double": raw[:at] + raw[at : at + 40] + raw[at:],
        "nothing": raw,
    }[how]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(3, 40).flatmap(
        lambda n: st.tuples(
            st.just(n), st.dictionaries(st.integers(0, n - 1), st.tuples(MUTATIONS, st.integers(0, 300)))
        )
    ),
    st.sampled_from([700, 5_000, 1 << 20]),
)
@example((3, {0: ("brace", 0)}), 700)
def test_damaged_records_cost_their_neighbours_nothing(
    plan: tuple[int, dict[int, tuple[str, int]]], block_bytes: int
) -> None:
    count, damage = plan
    originals = [record(i) for i in range(count)]
    lines = [mutate(raw, *damage[i]) if i in damage else raw for i, raw in enumerate(originals)]
    untouched = [i for i in range(count) if lines[i] == originals[i]]
    expected = read_records(originals).events.drop("place").gather(untouched)

    found = read_records(lines, block_bytes=block_bytes)

    at = found.events.with_columns(line=pl.col("place").str.extract(r":(\d+)$").cast(pl.Int64) - 1)
    kept = at.filter(pl.col("line").is_in(untouched)).drop("line", "place")
    assert kept.equals(expected)
    assert found.received == sum(1 for line in lines if line.strip())


def event_line(i: int) -> bytes:
    values = {
        "event_id": f"{i:032x}",
        "at_ms": 1_709_287_200_000 + i,
        "kind": "call",
        "caller": f"44207900{i:04d}",
        "duration_ms": 1000 * i,
        "answered": i % 2 == 0,
        "cell": "Ünï",
    }
    return json.dumps(values, ensure_ascii=False).encode()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.integers(0, 39), st.tuples(MUTATIONS, st.integers(0, 200)), max_size=8),
    st.sampled_from([300, 3_000, 1 << 20]),
)
def test_damaged_lines_of_an_event_file_cost_their_neighbours_nothing(
    damage: dict[int, tuple[str, int]], block_bytes: int
) -> None:
    originals = [event_line(i) for i in range(40)]
    lines = [mutate(raw, *damage[i]) if i in damage else raw for i, raw in enumerate(originals)]
    untouched = [i for i in range(40) if lines[i] == originals[i]]
    with tempfile.TemporaryDirectory() as folder:
        whole, damaged = Path(folder) / "whole.ndjson", Path(folder) / "damaged.ndjson"
        whole.write_bytes(b"\n".join(originals) + b"\n")
        damaged.write_bytes(b"\n".join(lines) + b"\n")
        expected = read_all(whole, "ndjson").events.drop("place").gather(untouched)

        found = read_all(damaged, "ndjson", block_bytes=block_bytes)

    at = found.events.with_columns(line=pl.col("place").str.extract(r":(\d+)$").cast(pl.Int64) - 1)
    kept = at.filter(pl.col("line").is_in(untouched)).drop("line", "place")
    assert kept.equals(expected)
    assert found.received == sum(1 for line in lines if line.strip())


def test_limits_are_settings(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(record(0) + b"\n" + record(1, duration=3_000) + b"\n")
    clock = FixedClock(1_709_287_200_000 - 60_000)  # a minute before the first call begins

    def codes(limits: Limits) -> list[str]:
        reader = open_reader(path, "asterisk", limits=limits, clock=clock)
        piece = reader.read()
        reader.close()
        return piece.rejects["code"].to_list() if piece else []

    assert codes(Limits(max_ahead_ms=3_600_000)) == []
    assert codes(Limits(max_ahead_ms=60_000)) == [errors.CLOCK_SKEW] * 2
    assert codes(Limits(max_ahead_ms=3_600_000, max_duration_ms=2_000_000)) == [errors.BAD_DURATION]
    assert codes(Limits(max_record_bytes=100)) == [errors.RECORD_TOO_LARGE] * 2
    assert clock.at_ms < NOW_MS
