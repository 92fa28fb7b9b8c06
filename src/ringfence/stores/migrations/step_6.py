"""Cases."""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

STEP: Final = Migration(6, "add", ())
