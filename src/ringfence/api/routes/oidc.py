"""Sign-in through an identity provider (OpenID Connect): the browser goes there, and comes back with a code."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from ringfence.api.answers import NO_STORE, answer
from ringfence.api.asking import HouseHere
from ringfence.api.browsers import (
    SIGN_IN,
    SIGN_IN_S,
    base_url,
    browser_of,
    check_way,
    cookie_of,
    give_session,
    set_cookie,
)
from ringfence.api.problems import ApiError
from ringfence.api.routes.access_shapes import ProviderAbout
from ringfence.events.errors import NO_SUCH_PAGE, PROVIDER_REFUSED
from ringfence.wiring.access.oidc_people import person_of_claims
from ringfence.wiring.access.people import sessions_of
from ringfence.wiring.access.signing_in import open_session
from ringfence.wiring.house import House

if TYPE_CHECKING:
    from ringfence.wiring.access.oidc import Provider

router = APIRouter(prefix="/v1/oidc", tags=["access"])
BACK: Final = "/v1/me"  # where a browser ends up that did not say where it wants to
_Text = Annotated[str | None, Query(max_length=4_096)]
_MOVED: Final[dict[int | str, dict[str, Any]]] = {303: {"description": "Elsewhere"}}


@router.get("", summary="Whether there is an identity provider", response_model=ProviderAbout)
def get_provider(house: HouseHere) -> Response:
    """Return whether people may sign in through an identity provider, and which. Anyone may ask."""
    provider = house.front.provider
    if provider is None:
        return answer({"enabled": False, "issuer": None, "sign_in": None})
    return answer({"enabled": True, "issuer": provider.client.issuer, "sign_in": "/v1/oidc/sign-in"})


@router.get("/sign-in", summary="Go to the identity provider", status_code=303, responses=_MOVED)
def begin_provider_sign_in(
    request: Request,
    house: HouseHere,
    back_to: Annotated[
        str,
        Query(
            max_length=500,
            pattern=r"^/([!-.0-\[\]-~][!-\[\]-~]*)?$",
            description="An address of this server, without its host, to end up at.",
            examples=["/v1/me"],
        ),
    ] = BACK,
) -> Response:
    """Send the browser to the identity provider. Anyone may begin."""
    api = house.settings.api
    check_way(request, api)
    browser, now_ms = secrets.token_urlsafe(32), house.clock.now_ms()
    with _asking(house) as provider:
        outset = provider.outset(_callback(request, house))
    row = {
        "digest": _digest(outset.state),
        "browser": _digest(browser),
        "nonce": outset.nonce,
        "verifier": outset.verifier,
        "back_to": back_to,
        "at_ms": now_ms,
    }
    with house.writing() as place:
        sessions_of(place).begin_sign_in(row, now_ms - SIGN_IN_S * 1000)
    response = _moved(outset.address)
    set_cookie(response, request, SIGN_IN, browser, api, SIGN_IN_S)
    return response


@router.get("/callback", summary="Come back from the identity provider", status_code=303, responses=_MOVED)
def end_provider_sign_in(
    request: Request,
    house: HouseHere,
    state: _Text = None,
    code: _Text = None,
    error: _Text = None,
    iss: _Text = None,
) -> Response:
    """Open a session for whom the provider vouches. A state counts once, in the browser that was sent with it."""
    api = house.settings.api
    check_way(request, api)
    with _asking(house) as provider:
        begun = _begun(request, house, state or "")
        provider.check_issuer(iss)
        if error or not code:
            raise ApiError(PROVIDER_REFUSED, f"the identity provider says {error or 'nothing'!r:.80}")
        claims = provider.claims(code, begun["verifier"], begun["nonce"], _callback(request, house))
    now_ms = house.clock.now_ms()
    with house.writing() as place:
        person = person_of_claims(place, claims, house.front.reading, now_ms)
        new = open_session(place, person["person_id"], "provider", browser_of(request), now_ms)
        detail = {"session": new.session_id, "via": "provider", "role": person["role"]}
        place.audit.note(person["name"], "session.opened", person["name"], detail, person["tenant"], now_ms)
    response = _moved(begun["back_to"])
    give_session(response, request, new.cookie, api)
    set_cookie(response, request, SIGN_IN, "", api, 0)
    return response


@contextmanager
def _asking(house: House) -> Iterator[Provider]:
    provider = house.front.provider
    if provider is None:
        raise ApiError(NO_SUCH_PAGE, "there is no identity provider", cure="Name one in [access] of ringfence.toml.")
    with provider.turn():
        yield provider


def _begun(request: Request, house: House, state: str) -> dict[str, Any]:
    """Return what this very browser was sent with; it is forgotten, whatever comes next."""
    with house.writing() as place:
        begun = sessions_of(place).take_sign_in(_digest(state))
    browser = cookie_of(request.scope, SIGN_IN, house.settings.api)
    known = begun is not None and compare_digest(begun["browser"], _digest(browser))
    if begun is None or not known or house.clock.now_ms() - begun["at_ms"] > SIGN_IN_S * 1000:
        raise ApiError(PROVIDER_REFUSED, "this sign-in was not begun here, is over, or was used")
    return begun


def _callback(request: Request, house: House) -> str:
    return f"{base_url(request, house.settings.api)}/v1/oidc/callback"


def _moved(address: str) -> Response:
    return Response(status_code=303, headers={**NO_STORE, "location": address})


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
