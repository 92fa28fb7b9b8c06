"""Changes that are sent to other systems."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from ringfence.events.clock import FixedClock, SystemClock
from ringfence.settings import Settings
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.database import FILE_NAME, Database
from ringfence.wiring.delivering import GIVE_UP_MS, Courier, wait_ms
from ringfence.wiring.house import House
from ringfence.wiring.webhooks import Sealer, new_secret
from tests.stores.alerts import alert

from .receiving import Got, Receiver, receiver
from .serving import Server, served

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("served") / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text('[webhooks]\nallow_private = ["127.0.0.1"]\n')
    with served(home) as running:
        yield running


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client("webhooks.manage") as made:
        yield made


def raise_alert(home: Path, name: str, **changes: Any) -> str:
    with Database.open(home / FILE_NAME) as database:
        raised = alert(alert_id=f"{sum(map(ord, name)):032x}", entity="31612345678", **changes)
        AlertStore(database).upsert([raised])
        return str(raised.document["alert_id"])


def add(client: httpx2.Client, url: str, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def verified(secret: str, got: Got) -> Any:
    return Webhook(secret).verify(got.body, got.headers)


def test_an_alert_is_sent_once_signed_and_masked(server: Server, client: httpx2.Client, hooks: Receiver) -> None:
    made = add(client, hooks.url)
    alert_id = raise_alert(server.home, "signed")
    (got,) = hooks.wait_for(1)

    said = verified(made["secret"], got)
    assert (said["type"], said["data"]["alert_id"], said["data"]["entity"]) == ("alert.raised", alert_id, "31612******")
    assert said["data"]["entity_ref"]
    with pytest.raises(WebhookVerificationError):
        verified(new_secret(), got)
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(got.body.replace(b"raised", b"closed"), got.headers)


def test_a_secret_is_shown_once_and_two_are_valid_after_a_rotation(
    server: Server, client: httpx2.Client, hooks: Receiver
) -> None:
    made = add(client, hooks.url)
    address = f"/v1/webhooks/{made['webhook_id']}"
    rotated = client.post(f"{address}/secret").json()
    sent = client.post(f"{address}/test").json()
    (got,) = hooks.wait_for(1)

    assert (sent["state"], sent["log"][0]["status"]) == ("sent", 200)
    assert rotated["secret"] != made["secret"]
    for secret in (made["secret"], rotated["secret"]):
        assert verified(secret, got)["type"] == "webhook.test"
    shown = client.get(address).text + client.get("/v1/webhooks").text
    assert "whsec_" not in shown
    assert b"whsec_" not in (server.home / FILE_NAME).read_bytes()


def test_a_change_needs_to_say_of_what_and_a_removed_webhook_is_gone(client: httpx2.Client, hooks: Receiver) -> None:
    made = add(client, hooks.url, description="one")
    address = f"/v1/webhooks/{made['webhook_id']}"
    seen = client.get(address)
    bare = client.patch(address, json={"description": "two"})
    changed = client.patch(address, json={"description": "two"}, headers={"if-match": seen.headers["etag"]})
    late = client.patch(address, json={"description": "three"}, headers={"if-match": seen.headers["etag"]})
    removed = client.delete(address, headers={"if-match": changed.headers["etag"]})

    assert (bare.status_code, bare.json()["code"]) == (428, "RF7008")
    assert (changed.status_code, changed.json()["description"]) == (200, "two")
    assert (late.status_code, late.json()["current"]["description"]) == (412, "two")
    assert (removed.status_code, client.get(address).status_code) == (204, 404)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kinds": ["alert.praised"]}, "RF7005"),
        ({"kinds": []}, "RF7005"),
        ({"reveals": True}, "RF7002"),
        ({"url": "https://10.0.0.1/"}, "RF7025"),
        ({"url": 1}, "RF7005"),
        ({"surprise": 1}, "RF7005"),
        ({"filter": "fraud ="}, "RF7020"),
        ({"filter": "entity > '3161234'"}, "RF7020"),
    ],
)
def test_what_cannot_be_is_refused(client: httpx2.Client, hooks: Receiver, fields: dict[str, Any], code: str) -> None:
    answer = client.post("/v1/webhooks", json={"url": hooks.url} | fields)

    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] == code


def test_a_webhook_is_told_only_of_its_tenant_and_of_what_it_asked_for(server: Server, hooks: Receiver) -> None:
    with server.client("webhooks.manage", tenant="acme") as acme, server.client("webhooks.manage") as all_:
        made = add(acme, hooks.url, frauds=["irsf"])
        raise_alert(server.home, "theirs", tenant="beta", fraud="irsf")
        raise_alert(server.home, "other", tenant="acme", fraud="wangiri")
        mine = raise_alert(server.home, "mine", tenant="acme", fraud="irsf")
        (got,) = hooks.wait_for(1)
        with server.client("webhooks.manage", tenant="beta") as beta:
            foreign = beta.get(f"/v1/webhooks/{made['webhook_id']}")
            listed = beta.get("/v1/webhooks").json()["items"]
        log = acme.get(f"/v1/webhooks/{made['webhook_id']}/deliveries").json()

        assert json.loads(got.body)["data"]["alert_id"] == mine
        assert (foreign.status_code, listed) == (404, [])
        assert [one["subject"] for one in log["items"]] == [mine]
        assert made["webhook_id"] in {one["webhook_id"] for one in all_.get("/v1/webhooks").json()["items"]}


def test_a_filter_in_the_rule_language_decides_what_is_sent(
    server: Server, client: httpx2.Client, hooks: Receiver
) -> None:
    made = add(client, hooks.url, kinds=["alert.raised", "alert.changed"], filter="money_micros >= 70000000")
    raise_alert(server.home, "cheap", money_micros=1)
    dear = raise_alert(server.home, "dear", money_micros=70_000_000)
    hooks.wait_for(1)
    raise_alert(server.home, "dear", money_micros=70_000_000, status="suppressed")
    hooks.wait_for(2)

    assert {json.loads(got.body)["data"]["alert_id"] for got in hooks.got} == {dear}
    assert client.get(f"/v1/webhooks/{made['webhook_id']}").json()["filter"] == "money_micros >= 70000000"


def test_numbers_are_sent_unmasked_only_for_a_reason_that_is_kept(server: Server, hooks: Receiver) -> None:
    with server.client("webhooks.manage", "numbers.reveal") as client:
        client.headers["ringfence-reason"] = "blocks at the border"
        add(client, hooks.url, reveals=True)
    raise_alert(server.home, "clear")
    (got,) = hooks.wait_for(1)

    assert json.loads(got.body)["data"]["entity"] == "31612345678"
    with sqlite3.connect(server.home / FILE_NAME) as database:
        kept = database.execute("SELECT detail FROM audit WHERE action = 'numbers.revealed'").fetchall()
    database.close()
    assert any("blocks at the border" in detail for (detail,) in kept)


def test_a_redirect_is_not_followed_and_its_body_not_kept(client: httpx2.Client, hooks: Receiver) -> None:
    hooks.answers, hooks.headers = [302], {"location": hooks.url + "/elsewhere"}
    made = add(client, hooks.url)
    said = client.post(f"/v1/webhooks/{made['webhook_id']}/test").json()

    assert [one.path for one in hooks.got] == ["/hook"]
    assert (said["state"], said["log"][0]["status"], said["log"][0]["error"]) == ("dead", 302, None)


# From here on with a clock of the test's own: the waits of a day pass in a moment.


class Post:
    """A house without a server, whose webhooks are delivered step by step."""

    def __init__(self, house: House, clock: FixedClock, url: str) -> None:
        self.house, self.clock = house, clock
        self.courier: Courier = house.courier
        secret = Sealer(house.secret).seal("hook", new_secret())
        with house.writing() as place:
            place.webhooks.add(
                {
                    "webhook_id": "hook",
                    "tenant": None,
                    "url": url,
                    "description": "",
                    "kinds": ["alert.raised", "alert.changed"],
                    "frauds": [],
                    "severities": [],
                    "filter": "",
                    "reveals": False,
                    "enabled": True,
                    "created_by": "test",
                    "created_at_ms": 0,
                    "from_seq": place.changes.last(),
                    "secret": secret,
                }
            )

    def raise_alerts(self, *names: int, **changes: Any) -> None:
        with self.house.writing() as place:
            place.alerts.upsert([alert(alert_id=f"{name:032x}", **changes) for name in names])

    def step(self) -> None:
        self.courier.write_deliveries()
        for sending in self.courier.send_due():
            sending.result(20)

    def log(self, state: str | None = None) -> list[dict[str, Any]]:
        with self.house.reading() as place:
            found = place.webhooks.deliveries("hook", state=state, before=1 << 62, limit=1_000)
            return [place.webhooks.delivery("hook", one["delivery_id"]) or {} for one in reversed(found)]

    def hook(self) -> dict[str, Any]:
        with self.house.reading() as place:
            found = place.webhooks.get("hook")
        assert found
        return found


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Callable[[str], Post]]:
    (tmp_path / "ringfence.toml").write_text('[webhooks]\nallow_private = ["127.0.0.1"]\n')
    clock = FixedClock(SystemClock().now_ms())
    house = House(Settings.load(tmp_path, {}), clock, with_engine=False)
    house.open()
    yield lambda url: Post(house, clock, url)
    house.close()


def test_a_message_that_is_not_taken_comes_again_under_the_same_id(
    hooks: Receiver, post: Callable[[str], Post]
) -> None:
    hooks.answers = [500, 503, 200]
    one = post(hooks.url)
    one.raise_alerts(1)
    for _ in range(3):
        one.step()
        one.step()  # it is not due yet
        one.clock.at_ms += HOUR_MS // 60

    assert len({got.headers["webhook-id"] for got in hooks.got}) == 1
    assert len({got.body for got in hooks.got}) == 1
    (delivery,) = one.log()
    assert [attempt["status"] for attempt in delivery["log"]] == [500, 503, 200]
    assert delivery["state"] == "sent"


def test_after_a_day_a_message_is_dead_and_can_be_sent_again(hooks: Receiver, post: Callable[[str], Post]) -> None:
    hooks.answers = [500]
    one = post(hooks.url)
    one.raise_alerts(1)
    begun = one.clock.at_ms
    attempts = []
    while one.log("waiting") or not attempts:
        before = len(hooks.got)
        one.step()
        attempts += [one.clock.at_ms - begun] * (len(hooks.got) - before)
        one.clock.at_ms += 5_000
    waits = [later - earlier for earlier, later in pairwise(attempts)]

    assert 8 <= len(attempts) <= 16
    assert attempts[-1] < GIVE_UP_MS
    assert all(later > earlier for earlier, later in pairwise(waits[:8]))
    (delivery,) = one.log("dead")
    hooks.answers = [200]
    with one.house.writing() as place:
        assert place.webhooks.replay("hook", one.clock.at_ms) == 1
    one.step()
    assert one.log("sent")[0]["message_id"] == delivery["message_id"]
    assert hooks.got[0].headers["webhook-id"] == hooks.got[-1].headers["webhook-id"]


def test_a_receiver_that_is_gone_is_not_asked_again(hooks: Receiver, post: Callable[[str], Post]) -> None:
    hooks.answers = [410]
    one = post(hooks.url)
    one.raise_alerts(1, 2)
    for _ in range(3):
        one.step()
        one.clock.at_ms += HOUR_MS

    assert len(hooks.got) == 1
    assert not one.hook()["enabled"]
    assert "410" in one.hook()["disabled_because"]


def test_what_was_written_before_a_crash_is_sent_after_it_and_nothing_twice(
    hooks: Receiver, post: Callable[[str], Post]
) -> None:
    one = post(hooks.url)
    one.raise_alerts(*range(1, 601))
    one.courier.write_deliveries()
    one.courier = Courier(one.house)  # a new process knows only what the store says
    while one.log("waiting"):
        one.step()

    assert [json.loads(got.body)["data"]["alert_id"] for got in hooks.got] == [f"{n:032x}" for n in range(1, 601)]


def test_of_an_alert_that_changes_often_a_receiver_that_was_away_gets_the_last_state(
    hooks: Receiver, post: Callable[[str], Post]
) -> None:
    hooks.answers = [500]
    one = post(hooks.url)
    for events in range(10, 40):
        one.raise_alerts(1, events=events)
        one.step()
    hooks.answers = [200]
    hooks.got.clear()
    one.clock.at_ms += HOUR_MS
    one.step()

    assert [json.loads(got.body)["type"] for got in hooks.got] == ["alert.raised", "alert.changed"]
    assert json.loads(hooks.got[-1].body)["data"]["events"] == 39


def test_a_receiver_that_is_away_keeps_no_other_waiting(hooks: Receiver, post: Callable[[str], Post]) -> None:
    with receiver() as closed:
        pass
    one = post(closed.url)
    with one.house.writing() as place:
        place.webhooks.add({**one.hook(), "webhook_id": "other", "url": hooks.url,
                            "secret": Sealer(one.house.secret).seal("other", new_secret())})  # fmt: skip
    one.raise_alerts(1)
    one.step()

    assert len(hooks.got) == 1
    (failed,) = one.log()
    assert (failed["state"], failed["log"][0]["status"]) == ("waiting", None)
    assert "RF7026" in failed["log"][0]["error"]


def test_waits_grow_and_differ_by_message() -> None:
    assert [wait_ms("a", n) < wait_ms("a", n + 1) for n in range(1, 8)] == [True] * 7
    assert len({wait_ms(str(n), 3) for n in range(100)}) > 90
    assert max(wait_ms(str(n), 50) for n in range(100)) < GIVE_UP_MS
