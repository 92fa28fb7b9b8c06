"""What went wrong, as problem details (RFC 9457): every error of every route, with the product's own codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from ringfence.detectors.conditions.problems import WrittenFileError
from ringfence.events import errors
from ringfence.events.errors import CODES, DependencyError, RingfenceError

MEDIA: Final = "application/problem+json"
RETRY_S: Final = 1
_STATUS: Final[dict[str, int]] = {
    errors.NO_SUCH_ALERT: 404,
    errors.NO_SUCH_NAME: 404,
    errors.AMBIGUOUS_ID: 409,
    errors.ALREADY_THERE: 409,
    errors.UNFINISHED_RUN: 409,
    errors.NOT_SIGNED_IN: 401,
    errors.NOT_ALLOWED: 403,
    errors.NO_SUCH_PAGE: 404,
    errors.WRONG_METHOD: 405,
    errors.BAD_REQUEST: 422,
    errors.BODY_TOO_LARGE: 413,
    errors.UNKNOWN_MEDIA: 415,
    errors.UNKNOWN_ENCODING: 415,
    errors.NO_PRECONDITION: 428,
    errors.CHANGED_MEANWHILE: 412,
    errors.TOO_MANY: 429,
    errors.KEY_REUSED: 422,
    errors.STILL_RUNNING: 409,
    errors.BAD_CURSOR: 400,
    errors.QUERY_TOO_SLOW: 503,
    errors.FAULT: 500,
    errors.BUSY: 503,
    errors.NO_ENGINE: 503,
    errors.ENDING: 503,
    errors.CONFLICT: 409,
    errors.EXISTS: 409,
    errors.NO_SUCH_FILE: 404,
    errors.SIGN_IN_FAILED: 401,
    errors.PROVIDER_REFUSED: 401,
}
_OF_HTTP: Final = {401: errors.NOT_SIGNED_IN, 403: errors.NOT_ALLOWED, 404: errors.NO_SUCH_PAGE}
_OF_HTTP_TOO: Final = {405: errors.WRONG_METHOD, 413: errors.BODY_TOO_LARGE, 415: errors.UNKNOWN_MEDIA}
_LOG: Final = structlog.get_logger("ringfence.api")


def dumps(document: Any) -> bytes:
    """Return a document as JSON."""
    return msgspec.json.encode(document)


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Where the code is explained.", examples=["/v1/errors/RF7003"])
    title: str = Field(description="The kind of error, in words.", examples=["Nothing is at this address"])
    status: int = Field(description="The HTTP status.", examples=[404])
    code: str = Field(description="The product's code; it never changes its meaning.", examples=["RF7003"])
    detail: str = Field(description="What is wrong here, and what was expected.")
    cure: str = Field("", description="What to do next.")
    instance: str = Field("", description="The id of the request, as in the log.")
    errors: list[dict[str, Any]] = Field(default_factory=list, description="Each thing that is wrong, and where.")


class ApiError(RingfenceError):
    """An error of the API, with what its answer says besides."""

    def __init__(
        self,
        code: str,
        what: str,
        *,
        expected: str = "",
        cure: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(code, what, expected=expected, cure=cure)
        self.status = status
        self.headers = dict(headers or {})
        self.members = members


def status_of(error: RingfenceError) -> int:
    """Return the HTTP status of an error: what is not the caller's fault is 503."""
    own = getattr(error, "status", None)
    if own:
        return int(own)
    return _STATUS.get(error.code, 503 if isinstance(error, DependencyError) else 422)


def problem(error: RingfenceError, request_id: str) -> Response:
    """Return the answer that tells an error."""
    status = status_of(error)
    detail = f"{error.what}; expected {error.expected}" if error.expected else error.what
    document: dict[str, Any] = {
        "type": f"/v1/errors/{error.code}",
        "title": CODES[error.code].title,
        "status": status,
        "code": error.code,
        "detail": detail,
        "cure": error.cure,
        "instance": request_id,
        "errors": [],
    }
    if isinstance(error, WrittenFileError):
        names = ("code", "what", "line", "column", "source", "cure")
        document["errors"] = [{name: getattr(one, name) for name in names} for one in error.problems]
    headers = {"Cache-Control": "no-store"}
    if status in (429, 503):
        headers["Retry-After"] = str(RETRY_S)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, ApiError):
        document |= error.members
        headers |= error.headers
    return Response(dumps(document), status, headers, MEDIA)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of every route with problem details."""
    app.add_exception_handler(RingfenceError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_starlette)
    app.add_exception_handler(Exception, _fault)


def request_id(request: Request) -> str:
    """Return the id of a request, as the log has it."""
    return str(request.scope.get("state", {}).get("request_id", ""))


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, RingfenceError)  # noqa: S101 - registered for it
    return problem(error, request_id(request))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    found = [
        {"pointer": "/" + "/".join(map(_escaped, one["loc"])), "what": one["msg"], "kind": one["type"]}
        for one in error.errors()
    ]
    first = f"{found[0]['pointer']}: {found[0]['what']}" if found else "the request is not valid"
    return problem(ApiError(errors.BAD_REQUEST, first, errors=found), request_id(request))


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


async def _of_starlette(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    code = (_OF_HTTP | _OF_HTTP_TOO).get(error.status_code, errors.BAD_REQUEST)
    what = {404: "nothing is here", 405: f"{request.method} is not possible here"}.get(
        error.status_code, str(error.detail)
    )
    headers = {**(error.headers or {}), **({"Allow": _allowed(request)} if error.status_code == 405 else {})}
    return problem(ApiError(code, what, status=error.status_code, headers=headers), request_id(request))


def _allowed(request: Request) -> str:
    """Return all methods of an address: each of its routes has one, and the router names those of the first.

    An address that is written out in a route (`/v1/rules/check`) is none of one with a place in it (`/v1/rules/ID`).
    """
    methods: dict[str, set[str]] = {}
    for context in iter_route_contexts(request.app.routes):
        route = context.original_route
        if isinstance(route, Route | APIRoute) and route.matches(request.scope)[0] is not Match.NONE:
            methods.setdefault(route.path, set()).update(route.methods or ())
    closest = min(methods, key=lambda path: path.count("{"), default="")
    return ", ".join(sorted(methods.get(closest, ())))


async def _fault(request: Request, error: Exception) -> Response:
    _LOG.error("fault", request_id=request_id(request), error=type(error).__name__, exc_info=error)
    return problem(ApiError(errors.FAULT, "something went wrong that should not"), request_id(request))
