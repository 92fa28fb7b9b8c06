"""Rules: detectors that a person wrote as a condition, in TOML files of `[[rule]]` tables.

A file is read and checked whole: every mistake in it is told at once, with its line and, in a condition, a caret.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringfence.detectors.catalogue import Catalogue
from ringfence.detectors.conditions.check import Wrong
from ringfence.detectors.conditions.problems import Problem, WrittenFileError, suggestion
from ringfence.detectors.conditions.read import Condition, read_condition
from ringfence.detectors.conditions.tree import shape
from ringfence.detectors.matches import ENTITY_KINDS, SEVERITIES, entity_columns
from ringfence.detectors.written import Place, Written
from ringfence.events.errors import (
    BAD_RULE_FIELD,
    BAD_RULES,
    BAD_TOML,
    NO_SUCH_FILE,
    UNREADABLE_FILE,
    SettingsError,
)
from ringfence.events.schema import KINDS

STATUSES: Final = ("draft", "shadow", "percentage", "on", "off")
JUDGED: Final = ("shadow", "percentage", "on")
SCORES: Final = {"low": 0.25, "medium": 0.5, "high": 0.75, "critical": 0.9}
MAX_EVIDENCE: Final = 10_000
MAX_GAP_MS: Final = 7 * 86_400_000
MAX_FILE_BYTES: Final = 4_000_000

_REQUIRED: Final = ("id", "title", "fraud", "on", "entity", "when", "severity")
_OPTIONAL: Final = ("evidence", "gap", "unless", "source", "status", "share", "revision")
FIELDS: Final = (*_REQUIRED, *_OPTIONAL)
_SHARE: Final = "Write share = 1 to 100: of 100 entities, those for whom it is heard."
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_GAP: Final = re.compile(r"([1-9]\d{0,5})(s|m|h|d)")
_GAP_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, checked.

    `evidence` is how many events of the entity have to match before an alert; `gap_ms` is the quiet time that ends an
    episode. An event matches where `when` is true and none of `unless` is.
    """

    id: str
    title: str
    fraud: str
    on: tuple[str, ...]
    entity: str
    when: Condition
    severity: str
    evidence: int = 1
    gap_ms: int = 3_600_000
    unless: tuple[Condition, ...] = ()
    source: str = ""
    status: str = "on"
    share: int = 100  # of 100 entities, those for whom a rule of status `percentage` is heard
    revision: int = 1
    file: str = ""

    @property
    def score(self) -> float:
        """Return how sure a match is, 0 to 1.

        A rule has one score, by its severity: low 0.25, medium 0.5, high 0.75, critical 0.9. They are what the author
        claims as the share of matches that are fraud, until dispositions measure it.
        """
        return SCORES[self.severity]

    @property
    def is_heard(self) -> bool:
        """Return whether the rule is judged at all: on, on for a share of the entities, or in shadow."""
        return self.status in JUDGED

    @property
    def meaning(self) -> object:
        """Return what the rule means: two rules of one meaning match the same and raise the same alerts.

        Title, fraud, severity, source and status are no part of it.
        """
        unless = tuple(shape(condition.tree) for condition in self.unless)
        return self.on, self.entity, shape(self.when.tree), unless, self.evidence, self.gap_ms

    @property
    def columns(self) -> frozenset[str]:
        """Return the event columns and features that the rule reads."""
        conditions = (self.when, *self.unless)
        return frozenset({"kind", *entity_columns(self.entity)}).union(*(c.columns for c in conditions))


def read_rules(paths: Iterable[Path], catalogue: Catalogue, lists: Collection[str]) -> list[Rule]:
    """Return the rules of several files; of two with one id, the later replaces the earlier.

    Within a folder a rule in a file that is called after it goes before one in any other file.

    Args:
        paths: TOML files, in the order in which they count.
        catalogue: the features and columns that conditions may speak of.
        lists: the names of the lists that there are.

    Raises:
        WrittenFileError: with everything that is wrong in any of the files.
        SettingsError: a file cannot be read.

    """
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    where = []
    at: dict[str, Path] = {}
    for path in paths:
        reader = _Reader(Written.of(_text(path), path.name), catalogue, lists)
        for rule in reader.read():
            if not _has_own_file(rule.id, at.get(rule.id), path):
                rules[rule.id], at[rule.id] = rule, path
        if reader.problems:
            where.append(str(path))
        problems += reader.problems
    if problems:
        raise WrittenFileError(BAD_RULES, ", ".join(where), problems)
    return list(rules.values())


