"""The two clients: the same operations, one waiting, one awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, Self

import httpx2

from ringfence.client.async_operations import AsyncOperations
from ringfence.client.events import ServerEvent, read_events
from ringfence.client.operations import Operations
from ringfence.client.transport import Call, Unreachable, result_of, wait_of


def _headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


class Client(Operations):
    """Asks a Ringfence server, and waits for the answers.

    Args:
        url: Where the server answers, such as `http://127.0.0.1:8080`.
        key: An API key.
        timeout: Seconds that an answer may take.
        http: What makes requests; one of its own if left out.

    Requests that the server turned away (429, 503) or that never reached it are sent again, a few times and later and
    later; changes carry an `Idempotency-Key`, so that this does them once.
    """

    def __init__(self, url: str, key: str = "", *, timeout: float = 30.0, http: httpx2.Client | None = None) -> None:
        self._http = http or httpx2.Client(base_url=url, headers=_headers(key), timeout=timeout)

    def call(self, call: Call) -> Any:
        """Make a request; return what its answer holds.

        Raises:
            ApiProblem: the server says that something is wrong.
            Unreachable: it did not answer.
        """
        arguments = call.arguments()
        attempt = 0
        while True:
            response, why = None, ""
            try:
                response = self._http.request(**arguments)
            except httpx2.TransportError as error:
                why = str(error) or type(error).__name__
            wait = wait_of(response, attempt)
            if wait is None and response is not None:
                return result_of(response)
            if wait is None:
                raise Unreachable(f"{self._http.base_url} does not answer: {why}")
            attempt += 1
            time.sleep(wait)

    def pages(self, operation: Callable[..., Any], **arguments: Any) -> Iterator[Any]:
        """Give the items of a list, page after page."""
        cursor: str | None = None
        while True:
            page = operation(**arguments, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def live(self, *, after: str | None = None, **query: Any) -> Iterator[ServerEvent]:
        """Follow changes as they happen, for ever; a stream that breaks is taken up again where it broke."""
        last, attempt = after, 0
        while True:
            try:
                headers = {"accept": "text/event-stream"} | ({"last-event-id": last} if last else {})
                with self._http.stream("GET", "/v1/live", params=query, headers=headers, timeout=None) as response:
                    if response.status_code != 200:
                        response.read()
                        if wait_of(response, attempt) is None:
                            result_of(response)
                    else:
                        attempt = 0
                        for event in read_events(response.iter_lines()):
                            last = event.id or last
                            yield event
            except httpx2.TransportError:
                pass
            attempt += 1
            time.sleep(min(0.2 * 2 ** min(attempt, 6), 10.0))

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(AsyncOperations):
    """Asks a Ringfence server, and is awaited; see `Client`."""

    def __init__(
        self, url: str, key: str = "", *, timeout: float = 30.0, http: httpx2.AsyncClient | None = None
    ) -> None:
        self._http = http or httpx2.AsyncClient(base_url=url, headers=_headers(key), timeout=timeout)

    async def call(self, call: Call) -> Any:
        """Make a request; return what its answer holds.

        Raises:
            ApiProblem: the server says that something is wrong.
            Unreachable: it did not answer.
        """
        arguments = call.arguments()
        attempt = 0
        while True:
            response, why = None, ""
            try:
                response = await self._http.request(**arguments)
            except httpx2.TransportError as error:
                why = str(error) or type(error).__name__
            wait = wait_of(response, attempt)
            if wait is None and response is not None:
                return result_of(response)
            if wait is None:
                raise Unreachable(f"{self._http.base_url} does not answer: {why}")
            attempt += 1
            await asyncio.sleep(wait)

    async def pages(self, operation: Callable[..., Awaitable[Any]], **arguments: Any) -> AsyncIterator[Any]:
        """Give the items of a list, page after page."""
        cursor: str | None = None
        while True:
            page = await operation(**arguments, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
