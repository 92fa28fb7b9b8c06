"""What goes in and comes out of the routes about lists."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ringfence.wiring.would_hit import COLUMNS

CSV: Final = """entry,owner,reason,source,expires
4479321*,fraud desk,premium range abused in March,own losses,2027-01-01
447932100000,fraud desk,caller of the night of 3 March,case 17,
"""
ENTRY: Final = "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"
WHY: Final = "Losses on the night of 3 March"
MOST_SENT: Final = 5_000
Why = Annotated[str, Field(min_length=1, max_length=1_000, description="Why it is changed.", examples=[WHY])]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2027-01-01"])]


class ListSummary(BaseModel):
    """One list."""

    name: str = Field(examples=["hot"])
    entries: int = Field(examples=[120])
    expired: int = Field(description="Of them, those that have ended.", examples=[4])
    owners: list[str] = Field(description="Those with the most entries.", examples=[["fraud desk"]])
    origin: str = Field(description="shipped, or own", examples=["own"])
    used_by: list[str] = Field(description="The rules that ask it.", examples=[["irsf_listed"]])


class HotLists(BaseModel):
    """All lists."""

    items: list[ListSummary]


class NewEntry(BaseModel):
    """An entry of a list: a number, or a prefix with `*` behind it."""

    model_config = ConfigDict(extra="forbid")

    entry: str = Field(min_length=1, max_length=40, examples=["4479321*"])
    owner: str = Field(min_length=1, max_length=200, examples=["fraud desk"])
    reason: str = Field(min_length=1, max_length=1_000, examples=["premium range abused in March"])
    source: str = Field("", max_length=1_000, examples=["own losses"])
    expires: Date | None = Field(None, description="The first day (UTC) on which it no longer counts; null: never.")


class Entry(BaseModel):
    """An entry of a list."""

    entry_id: str = Field(description="What stands for it in addresses.", examples=[ENTRY])
    entry: str = Field(
        description="The number, masked; a prefix of nine digits or less is clear.", examples=["4479321*"]
    )
    owner: str = Field(examples=["fraud desk"])
    reason: str = Field(examples=["premium range abused in March"])
    source: str = Field(examples=["own losses"])
    expires: str | None = Field(examples=["2027-01-01"])
    expired: bool = Field(examples=[False])


class Entries(BaseModel):
    """A page of entries, by number."""

    items: list[Entry]
    next: str | None = Field(None, examples=[None])


class NewList(BaseModel):
    """A list that is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", examples=["hot"])
    entries: list[NewEntry] = Field(default_factory=list, max_length=MOST_SENT)
    why: Why


class AddEntries(BaseModel):
    """Entries that are to be added; one of the same number takes the other's place."""

    model_config = ConfigDict(extra="forbid")

    entries: list[NewEntry] = Field(min_length=1, max_length=MOST_SENT)
    why: Why


