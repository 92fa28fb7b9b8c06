"""Records in."""

from __future__ import annotations

from typing import Annotated, Any, Final

import polars as pl
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.bodies import whole_body
from ringfence.api.problems import ApiError
from ringfence.events.errors import BUSY, UNKNOWN_MEDIA
from ringfence.wiring.ingesting import Sent, take_in

router = APIRouter(prefix="/v1/events", tags=["events"])
MEDIA: Final = {
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.arrow.file": "arrow",
    "application/cloudevents+json": "cloudevents",
    "application/cloudevents-batch+json": "cloudevents",
}
EXAMPLE: Final = (
    '{"at_ms": 1767225600000, "kind": "call", "caller": "31612345678", "callee": "442079460000", '
    '"duration_ms": 61000, "answered": true}\n'
)


class Record(BaseModel):
    """What became of one record."""

    record: int = Field(description="Its number in the body, from 1.", examples=[1])
    outcome: str = Field(description="accepted, duplicate, late or rejected", examples=["accepted"])
    event_id: str | None = Field(None, description="What names the event.")
    code: str | None = Field(None, description="Why it was rejected.", examples=[None])
    detail: str | None = None


class Receipt(BaseModel):
    """What became of the records of a body; all of it is on the disk."""

    source: str = Field(examples=["api"])
    received: int = Field(examples=[1])
    accepted: int = Field(examples=[1])
    duplicate: int = Field(examples=[0])
    rejected: int = Field(examples=[0])
    late: int = Field(examples=[0])
    records: list[Record] = Field(
        description="One a record, in the order of the body; with `details=rejected` only those that are no events."
    )


@router.post(
    "",
    summary="Send records",
    status_code=202,
    response_model=Receipt,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA}
            | {"application/x-ndjson": {"schema": {"type": "string"}, "example": EXAMPLE}},
        }
    },
)
async def send_events(
    request: Request,
    house: HouseHere,
    asker: Annotated[Principal, may("events.write")],
    source: Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", examples=["api"])] = "api",
    mapping: Annotated[str | None, Query(description="For CSV: the mapping that reads it.")] = None,
    details: Annotated[str, Query(pattern="^(all|rejected)$", description="Which records the answer names.")] = "all",
) -> Response:
    """Take records in: NDJSON, CSV through a mapping, Arrow IPC or CloudEvents, plain, gzip or zstd.

    The answer comes when they are on the disk and judged, and says of each what became of it. Sending the same
    records again makes duplicates and no harm.
    """
    if house.receiver is not None and house.receiver.is_full:
        raise ApiError(BUSY, "the engine is behind")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    headers = {name.lower(): value for name, value in request.headers.items()}
    binary = media == "application/json" and "ce-specversion" in headers
    if media not in MEDIA and not binary:
        raise ApiError(UNKNOWN_MEDIA, f"content type {media!r:.80}", expected=", ".join(MEDIA))
    body = await whole_body(request, house.settings.api.max_body_bytes)
    sent = Sent(
        body=body,
        format="cloudevents" if binary else MEDIA[media],
        encoding=headers.get("content-encoding", ""),
        source=source,
        mapping=mapping,
        tenant=asker.tenant,
        ce_headers=headers if binary else {},
    )
    took = await run_in_threadpool(take_in, house, sent)
    return answer(receipt(took.source, took.events, took.rejects, took.outcomes, details == "all"), 202)


WORDS: Final = ("accepted", "duplicate", "late")


def receipt(source: str, events: pl.DataFrame, rejects: pl.DataFrame, outcomes: Any, every: bool) -> dict[str, Any]:
    """Return what became of each record, in the order of the body."""
    number = pl.col("place").str.extract(r"(\d+)$", 1).cast(pl.Int64)
    counts = [int((outcomes == code).sum()) for code in range(3)]
    rows: list[dict[str, Any]] = [
        {"record": at, "outcome": "rejected", "code": code, "detail": message}
        for at, code, message in rejects.select(number.alias("record"), "code", "message").iter_rows()
    ]
    if every:
        named = events.select(number.alias("record"), pl.col("event_id").bin.encode("hex"))
        rows += [
            {"record": at, "outcome": WORDS[outcome], "event_id": event_id}
            for (at, event_id), outcome in zip(named.iter_rows(), outcomes.tolist(), strict=True)
        ]
        rows.sort(key=lambda row: row["record"])
    return {
        "source": source,
        "received": events.height + rejects.height,
        "accepted": counts[0],
        "duplicate": counts[1],
        "rejected": rejects.height,
        "late": counts[2],
        "records": rows,
    }
