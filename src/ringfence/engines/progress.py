"""How far a run is, for people who watch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ringfence.alerts.alert import Alert, latest, queue
from ringfence.pipeline.counters import Counters

ALERTS_TOLD = 1_000


@dataclass(slots=True)
class Progress:
    """How far a run is, and the worst of what it found.

    `alerts` holds, by id, the alerts that were raised or extended: all of them, or, where they were more than
    `most_alerts`, at least so many of those with the highest expected loss. The store has every one.
    """

    records: int = 0
    events_until_ms: int = 0
    alerts: dict[str, Alert] = field(default_factory=dict)
    most_alerts: int = ALERTS_TOLD
    raised: int = 0  # alerts, whether told or not; those of an earlier run that went on are none of them
    share: float = 0.0  # of the input that was read, as far as it is known
    left_out: int = 0
    rejected: int = 0
    late: int = 0
    worst_lateness_ms: int = 0
    unknown: dict[str, int] = field(default_factory=dict)  # columns that no event has -> records (`count_unknown`)
    foreign: int = 0  # records whose amounts are in another currency than home's, which are not used
    unfinished: int = 0  # files with a last line without its end, which is left for the next run
    counters: dict[str, Counters] = field(default_factory=dict)  # of all sources, since the beginning
    refused: dict[str, str] = field(default_factory=dict)  # file that came while it was followed -> why it is not read

    def tell(self, changed: Iterable[Alert]) -> None:
        """Take up alerts that were raised or extended: only those that were raised bring reasons."""
        for alert in changed:
            before = self.alerts.get(alert.alert_id)
            self.raised += before is None and bool(alert.reasons)
            self.alerts[alert.alert_id] = alert if before is None else latest([before, alert])[0]
        if len(self.alerts) > 2 * self.most_alerts:
            self.alerts = {alert.alert_id: alert for alert in queue(self.alerts.values())[: self.most_alerts]}
