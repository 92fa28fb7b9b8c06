"""Own-baseline detector: how unusual is this hour for this very subscriber, account or device.

Compares features with the entity's own past, kept as an exponentially weighted mean and variance of log(1 + x) over
active hours: at the first event of a new hour the peak of each feature in the hour before is learned. It catches
sudden abuse of an account that used to behave. It misses abuse that grows slowly, abuse that was there from the first
day, and whatever stays below the least value that is worth an opinion; it cannot tell fraud from a wedding.

References:
    T. Finch (2009), Incremental calculation of weighted mean and variance.
    F. P. Cantelli (1928), Sui confini della probabilita: P(x - mean >= k spreads) <= 1 / (1 + k^2), whatever the
    distribution. The score is 1 minus that bound.

"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import polars as pl
import zstandard
from numpy.typing import NDArray

from ringfence.detectors.baseline_kernel import INTEGERS, MOMENTS, judge_and_learn, judge_one, small_logs
from ringfence.detectors.catalogue import Catalogue
from ringfence.detectors.entities import Entities, keys_of
from ringfence.detectors.matches import (
    MATCHES,
    MOST_REASONS,
    Match,
    Memory,
    Reason,
    entity_columns,
    entity_in,
    entity_of,
    in_row_order,
)
from ringfence.detectors.words import sentence, usual_text
from ringfence.events.errors import STATE_MISMATCH, DependencyError

DAY_MS: Final = 86_400_000
NO_OPINION: Final = 2**62  # the least value of a feature that is only remembered, for the reasons of others


@dataclass(frozen=True, slots=True)
class Watched:
    """One feature of one kind of entity; below `least` (in the feature's unit) there is no opinion of it."""

    kind: str
    feature: str
    least: int = NO_OPINION


# Least values. An hour's spend: CallSphere's "$50/h per tenant" for accounts and devices; for one caller two fifths.
# Numbers an hour: "no more than 30 calls in 60 minutes" (POSSA/freepbx-trunk-balancing#7). International talk time:
# three calls of six minutes an hour are Oculeus's scenario; half an hour is clear of an ordinary call home, and an
# account (which has many people) gets twice that.
WATCHED: Final = (
    Watched("caller", "charge_micros_1h", 20_000_000),
    Watched("caller", "international_ms_1h", 30 * 60_000),
    Watched("caller", "callees_1h", 30),
    Watched("caller", "calls_5m"),
    Watched("caller", "callees_5m"),
    Watched("caller", "calls_1h"),
    Watched("caller", "messages_1h"),
    Watched("caller", "recipients_1h"),
    Watched("account", "account_charge_micros_1h", 50_000_000),
    Watched("account", "account_international_ms_1h", 60 * 60_000),
    Watched("account", "account_calls_1h"),
    Watched("account", "account_callees_1h"),
    Watched("device", "device_charge_micros_1h", 50_000_000),
    Watched("device", "device_international_ms_1h", 60 * 60_000),
    Watched("device", "device_calls_1h"),
    Watched("device", "device_callees_1h"),
)


@dataclass(slots=True)
class BaselineMemory:
    """The past of every entity, and what was usual at each row of the last batch (which is not saved)."""

    entities: dict[str, Entities]
    definitions: str
    features: dict[str, tuple[str, int]]  # feature: its kind of entity, and its place there
    heard: dict[str, NDArray[np.float32]] = field(default_factory=dict)  # by kind: (2, rows, features)

    def usual_at(self, row: int) -> Callable[[str], float | None]:
        """Return what answers, for a row of the last batch, what was usual for its entity, by feature.

        The answer is in the feature's unit: the (geometric) mean of the peaks of active hours; None if not known.
        """

        def usual(feature: str) -> float | None:
            kind, place = self.features.get(feature, ("", 0))
            if kind not in self.heard:
                return None
            mean = float(self.heard[kind][1, row, place])
            return None if math.isnan(mean) else math.expm1(mean)

        return usual

    def to_bytes(self) -> bytes:
        """Return a line of JSON (definitions, times and counts), then keys, integers and floats; zstd."""
        kinds = sorted(self.entities)
        arrays = [self.entities[kind].to_arrays() for kind in kinds]
        shapes = [[kind, self.entities[kind].now_ms, len(a[0])] for kind, a in zip(kinds, arrays, strict=True)]
        header = json.dumps({"definitions": self.definitions, "entities": shapes}).encode()
        blobs = [array.tobytes() for three in arrays for array in three]
        return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(b"".join([header, b"\n", *blobs]))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBaseline:
    """Scores features in spreads above the entity's own past.

    The features are never negative: counts, durations, amounts of money. A match is an event of an hour that is at
    least `spreads` above what is usual, and at least the feature's `least` value. The score is s^2 / (1 + s^2) for s
    spreads: at most 1 - score of the entity's own hours look like that. It is not yet the share that is fraud.
    """

    catalogue: Catalogue
    watched: tuple[Watched, ...] = WATCHED
    currency: str = ""
    half_life: float = 30.0  # active hours until a past hour counts half
    warm_up: int = 14  # active hours to see before having an opinion
    floor: float = 0.1  # smallest spread believed: about 10 % of the usual value
    clip: float = 3.0  # spreads; no single hour may teach more than this
    spreads: float = 6.0  # a score of 0.97
    idle_ms: int = 14 * DAY_MS  # an entity that was idle for longer is forgotten: a holiday of two weeks is not
    evidence: int = 2
    gap_ms: int = 2 * 3_600_000
    severity: str = "medium"
    shadow: bool = False
    id: str = "own_baseline"
    revision: int = 1
    fraud: str = "anomaly"

    @property
    def columns(self) -> frozenset[str]:
        """Return the features and columns that are read."""
        entities = (column for kind in self._kinds() for column in entity_columns(kind))
        return frozenset({"at_ms", "currency", *entities, *(w.feature for w in self.watched)})

    def start(self) -> BaselineMemory:
        """Return an empty past."""
        places = {w.feature: (kind, n) for kind in self._kinds() for n, w in enumerate(self._of(kind))}
        entities = {kind: Entities(INTEGERS, MOMENTS * len(self._of(kind)), self.idle_ms) for kind in self._kinds()}
        return BaselineMemory(entities, self._definitions(), places)

    def restore(self, raw: bytes) -> BaselineMemory:
        """Return the past that `BaselineMemory.to_bytes` wrote.

        Raises:
            DependencyError: it was written with other features or other settings.

        """
        memory = self.start()
        line, _, rest = zstandard.ZstdDecompressor().decompress(raw).partition(b"\n")
        header = json.loads(line)
        if header["definitions"] != memory.definitions:
            raise DependencyError(STATE_MISMATCH, f"{self.id}: the snapshot was written by other definitions")
        place = 0
        for kind, now_ms, count in header["entities"]:
            entities = memory.entities[kind]
            entities.now_ms = now_ms
            keys = np.frombuffer(rest, np.int64, count, place)
            integers = np.frombuffer(rest, np.int64, count * INTEGERS, place + keys.nbytes)
            place += keys.nbytes + integers.nbytes
            floats = np.frombuffer(rest, np.float32, count * entities.floats_each, place)
            place += floats.nbytes
            entities.fill(keys, integers.reshape(count, INTEGERS), floats.reshape(count, entities.floats_each))
        return memory

    def scores(self, rows: pl.DataFrame, memory: BaselineMemory) -> tuple[pl.DataFrame, BaselineMemory]:
        """Return a score for each event and feature (a column each), and the past with these events in it.

        Null while the entity is warming up, and where the event names no such entity. A value below what is usual
        scores 0.
        """
        columns = []
        for kind in self._kinds():
            self._learned(kind, rows, memory)
            above = memory.heard[kind][0].astype(np.float64)
            scores = above**2 / (1.0 + above**2)
            columns += [pl.Series(w.feature, scores[:, n]).fill_nan(None) for n, w in enumerate(self._of(kind))]
        return pl.DataFrame(columns), memory

    def judge(self, rows: pl.DataFrame, memory: Memory) -> tuple[pl.DataFrame, BaselineMemory]:
        """Return one match for an event and kind of entity: that of the feature furthest above its usual."""
        past = _past(memory)
        found = []
        for kind in self._kinds():
            most = self._learned(kind, rows, past)
            at = np.flatnonzero(most)
            if len(at):
                found.append(self._matches(kind, rows, at, most[at].astype(np.float64)))
        return in_row_order(found), past

    def explain(self, rows: pl.DataFrame, matches: pl.DataFrame, memory: Memory) -> list[tuple[Reason, ...]]:
        """Return the features above their usual, the furthest first."""
        past = _past(memory)
        return [
            self._reasons(rows.row(row, named=True), row, kind, past)
            for row, kind in matches.select("row", "entity_kind").iter_rows()
        ]

    def foretell(self, row: Mapping[str, Any], keys: Mapping[str, int], memory: Memory) -> list[Match]:
        """Return what `judge` would find if this event came next; nothing is learned."""
        return self.foretold(row, keys, memory)[0]

    def foretold(
        self, row: Mapping[str, Any], keys: Mapping[str, int], memory: Memory
    ) -> tuple[list[Match], BaselineMemory]:
        """Return the same, and a memory that tells what is usual at row 0 (`usual_at`) and nothing else."""
        past = _past(memory)
        told = BaselineMemory({}, past.definitions, past.features)
        found = []
        for kind in self._kinds():
            key = next((keys[name] for name in entity_columns(kind) if keys[name]), 0)
            spreads = self._heard_alone(kind, row, past.entities[kind], key, told)
            entity = entity_in(row, kind)
            if spreads and entity is not None:
                found.append(self._match(kind, entity, spreads, row, told))
        return found, told

    def _heard_alone(
        self, kind: str, row: Mapping[str, Any], entities: Entities, key: int, told: BaselineMemory
    ) -> float:
        """Judge one event by a copy of what is known of its entity: `_learned`."""
        watched = self._of(kind)
        heard = told.heard[kind] = np.full((2, 1, len(watched)), np.nan, np.float32)
        if key == 0:
            return 0.0
        values = np.array([[row[w.feature] or 0] for w in watched], np.int64)
        limits = (self._settings(), np.array([w.least for w in watched], np.int64), _small_logs())
        most = np.zeros(1, np.float32)
        at_ms = np.array([row["at_ms"]], np.int64)
        judge_one(np.zeros(1, np.int64), at_ms, values, entities.copy_of(key), limits, (heard, most))
        return float(most[0])

    def _match(self, kind: str, entity: str, spreads: float, row: Mapping[str, Any], told: BaselineMemory) -> Match:
        return Match(
            detector=self.id,
            revision=self.revision,
            fraud=self.fraud,
            entity_kind=kind,
            entity=entity,
            score=spreads**2 / (1.0 + spreads**2),
            severity=self.severity,
            evidence=self.evidence,
            gap_ms=self.gap_ms,
            shadow=self.shadow,
            why=lambda: self._reasons(row, 0, kind, told),
        )

    def _kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(w.kind for w in self.watched))

    def _of(self, kind: str) -> tuple[Watched, ...]:
        return tuple(w for w in self.watched if w.kind == kind)

    def _definitions(self) -> str:
        settings = (self.half_life, self.warm_up, self.floor, self.clip, self.idle_ms)
        parts = [(w.kind, w.feature) for w in self.watched]
        return blake2b(json.dumps([settings, parts]).encode(), digest_size=16).hexdigest()

    def _learned(self, kind: str, rows: pl.DataFrame, memory: BaselineMemory) -> NDArray[np.float32]:
        """Judge and learn the events of one kind of entity, and keep what was heard.

        Returns for each event the most of the spreads that count: far enough above the usual, of a value that is large
        enough to matter; 0 where none does.
        """
        watched = self._of(kind)
        heard = np.full((2, len(rows), len(watched)), np.nan, np.float32)
        most = np.zeros(len(rows), np.float32)
        if len(rows):
            columns = rows.select(pl.col(w.feature).fill_null(0) for w in watched)
            values = np.ascontiguousarray(columns.to_numpy(order="fortran").T)
            entities = memory.entities[kind]
            at_ms = rows["at_ms"].to_numpy()
            keys, least = _keys(rows, kind), np.array([w.least for w in watched], np.int64)
            limits = (self._settings(), least, _small_logs())
            with entities.guard:
                slots = entities.slots(keys, at_ms)
                judge_and_learn(slots, at_ms, values, (entities.integers, entities.floats), limits, (heard, most))
        memory.heard[kind] = heard
        return most

    def _settings(self) -> NDArray[np.float64]:
        weight = 1.0 - 0.5 ** (1.0 / self.half_life)
        return np.array([weight, self.warm_up, self.floor, self.clip, self.idle_ms, self.spreads], np.float64)

    def _matches(
        self, kind: str, rows: pl.DataFrame, at: NDArray[np.int64], spreads: NDArray[np.float64]
    ) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "row": at,
                "detector": self.id,
                "revision": self.revision,
                "fraud": self.fraud,
                "entity_kind": kind,
                "entity": rows.select(entity_of(kind)).to_series().gather(at),
                "score": spreads**2 / (1.0 + spreads**2),
                "severity": self.severity,
                "evidence": self.evidence,
                "gap_ms": self.gap_ms,
                "shadow": self.shadow,
            },
            schema=MATCHES,
        )

    def _reasons(self, row: Mapping[str, Any], number: int, kind: str, past: BaselineMemory) -> tuple[Reason, ...]:
        far = sorted(self._far(row, number, kind, past), key=lambda pair: -pair[0])[:MOST_REASONS]
        total = sum(spread for spread, _ in far)
        currency = str(row.get("currency") or self.currency)
        usual_of = past.usual_at(number)
        made = []
        for spread, watched in far:
            value, usual = row[watched.feature], usual_of(watched.feature)
            known = self.catalogue[watched.feature]
            if not isinstance(value, int) or usual is None:
                continue
            text = f"{sentence(known, value, currency)}; {usual_text(known, usual, currency)}"
            made.append(Reason(watched.feature, value, usual, text, spread / total))
        return tuple(made)

    def _far(
        self, row: Mapping[str, Any], number: int, kind: str, past: BaselineMemory
    ) -> Iterator[tuple[float, Watched]]:
        """Yield the features that are far above their usual, with their spreads; those without opinion come along."""
        for place, watched in enumerate(self._of(kind)):
            spread = float(past.heard[kind][0, number, place])
            value = row[watched.feature]
            small = watched.least != NO_OPINION and isinstance(value, int) and value < watched.least
            if spread >= self.spreads and not small:
                yield spread, watched


def _keys(rows: pl.DataFrame, kind: str) -> NDArray[np.int64]:
    """Return the key of each event's entity of a kind, 0 where it names none."""
    first, *others = (keys_of(rows, column) for column in entity_columns(kind))
    for other in others:
        first = np.where(first != 0, first, other)
    return first


@cache
def _small_logs() -> NDArray[np.float64]:
    logs: NDArray[np.float64] = small_logs()
    return logs


def _past(memory: Memory) -> BaselineMemory:
    if not isinstance(memory, BaselineMemory):
        raise TypeError("this is the memory of another detector")
    return memory
