"""Sign-in through an identity provider: OpenID Connect, the code flow with PKCE.

The provider's addresses and keys come from its own discovery document, over https (http on this machine alone), with
limits on time and size. Of a token only its claims are believed, and only once its signature fits one of those keys:
what its header says of keys (`jwk`, `jku`, `x5u`, `x5c`) is never looked at, `kid` is a name among the known ones and
nothing else, and `alg` must be RS256 or ES256 and fit the key.
"""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
import ssl
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from threading import BoundedSemaphore, Lock
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, quote_plus, urlencode, urlsplit

import jwt
from jwt.exceptions import PyJWTError

from ringfence.connectors.safe_http import Reply, SafeHttp
from ringfence.events.clock import Clock
from ringfence.events.errors import BUSY, PROVIDER_REFUSED, UNREACHABLE_TARGET, DependencyError, UsageError

ALGORITHMS: Final = {"RS256": "RSA", "ES256": "EC"}  # and the kind of key that each needs
DOCUMENT_MS: Final = 3_600_000  # that what the provider says of itself is believed
KEYS_AGAIN_MS: Final = 60_000  # between two looks for a key that is not known
MOST_BYTES: Final = 256 << 10  # of any answer of the provider
MOST_TOKEN: Final = 64 << 10  # characters
LEEWAY_S: Final = 30  # that clocks may differ
_AT_A_TIME: Final = 4  # sign-ins that wait for the provider: each keeps a thread
_CLAIMS: Final = ["iss", "sub", "aud", "exp", "iat"]
_SECRETS: Final = 32  # bytes of state, nonce and verifier
_KID: Final = re.compile(r"[\x20-\x7e]{1,256}")


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are at the provider."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ("openid",)


