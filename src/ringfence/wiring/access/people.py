"""People: made, invited, changed and let go, with the last administrator always there."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from ringfence.events.errors import CONFLICT, EXISTS, NO_SUCH_NAME, UsageError
from ringfence.stores.people_store import PeopleStore
from ringfence.stores.session_store import SessionStore
from ringfence.wiring.access.links import NewLink, link_in_force, make_link
from ringfence.wiring.workplace import Workplace

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$"  # not `key:`, so that nobody is taken for a program
_NAME: Final = re.compile(NAME)
FIRST_ROLE: Final = "admin"
SHOWN: Final = (
    "person_id", "name", "role", "tenant", "needs_totp", "created_by", "created_at_ms", "signed_in_at_ms",
    "disabled_at_ms",
)  # fmt: skip


def people_of(place: Workplace) -> PeopleStore:
    """Return the people of a home folder."""
    return PeopleStore(place.database)


def sessions_of(place: Workplace) -> SessionStore:
    """Return the sessions of a home folder."""
    return SessionStore(place.database)


def folded(name: str) -> str:
    """Return a name in the one way in which names are compared."""
    return unicodedata.normalize("NFKC", name).casefold()


def shown_person(person: Mapping[str, Any]) -> dict[str, Any]:
    """Return what others see of a person: nothing that proves who they are."""
    return {name: person[name] for name in SHOWN} | {
        "has_password": person["password"] is not None,
        "has_totp": person["totp"] is not None,
        "provider": person["issuer"],
    }


def find(place: Workplace, person_id: str) -> dict[str, Any]:
    """Return a person.

    Raises:
        UsageError: there is none of this id (RF1006).
    """
    person = people_of(place).get(person_id)
    if person is None:
        raise UsageError(NO_SUCH_NAME, "there is no such person", cure="See /v1/people for the ids.")
    return person


def add_person(
    people: PeopleStore,
    name: str,
    role: str,
    tenant: str | None,
    *,
    by: str,
    at_ms: int,
    needs_totp: bool = False,
    issuer: str | None = None,
    subject: str | None = None,
) -> dict[str, Any]:
    """Keep a new person, who has no password yet, and return them.

    Raises:
        UsageError: somebody has this name (RF7021).
    """
    if people.named(folded(name)):
        raise UsageError(EXISTS, f"somebody is called {name}")
    person_id = secrets.token_hex(8)
    people.add(
        {
            "person_id": person_id,
            "name": name,
            "folded": folded(name),
            "role": role,
            "tenant": tenant,
            "needs_totp": needs_totp,
            "issuer": issuer,
            "subject": subject,
            "created_by": by,
            "created_at_ms": at_ms,
        }
    )
    return people.get(person_id) or {}


def change_person(place: Workplace, person: Mapping[str, Any], change: Mapping[str, Any], now_ms: int) -> None:
    """Change a person's role, tenant, need of TOTP or `disabled`. Who is disabled is signed out.

    Raises:
        UsageError: nobody would be left to manage all that there is, or the provider says it (RF7019).
    """
    new = {**person, **{name: value for name, value in change.items() if name != "disabled"}}
    if "disabled" in change:
        new["disabled_at_ms"] = (person["disabled_at_ms"] or now_ms) if change["disabled"] else None
    if person["issuer"] and (new["role"], new["tenant"]) != (person["role"], person["tenant"]):
        raise UsageError(
            CONFLICT, "the identity provider says this person's role and tenant", cure="Change them there."
        )
    people = people_of(place)
    if _manages_all(person) and not _manages_all(new) and not people.admins(but=person["person_id"]):
        raise UsageError(CONFLICT, "this is the last administrator of all that there is", cure="Make another first.")
    people.change(new)
    if new["disabled_at_ms"] is not None:
        people.end_links(person["person_id"], now_ms)
        sessions_of(place).end_all(person["person_id"])


def reset(place: Workplace, person: Mapping[str, Any], now_ms: int, *, totp: bool) -> NewLink:
    """Return a link with which a person sets a new password; with `totp`, their second factor is forgotten, too.

    Raises:
        UsageError: they are disabled, or sign in through the identity provider (RF7019).
    """
    if person["issuer"]:
        raise UsageError(CONFLICT, "this person signs in through the identity provider", cure="Reset them there.")
    if person["disabled_at_ms"] is not None:
        raise UsageError(CONFLICT, "this person is disabled", cure="Enable them first.")
    people = people_of(place)
    if totp:
        people.end_totp(person["person_id"])
        sessions_of(place).end_all(person["person_id"])
    return make_link(people, person["person_id"], now_ms)


def first_link(place: Workplace, now_ms: int) -> NewLink | None:
    """Return a link for the first administrator; None where there is one who can sign in.

    So a start also helps where the identity provider has taken the role from the last one.
    """
    people = people_of(place)
    return None if people.admins() else make_link(people, None, now_ms)


def make_first(place: Workplace, token: str, name: str, encoded: str, now_ms: int) -> dict[str, Any]:
    """Make the first administrator with the link that the first start has printed.

    Raises:
        UsageError: the link is not known or has ended (RF1006), or there is one (RF7019).
    """
    people = people_of(place)
    if link_in_force(people, token, now_ms)["person_id"] is not None:
        raise UsageError(NO_SUCH_NAME, "this link is not for the first start", cure="Take /v1/links.")
    if people.admins():
        raise UsageError(CONFLICT, "there is an administrator", cure="Ask for an invitation.")
    person = add_person(people, name, FIRST_ROLE, None, by="first start", at_ms=now_ms)
    people.set_password(person["person_id"], encoded)
    people.end_links(None, now_ms)
    return people.get(person["person_id"]) or {}


def person_of_link(place: Workplace, token: str, now_ms: int) -> dict[str, Any]:
    """Return the person whom a link belongs to.

    Raises:
        UsageError: it is not known, was used or has ended (RF1006).
    """
    person_id = link_in_force(people_of(place), token, now_ms)["person_id"]
    if person_id is None:
        raise UsageError(NO_SUCH_NAME, "this link is for the first start", cure="Take /v1/first-start.")
    return find(place, person_id)


def use_link(place: Workplace, token: str, encoded: str, now_ms: int) -> dict[str, Any]:
    """Set the password of the person whom a link belongs to; the link and all their sessions end."""
    person = person_of_link(place, token, now_ms)
    people = people_of(place)
    people.set_password(person["person_id"], encoded)
    people.end_links(person["person_id"], now_ms)
    sessions_of(place).end_all(person["person_id"])
    return person


def free_name(people: PeopleStore, wanted: list[str], otherwise: str) -> str:
    """Return the first name of several that can be used and nobody has."""
    usable = (name for name in wanted if _NAME.match(name) and not people.named(folded(name)))
    return next(usable, otherwise)


def _manages_all(person: Mapping[str, Any]) -> bool:
    return person["role"] == FIRST_ROLE and person["tenant"] is None and person["disabled_at_ms"] is None
