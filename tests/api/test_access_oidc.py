"""Sign-in through an identity provider: a real one lets people in, and no forged answer does."""

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ringfence.api.permissions import ROLES
from ringfence.events.clock import FixedClock
from ringfence.events.errors import RingfenceError
from ringfence.settings.sections import ROLE_NAMES
from ringfence.wiring.access.oidc import KEYS_AGAIN_MS, MOST_BYTES, Client, Provider

from .providers import (
    EC,
    OTHER_RSA,
    RSA,
    SHARED,
    SMALL_RSA,
    Forger,
    b64,
    es256,
    forger,
    hs256,
    jwk,
    pem,
    query_of,
    real_provider,
    rs256,
    token,
)
from .serving import Server, served
from .signing_in import Somebody, browser, first, invited

SETTINGS = {
    "oidc_client_id": "ringfence",
    "oidc_client_secret": "pass:word of ours",
    "oidc_role_claim": "realm.roles",
    "oidc_roles": "fraud-admins=admin,fraud-analysts=analyst",
    "oidc_tenant_claim": "",
}


def words(issuer: str, **more: str) -> list[str]:
    named = SETTINGS | {"oidc_issuer": issuer} | more
    return [word for name, value in named.items() for word in ("--set", f"access.{name}={value}")]


@pytest.fixture(scope="module")
def forging() -> Iterator[Forger]:
    with forger() as running:
        running.keys = [
            jwk(RSA, kid="one", use="sig", alg="RS256"),
            jwk(EC, kid="two"),
            {"kty": "oct", "k": b64(SHARED), "kid": "shared", "alg": "HS256"},
            jwk(OTHER_RSA, kid="sealed", use="enc"),
            jwk(SMALL_RSA, kid="small"),
        ]
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, forging: Forger) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("oidc") / "home"
    with served(home, *words(forging.issuer)) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Somebody:
    return first(server)


def claims(issuer: str, nonce: str, /, **more: Any) -> dict[str, Any]:
    now_s = int(time.time())  # noqa: TID251 - the provider's clock
    usual = {
        "iss": issuer,
        "sub": "4711",
        "aud": "ringfence",
        "iat": now_s,
        "exp": now_s + 300,
        "nonce": nonce,
        "preferred_username": "ana",
        "realm": {"roles": ["staff", "fraud-analysts"]},
    }
    return {name: value for name, value in (usual | more).items() if value is not ...}


def come_back(server: Server, forging: Forger, made: Any, **more: str) -> httpx2.Response:
    """Go to the provider and come back with the token that `made` makes of the nonce."""
    ours = browser(server)
    went = ours.get("/v1/oidc/sign-in")
    asked = query_of(went.headers["location"])

    def answer(form: dict[str, str]) -> tuple[int, bytes]:
        challenge = b64(sha256(form["code_verifier"].encode()).digest())
        if form["code"] != "the code" or challenge != asked["code_challenge"]:
            return 400, b'{"error": "invalid_grant"}'
        return 200, json.dumps({"access_token": "x", "id_token": made(asked["nonce"])}).encode()

    forging.answer = answer
    return ours.get("/v1/oidc/callback", params={"code": "the code", "state": asked["state"]} | more)


def good(forging: Forger, nonce: str, /, **more: Any) -> str:
    return token({"alg": "RS256", "kid": "one"}, claims(forging.issuer, nonce, **more), rs256(RSA))


