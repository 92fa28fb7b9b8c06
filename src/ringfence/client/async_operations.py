"""The operations of the API. Written by docs/generate_client.py from the OpenAPI document: change the routes, then `make docs`."""

# ruff: noqa
from __future__ import annotations

from urllib.parse import quote
from typing import Any, Literal, cast

from ringfence.client import shapes
from ringfence.client.transport import Call


def _quoted(part: object) -> str:
    """Return a part of a path, whatever is in it."""
    return quote(str(part), safe="")


class AsyncOperations:
    """A method for each operation."""

    async def call(self, call: Call) -> Any:
        """Make a request."""
        raise NotImplementedError

    async def explain_error(self, code: str) -> shapes.ErrorCode:
        """Return the title of a code, and what to do. Anyone may ask."""
        made = await self.call(
            Call(
                "GET",
                f"/v1/errors/{_quoted(code)}",
            )
        )
        return cast("shapes.ErrorCode", made)

    async def get_alert(self, alert_id: str) -> Any:
        """Return one alert by its id."""
        made = await self.call(
            Call(
                "GET",
                f"/v1/alerts/{_quoted(alert_id)}",
            )
        )
        return cast("Any", made)

    async def get_balance(self) -> list[shapes.Balance]:
        """Return the counters of each source since the beginning, those that are not in a checkpoint yet included."""
        made = await self.call(
            Call(
                "GET",
                "/v1/balance",
            )
        )
        return cast("list[shapes.Balance]", made)

    async def list_alerts(self, *, limit: int | None = None) -> Any:
        """Return alerts, the highest expected loss first."""
        made = await self.call(
            Call(
                "GET",
                "/v1/alerts",
                query={"limit": limit},
            )
        )
        return cast("Any", made)

    async def livez(self) -> shapes.Life:
        """Answer as long as the process answers at all. Anyone may ask."""
        made = await self.call(
            Call(
                "GET",
                "/livez",
            )
        )
        return cast("shapes.Life", made)

    async def readyz(self) -> shapes.Health:
        """Answer 200 when records are taken and questions answered, else 503 with the reasons. Anyone may ask."""
        made = await self.call(
            Call(
                "GET",
                "/readyz",
            )
        )
        return cast("shapes.Health", made)

    async def send_events(
        self,
        content: bytes,
        *,
        source: str | None = None,
        mapping: str | None | None = None,
        details: str | None = None,
        idempotency_key: str | None = None,
        content_type: str = "application/x-ndjson",
        content_encoding: str | None = None,
    ) -> shapes.Receipt:
        """Take records in: NDJSON, CSV through a mapping, Arrow IPC or CloudEvents, plain, gzip or zstd.

        The answer comes when they are on the disk and judged, and says of each what became of it. Sending the same
        records again makes duplicates and no harm.
        """
        made = await self.call(
            Call(
                "POST",
                "/v1/events",
                query={"source": source, "mapping": mapping, "details": details},
                headers={
                    "Idempotency-Key": idempotency_key,
                    "content-type": content_type,
                    "content-encoding": content_encoding,
                },
                content=content,
            )
        )
        return cast("shapes.Receipt", made)
