"""From the text of a condition to its checked tree, or to everything that is wrong with it.

sqlglot parses; only the node types of `check` are let through, so statements, subqueries, other functions and regular
expressions are refused by construction. Limits: 4 KB of text, depth 32, 512 nodes, 1,000 values in one IN list.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlglot
from sqlglot import expressions as sql
from sqlglot.errors import ParseError, TokenError

from ringfence.detectors.catalogue import Catalogue
from ringfence.detectors.conditions.check import MAX_OPTIONS, Checker, Wrong
from ringfence.detectors.conditions.problems import Span
from ringfence.detectors.conditions.tree import Node, names
from ringfence.events.errors import NOT_IN_LANGUAGE, RULE_SYNTAX, RULE_TOO_LARGE

MAX_BYTES = 4096
MAX_DEPTH = 32
MAX_NODES = 512


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was checked: its text, its tree (of type boolean), and the columns that it reads."""

    text: str
    tree: Node
    columns: frozenset[str]


def read_condition(text: str, catalogue: Catalogue, lists: Collection[str]) -> Condition | list[Wrong]:
    """Return the checked condition, or everything that is wrong with it, in the order of the text.

    `lists` are the names of the lists that there are.
    """
    if len(text.encode()) > MAX_BYTES:
        what = f"the condition has {len(text.encode()):,} bytes; the limit is {MAX_BYTES:,}"
        return [Wrong(RULE_TOO_LARGE, what, Span(0, 1))]
    try:
        parsed = _parse(text)
        if isinstance(parsed, Wrong):
            return [parsed]
        too_large = _limits(parsed, text)
        if too_large:
            return [too_large]
        checker = Checker(text, catalogue, frozenset(lists))
        tree = checker.boolean(parsed)
    except RecursionError:
        return [_too_deep(text)]
    if not checker.wrong and not names(tree):
        checker.wrong.append(Wrong(NOT_IN_LANGUAGE, "the condition reads no feature and no column", Span(0, len(text))))
    if checker.wrong:
        return sorted(checker.wrong, key=lambda w: w.span.start)
    return Condition(text, tree, names(tree))


def _parse(text: str) -> sql.Expr | Wrong:
    if not text.strip():
        return Wrong(RULE_SYNTAX, "the condition is empty", Span(0, 1))
    try:
        return sqlglot.parse_one(text, into=sql.Condition, dialect="duckdb")
    except ParseError as error:
        return _syntax(error, text)
    except TokenError:
        return Wrong(RULE_SYNTAX, "a quote or a comment is opened and never closed", _last_quote(text))


def _syntax(error: ParseError, text: str) -> Wrong:
    first = error.errors[0] if error.errors else {}
    line, last = first.get("line") or 1, first.get("col") or 1
    word = first.get("highlight") or ""
    end = _offset(text, int(line), int(last))
    end = min(max(end, 1), len(text))
    start = max(0, end - max(1, len(word)))
    if text.upper().lstrip().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "DROP")):
        return Wrong(NOT_IN_LANGUAGE, "this is a statement; a condition is what follows WHERE", Span(0, end))
    if "missing" in str(first.get("description", "")):
        return Wrong(RULE_SYNTAX, "something is missing after this", Span(start, end))
    return Wrong(RULE_SYNTAX, f"`{text[start:end]}` does not fit here", Span(start, end))


def _offset(text: str, line: int, column: int) -> int:
    """Return where a line and a column (that counts from 1) are in the text."""
    before = text.split("\n")[: line - 1]
    return sum(len(part) + 1 for part in before) + column


def _last_quote(text: str) -> Span:
    place = max(text.rfind("'"), text.rfind('"'), text.rfind("/*"), 0)
    return Span(place, place + 1)


def _limits(parsed: sql.Expr, text: str) -> Wrong | None:
    """Check size and depth without recursion. AND and OR chains count as one level, and so does an IN list."""
    count, waiting = 0, [(parsed, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return _too_deep(text)
        if isinstance(node, sql.In) and len(node.expressions) > MAX_OPTIONS:
            what = f"a list of {len(node.expressions):,} values; the limit is {MAX_OPTIONS:,}"
            return Wrong(RULE_TOO_LARGE, what, Span(0, len(text)), "Put them into a list file and use on_list.")
        inner = _parts(node)
        count += 1
        if count > MAX_NODES:
            what = f"the condition has more than {MAX_NODES} parts"
            return Wrong(RULE_TOO_LARGE, what, Span(0, len(text)))
        for child in inner:
            level = depth if type(child) is type(node) and isinstance(node, sql.Connector) else depth + 1
            waiting.append((child, level))
    return None


def _parts(node: sql.Expr) -> list[sql.Expr]:
    """Return what counts as a part of a node: not the name within a column, nor the values of an IN list."""
    if isinstance(node, sql.Column):
        return []
    if isinstance(node, sql.In):
        return [node.this]
    return list(node.iter_expressions())


def _too_deep(text: str) -> Wrong:
    what = f"the condition is nested more than {MAX_DEPTH} levels deep"
    return Wrong(RULE_TOO_LARGE, what, Span(0, len(text)))
