"""Whether the server lives, and whether it can do its work."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """Whether the server can work; if not, why."""

    status: Literal["ready", "not ready"] = Field(examples=["ready"])
    reasons: list[str] = Field(default_factory=list, description="Why not.", examples=[[]])
    remarks: list[str] = Field(default_factory=list, description="What to look at in any case.", examples=[[]])


class Started(BaseModel):
    """Whether all is there that is to run."""

    status: Literal["started", "starting"] = Field(examples=["started"])


class Life(BaseModel):
    """The process answers."""

    status: Literal["alive"] = Field(examples=["alive"])


@router.get("/livez", summary="Whether the process lives", response_model=Life)
def livez() -> dict[str, str]:
    """Answer as long as the process answers at all. Anyone may ask."""
    return {"status": "alive"}


@router.get("/healthz", summary="The same as /livez", response_model=Life)
def healthz() -> dict[str, str]:
    """Answer as long as the process answers at all. Anyone may ask."""
    return livez()


@router.get(
    "/startupz",
    summary="Whether the start is over",
    response_model=Started,
    responses={503: {"model": Started, "description": "Not yet"}},
)
def startupz(house: HouseHere) -> Response:
    """Answer 200 once all is there that is to run, whatever becomes of it later. Anyone may ask."""
    return answer({"status": "started" if house.has_started else "starting"}, 200 if house.has_started else 503)


@router.get(
    "/readyz",
    summary="Whether useful work can be done",
    response_model=Health,
    responses={503: {"model": Health, "description": "Not now"}},
)
def readyz(house: HouseHere) -> Response:
    """Answer 200 when records are taken and questions answered, else 503 with the reasons. Anyone may ask."""
    reasons = house.not_ready()
    status: Literal["ready", "not ready"] = "not ready" if reasons else "ready"
    return answer(Health(status=status, reasons=reasons, remarks=house.remarks()).model_dump(), 503 if reasons else 200)
