"""A million alerts in a home folder, and how long the queue takes over HTTP while more arrive.

`python -m bench.alerts_million make HOME 1000000` writes them, straight into the store; `... ask HOME` serves the
folder, lets 100 alerts a second arrive and change, asks for pages, filters and facets, closes 10,000 alerts in one job
and undoes it, and prints what it took.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
from tests.api.serving import served

from ringfence.events.clock import SystemClock
from ringfence.events.identity import digest
from ringfence.settings import Settings
from ringfence.wiring.keys import make_key
from ringfence.wiring.workplace import workplace

FRAUDS = ("irsf", "wangiri", "sim_box", "pbx_hacking", "sms_pumping", "robocall", "call_selling", "cloned_sim")
SEVERITIES = ("low", "medium", "high", "critical")
STATUSES = ("open",) * 14 + ("dismissed",) * 4 + ("confirmed", "suppressed")
TENANTS = (None, "acme", "north", "south")
BEGAN_MS = 1_767_225_600_000
DAY_MS = 86_400_000
AT_ONCE = 20_000
A_SECOND = 100
PERMISSIONS = ("alerts.read", "alerts.decide", "alerts.bulk")
REQUESTS = {
    "first page": {},
    "first page, 500": {"limit": 500},
    "newest": {"sort": "newest"},
    "fraud": {"filter": "fraud = 'irsf' AND severity = 'critical'"},
    "money": {"filter": "money_micros > 900000000 AND score >= 0.9"},
    "nothing matches": {"filter": "money_micros > 900000000 AND events = 1 AND currency = 'USD'"},
    "one entity": {"filter": "entity = '31612345678'"},
    "digits": {"filter": "starts_with(entity, '31699') AND episode_end_ms - episode_start_ms > 86000000"},
    "newest, rare": {"filter": "matches > 58 AND score > 0.99", "sort": "newest"},
    "count": {"count": "exact"},
    "count of a filter": {"count": "exact", "filter": "fraud = 'irsf' AND money_micros > 100000000"},
}
FACETS = {
    "facets": {},
    "facets of a filter": {"filter": "fraud = 'irsf' AND severity IN ('high', 'critical')"},
    "facets of another": {"filter": "money_micros > 500000000"},
}


class Made:
    """An alert, as the store takes it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def to_json(self) -> dict[str, Any]:
        """Return it."""
        return self._document


def alerts(first: int, count: int) -> Iterator[Made]:
    """Yield alerts that differ as real ones do; the same number is the same alert."""
    for number in range(first, first + count):
        yield made(number)


def made(number: int, grown: int = 0) -> Made:
    """Return one alert; `grown` times later its episode has gone on."""
    chance = random.Random(number)  # noqa: S311 - no secret
    fraud = chance.choice(FRAUDS)
    events = chance.randint(2, 60) + grown
    money = int(chance.paretovariate(0.9) * 1_000_000) * (1 + grown)
    score = chance.random()
    start_ms = BEGAN_MS + chance.randrange(30 * DAY_MS)
    ids = [digest("event", number, n).hex() for n in range(min(events, 20))]
    return Made(
        {
            "alert_id": digest("bench", number).hex(),
            "tenant": chance.choice(TENANTS),
            "detector": f"{fraud}-{chance.randint(1, 6)}",
            "revision": 1,
            "fraud": fraud,
            "entity_kind": "caller",
            "entity": f"316{chance.randrange(10**8):08}",
            "episode_start_ms": start_ms,
            "episode_end_ms": start_ms + chance.randrange(DAY_MS) + grown * 1_000,
            "raised_at_ms": start_ms + 60_000,
            "events": events,
            "matches": events,
            "score": score,
            "severity": chance.choice(SEVERITIES),
            "money_micros": money,
            "money_per_hour_micros": money // 10,
            "currency": "EUR",
            "expected_loss_micros": int(score * money * 1.1),
            "shadow": chance.random() < 0.05,
            "event_ids": ids,
            "reasons": [
                {"feature": f"calls_{w}", "value": events, "usual": 2.0, "text": f"{events} calls in {w}; usually 2",
                 "contribution": 0.25}
                for w in ("5m", "1h", "24h", "7d")
            ],
            "status": chance.choice(STATUSES) if number >= 0 else "open",
            "suppressed_by": None,
        }
    )  # fmt: skip