def test_a_real_provider_lets_people_in_with_the_role_that_it_gives(tmp_path: Path) -> None:
    users = [
        {"sub": "1", "preferred_username": "ana", "roles": ["fraud-analysts"], "org": "acme"},
        {"sub": "2", "preferred_username": "bea", "roles": ["cooks"], "org": "acme"},
        {"sub": "3", "preferred_username": "cleo", "roles": ["fraud-admins"]},
    ]
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "client.secret").write_text("of a file\n")
    more = {"oidc_client_secret_file": "client.secret", "oidc_role_claim": "roles", "oidc_tenant_claim": "org"}
    with real_provider(*users) as issuer, served(tmp_path / "home", *words(issuer, **more)) as server:
        answers = {}
        for sub in ("1", "1", "2", "3"):
            ours = browser(server)
            went = ours.get("/v1/oidc/sign-in", params={"back_to": "/v1/me"})
            there = httpx2.post(went.headers["location"], data={"sub": sub})
            address = there.headers["location"]
            back = ours.get(address)
            answers[sub] = (there.status_code, back, ours.get("/v1/me"))
            replayed = ours.get(address)
        about = browser(server).get("/v1/oidc").json()

    assert about == {"enabled": True, "issuer": issuer, "sign_in": "/v1/oidc/sign-in"}
    assert [back.status_code for _, back, _ in answers.values()] == [303, 403, 403]
    assert answers["1"][1].headers["location"] == "/v1/me"
    me = answers["1"][2].json()
    assert (me["name"], me["role"], me["tenant"], me["needs_totp"]) == ("ana", "analyst", "acme", False)
    assert [me.status_code for _, _, me in answers.values()] == [200, 401, 401]
    assert answers["2"][1].json()["detail"] == "the identity provider gives you no role here"
    assert answers["3"][1].json()["detail"] == "the identity provider gives you no tenant here"
    assert replayed.status_code == 401


def test_a_good_token_is_believed_whichever_of_its_keys_signed_it(server: Server, forging: Forger) -> None:
    makers = [
        lambda nonce: good(forging, nonce),
        lambda nonce: token({"alg": "ES256"}, claims(forging.issuer, nonce), es256(EC)),  # the only one that fits
        lambda nonce: token({"alg": "ES256", "kid": "two"}, claims(forging.issuer, nonce), es256(EC)),
        lambda nonce: good(forging, nonce, aud=["ringfence", "other"], azp="ringfence"),
    ]
    answers = [come_back(server, forging, made) for made in makers]

    assert [one.status_code for one in answers] == [303] * 4, [one.text for one in answers]


