"""`ringfence connect`: look at unknown records, guess how to read them, save the mapping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ringfence.cli.arguments import check_zone, there
from ringfence.cli.output import Common, moment, money, notes, print_json, screen, table

if TYPE_CHECKING:
    from ringfence.wiring.connecting import Looked

MAIN = ("at_ms", "kind", "caller", "callee", "duration_ms", "answered", "cause", "callee_country", "charge_micros")
TITLES = {"at_ms": "time", "duration_ms": "answered for", "charge_micros": "charge", "callee_country": "country"}
RIGHT = ("duration_ms", "charge_micros", "cause")
SHOWN_REJECTS = 5


def connect(
    file: Path,
    *,
    name: Annotated[str, Parameter(help="Name of the mapping. [default: the file's]")] = "",
    format: Annotated[str, Parameter(help="Do not guess: asterisk, freeswitch, ndjson, ... or a mapping.")] = "auto",
    time_zone: Annotated[str, Parameter(help="Zone of times that name none, e.g. Europe/Berlin.")] = "",
    yes: Annotated[bool, Parameter(negative=(), help="Replace a mapping of that name.")] = False,
    dry_run: Annotated[bool, Parameter(negative=(), help="Show everything, save nothing.")] = False,
    common: Common = Common(),
) -> int:
    """Look at unknown records, show them as events, and save how to read them.

    Args:
        file: One file of records.
    """
    from ringfence.feeds.mapping import Mapping
    from ringfence.wiring.connecting import fitting_name, look, save

    settings = common.settings()
    check_zone(time_zone)
    there(file)
    looked = look(settings, file, format=format, zone=time_zone, name=fitting_name(file, name))
    saved, is_guess = None, looked.confidence is not None
    if isinstance(looked.feed, Mapping) and is_guess and not dry_run:
        remarks = (
            f"How to read {file.name}, guessed by `ringfence connect`. Check it and mend it.",
            *looked.notes,
            *(() if looked.feed.zone else (*_zone_notes(looked), 'For this mapping alone: zone = "Europe/Berlin"')),
        )
        saved = save(settings, looked.feed, remarks, over=yes)
    following = _command(common, file, looked, time_zone)
    if common.json:
        print_json(_document(file, looked, saved, following))
        return 0
    _show(looked, settings.home.time_zone)
    if saved:
        screen().print(f"Saved {saved}. Read it, and mend what was guessed wrong.")
    elif isinstance(looked.feed, Mapping) and is_guess:
        screen().print("Nothing is saved: the next command needs the mapping, so leave --dry-run out first.")
    screen().print(f"Next: {following}")
    return 0


def _format_name(looked: Looked) -> str:
    return looked.feed if isinstance(looked.feed, str) else looked.feed.name


def _command(common: Common, file: Path, looked: Looked, zone: str) -> str:
    from shlex import join

    words = ["ringfence", "run", str(file), "--format", _format_name(looked)]
    if zone and (isinstance(looked.feed, str) or looked.confidence is None):  # no mapping is saved that says it
        words += ["--time-zone", zone]
    return join(words + (["--home", str(common.home)] if common.home else []))


def _document(file: Path, looked: Looked, saved: Path | None, following: str) -> dict[str, Any]:
    rejects = looked.rejects
    return {
        "file": str(file),
        "format": _format_name(looked),
        "confidence": looked.confidence,
        "notes": list(looked.notes),
        "time_zone": looked.zone.name if looked.zone else None,
        "time_zone_from": (looked.zone.said_by.strip("-") or "default") if looked.zone else None,
        "mapping": str(saved) if saved else None,
        "records": looked.records,
        "events": looked.events.to_dicts(),
        "suspense": rejects.select("place", "code", "message").to_dicts() if rejects.height else [],
        "left_out": looked.left_out,
        "next": following,
    }


def _show(looked: Looked, zone: str) -> None:
    console = screen()
    sure = "" if looked.confidence is None else f", {looked.confidence:.0%} sure"
    console.print(f"Format: {_format_name(looked)}{sure}")
    for note in looked.notes:
        console.print(f"  - {note}", markup=False)
    for note in _zone_notes(looked):
        console.print(note, markup=False)
    records = "1 record was" if looked.records == 1 else f"{looked.records:,} records were"
    left_out = f"; {looked.left_out:,} rows were left out" if looked.left_out else ""
    console.print(f"{records} looked at{left_out}.")
    if looked.events.height:
        console.print(_main_table(looked, zone))
        console.print(_other_table(looked, zone))
    _show_rejects(looked)


def _zone_notes(looked: Looked) -> list[str]:
    """Return in which zone times were read that name none, and how to change it; nothing where all are moments."""
    if looked.zone is None:
        return []
    name, said_by = looked.zone.name, looked.zone.said_by
    if said_by:
        return [f"Times that name no zone are read in {name}, as {said_by} says. Another one: --time-zone NAME."]
    return [
        "Times that name no zone are read in UTC, because nothing says another. If the switch writes local time, say "
        "where it is: --time-zone NAME (such as Europe/Berlin), or once for all home.time_zone in ringfence.toml."
    ]


def _main_table(looked: Looked, zone: str) -> Any:
    names = [name for name in MAIN if name in looked.events.columns]
    currencies = looked.events["currency"].to_list() if "currency" in looked.events.columns else None
    rows = [
        [_cell(name, row[name], zone, currencies[at] if currencies else None) for name in names]
        for at, row in enumerate(looked.events.iter_rows(named=True))
    ]
    titles = [TITLES.get(name, name) for name in names]
    right = [TITLES.get(name, name) for name in RIGHT]
    return table(f"The first {len(rows)} as events (times in {zone})", titles, rows, right=right)


def _cell(name: str, value: Any, zone: str, currency: str | None) -> str:
    if value is None:
        return ""
    if name == "at_ms":
        return moment(value, zone)
    if name == "duration_ms":
        return f"{value / 1000:,.1f} s"
    if name == "charge_micros":
        return money(value, currency)
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _other_table(looked: Looked, zone: str) -> Any:
    """Return the other columns that say anything: how often, and for example what."""
    frame = looked.events
    others = [name for name in frame.columns if name not in (*MAIN, "place")]
    rows = [
        (name, f"{len(frame[name].drop_nulls())} of {frame.height}", _example(name, frame[name].drop_nulls()[0], zone))
        for name in others
    ]
    return table("Other columns of these events", ("column", "filled", "for example"), rows, right=("filled",))


def _example(name: str, value: Any, zone: str) -> str:
    if name == "start_ms":
        return moment(value, zone)
    return f"{value / 1000:,.1f} s" if name.endswith("_ms") else str(value)


def _show_rejects(looked: Looked) -> None:
    console, rejects = screen(), looked.rejects
    if not rejects.height:
        console.print("Nothing would go to suspense.")
        return
    by_code = rejects.group_by("code").len().sort("len", "code", descending=[True, False])
    counts = ", ".join(f"{count:,} for {code}" for code, count in by_code.iter_rows())
    console.print(f"{rejects.height:,} of {looked.records:,} would go to suspense: {counts}. For example:")
    for place, message, code in rejects.select("place", "message", "code").head(SHOWN_REJECTS).iter_rows():
        console.print(f"  {place}: {message} [{code}]", markup=False)
    notes().print("They are kept, never lost. See `ringfence suspense` after a run.")
