"""Mapping files: TOML that a person writes, checked whole, with all errors shown together."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from ringfence.events.errors import BAD_MAPPING, BAD_TOML, NO_SUCH_FILE, UNREADABLE_FILE, SettingsError
from ringfence.feeds.mapping import TARGETS, LeaveOut, Mapping, Take, Value, target_type
from ringfence.feeds.values import DURATION_UNITS, EPOCHS, MONEY_UNITS

_TEXTS: Final = ("title", "delimiter", "quote", "encoding", "zone", "comment", "missing_columns", "table")
_LISTS: Final = ("columns", "times", "nulls")
_TABLES: Final = ("constants", "take", "leave_out")
SETTINGS: Final = (*_TEXTS, *_LISTS, "header", "field_counts", *_TABLES)
TAKE_SETTINGS: Final = ("column", "columns", "unit", "times", "pattern", "values", "otherwise")
_TYPES: Final = {"text": str, "integer": int, "boolean": bool, "money": int, "duration": int, "time": int}
_ASCII: Final = bytes(range(128))

BUILT_IN: Final = ("asterisk", "freeswitch")


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file; its name is the file's.

    Raises:
        SettingsError: the file cannot be read (RF4001, RF4002), is no TOML (RF1003), or holds anything that
            is not as it
            must be (RF4004, all of it listed).

    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(NO_SUCH_FILE, "no such mapping file", where=str(path)) from None
    except UnicodeDecodeError:
        what = "this is not UTF-8 text"
        raise SettingsError(UNREADABLE_FILE, what, where=str(path), cure="Save it as UTF-8.") from None
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise SettingsError(UNREADABLE_FILE, what, where=str(path)) from None
    return parse_mapping(text, name=path.stem, where=str(path))


@cache
def built_in_mapping(name: str) -> Mapping:
    """Return a mapping that is shipped with Ringfence: one of `BUILT_IN`."""
    return parse_mapping(built_in_text(name), name=name, where=f"{name}.toml")


def built_in_text(name: str) -> str:
    """Return the text of one of `BUILT_IN`."""
    return (resources.files("ringfence.feeds") / "mappings" / f"{name}.toml").read_text("utf-8")


def parse_mapping(text: str, *, name: str, where: str = "") -> Mapping:
    """Return the mapping that a TOML text says; raises `SettingsError` with all that is wrong with it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(BAD_TOML, str(error), where=where) from None
    reading = _Reading(table)
    mapping = reading.mapping(name)
    if reading.errors:
        count = "1 thing is" if len(reading.errors) == 1 else f"{len(reading.errors)} things are"
        listed = "".join(f"\n  - {error}" for error in reading.errors)
        raise SettingsError(BAD_MAPPING, f"{count} wrong with this mapping:{listed}", where=where)
    return mapping