SIGNED = rs256(RSA)
NOW = int(time.time())  # noqa: TID251
HEADERS: dict[str, tuple[dict[str, Any], Any]] = {
    "alg none": ({"alg": "none", "kid": "one"}, lambda said: b""),
    "alg None": ({"alg": "None", "kid": "one"}, lambda said: b""),
    "alg NONE": ({"alg": "NONE"}, lambda said: b""),
    "no alg": ({"kid": "one"}, SIGNED),
    "alg a list": ({"alg": ["RS256"], "kid": "one"}, SIGNED),
    "alg null": ({"alg": None, "kid": "one"}, SIGNED),
    "no kid where several keys fit": ({"alg": "RS256"}, SIGNED),
    "key confusion: the public key as a secret": ({"alg": "HS256", "kid": "one"}, hs256(pem(RSA))),
    "key confusion: without its last line": ({"alg": "HS256", "kid": "one"}, hs256(pem(RSA).strip())),
    "key confusion: the modulus": ({"alg": "HS256", "kid": "one"}, hs256(jwk(RSA)["n"].encode())),
    "the shared key of the key set": ({"alg": "HS256", "kid": "shared"}, hs256(SHARED)),
    "the shared key as RS256": ({"alg": "RS256", "kid": "shared"}, hs256(SHARED)),
    "the secret of the client": ({"alg": "HS256"}, hs256(SETTINGS["oidc_client_secret"].encode())),
    "an empty secret": ({"alg": "HS256"}, hs256(b"")),
    "another algorithm of the key": ({"alg": "RS512", "kid": "one"}, SIGNED),
    "PS256": ({"alg": "PS256", "kid": "one"}, SIGNED),
    "the algorithm of another key": ({"alg": "ES256", "kid": "one"}, es256(EC)),
    "the other algorithm of another key": ({"alg": "RS256", "kid": "two"}, SIGNED),
    "a signature of nothing": ({"alg": "ES256", "kid": "two"}, lambda said: bytes(64)),
    "another key": ({"alg": "RS256", "kid": "one"}, rs256(OTHER_RSA)),
    "another key, no kid": ({"alg": "RS256"}, rs256(OTHER_RSA)),
    "a key for encryption": ({"alg": "RS256", "kid": "sealed"}, rs256(OTHER_RSA)),
    "a short key": ({"alg": "RS256", "kid": "small"}, rs256(SMALL_RSA)),
    "jwk": ({"alg": "RS256", "kid": "one", "jwk": jwk(OTHER_RSA)}, rs256(OTHER_RSA)),
    "jwk, no kid": ({"alg": "RS256", "jwk": jwk(OTHER_RSA, kid="mine")}, rs256(OTHER_RSA)),
    "jku": ({"alg": "RS256", "kid": "mine", "jku": "ISSUER/mine"}, rs256(OTHER_RSA)),
    "x5u": ({"alg": "RS256", "kid": "mine", "x5u": "ISSUER/mine"}, rs256(OTHER_RSA)),
    "x5c": ({"alg": "RS256", "x5c": [b64(pem(OTHER_RSA))]}, rs256(OTHER_RSA)),
    "kid unknown": ({"alg": "RS256", "kid": "three"}, SIGNED),
    "kid a path": ({"alg": "HS256", "kid": "../../../../../../dev/null"}, hs256(b"")),
    "kid a path, RS256": ({"alg": "RS256", "kid": "../../etc/passwd"}, SIGNED),
    "kid SQL": ({"alg": "RS256", "kid": "x' UNION SELECT 'one' --"}, SIGNED),
    "kid a command": ({"alg": "RS256", "kid": "one|/bin/true"}, SIGNED),
    "kid with a NUL": ({"alg": "RS256", "kid": "one\0"}, SIGNED),
    "kid empty": ({"alg": "RS256", "kid": ""}, SIGNED),
    "kid a number": ({"alg": "RS256", "kid": 1}, SIGNED),
    "kid a list": ({"alg": "RS256", "kid": ["one"]}, SIGNED),
    "kid long": ({"alg": "RS256", "kid": "one" * 1000}, SIGNED),
    "crit": ({"alg": "RS256", "kid": "one", "crit": ["x"], "x": 1}, SIGNED),
    "b64": ({"alg": "RS256", "kid": "one", "b64": False, "crit": ["b64"]}, SIGNED),
}
CLAIMS: dict[str, dict[str, Any]] = {
    "another aud": {"aud": "other"},
    "aud that begins as ours": {"aud": "ringfence2"},
    "aud that ours begins with": {"aud": "ring"},
    "no aud": {"aud": ...},
    "aud null": {"aud": None},
    "aud of several without azp": {"aud": ["ringfence", "other"]},
    "azp another": {"azp": "other"},
    "azp another of several": {"aud": ["ringfence", "other"], "azp": "other"},
    "another iss": {"iss": "https://evil.example"},
    "iss with a slash": {"iss": "ISSUER/"},
    "no iss": {"iss": ...},
    "iss a list": {"iss": ["ISSUER"]},
    "another nonce": {"nonce": "of another sign-in"},
    "no nonce": {"nonce": ...},
    "nonce null": {"nonce": None},
    "nonce empty": {"nonce": ""},
    "nonce a list": {"nonce": ["x"]},
    "expired": {"exp": NOW - 120},
    "expired long ago": {"exp": 0},
    "no exp": {"exp": ...},
    "exp a text": {"exp": "never"},
    "exp endless": {"exp": float("inf")},
    "not yet valid": {"nbf": NOW + 3600},
    "nbf a text": {"nbf": "now"},
    "made in the future": {"iat": NOW + 3600},
    "no iat": {"iat": ...},
    "no sub": {"sub": ...},
    "sub empty": {"sub": ""},
    "sub a number": {"sub": 4711},
    "sub long": {"sub": "x" * 256},
}


