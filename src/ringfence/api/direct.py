"""Routes that read their request themselves: for answers that are due within milliseconds.

The signature of the function describes the route in the document, and names its permission; nothing else is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ringfence.api.asking import May, house_of


class Direct(APIRoute):
    """Calls its function with the request, the house and who asks; the other arguments keep their defaults."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        asked = [dependency.call for dependency in self.dependant.dependencies if isinstance(dependency.call, May)]
        if len(asked) != 1:
            raise TypeError(f"{self.name} does not name one permission")
        may, answered = asked[0], self.endpoint

        async def handle(request: Request) -> Response:
            asker = may(request)
            response: Response = await answered(request, house_of(request), asker)
            return response

        return handle
