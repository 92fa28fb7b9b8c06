"""Alerts: the queue, and one alert."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from ringfence.api.answers import answer, tagged
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.masking import shown

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])


@router.get("", summary="The queue")
def list_alerts(
    house: HouseHere,
    asker: Annotated[Principal, may("alerts.read")],
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Return alerts, the highest expected loss first."""
    with house.reading() as place:
        found = place.alerts.list(limit=limit)
    items: list[dict[str, Any]] = [alert for alert in found if asker.sees(alert["tenant"])]
    return answer(shown({"items": items, "next": None}, asker, house.secret.reference))


@router.get("/{alert_id}", summary="One alert")
def get_alert(alert_id: str, house: HouseHere, asker: Annotated[Principal, may("alerts.read")]) -> Response:
    """Return one alert by its id."""
    with house.reading() as place:
        alert = place.alerts.get(alert_id)
    asker.check_sees(alert["tenant"], "alert")
    return tagged(alert, asker, house)