def suggestion(word: str, words: Iterable[str]) -> str:
    """Return ' (did you mean ...?)', or nothing when no word is near."""
    near = get_close_matches(word.lower(), {w.lower(): w for w in words}, n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


class _Reading:
    """One pass over a TOML table; collects what is wrong instead of stopping at it."""

    def __init__(self, table: dict[str, object]) -> None:
        self.errors: list[str] = []
        self._table = table

    def mapping(self, name: str) -> Mapping:
        for key in self._table:
            if key not in SETTINGS:
                self.errors.append(f"{key!r} is not a setting{suggestion(key, SETTINGS)}")
        settings: dict[str, object] = {}
        for key in _TEXTS:
            if key in self._table:
                settings[key] = self._text(key, self._table[key])
        for key in _LISTS:
            if key in self._table:
                settings[key] = self._texts(key, self._table[key])
        settings["header"] = self._header()
        settings["field_counts"] = self._counts()
        settings["constants"] = self._constants()
        settings["take"] = self._takes()
        settings["leave_out"] = self._leave_outs()
        mapping = Mapping(name=name, **settings)  # type: ignore[arg-type]  # each was checked above
        self.errors += [*_wrong_text_settings(mapping), *_wrong_columns(mapping), *_wrong_sums(mapping)]
        return mapping

    def _text(self, key: str, value: object) -> str:
        if isinstance(value, str):
            return value
        self.errors.append(f'{key} = {value!r} is not a text; expected {key} = "..."')
        return ""

    def _texts(self, key: str, value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.errors.append(f'{key} = {value!r} is not a list of texts; expected {key} = ["...", "..."]')
        return ()

    def _header(self) -> bool | str:
        value = self._table.get("header", "columns" not in self._table)
        if isinstance(value, bool) or value == "auto":
            return value
        self.errors.append(f'header = {value!r}; expected true, false or "auto"')
        return True

    def _counts(self) -> tuple[int, ...]:
        value = self._table.get("field_counts", [])
        if isinstance(value, list) and all(isinstance(n, int) and n > 0 for n in value):
            return tuple(value)
        self.errors.append(f"field_counts = {value!r}; expected a list of numbers")
        return ()

    def _section(self, key: str) -> dict[str, object]:
        value = self._table.get(key, {})
        if isinstance(value, dict):
            return value
        self.errors.append(f"{key} is not a table; expected [{key}] and its lines below it")
        return {}

    def _constants(self) -> dict[str, Value]:
        constants: dict[str, Value] = {}
        for target, value in self._section("constants").items():
            if self._is_target(f"constants.{target}", target):
                if _is_a(value, target) and isinstance(value, str | int):
                    constants[target] = value
                else:
                    self.errors.append(f"constants.{target} = {value!r}; expected {target_type(target)}")
        return constants

    def _is_target(self, where: str, target: str) -> bool:
        if target in TARGETS:
            return True
        self.errors.append(f"{where}: no event has a column {target!r}{suggestion(target, TARGETS)}")
        return False

    def _takes(self) -> dict[str, tuple[Take, ...]]:
        takes = {}
        for target, value in self._section("take").items():
            if self._is_target(f"take.{target}", target):
                several = value if isinstance(value, list) else [value]
                takes[target] = tuple(take for one in several if (take := self._take(target, one)) is not None)
        return takes

    def _take(self, target: str, value: object) -> Take | None:
        where = f"take.{target}"
        if isinstance(value, str):
            return Take(column=value)
        if not isinstance(value, dict):
            self.errors.append(f'{where} = {value!r}; expected a column, or {{ column = "...", ... }}')
            return None
        for key in value:
            if key not in TAKE_SETTINGS:
                self.errors.append(f"{where}.{key} is not a setting{suggestion(key, TAKE_SETTINGS)}")
        columns = self._columns(where, value)
        if not columns:
            return None
        values = value.get("values", {})
        take = Take(
            column=columns[0],
            others=columns[1:],
            unit=self._text(f"{where}.unit", value.get("unit", "")),
            times=self._texts(f"{where}.times", value.get("times", [])),
            pattern=self._text(f"{where}.pattern", value.get("pattern", "")),
            values=values if isinstance(values, dict | str) else {},
            otherwise=value.get("otherwise"),
        )
        self.errors += [f"{where}: {wrong}" for wrong in _wrong_take(target, take, values)]
        return take

    def _columns(self, where: str, value: dict[str, object]) -> tuple[str, ...]:
        """Return the one column of a take, or the several whose texts are joined; none if that is not said."""
        one = self._text(f"{where}.column", value.get("column", ""))
        several = self._texts(f"{where}.columns", value.get("columns", []))
        if bool(one) == bool(several) or not all(several):
            self.errors.append(f'{where}: which column? expected column = "...", or columns = ["...", "..."]')
            return ()
        return (one,) if one else several

    def _leave_outs(self) -> tuple[LeaveOut, ...]:
        rules = []
        for column, value in self._section("leave_out").items():
            where = f"leave_out.{column}"
            if isinstance(value, dict) and set(value) == {"matches"}:
                pattern = self._text(f"{where}.matches", value["matches"])
                self.errors += [f"{where}: {wrong}" for wrong in _wrong_pattern(pattern)]
                rules.append(LeaveOut(column=column, matches=pattern))
            else:
                rules.append(LeaveOut(column=column, values=self._texts(where, value)))
        return tuple(rules)


def _is_a(value: object, target: str) -> bool:
    kind = _TYPES[target_type(target)]
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _wrong_take(target: str, take: Take, values: object) -> list[str]:
    kind = target_type(target)
    wrong = list(_wrong_pattern(take.pattern, groups=1)) if take.pattern else []
    wrong += [w for form in take.times for w in _wrong_time_format(form)]
    units = {"duration": DURATION_UNITS, "money": MONEY_UNITS}.get(kind, {})
    if take.unit and take.unit not in units:
        wrong.append(f"unit = {take.unit!r}; expected {' or '.join(units) or 'none: this has no unit'}")
    if isinstance(values, str) and (values, target) not in (("q850", "cause"), ("answered", "answered")):
        wrong.append(f'values = {values!r}; expected a table, "q850" for the cause, or "answered" for `answered`')
    meant = [*values.values()] if isinstance(values, dict) else []
    meant += [] if take.otherwise is None else [take.otherwise]
    for value in meant:
        if not _is_a(value, target):
            wrong.append(f"{value!r} cannot be a {target}: that is {kind}")
    return wrong


def _wrong_pattern(pattern: str, groups: int = 0) -> list[str]:
    try:  # tried with the engine that will run it, which knows no look-around and is never slow
        pl.Series([""]).str.contains(pattern)
        if groups and re.compile(pattern).groups < groups:
            return [f"pattern {pattern!r} has no group; put what to take in brackets: (...)"]
    except (pl.exceptions.PolarsError, re.error) as error:
        return [f"pattern {pattern!r} is no regular expression: {str(error).splitlines()[0]}"]
    return []


def _wrong_time_format(form: str) -> list[str]:
    if form == "iso" or form in EPOCHS:
        return []
    if "%" not in form:
        return [f"{form!r} is no format of a time; expected iso, {', '.join(EPOCHS)} or like %Y-%m-%d %H:%M:%S"]
    try:
        pl.Series(["2024-01-01"]).str.to_datetime(form, strict=False, time_unit="ms")
    except pl.exceptions.PolarsError as error:
        return [f"{form!r} is no format of a time: {str(error).splitlines()[0]}"]
    return []


def _wrong_text_settings(mapping: Mapping) -> list[str]:
    wrong = [w for form in mapping.times for w in _wrong_time_format(form)]
    for name in ("delimiter", "quote"):
        value = getattr(mapping, name)
        if len(value) != 1 or not value.isascii() or value in "\r\n\0":
            wrong.append(f"{name} = {value!r}; expected one ASCII character")
    if mapping.missing_columns not in ("error", "null"):
        wrong.append(f'missing_columns = {mapping.missing_columns!r}; expected "error" or "null"')
    try:
        ZoneInfo(mapping.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        wrong.append(f"zone = {mapping.zone!r} is not known; expected a name like Europe/Berlin or UTC")
    try:
        plain = codecs.lookup(mapping.encoding).decode(_ASCII)[0] == _ASCII.decode()
    except (LookupError, UnicodeError):
        plain = False
    if not plain:
        wrong.append(
            f"encoding = {mapping.encoding!r} cannot be used; expected utf-8, latin-1, cp1252 or the like; convert"
            " others (UTF-16) with `iconv -t utf-8`"
        )
    return wrong


def _wrong_columns(mapping: Mapping) -> list[str]:
    wrong = []
    if mapping.header is not True and not mapping.columns:
        wrong.append("columns: the names of the columns are missing; expected columns = [...] without a header")
    doubles = {name for name in mapping.columns if mapping.columns.count(name) > 1}
    wrong += [f"columns: {name!r} is named twice" for name in sorted(doubles)]
    if mapping.columns and mapping.header is not True:
        for name in mapping.named_columns():
            if name not in mapping.columns:
                wrong.append(f"there is no column {name!r}{suggestion(name, mapping.columns)}")
        if max(mapping.counts()) > len(mapping.columns):
            wrong.append(f"field_counts: more fields than the {len(mapping.columns)} columns")
    return wrong


def _wrong_sums(mapping: Mapping) -> list[str]:
    wrong = []
    if not {"at_ms", "start_ms", "end_ms", "answer_ms"} & set(mapping.take):
        wrong.append("take: no time is taken; expected at_ms, start_ms or end_ms")
    if "kind" not in {*mapping.take, *mapping.constants}:
        wrong.append('kind is missing; expected kind = "call" (or message, data, ...) under [constants]')
    both = sorted(set(mapping.take) & set(mapping.constants))
    wrong += [f"{name} is both a constant and taken from a column" for name in both]
    return wrong
