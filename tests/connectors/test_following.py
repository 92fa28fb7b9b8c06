"""A growing file is followed through rotation, and reading goes on exactly where it stopped."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.events.clock import FixedClock
from ringfence.feeds.decoded import Position
from ringfence.wiring.readers import Mapping, Reader, open_reader
from tests.feeds.reading import NOW_MS, drain, read_all
from tests.feeds.test_suspense import event_line, mutate, record


def follow(path: Path, position: Position | None = None, feed: str = "asterisk") -> Reader:
    return open_reader(path, feed, position=position, follow=True, clock=FixedClock(NOW_MS))


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def lines(*numbers: int) -> bytes:
    return b"".join(record(i) + b"\n" for i in numbers)


def callees(reader: Reader) -> list[str]:
    """Return what each new event is about: the i-th record calls the i-th number."""
    return [callee[4:].lstrip("0") or "0" for callee in drain(reader).events["callee"].to_list()]


def test_a_growing_file_gives_its_new_records(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(lines(0, 1))
    reader = follow(path)

    assert callees(reader) == ["0", "1"]
    assert callees(reader) == []
    append(path, lines(2))
    assert callees(reader) == ["2"]
    reader.close()


def test_a_last_line_without_its_end_waits_until_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(lines(0) + record(1)[:50])
    reader = follow(path)

    assert callees(reader) == ["0"]
    append(path, record(1)[50:])
    assert callees(reader) == []
    append(path, b"\n")
    assert callees(reader) == ["1"]
    reader.close()


def test_after_a_rotation_by_renaming_the_old_file_is_finished_and_the_new_one_read(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(lines(0))
    reader = follow(path)
    assert callees(reader) == ["0"]

    append(path, lines(1))
    path.rename(tmp_path / "Master.csv.1")
    append(tmp_path / "Master.csv.1", lines(2)[:-1])  # the writer had it open, and stopped without a line end
    assert callees(reader) == ["1"]
    path.write_bytes(lines(3))
    found = callees(reader) + callees(reader) + callees(reader)

    assert found == ["2", "3"]
    reader.close()


def test_after_a_rotation_by_copying_the_rest_is_read_from_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(lines(0))
    reader = follow(path)
    assert callees(reader) == ["0"]

    append(path, lines(1))
    shutil.copy(path, tmp_path / "Master.csv.1")
    os.truncate(path, 0)
    append(path, lines(2, 3, 4, 5))  # by now the file is longer than it was
    found = callees(reader) + callees(reader)

    assert found == ["1", "2", "3", "4", "5"]
    reader.close()


def test_a_rotation_that_happened_while_nobody_was_reading_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(lines(0, 1))
    reader = follow(path)
    assert callees(reader) == ["0", "1"]
    reader.close()

    append(path, lines(2))
    with gzip.open(tmp_path / "Master.csv.2.gz", "wb") as file:
        file.write(path.read_bytes())
    os.utime(tmp_path / "Master.csv.2.gz", (1_000, 1_000))
    (tmp_path / "Master.csv.1").write_bytes(lines(3, 4))
    os.utime(tmp_path / "Master.csv.1", (2_000, 2_000))
    (tmp_path / "Master2.csv").write_bytes(lines(99))  # another file, no rotation
    path.write_bytes(lines(5))
    again = follow(path, reader.position)

    assert callees(again) + callees(again) == ["2", "3", "4", "5"]
    again.close()


def test_a_file_that_was_replaced_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(lines(0, 1))
    reader = open_reader(path, "asterisk", clock=FixedClock(NOW_MS))
    assert callees(reader) == ["0", "1"]
    reader.close()
    path.write_bytes(lines(2, 3, 4))

    again = open_reader(path, "asterisk", clock=FixedClock(NOW_MS), position=reader.position)

    assert callees(again) == ["2", "3", "4"]
    again.close()


def test_the_header_of_each_file_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("src,dst,start,billsec\n1,2,2024-03-01 10:00:00,5\n")
    reader = follow(path)
    assert drain(reader).events["callee"].to_list() == ["2"]

    path.rename(tmp_path / "export.csv.1")
    path.write_text("dst,src,start,billsec\n3,4,2024-03-01 10:00:00,5\n")
    found = pl.concat([drain(reader).events for _ in range(3)])

    assert found["callee"].to_list() == ["3"]
    reader.close()


def everything(kind: str) -> bytes:
    if kind == "ndjson":
        return b"".join(event_line(i) + b"\n" for i in range(60))
    records = [record(i) for i in range(60)]
    records[7] = record(7, userfield='"a\nb\n""c"""')
    records[20] = mutate(record(20), "quote", 33)
    records[21] = b""
    records[40] = record(40, start='"never"')
    records[59] = record(59, clid='"open')
    header = b"accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec,"
    header += b"disposition,amaflags,uniqueid,userfield\r\n"
    return (header if kind == "header" else b"") + b"\n".join(records) + b"\n"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["ndjson", "plain", "header"]),
    st.integers(400, 20_000),
    st.integers(400, 20_000),
    st.integers(0, 40),
    st.sampled_from([b"", b"packed"]),
)
def test_reading_in_pieces_from_any_saved_position_gives_what_reading_at_once_gives(
    kind: str, block_bytes: int, other_bytes: int, stop_after: int, packed: bytes
) -> None:
    feed: str | Mapping = "ndjson" if kind == "ndjson" else "asterisk"
    content = everything(kind)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records"
        path.write_bytes(gzip.compress(content, 1) if packed else content)
        whole = read_all(path, feed)
        reader = open_reader(path, feed, clock=FixedClock(NOW_MS), block_bytes=block_bytes)
        pieces = [piece for _ in range(stop_after) if (piece := reader.read()) is not None]
        reader.close()

        rest = read_all(path, feed, position=reader.position, block_bytes=other_bytes)

    events = pl.concat([*(piece.events for piece in pieces), rest.events], how="diagonal")
    rejects = pl.concat([*(piece.rejects for piece in pieces), rest.rejects])
    assert events.select(whole.events.columns).equals(whole.events)
    assert rejects.equals(whole.rejects)


@pytest.mark.parametrize("step", [1, 61, 1_000])
def test_following_a_file_that_grows_by_any_step_gives_the_same_events(tmp_path: Path, step: int) -> None:
    content = everything("plain")[: None if step > 100 else 6_000]
    path = tmp_path / "Master.csv"
    path.write_bytes(content)
    whole = read_all(path, "asterisk")
    path.write_bytes(b"")
    reader = follow(path)

    found = []
    for at in range(0, len(content), step):
        append(path, content[at : at + step])
        found.append(drain(reader)) if step > 1 or content[at : at + 1] == b"\n" else None
    path.rename(tmp_path / "Master.csv.1")
    path.write_bytes(b"")
    found += [drain(reader), drain(reader)]
    reader.close()

    events = pl.concat([piece.events for piece in found])
    rejects = pl.concat([piece.rejects for piece in found])
    assert events.drop("place").equals(whole.events.drop("place"))
    assert rejects.drop("place").equals(whole.rejects.drop("place"))
