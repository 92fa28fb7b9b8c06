"""What-if: what rules would have done, had they been on, by the real engine over what has happened.

The answer equals the alerts of an engine that ran with these rules from the beginning: the same ids, episodes, events
and money. Where it cannot, because part of the past is not kept, it says so and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ringfence.alerts.alert import queue
from ringfence.alerts.suppression import suppress
from ringfence.detectors.conditions.problems import WrittenFileError
from ringfence.detectors.lists import HotList
from ringfence.detectors.rules import Rule, check_rules
from ringfence.events.errors import BAD_ARGUMENT, BAD_RULES, UsageError
from ringfence.features.codegen import Kernel
from ringfence.settings import Settings
from ringfence.stores.alert_spans import AlertSpans
from ringfence.wiring.catalogue import catalogue
from ringfence.wiring.hit_curve import Curve, curve_of, thresholds
from ringfence.wiring.hit_labels import Episode, around
from ringfence.wiring.panel import all_lists
from ringfence.wiring.past import Past
from ringfence.wiring.replaying import Trial, Tried, columns_of, reach_ms, try_rules
from ringfence.wiring.suppressing import in_force
from ringfence.wiring.what_if_answer import Seen, answer

DAY_MS: Final = 86_400_000
DAYS: Final = 30
MINUTES: Final = 10.0  # of an analyst, for one alert, where nobody says otherwise
MOST_RULES: Final = 100
MOST_PRESENT: Final = 50_000  # alerts that a rule has raised as it was
MOST_TEXT: Final = 500_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    `curve` names a feature or column whose threshold is to be varied, and `threshold` which, where it has several.
    Of one `tenant` only its events are looked at. `knows_lists` is false for those who may not know what is on lists.
    """

    text: str
    file: str = "rules.toml"
    days: int = DAYS
    curve: str = ""
    threshold: float | None = None
    tenant: str | None = None
    minutes_per_alert: float = MINUTES
    knows_lists: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was understood."""

    question: Question
    rules: tuple[Rule, ...]
    lists: tuple[HotList, ...]
    curve: Curve | None

    @property
    def columns(self) -> frozenset[str]:
        """The event columns that the answer needs."""
        return columns_of(self.rules)


def understand(settings: Settings, question: Question) -> Asked:
    """Check a question.

    Raises:
        WrittenFileError: with everything that is wrong with the rules.
        UsageError: there is no rule, or the curve is of nothing (RF1004).
        SettingsError: a list cannot be used.
    """
    if len(question.text) > MOST_TEXT:
        raise UsageError(BAD_ARGUMENT, "the rules are too long", expected=f"{MOST_TEXT:,} characters at most")
    lists = all_lists(settings) if question.knows_lists else []
    rules, problems = check_rules(question.text, question.file, catalogue(), [one.name for one in lists])
    if problems:
        raise WrittenFileError(BAD_RULES, question.file, problems)
    if not 1 <= len(rules) <= MOST_RULES:
        raise UsageError(BAD_ARGUMENT, f"there are {len(rules)} rules", expected=f"[[rule]], 1 to {MOST_RULES} of them")
    curve = curve_of(rules, question.curve, question.threshold) if question.curve else None
    return Asked(question, tuple(rules), tuple(lists), curve)


def what_if(
    settings: Settings,
    asked: Asked,
    past: Past,
    *,
    kernels: Sequence[Kernel] | None = None,
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[float], None] = lambda share: None,
) -> dict[str, Any]:
    """Return the answer as a JSON object; `watch` is told what share is done.

    Raises:
        Stopped: `stop` said so.
        DependencyError: the history or the database cannot be used.
    """
    question = asked.question
    end_ms = (past.last_ms or 0) + 1
    from_ms = max(end_ms - question.days * DAY_MS, past.first_ms or 0)
    trial = Trial(
        rules=asked.rules,
        variants=[rule for _, rule in asked.curve.points] if asked.curve else (),
        lists=asked.lists,
        tenant=question.tenant,
        from_ms=from_ms,
        kernels=kernels,
        stop=stop,
        watch=watch,
    )
    tried = try_rules(settings, past, trial)
    return _answer(settings, asked, past, tried, from_ms, end_ms)


def _answer(settings: Settings, asked: Asked, past: Past, tried: Tried, from_ms: int, end_ms: int) -> dict[str, Any]:
    question = asked.question
    with past.reading() as place:
        suppressions = in_force(place)
        spans = AlertSpans(place.database)
        every: list[Episode] = [*tried.alerts.values()]
        every += [hit for hits in tried.hits.values() for hit in hits.values()]
        near = around(spans, every)
        present = {
            rule.id: spans.by(rule.id, from_ms, end_ms, tenant=question.tenant, most=MOST_PRESENT)
            for rule in asked.rules
        }
        first_alert_ms = spans.first_ms(question.tenant)
    alerts = suppress(queue(tried.alerts.values()), suppressions)
    seen = Seen(
        from_ms=from_ms,
        end_ms=end_ms,
        time_zone=settings.home.time_zone,
        currency=settings.home.currency,
        alerts=alerts,
        near=near,
        present=present,
        minutes_per_alert=question.minutes_per_alert,
    )
    document = answer(seen, asked.rules, tried)
    document["curve"] = seen.curve(asked.curve, tried) if asked.curve else None
    document["thresholds"] = [
        {"rule": one.rule.id, "column": one.column, "operator": one.operator, "threshold": one.written}
        for one in thresholds(asked.rules)
    ]
    why_not = _why_not(settings, asked, past, tried, first_alert_ms)
    document["history"] |= {"days_asked": question.days, "first_ms": past.first_ms, "last_ms": past.last_ms}
    return {"exact": not why_not, "why_not": why_not, **document}


def _why_not(settings: Settings, asked: Asked, past: Past, tried: Tried, first_alert_ms: int | None) -> list[str]:
    """Return why the answer may differ from what an engine with these rules would have raised."""
    why = []
    if past.first_ms is None:
        return ["there is no history"]
    if not settings.history.keep:
        why.append("history.keep is off: events since then are not in the history")
    from_beginning = tried.read_from_ms <= past.first_ms
    if from_beginning and (past.missing or (first_alert_ms or past.first_ms) < past.first_ms):
        what = "events that the engine has seen are not in the history any more (history.days, history.keep)"
        endless = reach_ms(asked.rules) is None
        until = "counts since somebody was first seen may be too low" if endless else "the first 7 days may lack alerts"
        why.append(f"{what}: {until}")
    if tried.unsure:
        why.append(f"{tried.unsure:,} episodes may have begun earlier than was looked at")
    if tried.ended_ms is not None:
        why.append("the rules raise too many alerts: the rest of the history was not looked at")
    if past.has_lost_days(tried.read_from_ms):
        why.append("days of the history were forgotten meanwhile")
    return why


__all__ = ["DAYS", "MINUTES", "Asked", "Question", "understand", "what_if"]
