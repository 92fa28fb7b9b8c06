"""All rules in force, judged together: one pass over the columns of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ringfence.detectors.catalogue import Catalogue
from ringfence.detectors.conditions.shared import SharedColumns
from ringfence.detectors.conditions.to_closure import Closures
from ringfence.detectors.conditions.to_polars import to_polars
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
        self._catalogue, self._currency = catalogue, currency
        self._expressions = [_expression(rule).alias(str(n)) for n, rule in enumerate(self.rules)]
        conditions = (condition for rule in self.rules for condition in (rule.when, *rule.unless))
        self._shared = SharedColumns(conditions, lists, zone)
        self._kinds = [
            pl.col("kind").is_in(list(on)).alias(_kind_column(on)) for on in sorted({rule.on for rule in self.rules})
        ]
        self._closures = Closures(lists, zone)
        self._claims: dict[str, list[Claim]] = {}
        self._table = _constants(self.rules)
        read: Iterable[frozenset[str]] = (rule.columns for rule in self.rules)
        self.columns = frozenset({"kind", "currency"}).union(*read)

    def judge(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the matches of one batch, a row an event, in the order of (rule, row)."""
        if not self.rules or not len(rows):
            return no_matches()
        holds = self._shared.added(rows.with_columns(self._kinds)).select(self._expressions)
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


def _kind_column(on: tuple[str, ...]) -> str:
    return f"kind in ({', '.join(on)})"


def _expression(rule: Rule) -> pl.Expr:
    """Return where a rule matches: never null, but for a null entity, which is seen to later."""
    holds = pl.col(_kind_column(rule.on)) & to_polars(rule.when.tree)
    if rule.unless:
        allowed = reduce(or_, (to_polars(c.tree).fill_null(value=False) for c in rule.unless))
        holds = holds & ~allowed
    return holds.fill_null(value=False)


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
