"""Who asks, and whether they may: found out once a request, before any route is reached. Deny by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from ringfence.api.permissions import NOT_FOR_TENANTS, PERMISSIONS, ROLES
from ringfence.api.problems import ApiError
from ringfence.events.errors import BAD_REQUEST, NO_SUCH_ALERT, NOT_ALLOWED, NOT_SIGNED_IN
from ringfence.wiring.access.people import sessions_of
from ringfence.wiring.access.signing_in import is_to_be_noted, request_token, session_in_force
from ringfence.wiring.house import House
from ringfence.wiring.keys import key_in_force


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a person, a program by its key, or nobody.

    `tenant` is the only tenant whose things they see; None: all. `name` is what the audit log says.
    """

    name: str
    permissions: frozenset[str]
    tenant: str | None = None
    via: str = "nothing"  # session, key or nothing
    reveals: bool = False  # this request gave a reason to see numbers unmasked, and it is in the audit log
    role: str | None = None  # of a person
    person: str | None = None  # the id of one
    session: str | None = None  # the id of theirs
    token: str = field(default="", repr=False)  # that their changes have to show besides the cookie
    lacks_totp: bool = False  # they may do nothing until they have set up a second factor
    until_ms: int | None = None  # when their key ends

    def may(self, permission: str) -> bool:
        """Return whether they may."""
        return permission in self.permissions and not (self.tenant is not None and permission in NOT_FOR_TENANTS)

    def sees(self, tenant: str | None) -> bool:
        """Return whether a thing of a tenant is theirs to see."""
        return self.tenant is None or self.tenant == tenant

    def check_sees(self, tenant: str | None, what: str) -> None:
        """Say that a thing is not there where it is another tenant's: that it exists is not for everybody to know.

        Raises:
            ApiError: it is not theirs (RF3050, 404).
        """
        if not self.sees(tenant):
            raise ApiError(NO_SUCH_ALERT, f"there is no such {what}", status=404)


REASON: Final = "ringfence-reason"  # the header that says why numbers are to be seen unmasked
MOST_REASON: Final = 500  # characters of it
NOBODY: Final = Principal("nobody", frozenset())


def house_of(request: Request) -> House:
    """Return what is served."""
    house: House = request.app.state.house
    return house


def principal_of(request: Request) -> Principal:
    """Return who asks."""
    found: Principal = request.scope["state"]["principal"]
    return found


@dataclass(frozen=True, slots=True)
class May:
    """Lets those pass who hold a permission."""

    permission: str

    def __call__(self, request: Request) -> Principal:
        """Return who asks, if they may.

        Raises:
            ApiError: it is not known who asks (RF7001), or they may not (RF7002).
        """
        principal = principal_of(request)
        if principal.may(self.permission):
            reason = request.headers.get(REASON, "").strip()
            return _revealing(request, principal, reason) if reason else principal
        if principal is NOBODY:
            raise ApiError(NOT_SIGNED_IN, "this is not for everybody")
        if principal.lacks_totp:
            raise ApiError(NOT_ALLOWED, "you need a second factor first", cure="Set one up with POST /v1/me/totp.")
        raise ApiError(NOT_ALLOWED, f"{principal.name} may not: {PERMISSIONS[self.permission]}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Lets everybody pass of whom it is known who they are: for what is their own."""

    only_people: bool = False

    def __call__(self, request: Request) -> Principal:
        """Return who asks.

        Raises:
            ApiError: it is not known who asks (RF7001), or it is a program (RF7002).
        """
        principal = principal_of(request)
        if principal is NOBODY:
            raise ApiError(NOT_SIGNED_IN, "this is not for everybody")
        if self.only_people and principal.person is None:
            raise ApiError(NOT_ALLOWED, "this is for people who have signed in, not for keys", cure="Sign in.")
        return principal


def _revealing(request: Request, principal: Principal, reason: str) -> Principal:
    """Return one who sees numbers unmasked in this answer: it is written down before they do."""
    if not principal.may("numbers.reveal"):
        raise ApiError(NOT_ALLOWED, f"{principal.name} may not: {PERMISSIONS['numbers.reveal']}")
    if len(reason) > MOST_REASON:
        raise ApiError(BAD_REQUEST, f"a reason of {len(reason):,} characters", expected=f"at most {MOST_REASON}")
    house = house_of(request)
    detail = {"reason": reason, "method": request.method}
    with house.writing() as place:
        place.audit.note(
            principal.name,
            "numbers.revealed",
            str(request.url.path)[:MOST_REASON],
            detail,
            principal.tenant,
            house.clock.now_ms(),
        )
    return replace(principal, reveals=True)


def may(permission: str) -> Any:
    """Return the permission that a route asks for, as the annotation of its `asker`."""
    if permission not in PERMISSIONS:
        raise ValueError(permission)
    return Depends(May(permission))


AnyoneSignedIn = Annotated[Principal, Depends(SignedIn())]
Person = Annotated[Principal, Depends(SignedIn(only_people=True))]
HouseHere = Annotated[House, Depends(house_of)]


def by_key(house: House, headers: Mapping[str, str]) -> Principal | None:
    """Return who an API key belongs to; None where there is none.

    Raises:
        ApiError: the key is not known, has ended, or is none (RF7001).
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not token:
        return None
    key = None
    if scheme.lower() == "bearer":
        with house.reading() as place:
            key = key_in_force(place, token, house.clock.now_ms())
    if key is None:
        raise ApiError(NOT_SIGNED_IN, "the API key is not known, or has ended")
    return Principal(
        f"key:{key['name']}", frozenset(key["permissions"]), key["tenant"], "key", until_ms=key["expires_at_ms"]
    )


def by_session(house: House, cookie: str, *, noted: bool = True) -> Principal | None:
    """Return whose session a cookie belongs to; None where it has ended or never was.

    `noted`: that they are here counts as use of the session, which else ends after a while.
    """
    now_ms = house.clock.now_ms()
    with house.reading() as place:
        session = session_in_force(place, cookie, now_ms)
    if session is None:
        return None
    if noted and is_to_be_noted(session, now_ms):
        with house.writing() as place:
            sessions_of(place).seen(session["session_id"], now_ms)
    return Principal(
        session["name"],
        frozenset() if session["lacks_totp"] else ROLES[session["role"]],
        session["tenant"],
        "session",
        role=session["role"],
        person=session["person_id"],
        session=session["session_id"],
        token=request_token(house.secret, cookie),
        lacks_totp=bool(session["lacks_totp"]),
    )
