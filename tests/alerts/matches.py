"""Matches as the pipeline hands them to the alerts room, and what they must come to, worked out one by one."""

from collections import defaultdict
from typing import Any

import polars as pl

from ringfence.alerts.segments import MATCHES
from ringfence.events.identity import digest

MINUTE_MS = 60_000
START_MS = 1_760_000_000_000


def match(row: int, **given: Any) -> dict[str, Any]:
    """Return one match; what is not given is that of a plain IRSF rule."""
    return {
        "row": row,
        "tenant": None,
        "detector": "irsf-1",
        "revision": 1,
        "fraud": "irsf",
        "entity_kind": "caller",
        "entity": "31612345678",
        "score": 0.5,
        "severity": "high",
        "evidence": 2,
        "gap_ms": 60 * MINUTE_MS,
        "shadow": False,
        "at_ms": START_MS + row * MINUTE_MS,
        "event_id": digest("event", row),
        "events_total": None,
        "charge_total_micros": None,
        "charge_micros": 1_000_000,
        "charge_per_hour_micros": 5_000_000,
        "currency": "EUR",
        **given,
    }


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return matches as a batch."""
    return pl.DataFrame(rows, schema=MATCHES, orient="row")


def plain(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the alerts of matches in order, by a loop over matches: what the columns must come to."""
    episodes: dict[tuple[Any, ...], list[list[dict[str, Any]]]] = defaultdict(list)
    for row in rows:
        key = (row["tenant"] or "", row["detector"], row["revision"], row["entity_kind"], row["entity"])
        own = episodes[key]
        if own and row["at_ms"] - own[-1][-1]["at_ms"] <= row["gap_ms"]:
            own[-1].append(row)
        else:
            own.append([row])
    alerts = [_alert(key, episode) for key, own in episodes.items() for episode in own]
    return {alert["alert_id"]: alert for alert in alerts if alert is not None}


def _alert(key: tuple[Any, ...], episode: list[dict[str, Any]]) -> dict[str, Any] | None:
    first, last = episode[0], episode[-1]
    if len(episode) < max(first["evidence"], 1):
        return None
    events, money = len(episode), sum(row["charge_micros"] or 0 for row in episode)
    if None not in (first["events_total"], last["events_total"]):
        events = last["events_total"] - first["events_total"] + 1
    if None not in (first["charge_total_micros"], last["charge_total_micros"]):
        money = last["charge_total_micros"] - first["charge_total_micros"] + (first["charge_micros"] or 0)
    ids = [row["event_id"].hex() for row in episode]
    return {
        "alert_id": digest(*key, first["at_ms"]).hex(),
        "episode_start_ms": first["at_ms"],
        "episode_end_ms": last["at_ms"],
        "raised_at_ms": episode[max(first["evidence"], 1) - 1]["at_ms"],
        "raised_by_row": episode[max(first["evidence"], 1) - 1]["row"],
        "events": events,
        "matches": len(episode),
        "score": max(row["score"] for row in episode),
        "money_micros": money,
        "money_per_hour_micros": last["charge_per_hour_micros"] or 0,
        "currency": next((row["currency"] for row in episode if row["currency"]), None),
        "event_ids": ids if len(ids) <= 20 else ids[:10] + ids[-10:],
    }
