"""Rules: what is in force and what it has found, checked, written, and put in force step by step."""

from __future__ import annotations

from difflib import unified_diff
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from ringfence.api.acting import audited
from ringfence.api.answers import answer, must_match, tag_of
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.masking import masked
from ringfence.api.problems import ApiError
from ringfence.api.routes.rule_shapes import (
    WHY,
    Checked,
    CheckText,
    Difference,
    NewStatus,
    Outcome,
    Rule,
    Rules,
    Versions,
    WholeVersion,
    Written,
)
from ringfence.api.rule_views import seen_fields, seen_text, with_numbers
from ringfence.detectors.rule_text import text_of as text_of_form
from ringfence.events.errors import CONFLICT, EXISTS, NO_SUCH_NAME
from ringfence.wiring import rule_work
from ringfence.wiring.house import House
from ringfence.wiring.reloading import CHANGING
from ringfence.wiring.rule_changes import WAITING, Done, carry_out, proposal_of
from ringfence.wiring.rule_work import Book, Change, Known
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/rules", tags=["rules"])
Reader = Annotated[Principal, may("rules.read")]
Writer = Annotated[Principal, may("rules.write")]
RuleHere = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,63}$", examples=["dear_evening"])]
VersionHere = Annotated[int, Path(ge=1, lt=1 << 31, examples=[1])]
WAITS: Any = {202: {"model": Outcome, "description": "It waits for a second person"}}


@router.get("", summary="All rules", response_model=Rules)
def list_rules(house: HouseHere, asker: Reader) -> Response:
    """Return every rule, shipped and own, those that are off too: by fraud and id, with what each has found.

    A precision is told only where people have decided about alerts, beside the share that they have decided about.
    """
    now = rule_work.book(house.settings)
    with house.reading() as place:
        rows = rule_work.store_of(place).hits(asker.tenant)
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_rule.setdefault(row["detector"], []).append(row)
    items = [
        seen_fields(rule_work.summary(house.settings, known), known.rule, asker)
        | {"found": rule_work.found_so_far(by_rule.get(known.rule.id, ()))}
        for known in now.known.values()
    ]
    return answer({"items": items, "next": None})


@router.post("/check", summary="Check a text", response_model=Checked)
def check_rule(house: HouseHere, asker: Annotated[Principal, may("rules.read")], body: CheckText) -> Response:
    """Return everything that is wrong with a text of rules, each with its line and column; nothing is kept."""
    rules, problems = rule_work.checked(rule_work.book(house.settings), body.text, "rule.toml")
    names = ("code", "what", "line", "column", "length", "source", "cure")
    told = [{name: getattr(problem, name) for name in names} for problem in problems]
    return answer({"valid": not problems, "rules": [rule.id for rule in rules], "problems": told})


@router.post("", summary="Write a new rule", status_code=201, response_model=Outcome, responses=WAITS)
def create_rule(house: HouseHere, asker: Writer, body: Written) -> Response:
    """Write a rule whose id is new. It begins as a draft, or in shadow where the text says so."""
    with CHANGING:
        now = rule_work.book(house.settings)
        text = body.text if body.text is not None else text_of_form(body.form or {})
        with house.reading() as place:
            text, rule = rule_work.next_text(place, now, None, text, "rule.toml")
        if rule.id in now.known:
            raise ApiError(EXISTS, f"there is a rule {rule.id!r} already", cure=f"Change it: PUT /v1/rules/{rule.id}.")
        change = _change(house, asker, rule.id, "created", text, rule, body.reason)
        done = carry_out(house, now, change, _note(house, asker, change))
    return _outcome(house, asker, rule.id, done, 201)


@router.get("/{rule_id}", summary="One rule", response_model=Rule)
def get_rule(rule_id: RuleHere, house: HouseHere, asker: Reader) -> Response:
    """Return a rule: its text, the same as fields, what it reads, and what it has found."""
    known = rule_work.book(house.settings).rule(rule_id)
    text = rule_work.text_of(house.settings, known)
    return answer(_shown(house, asker, known, text), headers={"ETag": tag_of(rule_work.core(known, text))})


