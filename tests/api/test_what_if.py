"""What-if over HTTP: on a server that is taking records in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.engines.workload import traffic
from tests.wiring.trying import rule

from .serving import Server, served
from .test_events import NDJSON, ndjson

RULE = rule("callees_24h >= 10 AND calls_24h >= 12", id="busy", severity="high", evidence=2, gap="6h")
OTHER = RULE.replace("busy", "other")
QUIET = rule("calls_24h >= 1000000", id="quiet")
ASK = "/v1/what-ifs"
LATER_MS = 5 * 86_400_000


def records(tenant: str | None = None) -> list[dict[str, Any]]:
    frame = traffic(subscribers=150, days=2, seed=5)
    rows = [{n: v for n, v in row.items() if v is not None} for row in frame.to_dicts()]
    for row in rows:
        row["event_id"] = row["event_id"].hex() if tenant is None else row["event_id"][::-1].hex()
        row.pop("source", None)
        if tenant:  # days later: older events than the engine has passed would be late
            row |= {"tenant": tenant, "at_ms": row["at_ms"] + LATER_MS, "start_ms": row["start_ms"] + LATER_MS}
    return rows


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one rule of its own that has taken two days' records in, half of them in no checkpoint yet."""
    home = tmp_path_factory.mktemp("served") / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.toml").write_text(RULE)
    (home / "ringfence.toml").write_text('[engine]\ncheckpoint_every = "1h"\ncheckpoint_events = 12000\n')
    with served(home) as running:
        for key, source in ((None, "one"), ("acme", "two")):
            with running.client("events.write", tenant=key) as client:
                rows = records(key)
                for first in range(0, len(rows), 4_000):
                    body = ndjson(rows[first : first + 4_000])
                    where = f"/v1/events?source={source}&details=rejected"
                    assert client.post(where, content=body, headers=NDJSON).status_code == 202
        with running.client("rules.read", tenant="acme") as client:
            while not done(client, rules=QUIET)["history"]["events"]:  # the first source is waited for a while
                time.sleep(0.2)
        yield running


def done(client: httpx2.Client, **question: Any) -> dict[str, Any]:
    answer = client.post(ASK, params={"wait": 30}, json={"days": 3_660, **question})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "done", answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


def test_it_says_of_a_rule_in_force_what_the_running_engine_has_raised(server: Server) -> None:
    with server.client("rules.read", "alerts.read") as client:
        for _ in range(50):
            result = done(client, rules=RULE)
            was = client.get("/v1/alerts", params={"limit": 500, "filter": "detector = 'busy'"}).json()["items"]
            if len(was) == result["total"]["alerts"]:
                break
            time.sleep(0.2)  # alerts are told half a second after they are raised

    assert len(was) == result["total"]["alerts"] > 5
    assert sum(alert["money_micros"] for alert in was) == result["total"]["money_micros"]
    assert result["exact"], result["why_not"]
    told = {alert["alert_id"]: alert for alert in was}
    for sample in result["samples"]:
        same = ("episode_start_ms", "episode_end_ms", "events", "matches", "money_micros", "score", "entity")
        assert {n: told[sample["alert_id"]][n] for n in same} == {n: sample[n] for n in same}
        assert [r["text"] for r in sample["reasons"]]
    assert result["rules"][0]["present"] == {
        "alerts": len(was),
        "gone": result["rules"][0]["present"]["gone"] | {"alerts": 0, "money_micros": 0},
    }


def test_a_changed_rule_is_compared_with_what_it_was(server: Server) -> None:
    with server.client("rules.read") as client:
        result = done(client, rules=RULE.replace(">= 10", ">= 14"))
        again = done(client, rules=OTHER)

    (row,) = result["rules"]
    assert 0 < row["alerts"] < row["present"]["alerts"]
    assert row["present"]["gone"]["alerts"] > 0
    busy = {one["detector"]: one for one in again["overlap"]}["busy"]
    assert busy["alerts"] == again["total"]["alerts"]  # the same rule by another name sees nothing that is new
    assert again["new"]["alerts"] == 0


