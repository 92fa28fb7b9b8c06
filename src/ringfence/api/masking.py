"""What an answer shows of subscribers' numbers: masked, unless the one who asks was given them for a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringfence.api.asking import Principal
from ringfence.events.masking import SHOWN_DIGITS, masked, shown_to

__all__ = ["SHOWN_DIGITS", "masked", "shown"]


def shown(document: Any, asker: Principal, reference: Callable[[str, str], str] | None = None) -> Any:
    """Return a document as the one who asks may see it.

    `reference` makes references to entities (`Secret.reference`); documents with `entity` and `entity_kind` get one.
    """
    return shown_to(document, reference, reveals=asker.reveals)
