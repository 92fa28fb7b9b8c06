"""The type checker: from sqlglot's tree to ours. What it does not know is not in the language.

It goes on after a mistake, so that all are found; a part that is wrong has a type that fits everywhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlglot import expressions as sql

from ringfence.detectors.catalogue import Catalogue, Type
from ringfence.detectors.conditions.functions import FUNCTIONS, TIMES
from ringfence.detectors.conditions.parts import (
    NUMBERS,
    a_kind,
    around,
    as_type,
    broken,
    class_of,
    common,
    failed,
    is_null,
    more_arguments,
    null_at,
    quoting_advice,
    short_text,
    unique,
    widened,
)
from ringfence.detectors.conditions.problems import Span, suggestion
from ringfence.detectors.conditions.tree import (
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Case,
    Compare,
    Comparison,
    Constant,
    IsNull,
    Name,
    Negate,
    Node,
    Not,
    OneOf,
    Operator,
)
from ringfence.events.errors import NOT_IN_LANGUAGE, RULE_TOO_LARGE, TYPE_MISMATCH, UNKNOWN_LIST, UNKNOWN_NAME

MAX_OPTIONS: Final = 1000
_LARGEST: Final = 2**63 - 1
_COMPARISONS: Final[dict[type[sql.Expr], Comparison]] = {
    sql.EQ: "=",
    sql.NEQ: "<>",
    sql.LT: "<",
    sql.LTE: "<=",
    sql.GT: ">",
    sql.GTE: ">=",
}
_OPERATORS: Final[dict[type[sql.Expr], Operator]] = {sql.Add: "+", sql.Sub: "-", sql.Mul: "*", sql.Div: "/"}
_CASTS: Final[dict[str, Type]] = {
    "BIGINT": "integer",
    "INT": "integer",
    "DOUBLE": "float",
    "FLOAT": "float",
    "TEXT": "text",
    "VARCHAR": "text",
}
_CONVERSIONS: Final = {
    ("integer", "float"),
    ("boolean", "integer"),
    ("integer", "text"),
    ("float", "integer"),
    ("text", "integer"),
}
_ADVICE: Final[dict[type[sql.Expr], str]] = {
    sql.Like: "Use starts_with(column, 'prefix').",
    sql.ILike: "Use starts_with(column, 'prefix').",
    sql.RegexpLike: "Use starts_with(column, 'prefix') or a list.",
    sql.Mod: "Remainders are not in the language.",
    sql.Subquery: "Rules read features and columns of one event; use a feature with a window.",
    sql.If: "Use CASE WHEN ... THEN ... ELSE ... END.",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a condition, at characters of its text."""

    code: str
    what: str
    span: Span
    cure: str = ""


