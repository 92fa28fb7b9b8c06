"""Two-places detector: a SIM that is in two places at once has a clone.

Two calls of one SIM that overlap by more than 5 s in different cells, or two events further apart than an airliner
could fly in the time between. Not accused: call waiting in one cell, a call that moves on to a neighbouring cell
(cells nearer than `floor_km`, and what a fast train does meanwhile), two SIMs of one person. Where their places are not
known, only overlaps in cells of different names are seen. A record that tells neither the direction nor a SIM counts
only if it names a trunk that the call left on, and none that it came in on: else its cell may be the callee's.

A clone that stays near the original is seen by its device: calls alternate between two handsets. A new handset is one
change, and a SIM that is lent for an hour goes back once; more than `most_changes` such returns, each within `soon_ms`,
are two SIMs. It misses a clone that is used only while the original sleeps.

References:
    US patent 5335265 (1994): overlapping calls, and distance over time.
    Balkan (fraud management): collision window, and velocity (London to Istanbul in 5 minutes).
    ITU-T Q.5052, section 7: time-and-distance conflict between records; subscriptions for each device.
    3GPP TS 45.010: a GSM cell reaches 35 km at most, hence `travel_floor_km` for a place that is only that of a cell.

The bounds of 5 s and 1000 km/h, and the distances, are our own starting values; those of devices and journeys are
fitted on simulated traffic (below).

"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
import zstandard
from numpy.typing import NDArray

from ringfence.detectors.cells import Cells
from ringfence.detectors.entities import Entities, keys_of
from ringfence.detectors.matches import MATCHES, Match, Memory, Reason, no_matches
from ringfence.detectors.two_places_kernel import (
    APART_MS,
    CELL,
    CLAIM,
    DEVICES,
    DISTANCE_KM,
    EACH,
    END,
    EXCESS,
    HOUR_MS,
    INTEGERS,
    LAT,
    OUT,
    OVERLAP,
    START,
    compare_one,
    compare_places,
)
from ringfence.detectors.words import duration_text
from ringfence.events.errors import STATE_MISMATCH, DependencyError

_VERSION: Final = 1  # of what the memory holds
# a cell belongs to the caller unless the call was received, or only the callee's SIM is known
_RECEIVED: Final = (pl.col("direction") == "in").fill_null(value=False)
_SERVED: Final = ~(_RECEIVED | (pl.col("caller_imsi").is_null() & pl.col("callee_imsi").is_not_null()))
# where neither the direction nor a SIM is told, only a call that leaves and did not come in is known to be the caller's
_TOLD: Final = (
    pl.col("direction").is_not_null()
    | pl.col("caller_imsi").is_not_null()
    | (pl.col("trunk_out").is_not_null() & pl.col("trunk_in").is_null())
)
_START: Final = pl.when(pl.col("kind") == "call").then(pl.coalesce("start_ms", "at_ms")).otherwise("at_ms")


@dataclass(slots=True)
class PlacesMemory:
    """The last few events of every SIM, and what was found at each row of the last batch (which is not saved)."""

    sims: Entities
    heard: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, OUT)))

    def to_bytes(self) -> bytes:
        """Return a line of JSON (version, time, count), then keys and integers; zstd."""
        keys, integers, _ = self.sims.to_arrays()
        header = json.dumps([_VERSION, self.sims.now_ms, len(keys)]).encode()
        blob = b"".join([header, b"\n", keys.tobytes(), integers.tobytes()])
        return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(blob)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPlaces:
    """Finds SIMs in two places at once.

    The score is 1 - 0.5 / excess, where the excess is the distance over what is allowed: 0.5 at the bound, near 1 far
    beyond it, and 0.5 for overlapping calls in cells of unknown place.
    """

    cells: Cells = field(default_factory=Cells)
    overlap_ms: int = 5_000
    floor_km: float = 20.0  # overlapping calls: neighbouring cells, between which a call may have moved
    ground_kmh: float = 300.0  # and what the caller may have travelled from the start of one call to that of the other
    travel_floor_km: float = 50.0
    travel_kmh: float = 1000.0
    idle_ms: int = 24 * 3_600_000  # by then an airliner may be anywhere
    soon_ms: int = 6 * 3_600_000  # a change of device is taken back within this time
    most_changes: int = 1  # back to the device before; this and `soon_ms`: tuning seeds 101 to 104
    most_journeys: int = 1  # faster than an airliner: one may be a cell with a wrong place; 101 to 104, 201 to 205
    within_ms: int = 24 * 3_600_000  # changes and journeys longer ago than this do not add up with new ones; likewise
    evidence: int = 1
    gap_ms: int = 24 * 3_600_000
    severity: str = "high"
    shadow: bool = False
    id: str = "two_places"
    revision: int = 1
    fraud: str = "cloned_sim"

    @property
    def columns(self) -> frozenset[str]:
        """Return the event columns that are read."""
        parties = {"caller", "caller_imsi", "callee_imsi", "device", "cell"}
        return frozenset({"kind", "at_ms", "start_ms", "direction", "trunk_in", "trunk_out"} | parties)

    def start(self) -> PlacesMemory:
        """Return an empty memory."""
        return PlacesMemory(Entities(INTEGERS, 0, self.idle_ms))

    def restore(self, raw: bytes) -> PlacesMemory:
        """Return the memory that `PlacesMemory.to_bytes` wrote.

        Raises:
            DependencyError: another version wrote it.

        """
        line, _, rest = zstandard.ZstdDecompressor().decompress(raw).partition(b"\n")
        version, now_ms, count = json.loads(line)
        if version != _VERSION:
            raise DependencyError(STATE_MISMATCH, f"{self.id}: the snapshot was written by another version")
        memory = self.start()
        keys = np.frombuffer(rest, np.int64, count)
        integers = np.frombuffer(rest, np.int64, count * INTEGERS, keys.nbytes).reshape(count, INTEGERS)
        memory.sims.fill(keys, integers, np.zeros((count, 0), np.float32))
        memory.sims.now_ms = now_ms
        return memory

    def judge(self, rows: pl.DataFrame, memory: Memory) -> tuple[pl.DataFrame, PlacesMemory]:
        """Return one match for each event that cannot be where an earlier one of the same SIM was."""
        past = _past(memory)
        if not len(rows):
            past.heard = np.zeros((0, OUT))
            return no_matches(), past
        told = rows.select(served=_SERVED & _TOLD, start=_START)
        served = told["served"].to_numpy()
        own = keys_of(rows, "caller_imsi")
        sims = np.where(served, np.where(own != 0, own, keys_of(rows, "caller")), 0)
        devices = np.where(served & (own != 0), keys_of(rows, "device"), 0)  # a number on two desk phones is no clone
        at_ms = rows["at_ms"].to_numpy()
        events = np.empty((len(rows), EACH), np.int64)
        events[:, START], events[:, END] = told["start"].to_numpy(), at_ms
        events[:, CELL] = keys_of(rows, "cell")
        events[:, LAT:] = self.cells.places(rows["cell"], events[:, CELL].copy())
        out = np.zeros((len(rows), OUT))
        with past.sims.guard:
            slots = past.sims.slots(sims, at_ms)
            compare_places(slots, events, devices, past.sims.integers, self._limits(), out)
        past.heard = out
        at = np.flatnonzero(out[:, CLAIM])
        return (self._matches(rows, at, out[at, EXCESS]) if len(at) else no_matches()), past

    def explain(self, rows: pl.DataFrame, matches: pl.DataFrame, memory: Memory) -> list[tuple[Reason, ...]]:
        """Return one reason a match: the overlap, the speed that was needed, or the changes of device."""
        heard = _past(memory).heard
        return [(_reason(heard[row]),) for row in matches["row"]]

    def foretell(self, row: Mapping[str, Any], keys: Mapping[str, int], memory: Memory) -> list[Match]:
        """Return what `judge` would find if this event came next; nothing is remembered."""
        own = keys["caller_imsi"]
        sim = own or keys["caller"]
        if sim == 0 or not _is_served_and_told(row):
            return []
        event = np.empty((1, EACH), np.int64)
        is_call_with_start = row["kind"] == "call" and row["start_ms"] is not None
        event[0, START] = row["start_ms"] if is_call_with_start else row["at_ms"]
        event[0, END], event[0, CELL] = row["at_ms"], keys["cell"]
        event[0, LAT:] = self.cells.place_of(row["cell"])
        device = np.array([keys["device"] if own else 0], np.int64)
        past, _ = _past(memory).sims.copy_of(sim)
        out = np.zeros((1, OUT))
        compare_one(np.zeros(1, np.int64), event, device, past, self._limits(), out)
        return [self._match(row, out[0])] if out[0, CLAIM] else []

    def _match(self, row: Mapping[str, Any], found: NDArray[np.float64]) -> Match:
        kind = "caller_imsi" if row["caller"] is None else "caller"
        return Match(
            detector=self.id,
            revision=self.revision,
            fraud=self.fraud,
            entity_kind=kind,
            entity=row[kind],
            score=1.0 - 0.5 / float(found[EXCESS]),
            severity=self.severity,
            evidence=self.evidence,
            gap_ms=self.gap_ms,
            shadow=self.shadow,
            why=lambda: (_reason(found),),
        )

    def _limits(self) -> NDArray[np.float64]:
        km = (self.floor_km, self.ground_kmh, self.travel_floor_km, self.travel_kmh)
        several = (self.most_changes, self.soon_ms, self.most_journeys, self.within_ms)
        return np.array([self.overlap_ms, *km, self.idle_ms, *several], np.float64)

    def _matches(self, rows: pl.DataFrame, at: NDArray[np.int64], excess: NDArray[np.float64]) -> pl.DataFrame:
        entities = rows.select("caller_imsi", "caller")[at]
        return entities.select(
            row=pl.Series(at),
            detector=pl.lit(self.id),
            revision=pl.lit(self.revision, pl.Int64),
            fraud=pl.lit(self.fraud),
            # the number where there is one: it is what people act on, and what the caller's features add money to
            entity_kind=pl.when(pl.col("caller").is_null()).then(pl.lit("caller_imsi")).otherwise(pl.lit("caller")),
            entity=pl.coalesce("caller", "caller_imsi"),
            score=pl.Series(1.0 - 0.5 / excess),
            severity=pl.lit(self.severity),
            evidence=pl.lit(self.evidence, pl.Int64),
            gap_ms=pl.lit(self.gap_ms, pl.Int64),
            shadow=pl.lit(self.shadow),
        ).cast(MATCHES)


def _is_served_and_told(row: Mapping[str, Any]) -> bool:
    """Return whether the cell of one event is its caller's: `_SERVED` and `_TOLD`."""
    no_sim = row["caller_imsi"] is None
    if row["direction"] == "in" or (no_sim and row["callee_imsi"] is not None):
        return False
    leaves = row["trunk_out"] is not None and row["trunk_in"] is None
    return row["direction"] is not None or not no_sim or leaves


def _reason(found: NDArray[np.float64]) -> Reason:
    distance, apart = float(found[DISTANCE_KM]), float(found[APART_MS])
    if found[CLAIM] == DEVICES:
        text = f"this SIM went back {apart:.0f} times to the device that it had come from"
        return Reason("device_changes", int(apart), 1.0, text, 1.0)
    if found[CLAIM] == OVERLAP:
        where = f"{distance:,.0f} km apart" if distance >= 0 else "of different names"
        text = f"two calls of this SIM overlap by {duration_text(apart)} in cells {where}"
        return Reason("overlap_ms", int(apart), 0.0, text, 1.0)
    speed = distance / max(apart / HOUR_MS, 1 / 3600)
    text = f"this SIM was in places {distance:,.0f} km apart within {duration_text(apart)}: {speed:,.0f} km/h"
    return Reason("speed_km_per_hour", round(speed), None, text, 1.0)


def _past(memory: Memory) -> PlacesMemory:
    if not isinstance(memory, PlacesMemory):
        raise TypeError("this is the memory of another detector")
    return memory
