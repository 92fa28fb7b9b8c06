"""Every route, for every role, for what is one's own tenant's and what is another's: no route without an entry."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import FastAPI

from ringfence.api.app import make_app
from ringfence.api.asking import Principal, may
from ringfence.api.examples import example_of
from ringfence.api.permissions import NOT_FOR_TENANTS, PERMISSIONS, ROLES
from ringfence.api.route_table import ANYBODY, PEOPLE, PUBLIC, RouteAccess, route_table
from ringfence.settings import Settings
from ringfence.wiring.house import House
from ringfence.wiring.workplace import workplace
from tests.stores.alerts import alert

from .serving import Server, key_for, served
from .signing_in import Somebody, first, joined
from .stories import NDJSON, until

OURS, THEIRS = "acme", "other"
APP = make_app(House(Settings.load(Path("no home is needed for the table"), {})))
TABLE = route_table(APP)
DOCUMENT = APP.openapi()
WITHOUT_END = "/v1/live"
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
# What stands in addresses and is no tenant's of its own: rules are the installation's, a number is everybody's (what is
# known of it is made of one's own events), and the rest is within something that is a tenant's.
NOBODYS = frozenset({"code", "rule_id", "version", "proposal_id", "ref", "item", "delivery_id", "act"})
THINGS = frozenset(
    {"alert_id", "case_id", "file_id", "webhook_id", "person_id", "key_id", "view_id", "suppression_id", "job_id"}
    | {"what_if_id", "suspense_id"}
)
MADE_UP = {"{version}": "1", "{code}": "RF7001", "{delivery_id}": "1", "{item}": "barred", "{act}": "try"}
SETTINGS = '[webhooks]\nallow_private = ["127.0.0.1"]\n[engine]\ncheckpoint_every = "200ms"\n'
RULE = """[[rule]]
id = "try"
title = "Calls"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "duration_ms > 5"
severity = "high"
evidence = 3
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("table") / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text(SETTINGS)
    with workplace(Settings.load(home, {}), write=True) as place:
        place.alerts.upsert([alert(tenant, tenant=tenant) for tenant in (OURS, THEIRS)])
    with served(home, "--set", "api.rate_per_minute=1000000") as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Somebody:
    return first(server)


def asked(client: httpx2.Client, route: RouteAccess, path: str, **how: Any) -> int:
    """Ask a route and return the status of its answer; of one that does not end, only that is waited for."""
    if route.path == WITHOUT_END:
        with client.stream("GET", path, params={"seconds": 1}) as answer:
            return answer.status_code
    return client.request(route.method, path, **how).status_code


def made_up(path: str) -> str:
    for name, value in MADE_UP.items():
        path = path.replace(name, value)
    return re.sub(r"\{\w+\}", "0" * 32, path)


def body(route: RouteAccess) -> dict[str, Any]:
    return {"json": {}} if route.method in CHANGES else {}


def test_every_route_asks_who_asks_or_is_named_as_one_for_anybody() -> None:
    paths = {(route.method, route.path) for route in TABLE}
    documented = {(m.upper(), p) for p, methods in DOCUMENT["paths"].items() for m in methods}

    assert documented <= paths
    assert paths >= PUBLIC
    assert {route.permission for route in TABLE} - {""} <= set(PERMISSIONS)


def test_a_route_that_asks_nobody_is_found() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/v1/fine")
    def fine(asker: Annotated[Principal, may("alerts.read")]) -> None:
        """Ask."""

    assert [route.permission for route in route_table(app)] == ["alerts.read"]

    @app.get("/v1/open")
    def forgotten() -> None:
        """Do not ask."""

    with pytest.raises(LookupError, match="GET /v1/open"):
        route_table(app)


def test_the_document_says_of_every_route_what_it_asks_for() -> None:
    for route in TABLE:
        operation = DOCUMENT["paths"].get(route.path, {}).get(route.method.lower())
        if operation:
            assert operation.get("x-permission", "") == route.permission, route
            assert bool(operation["security"]) == (route.who != ANYBODY), route