@router.put("/{rule_id}", summary="Change a rule", response_model=Outcome, responses=WAITS)
def write_rule(rule_id: RuleHere, request: Request, house: HouseHere, asker: Writer, body: Written) -> Response:
    """Write another text of a rule; a shipped rule gets an own text in its place.

    The revision counts up by itself where the meaning changes (`on`, `entity`, `when`, `unless`, `evidence`, `gap`):
    alerts of another revision are other alerts. The status has acts of its own.
    """
    with CHANGING:
        now = rule_work.book(house.settings)
        known, before = _matched(house, now, rule_id, request, asker)
        text = body.text if body.text is not None else text_of_form(body.form or {})
        text = with_numbers(text, before)
        with house.reading() as place:
            text, rule = rule_work.next_text(place, now, known, text, f"{rule_id}.toml")
        if rule.id != rule_id:
            raise ApiError(CONFLICT, f"this is the rule {rule.id!r}", expected=f"the rule {rule_id!r}")
        change = _change(house, asker, rule_id, "written", text, rule, body.reason)
        done = carry_out(house, now, change, _note(house, asker, change))
    return _outcome(house, asker, rule_id, done)


@router.post("/{rule_id}/status", summary="Put a rule in force, or out of it", response_model=Outcome, responses=WAITS)
def set_rule_status(rule_id: RuleHere, request: Request, house: HouseHere, asker: Writer, body: NewStatus) -> Response:
    """Change the status: draft, shadow, percentage (with a share), on, off. Needs If-Match.

    The engine that runs goes on with it at once. An episode that is open when a rule begins or ceases to be heard ends
    there: a match after that begins another one, which is heard or not as the rule is then.
    """
    if (body.status == "percentage") is (body.share is None):
        raise ApiError(CONFLICT, "a share belongs to the status percentage, and only to it", expected="both or neither")
    with CHANGING:
        now = rule_work.book(house.settings)
        known, before = _matched(house, now, rule_id, request, asker)
        if rule_work.is_settled_elsewhere(known):
            cure = "Take it out of `rules.off`."
            raise ApiError(CONFLICT, "the settings turn this rule off, whatever its status", cure=cure)
        text, rule = rule_work.with_status(now, before, body.status, body.share, f"{rule_id}.toml")
        change = _change(house, asker, rule_id, "status", text, rule, body.reason)
        done = carry_out(house, now, change, _note(house, asker, change))
    return _outcome(house, asker, rule_id, done)


@router.delete("/{rule_id}", summary="Remove a rule", response_model=Outcome, responses=WAITS)
def remove_rule(
    rule_id: RuleHere,
    request: Request,
    house: HouseHere,
    asker: Writer,
    reason: Annotated[str, Query(min_length=1, max_length=1_000, examples=[WHY])],
) -> Response:
    """Remove the own text of a rule. A shipped rule of the same id is in force again; the versions stay."""
    with CHANGING:
        now = rule_work.book(house.settings)
        known, _ = _matched(house, now, rule_id, request, asker)
        rule_work.check_can_be_removed(house.settings, known)
        change = _change(house, asker, rule_id, rule_work.REMOVED, None, None, reason)
        done = carry_out(house, now, change, _note(house, asker, change))
    return _outcome(house, asker, rule_id, done)


@router.get("/{rule_id}/versions", summary="What a rule was", response_model=Versions)
def list_rule_versions(rule_id: RuleHere, house: HouseHere, asker: Reader) -> Response:
    """Return the versions of a rule that was ever changed here, the newest first."""
    with house.reading() as place:
        found = rule_work.store_of(place).versions(rule_id)
    if not found:
        rule_work.book(house.settings).rule(rule_id)
    return answer({"items": [{name: one[name] for name in one if name != "rule_id"} for one in found]})


@router.get("/{rule_id}/versions/{version}", summary="One version", response_model=WholeVersion)
def get_rule_version(rule_id: RuleHere, version: VersionHere, house: HouseHere, asker: Reader) -> Response:
    """Return a version with its text."""
    with house.reading() as place:
        found = _version(place, rule_id, version)
    text = _seen(house, found["text"], asker)
    return answer({name: found[name] for name in found if name != "rule_id"} | {"text": text})