def test_every_forged_token_is_refused(server: Server, forging: Forger) -> None:
    def filled(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("ISSUER", forging.issuer))

    makers: dict[str, Any] = {
        name: lambda nonce, header=header, sign=sign: token(filled(header), claims(forging.issuer, nonce), sign)
        for name, (header, sign) in HEADERS.items()
    }
    for name, change in CLAIMS.items():
        said = {key: value if value is ... else filled(value) for key, value in change.items()}
        makers[name] = lambda nonce, said=said: good(forging, nonce, **said)

    def tampered(nonce: str) -> str:
        head, _, signature = good(forging, nonce).split(".")
        return f"{head}.{b64(json.dumps(claims(forging.issuer, nonce, sub='1')).encode())}.{signature}"

    shapes: dict[str, Any] = {
        "tampered": tampered,
        "no signature": lambda nonce: good(forging, nonce).rpartition(".")[0] + ".",
        "half a signature": lambda nonce: good(forging, nonce)[:-100],
        "two parts": lambda nonce: good(forging, nonce).rpartition(".")[0],
        "five parts": lambda nonce: good(forging, nonce) + ".x.y",
        "nothing": lambda nonce: "",
        "a number": lambda nonce: 5,
        "a deep header": lambda nonce: f"{b64(b'[' * 20_000)}.{b64(b'{}')}.{b64(b'x')}",
        "deep claims": lambda nonce: f"{b64(b'{' + b'{}' + b'}')}.{b64(b'[' * 20_000)}.{b64(b'x')}",
        "no JSON": lambda nonce: "eHg.eHg.eHg",
        "claims a list": lambda nonce: token({"alg": "RS256", "kid": "one"}, [1], SIGNED),
        "very long": lambda nonce: good(forging, nonce, padding="x" * 100_000),
        "not ASCII": lambda nonce: "é.é.é",
    }
    forging.asked.clear()
    answers = {name: come_back(server, forging, made) for name, made in (makers | shapes).items()}

    assert {name: one.status_code for name, one in answers.items() if one.status_code != 401} == {}
    assert {one.json()["code"] for one in answers.values()} == {"RF7029"}
    assert not [name for name, one in answers.items() if "ringfence_session" in one.headers.get("set-cookie", "")]
    assert "/mine" not in forging.asked
    assert come_back(server, forging, lambda nonce: good(forging, nonce)).status_code == 303


def test_a_state_counts_once_and_in_its_own_browser(server: Server, forging: Forger) -> None:
    ours, other = browser(server), browser(server)
    forging.answer = lambda form: (200, json.dumps({"id_token": good(forging, asked["nonce"])}).encode())

    asked = query_of(ours.get("/v1/oidc/sign-in").headers["location"])
    other.get("/v1/oidc/sign-in")
    elsewhere = other.get("/v1/oidc/callback", params={"code": "x", "state": asked["state"]})
    spent = ours.get("/v1/oidc/callback", params={"code": "x", "state": asked["state"]})
    asked = query_of(ours.get("/v1/oidc/sign-in").headers["location"])
    fine = ours.get("/v1/oidc/callback", params={"code": "x", "state": asked["state"]})
    again = ours.get("/v1/oidc/callback", params={"code": "x", "state": asked["state"]})
    made_up = ours.get("/v1/oidc/callback", params={"code": "x", "state": "made up"})
    without = ours.get("/v1/oidc/callback", params={"code": "x"})

    assert (elsewhere.status_code, spent.status_code) == (401, 401)
    assert (fine.status_code, again.status_code) == (303, 401)
    assert (made_up.status_code, without.status_code) == (401, 401)


def test_what_is_asked_of_the_provider_is_what_the_protocol_wants(server: Server, forging: Forger) -> None:
    ours = browser(server)
    went = ours.get("/v1/oidc/sign-in")
    asked = query_of(went.headers["location"])
    forms: list[dict[str, str]] = []
    forging.answer = lambda form: (forms.append(form), (400, b'{"error": "invalid_grant"}'))[1]
    refused = ours.get("/v1/oidc/callback", params={"code": "the code", "state": asked["state"]})

    assert went.headers["location"].startswith(f"{forging.issuer}/authorize?")
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", "ringfence", "openid profile email")
    assert asked["redirect_uri"] == forms[0]["redirect_uri"] == f"{server.url}/v1/oidc/callback"
    assert asked["code_challenge_method"] == "S256"
    assert b64(sha256(forms[0]["code_verifier"].encode()).digest()) == asked["code_challenge"]
    assert len({asked["state"], asked["nonce"], forms[0]["code_verifier"]}) == 3
    assert b64decode(forms[0]["authorization"].removeprefix("Basic ")) == b"ringfence:pass%3Aword+of+ours"
    assert "invalid_grant" in refused.json()["detail"]


@pytest.mark.parametrize(
    "back_to", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\r\nx: y", "/\tx", "/é"]
)
def test_nobody_is_sent_to_another_server_afterwards(server: Server, back_to: str) -> None:
    assert browser(server).get("/v1/oidc/sign-in", params={"back_to": back_to}).status_code == 422