def test_who_is_nobody_is_asked_who_they_are(server: Server) -> None:
    with server.client() as nobody:
        found = {f"{r.method} {r.path}": asked(nobody, r, made_up(r.path), **body(r)) for r in TABLE}

    wrong = {
        name: status
        for (name, status), route in zip(found.items(), TABLE, strict=True)
        if (status == 401) != (route.who != ANYBODY)
        and route.path not in ("/v1/sessions", "/v1/oidc/callback")  # where one says who one is
    }
    assert wrong == {}


@pytest.mark.parametrize("tenant", [None, OURS])
@pytest.mark.parametrize("role", list(ROLES))
def test_each_role_may_what_the_table_says_and_nothing_else(server: Server, role: str, tenant: str | None) -> None:
    with server.client(key=key_for(server.home, ROLES[role], tenant)) as client:
        found = {f"{r.method} {r.path}": (r, asked(client, r, made_up(r.path), **body(r))) for r in TABLE}

    wrong = {
        name: status
        for name, (route, status) in found.items()
        if status >= 500 or (status in (401, 403)) == (route.may(role, tenant) and route.who != PEOPLE)
    }
    assert {name: s for name, s in wrong.items() if (found[name][0].path, s) != ("/v1/oidc/callback", 401)} == {}


def test_somebody_who_is_signed_in_may_what_their_role_says(server: Server, admin: Somebody) -> None:
    clerk = joined(server, admin, "clerk", "analyst")
    routes = [r for r in TABLE if r.path not in ("/v1/me/totp/end", "/v1/sessions/{session_id}")]
    found = {
        f"{r.method} {r.path}": (r, asked(clerk.browser, r, made_up(r.path), headers=clerk.token, **body(r)))
        for r in routes
    }

    wrong = {
        name: status
        for name, (route, status) in found.items()
        if status >= 500 or (status in (401, 403)) == route.may("analyst")
    }
    assert {name for name in wrong if not name.startswith("GET /v1/oidc")} == set()


def objects(server: Server, tenant: str) -> dict[str, str]:
    """Make one of each thing that a tenant can have; return the ids by the names that they have in paths."""
    key = key_for(server.home, PERMISSIONS, tenant)
    with server.client(key=key) as client:

        def made(path: str, document: dict[str, Any], name: str) -> str:
            answer = client.post(path, json=document)
            assert answer.status_code in (200, 201, 202), (path, answer.text)
            return str(answer.json().get("person", answer.json())[name])

        alert_id = str(alert(tenant).to_json()["alert_id"])
        case_id = made("/v1/cases", {"title": "a case", "alerts": [alert_id]}, "case_id")
        hook = {"url": "http://127.0.0.1:9/hook", "kinds": ["alert.raised"]}
        kept = {
            "alert_id": alert_id,
            "case_id": case_id,
            "webhook_id": made("/v1/webhooks", hook, "webhook_id"),
            "person_id": made("/v1/people", {"name": f"of-{tenant}", "role": "viewer"}, "person_id"),
            "key_id": made("/v1/keys", {"name": "k", "permissions": ["alerts.read"]}, "key_id"),
            "view_id": made("/v1/views", {"name": f"of {tenant}", "filter": ""}, "view_id"),
            "suppression_id": made(
                "/v1/suppressions",
                {"entity_kind": "caller", "entity": "1", "reason": "a line of ours", "ends_at_ms": 9_999_999_999_999},
                "suppression_id",
            ),
            "what_if_id": made("/v1/what-ifs", {"rules": RULE}, "what_if_id"),
            "job_id": made("/v1/alerts/bulk", {"filter": "", "change": {"reviewed": True}}, "job_id"),
        }
        content = client.post(f"/v1/cases/{case_id}/files", params={"name": "a.txt"}, content=tenant.encode())
        kept["file_id"] = content.json()["file_id"]
        sent = client.post(f"/v1/events?source={tenant}", content=b"no record\n", headers=NDJSON)
        assert sent.status_code == 202, sent.text
        waiting = until(lambda: client.get("/v1/suspense").json()["items"])
        kept["suspense_id"] = waiting[0]["suspense_id"]
    return kept


