"""Suppression: what a person has decided not to be shown for a while, with an owner, a reason and an end.

A suppressed alert is kept like any other, with its status; only the queue leaves it out. Event time decides:
an alert is suppressed if it was raised while the suppression held, so a replay decides as the first run did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from ringfence.alerts.alert import OPEN, SUPPRESSED, Alert
from ringfence.events.errors import BAD_SUPPRESSION, UsageError
from ringfence.events.identity import digest

ANY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Keeps alerts on an entity out of the queue.

    Args:
        entity_kind: `caller`, `range`, ..., or `*`.
        entity: the entity as alerts write it, or the beginning of it and `*`.
        target: the fraud or the detector whose alerts are kept back, or `*`.
        owner: who answers for it.
        reason: why.
        created_at_ms: from when on it holds, event time: now, or for old records the moment of the records.
        ends_at_ms: from when on it no longer holds, event time.
        tenant: the only tenant whose alerts it keeps back; null: everybody's.

    Raises:
        UsageError: a part is missing, it ends before it begins, or it would keep everything back (RF3052).

    """

    entity_kind: str
    entity: str
    target: str
    owner: str
    reason: str
    created_at_ms: int
    ends_at_ms: int
    tenant: str | None = None

    def __post_init__(self) -> None:
        for name in ("owner", "reason", "entity_kind", "entity", "target"):
            if not getattr(self, name).strip():
                raise UsageError(BAD_SUPPRESSION, f"the suppression has no {name.replace('_', ' ')}")
        if self.ends_at_ms <= self.created_at_ms:
            raise UsageError(BAD_SUPPRESSION, "the suppression ends before it begins")
        if self.entity == ANY and self.target == ANY:
            raise UsageError(
                BAD_SUPPRESSION,
                "a suppression of everything is none",
                expected="an entity, a fraud or a detector",
            )

    @property
    def suppression_id(self) -> str:
        """The name of the suppression, made from what it says."""
        parts = (self.entity_kind, self.entity, self.target, self.owner, self.reason, self.created_at_ms)
        return digest("suppression", *parts, *([self.tenant] if self.tenant is not None else [])).hex()

    def covers(self, alert: Alert) -> bool:
        """Return whether it keeps an alert out of the queue."""
        return (
            self.created_at_ms <= alert.raised_at_ms < self.ends_at_ms
            and self.entity_kind in (ANY, alert.entity_kind)
            and self.target in (ANY, alert.fraud, alert.detector)
            and self.tenant in (None, alert.tenant)
            and self._names(alert.entity)
        )

    def _names(self, entity: str) -> bool:
        if self.entity.endswith(ANY):
            return entity.startswith(self.entity[:-1])
        return entity == self.entity

    def to_json(self) -> dict[str, Any]:
        """Return the suppression as a JSON object."""
        return {"suppression_id": self.suppression_id, **asdict(self)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Suppression:
        """Return the suppression that `to_json` wrote; what is no field of it is left out."""
        return cls(**{name: document[name] for name in cls.__dataclass_fields__ if name in document})


def suppress(alerts: Iterable[Alert], suppressions: Iterable[Suppression]) -> list[Alert]:
    """Return the alerts, in order, each open or suppressed as the suppressions say.

    Of several that cover an alert the one that ends last is named, ties by id.
    """
    known = sorted(suppressions, key=lambda one: (-one.ends_at_ms, one.suppression_id))
    return [_decide(alert, known) for alert in alerts]


def _decide(alert: Alert, known: list[Suppression]) -> Alert:
    by = next((one.suppression_id for one in known if one.covers(alert)), None)
    status = OPEN if by is None else SUPPRESSED
    return alert if alert.status == status else replace(alert, status=status, suppressed_by=by)
