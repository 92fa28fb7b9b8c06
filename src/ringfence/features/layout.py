"""How a family's memory is laid out: which conditions, partners and cells its kernel works on.

Most entities have few events: they are kept as a short log, or a longer book, and replayed when another event comes.
The others have a row of int64: last_ms, first_ms, the totals since then; then, a window, which of its panes are not
empty, the running totals of its additive features, and its panes, a cell a feature. A pane that leaves the window is
taken off the totals, so an event costs the same whatever the window holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from ringfence.features.define import WINDOWED, WINDOWS, Family, Feature, Window
from ringfence.features.families import FAMILIES

LAST: Final = 0  # row cell: time of the entity's previous event
FIRST: Final = 1  # row cell: time of its first
HEADER: Final = 2
ADDITIVE: Final = ("count", "sum", "distinct", "new")  # kept as a total; a pane that leaves is taken off it
AT: Final = 0  # input column: event time
FLAGS: Final = 1  # input column: one bit a condition
VALUES: Final = 2  # input columns from here: value columns, then the pair's previous time, a partner
LOG: Final = 4  # events that an entity's log holds
BOOK: Final = 16  # events in log and book that an entity may have before it gets a row of panes
LOGGED: Final = 0  # log cell: events logged, or -1 - row once it has one
SEEN: Final = 1  # log cell: time of the entity's previous event
BOOK_AT: Final = 2  # log cell: where the events beyond the log are
LOG_HEADER: Final = 3
NEVER: Final = -(2**62)  # a time before all times
NULL: Final = -(2**63)  # an integer feature that is not known, between kernel and frame


@dataclass(frozen=True, slots=True)
class Condition:
    """A bit of the flags: rows that happened to this entity in this role, where `where` holds and `column` is known."""

    where: str
    column: str  # must not be null; "" where none is read
    received: bool


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """Where one window's cells are in the row."""

    window: Window
    additive: tuple[Feature, ...]  # one total, and one cell a pane
    extremes: tuple[Feature, ...]  # no total; one cell a pane, value + 1, 0 for none
    mask: int  # cell with a bit for each pane that is not empty: most are, and need not be looked at
    totals: int  # first cell of the totals
    panes: int  # first cell of the panes

    @property
    def pane_width(self) -> int:
        """Cells a pane."""
        return len(self.additive) + len(self.extremes)


@dataclass(frozen=True, slots=True)
class Layout:
    """All that the kernel of one family is made from."""

    family: str
    key: tuple[str, ...]
    also: str
    outputs: tuple[Feature, ...]
    totals: tuple[Feature, ...]
    windows: tuple[WindowLayout, ...]
    conditions: tuple[Condition, ...]
    values: tuple[str, ...]
    partners: tuple[Condition, ...]  # one pair memory each
    width: int

    def bit(self, feature: Feature) -> int:
        """Return the feature's bit in the flags."""
        return self.conditions.index(_condition(self.family, feature))

    def value_column(self, column: str) -> int:
        """Return the input column of a value column."""
        return VALUES + self.values.index(column)

    def partner_column(self, feature: Feature) -> int:
        """Return the input column that holds the pair's previous time."""
        return VALUES + len(self.values) + self.partners.index(_condition(self.family, feature))

    @property
    def input_columns(self) -> int:
        """Columns of the kernel's input."""
        return VALUES + len(self.values) + len(self.partners)

    def output(self, name: str) -> int:
        """Return the position of an integer feature among the kernel's outputs."""
        return next(i for i, f in enumerate(self.outputs) if f.name == name)


def _condition(family: str, feature: Feature) -> Condition:
    reads_null = feature.aggregate in ("min", "max", "distinct", "new")
    received = feature.name in _family(family).received
    return Condition(feature.where, feature.column if reads_null else "", received)


def _family(name: str) -> Family:
    return next(f for f in FAMILIES if f.name == name)


@cache
def layout(name: str) -> Layout:
    """Lay out the family of that name."""
    return _laid_out(name, _family(name).integers())


@cache
def narrow_layout(name: str, features: frozenset[str]) -> Layout:
    """Lay out some of the integer features of a family, as if it had no others."""
    known = _family(name).integers()
    counted = {f.column for f in known if f.name in features and f.aggregate == "peak"}  # a peak is that of a count
    return _laid_out(name, [f for f in known if f.name in features | counted])


def _laid_out(name: str, features: list[Feature]) -> Layout:
    family = _family(name)
    outputs = _in_window_order(features)
    totals = tuple(f for f in outputs if f.aggregate == "total")
    conditions: dict[Condition, None] = {}
    partners: dict[Condition, None] = {}
    values: dict[str, None] = {}
    for f in outputs:
        if f.aggregate in ("total", *WINDOWED) and f.aggregate != "peak":
            conditions[_condition(name, f)] = None
        if f.aggregate in ("distinct", "new"):
            partners[_condition(name, f)] = None
        if f.aggregate in ("sum", "min", "max") or (f.aggregate == "total" and f.column != "1"):
            values[f.column] = None
    windows, width = _windows(outputs, HEADER + len(totals))
    if len(conditions) > 62:
        raise ValueError(f"family {name} has more than 62 conditions")
    return Layout(
        name,
        family.key,
        family.also,
        outputs,
        totals,
        windows,
        tuple(conditions),
        tuple(values),
        tuple(partners),
        width,
    )


def _in_window_order(features: list[Feature]) -> tuple[Feature, ...]:
    """Return the features as their totals lie in the row, so that a loop writes those of a window; then the others."""
    lying = [f for w in WINDOWS.values() for f in features if f.window == w and f.aggregate in ADDITIVE]
    return (*lying, *(f for f in features if f not in lying))


def _windows(outputs: tuple[Feature, ...], first: int) -> tuple[tuple[WindowLayout, ...], int]:
    layouts = []
    for window in WINDOWS.values():
        own = [f for f in outputs if f.window == window]
        additive = tuple(f for f in own if f.aggregate in ADDITIVE)
        extremes = tuple(f for f in own if f.aggregate in ("min", "max"))
        if not additive and not extremes:
            continue
        panes = first + 1 + len(additive)
        layouts.append(WindowLayout(window, additive, extremes, first, first + 1, panes))
        first = panes + window.panes * (len(additive) + len(extremes))
    return tuple(layouts), first
