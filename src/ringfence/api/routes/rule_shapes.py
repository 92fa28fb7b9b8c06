"""What goes in and comes out of the routes about rules."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ringfence.wiring.rule_work import MOST_TEXT

TEXT: Final = """[[rule]]
id = "dear_evening"
title = "Many dear numbers in the evening"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "callees_1h >= 5 AND charge_micros_1h > 20 * 1000000 AND hour_of_day(at_ms) >= 18"
severity = "high"
status = "shadow"
revision = 1
"""
FORM: Final = {
    "id": "dear_evening",
    "title": "Many dear numbers in the evening",
    "fraud": "irsf",
    "on": ["call"],
    "entity": "caller",
    "when": "callees_1h >= 5 AND charge_micros_1h > 20 * 1000000 AND hour_of_day(at_ms) >= 18",
    "severity": "high",
}
WHY: Final = "Losses on the night of 3 March"
PROPOSAL: Final = "5f2b7a0c9d8e4f10a1b2c3d4e5f60718"
Reason = Annotated[str, Field(min_length=1, max_length=1_000, description="Why.", examples=[WHY])]
Status = Literal["draft", "shadow", "percentage", "on", "off"]
Value = str | int | float | bool | list[str] | None


class Found(BaseModel):
    """What a rule has found so far, as far as people have decided about it."""

    alerts: int = Field(description="That were heard.", examples=[120])
    shadow: int = Field(description="That were raised in shadow.", examples=[14])
    confirmed: int = Field(examples=[31])
    dismissed: int = Field(examples=[9])
    suppressed: int = Field(examples=[4])
    undecided: int = Field(examples=[76])
    precision: float | None = Field(
        description="Confirmed among those that were decided; null where none was: nobody knows it then.",
        examples=[0.775],
    )
    label_coverage: float | None = Field(
        description="The share of heard alerts that were decided: how much the precision rests on.", examples=[0.33]
    )


class RuleSummary(BaseModel):
    """One rule."""

    rule_id: str = Field(examples=["dear_evening"])
    title: str = Field(examples=["Many dear numbers in the evening"])
    fraud: str = Field(examples=["irsf"])
    on: list[str] = Field(description="The kinds of events that it looks at.", examples=[["call"]])
    entity: str = Field(examples=["caller"])
    severity: str = Field(examples=["high"])
    score: float = Field(examples=[0.75])
    evidence: int = Field(examples=[1])
    gap_ms: int = Field(examples=[3600000])
    source: str = Field(examples=["Our own losses in 2025"])
    revision: int = Field(examples=[1])
    status: Status = Field(examples=["shadow"])
    share: int | None = Field(description="With the status `percentage`: of 100 entities.", examples=[None])
    off_by_settings: bool = Field(description="`rules.off` turns it off, whatever its status.", examples=[False])
    origin: str = Field(description="shipped, or own", examples=["own"])
    file: str = Field(examples=["rules/dear_evening.toml"])
    found: Found


class Rules(BaseModel):
    """All rules."""

    items: list[RuleSummary]
    next: str | None = Field(None, description="Always null: they come in one page.", examples=[None])


class Read(BaseModel):
    """A feature or event column that a rule reads."""

    name: str = Field(examples=["callees_1h"])
    unit: str | None = Field(examples=["numbers"])
    meaning: str = Field(examples=["different numbers called, in 1 hour"])


class Money(BaseModel):
    """What the alerts of a rule have cost, in one currency."""

    currency: str | None = Field(examples=["EUR"])
    alerts: int = Field(examples=[120])
    money_micros: int = Field(examples=[84000000])
    confirmed_micros: int = Field(description="Of those that were confirmed.", examples=[51000000])


class Rule(RuleSummary):
    """One rule, with its text."""

    text: str = Field(description="As it is written in its file.", examples=[TEXT])
    form: dict[str, Any] = Field(description="The same as fields.", examples=[FORM])
    reads: list[Read]
    money: list[Money]
    last_raised_at_ms: int | None = Field(examples=[1767225600000])
    proposals: list[str] = Field(description="Changes that wait for a second person.", examples=[[]])


class CheckText(BaseModel):
    """A text to be checked."""

    text: str = Field(max_length=MOST_TEXT, examples=[TEXT])


class RuleProblem(BaseModel):
    """One thing that is wrong, and where: lines and columns count from 1, column 0 is the whole line."""

    code: str = Field(examples=["RF3002"])
    what: str = Field(examples=["there is no feature or column `cals_1h`"])
    line: int = Field(examples=[7])
    column: int = Field(examples=[9])
    length: int = Field(examples=[7])
    source: str = Field(description="The line.", examples=['when = "cals_1h > 50"'])
    cure: str = Field(examples=["Did you mean `calls_1h`?"])


class Checked(BaseModel):
    """What is wrong with a text; nothing, and it is valid."""

    valid: bool = Field(examples=[False])
    rules: list[str] = Field(description="The ids of the rules that are right.", examples=[[]])
    problems: list[RuleProblem]


class Written(BaseModel):
    """A rule as a text or as fields: one of the two."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(None, max_length=MOST_TEXT, examples=[TEXT])
    form: dict[str, Value] | None = Field(
        None, description="The fields of the rule language.", max_length=32, examples=[None]
    )
    reason: Reason

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Written:
        if (self.text is None) is (self.form is None):
            raise ValueError("send `text` or `form`, and not both")
        return self


