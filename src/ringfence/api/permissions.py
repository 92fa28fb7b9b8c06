"""Who may do what: permissions, and the roles that hold them. What is not named here nobody may."""

from __future__ import annotations

from typing import Final

PERMISSIONS: Final = {
    "alerts.read": "See alerts, their reasons and their events.",
    "alerts.decide": "Decide about alerts, assign and watch them.",
    "alerts.bulk": "The same for all alerts that match a filter.",
    "alerts.suppress": "Keep alerts out of the queue for a time.",
    "cases.read": "See cases.",
    "cases.write": "Open, change, merge and split cases.",
    "entities.read": "See what is known of a party.",
    "numbers.reveal": "See numbers of subscribers unmasked, with a reason that is kept.",
    "rules.read": "See rules, their versions, and what a change would have done.",
    "rules.write": "Write rules and put them in force.",
    "rules.approve": "Approve what another wrote.",
    "lists.read": "See hot lists.",
    "lists.write": "Change hot lists.",
    "suspense.read": "See records that could not be read.",
    "suspense.work": "Edit, recycle and write them off.",
    "balance.read": "See what became of every record.",
    "live.read": "Follow changes as they happen.",
    "views.write": "Save filters under a name.",
    "events.write": "Send records in.",
    "score.ask": "Ask for a verdict on one event.",
    "webhooks.manage": "Have changes sent to other systems.",
    "access.manage": "Manage people and API keys.",
    "audit.read": "Read the audit log.",
    "metrics.read": "Read the metrics.",
}

_READ: Final = frozenset(
    {"alerts.read", "cases.read", "entities.read", "rules.read", "lists.read", "balance.read", "live.read"}
)
_ANALYST: Final = _READ | {"alerts.decide", "alerts.bulk", "cases.write", "views.write", "suspense.read", "score.ask"}

ROLES: Final[dict[str, frozenset[str]]] = {
    "viewer": _READ,
    "analyst": _ANALYST,
    "senior": _ANALYST | {"alerts.suppress", "numbers.reveal", "lists.write", "suspense.work", "rules.approve"},
    "rule_author": _READ | {"rules.write", "lists.write", "views.write", "score.ask"},
    "admin": frozenset(PERMISSIONS) - {"numbers.reveal"},
    "auditor": _READ | {"audit.read", "suspense.read"},
}

# Rules and lists are the installation's, not a tenant's: they may name the numbers of others.
NOT_FOR_TENANTS: Final = frozenset({"rules.write", "rules.approve", "lists.read", "lists.write", "metrics.read"})
