"""Alerts: the queue, and one alert with what people decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from ringfence.alerts.dispositions import REASONS, STATUS_OF
from ringfence.api.answers import answer, tag_of
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.filters import EXAMPLE, asked_filter
from ringfence.api.keyset import Keyset
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.api.routes.alert_shapes import (
    AlertChange,
    Alerts,
    Dispositions,
    Facets,
    OneAlert,
    Sort,
    Timeline,
)
from ringfence.api.routes.case_shapes import ALERT
from ringfence.api.whole_ids import WholeIds
from ringfence.events.errors import BAD_CURSOR, CHANGED_MEANWHILE, NO_PRECONDITION
from ringfence.wiring.alerting import deciding, detail, listing
from ringfence.wiring.alerting.filtering import Filter
from ringfence.wiring.house import House
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=WholeIds)
Reader = Annotated[Principal, may("alerts.read")]
AlertHere = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[ALERT])]
FilterHere = Annotated[
    str | None, Query(max_length=4_096, description="Without one: the queue, alerts that are open.", examples=[EXAMPLE])
]
CURSOR_MS: Final = 3_600_000
_ORDERS: Final[dict[str, listing.Order]] = {"expected_loss": "loss", "newest": "newest"}


def where_of(asked: Filter, asker: Principal) -> listing.Where:
    """Return which alerts are asked for, of those that the asker sees."""
    return asked.where(asker.tenant, tenant_too=asker.tenant is not None)


@router.get("", summary="The queue", response_model=Alerts)
def list_alerts(
    house: HouseHere,
    asker: Reader,
    filter: FilterHere = None,
    sort: Annotated[Sort, Query(examples=["expected_loss"])] = "expected_loss",
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    count: Annotated[Literal["exact", "none"], Query()] = "none",
) -> Response:
    """Return alerts, the highest expected loss first.

    A walk through the pages holds still: it shows each alert that was there at its first page once, where it stood
    then, whatever comes and changes meanwhile. What was closed meanwhile is left out where the filter says so. A
    cursor holds for an hour, for the same filter and order.
    """
    asked = asked_filter(filter, asker, house)
    pages = Keyset(house, "alerts", asker.tenant, asked.text, sort)
    now_ms = house.clock.now_ms()
    moment, after = _place(pages.place(cursor), now_ms)
    with house.reading() as place:
        found = listing.page(
            place,
            listing.Asked(where_of(asked, asker), _ORDERS[sort], limit, moment, after, counts=count == "exact"),
        )
    as_of = listing.moment_text(found.moment)
    following = pages.after(now_ms + CURSOR_MS, as_of, *found.next) if found.next else None
    document = {"items": found.items, "next": following, "as_of": as_of, "filter": asked.text, "count": found.count}
    return answer(shown(document, asker, house.secret.reference))


def _place(place: list[Any] | None, now_ms: int) -> tuple[listing.Moment | None, listing.Place | None]:
    if place is None:
        return None, None
    until_ms, as_of, key, alert_id = place
    if now_ms > until_ms:
        raise ApiError(BAD_CURSOR, "the cursor is older than an hour")
    return listing.moment_of(as_of), listing.Place(key, alert_id)


@router.get("/facets", summary="How many alerts of each kind", response_model=Facets)
def count_alerts(
    house: HouseHere,
    asker: Reader,
    filter: FilterHere = None,
) -> Response:
    """Return how many alerts there are of each fraud, severity, status, detector and assignee."""
    asked = asked_filter(filter, asker, house)
    with house.reading() as place:
        found = listing.facets(place, where_of(asked, asker))
    return answer(found | {"count": sum(found["status"].values())})


@router.get("/dispositions", summary="What can be decided", response_model=Dispositions)
def list_dispositions(asker: Reader) -> Response:
    """Return the dispositions with the reasons for each, and the status that each sets."""
    return answer({"dispositions": REASONS, "statuses": STATUS_OF})


@router.get("/{alert_id}", summary="One alert", response_model=OneAlert)
def get_alert(alert_id: AlertHere, house: HouseHere, asker: Reader) -> Response:
    """Return one alert: who, why, what it costs, what would have been normal, and what may be done with it.

    Its entity tag is of what people decided about it: the episode may go on without it.
    """
    with house.reading() as place:
        alert = seen(place, alert_id, asker)
        return one_alert(house, place, alert, asker)


@router.patch("/{alert_id}", summary="Decide about an alert", response_model=OneAlert)
def change_alert(
    alert_id: AlertHere,
    house: HouseHere,
    asker: Annotated[Principal, may("alerts.decide")],
    request: Request,
    body: AlertChange,
) -> Response:
    """Decide, assign, watch, note, mark as reviewed, or give back to the queue.

    Needs `If-Match`. Where somebody else was faster, the problem has the alert as it is now (`current`) and what was
    changed since, by whom (`changed`).
    """
    change = {name: getattr(body, name) for name in body.model_fields_set}
    with house.writing() as place:
        alert = seen(place, alert_id, asker)
        _check_match(request, house, place, alert, asker)
        now = deciding.decide(place, alert, change, by=asker.name, at_ms=house.clock.now_ms())
        return one_alert(house, place, now, asker)


@router.get("/{alert_id}/timeline", summary="What happened to an alert", response_model=Timeline)
def get_alert_timeline(alert_id: AlertHere, house: HouseHere, asker: Reader) -> Response:
    """Return how the episode went, and what people decided, in order."""
    with house.reading() as place:
        alert = seen(place, alert_id, asker)
        items = deciding.timeline(place, alert)
    return answer(shown({"items": items}, asker))


def seen(place: Workplace, alert_id: str, asker: Principal) -> dict[str, Any]:
    """Return an alert that the asker may see; one of another tenant is not there."""
    alert = place.alerts.get(alert_id)
    asker.check_sees(alert["tenant"], "alert")
    return alert


def one_alert(house: House, place: Workplace, alert: Mapping[str, Any], asker: Principal) -> Response:
    """Return one alert as the answer."""
    return answer(_document(house, place, alert, asker), 200, {"ETag": tag_of(deciding.version(alert))})


def _document(house: House, place: Workplace, alert: Mapping[str, Any], asker: Principal) -> Any:
    document = detail.document(house, place, alert) | {"capabilities": detail.capabilities(alert, asker.may)}
    return shown(document, asker, house.secret.reference)


def _check_match(request: Request, house: House, place: Workplace, alert: Mapping[str, Any], asker: Principal) -> None:
    wanted = request.headers.get("if-match")
    if wanted is None:
        raise ApiError(NO_PRECONDITION, "there is no If-Match")
    tags = {one.strip() for one in wanted.split(",")}
    present = tag_of(deciding.version(alert))
    if "*" in tags or present in tags:
        return
    raise ApiError(
        CHANGED_MEANWHILE,
        "somebody has decided about this alert meanwhile",
        headers={"ETag": present},
        current=_document(house, place, alert, asker),
        changed=shown(deciding.changed_since(place, alert, lambda version: tag_of(version) in tags), asker),
    )
