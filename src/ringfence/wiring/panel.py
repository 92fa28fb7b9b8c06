"""The detectors in force: shipped and own rules, lists, the own-baseline detector, two places at once."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

from ringfence.detectors.baseline import OwnBaseline
from ringfence.detectors.cells import Cells, read_cells
from ringfence.detectors.lists import HotList, Lists, read_lists
from ringfence.detectors.panel import Panel
from ringfence.detectors.rule_book import RuleBook
from ringfence.detectors.rules import Rule, read_rules
from ringfence.detectors.two_places import TwoPlaces
from ringfence.events.errors import UNKNOWN_SETTING, SettingsError
from ringfence.settings import Settings
from ringfence.wiring.catalogue import catalogue

PACK = files("ringfence.detectors") / "pack"


def make_panel(settings: Settings) -> Panel:
    """Return all detectors in force.

    Raises:
        SettingsError: a rule or a list cannot be used; all errors of a file are told at once.
    """
    lists = all_lists(settings)
    book = book_of(settings, all_rules(settings, [one.name for one in lists]), lists)
    return Panel(book, OwnBaseline(catalogue=catalogue(), currency=settings.home.currency), others(settings))


def book_of(settings: Settings, rules: Iterable[Rule], lists: Iterable[HotList]) -> RuleBook:
    """Return rules and lists ready to judge."""
    return RuleBook(rules, Lists.of(lists), catalogue(), ZoneInfo(settings.home.time_zone), settings.home.currency)


def others(settings: Settings) -> tuple[TwoPlaces, ...]:
    """Return the detectors that are neither rules nor the own baseline."""
    if not settings.rules.shipped or "two_places" in settings.rules.off:
        return ()
    table = settings.folder / "cells.csv"
    return (TwoPlaces(cells=read_cells(table) if table.exists() else Cells()),)


def all_lists(settings: Settings) -> list[HotList]:
    """Return the shipped lists and those of the home folder; an own list takes the place of a shipped one."""
    with as_file(PACK / "lists") as shipped:
        found = {one.name: one for one in read_lists(Path(shipped))}
    own = settings.folder / "lists"
    if own.is_dir():
        found |= {one.name: one for one in read_lists(own)}
    return [found[name] for name in sorted(found)]


def all_rules(settings: Settings, lists: list[str]) -> list[Rule]:
    """Return the rules of the pack and of the home folder, without those that the settings turn off."""
    paths = []
    with as_file(PACK / "rules") as shipped:
        if settings.rules.shipped:
            paths += sorted(Path(shipped).glob("*.toml"))
        own = settings.folder / "rules"
        paths += sorted(own.glob("*.toml")) if own.is_dir() else []
        rules = read_rules(paths, catalogue(), lists)
    unknown = sorted(set(settings.rules.off) - {rule.id for rule in rules})
    if unknown:
        raise SettingsError(
            UNKNOWN_SETTING,
            f"rules.off names {', '.join(unknown)}",
            where=settings.origins.get("rules.off", ""),
            expected="ids of rules: see `ringfence rules list`",
        )
    return [rule for rule in rules if rule.id not in settings.rules.off]