class EntryChange(BaseModel):
    """What is to be different about an entry; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    owner: str | None = Field(None, min_length=1, max_length=200, examples=["roaming desk"])
    reason: str | None = Field(None, min_length=1, max_length=1_000, examples=[None])
    source: str | None = Field(None, max_length=1_000, examples=[None])
    expires: Date | None = Field(None, description="Null: never.")
    why: Why


class Number(BaseModel):
    """A number that is looked for."""

    number: str = Field(min_length=1, max_length=40, examples=["447932100000"])


class Problem(BaseModel):
    """What is wrong with a line of a file."""

    code: str = Field(examples=["RF3010"])
    what: str = Field(examples=["no owner"])
    line: int = Field(examples=[3])
    source: str = Field(description="The line.", examples=["4479321*,,premium range,,"])
    cure: str = Field(examples=["Every entry has an owner and a reason."])


class ListChange(BaseModel):
    """What a change has done, or would do."""

    version: int | None = Field(description="Null where nothing was to change, or it was a dry run.", examples=[3])
    in_force: str | None = Field(description="now, soon, or at the next start of the engine", examples=["now"])
    added: int = Field(examples=[2])
    removed: int = Field(examples=[0])
    sample_added: list[Entry] = Field(description="The first of them.")
    sample_removed: list[Entry]
    problems: list[Problem] = Field(description="Of a dry run: what is wrong with the file.", examples=[[]])
    valid: bool = Field(examples=[True])


class ListVersion(BaseModel):
    """One change of a list."""

    version: int = Field(examples=[3])
    at_ms: int = Field(examples=[1767225600000])
    by: str = Field(examples=["ana"])
    reason: str = Field(description="Why.", examples=[WHY])
    act: str = Field(description="created, added, changed, removed, imported or deleted", examples=["added"])
    added: int = Field(examples=[2])
    removed: int = Field(examples=[0])


class ListVersions(BaseModel):
    """Changes of a list, the newest first."""

    items: list[ListVersion]
    next: str | None = Field(None, examples=[None])


class Line(BaseModel):
    """An entry as it was written."""

    entry: str = Field(examples=["4479321*"])
    owner: str = Field(examples=["fraud desk"])
    reason: str = Field(examples=["premium range abused in March"])
    source: str = Field(examples=["own losses"])
    expires: str = Field(examples=["2027-01-01"])


class WholeListVersion(ListVersion):
    """One change of a list with the lines that came and went: the first 1,000 of each."""

    lines_added: list[Line]
    lines_removed: list[Line]


class Ask(BaseModel):
    """Entries, and how far back to look."""

    model_config = ConfigDict(extra="forbid")

    entries: list[str] | None = Field(
        None,
        max_length=MOST_SENT,
        description="Numbers and prefixes; left out: those of the list.",
        examples=[["4479321*"]],
    )
    days: int = Field(30, ge=1, le=366, description="Back from the newest event of the history.", examples=[30])
    columns: list[Literal["caller", "callee"]] = Field(
        list(COLUMNS), min_length=1, max_length=2, description="Numbers of events that are compared."
    )


class Amount(BaseModel):
    """Money in one currency."""

    currency: str = Field(examples=["EUR"])
    money_micros: int = Field(examples=[84000000])


class HitAlerts(BaseModel):
    """Heard alerts on the entries, or that name an event that is hit."""

    alerts: int = Field(examples=[4])
    confirmed: int = Field(examples=[2])
    dismissed: int = Field(examples=[1])
    undecided: int = Field(examples=[1])
    money: list[Amount]


class DayHits(BaseModel):
    """Events of one day."""

    day_ms: int = Field(examples=[1767225600000])
    events: int = Field(examples=[12])


class HitEvent(BaseModel):
    """One event that is hit."""

    event_id: str = Field(examples=["0f" * 16])
    at_ms: int = Field(examples=[1767225600000])
    kind: str | None = Field(examples=["call"])
    caller: str | None = Field(examples=["31612******"])
    callee: str | None = Field(examples=["44793*******"])
    duration_ms: int | None = Field(examples=[61000])
    charge_micros: int | None = Field(examples=[500000])
    currency: str | None = Field(examples=["EUR"])
    place: str | None = Field(examples=["cdr.csv:17"])


class Hits(BaseModel):
    """What entries would have hit."""

    from_ms: int = Field(examples=[1764633600000])
    to_ms: int = Field(examples=[1767225600001])
    days: int = Field(examples=[30])
    events: int = Field(examples=[120])
    late: int = Field(description="Of them, late ones: no rule would have seen them.", examples=[0])
    by_column: dict[str, int] = Field(examples=[{"caller": 0, "callee": 120}])
    callers: int = Field(examples=[7])
    callees: int = Field(examples=[96])
    money: list[Amount]
    events_a_day: list[DayHits]
    alerts: HitAlerts
    alerts_are_all: bool = Field(description="False: only the newest 200,000 alerts were looked at.", examples=[True])
    sample: list[HitEvent] = Field(description="The newest.")
