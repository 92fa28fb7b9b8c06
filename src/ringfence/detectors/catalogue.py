"""What a condition may speak of: features and event columns, with type, unit and meaning. Passed in as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Type = Literal["integer", "float", "text", "boolean"]


@dataclass(frozen=True, slots=True)
class Known:
    """One feature or event column.

    `unit` is ms, micros, share, ratio, a counted thing (events, numbers, ...) or None; `family` is the prefix of the
    feature's family ("" for callers) and None for an event column; `window` is in words ("5 minutes") or "".
    `meaning` is without the window.
    """

    name: str
    type: Type
    unit: str | None
    family: str | None
    meaning: str
    window: str = ""


Catalogue = Mapping[str, Known]
