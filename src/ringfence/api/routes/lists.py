"""Lists of numbers and prefixes: looked at, changed with a reason, imported and exported, tried on the history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ringfence.api.acting import audited
from ringfence.api.answers import NO_STORE, answer, must_match, tag_of
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.bodies import whole_body
from ringfence.api.keyset import Keyset
from ringfence.api.masking import masked, shown
from ringfence.api.problems import ApiError
from ringfence.api.routes.list_shapes import (
    CSV,
    ENTRY,
    WHY,
    AddEntries,
    Ask,
    Entries,
    Entry,
    EntryChange,
    Hits,
    HotLists,
    ListChange,
    ListSummary,
    ListVersions,
    NewList,
    Number,
    WholeListVersion,
)
from ringfence.detectors.conditions.problems import Problem, WrittenFileError
from ringfence.events.errors import BAD_LIST, CONFLICT, EXISTS, NO_SUCH_NAME
from ringfence.wiring import list_work
from ringfence.wiring.house import House
from ringfence.wiring.list_work import Changed, HotList
from ringfence.wiring.reloading import CHANGING
from ringfence.wiring.rule_work import Book, book
from ringfence.wiring.rules_in_force import entries_that_hold
from ringfence.wiring.workplace import Workplace
from ringfence.wiring.would_hit import Question, would_hit

router = APIRouter(prefix="/v1/lists", tags=["lists"])
Reader = Annotated[Principal, may("lists.read")]
Writer = Annotated[Principal, may("lists.write")]
ListHere = Annotated[str, Path(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", examples=["hot"])]
EntryHere = Annotated[str, Path(pattern="^[0-9a-f]{32,400}$", examples=[ENTRY])]
WhyHere = Annotated[str, Query(min_length=1, max_length=1_000, description="Why it is changed.", examples=[WHY])]
SHOWN: Final = 20  # entries of a change that its answer shows
LINES: Final = 1_000
PROBLEMS: Final = 200
CLEAR_PREFIX: Final = 9  # digits of a prefix that is a range and no number of a person
IMPORT: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}, "example": CSV}}}
}
EXPORT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": CSV}}, "description": "The list"}
}


@router.get("", summary="All lists", response_model=HotLists)
def list_lists(house: HouseHere, asker: Reader) -> Response:
    """Return every list, shipped and own, and the rules that ask it."""
    now, now_ms = book(house.settings), house.clock.now_ms()
    return answer({"items": [list_work.summary(house.settings, now, one, now_ms) for one in now.lists]})


@router.post("", summary="Make a list", status_code=201, response_model=ListChange)
def create_list(house: HouseHere, asker: Writer, body: NewList) -> Response:
    """Make a list, with entries or without."""
    entries = [list_work.entry_of(one.model_dump(), body.name) for one in body.entries]
    with CHANGING:
        now = book(house.settings)
        if any(one.name.lower() == body.name.lower() for one in now.lists):
            raise ApiError(EXISTS, f"there is a list {body.name!r} already")
        done = _changed(house, asker, now, body.name, list_work.merged((), entries), "created", body.why)
    return _told(house, asker, body.name, done, 201)


@router.get("/{name}", summary="One list", response_model=ListSummary)
def get_list(name: ListHere, house: HouseHere, asker: Reader) -> Response:
    """Return what there is to say about a list."""
    one = list_work.list_of(house.settings, name)
    found = list_work.summary(house.settings, book(house.settings), one, house.clock.now_ms())
    return answer(found, headers={"ETag": tag_of(list_work.core(house.settings, one))})


@router.delete("/{name}", summary="Delete a list", response_model=ListChange)
def delete_list(name: ListHere, request: Request, house: HouseHere, asker: Writer, why: WhyHere) -> Response:
    """Delete an own list that no rule asks. A shipped one of its name takes its place again."""
    with CHANGING:
        now = book(house.settings)
        one = list_work.list_of(house.settings, name)
        must_match(request, list_work.core(house.settings, one), asker)
        if not list_work.own_path(house.settings, name).exists():
            raise ApiError(CONFLICT, "this list is shipped", cure="Make an own one of its name, without entries.")
        done = _changed(house, asker, now, name, None, "deleted", why)
    return _told(house, asker, name, done)


@router.get("/{name}/entries", summary="Entries of a list", response_model=Entries)
def list_entries(
    name: ListHere,
    house: HouseHere,
    asker: Reader,
    owner: Annotated[str | None, Query(max_length=200, examples=["fraud desk"])] = None,
    expired: Annotated[bool | None, Query(description="Only those that have ended, or have not.")] = None,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """Return entries by number, a prefix before the numbers below it."""
    one = list_work.list_of(house.settings, name)
    pages = Keyset(house, "entries", name, owner, expired)
    after = pages.place(cursor)
    last = _order_of(list_work.referred(house, name, after[0])) if after else None
    now_ms = house.clock.now_ms()
    wanted: list[list_work.Entry] = []
    for entry in list_work.sorted_entries(house.settings, one):
        if last is not None and list_work.order(entry) <= last:
            continue
        if owner is not None and entry.owner != owner:
            continue
        if expired is not None and _has_ended(entry, now_ms) is not expired:
            continue
        if wanted and list_work.order(entry) == list_work.order(wanted[-1]):
            continue  # written twice: the cursor stands for both
        wanted.append(entry)
        if len(wanted) > limit:
            break
    following = pages.after(list_work.reference(house, name, wanted[limit - 1])) if len(wanted) > limit else None
    return answer({"items": [_entry(house, asker, name, e, now_ms) for e in wanted[:limit]], "next": following})


@router.post("/{name}/lookup", summary="Look a number up", response_model=Entries)
def find_entries(name: ListHere, house: HouseHere, asker: Reader, body: Number) -> Response:
    """Return the entries that hold a number: itself, and prefixes of it; those that have ended, too."""
    one, now_ms = list_work.list_of(house.settings, name), house.clock.now_ms()
    found = entries_that_hold(one, body.number.strip().lstrip("+").removesuffix("*"))
    return answer({"items": [_entry(house, asker, name, entry, now_ms) for entry in found[:LINES]], "next": None})


@router.post("/{name}/entries", summary="Add entries", response_model=ListChange)
def add_entries(name: ListHere, house: HouseHere, asker: Writer, body: AddEntries) -> Response:
    """Add entries; one of the same number or prefix takes the other's place. All of them, or on an error none."""
    new = [list_work.entry_of(one.model_dump(), name) for one in body.entries]
    with CHANGING:
        now = book(house.settings)
        one = list_work.list_of(house.settings, name)
        done = _changed(house, asker, now, name, list_work.merged(one.entries, new), "added", body.why)
    return _told(house, asker, name, done)


