"""Requests that are sent again: a change that carries an Idempotency-Key is done once, and answered again.

The key is the caller's own; it counts for them alone (tenant and principal) and for one request: method, address,
body and the headers that change its meaning. What was answered is kept for a day, sealed with a key that needs the
caller's: the database alone tells nobody what a new API key was. Not remembered is what came to nothing: faults, too
many requests, callers who may not. A process that ends in the middle leaves its key taken for a minute.

Answers over a mebibyte are not kept whole: a receipt of records then only counts them, anything else is told to have
been done (409, RF7019).
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringfence.api.asking import NOBODY, Principal
from ringfence.api.limits import RECORDS, again, most_bytes, whole
from ringfence.api.problems import ApiError, problem
from ringfence.events.errors import BAD_REQUEST, CONFLICT, KEY_REUSED, STILL_RUNNING, RingfenceError
from ringfence.wiring.house import House

HEADER: Final = "idempotency-key"
REPLAYED: Final = (b"idempotency-replayed", b"true")
CHANGES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEPT_MS: Final = 25 * 3_600_000  # a day, and an hour for clocks that differ
ABANDONED_MS: Final = 60_000  # after which a request without an answer is taken to have ended with its process
PRUNE_MS: Final = 600_000
MOST_BYTES: Final = 1 << 20  # of an answer that is kept
_KEY: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_MEANING: Final = ("content-type", "content-encoding", "if-match", "ringfence-reason")  # headers that make a request
_FORGOTTEN: Final = frozenset({401, 403, 408, 413, 415, 429})  # and all from 500
_NOT_KEPT: Final = frozenset({b"set-cookie", b"content-length"})
_LOG: Final = structlog.get_logger("ringfence.api")
_NONCE: Final = 12


@dataclass(slots=True)
class _Once:
    """One request that is to be done once, and its answer as far as it has come."""

    scope: str
    key: str
    request: str
    cipher: AESGCM
    is_receipt: bool
    at_ms: int = 0
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    held: list[Message] = field(default_factory=list)
    size: int = 0
    is_flowing: bool = False  # a long answer in many parts: it is passed on as it comes

    def take(self, message: Message) -> None:
        """Hold a part of the answer."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        self.size += len(message.get("body", b""))
        self.is_flowing |= self.size > MOST_BYTES and message.get("more_body", False)
        self.held.append(message)

    def parts(self) -> list[Message]:
        """Return the parts that are held, and hold them no longer."""
        parts, self.held = self.held, []
        return parts

    def sealed(self) -> bytes:
        """Return the answer as it is kept; to be called before the last part is passed on."""
        body = b"".join(message.get("body", b"") for message in self.held)
        is_whole = not self.is_flowing
        if len(body) > MOST_BYTES and is_whole:
            is_whole = self.is_receipt
            body = _only_counts(body) if is_whole else b""
        headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in self.headers if n.lower() not in _NOT_KEPT]
        packed = json.dumps({"headers": headers, "whole": is_whole}).encode() + b"\n" + (body if is_whole else b"")
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self.cipher.encrypt(nonce, packed, self.request.encode())


class Kept(NamedTuple):
    """An answer as it is kept."""

    status: int
    sealed: bytes


def _is_taken(scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in scope["app"].routes)


