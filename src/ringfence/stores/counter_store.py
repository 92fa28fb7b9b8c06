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

    def set(self, totals: Mapping[str, Mapping[str, int]]) -> None:
        """Set the totals of sources; a counter that is not named is 0."""
        self._database.change_many(
            _SET, [asdict(Counters(source=source, **counts)) for source, counts in totals.items()]
        )

    def all(self) -> list[Counters]:
        """Return the counters of every source, by name."""
        return [Counters(**row) for row in map(dict, self._database.rows(_ALL))]

    def unbalanced(self) -> list[Counters]:
        """Return the sources whose counters do not add up: none, or records were lost or counted twice."""
        return [counters for counters in self.all() if counters.missing]
