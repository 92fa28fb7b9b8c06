"""Named points before and after each durable write, where tests stop the process to see what is left.

In use they do nothing; no setting reaches them.
"""

from __future__ import annotations

from collections.abc import Callable


def _nothing(name: str) -> None:
    """Go on."""


_hook: Callable[[str], None] = _nothing


def failpoint(name: str) -> None:
    """Mark a point: what is durable differs before and after it."""
    _hook(name)


def hook(action: Callable[[str], None]) -> None:
    """Call `action` with the name of each point that is passed: for tests only."""
    global _hook  # noqa: PLW0603  # one process, one hook
    _hook = action
