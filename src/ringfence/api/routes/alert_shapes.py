"""The shapes of alerts in requests and answers, with an example of each field."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ringfence.api.filters import EXAMPLE
from ringfence.api.routes.case_shapes import ALERT, CASE, ENTITY_REF

AS_OF: str = "0000000000000411000000000000017900000000000008f2"
CURSOR: str = "Q0FzaDRzT2xkPUtleTE2Ynl0ZXNbMTc5"
Disposition = Literal["fraud", "not_fraud", "unsure"]
Status = Literal["open", "confirmed", "dismissed", "investigating"]
Sort = Literal["expected_loss", "newest"]
Filter = Annotated[
    str,
    Field(
        max_length=4_096,
        description="A condition in the language of rules over the columns of alerts. What it leaves out is as in the "
        "queue: alerts that are open, of detectors that are heard.",
        examples=[EXAMPLE],
    ),
]
Who = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["ana"])]
Note = Annotated[str, Field(max_length=4_000, examples=["The customer knows nothing of these calls."])]


class Asked(BaseModel):
    """A body in which nothing unknown may be."""

    model_config = ConfigDict(extra="forbid")


class AlertChange(Asked):
    """What to change; what is left out stays, or follows: a disposition sets the status, a status the disposition."""

    disposition: Disposition | None = Field(None, description="What it was; null takes it back.", examples=["fraud"])
    disposition_reason: str | None = Field(
        None, max_length=40, description="One of `GET /v1/alerts/dispositions`.", examples=["irsf"]
    )
    status: Status = Field("confirmed", description="Where the work stands; `open` gives it back to the queue.")
    note: Note | None = None
    assignee: Who | None = Field(None, description="null: nobody", examples=["ana"])
    watched: bool = Field(False, description="Opens again by itself when its episode goes on.", examples=[True])
    reviewed: bool = Field(False, description="Somebody has looked at it.", examples=[True])


class Reason(BaseModel):
    """One thing that an alert rests on. `contribution` is its part of the opinion, 0 to 1, or null."""

    feature: str = Field(examples=["charge_micros_1h"])
    value: float | str | bool | None = Field(examples=[84_200_000])
    usual: float | str | None = Field(examples=[1_150_000])
    text: str = Field(examples=["84.20 EUR charged in an hour; usually 1.15 EUR"])
    contribution: float | None = Field(examples=[0.7])


class Alert(BaseModel):
    """The claim that one party misbehaved during one episode, with the money at risk, and what people made of it."""

    alert_id: str = Field(examples=[ALERT])
    headline: str = Field(examples=["+31612*****: 84.20 EUR charged in an hour; 412.50 EUR so far"])
    tenant: str | None = Field(examples=[None])
    fraud: str = Field(examples=["irsf"])
    detector: str = Field(examples=["irsf-spend-hour"])
    revision: int = Field(examples=[1])
    entity_kind: str = Field(examples=["caller"])
    entity: str = Field(description="Masked, unless it was asked for with a reason.", examples=["31612*****"])
    entity_ref: str = Field(description="Stands for the entity in addresses and filters.", examples=[ENTITY_REF])
    episode_start_ms: int = Field(examples=[1_767_312_000_000])
    episode_end_ms: int = Field(examples=[1_767_315_600_000])
    raised_at_ms: int = Field(examples=[1_767_312_900_000])
    events: int = Field(examples=[41])
    matches: int = Field(examples=[38])
    score: float = Field(examples=[0.9])
    severity: str = Field(examples=["critical"])
    money_micros: int = Field(examples=[412_500_000])
    money_per_hour_micros: int = Field(examples=[96_000_000])
    expected_loss_micros: int = Field(examples=[457_650_000])
    currency: str | None = Field(examples=["EUR"])
    shadow: bool = Field(examples=[False])
    event_ids: list[str] = Field(examples=[["0c5f1e1b8f7e4d1a9a0b6a1f3f4a5b6c"]])
    reasons: list[Reason]
    status: str = Field(examples=["open"])
    suppressed_by: str | None = Field(examples=[None])
    disposition: str | None = Field(examples=[None])
    disposition_reason: str | None = Field(examples=[None])
    note: str | None = Field(examples=[None])
    assignee: str | None = Field(examples=["ana"])
    watched: bool = Field(examples=[False])
    reviewed: bool = Field(examples=[False])
    decided_by: str | None = Field(examples=[None])
    decided_at_ms: int | None = Field(examples=[None])
    decided_seq: int = Field(description="The number of the last change that a person made.", examples=[0])
    seen_end_ms: int = Field(description="How far the episode had come then.", examples=[0])
    seen_matches: int = Field(examples=[0])


class Alerts(BaseModel):
    """A page of alerts."""

    items: list[Alert]
    next: str | None = Field(description="The cursor of the next page; null at the end.", examples=[CURSOR])
    as_of: str = Field(
        description="The moment of the first page: the walk shows what was there then. A bulk change may name it.",
        examples=[AS_OF],
    )
    filter: str = Field(description="The filter that was asked; empty: the queue.", examples=[EXAMPLE])
    count: int | None = Field(description="How many there are, where `count=exact` asked for it.", examples=[None])


class Facets(BaseModel):
    """How many alerts there are of each value."""

    fraud: dict[str, int] = Field(examples=[{"irsf": 12, "wangiri": 3}])
    severity: dict[str, int] = Field(examples=[{"critical": 4, "high": 11}])
    status: dict[str, int] = Field(examples=[{"open": 15}])
    detector: dict[str, int] = Field(examples=[{"irsf-spend-hour": 12, "wangiri-burst": 3}])
    assignee: dict[str, int] = Field(description="The empty name is nobody.", examples=[{"": 13, "ana": 2}])
    count: int = Field(examples=[15])


class Explanation(BaseModel):
    """The score in thousandths: base and reasons add up to it exactly."""

    score_points: int = Field(examples=[900])
    base_points: int = Field(description="What no reason explains.", examples=[0])
    reasons: list[dict[str, Any]] = Field(examples=[[{"feature": "charge_micros_1h", "points": 630}]])


class Counterfactual(BaseModel):
    """One comparison of the rule that held, and what would not have met it."""

    feature: str = Field(examples=["charge_micros_1h"])
    comparison: str = Field(examples=[">"])
    threshold: float = Field(examples=[20_000_000])
    value: float = Field(examples=[84_200_000])
    text: str = Field(
        examples=["with charges of 20.00 EUR or less in an hour, or with a threshold of 84.20 EUR or more"]
    )
    alone: bool = Field(description="Whether this alone would have been enough.", examples=[True])


class Capabilities(BaseModel):
    """What the one who asks may do with this alert now."""

    decide: bool = Field(examples=[True])
    assign: bool = Field(examples=[True])
    watch: bool = Field(examples=[True])
    review: bool = Field(examples=[True])
    reopen: bool = Field(examples=[False])
    suppress: bool = Field(examples=[False])
    bulk: bool = Field(examples=[True])
    put_into_case: bool = Field(examples=[True])
    reveal: bool = Field(examples=[False])


class OneAlert(Alert):
    """One alert, with all that is said about it at once."""

    case_id: str | None = Field(examples=[CASE])
    explanation: Explanation
    would_be_normal: list[Counterfactual]
    capabilities: Capabilities


class Act(BaseModel):
    """One thing that happened: at a moment of this machine's clock (wall) or of the events (event)."""

    at_ms: int = Field(examples=[1_767_313_000_000])
    clock: Literal["wall", "event"] = Field(examples=["wall"])
    by: str | None = Field(examples=["ana"])
    action: str = Field(examples=["alert.decided"])
    detail: dict[str, Any] = Field(examples=[{"changed": {"status": ["open", "confirmed"]}}])


class Timeline(BaseModel):
    """What happened, the first first."""

    items: list[Act]


class Dispositions(BaseModel):
    """What can be decided, and the reasons for it, with their meaning."""

    dispositions: dict[str, dict[str, str]] = Field(
        examples=[{"not_fraud": {"test_traffic": "Tests of our own, or of a partner."}}]
    )
    statuses: dict[str, str] = Field(examples=[{"fraud": "confirmed", "not_fraud": "dismissed"}])
