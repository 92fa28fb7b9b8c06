"""The gate: what every request passes before a route: an id, who asks, and a fault that is told and never thrown."""

from __future__ import annotations

import secrets
from hmac import compare_digest
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringfence.api.asking import NOBODY, Principal, by_key, by_session
from ringfence.api.browsers import SAFE_METHODS, SESSION, TOKEN, check_source, cookie_of, is_https
from ringfence.api.limits import Strangers
from ringfence.api.problems import ApiError, problem
from ringfence.events.errors import NOT_ALLOWED, RingfenceError
from ringfence.wiring.house import House
from ringfence.wiring.keys import KeyCache

SAFE: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_SAFE: Final = [(name.encode(), value.encode()) for name, value in SAFE.items()]
_HTTPS: Final = [(b"strict-transport-security", b"max-age=31536000")]  # a year: browsers do not come by http again
WITHOUT_TOKEN: Final = frozenset({"/v1/sessions", "/v1/first-start", "/v1/links"})  # what is shown there is enough
AT_ONCE: Final = frozenset({"/v1/score"})


class Gate:
    """Lets requests in."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self.house = house
        self.keys = KeyCache()
        self.strangers = Strangers(house.settings.api.rate_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = secrets.token_hex(8)  # names a request in the log, and is no name of a thing

        safe = [*_SAFE, *_HTTPS] if is_https(scope, self.house.settings.api) else _SAFE

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in safe if pair[0] not in own),
                    (b"request-id", state["request_id"].encode()),
                ]
            await send(message)

        try:
            self.strangers.check(scope)
            state["principal"] = await self._asker(scope)
            self.strangers.passed(scope)
            # For answers that outlive the asker's right to them.
            state["ask_again"] = lambda: self._asker(scope, again=True)
        except RingfenceError as error:
            self.strangers.failed(scope, error)
            await problem(error, state["request_id"])(scope, receive, out)
            return
        await self.app(scope, receive, out)

    async def _asker(self, scope: Scope, *, again: bool = False) -> Any:
        headers = Headers(scope=scope)
        if "authorization" in headers:
            return await self._by_key(scope["path"], headers)
        api = self.house.settings.api
        check_source(scope, api)
        cookie = cookie_of(scope, SESSION, api)
        if not cookie:
            return NOBODY
        person = await run_in_threadpool(by_session, self.house, cookie, noted=not again)
        if person is None:
            return NOBODY
        _check_token(scope, headers, person)
        return person

    async def _by_key(self, path: str, headers: Headers) -> Principal:
        """Return whose key is shown: remembered for a moment where an answer is due within milliseconds."""
        shown = headers["authorization"].encode("latin-1", "replace")
        if path in AT_ONCE and (known := self.keys.get(shown)) is not None:
            found: Principal = known
            return found
        asker = await run_in_threadpool(by_key, self.house, headers) or NOBODY
        if path in AT_ONCE:
            self.keys.put(shown, asker)
        return asker


def _check_token(scope: Scope, headers: Headers, person: Principal) -> None:
    """Let a change of somebody with a cookie pass only from a page that knows their token.

    Raises:
        ApiError: the token is missing or another's (RF7002).
    """
    if scope["method"] in SAFE_METHODS or scope["path"] in WITHOUT_TOKEN:
        return
    if not compare_digest(headers.get(TOKEN, "").encode("utf-8", "replace"), person.token.encode()):
        raise ApiError(NOT_ALLOWED, "X-CSRF-Token is missing, or of another session", cure="Take it from GET /v1/me.")
