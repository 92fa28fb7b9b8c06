"""Bounds on what one caller may ask for: how often, how much at a time, how deeply nested.

Behind the gate, so that a rate is that of the one who asks; a body is read here, within its bound, before a route or
a parser sees any of it. Records (`/v1/events`) and scores have bounds of their own and are not counted.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from time import monotonic
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringfence.api.asking import NOBODY, Principal
from ringfence.api.problems import ApiError, problem
from ringfence.events.errors import BODY_TOO_LARGE, BUSY, NOT_SIGNED_IN, TOO_DEEP, TOO_MANY, RingfenceError
from ringfence.settings import ApiSection
from ringfence.wiring.house import House

RECORDS: Final = "/v1/events"
# their routes read the body within bounds of their own
_LARGE: Final = re.compile(r"/v1/events|/v1/cases/[^/]+/files|/v1/lists/[^/]+/import")
_UNCOUNTED: Final = frozenset({RECORDS, "/v1/score"})
FREE: Final = frozenset({"/livez", "/readyz", "/healthz", "/startupz"})  # asked by what restarts us
MOST_CALLERS: Final = 10_000  # whose rates are remembered; the longest silent are forgotten
MOST_DEPTH: Final = 32
IN_FLIGHT_BYTES: Final = 256 << 20  # of bodies of records that are being sent at a time
_WINDOW_S: Final = 60
_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?$)', re.DOTALL)  # one that never ends is read once, too
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


class Buckets:
    """How much each caller has left: `rate` a minute, that many at once after a quiet minute."""

    def __init__(self, rate: int, now: Callable[[], float] = monotonic, most: int = MOST_CALLERS) -> None:
        self.rate = rate
        self._now = now
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller -> what was left, when

    def left(self, caller: str) -> float:
        """Return how many requests a caller may make now."""
        left, at = self._left.get(caller, (float(self.rate), 0.0))
        return min(float(self.rate), left + max(self._now() - at, 0.0) * self.rate / _WINDOW_S)

    def take(self, caller: str) -> float | None:
        """Count a request; return how many are left then, or None where it is one too many (it is not counted)."""
        left = self.left(caller) - 1
        if left < 0:
            return None
        self._left[caller] = (left, self._now())
        self._left.move_to_end(caller)
        while len(self._left) > self._most:
            self._left.popitem(last=False)
        return left

    def wait_s(self, caller: str) -> int:
        """Return the seconds until the caller may make one more."""
        return max(1, ceil((1 - self.left(caller)) * _WINDOW_S / self.rate))

    def full_s(self, left: float) -> int:
        """Return the seconds until all of it is there again."""
        return ceil((self.rate - left) * _WINDOW_S / self.rate)

    def __len__(self) -> int:
        """Return how many callers are remembered."""
        return len(self._left)


def network_of(scope: Scope) -> str:
    """Return the address of a caller, of IPv6 the /64 that one customer is given."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_too_deep(content: bytes, most: int = MOST_DEPTH) -> bool:
    """Return whether a JSON text is nested more deeply than `most`. Text that is no JSON is left to its parser."""
    if content.count(b"[") + content.count(b"{") <= most:
        return False
    brackets = _TEXT.sub(b"", content).translate(_ALIKE, _NO_BRACKETS)
    for _ in range(most):  # each time one layer falls off
        shorter = brackets.replace(b"[]", b"")
        if len(shorter) == len(brackets):  # not balanced: a parser will refuse it, unless that ends the parser
            return brackets.count(b"[") > most
        brackets = shorter
    return b"[" in brackets


class Strangers:
    """Turns away addresses that show keys which are none, before one more is looked up; who is known passes."""

    def __init__(self, rate: int, most: int = MOST_CALLERS) -> None:
        self._failures = Buckets(rate)
        self._known: OrderedDict[bytes, None] = OrderedDict()  # digests of keys that were good lately
        self._most = most

    def check(self, scope: Scope) -> None:
        """Let a request pass unless its address has failed too often.

        Raises:
            ApiError: it has (RF7010).
        """
        network = network_of(scope)
        if self._failures.left(network) < 1 and _shown(scope) not in self._known:
            raise _too_many(self._failures, network)

    def failed(self, scope: Scope, error: RingfenceError) -> None:
        """Count a failure."""
        if error.code == NOT_SIGNED_IN:
            self._failures.take(network_of(scope))
            self._known.pop(_shown(scope), None)

    def passed(self, scope: Scope) -> None:
        """Remember who came in, so that neighbours who fail do not shut them out."""
        shown = _shown(scope)
        self._known[shown] = None
        self._known.move_to_end(shown)
        while len(self._known) > self._most:
            self._known.popitem(last=False)


