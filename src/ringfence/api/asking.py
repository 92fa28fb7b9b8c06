"""Who asks, and whether they may: found out once a request, before any route is reached. Deny by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from ringfence.api.permissions import NOT_FOR_TENANTS, PERMISSIONS
from ringfence.api.problems import ApiError
from ringfence.events.errors import NO_SUCH_ALERT, NOT_ALLOWED, NOT_SIGNED_IN
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
        raise ApiError(NOT_ALLOWED, f"{principal.name} may not: {PERMISSIONS[self.permission]}")


def _revealing(request: Request, principal: Principal, reason: str) -> Principal:
    """Return one who sees numbers unmasked in this answer: it is written down before they do."""
    if not principal.may("numbers.reveal"):
        raise ApiError(NOT_ALLOWED, f"{principal.name} may not: {PERMISSIONS['numbers.reveal']}")
    house = house_of(request)
    detail = {"reason": reason[:MOST_REASON], "method": request.method}
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
    return Principal(f"key:{key['name']}", frozenset(key["permissions"]), key["tenant"], "key")
