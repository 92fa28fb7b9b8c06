"""Episodes: from single matches to one alert an entity and stretch of time.

For one detector (and its revision) and one entity the first match begins an episode. The match number
`evidence` raises the alert, later ones extend it, and more than `gap_ms` of event time without one ends it.
What comes out depends on the matches alone, never on how they were cut into batches, so a replay names the
same alerts.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from ringfence.alerts.alert import Alert
from ringfence.alerts.segments import EVIDENCE_END, Key, Segment, Totals, segments
from ringfence.events.errors import STATE_MISMATCH, SettingsError
from ringfence.events.identity import digest

_VERSION: Final = 1
_FORGET_FROM: Final = 1024  # episodes; fewer are not worth a walk after every batch


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch of matches did to the alerts; each is named by `alert_id` and replaces its state before.

    `raised` holds new alerts, each with the row of the match that raised it: its reasons are those of that
    row.
    """

    raised: list[tuple[Alert, int]] = field(default_factory=list)
    extended: list[Alert] = field(default_factory=list)


@dataclass(slots=True)
class Episode:
    """One open episode. `raised_at_ms` is null until there is evidence enough."""

    start_ms: int
    last_ms: int
    gap_ms: int
    evidence: int
    fraud: str
    severity: str
    shadow: bool
    matches: int
    score: float
    first: Totals
    first_charge_micros: int
    last: Totals
    charges_micros: int
    charge_per_hour_micros: int
    currency: str | None
    event_ids: list[bytes]
    raised_at_ms: int | None = None

    @classmethod
    def begin(cls, part: Segment) -> Episode:
        """Return the episode that a segment begins."""
        return cls(
            start_ms=int(part.times_ms[0]),
            last_ms=int(part.times_ms[-1]),
            gap_ms=part.about.gap_ms,
            evidence=max(part.about.evidence, 1),
            fraud=part.about.fraud,
            severity=part.about.severity,
            shadow=part.about.shadow,
            matches=len(part.rows),
            score=part.score,
            first=part.first,
            first_charge_micros=part.first_charge_micros,
            last=part.last,
            charges_micros=part.charges_micros,
            charge_per_hour_micros=part.charge_per_hour_micros,
            currency=part.currency,
            event_ids=part.event_ids,
        )

    def extend(self, part: Segment) -> None:
        """Add a later segment of the same episode."""
        self.last_ms = int(part.times_ms[-1])
        self.matches += len(part.rows)
        self.score = max(self.score, part.score)
        self.last = part.last
        self.charges_micros += part.charges_micros
        self.charge_per_hour_micros = part.charge_per_hour_micros
        self.currency = self.currency or part.currency
        ids = self.event_ids + part.event_ids
        self.event_ids = ids[:EVIDENCE_END] + ids[EVIDENCE_END:][-EVIDENCE_END:]

    @property
    def events(self) -> int:
        """The entity's own events from first to last match; the matches where totals are not kept."""
        counted = _difference(self.first.events, self.last.events)
        return self.matches if counted is None else counted + 1

    @property
    def money_micros(self) -> int:
        """What the entity's events cost from first to last match; the matches' cost without totals."""
        spent = _difference(self.first.charge_micros, self.last.charge_micros)
        return self.charges_micros if spent is None else spent + self.first_charge_micros

    def alert(self, key: Key, raised_at_ms: int) -> Alert:
        """Return the alert in its present state."""
        tenant, detector, revision, entity_kind, entity = key
        return Alert(
            alert_id=digest(tenant, detector, revision, entity_kind, entity, self.start_ms).hex(),
            tenant=tenant or None,
            detector=detector,
            revision=revision,
            fraud=self.fraud,
            entity_kind=entity_kind,
            entity=entity,
            episode_start_ms=self.start_ms,
            episode_end_ms=self.last_ms,
            raised_at_ms=raised_at_ms,
            events=self.events,
            matches=self.matches,
            score=self.score,
            severity=self.severity,
            money_micros=self.money_micros,
            money_per_hour_micros=self.charge_per_hour_micros,
            currency=self.currency,
            shadow=self.shadow,
            event_ids=tuple(event_id.hex() for event_id in self.event_ids),
        )


