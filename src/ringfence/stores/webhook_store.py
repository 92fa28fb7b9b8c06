"""Webhooks and their deliveries: what is to be sent where, what came of it, and what nobody took.

A delivery is `waiting`, `sent`, `dead` (nobody took it in time) or `superseded` (a later state of the same alert took
its place before it was sent).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from ringfence.stores.database import Database

STATES: Final = ("waiting", "sent", "dead", "superseded")
_LISTS: Final = ("kinds", "frauds", "severities")
_FLAGS: Final = ("reveals", "enabled")
_AT_ONCE: Final = 5_000  # deliveries that are dropped in one transaction

_ADD: Final = """INSERT INTO webhook (webhook_id, tenant, url, description, kinds, frauds, severities, filter, reveals,
        enabled, created_by, created_at_ms, from_seq, secret, failures, paused_until_ms)
    VALUES (:webhook_id, :tenant, :url, :description, :kinds, :frauds, :severities, :filter, :reveals,
        :enabled, :created_by, :created_at_ms, :from_seq, :secret, 0, 0)"""
_CHANGE: Final = """UPDATE webhook SET url = :url, description = :description, kinds = :kinds, frauds = :frauds,
        severities = :severities, filter = :filter, reveals = :reveals, enabled = :enabled,
        disabled_because = :disabled_because, from_seq = :from_seq, failures = 0, paused_until_ms = 0
    WHERE webhook_id = :webhook_id"""
_GET: Final = "SELECT * FROM webhook WHERE webhook_id = ?"
_LIST: Final = "SELECT * FROM webhook WHERE :tenant IS NULL OR tenant = :tenant ORDER BY created_at_ms, webhook_id"
_IN_FORCE: Final = "SELECT * FROM webhook WHERE enabled ORDER BY webhook_id"
_COUNT: Final = "SELECT count(*) FROM webhook WHERE :tenant IS NULL OR tenant = :tenant"
_REMOVE: Final = "DELETE FROM webhook WHERE webhook_id = ?"
_REMOVE_ATTEMPTS: Final = """DELETE FROM delivery_attempt
    WHERE delivery_id IN (SELECT delivery_id FROM delivery WHERE webhook_id = ?)"""
_REMOVE_DELIVERIES: Final = "DELETE FROM delivery WHERE webhook_id = ?"
_ROTATE: Final = """UPDATE webhook SET secret = :secret, secret_before = secret, before_until_ms = :until_ms
    WHERE webhook_id = :webhook_id"""
_RESULT: Final = """UPDATE webhook SET failures = iif(:is_taken, 0, failures + 1),
    paused_until_ms = iif(:is_taken, 0, :paused_until_ms) WHERE webhook_id = :webhook_id"""
_DISABLE: Final = "UPDATE webhook SET enabled = 0, disabled_because = ? WHERE webhook_id = ?"

_READ: Final = "SELECT seq FROM change_read WHERE reader = 'webhooks'"
_SET_READ: Final = """INSERT INTO change_read (reader, seq) VALUES ('webhooks', ?)
    ON CONFLICT (reader) DO UPDATE SET seq = max(seq, excluded.seq)"""

_DELIVER: Final = """INSERT INTO delivery (webhook_id, message_id, seq, kind, subject, body, state, created_at_ms,
        attempts, since_ms, next_at_ms, done_at_ms)
    VALUES (:webhook_id, :message_id, :seq, :kind, :subject, :body, :state, :at_ms, 0, :at_ms, :next_at_ms, :done_at_ms)
    ON CONFLICT (webhook_id, message_id) DO NOTHING"""
_SUPERSEDE: Final = """UPDATE delivery SET state = 'superseded', done_at_ms = :at_ms
    WHERE webhook_id = :webhook_id AND state = 'waiting' AND kind = :kind AND subject = :subject AND seq < :seq"""
_DUE: Final = """SELECT delivery_id, message_id, body, attempts, since_ms FROM delivery
    WHERE webhook_id = :webhook_id AND state = 'waiting' AND next_at_ms <= :now_ms
    ORDER BY delivery_id LIMIT :limit"""
_WITH_DUE: Final = """SELECT * FROM webhook AS hook WHERE enabled AND paused_until_ms <= :now_ms AND EXISTS (
        SELECT 1 FROM delivery WHERE delivery.webhook_id = hook.webhook_id AND state = 'waiting'
            AND next_at_ms <= :now_ms)
    ORDER BY webhook_id"""
_ATTEMPT: Final = """INSERT INTO delivery_attempt (delivery_id, attempt, at_ms, ms, status, error)
    SELECT delivery_id, attempts + 1, :at_ms, :ms, :status, :error FROM delivery WHERE delivery_id = :delivery_id"""
_SETTLE: Final = """UPDATE delivery SET attempts = attempts + 1, next_at_ms = :next_at_ms,
        state = iif(state = 'superseded' AND :state <> 'sent', state, :state),
        done_at_ms = iif(state = 'superseded' AND :state <> 'sent', done_at_ms, :done_at_ms)
    WHERE delivery_id = :delivery_id"""
_GIVE_UP: Final = """UPDATE delivery SET state = 'dead', done_at_ms = :now_ms
    WHERE webhook_id = :webhook_id AND state = 'waiting' AND since_ms < :since_ms"""
_DELIVERIES: Final = """SELECT delivery_id, message_id, seq, kind, subject, state, created_at_ms, attempts, next_at_ms,
        done_at_ms FROM delivery
    WHERE webhook_id = :webhook_id AND (:state IS NULL OR state = :state) AND delivery_id < :before
    ORDER BY delivery_id DESC LIMIT :limit"""
_DELIVERY: Final = "SELECT * FROM delivery WHERE webhook_id = ? AND delivery_id = ?"
_NUMBERED: Final = "SELECT delivery_id FROM delivery WHERE webhook_id = ? AND message_id = ?"
_ATTEMPTS: Final = """SELECT attempt, at_ms, ms, status, error FROM delivery_attempt WHERE delivery_id = ?
    ORDER BY attempt"""
_STATES: Final = "SELECT state, count(*) FROM delivery WHERE webhook_id = ? AND state IN ('waiting', 'dead') GROUP BY 1"
_WAITING: Final = "SELECT count(*) FROM delivery WHERE webhook_id = ? AND state = 'waiting'"
_REPLAY: Final = """UPDATE delivery SET state = 'waiting', since_ms = :now_ms, next_at_ms = :now_ms, done_at_ms = NULL
    WHERE webhook_id = :webhook_id AND state = 'dead' AND (:delivery_id IS NULL OR delivery_id = :delivery_id)"""
_UNPAUSE: Final = "UPDATE webhook SET failures = 0, paused_until_ms = 0 WHERE webhook_id = ?"
_OLD: Final = f"""SELECT delivery_id FROM delivery WHERE done_at_ms < iif(state = 'dead', :dead_ms, :done_ms)
    ORDER BY done_at_ms LIMIT {_AT_ONCE}"""  # noqa: S608 - a constant
_DROP_ATTEMPTS: Final = "DELETE FROM delivery_attempt WHERE delivery_id = ?"
_DROP: Final = "DELETE FROM delivery WHERE delivery_id = ?"


class Due(NamedTuple):
    """A delivery whose time has come; `since_ms` is when it was first to be sent."""

    delivery_id: int
    message_id: str
    body: bytes
    attempts: int
    since_ms: int


class Outcome(NamedTuple):
    """What came of one attempt, and what becomes of the delivery."""

    delivery_id: int
    at_ms: int
    ms: int
    status: int | None
    error: str | None
    state: str
    next_at_ms: int


class WebhookStore:
    """Keeps webhooks and deliveries. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, webhook: dict[str, Any]) -> None:
        """Keep a new webhook."""
        self._database.change(_ADD, _row(webhook))

    def get(self, webhook_id: str) -> dict[str, Any] | None:
        """Return a webhook with its secrets as they are kept; None if there is none."""
        row = self._database.row(_GET, (webhook_id,))
        return _webhook(row) if row else None

    def list(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return the webhooks of a tenant, or all, oldest first."""
        return [_webhook(row) for row in self._database.rows(_LIST, {"tenant": tenant})]

    def count(self, tenant: str | None) -> int:
        """Return how many a tenant has, or all have."""
        return int(self._database.value(_COUNT, {"tenant": tenant}))

    def in_force(self) -> Sequence[dict[str, Any]]:
        """Return those that changes are sent to."""
        return [_webhook(row) for row in self._database.rows(_IN_FORCE)]

    def change(self, webhook: dict[str, Any]) -> None:
        """Keep a webhook as it is now; its failures are forgotten."""
        self._database.change(_CHANGE, _row(webhook))

    def rotate(self, webhook_id: str, secret: bytes, until_ms: int) -> None:
        """Keep a new secret; the one before stays valid until a moment."""
        self._database.change(_ROTATE, {"webhook_id": webhook_id, "secret": secret, "until_ms": until_ms})

    def disable(self, webhook_id: str, because: str) -> None:
        """Send nothing more to it."""
        self._database.change(_DISABLE, (because, webhook_id))

    def remove(self, webhook_id: str) -> None:
        """Remove a webhook with all its deliveries."""
        with self._database.transaction():
            for statement in (_REMOVE_ATTEMPTS, _REMOVE_DELIVERIES, _REMOVE):
                self._database.change(statement, (webhook_id,))

    def read_until(self) -> int:
        """Return the number of the change up to which deliveries were written."""
        return int(self._database.value(_READ) or 0)

    def set_read(self, seq: int) -> None:
        """Remember up to which change deliveries were written; never less than before."""
        self._database.change(_SET_READ, (seq,))

    def deliver(self, deliveries: Iterable[dict[str, Any]]) -> None:
        """Write deliveries. One that is there already stays; a `.changed` takes the place of one that still waits."""
        with self._database.transaction():
            for delivery in deliveries:
                self._database.change(_DELIVER, {"done_at_ms": None, "next_at_ms": delivery["at_ms"], **delivery})
                if delivery["kind"].endswith(".changed"):
                    self._database.change(_SUPERSEDE, delivery)

    def numbered(self, webhook_id: str, message_id: str) -> int:
        """Return the number of the delivery of a message."""
        return int(self._database.value(_NUMBERED, (webhook_id, message_id)))

    def waiting(self, webhook_id: str) -> int:
        """Return how many deliveries of a webhook wait."""
        return int(self._database.value(_WAITING, (webhook_id,)))

    def with_due(self, now_ms: int) -> Sequence[dict[str, Any]]:
        """Return the webhooks that something is to be sent to now."""
        return [_webhook(row) for row in self._database.rows(_WITH_DUE, {"now_ms": now_ms})]

    def due(self, webhook_id: str, now_ms: int, limit: int) -> Sequence[Due]:
        """Return what is to be sent to a webhook now, in the order in which it came."""
        found = self._database.rows(_DUE, {"webhook_id": webhook_id, "now_ms": now_ms, "limit": limit})
        return [Due(*row) for row in found]

    def settle(self, webhook_id: str, outcomes: Sequence[Outcome], paused_until_ms: int) -> None:
        """Write down what came of attempts, in order; after a failure the webhook rests until a moment."""
        with self._database.transaction():
            for outcome in outcomes:
                row = outcome._asdict() | {"done_at_ms": None if outcome.state == "waiting" else outcome.at_ms}
                self._database.change(_ATTEMPT, row)
                self._database.change(_SETTLE, row)
            is_taken = bool(outcomes) and outcomes[-1].state == "sent"
            result = {"webhook_id": webhook_id, "is_taken": is_taken, "paused_until_ms": paused_until_ms}
            self._database.change(_RESULT, result)

    def give_up(self, webhook_id: str, since_ms: int, now_ms: int) -> int:
        """Send no more what was first to be sent before a moment; return how many."""
        return self._database.change(_GIVE_UP, {"webhook_id": webhook_id, "since_ms": since_ms, "now_ms": now_ms})

    def deliveries(self, webhook_id: str, *, state: str | None, before: int, limit: int) -> Sequence[dict[str, Any]]:
        """Return the deliveries of a webhook, newest first, those with a number below `before`."""
        wanted = {"webhook_id": webhook_id, "state": state, "before": before, "limit": limit}
        return [dict(row) for row in self._database.rows(_DELIVERIES, wanted)]

    def delivery(self, webhook_id: str, delivery_id: int) -> dict[str, Any] | None:
        """Return one delivery with its body and its attempts; None if there is none."""
        row = self._database.row(_DELIVERY, (webhook_id, delivery_id))
        if row is None:
            return None
        return dict(row) | {"log": [dict(one) for one in self._database.rows(_ATTEMPTS, (delivery_id,))]}

    def numbers(self, webhook_id: str) -> dict[str, int]:
        """Return how many deliveries wait, and how many nobody took."""
        return {"waiting": 0, "dead": 0} | {row[0]: row[1] for row in self._database.rows(_STATES, (webhook_id,))}

    def replay(self, webhook_id: str, now_ms: int, delivery_id: int | None = None) -> int:
        """Let what nobody took be sent again, one or all; return how many."""
        with self._database.transaction():
            wanted = {"webhook_id": webhook_id, "now_ms": now_ms, "delivery_id": delivery_id}
            count = self._database.change(_REPLAY, wanted)
            if count:
                self._database.change(_UNPAUSE, (webhook_id,))
        return count

    def forget(self, done_ms: int, dead_ms: int) -> int:
        """Drop what was done before a moment, and what nobody took before another; return how many went."""
        with self._database.transaction():
            old = [(row[0],) for row in self._database.rows(_OLD, {"done_ms": done_ms, "dead_ms": dead_ms})]
            self._database.change_many(_DROP_ATTEMPTS, old)
            self._database.change_many(_DROP, old)
        return len(old)


def _row(webhook: dict[str, Any]) -> dict[str, Any]:
    return webhook | {name: json.dumps(list(webhook[name])) for name in _LISTS}


def _webhook(row: sqlite3.Row) -> dict[str, Any]:
    found = dict(row)
    return found | {name: json.loads(found[name]) for name in _LISTS} | {name: bool(found[name]) for name in _FLAGS}
