"""What the API takes and gives, as types of dicts. Written by docs/generate_client.py from the OpenAPI document: change the routes, then `make docs`."""

# ruff: noqa
from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Balance(TypedDict):
    """received = accepted + duplicate + rejected + late + shed, of one source."""

    source: str
    received: int
    accepted: int
    duplicate: int
    rejected: int
    late: int
    shed: int


class ErrorCode(TypedDict):
    """One kind of error."""

    code: str
    title: str
    cure: str


class Health(TypedDict):
    """Whether the server can work; if not, why."""

    status: Literal["ready", "not ready"]
    reasons: NotRequired[list[str]]


class Life(TypedDict):
    """The process answers."""

    status: Literal["alive"]


class Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    cure: NotRequired[str]
    instance: NotRequired[str]
    errors: NotRequired[list[dict[str, Any]]]


class Receipt(TypedDict):
    """What became of the records of a body; all of it is on the disk."""

    source: str
    received: int
    accepted: int
    duplicate: int
    rejected: int
    late: int
    records: list[Record]


class Record(TypedDict):
    """What became of one record."""

    record: int
    outcome: str
    event_id: NotRequired[str | None]
    code: NotRequired[str | None]
    detail: NotRequired[str | None]