def _has_own_file(rule_id: str, before: Path | None, path: Path) -> bool:
    """Return whether a rule that was read before stays, although another file of its folder has one of that id."""
    return before is not None and before.parent == path.parent and before.stem == rule_id


def check_rules(text: str, file: str, catalogue: Catalogue, lists: Collection[str]) -> tuple[list[Rule], list[Problem]]:
    """Return the rules of a text that are right, and everything that is wrong with the others."""
    reader = _Reader(Written.of(text, file), catalogue, lists)
    return reader.read(), reader.problems


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise SettingsError(NO_SUCH_FILE, "the file of rules is not there", where=str(path)) from None
    except OSError as error:
        raise SettingsError(UNREADABLE_FILE, error.strerror or str(error), where=str(path)) from None
    if len(raw) > MAX_FILE_BYTES:
        raise SettingsError(
            UNREADABLE_FILE, f"{len(raw):,} bytes of rules; the limit is {MAX_FILE_BYTES:,}", where=str(path)
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        what = "the file is not UTF-8 text"
        raise SettingsError(UNREADABLE_FILE, what, where=str(path), cure="Save it as UTF-8.") from None


class _Reader:
    """Reads the rules of one file, and goes on after a mistake."""

    def __init__(self, written: Written, catalogue: Catalogue, lists: Collection[str]) -> None:
        self.written = written
        self.catalogue = catalogue
        self.lists = lists
        self.problems: list[Problem] = []
        self.ids: dict[str, int] = {}

    def read(self) -> list[Rule]:
        try:
            tables = tomllib.loads(self.written.text)
        except tomllib.TOMLDecodeError as error:
            self.problems.append(self.written.broken_toml(BAD_TOML, error))
            return []
        except (ValueError, RecursionError):  # a number of thousands of digits, brackets in brackets
            self._wrong(Place(1), "there is a value that no rule can have")
            return []
        for name in tables:
            if name != "rule":
                self._wrong(Place(self.written.first_line(name)), f"there is no table `{name}`", "Write [[rule]].")
        listed = tables.get("rule", [])
        if not isinstance(listed, list) or not all(isinstance(t, dict) for t in listed):
            self._wrong(Place(1), "rules are a list of tables", "Write [[rule]] with two brackets.")
            return []
        rules = [self._rule(number, table) for number, table in enumerate(listed)]
        self.problems.sort(key=lambda problem: (problem.line, problem.column))
        return [rule for rule in rules if rule is not None]

    def _rule(self, number: int, table: Mapping[str, Any]) -> Rule | None:
        before = len(self.problems)
        for name in table:
            if name not in FIELDS:
                cure = suggestion(name, frozenset(FIELDS), f"Fields: {', '.join(FIELDS)}.")
                self._wrong(self.written.place(number, name), f"a rule has no field `{name}`", cure)
        missing = [name for name in _REQUIRED if name not in table]
        if missing:
            self._wrong(self.written.place(number), f"the rule lacks {', '.join(missing)}")
        if table.get("status") == "percentage" and "share" not in table:
            self._wrong(self.written.place(number, "status"), "status is 'percentage', but of what is not said", _SHARE)
        fields = {name: self._field(number, name, table[name]) for name in FIELDS if name in table}
        if len(self.problems) > before:
            return None
        fields["gap_ms"] = fields.pop("gap", Rule.__dataclass_fields__["gap_ms"].default)
        return Rule(**fields, file=self.written.file)

    def _field(self, number: int, name: str, value: object) -> Any:
        place = self.written.place(number, name)
        if name == "when":
            return self._condition(number, name, value)
        if name == "unless":
            return self._unless(number, value)
        found = _READ[name](value)
        if found is None:
            self._wrong(place, f"{name} is {_shown(value)}", f"Expected: {_EXPECTED[name]}.{_near(name, value)}")
        elif name == "id":
            self._id_is_new(str(found), place)
        return found

    def _id_is_new(self, rule_id: str, place: Place) -> None:
        if rule_id in self.ids:
            self._wrong(place, f"id '{rule_id}' is already taken in line {self.ids[rule_id]}", "Give it another id.")
        self.ids[rule_id] = place.line

    def _unless(self, number: int, value: object) -> tuple[Condition, ...] | None:
        if not isinstance(value, list):
            self._wrong(self.written.place(number, "unless"), "unless is no list", "Write unless = ['condition'].")
            return None
        found = [self._condition(number, "unless", text) for text in value]
        return tuple(c for c in found if c is not None)

    def _condition(self, number: int, name: str, value: object) -> Condition | None:
        if not isinstance(value, str):
            self._wrong(
                self.written.place(number, name), f"{name} is {_shown(value)}", "Expected: a condition in quotes."
            )
            return None
        found = read_condition(value, self.catalogue, self.lists)
        if isinstance(found, Condition):
            return found
        self.problems += [self._at(number, name, value, wrong) for wrong in found]
        return None

    def _at(self, number: int, name: str, text: str, wrong: Wrong) -> Problem:
        place = self.written.within(number, name, text, wrong.span.start)
        end = text.find("\n", wrong.span.start)
        length = (wrong.span.end if end < 0 else min(end, wrong.span.end)) - wrong.span.start
        return self._problem(wrong.code, place, wrong.what, wrong.cure, length)

    def _wrong(self, place: Place, what: str, cure: str = "") -> None:
        self.problems.append(self._problem(BAD_RULE_FIELD, place, what, cure))

    def _problem(self, code: str, place: Place, what: str, cure: str, length: int = 1) -> Problem:
        source = self.written.line(place.line)
        return Problem(code, what, self.written.file, place.line, place.column, length, source, cure)


def _one_of(values: Sequence[str]) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in values else None


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def _words(value: object) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


def _kinds(value: object) -> tuple[str, ...] | None:
    kinds = [value] if isinstance(value, str) else value
    if isinstance(kinds, list) and kinds and all(kind in KINDS for kind in kinds):
        return tuple(dict.fromkeys(kinds))
    return None


def _count(most: int) -> Callable[[object], int | None]:
    return lambda value: value if type(value) is int and 1 <= value <= most else None


def gap_ms(value: object) -> int | None:
    """Return the milliseconds of a written duration such as 90s, 30m, 2h or 1d; None if it is none, or over 7 days."""
    found = _GAP.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    length = int(found[1]) * _GAP_MS[found[2]]
    return length if length <= MAX_GAP_MS else None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _near(name: str, value: object) -> str:
    choices = {"severity": SEVERITIES, "status": STATUSES, "entity": ENTITY_KINDS, "on": KINDS}.get(name)
    advice = suggestion(str(value), choices, "") if choices else ""
    return f" {advice}" if advice else ""


_READ: Final[Mapping[str, Callable[[object], Any]]] = {
    "id": _name,
    "title": _words,
    "fraud": _name,
    "on": _kinds,
    "entity": _one_of(ENTITY_KINDS),
    "severity": _one_of(SEVERITIES),
    "evidence": _count(MAX_EVIDENCE),
    "gap": gap_ms,
    "source": _words,
    "status": _one_of(STATUSES),
    "share": _count(100),
    "revision": _count(1_000_000),
}
_EXPECTED: Final = {
    "id": "lower-case letters, digits and _, a letter first, 64 at most",
    "title": "a text in quotes",
    "fraud": "a name such as irsf or sim_box",
    "on": f"a list of event kinds: {', '.join(KINDS)}",
    "entity": f"one of {', '.join(ENTITY_KINDS)}",
    "severity": f"one of {', '.join(SEVERITIES)}",
    "evidence": f"a whole number, 1 to {MAX_EVIDENCE:,}",
    "gap": "a duration of 7 days at most, such as 90s, 30m, 2h or 1d",
    "source": "a text in quotes",
    "status": f"one of {', '.join(STATUSES)}",
    "share": "a whole number, 1 to 100",
    "revision": "a whole number, 1 or more",
}
