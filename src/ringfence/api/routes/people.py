"""People with access: invited, changed, disabled, reset."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from ringfence.api.acting import audited
from ringfence.api.answers import answer, must_match, tagged
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.browsers import base_url
from ringfence.api.keyset import Keyset
from ringfence.api.permissions import NOT_FOR_TENANTS, ROLES
from ringfence.api.problems import ApiError
from ringfence.api.routes.access_shapes import (
    PERSON,
    EndedSessions,
    Invitation,
    People,
    PersonChange,
    PersonLink,
    PersonShape,
    ResetPerson,
)
from ringfence.events.errors import BAD_REQUEST, NO_SUCH_NAME, NOT_ALLOWED
from ringfence.wiring.access.links import NewLink, make_link
from ringfence.wiring.access.people import (
    add_person,
    change_person,
    find,
    people_of,
    reset,
    sessions_of,
    shown_person,
)
from ringfence.wiring.house import House
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/people", tags=["access"])
Manager = Annotated[Principal, may("access.manage")]
PersonId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", examples=[PERSON])]
GRANTED: Final = frozenset({"numbers.reveal"})  # administrators give it, and have it not themselves


@router.get("", summary="People", response_model=People)
def list_people(
    house: HouseHere,
    asker: Manager,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    """Return people, disabled ones too, by name."""
    keyset = Keyset(house, "people", asker.tenant)
    place_of = keyset.place(cursor)
    with house.reading() as place:
        found = people_of(place).list(asker.tenant, str(place_of[0]) if place_of else "", limit + 1)
    after = keyset.after(found[limit - 1]["folded"]) if len(found) > limit else None
    return answer({"items": [shown_person(one) for one in found[:limit]], "next": after})


@router.post("", summary="Invite somebody", status_code=201, response_model=PersonLink)
def invite_person(request: Request, house: HouseHere, asker: Manager, body: Invitation) -> Response:
    """Make somebody, and return a link, once, with which they set their password within a day."""
    tenant = _tenant_for(asker, body.tenant)
    _check_gives(asker, body.role, tenant)
    now_ms = house.clock.now_ms()
    with house.writing() as place:
        people = people_of(place)
        person = add_person(
            people, body.name, body.role, tenant, by=asker.name, at_ms=now_ms, needs_totp=body.needs_totp
        )
        link = make_link(people, person["person_id"], now_ms)
        audited(place, house, asker, "person.invited", person["name"], role=body.role, tenant=tenant)
    return answer(_with_link(request, house, person, link), 201)


@router.get("/{person_id}", summary="One person", response_model=PersonShape)
def get_person(person_id: PersonId, house: HouseHere, asker: Manager) -> Response:
    """Return one person."""
    with house.reading() as place:
        person = _theirs(place, person_id, asker)
    return tagged(shown_person(person), asker, house)


@router.patch("/{person_id}", summary="Change what somebody may do", response_model=PersonShape)
def change_person_access(
    person_id: PersonId, request: Request, house: HouseHere, asker: Manager, body: PersonChange
) -> Response:
    """Change role, tenant or need of a second factor, disable or enable. The last administrator stays one.

    It holds from the next request on. Keys that somebody has made stay in force: see `/v1/keys` for them.
    """
    change = body.model_dump(exclude_unset=True)
    missing = [name for name, value in change.items() if value is None and name != "tenant"]
    if missing:
        raise ApiError(BAD_REQUEST, f"{missing[0]} is null", expected="a value, or nothing at all")
    with house.writing() as place:
        person = _theirs(place, person_id, asker)
        must_match(request, shown_person(person), asker)
        if "tenant" in change:
            change["tenant"] = _tenant_for(asker, change["tenant"])
        _check_gives(asker, person["role"], person["tenant"])
        _check_gives(asker, change.get("role", person["role"]), change.get("tenant", person["tenant"]))
        change_person(place, person, change, house.clock.now_ms())
        audited(place, house, asker, "person.changed", person["name"], **change)
        after = find(place, person_id)
    return tagged(shown_person(after), asker, house)


@router.post("/{person_id}/reset", summary="Let somebody set a new password", response_model=PersonLink)
def reset_person(
    person_id: PersonId, request: Request, house: HouseHere, asker: Manager, body: ResetPerson
) -> Response:
    """Return a link, once, with which somebody sets a new password within a day. The old one holds until then."""
    now_ms = house.clock.now_ms()
    with house.writing() as place:
        person = _theirs(place, person_id, asker)
        _check_gives(asker, person["role"], person["tenant"])
        link = reset(place, person, now_ms, totp=body.totp)
        audited(place, house, asker, "person.reset", person["name"], totp=body.totp)
        person = find(place, person_id)
    return answer(_with_link(request, house, person, link))


@router.post("/{person_id}/sign-out", summary="Sign somebody out", response_model=EndedSessions)
def sign_person_out(person_id: PersonId, house: HouseHere, asker: Manager) -> Response:
    """End all sessions of somebody."""
    with house.writing() as place:
        person = _theirs(place, person_id, asker)
        ended = sessions_of(place).end_all(person["person_id"])
        audited(place, house, asker, "person.signed_out", person["name"], sessions=ended)
    return answer({"ended": ended})


def _theirs(place: Workplace, person_id: str, asker: Principal) -> dict[str, Any]:
    """Return a person whom the asker sees: administrators of a tenant see its people alone."""
    person = find(place, person_id)
    if not asker.sees(person["tenant"]):
        raise ApiError(NO_SUCH_NAME, "there is no such person", status=404)
    return person


def _tenant_for(asker: Principal, wanted: str | None) -> str | None:
    """Return the tenant that somebody is to have: that of the asker, or what they say where they see all."""
    if asker.tenant is not None and wanted not in (None, asker.tenant):
        raise ApiError(NOT_ALLOWED, f"{asker.name} gives access to {asker.tenant} alone")
    return asker.tenant or wanted


def _check_gives(asker: Principal, role: str, tenant: str | None) -> None:
    """Let nobody give, or take from those who have it, more than they have themselves."""
    gives = ROLES[role] - GRANTED - (NOT_FOR_TENANTS if tenant is not None else frozenset())
    if not all(asker.may(permission) for permission in gives):
        raise ApiError(NOT_ALLOWED, f"{asker.name} has less than the role {role} gives")


def _with_link(request: Request, house: House, person: dict[str, Any], link: NewLink) -> dict[str, Any]:
    address = f"{base_url(request, house.settings.api)}/v1/links?token={link.token}"
    return {"person": shown_person(person), "link": address, "link_expires_at_ms": link.expires_at_ms}
