"""Filters of alerts: conditions in the language of rules, over the columns of alerts. One text means one thing.

What a filter does not speak of is as in the queue: alerts that are open, of detectors that are heard. A filter that
names `status` or `shadow` says itself which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from ringfence.detectors.catalogue import Catalogue, Known
from ringfence.detectors.conditions.check import Wrong
from ringfence.detectors.conditions.problems import Problem, Span, WrittenFileError
from ringfence.detectors.conditions.read import read_condition
from ringfence.detectors.conditions.to_sqlite import TooLargeError, ToSqlite
from ringfence.detectors.conditions.tree import AllOf, AnyOf, Compare, Constant, Name, Node, Not, OneOf, names
from ringfence.events.errors import BAD_FILTER, NOT_IN_LANGUAGE, RULE_SYNTAX, RULE_TOO_LARGE
from ringfence.stores.alert_queue import Where

QUEUE: Final = "status = 'open' AND NOT shadow"
_COLUMNS: Final = (
    Known("alert_id", "text", None, None, "The id of the alert"),
    Known("tenant", "text", None, None, "Whose alert it is"),
    Known("fraud", "text", None, None, "The fraud that is claimed"),
    Known("detector", "text", None, None, "The rule or detector that found it"),
    Known("revision", "integer", None, None, "The revision of that detector"),
    Known("entity_kind", "text", None, None, "caller, callee, account, device, trunk, range or caller_imsi"),
    Known("entity", "text", None, None, "Who is accused, as alerts write it"),
    Known("entity_ref", "text", None, None, "The reference that stands for who is accused"),
    Known("severity", "text", None, None, "low, medium, high or critical"),
    Known("status", "text", None, None, "open, suppressed, confirmed, dismissed or investigating"),
    Known("disposition", "text", None, None, "fraud, not_fraud or unsure"),
    Known("disposition_reason", "text", None, None, "Why it was decided so"),
    Known("assignee", "text", None, None, "Who works on it"),
    Known("watched", "boolean", None, None, "Whether it opens again by itself"),
    Known("reviewed", "boolean", None, None, "Whether somebody has looked at it"),
    Known("case_id", "text", None, None, "The case that it is in"),
    Known("shadow", "boolean", None, None, "Whether its detector runs unheard"),
    Known("score", "float", "share", None, "How sure its detector is"),
    Known("money_micros", "integer", "micros", None, "What the episode has cost so far"),
    Known("money_per_hour_micros", "integer", "micros", None, "What its last hour cost"),
    Known("expected_loss_micros", "integer", "micros", None, "What stands to be lost"),
    Known("currency", "text", None, None, "The currency of the amounts"),
    Known("events", "integer", "events", None, "Events of the episode"),
    Known("matches", "integer", "events", None, "Those that the detector found fault with"),
    Known("raised_at_ms", "integer", "ms", None, "When it was raised"),
    Known("episode_start_ms", "integer", "ms", None, "When the episode began"),
    Known("episode_end_ms", "integer", "ms", None, "Its last match so far"),
    Known("decided_by", "text", None, None, "Who decided"),
    Known("decided_at_ms", "integer", "ms", None, "When it was decided"),
    Known("suppressed_by", "text", None, None, "The suppression that keeps it out of the queue"),
)
ALERT_COLUMNS: Final[Catalogue] = {known.name: known for known in _COLUMNS}
_SQL: Final = {name: f"alert.{name}" for name in ALERT_COLUMNS} | {
    "case_id": "(SELECT c.case_id FROM case_alert c WHERE c.alert_id = alert.alert_id)"
}
Entity = Callable[[str], tuple[str, str] | None]
Check = Callable[[Node, str], list[Wrong]]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was checked: its text as it was written, and its meaning, with what it leaves to the queue."""

    text: str
    tree: Node

    def where(self, tenant: str | None, *, tenant_too: bool) -> Where:
        """Return its SQL; `tenant_too`: only alerts of this tenant."""
        made = ToSqlite(_SQL).of(self.tree)
        columns = names(self.tree)
        entity = _names_entity(self.tree)
        if not tenant_too:
            return Where(made.text, made.values, columns, entity)
        return Where(f"{made.text} AND alert.tenant = ?", (*made.values, tenant), columns | {"tenant"}, entity)


