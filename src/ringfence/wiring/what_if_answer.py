"""The answer to a what-if: hits a day and by what people decided, whom else they concern, what a threshold does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from ringfence.alerts.alert import SUPPRESSED, Alert
from ringfence.detectors.rules import Rule
from ringfence.stores.alert_spans import Span
from ringfence.wiring.hit_curve import Curve
from ringfence.wiring.hit_labels import CONFIRMED, FALSE, LABELS, UNLABELLED, Around, Sum, label_of
from ringfence.wiring.replaying import MOST_ALERTS, MOST_OF_VARIANT, Tried

DAY_MS: Final = 86_400_000
SAMPLES: Final = 10
NOTES: Final = (
    "lists, rates and the time zone are those of now",
    "reasons of samples do not say what is usual for the entity",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The alerts of a trial in the order of the queue, with what is known about them.

    `present` are the alerts that each rule, as it was then, has raised at the time.
    """

    from_ms: int
    end_ms: int
    time_zone: str
    currency: str
    alerts: Sequence[Alert]
    near: Around
    present: Mapping[str, Sequence[Span]]
    minutes_per_alert: float
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.labels.update({a.alert_id: label_of(self.near.at(a)) for a in self.alerts})

    @property
    def days(self) -> float:
        """How long the time is that was looked at, a day at least."""
        return max((self.end_ms - self.from_ms) / DAY_MS, 1.0)

    def sum_of(self, alerts: Sequence[Alert]) -> Sum:
        """Return how many alerts, and what they cost, by label."""
        made = Sum(self.currency)
        for alert in alerts:
            made.add(alert, self.labels[alert.alert_id])
        return made

    def by_day(self) -> list[dict[str, Any]]:
        """Return the alerts of each day of the home time zone, days without any too."""
        zone = ZoneInfo(self.time_zone)
        first, last = _day(self.from_ms, zone), _day(max(self.end_ms - 1, self.from_ms), zone)
        sums = {first + timedelta(days=n): Sum(self.currency) for n in range((last - first).days + 1)}
        for alert in self.alerts:
            sums[_day(alert.raised_at_ms, zone)].add(alert, self.labels[alert.alert_id])
        return [{"day": day.isoformat(), **made.document()} for day, made in sums.items()]

    def by_rule(self, rules: Sequence[Rule]) -> list[dict[str, Any]]:
        """Return the alerts of each rule, beside those that it raised as it was."""
        rows = []
        for rule in rules:
            own = [a for a in self.alerts if a.detector == rule.id]
            row = {"rule": rule.id, "revision": rule.revision, **self.sum_of(own).document()}
            rows.append(row | {"present": self._present(rule.id, own)})
        return rows

    def _present(self, rule: str, own: Sequence[Alert]) -> dict[str, Any]:
        """Return the alerts that the rule has raised as it was, and those of them that it would not raise any more."""
        was = self.present[rule]
        kept = {span.alert_id for alert in own for span in self.near.at(alert) if span.detector == rule}
        gone = Sum(self.currency)
        for span in was:
            if span.alert_id not in kept:
                gone.add(span, label_of([span]))
        return {"alerts": len(was), "gone": gone.document()}

    def overlap(self) -> tuple[list[dict[str, Any]], Sum]:
        """Return how many alerts each other detector has seen too, and those that no other has."""
        sums: dict[tuple[str, bool], Sum] = {}
        new = Sum(self.currency)
        for alert in self.alerts:
            label = self.labels[alert.alert_id]
            others = {(s.detector, bool(s.shadow)) for s in self.near.at(alert) if s.detector != alert.detector}
            for other in others:
                sums.setdefault(other, Sum(self.currency)).add(alert, label)
            if all(shadow for _, shadow in others):
                new.add(alert, label)
        ordered = sorted(sums.items(), key=lambda pair: (-pair[1].alerts, pair[0]))
        rows = [{"detector": name, "shadow": shadow, **made.document()} for (name, shadow), made in ordered]
        return rows, new

    def samples(self, tried: Tried) -> list[dict[str, Any]]:
        """Return some alerts with their reasons, from the first of the queue to the last, evenly."""
        count = min(SAMPLES, len(self.alerts))
        places = sorted({round(n * (len(self.alerts) - 1) / max(count - 1, 1)) for n in range(count)})
        rows = []
        for alert in (tried.explain(self.alerts[place]) for place in places):
            near = sorted({s.detector for s in self.near.at(alert) if s.detector != alert.detector})
            rows.append(alert.to_json() | {"label": self.labels[alert.alert_id], "seen_by": near})
        return rows

    def curve(self, curve: Curve, tried: Tried) -> dict[str, Any]:
        """Return the hit curve; of a threshold with too many alerts it says only that."""
        points: list[dict[str, Any]] = []
        for threshold, rule in curve.points:
            made = Sum(self.currency)
            for hit in tried.hits[rule.id].values():
                made.add(hit, label_of(self.near.at(hit)))
            is_whole = rule.id not in tried.too_many and tried.ended_ms is None
            told = made.document() | {"alerts_per_day": round(made.alerts / self.days, 3)}
            nothing = dict.fromkeys(told, None)
            points.append(
                {"threshold": threshold, "is_written": threshold == curve.of.written, "is_counted": is_whole}
                | (told if is_whole else nothing)
            )
        of = curve.of
        return {
            "rule": of.rule.id,
            "column": of.column,
            "operator": of.operator,
            "threshold": of.written,
            "most_alerts": MOST_OF_VARIANT,
            "points": points,
        }


def answer(seen: Seen, rules: Sequence[Rule], tried: Tried) -> dict[str, Any]:
    """Return the answer as a JSON object, but for the curve."""
    total = seen.sum_of(seen.alerts)
    rows, new = seen.overlap()
    labelled = total.by_label[CONFIRMED][0] + total.by_label[FALSE][0]
    heard = [a for a in seen.alerts if a.status != SUPPRESSED]
    minutes = len(heard) * seen.minutes_per_alert
    return {
        "history": {
            "from_ms": seen.from_ms,
            "to_ms": seen.end_ms if tried.ended_ms is None else tried.ended_ms + 1,
            "read_from_ms": tried.read_from_ms,
            "events": tried.events,
        },
        "currency": seen.currency,
        "total": {**total.document(), "alerts_per_day": round(total.alerts / seen.days, 3)},
        "other_currency_alerts": total.other_currency,
        "labels": {
            "labelled": labelled,
            UNLABELLED: total.by_label[UNLABELLED][0],
            "coverage": labelled / total.alerts if total.alerts else None,
        },
        "days": seen.by_day(),
        "rules": seen.by_rule(rules),
        "overlap": rows,
        "new": new.document(),
        "suppressed": total.alerts - len(heard),
        "work": {
            "minutes_per_alert": seen.minutes_per_alert,
            "minutes": round(minutes, 1),
            "minutes_per_day": round(minutes / seen.days, 1),
        },
        "samples": seen.samples(tried),
        "most_alerts": MOST_ALERTS,
        "notes": list(NOTES),
    }


def _day(at_ms: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date()


__all__ = ["LABELS", "Seen", "answer"]
