"""Lists as people work on them: entries added, changed and taken out, files imported, and every change kept.

An own list is a file, HOME/lists/NAME.csv, and takes the place of a shipped one; changing a shipped list makes an own
one with its entries. The file is written in the transaction of its version and of the audit entry, and the engine goes
on with it at once.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import as_file
from io import StringIO
from pathlib import Path
from typing import Any, Final

from ringfence.detectors.conditions.problems import Problem, WrittenFileError
from ringfence.detectors.conditions.tree import Call, walk
from ringfence.detectors.lists import COLUMNS, Entry, HotList, check_list, date_of, read_lists, text_of
from ringfence.detectors.rules import Rule
from ringfence.events.errors import BAD_LIST, CONFLICT, NO_SUCH_NAME, UsageError
from ringfence.settings import Settings
from ringfence.stores.durable import make_folder, sync_folder, write_durably
from ringfence.stores.failures import disk_errors
from ringfence.stores.list_store import ListStore
from ringfence.wiring.house import House
from ringfence.wiring.panel import PACK
from ringfence.wiring.reloading import candidate, put_back, put_in_force
from ringfence.wiring.rule_work import Book, book
from ringfence.wiring.workplace import Workplace

FOLDER: Final = "lists"
REFERENCE: Final = "entry of list"  # the purpose of references to entries
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate
_TEXT: Final = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029]*")  # what stays on one line of a file
MERGE: Final = "merge"
REPLACE: Final = "replace"
Note = Callable[[Workplace, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a change: its version, since when it is in force, and the entries that came and went."""

    version: int | None
    in_force: str | None
    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]


def store_of(place: Workplace) -> ListStore:
    """Return the changes of a home folder's lists."""
    return ListStore(place.database)


def own_path(settings: Settings, name: str) -> Path:
    """Return the file of an own list."""
    return settings.folder / FOLDER / f"{name}.csv"


def lists_now(settings: Settings) -> dict[str, HotList]:
    """Return all lists by name, as they are in the home folder now."""
    return {one.name: one for one in book(settings).lists}


def list_of(settings: Settings, name: str) -> HotList:
    """Return one list.

    Raises:
        UsageError: there is none of that name (RF1006).
    """
    found = lists_now(settings).get(name)
    if found is None:
        raise UsageError(NO_SUCH_NAME, f"there is no list {name!r:.80}", cure="See GET /v1/lists.")
    return found


def summary(settings: Settings, now: Book, one: HotList, now_ms: int) -> dict[str, Any]:
    """Return what there is to say about a list."""
    return {
        "name": one.name,
        "entries": len(one.entries),
        "expired": sum(entry.expires_ms is not None and entry.expires_ms <= now_ms for entry in one.entries),
        "owners": [owner for owner, _ in Counter(entry.owner for entry in one.entries).most_common(20)],
        "origin": "own" if own_path(settings, one.name).exists() else "shipped",
        "used_by": sorted(known.rule.id for known in now.known.values() if one.name in lists_read(known.rule)),
    }


def lists_read(rule: Rule) -> frozenset[str]:
    """Return the lists that a rule asks."""
    nodes = (node for condition in (rule.when, *rule.unless) for node in walk(condition.tree))
    return frozenset(node.word for node in nodes if isinstance(node, Call) and node.function == "on_list")


def core(settings: Settings, one: HotList) -> dict[str, Any]:
    """Return what changes whenever the list does."""
    path = own_path(settings, one.name)
    if not path.exists():
        return {"name": one.name, "content_digest": "shipped"}
    with disk_errors(path):
        look = path.stat()
        return {"name": one.name, "content_digest": _digest(path, look.st_mtime_ns, look.st_size, look.st_ino)}


@lru_cache(maxsize=64)
def _digest(path: Path, _mtime: int, _size: int, _inode: int) -> str:
    return blake2b(path.read_bytes(), digest_size=16).hexdigest()


def written(entry: Entry) -> str:
    """Return a number or prefix as it is written in a list."""
    return entry.number + ("*" if entry.is_prefix else "")


def reference(house: House, name: str, entry: Entry) -> str:
    """Return what stands for an entry in an address."""
    return house.secret.reference(REFERENCE, f"{name}\n{written(entry)}")


def referred(house: House, name: str, entry_id: str) -> str:
    """Return the number or prefix that a reference stands for.

    Raises:
        UsageError: it is none of this list (RF1006).
    """
    found = house.secret.entity(entry_id)
    of, _, number = found[1].partition("\n") if found and found[0] == REFERENCE else ("", "", "")
    if of != name or not number:
        raise UsageError(NO_SUCH_NAME, "the list has no such entry", cure="See its entries.")
    return number


def sorted_entries(settings: Settings, one: HotList) -> Sequence[Entry]:
    """Return the entries of a list by number, each prefix before the numbers below it."""
    return _sorted(one.name, core(settings, one)["content_digest"], _Held(one))


class _Held:
    """A list as an argument that is remembered by its name and digest alone."""

    def __init__(self, one: HotList) -> None:
        self.one = one

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)


@lru_cache(maxsize=4)
def _sorted(_name: str, _digest: str, held: _Held) -> Sequence[Entry]:
    return sorted(held.one.entries, key=order)