@router.get("/{name}/entries/{entry_id}", summary="One entry", response_model=Entry)
def get_entry(name: ListHere, entry_id: EntryHere, house: HouseHere, asker: Reader) -> Response:
    """Return an entry."""
    entry = _of(house, list_work.list_of(house.settings, name), name, entry_id)[-1]
    document = _entry(house, asker, name, entry, house.clock.now_ms())
    return answer(document, headers={"ETag": tag_of(_core(entry))})


@router.patch("/{name}/entries/{entry_id}", summary="Change an entry", response_model=ListChange)
def change_entry(
    name: ListHere, entry_id: EntryHere, request: Request, house: HouseHere, asker: Writer, body: EntryChange
) -> Response:
    """Change owner, reason, source or end of an entry."""
    with CHANGING:
        now = book(house.settings)
        one = list_work.list_of(house.settings, name)
        before = _of(house, one, name, entry_id)[-1]
        must_match(request, _core(before), asker)
        said = body.model_dump(exclude_unset=True, exclude={"why"})
        said = {n: v for n, v in said.items() if v is not None or n == "expires"}
        fields = _core(before) | said
        after = list_work.merged(one.entries, [list_work.entry_of(fields, name)])
        done = _changed(house, asker, now, name, after, "changed", body.why)
    return _told(house, asker, name, done)


@router.delete("/{name}/entries/{entry_id}", summary="Take an entry out", response_model=ListChange)
def remove_entry(
    name: ListHere, entry_id: EntryHere, request: Request, house: HouseHere, asker: Writer, why: WhyHere
) -> Response:
    """Take an entry out of a list."""
    with CHANGING:
        now = book(house.settings)
        one = list_work.list_of(house.settings, name)
        gone = _of(house, one, name, entry_id)
        must_match(request, _core(gone[-1]), asker)
        after = [entry for entry in one.entries if list_work.order(entry) != list_work.order(gone[0])]
        done = _changed(house, asker, now, name, after, "removed", why)
    return _told(house, asker, name, done)


