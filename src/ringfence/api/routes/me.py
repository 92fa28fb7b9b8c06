"""Oneself: who one is, the password, and the second factor."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ringfence.api.acting import audited
from ringfence.api.answers import answer
from ringfence.api.asking import AnyoneSignedIn, HouseHere, Person, Principal
from ringfence.api.limits import network_of
from ringfence.api.permissions import PERMISSIONS
from ringfence.api.problems import ApiError
from ringfence.api.routes.access_shapes import Me, NewTotp, PasswordChange, Proof, RecoveryCodes, TotpCode
from ringfence.events.errors import CONFLICT, SIGN_IN_FAILED, TOO_MANY
from ringfence.wiring.access import totp
from ringfence.wiring.access.passwords import check_new
from ringfence.wiring.access.people import find, folded, people_of, sessions_of
from ringfence.wiring.house import House

router = APIRouter(prefix="/v1/me", tags=["access"])


@router.get("", summary="Who one is", response_model=Me)
def get_me(asker: AnyoneSignedIn) -> Response:
    """Return who asks, what they may do, and what a session's changes have to show."""
    return answer(about(asker))


def about(asker: Principal) -> dict[str, Any]:
    """Return what one is told of oneself."""
    return {
        "name": asker.name,
        "via": asker.via,
        "role": asker.role,
        "tenant": asker.tenant,
        "permissions": [name for name in sorted(PERMISSIONS) if asker.may(name)],
        "person_id": asker.person,
        "session_id": asker.session,
        "csrf_token": asker.token or None,
        "needs_totp": asker.lacks_totp,
    }


@router.post("/password", summary="Change one's password", status_code=204)
def change_password(request: Request, house: HouseHere, asker: Person, body: PasswordChange) -> Response:
    """Set a new password. All other sessions of oneself end."""
    check_new(body.new, asker.name)
    person = _proven(request, house, asker, body.old)
    encoded = house.front.passwords.hash(body.new)
    with house.writing() as place:
        people_of(place).set_password(person["person_id"], encoded)
        sessions_of(place).end_all(person["person_id"], but=asker.session)
        audited(place, house, asker, "person.password_changed", person["name"])
    return Response(status_code=204)


@router.post("/totp", summary="Begin with a second factor", status_code=201, response_model=NewTotp)
def begin_totp(request: Request, house: HouseHere, asker: Person, body: Proof) -> Response:
    """Return a secret for an authenticator app, once. It counts as soon as a code of it has confirmed it."""
    person = _proven(request, house, asker, body.password)
    _check_code(request, house, person, body.code)
    with house.writing() as place:
        secret = house.front.second_factor.begin(people_of(place), person["person_id"])
        audited(place, house, asker, "person.totp_begun", person["name"])
    return answer({"secret": totp.written(secret), "uri": totp.uri(secret, person["name"])}, 201)


@router.post("/totp/confirm", summary="Put the second factor in force", response_model=RecoveryCodes)
def confirm_totp(request: Request, house: HouseHere, asker: Person, body: TotpCode) -> Response:
    """Show that the app makes the right codes. From now on each sign-in needs one; all other sessions end."""
    person = _person(house, asker)
    _begin(request, house, person)
    with house.writing() as place:
        people = people_of(place)
        codes = house.front.second_factor.confirm(
            people, find(place, person["person_id"]), body.code, house.clock.now_ms()
        )
        if codes is not None:
            sessions_of(place).end_all(person["person_id"], but=asker.session)
            audited(place, house, asker, "person.totp_confirmed", person["name"])
    if codes is None:
        raise ApiError(SIGN_IN_FAILED, "this is no code of the secret that waits", status=403)
    _passed(request, house, person)
    return answer({"recovery_codes": codes})


@router.post("/totp/end", summary="Do without a second factor", status_code=204)
def end_totp(request: Request, house: HouseHere, asker: Person, body: Proof) -> Response:
    """Forget the second factor and its recovery codes; where one is needed, nothing is allowed until there is another.

    Needs the password and a code.
    """
    person = _proven(request, house, asker, body.password)
    _check_code(request, house, person, body.code)
    with house.writing() as place:
        people_of(place).end_totp(person["person_id"])
        audited(place, house, asker, "person.totp_ended", person["name"])
    return Response(status_code=204)


def _person(house: House, asker: Principal) -> dict[str, Any]:
    with house.reading() as place:
        person = find(place, str(asker.person))
    if person["issuer"]:
        raise ApiError(CONFLICT, "you sign in through the identity provider", cure="Change this there.")
    return person


def _proven(request: Request, house: House, asker: Principal, password: str) -> dict[str, Any]:
    """Return the person of a session, if it is still they: a session that was left open is not enough."""
    person = _person(house, asker)
    _begin(request, house, person)
    if not house.front.passwords.agree(person["password"], password):
        with house.writing() as place:
            audited(place, house, asker, "session.refused", person["name"], wrong="password")
        raise ApiError(SIGN_IN_FAILED, "the password is wrong", status=403)
    _passed(request, house, person)
    return person


def _check_code(request: Request, house: House, person: dict[str, Any], code: str | None) -> None:
    if person["totp"] is None:
        return
    if code is None:
        raise ApiError(SIGN_IN_FAILED, "a code of the authenticator app is needed, too", status=403, needs="code")
    _begin(request, house, person)
    with house.writing() as place:
        passes = house.front.second_factor.passes(people_of(place), person, code, house.clock.now_ms())
    if not passes:
        raise ApiError(SIGN_IN_FAILED, "the code is wrong, was used or is over", status=403, needs="code")
    _passed(request, house, person)


def _begin(request: Request, house: House, person: dict[str, Any]) -> None:
    wait_s = house.front.attempts.begin(folded(person["name"]), network_of(request.scope))
    if wait_s:
        raise ApiError(TOO_MANY, "too many attempts have failed", headers={"Retry-After": str(wait_s)})


def _passed(request: Request, house: House, person: dict[str, Any]) -> None:
    house.front.attempts.succeeded(folded(person["name"]), network_of(request.scope))
