"""A mapping: which column of somebody's records is what in an event.

A mapping is a value. It comes from a TOML file (`mapping_file`), is shipped with Ringfence
(`mappings/*.toml`) or is guessed from a file (`guessing`), and is the same for delimited text, database
tables and JSON records: `shaping` applies it.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import Final

from ringfence.events.schema import COLUMNS, SCHEMA

Value = str | int | bool

TIMES: Final = ("at_ms", "start_ms", "answer_ms", "end_ms")
DURATIONS: Final = ("duration_ms", "whole_ms", "ring_ms", "setup_ms")
MONEY: Final = ("charge_micros", "cost_micros")
HELPING: Final = (
    "record_id",
    "answer_ms",
    "end_ms",
    "whole_ms",
)  # no event columns; events are made with them
TARGETS: Final[tuple[str, ...]] = (
    *HELPING,
    *(name for name in SCHEMA if name not in ("event_id", "source")),
)
_TYPES: Final = {column.name: column.type for column in COLUMNS}


def target_type(target: str) -> str:
    """Return how a target is read: time, duration, money, integer, boolean or text."""
    for names, kind in ((TIMES, "time"), (DURATIONS, "duration"), (MONEY, "money")):
        if target in names:
            return kind
    return _TYPES.get(target, "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One way to get a value from a column. Of several ways, the first whose text is not empty counts."""

    column: str
    others: tuple[str, ...] = ()  # whose texts follow it, each after a blank: the time of day after its date
    unit: str = ""  # of a duration (default s) or of money (default currency)
    times: tuple[str, ...] = ()  # formats of this time; the mapping's own when empty
    pattern: str = ""  # a regular expression whose first group is the value; no match: null
    values: Dict[str, Value] | str = field(default_factory=dict)  # what a text means, or "q850" or "answered"
    otherwise: Value | None = None  # what a text that `values` does not name means

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose texts make the value, in order."""
        return (self.column, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut:
    """Rows that are no records: those whose column has one of the values, or matches the pattern."""

    column: str
    values: tuple[str, ...] = ()
    matches: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How to read somebody's records. See the how-to "Connect your records" for each setting."""

    name: str
    title: str = ""
    delimiter: str = ","
    quote: str = '"'
    header: bool | str = True  # "auto": the first line is one when most of its fields are names of columns
    columns: tuple[str, ...] = ()  # in order, when there is no header
    field_counts: tuple[int, ...] = ()  # numbers of fields that a record may have; default: all columns
    encoding: str = "utf-8"  # any that writes ASCII as ASCII
    zone: str = ""  # of times that state no offset; empty: whoever reads with the mapping knows it, or UTC
    times: tuple[str, ...] = ("iso",)
    nulls: tuple[str, ...] = ("",)  # what stands for "nothing"
    comment: str = ""  # lines that begin so are no records
    missing_columns: str = "error"  # or "null": the file need not have every column
    table: str = ""  # of a database file; default: the one that fits
    constants: Dict[str, Value] = field(default_factory=dict)
    take: Dict[str, tuple[Take, ...]] = field(default_factory=dict)
    leave_out: tuple[LeaveOut, ...] = ()

    def named_columns(self) -> list[str]:
        """Return the columns that are looked at, in the order of first mention."""
        takes = (take for several in self.take.values() for take in several)
        names = [column for take in takes for column in take.columns]
        return list(dict.fromkeys([*names, *(rule.column for rule in self.leave_out)]))

    def counts(self) -> tuple[int, ...]:
        """Return the numbers of fields that a record may have; empty: as many as the header names."""
        return self.field_counts or ((len(self.columns),) if self.columns else ())

    def to_toml(self) -> str:
        """Return the mapping file that reads as this mapping."""
        lines = [f"{name} = {_toml(value)}" for name, value in self._settings()]
        for name, several in (("constants", self.constants), ("take", self.take)):
            if several:
                lines += ["", f"[{name}]"]
            for key, value in several.items():
                lines.append(f"{key} = {_toml(value)}")
        if self.leave_out:
            lines += ["", "[leave_out]"]
            lines += [f"{_toml_key(rule.column)} = {_leave_out_toml(rule)}" for rule in self.leave_out]
        return "\n".join(lines) + "\n"

    def _settings(self) -> list[tuple[str, object]]:
        plain = Mapping(name=self.name)
        always = ("delimiter", "header", "times")
        names = (
            *(
                "title",
                "delimiter",
                "quote",
                "header",
                "columns",
                "field_counts",
                "encoding",
                "zone",
                "times",
            ),
            *("nulls", "comment", "missing_columns", "table"),
        )
        return [(n, getattr(self, n)) for n in names if n in always or getattr(self, n) != getattr(plain, n)]


def _leave_out_toml(rule: LeaveOut) -> str:
    return _toml(rule.values) if rule.values else f"{{ matches = {_toml(rule.matches)} }}"


def _toml(value: object) -> str:
    """Write one value as TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Take):
        return _take_toml(value)
    if isinstance(value, tuple):
        if len(value) == 1 and isinstance(value[0], Take):
            return _take_toml(value[0])
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, Dict):
        return "{ " + ", ".join(f"{_toml_key(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    return _toml_text(str(value))


def _take_toml(take: Take) -> str:
    plain = Take(column=take.column, others=take.others)
    named: dict[str, object] = {"columns": take.columns} if take.others else {"column": take.column}
    extras = {
        name: getattr(take, name)
        for name in ("unit", "times", "pattern", "values", "otherwise")
        if getattr(take, name) != getattr(plain, name)
    }
    return _toml({**named, **extras}) if extras or take.others else _toml(take.column)


def _toml_key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _toml_text(key)


def _toml_text(text: str) -> str:
    escaped = "".join(
        f"\\u{ord(c):04X}" if ord(c) < 32 or ord(c) == 127 else {'"': '\\"', "\\": "\\\\"}.get(c, c) for c in text
    )
    return f'"{escaped}"'
