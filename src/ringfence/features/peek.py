"""What the features of one event would be if it came next, without letting it in.

What is known of the parties that the event names is copied, a row of each family, and the same kernel takes the event
into the copy. So the answer is that of the stream, and the memory is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ringfence.events.tables import combine_one
from ringfence.features.define import HOUR_MS, NULLABLE
from ringfence.features.families import FEATURES
from ringfence.features.inputs import LAYOUTS, QUARTER_MS, TENANT
from ringfence.features.layout import AT, FLAGS, NULL, VALUES, Layout
from ringfence.features.peek_kernel import Asker, asker_of
from ringfence.features.pieces import needs
from ringfence.features.shard import Memory, Shard
from ringfence.features.wheres import Ask, where

Ints = NDArray[np.int64]
Event = Mapping[str, Any]
Keys = Mapping[str, int]  # of the event's texts, `trunk` among them: 0 where it has none

TEXTS: Final = tuple(sorted({TENANT}.union(*({*plan.key, *(p.column for p in plan.partners)} for plan in LAYOUTS))))
_MASK: Final = (1 << 64) - 1
_STRIDE: Final = 24  # columns of an output: as many as that of a batch has at least


@dataclass(slots=True)
class _Copy:
    """Room for what is known of one entity of a family, and what its kernel reads and writes."""

    plan: Layout
    logs: Ints = field(init=False)
    books: Ints = field(init=False)
    rows: Ints = field(init=False)
    cells: Ints = field(init=False)
    partners: Ints = field(init=False)
    inputs: Ints = field(init=False)
    places: Ints = field(init=False)
    out: Ints = field(init=False)

    def __post_init__(self) -> None:
        memory = Memory(self.plan)
        self.logs = np.zeros((1, memory.log_width), np.int64)
        self.books = np.zeros((2, memory.books.shape[1]), np.int64)  # one that it has, one that it may come to need
        self.rows = np.zeros((2, self.plan.width), np.int64)
        self.cells = np.zeros(3, np.int64)
        self.partners = np.zeros(len(self.plan.partners), np.int64)
        self.inputs = np.zeros((1, self.plan.input_columns), np.int64)
        self.places = np.zeros((2, 1), np.int64)
        self.out = np.zeros((len(self.plan.outputs), _STRIDE), np.int64)

    def ask(self, asker: Asker, memory: Memory, key: int, asked: NDArray[np.uint8]) -> None:
        """Let the event of `inputs` come to a copy of what is known of an entity."""
        m, own = memory, (self.logs, self.books, self.rows, self.cells, self.places, self.inputs, self.out)
        if asker(m.index, m.keys, m.logs, m.books, m.rows, m.pairs, own, key, self.partners, asked) != 1:
            raise RuntimeError(f"the kernel of {self.plan.family} found no room for one event")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one event becomes the input of a family's kernel."""

    layout: Layout
    bits: tuple[tuple[int, str, str], ...]  # bit, condition, column that must be known; of the entity's own events
    partner_bits: tuple[int, ...]
    names: tuple[str, ...]  # of the features asked for
    places: Ints  # of these in the output
    nullable: tuple[int, ...]  # places among these of what may be null

    @classmethod
    def of(cls, plan: Layout, asked: NDArray[np.uint8]) -> _Plan:
        own = ((bit, c.where, c.column) for bit, c in enumerate(plan.conditions) if not c.received)
        places = np.flatnonzero(asked)
        names = [plan.outputs[place].name for place in places.tolist()]
        return cls(
            plan,
            tuple(own),
            tuple(plan.conditions.index(partner) for partner in plan.partners),
            tuple(names),
            places,
            tuple(n for n, name in enumerate(names) if FEATURES[name].aggregate in NULLABLE),
        )

    def key(self, keys: Keys) -> int:
        """Return the entity's key, 0 where the event names none: `inputs.family_keys`."""
        first, *others = (keys[column] for column in self.layout.key)
        for other in others:
            first = _joined(first, other)
        return _joined(keys[TENANT], first) if keys[TENANT] else first

    def fill(self, inputs: Ints, partners: Ints, event: Event, keys: Keys, holds: Mapping[str, bool]) -> None:
        """Write time, flags and values into `inputs`, and the partners' keys."""
        flags = 0
        for bit, condition, column in self.bits:
            if (not condition or holds[condition]) and (not column or event[column] is not None):
                flags |= 1 << bit
        inputs[0, AT], inputs[0, FLAGS] = event["at_ms"], flags
        for place, name in enumerate(self.layout.values):
            inputs[0, VALUES + place] = event[name] or 0
        for place, bit in enumerate(self.partner_bits):
            mixed = keys[self.layout.partners[place].column] ^ ((place + 1) * 0x9E3779B97F4A7C1)
            partners[place] = (mixed or 1) if flags >> bit & 1 else 0


