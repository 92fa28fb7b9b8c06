"""The panel: all detectors in force as one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import polars as pl

from ringfence.detectors.baseline import BaselineMemory, OwnBaseline
from ringfence.detectors.entities import with_keys
from ringfence.detectors.matches import Detector, Foretells, Match, Memory, Reason, in_row_order
from ringfence.detectors.rule_book import RuleBook
from ringfence.detectors.rule_reasons import Usual
from ringfence.detectors.two_places import PlacesMemory


@dataclass(frozen=True, slots=True)
class PanelMemory:
    """The memories of the detectors, by detector and revision."""

    parts: Mapping[tuple[str, int], Memory]

    def guarded_by(self, guard: AbstractContextManager[object]) -> None:
        """Have something held while what detectors remember changes (`Entities.guard`)."""
        for part in self.parts.values():
            if isinstance(part, BaselineMemory):
                for entities in part.entities.values():
                    entities.guard = guard
            elif isinstance(part, PlacesMemory):
                part.sims.guard = guard

    def to_bytes(self) -> bytes:
        """Return a line of JSON (names, revisions, lengths), then the memories, in the order of their names."""
        names = sorted(self.parts)
        blobs = [self.parts[name].to_bytes() for name in names]
        header = [[name, revision, len(blob)] for (name, revision), blob in zip(names, blobs, strict=True)]
        return json.dumps(header).encode() + b"\n" + b"".join(blobs)


class Panel:
    """Judges events by rules, by each subscriber's own past, and by whatever other detectors it holds.

    The own-baseline detector is apart because its memory also tells what is usual, for the reasons of the rules. The
    panel is a detector itself; its matches carry the names of those that found them.
    """

    id = "panel"
    revision = 1
    fraud = "any"

    def __init__(
        self,
        rules: RuleBook,
        baseline: OwnBaseline | None = None,
        others: Sequence[Detector] = (),
    ) -> None:
        self.rules = rules
        self._baseline = baseline
        self._others = {detector.id: detector for detector in others}
        self._foretelling = [d for d in others if isinstance(d, Foretells)]
        read = [d.columns for d in self.detectors]
        self.columns: frozenset[str] = rules.columns.union(*read)
        self._shared = [name for name in ("caller", "device") if sum(name in columns for columns in read) > 1]

    def with_rules(self, rules: RuleBook) -> Panel:
        """Return a panel with other rules and the same other detectors, whose memory stays as it is."""
        return Panel(rules, self._baseline, tuple(self._others.values()))

    @property
    def detectors(self) -> tuple[Detector, ...]:
        """Return the detectors that remember something: all but the rules."""
        others = tuple(self._others.values())
        return (self._baseline, *others) if self._baseline else others

    def start(self) -> PanelMemory:
        """Return the memory of all detectors, empty."""
        return PanelMemory({(d.id, d.revision): d.start() for d in self.detectors})

    def restore(self, raw: bytes) -> PanelMemory:
        """Return the memory that `PanelMemory.to_bytes` wrote.

        A detector that is new, or that has another revision since, starts empty: it has no opinion until it has
        seen enough. What a detector remembered that is gone is dropped.
        """
        line, _, rest = raw.partition(b"\n")
        saved, place = {}, 0
        for name, revision, length in json.loads(line):
            saved[name, revision] = rest[place : place + length]
            place += length
        parts = {}
        for detector in self.detectors:
            name = (detector.id, detector.revision)
            parts[name] = detector.restore(saved[name]) if name in saved else detector.start()
        return PanelMemory(parts)

    def judge(self, rows: pl.DataFrame, memory: Memory) -> tuple[pl.DataFrame, PanelMemory]:
        """Judge one row an event, in event order, with `columns`.

        Returns the matches of all detectors, sorted by (row, detector, entity kind), and the memory that takes the
        place of the one passed in, which is used up. The same events, cut into batches anyhow, give the same matches
        and the same memory.
        """
        past = _parts(memory)
        found = [self.rules.judge(rows)]
        rows = with_keys(rows, self._shared)
        parts: dict[tuple[str, int], Memory] = {}
        for detector in self._others.values():
            name = (detector.id, detector.revision)
            matches, parts[name] = detector.judge(rows, past[name])
            found.append(matches)
        if self._baseline:
            name = (self._baseline.id, self._baseline.revision)
            matches, parts[name] = self._baseline.judge(rows, past[name])
            found.append(matches)
        return in_row_order(found), PanelMemory(parts)

    @property
    def foretelling(self) -> tuple[str, ...]:
        """Name the detectors that `foretell` asks: the rules together as `rules`."""
        return ("rules", *(d.id for d in (self._baseline, *self._foretelling) if d))

    def foretell(self, row: Mapping[str, Any], keys: Mapping[str, int], memory: Memory) -> list[Match]:
        """Return what `judge` would find if this event came next, in the order of (detector, entity kind).

        Detectors that cannot be asked about one event have no opinion (`foretelling` names the others).
        """
        past = _parts(memory)
        found: list[Match] = []
        usual: Usual = _nothing_usual
        if self._baseline:
            own, told = self._baseline.foretold(row, keys, past[self._baseline.id, self._baseline.revision])
            found, usual = own, told.usual_at(0)
        found += self.rules.foretell(row, usual)
        for detector in self._foretelling:
            found += detector.foretell(row, keys, past[detector.id, detector.revision])
        return sorted(found, key=lambda match: (match.detector, match.entity_kind))

    def explain(self, rows: pl.DataFrame, matches: pl.DataFrame, memory: Memory) -> list[tuple[Reason, ...]]:
        """Return at most five reasons for each match, worst first.

        `rows` are those of the last `judge`, `matches` some of what it found, `memory` what it gave back.
        """
        parts = _parts(memory)
        past = _own(parts[self._baseline.id, self._baseline.revision]) if self._baseline else None
        explained: list[tuple[Reason, ...]] = []
        for number, (row, name) in enumerate(matches.select("row", "detector").iter_rows()):
            detector = self._others.get(name)
            if self._baseline and name == self._baseline.id:
                detector = self._baseline
            if detector is None:
                usual = past.usual_at(row) if past else _nothing_usual
                explained.append(self.rules.explain(rows, name, row, usual))
            else:
                own = parts[detector.id, detector.revision]
                explained += detector.explain(rows, matches[number : number + 1], own)
        return explained


def _parts(memory: Memory) -> Mapping[tuple[str, int], Memory]:
    if not isinstance(memory, PanelMemory):
        raise TypeError("this is the memory of another detector")
    return memory.parts


def _own(memory: Memory) -> BaselineMemory:
    if not isinstance(memory, BaselineMemory):
        raise TypeError("the memory of the own-baseline detector is another detector's")
    return memory


def _nothing_usual(feature: str) -> float | None:
    return None
