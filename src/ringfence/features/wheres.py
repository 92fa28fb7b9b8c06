"""The conditions of features asked of one event: the same SQL texts that Polars reads for a batch."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import sqlglot
from sqlglot import expressions as sql

Row = Mapping[str, Any]
Answer = Any  # a value, True, False, or None for what is not known
Ask = Callable[[Row], Answer]

_COMPARE: Final[dict[type[sql.Expression], Callable[[Any, Any], bool]]] = {
    sql.EQ: operator.eq,
    sql.NEQ: operator.ne,
    sql.LT: operator.lt,
    sql.LTE: operator.le,
    sql.GT: operator.gt,
    sql.GTE: operator.ge,
}


@cache
def where(text: str) -> Ask:
    """Return what answers whether a condition holds for one event; it answers None where that is not known.

    Raises:
        TypeError: the condition says something that no feature says.
    """
    return _of(sqlglot.parse_one(text))


def _of(node: Any) -> Ask:
    if isinstance(node, sql.Paren):
        return _of(node.this)
    if isinstance(node, sql.Column):
        return operator.itemgetter(node.name)
    if isinstance(node, (sql.Literal, sql.Boolean)):
        value = node.to_py()
        return lambda row: value
    for kinds, make in _MAKE:
        if isinstance(node, kinds):
            return make(node)
    raise TypeError(f"no feature asks for {node!r}")


def _compare(node: Any) -> Ask:
    left, right, compare = _of(node.this), _of(node.expression), _COMPARE[type(node)]

    def answer(row: Row) -> Answer:
        a, b = left(row), right(row)
        return None if a is None or b is None else compare(a, b)

    return answer


def _chain(node: Any) -> Ask:
    parts = [_of(part) for part in node.flatten()]
    decides = isinstance(node, sql.Or)  # one that is true decides OR, one that is false decides AND

    def answer(row: Row) -> Answer:
        unknown = False
        for part in parts:
            found = part(row)
            if found is decides:
                return decides
            unknown = unknown or found is None
        return None if unknown else not decides

    return answer


def _not(node: Any) -> Ask:
    of = _of(node.this)
    return lambda row: None if (found := of(row)) is None else not found


def _is_null(node: Any) -> Ask:
    of = _of(node.this)
    return lambda row: of(row) is None


def _one_of(node: Any) -> Ask:
    of, options = _of(node.this), frozenset(option.to_py() for option in node.expressions)
    return lambda row: None if (found := of(row)) is None else found in options


def _first_known(node: Any) -> Ask:
    parts = [_of(node.this), *map(_of, node.expressions)]
    return lambda row: next((found for part in parts if (found := part(row)) is not None), None)


_MAKE: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], Ask]], ...]] = (
    (tuple(_COMPARE), _compare),
    ((sql.And, sql.Or), _chain),
    (sql.Not, _not),
    (sql.Is, _is_null),
    (sql.In, _one_of),
    (sql.Coalesce, _first_known),
)
