"""Compiles a condition to a Polars expression, for batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce, singledispatch
from operator import and_, or_
from typing import Final

import polars as pl

from ringfence.detectors.catalogue import Type
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

LARGEST_WHOLE: Final = 9 * 10**15  # whole floats are exact up to here (2^53 is 9.007 x 10^15)
LARGEST_FLOAT: Final = 1e300  # with room for rounding
WHOLE_TEXT: Final = r"^-?[0-9]{1,18}$"
POLARS: Final[dict[Type, pl.DataType]] = {
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "text": pl.String(),
    "boolean": pl.Boolean(),
}
_COMPARE: Final[dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_OPERATE: Final[dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def list_column(column: str, name: str) -> str:
    """Return the name of the boolean column that says whether `column` is on the list, at the event's time."""
    return f"on_list({column}, {name})"


def local_column(function: str, column: str) -> str:
    """Return the name of the integer column that holds `function` of a time column."""
    return f"{function}({column})"


def is_bounded(node: Node) -> bool:
    """Return whether a number made of integers is finite whatever they are, so that it need not be looked at."""
    return _most(node) < LARGEST_FLOAT


def _most(node: Node) -> float:
    """Return what the size of a number cannot exceed."""
    if isinstance(node, Constant) and isinstance(node.value, (int, float)):
        return abs(float(node.value))
    if isinstance(node, Name) and node.type == "integer":
        return 2.0**63
    if isinstance(node, Convert) and node.of.type == "integer":
        return _most(node.of)
    if isinstance(node, Negate):
        return _most(node.of)
    if isinstance(node, Arithmetic) and node.operator != "/":
        left, right = _most(node.left), _most(node.right)
        return left * right if node.operator == "*" else left + right
    return math.inf


@singledispatch
def to_polars(node: Node) -> pl.Expr:
    """Return the expression of a checked condition.

    Membership of lists and local times are read from columns of their own (`list_column`, `local_column`), which are
    made once a batch for all rules.
    """
    raise TypeError(f"no Polars for {type(node).__name__}")


@to_polars.register
def _constant(node: Constant) -> pl.Expr:
    return pl.lit(node.value, dtype=POLARS[node.type])


@to_polars.register
def _name(node: Name) -> pl.Expr:
    return pl.col(node.name)


@to_polars.register
def _negate(node: Negate) -> pl.Expr:
    return -to_polars(node.of)


@to_polars.register
def _arithmetic(node: Arithmetic) -> pl.Expr:
    result = _OPERATE[node.operator](to_polars(node.left), to_polars(node.right))
    return result if is_bounded(node) else pl.when(result.is_finite()).then(result)


@to_polars.register
def _compare(node: Compare) -> pl.Expr:
    return _COMPARE[node.operator](to_polars(node.left), to_polars(node.right))


@to_polars.register
def _not(node: Not) -> pl.Expr:
    return ~to_polars(node.of)


@to_polars.register
def _all(node: AllOf) -> pl.Expr:
    return reduce(and_, map(to_polars, node.parts))


@to_polars.register
def _any(node: AnyOf) -> pl.Expr:
    return reduce(or_, map(to_polars, node.parts))


@to_polars.register
def _one_of(node: OneOf) -> pl.Expr:
    options = pl.Series(list(node.options), dtype=POLARS[node.of.type])
    return to_polars(node.of).is_in(pl.lit(options).implode())


@to_polars.register
def _is_null(node: IsNull) -> pl.Expr:
    return to_polars(node.of).is_null()


@to_polars.register
def _case(node: Case) -> pl.Expr:
    result = to_polars(node.otherwise)
    for when, value in reversed(node.branches):
        result = pl.when(to_polars(when)).then(to_polars(value)).otherwise(result)
    return result


@to_polars.register
def _convert(node: Convert) -> pl.Expr:
    inner = to_polars(node.of)
    if (node.of.type, node.type) == ("float", "integer"):
        fits = inner.abs() <= LARGEST_WHOLE
        return pl.when(fits).then(inner).cast(pl.Int64)
    if (node.of.type, node.type) == ("text", "integer"):
        return pl.when(inner.str.contains(WHOLE_TEXT)).then(inner).cast(pl.Int64, strict=False)
    return inner.cast(POLARS[node.type])


@to_polars.register
def _call(node: Call) -> pl.Expr:
    first = node.arguments[0]
    if node.function == "starts_with":
        return to_polars(first).str.starts_with(node.word)
    if node.function == "on_list" and isinstance(first, Name):
        return pl.col(list_column(first.name, node.word))
    if node.function in ("hour_of_day", "day_of_week") and isinstance(first, Name):
        return pl.col(local_column(node.function, first.name))
    arguments = [to_polars(a) for a in node.arguments]
    return _PLAIN[node.function](arguments)


_PLAIN: Final[dict[str, Callable[[list[pl.Expr]], pl.Expr]]] = {
    "coalesce": pl.coalesce,
    "least": pl.min_horizontal,
    "greatest": pl.max_horizontal,
    "abs": lambda arguments: arguments[0].abs(),
}
