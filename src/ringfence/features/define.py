"""What a feature is: data, from which kernel, SQL, catalogue and data type are made.

A family is a key (one or two event columns) with the features kept for each of its entities. A feature is an
aggregate over the events of the entity in a window, this event included, whose `where` holds. Windows are
pane-aligned: the last P panes of length L including the current one, panes at multiples of L since 1970.

Conditions are SQL over event columns with integers and texts only, so that Polars and DuckDB read the same text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Window:
    """The last `panes` panes of `pane_ms` milliseconds, including the current one."""

    name: str
    pane_ms: int
    panes: int
    words: str


WINDOWS: Final = {
    w.name: w
    for w in (
        Window("5m", MINUTE_MS, 5, "5 minutes"),
        Window("1h", 5 * MINUTE_MS, 12, "an hour"),
        Window("24h", HOUR_MS, 24, "24 hours"),
        Window("7d", 12 * HOUR_MS, 14, "7 days"),
    )
}
LONGEST: Final = WINDOWS["7d"]  # an entity or a pair that was idle for longer is forgotten

WINDOWED: Final = ("count", "sum", "min", "max", "distinct", "new", "peak")
TIMELESS: Final = ("since_last", "age", "total")
NULLABLE: Final = ("min", "max", "since_last")


@dataclass(frozen=True, slots=True)
class Feature:
    """One number known of an entity at an event.

    `aggregate` is one of
      count: events where `where` holds;  sum, min, max: of `column` over them (min and max null when there are none);
      distinct: different values of `column` over them;
      new: events whose value of `column` this entity had not met in the longest window before;
      peak: the largest count of one pane (of the feature named in `column`);
      since_last: ms since the entity's previous event, null if none in the longest window;
      age: ms since the first event after the last silence longer than the longest window;
      total: sum of `column` ("1" for a count) since then;
      ratio: numerator / denominator, two features of the family; null when the denominator is 0.
    """

    name: str
    family: str
    window: Window | None
    aggregate: str
    column: str
    where: str
    unit: str
    meaning: str
    numerator: str = ""
    denominator: str = ""

    @property
    def is_ratio(self) -> bool:
        """Whether it is a division of two other features (a float; all others are integers)."""
        return self.aggregate == "ratio"


@dataclass(slots=True)
class Family:
    """The features of one key.

    `key` are one or two event columns; `also` is the column in which the same entity appears as the other party:
    those events change its features (conditions of `received` features) but give it no row.
    """

    name: str
    key: tuple[str, ...]
    prefix: str
    meaning: str
    also: str = ""
    features: list[Feature] = field(default_factory=list)
    received: set[str] = field(default_factory=set)

    def windows(self, *names: str) -> Iterator[InWindow]:
        """Yield a builder for each window."""
        for name in names:
            yield InWindow(self, WINDOWS[name])

    def window(self, name: str) -> InWindow:
        """Return the builder for one window."""
        return InWindow(self, WINDOWS[name])

    def timeless(self, name: str, aggregate: str, unit: str, meaning: str, column: str = "") -> None:
        """Add a feature that has no window."""
        self._add(Feature(self.prefix + name, self.name, None, aggregate, column, "", unit, meaning))

    def integers(self) -> list[Feature]:
        """Return what the kernel keeps, in the order of its output columns."""
        return [f for f in self.features if not f.is_ratio]

    def ratios(self) -> list[Feature]:
        """Return what is divided afterwards."""
        return [f for f in self.features if f.is_ratio]

    def _add(self, feature: Feature) -> None:
        if any(f.name == feature.name for f in self.features):
            raise ValueError(f"feature {feature.name} is defined twice")
        self.features.append(feature)


@dataclass(frozen=True, slots=True)
class InWindow:
    """Adds features of one family in one window. Names get the family's prefix and the window's name."""

    family: Family
    over: Window

    def count(self, name: str, where: str, meaning: str, *, unit: str = "events", received: bool = False) -> None:
        """Count events."""
        self._aggregate(name, "count", "", where, unit, meaning, received)

    def sum(self, column: str, name: str, where: str, meaning: str, *, unit: str, received: bool = False) -> None:
        """Add up an integer column."""
        self._aggregate(name, "sum", column, where, unit, meaning, received)

    def longest(self, column: str, name: str, where: str, meaning: str, *, unit: str) -> None:
        """Keep the largest value of a column that is never negative."""
        self._aggregate(name, "max", column, where, unit, meaning, False)

    def shortest(self, column: str, name: str, where: str, meaning: str, *, unit: str) -> None:
        """Keep the smallest value of a column that is never negative."""
        self._aggregate(name, "min", column, where, unit, meaning, False)

    def distinct(self, column: str, name: str, where: str, meaning: str, *, unit: str, received: bool = False) -> None:
        """Count different values of a text column."""
        self._aggregate(name, "distinct", column, where, unit, meaning, received)

    def new(self, column: str, name: str, where: str, meaning: str, *, unit: str = "events") -> None:
        """Count events with a partner that was not met in the longest window before."""
        self._aggregate(name, "new", column, where, unit, meaning, False)

    def peak(self, of: str, name: str, meaning: str, *, unit: str = "events") -> None:
        """Keep the largest pane of a count of this window."""
        self._aggregate(name, "peak", self._full(of), "", unit, meaning, False)

    def ratio(self, name: str, numerator: str, denominator: str, unit: str, meaning: str) -> None:
        """Divide two features of this window; null when the denominator is 0."""
        self.family._add(
            Feature(
                self._full(name),
                self.family.name,
                self.over,
                "ratio",
                "",
                "",
                unit,
                self._words(meaning),
                self._full(numerator),
                self._full(denominator),
            )
        )

    def _aggregate(
        self, name: str, aggregate: str, column: str, where: str, unit: str, meaning: str, received: bool
    ) -> None:
        full = self._full(name)
        self.family._add(
            Feature(full, self.family.name, self.over, aggregate, column, where, unit, self._words(meaning))
        )
        if received:
            self.family.received.add(full)

    def _full(self, name: str) -> str:
        return f"{self.family.prefix}{name}_{self.over.name}"

    def _words(self, meaning: str) -> str:
        return f"{meaning}, in {self.over.words}"
