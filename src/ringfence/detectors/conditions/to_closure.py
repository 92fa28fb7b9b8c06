"""Compiles a condition to a Python function of one row, for one event at a time."""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

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
)

Row = Mapping[str, Any]
Answer = Any  # int, float, str, bool or None: the rule language's own checker has seen to the types
Closure = Callable[[Row], Answer]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WHOLE: Final = re.compile(WHOLE_TEXT)
_COMPARE: Final[dict[str, Callable[[Answer, Answer], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATE: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b else math.inf,
}


class Membership(Protocol):
    """Answers whether a number is on a list at a time."""

    def holds(self, name: str, number: str, at_ms: int) -> bool:
        """Return whether the list holds the number, or a prefix of it."""
        ...


@dataclass(frozen=True, slots=True)
class Closures:
    """Compiles conditions; knows the lists and the home time zone."""

    lists: Membership
    zone: ZoneInfo

    def of(self, node: Node) -> Closure:
        """Return the function that answers a condition for one row (a mapping from column to value)."""
        return self._of(node)

    @singledispatchmethod
    def _of(self, node: Node) -> Closure:
        raise TypeError(f"no closure for {type(node).__name__}")

    @_of.register
    def _constant(self, node: Constant) -> Closure:
        value = node.value
        return lambda row: value

    @_of.register
    def _name(self, node: Name) -> Closure:
        return operator.itemgetter(node.name)

    @_of.register
    def _negate(self, node: Negate) -> Closure:
        inner = self._of(node.of)
        return lambda row: None if (x := inner(row)) is None else -x

    @_of.register
    def _arithmetic(self, node: Arithmetic) -> Closure:
        left, right, operate = self._of(node.left), self._of(node.right), _OPERATE[node.operator]

        def answer(row: Row) -> Answer:
            a, b = left(row), right(row)
            if a is None or b is None:
                return None
            result = operate(a, b)
            return result if math.isfinite(result) else None

        return answer

    @_of.register
    def _compare(self, node: Compare) -> Closure:
        left, right, compare = self._of(node.left), self._of(node.right), _COMPARE[node.operator]

        def answer(row: Row) -> Answer:
            a, b = left(row), right(row)
            return None if a is None or b is None else compare(a, b)

        return answer

    @_of.register
    def _not(self, node: Not) -> Closure:
        inner = self._of(node.of)
        return lambda row: None if (x := inner(row)) is None else not x

    @_of.register
    def _all(self, node: AllOf) -> Closure:
        return self._chain(node.parts, stops_at=False)

    @_of.register
    def _any(self, node: AnyOf) -> Closure:
        return self._chain(node.parts, stops_at=True)

    def _chain(self, nodes: tuple[Node, ...], *, stops_at: bool) -> Closure:
        parts = [self._of(n) for n in nodes]

        def answer(row: Row) -> Answer:
            unknown = False
            for part in parts:
                found = part(row)
                if found is stops_at:
                    return stops_at
                unknown = unknown or found is None
            return None if unknown else not stops_at

        return answer

    @_of.register
    def _one_of(self, node: OneOf) -> Closure:
        inner, options = self._of(node.of), frozenset(node.options)
        return lambda row: None if (x := inner(row)) is None else x in options

    @_of.register
    def _is_null(self, node: IsNull) -> Closure:
        inner = self._of(node.of)
        return lambda row: inner(row) is None

    @_of.register
    def _case(self, node: Case) -> Closure:
        branches = [(self._of(when), self._of(value)) for when, value in node.branches]
        otherwise = self._of(node.otherwise)

        def answer(row: Row) -> Answer:
            for when, value in branches:
                if when(row):
                    return value(row)
            return otherwise(row)

        return answer

    @_of.register
    def _convert(self, node: Convert) -> Closure:
        inner, convert = self._of(node.of), _CONVERT[node.of.type, node.type]
        return lambda row: None if (x := inner(row)) is None else convert(x)

    @_of.register
    def _call(self, node: Call) -> Closure:
        arguments = [self._of(a) for a in node.arguments]
        first, word = arguments[0], node.word
        if node.function == "starts_with":
            return lambda row: None if (x := first(row)) is None else str(x).startswith(word)
        if node.function == "on_list":
            lists = self.lists
            return lambda row: None if (x := first(row)) is None else lists.holds(word, str(x), row["at_ms"])
        if node.function in ("hour_of_day", "day_of_week"):
            return self._local(first, node.function)
        return _PLAIN[node.function](arguments)

    def _local(self, time: Closure, function: str) -> Closure:
        zone = self.zone

        def answer(row: Row) -> Answer:
            at_ms = time(row)
            if at_ms is None:
                return None
            local = (_EPOCH + dt.timedelta(milliseconds=at_ms)).astimezone(zone)
            return local.hour if function == "hour_of_day" else local.isoweekday()

        return answer


def _first(arguments: list[Closure]) -> Closure:
    def answer(row: Row) -> Answer:
        for argument in arguments:
            if (value := argument(row)) is not None:
                return value
        return None

    return answer


def _extreme(pick: Callable[[list[Answer]], Answer]) -> Callable[[list[Closure]], Closure]:
    def of(arguments: list[Closure]) -> Closure:
        def answer(row: Row) -> Answer:
            values = [v for a in arguments if (v := a(row)) is not None]
            return pick(values) if values else None

        return answer

    return of


def _absolute(arguments: list[Closure]) -> Closure:
    return lambda row: None if (x := arguments[0](row)) is None else abs(x)


def _cut(value: Answer) -> Answer:
    return int(value) if abs(value) <= LARGEST_WHOLE else None


def _read(value: Answer) -> Answer:
    return int(value) if _WHOLE.match(str(value)) and not str(value).endswith("\n") else None


_PLAIN: Final[dict[str, Callable[[list[Closure]], Closure]]] = {
    "coalesce": _first,
    "least": _extreme(min),
    "greatest": _extreme(max),
    "abs": _absolute,
}
_CONVERT: Final[dict[tuple[str, str], Callable[[Answer], Answer]]] = {
    ("integer", "float"): float,
    ("boolean", "integer"): int,
    ("integer", "text"): str,
    ("float", "integer"): _cut,
    ("text", "integer"): _read,
}
