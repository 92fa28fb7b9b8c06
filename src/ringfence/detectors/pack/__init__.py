"""The rules and lists that are shipped: files of the package, read like those that an operator writes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
LISTS: Final = _HERE / "lists"


def rule_files() -> list[Path]:
    """Return the shipped files of rules, one a fraud."""
    return sorted((_HERE / "rules").glob("*.toml"))
