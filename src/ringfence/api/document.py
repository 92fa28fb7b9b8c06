"""The OpenAPI document: what FastAPI finds in the routes, and what every operation has besides.

Headers that hold for all operations, the two ways to say who asks, and problem documents as the one form of an error
are added here and not in each route.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from ringfence.api.asking import May, SignedIn
from ringfence.api.problems import MEDIA

PROBLEM_STATUSES: Final = (400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429, 500, 503)
_CHANGES: Final = ("post", "put", "patch", "delete")
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of what you saw. Needed to change one thing that has one: 428 without it, 412 where "
    "somebody else was faster.",
    "example": '"9f86d081884c7d659a2feaa0"',
}
_IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "A name of your own for this request: sent again within 24 hours, it is answered again and not done "
    "again.",
    "example": "close-2026-11-24-1",
}
_REASON: Final = {
    "name": "Ringfence-Reason",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 500},
    "description": "Why numbers are to be seen unmasked. Needs `numbers.reveal`, and is written into the audit log.",
    "example": "ticket 4711",
}
_SECURITY: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-ringfence",
        "description": "The cookie of a person who has signed in; changes need `X-CSRF-Token` besides.",
    },
}


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Return the routes of the API. Their routers are included under their own prefixes, never under another."""
    found = (context.original_route for context in iter_route_contexts(app.routes))
    return [route for route in found if isinstance(route, APIRoute)]


def permission_of(route: APIRoute) -> str | None:
    """Return the permission that a route asks for; None where anyone may."""
    asked = [d.call.permission for d in route.dependant.dependencies if isinstance(d.call, May)]
    return asked[0] if asked else None


def needs_sign_in(route: APIRoute) -> bool:
    """Return whether a route is for those of whom it is known who they are."""
    return any(isinstance(d.call, May | SignedIn) for d in route.dependant.dependencies)


def complete(app: FastAPI, document: dict[str, Any]) -> dict[str, Any]:
    """Add to the document what holds for all operations."""
    permissions = {
        (route.path, method.lower()): permission_of(route)
        for route in api_routes(app)
        for method in route.methods or ()
    }
    signed_in = {
        (route.path, method.lower())
        for route in api_routes(app)
        if needs_sign_in(route)
        for method in route.methods or ()
    }
    for path, method, operation in operations(document):
        permission = permissions.get((path, method))
        parameters = operation.setdefault("parameters", [])
        named = {str(parameter["name"]).lower() for parameter in parameters}
        added = [_REASON] if permission else []
        added += [_IF_MATCH] if method in ("put", "patch", "delete") else []
        added += [_IDEMPOTENCY] if method in _CHANGES else []
        parameters += [one for one in added if str(one["name"]).lower() not in named]
        if not parameters:
            del operation["parameters"]
        operation["security"] = [{"key": []}, {"session": []}] if (path, method) in signed_in else []
        if permission:
            operation["x-permission"] = permission
        for status, response in operation["responses"].items():
            if int(status) in PROBLEM_STATUSES and MEDIA in response.get("content", {}):
                response["content"] = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SECURITY
    for unused in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(unused, None)
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give path, method and operation of each operation of a document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation
