"""Changes of rules that wait for a second person: approved or rejected by somebody else, or withdrawn."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from ringfence.api.acting import audited
from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.keyset import Keyset
from ringfence.api.problems import ApiError
from ringfence.api.routes.rule_shapes import PROPOSAL, Outcome, Proposal, Proposals, Why
from ringfence.api.routes.rules import outcome_of, proposal_document
from ringfence.events.errors import NOT_ALLOWED
from ringfence.wiring import rule_work
from ringfence.wiring.house import House
from ringfence.wiring.reloading import CHANGING
from ringfence.wiring.rule_changes import REJECTED, WITHDRAWN, approve, proposal_of, turn_down
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/rule-proposals", tags=["rules"])
Reader = Annotated[Principal, may("rules.read")]
Approver = Annotated[Principal, may("rules.approve")]
Writer = Annotated[Principal, may("rules.write")]
ProposalHere = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[PROPOSAL])]
State = Literal["waiting", "approved", "rejected", "withdrawn", "outdated"]


@router.get("", summary="Changes that wait", response_model=Proposals)
def list_rule_proposals(
    house: HouseHere,
    asker: Reader,
    state: Annotated[State | None, Query(examples=["waiting"])] = None,
    rule_id: Annotated[str | None, Query(max_length=64, examples=["dear_evening"])] = None,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Return proposals, the newest first; they are there only where `rules.four_eyes` is set."""
    pages = Keyset(house, "rule-proposals", state, rule_id)
    before = pages.place(cursor)
    more = {"before": before[0]} if before else {}
    with house.reading() as place:
        found = rule_work.store_of(place).proposals(state=state, rule_id=rule_id, limit=limit + 1, **more)
    following = pages.after(found[limit - 1]["number"]) if len(found) > limit else None
    return answer({"items": [proposal_document(house, asker, one) for one in found[:limit]], "next": following})


@router.get("/{proposal_id}", summary="One proposal", response_model=Proposal)
def get_rule_proposal(proposal_id: ProposalHere, house: HouseHere, asker: Reader) -> Response:
    """Return a proposal."""
    with house.reading() as place:
        return answer(proposal_document(house, asker, proposal_of(place, proposal_id)))


@router.post("/{proposal_id}/approve", summary="Agree to a change", response_model=Outcome)
def approve_rule_proposal(proposal_id: ProposalHere, house: HouseHere, asker: Approver, body: Why) -> Response:
    """Put in force what somebody else has proposed, if the rule is still as it was then."""
    with CHANGING:
        now = rule_work.book(house.settings)
        proposal = _proposal(house, proposal_id)
        note = _noted(house, asker, proposal, "approved", body.reason)
        done = approve(house, now, proposal, asker.name, body.reason, note)
    return outcome_of(house, asker, proposal["rule_id"], done)


@router.post("/{proposal_id}/reject", summary="Turn a change down", response_model=Proposal)
def reject_rule_proposal(proposal_id: ProposalHere, house: HouseHere, asker: Approver, body: Why) -> Response:
    """Reject what somebody else has proposed, with a reason."""
    proposal = _proposal(house, proposal_id)
    if proposal["by"] == asker.name:
        raise ApiError(NOT_ALLOWED, "nobody decides about what they proposed", cure="Withdraw it.")
    turn_down(house, proposal, REJECTED, asker.name, body.reason, _noted(house, asker, proposal, REJECTED, body.reason))
    return answer(proposal_document(house, asker, _proposal(house, proposal_id)))


@router.post("/{proposal_id}/withdraw", summary="Take back a change", response_model=Proposal)
def withdraw_rule_proposal(proposal_id: ProposalHere, house: HouseHere, asker: Writer, body: Why) -> Response:
    """Withdraw what one has proposed oneself."""
    proposal = _proposal(house, proposal_id)
    if proposal["by"] != asker.name:
        raise ApiError(NOT_ALLOWED, "this was proposed by somebody else", cure="Reject it.")
    note = _noted(house, asker, proposal, WITHDRAWN, body.reason)
    turn_down(house, proposal, WITHDRAWN, asker.name, body.reason, note)
    return answer(proposal_document(house, asker, _proposal(house, proposal_id)))


def _proposal(house: House, proposal_id: str) -> dict[str, Any]:
    with house.reading() as place:
        return proposal_of(place, proposal_id)


def _noted(house: House, asker: Principal, proposal: dict[str, Any], what: str, reason: str) -> Any:
    """Return what writes the audit entry of a decision."""

    def note(place: Workplace) -> None:
        detail = {"proposal_id": proposal["proposal_id"], "act": proposal["act"], "by": proposal["by"]}
        audited(place, house, asker, f"rule.{what}", proposal["rule_id"], reason=reason, **detail)

    return note
