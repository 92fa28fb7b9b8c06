"""Who was accused when: the few columns of alerts that others are compared with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ringfence.stores.database import Database

_AT_A_TIME: Final = 500  # entities
_COLUMNS: Final = """alert_id, tenant, detector, entity_kind, entity, episode_start_ms, episode_end_ms, raised_at_ms,
    disposition, shadow, money_micros, currency"""
_OF: Final = f"""SELECT {_COLUMNS} FROM alert
    WHERE entity IN (SELECT value FROM json_each(:entities))
        AND episode_end_ms >= :from_ms AND episode_start_ms <= :to_ms"""  # noqa: S608 - constants
_BY: Final = f"""SELECT {_COLUMNS} FROM alert
    WHERE detector = :detector AND raised_at_ms >= :from_ms AND raised_at_ms < :to_ms
        AND (:tenant IS NULL OR tenant = :tenant)
    ORDER BY raised_at_ms, alert_id LIMIT :most"""  # noqa: S608 - constants
_FIRST: Final = "SELECT min(episode_start_ms) FROM alert WHERE (:tenant IS NULL OR tenant = :tenant)"


class Span(NamedTuple):
    """An alert's entity and time, what a person said of it, and what it cost."""

    alert_id: str
    tenant: str | None
    detector: str
    entity_kind: str
    entity: str
    episode_start_ms: int
    episode_end_ms: int
    raised_at_ms: int
    disposition: str | None  # fraud, not_fraud, unsure; null: nobody has said
    shadow: int
    money_micros: int
    currency: str | None


class AlertSpans:
    """Reads alerts as spans. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, entities: Iterable[str], from_ms: int, to_ms: int) -> Iterator[Span]:
        """Give the alerts on entities whose episodes reach into [from_ms, to_ms], in no certain order."""
        asked = sorted(set(entities))
        for first in range(0, len(asked), _AT_A_TIME):
            some = json.dumps(asked[first : first + _AT_A_TIME])
            wanted = {"entities": some, "from_ms": from_ms, "to_ms": to_ms}
            yield from (Span(*row) for row in self._database.rows(_OF, wanted))

    def by(self, detector: str, from_ms: int, to_ms: int, *, tenant: str | None, most: int) -> list[Span]:
        """Return the alerts of a detector that were raised in [from_ms, to_ms), the oldest first, `most` at most."""
        wanted = {"detector": detector, "from_ms": from_ms, "to_ms": to_ms, "tenant": tenant, "most": most}
        return [Span(*row) for row in self._database.rows(_BY, wanted)]

    def first_ms(self, tenant: str | None) -> int | None:
        """Return when the oldest episode began; None where there is no alert."""
        found = self._database.value(_FIRST, {"tenant": tenant})
        return None if found is None else int(found)