@router.post("/{name}/import", summary="Import a file", response_model=ListChange, openapi_extra=IMPORT)
async def import_list(
    name: ListHere,
    request: Request,
    house: HouseHere,
    asker: Writer,
    why: WhyHere,
    mode: Annotated[Literal["merge", "replace"], Query(description="replace: the list is the file then.")] = "merge",
    dry_run: Annotated[bool, Query(description="Say what would change, and what is wrong with the file.")] = False,
) -> Response:
    """Take a CSV file into a list: `entry`, `owner`, `reason`, and maybe `source` and `expires`.

    With a mistake in it nothing is changed; a dry run names every line that is wrong.
    """
    raw = await whole_body(request, house.settings.api.max_body_bytes)
    return await run_in_threadpool(_import, house, asker, name, raw, mode, dry_run, why)


def _import(house: House, asker: Principal, name: str, raw: bytes, mode: str, dry_run: bool, why: str) -> Response:
    entries, problems = list_work.imported(raw, name)
    if problems and not dry_run:
        raise WrittenFileError(BAD_LIST, f"{name}.csv", problems)
    with CHANGING:
        now = book(house.settings)
        one = list_work.list_of(house.settings, name)
        after = list_work.merged(one.entries if mode == list_work.MERGE else (), entries)
        if not dry_run:
            return _told(house, asker, name, _changed(house, asker, now, name, after, "imported", why))
    came, went = list_work.difference(one.entries, after)
    return _told(house, asker, name, Changed(None, None, came, went), problems=problems)


