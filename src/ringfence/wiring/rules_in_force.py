"""Rules and lists as people look at them: which there are, where they come from, and everything wrong with a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import as_file
from pathlib import Path
from typing import Any, Final

from ringfence.detectors.conditions.problems import Problem, WrittenFileError
from ringfence.detectors.lists import Entry, HotList, read_list
from ringfence.detectors.rules import JUDGED, Rule, read_rules
from ringfence.events.errors import SettingsError
from ringfence.settings import Settings
from ringfence.wiring.catalogue import catalogue
from ringfence.wiring.panel import PACK, all_lists, all_rules

SHIPPED: Final = "shipped"
AMOUNTS_IN: Final = "EUR"  # the currency in which the amounts of shipped rules are meant
OFF: Final = "off (rules.off)"  # turned off by the settings, whatever the rule says


@dataclass(frozen=True, slots=True)
class Known:
    """One rule: where it was read, and whether it is in force (on, shadow, draft, off, or off by the settings)."""

    rule: Rule
    origin: str
    status: str


def known_rules(settings: Settings, named: Sequence[str] | None = None) -> list[Known]:
    """Return every rule that there is, those that are off too, by fraud and id. `named`: the lists, if they are known.

    Raises:
        SettingsError: a file of rules or a list cannot be used; everything wrong with it is told.
    """
    lists = [one.name for one in all_lists(settings)] if named is None else list(named)
    if settings.rules.off:
        all_rules(settings, lists)  # says so if it names a rule that is not there
    every = replace(settings, rules=replace(settings.rules, off=()))
    own = _origins(own_files(settings, "rules"), lists)
    rules = sorted(all_rules(every, lists), key=lambda rule: (rule.fraud, rule.id))
    off = set(settings.rules.off)
    return [Known(r, own.get(r.id, f"{SHIPPED} {r.file}"), OFF if r.id in off else r.status) for r in rules]


def _origins(files: Iterable[Path], lists: Sequence[str]) -> dict[str, str]:
    """Return the file that each own rule comes from; see `read_rules` for which of several counts."""
    found: dict[str, Path] = {}
    for path in files:
        for rule in _read(path, lists):
            if rule.id not in found or found[rule.id].stem != rule.id:
                found[rule.id] = path
    return {rule_id: str(path) for rule_id, path in found.items()}


def _read(path: Path, lists: Sequence[str]) -> list[Rule]:
    return read_rules([path], catalogue(), lists)


def own_files(settings: Settings, kind: str) -> list[Path]:
    """Return the files that people wrote into the home folder: `rules` or `lists`, or `mappings`."""
    ending = "csv" if kind == "lists" else "toml"
    folder = settings.folder / kind
    return sorted(folder.glob(f"*.{ending}")) if folder.is_dir() else []


def check_rules(settings: Settings, files: Iterable[Path]) -> tuple[int, list[Problem]]:
    """Return how many rules the files hold that are right, and everything that is wrong; no files: all in force.

    Raises:
        SettingsError: a file cannot be read at all, or a list cannot be used.
    """
    lists = [one.name for one in all_lists(settings)]
    with as_file(PACK / "rules") as shipped:
        chosen = [*files] or [*sorted(Path(shipped).glob("*.toml")), *own_files(settings, "rules")]
        return _checked(chosen, lambda path: len(_read(path, lists)))


def check_lists(settings: Settings, files: Iterable[Path]) -> tuple[int, list[Problem]]:
    """Return how many entries the lists hold, and everything that is wrong; no files: shipped and own lists.

    Raises:
        SettingsError: a file cannot be read at all.
    """
    with as_file(PACK / "lists") as shipped:
        chosen = [*files] or [*sorted(Path(shipped).glob("*.csv")), *own_files(settings, "lists")]
        return _checked(chosen, lambda path: len(read_list(path).entries))


def _checked(files: Sequence[Path], count: Callable[[Path], int]) -> tuple[int, list[Problem]]:
    right, problems = 0, []
    for path in files:
        try:
            right += count(path)
        except WrittenFileError as wrong:
            problems += [replace(problem, file=str(path)) for problem in wrong.problems]
    return right, problems


def known_lists(settings: Settings) -> list[tuple[HotList, str]]:
    """Return every list, and where it was read; an own list takes the place of a shipped one.

    Raises:
        SettingsError: a list cannot be used; everything wrong with it is told.
    """
    own = {path.stem: str(path) for path in own_files(settings, "lists")}
    return [(one, own.get(one.name, SHIPPED)) for one in all_lists(settings)]


def entries_that_hold(found: HotList, number: str) -> list[Entry]:
    """Return the entries of a list that name a number, or a prefix of it, ended ones too."""
    return [
        entry
        for entry in found.entries
        if (number.startswith(entry.number) if entry.is_prefix else number == entry.number)
    ]


def about_money(settings: Settings) -> list[Rule]:
    """Return the shipped rules in force that ask for amounts of money: numbers meant in `AMOUNTS_IN`."""
    found = (k.rule for k in known_rules(settings) if k.status in JUDGED and k.origin.startswith(SHIPPED))
    return [rule for rule in found if any("_micros" in column for column in rule.columns)]


def meanings(rule: Rule) -> list[tuple[str, str, str]]:
    """Return what a rule reads: each feature and column, its unit and its meaning."""
    known = catalogue()
    read = (known[name] for name in sorted(rule.columns) if name in known)
    return [(k.name, k.unit or "", f"{k.meaning}, in {k.window}" if k.window else k.meaning) for k in read]


def problem_document(problem: Problem) -> dict[str, Any]:
    """Return what is wrong as a JSON object."""
    names = ("code", "what", "file", "line", "column", "source", "cure")
    return {name: getattr(problem, name) for name in names}


__all__ = [
    "AMOUNTS_IN",
    "OFF",
    "Entry",
    "HotList",
    "Known",
    "Problem",
    "SettingsError",
    "about_money",
    "check_lists",
    "check_rules",
    "entries_that_hold",
    "known_lists",
    "known_rules",
    "meanings",
    "own_files",
    "problem_document",
]
