"""Saved views in a table: filters under names, of one person or for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ringfence.events.errors import EXISTS, NO_SUCH_ALERT, UsageError
from ringfence.stores.database import Database

_ADD: Final = """INSERT INTO saved_view
        (view_id, tenant, owner, name, filter, sort, shared, created_at_ms, changed_at_ms)
    VALUES (:view_id, :tenant, :owner, :name, :filter, :sort, :shared, :at_ms, :at_ms)
    ON CONFLICT DO NOTHING"""
_GET: Final = "SELECT * FROM saved_view WHERE view_id = ?"
_LIST: Final = """SELECT * FROM saved_view WHERE owner = :owner OR (shared AND (:tenant IS NULL OR tenant = :tenant))
    ORDER BY name, owner, view_id"""
_COUNT: Final = "SELECT count(*) FROM saved_view WHERE owner = ?"
_CHANGE: Final = """UPDATE OR IGNORE saved_view SET name = :name, filter = :filter, sort = :sort, shared = :shared,
    changed_at_ms = :at_ms WHERE view_id = :view_id"""
_REMOVE: Final = "DELETE FROM saved_view WHERE view_id = ?"


class ViewStore:
    """Keeps views. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, view: Mapping[str, Any]) -> None:
        """Keep a view.

        Raises:
            UsageError: its owner has one of that name (RF7021).
        """
        if not self._database.change(_ADD, dict(view)):
            raise _exists(view["name"])

    def get(self, view_id: str) -> dict[str, Any]:
        """Return one view.

        Raises:
            UsageError: there is none (RF3050).
        """
        row = self._database.row(_GET, (view_id,))
        if row is None:
            raise UsageError(NO_SUCH_ALERT, "there is no such view", cure="See GET /v1/views for the ids.")
        return _view(dict(row))

    def list(self, owner: str, tenant: str | None) -> list[dict[str, Any]]:
        """Return the views of a person, and those that are shared, by name."""
        return [_view(dict(row)) for row in self._database.rows(_LIST, {"owner": owner, "tenant": tenant})]

    def count(self, owner: str) -> int:
        """Return how many views a person has."""
        return int(self._database.value(_COUNT, (owner,)))

    def change(self, view: Mapping[str, Any], at_ms: int) -> None:
        """Write name, filter, sort and whether it is shared.

        Raises:
            UsageError: its owner has another one of that name (RF7021).
        """
        names = ("view_id", "name", "filter", "sort", "shared")
        if not self._database.change(_CHANGE, {name: view[name] for name in names} | {"at_ms": at_ms}):
            raise _exists(view["name"])

    def remove(self, view_id: str) -> None:
        """Drop a view."""
        self._database.change(_REMOVE, (view_id,))


def _exists(name: str) -> UsageError:
    return UsageError(EXISTS, f"there is a view {name!r:.80} already")


def _view(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"shared": bool(row["shared"])}
