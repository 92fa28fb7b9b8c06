"""Cases: alerts that are looked at together, and what was decided, said and kept about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from ringfence.api.acting import audited
from ringfence.api.answers import answer, must_match, tag_of
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.keyset import Keyset
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.api.routes.case_shapes import (
    ALERT,
    CASE,
    AlertsOfCase,
    Case,
    CaseChange,
    Cases,
    MergeCases,
    NewCase,
    SplitCase,
    Status,
    Timeline,
)
from ringfence.events.errors import NO_SUCH_ALERT, NOT_ALLOWED
from ringfence.wiring import casework
from ringfence.wiring.house import House
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/cases", tags=["cases"])
Reader = Annotated[Principal, may("cases.read")]
Writer = Annotated[Principal, may("cases.write")]
CaseHere = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[CASE])]


def seen(place: Workplace, case_id: str, asker: Principal) -> dict[str, Any]:
    """Return a case that the asker may see; one of another tenant is not there."""
    case = casework.cases_of(place).get(case_id)
    asker.check_sees(case["tenant"], "case")
    return case


def whole(house: House, asker: Principal, place: Workplace, case_id: str, status: int = 200) -> Response:
    """Return a case as the answer. Its entity tag is of what people decide: its alerts grow without them."""
    document = shown(casework.document(place, case_id), asker, house.secret.reference)
    return answer(document, status, {"ETag": tag_of(casework.core(place, case_id))})


@contextmanager
def changing(house: House, asker: Principal, case_id: str, request: Request | None = None) -> Iterator[Workplace]:
    """Yield the stores to change a case in, if the asker sees it, it was not merged, and If-Match fits."""
    with house.writing() as place:
        case = seen(place, case_id, asker)
        if request is not None:
            must_match(request, casework.core(place, case_id), asker)
        casework.check_is_open_to_work(case)
        yield place


@router.get("", summary="Cases", response_model=Cases)
def list_cases(
    house: HouseHere,
    asker: Reader,
    status: Annotated[Status | None, Query(examples=["open"])] = None,
    assignee: Annotated[str | None, Query(max_length=120, examples=["ana"])] = None,
    merged: Annotated[bool, Query(description="Those too that were merged into others.")] = False,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Return cases, the newest first."""
    pages = Keyset(house, "cases", asker.tenant, status, assignee, merged)
    before = pages.place(cursor)
    with house.reading() as place:
        found = casework.cases_of(place).newest(
            tenant=asker.tenant,
            status=status,
            assignee=assignee,
            merged=merged,
            before=before[0] if before else 2**62,
            limit=limit + 1,
        )
    items = [casework.own(case) | {"alerts": case["alerts"]} for case in found[:limit]]
    following = pages.after(items[-1]["number"]) if len(found) > limit else None
    return answer(shown({"items": items, "next": following}, asker))


@router.post("", summary="Open a case", status_code=201, response_model=Case)
def open_case(house: HouseHere, asker: Writer, body: NewCase) -> Response:
    """Open a case over alerts that are in none yet. A case has one tenant: that of its alerts."""
    if asker.tenant is not None and body.tenant not in (None, asker.tenant):
        raise ApiError(NOT_ALLOWED, "a case of another tenant")
    alerts = list(dict.fromkeys(body.alerts))
    of_all = asker.tenant is None and body.tenant is None
    at_ms = house.clock.now_ms()
    with house.writing() as place:
        tenant = casework.alerts_for(place, alerts, asker.tenant or body.tenant, of_all=of_all)
        store = casework.cases_of(place)
        case_id = store.open(body.title, by=asker.name, at_ms=at_ms, tenant=tenant, assignee=body.assignee)
        store.add_alerts(case_id, alerts, by=asker.name, at_ms=at_ms)
        audited(place, house, asker, "case.opened", case_id, title=body.title, alert_ids=alerts)
        return whole(house, asker, place, case_id, 201)


@router.get("/{case_id}", summary="One case", response_model=Case)
def get_case(case_id: CaseHere, house: HouseHere, asker: Reader) -> Response:
    """Return a case with its alerts, entities, money, checklist and files."""
    with house.reading() as place:
        seen(place, case_id, asker)
        return whole(house, asker, place, case_id)