def _shown(scope: Scope) -> bytes:
    """Return the digest of what a caller shows of themselves."""
    shown = [value for name, value in scope["headers"] if name in (b"authorization", b"cookie")]
    return blake2b(b"\n".join(shown), digest_size=16).digest()


class Limits:
    """Turns away who asks too often, and bodies that are too large or nested too deeply."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self.house = house
        self.callers = Buckets(house.settings.api.rate_per_minute)
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = []
        sent = _Sent()
        try:
            headers = self._counted(scope)
            receive = await self._bounded(scope, receive, sent)
        except RingfenceError as error:
            await problem(error, scope["state"]["request_id"])(scope, receive, _with(send, headers))
            return
        try:
            await self.app(scope, receive, _with(send, headers))
        finally:
            self._in_flight -= sent.bytes

    def _counted(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Count a request; return the headers that say how many more there may be."""
        if scope["path"] in FREE or scope["path"] in _UNCOUNTED:
            return []
        caller = _caller(scope)
        left = self.callers.take(caller)
        if left is None:
            raise _too_many(self.callers, caller)
        return [
            (b"ratelimit-policy", f'"caller";q={self.callers.rate};w={_WINDOW_S}'.encode()),
            (b"ratelimit", f'"caller";r={int(left)};t={self.callers.full_s(left)}'.encode()),
        ]

    async def _bounded(self, scope: Scope, receive: Receive, sent: _Sent) -> Receive:
        """Return a `receive` that gives no more than is allowed.

        Raises:
            ApiError: the body is too large (RF7006) or nested too deeply (RF7024).
        """
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return receive
        if _LARGE.fullmatch(scope["path"]):
            return self._watched(receive, sent)
        headers = Headers(scope=scope)
        body = await whole(receive, headers, self.house.settings.api.max_request_bytes)
        media = headers.get("content-type", "json").lower()
        if "json" in media and is_too_deep(body):
            raise ApiError(TOO_DEEP, "the document is nested too deeply", expected=f"at most {MOST_DEPTH} levels")
        return again(body, receive)

    def _watched(self, receive: Receive, sent: _Sent) -> Receive:
        """Return a `receive` that ends when all that is being sent at a time is too much."""

        async def bounded() -> Message:
            message = await receive()
            size = len(message.get("body", b""))
            if self._in_flight + size > IN_FLIGHT_BYTES:
                raise ApiError(BUSY, "too many records are being sent at a time")
            self._in_flight += size
            sent.bytes += size
            return message

        return bounded


@dataclass(slots=True)
class _Sent:
    bytes: int = 0  # of one body, until its request is answered


def _too_many(buckets: Buckets, caller: str) -> ApiError:
    wait_s = buckets.wait_s(caller)
    headers = {
        "Retry-After": str(wait_s),
        "RateLimit-Policy": f'"caller";q={buckets.rate};w={_WINDOW_S}',
        "RateLimit": f'"caller";r=0;t={wait_s}',
    }
    return ApiError(TOO_MANY, "too many requests", expected=f"at most {buckets.rate:,} a minute", headers=headers)


def _caller(scope: Scope) -> str:
    principal: Principal = scope["state"]["principal"]
    if principal is NOBODY:
        return f"address {network_of(scope)}"
    return f"{principal.via} {principal.tenant or ''} {principal.name}"


def _with(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    """Return a `send` that adds headers to the answer."""

    async def out(message: Message) -> None:
        if headers and message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers]
        await send(message)

    return out


def most_bytes(path: str, api: ApiSection) -> int:
    """Return how large the body of a request may be at most; its route may allow less."""
    return api.max_body_bytes if _LARGE.fullmatch(path) else api.max_request_bytes


async def whole(receive: Receive, headers: Headers, most: int) -> bytes:
    """Return the body of a request.

    Raises:
        ApiError: it is too large (RF7006); no more of it than allowed was read.
    """
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise ApiError(BODY_TOO_LARGE, f"{int(length):,} bytes", expected=f"at most {most:,}")
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > most:
            raise ApiError(BODY_TOO_LARGE, f"more than {most:,} bytes", expected=f"at most {most:,}")
        if message["type"] != "http.request" or not message.get("more_body", False):
            return bytes(body)


def again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read, then whatever comes after it."""
    given = False

    async def from_memory() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return from_memory