def names_of(route: RouteAccess) -> list[str]:
    return re.findall(r"\{(\w+)\}", route.path)


def of_tenants(route: RouteAccess) -> bool:
    """Return whether a route is about one thing of a tenant. What is known of a number is made of its own events."""
    names = names_of(route)
    return bool(names) and not route.who and route.permission not in NOT_FOR_TENANTS and names[0] not in NOBODYS


def address(route: RouteAccess, kept: dict[str, str]) -> str:
    return made_up(re.sub(r"\{(\w+)\}", lambda name: kept.get(name[1], name[0]), route.path))


def request(route: RouteAccess) -> dict[str, Any]:
    """Return a request as the document shows it."""
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    content = operation.get("requestBody", {}).get("content", {})
    needed = [p for p in operation.get("parameters", []) if p.get("required") and p["in"] == "query"]
    how: dict[str, Any] = {"headers": {"if-match": "*"}, "params": {p["name"]: example_of(p, DOCUMENT) for p in needed}}
    if "application/json" in content:
        how["json"] = example_of(content["application/json"], DOCUMENT)
    elif content:
        how["content"] = b"x"
    return how


def test_what_is_another_tenants_is_not_there_and_what_is_ones_own_is(server: Server) -> None:
    ours, theirs = objects(server, OURS), objects(server, THEIRS)
    routes = [route for route in TABLE if of_tenants(route)]
    with server.client(key=key_for(server.home, PERMISSIONS, OURS)) as client:
        foreign = {
            f"{r.method} {r.path}": client.request(r.method, address(r, theirs), **request(r)).status_code
            for r in routes
        }
        own = {
            r.path: client.get(address(r, ours)).status_code
            for r in routes
            if r.method == "GET" and set(names_of(r)) <= set(ours)
        }

    assert {name: status for name, status in foreign.items() if status != 404} == {}
    assert {name: status for name, status in own.items() if status != 200} == {}
    with server.client(key=key_for(server.home, PERMISSIONS, THEIRS)) as neighbour:  # nothing of theirs was touched
        assert neighbour.get(f"/v1/cases/{theirs['case_id']}").json()["title"] == "a case"
        assert neighbour.get(f"/v1/keys/{theirs['key_id']}").json()["revoked_at_ms"] is None
        assert neighbour.get(f"/v1/webhooks/{theirs['webhook_id']}").status_code == 200
        assert neighbour.get(f"/v1/views/{theirs['view_id']}").json()["name"] == f"of {THEIRS}"


def test_of_every_thing_in_an_address_it_is_known_whose_it_is(server: Server) -> None:
    names = {name for route in TABLE if of_tenants(route) for name in names_of(route)}
    unknown = names - THINGS - NOBODYS

    assert not unknown, "make one in `objects`, or say in NOBODYS that it is no tenant's"


def test_lists_and_counts_hold_nothing_of_another_tenant(server: Server) -> None:
    with server.client(key=key_for(server.home, PERMISSIONS, OURS)) as client:
        lists = [
            r.path
            for r in TABLE
            if r.method == "GET" and "{" not in r.path and r.permission and r.path not in (WITHOUT_END, "/metrics")
        ]
        answers = {path: client.get(path) for path in lists}

    for path, answer in answers.items():
        if answer.status_code == 200 and "json" in answer.headers["content-type"]:
            assert f'"tenant":"{THEIRS}"' not in answer.text, path
            assert str(alert(THEIRS).to_json()["alert_id"]) not in answer.text, path
