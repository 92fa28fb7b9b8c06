"""The application: all routes, behind the gate, with one way to answer and one way to fail."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from ringfence import __version__
from ringfence.api.addresses import Addresses
from ringfence.api.document import PROBLEM_STATUSES, complete
from ringfence.api.gate import Gate
from ringfence.api.idempotency import Idempotency
from ringfence.api.limits import Limits
from ringfence.api.logs import AccessLog
from ringfence.api.metrics import Metrics
from ringfence.api.problems import MEDIA, Problem, add_handlers
from ringfence.api.routes import (
    alert_facts,
    alerts,
    audit,
    balance,
    case_notes,
    cases,
    entities,
    errors,
    events,
    evidence,
    health,
    jobs,
    keys,
    links,
    lists,
    live,
    me,
    metrics,
    oidc,
    people,
    reference,
    rule_proposals,
    rules,
    score,
    sessions,
    suppressions,
    suspense,
    views,
    webhooks,
    what_if,
)
from ringfence.api.traces import mask_trace
from ringfence.events.errors import RingfenceError
from ringfence.wiring.house import House
from ringfence.wiring.scoring import Scorer
from ringfence.wiring.what_if_jobs import WhatIfs

ROUTERS: Final = (
    score.router,  # these two first: each route is tried in turn
    events.router,
    health.router,
    errors.router,
    reference.router,
    alerts.router,
    alert_facts.router,
    jobs.router,
    suppressions.router,
    views.router,
    balance.router,
    metrics.router,
    audit.router,
    live.router,
    webhooks.router,
    cases.router,
    case_notes.router,
    entities.router,
    evidence.router,
    sessions.router,
    me.router,
    links.router,
    people.router,
    keys.router,
    oidc.router,
    what_if.router,  # before the rules: their addresses begin alike
    rules.router,
    rule_proposals.router,
    suspense.router,
    lists.router,
)
DESCRIPTION: Final = """Catches fraud and anomalies in telecom traffic while it happens.

Times are milliseconds since 1970 UTC, amounts millionths of `currency`. Every error is a problem document (RFC 9457)
with a code that `/v1/errors/CODE` explains. Lists come in pages: send `next` as `cursor` for the following one."""


def make_app(house: House) -> FastAPI:
    """Return the application that serves a house, which is opened and closed with it."""
    measures = Metrics(house)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(measures.watch_loop())
        await run_in_threadpool(_warm, app.state.scorer)
        gc.freeze()  # what is here stays: to look through it for garbage would stop all threads for 100 ms
        yield
        watch.cancel()
        house.is_ending = True
        await run_in_threadpool(house.close)

    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "content": {MEDIA: {}}, "description": "A problem"} for status in PROBLEM_STATUSES
    }
    app = FastAPI(
        title="Ringfence",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry={"auto_configure": True, "logs": False},  # exports only where OTEL_* says where to
        responses=problems,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.house = house
    app.state.metrics = measures
    app.state.scorer = Scorer(house)
    app.state.what_ifs = WhatIfs(house)
    for router in ROUTERS:
        app.include_router(router)
    add_handlers(app)
    app.add_middleware(Idempotency, house=house)
    app.add_middleware(Addresses)
    app.add_middleware(Limits, house=house)
    app.add_middleware(Gate, house=house)
    app.add_middleware(AccessLog, now=monotonic, begin=mask_trace, seen=measures.seen)
    _complete(app)
    return app


def _warm(scorer: Scorer) -> None:
    with suppress(RingfenceError):  # whoever asks is told
        scorer.warm()


def _complete(app: FastAPI) -> None:
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = complete(app, make())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
