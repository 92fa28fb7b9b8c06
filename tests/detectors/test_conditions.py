"""One condition means one thing: to the closure, to Polars and to DuckDB; and what it may not say is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.detectors.conditions.check import Wrong
from ringfence.detectors.conditions.plain import Arrays, shared, split
from ringfence.detectors.conditions.read import Condition, read_condition
from ringfence.detectors.conditions.shared import SharedColumns
from ringfence.detectors.conditions.to_closure import Closures
from ringfence.detectors.conditions.to_polars import POLARS, to_polars
from ringfence.detectors.conditions.to_sql import MACROS, to_sql, zone_macro
from ringfence.detectors.lists import FOREVER, Entry, HotList, Lists
from ringfence.detectors.rule_book import RuleBook
from tests.detectors.written_conditions import ASKED, CATALOGUE, Asked, Row

ZONE = "Europe/Amsterdam"
EXPIRES_MS = 1_750_000_000_000
LISTS = Lists.of(
    [
        HotList.of("hot", [Entry("3161", True, "o", "r", "", None), Entry("447", False, "o", "r", "", None)]),
        HotList.of("old", [Entry("31", True, "o", "r", "", EXPIRES_MS), Entry("53", False, "o", "r", "", None)]),
    ]
)
SCHEMA = {name: POLARS[known.type] for name, known in CATALOGUE.items()}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with the macros and the lists of the rule language."""
    with duckdb.connect() as connection:
        connection.execute(zone_macro(ZONE))
        for macro in MACROS:
            connection.execute(macro)
        rows = [
            (one.name, entry.number, entry.is_prefix, entry.expires_ms)
            for one in LISTS.by_name.values()
            for entry in one.entries
        ]
        connection.executemany("INSERT INTO ringfence_list VALUES (?, ?, ?, ?)", rows)
        yield connection


def checked(text: str) -> Condition:
    """Return a condition that has to be right."""
    found = read_condition(text, CATALOGUE, frozenset(LISTS.by_name))
    assert isinstance(found, Condition), found
    return found


def wrong(text: str) -> list[Wrong]:
    """Return what is wrong with a condition that has to be wrong."""
    found = read_condition(text, CATALOGUE, frozenset(LISTS.by_name))
    assert isinstance(found, list), found
    return found


