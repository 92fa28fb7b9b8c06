"""The same features in plain Python: dicts, deques and one event at a time. Slow and obvious.

It is the twin that tests compare the generated kernels with, and the peer that `make bench` measures them against.
Conditions are written out in Python here, not parsed from the SQL of the definitions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from ringfence.features import families as f
from ringfence.features.define import LONGEST, WINDOWS, Family, Feature, Window

Event = Mapping[str, Any]


def _tried(e: Event) -> bool:
    return e["kind"] in ("call", "attempt")


def _answered(e: Event) -> bool:
    return e["kind"] == "call" and bool(e["answered"])


def _unanswered(e: Event) -> bool:
    return _tried(e) and not e["answered"]


def _lasting(low: int, high: int) -> Callable[[Event], bool]:
    return lambda e: _answered(e) and e["duration_ms"] is not None and low <= e["duration_ms"] < high


CONDITIONS: dict[str, Callable[[Event], bool]] = {
    f.ANY: lambda e: True,
    f.OUTGOING: lambda e: _tried(e) and (e["direction"] or "out") != "in",
    f.TRIED: _tried,
    f.ARRIVED: lambda e: _tried(e) and e["trunk_in"] is not None,
    f.UNHEARD: lambda e: (
        _tried(e)
        and e["trunk_in"] is not None
        and (not e["answered"] or (e["duration_ms"] is not None and e["duration_ms"] < 60_000))
    ),
    f.ANSWERED: _answered,
    f.BRIEF: lambda e: _unanswered(e) and (e["ring_ms"] or 0) < 6_000,
    f.SHORT: _lasting(-1, 15_000),
    f.MINUTE: _lasting(-1, 60_000),
    f.LONG: _lasting(360_000, 2**60),
    f.ABROAD: lambda e: _answered(e) and bool(e["is_international"]),
    f.PREMIUM: lambda e: _answered(e) and e["callee_class"] in ("premium", "satellite", "shared_cost"),
    f.NIGHT: lambda e: _tried(e) and (e["local_hour"] >= 22 or e["local_hour"] < 6),
    f.WEEKEND: lambda e: _tried(e) and e["local_weekday"] >= 6,
    f.MESSAGE: lambda e: e["kind"] == "message",
    f.MESSAGE_ABROAD: lambda e: e["kind"] == "message" and bool(e["is_international"]),
}


class Pane:
    """What happened in one pane: a number a feature."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.values: dict[str, int] = {}


class Entity:
    """One entity's memory."""

    def __init__(self, first_ms: int) -> None:
        self.first_ms = first_ms
        self.last_ms: int | None = None
        self.totals = {"events": 0, "charge": 0}
        self.panes: dict[str, deque[Pane]] = {name: deque() for name in WINDOWS}
        self.met: dict[tuple[str, str, bool, str], int] = {}  # (column, where, received, value) -> last time


class PlainFeatures:
    """All families, one event at a time, in order."""

    def __init__(self) -> None:
        self.entities: dict[tuple[str, ...], Entity] = {}

    def add(self, event: Event) -> dict[str, Any]:
        """Take the next event; return its features (those of families that it has no entity for are left out)."""
        features: dict[str, Any] = {}
        for family in f.FAMILIES:
            key = (event["tenant"] or "", *(event[column] for column in family.key))
            if None not in key:
                entity, last = self._happen(family, key, event, received=False)
                features.update(_read(family, entity, event["at_ms"], last))
            if family.also and event[family.also] is not None:
                wheres = {x.where for x in family.features if x.name in family.received}
                if any(CONDITIONS[w](event) for w in wheres):
                    self._happen(family, (event["tenant"] or "", event[family.also]), event, received=True)
        return features

    def _happen(
        self, family: Family, key: tuple[str, ...], event: Event, *, received: bool
    ) -> tuple[Entity, int | None]:
        at = event["at_ms"]
        entity = self.entities.get((family.name, *key))
        if entity is None or entity.last_ms is None or _forgotten(entity.last_ms, at):
            entity = self.entities[(family.name, *key)] = Entity(at)
        last, entity.last_ms = entity.last_ms, at
        if not received:
            entity.totals["events"] += 1
            entity.totals["charge"] += event["charge_micros"] or 0
        met = dict(entity.met)
        for feature in family.integers():
            if feature.window is None or feature.aggregate == "peak":
                continue
            if (feature.name in family.received) == received and CONDITIONS[feature.where](event):
                _count(feature, entity, event, met, received)
        return entity, last


def _forgotten(then: int, now: int) -> bool:
    return then // LONGEST.pane_ms <= now // LONGEST.pane_ms - LONGEST.panes


def _pane(entity: Entity, window: Window, at: int) -> Pane:
    panes, number = entity.panes[window.name], at // window.pane_ms
    if not panes or panes[-1].number != number:
        panes.append(Pane(number))
    while panes[0].number <= number - window.panes:
        panes.popleft()
    return panes[-1]


def _count(
    feature: Feature,
    entity: Entity,
    event: Event,
    met: Mapping[tuple[str, str, bool, str], int],
    received: bool,
) -> None:
    assert feature.window is not None
    pane = _pane(entity, feature.window, event["at_ms"])
    values, name = pane.values, feature.name
    value = event[feature.column] if feature.column else 1
    if value is None:
        return
    if feature.aggregate in ("count", "sum"):
        values[name] = values.get(name, 0) + value
    elif feature.aggregate == "max":
        values[name] = max(values.get(name, value), value)
    elif feature.aggregate == "min":
        values[name] = min(values.get(name, value), value)
    else:
        _meet(feature, entity, event["at_ms"], met, (feature.column, feature.where, received, value))


def _meet(
    feature: Feature,
    entity: Entity,
    at: int,
    met: Mapping[tuple[str, str, bool, str], int],
    pair: tuple[str, str, bool, str],
) -> None:
    assert feature.window is not None
    panes, name = entity.panes[feature.window.name], feature.name
    before = met.get(pair)
    entity.met[pair] = at
    if feature.aggregate == "new":
        if before is None or _forgotten(before, at):
            panes[-1].values[name] = panes[-1].values.get(name, 0) + 1
        return
    if before is not None:
        for pane in panes:
            if pane.number == before // feature.window.pane_ms:
                pane.values[name] -= 1
    panes[-1].values[name] = panes[-1].values.get(name, 0) + 1


def _read(family: Family, entity: Entity, at: int, last: int | None) -> dict[str, Any]:
    features: dict[str, Any] = {}
    for feature in family.features:
        if feature.is_ratio:
            below = features[feature.denominator]
            features[feature.name] = features[feature.numerator] / below if below else None
        elif feature.window is None:
            features[feature.name] = {
                "since_last": None if last is None else at - last,
                "age": at - entity.first_ms,
                "total": entity.totals["events" if feature.column == "1" else "charge"],
            }[feature.aggregate]
        else:
            features[feature.name] = _windowed(feature, entity, at)
    return features


def _windowed(feature: Feature, entity: Entity, at: int) -> int | None:
    assert feature.window is not None
    oldest = at // feature.window.pane_ms - feature.window.panes
    name = feature.column if feature.aggregate == "peak" else feature.name
    found = [p.values[name] for p in entity.panes[feature.window.name] if p.number > oldest and name in p.values]
    if feature.aggregate in ("min", "max"):
        return (min if feature.aggregate == "min" else max)(found) if found else None
    return max(found, default=0) if feature.aggregate == "peak" else sum(found)