def test_an_answer_of_another_provider_or_an_error_opens_nothing(server: Server, forging: Forger) -> None:
    made = lambda nonce: good(forging, nonce)  # noqa: E731
    mixed_up = come_back(server, forging, made, iss="https://evil.example")
    named = come_back(server, forging, made, iss=forging.issuer)
    denied = come_back(server, forging, made, error="access_denied")

    assert (mixed_up.status_code, named.status_code, denied.status_code) == (401, 303, 401)
    assert "access_denied" in denied.json()["detail"]


def test_people_are_known_by_issuer_and_subject_and_never_by_name(
    server: Server, forging: Forger, admin: Somebody
) -> None:
    invited(admin, "boris", "admin")

    def signed_in(**said: Any) -> dict[str, Any]:
        ours = browser(server)
        asked = query_of(ours.get("/v1/oidc/sign-in").headers["location"])
        forging.answer = lambda form: (200, json.dumps({"id_token": good(forging, asked["nonce"], **said)}).encode())
        assert ours.get("/v1/oidc/callback", params={"code": "x", "state": asked["state"]}).status_code == 303
        return ours.get("/v1/me").json()

    impostor = signed_in(sub="b1", preferred_username="Boris", email="boris@example.com")
    again = signed_in(sub="b1", preferred_username="root", realm={"roles": ["fraud-admins", "fraud-analysts"]})
    strange = signed_in(sub="<script>", preferred_username="a b", email="key:x")
    role = admin.patch(f"/v1/people/{again['person_id']}", {"role": "viewer"})
    reset = admin.post(f"/v1/people/{again['person_id']}/reset", {})
    disabled = admin.patch(f"/v1/people/{again['person_id']}", {"disabled": True})
    after = come_back(server, forging, lambda nonce: good(forging, nonce, sub="b1"))

    assert (impostor["name"], impostor["role"]) == ("boris@example.com", "analyst")
    assert (again["name"], again["person_id"], again["role"]) == ("boris@example.com", impostor["person_id"], "admin")
    assert strange["name"].startswith("sso-")
    assert (role.status_code, reset.status_code, disabled.status_code) == (409, 409, 200)
    assert (after.status_code, after.json()["detail"]) == (403, "you are disabled here")


def test_a_new_key_is_found_and_keys_that_are_none_are_not_looked_for_all_the_time() -> None:
    with forger() as ours:
        clock = FixedClock(1_000_000)
        provider = Provider(Client(ours.issuer, "ringfence", ""), clock)
        ours.keys = [jwk(OTHER_RSA, kid="old")]

        def believed(kid: str) -> bool:
            try:
                provider.believed(token({"alg": "RS256", "kid": kid}, claims(ours.issuer, "n"), SIGNED), "n")
            except RingfenceError:
                return False
            return True

        before = believed("one")
        ours.keys = [jwk(RSA, kid="one")]
        at_once = [believed(f"none {n}") for n in range(20)]
        looked = ours.asked.count("/keys")
        clock.at_ms += KEYS_AGAIN_MS
        later = believed("one")
        ours.keys = []
        still = believed("one")

    assert (before, any(at_once), looked) == (False, False, 1)
    assert (later, still) == (True, True)
    assert ours.asked.count("/keys") == 2


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"issuer": "https://evil.example"}, "RF7029"),
        ({"token_endpoint": "http://example.com/token"}, "RF7029"),
        ({"token_endpoint": None}, "RF7029"),
        ({"jwks_uri": "file:///etc/passwd"}, "RF7029"),
        ({"authorization_endpoint": "http://["}, "RF7029"),
        ({"padding": "x" * MOST_BYTES}, "RF7026"),
    ],
)
def test_a_discovery_document_that_cannot_be_right_is_refused(document: dict[str, Any], code: str) -> None:
    with forger() as ours:
        ours.document = document
        with pytest.raises(RingfenceError) as caught:
            Provider(Client(ours.issuer, "ringfence", ""), FixedClock(1_000_000)).outset("http://localhost/back")

    assert caught.value.code == code


def test_a_provider_that_is_elsewhere_is_asked_over_https_alone() -> None:
    with pytest.raises(RingfenceError) as caught:
        Provider(Client("http://login.example.com", "ringfence", ""), FixedClock(1_000_000)).outset(
            "http://localhost/back"
        )

    assert caught.value.code == "RF7029"


def test_settings_know_the_roles_that_there_are() -> None:
    assert set(ROLE_NAMES) == set(ROLES)
