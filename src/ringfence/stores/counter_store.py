"""The counters of each source, and whether they add up: invariant 12 of the design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from ringfence.stores.database import Database

_SET: Final = """INSERT INTO counter (source, received, accepted, duplicate, rejected, late, shed)
    VALUES (:source, :received, :accepted, :duplicate, :rejected, :late, :shed)
    ON CONFLICT (source) DO UPDATE SET received = excluded.received, accepted = excluded.accepted,
        duplicate = excluded.duplicate, rejected = excluded.rejected, late = excluded.late, shed = excluded.shed"""
_COUNT_DAY: Final = """INSERT INTO counter_day (source, day, received, accepted, duplicate, rejected, late, shed)
    SELECT * FROM (SELECT :source AS source, :day AS day, :received - ifnull(c.received, 0) AS received,
        :accepted - ifnull(c.accepted, 0) AS accepted, :duplicate - ifnull(c.duplicate, 0) AS duplicate,
        :rejected - ifnull(c.rejected, 0) AS rejected, :late - ifnull(c.late, 0) AS late,
        :shed - ifnull(c.shed, 0) AS shed FROM (SELECT 1) LEFT JOIN counter c ON c.source = :source)
    WHERE (received, accepted, duplicate, rejected, late, shed) IS NOT (0, 0, 0, 0, 0, 0)
    ON CONFLICT (source, day) DO UPDATE SET received = received + excluded.received,
        accepted = accepted + excluded.accepted, duplicate = duplicate + excluded.duplicate,
        rejected = rejected + excluded.rejected, late = late + excluded.late, shed = shed + excluded.shed"""
_DAYS: Final = """SELECT source, day, received, accepted, duplicate, rejected, late, shed FROM counter_day
    WHERE (:source IS NULL OR source = :source) AND (:first IS NULL OR day >= :first)
        AND (:last IS NULL OR day <= :last)
    ORDER BY day DESC, source"""
_CHECKPOINT: Final = "SELECT ifnull(max(number), 0) FROM checkpoint"
_ALL: Final = "SELECT source, received, accepted, duplicate, rejected, late, shed FROM counter ORDER BY source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """How many records of a source were received since the beginning, and what became of each."""

    source: str
    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    late: int = 0
    shed: int = 0

    @property
    def missing(self) -> int:
        """Records received of which it is not known what became: 0, or something is wrong."""
        return self.received - self.accepted - self.duplicate - self.rejected - self.late - self.shed

    def to_json(self) -> dict[str, int | str]:
        """Return the JSON object of `ringfence balance`."""
        return asdict(self)


class CounterStore:
    """Keeps the counters of each source: totals since the beginning, so that setting them twice changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, totals: Mapping[str, Mapping[str, int]], day: int = 0) -> None:
        """Set the totals of sources; a counter that is not named is 0. What they grew by was counted on this day."""
        rows = [asdict(Counters(source=source, **counts)) for source, counts in totals.items()]
        with self._database.transaction():
            self._database.change_many(_COUNT_DAY, [row | {"day": day} for row in rows])
            self._database.change_many(_SET, rows)

    def days(
        self, source: str | None = None, first: int | None = None, last: int | None = None
    ) -> list[dict[str, int | str]]:
        """Return what was counted on each day (days since 1970, both included), the newest first."""
        wanted = {"source": source, "first": first, "last": last}
        return [dict(row) for row in self._database.rows(_DAYS, wanted)]

    def checkpoint(self) -> int:
        """Return the number of the checkpoint that the counters are of; 0 before the first."""
        return int(self._database.value(_CHECKPOINT))

    def all(self) -> list[Counters]:
        """Return the counters of every source, by name."""
        return [Counters(**row) for row in map(dict, self._database.rows(_ALL))]

    def unbalanced(self) -> list[Counters]:
        """Return the sources whose counters do not add up: none, or records were lost or counted twice."""
        return [counters for counters in self.all() if counters.missing]
