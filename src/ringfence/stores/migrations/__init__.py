"""The schema of the database, as numbered steps that are never changed once released.

A step either adds (before the new code runs: the old code still works with what it adds) or removes (after
the old code is gone). So a change of a column is two steps in two releases, and never one. `PRAGMA
user_version` holds the number of the last step.
"""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations import step_1, step_2, step_3
from ringfence.stores.migrations.step import Migration

__all__ = ["LATEST", "MIGRATIONS", "Migration"]

MIGRATIONS: Final = (step_1.STEP, step_2.STEP, step_3.STEP)
LATEST: Final = MIGRATIONS[-1].number
