"""The shapes of what-if in requests and answers, with an example of each field."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ringfence.wiring.what_if import DAYS, MINUTES, MOST_TEXT

RULE: Final = """[[rule]]
id = "many_strangers"
title = "Many short calls to many numbers within an hour"
fraud = "robocall"
on = ["call", "attempt"]
entity = "caller"
when = "calls_1h >= 40 AND callees_1h >= 30"
severity = "medium"
"""
AT: Final = 1_767_225_600_000


class CurveAsked(BaseModel):
    """Which threshold to vary."""

    model_config = ConfigDict(extra="forbid")

    column: str = Field(
        description="A feature or column that a rule compares with a number.", max_length=100, examples=["calls_1h"]
    )
    threshold: float | None = Field(
        None,
        description="The number, where the column is compared with several.",
        allow_inf_nan=False,
        examples=[40],
    )


class Question(BaseModel):
    """Rules to try on what has happened."""

    model_config = ConfigDict(extra="forbid")

    rules: str = Field(description="One or several [[rule]] tables, as TOML.", max_length=MOST_TEXT, examples=[RULE])
    days: int = Field(DAYS, ge=1, le=3_660, description="How many days, from the newest event back.", examples=[30])
    curve: CurveAsked | None = None
    tenant: str | None = Field(None, description="Only the events of this tenant.", max_length=200, examples=[None])
    minutes_per_alert: float = Field(
        MINUTES, ge=0, le=1_440, description="What an analyst needs for one alert.", examples=[10]
    )


class Amount(BaseModel):
    """How many alerts, and what their episodes cost, in millionths of `currency`."""

    alerts: int = Field(examples=[3])
    money_micros: int = Field(examples=[41_500_000])


class Split(Amount):
    """The same, and by what people decided about alerts on the same entities at the same time."""

    confirmed: Amount
    false: Amount
    unlabelled: Amount


class Total(Split):
    """All alerts."""

    alerts_per_day: float = Field(examples=[0.1])


class Day(Split):
    """The alerts raised on one day of the home time zone."""

    day: str = Field(examples=["2026-01-01"])


class Present(BaseModel):
    """What the rule has raised as it was; `gone` are those of them that it would not raise any more."""

    alerts: int = Field(examples=[4])
    gone: Split


class OfRule(Split):
    """The alerts of one rule."""

    rule: str = Field(examples=["many_strangers"])
    revision: int = Field(examples=[1])
    present: Present


class Overlap(Split):
    """The alerts that another detector has seen, too: on the same entity, an hour apart at most."""

    detector: str = Field(examples=["robocall_many"])
    shadow: bool = Field(examples=[False])


class Point(BaseModel):
    """What another threshold would have raised; null where it raises too many."""

    threshold: float = Field(examples=[40])
    is_written: bool = Field(description="Whether it is the rule's own.", examples=[True])
    is_counted: bool = Field(description="Whether its alerts could be counted.", examples=[True])
    alerts: int | None = Field(examples=[3])
    alerts_per_day: float | None = Field(examples=[0.1])
    money_micros: int | None = Field(examples=[41_500_000])
    confirmed: Amount | None
    false: Amount | None
    unlabelled: Amount | None


class HitCurve(BaseModel):
    """Alerts and money over a threshold. Each point is what the real engine makes of a rule with that threshold."""

    rule: str = Field(examples=["many_strangers"])
    column: str = Field(examples=["calls_1h"])
    operator: str = Field(examples=[">="])
    threshold: float = Field(examples=[40])
    most_alerts: int = Field(description="Thresholds with more are not counted.", examples=[20_000])
    points: list[Point]


class Threshold(BaseModel):
    """A comparison whose threshold could be varied."""

    rule: str = Field(examples=["many_strangers"])
    column: str = Field(examples=["calls_1h"])
    operator: str = Field(examples=[">="])
    threshold: float = Field(examples=[40])


class History(BaseModel):
    """Which part of the past was used. Alerts count that were raised from `from_ms` on; before, memory is filled."""

    from_ms: int = Field(examples=[AT])
    to_ms: int = Field(examples=[AT + 2_592_000_000])
    read_from_ms: int = Field(examples=[AT])
    first_ms: int | None = Field(description="The oldest event that is kept.", examples=[AT])
    last_ms: int | None = Field(description="The newest.", examples=[AT + 2_592_000_000])
    events: int = Field(description="Events that were looked at.", examples=[10_000_000])
    days_asked: int = Field(examples=[30])


class Labels(BaseModel):
    """For how many alerts it is known what people decided; `coverage` is their share, null without any alert."""

    labelled: int = Field(examples=[2])
    unlabelled: int = Field(examples=[1])
    coverage: float | None = Field(examples=[0.667])


class Work(BaseModel):
    """What the alerts would cost analysts; suppressed ones are left out."""

    minutes_per_alert: float = Field(examples=[10])
    minutes: float = Field(examples=[30])
    minutes_per_day: float = Field(examples=[1])


class Result(BaseModel):
    """What the rules would have done."""

    exact: bool = Field(description="Whether it equals what the engine would have raised.", examples=[True])
    why_not: list[str] = Field(description="Why it may differ.", examples=[[]])
    history: History
    currency: str = Field(examples=["EUR"])
    total: Total
    other_currency_alerts: int = Field(description="Alerts whose money is in no sum here.", examples=[0])
    labels: Labels
    days: list[Day]
    rules: list[OfRule]
    overlap: list[Overlap]
    new: Split = Field(description="Alerts that no other detector has seen; detectors in shadow do not count.")
    suppressed: int = Field(description="Alerts that would not have come into the queue.", examples=[0])
    work: Work
    curve: HitCurve | None
    thresholds: list[Threshold]
    samples: list[dict[str, Any]] = Field(
        description="Ten alerts, evenly from the first of the queue to the last, as `GET /v1/alerts` has them.",
        examples=[[{"alert_id": "9f86d081884c7d659a2feaa0c55ad015", "detector": "many_strangers"}]],
    )
    most_alerts: int = Field(description="Where rules raise more, the rest is not looked at.", examples=[50_000])
    notes: list[str] = Field(examples=[["lists, rates and the time zone are those of now"]])


class Trouble(BaseModel):
    """Why there is no result."""

    code: str = Field(examples=["RF4017"])
    detail: str = Field(examples=["a file cannot be read"])
    cure: str = Field(examples=["Restore it from a backup."])


class WhatIfSummary(BaseModel):
    """A what-if: how far it is."""

    what_if_id: str = Field(examples=["0c5f1e1b8f7e4d1a9a0b6a1f3f4a5b6c"])
    status: Literal["running", "done", "cancelled", "failed"] = Field(examples=["done"])
    progress: float = Field(description="0 to 1.", examples=[1.0])
    started_ms: int = Field(examples=[AT])
    ended_ms: int | None = Field(examples=[AT + 20_000])
    rules: list[str] = Field(examples=[["many_strangers"]])
    days: int = Field(examples=[30])
    tenant: str | None = Field(examples=[None])
    curve: str | None = Field(examples=["calls_1h"])
    problem: Trouble | None = Field(examples=[None])


class WhatIf(WhatIfSummary):
    """A what-if and, once it is done, what the rules would have done."""

    result: Result | None


class WhatIfList(BaseModel):
    """The last what-ifs, the newest first."""

    items: list[WhatIfSummary]
    next: None = None
