"""What an alert rests on: its events, its party's own history, and alerts that are like it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal
from ringfence.api.keyset import Keyset
from ringfence.api.masking import shown
from ringfence.api.routes.alert_shapes import Alert
from ringfence.api.routes.alerts import AlertHere, Reader, seen
from ringfence.api.routes.entities import with_raw
from ringfence.api.routes.entity_shapes import EventOfParty
from ringfence.api.whole_ids import WholeIds
from ringfence.wiring.alerting import episode
from ringfence.wiring.entity_events import steady
from ringfence.wiring.house import House

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=WholeIds)


class EventOfAlert(EventOfParty):
    """An event of the episode."""

    evidence: bool = Field(description="Whether the detector found fault with it and the alert names it.")


class EventsOfAlert(BaseModel):
    """A page of events, the first first."""

    items: list[EventOfAlert]
    next: str | None = Field(examples=[None])


class Hour(BaseModel):
    """One active hour of a party: the highest value of the feature, and what was normal before it."""

    at_ms: int = Field(examples=[1_767_312_000_000])
    value: float | None = Field(examples=[84_200_000])
    usual: float | None = Field(description="null while there is too little to go by.", examples=[1_150_000])
    most_usual: float | None = Field(description="Above it, it would be no ordinary hour.", examples=[9_400_000])
    in_episode: bool = Field(examples=[True])


class History(BaseModel):
    """A feature of the alert's party over its active hours, with its normal band."""

    feature: str = Field(examples=["charge_micros_1h"])
    unit: str | None = Field(examples=["micros"])
    meaning: str = Field(examples=["charges"])
    window: str = Field(examples=["an hour"])
    is_judged: bool = Field(description="Whether a detector judges by this band.", examples=[True])
    features: list[str] = Field(description="What else may be asked for.", examples=[["calls_1h", "callees_1h"]])
    points: list[Hour]
    cut: int = Field(description="Earlier hours that are left out.", examples=[0])
    is_whole: bool = Field(description="Whether all events of the party were looked at.", examples=[True])


class SimilarAlert(Alert):
    """An alert that is like another."""

    why: list[str] = Field(
        description="Some of same_entity, same_case, same_events, same_ranges, same_detector.",
        examples=[["same_ranges", "same_detector"]],
    )


class SimilarAlerts(BaseModel):
    """Alerts that are like one, those alike in most ways first."""

    items: list[SimilarAlert]


@router.get("/{alert_id}/events", summary="Events of an alert", response_model=EventsOfAlert)
def list_alert_events(
    alert_id: AlertHere,
    house: HouseHere,
    asker: Reader,
    raw: Annotated[bool, Query(description="With the record of each, as it was received.")] = False,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Return the events of the episode in order, each with its file and place, those since the last commit too.

    The record as it was received comes beside each where it is still there, for whoever sees numbers.
    """
    alert = _alert(house, alert_id, asker)
    pages = Keyset(house, "alert events", alert_id)
    at = pages.place(cursor)
    after = (at[0], at[1]) if at else None
    found = steady(lambda: episode.events(house, alert, after, limit + 1))
    items = found[:limit]
    following = pages.after(items[-1]["at_ms"], items[-1]["event_id"]) if len(found) > limit else None
    if raw:
        with_raw(house, asker, items)
    return answer(shown({"items": items, "next": following}, asker))


@router.get("/{alert_id}/history", summary="What is normal for an alert's party", response_model=History)
def get_alert_history(
    alert_id: AlertHere,
    house: HouseHere,
    asker: Reader,
    feature: Annotated[str | None, Query(max_length=80, examples=["charge_micros_1h"])] = None,
) -> Response:
    """Return a feature of the party in each of its active hours, with its normal band; without one, the first reason's.

    Values are those of the engine, computed anew from the history; the band is that of the own-baseline detector.
    """
    alert = _alert(house, alert_id, asker)
    return answer(shown(steady(lambda: episode.history(house, alert, feature)), asker))


@router.get("/{alert_id}/similar", summary="Alerts like this one", response_model=SimilarAlerts)
def list_similar_alerts(
    alert_id: AlertHere, house: HouseHere, asker: Reader, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Response:
    """Return alerts on the same entity, in the same case, on the same events, or that reached the same ranges."""
    alert = _alert(house, alert_id, asker)
    items = steady(lambda: episode.similar(house, alert, limit))
    return answer(shown({"items": items}, asker, house.secret.reference))


def _alert(house: House, alert_id: str, asker: Principal) -> dict[str, Any]:
    with house.reading() as place:
        return seen(place, alert_id, asker)
