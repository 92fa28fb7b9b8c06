"""What a server said went wrong, as the command line tells it."""

from __future__ import annotations

import sys


def told_by_server(error: Exception) -> Exception:
    """Return an error of the client as one of ours; any other as it is."""
    if "ringfence.client.transport" not in sys.modules:  # then it cannot be one
        return error
    from ringfence.client import ApiProblem, Unreachable
    from ringfence.events.errors import CODES, FAULT, UNREADABLE_FILE, DependencyError, UsageError

    if isinstance(error, Unreachable):
        return DependencyError(UNREADABLE_FILE, str(error), cure="Is it running, and is the address right?")
    if not isinstance(error, ApiProblem):
        return error
    code = error.code if error.code in CODES else FAULT
    kind = DependencyError if error.status >= 500 else UsageError
    return kind(code, error.detail or f"the server answered {error.status}", cure=error.cure)
