"""The shapes of parties in requests and answers, with an example of each field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ringfence.api.routes.case_shapes import ALERT, CASE, ENTITY_REF, CaseRow

START_MS: int = 1_767_225_600_000
END_MS: int = 1_767_312_000_000
Kind = Literal[
    "caller", "callee", "account", "device", "trunk", "range", "caller_imsi", "callee_imsi", "cell", "ip",
    "forwarded_by",
]  # fmt: skip
Ms = Annotated[int, Field(examples=[START_MS])]


class Lookup(BaseModel):
    """Whom to look for. It is in the body, so that no number is in an address or a log."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Field(examples=["caller"])
    entity: str = Field(
        min_length=1, max_length=256, description="As events name it: numbers as digits.", examples=["31612345678"]
    )


class Party(BaseModel):
    """Who is meant; `entity_ref` stands for them in addresses."""

    entity_kind: str = Field(examples=["caller"])
    entity: str = Field(examples=["31612******"])
    entity_ref: str = Field(examples=[ENTITY_REF])


class Found(Party):
    """Whether anything is known of a party."""

    known: bool = Field(description="There is an event or an alert of it.", examples=[True])


class Sums(BaseModel):
    """What the events of a party add up to."""

    events: int = Field(examples=[120])
    calls: int = Field(examples=[120])
    answered: int = Field(examples=[100])
    messages: int = Field(examples=[0])
    talk_ms: int = Field(examples=[6_000_000])
    charge_micros: int = Field(examples=[41_250_000])


class Charged(BaseModel):
    """What was charged, in a currency."""

    currency: str = Field(examples=["EUR"])
    charge_micros: int = Field(examples=[41_250_000])


class CountrySums(Sums):
    """What went to a country."""

    country: str = Field(examples=["GB"])


class RangeSums(Sums):
    """What went into a range."""

    range: str = Field(examples=["4420"])


class ListEntry(BaseModel):
    """An entry of a hot list that holds a party."""

    list: str = Field(examples=["irsf_ranges"])
    origin: Literal["shipped", "own"] = Field(examples=["shipped"])
    entry: str = Field(examples=["88213*"])
    owner: str = Field(examples=["fraud desk"])
    reason: str = Field(examples=["seen in attacks"])
    source: str = Field(examples=["own cases"])
    expires_ms: int | None = Field(examples=[None])


class AlertOfParty(Party):
    """An alert on a party."""

    alert_id: str = Field(examples=[ALERT])
    fraud: str = Field(examples=["sim_box"])
    detector: str = Field(examples=["sim_box_many_callees"])
    severity: str = Field(examples=["high"])
    score: float = Field(examples=[0.75])
    episode_start_ms: Ms
    episode_end_ms: Ms
    money_micros: int = Field(examples=[41_250_000])
    currency: str | None = Field(examples=["EUR"])
    status: str = Field(examples=["open"])
    decided_by: str | None = Field(examples=[None])
    decided_at_ms: int | None = Field(examples=[None])
    note: str | None = Field(examples=[None])
    disposition: str | None = Field(description="What was decided about it.", examples=["fraud"])
    disposition_reason: str | None = Field(examples=[None])
    case_id: str | None = Field(examples=[CASE])


class Profile(Party):
    """What is known of a party, over a span of event time."""

    from_ms: Ms
    to_ms: Ms
    first_ms: int | None = Field(description="Of its first event in the span.", examples=[START_MS])
    last_ms: int | None = Field(examples=[START_MS])
    late: int = Field(description="Events that came too late to change a feature.", examples=[0])
    partners: int = Field(description="Different numbers that it called or that called it.", examples=[40])
    devices: int = Field(examples=[1])
    sims: int = Field(examples=[1])
    cells: int = Field(examples=[3])
    made: Sums = Field(description="Events in which it is named as its kind says.")
    received: Sums | None = Field(description="Of a number: events in which it is the other side.")
    money: list[Charged]
    countries: list[CountrySums] = Field(description="Of the callees, the ten with most events.")
    ranges: list[RangeSums]
    hours: list[int] = Field(description="Events by hour of the local day, 0 to 23.", examples=[[0] * 8 + [5] * 16])
    lists: list[ListEntry] | None = Field(description="Null for whoever may not see hot lists.")
    alerts: list[AlertOfParty] = Field(description="The last 100.")
    statuses: dict[str, int] = Field(description="How many of these alerts have each status.", examples=[{"open": 1}])
    dispositions: dict[str, int] = Field(description="And what was decided about how many.", examples=[{"fraud": 1}])
    cases: list[CaseRow] | None = Field(description="Null for whoever may not see cases.")


