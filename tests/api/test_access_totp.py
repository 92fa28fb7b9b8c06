"""The second factor: the codes of RFC 6238, each of them once, and what is left when the phone is lost."""

import sqlite3
from base64 import b32decode
from collections.abc import Iterator
from threading import Barrier, Thread
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from ringfence.events.clock import SystemClock
from ringfence.stores.database import FILE_NAME
from ringfence.wiring.access.totp import STEP_S, code_of, new_recovery_codes, recovery_digest, step_of

from .serving import Server, served
from .signing_in import PASSWORD, Somebody, browser, first, joined, sign_in


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("totp") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Somebody:
    return first(server)


class App:
    """An authenticator app that gives the code of the step in which it began, or one after it, however late it is."""

    def __init__(self, secret: str) -> None:
        self.secret = b32decode(secret)
        self.step = SystemClock().now_ms() // (STEP_S * 1000)

    def code(self, later: int) -> str:
        return code_of(self.secret, self.step + later)


def enrolled(person: Somebody) -> tuple[App, list[str]]:
    app = App(person.post("/v1/me/totp", {"password": PASSWORD}).json()["secret"])
    confirmed = person.post("/v1/me/totp/confirm", {"code": app.code(0)})
    assert confirmed.status_code == 200, confirmed.text
    return app, confirmed.json()["recovery_codes"]


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(at_s: int, expected: str) -> None:
    assert code_of(b"12345678901234567890", at_s // STEP_S, digits=8) == expected


def test_a_code_is_good_for_its_step_and_the_ones_beside_it() -> None:
    secret, now_ms = b"12345678901234567890", 1_234_567_890_000
    step = now_ms // (STEP_S * 1000)

    assert [step_of(secret, code_of(secret, step + n), now_ms) for n in range(-2, 3)] == [
        None,
        step - 1,
        step,
        step + 1,
        None,
    ]
    assert [step_of(secret, no_code, now_ms) for no_code in ("", "12345", "١٢٣٤٥٦", "0" * 60)] == [None] * 4


def test_recovery_codes_are_read_as_people_type_them() -> None:
    codes = new_recovery_codes()

    assert len(set(codes)) == 10
    assert all(recovery_digest(one) == recovery_digest(f" {one.lower().replace('-', ' ')} ") for one in codes)


def test_a_second_factor_is_asked_for_and_each_code_counts_once(server: Server, admin: Somebody) -> None:
    ann = joined(server, admin, "ann")
    begun = ann.post("/v1/me/totp", {"password": PASSWORD})
    secret = begun.json()["secret"]
    app = App(secret)
    without_confirming = sign_in(server, "ann").get("/v1/me").status_code
    wrong = ann.post("/v1/me/totp/confirm", {"code": "000000"})
    confirmed = ann.post("/v1/me/totp/confirm", {"code": app.code(0)})

    with browser(server) as ours:
        body = {"name": "ann", "password": PASSWORD}
        only_password = ours.post("/v1/sessions", json=body)
        used = ours.post("/v1/sessions", json=body | {"code": app.code(0)})
        good = ours.post("/v1/sessions", json=body | {"code": app.code(1)})
        again = ours.post("/v1/sessions", json=body | {"code": app.code(1)})
        guessed = ours.post("/v1/sessions", json=body | {"password": "wrong", "code": app.code(1)})

    uri = urlsplit(begun.json()["uri"])
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/Ringfence:ann")
    assert parse_qs(uri.query)["secret"] == [secret]
    assert (without_confirming, wrong.status_code, confirmed.status_code) == (200, 403, 200)
    assert (only_password.status_code, only_password.json()["needs"]) == (401, "code")
    assert [one.status_code for one in (used, good, again, guessed)] == [401, 201, 401, 401]
    assert "needs" not in guessed.json()
    with sqlite3.connect(server.home / FILE_NAME) as other:
        everything = "\n".join(other.iterdump())
    assert secret not in everything
    assert b32decode(secret).hex().upper() not in everything.upper()
    assert confirmed.json()["recovery_codes"][0] not in everything


def test_of_many_who_show_one_code_at_once_one_comes_in(server: Server, admin: Somebody) -> None:
    app, _ = enrolled(joined(server, admin, "bob"))
    answers: list[int] = []
    barrier = Barrier(4)
    shown = app.code(1)

    def try_it() -> None:
        barrier.wait()
        body = {"name": "bob", "password": PASSWORD, "code": shown}
        with browser(server) as ours:
            answers.append(ours.post("/v1/sessions", json=body).status_code)

    threads = [Thread(target=try_it) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(answers) == [201, 401, 401, 401]


def test_a_recovery_code_counts_once_and_opens_the_way_to_a_new_phone(server: Server, admin: Somebody) -> None:
    app, codes = enrolled(joined(server, admin, "cat"))

    in_again = sign_in(server, "cat", code=codes[0].lower())
    body = {"name": "cat", "password": PASSWORD, "code": codes[0]}
    replayed = browser(server).post("/v1/sessions", json=body)
    no_code = in_again.post("/v1/me/totp", {"password": PASSWORD})
    new = in_again.post("/v1/me/totp", {"password": PASSWORD, "code": codes[1]}).json()["secret"]
    ended = in_again.post("/v1/me/totp/end", {"password": PASSWORD, "code": app.code(1)})  # the old one still counts

    assert replayed.status_code == 401
    assert (no_code.status_code, no_code.json()["needs"]) == (403, "code")
    assert b32decode(new) != app.secret
    assert ended.status_code == 204
    assert sign_in(server, "cat").get("/v1/me").status_code == 200


def test_who_needs_a_second_factor_may_do_nothing_before_they_have_one(server: Server, admin: Somebody) -> None:
    dan = joined(server, admin, "dan", "analyst", needs_totp=True)

    before = (dan.me["needs_totp"], dan.me["permissions"], dan.get("/v1/alerts"))
    enrolled(dan)
    after = (dan.get("/v1/me").json()["needs_totp"], dan.get("/v1/alerts").status_code)
    admin.post(f"/v1/people/{dan.me['person_id']}/reset", {"totp": True})

    assert before[:2] == (True, [])
    assert (before[2].status_code, before[2].json()["detail"]) == (403, "you need a second factor first")
    assert after == (False, 200)
    assert dan.get("/v1/me").status_code == 401
    assert sign_in(server, "dan").me["needs_totp"] is True


def test_codes_cannot_be_tried_one_after_the_other(server: Server, admin: Somebody) -> None:
    eve = joined(server, admin, "eve")
    eve.post("/v1/me/totp", {"password": PASSWORD})

    answers = [eve.post("/v1/me/totp/confirm", {"code": f"{n:06}"}).status_code for n in range(12)]

    assert answers == [403] * 10 + [429] * 2
