"""The shapes of cases in requests and answers, with an example of each field."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ALERT: str = "9f86d081884c7d659a2feaa0c55ad015"
CASE: str = "0c5f1e1b8f7e4d1a9a0b6a1f3f4a5b6c"
SHA: str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
ENTITY_REF: str = "4f1c2a9e6f1b0c7d8e9fa0b1c2d3e4f5061728394a5b6c7d"
AlertId = Annotated[str, Field(pattern="^[0-9a-f]{32}$", examples=[ALERT])]
CaseId = Annotated[str, Field(pattern="^[0-9a-f]{32}$", examples=[CASE])]
Title = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["SIM box in the north"])
]
Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["ana"])]
Status = Literal["open", "watch", "closed"]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewCase(_Asked):
    """A case to be opened."""

    title: Title
    alerts: list[AlertId] = Field(default_factory=list, max_length=500, description="None of them in a case yet.")
    assignee: Name | None = Field(None, examples=["ana"])
    tenant: Name | None = Field(
        None, description="Whose it is, where no alert says it; only who sees all tenants may say.", examples=[None]
    )


class CaseChange(_Asked):
    """What to change; what is left out stays."""

    title: Title | None = Field(None, examples=["SIM box in the north"])
    status: Status | None = Field(None, examples=["watch"])
    assignee: Name | None = Field(None, description="null: nobody", examples=["ana"])


class AlertsOfCase(_Asked):
    """Alerts, by their ids."""

    alerts: list[AlertId] = Field(min_length=1, max_length=500, examples=[[ALERT]])


class MergeCases(_Asked):
    """The cases whose alerts, comments and files are moved into this one."""

    cases: list[CaseId] = Field(min_length=1, max_length=50, examples=[[CASE]])


class SplitCase(_Asked):
    """The alerts that a new case takes over."""

    title: Title
    alerts: list[AlertId] = Field(min_length=1, max_length=500, examples=[[ALERT]])


class NewComment(_Asked):
    """What is said; @names are found in it."""

    text: str = Field(min_length=1, max_length=10_000, examples=["@ben the box moved to the next cell"])


class Tick(_Asked):
    """Whether an item of the checklist is done."""

    done: bool = Field(examples=[True])


class CaseAlert(BaseModel):
    """An alert, as a case shows it."""

    alert_id: str = Field(examples=[ALERT])
    fraud: str = Field(examples=["sim_box"])
    detector: str = Field(examples=["sim_box_many_callees"])
    revision: int = Field(examples=[1])
    severity: str = Field(examples=["high"])
    score: float = Field(examples=[0.75])
    entity_kind: str = Field(examples=["caller"])
    entity: str = Field(examples=["31612******"])
    entity_ref: str = Field(examples=[ENTITY_REF])
    episode_start_ms: int = Field(examples=[1_767_225_600_000])
    episode_end_ms: int = Field(examples=[1_767_229_200_000])
    raised_at_ms: int = Field(examples=[1_767_226_000_000])
    events: int = Field(examples=[120])
    matches: int = Field(examples=[80])
    money_micros: int = Field(examples=[41_250_000])
    money_per_hour_micros: int = Field(examples=[9_600_000])
    expected_loss_micros: int = Field(examples=[38_137_500])
    currency: str | None = Field(examples=["EUR"])
    status: str = Field(examples=["open"])
    decided_by: str | None = Field(examples=[None])
    decided_at_ms: int | None = Field(examples=[None])
    note: str | None = Field(examples=[None])
    disposition: str | None = Field(examples=[None])
    disposition_reason: str | None = Field(examples=[None])
    added_by: str = Field(examples=["ana"])
    added_at_ms: int = Field(examples=[1_767_230_000_000])


class CaseEntity(BaseModel):
    """Whom alerts of a case speak of."""

    entity_kind: str = Field(examples=["caller"])
    entity: str = Field(examples=["31612******"])
    entity_ref: str = Field(examples=[ENTITY_REF])
    alerts: int = Field(examples=[2])


class Sum(BaseModel):
    """What the alerts of a case say of money; a call that two alerts speak of is in both."""

    currency: str = Field(examples=["EUR"])
    money_micros: int = Field(examples=[41_250_000])
    money_per_hour_micros: int = Field(examples=[9_600_000])
    expected_loss_micros: int = Field(examples=[38_137_500])


class CheckItem(BaseModel):
    """One thing to be found out."""

    item: str = Field(examples=["barred"])
    text: str = Field(examples=["Are all SIMs of the box barred at once, not one by one?"])
    done_by: str | None = Field(examples=["ana"])
    done_at_ms: int | None = Field(examples=[1_767_231_000_000])


class CaseFile(BaseModel):
    """A file beside a case; its id is the SHA-256 of its content."""

    file_id: str = Field(examples=[SHA])
    sha256_digest: str = Field(examples=[SHA])
    name: str = Field(examples=["statement.pdf"])
    bytes: int = Field(examples=[5])
    by: str = Field(examples=["ana"])
    at_ms: int = Field(examples=[1_767_231_000_000])


class Wake(BaseModel):
    """What opened a watched case again."""

    at_ms: int = Field(examples=[1_767_240_000_000])
    alert_id: str = Field(examples=[ALERT])
    why: str = Field(description="extended: an alert of the case goes on; raised: a new one on an entity of it.")


class CaseRow(BaseModel):
    """A case in a list."""

    case_id: str = Field(examples=[CASE])
    number: int = Field(examples=[12])
    tenant: str | None = Field(examples=[None])
    title: str = Field(examples=["SIM box in the north"])
    status: Status = Field(examples=["open"])
    assignee: str | None = Field(examples=["ana"])
    opened_by: str = Field(examples=["ana"])
    opened_at_ms: int = Field(examples=[1_767_230_000_000])
    changed_at_ms: int = Field(examples=[1_767_231_000_000])
    merged_into: str | None = Field(description="The case that it is part of now.", examples=[None])
    split_from: str | None = Field(examples=[None])


class CaseListRow(CaseRow):
    """A case in a list, with how many alerts it has."""

    alerts: int = Field(examples=[3])


class Cases(BaseModel):
    """A page of cases, the newest first."""

    items: list[CaseListRow]
    next: str | None = Field(description="The cursor of the next page.", examples=[None])


class Case(CaseRow):
    """A case."""

    alerts: list[CaseAlert]
    entities: list[CaseEntity]
    money: list[Sum]
    checklist: list[CheckItem]
    files: list[CaseFile]
    comments: int = Field(examples=[1])
    merged_cases: list[str] = Field(description="The cases that were merged into this one.", examples=[[]])
    reopened: Wake | None = Field(description="What last opened it again while it was watched.")


class Comment(BaseModel):
    """What somebody said."""

    comment_id: int = Field(examples=[1])
    by: str = Field(examples=["ana"])
    at_ms: int = Field(examples=[1_767_231_000_000])
    text: str = Field(examples=["@ben the box moved to the next cell"])
    mentions: list[str] = Field(examples=[["ben"]])


class Comments(BaseModel):
    """The comments of a case, the first first."""

    items: list[Comment]


class CaseFiles(BaseModel):
    """The files of a case."""

    items: list[CaseFile]


class Happened(BaseModel):
    """One thing that happened."""

    at_ms: int = Field(examples=[1_767_231_000_000])
    clock: Literal["machine", "events"] = Field(description="Whose time `at_ms` is.", examples=["machine"])
    what: str = Field(examples=["case.commented"])
    by: str | None = Field(examples=["ana"])
    subject_id: str = Field(examples=[CASE])
    detail: dict[str, Any] = Field(examples=[{}])


class Timeline(BaseModel):
    """What happened, in order."""

    items: list[Happened]
