"""What an error code means, for whoever follows the `type` of a problem document."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ringfence.api.problems import ApiError
from ringfence.events.errors import CODES, NO_SUCH_NAME

router = APIRouter(prefix="/v1/errors", tags=["errors"])


class ErrorCode(BaseModel):
    """One kind of error."""

    code: str = Field(examples=["RF7003"])
    title: str = Field(examples=["Nothing is at this address"])
    cure: str = Field(examples=["See /v1/openapi.json for what there is."])


@router.get("/{code}", summary="What an error code means")
def explain_error(code: str) -> ErrorCode:
    """Return the title of a code, and what to do. Anyone may ask."""
    found = CODES.get(code)
    if found is None:
        raise ApiError(NO_SUCH_NAME, "there is no such code", expected="a code such as RF7003")
    return ErrorCode(code=found.code, title=found.title, cure=found.cure)
