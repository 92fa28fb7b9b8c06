"""A verdict on one event before it happens, as the stream would give it, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import httpx2
import pytest

from ringfence.events.clock import SystemClock

from .serving import Server, served

RULES = """
[[rule]]
id = "burst"
title = "Three calls in five minutes"
fraud = "call_selling"
on = ["call"]
entity = "caller"
when = "calls_5m >= 3"
severity = "high"
evidence = 2
gap = "1h"

[[rule]]
id = "to_range"
title = "A call into the range"
fraud = "irsf"
on = ["call"]
entity = "range"
when = "callee_range = '90'"
severity = "medium"

[[rule]]
id = "quietly"
title = "All calls"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "calls_5m >= 1"
severity = "critical"
status = "shadow"

[[rule]]
id = "loud"
title = "A call to the number"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "callee = '90312000009'"
severity = "critical"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with rules of its own."""
    home = tmp_path_factory.mktemp("score") / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.toml").write_text(RULES)
    (home / "ringfence.toml").write_text("[rules]\nshipped = false\n")
    with served(home) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx2.Client]:
    """One who may ask, and send records."""
    with server.client("score.ask", "events.write", "balance.read", "numbers.reveal") as asker:
        yield asker


def call(caller: str, callee: str = "31201112233", **more: Any) -> dict[str, Any]:
    """An answered call."""
    return {"kind": "call", "caller": caller, "callee": callee, "duration_ms": 30_000, "answered": True, **more}


def ask(client: httpx2.Client, event: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The verdict on an event."""
    answer = client.post("/v1/score", json=event, params=options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_stranger_who_does_nothing_remarkable_is_let_through(client: httpx2.Client) -> None:
    found = ask(client, call("31600000001"))

    assert found["verdict"] == "allow"
    assert found["alerts"] == found["reasons"] == []
    assert found["score"] is found["fraud"] is found["severity"] is None
    assert found["known"] is False
    assert found["money"]["charge_micros"] == found["money"]["money_micros"] > 0
    assert found["money"]["currency"] == "EUR"
    assert found["degraded"] is False
    assert found["detectors"] == ["rules", "own_baseline"]
    assert found["took_us"] > 0


@pytest.mark.parametrize(
    ("callee", "verdict", "detector"), [("90312000001", "review", "to_range"), ("90312000009", "block", "loud")]
)
def test_the_verdict_follows_the_severity_of_the_worst_rule_that_is_heard(
    client: httpx2.Client, callee: str, verdict: str, detector: str
) -> None:
    found = ask(client, call("31600000002", callee))

    assert found["verdict"] == verdict
    worst = next(alert for alert in found["alerts"] if alert["detector"] == detector)
    assert worst["is_raised"]
    assert (found["score"], found["fraud"], found["severity"]) == (worst["score"], "irsf", worst["severity"])
    assert found["reasons"]
    assert "quietly" not in {alert["detector"] for alert in found["alerts"]}


def test_numbers_are_masked_unless_a_reason_is_given(client: httpx2.Client) -> None:
    masked = client.post("/v1/score", json=call("31600000002", "90312000009"))
    clear = client.post("/v1/score", json=call("31600000002", "90312000009"), headers={"Ringfence-Reason": "ticket 1"})

    assert "31600000002" not in masked.text
    assert "90312000009" not in masked.text
    assert {a["entity"] for a in clear.json()["alerts"] if a["entity_kind"] == "caller"} == {"31600000002"}


def test_a_question_leaves_no_trace_and_an_event_that_is_kept_counts_once(client: httpx2.Client) -> None:
    caller = "31600000003"
    before = balance(client)
    asked = [ask(client, call(caller)) for _ in range(5)]
    assert {found["known"] for found in asked} == {False}
    assert balance(client) == before

    now_ms = SystemClock().now_ms() - 60_000
    event = call(caller, event_id="ab" * 16, at_ms=now_ms)
    kept = [ask(client, event, keep="true", deadline_ms=10_000)["outcome"] for _ in range(2)]

    assert kept == ["accepted", "duplicate"]
    assert balance(client)["received"] == before.get("received", 0) + 2
    assert balance(client)["accepted"] == before.get("accepted", 0) + 1


def balance(client: httpx2.Client) -> dict[str, Any]:
    """The counters of the source of kept questions."""
    found = client.get("/v1/balance").json()
    return next((row for row in found if row["source"] == "score"), {})


def test_evidence_adds_up_over_what_was_kept_and_is_what_the_stream_then_raises(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.toml").write_text(RULES)
    (home / "ringfence.toml").write_text('[rules]\nshipped = false\n[engine]\nlateness_live = "0s"\n')
    began_ms = SystemClock().now_ms() - 120_000
    with served(home) as server, server.client("score.ask", "events.write", "alerts.read") as client:
        told = []
        for number in range(4):
            event = call("31600000004", at_ms=began_ms + 1_000 * number, event_id=f"{number + 1:032x}")
            told.append(ask(client, event, keep="true", deadline_ms=10_000))
            wait_until(client, began_ms + 1_000 * number)
        bursts = [next((a for a in one["alerts"] if a["detector"] == "burst"), None) for one in told]

        assert [one and one["matches"] for one in bursts] == [None, None, 1, 2]
        assert [one and one["is_raised"] for one in bursts] == [None, None, False, True]
        assert [one["verdict"] for one in told] == ["allow", "allow", "allow", "block"]
        assert [one["known"] for one in told] == [False, True, True, True]
        assert bursts[3] is not None
        assert server.end() == 0
    with served(home) as server, server.client("alerts.read") as client:
        raised = [
            alert["alert_id"] for alert in client.get("/v1/alerts").json()["items"] if alert["detector"] == "burst"
        ]
        assert raised == [bursts[3]["alert_id"]]


def wait_until(client: httpx2.Client, at_ms: int) -> None:
    """Wait until the stream has counted the events up to a moment."""
    for _ in range(600):
        if (ask(client, call("31699999999"))["as_of_ms"] or 0) >= at_ms:
            return
        sleep(0.05)
    raise AssertionError("the engine does not go on")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "RF2003"),
        (b"[]", "RF2003"),
        (b'{"at_ms": "soon"}', "RF2009"),
        (b'{"at_ms": 99999999999999}', None),
        (b'{"kind": "song"}', None),
        (b'{"duration_ms": -1}', None),
        (b'{"event_id": "1"}', None),
        (b"\xff\xfe", None),
        (b'{"caller": "' + b"1" * 5_000 + b'"}', None),
    ],
)
def test_what_is_no_event_is_refused_with_the_code_of_suspense(
    client: httpx2.Client, body: bytes, code: str | None
) -> None:
    for params in ({}, {"on_failure": "allow"}):
        answer = client.post("/v1/score", content=body, params=params, headers={"content-type": "application/json"})

        assert 400 <= answer.status_code < 500, answer.text
        assert answer.json()["code"].startswith("RF")


