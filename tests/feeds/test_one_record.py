"""A record that is asked about on its own is read as the feed reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events.clock import FixedClock
from ringfence.events.money import MAX_MICROS
from ringfence.events.schema import COLUMNS
from ringfence.feeds.checks import TEXTS
from ringfence.feeds.decoded import Block
from ringfence.feeds.limits import MAX_BYTES, MAX_SEGMENTS, MAX_TEXT_BYTES, Limits
from ringfence.feeds.ndjson import Ndjson
from ringfence.feeds.one_record import read_one

from .reading import NOW_MS

LIMITS = Limits(max_record_bytes=2_000)
odd = st.sampled_from((None, True, 1.0, 1.5, -1, 1 << 70, "", "x" * 300, "é", [], {}, "call", NOW_MS + 10**6, 10**16))
_USUAL: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(0, 1_000),
    "boolean": st.booleans(),
    "text": st.text("0123456789abc", max_size=12),
    "id": st.binary(min_size=16, max_size=16).map(bytes.hex),
}


def value_of(name: str, kind: str) -> st.SearchStrategy[Any]:
    """A value of a column: mostly one that it may have."""
    usual = st.sampled_from(("call", "message")) if name == "kind" else _USUAL[kind]
    return st.integers(0, 9).flatmap(lambda chance: odd if chance == 0 else usual)


records = st.fixed_dictionaries(
    {"at_ms": st.integers(0, NOW_MS)},
    optional={c.name: value_of(c.name, c.type) for c in COLUMNS if c.name != "at_ms"} | {"colour": odd},
)
lines = st.one_of(
    records.map(lambda record: json.dumps(record).encode()),
    st.builds(lambda record, cut: json.dumps(record).encode()[:cut], records, st.integers(0, 60)),
    st.sampled_from(
        (b"{}", b"[]", b"1", b"null", b'{"at_ms": NaN}', b'{"at_ms": 1, "at_ms": 2}', b"\xff", b'{"a":"\\ud800"}')
    ),
)


def check(raw: bytes) -> None:
    """Read a line alone and by the feed; it must be the same."""
    feed = Ndjson(source="api", limits=LIMITS, clock=FixedClock(NOW_MS))
    taken = feed.decode(Block(raw, "record", 1, final=True, first=True))

    found = read_one(raw, source="api", limits=LIMITS, now_ms=NOW_MS)

    if isinstance(found, dict):
        assert taken.rejects.height == 0
        told = {name: value for name, value in taken.events.row(0, named=True).items() if value is not None}
        del told["place"]
        assert {name: value for name, value in found.items() if value is not None} == told
    else:
        assert taken.rejects.row(0) == tuple(found)


@settings(max_examples=300, deadline=None)
@given(lines.map(bytes.strip).filter(bool))
def test_a_line_is_read_alone_as_the_feed_reads_it(raw: bytes) -> None:
    check(raw)


@pytest.mark.parametrize("name", [column.name for column in COLUMNS if column.type == "integer"])
def test_a_number_at_a_bound_is_judged_alone_as_the_feed_judges_it(name: str) -> None:
    latest_ms = NOW_MS + LIMITS.max_ahead_ms
    for most in (0, LIMITS.max_duration_ms, latest_ms, MAX_BYTES, MAX_SEGMENTS, MAX_MICROS, -MAX_MICROS):
        for value in (most - 1, most, most + 1):
            check(json.dumps({"at_ms": NOW_MS, name: value}).encode())


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_at_a_bound_is_judged_alone_as_the_feed_judges_it(name: str) -> None:
    for text in ("x" * MAX_TEXT_BYTES, "x" * (MAX_TEXT_BYTES + 1), "é" * (MAX_TEXT_BYTES // 2 + 1)):
        check(json.dumps({"at_ms": NOW_MS, name: text}).encode())
