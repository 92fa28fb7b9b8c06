"""The audit log: who did what, to what, when."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from ringfence.api.answers import NO_STORE, answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.keyset import Keyset
from ringfence.api.masking import shown
from ringfence.wiring.auditing import audit_state, checkpoint_lines

router = APIRouter(prefix="/v1/audit", tags=["audit"])
MOMENT: Any = Query(ge=0, lt=1 << 53)
MOST_TEXT = 500


class Entry(BaseModel):
    """One thing that was done."""

    seq: int = Field(description="Its number; none is ever left out.", examples=[17])
    at_ms: int = Field(examples=[1767225600000])
    tenant: str | None = Field(description="Whose tenant's it was; null: nobody's in particular.", examples=["acme"])
    by: str = Field(examples=["key:console"])
    action: str = Field(examples=["numbers.revealed"])
    subject: str = Field(examples=["/v1/alerts"])
    detail: Any = Field(description="What there is to say about it.", examples=[{"reason": "ticket 4711"}])
    digest: str = Field(description="Of this entry and of all before it.", examples=["0f" * 32])


class Entries(BaseModel):
    """A page of the log, the newest first."""

    items: list[Entry]
    next: str | None = Field(None, description="The cursor of the next page; null on the last.", examples=[None])


class AuditState(BaseModel):
    """How much of the log is under a signed checkpoint, and whether it agreed when it was signed."""

    entries: int = Field(examples=[120])
    signed: int = Field(description="The last entry that a checkpoint covers.", examples=[100])
    signed_at_ms: int | None = Field(examples=[1767225600000])
    fault_at: int | None = Field(description="The entry at which something is wrong.", examples=[None])
    fault: str | None = Field(description="What is wrong; nothing is signed then.", examples=[None])
    public_key: str = Field(description="What checkpoints are checked with: Ed25519.", examples=["1a" * 32])


@router.get("", summary="The log", response_model=Entries)
def list_audit_entries(
    house: HouseHere,
    asker: Annotated[Principal, may("audit.read")],
    by: Annotated[str | None, Query(max_length=MOST_TEXT, description="Who did it.")] = None,
    action: Annotated[
        str | None, Query(max_length=MOST_TEXT, description="What was done; `alert.` is all that begin with it.")
    ] = None,
    subject: Annotated[str | None, Query(max_length=MOST_TEXT, description="To what.")] = None,
    from_ms: Annotated[int | None, MOMENT] = None,
    to_ms: Annotated[int | None, MOMENT] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """Return what was done, the newest first: by somebody, of a kind, to something, in a time."""
    keyset = Keyset(house, "audit", asker.tenant, by, action, subject, from_ms, to_ms)
    place_after = keyset.place(cursor)
    with house.reading() as place:
        found = place.audit.page(
            before=place_after[0] if place_after else None,
            limit=limit + 1,
            tenant=asker.tenant,
            by=by,
            action=action,
            subject=subject,
            from_ms=from_ms,
            to_ms=to_ms,
        )
    more = keyset.after(found[limit - 1]["seq"]) if len(found) > limit else None
    return answer(shown({"items": found[:limit], "next": more}, asker, house.secret.reference))


@router.get("/state", summary="How much of the log is signed", response_model=AuditState)
def get_audit_state(house: HouseHere, asker: Annotated[Principal, may("audit.read")]) -> Response:
    """Return up to where the log is under a signed checkpoint. `ringfence audit verify` looks at all of it."""
    return answer(audit_state(house))


@router.get(
    "/checkpoints",
    summary="The signed checkpoints",
    response_class=Response,
    responses={
        200: {
            "description": "A JSON object a line",
            "content": {
                "application/x-ndjson": {
                    "schema": {"type": "string"},
                    "example": '{"seq":100,"digest":"0f0f","at_ms":1767225600000,"signature":"1a1a"}\n',
                }
            },
        }
    },
)
def get_audit_checkpoints(
    house: HouseHere,
    asker: Annotated[Principal, may("audit.read")],
    after: Annotated[int, Query(ge=0, lt=1 << 53, description="Only those of entries after this one.")] = 0,
) -> Response:
    """Return the checkpoints, to be kept where nobody who can write to this server can write.

    `ringfence audit verify --checkpoints FILE --public-key FILE` takes such a copy.
    """
    return Response(checkpoint_lines(house, after), headers=NO_STORE, media_type="application/x-ndjson")
