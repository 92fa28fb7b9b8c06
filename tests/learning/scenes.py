"""Events, truth and alerts made by hand: small enough to count on one's fingers."""

from __future__ import annotations

from typing import Any

import polars as pl

from ringfence.events.schema import conform

MINUTE = 60_000
HOUR = 3_600_000


def event_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def call(number: int, at_ms: int, caller: str, callee: str = "99", **more: Any) -> dict[str, Any]:
    return {
        "event_id": event_id(number), "at_ms": at_ms, "kind": "call", "caller": caller, "callee": callee,
        "caller_country": "NL", **more,
    }  # fmt: skip


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    return conform(pl.DataFrame(list(rows), infer_schema_length=None))


def fraud(number: int, episode: str, entity: str, money: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "event_id": event_id(number), "fraud": "irsf", "variant": "plain", "episode": episode, "entity": entity,
        "money_micros": money, **more,
    }  # fmt: skip


def truth(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows))


def alert(entity: str, start_ms: int, end_ms: int, raised_ms: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "alert_id": f"{entity}-{start_ms}", "entity": entity, "entity_kind": "caller", "fraud": "irsf",
        "episode_start_ms": start_ms, "episode_end_ms": end_ms,
        "raised_at_ms": end_ms if raised_ms is None else raised_ms, "status": "open", **more,
    }  # fmt: skip
