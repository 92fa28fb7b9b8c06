"""The parts of access that need no server: how often somebody may try, and which passwords are taken."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.clock import FixedClock
from ringfence.events.errors import DependencyError, SettingsError, UsageError
from ringfence.settings import Settings
from ringfence.wiring.access.attempts import MOST, WINDOW_S, Attempts
from ringfence.wiring.access.front import Front
from ringfence.wiring.access.oidc_people import Reading, claim_of
from ringfence.wiring.access.passwords import Passwords, check_new
from ringfence.wiring.secrets_of_home import Secret


class Now:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.s = 1_000.0

    def __call__(self) -> float:
        return self.s


def test_a_name_and_an_address_together_fail_ten_times_then_once_in_a_while() -> None:
    now = Now()
    attempts = Attempts(now)

    waits = [attempts.begin("ana", "a") for _ in range(12)]
    elsewhere = attempts.begin("ana", "b")
    another = attempts.begin("ben", "a")
    now.s += waits[-1]
    later = [attempts.begin("ana", "a"), attempts.begin("ana", "a")]

    assert waits[:10] == [0] * 10
    assert waits[10:] == [90, 90]
    assert (elsewhere, another) == (0, 0)
    assert later == [0, 90]


@pytest.mark.parametrize(("kind", "count"), [("address", 60), ("name", 100)])
def test_many_names_or_many_addresses_have_an_end_too(kind: str, count: int) -> None:
    attempts = Attempts(Now())
    tries = [attempts.begin("ana", str(n)) if kind == "name" else attempts.begin(str(n), "a") for n in range(count + 1)]

    assert tries[:count] == [0] * count
    assert tries[count] > 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.floats(0, 400)), max_size=200))
def test_in_no_quarter_of_an_hour_more_than_twice_the_bound_is_let_through(tries: list[tuple[str, str, float]]) -> None:
    now = Now()
    attempts = Attempts(now)
    let: list[tuple[str, float]] = []
    for name, address, pause_s in tries:
        now.s += pause_s
        if attempts.begin(name, address) == 0:
            let.append((name + address, now.s))

    for who, at in let:
        near = [one for one in let if one[0] == who and at <= one[1] < at + WINDOW_S]
        assert len(near) <= 2 * MOST["name and address"]


def test_who_succeeds_is_not_counted_and_memory_has_an_end() -> None:
    attempts = Attempts(Now(), most=30)
    for _ in range(200):
        assert attempts.begin("ana", "a") == 0
        attempts.succeeded("ana", "a")
    for number in range(200):
        attempts.begin(str(number), str(number))

    assert len(attempts) == 30


@pytest.mark.parametrize(
    "password",
    [
        "",
        "a" * 11,
        "a" * 12,
        "abab" * 4,
        "ana.de.vries",
        "ANA.DE.VRIES1",
        "ringfence123",
        "x" * 257,
        "abcdefghij\u0301",
    ],
)
def test_a_password_that_would_be_tried_first_is_refused(password: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_new(password, "ana.de.vries")

    assert caught.value.code == "RF7028"
    assert password not in str(caught.value) or not password


def test_a_password_is_the_same_however_its_letters_are_put_together() -> None:
    passwords = Passwords(memory_kib=64, passes=1)
    composed, decomposed = "drei-gr\u00fcne-frösche", "drei-gru\u0308ne-fro\u0308sche"
    check_new(composed, "ana")
    kept = passwords.hash(composed)

    assert passwords.agree(kept, decomposed)
    assert not passwords.agree(kept, composed + " ")
    assert not passwords.agree(None, composed)
    assert not passwords.agree("no hash", composed)
    assert kept != passwords.hash(composed)
    assert Passwords(memory_kib=128, passes=1).is_dated(kept)


def test_a_claim_may_lie_inside_another_and_gives_nothing_where_it_is_not_there() -> None:
    claims = {"realm": {"roles": ["a", 5, "b"]}, "org.name": "acme", "number": 5}
    reading = Reading("realm.roles", (("b", "admin"), ("a", "viewer")), "org.name")

    assert reading.role(claims) == "admin"
    assert reading.tenant(claims) == "acme"
    assert claim_of(claims, "number") is None
    assert claim_of(claims, "realm.roles.a") is None
    assert claim_of(claims, "realm") is None
    for missing in ({}, {"realm": None}, {"realm": {"roles": {"b": 1}}}, {"realm": {"roles": ["B"]}}):
        with pytest.raises(UsageError):
            reading.role(missing)
        with pytest.raises(UsageError):
            reading.tenant(missing)


def test_a_secret_of_the_settings_is_shown_to_nobody(tmp_path: Path) -> None:
    given = {
        "access.oidc_client_secret": "hush",
        "access.oidc_issuer": "https://login.example",
        "access.oidc_roles": "x=admin",
    }
    settings = Settings.load(tmp_path, {}, given)
    shown = {one.name: one.value for one in settings.shown()}
    front = Front.of(settings, Secret.of(tmp_path), FixedClock(0))

    assert shown["access.oidc_client_secret"] == '"***"'  # noqa: S105
    assert shown["access.oidc_roles"] == '["x=admin"]'
    assert front.provider is not None
    assert front.provider.client.client_secret == "hush"  # noqa: S105
    assert "hush" not in repr(front)


def test_settings_of_access_that_cannot_be_right_are_refused(tmp_path: Path) -> None:
    for roles in ("x=emperor", "admin", "=admin"):
        with pytest.raises(SettingsError):
            Settings.load(tmp_path, {}, {"access.oidc_roles": roles})
    given = {"access.oidc_issuer": "https://login.example", "access.oidc_client_secret_file": "not-there"}
    with pytest.raises(DependencyError) as caught:
        Front.of(Settings.load(tmp_path, {}, given), Secret.of(tmp_path), FixedClock(0))
    assert caught.value.code == "RF4002"
    settings = Settings.load(tmp_path, {}, given)
    ca = replace(settings, access=replace(settings.access, oidc_client_secret_file="", oidc_ca_file="secret.key"))
    with pytest.raises(DependencyError):
        Front.of(ca, Secret.of(tmp_path), FixedClock(0))


def test_the_settings_of_the_how_to_can_be_used(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "give-people-access.md").read_text("utf-8")
    (tmp_path / "ringfence.toml").write_text("\n".join(re.findall(r"```toml[^\n]*\n(.*?)```", page, re.DOTALL)))
    (tmp_path / "client.secret").write_text("hush\n")
    front = Front.of(Settings.load(tmp_path, {}), Secret.of(tmp_path), FixedClock(0))

    assert front.provider is not None
    assert front.provider.client.client_secret == "hush"  # noqa: S105
    assert front.reading.roles == (("fraud-admins", "admin"), ("fraud-analysts", "analyst"))