def make(home: Path, count: int) -> None:
    """Write alerts into a home folder."""
    with workplace(Settings.load(home, {}), write=True) as place:
        for first in range(0, count, AT_ONCE):
            place.alerts.upsert(alerts(first, min(AT_ONCE, count - first)))
            print(f"\r{first + AT_ONCE:,}", end="", file=sys.stderr)
        place.changes.forget(2**62, 0)


class Arriving:
    """Raises 50 alerts a second and lets 50 others go on, ten times a second, as an engine does."""

    def __init__(self, home: Path, count: int) -> None:
        self._home, self._count = home, count
        self._ends = Event()
        self._thread = Thread(target=self._run)
        self.slowest_s = 0.0
        self.told = 0
        self._began = 0.0

    @property
    def a_second(self) -> float:
        """Return how many arrived in a second, on average so far."""
        return self.told / (time.monotonic() - self._began)

    def __enter__(self) -> Arriving:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ends.set()
        self._thread.join()

    def _run(self) -> None:
        chance = random.Random(1)  # noqa: S311 - no secret
        half = A_SECOND // 20
        with workplace(Settings.load(self._home, {}), write=True) as place:
            turn, due = 0, time.monotonic()
            while not self._ends.wait(max(due - time.monotonic(), 0)):
                turn, due = turn + 1, due + 0.1
                new = [made(self._count + turn * half + n) for n in range(half)]
                grown = [made(chance.randrange(self._count), turn) for _ in range(half)]
                began = time.monotonic()
                place.alerts.upsert([*new, *grown])
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                self.told += 2 * half


def timed(client: httpx2.Client, path: str, parameters: dict[str, Any], times: int) -> list[float]:
    """Return how long each of some requests took, in ms, the shortest first."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        answer = client.get(path, params=parameters)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    return sorted(took)


def ask(home: Path, times: int) -> dict[str, Any]:
    """Return what everything took."""
    settings = Settings.load(home, {})
    with workplace(settings, write=True) as place:
        token = make_key(place, SystemClock(), name="bench", permissions=PERMISSIONS, tenant=None, owner="bench")
        count = int(place.database.value("SELECT count(*) FROM alert"))
    figures: dict[str, Any] = {"alerts": count}
    with served(home) as server, server.client(key=token) as client, Arriving(home, count) as arriving:
        for path, requests in (("/v1/alerts", REQUESTS), ("/v1/alerts/facets", FACETS)):
            for name, parameters in requests.items():
                took = timed(client, path, parameters, times)
                figures[name] = {"p50_ms": round(took[len(took) // 2]), "p95_ms": round(took[int(len(took) * 0.95)])}
                print(name, figures[name], file=sys.stderr)
        figures["job"] = job(client)
        figures["slowest_write_s"] = round(arriving.slowest_s, 2)
        figures["arrived_a_second"] = round(arriving.a_second)
    return figures


def job(client: httpx2.Client) -> dict[str, Any]:
    """Close some 10,000 alerts in one job, and undo it; return what both took."""
    low, high, text = 0, 10**10, ""
    while True:  # a filter that finds about so many
        middle = (low + high) // 2
        text = f"fraud = 'sim_box' AND money_micros > {middle}"
        found = client.get("/v1/alerts", params={"filter": text, "count": "exact", "limit": 1}).json()
        if 9_900 <= found["count"] <= 10_100 or low + 1 >= high:
            break
        low, high = (middle, high) if found["count"] > 10_000 else (low, middle)
    body = {"filter": text, "as_of": found["as_of"], "change": {"disposition": "not_fraud"}}
    figures: dict[str, Any] = {}
    began = time.perf_counter()
    job_id = client.post("/v1/alerts/bulk", json=body).json()["job_id"]
    for name in ("done", "undone"):
        while (now := client.get(f"/v1/jobs/{job_id}").json())["state"] != name:
            time.sleep(0.05)
        figures[f"{name}_s"] = round(time.perf_counter() - began, 2)
        figures[name] = now[name]
        began = time.perf_counter()
        if name == "done":
            client.post(f"/v1/jobs/{job_id}/undo")
    return figures | {"failed": now["failed"], "left": now["left"]}


if __name__ == "__main__":
    what, folder, *number = sys.argv[1:]
    if what == "make":
        make(Path(folder), int(number[0]))
    else:
        print(json.dumps(ask(Path(folder), int(number[0]) if number else 30), indent=1))
