"""A change of a rule carried out: kept and in force at once, or, where four eyes are asked for, once another agrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ringfence.events.errors import CONFLICT, NO_SUCH_NAME, NOT_ALLOWED, UsageError
from ringfence.events.identity import digest
from ringfence.wiring.house import House
from ringfence.wiring.reloading import candidate, put_back, put_in_force
from ringfence.wiring.rule_work import (
    REMOVED,
    Book,
    Change,
    book,
    core,
    keep,
    needs_second_person,
    one_rule,
    own_path,
    store_of,
    text_of,
)
from ringfence.wiring.workplace import Workplace

WAITING: Final = "waiting"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"
OUTDATED: Final = "outdated"
STATES: Final = (WAITING, APPROVED, REJECTED, WITHDRAWN, OUTDATED)
Note = Callable[[Workplace], None]  # writes the audit entry, in the transaction of the change


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a change: its version and since when it is in force, or the proposal that waits."""

    version: int | None = None
    in_force: str | None = None
    proposal_id: str | None = None


def carry_out(house: House, now: Book, change: Change, note: Callable[[Workplace, str], None]) -> Done:
    """Keep a change and put it in force, or propose it; `note` is told `changed` or `proposed`.

    To be called with `reloading.CHANGING` held; `now` is what is in force.
    """
    before = now.known.get(change.rule_id)
    if needs_second_person(house.settings, before, change.rule):
        return Done(proposal_id=_propose(house, now, change, lambda place: note(place, "proposed")))
    return _apply(house, now, change, lambda place: note(place, "changed"))


def seen(house: House, now: Book, rule_id: str) -> str:
    """Return a digest of a rule as it is: whoever agrees to a change agrees to that of this state."""
    known = now.known.get(rule_id)
    present = core(known, text_of(house.settings, known)) if known else {}
    return digest(msgspec.json.encode(present, order="deterministic")).hex()


def _propose(house: House, now: Book, change: Change, note: Note) -> str:
    state = seen(house, now, change.rule_id)
    proposal_id = digest(change.rule_id, change.text or "", state, change.by, change.at_ms).hex()
    proposal = {name: getattr(change, name) for name in ("rule_id", "act", "text", "by", "at_ms", "reason")}
    with house.writing() as place:
        store_of(place).propose(proposal | {"proposal_id": proposal_id, "seen": state})
        note(place)
    return proposal_id


def _apply(house: House, now: Book, change: Change, note: Note) -> Done:
    settings, before = house.settings, now.known.get(change.rule_id)
    if change.rule is not None:  # built before anything is written: what cannot be built changes nothing
        what = candidate(house, now.rules_with(change.rule_id, change.rule), now.lists)
    with put_back(own_path(settings, change.rule_id)), house.writing() as place:
        number = keep(settings, place, before, change)
        if change.rule is None:
            after = book(settings)
            what = candidate(house, [known.rule for known in after.known.values()], after.lists)
        note(place)
    return Done(version=number, in_force=put_in_force(house, what))


def proposal_of(place: Workplace, proposal_id: str) -> dict[str, Any]:
    """Return a proposal.

    Raises:
        UsageError: there is none of that id (RF1006).
    """
    found = store_of(place).proposal(proposal_id)
    if found is None:
        raise UsageError(NO_SUCH_NAME, "there is no such proposal", cure="See GET /v1/rule-proposals.")
    return found


def approve(house: House, now: Book, proposal: dict[str, Any], by: str, decision: str, note: Note) -> Done:
    """Put in force what another has proposed. To be called with `reloading.CHANGING` held.

    Raises:
        UsageError: it waits no more or the rule is another one meanwhile (RF7019), or it is one's own (RF7002).
    """
    check_waits(proposal)
    if proposal["by"] == by:
        raise UsageError(NOT_ALLOWED, "nobody approves what they proposed", cure="Ask somebody else.")
    at_ms, rule_id = house.clock.now_ms(), proposal["rule_id"]
    if seen(house, now, rule_id) != proposal["seen"]:
        with house.writing() as place:
            store_of(place).decide(proposal["proposal_id"], OUTDATED, by=by, at_ms=at_ms, decision="")
        raise UsageError(CONFLICT, "the rule was changed since this was proposed", cure="Propose it anew.")
    rule = one_rule(now, proposal["text"], f"{rule_id}.toml") if proposal["text"] is not None else None
    change = Change(
        rule_id=rule_id,
        act=proposal["act"],
        text=proposal["text"],
        rule=rule,
        by=proposal["by"],
        at_ms=at_ms,
        reason=proposal["reason"],
        approved_by=by,
    )

    def decided(place: Workplace) -> None:
        if not store_of(place).decide(proposal["proposal_id"], APPROVED, by=by, at_ms=at_ms, decision=decision):
            raise UsageError(CONFLICT, "the proposal was decided meanwhile")
        note(place)

    return _apply(house, now, change, decided)


def check_waits(proposal: dict[str, Any]) -> None:
    """Let pass only what nobody has decided about yet.

    Raises:
        UsageError: somebody has (RF7019).
    """
    if proposal["state"] != WAITING:
        raise UsageError(CONFLICT, f"the proposal is {proposal['state']} already", expected="one that waits")


def turn_down(house: House, proposal: dict[str, Any], state: str, by: str, decision: str, note: Note) -> None:
    """Reject a proposal, or withdraw one's own.

    Raises:
        UsageError: it waits no more (RF7019).
    """
    check_waits(proposal)
    with house.writing() as place:
        at_ms = house.clock.now_ms()
        if not store_of(place).decide(proposal["proposal_id"], state, by=by, at_ms=at_ms, decision=decision):
            raise UsageError(CONFLICT, "the proposal was decided meanwhile")
        note(place)


__all__ = [
    "APPROVED",
    "OUTDATED",
    "REJECTED",
    "REMOVED",
    "STATES",
    "WAITING",
    "WITHDRAWN",
    "Change",
    "Done",
    "approve",
    "carry_out",
    "check_waits",
    "proposal_of",
    "seen",
    "turn_down",
]
