"""The fast look at a block of lines agrees with the strict reading of each, and with Python's csv module."""

from __future__ import annotations

import csv
import io

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.feeds.lines import cut, joined, odd_bytes, odd_fields
from ringfence.feeds.strict_csv import fields_of

TEXT = st.text(alphabet="\",;ab \t\r'0é", max_size=14)
CELL = st.text(alphabet="\",;ab '0é", max_size=6)


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXT, max_size=8), st.sampled_from([(1,), (2,), (2, 3), (4,)]), st.booleans())
@example(['"a""b",c', 'a"b",c', '"a"b,c', '"",""', '"""",x', '"",,""'], (2,), True)
def test_a_line_is_odd_unless_the_strict_reading_finds_nothing_strange(
    texts: list[str], counts: tuple[int, ...], final: bool
) -> None:
    texts = [text.rstrip("\r") for text in texts]
    content = "\n".join(texts).encode() + (b"" if final and texts and texts[-1] else b"\n")
    lines = cut(content, final=final)

    odd = odd_fields(lines, ",", '"', counts)

    for index, flagged in enumerate(odd.tolist()):
        fields = fields_of(lines.raw(index).decode(), ",", '"', lenient=False)
        assert flagged == (fields is None or len(fields) not in counts)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=6), st.sampled_from([",", ";"]))
def test_all_that_the_csv_module_writes_is_read_back_by_either_way(rows: list[list[str]], delimiter: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(rows)
    content = written.getvalue().encode()
    lines = cut(content, final=True)

    odd = odd_fields(lines, delimiter, '"', (3,))
    strict = [fields_of(lines.raw(i).decode(), delimiter, '"') for i in range(len(lines))]
    fast = pl.read_csv(
        content,
        has_header=False,
        separator=delimiter,
        empty_string_is_null=False,
        schema=dict.fromkeys("abc", pl.String()),
    )

    assert not odd.any()
    assert strict == rows
    assert fast.rows() == [tuple(row) for row in rows]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=6).map(lambda b: b.replace(b"\n", b" ")), max_size=8), st.booleans())
def test_lines_are_cut_as_python_splits_them(texts: list[bytes], final: bool) -> None:
    content = b"\n".join(texts)
    complete = content.split(b"\n")
    rest = complete.pop()
    expected = [*complete, rest] if final and rest else complete

    lines = cut(content, final=final)

    assert lines.raws() == [text[:-1] if text.endswith(b"\r") else text for text in expected]
    assert [lines.raw(i) for i in range(len(lines))] == lines.raws()
    assert content[lines.whole :] == (b"" if final else rest)


@given(st.lists(st.sampled_from([b"a", b"b\0", b"\xff", "é".encode(), b"x" * 9, b""]), min_size=1, max_size=9))
def test_bytes_are_odd_that_are_no_text_too_long_or_nul(texts: list[bytes]) -> None:
    lines = cut(b"\n".join(texts) + b"\n", final=True)

    odd = odd_bytes(lines, "utf-8", 8)

    assert odd.tolist() == [text in (b"b\0", b"\xff", b"x" * 9) for text in texts]


@given(st.lists(st.tuples(st.sampled_from([b"a", b"", b"ccc"]), st.booleans()), min_size=1, max_size=9), st.booleans())
def test_the_lines_that_are_kept_are_joined_whole(marked: list[tuple[bytes, bool]], ended: bool) -> None:
    content = b"\n".join(text for text, _ in marked) + (b"\n" if ended or not marked[-1][0] else b"")
    lines = cut(content, final=True)
    keep = np.array([kept for _, kept in marked], np.bool_)

    text = joined(lines, keep)

    expected = b"".join(raw + b"\n" for raw, kept in marked if kept)
    assert text in (expected, expected.removesuffix(b"\n") if keep.all() else expected)
