"""Suppressions, taken up at once: what they cover leaves the queue, what they no longer cover comes back.

Alerts that a person decided about stay as they are. A run that is going on keeps the suppressions that it started with.
"""

from __future__ import annotations

from typing import Any

from ringfence.alerts.alert import OPEN, SUPPRESSED, Alert
from ringfence.alerts.suppression import Suppression, suppress
from ringfence.settings import Settings
from ringfence.wiring.workplace import Workplace, workplace


def add(settings: Settings, suppression: Suppression) -> int:
    """Keep a suppression; return how many alerts left the queue or came back.

    Raises:
        DependencyError: the home folder cannot be used.
    """
    with workplace(settings, write=True) as place, place.database.transaction():
        place.suppressions.add(suppression)
        return _take_up(place)


def end(settings: Settings, suppression_id: str, *, by: str, at_ms: int) -> int:
    """End a suppression from a moment (event time) on; return how many alerts left the queue or came back.

    Raises:
        UsageError: no such suppression (RF3050), several (RF3051), or nobody named (RF3053).
        DependencyError: the home folder cannot be used.
    """
    with workplace(settings, write=True) as place, place.database.transaction():
        place.suppressions.end(suppression_id, by=by, at_ms=at_ms)
        return _take_up(place)


def kept(settings: Settings) -> list[dict[str, Any]]:
    """Return every suppression, ended ones too, those that end first coming first."""
    with workplace(settings) as place:
        return place.suppressions.list()


def in_force(place: Workplace) -> list[Suppression]:
    """Return every suppression that ever held; an earlier version could end one before it began: that one never did."""
    return [Suppression.from_json(one) for one in place.suppressions.list() if one["created_at_ms"] < one["ends_at_ms"]]


def _take_up(place: Workplace) -> int:
    known = in_force(place)
    documents = [one for status in (OPEN, SUPPRESSED) for one in place.alerts.list(status=status, shadow=None)]
    alerts = [Alert.from_json(document) for document in documents]
    decided = suppress(alerts, known)
    changed = [new for old, new in zip(alerts, decided, strict=True) if new is not old]
    place.alerts.upsert(changed)
    return len(changed)
