"""The conservation equation: what became of every record."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ringfence.api.asking import HouseHere, Principal, may
from ringfence.wiring.balancing import balance

router = APIRouter(prefix="/v1/balance", tags=["balance"])


class Balance(BaseModel):
    """received = accepted + duplicate + rejected + late + shed, of one source."""

    source: str = Field(examples=["switch"])
    received: int = Field(examples=[8])
    accepted: int = Field(examples=[6])
    duplicate: int = Field(examples=[1])
    rejected: int = Field(examples=[1])
    late: int = Field(examples=[0])
    shed: int = Field(examples=[0])


@router.get("", summary="What became of each source's records", response_model=list[Balance])
def get_balance(house: HouseHere, asker: Annotated[Principal, may("balance.read")]) -> list[dict[str, int | str]]:
    """Return the counters of each source since the beginning, those that are not in a checkpoint yet included."""
    return balance(house, asker.tenant)
