"""API keys: never more than their maker may, and at an end when they are ended."""

import sqlite3
from collections.abc import Iterator

import pytest

from ringfence.stores.database import FILE_NAME

from .serving import Server, served
from .signing_in import Somebody, browser, first, joined

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("keys") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Somebody:
    return first(server)


def test_a_key_works_until_it_is_ended_and_is_shown_once(server: Server, admin: Somebody) -> None:
    made = admin.post("/v1/keys", {"name": "switch", "permissions": ["alerts.read", "alerts.read"]})
    key = made.json()
    with server.client(key=key["key"]) as program:
        before = program.get("/v1/alerts").status_code
        me = program.get("/v1/me").json()
        seen = admin.get(f"/v1/keys/{key['key_id']}").json()
        ended = [admin.delete(f"/v1/keys/{key['key_id']}").status_code for _ in range(2)]
        after = program.get("/v1/alerts").status_code

    assert (made.status_code, before, ended) == (201, 200, [204, 204])
    assert (me["name"], me["permissions"]) == ("key:switch", ["alerts.read"])
    assert key["expires_at_ms"] - key["created_at_ms"] == pytest.approx(90 * DAY_MS, abs=5_000)
    assert "key" not in seen
    assert "digest" not in seen
    assert after == 401
    with sqlite3.connect(server.home / FILE_NAME) as other:
        everything = "\n".join(other.iterdump())
    assert key["key"].rpartition("_")[2] not in everything
    assert "'key.made'" in everything
    assert "'key.ended'" in everything


def test_a_key_may_no_more_than_its_maker(server: Server, admin: Somebody) -> None:
    theirs = joined(server, admin, "boss-a", "admin", tenant="tenant-a")
    refused = [
        admin.post("/v1/keys", {"name": "x", "permissions": ["numbers.reveal"]}),  # not an administrator's own
        theirs.post("/v1/keys", {"name": "x", "permissions": ["rules.write"]}),  # not for tenants
        theirs.post("/v1/keys", {"name": "x", "permissions": ["alerts.read"], "tenant": "tenant-b"}),
        joined(server, admin, "ana", "analyst").post("/v1/keys", {"name": "x", "permissions": ["alerts.read"]}),
    ]
    invalid = [
        admin.post("/v1/keys", {"name": "x", "permissions": permissions} | more)
        for permissions, more in (
            (["alerts.fly"], {}),
            ([], {}),
            (["alerts.read"], {"days": 366}),
            (["alerts.read"], {"days": 0}),
            (["alerts.read"], {"tenant": ""}),
        )
    ]
    narrower = admin.post("/v1/keys", {"name": "b", "permissions": ["alerts.read"], "tenant": "tenant-b"})
    own = theirs.post("/v1/keys", {"name": "a", "permissions": ["alerts.read"]})

    assert [one.status_code for one in refused] == [403] * 4
    assert [one.status_code for one in invalid] == [422] * 5
    assert (narrower.json()["tenant"], own.json()["tenant"]) == ("tenant-b", "tenant-a")
    assert [key["key_id"] for key in theirs.get("/v1/keys").json()["items"]] == [own.json()["key_id"]]
    assert theirs.get(f"/v1/keys/{narrower.json()['key_id']}").status_code == 404
    assert theirs.delete(f"/v1/keys/{narrower.json()['key_id']}").status_code == 404
    with server.client(key=narrower.json()["key"]) as program:
        assert program.get("/v1/alerts").status_code == 200


def test_a_key_that_makes_a_key_does_not_outlive_itself_by_it(server: Server, admin: Somebody) -> None:
    permissions = ["access.manage", "alerts.read"]
    parent = admin.post("/v1/keys", {"name": "parent", "permissions": permissions, "days": 1}).json()
    with server.client(key=parent["key"]) as program:
        child = program.post("/v1/keys", json={"name": "child", "permissions": ["alerts.read"], "days": 365}).json()

    assert child["expires_at_ms"] == parent["expires_at_ms"]
    assert child["owner"] == "key:parent"


def test_what_is_no_key_is_no_key(server: Server, admin: Somebody) -> None:
    good = admin.post("/v1/keys", {"name": "good", "permissions": ["alerts.read"]}).json()["key"]
    head, _, secret = good.rpartition("_")
    tokens = [
        f"{head}_",
        f"{head}_{secret[:-1]}",
        f"{head}_{secret}x",
        f"rfk_000000000000_{secret}",
        f"rfk_' OR 1=1 --_{secret}",
        "rfk_",
        "null",
        "eyJhbGciOiJub25lIn0.e30.",
    ]
    answers = [
        browser(server).get("/v1/alerts", headers={"authorization": f"Bearer {token}"}).status_code for token in tokens
    ]
    schemes = [
        browser(server).get("/v1/alerts", headers={"authorization": value}).status_code
        for value in (f"Basic {good}", good, f"Token {good}")
    ]

    assert set(answers) == {401}
    assert set(schemes) == {401}
    with server.client(key=good) as program:
        assert program.get("/v1/alerts").status_code == 200


def test_a_key_goes_before_a_cookie_and_needs_no_token(server: Server, admin: Somebody) -> None:
    key = admin.post("/v1/keys", {"name": "viewer", "permissions": ["alerts.read"]}).json()["key"]

    me = admin.browser.get("/v1/me", headers={"authorization": f"Bearer {key}"}).json()
    bad = admin.browser.get("/v1/me", headers={"authorization": "Bearer none"})

    assert me["name"] == "key:viewer"
    assert bad.status_code == 401
