"""The application: all routes, behind the gate, with one way to answer and one way to fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from ringfence import __version__
from ringfence.api.document import PROBLEM_STATUSES, complete
from ringfence.api.gate import Gate
from ringfence.api.problems import MEDIA, Problem, add_handlers
from ringfence.api.routes import alerts, balance, errors, events, health, reference
from ringfence.wiring.house import House

ROUTERS: Final = (
    health.router,
    errors.router,
    reference.router,
    events.router,
    alerts.router,
    balance.router,
)
DESCRIPTION: Final = """Catches fraud and anomalies in telecom traffic while it happens.

Times are milliseconds since 1970 UTC, amounts millionths of `currency`. Every error is a problem document (RFC 9457)
with a code that `/v1/errors/CODE` explains. Lists come in pages: send `next` as `cursor` for the following one."""


def make_app(house: House) -> FastAPI:
    """Return the application that serves a house, which is opened and closed with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
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
        responses=problems,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.house = house
    for router in ROUTERS:
        app.include_router(router)
    add_handlers(app)
    app.add_middleware(Gate, house=house)
    _complete(app)
    return app


def _complete(app: FastAPI) -> None:
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = complete(app, make())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
