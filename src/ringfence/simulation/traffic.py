"""Traffic in the making: events as plain NumPy columns of codes, about 150 bytes each.

Numbers, SIMs and handsets are int64; a negative number is a text (an alphanumeric sender, an extension) in
`Names`. Times are milliseconds of local time since the first midnight. `shape.py` of the output (files, Polars)
comes later and only once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CALL, ATTEMPT, MESSAGE = 0, 1, 2  # indices of events.schema.KINDS
HOME, DOMESTIC, FOREIGN = 0, 1, 2  # whose network a party belongs to: ours, another Dutch one, abroad

FIELDS: Final[Mapping[str, tuple[type, int]]] = {
    "kind": (np.int8, CALL),
    "start": (np.int64, 0),
    "setup": (np.int32, 0),
    "ring": (np.int32, 0),
    "duration": (np.int32, 0),
    "answered": (np.bool_, 1),
    "cause": (np.int16, 0),
    "segments": (np.int16, 0),
    "caller": (np.int64, 0),
    "callee": (np.int64, 0),
    "caller_sub": (np.int32, -1),
    "callee_sub": (np.int32, -1),
    "origin": (np.int8, HOME),
    "target": (np.int8, HOME),
    "forwarded_by": (np.int64, 0),
    "account": (np.int64, 0),
    "device": (np.int64, 0),
    "caller_imsi": (np.int64, 0),
    "callee_imsi": (np.int64, 0),
    "cell": (np.int64, 0),
    "visited": (np.int64, 0),
    "roaming": (np.bool_, 0),
    "trunk_in": (np.int64, 0),
    "trunk_out": (np.int64, 0),
    "shape": (np.uint64, 0),
    "episode": (np.int32, -1),
    "entity": (np.int64, 0),
    "money": (np.int64, 0),
}
# An answered call is real-time; these columns say who is served where, and are filled by `serving` when left at 0.


class Names:
    """Texts that events point to by a positive code; 0 is no text."""

    def __init__(self) -> None:
        self.texts: list[str | None] = [None]
        self._codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        """Return the code of a text, giving it one when it is new."""
        if text not in self._codes:
            self._codes[text] = len(self.texts)
            self.texts.append(text)
        return self._codes[text]

    def codes(self, texts: Iterable[str]) -> Ints:
        """Return the codes of texts."""
        return np.array([self.code(text) for text in texts], dtype=np.int64)

    def party(self, text: str) -> int:
        """Return what stands for a text where a number is expected: its negative code."""
        return -self.code(text)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Events of one part of the country, as columns of equal length named as in `FIELDS`."""

    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, n: int, **columns: Any) -> Traffic:
        """Return n events with the columns given; a scalar is repeated and a missing column has its default."""
        unknown = columns.keys() - FIELDS.keys()
        if unknown:
            raise KeyError(f"no such traffic column: {sorted(unknown)}")
        whole: dict[str, NDArray[Any]] = {}
        for name, (dtype, default) in FIELDS.items():
            value = np.asarray(columns.get(name, default))
            whole[name] = np.broadcast_to(value.astype(dtype, copy=False), (n,))
        return cls(whole)

    @classmethod
    def concat(cls, parts: Iterable[Traffic]) -> Traffic:
        """Return the events of all parts, in their order."""
        kept = [part for part in parts if len(part)]
        if not kept:
            return cls.of(0)
        return cls({name: np.concatenate([part[name] for part in kept]) for name in FIELDS})

    def __len__(self) -> int:
        return len(self.columns["start"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def take(self, rows: NDArray[Any]) -> Traffic:
        """Return the events at these positions, or where this mask holds."""
        return Traffic({name: column[rows] for name, column in self.columns.items()})

    def having(self, **columns: Any) -> Traffic:
        """Return the same events with some columns replaced."""
        return Traffic.of(len(self), **{**self.columns, **columns})

    @property
    def end(self) -> Ints:
        """When each event became knowable: the end of a call, the submission of a message."""
        ends: Ints = self["start"] + self["setup"] + self["ring"] + self["duration"]
        return ends
