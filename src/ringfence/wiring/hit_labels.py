"""What is known of hits: which alerts are on the same entities at the same time, and what people decided about them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ringfence.stores.alert_spans import AlertSpans, Span

NEAR_MS: Final = 3_600_000  # episodes no further apart are at the same time
CONFIRMED, FALSE, UNLABELLED = LABELS = ("confirmed", "false", "unlabelled")
_SAID: Final = {"fraud": CONFIRMED, "not_fraud": FALSE}
Who = tuple[str | None, str, str]


class Episode(Protocol):
    """Whatever has an entity, a time and a cost: an alert, a hit, a span."""

    @property
    def tenant(self) -> str | None: ...  # noqa: D102 - as of an alert
    @property
    def entity_kind(self) -> str: ...  # noqa: D102
    @property
    def entity(self) -> str: ...  # noqa: D102
    @property
    def episode_start_ms(self) -> int: ...  # noqa: D102
    @property
    def episode_end_ms(self) -> int: ...  # noqa: D102
    @property
    def money_micros(self) -> int: ...  # noqa: D102
    @property
    def currency(self) -> str | None: ...  # noqa: D102


def who(episode: Episode) -> Who:
    """Return whom an episode is about."""
    return episode.tenant, episode.entity_kind, episode.entity


class Around:
    """Finds the episodes on an entity that are at the time of another."""

    def __init__(self, episodes: Iterable[Span]) -> None:
        self._by_who: dict[Who, list[Span]] = {}
        for span in sorted(episodes, key=lambda one: (one.episode_start_ms, one.alert_id)):
            self._by_who.setdefault(who(span), []).append(span)
        self._longest = {
            entity: max(s.episode_end_ms - s.episode_start_ms for s in spans) for entity, spans in self._by_who.items()
        }

    def at(self, episode: Episode) -> list[Span]:
        """Return the episodes that touch another or are nearer than an hour."""
        spans = self._by_who.get(who(episode), [])
        oldest = episode.episode_start_ms - NEAR_MS
        last = bisect_right(spans, episode.episode_end_ms + NEAR_MS, key=lambda span: span.episode_start_ms)
        first = bisect_right(spans, oldest - self._longest.get(who(episode), 0) - 1, key=lambda s: s.episode_start_ms)
        return [span for span in spans[first:last] if span.episode_end_ms >= oldest]


def around(spans: AlertSpans, episodes: Iterable[Episode]) -> Around:
    """Return the alerts on the entities of episodes, at about their time."""
    known = list(episodes)
    if not known:
        return Around(())
    begin = min(one.episode_start_ms for one in known) - NEAR_MS
    end = max(one.episode_end_ms for one in known) + NEAR_MS
    return Around(spans.of((one.entity for one in known), begin, end))


def label_of(near: Iterable[Span]) -> str:
    """Return what people decided: confirmed where any alert is, else false where any is, else nothing is known."""
    said = {_SAID.get(span.disposition or "") for span in near}
    return CONFIRMED if CONFIRMED in said else FALSE if FALSE in said else UNLABELLED


@dataclass(slots=True)
class Sum:
    """How many alerts, and what they cost in one currency; those in another are counted, their money is not."""

    currency: str
    alerts: int = 0
    money_micros: int = 0
    by_label: dict[str, list[int]] = field(default_factory=lambda: {label: [0, 0] for label in LABELS})
    other_currency: int = 0

    def add(self, episode: Episode, label: str) -> None:
        """Count one."""
        is_own = episode.currency in (None, self.currency)
        money = episode.money_micros if is_own else 0
        self.alerts += 1
        self.money_micros += money
        self.other_currency += not is_own
        self.by_label[label][0] += 1
        self.by_label[label][1] += money

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        labels: Mapping[str, Any] = {
            label: {"alerts": alerts, "money_micros": money} for label, (alerts, money) in self.by_label.items()
        }
        return {"alerts": self.alerts, "money_micros": self.money_micros, **labels}
