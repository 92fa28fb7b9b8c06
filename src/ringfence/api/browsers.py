"""What is particular to browsers: the cookies that they keep, and requests that another page had them send.

Over https the cookie of a session is `__Host-ringfence`: only this very host can set it, and it never travels in clear.
Over http it has another name and is given on this machine alone. Only the cookie of the present way is looked at.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from ringfence.api.problems import ApiError
from ringfence.events.errors import NOT_ALLOWED
from ringfence.settings import ApiSection
from ringfence.wiring.access.signing_in import ABSOLUTE_MS, Browser

SESSION: Final = ("__Host-ringfence", "ringfence_session")  # over https, over http
SIGN_IN: Final = ("__Host-ringfence-sign-in", "ringfence_sign_in")  # while the identity provider has the browser
SIGN_IN_S: Final = 600
TOKEN: Final = "x-csrf-token"  # noqa: S105 - a header's name
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})


def is_https(scope: Scope, api: ApiSection) -> bool:
    """Return whether a request came by https, or people reach this server so."""
    return scope["scheme"] == "https" or api.public_url.lower().startswith("https://")


def base_url(request: Request, api: ApiSection) -> str:
    """Return the address under which people reach this server."""
    if api.public_url:
        return api.public_url.rstrip("/")
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def cookie_of(scope: Scope, names: tuple[str, str], api: ApiSection) -> str:
    """Return the cookie of one of our names that fits the way by which the request came; empty: there is none."""
    sent = Headers(scope=scope).getlist("cookie")
    wanted = names[0] if is_https(scope, api) else names[1]
    return cookie_parser("; ".join(sent)).get(wanted, "") if sent else ""


def set_cookie(
    response: Response, request: Request, names: tuple[str, str], value: str, api: ApiSection, seconds: int
) -> None:
    """Have the browser keep a cookie that no script sees; with no value and 0 seconds, have it forget it."""
    secure = is_https(request.scope, api)
    name = names[0] if secure else names[1]
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def give_session(response: Response, request: Request, cookie: str, api: ApiSection) -> None:
    """Have the browser keep the cookie of a session."""
    set_cookie(response, request, SESSION, cookie, api, ABSOLUTE_MS // 1000)


def check_way(request: Request, api: ApiSection) -> None:
    """Let passwords pass only where nobody can read them on their way: over https, or on this machine.

    Raises:
        ApiError: they come over http from elsewhere (RF7002).
    """
    if is_https(request.scope, api):
        return
    caller = request.client.host if request.client else ""
    if not (_is_here(caller) and _is_here(_split(f"//{request.headers.get('host', '')}").hostname or "")):
        raise ApiError(
            NOT_ALLOWED,
            "passwords and cookies would travel in clear",
            cure="Put https in front and name its address as api.public_url.",
        )


def check_source(scope: Scope, api: ApiSection) -> None:
    """Let a change without a key pass only if no page of others had the browser send it.

    Raises:
        ApiError: another page had (RF7002).
    """
    if scope["method"] in SAFE_METHODS:
        return
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    ours = {headers.get("host", "").lower(), _split(api.public_url).netloc.lower()} - {""}
    is_foreign = site is not None and site not in _OURS
    if is_foreign or (origin is not None and _split(origin).netloc.lower() not in ours):
        raise ApiError(NOT_ALLOWED, "this request comes from another site", cure="Send it from a page of this server.")


def browser_of(request: Request) -> Browser:
    """Return where a request comes from, as its owner would know it again."""
    return Browser(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # [ without ]
        return urlsplit("")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
