"""What is done where only some features are asked for: all else can be left out.

A feature counts events by one condition, and some by their partner; what other features count changes nothing of it.
Events in which the entity is the other party matter to features of what it received, and to those that reach back to
when it was last or first seen, because such an event keeps it from being forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from ringfence.features.define import TIMELESS, Feature
from ringfence.features.families import FAMILIES
from ringfence.features.layout import Condition, Layout, layout, narrow_layout

_RECEIVED: Final = frozenset(name for family in FAMILIES for name in family.received)
_DERIVED: Final = {"local_hour": ("at_ms",), "local_weekday": ("at_ms",), "trunk": ("trunk_in", "trunk_out")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is done for one family: how its memory is laid out, and what its kernel is given."""

    family: int
    asked: frozenset[str]  # integer features
    plan: Layout
    bits: frozenset[int]  # places of conditions in the layout
    other_party: bool  # also events in which the entity is the other party
    received: tuple[str, ...]  # those of which any of these holds
    conditions: tuple[Condition, ...]  # those of `bits`, and those of `received`
    texts: frozenset[str]  # columns, `trunk` among them
    values: frozenset[str]  # columns

    @property
    def columns(self) -> frozenset[str]:
        """The event columns that have to be there."""
        read = {name for c in self.conditions for name in _names(c)}
        read |= {"at_ms", "event_id", "tenant", *self.texts, *self.values}
        return frozenset(column for name in read for column in _DERIVED.get(name, (name,)))


def wanted(features: Collection[str], *, narrow: bool = False) -> tuple[Wanted, ...]:
    """Return what is to be done so that these integer features come out as they do when all is done.

    `narrow`: in a memory that is laid out for them alone, which is smaller and faster, but has a kernel of its own.
    """
    found = []
    for number, family in enumerate(FAMILIES):
        plan = layout(family.name)
        asked = [f for f in plan.outputs if f.name in features]
        if asked:
            own = narrow_layout(family.name, frozenset(f.name for f in asked)) if narrow else plan
            found.append(_wanted(number, own, asked))
    return tuple(found)


def places_of(wants: Sequence[Wanted]) -> dict[str, tuple[int, int]]:
    """Return where each feature comes out: its family, and its place among the outputs."""
    return {f.name: (want.family, place) for want in wants for place, f in enumerate(want.plan.outputs)}


def _wanted(number: int, plan: Layout, asked: Sequence[Feature]) -> Wanted:
    by_name = {f.name: f for f in plan.outputs}
    counted = [by_name[f.column] if f.aggregate == "peak" else f for f in asked]
    counted = [f for f in counted if f.aggregate not in ("since_last", "age")]
    bits = frozenset(plan.bit(f) for f in counted)
    other_party = bool(plan.also) and any(f.name in _RECEIVED or f.aggregate in TIMELESS for f in asked)
    count_at_all = [c for c in layout(plan.family).conditions if c.received] if other_party else []
    conditions = dict.fromkeys([c for bit, c in enumerate(plan.conditions) if bit in bits] + count_at_all)
    partners = {p.column for p in plan.partners}
    return Wanted(
        number,
        frozenset(f.name for f in asked),
        plan,
        bits,
        other_party,
        tuple(sorted({c.where for c in count_at_all})),
        tuple(conditions),
        frozenset({*plan.key, *((plan.also,) if other_party else ())}).union(
            c.column for c in conditions if c.column in partners
        ),
        frozenset(f.column for f in counted if f.column in plan.values),
    )


def _names(condition: Condition) -> set[str]:
    own = {condition.column} if condition.column else set()
    return own | set(pl.sql_expr(condition.where).meta.root_names()) if condition.where else own
