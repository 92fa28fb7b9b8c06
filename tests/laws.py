"""How many examples of a law are tried: few in every run, many where time was given (`make laws`)."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import settings

TIMES: Final = int(os.environ.get("LAWS_TIMES", "1"))


def examples(count: int) -> settings:
    """Return the settings of a law that is costly to try."""
    return settings(max_examples=count * TIMES, deadline=None)
