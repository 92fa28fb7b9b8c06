"""An alert in words: who, what, and what it costs."""

from __future__ import annotations

from typing import Final

from ringfence.alerts.alert import Alert
from ringfence.events.money import money_text

_SHORTEST_NUMBER: Final = 7  # digits; fewer are a short code or an extension
_MINUTE_MS: Final = 60_000
_UNITS: Final = (("day", 1440), ("hour", 60), ("minute", 1))  # minutes


def headline(alert: Alert) -> str:
    """Return an alert in one line: the entity, its first reason, the money so far and an hour more of it."""
    what = alert.reasons[0].text if alert.reasons else _events(alert)
    return f"{entity_text(alert.entity_kind, alert.entity)}: {what}; {loss_text(alert)}"


def loss_text(alert: Alert) -> str:
    """Return the money at risk: `412.50 EUR so far, 96.00 EUR more each hour`."""
    if alert.currency is None:
        return "no charges known"
    so_far = f"{money_text(alert.money_micros, alert.currency)} so far"
    if not alert.money_per_hour_micros:
        return so_far
    return f"{so_far}, {money_text(alert.money_per_hour_micros, alert.currency)} more each hour"


def entity_text(entity_kind: str, entity: str) -> str:
    """Return an entity as people write it: numbers with `+`, ranges as `+882...`, its kind before anything else."""
    if entity_kind == "range" and entity.isdecimal():
        return f"+{entity}..."
    if entity_kind in ("caller", "callee") and entity.isdecimal():
        return f"+{entity}" if len(entity) >= _SHORTEST_NUMBER else entity
    return f"{entity_kind.replace('_', ' ')} {entity}"


def span_text(span_ms: int) -> str:
    """Return a length of time in its two largest units, from minutes up: `2 hours 5 minutes`."""
    minutes = max(-(-span_ms // _MINUTE_MS), 1)  # started minutes: no episode takes no time
    parts = []
    for unit, size in _UNITS:
        count, minutes = divmod(minutes, size)
        if count:
            parts.append(f"{count} {unit}" + ("s" if count > 1 else ""))
    return " ".join(parts[:2])


def _events(alert: Alert) -> str:
    plural = "s" if alert.events != 1 else ""
    return f"{alert.events:,} event{plural} in {span_text(alert.episode_end_ms - alert.episode_start_ms)}"