class Episodes:
    """The open episodes of all detectors: a memory that goes into a checkpoint and comes back from it.

    Bounded by the entities that matched within their gap of the watermark: an episode whose gap has passed
    can no longer grow and is forgotten (its alert is kept elsewhere).
    """

    def __init__(self) -> None:
        self._open: dict[Key, Episode] = {}
        self._watermark_ms: int | None = None
        self._forget_at = _FORGET_FROM
        self.guard: AbstractContextManager[object] = nullcontext()  # held while they change

    def __len__(self) -> int:
        """Return how many episodes are held in memory."""
        return len(self._open)

    @property
    def watermark_ms(self) -> int | None:
        """Events up to then have been taken; None before the first."""
        return self._watermark_ms

    def take(self, matches: pl.DataFrame, watermark_ms: int) -> Changes:
        """Add the matches of a batch and return the alerts that it raised or extended.

        Args:
            matches: columns `MATCHES` of `ringfence.alerts.segments`, rows in event order, none older than
            what was
                taken before.
            watermark_ms: no match older than this will follow.

        """
        parts = list(segments(matches))
        with self.guard:
            return self._take(parts, watermark_ms)

    def _take(self, parts: list[Segment], watermark_ms: int) -> Changes:
        raised: list[tuple[Alert, int]] = []
        extended: list[Alert] = []
        for part in parts:
            episode, before = self._grow(part)
            if episode.raised_at_ms is not None:
                extended.append(episode.alert(part.key, episode.raised_at_ms))
            elif episode.matches >= episode.evidence:
                place = episode.evidence - 1 - before
                episode.raised_at_ms = int(part.times_ms[place])
                raised.append((episode.alert(part.key, episode.raised_at_ms), int(part.rows[place])))
        self._watermark_ms = max(watermark_ms, self._watermark_ms or watermark_ms)
        if len(self._open) >= self._forget_at:
            self._forget()
        return Changes(sorted(raised, key=lambda pair: (pair[1], pair[0].alert_id)), extended)

    def foretell(self, part: Segment) -> tuple[Alert, bool]:
        """Return what a segment of one match would make of its episode, and whether that is an alert.

        It is the alert as it would be raised or extended, or as it would be if its evidence were enough; nothing is
        remembered.
        """
        own = self._open.get(part.key)
        at_ms = int(part.times_ms[0])
        if own is None or _ends(own, part):
            episode = Episode.begin(part)
        else:
            episode = copy(own)  # `extend` replaces what it changes
            episode.extend(part)
        is_raised = episode.raised_at_ms is not None or episode.matches >= episode.evidence
        return episode.alert(part.key, at_ms if episode.raised_at_ms is None else episode.raised_at_ms), is_raised

    def _grow(self, part: Segment) -> tuple[Episode, int]:
        """Return the episode that a segment belongs to, and how many matches it had before."""
        episode = self._open.get(part.key)
        if episode is None or _ends(episode, part):
            episode = self._open[part.key] = Episode.begin(part)
            return episode, 0
        before = episode.matches
        episode.extend(part)
        return episode, before

    def _forget(self) -> None:
        """Drop the episodes that can no longer grow. It walks all: hence not after every batch."""
        watermark_ms = self._watermark_ms
        if watermark_ms is not None:
            self._open = {k: e for k, e in self._open.items() if e.last_ms + e.gap_ms >= watermark_ms}
        self._forget_at = max(_FORGET_FROM, 2 * len(self._open))

    def to_bytes(self) -> bytes:
        """Return the memory as bytes: equal for equal matches and watermark, however they were cut."""
        self._forget()
        rows = [[list(key), *_row(self._open[key])] for key in sorted(self._open)]
        state = {"version": _VERSION, "watermark_ms": self._watermark_ms, "open": rows}
        return json.dumps(state, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Episodes:
        """Return the memory that `to_bytes` wrote.

        Raises:
            SettingsError: another version wrote it, or it is damaged.

        """
        episodes = cls()
        try:
            state = json.loads(content)
            if state["version"] != _VERSION:
                raise ValueError(f"version {state['version']}")
            episodes._watermark_ms = state["watermark_ms"]
            for key, *row in state["open"]:
                tenant, detector, revision, entity_kind, entity = key
                episodes._open[tenant, detector, revision, entity_kind, entity] = _episode(row)
        except (ValueError, KeyError, TypeError, IndexError) as cause:
            raise SettingsError(
                STATE_MISMATCH, f"the open episodes cannot be read: {cause}", expected=f"version {_VERSION}"
            ) from cause
        episodes._forget_at = max(_FORGET_FROM, 2 * len(episodes._open))
        return episodes


def _ends(episode: Episode, part: Segment) -> bool:
    """Return whether an episode is over: by its gap, or because its detector is heard now and was not, or no more."""
    return part.about.shadow != episode.shadow or int(part.times_ms[0]) - episode.last_ms > part.about.gap_ms


def _difference(first: int | None, last: int | None) -> int | None:
    """Return how much a total grew; null where it is not kept, or began anew because the entity was forgotten."""
    return None if first is None or last is None or last < first else last - first


_FIELDS: Final = tuple(Episode.__dataclass_fields__)


def _row(episode: Episode) -> list[object]:
    """Return the fields of an episode in order, as JSON can hold them."""
    values = {name: getattr(episode, name) for name in _FIELDS}
    values["event_ids"] = [event_id.hex() for event_id in episode.event_ids]
    return list(values.values())


def _episode(row: list[object]) -> Episode:
    """Return the episode that `_row` wrote."""
    values: dict[str, object] = dict(zip(_FIELDS, row, strict=True))
    first, last, ids = values["first"], values["last"], values["event_ids"]
    if not (isinstance(first, list) and isinstance(last, list) and isinstance(ids, list)):
        raise TypeError("totals or event ids are no lists")
    values |= {"first": Totals(*first), "last": Totals(*last), "event_ids": [bytes.fromhex(i) for i in ids]}
    return Episode(**values)  # type: ignore[arg-type]  # written by `_row` of the same version
