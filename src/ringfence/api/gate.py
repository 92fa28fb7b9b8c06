"""The gate: what every request passes before a route: an id, who asks, and a fault that is told and never thrown."""

from __future__ import annotations

import secrets
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringfence.api.asking import NOBODY, by_key
from ringfence.api.problems import problem
from ringfence.events.errors import RingfenceError
from ringfence.wiring.house import House

SAFE: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_SAFE: Final = [(name.encode(), value.encode()) for name, value in SAFE.items()]


class Gate:
    """Lets requests in."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self.house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = secrets.token_hex(8)  # names a request in the log, and is no name of a thing

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in _SAFE if pair[0] not in own),
                    (b"request-id", state["request_id"].encode()),
                ]
            await send(message)

        try:
            state["principal"] = await self._asker(scope)
        except RingfenceError as error:
            await problem(error, state["request_id"])(scope, receive, out)
            return
        await self.app(scope, receive, out)

    async def _asker(self, scope: Scope) -> Any:
        headers = Headers(scope=scope)
        if "authorization" not in headers:
            return NOBODY
        return await run_in_threadpool(by_key, self.house, headers) or NOBODY
