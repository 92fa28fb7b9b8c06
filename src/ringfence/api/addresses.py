"""Addresses that are written out in a route are its own: `/v1/rules/check` is no rule that is called check."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from ringfence.api.document import api_routes
from ringfence.api.problems import ApiError, problem
from ringfence.events.errors import WRONG_METHOD


class Addresses:
    """Answers 405 where an address is written out, but not with this method."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._methods: dict[str, set[str]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            methods = self._of(scope["app"]).get(scope["path"])
            if methods is not None and scope["method"] not in methods:
                headers = {"Allow": ", ".join(sorted(methods))}
                error = ApiError(WRONG_METHOD, f"{scope['method']} is not possible here", headers=headers)
                await problem(error, scope["state"]["request_id"])(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _of(self, app: FastAPI) -> dict[str, set[str]]:
        if self._methods is None:
            found: dict[str, set[str]] = {}
            for route in api_routes(app):
                if "{" not in route.path:
                    found.setdefault(route.path, set()).update(route.methods or ())
            self._methods = found
        return self._methods
