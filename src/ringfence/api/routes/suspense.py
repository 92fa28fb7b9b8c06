"""Suspense: records that are no events, with their reasons; edited, tried, recycled, written off."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ringfence.api.acting import audited
from ringfence.api.answers import answer, must_match, tag_of
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.keyset import Keyset
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.api.rule_views import with_numbers
from ringfence.events.errors import BAD_REQUEST, NO_SUCH_ALERT
from ringfence.wiring.balancing import day_of
from ringfence.wiring.house import House
from ringfence.wiring.recycling import title_of
from ringfence.wiring.suspense_work import ACTS, MOST, MOST_TOLD, Act, Result, document, readable, sources_of, work
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/suspense", tags=["suspense"])
Reader = Annotated[Principal, may("suspense.read")]
Worker = Annotated[Principal, may("suspense.work")]
RECORD: Final = "9c1d3a5f7b2e4d6f8091a2b3c4d5e6f7"
RecordHere = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[RECORD])]
State = Literal["new", "edited", "test-recycled", "recycled", "written-off"]
ActName = Literal["try", "recycle", "write-off", "take-back"]
Date = Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2026-01-01"])]


class Suspended(BaseModel):
    """One record that is no event."""

    suspense_id: str = Field(examples=[RECORD])
    source: str = Field(examples=["switch"])
    place: str = Field(description="Its file and line.", examples=["cdr.csv:17"])
    code: str = Field(examples=["RF2003"])
    title: str = Field(description="The reason in words.", examples=["A time is none, or not in the expected form"])
    column: str | None = Field(description="Which column is wrong; null: the whole record.", examples=["start"])
    message: str = Field(examples=["start '2026-13-01' is not a date"])
    cure: str = Field(description="What to do.", examples=["Mend it, or the mapping's format."])
    raw: str = Field(
        description="As received; what cannot be printed is written as \\x00.", examples=["2026-13-01;A;B"]
    )
    raw_bytes: int = Field(description="Its whole length.", examples=[14])
    is_cut: bool = Field(description="Only its beginning was kept.", examples=[False])
    edited: str | None = Field(description="What it should have been.", examples=[None])
    times: int = Field(description="How often it was received.", examples=[1])
    state: State = Field(examples=["new"])
    note: str | None = Field(examples=[None])
    changed_by: str | None = Field(examples=[None])
    changed_at_ms: int | None = Field(examples=[None])
    day: str | None = Field(description="The day (UTC) on which it first came.", examples=["2026-01-01"])


class SuspendedRecords(BaseModel):
    """A page of records, the newest first."""

    items: list[Suspended]
    next: str | None = Field(None, examples=[None])


class WholeRecord(Suspended):
    """One record with its bytes."""

    raw_base64: str | None = Field(description="The bytes; only where numbers are revealed.", examples=[None])


class Count(BaseModel):
    """How many records of a source are in a state, for one reason."""

    source: str = Field(examples=["switch"])
    code: str = Field(examples=["RF2003"])
    title: str = Field(examples=["A time is none, or not in the expected form"])
    state: State = Field(examples=["new"])
    records: int = Field(examples=[120])


class Counts(BaseModel):
    """Records by source, reason and state."""

    items: list[Count]


class Edit(BaseModel):
    """What a record should have been: as text, or as bytes in base64."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(None, max_length=250_000, examples=["2026-01-13;A;B"])
    base64: str | None = Field(None, max_length=700_000, examples=[None])

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Edit:
        if (self.text is None) is (self.base64 is None):
            raise ValueError("send `text` or `base64`, and not both")
        return self


class Doing(BaseModel):
    """How to do it."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=1_000, description="Why; a write-off needs one.", examples=["test calls"])
    format: str = Field("", max_length=100, description="A format or a mapping, if not its source's.", examples=[""])
    zone: str = Field("", max_length=64, description="Of times that name none.", examples=[""])


class Filter(BaseModel):
    """Which records: by their ids, or those of a source, a reason, a state and a day."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Annotated[str, Field(pattern="^[0-9a-f]{32}$")]] | None = Field(None, max_length=MOST, examples=[None])
    source: str | None = Field(None, max_length=200, examples=["switch"])
    code: str | None = Field(None, max_length=10, examples=["RF2003"])
    state: State | None = Field(
        None, description="Left out: all that are neither recycled nor written off.", examples=[None]
    )
    day: str | None = Field(None, pattern=r"^\d{4}-\d{2}-\d{2}$", examples=[None])


