"""Alerts by party: what one thief does is found on a number, an account and a device, by several rules each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

OF_ONE_PARTY: Final = ("caller", "account", "device", "caller_imsi")  # trunks and ranges carry everybody's traffic
OTHERS_NAMED: Final = 3

Alert = Mapping[str, Any]
Entity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Party:
    """The alerts on one party, as they were given: of a queue, the worst first."""

    alerts: tuple[Alert, ...]

    @property
    def worst(self) -> Alert:
        """Return the first of them."""
        return self.alerts[0]

    @property
    def more(self) -> str:
        """Return what to say of the others: `and 6 more alerts on it (also device PBX1/ext283)`; nothing if none."""
        count = len(self.alerts) - 1
        names = list(dict.fromkeys(f"{a['entity_kind']} {a['entity']}" for a in self.alerts))[1:]
        also = ", ".join(names[:OTHERS_NAMED]) + (", ..." if len(names) > OTHERS_NAMED else "")
        said = f"and {count:,} more alert{'s' if count > 1 else ''} on it" if count else ""
        return f"{said} (also {also})" if also else said


def parties(alerts: Sequence[Alert]) -> list[Party]:
    """Return alerts party by party, parties and their alerts in the order that is given.

    The alerts on one entity are on one party. So are those on callers, accounts, devices and SIMs that name an event
    in common: a hacked extension calls by its number, from its device, on its company's account.
    """
    linked = _Linked()
    seen: dict[str, Entity] = {}
    for alert in alerts:
        entity = _entity(alert)
        for event in alert.get("event_ids", ()) if alert["entity_kind"] in OF_ONE_PARTY else ():
            linked.link(entity, seen.setdefault(event, entity))
    found: dict[Entity, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(linked.first_of(_entity(alert)), []).append(alert)
    return [Party(tuple(own)) for own in found.values()]


def counted(alerts: int, on: int) -> str:
    """Return `380 alerts on 172 parties`."""
    return f"{alerts:,} alert{'s' if alerts != 1 else ''} on {on:,} part{'ies' if on != 1 else 'y'}"


def _entity(alert: Alert) -> Entity:
    return str(alert["entity_kind"]), str(alert["entity"])


class _Linked:
    """Entities that belong together: each points to an earlier one, or is the first."""

    def __init__(self) -> None:
        self._to: dict[Entity, Entity] = {}

    def first_of(self, entity: Entity) -> Entity:
        while (further := self._to.get(entity, entity)) != entity:
            self._to[entity] = self._to.get(further, further)
            entity = further
        return entity

    def link(self, one: Entity, other: Entity) -> None:
        first, second = self.first_of(one), self.first_of(other)
        if first != second:
            self._to[first] = second
