"""The columns, the names made from causes, the clock and the errors."""

from __future__ import annotations

import re

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events import errors
from ringfence.events.clock import FixedClock, SystemClock
from ringfence.events.errors import CODES, DependencyError, Exit, RingfenceError, SettingsError, UsageError
from ringfence.events.identity import ID_BYTES, digest, record_ids
from ringfence.events.schema import ARROW_SCHEMA, COLUMNS, DERIVED, SCHEMA, conform


def test_arrow_and_polars_have_the_same_columns_and_every_column_says_what_it_means() -> None:
    assert ARROW_SCHEMA.names == SCHEMA.names() == [column.name for column in COLUMNS]
    assert all(ARROW_SCHEMA.field(c.name).metadata[b"meaning"].decode() == c.meaning for c in COLUMNS)
    assert all(c.unit == "ms" for c in COLUMNS if c.name.endswith("_ms"))
    assert all(c.unit == "micros" for c in COLUMNS if c.name.endswith("_micros"))
    assert set(DERIVED) < set(SCHEMA.names())


def test_an_event_frame_becomes_an_arrow_table_of_the_schema() -> None:
    frame = conform(pl.DataFrame({"event_id": [bytes(16)], "at_ms": [1], "caller": ["31201234567"]}))

    table = frame.to_arrow().cast(ARROW_SCHEMA)

    assert table.num_rows == 1
    assert table.column("event_id").type == pa.binary(16)


def test_conforming_adds_what_is_missing_leaves_out_what_is_unknown_and_keeps_every_row() -> None:
    frame = conform(pl.DataFrame({"place": [1, 2], "at_ms": [3, 4]}))

    assert frame.schema == SCHEMA
    assert frame["at_ms"].to_list() == [3, 4]
    assert conform(pl.DataFrame({"place": [1, 2]})).height == 2
    assert conform(frame).equals(frame)


parts = st.lists(st.text(max_size=8), max_size=4)


@given(parts, parts)
def test_different_causes_have_different_names(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)
    assert len(digest(*one)) == ID_BYTES


def test_a_name_never_changes() -> None:
    assert digest("tenant", "irsf", 3, "31612345678", 1_700_000_000_000).hex() == "f1298b70782eaaafc748fcbcf86acda5"


@given(st.text(max_size=8), st.lists(st.binary(max_size=12), max_size=6))
def test_records_are_named_by_source_and_bytes(source: str, records: list[bytes]) -> None:
    assert record_ids(source, records) == [digest(source, record) for record in records]


def test_a_fixed_clock_stands_and_the_systems_goes_on() -> None:
    assert FixedClock(5).now_ms() == 5
    assert SystemClock().now_ms() > 1_700_000_000_000


def test_every_code_has_a_form_a_title_and_a_cure() -> None:
    for name, code in CODES.items():
        assert re.fullmatch(r"RF\d{4}", name)
        assert code.code == name
        assert code.title
        assert not code.title.endswith(".")
        assert code.cure.endswith(".")


def test_every_named_code_is_in_the_list_once() -> None:
    named = [value for value in vars(errors).values() if isinstance(value, str) and re.fullmatch(r"RF\d{4}", value)]

    assert sorted(named) == sorted(CODES)


def test_a_message_says_what_where_expected_and_what_to_do() -> None:
    error = SettingsError(errors.BAD_RATES, "start is no date", where="cdr.csv:17", expected="YYYY-MM-DD")

    assert str(error).splitlines() == [
        "cdr.csv:17: start is no date; expected YYYY-MM-DD [RF1005]",
        "  Mend the lines that are named.",
    ]
    assert str(RingfenceError(errors.BAD_RATES, "odd", cure="")) == "odd [RF1005]"


@pytest.mark.parametrize(
    ("kind", "code"), [(UsageError, Exit.USAGE), (SettingsError, Exit.SETTINGS), (DependencyError, Exit.DEPENDENCY)]
)
def test_each_kind_of_error_ends_the_command_in_its_own_way(kind: type[RingfenceError], code: int) -> None:
    assert kind(errors.BAD_RATES, "odd").exit_code == code
