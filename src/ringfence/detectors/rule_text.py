"""The text of one rule and its fields, from one to the other: what a person wrote stays as it was written.

A change of one field touches its line alone, comments and all; where that is not possible the rule is written anew.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from ringfence.detectors.conditions.tree import Call, Constant, OneOf, walk
from ringfence.detectors.rules import FIELDS, Rule
from ringfence.detectors.written import Written

_BETWEEN: Final = re.compile(r"\s*(#.*)?")  # a line that belongs to what follows, or to nothing


def fields_of(text: str) -> dict[str, Any]:
    """Return the fields of the one rule of a text that was checked."""
    fields: dict[str, Any] = tomllib.loads(text)["rule"][0]
    return fields


def part_of(text: str, rule_id: str) -> str:
    """Return the text of one rule of a file that was checked: of several, its table and the comment right above it."""
    written, tables = Written.of(text, ""), tomllib.loads(text)["rule"]
    if len(tables) == 1:
        return text
    number = [table["id"] for table in tables].index(rule_id)
    if len(written.headers) != len(tables):  # written in a way that has no table to cut out: rule = [{...}]
        return text_of(tables[number])
    lines = written.lines
    first = written.headers[number] - 1
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    end = written.headers[number + 1] - 1 if number + 1 < len(tables) else len(lines)
    while _BETWEEN.fullmatch(lines[end - 1]):
        end -= 1
    return "\n".join(lines[first:end]) + "\n"


def with_fields(text: str, changes: Mapping[str, Any]) -> str:
    """Return the text of a rule with some fields changed, or left out where they are None."""
    wanted = {name: value for name, value in (fields_of(text) | dict(changes)).items() if value is not None}
    lines = text.splitlines()
    for name, value in changes.items():
        place = Written.of("\n".join(lines), "").place(0, name).line - 1
        is_there = re.match(rf'\s*"?{name}"?\s*=', lines[place]) is not None
        if is_there:
            lines[place : place + 1] = [] if value is None else [f"{name} = {_value(value)}"]
        elif value is not None:
            lines.insert(_end_of_table(lines), f"{name} = {_value(value)}")
    made = "\n".join(lines) + "\n"
    try:
        is_right = fields_of(made) == wanted
    except (ValueError, KeyError, IndexError):
        is_right = False
    return made if is_right else text_of(wanted)


def _end_of_table(lines: list[str]) -> int:
    """Return where a line is added to the end of the table: before what is empty there."""
    end = len(lines)
    while end > 1 and not lines[end - 1].strip():
        end -= 1
    return end


def text_of(fields: Mapping[str, Any]) -> str:
    """Return the text of a rule with these fields, in the order of the reference."""
    known = [name for name in FIELDS if fields.get(name) is not None]
    others = [name for name in fields if name not in FIELDS and fields[name] is not None]
    return "\n".join(["[[rule]]", *(f"{_key(name)} = {_value(fields[name])}" for name in (*known, *others))]) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if not isinstance(value, str):
        return str(value)
    if "\n" in value and not re.search(r'["\\\x00-\x08\x0b-\x1f\x7f]', value):
        return f'"""\n{value}"""'
    return _quoted(value)


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _quoted(text: str) -> str:
    return '"' + re.sub(r'["\\\x00-\x1f\x7f]', lambda m: _ESCAPES.get(m[0], f"\\u{ord(m[0]):04x}"), text) + '"'


def literals(rule: Rule) -> frozenset[str]:
    """Return the texts that the conditions of a rule compare with."""
    found: set[str] = set()
    for condition in (rule.when, *rule.unless):
        for node in walk(condition.tree):
            if isinstance(node, Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, OneOf):
                found.update(option for option in node.options if isinstance(option, str))
            elif isinstance(node, Call) and node.word:
                found.add(node.word)
    return frozenset(found)
