"""Random conditions as text, with the rows that they are asked of: a small catalogue, every node of the language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from ringfence.detectors.catalogue import Catalogue, Known

Row = dict[str, Any]
DAY_MS = 86_400_000

CATALOGUE: Catalogue = {
    known.name: known
    for known in (
        Known("calls", "integer", "events", "", "calls made", "an hour"),
        Known("charge_micros", "integer", "micros", "", "charges", "24 hours"),
        Known("spread", "float", "ratio", "", "different numbers a call", "an hour"),
        Known("night_share", "float", "share", "", "share of calls at night", "24 hours"),
        Known("callee", "text", None, None, "Who was called"),
        Known("country", "text", None, None, "Where to"),
        Known("answered", "boolean", None, None, "The call was answered"),
        Known("roaming", "boolean", None, None, "The subscriber was abroad"),
        Known("at_ms", "integer", "ms", None, "When"),
    )
}
COLUMNS = {"integer": ("calls", "charge_micros"), "float": ("spread", "night_share"), "text": ("callee", "country")}
TEXTS = ("", "31", "3161", "31612345678", "447", "4479", "53", "CU", "it's", "12", "-7", "0012", "é", "x\ny", "9" * 18)
WHOLE = (0, 1, -1, 2, 3, 50, 10**6, -(10**9), 9 * 10**15, 2**53 + 1, 2**63 - 1)
REAL = (0.0, -0.0, 0.5, 0.8, 1.0, -2.5, 1e-9, 3.1415926, 1e12, 1e300, -1e300)


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition and rows to ask it of."""

    text: str
    rows: tuple[Row, ...]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _number(value: float) -> str:
    return repr(value) if value >= 0 else f"(-{-value!r})"


def _joined(parts: st.SearchStrategy[str], words: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.builds(lambda a, word, b: f"({a} {word} {b})", parts, st.sampled_from(words), parts)


_SMALL_WHOLE = st.sampled_from([w for w in WHOLE if w >= 0]).map(str)
_SMALL_REAL = st.sampled_from([r for r in REAL if not repr(r).startswith("-")]).map(_number)
_TEXT = st.sampled_from(TEXTS).map(_quoted)


def _numbers(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(st.sampled_from(COLUMNS["integer"] + COLUMNS["float"]), _SMALL_WHOLE, _SMALL_REAL)
    if depth == 0:
        return leaf
    inner = _numbers(depth - 1)
    several = st.lists(inner, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        leaf,
        _joined(inner, ("+", "-", "*", "/")),
        inner.map(lambda a: f"(-{a})"),
        inner.map(lambda a: f"abs({a})"),
        st.builds(lambda f, a: f"{f}({a})", st.sampled_from(["coalesce", "least", "greatest"]), several),
        st.builds(lambda f: f"{f}(at_ms)", st.sampled_from(["hour_of_day", "day_of_week"])),
        inner.map(lambda a: f"CAST({a} AS BIGINT)"),
        _texts(0).map(lambda a: f"CAST({a} AS BIGINT)"),
        inner.map(lambda a: f"CAST({a} AS DOUBLE)"),
        st.builds(lambda c, a, b: f"CASE WHEN {c} THEN {a} ELSE {b} END", _truths(0), inner, inner),
        st.builds(lambda c, a: f"CASE WHEN {c} THEN {a} END", _truths(0), inner),
    )


def _texts(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(st.sampled_from(COLUMNS["text"]), _TEXT)
    if depth == 0:
        return leaf
    inner = _texts(depth - 1)
    return st.one_of(
        leaf,
        st.builds(lambda a, b: f"coalesce({a}, {b})", inner, inner),
        st.just("CAST(calls AS VARCHAR)"),
        st.builds(lambda c, a: f"CASE WHEN {c} THEN {a} ELSE NULL END", _truths(0), inner),
    )


def _comparisons(depth: int) -> st.SearchStrategy[str]:
    words = ("=", "<>", "<", "<=", ">", ">=")
    numbers, texts = _numbers(depth), _texts(depth)
    whole_list = st.lists(st.sampled_from(WHOLE).map(_number), min_size=1, max_size=3).map(", ".join)
    text_list = st.lists(_TEXT, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        _joined(numbers, words),
        _joined(texts, words),
        st.builds(lambda a, b, c: f"{a} BETWEEN {b} AND {c}", numbers, numbers, numbers),
        st.builds(lambda a, no, b: f"{a} {no}IN ({b})", numbers, st.sampled_from(["", "NOT "]), whole_list),
        st.builds(lambda a, no, b: f"{a} {no}IN ({b})", texts, st.sampled_from(["", "NOT "]), text_list),
        st.builds(lambda a, no: f"{a} IS {no}NULL", st.one_of(numbers, texts), st.sampled_from(["", "NOT "])),
        st.builds(lambda a, b: f"starts_with({a}, {b})", texts, _TEXT),
        st.builds(lambda a, b: f"on_list({a}, '{b}')", st.just("callee"), st.sampled_from(["hot", "old"])),
    )


def _truths(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(st.sampled_from(["answered", "roaming", "TRUE"]), _comparisons(0))
    if depth == 0:
        return leaf
    inner = _truths(depth - 1)
    return st.one_of(
        _comparisons(depth),
        _joined(inner, ("AND", "OR")),
        inner.map(lambda a: f"(NOT {a})"),
        st.builds(
            lambda a, no, b: f"(({a}) IS {no}{b})",
            inner,
            st.sampled_from(["", "NOT "]),
            st.sampled_from(["TRUE", "FALSE"]),
        ),
    )


def _or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.none())


ROWS = st.fixed_dictionaries(
    {
        "calls": _or_null(st.sampled_from(WHOLE)),
        "charge_micros": _or_null(st.integers(-(10**15), 10**15)),
        "spread": _or_null(st.sampled_from(REAL)),
        "night_share": _or_null(st.floats(0, 1)),
        "callee": _or_null(st.sampled_from(TEXTS)),
        "country": _or_null(st.sampled_from(TEXTS)),
        "answered": _or_null(st.booleans()),
        "roaming": _or_null(st.booleans()),
        "at_ms": st.integers(1_500_000_000_000, 2_000_000_000_000),
    }
)
ASKED = st.builds(
    lambda condition, rows: Asked(f"({condition}) OR at_ms < 0", tuple(rows)),
    st.integers(0, 2).flatmap(_truths),
    st.lists(ROWS, min_size=1, max_size=6),
)
