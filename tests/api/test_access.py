"""People: the first one, invitations, sessions, and what a browser may be talked into."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from ringfence.settings import Settings
from ringfence.stores.database import FILE_NAME
from ringfence.wiring.access.people import first_link
from ringfence.wiring.access.signing_in import ABSOLUTE_MS, IDLE_MS
from ringfence.wiring.workplace import workplace

from .serving import Server, served, start
from .signing_in import PASSWORD, Somebody, browser, first, invited, joined, sign_in


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("access") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Somebody:
    return first(server)


def database(server: Server) -> sqlite3.Connection:
    return sqlite3.connect(server.home / FILE_NAME, isolation_level=None, timeout=10)


def audit_of(server: Server, action: str) -> list[tuple[Any, ...]]:
    with database(server) as other:
        return other.execute("SELECT by, subject, detail FROM audit WHERE action = ?", (action,)).fetchall()


def test_the_first_link_makes_one_administrator_and_a_new_start_without_anybody_makes_a_new_link(
    tmp_path: Path,
) -> None:
    before = start(tmp_path / "home")
    before.end()
    with served(tmp_path / "home") as now, now.client() as nobody:
        old_link = before.first_start.replace(before.url, now.url)
        body = {"name": "root", "password": PASSWORD}
        outdated = nobody.post(old_link, json=body)
        about = nobody.get(now.first_start)
        weak = [nobody.post(now.first_start, json={"name": "root-administrator", "password": p}) for p in WEAK]
        answers: list[int] = []
        barrier = Barrier(4)

        def make(number: int) -> None:
            barrier.wait()
            made = nobody.post(now.first_start, json={"name": f"root{number}", "password": PASSWORD})
            answers.append(made.status_code)

        threads = [Thread(target=make, args=(number,)) for number in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        with database(now) as other:
            everything = "\n".join(other.iterdump())

    assert outdated.status_code == 404
    assert about.json()["purpose"] == "first start"
    assert {one.status_code for one in weak} == {422}
    assert {one.json()["code"] for one in weak} == {"RF7028"}
    assert sorted(answers) == [201, 404, 404, 404]
    assert PASSWORD not in everything
    assert now.first_start.partition("token=")[2] not in everything
    assert "$argon2id$v=19$m=32768,t=3,p=1$" in everything
    with workplace(Settings.load(tmp_path / "home", {}), write=True) as place:
        assert first_link(place, 0) is None  # so the next start prints none


WEAK = ("", "short", "elevenchars", "aaaaaaaaaaaaaaaa", "root-administrator", "ROOT-Administrator1", "ringfence1234")


def test_a_link_for_one_thing_does_another_thing_never(server: Server, admin: Somebody) -> None:
    link = invited(admin, "mia")["link"]
    wrong = link.replace("/v1/links", "/v1/first-start")

    with server.client() as nobody:
        about = nobody.get(link)
        first_start = [nobody.get(wrong), nobody.post(wrong, json={"name": "mallory", "password": PASSWORD})]
        used = nobody.post(link, json={"password": PASSWORD})
        again = nobody.post(link, json={"password": PASSWORD})

    assert (about.json()["purpose"], about.json()["name"]) == ("invitation", "mia")
    assert {one.status_code for one in first_start} == {404}
    assert (used.status_code, used.json()["has_password"]) == (200, True)
    assert again.status_code == 404


def test_a_session_ends_by_sign_out_by_disuse_and_by_age(server: Server, admin: Somebody) -> None:
    sessions = [joined(server, admin, "ann") if not number else sign_in(server, "ann") for number in range(4)]
    ids = [one.me["session_id"] for one in sessions]
    listed = sessions[3].get("/v1/sessions").json()["items"]

    left = sessions[0].delete("/v1/sessions/current")
    with database(server) as other:
        other.execute("UPDATE session SET seen_at_ms = seen_at_ms - ? WHERE session_id = ?", (IDLE_MS, ids[1]))
        other.execute(
            "UPDATE session SET created_at_ms = created_at_ms - ? WHERE session_id = ?", (ABSOLUTE_MS, ids[2])
        )
    known = [one.get("/v1/me").status_code for one in sessions]
    replayed = browser(server, headers={"cookie": f"ringfence_session={sessions[0].browser.cookies}"})

    assert [one["session_id"] for one in listed] == ids[::-1]
    assert [one["is_current"] for one in listed] == [True, False, False, False]
    assert left.status_code == 204
    assert "max-age=0" in left.headers["set-cookie"].lower()
    assert known == [401, 401, 401, 200]
    assert replayed.get("/v1/me").status_code == 401


def test_nobody_ends_or_sees_the_session_of_another(server: Server, admin: Somebody) -> None:
    ann, bob = joined(server, admin, "ann2"), joined(server, admin, "bob2")

    ended = bob.delete(f"/v1/sessions/{ann.me['session_id']}")

    assert ended.status_code == 404
    assert len(bob.get("/v1/sessions").json()["items"]) == 1
    assert ann.get("/v1/me").status_code == 200


def test_what_a_browser_keeps_is_kept_nowhere_else_and_no_script_sees_it(server: Server, admin: Somebody) -> None:
    answer = browser(server).post("/v1/sessions", json={"name": "root", "password": PASSWORD})
    over_https = browser(server, headers={"x-forwarded-proto": "https"}).get("/v1/me")

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("ringfence_session=")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Path=/" in cookie
    with database(server) as other:
        assert cookie.split(";")[0].partition("=")[2] not in "\n".join(other.iterdump())
    assert "strict-transport-security" not in over_https.headers  # an unknown proxy is not believed


def test_over_https_the_cookie_is_bound_to_the_host_and_the_other_one_counts_for_nothing(tmp_path: Path) -> None:
    with served(tmp_path / "home", "--set", "api.public_url=https://ringfence.example") as server:
        link = server.first_start.replace("https://ringfence.example", server.url)
        with server.client() as nobody:
            assert nobody.post(link, json={"name": "root", "password": PASSWORD}).status_code == 201
            answer = nobody.post("/v1/sessions", json={"name": "root", "password": PASSWORD})
            value = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
            known = [
                browser(server).get("/v1/me", headers={"cookie": f"{name}={value}"}).status_code
                for name in ("__Host-ringfence", "ringfence_session")
            ]

    assert answer.headers["set-cookie"].startswith("__Host-ringfence=")
    assert "; Secure" in answer.headers["set-cookie"]
    assert "domain" not in answer.headers["set-cookie"].lower()
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert known == [200, 401]


def test_another_site_cannot_have_a_browser_change_anything(server: Server, admin: Somebody) -> None:
    own = admin.token
    foreign = [
        ({}, "no token"),
        ({"X-CSRF-Token": "0" * 64}, "a token of nobody"),
        ({"X-CSRF-Token": joined(server, admin, "eve").me["csrf_token"]}, "a token of another"),
        (own | {"Origin": "https://evil.example"}, "another origin"),
        (own | {"Origin": "null"}, "no origin"),
        (own | {"Origin": f"{server.url}.evil.example"}, "an origin that begins as ours"),
        (own | {"Origin": "http://["}, "an origin that is none"),
        (own | {"Sec-Fetch-Site": "cross-site"}, "another site"),
        (own | {"Sec-Fetch-Site": "same-site"}, "a neighbour"),
    ]

    refused = [
        (admin.browser.post("/v1/people", json={"name": "x", "role": "viewer"}, headers=headers).status_code, why)
        for headers, why in foreign
    ]
    sign_ins = [
        browser(server, headers=headers).post("/v1/sessions", json={"name": "root", "password": PASSWORD}).status_code
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"})
    ]
    fine = admin.post("/v1/people", {"name": "zoe", "role": "viewer"}, Origin=server.url)

    assert [one for one in refused if one[0] != 403] == []
    assert sign_ins == [403, 403]
    assert fine.status_code == 201


def test_a_password_is_not_sent_in_clear_to_another_name_than_this_machines(server: Server, admin: Somebody) -> None:
    answer = browser(server, headers={"host": "ringfence.example"}).post(
        "/v1/sessions", json={"name": "root", "password": PASSWORD}
    )

    assert (answer.status_code, answer.json()["detail"]) == (403, "passwords and cookies would travel in clear")


def test_wrong_names_and_wrong_passwords_look_the_same_and_are_both_written_down(
    server: Server, admin: Somebody
) -> None:
    with browser(server) as ours:
        answers = [
            ours.post("/v1/sessions", json={"name": name, "password": "not the password"})
            for name in ("root", "nobody-of-that-name", "mia\u0000", "' OR 1=1 --")
        ]

    problems = [one.json() | {"instance": ""} for one in answers]
    assert [one.status_code for one in answers] == [401] * 4
    assert all(one == problems[0] for one in problems)
    written = audit_of(server, "session.refused")
    assert ("nobody", "root", '{"wrong":"password"}') in written
    assert ("nobody", "somebody unknown", '{"wrong":"password"}') in written


def test_the_last_administrator_stays_one(server: Server, admin: Somebody) -> None:
    root = admin.me["person_id"]
    invited(admin, "not-yet-there", "admin")
    joined(server, admin, "of-a-tenant", "admin", tenant="acme")

    alone = [
        admin.patch(f"/v1/people/{root}", change)
        for change in ({"disabled": True}, {"role": "viewer"}, {"tenant": "a"})
    ]
    other = joined(server, admin, "second", "admin")
    with_another = other.patch(f"/v1/people/{root}", {"disabled": True})
    signed_out = admin.get("/v1/me").status_code
    refused = browser(server).post("/v1/sessions", json={"name": "root", "password": PASSWORD}).status_code
    back = other.patch(f"/v1/people/{root}", {"disabled": False})
    admin.browser.cookies.clear()
    fresh = sign_in(server, "root")
    admin.browser, admin.me = fresh.browser, fresh.me
    other_again = admin.patch(f"/v1/people/{other.me['person_id']}", {"disabled": True})

    assert [one.status_code for one in alone] == [409] * 3
    assert (with_another.status_code, signed_out, refused) == (200, 401, 401)
    assert (back.status_code, other_again.status_code) == (200, 200)


def test_a_change_of_a_person_needs_what_one_saw_and_holds_at_once(server: Server, admin: Somebody) -> None:
    lea = joined(server, admin, "lea", "viewer")
    path = f"/v1/people/{lea.me['person_id']}"
    seen = admin.get(path)

    without = admin.browser.patch(path, json={"role": "analyst"}, headers=admin.token)
    changed = admin.patch(path, {"role": "analyst"}, seen.headers["etag"])
    late = admin.patch(path, {"role": "viewer"}, seen.headers["etag"])

    assert (without.status_code, changed.status_code, late.status_code) == (428, 200, 412)
    assert late.json()["current"]["role"] == "analyst"
    assert "alerts.decide" in lea.get("/v1/me").json()["permissions"]


def test_an_administrator_of_a_tenant_manages_its_people_alone(server: Server, admin: Somebody) -> None:
    theirs = joined(server, admin, "boss-a", "admin", tenant="tenant-a")
    foreign = joined(server, admin, "worker-b", "analyst", tenant="tenant-b").me["person_id"]
    everybodys = admin.me["person_id"]
    made = invited(theirs, "worker-a", "senior")

    listed = theirs.get("/v1/people").json()["items"]
    refused = [
        theirs.get(f"/v1/people/{foreign}"),
        theirs.patch(f"/v1/people/{foreign}", {"role": "viewer"}),
        theirs.post(f"/v1/people/{foreign}/reset", {}),
        theirs.post(f"/v1/people/{foreign}/sign-out"),
        theirs.get(f"/v1/people/{everybodys}"),
    ]
    moved = theirs.patch(f"/v1/people/{made['person']['person_id']}", {"tenant": "tenant-b"})
    opened = theirs.patch(f"/v1/people/{made['person']['person_id']}", {"tenant": None})
    invited_elsewhere = theirs.post("/v1/people", {"name": "spy", "role": "viewer", "tenant": "tenant-b"})

    assert {one["tenant"] for one in listed} == {"tenant-a"}
    assert [one.status_code for one in refused] == [404] * 5
    assert moved.status_code == 403
    assert opened.json()["tenant"] == "tenant-a"
    assert invited_elsewhere.status_code == 403


def test_nobody_gives_a_role_that_holds_more_than_they_may(server: Server, admin: Somebody) -> None:
    root = admin.me["person_id"]
    with server.client("access.manage") as narrow:
        made = narrow.post("/v1/people", json={"name": "puppet", "role": "admin"})
        taken_over = narrow.post(f"/v1/people/{root}/reset", json={})
        viewer = narrow.post("/v1/people", json={"name": "puppet", "role": "viewer"})

    assert [made.status_code, taken_over.status_code, viewer.status_code] == [403, 403, 403]


def test_names_that_look_alike_are_one_name_and_page_by_page_all_come_once(server: Server, admin: Somebody) -> None:
    invited(admin, "Olga")
    again = [admin.post("/v1/people", {"name": name, "role": "viewer"}).status_code for name in ("olga", "OLGA")]
    bad = [
        admin.post("/v1/people", {"name": name, "role": "viewer"}).status_code
        for name in ("key:root", "о́льга", "a b", "", "x" * 65, "../root", "a\nb")
    ]

    found: list[str] = []
    cursor: str | None = None
    while True:
        page = admin.get("/v1/people", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        found += [one["name"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert again == [409, 409]
    assert set(bad) == {422}
    assert len(found) == len(set(found)) >= 3
    assert found == sorted(found, key=str.casefold)


def test_a_changed_or_reset_password_ends_what_was_open(server: Server, admin: Somebody) -> None:
    kim = joined(server, admin, "kim")
    other = sign_in(server, "kim")
    new = "seven green frogs in a pond"

    wrong = kim.post("/v1/me/password", {"old": "not it at all", "new": new})
    weak = kim.post("/v1/me/password", {"old": PASSWORD, "new": "kim"})
    changed = kim.post("/v1/me/password", {"old": PASSWORD, "new": new})
    after_change = (kim.get("/v1/me").status_code, other.get("/v1/me").status_code)
    link = admin.post(f"/v1/people/{kim.me['person_id']}/reset", {}).json()["link"]
    until_used = sign_in(server, "kim", new).get("/v1/me").status_code
    with server.client() as nobody:
        set_again = nobody.post(link, json={"password": PASSWORD})

    assert (wrong.status_code, weak.status_code, changed.status_code) == (403, 422, 204)
    assert after_change == (200, 401)
    assert (until_used, set_again.status_code) == (200, 200)
    assert kim.get("/v1/me").status_code == 401
    assert sign_in(server, "kim").get("/v1/me").status_code == 200


def test_who_fails_too_often_waits_and_others_from_there_do_not(server: Server, admin: Somebody) -> None:
    joined(server, admin, "pat")
    with browser(server) as ours:
        tries = [ours.post("/v1/sessions", json={"name": "pat", "password": f"guess {n}"}) for n in range(12)]
        right = ours.post("/v1/sessions", json={"name": "PAT", "password": PASSWORD})

    assert [one.status_code for one in tries[:10]] == [401] * 10
    assert {one.status_code for one in (*tries[10:], right)} == {429}
    assert int(right.headers["retry-after"]) >= 60
    assert right.json()["code"] == "RF7010"
    assert sign_in(server, "root").get("/v1/me").status_code == 200


def test_every_answer_tells_browsers_to_keep_to_themselves(server: Server) -> None:
    with server.client() as nobody:
        answers = [
            nobody.get("/v1/me"),
            nobody.get("/livez"),
            nobody.post("/v1/sessions", content=b"{"),
            nobody.get("/no"),
        ]

    for answer in answers:
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_who_one_is_says_what_one_may(server: Server, admin: Somebody) -> None:
    clerk = joined(server, admin, "author-a", "rule_author", tenant="tenant-a")

    with server.client("alerts.read", "metrics.read", tenant="tenant-a") as program:
        as_program = program.get("/v1/me").json()
        not_theirs = [
            program.get("/v1/sessions").status_code,
            program.post("/v1/me/totp", json={"password": "x"}).status_code,
        ]

    assert (clerk.me["role"], clerk.me["tenant"], clerk.me["via"]) == ("rule_author", "tenant-a", "session")
    assert "rules.write" not in clerk.me["permissions"]  # not for tenants
    assert "rules.read" in clerk.me["permissions"]
    assert (as_program["via"], as_program["permissions"], as_program["csrf_token"]) == ("key", ["alerts.read"], None)
    assert not_theirs == [403, 403]


def test_on_the_machine_itself_somebody_is_helped_in_who_is_locked_out(server: Server, admin: Somebody) -> None:
    lou = joined(server, admin, "lou")
    admin.patch(f"/v1/people/{lou.me['person_id']}", {"disabled": True})
    command = [sys.executable, "-m", "ringfence.cli.main", "people"]
    where = ["--home", str(server.home), "--json"]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *words, *where], capture_output=True, text=True, check=False)

    without, made = run("reset", "lou"), run("reset", "LOU", "--enable")
    unknown, listed = run("reset", "nobody-here"), run("list")
    link = "/v1/links?" + json.loads(made.stdout)["link"].partition("?")[2]
    used = browser(server).post(link, json={"password": PASSWORD})

    assert (without.returncode, made.returncode, unknown.returncode, listed.returncode) == (2, 0, 2, 0)
    assert used.status_code == 200
    assert sign_in(server, "lou").get("/v1/me").status_code == 200
    assert "lou" in {one["name"] for one in json.loads(listed.stdout)}
    assert ("command line", "lou", '{"enabled":true,"totp":false}') in audit_of(server, "person.reset")


def test_without_an_identity_provider_there_is_none(server: Server) -> None:
    answers = [browser(server).get(f"/v1/oidc{path}") for path in ("", "/sign-in", "/callback")]

    assert answers[0].json() == {"enabled": False, "issuer": None, "sign_in": None}
    assert [one.status_code for one in answers[1:]] == [404, 404]
