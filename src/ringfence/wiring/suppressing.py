"""Suppressions, taken up at once: what they cover leaves the queue, what they no longer cover comes back.

Alerts that a person decided about stay as they are. A run that is going on keeps the suppressions that it started with;
the engine of a server takes up those that come over HTTP (`alerting/suppressing_live.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ringfence.alerts.alert import Alert
from ringfence.alerts.suppression import Suppression, suppress
from ringfence.settings import Settings
from ringfence.wiring.workplace import Workplace, workplace

AT_ONCE: Final = 1_000  # alerts that are in memory


def add(settings: Settings, suppression: Suppression) -> int:
    """Keep a suppression; return how many alerts left the queue or came back.

    Raises:
        DependencyError: the home folder cannot be used.
    """
    with workplace(settings, write=True) as place, place.database.transaction():
        place.suppressions.add(suppression)
        return take_up(place, place.suppressions.open_alerts(suppression.to_json()))


def end(settings: Settings, suppression_id: str, *, by: str, at_ms: int) -> int:
    """End a suppression from a moment (event time) on; return how many alerts left the queue or came back.

    Raises:
        UsageError: no such suppression (RF3050), several (RF3051), or nobody named (RF3053).
        DependencyError: the home folder cannot be used.
    """
    with workplace(settings, write=True) as place, place.database.transaction():
        whole_id = place.suppressions.end(suppression_id, by=by, at_ms=at_ms)
        return take_up(place, place.suppressions.kept_back(whole_id))


def kept(settings: Settings) -> list[dict[str, Any]]:
    """Return every suppression, ended ones too, those that end first coming first."""
    with workplace(settings) as place:
        return place.suppressions.list()


def in_force(place: Workplace) -> list[Suppression]:
    """Return every suppression that ever held; an earlier version could end one before it began: that one never did."""
    return [Suppression.from_json(one) for one in place.suppressions.list() if one["created_at_ms"] < one["ends_at_ms"]]


def take_up(place: Workplace, alert_ids: Sequence[str]) -> int:
    """Have alerts be open or suppressed as the suppressions say now; return how many changed."""
    known = in_force(place)
    changed = 0
    for first in range(0, len(alert_ids), AT_ONCE):
        found = place.alerts.many(alert_ids[first : first + AT_ONCE])
        alerts = [Alert.from_json(document) for document in found.values()]
        decided = suppress(alerts, known)
        new = [new for old, new in zip(alerts, decided, strict=True) if new is not old]
        place.alerts.upsert(new)
        changed += len(new)
    return changed
