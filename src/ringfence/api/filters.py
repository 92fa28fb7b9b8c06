"""Filters as they come in requests: checked, and bounded where the one who asks may not see whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ringfence.api.asking import Principal
from ringfence.detectors.conditions.check import Wrong
from ringfence.detectors.conditions.tree import Call, Compare, Constant, IsNull, Name, Node, OneOf, children
from ringfence.events.errors import NOT_IN_LANGUAGE
from ringfence.events.masking import SHOWN_DIGITS
from ringfence.wiring.alerting.filtering import Filter, read_filter
from ringfence.wiring.house import House

MOST_NUMBERS: Final = 20  # written in one filter: whoever knows a number may look for it, and may not try them all
EXAMPLE: Final = "fraud = 'irsf' AND money_micros > 50000000"


def asked_filter(text: str | None, asker: Principal, house: House, *, of_queue: bool = True) -> Filter:
    """Return the filter of a request; none is the queue. See `read_filter`.

    Raises:
        WrittenFileError: it cannot be used (RF7020).
    """
    bounded = None if asker.may("numbers.reveal") else _tells_no_digits
    return read_filter(text, house.secret.entity, bounded, of_queue=of_queue)


def _tells_no_digits(tree: Node, text: str) -> list[Wrong]:
    """Return where a filter would find out a masked number digit by digit."""
    wrong = list(_unbounded(tree))
    if sum(_numbers(node) for node in _all(tree)) > MOST_NUMBERS:
        wrong.append(Wrong(NOT_IN_LANGUAGE, f"more than {MOST_NUMBERS} entities", tree.span))
    return wrong


def _unbounded(node: Node) -> Iterator[Wrong]:
    if isinstance(node, Name) and node.name == "entity":
        what = f"who may not see whole numbers compares `entity` with = or <> only, or asks for {SHOWN_DIGITS} digits"
        yield Wrong(NOT_IN_LANGUAGE, what, node.span, f"Write entity = '...' or starts_with(entity, '{'1' * 5}').")
    elif not _is_bounded(node):
        for child in children(node):
            yield from _unbounded(child)


def _is_bounded(node: Node) -> bool:
    if isinstance(node, Compare):
        sides = (node.left, node.right)
        return node.operator in ("=", "<>") and all(isinstance(side, (Name, Constant)) for side in sides)
    if isinstance(node, Call) and node.function == "starts_with":
        return isinstance(node.arguments[0], Name) and len(node.word) <= SHOWN_DIGITS
    return isinstance(node, (OneOf, IsNull)) and isinstance(node.of, Name)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from _all(child)


def _numbers(node: Node) -> int:
    """Return how many entities a part names."""
    if isinstance(node, OneOf) and isinstance(node.of, Name) and node.of.name == "entity":
        return len(node.options)
    return isinstance(node, Name) and node.name == "entity"