@dataclass(slots=True)
class Checker:
    """Turns one condition into its tree; `wrong` collects what does not fit."""

    text: str
    catalogue: Catalogue
    lists: frozenset[str]
    wrong: list[Wrong] = field(default_factory=list)

    def boolean(self, node: sql.Expr) -> Node:
        """Return a part that has to be true or false."""
        found = self.any(node)
        if found.type != "boolean" and not failed(found):
            self._mismatch(found, f"{self._word(found)} is {a_kind(found.type)}; a condition is true or false")
        return found

    def any(self, node: sql.Expr) -> Node:
        """Return a part of whatever type it has."""
        for kinds, read in _READERS:
            if isinstance(node, kinds):
                return read(self, node)
        return self._refuse(node)

    # -- leaves

    def _name(self, node: sql.Expr) -> Node:
        span = self.span(node)
        name = node.name.lower()
        if node.args.get("table"):
            return self._fail(NOT_IN_LANGUAGE, f"`{node.sql()}`: names have no dot", span)
        known = self.catalogue.get(name)
        if known is None:
            cure = suggestion(name, frozenset(self.catalogue), "`ringfence features list` shows what there is.")
            return self._fail(UNKNOWN_NAME, f"`{name}` is no feature and no event column", span, cure)
        return Name(type=known.type, span=span, name=name)

    def _literal(self, node: sql.Expr) -> Node:
        span = self.span(node)
        if node.is_string:
            return Constant(type="text", span=span, value=str(node.this))
        text = str(node.this)
        if text.isdigit():
            return self._whole(int(text), span)
        value = float(text)
        if not math.isfinite(value):
            return self._fail(RULE_TOO_LARGE, f"{text} is too large for a number", span)
        return Constant(type="float", span=span, value=value)

    def _whole(self, value: int, span: Span) -> Node:
        if value > _LARGEST:
            return self._fail(RULE_TOO_LARGE, "a whole number has 63 bits at most", span)
        return Constant(type="integer", span=span, value=value)

    def _truth(self, node: sql.Expr) -> Node:
        return Constant(type="boolean", span=self.span(node), value=bool(node.this))

    def _null(self, node: sql.Expr) -> Node:
        return self._fail(TYPE_MISMATCH, "nothing equals NULL", self.span(node), "Write IS NULL or IS NOT NULL.")

    # -- logic

    def _chain(self, node: sql.Expr) -> Node:
        parts = tuple(self.boolean(part) for part in node.flatten())
        kind = AllOf if isinstance(node, sql.And) else AnyOf
        return kind(type="boolean", span=around(parts), parts=parts)

    def _not(self, node: sql.Expr) -> Node:
        inner = self.boolean(node.this)
        return Not(type="boolean", span=inner.span, of=inner)

    def _paren(self, node: sql.Expr) -> Node:
        return self.any(node.this)

    def _compare(self, node: sql.Expr) -> Node:
        left, right = self.any(node.this), self.any(node.args["expression"])
        return self._comparison(_COMPARISONS[type(node)], left, right)

    def _comparison(self, operator: Comparison, left: Node, right: Node) -> Node:
        if not self._alike((left, right)):
            return broken(around((left, right)))
        if left.type == "boolean" and operator not in ("=", "<>"):
            self._mismatch(left, f"{self._word(left)} is true or false and has no order")
        left, right = widened((left, right))
        return Compare(type="boolean", span=around((left, right)), operator=operator, left=left, right=right)

    def _between(self, node: sql.Expr) -> Node:
        if node.args.get("symmetric"):
            return self._refuse(node)
        what = self.any(node.this)
        low = self._comparison(">=", what, self.any(node.args["low"]))
        high = self._comparison("<=", what, self.any(node.args["high"]))
        return AllOf(type="boolean", span=around((low, high)), parts=(low, high))

    def _is(self, node: sql.Expr) -> Node:
        what, asked = node.this, node.args["expression"]
        if isinstance(asked, sql.Null):
            inner = self.any(what)
            return IsNull(type="boolean", span=inner.span, of=inner)
        if isinstance(asked, sql.Boolean):
            inner = self.boolean(what)
            wanted = inner if asked.this else Not(type="boolean", span=inner.span, of=inner)
            no = Constant(type="boolean", span=inner.span, value=False)
            return Call(type="boolean", span=inner.span, function="coalesce", arguments=(wanted, no))
        return self._refuse(node)

    def _in(self, node: sql.Expr) -> Node:
        if not node.expressions:
            return self._refuse(node, "Write the values: IN (1, 2, 3). A long list is a file; use on_list.")
        what = self.any(node.this)
        options = [self.any(option) for option in node.expressions]
        plain = [o for o in options if isinstance(o, Constant)]
        if len(plain) < len(options):
            return self._fail(NOT_IN_LANGUAGE, "IN takes written values only", around((what, *options)))
        if not self._alike((what, *plain)):
            return broken(what.span)
        what, *written = widened((what, *plain))
        values = tuple(o.value for o in written if isinstance(o, Constant) and o.value is not None)
        return OneOf(type="boolean", span=around((what, *plain)), of=what, options=unique(values))

    # -- values

    def _arithmetic(self, node: sql.Expr) -> Node:
        left, right = self._number(node.this), self._number(node.args["expression"])
        span = around((left, right))
        return Arithmetic(
            type="float",
            span=span,
            operator=_OPERATORS[type(node)],
            left=as_type(left, "float"),
            right=as_type(right, "float"),
        )

    def _negate(self, node: sql.Expr) -> Node:
        inner = self._number(node.this)
        span = Span(max(0, inner.span.start - 1), inner.span.end)
        if isinstance(inner, Constant) and isinstance(inner.value, (int, float)):
            return Constant(type=inner.type, span=span, value=-inner.value)
        return Negate(type="float", span=span, of=as_type(inner, "float"))

    def _number(self, node: sql.Expr) -> Node:
        found = self.any(node)
        if found.type not in NUMBERS and not failed(found):
            self._mismatch(found, f"{self._word(found)} is {a_kind(found.type)}; a number is needed here")
            return broken(found.span)
        return found

    def _case(self, node: sql.Expr) -> Node:
        if node.this is not None:
            return self._refuse(node, "Write CASE WHEN condition THEN value ... END.")
        pairs = [(self.boolean(i.this), self._or_null(i.args["true"])) for i in node.args["ifs"]]
        otherwise = node.args.get("default")
        last = self._or_null(otherwise) if otherwise else null_at(pairs[-1][1].span)
        results = (*(value for _, value in pairs), last)
        span = around((pairs[0][0], *results))
        kinds = [r for r in results if not is_null(r)]
        if not kinds:
            return self._fail(TYPE_MISMATCH, "every branch of the CASE is NULL", span)
        if not self._alike(tuple(kinds)):
            return broken(span)
        one = common(tuple(kinds))
        branches = tuple((when, as_type(value, one)) for when, value in pairs)
        return Case(type=one, span=span, branches=branches, otherwise=as_type(last, one))

    def _or_null(self, node: sql.Expr) -> Node:
        return null_at(self.span(node)) if isinstance(node, sql.Null) else self.any(node)

    def _cast(self, node: sql.Expr) -> Node:
        inner = self.any(node.this)
        wanted = _CASTS.get(node.args["to"].this.value)
        if failed(inner) or inner.type == wanted:
            return inner
        if wanted is None or (inner.type, wanted) not in _CONVERSIONS:
            what = f"{self._word(inner)} is {a_kind(inner.type)} and cannot become {node.args['to'].sql()}"
            return self._fail(TYPE_MISMATCH, what, inner.span, "See docs/reference/rule-language.md for CAST.")
        return as_type(inner, wanted)

    def _call(self, node: sql.Expr) -> Node:
        name = node.sql_name() if isinstance(node, sql.Func) and not isinstance(node, sql.Anonymous) else node.name
        function = FUNCTIONS.get(name.lower())
        if function is None:
            cure = suggestion(name.lower(), frozenset(FUNCTIONS), "Functions: " + ", ".join(FUNCTIONS) + ".")
            return self._fail(NOT_IN_LANGUAGE, f"there is no function `{name.lower()}`", self.span(node), cure)
        arguments = [a for a in (node.this, *more_arguments(node)) if isinstance(a, sql.Expr)]
        if isinstance(node, sql.Anonymous):
            arguments = node.expressions
        return _SHAPES[function.shape](self, function.name, arguments, self.span(node))

    def _with_word(self, name: str, arguments: list[sql.Expr], span: Span) -> Node:
        word = arguments[1] if len(arguments) == 2 else None
        if not (isinstance(word, sql.Literal) and word.is_string):
            return self._usage(name, span)
        what = self.any(arguments[0])
        if failed(what):
            return what
        if what.type != "text" or (name == "on_list" and not isinstance(what, Name)):
            self._mismatch(what, f"{self._word(what)} is {a_kind(what.type)}; {name} takes a text column")
        if name == "on_list" and word.this not in self.lists:
            cure = suggestion(str(word.this), self.lists, "Add a file of this name to the lists folder.")
            return self._fail(UNKNOWN_LIST, f"there is no list '{word.this}'", self.span(word), cure)
        whole = Span(span.start, self.span(word).end + 1)
        return Call(type="boolean", span=whole, function=name, arguments=(what,), word=str(word.this))

    def _time(self, name: str, arguments: list[sql.Expr], span: Span) -> Node:
        if len(arguments) != 1:
            return self._usage(name, span)
        what = self.any(arguments[0])
        if not failed(what) and not (isinstance(what, Name) and what.name in TIMES):
            self._mismatch(what, f"{name} takes {' or '.join(TIMES)}")
        return Call(type="integer", span=Span(span.start, what.span.end + 1), function=name, arguments=(what,))

    def _same(self, name: str, arguments: list[sql.Expr], span: Span) -> Node:
        if not arguments:
            return self._usage(name, span)
        values = tuple(self.any(a) for a in arguments)
        whole = Span(span.start, values[-1].span.end + 1)
        if not self._alike(values):
            return broken(whole)
        if name in ("least", "greatest") and values[0].type not in (*NUMBERS, None):
            self._mismatch(values[0], f"{name} takes numbers; {self._word(values[0])} is {a_kind(values[0].type)}")
        return Call(type=common(values), span=whole, function=name, arguments=widened(values))

    def _absolute(self, name: str, arguments: list[sql.Expr], span: Span) -> Node:
        if len(arguments) != 1:
            return self._usage(name, span)
        value = as_type(self._number(arguments[0]), "float")
        return Call(type="float", span=Span(span.start, value.span.end + 1), function=name, arguments=(value,))

    # -- what went wrong

    def span(self, node: sql.Expr) -> Span:
        """Return the characters of a parsed part: from its first word to its last."""
        places = [(n.meta["start"], n.meta["end"] + 1) for n in node.walk() if "start" in n.meta]
        if not places:
            return self._nearby(node)
        return Span(min(p[0] for p in places), max(p[1] for p in places))

    def _nearby(self, node: sql.Expr) -> Span:
        """Return where a word without a place of its own (TRUE, NULL) stands: its first mention in the text."""
        written = re.search(rf"\b{re.escape(node.sql())}\b", self.text, re.IGNORECASE)
        return Span(*written.span()) if written else Span(0, len(self.text))

    def _word(self, node: Node) -> str:
        return f"`{self.text[node.span.start : node.span.end]}`"

    def _alike(self, values: tuple[Node, ...]) -> bool:
        """Return whether values can stand together: all numbers, or all of one type."""
        if any(failed(v) for v in values):
            return False
        first = values[0]
        for other in values[1:]:
            if class_of(first.type) != class_of(other.type):
                what = f"{self._word(first)} is {a_kind(first.type)} and {self._word(other)} is {a_kind(other.type)}"
                self._mismatch(other, what, quoting_advice(first, other))
                return False
        return True

    def _mismatch(self, node: Node, what: str, cure: str = "") -> None:
        self.wrong.append(Wrong(TYPE_MISMATCH, what, node.span, cure))

    def _usage(self, name: str, span: Span) -> Node:
        what = f"`{name}` is written {FUNCTIONS[name].written}"
        return self._fail(TYPE_MISMATCH, what, span, FUNCTIONS[name].meaning + ".")

    def _refuse(self, node: sql.Expr, cure: str = "") -> Node:
        advice = cure or _ADVICE.get(type(node), "")
        span = self.span(node)
        return self._fail(NOT_IN_LANGUAGE, f"`{short_text(node)}` is not in the language", span, advice)

    def _fail(self, code: str, what: str, span: Span, cure: str = "") -> Node:
        self.wrong.append(Wrong(code, what, span, cure))
        return broken(span)


_SHAPES: Final[dict[str, Callable[[Checker, str, list[sql.Expr], Span], Node]]] = {
    "text_and_word": Checker._with_word,
    "time": Checker._time,
    "same": Checker._same,
    "numbers": Checker._same,
    "number": Checker._absolute,
}
_READERS: Final[tuple[tuple[type[sql.Expr] | tuple[type[sql.Expr], ...], Callable[[Checker, sql.Expr], Node]], ...]] = (
    (sql.Column, Checker._name),
    (sql.Literal, Checker._literal),
    (sql.Boolean, Checker._truth),
    (sql.Null, Checker._null),
    (sql.Paren, Checker._paren),
    ((sql.And, sql.Or), Checker._chain),
    (sql.Not, Checker._not),
    (tuple(_COMPARISONS), Checker._compare),
    (sql.Between, Checker._between),
    (sql.Is, Checker._is),
    (sql.In, Checker._in),
    (sql.Neg, Checker._negate),
    (tuple(_OPERATORS), Checker._arithmetic),
    (sql.TryCast, Checker._refuse),
    (sql.Cast, Checker._cast),
    (sql.Case, Checker._case),
    (sql.If, Checker._refuse),
    (sql.Func, Checker._call),
)
