"""A last line without its end is read whole or not yet: half a record never becomes an event."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ringfence.events import errors
from ringfence.events.clock import FixedClock
from ringfence.feeds.decoded import Decoded, Position
from ringfence.feeds.limits import Limits
from ringfence.wiring.readers import open_reader
from tests.feeds.test_json_records import call
from tests.feeds.test_suspense import event_line, record

MINUTE_MS = 60_000


def read(
    path: Path, age_ms: int, position: Position | None = None, feed: str = "asterisk", limits: Limits | None = None
) -> tuple[list[Decoded], Position]:
    """Read to the end, so many milliseconds after the file was written to; an empty file as none of its age."""
    clock = FixedClock(path.stat().st_mtime_ns // 1_000_000 + age_ms)
    reader = open_reader(path, feed, position=position, clock=clock, limits=limits)
    pieces = []
    while (piece := reader.read()) is not None:
        pieces.append(piece)
    reader.close()
    return pieces, reader.position


def counts(pieces: list[Decoded]) -> tuple[int, int, int]:
    """Return the numbers of events, of rejects, and of last lines that were left."""
    return (
        sum(piece.events.height for piece in pieces),
        sum(piece.rejects.height for piece in pieces),
        sum(piece.unfinished for piece in pieces),
    )


@pytest.mark.parametrize("cut", [1, 50, 120, len(record(1)) - 4, len(record(1))])
def test_half_a_line_is_left_until_the_next_run_reads_it_whole(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(record(0) + b"\n" + record(1)[:cut])

    first, position = read(path, 1_000)
    with path.open("ab") as file:
        file.write(record(1)[cut:] + b"\n" + record(2) + b"\n")
    second, _ = read(path, 1_000, position)

    assert counts(first) == (1, 0, 1)
    assert counts(second) == (2, 0, 0)
    assert [piece.events["callee"].to_list() for piece in second] == [["3491000001", "3491000002"]]


def test_the_last_line_of_a_file_that_rested_is_a_record(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(record(0) + b"\n" + record(1))

    first, position = read(path, 1_000)
    second, _ = read(path, MINUTE_MS, position)

    assert counts(first) == (1, 0, 1)
    assert counts(second) == (1, 0, 0)


def test_half_a_line_of_a_file_that_rested_is_in_suspense(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(record(0) + b"\n" + record(1)[:50])

    pieces, _ = read(path, MINUTE_MS)

    assert counts(pieces) == (1, 1, 0)
    assert pieces[0].rejects["code"].to_list() == [errors.TRUNCATED]


def test_a_file_that_is_nothing_but_half_a_line_is_told_once_and_read_later(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(record(0)[:50])

    first, position = read(path, 0)
    path.write_bytes(record(0) + b"\n")
    second, _ = read(path, 0, position)

    assert counts(first) == (0, 0, 1)
    assert counts(second) == (1, 0, 0)


def test_a_quoted_field_that_is_still_open_is_left_with_its_record(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    longer = record(1, userfield='"first\nsecond"')
    path.write_bytes(record(0) + b"\n" + longer[: longer.index(b"\n") + 1])

    first, position = read(path, 0)
    with path.open("ab") as file:
        file.write(longer[longer.index(b"\n") + 1 :] + b"\n")
    second, _ = read(path, 0, position)

    assert counts(first) == (1, 0, 1)
    assert counts(second) == (1, 0, 0)


@pytest.mark.parametrize("indent", [None, 2])
def test_a_whole_json_object_needs_no_line_end(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "cdr.json"
    whole = json.dumps(call(0), indent=indent)
    path.write_text(whole)
    half = tmp_path / "half.json"
    half.write_text(whole[: whole.rindex("}")])

    pieces, _ = read(path, 0, feed="freeswitch")
    waiting, _ = read(half, 0, feed="freeswitch")

    assert counts(pieces) == (1, 0, 0)
    assert counts(waiting) == (0, 0, 1)


def test_a_whole_line_of_an_event_file_needs_no_end_and_half_of_one_waits(tmp_path: Path) -> None:
    path = tmp_path / "e.ndjson"
    path.write_bytes(event_line(0) + b"\n" + event_line(1))
    half = tmp_path / "half.ndjson"
    half.write_bytes(event_line(0) + b"\n" + event_line(1)[:-1])

    pieces, _ = read(path, 0, feed="ndjson")
    waiting, _ = read(half, 0, feed="ndjson")

    assert counts(pieces) == (2, 0, 0)
    assert counts(waiting) == (1, 0, 1)


def test_half_a_line_that_is_too_large_is_left_as_well(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(record(0) + b"\n" + b"x" * 5_000)
    limits = Limits(max_record_bytes=1_000)

    first, position = read(path, 0, limits=limits)
    second, _ = read(path, MINUTE_MS, position, limits=limits)

    assert counts(first) == (1, 0, 1)
    assert counts(second) == (0, 1, 0)
    assert second[0].rejects["raw_bytes"].to_list() == [5_000]


def test_a_compressed_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv.gz"
    path.write_bytes(gzip.compress(record(0) + b"\n" + record(1)))

    pieces, _ = read(path, 0)

    assert counts(pieces) == (2, 0, 0)
