"""Whatever a file holds, reading it gives events, rejects or an error with a code: never anything else."""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.events.clock import FixedClock
from ringfence.events.errors import CODES, RingfenceError
from ringfence.wiring.readers import FORMATS, decode_again, guess

from .reading import NOW_MS, read_all
from .test_suspense import BAD, event_line, record

GOLDEN = Path(__file__).parent / "golden"


@cache
def seeds() -> list[bytes]:
    """Return whole files of every format, to be damaged."""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "e.ndjson"
        lines.write_bytes(b"\n".join(event_line(i) for i in range(30)))
        events = read_all(lines, "ndjson").events.drop("place")
        events.write_parquet(Path(folder) / "e.parquet")
        events.write_ipc(Path(folder) / "e.arrow")
        database = sqlite3.connect(Path(folder) / "e.db")
        database.execute("CREATE TABLE cdr (start_stamp, billsec, uuid, destination_number)")
        rows = [("2024-03-01 10:00:00", i, f"u{i}", "2") for i in range(50)]
        database.executemany("INSERT INTO cdr VALUES (?, ?, ?, ?)", rows)
        database.commit()
        database.close()
        made = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    golden = [path.read_bytes() for path in sorted(GOLDEN.iterdir())]
    return [*made, *golden, b"\n".join(record(i) for i in range(20)), gzip.compress(golden[0])]


def outcome(content: bytes, feed: str, **options: object) -> tuple[list[str], list[RingfenceError]]:
    """Read and guess a file of these bytes; return the codes of its rejects and the errors that were raised."""
    codes: list[str] = []
    raised = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        for act in (lambda: codes.extend(read_all(path, feed, **options).codes()), lambda: guess(path)):
            try:
                act()
            except RingfenceError as error:
                raised.append(error)
    return codes, raised


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 40),
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.integers(0, 20_000), st.binary(max_size=5), st.integers(0, 40)), max_size=4),
)
def test_damaged_files_of_any_format_never_surprise(seed: int, feed: str, damage: list[tuple[int, bytes, int]]) -> None:
    content = seeds()[seed % len(seeds())]
    for where, inserted, dropped in damage:
        at = where % (len(content) + 1)
        content = content[:at] + inserted + content[at + dropped :]

    codes, raised = outcome(content, feed, block_bytes=1_000)

    assert set(codes) <= set(CODES)
    assert all(error.code in CODES and (error.where or error.expected) for error in raised)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(FORMATS))
def test_any_bytes_never_surprise(content: bytes, feed: str) -> None:
    codes, raised = outcome(content, feed)

    assert set(codes) <= set(CODES)
    assert all(error.code in CODES for error in raised)


@pytest.mark.parametrize("what", BAD)
def test_a_reject_that_is_decoded_again_is_the_same_reject(what: str) -> None:
    raw, code, column = BAD[what]

    again = decode_again(raw, "asterisk", source="asterisk", place="x.csv:7", clock=FixedClock(NOW_MS))

    assert again.events.height == 0
    assert again.rejects.select("place", "code", "column").rows() == [("x.csv:7", code, column)]


def test_a_reject_that_was_mended_is_an_event_with_the_id_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(record(1) + b"\n")
    event = read_all(path, "asterisk").events

    again = decode_again(record(1), "asterisk", source="asterisk", place=f"{path}:1", clock=FixedClock(NOW_MS))

    assert again.events.height == 1
    assert again.events["event_id"][0] == event["event_id"][0]
    assert again.events["place"][0] == event["place"][0]


def test_a_row_of_a_table_is_decoded_again_from_its_json(tmp_path: Path) -> None:
    row = b'{"at_ms": 1709287200000, "event_id": "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", "kind": "call"}'

    again = decode_again(row, "parquet", source="events", place="e.parquet#1")

    assert again.events.select("event_id", "at_ms", "place").rows() == [
        (bytes([15] * 16), 1709287200000, "e.parquet#1")
    ]
