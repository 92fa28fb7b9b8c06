"""Pages of the queue, counts and facets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ringfence.alerts.alert import Alert
from ringfence.alerts.words import headline
from ringfence.events.errors import BAD_CURSOR, UsageError
from ringfence.stores.alert_queue import AlertQueue, Moment, Order, Place, Where
from ringfence.wiring.workplace import Workplace

__all__ = [
    "Asked",
    "Moment",
    "Order",
    "Page",
    "Place",
    "Where",
    "count",
    "every",
    "facets",
    "moment_of",
    "moment_text",
    "now",
    "page",
    "told",
]

_AT_ONCE: Final = 5_000
_MOMENT: Final = re.compile(r"([0-7][0-9a-f]{15})" * 3)


@dataclass(frozen=True, slots=True)
class Asked:
    """One page of a walk: which alerts, in which order, since which moment (null: now) and after which place."""

    where: Where
    order: Order
    limit: int
    moment: Moment | None = None
    after: Place | None = None
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What was found: alerts, where the next page begins (null: there is none), and the moment of the walk."""

    items: list[dict[str, Any]]
    next: Place | None
    moment: Moment
    count: int | None


def moment_text(moment: Moment) -> str:
    """Return a moment as a text that may be sent back."""
    return "".join(f"{number:016x}" for number in moment)


def moment_of(text: str) -> Moment:
    """Return the moment that a text stands for.

    Raises:
        UsageError: it stands for none (RF7013).
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise UsageError(BAD_CURSOR, f"{text!r:.80} is no moment", expected="`as_of` of a page of alerts")
    return Moment(*(int(number, 16) for number in found.groups()))


def now(place: Workplace) -> Moment:
    """Return the present moment."""
    return AlertQueue(place.database).moment()


def page(place: Workplace, asked: Asked) -> Page:
    """Return a page.

    Raises:
        UsageError: the walk began too long ago (RF7013).
    """
    queue = AlertQueue(place.database)
    with place.database.snapshot():
        moment = asked.moment or queue.moment()
        if asked.moment and not queue.keeps(asked.moment):
            raise UsageError(BAD_CURSOR, "too much has changed since the first page")
        places = queue.page(asked.where, asked.order, moment, asked.after, asked.limit + 1)
        shown = places[: asked.limit]
        found = place.alerts.many([one.alert_id for one in shown])
        counted = queue.count(asked.where, moment) if asked.counts else None
    items = [told(found[one.alert_id]) for one in shown]
    return Page(items, shown[-1] if len(places) > asked.limit else None, moment, counted)


def every(place: Workplace, where: Where, limit: int) -> list[dict[str, Any]]:
    """Return alerts as the store has them, at most so many (-1: all), the highest expected loss first."""
    queue = AlertQueue(place.database)
    with place.database.snapshot():
        ids = [alert_id for alert_id, _ in queue.matches(where, queue.moment(), limit)]
        found: dict[str, dict[str, Any]] = {}
        for first in range(0, len(ids), _AT_ONCE):
            found |= place.alerts.many(ids[first : first + _AT_ONCE])
    return [found[alert_id] for alert_id in ids]


def told(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Return an alert with itself in one sentence."""
    return {**alert, "headline": headline(Alert.from_json(alert))}


def facets(place: Workplace, where: Where) -> dict[str, dict[str, int]]:
    """Return how many alerts there are of each fraud, severity, status, detector and assignee."""
    return AlertQueue(place.database).facets(where)


def count(place: Workplace, where: Where, moment: Moment) -> int:
    """Return how many alerts there are that were there at a moment."""
    return AlertQueue(place.database).count(where, moment)
