"""Alerts as JSON objects, as the stores see them."""

from dataclasses import dataclass
from typing import Any

from ringfence.events.identity import digest


@dataclass(frozen=True)
class Said:
    """Something that says itself as a JSON object."""

    document: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return dict(self.document)


def alert(name: object = "a", **given: Any) -> Said:
    """Return an alert; what is not given is that of a plain IRSF alert."""
    return Said(
        {
            "alert_id": digest("alert", str(name)).hex(),
            "tenant": None,
            "detector": "irsf-1",
            "revision": 1,
            "fraud": "irsf",
            "entity_kind": "caller",
            "entity": "31612345678",
            "episode_start_ms": 1_000,
            "episode_end_ms": 2_000,
            "raised_at_ms": 1_500,
            "events": 3,
            "matches": 2,
            "score": 0.5,
            "severity": "high",
            "money_micros": 4_000_000,
            "money_per_hour_micros": 2_000_000,
            "currency": "EUR",
            "expected_loss_micros": 3_000_000,
            "shadow": False,
            "event_ids": ["00" * 16],
            "reasons": [{"feature": "calls_1h", "value": 61, "usual": 2, "text": "61 calls", "contribution": None}],
            "status": "open",
            "suppressed_by": None,
            **given,
        }
    )