def frame_of(rows: tuple[Row, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def by_polars(condition: Condition, rows: tuple[Row, ...]) -> list[bool | None]:
    ready = SharedColumns([condition], LISTS, ZoneInfo(ZONE)).added(frame_of(rows))
    return ready.select(answer=to_polars(condition.tree))["answer"].to_list()


def by_closure(condition: Condition, rows: tuple[Row, ...]) -> list[bool | None]:
    answer = Closures(LISTS, ZoneInfo(ZONE)).of(condition.tree)
    return [answer(row) for row in rows]


def by_duckdb(sql: str, rows: tuple[Row, ...], database: duckdb.DuckDBPyConnection) -> list[bool | None]:
    database.register("rows", frame_of(rows).to_arrow())
    return [answer for (answer,) in database.execute(f"SELECT {sql} FROM rows").fetchall()]


@settings(max_examples=250, deadline=None)
@given(asked=ASKED)
def test_closure_polars_and_duckdb_give_the_same_answer(asked: Asked, database: duckdb.DuckDBPyConnection) -> None:
    condition = checked(asked.text)

    one_by_one = by_closure(condition, asked.rows)

    assert by_polars(condition, asked.rows) == one_by_one
    assert by_duckdb(to_sql(condition.tree), asked.rows, database) == one_by_one


PARTS = (
    "calls >= 2",
    "answered",
    "spread > 0.5 OR roaming",
    "country IS NOT NULL",
    "charge_micros IS NULL OR charge_micros * 2 - 1 <= calls * 1000000",
    "night_share <= spread",
    "3 > 2.5",
    "country IS NULL OR calls <> -1",
)


@settings(max_examples=150, deadline=None)
@given(first=st.lists(st.sampled_from(PARTS), max_size=4), asked=ASKED)
def test_the_plain_parts_leave_the_rows_on_which_they_are_true(first: list[str], asked: Asked) -> None:
    condition = checked(" AND ".join(f"({part})" for part in (*first, asked.text)))
    frame = frame_of(asked.rows)

    plain, others = split(condition.tree)
    (parts,) = shared([plain])
    rows = Arrays(frame).where(parts).tolist()
    answers = [by_closure(replace(condition, tree=part), asked.rows) for part in plain]

    assert len(plain) >= len(first)
    assert len(plain) + len(others) == len(first) + 1 or not first
    assert rows == [n for n in range(frame.height) if all(answer[n] is True for answer in answers)]


PLAIN = (
    "calls > 50 AND spread > 0.8",
    "calls > 50 OR answered",
    "NOT (answered AND roaming)",
    "country IN ('CU', '53') AND calls BETWEEN 1 AND 50",
    "callee IS NULL OR starts_with(callee, '31')",
    "coalesce(answered, roaming) AND country <> callee",
    "CASE WHEN answered THEN calls > 1 ELSE spread < 0.5 END",
)


@settings(max_examples=100, deadline=None)
@given(text=st.sampled_from(PLAIN), asked=ASKED)
def test_a_plain_condition_runs_in_duckdb_as_it_stands(
    text: str, asked: Asked, database: duckdb.DuckDBPyConnection
) -> None:
    assert by_duckdb(text, asked.rows, database) == by_closure(checked(text), asked.rows)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("calls / 0 > 1", None),
        ("7 / 2 = 3.5 AND calls > 0", True),
        ("calls = 3 OR callee = 'x'", True),
        ("calls = 4 AND callee = 'x'", False),
        ("calls = 3 AND callee = 'x'", None),
        ("NOT (callee = 'x')", None),
        ("callee IN ('x')", None),
        ("callee NOT IN ('x')", None),
        ("least(calls, spread) = 3", True),
        ("(callee = 'x') IS TRUE", False),
        ("(callee = 'x') IS NOT TRUE", True),
        ("1e300 * 1e300 > calls", None),
        ("on_list(country, 'hot')", False),
        ("on_list(callee, 'hot')", None),
        ("hour_of_day(at_ms) = 1 AND day_of_week(at_ms) = 1", True),
        ("-calls = -3 AND abs(-calls) = 3", True),
        ("CAST(country AS BIGINT) = 44", True),
        ("Calls > 2", True),
    ],
)
def test_nulls_zeros_and_times_are_what_the_reference_says(
    text: str, answer: bool | None, database: duckdb.DuckDBPyConnection
) -> None:
    monday_night_ms = 1_772_409_600_000  # 2026-03-02 00:00 UTC: 1 o'clock on a Monday in Amsterdam
    row = dict.fromkeys(CATALOGUE) | {"calls": 3, "country": "44", "at_ms": monday_night_ms}
    condition = checked(text)

    assert by_closure(condition, (row,)) == [answer]
    assert by_polars(condition, (row,)) == [answer]
    assert by_duckdb(to_sql(condition.tree), (row,), database) == [answer]


