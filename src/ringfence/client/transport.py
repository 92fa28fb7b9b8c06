"""What both clients share: how a request is made, when it is sent again, and what its answer is."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

RETRIES: Final = 4
_FIRST_WAIT_S: Final = 0.2
_MOST_WAIT_S: Final = 30.0
_AGAIN: Final = (429, 503)
_CHANGES: Final = ("POST", "PUT", "PATCH", "DELETE")


class ApiProblem(Exception):  # noqa: N818 - it is the API's word for it
    """What the server said went wrong (RFC 9457): `code`, `status`, `detail`, `cure`, and the whole `document`."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.document = dict(document)
        self.code = str(document.get("code", ""))
        self.detail = str(document.get("detail", ""))
        self.cure = str(document.get("cure", ""))
        told = f"{self.detail} [{self.code}]" if self.code else f"the server answered {status}"
        super().__init__(f"{told}\n  {self.cure}" if self.cure else told)


class Unreachable(Exception):  # noqa: N818 - as above
    """The server did not answer."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what an operation makes of its arguments."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    accept: str = "application/json"

    def arguments(self) -> dict[str, Any]:
        """Return the request as httpx2 takes it; a change gets a key, so that sending it again does it once."""
        headers = {name: value for name, value in self.headers.items() if value is not None}
        headers.setdefault("accept", self.accept)
        if self.method in _CHANGES and "Idempotency-Key" not in headers:
            headers["Idempotency-Key"] = secrets.token_hex(16)
        query = {name: _text(value) for name, value in self.query.items() if value is not None}
        body: dict[str, Any] = {} if self.json is None else {"json": self.json}
        if self.content is not None:
            body = {"content": self.content}
        return {"method": self.method, "url": self.path, "params": query, "headers": headers, **body}


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def result_of(response: httpx2.Response) -> Any:
    """Return what an answer holds: JSON, text or bytes.

    Raises:
        ApiProblem: the server says that something is wrong.
    """
    kind = response.headers.get("content-type", "").partition(";")[0]
    if response.status_code >= 400:
        raise ApiProblem(response.status_code, response.json() if kind.endswith("json") else {})
    if not response.content:
        return None
    if kind.endswith("json"):
        return response.json()
    return response.text if kind.startswith("text/") else response.content


def wait_of(response: httpx2.Response | None, attempt: int) -> float | None:
    """Return how long to wait before a request is sent again; None: not at all."""
    if attempt >= RETRIES or (response is not None and response.status_code not in _AGAIN):
        return None
    said = response.headers.get("retry-after", "") if response is not None else ""
    if said.isdecimal():
        return min(float(said), _MOST_WAIT_S)
    return float(min(_FIRST_WAIT_S * 2**attempt, _MOST_WAIT_S)) * (0.5 + random.random() / 2)  # noqa: S311
