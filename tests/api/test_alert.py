"""One alert: what is told of it, what people decide about it, and what they see of each other's decisions."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from .alerts import alert, keep, row
from .serving import Server

PERMISSIONS = ("alerts.read", "alerts.decide")


@pytest.fixture
def one(server: Server, request: pytest.FixtureRequest) -> str:
    """The id of an alert of the test's own."""
    made = alert(request.node.name, entity=f"3161{abs(hash(request.node.name)) % 10**7:07}", tenant="acme")
    keep(server.home, [made])
    return str(made.document["alert_id"])


@pytest.fixture(scope="module")
def ana(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*PERMISSIONS) as client:
        yield client


@pytest.fixture(scope="module")
def bob(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*PERMISSIONS, tenant="acme") as client:
        yield client


@pytest.fixture(scope="module")
def other(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*PERMISSIONS, tenant="other") as client:
        yield client


def decide(client: httpx2.Client, alert_id: str, tag: str = "*", **change: Any) -> httpx2.Response:
    return client.patch(f"/v1/alerts/{alert_id}", json=change, headers={"if-match": tag})


def test_an_alert_is_told_with_what_may_be_done_with_it(one: str, ana: httpx2.Client) -> None:
    found = ana.get(f"/v1/alerts/{one}").json()

    assert found["headline"].startswith("+3161")
    assert "*" in found["entity"]
    assert found["capabilities"]["decide"]
    assert not found["capabilities"]["reopen"]
    assert not found["capabilities"]["suppress"]
    assert found["explanation"]["score_points"] == 500
    parts = [part["points"] or 0 for part in found["explanation"]["reasons"]]
    assert found["explanation"]["base_points"] + sum(parts) == 500


@pytest.mark.parametrize(
    ("change", "status", "disposition"),
    [
        ({"disposition": "fraud", "disposition_reason": "irsf"}, "confirmed", "fraud"),
        ({"disposition": "not_fraud", "note": "our own test"}, "dismissed", "not_fraud"),
        ({"disposition": "unsure"}, "investigating", "unsure"),
        ({"status": "confirmed"}, "confirmed", "fraud"),
        ({"status": "investigating"}, "investigating", None),
        ({"assignee": "ana", "watched": True}, "open", None),
    ],
)
def test_a_disposition_sets_the_status_and_a_status_the_disposition(
    one: str, ana: httpx2.Client, change: dict[str, Any], status: str, disposition: str | None
) -> None:
    told = decide(ana, one, **change)

    assert told.status_code == 200, told.text
    assert (told.json()["status"], told.json()["disposition"]) == (status, disposition)
    assert told.json()["reviewed"] == (status != "open")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "confirmed", "disposition": "not_fraud"}, "RF3053"),
        ({"disposition": "fraud", "disposition_reason": "test_traffic"}, "RF3053"),
        ({"disposition_reason": "irsf"}, "RF3053"),
        ({"status": "suppressed"}, "RF7005"),
        ({"nothing": 1}, "RF7005"),
    ],
)
def test_what_does_not_fit_changes_nothing(one: str, ana: httpx2.Client, change: dict[str, Any], code: str) -> None:
    before = ana.get(f"/v1/alerts/{one}")

    told = decide(ana, one, **change)

    assert (told.status_code, told.json()["code"]) == (422, code)
    assert ana.get(f"/v1/alerts/{one}").headers["etag"] == before.headers["etag"]


def test_the_second_of_two_people_gets_a_conflict_and_sees_who_changed_what(
    one: str, ana: httpx2.Client, bob: httpx2.Client
) -> None:
    tag = ana.get(f"/v1/alerts/{one}").headers["etag"]
    assert bob.get(f"/v1/alerts/{one}").headers["etag"] == tag
    decide(bob, one, tag, assignee="bob")
    decide(bob, one, disposition="fraud")

    told = decide(ana, one, tag, disposition="not_fraud")

    assert (told.status_code, told.json()["code"]) == (412, "RF7009")
    assert told.json()["current"]["status"] == "confirmed"
    changed = {found["field"]: (found["then"], found["now"]) for found in told.json()["changed"]}
    assert changed["assignee"] == (None, "bob")
    assert changed["disposition"] == (None, "fraud")
    assert {found["by"] for found in told.json()["changed"]} == {"key:test"}
    assert decide(ana, one, told.headers["etag"], disposition="not_fraud").status_code == 200
    assert ana.patch(f"/v1/alerts/{one}", json={"watched": True}).status_code == 428


def test_a_growing_episode_is_no_conflict(server: Server, one: str, ana: httpx2.Client) -> None:
    tag = ana.get(f"/v1/alerts/{one}").headers["etag"]
    before = row(server.home, one)
    keep(server.home, [alert(test_a_growing_episode_is_no_conflict.__name__, episode_end_ms=9_000, matches=40)])

    assert row(server.home, one)["matches"] == before["matches"] + 38
    assert decide(ana, one, tag, disposition="fraud").status_code == 200


def test_a_watched_alert_opens_again_when_its_episode_goes_on_and_not_when_it_is_told_again(
    server: Server, one: str, ana: httpx2.Client
) -> None:
    def told_of(matches: int, end_ms: int) -> str:
        name = test_a_watched_alert_opens_again_when_its_episode_goes_on_and_not_when_it_is_told_again.__name__
        keep(server.home, [alert(name, episode_end_ms=end_ms, matches=matches)])
        return str(ana.get(f"/v1/alerts/{one}").json()["status"])

    tag = decide(ana, one, disposition="not_fraud", watched=True).headers["etag"]

    assert told_of(1, 1_500) == "dismissed"  # a run that was killed tells it again from its beginning
    assert told_of(2, 2_000) == "dismissed"
    assert told_of(3, 2_500) == "open"
    told = decide(ana, one, tag, disposition="fraud")
    assert told.status_code == 412
    assert [found["now"] for found in told.json()["changed"] if found["field"] == "status"] == ["open"]
    actions = [act["action"] for act in ana.get(f"/v1/alerts/{one}/timeline").json()["items"]]
    assert actions == [
        "episode.began", "alert.raised", "episode.last_match", "alert.decided", "alert.reopened_by_itself",
    ]  # fmt: skip


def test_an_alert_of_another_tenant_is_not_there(one: str, other: httpx2.Client) -> None:
    assert other.get(f"/v1/alerts/{one}").status_code == 404
    assert decide(other, one, watched=True).status_code == 404
    assert other.get(f"/v1/alerts/{one}/timeline").status_code == 404
    assert not other.get("/v1/alerts", params={"filter": f"alert_id = '{one}'"}).json()["items"]
