"""From what an identity provider says of somebody to a person with a role and a tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from ringfence.events.errors import NOT_ALLOWED, UsageError
from ringfence.wiring.access.people import add_person, free_name, people_of
from ringfence.wiring.workplace import Workplace

MOST_TENANT: Final = 120  # characters


@dataclass(frozen=True, slots=True)
class Reading:
    """How claims are read: the claim of the roles, which value means which role, and the claim of the tenant."""

    role_claim: str
    roles: Sequence[tuple[str, str]]  # value, role: the first that somebody has counts
    tenant_claim: str = ""

    def role(self, claims: Mapping[str, Any]) -> str:
        """Return the role that claims give.

        Raises:
            UsageError: they give none (RF7002).
        """
        said = claim_of(claims, self.role_claim)
        values = {said} if isinstance(said, str) else {one for one in said or () if isinstance(one, str)}
        for value, role in self.roles:
            if value in values:
                return role
        raise UsageError(NOT_ALLOWED, "the identity provider gives you no role here")

    def tenant(self, claims: Mapping[str, Any]) -> str | None:
        """Return the tenant that claims give: None, which means all, only where no claim is to say it.

        Raises:
            UsageError: a claim is to say it and does not (RF7002).
        """
        if not self.tenant_claim:
            return None
        said = claim_of(claims, self.tenant_claim)
        if not isinstance(said, str) or not said.isprintable() or not 0 < len(said) <= MOST_TENANT:
            raise UsageError(NOT_ALLOWED, "the identity provider gives you no tenant here")
        return said


def claim_of(claims: Mapping[str, Any], path: str) -> Any:
    """Return a claim by its name, or by a path of names with points between: a text or a list, or None."""
    found: Any = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str | list) else None


def person_of_claims(place: Workplace, claims: Mapping[str, Any], reading: Reading, now_ms: int) -> dict[str, Any]:
    """Return the person whom claims speak of, as the provider wants them to be now; made where they are new.

    Known by issuer and subject alone: whoever gives themselves another's name or address at the provider is not taken
    for them.

    Raises:
        UsageError: they have no role or no tenant here, or are disabled (RF7002).
    """
    role, tenant = reading.role(claims), reading.tenant(claims)
    people = people_of(place)
    person = people.of_subject(claims["iss"], claims["sub"])
    if person is None:
        name = free_name(people, _names(claims), "sso-" + _short(claims))
        return add_person(
            people,
            name,
            role,
            tenant,
            by="identity provider",
            at_ms=now_ms,
            issuer=claims["iss"],
            subject=claims["sub"],
        )
    if person["disabled_at_ms"] is not None:
        raise UsageError(NOT_ALLOWED, "you are disabled here")
    if (person["role"], person["tenant"]) != (role, tenant):
        person |= {"role": role, "tenant": tenant}
        people.change(person)
    return person


def _names(claims: Mapping[str, Any]) -> list[str]:
    said = [claims.get(name) for name in ("preferred_username", "email", "sub")]
    return [one for one in said if isinstance(one, str)]


def _short(claims: Mapping[str, Any]) -> str:
    return blake2b(f"{claims['iss']}\n{claims['sub']}".encode(), digest_size=6).hexdigest()