class Idempotency:
    """Does a change once that is sent several times under one key."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self.house = house
        self._running: dict[tuple[str, str], str] = {}  # in this process: a long one is not taken for abandoned
        self._pruned_ms = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] not in CHANGES:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        principal: Principal = scope["state"]["principal"]
        # a sign-in is never answered from memory, and what no route takes is told so by the routes
        if HEADER not in headers or principal is NOBODY or not _is_taken(scope):
            await self.app(scope, receive, send)
            return
        api = self.house.settings.api
        try:
            body = await whole(receive, headers, most_bytes(scope["path"], api))
            once = await run_in_threadpool(self._once, scope, headers, principal, body)
            await self._answer(once, scope, again(body, receive), send)
        except RingfenceError as error:
            await problem(error, scope["state"]["request_id"])(scope, receive, send)

    def _once(self, scope: Scope, headers: Headers, principal: Principal, body: bytes) -> _Once:
        keys = headers.getlist(HEADER)
        if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
            raise ApiError(BAD_REQUEST, "the Idempotency-Key cannot be used", expected="1 to 255 printable characters")
        own = self.house.secret.key("answers that are kept")
        said = [scope["method"], scope["path"], scope["query_string"].decode("latin-1")]
        said += [headers.get(name, "") for name in _MEANING] + sorted(principal.permissions)
        digest = blake2b(json.dumps(said).encode(), digest_size=24)
        digest.update(body)
        cipher = AESGCM(blake2b(b"seal " + keys[0].encode(), key=own, digest_size=32).digest())
        name = blake2b(b"name " + keys[0].encode(), key=own, digest_size=24).hexdigest()
        whose = json.dumps([principal.tenant, principal.via, principal.name])
        return _Once(whose, name, digest.hexdigest(), cipher, is_receipt=scope["path"] == RECORDS)

    async def _answer(self, once: _Once, scope: Scope, receive: Receive, send: Send) -> None:
        place = (once.scope, once.key)
        if place in self._running:
            raise _in_the_way(once, self._running[place])
        self._running[place] = once.request
        try:
            kept = await run_in_threadpool(self._begin, once)
            if kept is None:
                await self._do(once, scope, receive, send)
            else:
                await _replay(once, kept, scope, send)
        finally:
            del self._running[place]

    def _begin(self, once: _Once) -> Kept | None:
        """Take the key; return the answer that is kept under it."""
        now_ms = once.at_ms = self.house.clock.now_ms()
        with self.house.writing() as place:
            if now_ms - self._pruned_ms >= PRUNE_MS:
                self._pruned_ms = now_ms
                place.answers.forget(now_ms - KEPT_MS)
            found = place.answers.begin(
                once.scope,
                once.key,
                once.request,
                now_ms=now_ms,
                abandoned_ms=now_ms - ABANDONED_MS,
                forgotten_ms=now_ms - KEPT_MS,
            )
        if found is None:
            return None
        if found.request != once.request or found.status is None or found.body is None:
            raise _in_the_way(once, found.request)
        return Kept(found.status, found.body)

    async def _do(self, once: _Once, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the request; the answer is kept before it is given."""
        is_over = False

        async def held(message: Message) -> None:
            nonlocal is_over
            is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
            once.take(message)
            if is_last:
                await run_in_threadpool(self._keep, once)
                is_over = True
            if is_last or once.is_flowing:
                for part in once.parts():
                    await send(part)

        try:
            await self.app(scope, receive, held)
        finally:
            if not is_over:  # it came to nothing
                await run_in_threadpool(self._let_go, once)

    def _keep(self, once: _Once) -> None:
        if once.status >= 500 or once.status in _FORGOTTEN:
            self._let_go(once)
            return
        try:
            with self.house.writing() as place:
                sealed = once.sealed()
                place.answers.keep(once.scope, once.key, once.at_ms, once.status, sealed)
        except RingfenceError as error:  # it was done: whoever asked is told so in any case
            _LOG.warning("answer not kept", code=error.code, error=error.what)

    def _let_go(self, once: _Once) -> None:
        try:
            with self.house.writing() as place:
                place.answers.drop(once.scope, once.key, once.at_ms)
        except RingfenceError as error:
            _LOG.warning("key not let go", code=error.code, error=error.what)


def _in_the_way(once: _Once, request: str) -> ApiError:
    if request != once.request:
        return ApiError(KEY_REUSED, "this Idempotency-Key was used for another request")
    return ApiError(STILL_RUNNING, "the first request of this key still runs", headers={"Retry-After": "1"})


async def _replay(once: _Once, kept: Kept, scope: Scope, send: Send) -> None:
    """Answer again."""
    try:
        packed = once.cipher.decrypt(kept.sealed[:_NONCE], kept.sealed[_NONCE:], once.request.encode())
    except InvalidTag:
        raise ApiError(CONFLICT, "this was done; its answer cannot be read any more") from None
    head, _, body = packed.partition(b"\n")
    said = json.loads(head)
    if not said["whole"]:
        raise ApiError(CONFLICT, "this was done; its answer was too large to be kept")
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said["headers"]]
    headers += [REPLAYED, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": kept.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _only_counts(body: bytes) -> bytes:
    """Return a receipt of records without the records."""
    return json.dumps(json.loads(body) | {"records": []}).encode()
