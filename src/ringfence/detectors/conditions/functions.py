"""The functions of the rule language: a fixed table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Shape = Literal["text_and_word", "time", "same", "numbers", "number"]


@dataclass(frozen=True, slots=True)
class Function:
    """One function: what it takes, how it is written, and what it means."""

    name: str
    shape: Shape
    written: str
    meaning: str


FUNCTIONS: Final = {
    f.name: f
    for f in (
        Function(
            "starts_with",
            "text_and_word",
            "starts_with(column, 'prefix')",
            "The text begins with the written prefix; null if the text is null",
        ),
        Function(
            "on_list",
            "text_and_word",
            "on_list(column, 'list_name')",
            "The list holds the number itself or a prefix of it, in an entry that has not expired at the time of the "
            "event; null if the number is null",
        ),
        Function("hour_of_day", "time", "hour_of_day(at_ms)", "The hour, 0 to 23, in the home time zone"),
        Function("day_of_week", "time", "day_of_week(at_ms)", "1 (Monday) to 7 (Sunday), in the home time zone"),
        Function("coalesce", "same", "coalesce(a, b, ...)", "The first that is not null"),
        Function("least", "numbers", "least(a, b, ...)", "The smallest; nulls are left out"),
        Function("greatest", "numbers", "greatest(a, b, ...)", "The largest; nulls are left out"),
        Function("abs", "number", "abs(x)", "The number without its sign, as a float"),
    )
}
TIMES: Final = ("at_ms", "start_ms")  # what hour_of_day and day_of_week may be asked of
