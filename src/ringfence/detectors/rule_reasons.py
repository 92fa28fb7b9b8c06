"""Why a rule matched: the comparisons of its condition that hold, in words, the most telling first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ringfence.detectors.catalogue import Catalogue, Known
from ringfence.detectors.conditions.to_closure import Closure, Closures
from ringfence.detectors.conditions.tree import (
    AllOf,
    AnyOf,
    Call,
    Compare,
    Convert,
    IsNull,
    Name,
    Node,
    Not,
    walk,
)
from ringfence.detectors.matches import MOST_REASONS, Reason
from ringfence.detectors.words import in_window, over, told, usual_text, value_text

Row = Mapping[str, Any]
Usual = Callable[[str], float | None]
_PLAIN_WEIGHT = 1.0  # of a claim that has no distance: a list, a country, a class
_BROAD_WEIGHT = 0.5  # of one that half of all events meet: it was answered, it went abroad
_FAINT_WEIGHT = 0.1  # of one that nearly all meet: a reason only where there is no other
_TIMES = ("at_ms", "start_ms")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WIDEST_RATIO = 1000.0  # how far beyond its threshold a value may count


@dataclass(frozen=True, slots=True)
class Claim:
    """A part of a condition that can be shown to hold: its features, and how far beyond its threshold it is."""

    node: Node
    names: tuple[str, ...]
    holds: Closure
    value: Closure | None
    bound: Closure | None


def claims(condition: Node, closures: Closures) -> list[Claim]:
    """Return the claims of a condition, in the order in which they are written."""
    return [_claim(node, denied, closures) for node, denied in _atoms(condition, denied=False)]


def _atoms(node: Node, *, denied: bool) -> Iterator[tuple[Node, bool]]:
    """Yield the comparisons and other claims below AND, OR and NOT; `denied` when under an odd number of NOT."""
    if isinstance(node, Not):
        yield from _atoms(node.of, denied=not denied)
    elif isinstance(node, (AllOf, AnyOf)):
        for part in node.parts:
            yield from _atoms(part, denied=denied)
    elif any(isinstance(n, Name) for n in walk(node)):
        yield node, denied


def _claim(node: Node, denied: bool, closures: Closures) -> Claim:
    names = tuple(dict.fromkeys(n.name for n in walk(node) if isinstance(n, Name)))
    truth = closures.of(node)
    value = bound = None
    if isinstance(node, Compare) and node.left.type in ("integer", "float"):
        value, bound = closures.of(node.left), closures.of(node.right)
    return Claim(node, names, (lambda row: truth(row) is (not denied)), value, bound)


def reasons(found: list[Claim], row: Row, catalogue: Catalogue, usual: Usual, currency: str) -> tuple[Reason, ...]:
    """Return at most five reasons for a row, one a feature; the contributions add up to 1."""
    weights: dict[str, float] = {}
    texts: dict[str, str] = {}
    for claim in found:
        main = claim.names[0]
        if not claim.holds(row) or row[main] is None:
            continue
        weight = _weight(claim, row)
        if weight > weights.get(main, 0.0):
            weights[main] = weight
            texts[main] = _text(claim, row, catalogue, currency)
    least = _BROAD_WEIGHT if any(weight > _FAINT_WEIGHT for weight in weights.values()) else 0.0
    worst = sorted((n for n in weights if weights[n] >= least), key=lambda name: -weights[name])[:MOST_REASONS]
    total = sum(weights[name] for name in worst)
    made = []
    for name in worst:
        own = usual(name)
        tail = f"; {usual_text(catalogue[name], own, currency)}" if own is not None else ""
        made.append(Reason(name, row[name], own, texts[name] + tail, weights[name] / total))
    return tuple(made)


def _weight(claim: Claim, row: Row) -> float:
    """Return how telling a claim is: 1 at its threshold, and one more for each doubling beyond it.

    A claim that something is small (no calls received) stays at 1: there is no far beyond for it. What holds for most
    events (it was answered, its cell is known) says less.
    """
    if claim.value is None or claim.bound is None:
        return _plain_weight(claim)
    value, bound = claim.value(row), claim.bound(row)
    if value is None or bound is None or bound <= 0 or value <= bound or claim.names[0] in _TIMES:
        return _PLAIN_WEIGHT
    return _PLAIN_WEIGHT + math.log2(min(value / bound, _WIDEST_RATIO))


def _plain_weight(claim: Claim) -> float:
    if isinstance(claim.node, IsNull) or "direction" in claim.names:
        return _FAINT_WEIGHT
    return _BROAD_WEIGHT if isinstance(claim.node, Name) else _PLAIN_WEIGHT


def _text(claim: Claim, row: Row, catalogue: Catalogue, currency: str) -> str:
    node = claim.node
    known = catalogue[claim.names[0]]
    if isinstance(node, Call) and node.function == "on_list":
        return f"{_thing(known)} {row[known.name]} is on the list {node.word}"
    if isinstance(node, IsNull):
        return f"{_thing(known)} is known"
    if known.name in _TIMES:
        return _moment(claim, row)
    if known.family is None and isinstance(row[known.name], str):
        return f"{_thing(known)} is {row[known.name]}"
    return _values([catalogue[name] for name in claim.names if row[name] is not None], row, currency)


def _values(names: list[Known], row: Row, currency: str) -> str:
    """Return values in words, those that mean the same side by side, a window that they share once and last."""
    own = {known.name: value_text(row[known.name], known.unit, currency) for known in names}
    if own.keys() == {"charge_micros", "duration_ms"}:
        return f"this {row.get('kind') or 'event'}: {own['charge_micros']} for {own['duration_ms']}"
    parts: dict[str, list[str]] = {}
    are_of_one_window = len({known.window for known in names}) == 1
    for known in names:
        value, window = row[known.name], "" if are_of_one_window else over(known)
        if known.meaning in parts:
            parts[known.meaning].append(f"{own[known.name]}{window}")
        else:
            parts[known.meaning] = [told(known, value, currency) + window]
    text = ", ".join(", ".join(part) for part in parts.values())
    text = in_window(text, names[0]) if are_of_one_window else text
    if names[0].family is None and text.startswith("it "):
        return f"this {row.get('kind') or 'event'}{text.removeprefix('it')}"
    return text


def _moment(claim: Claim, row: Row) -> str:
    """Return what a condition found in the time of an event: its day or its hour, on the clock of the home country."""
    node = claim.node
    asked = node.left if isinstance(node, Compare) else node
    asked = asked.of if isinstance(asked, Convert) else asked
    value = None if claim.value is None else claim.value(row)
    if isinstance(asked, Call) and value is not None:
        if asked.function == "day_of_week" and 1 <= value <= len(_DAYS):
            return f"on a {_DAYS[int(value) - 1]}"
        if asked.function == "hour_of_day":
            return f"between {value:.0f}:00 and {(int(value) + 1) % 24}:00 local time"
    return "the time of day or week"


def _thing(known: Known) -> str:
    """Return an event column's name as words."""
    return known.name.replace("_", " ")