class NewStatus(BaseModel):
    """Another status."""

    model_config = ConfigDict(extra="forbid")

    status: Status = Field(examples=["percentage"])
    share: int | None = Field(None, ge=1, le=100, description="With `percentage`: of 100 entities.", examples=[10])
    reason: Reason


class Why(BaseModel):
    """A reason."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class Proposal(BaseModel):
    """A change that waits for a second person, or did."""

    proposal_id: str = Field(examples=[PROPOSAL])
    rule_id: str = Field(examples=["dear_evening"])
    act: str = Field(description="written, status or removed", examples=["status"])
    text: str | None = Field(description="The rule as it would be; null: it would be removed.", examples=[TEXT])
    by: str = Field(examples=["rita"])
    at_ms: int = Field(examples=[1767225600000])
    reason: str = Field(examples=[WHY])
    state: str = Field(description="waiting, approved, rejected, withdrawn or outdated", examples=["waiting"])
    decided_by: str | None = Field(examples=[None])
    decided_at_ms: int | None = Field(examples=[None])
    decision: str | None = Field(description="What was said with it.", examples=[None])


class Proposals(BaseModel):
    """A page of proposals, the newest first."""

    items: list[Proposal]
    next: str | None = Field(None, examples=[None])


class Outcome(BaseModel):
    """What became of a change: the rule as it is now, or the proposal that waits for a second person."""

    rule: Rule | None = Field(description="Null where a change waits, or the rule is gone.")
    version: int | None = Field(examples=[3])
    in_force: str | None = Field(
        description="now; soon, where the engine is busy; or at the next start of the engine", examples=["now"]
    )
    proposal: Proposal | None = Field(examples=[None])


class Version(BaseModel):
    """One state of a rule."""

    version: int = Field(examples=[2])
    at_ms: int = Field(examples=[1767225600000])
    by: str = Field(examples=["rita"])
    approved_by: str | None = Field(examples=[None])
    reason: str = Field(examples=[WHY])
    act: str = Field(
        description="created, written, status, removed, or found: by hand, or shipped", examples=["written"]
    )
    revision: int = Field(examples=[2])
    status: str = Field(examples=["shadow"])


class Versions(BaseModel):
    """The states of a rule, the newest first."""

    items: list[Version]


class WholeVersion(Version):
    """One state of a rule with its text."""

    text: str | None = Field(description="Null: the rule's own file was removed.", examples=[TEXT])


class FieldChange(BaseModel):
    """A field that differs."""

    field: str = Field(examples=["when"])
    before: Any = Field(examples=["callees_1h >= 10"])
    after: Any = Field(examples=["callees_1h >= 5"])


class Difference(BaseModel):
    """How two versions differ."""

    before: int = Field(examples=[1])
    after: int = Field(examples=[2])
    unified: str = Field(
        description="The difference of the texts, line by line.",
        examples=["--- dear_evening 1\n+++ dear_evening 2\n@@ -7 +7 @@\n-when = 'a'\n+when = 'b'\n"],
    )
    fields: list[FieldChange]
