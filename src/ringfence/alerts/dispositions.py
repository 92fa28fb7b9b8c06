"""What a person may decide about an alert, and what follows from it.

The verdict (disposition) says what it was, the status where the work on it stands; one of them given, the other
follows. Reasons are a fixed list, so that they can be counted; whatever else there is to say is the note.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ringfence.alerts.alert import OPEN, SUPPRESSED
from ringfence.events.errors import BAD_DECISION, UsageError

FRAUD: Final = "fraud"
NOT_FRAUD: Final = "not_fraud"
UNSURE: Final = "unsure"
CONFIRMED: Final = "confirmed"
DISMISSED: Final = "dismissed"
INVESTIGATING: Final = "investigating"
STATUS_OF: Final = {FRAUD: CONFIRMED, NOT_FRAUD: DISMISSED, UNSURE: INVESTIGATING}
STATUSES: Final = (OPEN, CONFIRMED, DISMISSED, INVESTIGATING)
PERSONS: Final = ("status", "disposition", "disposition_reason", "note", "assignee", "watched", "reviewed")

REASONS: Final[dict[str, dict[str, str]]] = {
    FRAUD: {
        "irsf": "International revenue share: money into expensive ranges.",
        "wangiri": "Missed calls that lure people into calling back.",
        "sim_box": "Calls that a SIM box lets in past the interconnect.",
        "pbx_hacking": "A telephone system or an account of it was taken over.",
        "subscription": "The subscription was taken with a false identity or without meaning to pay.",
        "account_takeover": "A subscriber's account or SIM was taken over.",
        "sim_swap": "A SIM was swapped by somebody else than its owner.",
        "roaming": "Fraud in a visited network.",
        "cloned_sim": "One identity in two places.",
        "stolen_device": "A stolen or altered handset.",
        "cli_spoofing": "The number that was shown was not the caller's.",
        "robocall": "Unlawful automatic calls, or calls that pretend to be somebody.",
        "flash_call": "Calls that carry a code in their number, past the price of a message.",
        "sms_pumping": "Messages that were asked for by machines, for a share of their price.",
        "grey_route": "Messages of companies through routes for people.",
        "false_answer": "A supplier answers calls that nobody answered, or ends them late.",
        "traffic_pumping": "Calls that are made for a share of the terminating fee.",
        "call_selling": "Calls of others, sold on.",
        "call_forwarding": "Forwarding that was set to reach expensive numbers.",
        "internal": "Fraud by a dealer or by staff.",
        "other": "Another fraud; see the note.",
    },
    NOT_FRAUD: {
        "business_use": "A call centre, a campaign or another business that calls much.",
        "private_use": "A holiday, a family abroad, an event.",
        "permitted": "Agreed with the customer, or allowed in writing.",
        "test_traffic": "Tests of our own, or of a partner.",
        "faulty_equipment": "A loop, a misdialling machine or another fault.",
        "wrong_price": "The traffic is right, its price was not.",
        "wrong_records": "The records were wrong, doubled or late.",
        "rule_too_sharp": "The rule finds what is usual: it needs another threshold.",
        "duplicate": "Another alert says the same.",
        "other": "Another reason; see the note.",
    },
    UNSURE: {
        "waiting_for_customer": "The customer was asked.",
        "waiting_for_partner": "Another operator was asked.",
        "more_evidence_needed": "What is known is not enough yet.",
        "passed_on": "Somebody else has to decide.",
        "other": "Another reason; see the note.",
    },
}


def after(present: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `PERSONS` are after a change; what the change does not name stays, or follows from the rest.

    Raises:
        UsageError: the parts of the change do not fit each other, or the alert (RF3053).
    """
    made = {name: present[name] for name in PERSONS} | {n: v for n, v in change.items() if n in PERSONS}
    if "status" in change or "disposition" in change:
        made["status"], made["disposition"] = _verdict(present, change)
        if made["disposition"] != present["disposition"] and "disposition_reason" not in change:
            made["disposition_reason"] = None
        if "reviewed" not in change:
            made["reviewed"] = made["status"] != OPEN
    _check_reason(made)
    return made


def _verdict(present: Mapping[str, Any], change: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the status and the disposition after a change that names at least one of them."""
    disposition = change.get("disposition")
    follows = STATUS_OF[disposition] if disposition else OPEN
    status = change.get("status", follows)
    if status == OPEN and present["status"] == SUPPRESSED:
        raise UsageError(
            BAD_DECISION, "a suppression keeps this alert out of the queue", cure="End the suppression instead."
        )
    of_status = {value: name for name, value in STATUS_OF.items()}
    if "disposition" not in change:
        unsure = present["disposition"] if present["disposition"] == UNSURE else None
        disposition = unsure if status == INVESTIGATING else of_status.get(status)
    fits = disposition == of_status.get(status) or (status == INVESTIGATING and disposition is None)
    if not fits:
        raise UsageError(
            BAD_DECISION,
            f"status {status} and disposition {disposition} do not fit each other",
            expected=", ".join(f"{status} with {name}" for name, status in STATUS_OF.items())
            + ", or open with neither",
        )
    return status, disposition


def _check_reason(made: Mapping[str, Any]) -> None:
    reason, disposition = made["disposition_reason"], made["disposition"]
    if reason is None:
        return
    known = REASONS.get(disposition or "", {})
    if reason not in known:
        raise UsageError(
            BAD_DECISION,
            f"{reason!r:.80} is no reason for {disposition or 'an alert without a disposition'}",
            expected="one of " + ", ".join(known) if known else "a disposition",
        )


def may_reopen(status: str) -> bool:
    """Return whether an alert can be given back to the queue."""
    return status in (CONFIRMED, DISMISSED, INVESTIGATING)
