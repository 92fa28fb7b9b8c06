"""A condition after checking: a small typed tree that three compilers read (Polars, closure, SQL).

Meaning, the same everywhere: SQL's three-valued logic; arithmetic is in 64-bit floats (whole numbers are exact up
to 9 x 10^15, so amounts and times are) and null where the result is no finite number, hence dividing by zero is null;
texts compare by code points; `least` and `greatest` leave nulls out. Conversions to float are nodes of their own, so
that both sides of a node have one type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from ringfence.detectors.catalogue import Type
from ringfence.detectors.conditions.problems import Span

Comparison = Literal["=", "<>", "<", "<=", ">", ">="]
Operator = Literal["+", "-", "*", "/"]
Value = int | float | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of a condition: its type, and the characters that it was written with."""

    type: Type
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Node):
    """A written value; None only where a branch of CASE says NULL."""

    value: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A feature or an event column."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Negate(Node):
    """-x, of a float."""

    of: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Node):
    """Two floats to one; null where the result is not finite."""

    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    """Two values of one type; null if either is null."""

    operator: Comparison
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """NOT; null stays null."""

    of: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf(Node):
    """AND: false if any part is false, or else null if any is null."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf(Node):
    """OR: true if any part is true, or else null if any is null."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Node):
    """IN: the value is one of the written ones, all of its type."""

    of: Node
    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull(Node):
    """IS NULL: never null itself."""

    of: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Node):
    """CASE: the value of the first condition that is true."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Convert(Node):
    """CAST, also where the checker widens an integer to a float.

    Integer to float, boolean to integer, integer to text (decimal), float to integer (cut towards zero, null beyond
    9 x 10^15), text to integer (null unless it is 1 to 18 digits, with or without a minus sign).
    """

    of: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function of the fixed table; `word` is its literal argument (a prefix, a list's name), if it has one."""

    function: str
    arguments: tuple[Node, ...]
    word: str = ""


def children(node: Node) -> Iterator[Node]:
    """Yield the parts that a node is made of."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from _within(value)


def _within(values: tuple[object, ...]) -> Iterator[Node]:
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from _within(value)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def shape(node: object) -> object:
    """Return a condition without the places where its parts are written: equal for equal meaning."""
    if isinstance(node, Node):
        named = (getattr(node, field.name) for field in fields(node) if field.name != "span")
        return type(node).__name__, *map(shape, named)
    if isinstance(node, tuple):
        return tuple(map(shape, node))
    return type(node).__name__, node  # 1 and True are equal, and not the same


def names(node: Node) -> frozenset[str]:
    """Return the features and columns that a condition reads; `on_list` also reads the time of the event."""
    found = {n.name for n in walk(node) if isinstance(n, Name)}
    if any(isinstance(n, Call) and n.function == "on_list" for n in walk(node)):
        found.add("at_ms")
    return frozenset(found)
