"""Numbers of subscribers, masked: what an answer shows to whoever has not said why they need more.

Countries, operators and ranges stay readable: the first five digits. A party that is masked comes with a reference
(`entity_ref`) that stands for it in addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from ringfence.api.asking import Principal

SHOWN_DIGITS: Final = 5
_NUMBER: Final = re.compile(r"(?<![0-9a-fA-F])(\d{5})(\d{2,})(?![0-9a-fA-F])")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{16,}")
_CLEAR: Final = ("_id", "_ids", "_ref", "digest", "cursor", "next", "etag", "version")  # ends of names of opaque values


def masked(text: str) -> str:
    """Return a text in which of each run of seven or more digits only the first five are seen."""
    return _NUMBER.sub(lambda found: found[1] + "*" * len(found[2]), text)


def shown(document: Any, asker: Principal, reference: Callable[[str, str], str] | None = None) -> Any:
    """Return a document as the one who asks may see it: numbers masked, unless they were given them for a reason.

    `reference` makes references to entities (`Secret.reference`); documents with `entity` and `entity_kind` get one.
    """
    if isinstance(document, dict):
        made = {
            name: value if asker.reveals or str(name).endswith(_CLEAR) else shown(value, asker, reference)
            for name, value in document.items()
        }
        if reference and isinstance(document.get("entity"), str) and isinstance(document.get("entity_kind"), str):
            made["entity_ref"] = reference(document["entity_kind"], document["entity"])
        return made if not asker.reveals else {n: shown(v, asker, reference) for n, v in made.items()}
    if isinstance(document, (list, tuple)):
        return [shown(one, asker, reference) for one in document]
    if isinstance(document, str) and not asker.reveals and not _HEXADECIMAL.fullmatch(document):
        return masked(document)
    return document
