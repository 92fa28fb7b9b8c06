"""Counts of what is kept, for the metrics."""

from __future__ import annotations

from typing import Final

from ringfence.stores.database import Database

_ALERTS: Final = """SELECT fraud, severity, count(*) FROM alert INDEXED BY alert_fraud
    WHERE shadow = 0 GROUP BY fraud, severity"""
_SUSPENSE: Final = """SELECT code, sum(times) FROM suspense WHERE state IN ('new', 'edited', 'test-recycled')
    GROUP BY code"""


class MeasureStore:
    """Counts what is kept. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alerts(self) -> dict[tuple[str, str], int]:
        """Return how many alerts were raised for each fraud and severity, shadows left out."""
        return {(fraud, severity): count for fraud, severity, count in self._database.rows(_ALERTS)}

    def suspense(self) -> dict[str, int]:
        """Return how many records wait in suspense for each code."""
        return {code: int(count) for code, count in self._database.rows(_SUSPENSE)}
