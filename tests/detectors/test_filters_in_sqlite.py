"""A filter means in SQLite what it means to the closures."""

import re
import sqlite3
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from ringfence.detectors.conditions.read import Condition, read_condition
from ringfence.detectors.conditions.to_closure import Closures
from ringfence.detectors.conditions.to_sqlite import TooLargeError, ToSqlite
from ringfence.detectors.lists import Lists
from tests.detectors.written_conditions import ASKED, CATALOGUE, Asked, Row

SQL_TYPES = {"integer": "INTEGER", "float": "REAL", "text": "TEXT", "boolean": "INTEGER"}
TO_SQLITE = ToSqlite({name: f'"{name}"' for name in CATALOGUE})
CLOSURES = Closures(Lists.of([]), ZoneInfo("UTC"))


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    columns = ", ".join(f'"{known.name}" {SQL_TYPES[known.type]}' for known in CATALOGUE.values())
    connection.execute(f"CREATE TABLE row_asked ({columns}) STRICT")
    yield connection
    connection.close()


def checked(text: str) -> Condition:
    found = read_condition(text, CATALOGUE, frozenset())
    assert isinstance(found, Condition), found
    return found


def without_lists_and_clocks(text: str) -> str:
    """Return a condition that a filter could have: the time of day is a count, a list a country."""
    text = re.sub(r"on_list\(callee, '\w+'\)", "starts_with(callee, '31')", text)
    return re.sub(r"(hour_of_day|day_of_week)\(at_ms\)", "calls", text)


def by_sqlite(condition: Condition, rows: tuple[Row, ...], database: sqlite3.Connection) -> list[bool | None]:
    compiled = TO_SQLITE.of(condition.tree)
    database.execute("DELETE FROM row_asked")
    database.executemany(
        f"INSERT INTO row_asked VALUES ({', '.join('?' * len(CATALOGUE))})",
        [tuple(row[name] for name in CATALOGUE) for row in rows],
    )
    found = database.execute(f"SELECT {compiled.text} FROM row_asked ORDER BY rowid", compiled.values).fetchall()
    return [None if answer is None else bool(answer) for (answer,) in found]


@settings(max_examples=200, deadline=None)
@given(asked=ASKED)
def test_sqlite_gives_the_answer_of_the_closures(asked: Asked, database: sqlite3.Connection) -> None:
    condition = checked(without_lists_and_clocks(asked.text))

    answer = CLOSURES.of(condition.tree)

    assert by_sqlite(condition, asked.rows, database) == [answer(row) for row in asked.rows]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1e300 * 1e300 > calls", None),
        ("-1e300 * 1e300 < calls", None),
        ("calls / 0 > 1", None),
        ("0 / (calls - 3) = 0", None),
        ("least(calls, spread) = 3 AND greatest(spread, calls) = 3", True),
        ("least(spread) IS NULL", True),
        ("coalesce(spread, calls) = 3", True),
        ("callee IN ('x')", None),
        ("(callee = 'x') IS NOT TRUE", True),
        ("CAST(country AS BIGINT) = -44", True),
        ("CAST('4.4' AS BIGINT) = calls", None),
        ("CAST('--4' AS BIGINT) < calls", None),
        ("CAST('1234567890123456789' AS BIGINT) > calls", None),
        ("CAST(calls * 3e15 AS BIGINT) = 9000000000000000", True),
        ("CAST(calls * 3.1e15 AS BIGINT) > 0", None),
        ("CAST(calls / 2 AS BIGINT) = 1 AND CAST(-calls / 2 AS BIGINT) = -1", True),
        ("starts_with(country, '') AND starts_with(country, '-4')", True),
        ("starts_with(callee, '')", None),
    ],
)
def test_nulls_zeros_and_edges_are_what_the_reference_says(
    text: str, answer: bool | None, database: sqlite3.Connection
) -> None:
    row = dict.fromkeys(CATALOGUE) | {"calls": 3, "country": "-44", "at_ms": 1}
    condition = checked(text)

    assert CLOSURES.of(condition.tree)(row) == answer
    assert by_sqlite(condition, (row,), database) == [answer]


@pytest.mark.parametrize("word", ["x' OR 1=1 --", '"; DROP TABLE row_asked; --', "{}", "?", "%", "*", "\x00"])
def test_what_is_written_in_a_filter_is_never_sql(word: str, database: sqlite3.Connection) -> None:
    quoted = word.replace("'", "''")
    row = dict.fromkeys(CATALOGUE) | {"callee": word, "country": "x", "at_ms": 1}
    condition = checked(f"callee = '{quoted}' AND country IN ('{quoted}', 'x')")

    assert word not in TO_SQLITE.of(condition.tree).text.replace("?", "" if word == "?" else "?")
    assert by_sqlite(condition, (row,), database) == [True]


def test_casts_within_casts_end_at_a_bound() -> None:
    text = "callee"
    for _ in range(8):
        text = f"CAST(CAST({text} AS BIGINT) AS VARCHAR)"

    with pytest.raises(TooLargeError):
        TO_SQLITE.of(checked(f"{text} = '1'").tree)
