"""Small parts of the type checker: types that stand together, and what stands in for a part that was wrong."""

from __future__ import annotations

from sqlglot import expressions as sql

from ringfence.detectors.catalogue import Type
from ringfence.detectors.conditions.problems import Span
from ringfence.detectors.conditions.tree import Constant, Convert, Node, Value

NUMBERS = ("integer", "float")


class Broken(Node):
    """Stands for a part that was wrong, so that one mistake is told once."""

    __slots__ = ()


def broken(span: Span) -> Node:
    """Return what stands for a part that was wrong."""
    return Broken(type="boolean", span=span)


def failed(node: Node) -> bool:
    """Return whether a part was wrong."""
    return isinstance(node, Broken)


def null_at(span: Span) -> Node:
    """Return a NULL that takes the type of what it stands beside."""
    return Constant(type="boolean", span=span, value=None)


def is_null(node: Node) -> bool:
    """Return whether a part is a written NULL."""
    return isinstance(node, Constant) and node.value is None


def around(parts: tuple[Node, ...]) -> Span:
    """Return the characters of several parts together."""
    return Span(min(p.span.start for p in parts), max(p.span.end for p in parts))


def class_of(kind: Type) -> str:
    """Return what a type can be compared with: all numbers are alike."""
    return "number" if kind in NUMBERS else kind


def a_kind(kind: Type) -> str:
    """Return a type in words."""
    return {"integer": "a number", "float": "a number", "text": "a text", "boolean": "true or false"}[kind]


def common(values: tuple[Node, ...]) -> Type:
    """Return the type that values can share."""
    return "float" if any(v.type == "float" for v in values) else values[0].type


def widened(values: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return values as one type."""
    kind = common(values)
    return tuple(as_type(v, kind) for v in values)


def as_type(node: Node, kind: Type) -> Node:
    """Return a part as another type: a constant becomes one at once, anything else at its time."""
    if node.type == kind or failed(node):
        return node
    if isinstance(node, Constant) and node.value is None:
        return Constant(type=kind, span=node.span, value=None)
    if isinstance(node, Constant) and kind == "float" and isinstance(node.value, int):
        return Constant(type="float", span=node.span, value=float(node.value))
    return Convert(type=kind, span=node.span, of=node)


def unique(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Return values without repeats, in order."""
    return tuple(dict.fromkeys(values))


def quoting_advice(first: Node, other: Node) -> str:
    """Advise on the commonest slip: digits without quotes beside a text column, or the other way round."""
    types = {first.type, other.type}
    if "text" in types and types & set(NUMBERS):
        return "Numbers of people are texts: write '4479...' in quotes; counts and amounts are numbers: without quotes."
    return ""


def more_arguments(node: sql.Expr) -> list[object]:
    """Return the arguments of a function after the first, where sqlglot keeps them."""
    return [node.args.get("expression"), *node.expressions]


def short_text(node: sql.Expr) -> str:
    """Return the SQL of a part, cut to a line."""
    text = node.sql()
    return text if len(text) <= 40 else text[:37] + "..."
