"""Alerts of a server, as the command line shows those of a home folder."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringfence.client import Client

MOST_EVENTS = 20


def filter_of(*, fraud: str | None, status: str, entity: str | None, shadow: bool) -> str:
    """Return the filter that says what the options of `ringfence alerts` say."""
    parts = [f"{name} = {_quoted(value)}" for name, value in (("fraud", fraud), ("entity", entity)) if value]
    parts += ["status IS NOT NULL" if status == "all" else f"status = {_quoted(status)}"]
    parts += ["shadow" if shadow else "NOT shadow"]
    return " AND ".join(parts)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def queue_of(server: Client, text: str, most: int) -> list[dict[str, Any]]:
    """Return the alerts that match a filter, at most so many; -1: all."""
    found = server.pages(server.list_alerts, filter=text, limit=500 if most < 0 else min(most, 500))
    return list(found if most < 0 else islice(found, most))


def alert_of(server: Client, alert_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return an alert and the first events of its episode, decoded."""
    alert = server.get_alert(alert_id)
    events = server.list_alert_events(alert_id, limit=MOST_EVENTS)["items"]
    return {**alert}, [{**event} for event in events]
