"""Bulk changes of alerts, as jobs that can be followed and undone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.filters import asked_filter
from ringfence.api.keyset import Keyset
from ringfence.api.masking import shown
from ringfence.api.routes.alerts import where_of
from ringfence.api.routes.job_shapes import JOB, BulkChange, Job, Jobs, Plan
from ringfence.api.whole_ids import WholeIds
from ringfence.wiring.alerting import bulk, listing
from ringfence.wiring.house import House
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1", tags=["alerts"], route_class=WholeIds)
Worker = Annotated[Principal, may("alerts.bulk")]
JobHere = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[JOB])]


@router.post(
    "/alerts/bulk",
    summary="Change all alerts that match",
    status_code=202,
    response_model=Job,
    responses={200: {"model": Plan, "description": "What it would do (`dry_run`)"}},
)
def change_alerts(house: HouseHere, asker: Worker, body: BulkChange) -> Response:
    """Begin a job that changes every alert that matches a filter as of a moment.

    It does not touch alerts that were raised since the moment, nor those that somebody has decided about since: these
    are its problems. `GET /v1/jobs/ID` tells its progress; for a day it can be undone.
    """
    asked = asked_filter(body.filter, asker, house)
    with house.reading() as place:
        moment = listing.moment_of(body.as_of) if body.as_of else listing.now(place)
    wanted = bulk.Wanted(
        where=where_of(asked, asker),
        filter_text=asked.text,
        moment=moment,
        change={name: getattr(body.change, name) for name in body.change.model_fields_set},
        by=asker.name,
        tenant=asker.tenant,
    )
    if body.dry_run:
        with house.reading() as place:
            return answer(shown(bulk.plan(place, wanted), asker))
    job_id = bulk.begin(house, wanted)
    return _job(house, asker, job_id, 202)


@router.get("/jobs", summary="Jobs", response_model=Jobs)
def list_jobs(
    house: HouseHere,
    asker: Worker,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Return jobs, the newest first, without their problems. They are kept for 30 days."""
    pages = Keyset(house, "jobs", asker.tenant)
    before = pages.place(cursor)
    with house.reading() as place:
        found = bulk.jobs_of(place).newest(before[0] if before else 2**62, asker.tenant, limit + 1)
        items = [bulk.document(place, job, most=0) for job in found[:limit]]
    following = pages.after(found[limit - 1]["number"]) if len(found) > limit else None
    return answer(shown({"items": items, "next": following}, asker))


@router.get("/jobs/{job_id}", summary="One job", response_model=Job)
def get_job(
    job_id: JobHere,
    house: HouseHere,
    asker: Worker,
    after: Annotated[int, Query(ge=-1, description="Problems behind this place.")] = -1,
    limit: Annotated[int, Query(ge=0, le=1_000, description="At most so many problems.")] = 100,
) -> Response:
    """Return how far a job is, and which alerts it could not change."""
    return _job(house, asker, job_id, 200, after, limit)


@router.post("/jobs/{job_id}/undo", summary="Undo a job", status_code=202, response_model=Job)
def undo_job(job_id: JobHere, house: HouseHere, asker: Worker) -> Response:
    """Make the alerts of a job what they were before it, but for those that somebody has decided about since."""
    with house.reading() as place:
        _seen(place, asker, job_id)
    bulk.undo(house, job_id, asker.name)
    return _job(house, asker, job_id, 202)


def _seen(place: Workplace, asker: Principal, job_id: str) -> dict[str, Any]:
    job = bulk.jobs_of(place).get(job_id)
    asker.check_sees(job["tenant"], "job")
    return job


def _job(house: House, asker: Principal, job_id: str, status: int, after: int = -1, most: int = 100) -> Response:
    with house.reading() as place:
        job = _seen(place, asker, job_id)
        document = bulk.document(place, job, behind=after, most=most)
    return answer(shown(document, asker), status)