def order(entry: Entry) -> tuple[str, bool]:
    """Return the place of an entry among the others."""
    return entry.number, not entry.is_prefix


def entry_of(fields: dict[str, Any], name: str) -> Entry:
    """Return an entry of its fields.

    Raises:
        WrittenFileError: something is wrong with it.
    """
    values = [str(fields.get(column) or "").strip() for column in COLUMNS]
    wrong = [column for column, value in zip(COLUMNS, values, strict=True) if not _TEXT.fullmatch(value)]
    if wrong:
        what = f"{' and '.join(wrong)} cannot be written on one line"
        raise WrittenFileError(BAD_LIST, name, [Problem(BAD_LIST, what, name, 1)])
    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows((COLUMNS, values))
    found, problems = check_list(out.getvalue().encode(), name)
    if problems:
        raise WrittenFileError(BAD_LIST, name, [replace(one, line=0, source="") for one in problems])
    return found.entries[0]


def imported(raw: bytes, name: str) -> tuple[list[Entry], list[Problem]]:
    """Return the entries of a file that are right, and all that is wrong with it. `'=` of an export becomes `=`."""
    found, problems = check_list(raw, name)
    return [_unguarded(entry) for entry in found.entries], problems


def exported(entries: Iterable[Entry], shown: Callable[[Entry], Entry]) -> str:
    """Return entries as CSV in which no field is a formula to a spreadsheet."""
    return text_of(_guarded(shown(entry)) for entry in entries)


def _guarded(entry: Entry) -> Entry:
    number, owner, reason, source = (
        f"'{text}" if text.startswith(_FORMULA) else text
        for text in (entry.number, entry.owner, entry.reason, entry.source)
    )
    return Entry(number, entry.is_prefix, owner, reason, source, entry.expires_ms)


def _unguarded(entry: Entry) -> Entry:
    number, owner, reason, source = (
        text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text
        for text in (entry.number, entry.owner, entry.reason, entry.source)
    )
    return Entry(number, entry.is_prefix, owner, reason, source, entry.expires_ms)


def merged(before: Iterable[Entry], new: Iterable[Entry]) -> list[Entry]:
    """Return entries with new ones added; one of the same number or prefix takes the other's place."""
    by_name = {order(entry): entry for entry in new}
    kept = [entry for entry in before if order(entry) not in by_name]
    return [*kept, *by_name.values()]


def difference(before: Iterable[Entry], after: Iterable[Entry]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Return the entries that came and those that went."""
    one, other = Counter(before), Counter(after)
    return tuple((other - one).elements()), tuple((one - other).elements())


def change(
    house: House, now: Book, name: str, after: Sequence[Entry] | None, version: dict[str, Any], note: Note
) -> Changed:
    """Give a list these entries (None: take its own file away) and have the engine go on with it.

    To be called with `reloading.CHANGING` held; `now` is what is in force.

    Raises:
        UsageError: the list goes, and a rule asks it (RF7019).
    """
    settings, before = house.settings, {one.name: one for one in now.lists}.get(name)
    shipped = shipped_list(name) if after is None else None
    present = shipped if after is None else HotList.of(name, after)
    if present is None:
        _check_is_unused(now, name)
    added, removed = difference(before.entries if before else (), present.entries if present else ())
    others = [one for one in now.lists if one.name != name]
    what = candidate(house, now.rules_with("", None), [*others, *([present] if present else [])])
    path = own_path(settings, name)
    with put_back(path), house.writing() as place:
        number = store_of(place).add_version(version | {"name": name}, _rows(added), _rows(removed))
        if after is None:
            with disk_errors(path):
                path.unlink(missing_ok=True)
        else:
            make_folder(path.parent)
            write_durably(path, text_of(after, _comments(path)).encode())
        sync_folder(path.parent)
        note(place, {"added": len(added), "removed": len(removed)})
    return Changed(number, put_in_force(house, what), added, removed)


def shipped_list(name: str) -> HotList | None:
    """Return the list of that name that comes with Ringfence."""
    with as_file(PACK / "lists") as folder:
        return next((one for one in read_lists(Path(folder)) if one.name == name), None)


def _check_is_unused(now: Book, name: str) -> None:
    rules = sorted(known.rule.id for known in now.known.values() if name in lists_read(known.rule))
    if rules:
        raise UsageError(CONFLICT, f"the list is asked by {', '.join(rules)}", cure="Change these rules first.")


def _comments(path: Path) -> list[str]:
    """Return the lines of comments at the head of a file."""
    if not path.exists():
        return []
    lines: list[str] = []
    for line in path.read_text("utf-8-sig").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return lines


def _rows(entries: Iterable[Entry]) -> list[list[str]]:
    return [[written(e), e.owner, e.reason, e.source, date_of(e.expires_ms) or ""] for e in entries]


__all__ = [
    "COLUMNS",
    "MERGE",
    "REPLACE",
    "Changed",
    "Entry",
    "HotList",
    "change",
    "core",
    "date_of",
    "difference",
    "entry_of",
    "exported",
    "imported",
    "list_of",
    "lists_now",
    "lists_read",
    "merged",
    "order",
    "own_path",
    "reference",
    "referred",
    "shipped_list",
    "sorted_entries",
    "store_of",
    "summary",
    "written",
]