@pytest.mark.parametrize(
    ("text", "code", "at", "says"),
    [
        ("cals > 50", "RF3002", "cals", "Did you mean `calls`?"),
        ("calls > 'x'", "RF3003", "'x'", "without quotes"),
        ("callee > 5", "RF3003", "5", "in quotes"),
        ("calls", "RF3003", "calls", ""),
        ("calls > 1 AND spread", "RF3003", "spread", ""),
        ("answered < roaming", "RF3003", "answered", ""),
        ("callee = NULL", "RF3003", "NULL", "IS NULL"),
        ("calls + callee > 1", "RF3003", "callee", ""),
        ("calls >", "RF3001", "", ""),
        ("calls > 'x", "RF3001", "", ""),
        ("calls > 1 1", "RF3001", "1", ""),
        ("", "RF3001", "", ""),
        ("SELECT 1", "RF3004", "SELECT", ""),
        ("calls IN (SELECT 1)", "RF3004", "", "on_list"),
        ("calls > (SELECT 1)", "RF3004", "", ""),
        ("callee LIKE '31%'", "RF3004", "callee LIKE '31%'", "starts_with"),
        ("regexp_matches(callee, '(a+)+$')", "RF3004", "", ""),
        ("callee SIMILAR TO 'a'", "RF3004", "", ""),
        ("read_text('/etc/passwd') = 'x'", "RF3004", "", ""),
        ("calls % 2 = 0", "RF3004", "calls % 2", ""),
        ("max(calls) > 1", "RF3004", "", ""),
        ("calls > random()", "RF3004", "", ""),
        ("t.calls > 1", "RF3004", "", ""),
        ("calls IN (spread)", "RF3004", "", "written values"),
        ("on_list(callee, 'hit')", "RF3006", "'hit'", "Did you mean `hot`?"),
        ("on_list(callee)", "RF3003", "", "entry that has not expired"),
        ("on_list(calls, 'hot')", "RF3003", "calls", ""),
        ("hour_of_day(calls) = 1", "RF3003", "calls", ""),
        ("CAST(callee AS DATE) = 1", "RF3003", "callee", ""),
        ("TRY_CAST(callee AS BIGINT) = 1", "RF3004", "", ""),
        ("1 = 1", "RF3004", "", ""),
        ("calls > 99999999999999999999", "RF3005", "99999999999999999999", ""),
    ],
)
def test_what_is_not_in_the_language_is_told_at_its_place(text: str, code: str, at: str, says: str) -> None:
    first = wrong(text)[0]

    assert first.code == code
    assert text[first.span.start : first.span.end].startswith(at)
    assert says in first.what + first.cure


def test_all_mistakes_of_a_condition_are_told_together_in_order() -> None:
    found = wrong("cals > 1 AND callee > 2 OR foo(calls) AND on_list(callee, 'no')")

    assert [w.code for w in found] == ["RF3002", "RF3003", "RF3004", "RF3006"]


@pytest.mark.parametrize(
    "text",
    [
        "calls > " + "1" * 5000,
        "(" * 3000 + "calls" + ")" * 3000,
        "(" * 900 + "calls > 1" + ")" * 900,
        "NOT " * 200 + "answered",
        "+".join(["calls"] * 100) + " > 1",
        " AND ".join(["calls > 1"] * 400),
        "calls IN (" + ",".join(map(str, range(1001))) + ")",
    ],
)
def test_what_exceeds_a_limit_is_told_and_not_run(text: str) -> None:
    (only,) = wrong(text)

    assert only.code == "RF3005"


def test_a_long_chain_and_a_full_list_are_within_the_limits() -> None:
    checked(" AND ".join(["calls > 1"] * 120))
    checked("calls IN (" + ",".join(str(n % 100) for n in range(1000)) + ")")


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60) | st.text("()<>='\"calsnd -+*/;,.%$[]{}0123456789\n", max_size=60))
def test_any_text_is_read_or_told_but_never_a_traceback(text: str) -> None:
    found = read_condition(text, CATALOGUE, frozenset(LISTS.by_name))

    if isinstance(found, list):
        assert found
        assert all(0 <= w.span.start <= len(text) + 1 for w in found)


def test_a_list_entry_counts_until_it_expires() -> None:
    condition = checked("on_list(callee, 'old')")
    row = dict.fromkeys(CATALOGUE) | {"callee": "31612345678"}
    rows = tuple(row | {"at_ms": at} for at in (EXPIRES_MS - 1, EXPIRES_MS))

    assert by_closure(condition, rows) == by_polars(condition, rows) == [True, False]
    assert LISTS.by_name["old"].end_of("53") == FOREVER
    assert RuleBook([], LISTS, CATALOGUE, ZoneInfo(ZONE)).judge(frame_of(rows)).is_empty()