def read_filter(
    text: str | None, entity: Entity | None = None, check: Check | None = None, *, of_queue: bool = True
) -> Filter:
    """Return a filter; null or an empty text is the queue.

    Args:
        text: the condition.
        entity: what a reference to an entity stands for.
        check: what else has to hold of it.
        of_queue: whether what it does not speak of is as in the queue; else that may be anything.

    Raises:
        WrittenFileError: everything that is wrong with it (RF7020), with line, column and what to write instead.
    """
    text = text if text and text.strip() else ""
    queue = _tree(QUEUE)
    if not text:
        return Filter("", queue)
    tree = _tree(text, check)
    tree = _resolved(tree, entity, text)
    named = names(tree)
    left = [part for part in (queue.parts if isinstance(queue, AllOf) else ()) if not names(part) & named]
    if left and of_queue:
        tree = AllOf(type="boolean", span=tree.span, parts=(tree, *left))
    try:
        ToSqlite(_SQL).of(tree)
    except TooLargeError:
        raise _error(
            [Wrong(RULE_TOO_LARGE, "the filter has too many casts within each other", Span(0, len(text)))], text
        ) from None
    return Filter(text, tree)


def _tree(text: str, check: Check | None = None) -> Node:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _error([Wrong(RULE_SYNTAX, "the filter is no Unicode text", Span(0, 1))], "") from None
    found = read_condition(text, ALERT_COLUMNS, ())
    if isinstance(found, list):
        raise _error(found, text)
    if check and (wrong := check(found.tree, text)):
        raise _error(wrong, text)
    return found.tree


def _names_entity(tree: Node) -> bool:
    """Return whether a condition holds for one written entity only."""
    if isinstance(tree, AllOf):
        return any(map(_names_entity, tree.parts))
    if not isinstance(tree, Compare) or tree.operator != "=":
        return False
    sides = {type(side): side for side in (tree.left, tree.right)}
    name = sides.get(Name)
    return Constant in sides and isinstance(name, Name) and name.name == "entity"


def _error(wrong: list[Wrong], text: str) -> WrittenFileError:
    return WrittenFileError(BAD_FILTER, "filter", [_problem(one, text) for one in wrong])


def _problem(wrong: Wrong, text: str) -> Problem:
    start = min(wrong.span.start, len(text))
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    source = text.split("\n")[line - 1]
    cure = wrong.cure.replace("`ringfence features list` shows what there is.", "Columns: " + ", ".join(ALERT_COLUMNS))
    what = wrong.what.replace("is no feature and no event column", "is no column of alerts")
    return Problem(wrong.code, what, "filter", line, column, max(1, wrong.span.end - wrong.span.start), source, cure)


def _resolved(tree: Node, entity: Entity | None, text: str) -> Node:
    """Return a tree in which what stands for an entity is its kind and its name."""
    made = _mapped(tree, lambda node: _with_entity(node, entity))
    if "entity_ref" in names(made):
        what = "entity_ref is compared with = or <> to a written reference, or with IN"
        raise _error([Wrong(NOT_IN_LANGUAGE, what, tree.span)], text)
    return made


def _with_entity(node: Node, entity: Entity | None) -> Node:
    if isinstance(node, OneOf) and node.of == Name(type="text", span=node.of.span, name="entity_ref"):
        parts = [_is(node, str(option), entity) for option in node.options]
        return parts[0] if len(parts) == 1 else _any(node, parts)
    if not isinstance(node, Compare) or node.operator not in ("=", "<>"):
        return node
    sides = {type(side): side for side in (node.left, node.right)}
    name, constant = sides.get(Name), sides.get(Constant)
    if isinstance(name, Name) and name.name == "entity_ref" and isinstance(constant, Constant):
        same = _is(node, str(constant.value), entity)
        return same if node.operator == "=" else Not(type="boolean", span=node.span, of=same)
    return node


def _any(node: Node, parts: list[Node]) -> Node:
    return AnyOf(type="boolean", span=node.span, parts=tuple(parts))


def _is(node: Node, reference: str, entity: Entity | None) -> Node:
    kind, name = (entity(reference) if entity else None) or ("", "")
    return AllOf(
        type="boolean",
        span=node.span,
        parts=tuple(_equals(node, column, value) for column, value in (("entity_kind", kind), ("entity", name))),
    )


def _equals(node: Node, column: str, value: str) -> Node:
    return Compare(
        type="boolean",
        span=node.span,
        operator="=",
        left=Name(type="text", span=node.span, name=column),
        right=Constant(type="text", span=node.span, value=value),
    )


def _mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return a tree with each part changed, the innermost first."""
    parts: dict[str, Any] = {f.name: _mapped_value(getattr(node, f.name), change) for f in fields(node)}
    return change(replace(node, **parts))


def _mapped_value(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, Node):
        return _mapped(value, change)
    if isinstance(value, tuple):
        return tuple(_mapped_value(one, change) for one in value)
    return value
