"""NDJSON, Parquet and Arrow files with the names of event columns are read as they are."""

from __future__ import annotations

import json
import resource
from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events import errors
from ringfence.events.clock import FixedClock
from ringfence.events.errors import DependencyError, UsageError
from ringfence.events.identity import record_ids
from ringfence.events.money import MAX_MICROS
from ringfence.events.schema import COLUMNS, SCHEMA
from ringfence.feeds.decoded import MAX_UNKNOWN, OTHERS, Block
from ringfence.feeds.limits import MAX_SEGMENTS, Limits
from ringfence.feeds.ndjson import STRICT_LINES, Ndjson
from ringfence.feeds.tables import BATCH_BYTES
from ringfence.wiring.readers import open_reader

from .reading import NOW_MS, drain, read_all

AT_MS = 1_709_287_200_000
_VALUES = {
    "integer": st.integers(0, 1_000_000),
    "boolean": st.booleans(),
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=6),
}


def _column(name: str, kind: str) -> st.SearchStrategy[object]:
    if name == "kind":
        return st.sampled_from(["call", "attempt", "message", "data", "signalling"])
    return st.none() | (st.integers(0, MAX_SEGMENTS) if name == "segments" else _VALUES[kind])


ROWS = st.fixed_dictionaries(
    {"event_id": st.binary(min_size=16, max_size=16), "at_ms": st.integers(0, NOW_MS)},
    optional={c.name: _column(c.name, c.type) for c in COLUMNS if c.name not in ("event_id", "at_ms")},
)


def events_of(rows: list[dict[str, object]]) -> pl.DataFrame:
    full = [{name: row.get(name) for name in SCHEMA} for row in rows]
    return pl.DataFrame(full, schema=SCHEMA).with_columns(pl.col("source").fill_null("events"))


def as_line(row: dict[str, object]) -> bytes:
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
    return json.dumps(plain, ensure_ascii=False).encode()


def decode(lines: list[bytes]) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, int]]:
    feed = Ndjson(source="events", limits=Limits(), clock=FixedClock(NOW_MS))
    taken = feed.decode(Block(b"\n".join(lines) + b"\n", "f", 1, final=True, first=True))
    empty = pl.DataFrame(schema={**SCHEMA, "place": pl.String()})
    return pl.concat([empty, taken.events], how="diagonal"), taken.rejects, dict(taken.unknown)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=12))
def test_events_come_back_from_every_kind_of_file_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    events = events_of(rows)
    folder = tmp_path_factory.mktemp("events")
    (folder / "e.ndjson").write_bytes(b"\n".join(map(as_line, rows)))
    events.write_parquet(folder / "e.parquet")
    events.write_ipc(folder / "e.arrow")
    events.write_ipc_stream(folder / "e.arrows")

    for name, feed in (("e.ndjson", "ndjson"), ("e.parquet", "parquet"), ("e.arrow", "auto"), ("e.arrows", "arrow")):
        found = read_all(folder / name, feed, source="events")

        assert found.codes() == []
        assert found.events.drop("place").equals(events), name
        assert found.unknown == {}


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=6), st.booleans())
def test_the_fast_and_the_strict_reading_of_a_line_agree(rows: list[dict[str, object]], extra: bool) -> None:
    lines = [as_line(row | ({"x": 1} if extra else {})) for row in rows]
    odd = b" " + lines[0] + b" "  # blanks around an object: only the strict reading takes it

    fast, _, unknown = decode(lines)
    strict, rejects, _ = decode([b" " + line for line in lines])
    mixed, _, _ = decode([odd, *lines, *[odd] * STRICT_LINES])

    assert rejects.height == 0
    assert unknown == ({"x": len(lines)} if extra else {})
    assert strict.equals(fast)
    assert mixed[1 : len(lines) + 1].drop("place").equals(fast.drop("place"))


