"""One alert, as it is looked at: its score in parts, what would have been normal, what may be done with it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ringfence.alerts.alert import SUPPRESSED
from ringfence.alerts.dispositions import may_reopen
from ringfence.detectors.baseline import NO_OPINION, WATCHED
from ringfence.detectors.catalogue import Known
from ringfence.detectors.conditions.tree import (
    AllOf,
    AnyOf,
    Compare,
    Comparison,
    Constant,
    Convert,
    Name,
    Node,
    Not,
)
from ringfence.detectors.panel import Panel
from ringfence.detectors.rules import Rule
from ringfence.detectors.words import value_text
from ringfence.stores.case_store import CaseStore
from ringfence.wiring.alerting.listing import told
from ringfence.wiring.catalogue import catalogue
from ringfence.wiring.house import House
from ringfence.wiring.panel import all_lists, all_rules
from ringfence.wiring.workplace import Workplace

_POINTS: Final = 1_000
_BASELINE: Final = "own_baseline"
_HOLDS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DENIED: Final[dict[str, Comparison]] = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_TURNED: Final[dict[str, Comparison]] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# in which words a value stops, and a threshold begins, to leave a comparison unmet
_UNMET: Final = {
    ">": ("{} or less", "{} or more"),
    ">=": ("less than {}", "more than {}"),
    "<": ("{} or more", "{} or less"),
    "<=": ("more than {}", "less than {}"),
}


def document(house: House, place: Workplace, alert: Mapping[str, Any]) -> dict[str, Any]:
    """Return an alert with its sentence, its case, its score in parts, and what would have been normal."""
    case = CaseStore(place.database).cases_of([alert["alert_id"]])
    return told(alert) | {
        "case_id": case.get(alert["alert_id"]),
        "explanation": explanation(alert),
        "would_be_normal": would_be_normal(house, alert),
    }


def capabilities(alert: Mapping[str, Any], may: Callable[[str], bool]) -> dict[str, bool]:
    """Return what somebody may do with an alert now; `may` answers for a permission."""
    decides = may("alerts.decide")
    return {
        "decide": decides,
        "assign": decides,
        "watch": decides,
        "review": decides,
        "reopen": decides and may_reopen(alert["status"]),
        "suppress": may("alerts.suppress") and alert["status"] != SUPPRESSED,
        "bulk": may("alerts.bulk"),
        "put_into_case": may("cases.write"),
        "reveal": may("numbers.reveal"),
    }


def explanation(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Return the score in whole thousandths: what each reason explains, and the rest, which add up to it.

    The parts are cut to whole points; those that lost most by it get the points that are left.
    """
    score = round(alert["score"] * _POINTS)
    reasons = alert["reasons"]
    known = [reason for reason in reasons if reason["contribution"] is not None]
    exact = [score * reason["contribution"] for reason in known]
    points = [int(one) for one in exact]
    left = min(score, round(sum(exact))) - sum(points)
    for place in sorted(range(len(exact)), key=lambda n: points[n] - exact[n])[: max(left, 0)]:
        points[place] += 1
    given = {id(reason): one for reason, one in zip(known, points, strict=True)}
    parts = [{"feature": reason["feature"], "points": given.get(id(reason))} for reason in reasons]
    return {"score_points": score, "base_points": score - sum(points), "reasons": parts}


def would_be_normal(house: House, alert: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the comparisons that held when the alert was raised, each with what would not have met it.

    Those of a rule are known while it has the revision that raised the alert, of features that are among its reasons.
    """
    values = {r["feature"]: r["value"] for r in alert["reasons"] if _is_number(r["value"])}
    if alert["detector"] == _BASELINE:
        found = _least(values)
    else:
        rule = _rule(house, alert)
        found = list(_comparisons(rule.when.tree, alone=True, denied=False)) if rule else []
    known = catalogue()
    currency = alert["currency"] or house.settings.home.currency
    made = [
        _told(known[name], word, threshold, values[name], currency) | {"alone": alone}
        for name, word, threshold, alone in found
        if name in values and name in known and word in _UNMET and _HOLDS[word](values[name], threshold)
    ]
    return sorted(made, key=lambda one: not one["alone"])


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _least(values: Mapping[str, Any]) -> list[tuple[str, Comparison, float, bool]]:
    """Return the values below which the own-baseline detector has no opinion."""
    least = {one.feature: one.least for one in WATCHED if one.least != NO_OPINION and one.feature in values}
    return [(name, ">=", bound, len(least) == 1) for name, bound in least.items()]


def _rule(house: House, alert: Mapping[str, Any]) -> Rule | None:
    """Return the rule that raised an alert, if it is in force with the same revision."""
    panel = house.engine.flow.detector if house.engine else None
    if isinstance(panel, Panel):
        rules = panel.rules.rules
    else:
        rules = tuple(all_rules(house.settings, [one.name for one in all_lists(house.settings)]))
    wanted = alert["detector"], alert["revision"]
    return next((rule for rule in rules if (rule.id, rule.revision) == wanted), None)


def _comparisons(node: Node, *, alone: bool, denied: bool) -> Iterator[tuple[str, Comparison, float, bool]]:
    """Yield feature, comparison, threshold, and whether this comparison alone decides, of a condition."""
    if isinstance(node, Not):
        yield from _comparisons(node.of, alone=alone, denied=not denied)
    elif isinstance(node, (AllOf, AnyOf)):
        decides = alone and isinstance(node, AnyOf if denied else AllOf)
        for part in node.parts:
            yield from _comparisons(part, alone=decides, denied=denied)
    elif isinstance(node, Compare):
        left, right, word = _plain(node.left), _plain(node.right), node.operator
        if isinstance(left, Constant) and isinstance(right, Name):
            left, right, word = right, left, _TURNED[word]
        if isinstance(left, Name) and isinstance(right, Constant) and _is_number(right.value):
            yield left.name, _DENIED[word] if denied else word, float(right.value or 0), alone


def _plain(node: Node) -> Node:
    return _plain(node.of) if isinstance(node, Convert) else node


def _told(known: Known, word: Comparison, threshold: float, value: float, currency: str) -> dict[str, Any]:
    below, above = _UNMET[word]
    limit = int(threshold) if threshold.is_integer() else threshold
    normal = below.format(value_text(limit, known.unit, currency))
    other = above.format(value_text(value, known.unit, currency))
    return {
        "feature": known.name,
        "comparison": word,
        "threshold": limit,
        "value": value,
        "text": f"{known.meaning}: {normal} would not have met it, nor would a threshold of {other}",
    }
