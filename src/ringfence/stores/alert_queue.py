"""The queue as pages: found by a condition, in an order that holds still while alerts come and change.

A walk begins at a moment. Its pages show the alerts that were there then, each at the expected loss that it had then,
whatever it has now; what was raised since is not among them. Whether an alert fits the condition is asked anew on each
page: an alert that was closed meanwhile is shown no more.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from ringfence.stores.database import Database

Order = Literal["loss", "newest"]
FACETS: Final = ("fraud", "severity", "status", "detector", "assignee")
_BY_TIME: Final = frozenset({"alert_id", "shadow", "status", "tenant", "fraud", "severity", "assignee", "detector"})
_IN_FACETS: Final = frozenset({"shadow", "status", "fraud", "severity", "detector", "assignee", "tenant"})

_MOMENT: Final = """SELECT ifnull((SELECT max(rowid) FROM alert), 0),
    ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'alert_moved'), 0),
    ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0)"""
_OLDEST_MOVE: Final = "SELECT min(move_id) FROM alert_moved"
_STILL: Final = """SELECT alert.expected_loss_micros, alert.alert_id FROM alert INDEXED BY {index}
    WHERE alert.rowid <= ?1 AND alert.expected_loss_micros <= ?2
        AND (alert.expected_loss_micros < ?2 OR alert.alert_id > ?3)
        AND ({where})
        AND NOT EXISTS (SELECT 1 FROM alert_moved later WHERE later.alert_id = alert.alert_id AND later.move_id > ?4)
    ORDER BY alert.expected_loss_micros DESC, alert.alert_id LIMIT ?5"""
_MOVED: Final = """SELECT moved.expected_loss_micros, moved.alert_id
    FROM alert_moved moved INDEXED BY alert_moved_loss CROSS JOIN alert ON alert.alert_id = moved.alert_id
    WHERE alert.rowid <= ?1 AND moved.expected_loss_micros <= ?2
        AND (moved.expected_loss_micros < ?2 OR moved.alert_id > ?3)
        AND moved.move_id > ?4
        AND NOT EXISTS (SELECT 1 FROM alert_moved first WHERE first.alert_id = moved.alert_id
            AND first.move_id > ?4 AND first.move_id < moved.move_id)
        AND ({where})
    ORDER BY moved.expected_loss_micros DESC, moved.alert_id LIMIT ?5"""
_NEWEST: Final = """SELECT alert.raised_at_ms, alert.alert_id FROM alert INDEXED BY {index}
    WHERE alert.rowid <= ?1 AND alert.raised_at_ms <= ?2 AND (alert.raised_at_ms < ?2 OR alert.alert_id > ?3)
        AND ({where})
    ORDER BY alert.raised_at_ms DESC, alert.alert_id LIMIT ?4"""
_AMONG: Final = "SELECT alert_id FROM alert WHERE alert_id IN (SELECT value FROM json_each(?1)) AND ({where})"
_COUNT: Final = "SELECT count(*) FROM alert INDEXED BY {index} WHERE alert.rowid <= ?1 AND ({where})"
# IS TRUE hides the condition from the planner: told that one column is constant, it would sort by the others
_FACETS: Final = """SELECT fraud, severity, status, detector, assignee, count(*) FROM alert INDEXED BY {index}
    WHERE ({where}) IS TRUE GROUP BY shadow, status, fraud, severity, detector, assignee"""
_MATCHES: Final = """SELECT alert.alert_id, alert.decided_seq FROM alert INDEXED BY alert_by_loss
    WHERE alert.rowid <= ?1 AND ({where}) ORDER BY alert.expected_loss_micros DESC, alert.alert_id LIMIT ?2"""
_NEAR: Final = (
    """SELECT alert_id FROM alert WHERE entity = :entity AND entity_kind = :entity_kind AND tenant IS :tenant
        ORDER BY episode_start_ms DESC LIMIT :most""",
    """SELECT other.alert_id FROM case_alert own JOIN case_alert other USING (case_id)
        JOIN alert ON alert.alert_id = other.alert_id
        WHERE own.alert_id = :alert_id AND alert.tenant IS :tenant LIMIT :most""",
    """SELECT alert_id FROM alert INDEXED BY alert_entity
        WHERE entity IN (SELECT value FROM json_each(:parties)) AND tenant IS :tenant AND shadow = :shadow
            AND episode_start_ms <= :episode_end_ms AND episode_end_ms >= :episode_start_ms
        ORDER BY expected_loss_micros DESC, alert_id LIMIT :most""",
    """SELECT alert_id FROM alert INDEXED BY alert_by_loss
        WHERE fraud = :fraud AND tenant IS :tenant AND shadow = :shadow
            AND episode_start_ms <= :episode_end_ms AND episode_end_ms >= :episode_start_ms
        ORDER BY expected_loss_micros DESC, alert_id LIMIT :most""",
)
MOST_NEAR: Final = 200  # of each way of being near
_FIRST_KEY: Final = 2**63 - 1


class Moment(NamedTuple):
    """A moment of the store: its last alert, its last change of an expected loss, its last change of all."""

    alert: int
    move: int
    change: int


class Place(NamedTuple):
    """Where an alert stands in a walk: what orders it, and its id."""

    key: int
    alert_id: str


@dataclass(frozen=True, slots=True)
class Where:
    """A condition of SQL over `alert`, what is bound to its placeholders, and the columns that it reads.

    `entity` says that it holds for alerts on one entity only: these are few.
    """

    text: str
    values: tuple[Any, ...]
    columns: Collection[str]
    entity: bool = False

    def after(self, count: int) -> str:
        """Return the text with its placeholders numbered behind so many others."""
        parts = self.text.split("?")
        return "".join(f"{part}?{count + n}" for n, part in enumerate(parts[:-1], start=1)) + parts[-1]


class AlertQueue:
    """Finds alerts. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def moment(self) -> Moment:
        """Return now."""
        row = self._database.rows(_MOMENT)[0]
        return Moment(*row)

    def keeps(self, moment: Moment) -> bool:
        """Return whether a walk that began at a moment can go on: what moved since is still known."""
        oldest = self._database.value(_OLDEST_MOVE)
        return oldest is None or oldest <= moment.move + 1

    def page(self, where: Where, order: Order, moment: Moment, after: Place | None, limit: int) -> list[Place]:
        """Return the next places of a walk."""
        key, alert_id = after or (_FIRST_KEY, "")
        if order == "newest":
            index = "alert_by_time" if _BY_TIME.issuperset(where.columns) else _whole_index(where)
            asked = _NEWEST.format(where=where.after(4), index=index)
            return self._places(asked, (moment.alert, key, alert_id, limit, *where.values))
        values = (moment.alert, key, alert_id, moment.move, limit, *where.values)
        found = self._places(_STILL.format(where=where.after(5), index=_whole_index(where)), values)
        if self.moment().move > moment.move:
            found += self._places(_MOVED.format(where=where.after(5)), values)
        return sorted(found, key=lambda place: (-place.key, place.alert_id))[:limit]

    def _places(self, statement: str, values: tuple[Any, ...]) -> list[Place]:
        return [Place(*row) for row in self._database.rows(statement, values)]

    def count(self, where: Where, moment: Moment) -> int:
        """Return how many alerts there are."""
        asked = _COUNT.format(where=where.after(1), index=_index(where))
        return int(self._database.value(asked, (moment.alert, *where.values)))

    def facets(self, where: Where) -> dict[str, dict[str, int]]:
        """Return how many alerts there are of each value of `FACETS`; an assignee of nobody is the empty text."""
        counts: dict[str, dict[str, int]] = {name: {} for name in FACETS}
        for *values, count in self._database.rows(
            _FACETS.format(where=where.after(0), index=_index(where)), where.values
        ):
            for name, value in zip(FACETS, values, strict=True):
                counts[name][value or ""] = counts[name].get(value or "", 0) + count
        return counts

    def near(self, alert: Mapping[str, Any], parties: Collection[str]) -> list[str]:
        """Return alerts of the same tenant: on its entity, in its case, of its time and fraud, or on a party."""
        names = ("alert_id", "entity", "entity_kind", "tenant", "fraud", "shadow", "episode_start_ms", "episode_end_ms")
        asked = {name: alert[name] for name in names} | {"most": MOST_NEAR, "parties": json.dumps([*parties])}
        found = [row[0] for statement in _NEAR for row in self._database.rows(statement, asked)]
        return list(dict.fromkeys(found))

    def among(self, alert_ids: Collection[str], where: Where) -> set[str]:
        """Return those of some alerts that fit a filter."""
        statement = _AMONG.format(where=where.after(1))
        return {row[0] for row in self._database.rows(statement, (json.dumps([*alert_ids]), *where.values))}

    def matches(self, where: Where, moment: Moment, most: int) -> list[tuple[str, int]]:
        """Return alerts, the worst first, each with the number of the last change that a person made."""
        asked = _MATCHES.format(where=where.after(2))
        return [(row[0], row[1]) for row in self._database.rows(asked, (moment.alert, most, *where.values))]


def _index(where: Where) -> str:
    return "alert_facets" if _IN_FACETS.issuperset(where.columns) else _whole_index(where)


def _whole_index(where: Where) -> str:
    return "alert_entity" if where.entity else "alert_by_loss"