BAD_LINES = {
    b'{"at_ms": 1709287200000, "kind": "call", "caller"': (errors.BAD_JSON, None),
    b"[1, 2]": (errors.BAD_JSON, None),
    b"nothing": (errors.BAD_JSON, None),
    b'{"at_ms": NaN}': (errors.BAD_JSON, None),
    b"[" * 100_000: (errors.BAD_JSON, None),
    b'{"at_ms": ' + b"9" * 5_000 + b"}": (errors.BAD_JSON, None),
    b'{"at_ms": 99999999999999999999}': (errors.BAD_VALUE, "at_ms"),
    b'{"at_ms": "yesterday"}': (errors.BAD_VALUE, "at_ms"),
    b'{"at_ms": 1709287200000.5}': (errors.BAD_VALUE, "at_ms"),
    b'{"at_ms": 1709287200000, "answered": 1}': (errors.BAD_VALUE, "answered"),
    b'{"at_ms": 1709287200000, "caller": {"a": 1}}': (errors.BAD_VALUE, "caller"),
    b'{"at_ms": 1709287200000, "caller": "\\ud800"}': (errors.BAD_VALUE, "caller"),
    b'{"at_ms": 1709287200000, "event_id": "12"}': (errors.BAD_VALUE, "event_id"),
    b'{"at_ms": 1709287200000, "kind": "telegram"}': (errors.BAD_VALUE, "kind"),
    b'{"at_ms": 1709287200000, "segments": -1}': (errors.BAD_VALUE, "segments"),
    b'{"at_ms": 1709287200000, "segments": 1001}': (errors.BAD_VALUE, "segments"),
    b'{"at_ms": 1709287200000, "bytes_up": 9223372036854775807}': (errors.BAD_VALUE, "bytes_up"),
    b'{"at_ms": 1709287200000, "charge_micros": -1}': (errors.BAD_VALUE, "charge_micros"),
    b'{"at_ms": 1709287200000, "charge_micros": %d}' % (MAX_MICROS + 1): (errors.BAD_VALUE, "charge_micros"),
    b'{"at_ms": 1709287200000, "cost_micros": %d}' % (-MAX_MICROS - 1): (errors.BAD_VALUE, "cost_micros"),
    b'{"at_ms": 1709287200000, "callee": "' + b"8" * 5_000 + b'"}': (errors.BAD_VALUE, "callee"),
    b'{"at_ms": 1709287200000, "cell": "' + "é".encode() * 129 + b'"}': (errors.BAD_VALUE, "cell"),
    b'{"at_ms": 1709287200000, "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}": (errors.BAD_JSON, None),
    b'{"at_ms": 1709287200000, "x": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001: (errors.BAD_JSON, None),
    b'{"kind": "call"}': (errors.MISSING_FIELD, "at_ms"),
    b'{"at_ms": -5}': (errors.BAD_TIME, "at_ms"),
    b'{"at_ms": 2900000000000}': (errors.CLOCK_SKEW, "at_ms"),
    b'{"at_ms": 1709287200000, "duration_ms": -1}': (errors.BAD_DURATION, "duration_ms"),
    b'{"at_ms": 1709287200000, "caller": "\xff"}': (errors.BAD_ENCODING, None),
    b'{"at_ms": 1709287200000, "caller": "\0"}': (errors.NUL_BYTE, None),
    b'{"caller": "' + b"x" * 1_100_000 + b'"}': (errors.RECORD_TOO_LARGE, None),
    b'{"at_ms": 1709287200000}{"at_ms": 1709287200000}': (errors.BAD_JSON, None),
}


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: line[:40])
def test_a_line_that_is_no_event_is_in_suspense(line: bytes) -> None:
    good = as_line({"at_ms": AT_MS, "kind": "call", "caller": "1"})

    events, rejects, _ = decode([good, line, good])

    assert events["place"].to_list() == ["f:1", "f:3"]
    assert rejects.select("code", "column").rows() == [BAD_LINES[line]]
    assert rejects["raw_bytes"].to_list() == [len(line)]


def test_numbers_written_as_numbers_are_texts_and_whole_fractions_are_integers() -> None:
    events, rejects, _ = decode([b'{"at_ms": 1709287200000.0, "caller": 4420790000, "cause": 16.0}'])

    assert rejects.height == 0
    assert events.select("at_ms", "caller", "cause").rows() == [(AT_MS, "4420790000", 16)]


def test_an_event_without_an_id_is_named_by_its_line() -> None:
    line = b'{"at_ms": 1709287200000, "kind": "call"}'

    events, _, _ = decode([line])

    assert events["event_id"].to_list() == record_ids("events", [line])


