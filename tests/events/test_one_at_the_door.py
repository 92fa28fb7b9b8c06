"""One record through the door on its own becomes what it becomes in a column of others."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events.door import Home, admit, admit_one
from ringfence.events.numbering import Numbering
from ringfence.events.rate_file import Rate
from ringfence.events.rating import RateTable
from ringfence.events.schema import COLUMNS, KINDS, SCHEMA
from ringfence.events.tables import find, find_or_add, hash_column, hash_few
from ringfence.simulation import Plan, simulate

DEAR = RateTable(
    [
        Rate("31", "Netherlands", 60_000, message_micros=50_000),
        Rate("53", "Cuba", 1_800_000, connection_micros=7, first_increment_s=30, next_increment_s=6),
        Rate("539", "Cuba, dear", 1_900_001),
    ],
    "EUR",
)
HOMES = {
    "example": Home(),
    "few rates": Home(rates=DEAR, plmns=()),
    "United States": Home("US", "America/New_York", "EUR", ("310410",), DEAR),
    "with an area code": Home("NL", "Europe/Amsterdam", "EUR", ("20408",), DEAR, "20"),
    "Spain": Home("ES", "Europe/Madrid", "EUR", ("21407",), DEAR),
    "Argentina": Home("AR", "America/Buenos_Aires", "EUR", (), DEAR),
    "Italy": Home("IT", "Europe/Rome", "EUR", (), DEAR),
}
CODES = (
    "31",
    "0031",
    "+31",
    "0",
    "06",
    "00",
    "+",
    "1",
    "011",
    "34",
    "+39 0",
    "54 9 11",
    "53",
    "539",
    "870",
    "881",
    "999",
)
digits = st.text("0123456789", min_size=0, max_size=18)
written = st.one_of(
    st.builds(lambda code, rest: code + rest, st.sampled_from(CODES), digits),
    st.builds(lambda code, rest: " ".join((code, rest[:3], rest[3:])), st.sampled_from(CODES), digits),
    st.builds("{}{}".format, digits, st.sampled_from(("x12", ";ext=4", "@pbx.example", "#9", " ", "\n"))),
    st.builds("sip:{}@pbx.example;user=phone".format, digits),
    st.sampled_from(("", " ", "ACME", "112", "1234", "anonymous", "٣١٢٠١٢٣٤٥٦٧", "+31(0)201234567", "é" * 9)),
    st.text(max_size=12),
)
whole = {
    "at_ms": st.integers(0, 2_000_000_000_000),
    "start_ms": st.none() | st.integers(0, 2_000_000_000_000),
    "duration_ms": st.none() | st.integers(0, 86_400_000) | st.sampled_from((0, 1, 999, 1000, 30_000, 30_001)),
    "segments": st.none() | st.integers(0, 1000),
    "charge_micros": st.none() | st.integers(0, 10**15),
    "cost_micros": st.none() | st.integers(-(10**15), 10**15),
}
words = {
    "kind": st.none() | st.sampled_from(KINDS),
    "caller": st.none() | written,
    "callee": st.none() | written,
    "forwarded_by": st.none() | written,
    "visited_network": st.sampled_from((None, "20408", "26201", "310410")),
    "currency": st.sampled_from((None, "EUR", " eur", "USD", "")),
    "direction": st.sampled_from((None, "in", "out", "internal")),
    "callee_class": st.sampled_from((None, "premium")),
    "callee_range": st.sampled_from((None, "4479")),
    "caller_country": st.sampled_from((None, "BE")),
}
flags = {name: st.none() | st.booleans() for name in ("answered", "is_roaming", "is_international")}
records = st.fixed_dictionaries(whole | words | flags)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(HOMES)), st.lists(records, min_size=1, max_size=20))
def test_a_record_becomes_the_same_event_alone_and_among_others(name: str, rows: list[dict[str, Any]]) -> None:
    home = HOMES[name]
    together = admit(pl.DataFrame(rows, schema={n: SCHEMA[n] for n in rows[0]}), home).to_dicts()

    assert [admit_one(row, home) for row in rows] == together


@cache
def _simulated() -> pl.DataFrame:
    return simulate(Plan(subscribers=400, days=2, seed=5)).events


@pytest.mark.parametrize("name", ["example", "United States"])
def test_invented_traffic_becomes_the_same_events_one_by_one(name: str) -> None:
    events = _simulated().head(6_000)
    together = admit(events, HOMES[name]).select(SCHEMA.names()).to_dicts()

    alone = [admit_one({n: v for n, v in row.items() if n in SCHEMA}, HOMES[name]) for row in events.to_dicts()]

    assert alone == together


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(("NL", "US", "ES", "IT", "BR", "AR", "CN", "GB", "SM", "HU")), st.lists(written, min_size=1))
def test_a_number_is_read_the_same_alone_and_in_a_column(country: str, numbers: list[str]) -> None:
    numbering = _numbering(country)

    alone = [numbering.normalise_one(number) for number in numbers]

    assert alone == numbering.normalise(pl.Series(numbers, dtype=pl.String)).to_list()


@cache
def _numbering(country: str) -> Numbering:
    return Numbering(country)


@settings(deadline=None)  # the first call loads compiled code
@given(st.lists(st.none() | st.text(max_size=20), min_size=1, max_size=12))
def test_few_texts_have_the_keys_of_a_column(texts: list[str | None]) -> None:
    assert hash_few(texts) == hash_column(pl.Series(texts, dtype=pl.String)).tolist()


def test_a_key_is_found_where_it_was_added_and_nowhere_else() -> None:
    keys = hash_column(pl.Series(map(str, range(100))))
    index, known, slots = keys[:0].copy(), keys.copy(), keys.copy()
    index.resize(256)
    find_or_add(index, known, 0, keys[:50].copy(), slots[:50].copy())

    found = [find(index, known, int(key)) for key in (*keys, 0)]

    assert found == [*range(50), *[-1] * 51]


def test_the_columns_of_one_event_are_those_of_all() -> None:
    assert list(admit_one({"at_ms": 0}, HOMES["example"])) == [column.name for column in COLUMNS]
