"""Rules as they were written over time, proposals that wait for a second person, and what each rule has found."""

from __future__ import annotations

from typing import Any, Final

from ringfence.stores.database import Database

_ADD: Final = """INSERT INTO rule_version
        (rule_id, version, at_ms, by, approved_by, reason, act, revision, status, text)
    VALUES (:rule_id, (SELECT ifnull(max(version), 0) + 1 FROM rule_version WHERE rule_id = :rule_id), :at_ms, :by,
        :approved_by, :reason, :act, :revision, :status, :text)"""
_VERSIONS: Final = """SELECT rule_id, version, at_ms, by, approved_by, reason, act, revision, status FROM rule_version
    WHERE rule_id = ? ORDER BY version DESC"""
_VERSION: Final = "SELECT * FROM rule_version WHERE rule_id = ? AND version = ?"
_LAST: Final = "SELECT * FROM rule_version WHERE rule_id = ? ORDER BY version DESC LIMIT 1"
_REVISION: Final = "SELECT ifnull(max(revision), 0) FROM rule_version WHERE rule_id = ?"
_PROPOSE: Final = """INSERT INTO rule_proposal (proposal_id, rule_id, act, text, seen, by, at_ms, reason, state)
    VALUES (:proposal_id, :rule_id, :act, :text, :seen, :by, :at_ms, :reason, 'waiting')"""
_PROPOSALS: Final = """SELECT * FROM rule_proposal
    WHERE (:state IS NULL OR state = :state) AND (:rule_id IS NULL OR rule_id = :rule_id) AND number < :before
    ORDER BY number DESC LIMIT :limit"""
_PROPOSAL: Final = "SELECT * FROM rule_proposal WHERE proposal_id = ?"
_DECIDE: Final = """UPDATE rule_proposal SET state = :state, decided_by = :by, decided_at_ms = :at_ms,
    decision = :decision WHERE proposal_id = :proposal_id AND state = 'waiting'"""
_HITS: Final = """SELECT detector, shadow, status, count(*) AS alerts FROM alert
    WHERE :tenant IS NULL OR tenant = :tenant GROUP BY detector, shadow, status"""
_MONEY: Final = """SELECT shadow, status, currency, count(*) AS alerts, sum(money_micros) AS money_micros,
        max(raised_at_ms) AS last_raised_at_ms FROM alert
    WHERE detector = :detector AND (:tenant IS NULL OR tenant = :tenant) GROUP BY shadow, status, currency"""
FIRST_OF_ALL: Final = 2**62  # a number that comes after that of every proposal


class RuleStore:
    """Keeps versions and proposals. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_version(self, version: dict[str, Any]) -> int:
        """Keep a version (all columns but its number, which follows); return its number. `text` None: removed."""
        with self._database.transaction():
            self._database.change(_ADD, {"approved_by": None} | version)
            return int(self._database.rows(_LAST, (version["rule_id"],))[0]["version"])

    def versions(self, rule_id: str) -> list[dict[str, Any]]:
        """Return the versions of a rule, the newest first, without their texts."""
        return [dict(row) for row in self._database.rows(_VERSIONS, (rule_id,))]

    def version(self, rule_id: str, number: int) -> dict[str, Any] | None:
        """Return one version; None where it is not there."""
        found = self._database.row(_VERSION, (rule_id, number))
        return dict(found) if found else None

    def last(self, rule_id: str) -> dict[str, Any] | None:
        """Return the newest version; None where there is none."""
        found = self._database.row(_LAST, (rule_id,))
        return dict(found) if found else None

    def highest_revision(self, rule_id: str) -> int:
        """Return the highest revision that a rule ever had; 0 where it has no version."""
        return int(self._database.value(_REVISION, (rule_id,)))

    def propose(self, proposal: dict[str, Any]) -> None:
        """Keep a proposal, which waits from now on."""
        self._database.change(_PROPOSE, proposal)

    def proposals(
        self,
        *,
        state: str | None = None,
        rule_id: str | None = None,
        before: int = FIRST_OF_ALL,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """Return proposals, the newest first."""
        wanted = {"state": state, "rule_id": rule_id, "before": before, "limit": limit}
        return [dict(row) for row in self._database.rows(_PROPOSALS, wanted)]

    def proposal(self, proposal_id: str) -> dict[str, Any] | None:
        """Return one proposal; None where it is not there."""
        found = self._database.row(_PROPOSAL, (proposal_id,))
        return dict(found) if found else None

    def decide(self, proposal_id: str, state: str, *, by: str, at_ms: int, decision: str) -> bool:
        """Say what became of a proposal; return whether it still waited."""
        wanted = {"proposal_id": proposal_id, "state": state, "by": by, "at_ms": at_ms, "decision": decision}
        return self._database.change(_DECIDE, wanted) == 1

    def hits(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return how many alerts there are by detector, shadow and status."""
        return [dict(row) for row in self._database.rows(_HITS, {"tenant": tenant})]

    def hits_of(self, detector: str, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return the alerts of one detector, with their money, by shadow, status and currency."""
        return [dict(row) for row in self._database.rows(_MONEY, {"detector": detector, "tenant": tenant})]