def test_unknown_columns_are_counted_by_the_records_that_have_them(tmp_path: Path) -> None:
    path = tmp_path / "e.ndjson"
    lines = [as_line({"at_ms": AT_MS, "mood": "good", "n": 1}), as_line({"at_ms": AT_MS, "mood": 3}), b'{"at_ms": 5}']
    path.write_bytes(b"\n".join(lines))

    found = read_all(path, "ndjson")

    assert found.events.height == 3
    assert Counter(found.unknown) == {"mood": 2, "n": 1}


def test_what_is_nested_or_named_beyond_what_the_fast_reading_takes_is_still_an_event() -> None:
    lines = [
        b'{"at_ms": 1709287200000, "x": ' + b"[" * 100 + b"]" * 100 + b"}",
        json.dumps({"at_ms": AT_MS, **{f"x{i}": i for i in range(2_000)}}).encode(),
        b'{"at_ms": 1709287200000, "cost_micros": %d}' % -MAX_MICROS,
    ]

    events, rejects, unknown = decode(lines)

    assert (events.height, rejects.height) == (3, 0)
    assert len(unknown) == MAX_UNKNOWN + 1
    assert sum(unknown.values()) == 2_001


def test_another_unknown_column_in_every_line_takes_little_memory() -> None:
    lines = [b'{"at_ms": 1709287200000, "x%d": %d}' % (i, i) for i in range(30_000)]
    decode(lines[:100])
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    events, rejects, unknown = decode(lines)

    assert (events.height, rejects.height) == (30_000, 0)
    assert len(unknown) == MAX_UNKNOWN + 1
    assert unknown[OTHERS] == 30_000 - MAX_UNKNOWN
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 400_000


def test_an_unknown_column_that_is_called_by_a_number_of_a_person_is_not_named() -> None:
    _, _, unknown = decode([b'{"at_ms": 1709287200000, "31612345678": 1, "mood": 2}'])

    assert unknown == {OTHERS: 1, "mood": 1}


@pytest.mark.parametrize("name", ["e.parquet", "e.arrow"])
def test_a_long_text_that_a_dictionary_repeats_is_never_in_memory_for_all_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 30_000, pa.int32()), ["y" * 30_000])
    table = pa.table({"at_ms": [AT_MS] * 30_000, "caller": texts})
    if name == "e.parquet":
        pq.write_table(table, path)
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    reader = open_reader(path, "auto", clock=FixedClock(NOW_MS))

    rows = []
    while (piece := reader.read()) is not None:
        rows.append(piece.rejects.height)
        assert set(piece.rejects["code"]) == {errors.BAD_VALUE}
    reader.close()

    assert sum(rows) == 30_000
    assert max(rows) * 30_000 <= BATCH_BYTES


def test_a_row_of_a_table_may_hold_no_more_than_a_record(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"at_ms": [AT_MS] * 3, "caller": ["a", "b" * 2_000_000, "c"]}), path)

    found = read_all(path, "parquet")

    assert found.events["caller"].to_list() == ["a", "c"]
    assert found.codes() == [errors.RECORD_TOO_LARGE]


def test_other_types_of_a_table_are_converted_and_what_cannot_be_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    table = pa.table(
        {
            "event_id": ["0f" * 16, "0e" * 16, "short"],
            "at_ms": pa.array([AT_MS, AT_MS + 1, AT_MS], pa.timestamp("ms")),
            "duration_ms": pa.array([1000.0, 0.5, 2000.0]),
            "caller": pa.array([4420790000, 1, 2], pa.uint64()),
            "mood": ["a", None, "b"],
        }
    )
    pq.write_table(table, path)

    found = read_all(path, "parquet")

    assert found.events.select("event_id", "at_ms", "duration_ms", "caller").rows() == [
        (bytes([15] * 16), AT_MS, 1000, "4420790000")
    ]
    assert found.rejects.select("place", "code", "column").rows() == [
        (f"{path}#2", errors.BAD_VALUE, "duration_ms"),
        (f"{path}#3", errors.BAD_VALUE, "event_id"),
    ]
    assert json.loads(found.rejects["raw"][1])["event_id"] == "short"
    assert found.unknown == {"mood": 3}


