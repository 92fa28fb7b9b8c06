"""An alert: the claim that one entity misbehaved during one episode, with the money at risk."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

OPEN: Final = "open"
SUPPRESSED: Final = "suppressed"

Value = int | float | str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that an alert rests on: a feature, what it was, what it usually is, and both in words.

    `contribution` is the part of the score that it explains, 0 to 1, or null where the detector cannot say.
    """

    feature: str
    value: Value
    usual: Value
    text: str
    contribution: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The claim that an entity misbehaved between two moments, as far as it is known now.

    Times are event time in ms since 1970 UTC. `events` counts the entity's own events in the episode,
    `matches` those that the detector found fault with; `event_ids` names up to 20 of these, the first ten and
    the last ten (hexadecimal). `money_micros` is what the episode has cost so far and `money_per_hour_micros`
    what the entity's last hour cost, in millionths of `currency`. Events without a known charge count as
    nothing; with no charge known at all the currency is null. `score` is the highest of the episode, 0 to 1.
    """

    alert_id: str
    tenant: str | None
    detector: str
    revision: int
    fraud: str
    entity_kind: str
    entity: str
    episode_start_ms: int
    episode_end_ms: int
    raised_at_ms: int
    events: int
    matches: int
    score: float
    severity: str
    money_micros: int
    money_per_hour_micros: int
    currency: str | None
    shadow: bool
    event_ids: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    status: str = OPEN
    suppressed_by: str | None = None  # the suppression that keeps it out of the queue

    def to_json(self) -> dict[str, Any]:
        """Return the alert as the JSON object that other programs rely on.

        Beside the fields it holds `expected_loss_micros`, which orders the queue.
        """
        document: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        document["event_ids"] = list(self.event_ids)
        document["reasons"] = [
            {name: getattr(reason, name) for name in reason.__dataclass_fields__} for reason in self.reasons
        ]
        document["expected_loss_micros"] = expected_loss(self)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Alert:
        """Return the alert that `to_json` wrote; what is no field of an alert is left out."""
        fields = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        fields["event_ids"] = tuple(document["event_ids"])
        fields["reasons"] = tuple(Reason(**reason) for reason in document["reasons"])
        return cls(**fields)


def expected_loss(alert: Alert) -> int:
    """Return the money that stands to be lost, in micros: score x (spent so far + one hour more).

    The hour is priced at the present rate. One hour is the time that an analyst may need to act. Rounded half
    up.
    """
    return math.floor(alert.score * (alert.money_micros + alert.money_per_hour_micros) + 0.5)


def queue(alerts: Iterable[Alert]) -> list[Alert]:
    """Return alerts in the order in which they deserve attention: highest expected loss first, ties by id."""
    return sorted(alerts, key=lambda alert: (-expected_loss(alert), alert.alert_id))


def latest(alerts: Iterable[Alert]) -> list[Alert]:
    """Return the last state of each alert, in order of first appearance.

    An extension carries no reasons of its own: it keeps those of the state before.
    """
    states: dict[str, Alert] = {}
    for alert in alerts:
        before = states.get(alert.alert_id)
        keeps = before is not None and not alert.reasons
        states[alert.alert_id] = replace(alert, reasons=before.reasons) if before and keeps else alert
    return list(states.values())
