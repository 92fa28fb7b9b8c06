"""The plain parts of a condition, and the rows on which they are true: what is left for the dearer parts is little.

A part is plain if it compares features and columns that are numbers with each other, or asks whether one is null: no
text, no list, no time of day, no division. Most conditions begin with such parts, joined by AND, and one of them is
true on few rows; the next is asked only of those.

Only `true` counts here, and a comparison with null is not true, so AND and OR need no third value; NOT would, and is
plain only before IS NULL. Features are never NaN.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields
from functools import reduce, singledispatch
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.detectors.conditions.to_polars import is_bounded
from ringfence.detectors.conditions.tree import (
    AllOf,
    AnyOf,
    Arithmetic,
    Compare,
    Constant,
    Convert,
    IsNull,
    Name,
    Negate,
    Node,
    Not,
    children,
)

Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]
Value = Any  # an array, or one number for all rows

_COMPARE: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATE: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


class Arrays:
    """The columns of one batch as arrays, each made when it is first asked for."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows, self.height = rows, rows.height
        self._values: dict[str, NDArray[Any]] = {}
        self._present: dict[str, Bools | None] = {}
        self._true: dict[int, Rows] = {}  # by the id of the part

    def values(self, name: str) -> NDArray[Any]:
        """Return a column of numbers or truths; what stands where it is null means nothing."""
        if name not in self._values:
            self._values[name] = _values(self._rows[name])
        return self._values[name]

    def present(self, name: str) -> Bools | None:
        """Return where a column is not null; None if it is nowhere null."""
        if name not in self._present:
            column = self._rows[name]
            self._present[name] = _present_of(column) if column.null_count() else None
        return self._present[name]

    def where(self, parts: Iterable[Node]) -> Rows:
        """Return the rows on which all plain parts are true. The first is asked of all rows, once a batch.

        Parts have to live as long as this does, and `shared` makes one of first parts that mean the same.
        """
        rows: Rows | None = None
        for part in parts:
            if rows is None:
                rows = self._all_where(part)
            elif len(rows):
                rows = rows[_is_true(part, self, rows)]
        return np.arange(self.height) if rows is None else rows

    def _all_where(self, part: Node) -> Rows:
        if id(part) not in self._true:
            self._true[id(part)] = np.flatnonzero(_is_true(part, self, slice(None)))
        return self._true[id(part)]


def _values(column: pl.Series) -> NDArray[Any]:
    if not column.null_count():
        return column.to_numpy()
    if column.dtype not in (pl.Int64, pl.Float64):
        return column.fill_null(value=False).to_numpy()
    arrow = column.rechunk().to_arrow()  # the memory itself: filling the nulls would copy it
    values = np.frombuffer(arrow.buffers()[1], np.int64 if column.dtype == pl.Int64 else np.float64)
    return values[arrow.offset : arrow.offset + len(column)]


def _present_of(column: pl.Series) -> Bools:
    """Return where a column with nulls has none, from the bits that say so."""
    arrow = column.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    end = arrow.offset + len(column)
    bits = np.unpackbits(np.frombuffer(arrow.buffers()[0], np.uint8), count=end, bitorder="little")
    return bits[arrow.offset :].view(np.bool_)


def split(tree: Node) -> tuple[list[Node], list[Node]]:
    """Return the parts that have to be true together: those that are plain, and the others."""
    parts = tree.parts if isinstance(tree, AllOf) else (tree,)
    return [p for p in parts if _is_plain(p)], [p for p in parts if not _is_plain(p)]


def _is_plain(node: Node) -> bool:
    if isinstance(node, (AllOf, AnyOf)):
        return all(map(_is_plain, node.parts))
    if isinstance(node, Not):
        return isinstance(node.of, IsNull) and _is_plain(node.of)
    if isinstance(node, IsNull):
        return isinstance(node.of, Name)
    if isinstance(node, Compare):
        return _is_number(node.left) and _is_number(node.right)
    return isinstance(node, Name) and node.type == "boolean"