class FeatureValue(BaseModel):
    """One feature."""

    feature: str = Field(examples=["calls_1h"])
    value: float | int | None = Field(examples=[12])
    unit: str = Field(examples=["events"])
    meaning: str = Field(examples=["calls made or tried, in an hour"])


class FeaturesAt(BaseModel):
    """The features as of the last event of a party, of one tenant."""

    tenant: str | None = Field(examples=[None])
    at_ms: Ms
    event_id: str = Field(examples=[ALERT])
    features: list[FeatureValue]


class FeaturesNow(Party):
    """The features of a party as of its last event that was judged."""

    as_of: list[FeaturesAt]
    exact: bool = Field(description="They are what the engine has, to the last bit.", examples=[True])
    why_not: list[str] = Field(examples=[[]])


class EventOfParty(BaseModel):
    """An event: the columns that it has, where its record lies, and on demand the record as it was received."""

    model_config = ConfigDict(extra="allow")

    event_id: str = Field(examples=[ALERT])
    at_ms: Ms
    kind: str | None = Field(None, examples=["call"])
    caller: str | None = Field(None, examples=["31612******"])
    callee: str | None = Field(None, examples=["44207*******"])
    place: str | None = Field(description="The file and line, or row, of its record.", examples=["cdr.csv:17"])
    late: bool = Field(examples=[False])
    raw: str | None = Field(None, description="Only with `raw=true`, and for whoever sees numbers.", examples=["1;2;3"])
    raw_is: str | None = Field(
        None,
        description="as received; hidden (numbers are masked); gone; another record (its file was replaced)",
        examples=["as received"],
    )


class EventsOfParty(BaseModel):
    """A page of events, the newest first."""

    items: list[EventOfParty]
    next: str | None = Field(examples=[None])


class Use(Party):
    """One device, SIM, cell or number, and when it was used."""

    first_ms: Ms
    last_ms: Ms
    events: int = Field(examples=[12])


class Uses(BaseModel):
    """What a party used over time."""

    items: list[Use] = Field(description="Intervals with nothing else in between, the newest first.")
    cut: int = Field(description="Older intervals that are left out.", examples=[0])
    each: list[Use] = Field(description="Each one, the most used first.")
    different: int = Field(description="How many different ones there are.", examples=[1])


class GraphNode(Party):
    """A party in a graph."""

    hop: int = Field(examples=[1])
    events: int = Field(description="That link it to others that are shown.", examples=[12])
    alerts: int = Field(examples=[1])


class GraphEdge(BaseModel):
    """What links two parties."""

    from_ref: str = Field(examples=[ENTITY_REF])
    to_ref: str = Field(examples=[ENTITY_REF])
    via: str = Field(description="call (calls and messages), or the kind of what the first used.", examples=["call"])
    events: int = Field(examples=[12])
    answered: int = Field(examples=[10])
    seconds: int = Field(examples=[600])
    charge_micros: int = Field(examples=[4_000_000])
    currency: str = Field(examples=["EUR"])
    first_ms: Ms
    last_ms: Ms


class Cut(BaseModel):
    """What was left out."""

    nodes: int = Field(examples=[0])


class Circle(BaseModel):
    """The circle of a party: nodes, and edges between them. Both lists are the table of the same thing."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    cut: Cut = Field(description="Parties that were met and are not shown: raise `most`.")
    from_ms: Ms
    to_ms: Ms


class PathFound(BaseModel):
    """A shortest way between two numbers."""

    found: bool = Field(examples=[True])
    hops: int | None = Field(examples=[2])
    nodes: list[GraphNode] = Field(description="From one end to the other.")
    edges: list[GraphEdge]
    looked_at: int = Field(description="Numbers that were looked at.", examples=[120])
    passed_over: int = Field(description="Numbers with too many partners to lead through.", examples=[1])
    complete: bool = Field(description="False where the search was given up: there may be a way.", examples=[True])
    from_ms: Ms
    to_ms: Ms
