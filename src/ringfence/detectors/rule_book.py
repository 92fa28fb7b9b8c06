"""All rules in force, judged together: one pass over the columns of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ringfence.detectors.catalogue import Catalogue
from ringfence.detectors.conditions.to_closure import Closures
from ringfence.detectors.conditions.to_polars import list_column, local_column, to_polars
from ringfence.detectors.conditions.tree import Call, Name, walk
from ringfence.detectors.lists import Lists
from ringfence.detectors.matches import MATCHES, Reason, entity_of, no_matches
from ringfence.detectors.rule_reasons import Claim, Usual, claims, reasons
from ringfence.detectors.rules import Rule


class RuleBook:
    """The rules that are on or in shadow. Rules remember nothing: what they need of the past is in the features.

    Args:
        rules: as `read_rules` returns them; drafts and rules that are off are left out.
        lists: every list that they name.
        catalogue: what they were checked against.
        zone: the home time zone, of `hour_of_day` and `day_of_week`.
        currency: of amounts in reasons, where the event names none.

    """

    def __init__(
        self, rules: Iterable[Rule], lists: Lists, catalogue: Catalogue, zone: ZoneInfo, currency: str = ""
    ) -> None:
        self.rules = tuple(sorted((r for r in rules if r.is_heard), key=lambda r: r.id))
        self._lists, self._catalogue, self._zone, self._currency = lists, catalogue, zone, currency
        self._expressions = [_expression(rule).alias(str(n)) for n, rule in enumerate(self.rules)]
        calls = sorted(set(_calls(self.rules)))
        self._listed = [(column, word) for function, column, word in calls if function == "on_list"]
        self._local = [(function, column) for function, column, _ in calls if function != "on_list"]
        self._kinds = sorted({rule.on for rule in self.rules})
        self._closures = Closures(lists, zone)
        self._claims: dict[str, list[Claim]] = {}
        self._table = _constants(self.rules)
        read: Iterable[frozenset[str]] = (rule.columns for rule in self.rules)
        self.columns = frozenset({"kind", "currency"}).union(*read)

    def judge(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the matches of one batch, a row an event, in the order of (rule, row)."""
        if not self.rules or not len(rows):
            return no_matches()
        holds = self._prepared(rows).select(self._expressions)
        places, numbers, names = [], [], []
        entities: dict[str, pl.Series] = {}
        for number, rule in enumerate(self.rules):
            at = holds.to_series(number).arg_true()
            if not len(at):
                continue
            if rule.entity not in entities:
                entities[rule.entity] = rows.select(entity_of(rule.entity)).to_series().alias("entity")
            places.append(at.to_numpy())
            names.append(entities[rule.entity].gather(at))
            numbers.append(np.full(len(at), number))
        if not places:
            return no_matches()
        found = pl.DataFrame(
            {"row": np.concatenate(places), "rule": np.concatenate(numbers), "entity": pl.concat(names)},
            schema_overrides={"row": pl.Int64},
        ).drop_nulls("entity")
        return found.with_columns(self._table[found["rule"]].get_columns()).select(MATCHES.names())

    def explain(self, rows: pl.DataFrame, detector: str, row: int, usual: Usual) -> tuple[Reason, ...]:
        """Return the reasons of one match. `usual` answers what is usual for the row's entities, by feature."""
        if detector not in self._claims:
            rule = next(rule for rule in self.rules if rule.id == detector)
            self._claims[detector] = claims(rule.when.tree, self._closures)
        values = rows.row(row, named=True)
        currency = values.get("currency") or self._currency
        return reasons(self._claims[detector], values, self._catalogue, usual, currency)

    def _prepared(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add what rules share: kinds, membership of lists, local times."""
        shared = [pl.col("kind").is_in(list(on)).alias(_kind_column(on)) for on in self._kinds]
        for function, column in self._local:
            local = pl.from_epoch(column, "ms").dt.convert_time_zone(str(self._zone))
            part = local.dt.hour() if function == "hour_of_day" else local.dt.weekday()
            shared.append(part.cast(pl.Int64).alias(local_column(function, column)))
        prepared = rows.with_columns(shared)
        for column in sorted({column for column, _ in self._listed}):
            words = [word for listed, word in self._listed if listed == column]
            found = self._lists.memberships(words, rows[column], rows["at_ms"])
            named = [series.alias(list_column(column, word)) for word, series in zip(words, found, strict=True)]
            prepared = prepared.with_columns(named)
        return prepared


def _kind_column(on: tuple[str, ...]) -> str:
    return f"kind in ({', '.join(on)})"


def _expression(rule: Rule) -> pl.Expr:
    """Return where a rule matches: never null, but for a null entity, which is seen to later."""
    holds = pl.col(_kind_column(rule.on)) & to_polars(rule.when.tree)
    if rule.unless:
        allowed = reduce(or_, (to_polars(c.tree).fill_null(value=False) for c in rule.unless))
        holds = holds & ~allowed
    return holds.fill_null(value=False)


def _calls(rules: Iterable[Rule]) -> Iterable[tuple[str, str, str]]:
    for rule in rules:
        for condition in (rule.when, *rule.unless):
            for node in walk(condition.tree):
                if isinstance(node, Call) and node.function in ("on_list", "hour_of_day", "day_of_week"):
                    first = node.arguments[0]
                    if isinstance(first, Name):
                        yield node.function, first.name, node.word


def _constants(rules: Sequence[Rule]) -> pl.DataFrame:
    """Return what every match of a rule says, a row a rule."""
    return pl.DataFrame(
        {
            "detector": [r.id for r in rules],
            "revision": [r.revision for r in rules],
            "fraud": [r.fraud for r in rules],
            "entity_kind": [r.entity for r in rules],
            "score": [r.score for r in rules],
            "severity": [r.severity for r in rules],
            "evidence": [r.evidence for r in rules],
            "gap_ms": [r.gap_ms for r in rules],
            "shadow": [r.status == "shadow" for r in rules],
        },
        schema={name: MATCHES[name] for name in MATCHES if name not in ("row", "entity")},
    )