@router.get("/{name}/export", summary="Export a list", responses=EXPORT, response_class=Response)
def export_list(name: ListHere, house: HouseHere, asker: Reader) -> Response:
    """Return a list as CSV that no spreadsheet takes for formulas; its import makes the same list of it.

    Numbers are masked unless they are revealed: such a file cannot be imported again.
    """
    one = list_work.list_of(house.settings, name)
    text = list_work.exported(one.entries, lambda entry: _seen(entry, asker))
    return Response(
        text,
        media_type="text/csv; charset=utf-8",
        headers={**NO_STORE, "Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@router.get("/{name}/versions", summary="What was changed", response_model=ListVersions)
def list_list_versions(
    name: ListHere,
    house: HouseHere,
    asker: Reader,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Return the changes of a list, the newest first; those of one that is deleted, too."""
    pages = Keyset(house, "list-versions", name)
    before = pages.place(cursor)
    more = {"before": before[0]} if before else {}
    with house.reading() as place:
        found = list_work.store_of(place).versions(name, limit=limit + 1, **more)
    if not found and not before:
        list_work.list_of(house.settings, name)
    following = pages.after(found[limit - 1]["version"]) if len(found) > limit else None
    items = [one if asker.reveals else one | {"reason": masked(one["reason"])} for one in found[:limit]]
    return answer({"items": items, "next": following})


@router.get("/{name}/versions/{version}", summary="One change", response_model=WholeListVersion)
def get_list_version(
    name: ListHere, version: Annotated[int, Path(ge=1, lt=1 << 31, examples=[1])], house: HouseHere, asker: Reader
) -> Response:
    """Return a change with the lines that came and those that went."""
    with house.reading() as place:
        found = list_work.store_of(place).version(name, version)
    if found is None:
        raise ApiError(NO_SUCH_NAME, f"the list has no version {version}", cure="See its versions.")
    fields, added, removed = found
    lines = {"lines_added": _lines(added, asker), "lines_removed": _lines(removed, asker)}
    reason = fields["reason"] if asker.reveals else masked(fields["reason"])
    return answer({k: v for k, v in fields.items() if k != "name"} | {"reason": reason} | lines)


@router.post("/{name}/would-hit", summary="What would this have hit", response_model=Hits)
def try_entries(name: ListHere, house: HouseHere, asker: Reader, body: Ask) -> Response:
    """Return what entries would have hit in the history: events, parties, money, and alerts with their dispositions.

    Nothing is changed. The list need not be there yet.
    """
    if body.entries is None:
        entries = list_work.list_of(house.settings, name).entries
    else:
        said = {"owner": "asked", "reason": "asked"}
        entries = tuple(list_work.entry_of(said | {"entry": one}, name) for one in body.entries)
    asked = Question(entries, body.days, tuple(dict.fromkeys(body.columns)))
    with house.reading() as place:
        found = would_hit(place, asked)
    places = [event["place"] for event in found["sample"]]
    document: dict[str, Any] = shown(found, asker)
    for event, where in zip(document["sample"], places, strict=True):
        event["place"] = where
    return answer(document)


def _changed(
    house: House, asker: Principal, now: Book, name: str, after: Sequence[list_work.Entry] | None, act: str, why: str
) -> Changed:
    """Change a list, unless it is so already."""
    before = next((one for one in now.lists if one.name == name), None)
    if before is not None and after is not None and not any(list_work.difference(before.entries, after)):
        return Changed(None, None, (), ())
    version = {"at_ms": house.clock.now_ms(), "by": asker.name, "reason": why, "act": act}

    def note(place: Workplace, counts: dict[str, Any]) -> None:
        audited(place, house, asker, f"list.{act}", name, reason=why, **counts)

    return list_work.change(house, now, name, after, version, note)


def _told(
    house: House, asker: Principal, name: str, done: Changed, status: int = 200, problems: Iterable[Problem] = ()
) -> Response:
    now_ms, wrong = house.clock.now_ms(), list(problems)
    document = {
        "version": done.version,
        "in_force": done.in_force,
        "added": len(done.added),
        "removed": len(done.removed),
        "sample_added": [_entry(house, asker, name, entry, now_ms) for entry in done.added[:SHOWN]],
        "sample_removed": [_entry(house, asker, name, entry, now_ms) for entry in done.removed[:SHOWN]],
        "problems": [
            {n: getattr(one, n) for n in ("code", "what", "line", "source", "cure")} for one in wrong[:PROBLEMS]
        ],
        "valid": not wrong,
    }
    one = list_work.lists_now(house.settings).get(name)
    return answer(document, status, {"ETag": tag_of(list_work.core(house.settings, one))} if one else None)


def _of(house: House, one: HotList, name: str, entry_id: str) -> list[list_work.Entry]:
    """Return the entries that a reference stands for: one, unless a file has it twice."""
    wanted = list_work.referred(house, name, entry_id)
    found = [entry for entry in one.entries if list_work.written(entry) == wanted]
    if not found:
        raise ApiError(NO_SUCH_NAME, "the list has no such entry", cure="See its entries.")
    return found


def _order_of(written: str) -> tuple[str, bool]:
    return written.removesuffix("*"), not written.endswith("*")


def _core(entry: list_work.Entry) -> dict[str, Any]:
    fields = {name: getattr(entry, name) for name in ("owner", "reason", "source")}
    return {"entry": list_work.written(entry), **fields, "expires": list_work.date_of(entry.expires_ms)}


def _has_ended(entry: list_work.Entry, now_ms: int) -> bool:
    return entry.expires_ms is not None and entry.expires_ms <= now_ms


def _seen(entry: list_work.Entry, asker: Principal) -> list_work.Entry:
    """Return an entry as the one who asks may see it: ranges stay clear, numbers of people are masked."""
    if asker.reveals:
        return entry
    number = entry.number if entry.is_prefix and len(entry.number) <= CLEAR_PREFIX else masked(entry.number)
    texts = {name: masked(getattr(entry, name)) for name in ("owner", "reason", "source")}
    return replace(entry, number=number, **texts)  # type: ignore[arg-type]


def _entry(house: House, asker: Principal, name: str, entry: list_work.Entry, now_ms: int) -> dict[str, Any]:
    known = {"entry_id": list_work.reference(house, name, entry), "expired": _has_ended(entry, now_ms)}
    return known | _core(_seen(entry, asker))


def _lines(rows: list[list[str]], asker: Principal) -> list[dict[str, str]]:
    made = []
    for row in rows[:LINES]:
        fields = dict(zip(list_work.COLUMNS, row, strict=True))
        is_range = row[0].endswith("*") and len(row[0]) <= CLEAR_PREFIX + 1
        hidden = fields if asker.reveals else {name: masked(text) for name, text in fields.items()}
        made.append(hidden | {"entry": row[0] if is_range else hidden["entry"], "expires": fields["expires"]})
    return made