def test_what_people_decided_divides_the_hits_and_nothing_is_made_up(server: Server) -> None:
    with server.client("rules.read", "alerts.read", "alerts.decide") as client:
        before = done(client, rules=OTHER)
        was = client.get("/v1/alerts", params={"filter": "detector = 'busy'"}).json()["items"][:2]
        for alert, status in zip(was, ("fraud", "not_fraud"), strict=True):
            one = client.get(f"/v1/alerts/{alert['alert_id']}")
            body = {"disposition": status, "disposition_reason": "other", "note": "looked at"}
            decided = client.patch(one.url, json=body, headers={"if-match": one.headers["etag"]})
            assert decided.status_code == 200, decided.text
        after = done(client, rules=OTHER)

    assert before["labels"] == {"labelled": 0, "unlabelled": before["total"]["alerts"], "coverage": 0}
    assert after["total"]["confirmed"]["alerts"] >= 1
    assert after["total"]["false"]["alerts"] >= 1
    labelled = after["total"]["confirmed"]["alerts"] + after["total"]["false"]["alerts"]
    assert after["labels"]["labelled"] == labelled
    assert after["labels"]["coverage"] == labelled / after["total"]["alerts"]
    for part in ("confirmed", "false", "unlabelled"):
        for what in ("alerts", "money_micros"):
            assert sum(day[part][what] for day in after["days"]) == after["total"][part][what]


def test_a_tenant_sees_what_the_rule_would_have_done_to_its_own_events(server: Server) -> None:
    listed = rule("on_list(callee, 'dear')", id="listed")
    with server.client("rules.read") as all_of_it, server.client("rules.read", tenant="acme") as acme:
        whole, own = done(all_of_it, rules=RULE), done(acme, rules=RULE)
        named = done(all_of_it, rules=RULE, tenant="acme")
        hers = all_of_it.post(ASK, params={"wait": 30}, json={"rules": RULE}).json()["what_if_id"]
        mine = acme.post(ASK, params={"wait": 30}, json={"rules": RULE}).json()["what_if_id"]
        foreign = acme.post(ASK, json={"rules": RULE, "tenant": "other"})
        seen = [acme.get(f"{ASK}/{one}").status_code for one in (mine, hers)]
        gone = acme.delete(f"{ASK}/{hers}").status_code
        ids = {one["what_if_id"] for one in acme.get(ASK).json()["items"]}
        lists = acme.post(ASK, json={"rules": listed})

    assert own == named
    assert 0 < own["total"]["alerts"] < whole["total"]["alerts"]
    assert 0 < own["history"]["events"] < whole["history"]["events"]
    assert {sample["tenant"] for sample in own["samples"]} == {"acme"}
    assert (seen, gone, foreign.status_code) == ([200, 404], 404, 404)
    assert mine in ids
    assert hers not in ids
    assert lists.status_code == 422  # what is on lists is not for tenants


def test_numbers_are_masked_and_told_to_those_who_may_and_say_why(server: Server) -> None:
    with server.client("rules.read", "numbers.reveal") as client:
        answer = client.post(ASK, params={"wait": 30}, json={"rules": RULE}).json()
        clear = client.get(f"{ASK}/{answer['what_if_id']}", headers={"ringfence-reason": "ticket 1"}).json()

    hidden, told = answer["result"]["samples"][0], clear["result"]["samples"][0]
    assert hidden["entity"].endswith("***")
    assert hidden["entity_ref"] == told["entity_ref"]
    assert told["entity"].isdecimal()


def test_wrong_rules_are_told_as_rules_check_tells_them(server: Server) -> None:
    with server.client("rules.read") as client:
        answer = client.post(ASK, json={"rules": RULE.replace("calls_24h", "cals_24h")})
        empty = client.post(ASK, json={"rules": ""})
        curve = client.post(ASK, json={"rules": RULE, "curve": {"column": "messages_1h"}})
        missing = client.get(f"{ASK}/{'0' * 32}")
        days = client.post(ASK, json={"rules": RULE, "days": 0})

    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert (problem["line"], problem["column"] > 1, "calls_24h" in problem["cure"]) == (7, True, True)
    assert [one.status_code for one in (empty, curve, missing, days)] == [422, 422, 404, 422]
    assert "callees_24h >= 10" in curve.json()["detail"]


def test_who_may_not_read_rules_may_not_try_any(server: Server) -> None:
    with server.client("alerts.read") as client, server.client() as nobody:
        codes = [client.post(ASK, json={"rules": RULE}).status_code, client.get(ASK).status_code]
        codes.append(nobody.post(ASK, json={"rules": RULE}).status_code)

    assert codes == [403, 403, 401]


def test_a_job_is_found_by_its_address_and_forgotten_when_it_is_deleted(server: Server) -> None:
    with server.client("rules.read") as client:
        begun = client.post(ASK, json={"rules": QUIET})
        where = begun.headers["location"]
        answer = client.get(where, params={"wait": 30}).json()
        deleted = client.delete(where)
        after = client.get(where)

    assert begun.status_code in (200, 202)
    assert (answer["status"], answer["progress"], answer["result"]["total"]["alerts"]) == ("done", 1, 0)
    assert answer["result"]["labels"]["coverage"] is None
    assert (deleted.status_code, after.status_code) == (200, 404)
