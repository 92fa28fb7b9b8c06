"""The order of events: repeats dropped, late ones counted, the rest released in order of (event time, event id).

A partition (a file, a broker's partition) promises by its watermark, its newest event time less the lateness, that no
older event is expected. What is late is decided record by record from the partition's own past, never from the size of
a batch; so any arrival order within the lateness gives the same events in the same order. A copy that comes too late
takes nothing from one that comes in time, in whichever order two partitions are read.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.features.inputs import split_ids
from ringfence.pipeline.seen import Flags, Ints, Names, Seen

ENDED: Final = 2**62  # the watermark of a partition that will send nothing more
ACCEPTED, DUPLICATE, LATE = 0, 1, 2  # what became of an event
UNHEARD: Final = -(2**62)  # the watermark of a partition that has sent nothing yet


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the events of one arrival."""

    accepted: int
    duplicate: int
    late: int
    late_events: pl.DataFrame
    worst_lateness_ms: int  # how much older than allowed the oldest late event was
    outcomes: NDArray[np.uint8]  # of each event: ACCEPTED, DUPLICATE or LATE


@dataclass(slots=True)
class Intake:
    """Holds events until every partition's watermark has passed them."""

    horizon_ms: int
    newest: dict[str, int] = field(default_factory=dict)  # newest event time of each partition
    lateness: dict[str, int] = field(default_factory=dict)
    floor: int = UNHEARD  # events below were released: nothing older can be taken
    waiting: list[pl.DataFrame] = field(default_factory=list)
    resting: set[str] = field(default_factory=set)  # partitions that nobody waits for until they speak
    seen: Seen = field(init=False)  # in time
    seen_late: Seen = field(init=False)

    def __post_init__(self) -> None:
        self.seen, self.seen_late = Seen(self.horizon_ms), Seen(self.horizon_ms)

    def open(self, partition: str, lateness_ms: int, not_before_ms: int = UNHEARD) -> None:
        """Expect events of a partition, none older than `not_before_ms` as far as is known."""
        self.newest.setdefault(partition, max(not_before_ms, UNHEARD))
        self.lateness[partition] = lateness_ms

    def end(self, partition: str) -> None:
        """Expect nothing more of a partition."""
        self.newest.pop(partition, None)
        self.lateness.pop(partition, None)
        self.resting.discard(partition)

    def rest(self, partition: str) -> None:
        """Wait for a quiet partition no longer; what it sends later may be late."""
        self.resting.add(partition)

    def watermark_of(self, partition: str) -> int:
        """Return the time that the partition's coming events will not be older than."""
        return self.newest[partition] - self.lateness[partition]

    @property
    def watermark(self) -> int:
        """No partition will send older events."""
        awake = self.newest.keys() - self.resting
        return min(map(self.watermark_of, awake)) if awake else ENDED

    @property
    def held(self) -> int:
        """Events that wait to be released."""
        return sum(events.height for events in self.waiting)

    def take(self, partition: str, events: pl.DataFrame) -> Taken:
        """Take a partition's next events, in the order in which they arrived."""
        if events.height == 0:
            return Taken(0, 0, 0, events, 0, np.empty(0, np.uint8))
        self.resting.discard(partition)
        at = events["at_ms"].to_numpy()
        allowed = self._oldest_allowed(partition, at)
        late = at < allowed
        repeat = self._repeats(split_ids(events["event_id"]), at, late)
        repeat &= at >= allowed - self.horizon_ms  # beyond, an id may be forgotten or not, as memory happens to fill
        late &= ~repeat
        kept = ~(late | repeat)
        self.newest[partition] = max(self.newest[partition], int(at.max()))
        fresh = events if kept.all() else events.filter(pl.Series(kept))
        if fresh.height:
            self.waiting.append(fresh)
        worst = int((allowed - at)[late].max()) if late.any() else 0
        outcomes = np.select([repeat, late], [DUPLICATE, LATE], ACCEPTED).astype(np.uint8)
        return Taken(fresh.height, int(repeat.sum()), int(late.sum()), events.filter(pl.Series(late)), worst, outcomes)

    def _repeats(self, ids: Names, at: Ints, late: Flags) -> Flags:
        if not late.any():
            return self.seen.mark(ids, at, self.floor)
        repeat = np.empty(len(at), np.bool_)
        repeat[~late] = self.seen.mark(ids[~late], at[~late], self.floor)
        repeat[late] = self.seen.holds(ids[late])
        repeat[late] |= self.seen_late.mark(ids[late], at[late], self.floor)
        return repeat

    def _oldest_allowed(self, partition: str, at: Ints) -> Ints:
        before = np.maximum.accumulate(np.concatenate([[self.newest[partition]], at[:-1]]))
        allowed: Ints = np.maximum(before - self.lateness[partition], self.floor)
        return allowed

    def release(self) -> pl.DataFrame | None:
        """Return, in order, the events that are older than every watermark; None if there are none."""
        watermark = self.watermark
        if not self.waiting or watermark <= self.floor:
            return None
        everything = pl.concat(self.waiting)
        order = everything.select("at_ms", "event_id").with_row_index("row").filter(pl.col("at_ms") < watermark)
        if order.height == 0:
            self.waiting = [everything]
            return None
        due = everything[order.sort("at_ms", "event_id")["row"]]  # all columns are moved once
        rest = everything.filter(pl.col("at_ms") >= watermark)
        self.waiting = [rest] if rest.height else []
        self.floor = max(self.floor, min(watermark, int(due["at_ms"][-1]) + 1))
        return due

    def to_bytes(self) -> dict[str, bytes]:
        """Return what a checkpoint holds of it: watermarks, waiting events, ids."""
        header = {"newest": self.newest, "lateness": self.lateness, "floor": self.floor}
        buffer = io.BytesIO()
        if self.waiting:
            pl.concat(self.waiting).sort("at_ms", "event_id").write_ipc(buffer)
        return {
            "intake": json.dumps(header, sort_keys=True).encode(),
            "waiting": buffer.getvalue(),
            "seen": self.seen.to_bytes(self.floor),
            "seen-late": self.seen_late.to_bytes(self.floor),
        }

    @classmethod
    def from_bytes(cls, horizon_ms: int, parts: Mapping[str, bytes]) -> Intake:
        """Return the intake that a checkpoint holds."""
        header = json.loads(parts["intake"])
        intake = cls(
            horizon_ms,
            header["newest"],
            header["lateness"],
            header["floor"],
            [pl.read_ipc(parts["waiting"])] if parts["waiting"] else [],
        )
        intake.seen.restore(parts["seen"])
        intake.seen_late.restore(parts.get("seen-late", b""))
        return intake
