"""`ringfence suspense`: records that could not be decoded, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ringfence.cli.output import Common, moment, notes, print_json, screen, table

if TYPE_CHECKING:
    from ringfence.settings import Settings
    from ringfence.wiring.recycling import Again, Recycling, Suspended

app = App(name="suspense", help_format="plaintext", help="Records that could not be decoded.")

Source = Annotated[str | None, Parameter(help="Only those of this source.")]
ByCode = Annotated[str | None, Parameter(help="Only those with this reason, e.g. RF2003.")]
Format = Annotated[str, Parameter(help="How to read them. [default: as their source]")]
Zone = Annotated[str, Parameter(help="Zone of times that name none, as in the run. [default: their source's]")]
Owner = Annotated[str, Parameter(help="Your name: it is kept with the record.")]
Every = Annotated[bool, Parameter(negative=(), help="All that are not done with, within --source and --code.")]

RAW_SHOWN = 160  # characters of a record in a table or beside its reason
RAW_WHOLE = 4_000  # and where one record is shown


@app.default
def queue(
    *,
    source: Source = None,
    code: ByCode = None,
    state: Annotated[str | None, Parameter(help="new, edited, test-recycled, recycled or written-off.")] = None,
    limit: Annotated[int, Parameter(help="At most so many. 0: all.")] = 50,
    common: Common = Common(),
) -> int:
    """Print how many records wait for each reason, and the records."""
    from ringfence.wiring.workplace import workplace

    _check_state(state)
    with workplace(common.settings()) as place:
        counts = [
            {"source": s, "code": c, "state": t, "records": n}
            for s, c, t, n in place.suspense.count()
            if source in (None, s) and code in (None, c) and state in (None, t)
        ]
        found = place.suspense.list(source=source, code=code, state=state, limit=limit if limit > 0 else -1)
    if common.json:
        print_json({"counts": counts, "records": [_document(record) for record in found]})
    elif not counts:
        screen().print("Nothing is in suspense." if (source, code, state) == (None,) * 3 else "None of these.")
    else:
        _show_queue(counts, found)
    return 0


@app.command
def show(suspense_id: str, *, common: Common = Common()) -> int:
    """Print one record: its bytes, its place, what was expected and what to do.

    Args:
        suspense_id: The record's id, or the first digits of it.
    """
    from ringfence.wiring.recycling import what_to_do
    from ringfence.wiring.workplace import workplace

    settings = common.settings()
    with workplace(settings) as place:
        record = place.suspense.get(suspense_id)
    if common.json:
        print_json(_document(record) | {"cure": what_to_do(record.code)})
        return 0
    screen().print(table(f"Record {record.suspense_id}", ("", ""), _facts(record, settings, what_to_do(record.code))))
    return 0


@app.command(name="test")
def try_again(
    suspense_id: str = "",
    *,
    all: Every = False,
    source: Source = None,
    code: ByCode = None,
    format: Format = "",
    time_zone: Zone = "",
    owner: Owner = "",
    common: Common = Common(),
) -> int:
    """Say which records would be events now. End with 1 if one would not.

    Args:
        suspense_id: The record's id, or the first digits of it.
    """
    from ringfence.wiring.recycling import try_again as run_test

    settings = common.settings()
    found = run_test(settings, _recycling(suspense_id, source, code, format, owner, zone=time_zone, every=all))
    _tell(found, common, settings, "would be events now")
    return 1 if any(again.event is None for again in found) else 0


@app.command
def recycle(
    suspense_id: str = "",
    *,
    all: Every = False,
    source: Source = None,
    code: ByCode = None,
    format: Format = "",
    time_zone: Zone = "",
    owner: Owner = "",
    common: Common = Common(),
) -> int:
    """Decode records again and let those that are events now into the flow. End with 5 if some are still none.

    Args:
        suspense_id: The record's id, or the first digits of it.
    """
    from ringfence.cli.run import balance_rows
    from ringfence.wiring.recycling import recycle as run_recycling

    settings = common.settings()
    found, counters = run_recycling(
        settings, _recycling(suspense_id, source, code, format, owner, zone=time_zone, every=all)
    )
    _tell(found, common, settings, "are events now", {"balance": balance_rows(counters)})
    if not common.json:
        for row in balance_rows(counters):
            out = notes()
            out.print(f"{row['source']}: {row['accepted']:,} accepted, {row['duplicate']:,} were there already")
            if row["late"]:
                out.print(f"{row['late']:,} came too late to be judged: they are kept in the history only.")
    return 5 if any(again.event is None for again in found) else 0


@app.command
def edit(
    suspense_id: str,
    *,
    raw: Annotated[str, Parameter(help="What the record should have been.")] = "",
    file: Annotated[Path | None, Parameter(help="Or a file that holds it.")] = None,
    format: Format = "",
    time_zone: Zone = "",
    owner: Owner,
    common: Common = Common(),
) -> int:
    """Put other bytes beside a record, to be recycled instead of its own. Its own are kept.

    Args:
        suspense_id: The record's id, or the first digits of it.
    """
    from ringfence.wiring.recycling import edit as run_edit

    settings = common.settings()
    again = run_edit(settings, _recycling(suspense_id, None, None, format, owner, zone=time_zone), _content(raw, file))
    _tell([again], common, settings, "would be events now")
    return 0 if again.event is not None else 1


@app.command(name="write-off")
def write_off(
    suspense_id: str = "",
    *,
    all: Every = False,
    source: Source = None,
    code: ByCode = None,
    reason: Annotated[str, Parameter(help="Why the record can never be an event.")],
    owner: Owner,
    common: Common = Common(),
) -> int:
    """Give records up, with a reason. They stay, and stay counted as rejected.

    Args:
        suspense_id: The record's id, or the first digits of it.
    """
    from ringfence.events.errors import BAD_DECISION, UsageError
    from ringfence.wiring.recycling import write_off as run_write_off

    if not reason.strip() or not owner.strip():
        raise UsageError(
            BAD_DECISION, "who gives the records up, or why, is not said", expected="--owner and --reason", cure=""
        )
    records = run_write_off(
        common.settings(), _recycling(suspense_id, source, code, "", owner.strip(), every=all), reason.strip()
    )
    _marked(records, "written-off", common)
    return 0


@app.command
def reopen(
    suspense_id: str = "",
    *,
    source: Source = None,
    code: ByCode = None,
    owner: Owner,
    common: Common = Common(),
) -> int:
    """Take a write-off back: the records wait again.

    Args:
        suspense_id: The record's id, or the first digits of it. None: all that were written off.
    """
    from ringfence.wiring.recycling import WRITTEN_OFF, Recycling, Wanted, take_back

    wanted = Wanted(suspense_id, source, code, None if suspense_id else WRITTEN_OFF)
    _marked(take_back(common.settings(), Recycling(wanted=wanted, owner=owner)), "new", common)
    return 0


def _recycling(
    suspense_id: str,
    source: str | None,
    code: str | None,
    format: str,
    owner: str,
    *,
    zone: str = "",
    every: bool = False,
) -> Recycling:
    from ringfence.cli.arguments import check_zone
    from ringfence.events.errors import BAD_ARGUMENT, UsageError
    from ringfence.wiring.recycling import Recycling, Wanted

    check_zone(zone)
    if bool(suspense_id) == every:
        raise UsageError(
            BAD_ARGUMENT,
            "an id and --all were given" if every else "no record is named",
            expected="an id, or --all (with --source or --code to narrow it)",
            cure="See `ringfence suspense` for the ids.",
        )
    return Recycling(wanted=Wanted(suspense_id, source, code), owner=owner, format=format, zone=zone)


def _check_state(state: str | None) -> None:
    from ringfence.events.errors import BAD_ARGUMENT, UsageError
    from ringfence.wiring.recycling import STATES

    if state is not None and state not in STATES:
        raise UsageError(BAD_ARGUMENT, f"--state {state} is no state", expected=", ".join(STATES))


def _content(raw: str, file: Path | None) -> bytes:
    from ringfence.cli.arguments import there
    from ringfence.events.errors import BAD_ARGUMENT, UNREADABLE_FILE, UsageError

    if bool(raw) == (file is not None):
        raise UsageError(BAD_ARGUMENT, "what the record should have been is not said once", expected="--raw or --file")
    if file is not None:
        there(file)
    try:
        return raw.encode() if file is None else file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise UsageError(UNREADABLE_FILE, error.strerror or str(error), where=str(file)) from None


def _tell(
    found: list[Again], common: Common, settings: Settings, claim: str, more: dict[str, Any] | None = None
) -> None:
    if common.json:
        print_json({"records": [_again_document(again) for again in found]} | (more or {}))
        return
    good = [again for again in found if again.event is not None]
    console = screen()
    console.print(f"{len(good):,} of {len(found):,} records {claim}.")
    for again in found:
        short = again.record.suspense_id[:8]
        if again.event is None:
            console.print(f"{short}  {again.record.place}: {again.message} [{again.code}]", markup=False)
        elif len(found) == 1:
            row = {k: v for k, v in again.event.row(0, named=True).items() if v is not None and k != "event_id"}
            rows = [
                (k, moment(v, settings.home.time_zone) if k in ("at_ms", "start_ms") else v) for k, v in row.items()
            ]
            console.print(table("The event", ("column", "value"), rows))


def _again_document(again: Again) -> dict[str, Any]:
    known = {"suspense_id": again.record.suspense_id, "place": again.record.place, "is_event": again.event is not None}
    return known if again.event is not None else {**known, "code": again.code, "message": again.message}


def _marked(records: list[Suspended], state: str, common: Common) -> None:
    if common.json:
        print_json([{"suspense_id": record.suspense_id, "state": state} for record in records])
    else:
        screen().print(f"{len(records):,} records are {state} now.")


def _document(record: Suspended) -> dict[str, Any]:
    from base64 import b64encode
    from dataclasses import asdict

    document = asdict(record)
    for name in ("raw", "edited"):
        content = document.pop(name)
        document[f"{name}_text"] = None if content is None else printable(content)
        document[f"{name}_base64"] = None if content is None else b64encode(content).decode()
    return document


def printable(content: bytes, most: int | None = None) -> str:
    r"""Return bytes as text that cannot change the terminal: what is not printable is written as `\x00`."""
    text = content[: most * 4 if most else None].decode("utf-8", "backslashreplace")
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if most is None or len(shown) <= most else shown[: most - 3] + "..."


def _show_queue(counts: list[dict[str, Any]], found: list[Suspended]) -> None:
    from ringfence.wiring.recycling import title_of

    rows = [(c["source"], c["code"], title_of(c["code"]), c["state"], f"{c['records']:,}") for c in counts]
    console = screen()
    console.print(table("In suspense", ("source", "code", "reason", "state", "records"), rows, right=("records",)))
    records = [
        (r.suspense_id[:8], r.place, f"{r.message} [{r.code}]", r.state, printable(r.raw, RAW_SHOWN)) for r in found
    ]
    console.print(table("Records", ("id", "place", "reason", "state", "as received"), records))
    total = sum(c["records"] for c in counts)
    if total > len(found):
        notes().print(f"The first {len(found):,} of {total:,}; all with --limit 0.")
    notes().print("One with all its bytes: `ringfence suspense show ID`. After mending: `ringfence suspense test ID`.")


def _facts(record: Suspended, settings: Settings, cure: str) -> list[tuple[str, Any]]:
    from ringfence.wiring.recycling import title_of

    facts: list[tuple[str, Any]] = [
        ("source", record.source),
        ("place", record.place),
        ("reason", f"{title_of(record.code)} [{record.code}]"),
        ("in detail", record.message),
        ("column", record.column),
        ("what to do", cure),
        ("received", f"{record.times:,} times" if record.times > 1 else "once"),
        ("bytes", f"{record.raw_bytes:,}"),
        ("as received", printable(record.raw, RAW_WHOLE)),
        ("state", record.state),
    ]
    if record.edited is not None:
        facts.append(("edited to", printable(record.edited, RAW_WHOLE)))
    if record.changed_at_ms is not None:
        when = moment(record.changed_at_ms, settings.home.time_zone)
        facts.append(("changed", f"{when} by {record.changed_by or 'nobody named'}"))
    if record.note is not None:
        facts.append(("why", record.note))
    return facts
