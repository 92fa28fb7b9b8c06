"""The hit curve: a rule with another threshold in one of its comparisons, for about twelve thresholds.

Each is a rule of its own that the real engine judges, so what the curve says of a threshold is what a rule with that
threshold would have done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from ringfence.detectors.catalogue import Known
from ringfence.detectors.conditions.read import Condition
from ringfence.detectors.conditions.tree import Compare, Constant, Convert, Name, Node, walk
from ringfence.detectors.rules import Rule
from ringfence.events.errors import BAD_ARGUMENT, UsageError
from ringfence.wiring.catalogue import catalogue

FACTORS: Final = (0.25, 0.5, 0.6, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 4)
BELOW: Final = (0.25, 0.5, 0.7, 0.8, 0.9)  # of a share that is written
ABOVE: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 1)  # of what is missing to 1
SMALL: Final = 8  # up to here each whole number is tried
SIDE: Final = 6  # on either side of a small one
FROM_NOTHING: Final = {
    "ms": (0, 1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 43_200_000, 86_400_000),
    "micros": (0, *(n * 10**e for e in (5, 6, 7) for n in (1, 2, 5)), 10**8),
    "share": (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1),
}
_TURNED: Final = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
Number = int | float


@dataclass(frozen=True, slots=True)
class Threshold:
    """A comparison of a feature or a column with a written number."""

    rule: Rule
    column: str
    operator: str  # with the column on its left
    written: Number
    place: Constant


@dataclass(frozen=True, slots=True)
class Curve:
    """The thresholds to try, each with the rule that has it."""

    of: Threshold
    points: tuple[tuple[Number, Rule], ...]


def thresholds(rules: Sequence[Rule]) -> list[Threshold]:
    """Return every threshold that could be varied, in the order in which they are written."""
    return [
        found
        for rule in rules
        for condition in (rule.when, *rule.unless)
        for node in walk(condition.tree)
        if isinstance(node, Compare)
        for found in _of_comparison(rule, node)
    ]


def _of_comparison(rule: Rule, node: Compare) -> Iterator[Threshold]:
    for left, right, operator in (
        (node.left, node.right, node.operator),
        (node.right, node.left, _TURNED[node.operator]),
    ):
        column, number = _bare(left), _bare(right)
        if isinstance(column, Name) and isinstance(number, Constant) and type(number.value) in (int, float):
            yield Threshold(rule, column.name, operator, number.value, number)  # type: ignore[arg-type]


def _bare(node: Node) -> Node:
    """Return what is below conversions between kinds of numbers."""
    while isinstance(node, Convert) and node.type == "float":
        node = node.of
    return node


def curve_of(rules: Sequence[Rule], column: str, written: Number | None = None) -> Curve:
    """Return the curve over the threshold of a column; `written` says which, where it has several.

    Raises:
        UsageError: no such threshold is in the rules (RF1004).
    """
    every = thresholds(rules)
    found = [one for one in every if one.column == column and written in (None, one.written)]
    if not found:
        known = ", ".join(dict.fromkeys(f"{one.column} {one.operator} {one.written:g}" for one in every))
        what = f"{column!r:.80} is compared with " + ("no number" if written is None else f"no {written:g}")
        raise UsageError(BAD_ARGUMENT, what, expected=known or "a rule that compares something with a number")
    of = found[0]
    tried = values(of.written, catalogue()[column], whole=of.place.type == "integer")
    return Curve(of, tuple((value, _with(of, value, f"{of.rule.id}@{n}")) for n, value in enumerate(tried)))


def values(written: Number, known: Known, *, whole: bool) -> list[Number]:
    """Return the thresholds to try, ascending, the written one among them."""
    unit = known.unit or ""
    tried: list[Number] = [written * factor for factor in FACTORS]
    if written == 0:
        tried = list(FROM_NOTHING.get(unit, range(2 * SIDE)))
    elif unit == "share" and 0 < written <= 1:
        tried = [*(written * part for part in BELOW), *(written + (1 - written) * part for part in ABOVE)]
    elif whole and 0 < written <= SMALL and unit not in FROM_NOTHING:
        tried = list(range(max(1, int(written) - SIDE), int(written) + SIDE + 1))
    neat = {round(value) if whole else float(f"{value:.6g}") for value in tried}
    return sorted(neat | {written})


def _with(of: Threshold, value: Number, name: str) -> Rule:
    rule = of.rule
    number = replace(of.place, value=value)
    return replace(
        rule,
        id=name,
        when=_changed(rule.when, of.place, number),
        unless=tuple(_changed(condition, of.place, number) for condition in rule.unless),
    )


def _changed(condition: Condition, old: Node, new: Node) -> Condition:
    return Condition(condition.text, _replaced(condition.tree, old, new), condition.columns)


def _replaced(value: Any, old: Node, new: Node) -> Any:
    """Return a tree with one node, known by being the same object, replaced."""
    if value is old:
        return new
    if isinstance(value, tuple):
        return tuple(_replaced(one, old, new) for one in value)
    if not isinstance(value, Node):
        return value
    return replace(value, **{f.name: _replaced(getattr(value, f.name), old, new) for f in fields(value)})


__all__ = ["Curve", "Threshold", "curve_of", "thresholds", "values"]
