"""The shapes of bulk changes and jobs, with an example of each field."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ringfence.api.filters import EXAMPLE
from ringfence.api.routes.alert_shapes import AS_OF, AlertChange, Asked, Filter
from ringfence.api.routes.case_shapes import ALERT

JOB: str = "5b1e0f0d6a1c4b0f9d5e8a7c6b5a4f3e"
JobId = Annotated[str, Field(pattern="^[0-9a-f]{32}$", examples=[JOB])]


class BulkChange(Asked):
    """The same change of all alerts that match a filter as of a moment."""

    filter: Filter
    change: AlertChange
    as_of: str | None = Field(
        None,
        pattern="^[0-9a-f]{48}$",
        description="`as_of` of a page of alerts: what was raised since is not touched, what somebody has decided "
        "since is reported. Without it: now.",
        examples=[AS_OF],
    )
    dry_run: bool = Field(False, description="Only tell what would be done.", examples=[False])


class Problem(BaseModel):
    """An alert that was not changed, or not changed back, and why."""

    alert_id: str = Field(examples=[ALERT])
    why: str = Field(examples=["changed meanwhile by ana"])
    place: int = Field(description="Send it as `after` for the next ones.", examples=[17])


class Job(BaseModel):
    """One change of many alerts, and how far it is."""

    job_id: JobId
    tenant: str | None = Field(examples=[None])
    by: str = Field(examples=["ana"])
    filter: str = Field(examples=[EXAMPLE])
    change: dict[str, Any] = Field(examples=[{"disposition": "fraud", "disposition_reason": "irsf"}])
    state: Literal["running", "done", "undoing", "undone"] = Field(examples=["done"])
    created_at_ms: int = Field(examples=[1_767_313_000_000])
    finished_at_ms: int | None = Field(examples=[1_767_313_004_000])
    undo_until_ms: int | None = Field(description="Until then it can be undone.", examples=[1_767_399_404_000])
    undone_by: str | None = Field(examples=[None])
    total: int = Field(examples=[312])
    left: int = Field(description="Alerts that still wait.", examples=[0])
    done: int = Field(description="Alerts that were changed, and not changed back.", examples=[310])
    same: int = Field(description="Alerts that were so already.", examples=[1])
    failed: int = Field(examples=[1])
    undone: int = Field(description="Alerts that are again as they were.", examples=[0])
    problems: list[Problem]


class Jobs(BaseModel):
    """A page of jobs, the newest first."""

    items: list[Job]
    next: str | None = Field(examples=[None])


class Plan(BaseModel):
    """What a bulk change would do."""

    alerts: int = Field(description="How many match.", examples=[312])
    changed_since: int = Field(description="Of these, decided about since `as_of`: they would fail.", examples=[1])
    sample: list[dict[str, Any]] = Field(
        description="The first ten, with what would change.",
        examples=[[{"alert_id": ALERT, "changed": {"status": ["open", "confirmed"]}}]],
    )
    refused: list[dict[str, Any]] = Field(
        description="Of the first ten, those that cannot be changed so.", examples=[[]]
    )