def _is_number(node: Node) -> bool:
    if isinstance(node, Constant):
        return node.type in ("integer", "float") and node.value is not None
    if isinstance(node, Name):
        return node.type in ("integer", "float")
    if isinstance(node, Convert):
        return (node.of.type, node.type) == ("integer", "float") and _is_number(node.of)
    return isinstance(node, (Negate, Arithmetic)) and is_bounded(node) and all(map(_is_number, children(node)))


def shared(conditions: Iterable[Sequence[Node]]) -> list[list[Node]]:
    """Return the parts of several conditions, with first parts that mean the same made one."""
    firsts: dict[Hashable, Node] = {}
    return [[firsts.setdefault(_shape(part), part) if n == 0 else part for n, part in enumerate(c)] for c in conditions]


def _shape(value: object) -> Hashable:
    """Return what two parts that mean the same have in common: all but where they were written."""
    if isinstance(value, Node):
        return type(value), *(_shape(getattr(value, f.name)) for f in fields(value) if f.name != "span")
    if isinstance(value, tuple):
        return tuple(map(_shape, value))
    return type(value), repr(value)  # the type too: 1 and True are equal


@singledispatch
def _is_true(node: Node, arrays: Arrays, rows: Rows | slice) -> Bools:
    """Return on which of these rows a plain part is true."""
    raise TypeError(f"{type(node).__name__} is not plain")


@_is_true.register
def _true_name(node: Name, arrays: Arrays, rows: Rows | slice) -> Bools:
    return _and(arrays.values(node.name)[rows], _present(node, arrays, rows))


@_is_true.register
def _true_all(node: AllOf, arrays: Arrays, rows: Rows | slice) -> Bools:
    return reduce(operator.and_, (_is_true(part, arrays, rows) for part in node.parts))


@_is_true.register
def _true_any(node: AnyOf, arrays: Arrays, rows: Rows | slice) -> Bools:
    return reduce(operator.or_, (_is_true(part, arrays, rows) for part in node.parts))


@_is_true.register
def _true_not(node: Not, arrays: Arrays, rows: Rows | slice) -> Bools:
    return ~_is_true(node.of, arrays, rows)


@_is_true.register
def _true_null(node: IsNull, arrays: Arrays, rows: Rows | slice) -> Bools:
    present = _present(node.of, arrays, rows)
    return np.zeros(_count(arrays, rows), np.bool_) if present is None else ~present


@_is_true.register
def _true_compare(node: Compare, arrays: Arrays, rows: Rows | slice) -> Bools:
    left, right = _value(node.left, arrays, rows), _value(node.right, arrays, rows)
    holds = _COMPARE[node.operator](left, right)
    if not np.ndim(holds):  # two written numbers
        holds = np.full(_count(arrays, rows), holds)
    return _and(_and(holds, _present(node.left, arrays, rows)), _present(node.right, arrays, rows))


def _value(node: Node, arrays: Arrays, rows: Rows | slice) -> Value:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Name):
        return arrays.values(node.name)[rows]
    if isinstance(node, Convert):
        return np.asarray(_value(node.of, arrays, rows), np.float64)
    if isinstance(node, Negate):
        return -_value(node.of, arrays, rows)
    if isinstance(node, Arithmetic):
        return _OPERATE[node.operator](_value(node.left, arrays, rows), _value(node.right, arrays, rows))
    raise TypeError(f"{type(node).__name__} is no plain number")


def _present(node: Node, arrays: Arrays, rows: Rows | slice) -> Bools | None:
    """Return on which of these rows a number is not null; None for all."""
    if isinstance(node, Name):
        present = arrays.present(node.name)
        return None if present is None else present[rows]
    found: Bools | None = None
    for child in children(node):
        own = _present(child, arrays, rows)
        found = own if found is None else _and(found, own)
    return found


def _and(left: Bools, right: Bools | None) -> Bools:
    return left if right is None else left & right


def _count(arrays: Arrays, rows: Rows | slice) -> int:
    return arrays.height if isinstance(rows, slice) else len(rows)
