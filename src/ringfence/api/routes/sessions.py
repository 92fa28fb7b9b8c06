"""Sign-in and sign-out, and the sessions that one has."""

from __future__ import annotations

from typing import Annotated, Any, Final, NoReturn

from fastapi import APIRouter, Path, Request, Response

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Person, Principal, by_session, principal_of
from ringfence.api.browsers import SESSION, browser_of, check_way, give_session, set_cookie
from ringfence.api.limits import network_of
from ringfence.api.problems import ApiError
from ringfence.api.routes.access_shapes import Me, Sessions, SignIn
from ringfence.api.routes.me import about
from ringfence.events.errors import NO_SUCH_NAME, SIGN_IN_FAILED, TOO_MANY
from ringfence.wiring.access.people import folded, people_of, sessions_of
from ringfence.wiring.access.signing_in import NewSession, open_session, sessions_in_force
from ringfence.wiring.house import House

router = APIRouter(prefix="/v1/sessions", tags=["access"])
CURRENT: Final = "current"
SOMEBODY: Final = "somebody unknown"  # in the audit log: a name that nobody has may be a password


@router.post("", summary="Sign in", status_code=201, response_model=Me)
def sign_in(request: Request, house: HouseHere, body: SignIn) -> Response:
    """Open a session: its cookie is set, and changes then show `csrf_token` as `X-CSRF-Token`.

    Anyone may try, ten times in a quarter of an hour. 401 with `needs`: `code` means that the password is right and a
    code of the authenticator app, or one for recovery, is needed, too. A session that the browser had ends.
    """
    api = house.settings.api
    check_way(request, api)
    name, address = folded(body.name), network_of(request.scope)
    begin_attempt(house, name, address)
    person = _proven(house, name, body.password)
    new = _opened(request, house, person, body.code)
    house.front.attempts.succeeded(name, address)
    asker = by_session(house, new.cookie)
    response = answer(about(asker) if asker else {}, 201)
    give_session(response, request, new.cookie, api)
    return response


@router.get("", summary="One's own sessions", response_model=Sessions)
def list_sessions(house: HouseHere, asker: Person) -> Response:
    """Return the sessions that one has, the newest first."""
    with house.reading() as place:
        found = sessions_in_force(place, str(asker.person), house.clock.now_ms())
    return answer({"items": [one | {"is_current": one["session_id"] == asker.session} for one in found]})


@router.delete("/{session_id}", summary="Sign out", status_code=204)
def end_session(
    session_id: Annotated[str, Path(pattern="^([0-9a-f]{16}|current)$", examples=[CURRENT])],
    request: Request,
    house: HouseHere,
    asker: Person,
) -> Response:
    """End a session of one's own; `current` is the present one. It needs no If-Match: a session has one end only."""
    wanted = asker.session if session_id == CURRENT else session_id
    with house.writing() as place:
        if not sessions_of(place).end(str(asker.person), str(wanted)):
            raise ApiError(NO_SUCH_NAME, "you have no such session", status=404)
        place.audit.note(asker.name, "session.ended", asker.name, {"session": wanted}, asker.tenant, _now(house))
    response = Response(status_code=204)
    if wanted == asker.session:
        set_cookie(response, request, SESSION, "", house.settings.api, 0)
    return response


def begin_attempt(house: House, name: str, address: str) -> None:
    """Count an attempt to prove who one is.

    Raises:
        ApiError: there were too many that failed (RF7010).
    """
    wait_s = house.front.attempts.begin(name, address)
    if wait_s:
        raise ApiError(TOO_MANY, "too many sign-ins have failed", headers={"Retry-After": str(wait_s)})


def _proven(house: House, name: str, password: str) -> dict[str, Any]:
    """Return the person whose password this is; for a name that nobody has, no less work is done."""
    with house.reading() as place:
        person = people_of(place).named(name)
    usable = person if person and person["disabled_at_ms"] is None else None
    passwords = house.front.passwords
    if not passwords.agree(usable["password"] if usable else None, password) or usable is None:
        _refuse(house, person, "password")
    if passwords.is_dated(usable["password"]):
        encoded = passwords.hash(password)
        with house.writing() as place:
            people_of(place).set_password(usable["person_id"], encoded)
    return usable


def _opened(request: Request, house: House, person: dict[str, Any], code: str | None) -> NewSession:
    """Open a session, if the code is good where one is needed."""
    now_ms = _now(house)
    if person["totp"] is not None and code is None:
        address = network_of(request.scope)
        house.front.attempts.succeeded(folded(person["name"]), address)  # to ask for the code is no failure
        raise ApiError(SIGN_IN_FAILED, "a code of the authenticator app is needed, too", needs="code")
    with house.writing() as place:
        passes = person["totp"] is None or house.front.second_factor.passes(
            people_of(place), person, code or "", now_ms
        )
        if passes:
            before: Principal = principal_of(request)
            if before.person and before.session:
                sessions_of(place).end(before.person, before.session)
            new = open_session(place, person["person_id"], "password", browser_of(request), now_ms)
            detail = {"session": new.session_id, "via": "password"}
            place.audit.note(person["name"], "session.opened", person["name"], detail, person["tenant"], now_ms)
            return new
    _refuse(house, person, "code")


def _refuse(house: House, person: dict[str, Any] | None, what: str) -> NoReturn:
    """Write down that a sign-in has failed, and say no more than that."""
    subject = person["name"] if person else SOMEBODY
    with house.writing() as place:
        place.audit.note("nobody", "session.refused", subject, {"wrong": what}, None, _now(house))
    if what == "code":
        raise ApiError(SIGN_IN_FAILED, "the code is wrong, was used or is over", needs="code")
    raise ApiError(SIGN_IN_FAILED, "the name or the password is wrong")


def _now(house: House) -> int:
    return house.clock.now_ms()
