"""Compiles a condition to SQL that SQLite runs, for filters: text with placeholders, and what is bound to them.

Nothing that a person wrote becomes part of the SQL: values are bound, and a name is looked up in a table of
expressions. Lists and local times are not to be had in SQLite; the catalogue of a filter offers neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any, Final

from ringfence.detectors.conditions.to_polars import LARGEST_WHOLE
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
)

MOST_SQL: Final = 100_000  # characters; what a condition of 4 KB needs is far less
_BEYOND: Final = LARGEST_WHOLE + 1
# x stands seven times: a whole number of 1 to 18 digits, perhaps with a minus sign, and nothing hidden behind a NUL
_READ: Final = """(CASE WHEN instr({x}, char(0)) = 0 AND (
    ({x} NOT GLOB '*[^0-9]*' AND length({x}) BETWEEN 1 AND 18)
    OR ({x} GLOB '-*' AND substr({x}, 2) NOT GLOB '*[^0-9]*' AND length({x}) BETWEEN 2 AND 19))
    THEN CAST({x} AS INTEGER) END)"""


class TooLargeError(ValueError):
    """A condition becomes too much SQL: casts of texts to numbers within each other."""


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL and what is bound to its placeholders, in order."""

    text: str
    values: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) > MOST_SQL:
            raise TooLargeError


@dataclass(frozen=True, slots=True)
class ToSqlite:
    """Compiles conditions; `columns` says what each name is in SQL."""

    columns: Mapping[str, str]

    def of(self, node: Node) -> Sql:
        """Return the SQL of a checked condition.

        Raises:
            TooLargeError: it is longer than `MOST_SQL`.
        """
        return self._of(node)

    @singledispatchmethod
    def _of(self, node: Node) -> Sql:
        raise TypeError(f"no SQL for {type(node).__name__}")

    @_of.register
    def _constant(self, node: Constant) -> Sql:
        return Sql("NULL") if node.value is None else Sql("?", (node.value,))

    @_of.register
    def _name(self, node: Name) -> Sql:
        return Sql(self.columns[node.name])

    @_of.register
    def _negate(self, node: Negate) -> Sql:
        return _written("(-{})", self._of(node.of))

    @_of.register
    def _arithmetic(self, node: Arithmetic) -> Sql:
        # SQLite makes null of x / 0 and of what is no number; infinity is a number to it
        both = (self._of(node.left), self._of(node.right))
        return _written(f"nullif(nullif(({{}} {node.operator} {{}}), 9e999), -9e999)", *both)

    @_of.register
    def _compare(self, node: Compare) -> Sql:
        return _written(f"({{}} {node.operator} {{}})", self._of(node.left), self._of(node.right))

    @_of.register
    def _not(self, node: Not) -> Sql:
        return _written("(NOT {})", self._of(node.of))

    @_of.register
    def _all(self, node: AllOf) -> Sql:
        return self._chain(node.parts, " AND ")

    @_of.register
    def _any(self, node: AnyOf) -> Sql:
        return self._chain(node.parts, " OR ")

    def _chain(self, nodes: tuple[Node, ...], word: str) -> Sql:
        parts = [self._of(node) for node in nodes]
        return _written(f"({word.join(['{}'] * len(parts))})", *parts)

    @_of.register
    def _one_of(self, node: OneOf) -> Sql:
        of = self._of(node.of)
        return Sql(f"({of.text} IN ({', '.join('?' * len(node.options))}))", (*of.values, *node.options))

    @_of.register
    def _is_null(self, node: IsNull) -> Sql:
        return _written("({} IS NULL)", self._of(node.of))

    @_of.register
    def _case(self, node: Case) -> Sql:
        parts = [self._of(part) for branch in node.branches for part in branch]
        whens = "WHEN {} THEN {} " * len(node.branches)
        return _written(f"(CASE {whens}ELSE {{}} END)", *parts, self._of(node.otherwise))

    @_of.register
    def _convert(self, node: Convert) -> Sql:
        inner = self._of(node.of)
        if (node.of.type, node.type) == ("float", "integer"):  # beyond the bound it is null; each edge is one number
            bounded = _written(f"max(min(CAST({{}} AS INTEGER), {_BEYOND}), -{_BEYOND})", inner)
            return _written(f"nullif(nullif({{}}, {_BEYOND}), -{_BEYOND})", bounded)
        if (node.of.type, node.type) == ("text", "integer"):
            return Sql(_READ.replace("{x}", inner.text), inner.values * _READ.count("{x}"))
        kind = {"float": "REAL", "text": "TEXT", "integer": "INTEGER"}[node.type]
        return _written(f"CAST({{}} AS {kind})", inner)

    @_of.register
    def _call(self, node: Call) -> Sql:
        parts = [self._of(argument) for argument in node.arguments]
        if node.function == "starts_with":
            return Sql(f"(substr({parts[0].text}, 1, {len(node.word)}) = ?)", (*parts[0].values, node.word))
        if node.function in ("least", "greatest"):
            return _extreme("min" if node.function == "least" else "max", parts)
        if node.function == "abs":
            return _written("abs({})", parts[0])
        if node.function == "coalesce":
            return parts[0] if len(parts) == 1 else _written(f"coalesce({_blanks(parts)})", *parts)
        raise TypeError(f"no SQL for {node.function}")


def _extreme(function: str, parts: list[Sql]) -> Sql:
    """Return the smallest or the largest: the aggregate leaves nulls out, as the language does."""
    if len(parts) == 1:
        return parts[0]
    rows = " UNION ALL ".join(["SELECT {} AS x", *["SELECT {}"] * (len(parts) - 1)])
    return _written(f"(SELECT {function}(x) FROM ({rows}))", *parts)  # noqa: S608 - constants


def _blanks(parts: list[Sql]) -> str:
    return ", ".join(["{}"] * len(parts))


def _written(pattern: str, *parts: Sql) -> Sql:
    """Return SQL with parts in the blanks of a pattern."""
    return Sql(pattern.format(*(part.text for part in parts)), tuple(v for part in parts for v in part.values))
