"""Server-sent events, read line by line as the HTML standard says (section 9.2.6)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of a stream: its id, to go on from; its kind; what it says."""

    id: str
    kind: str
    data: str

    def json(self) -> Any:
        """Return what it says as JSON."""
        return json.loads(self.data)


def read_events(lines: Iterable[str]) -> Iterator[ServerEvent]:
    """Yield the events of a stream's lines; comments, such as heartbeats, are none."""
    last, kind = "", ""
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield ServerEvent(last, kind or "message", "\n".join(data))
            kind, data = "", []
        elif name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            last = value
