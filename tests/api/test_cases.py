"""Cases over HTTP: opened, changed, merged, split, watched; what is put beside them; whose they are."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ringfence.settings import Settings
from ringfence.wiring.workplace import workplace

from .serving import Server, served
from .stories import START_MS, burst, send, until, with_rules

CALLERS = [f"3161234567{n}" for n in range(8)]
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with with_rules(tmp_path_factory.mktemp("cases") / "home") as running:
        for n, caller in enumerate(CALLERS):
            send(running, burst(1000 * n, caller, START_MS + n * 3_600_000, device=f"dev{n}"))
        for n, tenant in enumerate(("acme", "zeta")):
            send(running, burst(90_000 + 100 * n, "31600000001", START_MS + (10 + n) * 3_600_000), tenant=tenant)
        with running.client("alerts.read") as client:
            until(lambda: len(client.get("/v1/alerts?limit=500").json()["items"]) >= 18)
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client("cases.read", "cases.write", "alerts.read") as made:
        yield made


def on_numbers(server: Server) -> list[dict[str, Any]]:
    """Return the alerts with their numbers in clear."""
    with workplace(Settings.load(server.home, {})) as place:
        return place.alerts.list()


@pytest.fixture(scope="module")
def alerts(server: Server) -> dict[str, str]:
    """Return the ids of the alerts by their entity."""
    return {f"{alert['tenant'] or ''}{alert['entity']}": alert["alert_id"] for alert in on_numbers(server)}


def opened(client: httpx2.Client, title: str, *alerts: str) -> dict[str, Any]:
    answer = client.post("/v1/cases", json={"title": title, "alerts": list(alerts)})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def ids(case: dict[str, Any]) -> set[str]:
    return {alert["alert_id"] for alert in case["alerts"]}


@pytest.fixture
def fresh(client: httpx2.Client, server: Server) -> Iterator[None]:
    """Take all alerts out of their cases afterwards."""
    yield
    cursor = ""
    while cursor is not None:
        page = client.get(f"/v1/cases?limit=200{cursor}").json()
        for case in page["items"]:
            for alert_id in ids(client.get(f"/v1/cases/{case['case_id']}").json()):
                client.delete(f"/v1/cases/{case['case_id']}/alerts/{alert_id}", headers={"If-Match": "*"})
        cursor = page["next"] and f"&cursor={page['next']}"


@pytest.mark.usefixtures("fresh")
def test_a_case_holds_its_alerts_their_entities_and_their_money(client: httpx2.Client, alerts: dict[str, str]) -> None:
    wanted = [alerts[CALLERS[0]], alerts["dev0"], alerts[CALLERS[1]]]
    case = opened(client, "far away", *wanted)

    assert ids(case) == set(wanted)
    assert {(one["entity_kind"], one["entity"]) for one in case["entities"]} == {
        ("caller", "31612******"), ("device", "dev0"),
    }  # fmt: skip
    assert case["money"] == [
        {
            "currency": "EUR",
            "money_micros": sum(alert["money_micros"] for alert in case["alerts"]),
            "money_per_hour_micros": sum(alert["money_per_hour_micros"] for alert in case["alerts"]),
            "expected_loss_micros": sum(alert["expected_loss_micros"] for alert in case["alerts"]),
        }
    ]
    assert case["money"][0]["money_micros"] >= 3 * 5 * 500_000
    assert {"barred", "carrier", "box", "innocent"} <= {one["item"] for one in case["checklist"]}
    assert (case["status"], case["opened_by"], case["assignee"]) == ("open", "key:test", None)


@pytest.mark.usefixtures("fresh")
def test_an_alert_is_in_one_case_at_most(client: httpx2.Client, alerts: dict[str, str]) -> None:
    first = opened(client, "first", alerts[CALLERS[0]])
    second = opened(client, "second", alerts[CALLERS[1]])

    answers = [
        client.post("/v1/cases", json={"title": "third", "alerts": [alerts[CALLERS[0]]]}),
        client.post(f"/v1/cases/{second['case_id']}/alerts", json={"alerts": [alerts[CALLERS[0]]]}),
        client.post(f"/v1/cases/{first['case_id']}/alerts", json={"alerts": [alerts[CALLERS[0]]]}),
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "RF7019")] * 3
    assert [case["title"] for case in client.get("/v1/cases").json()["items"][:2]] == ["second", "first"]  # no third


@pytest.mark.usefixtures("fresh")
def test_who_changes_a_case_says_what_they_saw(client: httpx2.Client, alerts: dict[str, str]) -> None:
    case = opened(client, "case", alerts[CALLERS[0]])
    address = f"/v1/cases/{case['case_id']}"
    tag = client.get(address).headers["etag"]

    bare = client.patch(address, json={"status": "watch"})
    first = client.patch(address, json={"status": "closed", "assignee": "ana"}, headers={"If-Match": tag})
    second = client.patch(address, json={"title": "mine"}, headers={"If-Match": tag})
    again = client.patch(address, json={"assignee": None}, headers={"If-Match": second.headers["etag"]})

    assert (bare.status_code, bare.json()["code"]) == (428, "RF7008")
    assert (first.status_code, first.json()["status"], first.json()["assignee"]) == (200, "closed", "ana")
    assert (second.status_code, second.json()["code"]) == (412, "RF7009")
    assert second.json()["current"]["status"] == "closed"
    assert again.json()["assignee"] is None


@pytest.mark.usefixtures("fresh")
def test_a_case_that_is_merged_gives_everything_away_and_points_to_where_it_went(
    client: httpx2.Client, alerts: dict[str, str]
) -> None:
    into, other, third = (opened(client, f"case {n}", alerts[CALLERS[n]]) for n in range(3))
    address = f"/v1/cases/{other['case_id']}"
    client.post(f"{address}/comments", json={"text": "from the other"})
    file = client.post(f"{address}/files?name=a.txt", content=b"content").json()
    client.post(f"/v1/cases/{other['case_id']}/merge", json={"cases": [third["case_id"]]})
    merged = client.post(f"/v1/cases/{into['case_id']}/merge", json={"cases": [other["case_id"]]})
    left = client.get(address).json()

    assert merged.status_code == 200, merged.text
    assert ids(merged.json()) == {alerts[CALLERS[n]] for n in range(3)}
    assert set(merged.json()["merged_cases"]) == {other["case_id"], third["case_id"]}
    assert (left["status"], left["merged_into"], left["alerts"]) == ("closed", into["case_id"], [])
    assert client.get(f"/v1/cases/{third['case_id']}").json()["merged_into"] == into["case_id"]
    assert client.get(f"/v1/cases/{into['case_id']}/files/{file['file_id']}").content == b"content"
    assert [c["text"] for c in client.get(f"/v1/cases/{into['case_id']}/comments").json()["items"]] == [
        "from the other"
    ]
    closed = [
        client.post(f"{address}/comments", json={"text": "late"}),
        client.post(f"{address}/merge", json={"cases": [into["case_id"]]}),
        client.post(f"/v1/cases/{into['case_id']}/merge", json={"cases": [other["case_id"]]}),
        client.post(f"/v1/cases/{into['case_id']}/merge", json={"cases": [into["case_id"]]}),
    ]
    assert {(a.status_code, a.json()["code"]) for a in closed} == {(409, "RF7019")}
    assert other["case_id"] not in {case["case_id"] for case in client.get("/v1/cases").json()["items"]}
    assert other["case_id"] in {case["case_id"] for case in client.get("/v1/cases?merged=true").json()["items"]}


@pytest.mark.usefixtures("fresh")
def test_a_case_that_is_split_keeps_the_rest(client: httpx2.Client, alerts: dict[str, str]) -> None:
    case = opened(client, "all", *(alerts[caller] for caller in CALLERS[:3]))
    address = f"/v1/cases/{case['case_id']}/split"

    made = client.post(address, json={"title": "part", "alerts": [alerts[CALLERS[1]]]})
    wrong = [
        client.post(address, json={"title": "part", "alerts": [alerts[CALLERS[5]]]}),
        client.post(address, json={"title": "part", "alerts": [alerts[CALLERS[0]], alerts[CALLERS[2]]]}),
    ]

    assert made.status_code == 201, made.text
    assert (ids(made.json()), made.json()["split_from"]) == ({alerts[CALLERS[1]]}, case["case_id"])
    assert ids(client.get(f"/v1/cases/{case['case_id']}").json()) == {alerts[CALLERS[0]], alerts[CALLERS[2]]}
    assert [answer.status_code for answer in wrong] == [409, 409]


def test_a_comment_names_whom_it_speaks_to(client: httpx2.Client) -> None:
    address = f"/v1/cases/{opened(client, 'talk')['case_id']}/comments"

    client.post(address, json={"text": "@ana and @ben.de, not me@work.org or @@x; @ana again: 31612345678"})
    said = client.get(address).json()["items"][0]

    assert said["mentions"] == ["ana", "ben.de"]
    assert "31612******" in said["text"]


def test_a_file_comes_back_as_it_was_and_only_to_be_saved(client: httpx2.Client, server: Server) -> None:
    case_id = opened(client, "files")["case_id"]
    content = b"<script>alert(1)</script>" + bytes(range(256))
    made = client.post(f"/v1/cases/{case_id}/files", params={"name": '..\\../ünïx "x";\r\n.html'}, content=content)
    again = client.post(f"/v1/cases/{case_id}/files", params={"name": "other.txt"}, content=content)
    got = client.get(f"/v1/cases/{case_id}/files/{made.json()['file_id']}")

    assert made.status_code == 201, made.text
    assert made.json()["file_id"] == again.json()["file_id"] == sha256(content).hexdigest()
    assert len(client.get(f"/v1/cases/{case_id}/files").json()["items"]) == 1
    assert got.content == content
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith('attachment; filename="')
    assert not set("/\\\r\n") & set(got.headers["content-disposition"].replace("UTF-8''", ""))
    assert (server.home / "cases" / case_id / made.json()["file_id"]).read_bytes() == content


@pytest.mark.parametrize("file_id", ["..%2f..%2fsecret.key", "%2e%2e", "0" * 64, "0" * 63 + "/", "secret.key"])
def test_no_other_file_can_be_reached(client: httpx2.Client, file_id: str) -> None:
    case_id = opened(client, "nothing")["case_id"]

    answers = [
        client.get(f"/v1/cases/{case_id}/files/{file_id}"),
        client.get(f"/v1/cases/{file_id}/files/{'0' * 64}"),
    ]

    assert all(answer.status_code in (404, 422) for answer in answers), [a.text for a in answers]


def test_a_file_is_small_enough_and_there_are_not_too_many(client: httpx2.Client) -> None:
    case_id = opened(client, "bounds")["case_id"]
    address = f"/v1/cases/{case_id}/files?name=x"

    large = client.post(address, content=b"x" * ((10 << 20) + 1))
    most = client.post(address, content=b"x" * (10 << 20))
    answers = [client.post(address, content=str(n).encode()) for n in range(100)]

    assert (large.status_code, large.json()["code"]) == (413, "RF7006")
    assert most.status_code == 201
    assert [answer.status_code for answer in answers] == [201] * 99 + [409]
    assert client.post(address, content=b"").status_code == 422


@pytest.mark.usefixtures("fresh")
def test_the_timeline_tells_every_act_and_alert_in_order(client: httpx2.Client, alerts: dict[str, str]) -> None:
    case = opened(client, "timeline", alerts[CALLERS[0]])
    address = f"/v1/cases/{case['case_id']}"
    client.post(f"{address}/comments", json={"text": "hello @ana"})
    client.put(f"{address}/checklist/barred", json={"done": True}, headers={"If-Match": "*"})
    client.patch(address, json={"status": "watch"}, headers={"If-Match": "*"})
    client.post(f"{address}/files?name=x", content=b"x")
    items = client.get(f"{address}/timeline").json()["items"]

    assert [one["what"] for one in items] == [
        "alert.began", "alert.raised", "alert.last_event", "case.opened", "comment", "case.ticked",
        "case.changed", "case.file_added",
    ]  # fmt: skip
    assert [one["at_ms"] for one in items] == sorted(one["at_ms"] for one in items)
    assert {one["by"] for one in items if one["clock"] == "machine"} == {"key:test"}
    checked = {one["item"]: one["done_by"] for one in client.get(address).json()["checklist"]}
    assert checked["barred"] == "key:test"
    assert checked["innocent"] is None


@pytest.mark.usefixtures("fresh")
def test_a_watched_case_is_opened_again_when_one_of_its_alerts_goes_on_or_another_is_raised_on_its_entity(
    client: httpx2.Client, server: Server, alerts: dict[str, str]
) -> None:
    at_ms, goes_on = START_MS + 20 * 3_600_000, "31687654321"
    send(server, burst(50_000, goes_on, at_ms))
    found = until(lambda: [a for a in on_numbers(server) if a["entity"] == goes_on])
    watched, new, quiet = (
        opened(client, "watch", one) for one in (found[0]["alert_id"], alerts[CALLERS[6]], alerts[CALLERS[7]])
    )

    def status(case: dict[str, Any]) -> tuple[str, str | None]:
        now = client.get(f"/v1/cases/{case['case_id']}").json()
        return now["status"], now["reopened"] and now["reopened"]["why"]

    for case in (watched, new, quiet):
        client.patch(f"/v1/cases/{case['case_id']}", json={"status": "watch"}, headers={"If-Match": "*"})
    assert [status(case) for case in (watched, new, quiet)] == [("watch", None)] * 3

    send(server, burst(51_000, goes_on, at_ms + 1_800_000, 1))
    send(server, burst(52_000, CALLERS[6], at_ms + DAY_MS))
    until(lambda: status(watched)[0] == "open" and status(new)[0] == "open")

    assert status(watched) == ("open", "extended")
    assert status(new) == ("open", "raised")
    assert status(quiet) == ("watch", None)
    items = client.get(f"/v1/cases/{new['case_id']}/timeline").json()["items"]
    assert [one["detail"]["why"] for one in items if one["what"] == "case.reopened"] == ["raised"]


@pytest.mark.usefixtures("fresh")
def test_a_case_is_of_one_tenant_who_alone_sees_it(
    client: httpx2.Client, server: Server, alerts: dict[str, str]
) -> None:
    own, foreign = alerts["acme31600000001"], alerts["zeta31600000001"]
    with server.client("cases.read", "cases.write", tenant="acme") as acme:
        case = opened(acme, "ours", own)
        theirs = opened(client, "theirs", foreign)
        mixed = client.post("/v1/cases", json={"title": "mixed", "alerts": [alerts["dev4"], foreign]})
        address = f"/v1/cases/{theirs['case_id']}"
        change = {"If-Match": "*"}
        refused = [
            acme.get(address),
            acme.patch(address, json={"status": "closed"}, headers=change),
            acme.get(f"{address}/timeline"),
            acme.get(f"{address}/comments"),
            acme.post(f"{address}/comments", json={"text": "x"}),
            acme.get(f"{address}/files"),
            acme.post(f"{address}/files?name=x", content=b"x"),
            acme.post(f"{address}/alerts", json={"alerts": [alerts[CALLERS[3]]]}),
            acme.delete(f"{address}/alerts/{foreign}", headers=change),
            acme.post(f"{address}/split", json={"title": "x", "alerts": [foreign]}),
            acme.post(f"/v1/cases/{case['case_id']}/merge", json={"cases": [theirs["case_id"]]}),
            acme.post(f"/v1/cases/{case['case_id']}/alerts", json={"alerts": [foreign]}),
            acme.post(f"/v1/cases/{case['case_id']}/alerts", json={"alerts": [alerts[CALLERS[3]]]}),
            acme.post("/v1/cases", json={"title": "x", "alerts": [foreign]}),
        ]

        assert (case["tenant"], theirs["tenant"]) == ("acme", "zeta")
        assert mixed.status_code == 409
        assert [(a.status_code, a.json()["code"]) for a in refused] == [(404, "RF3050")] * len(refused)
        assert acme.post("/v1/cases", json={"title": "x", "tenant": "zeta"}).status_code == 403
        assert {one["tenant"] for one in acme.get("/v1/cases").json()["items"]} == {"acme"}


def test_pages_of_cases_hold_each_once(client: httpx2.Client, server: Server) -> None:
    for n in range(7):
        opened(client, f"page {n}")
    found: list[int] = []
    cursor = ""
    while cursor is not None:
        page = client.get(f"/v1/cases?limit=3&merged=true{cursor}").json()
        found += [case["number"] for case in page["items"]]
        opened(client, "meanwhile")
        cursor = page["next"] and f"&cursor={page['next']}"

    assert found == list(range(max(found), 0, -1))
    forged = client.get("/v1/cases?cursor=AAAA")
    other = client.get(f"/v1/cases?status=open&cursor={client.get('/v1/cases?limit=1').json()['next']}")
    assert [(a.status_code, a.json()["code"]) for a in (forged, other)] == [(400, "RF7013")] * 2


def test_every_act_is_in_the_audit_log(client: httpx2.Client, server: Server) -> None:
    case_id = opened(client, "audited")["case_id"]
    client.post(f"/v1/cases/{case_id}/comments", json={"text": "x"})
    with workplace(Settings.load(server.home, {})) as place:
        rows = place.database.rows("SELECT by, action, detail FROM audit WHERE subject = ? ORDER BY seq", (case_id,))

    assert [(row["by"], row["action"]) for row in rows] == [("key:test", "case.opened"), ("key:test", "case.commented")]
    assert json.loads(rows[0]["detail"])["title"] == "audited"


def test_who_may_not_is_told_so(server: Server) -> None:
    with server.client("cases.read") as reader, server.client() as nobody:
        assert reader.post("/v1/cases", json={"title": "x"}).json()["code"] == "RF7002"
        assert nobody.get("/v1/cases").json()["code"] == "RF7001"


def test_nothing_of_a_case_is_lost_over_a_restart(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with with_rules(home) as server, server.client("cases.read", "cases.write") as client:
        case = opened(client, "kept")
        file = client.post(f"/v1/cases/{case['case_id']}/files?name=x", content=b"x").json()
        server.kill()
    with served(home) as server, server.client("cases.read") as client:
        assert client.get(f"/v1/cases/{case['case_id']}").json()["title"] == "kept"
        assert client.get(f"/v1/cases/{case['case_id']}/files/{file['file_id']}").content == b"x"
