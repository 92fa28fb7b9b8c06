"""All rules in force, judged together: the plain parts of each on whole columns, the rest on the few rows left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import and_, or_
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ringfence.detectors.catalogue import Catalogue
from ringfence.detectors.conditions.plain import Arrays, Rows, shared, split
from ringfence.detectors.conditions.shared import SharedColumns
from ringfence.detectors.conditions.to_closure import Closure, Closures
from ringfence.detectors.conditions.to_polars import to_polars
from ringfence.detectors.conditions.tree import Call, Node, walk
from ringfence.detectors.lists import Lists
from ringfence.detectors.matches import MATCHES, Match, Reason, entity_columns, entity_in, entity_of, no_matches
from ringfence.detectors.rule_reasons import Claim, Usual, claims, reasons
from ringfence.detectors.rules import Rule
from ringfence.events.tables import hash_column, hash_few


class RuleBook:
    """The rules that are judged: on, on for a share of the entities, or in shadow.

    Rules remember nothing: what they need of the past is in the features.

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
        parts = [split(rule.when.tree) for rule in self.rules]
        self._plain = shared(plain for plain, _ in parts)
        rest = {n: _rest(rule, others) for n, (rule, (_, others)) in enumerate(zip(self.rules, parts, strict=True))}
        dear = {n: expression.alias(str(n)) for n, expression in rest.items() if expression is not None}
        asks = {n for n in dear if _asks_lists(self.rules[n])}
        halves = [{n: dear[n] for n in dear if (n in asks) == asking} for asking in (False, True)]
        self._groups = [_Group(self.rules, rest_of, lists, zone) for rest_of in halves]  # lists: for few rows only
        self._by_entity = sorted(range(len(self.rules)), key=lambda n: self.rules[n].entity)
        self._kinds = {rule.on for rule in self.rules}
        self._closures = Closures(lists, zone)
        self._claims: dict[str, list[Claim]] = {}
        self._by_kind: dict[str, list[tuple[Rule, Closure, list[Closure]]]] = {}
        self._table = _constants(self.rules)
        self._shares = {r.id: r.share for r in self.rules if r.status == "percentage"}
        read: Iterable[frozenset[str]] = (rule.columns for rule in self.rules)
        self.columns = frozenset({"kind", "currency"}).union(*read)

    def judge(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the matches of one batch, a row an event, in the order of (kind of entity, rule, row)."""
        if not self.rules or not len(rows):
            return no_matches()
        places = self._places(rows)
        found = []
        for kind, numbers in groupby(self._by_entity, key=lambda n: self.rules[n].entity):
            own = [n for n in numbers if len(places[n])]
            if own:
                at = np.concatenate([places[n] for n in own])
                which = np.repeat(own, [len(places[n]) for n in own])
                columns = rows.select(entity_columns(kind))[at]
                found.append((at, which, columns.select(entity=entity_of(kind)).to_series()))
        if not found:
            return no_matches()
        at, which = (np.concatenate([part[i] for part in found]) for i in (0, 1))
        matches = self._table[which].insert_column(0, pl.Series("row", at, pl.Int64))
        matches = matches.hstack([pl.concat([part[2] for part in found])]).drop_nulls("entity")
        return heard_by_share(matches.select(MATCHES.names()), self._shares)

    def foretell(self, row: Mapping[str, Any], usual: Usual) -> list[Match]:
        """Return what `judge` finds in one event, in the order of the rules."""
        found = []
        for rule, when, unless in self._of_kind(row["kind"] or ""):
            if when(row) is not True or any(excuse(row) is True for excuse in unless):
                continue
            if (entity := entity_in(row, rule.entity)) is not None:
                found.append(self._match(rule, entity, row, usual))
        return found

    def _of_kind(self, kind: str) -> list[tuple[Rule, Closure, list[Closure]]]:
        if kind not in self._by_kind:
            own = [rule for rule in self.rules if kind in rule.on]
            of = self._closures.of
            self._by_kind[kind] = [(rule, of(rule.when.tree), [of(one.tree) for one in rule.unless]) for rule in own]
        return self._by_kind[kind]

    def _match(self, rule: Rule, entity: str, row: Mapping[str, Any], usual: Usual) -> Match:
        return Match(
            detector=rule.id,
            revision=rule.revision,
            fraud=rule.fraud,
            entity_kind=rule.entity,
            entity=entity,
            score=rule.score,
            severity=rule.severity,
            evidence=rule.evidence,
            gap_ms=rule.gap_ms,
            shadow=not self._is_heard_of(rule, entity),
            why=lambda: self._reasons(rule.id, row, usual),
        )

    def _is_heard_of(self, rule: Rule, entity: str) -> bool:
        """Return whether a rule is heard of an entity: what `heard_by_share` says of a column."""
        share = self._shares.get(rule.id)
        if share is None:
            return rule.status != "shadow"
        return hash_few([f"{rule.id}\n{entity}"])[0] % (1 << 64) % 100 < share

    def _places(self, rows: pl.DataFrame) -> list[Rows]:
        """Return the rows that each rule matches: where its plain parts are true, then where the rest is."""
        arrays = Arrays(rows)
        written = rows["kind"].fill_null("")
        is_kind = {kind: written == kind for kind in {kind for on in self._kinds for kind in on}}
        kinds = {on: reduce(or_, (is_kind[kind] for kind in on)).to_numpy() for on in self._kinds}
        places = []
        for rule, plain in zip(self.rules, self._plain, strict=True):
            at = arrays.where(plain)
            places.append(at[kinds[rule.on][at]])
        for group in self._groups:
            group.narrow(rows, places)
        return places

    def explain(self, rows: pl.DataFrame, detector: str, row: int, usual: Usual) -> tuple[Reason, ...]:
        """Return the reasons of one match. `usual` answers what is usual for the row's entities, by feature."""
        return self._reasons(detector, rows.row(row, named=True), usual)

    def _reasons(self, detector: str, values: Mapping[str, Any], usual: Usual) -> tuple[Reason, ...]:
        if detector not in self._claims:
            rule = next(rule for rule in self.rules if rule.id == detector)
            self._claims[detector] = claims(rule.when.tree, self._closures)
        currency = values.get("currency") or self._currency
        return reasons(self._claims[detector], values, self._catalogue, usual, currency)


def _rest(rule: Rule, others: Sequence[Node]) -> pl.Expr | None:
    """Return where the parts of a rule that are not plain hold, never null; None if there are none."""
    holds = [to_polars(part) for part in others]
    holds += [~to_polars(condition.tree).fill_null(value=False) for condition in rule.unless]
    return reduce(and_, holds).fill_null(value=False) if holds else None


class _Group:
    """Rules whose rest is looked at together, on the rows that any of them has left."""

    def __init__(self, rules: Sequence[Rule], rest: Mapping[int, pl.Expr], lists: Lists, zone: ZoneInfo) -> None:
        own = [rules[n] for n in rest]
        conditions = [condition for rule in own for condition in (rule.when, *rule.unless)]
        self._rest = rest
        self._columns = sorted({column for condition in conditions for column in condition.columns})
        self._shared = SharedColumns(conditions, lists, zone)

    def narrow(self, rows: pl.DataFrame, places: list[Rows]) -> None:
        """Leave of the rules' rows those on which the rest is true."""
        asked = [n for n in self._rest if len(places[n])]
        if not asked:
            return
        any_of = np.zeros(len(rows), np.bool_)
        for n in asked:
            any_of[places[n]] = True
        few = self._shared.added(rows.select(self._columns)[np.flatnonzero(any_of)])
        holds = few.with_columns(self._rest[n] for n in asked)
        place = np.cumsum(any_of) - 1
        for n in asked:
            places[n] = places[n][holds[str(n)].to_numpy()[place[places[n]]]]


def _asks_lists(rule: Rule) -> bool:
    return any(
        isinstance(node, Call) and node.function == "on_list"
        for condition in (rule.when, *rule.unless)
        for node in walk(condition.tree)
    )


def heard_by_share(matches: pl.DataFrame, shares: Mapping[str, int]) -> pl.DataFrame:
    """Put those matches into shadow whose entity is not in the share of its rule.

    An entity is in it or not by the hash of rule and entity: the same in every replay, another for another rule, and
    whoever is in a share is in every larger one.
    """
    if not shares or not matches["detector"].is_in(list(shares)).any():
        return matches
    names = matches.select(pl.concat_str("detector", pl.lit("\n"), "entity")).to_series()
    place = pl.Series(hash_column(names).view(np.uint64) % np.uint64(100)).cast(pl.Int64)
    share = matches["detector"].replace_strict(shares, default=100, return_dtype=pl.Int64)
    return matches.with_columns(shadow=matches["shadow"] | (place >= share))


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
