"""Suppressions: what is kept out of the queue for a while, with an owner, a reason and an end."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from ringfence.alerts.suppression import ANY, Suppression
from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.api.routes.alert_shapes import Alert, Asked, Who
from ringfence.api.routes.case_shapes import ENTITY_REF
from ringfence.api.whole_ids import WholeIds
from ringfence.events.errors import BAD_REQUEST
from ringfence.wiring.alerting import suppressing_live
from ringfence.wiring.house import House
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/suppressions", tags=["suppressions"], route_class=WholeIds)
Reader = Annotated[Principal, may("alerts.read")]
Keeper = Annotated[Principal, may("alerts.suppress")]
SUPPRESSION: str = "7d8e9fa0b1c2d3e4f50617284f1c2a9e"
SuppressionHere = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[SUPPRESSION])]
_MOST_MS = 2**52


class NewSuppression(Asked):
    """What is to be kept out of the queue: alerts on an entity, of a fraud or a detector, or both."""

    entity_ref: str | None = Field(
        None, max_length=400, description="The entity, by its reference.", examples=[ENTITY_REF]
    )
    entity_kind: str = Field(ANY, max_length=40, description="Instead of the reference.", examples=["*"])
    entity: str = Field(
        ANY, max_length=200, description="As alerts write it, or the beginning of it and `*`.", examples=["*"]
    )
    target: str = Field(ANY, max_length=120, description="A fraud, a detector, or `*`.", examples=["irsf"])
    owner: Who | None = Field(None, description="Who answers for it; without: who asks.", examples=["ana"])
    reason: str = Field(min_length=1, max_length=500, examples=["our own test line"])
    ends_at_ms: int = Field(
        ge=0,
        le=_MOST_MS,
        description="Alerts raised then or later are in the queue again.",
        examples=[1_798_761_600_000],
    )
    created_at_ms: int | None = Field(
        None, ge=0, le=_MOST_MS, description="From when on, in the time of events; without: now.", examples=[None]
    )


class SuppressionPreview(NewSuppression):
    """A suppression that is to be tried."""

    days: int = Field(30, ge=1, le=366, description="Of alerts, up to the newest.")


class EndSuppression(Asked):
    """When a suppression is to end."""

    at_ms: int | None = Field(None, ge=0, le=_MOST_MS, description="In the time of events; without: now.")


class Suppressed(BaseModel):
    """One suppression."""

    suppression_id: str = Field(examples=[SUPPRESSION])
    entity_kind: str = Field(examples=["caller"])
    entity: str = Field(examples=["31612*****"])
    entity_ref: str = Field(examples=[ENTITY_REF])
    target: str = Field(examples=["irsf"])
    owner: str = Field(examples=["ana"])
    reason: str = Field(examples=["our own test line"])
    created_at_ms: int = Field(examples=[1_767_312_000_000])
    ends_at_ms: int = Field(examples=[1_798_761_600_000])
    ended_by: str | None = Field(examples=[None])
    ended_at_ms: int | None = Field(examples=[None])
    tenant: str | None = Field(examples=[None])


class Suppressions(BaseModel):
    """Suppressions, those that end first coming first."""

    items: list[Suppressed]


class Changed(Suppressed):
    """A suppression, and how many alerts it made leave the queue or come back."""

    alerts_changed: int = Field(examples=[3])


class Group(BaseModel):
    """Alerts alike."""

    status: str = Field(examples=["open"])
    disposition: str | None = Field(examples=[None])
    currency: str | None = Field(examples=["EUR"])
    alerts: int = Field(examples=[12])
    money_micros: int = Field(examples=[84_200_000])


class Preview(BaseModel):
    """What a suppression would have kept out of the queue."""

    from_ms: int = Field(examples=[1_764_720_000_000])
    to_ms: int = Field(examples=[1_767_312_000_000])
    alerts: int = Field(examples=[14])
    confirmed_fraud: int = Field(description="Of these, confirmed as fraud.", examples=[2])
    decided: int = Field(description="Of these, decided about at all.", examples=[5])
    groups: list[Group]
    sample: list[Alert] = Field(description="Confirmed fraud first, then the highest expected loss.")


@router.get("", summary="Suppressions", response_model=Suppressions)
def list_suppressions(
    house: HouseHere, asker: Reader, state: Annotated[Literal["active", "ended", "all"], Query()] = "active"
) -> Response:
    """Return suppressions: those whose end is still to come, those that have ended, or all."""
    now_ms = house.clock.now_ms()
    with house.reading() as place:
        found = [one for one in place.suppressions.list() if asker.sees(one["tenant"])]
    items = [one for one in found if state == "all" or (one["ends_at_ms"] > now_ms) == (state == "active")]
    return answer(shown({"items": items}, asker, house.secret.reference))


@router.post("", summary="Keep alerts out of the queue", status_code=201, response_model=Changed)
def create_suppression(house: HouseHere, asker: Keeper, body: NewSuppression) -> Response:
    """Keep alerts out of the queue for a while. They leave it at once, and the running engine knows it at once."""
    suppression = _suppression(house, asker, body)
    changed = suppressing_live.add(house, suppression, asker.name)
    return _answer(house, asker, suppression.suppression_id, changed, 201)


@router.post("/preview", summary="What a suppression would have kept back", response_model=Preview)
def preview_suppression(house: HouseHere, asker: Reader, body: SuppressionPreview) -> Response:
    """Return the alerts of the last days that it would have kept out of the queue, and how many of them were fraud."""
    suppression = _suppression(house, asker, body)
    with house.reading() as place:
        found = suppressing_live.preview(place, suppression, body.days)
    return answer(shown(found, asker, house.secret.reference))


@router.get("/{suppression_id}", summary="One suppression", response_model=Suppressed)
def get_suppression(suppression_id: SuppressionHere, house: HouseHere, asker: Reader) -> Response:
    """Return one suppression."""
    return _answer(house, asker, suppression_id)


@router.post("/{suppression_id}/end", summary="End a suppression", response_model=Changed)
def end_suppression(suppression_id: SuppressionHere, house: HouseHere, asker: Keeper, body: EndSuppression) -> Response:
    """End a suppression before its time: alerts that were raised since then come back into the queue."""
    with house.reading() as place:
        found = _seen(place, asker, suppression_id)
    at_ms = house.clock.now_ms() if body.at_ms is None else body.at_ms
    changed = suppressing_live.end(house, found, asker.name, at_ms)
    return _answer(house, asker, suppression_id, changed)


def _suppression(house: House, asker: Principal, body: NewSuppression) -> Suppression:
    kind, entity = body.entity_kind, body.entity
    if body.entity_ref is not None:
        found = house.secret.entity(body.entity_ref)
        if found is None or entity != ANY:
            raise ApiError(BAD_REQUEST, "entity_ref stands for no entity, or there is an entity besides")
        kind, entity = found
    return Suppression(
        entity_kind=kind,
        entity=entity,
        target=body.target,
        owner=body.owner or asker.name,
        reason=body.reason,
        created_at_ms=house.clock.now_ms() if body.created_at_ms is None else body.created_at_ms,
        ends_at_ms=body.ends_at_ms,
        tenant=asker.tenant,
    )


def _seen(place: Workplace, asker: Principal, suppression_id: str) -> dict[str, Any]:
    found = place.suppressions.get(suppression_id)
    asker.check_sees(found["tenant"], "suppression")
    return found


def _answer(
    house: House, asker: Principal, suppression_id: str, changed: int | None = None, status: int = 200
) -> Response:
    with house.reading() as place:
        found = _seen(place, asker, suppression_id)
    more = {} if changed is None else {"alerts_changed": changed}
    return answer(shown(found | more, asker, house.secret.reference), status)