class Bulk(Doing):
    """An act on many records."""

    act: ActName = Field(examples=["recycle"])
    filter: Filter


class Failed(BaseModel):
    """A record of which nothing became."""

    suspense_id: str = Field(examples=[RECORD])
    code: str = Field(examples=["RF2003"])
    what: str = Field(examples=["start '2026-13-01' is not a date"])


class Outcomes(BaseModel):
    """What the engine said of recycled records."""

    accepted: int = Field(examples=[118])
    duplicate: int = Field(examples=[1])
    late: int = Field(description="Kept in the history, and judged no more.", examples=[0])


class Done(BaseModel):
    """What became of the records."""

    act: ActName = Field(examples=["recycle"])
    matched: int = Field(description="Records that were worked on.", examples=[120])
    done: int = Field(examples=[119])
    failed: int = Field(examples=[1])
    failures: list[Failed] = Field(description=f"The first {MOST_TOLD:,}.")
    outcomes: Outcomes = Field(description="Of recycling.")
    events: list[dict[str, Any]] = Field(
        description="Of a try: what the first records would be.", examples=[[{"kind": "call", "duration_ms": 61000}]]
    )
    more: bool = Field(description=f"More match: at most {MOST:,} are worked on at once.", examples=[False])


@router.get("", summary="Records in suspense", response_model=SuspendedRecords)
def list_suspense(
    house: HouseHere,
    asker: Reader,
    source: Annotated[str | None, Query(max_length=200, examples=["switch"])] = None,
    code: Annotated[str | None, Query(max_length=10, examples=["RF2003"])] = None,
    state: Annotated[State | None, Query(examples=["new"])] = None,
    day: Date | None = None,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Return records that could not be read, those that came last first."""
    pages = Keyset(house, "suspense", asker.tenant, source, code, state, day)
    before = pages.place(cursor)
    wanted: dict[str, Any] = {"source": source, "code": code, "state": state, "limit": limit + 1}
    wanted |= {"day": day_of(day)} if day else {}
    wanted |= {"before": before[0]} if before else {}
    own = sources_of(house, asker.tenant)
    with house.reading() as place:
        found = place.suspense.page(sources=own, **wanted)
    items = [_shown(document(record), asker) for _, record in found[:limit]]
    following = pages.after(found[limit - 1][0]) if len(found) > limit else None
    return answer({"items": items, "next": following})


@router.get("/counts", summary="How many, and why", response_model=Counts)
def count_suspense(house: HouseHere, asker: Reader) -> Response:
    """Return the number of records by source, reason and state; each counts as often as it was received."""
    own = sources_of(house, asker.tenant)
    with house.reading() as place:
        rows = place.suspense.count()
    names = ("source", "code", "state", "records")
    items = [dict(zip(names, row, strict=True)) for row in rows if own is None or row[0] in own]
    return answer({"items": [item | {"title": title_of(str(item["code"]))} for item in items]})


@router.post("/bulk", summary="Work on many records", response_model=Done)
def work_on_suspense(house: HouseHere, asker: Worker, body: Bulk) -> Response:
    """Try, recycle, write off or take back all records that match, at most 10,000 at once.

    Each is worked on as far as it is possible; the answer says how many are done and why the others are not. Recycled
    records are in a checkpoint when the answer comes.
    """
    own = sources_of(house, asker.tenant)
    wanted = body.filter
    with house.reading() as place:
        if wanted.ids is not None:
            records = [one for _, one in place.suspense.many(wanted.ids) if own is None or one.source in own]
        else:
            day = day_of(wanted.day) if wanted.day else None
            fields = {"source": wanted.source, "code": wanted.code, "state": wanted.state, "day": day}
            waiting = wanted.state is None
            found = place.suspense.page(sources=own, waiting=waiting, limit=MOST + 1, **fields)  # type: ignore[arg-type]
            records = [one for _, one in found]
    more, records = len(records) > MOST, records[:MOST]
    records.reverse()  # in the order in which they came
    detail = {"filter": wanted.model_dump(exclude_none=True, exclude={"ids"})}
    result = _done(house, asker, body.act, records, body, "suspense", detail)
    return _answered(body.act, len(records), result, asker, more=more)


@router.get("/{suspense_id}", summary="One record", response_model=WholeRecord)
def get_suspended(suspense_id: RecordHere, house: HouseHere, asker: Reader) -> Response:
    """Return a record with its reason and what to do about it."""
    return _whole(_record(house, suspense_id, asker), asker)


@router.put("/{suspense_id}/edited", summary="Mend a record", response_model=WholeRecord)
def edit_suspended(suspense_id: RecordHere, request: Request, house: HouseHere, asker: Worker, body: Edit) -> Response:
    """Put other bytes beside a record, to be recycled instead of its own, which stay.

    A number that is sent back masked, as it was shown, stays what it is.
    """
    record = _record(house, suspense_id, asker)
    must_match(request, document(record), asker)
    content = _content(body, readable(record.raw) + "\n" + readable(record.edited or b""))
    with house.writing() as place:
        must_match(request, document(place.suspense.get(suspense_id)), asker)
        place.suspense.edit(suspense_id, content, by=asker.name, at_ms=house.clock.now_ms())
        audited(place, house, asker, "suspense.edited", suspense_id, source=record.source, bytes=len(content))
    return _whole(_record(house, suspense_id, asker), asker)


@router.post("/{suspense_id}/acts/{act}", summary="Work on one record", response_model=Done)
def work_on_suspended(
    suspense_id: RecordHere,
    act: Annotated[ActName, Path(examples=["recycle"])],
    house: HouseHere,
    asker: Worker,
    body: Doing,
) -> Response:
    """Try, recycle, write off or take back one record.

    `try` says whether it would be an event now, and which. `recycle` lets it into the engine that runs: it is judged
    like every other, unless what came since makes it late.
    """
    record = _record(house, suspense_id, asker)
    result = _done(house, asker, act, [record], body, suspense_id, {})
    return _answered(act, 1, result, asker, more=False)


def _record(house: House, suspense_id: str, asker: Principal) -> Any:
    with house.reading() as place:
        found = place.suspense.many([suspense_id])
    if not found:
        raise ApiError(NO_SUCH_ALERT, "there is no such record", cure="See GET /v1/suspense.")
    record = found[0][1]
    asker.check_sees(house.tenant_of(record.source), "record")
    return record


def _shown(record: dict[str, Any], asker: Principal) -> dict[str, Any]:
    """Return a record as the one who asks may see it; the name of a file is no number of a person."""
    made: dict[str, Any] = shown(record, asker)
    return made | {"place": record["place"]}


def _whole(record: Any, asker: Principal) -> Response:
    own = document(record)
    raw = b64encode(record.raw).decode() if asker.reveals else None
    return answer(_shown(own, asker) | {"raw_base64": raw}, headers={"ETag": tag_of(own)})


def _content(body: Edit, before: str) -> bytes:
    if body.text is not None:
        return with_numbers(body.text, before).encode()
    try:
        return b64decode(body.base64 or "", validate=True)
    except (NotBase64, ValueError):
        raise ApiError(BAD_REQUEST, "this is no base64") from None


def _done(
    house: House, asker: Principal, act: str, records: list[Any], body: Doing, subject: str, detail: dict[str, Any]
) -> Result:
    if act == "write-off" and not body.reason.strip():
        raise ApiError(BAD_REQUEST, "why the records are given up is not said", expected="a reason")
    what = Act(act=act, by=asker.name, reason=body.reason.strip(), format=body.format, zone=body.zone)
    return work(house, records, what, _noting(house, asker, what, subject, detail))


_DONE: Final = dict(zip(ACTS, ("tried", "recycled", "written_off", "taken_back"), strict=True))


def _noting(
    house: House, asker: Principal, what: Act, subject: str, detail: dict[str, Any]
) -> Callable[[Workplace, Mapping[str, Any]], None]:
    def note(place: Workplace, counts: Mapping[str, Any]) -> None:
        audited(place, house, asker, f"suspense.{_DONE[what.act]}", subject, reason=what.reason, **detail, **counts)

    return note


def _answered(act: str, matched: int, result: Result, asker: Principal, *, more: bool) -> Response:
    failures = [{"suspense_id": one, "code": code, "what": what} for one, code, what in result.failed[:MOST_TOLD]]
    told = {"failures": failures, "events": result.events}
    return answer(
        {
            "act": act,
            "matched": matched,
            "done": len(result.done),
            "failed": len(result.failed),
            "outcomes": result.outcomes,
            "more": more,
            **shown(told, asker),
        }
    )
