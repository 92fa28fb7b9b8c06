"""Suppressions and saved views over HTTP, with the engine running."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from .alerts import alert, keep, row
from .serving import Server
from .test_events import NDJSON, calls, ndjson

PERMISSIONS = ("alerts.read", "alerts.suppress", "alerts.decide", "events.write", "views.write")
LATER_MS = 4_000_000_000_000
ALWAYS = {"created_at_ms": 0, "ends_at_ms": LATER_MS, "reason": "our own test line"}


@pytest.fixture(scope="module")
def ana(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*PERMISSIONS) as client:
        yield client


@pytest.fixture(scope="module")
def acme(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*PERMISSIONS, tenant="acme") as client:
        yield client


def raised(home: Any, name: str, **more: Any) -> str:
    made = alert(name, **more)
    keep(home, [made])
    return str(made.document["alert_id"])


def test_what_it_covers_leaves_the_queue_and_comes_back_when_it_ends(server: Server, ana: httpx2.Client) -> None:
    covered = raised(server.home, "covered", entity="31600000001")
    other = raised(server.home, "not covered", entity="31600000002")
    decided = raised(server.home, "decided", entity="31600000001", detector="another")
    ana.patch(f"/v1/alerts/{decided}", json={"disposition": "fraud"}, headers={"if-match": "*"})
    reference = ana.get(f"/v1/alerts/{covered}").json()["entity_ref"]

    made = ana.post("/v1/suppressions", json={"entity_ref": reference, **ALWAYS})

    assert (made.status_code, made.json()["alerts_changed"]) == (201, 1)
    assert [row(server.home, one)["status"] for one in (covered, other, decided)] == ["suppressed", "open", "confirmed"]
    assert made.json()["entity"] == "31600******"
    name = made.json()["suppression_id"]
    assert ana.post("/v1/suppressions", json={"entity_ref": reference, **ALWAYS}).status_code in (201, 409)

    ended = ana.post(f"/v1/suppressions/{name}/end", json={"at_ms": 1})

    assert ended.json()["alerts_changed"] == 1
    assert row(server.home, covered)["status"] == "open"
    assert name in [one["suppression_id"] for one in ana.get("/v1/suppressions?state=ended").json()["items"]]


def test_the_running_engine_takes_it_up_at_once(server: Server, ana: httpx2.Client) -> None:
    """A hundred calls of one caller within a minute: alerts of some rule, in the queue before it and not after it."""

    def statuses(turn: int) -> set[str]:
        caller, at_ms = f"3165550000{turn}", 1_767_225_600_000 + turn * 3_600_000
        events = [event | {"caller": caller, "callee": f"88213{n:06}"} for n, event in enumerate(calls(1, 100, at_ms))]
        after = calls(101, 2, at_ms + 300_000)
        records = [event | {"event_id": f"{turn}{n:031x}"} for n, event in enumerate([*events, *after])]
        assert ana.post("/v1/events?source=burst", content=ndjson(records), headers=NDJSON).json()["accepted"] == 102
        asked = {"filter": f"entity = '{caller}' AND status <> ''"}
        for _ in range(100):
            if found := ana.get("/v1/alerts", params=asked).json()["items"]:
                return {one["status"] for one in found}
            time.sleep(0.1)
        return set()

    assert statuses(1) == {"open"}
    ana.post("/v1/suppressions", json={"entity_kind": "caller", "entity": "316555*", **ALWAYS})
    assert statuses(2) == {"suppressed"}


def test_a_preview_says_how_much_confirmed_fraud_it_would_have_kept_back(server: Server, ana: httpx2.Client) -> None:
    ids = [raised(server.home, f"p{n}", entity="4479000", target="x", detector="preview") for n in range(3)]
    ana.patch(f"/v1/alerts/{ids[1]}", json={"disposition": "fraud"}, headers={"if-match": "*"})

    found = ana.post("/v1/suppressions/preview", json={"target": "preview", "entity": "44*", "days": 366 * 1, **ALWAYS})

    assert found.status_code == 200
    told = found.json()
    if told["from_ms"] <= 1_500:  # the other tests raise alerts of a later time
        assert (told["alerts"], told["confirmed_fraud"], told["decided"]) == (3, 1, 1)
        assert told["sample"][0]["alert_id"] == ids[1]


def test_a_tenant_suppresses_and_sees_its_own_alone(server: Server, ana: httpx2.Client, acme: httpx2.Client) -> None:
    mine = raised(server.home, "mine", entity="999", tenant="acme")
    theirs = raised(server.home, "theirs", entity="999", tenant="other")

    made = acme.post("/v1/suppressions", json={"entity_kind": "caller", "entity": "999", **ALWAYS}).json()
    of_all = ana.post("/v1/suppressions", json={"entity": "not there", **ALWAYS}).json()

    assert made["tenant"] == "acme"
    assert [row(server.home, one)["status"] for one in (mine, theirs)] == ["suppressed", "open"]
    assert acme.get(f"/v1/suppressions/{of_all['suppression_id']}").status_code == 404
    assert acme.post(f"/v1/suppressions/{of_all['suppression_id']}/end", json={}).status_code == 404
    seen = [one["suppression_id"] for one in acme.get("/v1/suppressions?state=all").json()["items"]]
    assert seen == [made["suppression_id"]]


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "all of it", "ends_at_ms": LATER_MS},
        {"entity": "1", "reason": " ", "ends_at_ms": LATER_MS},
        {"entity": "1", "reason": "no end"},
        {"entity": "1", "reason": "over", "ends_at_ms": 5, "created_at_ms": 6},
        {"entity_ref": "beef", "reason": "nobody", "ends_at_ms": LATER_MS},
    ],
)
def test_a_suppression_without_sense_is_refused(ana: httpx2.Client, body: dict[str, Any]) -> None:
    assert ana.post("/v1/suppressions", json=body).status_code == 422


def test_views_are_saved_shared_changed_and_removed(server: Server, ana: httpx2.Client, acme: httpx2.Client) -> None:
    body = {"name": "Night shift", "filter": "fraud = 'irsf' AND money_micros > 5", "shared": True}
    made = acme.post("/v1/views", json=body)
    name, tag = made.json()["view_id"], made.headers["etag"]

    assert made.status_code == 201
    assert acme.post("/v1/views", json=body).status_code == 409
    assert acme.post("/v1/views", json=body | {"name": "x", "filter": "frud = 'x'"}).json()["code"] == "RF7020"
    assert ana.get(f"/v1/views/{name}").json()["filter"] == body["filter"]
    with server.client(*PERMISSIONS, tenant="other") as other:
        assert other.get(f"/v1/views/{name}").status_code == 404
        assert not other.get("/v1/views").json()["items"]

    changed = acme.put(f"/v1/views/{name}", json=body | {"sort": "newest"}, headers={"if-match": tag})
    assert changed.json()["sort"] == "newest"
    assert acme.put(f"/v1/views/{name}", json=body, headers={"if-match": tag}).status_code == 412
    assert acme.delete(f"/v1/views/{name}").status_code == 428
    assert acme.delete(f"/v1/views/{name}", headers={"if-match": changed.headers["etag"]}).status_code == 204
    assert acme.get(f"/v1/views/{name}").status_code == 404