@pytest.mark.parametrize("name", ["e.parquet", "e.arrow"])
def test_a_table_is_resumed_at_any_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    rows = [{"event_id": bytes([i % 256] * 16), "at_ms": AT_MS + i, "kind": "call"} for i in range(500)]
    events = events_of(rows)
    if name == "e.parquet":
        events.write_parquet(path, row_group_size=70)
    else:
        events.write_ipc(path)

    for row in (0, 1, 69, 70, 71, 499, 500):
        rest = read_all(path, "auto", source="events", position={"row": row}).events

        assert rest["at_ms"].to_list() == events["at_ms"][row:].to_list()
        assert rest["place"].to_list()[:1] == ([f"{path}#{row + 1}"] if row < 500 else [])


@pytest.mark.parametrize("name", ["e.parquet", "e.arrow"])
def test_a_truncated_table_is_one_record_in_suspense(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    rows = [{"event_id": bytes([i % 256] * 16), "at_ms": AT_MS + i, "kind": "call"} for i in range(500)]
    writer = events_of(rows).write_parquet if name == "e.parquet" else events_of(rows).write_ipc
    writer(path)
    path.write_bytes(path.read_bytes()[:-200])

    found = read_all(path, "auto")

    assert found.codes() == [errors.TRUNCATED]
    assert found.received == 1
    assert found.rejects["raw_bytes"][0] == path.stat().st_size


@pytest.mark.parametrize("name", ["events.parquet", "events.arrow", "plain.parquet"])
def test_another_table_under_the_same_name_is_read_from_its_start(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    first, second = (events_of([{"event_id": bytes([n, m]) * 8, "at_ms": AT_MS} for m in range(99)]) for n in (1, 2))
    write_table(first, path)
    reader = open_reader(path, "auto", source="events", clock=FixedClock(NOW_MS))
    drain(reader)
    reader.close()

    assert read_all(path, "auto", source="events", position=reader.position).received == 0
    write_table(second, path.with_name("other"), name)
    path.with_name("other").replace(path)
    again = read_all(path, "auto", source="events", position=reader.position)

    assert again.events["event_id"].to_list() == second["event_id"].to_list()


def write_table(events: pl.DataFrame, path: Path, name: str = "") -> None:
    """Write a table; a plain one has pages of the same size whatever they hold, and says nothing of their values."""
    if (name or path.name).endswith("arrow"):
        events.write_ipc(path)
    elif (name or path.name).startswith("plain"):
        events.write_parquet(path, compression="uncompressed", statistics=False)
    else:
        events.write_parquet(path)


def test_a_damaged_row_group_costs_the_others_nothing(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    rows = [{"event_id": i.to_bytes(16, "big"), "at_ms": AT_MS + i, "kind": "call"} for i in range(3_000)]
    pq.write_table(events_of(rows).select("event_id", "at_ms", "kind").to_arrow(), path, row_group_size=1_000)
    group = pq.ParquetFile(path).metadata.row_group(1).column(0)
    raw = bytearray(path.read_bytes())
    raw[group.dictionary_page_offset or group.data_page_offset :][:0] = b""
    at = group.dictionary_page_offset or group.data_page_offset
    raw[at : at + 64] = b"\xff" * 64
    path.write_bytes(raw)

    found = read_all(path, "parquet")

    assert found.codes() == [errors.TRUNCATED]
    assert "rows 1001 to 2000" in found.rejects["message"][0]
    assert found.events["at_ms"].to_list() == [AT_MS + i for i in range(3_000) if not 1_000 <= i < 2_000]


def test_what_is_no_table_at_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    path.write_text("a,b\n1,2\n")

    with pytest.raises(UsageError, match="RF4003"):
        read_all(path, "parquet")
    with pytest.raises(UsageError, match="ringfence connect"):
        read_all(path, "auto")
    with pytest.raises(DependencyError, match="RF4001"):
        read_all(tmp_path / "none.parquet", "parquet")


def test_a_text_that_is_none_costs_a_table_only_its_row(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    names = pa.array([b"a", b"\xff\xfe", b"c"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"at_ms": [AT_MS, AT_MS, AT_MS], "caller": names}), path)

    found = read_all(path, "parquet")

    assert found.events["caller"].to_list() == ["a", "c"]
    assert found.rejects.select("place", "code").rows() == [(f"{path}#2", errors.BAD_ENCODING)]
