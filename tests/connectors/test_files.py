"""Files as a source: which are meant, and their bytes."""

from __future__ import annotations

import gzip
import os
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.connectors.files import ByteStream, expand, head_of
from ringfence.events import errors
from ringfence.events.errors import DependencyError, UsageError
from tests.feeds.reading import read_all
from tests.feeds.test_suspense import record
from tests.stores.conftest import read_only


def compressed(content: bytes, how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(content, 1)
    return zstandard.ZstdCompressor().compress(content) if how == "zstd" else content


def stream_of(content: bytes, offset: int = 0) -> ByteStream:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(content)
    stream = ByteStream(Path(file.name), offset)
    os.unlink(file.name)
    return stream


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=3_000).map(lambda b: b * 7),
    st.sampled_from(["plain", "gzip", "zstd"]),
    st.lists(st.integers(1, 9_000), max_size=4),
    st.integers(0, 20_000),
)
def test_a_stream_gives_the_decompressed_bytes_from_any_offset(
    content: bytes, how: str, cuts: list[int], offset: int
) -> None:
    content = b"x" + content
    edges = sorted({0, *(cut for cut in cuts if cut < len(content)), len(content)})
    members = [compressed(content[a:b], how) for a, b in pairwise(edges)]
    stream = stream_of(b"".join(members), offset)

    pieces = []
    while piece := stream.read(1_777):
        pieces.append(piece)
    stream.close()

    assert b"".join(pieces) == content[offset:]
    assert stream.damage == ""


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_truncated_compressed_file_gives_its_readable_records_and_one_reject(tmp_path: Path, how: str) -> None:
    records = [record(i) for i in range(3_000)]
    whole = compressed(b"\n".join(records) + b"\n", how)
    path = tmp_path / "Master.csv.packed"
    path.write_bytes(whole[: len(whole) * 2 // 3])

    found = read_all(path, "asterisk")

    assert 0 < found.events.height < 3_000
    assert found.codes() == [errors.TRUNCATED]
    assert found.rejects["place"][0].endswith(f":{found.events.height + 1}")
    assert "ends too early" in found.rejects["message"][0]
    assert records[found.events.height].startswith(found.rejects["raw"][0])


def test_a_damaged_compressed_file_gives_what_comes_before_the_damage(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(b"\n".join(record(i) for i in range(3_000)) + b"\n", 1))
    whole[len(whole) // 2] ^= 0xFF
    whole[len(whole) // 2 + 1 : len(whole) // 2 + 40] = bytes(39)
    path = tmp_path / "Master.csv.gz"
    path.write_bytes(whole)

    found = read_all(path, "asterisk")

    assert found.events.height > 500
    assert found.codes()[-1] == errors.TRUNCATED
    assert "damaged" in found.rejects["message"][-1]


def test_zeros_after_the_end_of_a_compressed_file_are_padding() -> None:
    stream = stream_of(gzip.compress(b"all of it\n") + bytes(512))

    assert stream.read(100) == b"all of it\n"
    assert stream.damage == ""
    stream.close()


def test_files_folders_and_patterns_name_files_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.csv", "a.csv", "deep/c.csv", ".hidden.csv", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    monkeypatch.chdir(tmp_path)

    assert expand(["b.csv", "."]) == [Path(name) for name in ("b.csv", "a.csv", "d.txt", "deep/c.csv")]
    assert expand(["**/*.csv"]) == [Path(name) for name in ("a.csv", "b.csv", "deep/c.csv")]


def test_a_file_is_named_once_however_its_path_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "link.csv").symlink_to("a.csv")
    monkeypatch.chdir(tmp_path)

    assert expand(["a.csv", "./a.csv", str(tmp_path / "a.csv"), "deep/../a.csv", "link.csv"]) == [Path("a.csv")]


def test_what_may_still_come_is_no_error_where_a_folder_or_a_pattern_is_named(tmp_path: Path) -> None:
    assert expand([str(tmp_path), str(tmp_path / "*.csv")], may_come=True) == []
    with pytest.raises(UsageError, match="RF4001"):
        expand([str(tmp_path / "a.csv")], may_come=True)
    with pytest.raises(UsageError, match="RF4001"):
        expand([str(tmp_path)])


def test_a_pattern_that_names_nothing_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "Master.csv").write_text("x")

    with pytest.raises(UsageError, match="RF4001") as error:
        expand([str(tmp_path / "Mastre.csv")])

    assert "did you mean" in str(error.value)
    assert "Master.csv" in str(error.value)
    with pytest.raises(UsageError, match="RF4001"):
        expand([str(tmp_path / "none" / "*.gz")])


def test_a_folder_that_may_not_be_looked_into_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "a.csv").write_text("x")
    closed.chmod(0)

    with read_only(tmp_path):
        for pattern in (closed, closed / "a.csv"):
            with pytest.raises(DependencyError, match=r"Permission denied .*RF4002"):
                expand([str(pattern)], may_come=True)
    closed.chmod(0o700)


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b\x08", gzip.compress(b"a,b\n", mtime=0)[:10], b"\x28\xb5\x2f\xfd", b"\x1f\x8bxx"]
)
def test_a_compressed_file_of_which_nothing_can_be_read_has_no_format(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    path.write_bytes(content)

    assert head_of(path) == b""
    with pytest.raises(DependencyError, match=r"nothing of it can be read .*RF4002"):
        head_of(path, to_tell=True)


def test_an_empty_file_is_no_damaged_one(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "empty.gz").write_bytes(gzip.compress(b""))

    assert [head_of(tmp_path / name, to_tell=True) for name in ("empty", "empty.gz")] == [b"", b""]


def test_a_file_that_is_not_there_is_a_dependency_that_is_down(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match="RF4001"):
        ByteStream(tmp_path / "none.csv")
    with pytest.raises(DependencyError, match="RF4002"):
        ByteStream(tmp_path)
