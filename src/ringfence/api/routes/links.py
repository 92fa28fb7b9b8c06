"""One-time links: the first administrator, and the password of somebody who is invited or has forgotten theirs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere
from ringfence.api.browsers import check_way
from ringfence.api.problems import ApiError
from ringfence.api.routes.access_shapes import FirstAdministrator, LinkAbout, LinkPassword, PersonShape, Token
from ringfence.events.errors import NO_SUCH_NAME
from ringfence.wiring.access.links import link_in_force
from ringfence.wiring.access.passwords import check_new
from ringfence.wiring.access.people import find, make_first, people_of, person_of_link, shown_person, use_link

router = APIRouter(prefix="/v1", tags=["access"])
TokenHere = Annotated[Token, Query(description="The secret part of the link.")]


@router.get("/first-start", summary="What the first link is for", response_model=LinkAbout)
def about_first_start(token: TokenHere, house: HouseHere) -> Response:
    """Return whether the link that the first start has printed is still good. Anyone who has it may ask."""
    with house.reading() as place:
        link = link_in_force(people_of(place), token, house.clock.now_ms())
    if link["person_id"] is not None:
        raise ApiError(NO_SUCH_NAME, "this link is not for the first start", status=404)
    how = 'POST {"name": "...", "password": "..."} to this address'
    return answer({"purpose": "first start", "name": None, "expires_at_ms": link["expires_at_ms"], "how": how})


@router.post("/first-start", summary="Make the first administrator", status_code=201, response_model=PersonShape)
def make_first_administrator(
    token: TokenHere, request: Request, house: HouseHere, body: FirstAdministrator
) -> Response:
    """Make the first administrator, once, with the link that the first start has printed."""
    check_way(request, house.settings.api)
    check_new(body.password, body.name)
    now_ms = house.clock.now_ms()
    with house.reading() as place:  # a password is hashed for nobody who has no link
        link_in_force(people_of(place), token, now_ms)
    encoded = house.front.passwords.hash(body.password)
    with house.writing() as place:
        person = make_first(place, token, body.name, encoded, now_ms)
        place.audit.note("first start", "person.made", person["name"], {"role": person["role"]}, None, now_ms)
    return answer(shown_person(person), 201)


@router.get("/links", summary="What a one-time link is for", response_model=LinkAbout)
def about_link(token: TokenHere, house: HouseHere) -> Response:
    """Return whose password a link sets. Anyone who has it may ask."""
    now_ms = house.clock.now_ms()
    with house.reading() as place:
        person = person_of_link(place, token, now_ms)
        link = link_in_force(people_of(place), token, now_ms)
    return answer(
        {
            "purpose": "invitation" if person["password"] is None else "reset",
            "name": person["name"],
            "expires_at_ms": link["expires_at_ms"],
            "how": 'POST {"password": "..."} to this address',
        }
    )


@router.post("/links", summary="Set the password that a link is for", response_model=PersonShape)
def use_one_time_link(token: TokenHere, request: Request, house: HouseHere, body: LinkPassword) -> Response:
    """Set the password, once. It opens no session, and where a second factor is in force, it stays."""
    check_way(request, house.settings.api)
    now_ms = house.clock.now_ms()
    with house.reading() as place:
        person = person_of_link(place, token, now_ms)
    check_new(body.password, person["name"])
    encoded = house.front.passwords.hash(body.password)
    with house.writing() as place:
        person = use_link(place, token, encoded, now_ms)
        place.audit.note(person["name"], "person.password_set", person["name"], {}, person["tenant"], now_ms)
        person = find(place, person["person_id"])
    return answer(shown_person(person))