@router.get("/{rule_id}/diff", summary="How two versions differ", response_model=Difference)
def diff_rule_versions(
    rule_id: RuleHere,
    house: HouseHere,
    asker: Reader,
    before: Annotated[int, Query(ge=1, lt=1 << 31, examples=[1])],
    after: Annotated[int, Query(ge=1, lt=1 << 31, examples=[2])],
) -> Response:
    """Return the difference of two versions: of their texts line by line, and field by field."""
    with house.reading() as place:
        texts = [_seen(house, _version(place, rule_id, number)["text"], asker) for number in (before, after)]
    one, other = ((text or "").splitlines(keepends=True) for text in texts)
    unified = "".join(unified_diff(one, other, f"{rule_id} {before}", f"{rule_id} {after}"))
    fields = rule_work.difference(*rule_work.forms(texts))
    return answer({"before": before, "after": after, "unified": unified, "fields": fields})


def _version(place: Workplace, rule_id: str, number: int) -> dict[str, Any]:
    found = rule_work.store_of(place).version(rule_id, number)
    if found is None:
        raise ApiError(NO_SUCH_NAME, f"the rule has no version {number}", cure="See its versions.")
    return found


def _seen(house: House, text: str | None, asker: Principal) -> str | None:
    """Return a text that was once right as the one who asks may see it; what it names may be gone since."""
    if text is None or asker.reveals:
        return text
    rules, _ = rule_work.checked(rule_work.book(house.settings), text, "")
    return seen_text(text, rules[0], asker) if rules else masked(text)


def _matched(house: House, now: Book, rule_id: str, request: Request, asker: Principal) -> tuple[Known, str]:
    """Return a rule and its text, if If-Match speaks of it as it is."""
    known = now.rule(rule_id)
    text = rule_work.text_of(house.settings, known)
    must_match(request, rule_work.core(known, text), asker)
    return known, text


def _change(house: House, asker: Principal, rule_id: str, act: str, text: str | None, rule: Any, reason: str) -> Change:
    return Change(
        rule_id=rule_id, act=act, text=text, rule=rule, by=asker.name, at_ms=house.clock.now_ms(), reason=reason
    )


def _note(house: House, asker: Principal, change: Change) -> Any:
    """Return what writes the audit entry of a change."""

    def note(place: Workplace, what: str) -> None:
        detail: dict[str, Any] = {"act": change.act, "reason": change.reason}
        if change.rule is not None:
            detail |= {"status": change.rule.status, "revision": change.rule.revision}
        audited(place, house, asker, f"rule.{what}", change.rule_id, **detail)

    return note


def _outcome(house: House, asker: Principal, rule_id: str, done: Done, status: int = 200) -> Response:
    """Return what became of a change."""
    document: dict[str, Any] = {"rule": None, "version": done.version, "in_force": done.in_force, "proposal": None}
    if done.proposal_id is not None:
        with house.reading() as place:
            document["proposal"] = proposal_document(house, asker, proposal_of(place, done.proposal_id))
        return answer(document, 202)
    known = rule_work.book(house.settings).known.get(rule_id)
    if known is None:
        return answer(document, status)
    text = rule_work.text_of(house.settings, known)
    document["rule"] = _shown(house, asker, known, text)
    return answer(document, status, {"ETag": tag_of(rule_work.core(known, text))})


def outcome_of(house: House, asker: Principal, rule_id: str, done: Done) -> Response:
    """Return what became of a change that another has proposed."""
    return _outcome(house, asker, rule_id, done)


def proposal_document(house: House, asker: Principal, proposal: dict[str, Any]) -> dict[str, Any]:
    """Return a proposal as the one who asks may see it."""
    own = {name: value for name, value in proposal.items() if name not in ("number", "seen")}
    return own | {"text": _seen(house, proposal["text"], asker)}


def _shown(house: House, asker: Principal, known: Known, text: str) -> dict[str, Any]:
    rule_id = known.rule.id
    with house.reading() as place:
        store = rule_work.store_of(place)
        rows = store.hits_of(rule_id, asker.tenant)
        waiting = store.proposals(state=WAITING, rule_id=rule_id)
    document = seen_fields(rule_work.document(house.settings, known, text), known.rule, asker)
    return document | {
        "found": rule_work.found_so_far(rows),
        "money": rule_work.money_so_far(rows),
        "last_raised_at_ms": max((row["last_raised_at_ms"] for row in rows), default=None),
        "proposals": [one["proposal_id"] for one in waiting],
    }
