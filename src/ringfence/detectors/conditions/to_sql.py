"""Compiles a condition to SQL that DuckDB runs, for what-if over history.

The conditions that people write run in DuckDB as they stand, but for the finer points (dividing by zero, overflow,
CAST): this is the text with those points written out. `MACROS` define the functions that DuckDB does not have; they
read the table `ringfence_list` (list, number, is_prefix, expires_ms) and the home time zone of `zone_macro`.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Final

from ringfence.detectors.catalogue import Type
from ringfence.detectors.conditions.to_polars import LARGEST_WHOLE, WHOLE_TEXT
from ringfence.detectors.conditions.tree import (
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Case,
    Compare,
    Constant,
    Convert,
    IsNull,
    Name,
    Negate,
    Node,
    Not,
    OneOf,
    Value,
)

_SQL: Final[dict[Type, str]] = {
    "integer": "BIGINT",
    "float": "DOUBLE",
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
}
MACROS: Final = (
    "CREATE TABLE IF NOT EXISTS ringfence_list (list VARCHAR, number VARCHAR, is_prefix BOOLEAN, expires_ms BIGINT)",
    "CREATE OR REPLACE MACRO ringfence_finite(x) AS CASE WHEN isfinite(x) THEN x END",
    "CREATE OR REPLACE MACRO ringfence_divide(a, b) AS ringfence_finite(a / nullif(b, 0))",
    "CREATE OR REPLACE MACRO ringfence_on_list(asked, name, moment) AS CASE WHEN asked IS NOT NULL THEN EXISTS ("
    "SELECT 1 FROM ringfence_list e WHERE e.list = name AND (e.expires_ms IS NULL OR moment < e.expires_ms)"
    " AND (asked = e.number OR (e.is_prefix AND starts_with(asked, e.number)))) END",
    "CREATE OR REPLACE MACRO ringfence_local(moment) AS timezone(ringfence_zone(), make_timestamptz(moment * 1000))",
    "CREATE OR REPLACE MACRO ringfence_hour_of_day(moment) AS hour(ringfence_local(moment))",
    "CREATE OR REPLACE MACRO ringfence_day_of_week(moment) AS isodow(ringfence_local(moment))",
)


def zone_macro(zone: str) -> str:
    """Return the definition of the home time zone; it comes before `MACROS`."""
    return f"CREATE OR REPLACE MACRO ringfence_zone() AS {_text(zone)}"


@singledispatch
def to_sql(node: Node) -> str:
    """Return the SQL of a checked condition."""
    raise TypeError(f"no SQL for {type(node).__name__}")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _value(value: Value | None, kind: Type) -> str:
    if value is None:
        return f"CAST(NULL AS {_SQL[kind]})"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return _text(value)
    return f"CAST('{value!r}' AS {_SQL[kind]})"


@to_sql.register
def _constant(node: Constant) -> str:
    return _value(node.value, node.type)


@to_sql.register
def _name(node: Name) -> str:
    return f'"{node.name}"'


@to_sql.register
def _negate(node: Negate) -> str:
    return f"(-{to_sql(node.of)})"


@to_sql.register
def _arithmetic(node: Arithmetic) -> str:
    left, right = to_sql(node.left), to_sql(node.right)
    if node.operator == "/":
        return f"ringfence_divide({left}, {right})"
    return f"ringfence_finite({left} {node.operator} {right})"


@to_sql.register
def _compare(node: Compare) -> str:
    return f"({to_sql(node.left)} {node.operator} {to_sql(node.right)})"


@to_sql.register
def _not(node: Not) -> str:
    return f"(NOT {to_sql(node.of)})"


@to_sql.register
def _all(node: AllOf) -> str:
    return "(" + " AND ".join(map(to_sql, node.parts)) + ")"


@to_sql.register
def _any(node: AnyOf) -> str:
    return "(" + " OR ".join(map(to_sql, node.parts)) + ")"


@to_sql.register
def _one_of(node: OneOf) -> str:
    options = ", ".join(_value(option, node.of.type) for option in node.options)
    return f"({to_sql(node.of)} IN ({options}))"


@to_sql.register
def _is_null(node: IsNull) -> str:
    return f"({to_sql(node.of)} IS NULL)"


@to_sql.register
def _case(node: Case) -> str:
    branches = " ".join(f"WHEN {to_sql(when)} THEN {to_sql(value)}" for when, value in node.branches)
    return f"(CASE {branches} ELSE {to_sql(node.otherwise)} END)"


@to_sql.register
def _convert(node: Convert) -> str:
    inner = to_sql(node.of)
    if (node.of.type, node.type) == ("float", "integer"):
        return f"(CASE WHEN abs({inner}) <= {LARGEST_WHOLE} THEN CAST(trunc({inner}) AS BIGINT) END)"
    if (node.of.type, node.type) == ("text", "integer"):
        return f"(CASE WHEN regexp_matches({inner}, {_text(WHOLE_TEXT)}) THEN TRY_CAST({inner} AS BIGINT) END)"
    return f"CAST({inner} AS {_SQL[node.type]})"


@to_sql.register
def _call(node: Call) -> str:
    first = to_sql(node.arguments[0])
    if node.function == "starts_with":
        return f"starts_with({first}, {_text(node.word)})"
    if node.function == "on_list":
        return f'ringfence_on_list({first}, {_text(node.word)}, "at_ms")'
    if node.function in ("hour_of_day", "day_of_week"):
        return f"ringfence_{node.function}({first})"
    return f"{node.function}({', '.join(map(to_sql, node.arguments))})"
