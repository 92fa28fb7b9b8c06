"""Numbers of subscribers, masked: what a document shows to whoever has not said why they need more.

Countries, operators and ranges stay readable: the first five digits. A party that is masked comes with a reference
(`entity_ref`) that stands for it in addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

SHOWN_DIGITS: Final = 5
_WORD: Final = re.compile(r"[0-9A-Za-z]*\d{7}[0-9A-Za-z]*")
_NUMBER: Final = re.compile(r"(\d{5})(\d{2,})")
_GROUPED: Final = re.compile(r"\+\d(?:[ \-./()]{0,2}\d){6,}")  # +31 6 1234 5678
_DIGEST: Final = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{16,}")  # with a letter: what has none may be an IMEI
_CLEAR: Final = ("_id", "_ids", "_ref", "digest", "cursor", "next", "etag", "version")  # ends of names of opaque values


def masked(text: str) -> str:
    """Return a text in which of each run of seven or more digits only the first five are seen.

    Digits of a number that begins with + may be grouped. Digests stay as they are.
    """
    grouped = _GROUPED.sub(lambda found: _hidden(found[0]), text)
    return _WORD.sub(_masked_word, grouped)


def _masked_word(found: re.Match[str]) -> str:
    word = found[0]
    return word if _DIGEST.fullmatch(word) else _NUMBER.sub(lambda run: run[1] + "*" * len(run[2]), word)


def _hidden(number: str) -> str:
    """Return a number with all digits but the first five hidden, and what stands between them as it is."""
    seen, made = 0, []
    for sign in number:
        seen += sign.isdecimal()
        made.append("*" if sign.isdecimal() and seen > SHOWN_DIGITS else sign)
    return "".join(made)


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
    if isinstance(document, str) and not reveals:
        return masked(document)
    return document
