"""Addresses with ids in them: what is no id there is another address, or none."""

from __future__ import annotations

import re
from typing import Final

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

_WHOLE: Final = re.compile(r"[0-9a-f]{32}")


class WholeIds(APIRoute):
    """A route whose parts `{..._id}` are 32 hexadecimal digits.

    So `PATCH /v1/alerts/facets` is a method that this address does not have, and no alert of a strange name.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a request is for this route."""
        match, child = super().matches(scope)
        ids = (value for name, value in child.get("path_params", {}).items() if name.endswith("_id"))
        if match is not Match.NONE and not all(_WHOLE.fullmatch(value) for value in ids):
            return Match.NONE, {}
        return match, child
