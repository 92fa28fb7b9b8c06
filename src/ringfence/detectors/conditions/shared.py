"""What conditions share, made once a batch: membership of lists, and local hours and weekdays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

import polars as pl

from ringfence.detectors.conditions.read import Condition
from ringfence.detectors.conditions.to_polars import list_column, local_column
from ringfence.detectors.conditions.tree import Call, Name, walk
from ringfence.detectors.lists import Lists

_ASKED = ("on_list", "hour_of_day", "day_of_week")


class SharedColumns:
    """Adds the columns that `to_polars` expects for `on_list`, `hour_of_day` and `day_of_week`."""

    def __init__(self, conditions: Iterable[Condition], lists: Lists, zone: ZoneInfo) -> None:
        self._lists, self._zone = lists, zone
        calls = sorted(set(_calls(conditions)))
        self._listed: dict[str, list[str]] = {}
        for function, column, word in calls:
            if function == "on_list":
                self._listed.setdefault(column, []).append(word)
        self._local = [(function, column) for function, column, _ in calls if function != "on_list"]

    def added(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with these columns."""
        local = [self._part(function, column).alias(local_column(function, column)) for function, column in self._local]
        listed = [
            series.alias(list_column(column, word))
            for column, words in self._listed.items()
            for word, series in zip(words, self._lists.memberships(words, rows[column], rows["at_ms"]), strict=True)
        ]
        return rows.with_columns(*local, *listed)

    def _part(self, function: str, column: str) -> pl.Expr:
        local = pl.from_epoch(column, "ms").dt.convert_time_zone(str(self._zone)).dt
        return (local.hour() if function == "hour_of_day" else local.weekday()).cast(pl.Int64)


def _calls(conditions: Iterable[Condition]) -> Iterator[tuple[str, str, str]]:
    for condition in conditions:
        for node in walk(condition.tree):
            if isinstance(node, Call) and node.function in _ASKED:
                first = node.arguments[0]
                if isinstance(first, Name):
                    yield node.function, first.name, node.word