class Outset(NamedTuple):
    """What a browser is sent to the provider with: the address, and what is to be remembered until it is back."""

    address: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """One identity provider."""

    def __init__(self, client: Client, clock: Clock, trusted: ssl.SSLContext | None = None) -> None:
        self.client = client
        self._clock = clock
        host = _split(client.issuer).hostname or ""
        self._http = SafeHttp((host,), trusted=trusted)  # it may be in the operator's own network
        self._lock = Lock()
        self._turns = BoundedSemaphore(_AT_A_TIME)
        self._document: dict[str, Any] = {}
        self._document_ms = -DOCUMENT_MS
        self._keys: list[dict[str, Any]] = []
        self._keys_ms = -KEYS_AGAIN_MS

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let one of a few ask the provider: a slow one must not keep all threads of the server.

        Raises:
            DependencyError: there are too many (RF7016).
        """
        if not self._turns.acquire(blocking=False):
            raise DependencyError(BUSY, "too many wait for the identity provider")
        try:
            yield
        finally:
            self._turns.release()

    def outset(self, back_to: str) -> Outset:
        """Return where a browser is to be sent; `back_to` is our own address that it is sent to afterwards.

        Raises:
            DependencyError: the provider does not answer (RF7026).
            UsageError: what it answers cannot be used (RF7029).
        """
        state, nonce, verifier = (secrets.token_urlsafe(_SECRETS) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": back_to,
            "scope": " ".join(self.client.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        place = str(self._discovered()["authorization_endpoint"])
        return Outset(f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", state, nonce, verifier)

    def check_issuer(self, named: str | None) -> None:
        """Refuse an answer that another provider has given (RFC 9207).

        Raises:
            UsageError: it names another issuer, or none although this one always does (RF7029).
        """
        always = self._discovered().get("authorization_response_iss_parameter_supported") is True
        if named != self.client.issuer and (named is not None or always):
            raise _refused("the answer is of another issuer")

    def claims(self, code: str, verifier: str, nonce: str, back_to: str) -> dict[str, Any]:
        """Return what the provider says of the person for whom it gave a code.

        Raises:
            DependencyError: the provider does not answer (RF7026).
            UsageError: it refuses, or its token cannot be believed (RF7029).
        """
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back_to,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        self._show_secret(body, headers)
        place = str(self._discovered()["token_endpoint"])
        answer = _object(self._http.post(place, headers, urlencode(body).encode(), MOST_BYTES), "the token endpoint")
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _refused("the token endpoint gave no id_token")
        return self.believed(token, nonce)

    def believed(self, token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token, if all of it fits.

        Raises:
            UsageError: it does not (RF7029).
        """
        try:
            header = jwt.get_unverified_header(token) if len(token) <= MOST_TOKEN else {}
        except PyJWTError:
            raise _refused("the ID token is none") from None
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise _refused(f"the ID token is signed with {algorithm!r:.40}", expected=" or ".join(ALGORITHMS))
        key = self._key(header.get("kid"), algorithm)
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self.client.client_id,
                issuer=self.client.issuer,
                leeway=LEEWAY_S,
                options={"require": _CLAIMS, "enforce_minimum_key_length": True},
            )
        except PyJWTError as error:
            raise _refused(f"the ID token is not to be believed: {error}"[:200]) from None
        self._check_claims(claims, nonce)
        return claims

    def _check_claims(self, claims: Mapping[str, Any], nonce: str) -> None:
        said = claims.get("nonce")
        if not isinstance(said, str) or not compare_digest(said.encode(), nonce.encode()):
            raise _refused("the ID token was made for another sign-in")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if ("azp" in claims or several) and claims.get("azp") != self.client.client_id:
            raise _refused("the ID token was made for another client")
        if not claims["sub"] or len(claims["sub"]) > 255:  # OpenID Connect Core, section 2
            raise _refused("the ID token names nobody")

    def _show_secret(self, body: dict[str, str], headers: dict[str, str]) -> None:
        client = self.client
        ways = self._discovered().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if client.client_secret and "client_secret_basic" in ways:
            pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"  # RFC 6749, section 2.3.1
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
            return
        body["client_id"] = client.client_id
        if client.client_secret:
            body["client_secret"] = client.client_secret

    def _key(self, kid: object, algorithm: str) -> Any:
        if kid is not None and not (isinstance(kid, str) and _KID.fullmatch(kid)):
            raise _refused("the ID token names a key as no key is named")
        with self._lock:
            found = self._known(kid, algorithm)
            if found is None and self._clock.now_ms() - self._keys_ms >= KEYS_AGAIN_MS:  # it may be a new one
                self._keys_ms = self._clock.now_ms()
                self._keys = self._fetched_keys()
                found = self._known(kid, algorithm)
        if found is None:
            raise _refused("the ID token is signed with a key that the provider does not name")
        return found

    def _known(self, kid: object, algorithm: str) -> Any:
        """Return the key of a name, or where the token names none, the only one that fits."""
        fit = [key for key in self._keys if _fits(key, algorithm) and kid in (None, key.get("kid"))]
        if len(fit) != 1:
            return None
        try:
            return jwt.PyJWK(fit[0], algorithm).key
        except PyJWTError:
            return None

    def _fetched_keys(self) -> list[dict[str, Any]]:
        found = _object(self._http.get(str(self._discovered_in_turn()["jwks_uri"]), most_bytes=MOST_BYTES), "its keys")
        keys = found.get("keys")
        return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []

    def _discovered(self) -> dict[str, Any]:
        with self._lock:
            return self._discovered_in_turn()

    def _discovered_in_turn(self) -> dict[str, Any]:
        """Return what the provider says of itself; to be called by one at a time."""
        now_ms = self._clock.now_ms()
        if not self._document or now_ms - self._document_ms >= DOCUMENT_MS:
            place = f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration"
            _check_way(place)
            document = _object(self._http.get(place, most_bytes=MOST_BYTES), "its discovery document")
            if document.get("issuer") != self.client.issuer:
                raise _refused(
                    f"the provider calls itself {document.get('issuer')!r:.200}", expected=repr(self.client.issuer)
                )
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _check_way(document.get(name))
            self._document, self._document_ms = document, now_ms
        return self._document


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    """Return whether a key of the provider is one for this algorithm, for signatures, and not a shared secret."""
    said = (key.get("kty"), key.get("use", "sig"), key.get("alg", algorithm))
    return said == (ALGORITHMS[algorithm], "sig", algorithm) and (algorithm != "ES256" or key.get("crv") == "P-256")


def _check_way(address: object) -> None:
    """Let an address pass that cannot be read or changed on the way: https, or http that stays on this machine."""
    parts = _split(address)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or "")):
        return
    raise _refused(f"{address!r:.200} can be read and changed on its way", expected="https")


def _split(address: object) -> SplitResult:
    try:
        return urlsplit(address if isinstance(address, str) else "")
    except ValueError:  # [ without ]
        return urlsplit("")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _object(reply: Reply, what: str) -> dict[str, Any]:
    try:
        document = json.loads(reply.content)
    except (ValueError, RecursionError):
        document = None
    if reply.status >= 500:
        raise DependencyError(UNREACHABLE_TARGET, f"the identity provider answers {reply.status} ({what})")
    if reply.status != 200 or not isinstance(document, dict):
        named = document.get("error") if isinstance(document, dict) else None
        why = f": {named!r:.80}" if isinstance(named, str) else ""
        raise _refused(f"the identity provider answers {reply.status} ({what}){why}")
    return document


def _refused(what: str, expected: str = "") -> UsageError:
    return UsageError(PROVIDER_REFUSED, what, expected=expected)
