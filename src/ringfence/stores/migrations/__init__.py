"""The schema of the database, as numbered steps that are never changed once released.

A step either adds (before the new code runs: the old code still works with what it adds) or removes (after
the old code is gone). So a change of a column is two steps in two releases, and never one. `PRAGMA
user_version` holds the number of the last step.
"""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations import step_1, step_2, step_3, step_4, step_5, step_6, step_7, step_8, step_9
from ringfence.stores.migrations.step import Migration

__all__ = ["LATEST", "MIGRATIONS", "Migration"]

MIGRATIONS: Final[tuple[Migration, ...]] = tuple(
    one.STEP for one in (step_1, step_2, step_3, step_4, step_5, step_6, step_7, step_8, step_9)
)
LATEST: Final = MIGRATIONS[-1].number