@router.patch("/{case_id}", summary="Change a case", response_model=Case)
def change_case(case_id: CaseHere, request: Request, house: HouseHere, asker: Writer, body: CaseChange) -> Response:
    """Change title, status or assignee.

    A case on `watch` is opened again by itself when one of its alerts goes on, or a new one is raised on an entity of
    the case.
    """
    said = body.model_dump(exclude_unset=True)
    said = {name: value for name, value in said.items() if value is not None or name == "assignee"}
    with changing(house, asker, case_id, request) as place:
        store = casework.cases_of(place)
        case = store.get(case_id)
        changes = {name: value for name, value in said.items() if case[name] != value}
        if changes:
            store.change(case | changes, house.clock.now_ms())
            audited(place, house, asker, "case.changed", case_id, **changes)
        return whole(house, asker, place, case_id)


@router.post("/{case_id}/alerts", summary="Put alerts into a case", response_model=Case)
def add_case_alerts(case_id: CaseHere, house: HouseHere, asker: Writer, body: AlertsOfCase) -> Response:
    """Put alerts of the case's tenant that are in no case yet into this one."""
    at_ms, alerts = house.clock.now_ms(), list(dict.fromkeys(body.alerts))
    with changing(house, asker, case_id) as place:
        store = casework.cases_of(place)
        casework.alerts_for(place, alerts, store.get(case_id)["tenant"], of_all=False)
        casework.check_room(place, case_id, len(alerts))
        store.add_alerts(case_id, alerts, by=asker.name, at_ms=at_ms)
        store.touch(case_id, at_ms)
        audited(place, house, asker, "case.alerts_added", case_id, alert_ids=alerts)
        return whole(house, asker, place, case_id)


@router.delete("/{case_id}/alerts/{alert_id}", summary="Take an alert out of a case", response_model=Case)
def remove_case_alert(
    case_id: CaseHere,
    alert_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[ALERT])],
    request: Request,
    house: HouseHere,
    asker: Writer,
) -> Response:
    """Take an alert out; it is in no case then."""
    with changing(house, asker, case_id, request) as place:
        store = casework.cases_of(place)
        if store.cases_of([alert_id]).get(alert_id) != case_id:
            raise ApiError(NO_SUCH_ALERT, "the case has no such alert")
        store.remove_alerts(case_id, [alert_id])
        store.touch(case_id, house.clock.now_ms())
        audited(place, house, asker, "case.alert_removed", case_id, alert_id=alert_id)
        return whole(house, asker, place, case_id)


@router.post("/{case_id}/merge", summary="Merge other cases into one", response_model=Case)
def merge_cases(case_id: CaseHere, house: HouseHere, asker: Writer, body: MergeCases) -> Response:
    """Move alerts, comments, files and ticks of other cases into this one. They are closed, and point to it."""
    others = list(dict.fromkeys(body.cases))
    with changing(house, asker, case_id) as place:
        for other in others:
            seen(place, other, asker)
        casework.merge(place, case_id, others, house.clock.now_ms())
        audited(place, house, asker, "case.merged", case_id, case_ids=others)
        for other in others:
            audited(place, house, asker, "case.merged_into", other, case_id=case_id)
        return whole(house, asker, place, case_id)


@router.post("/{case_id}/split", summary="Split a case", status_code=201, response_model=Case)
def split_case(case_id: CaseHere, house: HouseHere, asker: Writer, body: SplitCase) -> Response:
    """Move some alerts of a case into a new one, which is the answer."""
    at_ms = house.clock.now_ms()
    with changing(house, asker, case_id) as place:
        made = casework.split(place, case_id, body.alerts, body.title, by=asker.name, at_ms=at_ms)
        audited(place, house, asker, "case.split", case_id, into_case_id=made, alert_ids=body.alerts)
        audited(place, house, asker, "case.opened", made, title=body.title, split_from_case_id=case_id)
        return whole(house, asker, place, made, 201)


@router.get("/{case_id}/timeline", summary="What happened", response_model=Timeline)
def get_case_timeline(case_id: CaseHere, house: HouseHere, asker: Reader) -> Response:
    """Return every act, comment, re-opening and alert of a case, in order."""
    with house.reading() as place:
        seen(place, case_id, asker)
        items = casework.timeline(place, case_id)
    return answer(shown({"items": items}, asker, house.secret.reference))
