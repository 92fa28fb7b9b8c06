"""JSON out: one way to write it, and the entity tag of what is written."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

import msgspec
from fastapi import Request, Response

from ringfence.api.asking import Principal
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError, dumps
from ringfence.events.errors import CHANGED_MEANWHILE, NO_PRECONDITION
from ringfence.wiring.house import House

NO_STORE: Final = {"Cache-Control": "no-store"}  # whatever may name a subscriber stays in no cache
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def tag_of(document: Any) -> str:
    """Return the strong entity tag of a document: equal documents have equal tags."""
    return '"' + blake2b(_ENCODER.encode(document), digest_size=12).hexdigest() + '"'


def answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a document as the answer."""
    return Response(dumps(document), status, {**NO_STORE, **(headers or {})}, "application/json")


def tagged(document: Any, asker: Principal, house: House, status: int = 200) -> Response:
    """Return a document as the asker may see it, with the entity tag of the whole of it, for a later If-Match."""
    return answer(shown(document, asker, house.secret.reference), status, {"ETag": tag_of(document)})


def must_match(request: Request, current: Any, asker: Principal) -> None:
    """Let a change pass only if it speaks of what is there now.

    Raises:
        ApiError: there is no If-Match (RF7008), or it is of another state (RF7009, with the present one).
    """
    wanted = request.headers.get("if-match")
    if wanted is None:
        raise ApiError(NO_PRECONDITION, "there is no If-Match")
    present = tag_of(current)
    if wanted.strip() != "*" and present not in (one.strip() for one in wanted.split(",")):
        raise ApiError(
            CHANGED_MEANWHILE,
            "it is not as you saw it any more",
            headers={"ETag": present},
            current=shown(current, asker),
        )
