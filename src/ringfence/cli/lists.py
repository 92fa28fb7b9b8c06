"""`ringfence lists`: hot lists of prefixes and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from ringfence.cli.arguments import there
from ringfence.cli.output import Common, moment, print_json, screen, table
from ringfence.cli.rules import tell

if TYPE_CHECKING:
    from ringfence.wiring.rules_in_force import Entry, HotList

app = App(name="lists", help_format="plaintext", help="Hot lists of prefixes and numbers.")


@app.default
def overview(*, common: Common = Common()) -> int:
    """Print every list: how many entries, how many of them have ended, whose they are."""
    from ringfence.events.clock import SystemClock
    from ringfence.wiring.rules_in_force import known_lists

    now_ms = SystemClock().now_ms()
    found = [_summary(one, origin, now_ms) for one, origin in known_lists(common.settings())]
    if common.json:
        print_json(found)
        return 0
    rows = [(s["name"], f"{s['entries']:,}", f"{s['expired']:,}", ", ".join(s["owners"]), s["from"]) for s in found]
    columns = ("list", "entries", "ended", "owners", "from")
    screen().print(table(f"{len(found)} lists", columns, rows, right=("entries", "ended")))
    return 0


@app.command
def check(*file: Path, common: Common = Common()) -> int:
    """Print everything that is wrong with list files. End with 1 if anything is.

    Args:
        file: CSV files. None: all lists, shipped and in the folder lists of the home folder.
    """
    from ringfence.wiring.rules_in_force import check_lists

    for path in file:
        there(path)
    right, problems = check_lists(common.settings(), file)
    return tell(right, problems, "entries", common)


@app.command
def find(number: str, *, common: Common = Common()) -> int:
    """Print which lists hold a number, or a prefix of it.

    Args:
        number: E.164 digits, with or without +; or a sender as it is written.
    """
    from ringfence.events.clock import SystemClock
    from ringfence.wiring.rules_in_force import entries_that_hold, known_lists

    now_ms = SystemClock().now_ms()
    wanted = _plain(number)
    found = [
        _entry(one.name, entry, now_ms)
        for one, _ in known_lists(common.settings())
        for entry in entries_that_hold(one, wanted)
    ]
    if common.json:
        print_json(found)
        return 0
    if not found:
        screen().print(f"No list holds {wanted}.", markup=False)
        return 0
    columns = ("list", "entry", "owner", "reason", "source", "until")
    rows = [(f["list"], f["entry"], f["owner"], f["reason"], f["source"], _until(f)) for f in found]
    screen().print(table(f"{wanted} is on", columns, rows))
    return 0


def _plain(number: str) -> str:
    """Return a number as lists hold it: digits without +; a sender stays as it is written."""
    written = number.strip().removeprefix("+")
    digits = "".join(c for c in written if c not in " -./()")
    return digits if digits.isdecimal() else written


def _summary(one: HotList, origin: str, now_ms: int) -> dict[str, Any]:
    return {
        "name": one.name,
        "entries": len(one.entries),
        "expired": sum(_has_ended(entry, now_ms) for entry in one.entries),
        "owners": sorted({entry.owner for entry in one.entries}),
        "from": origin,
    }


def _has_ended(entry: Entry, now_ms: int) -> bool:
    return entry.expires_ms is not None and entry.expires_ms <= now_ms


def _entry(name: str, entry: Entry, now_ms: int) -> dict[str, Any]:
    return {
        "list": name,
        "entry": entry.number + ("*" if entry.is_prefix else ""),
        "owner": entry.owner,
        "reason": entry.reason,
        "source": entry.source,
        "expires_ms": entry.expires_ms,
        "expired": _has_ended(entry, now_ms),
    }


def _until(entry: dict[str, Any]) -> str:
    if entry["expires_ms"] is None:
        return "no end"
    day = moment(entry["expires_ms"])[:10]
    return f"ended {day}" if entry["expired"] else day
