"""What-if: what rules would have done on what has happened, before anybody saves them."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.api.routes.what_if_shapes import Question, WhatIf, WhatIfList
from ringfence.events.errors import NO_SUCH_NAME
from ringfence.wiring import what_if as asking
from ringfence.wiring.house import House
from ringfence.wiring.what_if_jobs import Job, WhatIfs

router = APIRouter(prefix="/v1/what-ifs", tags=["rules"])
LOOK_S: Final = 0.05  # between two looks whether it is done, or whether nobody waits any more
MOST_WAIT_S: Final = 60
Reader = Annotated[Principal, may("rules.read")]
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=["0c5f1e1b8f7e4d1a9a0b6a1f3f4a5b6c"])]
Wait = Annotated[
    float,
    Query(ge=0, le=MOST_WAIT_S, description="Seconds to wait for the result.", examples=[10], allow_inf_nan=False),
]


@router.post(
    "",
    summary="Try rules on the past",
    status_code=202,
    response_model=WhatIf,
    responses={200: {"model": WhatIf, "description": "It is done"}},
)
async def try_rules(request: Request, house: HouseHere, asker: Reader, body: Question, wait: Wait = 0) -> Response:
    """Begin to find out what rules would have done on the last days, had they been on. Nothing is kept.

    The real engine goes over the history and what it has not committed yet, so the answer equals the alerts that it
    would have raised; where it cannot, `exact` is false and `why_not` says why. One is answered at a time. Whoever
    waits and hangs up has it stopped. The status of a rule means nothing here: each is tried as if it were on.
    """
    if body.tenant is not None:
        asker.check_sees(body.tenant, "tenant")
    asked = await run_in_threadpool(asking.understand, house.settings, _question(body, asker))
    what_ifs = _what_ifs(request)
    job = what_ifs.begin(asked, asker.tenant)
    if not await _is_heard(request, job, wait):
        what_ifs.end(job)
    headers = {"Location": f"{router.prefix}/{job.job_id}"}
    return _seen(job, house, asker, 200 if job.ended.is_set() else 202, headers)


@router.get("", summary="The last what-ifs", response_model=WhatIfList)
def list_what_ifs(request: Request, house: HouseHere, asker: Reader) -> Response:
    """Return the last what-ifs of this server, without their results."""
    items = [job.document(whole=False) for job in _what_ifs(request).all() if asker.sees(job.tenant)]
    return answer(shown({"items": items, "next": None}, asker, house.secret.reference))


@router.get("/{what_if_id}", summary="One what-if", response_model=WhatIf)
async def get_what_if(request: Request, what_if_id: Id, house: HouseHere, asker: Reader, wait: Wait = 0) -> Response:
    """Return how far a what-if is and, once it is done, its result. The last twenty are kept."""
    job = _job(request, what_if_id, asker)
    await _is_heard(request, job, wait)
    return _seen(job, house, asker)


@router.delete("/{what_if_id}", summary="Stop or forget a what-if", response_model=WhatIf)
async def cancel_what_if(request: Request, what_if_id: Id, house: HouseHere, asker: Reader) -> Response:
    """Stop a what-if that is being answered, or forget one that is not. Answer with what it was in the end."""
    job = _job(request, what_if_id, asker)
    _what_ifs(request).end(job)
    await _is_heard(request, job, MOST_WAIT_S)
    return _seen(job, house, asker)


def _question(body: Question, asker: Principal) -> asking.Question:
    return asking.Question(
        text=body.rules,
        days=body.days,
        curve=body.curve.column if body.curve else "",
        threshold=body.curve.threshold if body.curve else None,
        tenant=asker.tenant if body.tenant is None else body.tenant,
        minutes_per_alert=body.minutes_per_alert,
        knows_lists=asker.tenant is None,  # what is on them is not for tenants to find out
    )


async def _is_heard(request: Request, job: Job, seconds: float) -> bool:
    """Wait for a what-if; return whether the one who asked is still there."""
    until = monotonic() + seconds
    while not job.ended.is_set() and monotonic() < until:
        if await request.is_disconnected():
            return False
        await asyncio.sleep(LOOK_S)
    return True


def _what_ifs(request: Request) -> WhatIfs:
    found: WhatIfs = request.app.state.what_ifs
    return found


def _job(request: Request, what_if_id: str, asker: Principal) -> Job:
    job = _what_ifs(request).get(what_if_id)
    if job is None or not asker.sees(job.tenant):
        raise ApiError(NO_SUCH_NAME, "there is no such what-if", expected="one of the last twenty", status=404)
    return job


def _seen(job: Job, house: House, asker: Principal, status: int = 200, headers: Any = None) -> Response:
    return answer(shown(job.document(), asker, house.secret.reference), status, headers)
