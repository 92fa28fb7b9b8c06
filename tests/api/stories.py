"""A server with alerts to work on: traffic that is known, and the alerts that rules of its own raise on it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from .serving import Server, served

START_MS = 1_767_225_600_000  # 2026-01-01 00:00 UTC
RULES = """
[[rule]]
id = "abroad"
title = "Calls into a far range"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "callee_range = '88213'"
severity = "high"
evidence = 3

[[rule]]
id = "one_device"
title = "A device that calls far"
fraud = "sim_box"
on = ["call"]
entity = "device"
when = "callee_range = '88213'"
severity = "medium"
evidence = 3
"""
SETTINGS = '[rules]\nshipped = false\n[engine]\nlateness_live = "0s"\n'
NDJSON = {"content-type": "application/x-ndjson"}
Found = TypeVar("Found")


def call(number: int, caller: str, callee: str, at_ms: int, **more: object) -> dict[str, Any]:
    """Return one answered call of a minute."""
    return {
        "event_id": f"{number:032x}",
        "at_ms": at_ms,
        "kind": "call",
        "caller": caller,
        "callee": callee,
        "duration_ms": 60_000,
        "answered": True,
        "charge_micros": 500_000,
        **more,
    }


def burst(first: int, caller: str, at_ms: int, count: int = 5, **more: object) -> list[dict[str, Any]]:
    """Return calls of one caller into a far range: what both rules look for."""
    return [
        call(first + n, caller, f"88213{n:07}", at_ms + n * 60_000, callee_range="88213", **more) for n in range(count)
    ]


def send(server: Server, records: list[dict[str, Any]], source: str = "switch", tenant: str | None = None) -> None:
    """Send records in."""
    body = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    with server.client("events.write", tenant=tenant) as client:
        answer = client.post(f"/v1/events?source={source}", content=body, headers=NDJSON)
    assert answer.status_code == 202, answer.text
    assert answer.json()["rejected"] == 0, answer.text


def until(ask: Callable[[], Found], seconds: float = 20) -> Found:
    """Ask until there is something."""
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return found


def alerts_on(client: httpx2.Client, kind: str, entity: str) -> list[dict[str, Any]]:
    """Return the alerts on a party."""
    ref = client.post("/v1/entities/lookup", json={"kind": kind, "entity": entity}).json()["entity_ref"]
    return [one for one in client.get("/v1/alerts?limit=500").json()["items"] if one["entity_ref"] == ref]


@contextmanager
def with_rules(home: Path, *words: str) -> Iterator[Server]:
    """Yield a server whose only rules are ours."""
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.toml").write_text(RULES)
    (home / "ringfence.toml").write_text(SETTINGS)
    with served(home, *words) as server:
        yield server
