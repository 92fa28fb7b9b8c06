"""Who may use which route: read from the routes themselves, so that no table beside them can be out of date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from ringfence.api.asking import SignedIn
from ringfence.api.document import api_routes, permission_of
from ringfence.api.permissions import NOT_FOR_TENANTS, ROLES

# Routes that anybody may use. Whatever is neither here nor asks who asks is a mistake, which a test finds.
PUBLIC: Final = frozenset(
    {
        ("GET", "/livez"),
        ("GET", "/healthz"),
        ("GET", "/startupz"),
        ("GET", "/readyz"),
        ("GET", "/v1/openapi.json"),
        ("GET", "/v1/docs"),
        ("GET", "/v1/docs.css"),
        ("GET", "/v1/errors/{code}"),
        ("POST", "/v1/sessions"),  # the password says who it is
        ("GET", "/v1/first-start"),  # the link does
        ("POST", "/v1/first-start"),
        ("GET", "/v1/links"),
        ("POST", "/v1/links"),
        ("GET", "/v1/oidc"),
        ("GET", "/v1/oidc/sign-in"),
        ("GET", "/v1/oidc/callback"),  # the identity provider does
    }
)
ANYBODY: Final = "anybody"
SIGNED_IN: Final = "whoever is signed in or shows a key"
PEOPLE: Final = "people who are signed in"


@dataclass(frozen=True, slots=True)
class RouteAccess:
    """One route, and who may use it. `permission` is empty where none is asked for: then `who` says it all."""

    method: str
    path: str
    permission: str
    who: str

    def may(self, role: str, tenant: str | None = None) -> bool:
        """Return whether somebody with a role, of a tenant or of all (None), may use it."""
        if not self.permission:
            return True
        return self.permission in ROLES[role] and not (tenant is not None and self.permission in NOT_FOR_TENANTS)


def route_table(app: FastAPI) -> list[RouteAccess]:
    """Return all routes with who may use them, by path.

    Raises:
        LookupError: a route neither asks who asks nor is named in `PUBLIC`.
    """
    return sorted(_rows(app), key=lambda row: (row.path, row.method))


def _rows(app: FastAPI) -> Iterator[RouteAccess]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            continue
        for method in (context.methods or {"any method"}) - {"HEAD"}:
            yield _named(method, str(context.path))
    for route in api_routes(app):
        for method in route.methods or ():
            permission = permission_of(route) or ""
            own = [d.call for d in route.dependant.dependencies if isinstance(d.call, SignedIn)]
            if permission:
                who = ""
            elif own:
                who = PEOPLE if own[0].only_people else SIGNED_IN
            else:
                yield _named(method, route.path)
                continue
            yield RouteAccess(method, route.path, permission, who)


def _named(method: str, path: str) -> RouteAccess:
    if (method, path) not in PUBLIC:
        raise LookupError(f"{method} {path} asks nobody who they are")
    return RouteAccess(method, path, "", ANYBODY)
