"""Saved views, for whoever may see them."""

from __future__ import annotations

from typing import Any, Final

from ringfence.events.errors import CONFLICT, UsageError
from ringfence.events.identity import digest
from ringfence.stores.view_store import ViewStore
from ringfence.wiring.workplace import Workplace

MOST_VIEWS: Final = 200  # of one person


def views_of(place: Workplace) -> ViewStore:
    """Return the store of views."""
    return ViewStore(place.database)


def save(place: Workplace, view: dict[str, Any]) -> str:
    """Keep a new view; return its id.

    Raises:
        UsageError: there is one of that name (RF7021), or there are too many (RF7019).
    """
    store = views_of(place)
    if store.count(view["owner"]) >= MOST_VIEWS:
        raise UsageError(CONFLICT, f"{MOST_VIEWS} views already", cure="Remove one that is not used.")
    view_id = digest("view", view["owner"], view["name"], view["at_ms"]).hex()
    store.add(view | {"view_id": view_id})
    return view_id
