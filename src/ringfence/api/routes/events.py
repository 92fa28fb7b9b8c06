"""Records in."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import polars as pl
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.bodies import whole_body
from ringfence.api.problems import ApiError, dumps
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
EXAMPLES: Final[dict[str, Any]] = {
    "ndjson": EXAMPLE,
    "csv": "caller,callee,start,seconds\n31612345678,442079460000,2026-01-01 00:00:00,61\n",
    "arrow": "(the bytes of Arrow IPC: columns with the names of event columns)",
    "cloudevents": {
        "specversion": "1.0",
        "id": "17",
        "source": "/switch/1",
        "type": "call",
        "data": {"at_ms": 1767225600000, "kind": "call", "caller": "31612345678", "callee": "442079460000"},
    },
}


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
            "content": {media: {"schema": {}, "example": EXAMPLES[form]} for media, form in MEDIA.items()},
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
    took = await take_in(house, sent)
    return answer(receipt(took.source, took.events, took.rejects, took.outcomes, details == "all"), 202)


WORDS: Final = ("accepted", "duplicate", "late")
_NUMBER: Final = pl.col("place").str.extract(r"(\d+)$", 1).cast(pl.Int64).alias("record")


def receipt(source: str, events: pl.DataFrame, rejects: pl.DataFrame, outcomes: Any, every: bool) -> dict[str, Any]:
    """Return what became of each record, in the order of the body."""
    counts = [int((outcomes == code).sum()) for code in range(3)]
    told = _told_of_rejects(rejects)
    if every:
        judged = _told_of_events(events, outcomes)
        told = pl.concat([told, judged]).sort("record") if told.height else judged
    return {
        "source": source,
        "received": events.height + rejects.height,
        "accepted": counts[0],
        "duplicate": counts[1],
        "rejected": rejects.height,
        "late": counts[2],
        "records": msgspec.Raw(f"[{told['json'].str.join(',').item()}]".encode()),
    }


def _told_of_rejects(rejects: pl.DataFrame) -> pl.DataFrame:
    """Return `record` and `json` of each reject."""
    rows = [
        (at, dumps({"record": at, "outcome": "rejected", "code": code, "detail": message}).decode())
        for at, code, message in rejects.select(_NUMBER, "code", "message").iter_rows()
    ]
    return pl.DataFrame(rows, schema={"record": pl.Int64, "json": pl.String}, orient="row")


def _told_of_events(events: pl.DataFrame, outcomes: Any) -> pl.DataFrame:
    """Return the same of each event, column by column: a body may hold a hundred thousand."""
    words = pl.Series(WORDS).gather(pl.Series(outcomes))
    parts = ('{"record":', _NUMBER, ',"outcome":"', words, '","event_id":"', pl.col("event_id").bin.encode("hex"), '"}')
    json = pl.concat_str(pl.lit(part) if isinstance(part, str) else part for part in parts)
    return events.select(_NUMBER, json=json)
