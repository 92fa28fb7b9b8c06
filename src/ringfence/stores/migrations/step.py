"""What a step of the schema is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number, whether it adds or removes, and its statements."""

    number: int
    phase: Literal["add", "remove"]
    statements: tuple[str, ...]