@pytest.mark.parametrize(
    "query", ["keep=maybe", "on_failure=shrug", "deadline_ms=0", "deadline_ms=x", "deadline_ms=99999"]
)
def test_an_option_that_cannot_be_read_is_named(client: httpx2.Client, query: str) -> None:
    answer = client.post(f"/v1/score?{query}", json=call("31600000001"))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/" + query.partition("=")[0]


def test_only_who_may_ask_is_answered(server: Server) -> None:
    with server.client() as nobody, server.client("events.write") as other:
        assert nobody.post("/v1/score", json=call("31600000001")).status_code == 401
        assert other.post("/v1/score", json=call("31600000001")).status_code == 403


def test_a_tenants_event_meets_only_what_is_known_of_that_tenant(server: Server) -> None:
    event = call("31600000005", at_ms=SystemClock().now_ms() - 60_000)
    with server.client("score.ask", "events.write", tenant="acme") as acme, server.client("score.ask") as other:
        for number in range(2):
            kept = ask(acme, {**event, "event_id": f"{number + 100:032x}"}, keep="true", deadline_ms=10_000)
            assert kept["outcome"] in ("accepted", "late")

        assert ask(other, {**event, "tenant": "acme"})["known"] == ask(acme, event)["known"]
        assert ask(other, event)["known"] is False
        assert ask(acme, {**event, "tenant": "other"})["known"] == ask(acme, event)["known"]


def test_without_an_engine_the_answer_is_that_of_a_failure(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with served(home, "--role", "api") as server, server.client("score.ask") as client:
        refused = client.post("/v1/score", json=call("31600000001"))
        instead = [
            ask(client, call("31600000001"), on_failure=what, keep=keep)
            for what in ("allow", "block")
            for keep in (True, False)
        ]

    assert refused.status_code == 503
    assert refused.json()["code"] == "RF7017"
    assert [one["verdict"] for one in instead] == ["allow", "allow", "block", "block"]
    assert all(one["degraded"] and one["degraded_reason"].startswith("RF7017") for one in instead)


def test_a_verdict_stands_although_it_is_not_known_in_time_whether_the_event_is_kept(client: httpx2.Client) -> None:
    found = ask(client, call("31600000007", "90312000001"), keep="true", deadline_ms=5)

    assert found["verdict"] == "review"
    assert found["degraded"] is (found["outcome"] is None)


def test_lines_and_objects_over_several_lines_are_the_same_event(client: httpx2.Client) -> None:
    event = call("31600000006", "90312000001")
    several = client.post(
        "/v1/score", content=json.dumps(event, indent=2), headers={"content-type": "application/json"}
    )
    line = client.post("/v1/score", content=json.dumps(event) + "\n", headers={"content-type": "application/x-ndjson"})

    assert several.status_code == line.status_code == 200
    assert several.json()["alerts"][0]["detector"] == line.json()["alerts"][0]["detector"] == "to_range"
    assert client.post("/v1/score", content=b"a,b", headers={"content-type": "text/csv"}).status_code == 415
