"""CloudEvents 1.0 in structured mode, one or a batch, as lines of event records.

The `data` of each is an event record; without an `event_id` of its own it is named by the CloudEvent's `source` and
`id`, which the specification promises to be unique together.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ringfence.events.errors import BODY_DAMAGED, UsageError
from ringfence.events.identity import digest

MOST_EVENTS: Final = 100_000
SPEC: Final = "1.0"


def unwrapped(content: bytes) -> bytes:
    """Return a line of NDJSON for each CloudEvent; one that is none becomes a line that the feed rejects.

    Raises:
        UsageError: the body is no JSON, or holds too many (RF7023).
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise UsageError(BODY_DAMAGED, "the body is no JSON", expected="a CloudEvent, or a list of them") from None
    events = document if isinstance(document, list) else [document]
    if len(events) > MOST_EVENTS:
        raise UsageError(BODY_DAMAGED, f"{len(events):,} events", expected=f"at most {MOST_EVENTS:,} in one body")
    return b"".join(json.dumps(_record(event), ensure_ascii=True).encode() + b"\n" for event in events)


def wrapped(headers: dict[str, str], data: bytes) -> bytes:
    """Return a CloudEvent in binary mode (`ce-` headers, the data as body) as one in structured mode."""
    attributes: dict[str, Any] = {
        name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")
    }
    try:
        attributes["data"] = json.loads(data)
    except (ValueError, RecursionError):
        attributes["data"] = None
    return json.dumps(attributes).encode()


def _record(event: object) -> object:
    """Return the event record of a CloudEvent; what is none stays as it is, and is no event record either."""
    if not isinstance(event, dict) or event.get("specversion") != SPEC:
        return event if not isinstance(event, dict) else {"not": f"a CloudEvent {SPEC}"}
    data, source, name = event.get("data"), event.get("source"), event.get("id")
    if not isinstance(data, dict) or not isinstance(source, str) or not isinstance(name, str):
        return {"not": "an event record with a source and an id"}
    return {"event_id": digest("cloudevents", source, name).hex(), **data}
