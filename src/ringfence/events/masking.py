"""Numbers of subscribers, masked: what a document shows to whoever has not said why they need more.

Countries, operators and ranges stay readable: the first five digits. A party that is masked comes with a reference
(`entity_ref`) that stands for it in addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

SHOWN_DIGITS: Final = 5
_NUMBER: Final = re.compile(r"(?<![0-9a-fA-F])(\d{5})(\d{2,})(?![0-9a-fA-F])")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{16,}")
_CLEAR: Final = ("_id", "_ids", "_ref", "digest", "cursor", "next", "etag", "version")  # ends of names of opaque values


def masked(text: str) -> str:
    """Return a text in which of each run of seven or more digits only the first five are seen."""
    return _NUMBER.sub(lambda found: found[1] + "*" * len(found[2]), text)


def shown_to(document: Any, reference: Callable[[str, str], str] | None = None, *, reveals: bool) -> Any:
    """Return a document with its numbers masked, unless it `reveals` them.

    `reference` makes references to entities (`Secret.reference`); documents with `entity` and `entity_kind` get one.
    """
    if isinstance(document, dict):
        made = {
            name: value if not reveals and str(name).endswith(_CLEAR) else shown_to(value, reference, reveals=reveals)
            for name, value in document.items()
        }
        if reference and isinstance(document.get("entity"), str) and isinstance(document.get("entity_kind"), str):
            made["entity_ref"] = reference(document["entity_kind"], document["entity"])
        return made
    if isinstance(document, (list, tuple)):
        return [shown_to(one, reference, reveals=reveals) for one in document]
    if isinstance(document, str) and not reveals and not _HEXADECIMAL.fullmatch(document):
        return masked(document)
    return document
