"""Rules and lists with their versions; counters by day."""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

STEP: Final = Migration(7, "add", ())
