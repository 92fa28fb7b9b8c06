"""Suspense: the reason of a write-off is a note of its own."""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

STEP: Final = Migration(
    2,
    "add",
    (
        """ALTER TABLE suspense ADD COLUMN note TEXT""",
        # until then a record that was written off had "owner: reason" in changed_by
        """UPDATE suspense SET note = substr(changed_by, instr(changed_by, ': ') + 2),
            changed_by = substr(changed_by, 1, instr(changed_by, ': ') - 1)
            WHERE state = 'written-off' AND instr(changed_by, ': ') > 0""",
    ),
)
