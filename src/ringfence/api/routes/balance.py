"""The conservation equation: what became of every record."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.masking import shown
from ringfence.wiring.balancing import balance, balance_by_day, day_of, late_events

router = APIRouter(prefix="/v1/balance", tags=["balance"])
Reader = Annotated[Principal, may("balance.read")]
DATE = r"^\d{4}-\d{2}-\d{2}$"
MOMENT: Any = Query(ge=0, lt=1 << 53, examples=[1767225600000])
END_MS = 1 << 53


class Balance(BaseModel):
    """received = accepted + duplicate + rejected + late + shed, of one source."""

    source: str = Field(examples=["switch"])
    received: int = Field(examples=[8])
    accepted: int = Field(examples=[6])
    duplicate: int = Field(examples=[1])
    rejected: int = Field(examples=[1])
    late: int = Field(examples=[0])
    shed: int = Field(examples=[0])


class DayBalance(Balance):
    """The same of one day (UTC), on which the records became durable; those of days before days were counted: null."""

    day: str | None = Field(examples=["2026-01-01"])
    rejected_records: str = Field(
        description="Where the records are that first came on this day and are no events.",
        examples=["/v1/suspense?source=switch&day=2026-01-01"],
    )
    late_events: str = Field(
        description="Where the late events of the source are, by the time of the event.",
        examples=["/v1/balance/late?source=switch"],
    )


class DayBalances(BaseModel):
    """Days of sources, the newest day first."""

    items: list[DayBalance]


class LateEvent(BaseModel):
    """An event that came after its time: it is in the history, and changed no feature."""

    event_id: str = Field(examples=["0f" * 16])
    at_ms: int = Field(examples=[1767225600000])
    kind: str | None = Field(examples=["call"])
    source: str | None = Field(examples=["switch"])
    tenant: str | None = Field(examples=[None])
    caller: str | None = Field(examples=["31612******"])
    callee: str | None = Field(examples=["44207*******"])
    place: str | None = Field(description="Its file and line.", examples=["cdr.csv:17"])


class LateEvents(BaseModel):
    """Late events, the newest first."""

    items: list[LateEvent]


@router.get("", summary="What became of each source's records", response_model=list[Balance])
def get_balance(house: HouseHere, asker: Reader) -> list[dict[str, int | str]]:
    """Return the counters of each source since the beginning, those that are not in a checkpoint yet included."""
    return balance(house, asker.tenant)


@router.get("/days", summary="The same day by day", response_model=DayBalances)
def list_balance_days(
    house: HouseHere,
    asker: Reader,
    source: Annotated[str | None, Query(max_length=200, examples=["switch"])] = None,
    first: Annotated[str | None, Query(alias="from", pattern=DATE, examples=["2026-01-01"])] = None,
    last: Annotated[str | None, Query(alias="to", pattern=DATE, examples=["2026-01-31"])] = None,
) -> Response:
    """Return the conservation equation by source and day; `from` and `to` are both included.

    The days of a source add up to its counters since the beginning.
    """
    bounds = [day_of(text) if text is not None else None for text in (first, last)]
    rows = balance_by_day(house, asker.tenant, source, *bounds)
    return answer({"items": [row | _links(row) for row in rows]})


def _links(row: dict[str, Any]) -> dict[str, str]:
    own = {"source": row["source"]}
    of_day = own | ({"day": row["day"]} if row["day"] else {})
    return {
        "rejected_records": f"/v1/suspense?{urlencode(of_day)}",
        "late_events": f"/v1/balance/late?{urlencode(own)}",
    }


@router.get("/late", summary="Late events", response_model=LateEvents)
def list_late_events(
    house: HouseHere,
    asker: Reader,
    source: Annotated[str, Query(max_length=200, examples=["switch"])],
    from_ms: Annotated[int, MOMENT] = 0,
    to_ms: Annotated[int, MOMENT] = END_MS - 1,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """Return late events of a source that are in a checkpoint, by the time of the event."""
    if asker.tenant is not None and house.tenant_of(source) != asker.tenant:
        return answer({"items": []})
    with house.reading() as place:
        found = late_events(place, source, from_ms, to_ms, limit)
    return answer(
        {"items": [shown(one, asker) | {"place": one["place"]} for one in found if asker.sees(one["tenant"])]}
    )