class Peek:
    """Answers what the features of an event would be.

    It must not be asked while the shards process, nor by two threads at a time: it has one copy of each family.
    """

    def __init__(self, shards: Sequence[Shard], time_zone: str) -> None:
        self._shards = shards
        self._zone = ZoneInfo(time_zone)
        self._asked: list[NDArray[np.uint8]] | None = None
        self._copies = [_Copy(plan) for plan in LAYOUTS]
        self._askers = [asker_of(plan, kernel) for plan, kernel in zip(LAYOUTS, shards[0].kernels, strict=True)]
        conditions = {c.where for plan in LAYOUTS for c in plan.conditions if c.where and not c.received}
        self._wheres: dict[str, Ask] = {text: where(text) for text in sorted(conditions)}
        self._plans: list[_Plan] = []
        self._nothing: dict[str, int | None] = {}
        self._ahead = (-1, 0)  # quarter of an hour, and how far local time is ahead in it, in ms

    @property
    def floor_ms(self) -> int:
        """No event that is older can come next."""
        return self._shards[0].watermark

    def features(self, event: Event, keys: Keys) -> dict[str, int | None]:
        """Return the integer features that are asked of the shards, None where the event names no such party.

        `event` has all columns of the schema and is not older than `floor_ms`; `keys` are those of `TEXTS`.
        """
        if self._asked is not self._shards[0].asked:
            self._plan()
        found = self._nothing.copy()
        row = {**event, **self._local(event["at_ms"])}
        holds = {text: ask(row) is True for text, ask in self._wheres.items()}
        for family, (plan, copy) in enumerate(zip(self._plans, self._copies, strict=True)):
            key = plan.key(keys)
            if key == 0:
                continue
            shard = self._shards[((key & _MASK) >> 33) % len(self._shards)]
            plan.fill(copy.inputs, copy.partners, event, keys, holds)
            copy.ask(self._askers[family], shard.memories[family], key, shard.asked[family])
            values = copy.out[plan.places, 0].tolist()
            for place in plan.nullable:
                values[place] = None if values[place] == NULL else values[place]
            found.update(zip(plan.names, values, strict=True))
        return found

    def _plan(self) -> None:
        """Prepare for the features that are asked of the shards now."""
        self._asked = self._shards[0].asked
        self._plans = [_Plan.of(plan, asked) for plan, asked in zip(LAYOUTS, self._asked, strict=True)]
        self._nothing = {name: None for plan in self._plans for name in plan.names}

    def _local(self, at_ms: int) -> dict[str, int]:
        quarter = at_ms // QUARTER_MS
        if self._ahead[0] != quarter:
            moment = datetime.fromtimestamp(quarter * (QUARTER_MS // 1000), UTC).astimezone(self._zone)
            offset = moment.utcoffset()
            self._ahead = (quarter, 0 if offset is None else round(offset.total_seconds() * 1000))
        local = at_ms + self._ahead[1]
        return {"local_hour": local // HOUR_MS % 24, "local_weekday": (local // (24 * HOUR_MS) + 3) % 7 + 1}


class Ratios:
    """Some features by name, ratios divided: `FeatureRows.frame`."""

    def __init__(self, names: Iterable[str]) -> None:
        wanted = list(names)
        self._plain = [name for name in wanted if not FEATURES[name].is_ratio]
        self._divided = [(name, *needs(name)) for name in wanted if FEATURES[name].is_ratio]

    def of(self, integers: Mapping[str, int | None]) -> dict[str, int | float | None]:
        """Return the features that integer features make."""
        found: dict[str, int | float | None] = {name: integers[name] for name in self._plain}
        for name, numerator, denominator in self._divided:
            above, below = integers[numerator], integers[denominator]
            found[name] = float(above) / float(below) if above is not None and below else None
        return found


def _joined(left: int, right: int) -> int:
    """Return one key for two, 0 where either is: `inputs.family_keys`."""
    if left == 0 or right == 0:
        return 0
    return int(combine_one(left, right)) or 1
