"""Laws that every detector keeps, asked of all of them together and of each alone."""

from __future__ import annotations

import itertools
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.detectors.baseline import OwnBaseline
from ringfence.detectors.conditions.to_closure import Closures
from ringfence.detectors.lists import Lists, read_lists
from ringfence.detectors.matches import (
    ENTITY_KINDS,
    MATCHES,
    MOST_REASONS,
    SEVERITIES,
    Detector,
    Memory,
    Reason,
    entity_columns,
)
from ringfence.detectors.pack import LISTS, rule_files
from ringfence.detectors.panel import Panel
from ringfence.detectors.rule_book import RuleBook
from ringfence.detectors.rules import check_rules, read_rules
from ringfence.detectors.two_places import TwoPlaces
from ringfence.events.schema import SCHEMA
from ringfence.events.tables import hash_few
from tests.detectors.feature_rows import CATALOGUE, DAY_MS, START_MS, cut, random_rows

SHIPPED_LISTS = read_lists(LISTS)
SHIPPED = read_rules(rule_files(), CATALOGUE, [one.name for one in SHIPPED_LISTS])
ZONE = ZoneInfo("Europe/Amsterdam")
BOOK = RuleBook(SHIPPED, Lists.of(SHIPPED_LISTS), CATALOGUE, ZONE, "EUR")
QUICK = OwnBaseline(catalogue=CATALOGUE, warm_up=3, spreads=2.0, currency="EUR")
PANEL = Panel(BOOK, QUICK, (TwoPlaces(),))
EVERY: list[Detector] = [PANEL, OwnBaseline(catalogue=CATALOGUE, warm_up=2, spreads=1.0), TwoPlaces()]
NAMES = [f"{detector.id}-{number}" for number, detector in enumerate(EVERY)]


def judged(
    detector: Detector, parts: list[pl.DataFrame], memory: Memory
) -> tuple[pl.DataFrame, Memory, list[tuple[Reason, ...]]]:
    """Judge batch after batch; return all matches with rows counted through, the memory and every reason."""
    found, why, first = [], [], 0
    for part in parts:
        matches, memory = detector.judge(part, memory)
        why += detector.explain(part, matches, memory)
        found.append(matches.with_columns(pl.col("row") + first))
        first += part.height
    return pl.concat(found), memory, why


@pytest.mark.parametrize("detector", EVERY, ids=NAMES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), parts=st.integers(1, 12))
def test_how_events_are_cut_into_batches_changes_nothing(detector: Detector, seed: int, parts: int) -> None:
    rows = random_rows(seed, 300, detector.columns)

    whole = judged(detector, [rows], detector.start())
    pieces = judged(detector, cut(rows, seed, parts), detector.start())

    assert pieces[0].equals(whole[0])
    assert pieces[1].to_bytes() == whole[1].to_bytes()
    assert pieces[2] == whole[2]


@pytest.mark.parametrize("detector", EVERY, ids=NAMES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), at=st.integers(0, 300))
def test_a_restored_snapshot_judges_the_same(detector: Detector, seed: int, at: int) -> None:
    rows = random_rows(seed, 300, detector.columns)
    _, memory, _ = judged(detector, [rows[:at]], detector.start())

    raw = memory.to_bytes()
    restored = judged(detector, [rows[at:]], detector.restore(raw))
    went_on = judged(detector, [rows[at:]], memory)

    assert restored[0].equals(went_on[0])
    assert restored[1].to_bytes() == went_on[1].to_bytes()
    assert restored[2] == went_on[2]


@pytest.mark.parametrize("detector", EVERY, ids=NAMES)
def test_matches_have_the_promised_form_and_at_most_five_reasons(detector: Detector) -> None:
    rows = random_rows(7, 4000, detector.columns, days=4)

    matches, _, why = judged(detector, [rows], detector.start())

    assert matches.schema == MATCHES
    assert matches.height > 0
    assert matches["row"].is_sorted()
    assert matches.null_count().sum_horizontal().item() == 0
    assert matches.select("row", "detector", "entity_kind").is_duplicated().sum() == 0
    assert set(matches["entity_kind"]) <= set(ENTITY_KINDS)
    assert set(matches["severity"]) <= set(SEVERITIES)
    assert matches["score"].is_between(0, 1).all()
    assert len(why) == matches.height
    for reasons in why:
        assert 1 <= len(reasons) <= MOST_REASONS
        assert abs(sum(reason.contribution for reason in reasons) - 1) < 1e-9
        assert [r.contribution for r in reasons] == sorted((r.contribution for r in reasons), reverse=True)


@pytest.mark.parametrize("detector", EVERY, ids=NAMES)
def test_an_empty_batch_changes_nothing(detector: Detector) -> None:
    rows = random_rows(1, 50, detector.columns)
    _, memory = detector.judge(rows, detector.start())
    before = memory.to_bytes()

    matches, memory = detector.judge(rows[:0], memory)

    assert matches.is_empty()
    assert matches.schema == MATCHES
    assert memory.to_bytes() == before


@pytest.mark.parametrize("detector", EVERY, ids=NAMES)
def test_memory_is_bounded_by_who_was_seen_lately(detector: Detector) -> None:
    memory: Memory = detector.start()
    sizes = []
    for week in range(6):
        rows = random_rows(week, 500, detector.columns, days=1, people=400)
        later = rows.with_columns(pl.col("at_ms") + week * 21 * DAY_MS)
        named = later.with_columns(
            pl.col(name) + f"-{week}" for name in ("caller", "caller_imsi") if name in later.columns
        )
        _, memory = detector.judge(named, memory)
        sizes.append(len(memory.to_bytes()))

    assert max(sizes) < 1.5 * sizes[0]


def test_a_new_revision_starts_empty_and_the_others_go_on() -> None:
    rows = random_rows(5, 400, PANEL.columns)
    _, memory = PANEL.judge(rows, PANEL.start())
    newer = Panel(BOOK, QUICK, (TwoPlaces(revision=2),))

    restored = newer.restore(memory.to_bytes())

    assert restored.parts["own_baseline", 1].to_bytes() == memory.parts["own_baseline", 1].to_bytes()
    assert restored.parts["two_places", 2].to_bytes() == TwoPlaces().start().to_bytes()


def test_an_event_without_the_entity_matches_nothing() -> None:
    rules, problems = check_rules(RULE, "own.toml", CATALOGUE, [])
    book = RuleBook(rules, Lists.of([]), CATALOGUE, ZONE)
    rows = one_call(account=[None, "acme", "acme"], kind=["call", "call", "message"])

    assert not problems
    assert book.judge(rows).select("row", "entity").rows() == [(1, "acme")]


def test_an_allow_condition_keeps_a_rule_silent_and_null_allows_nothing() -> None:
    text = RULE + "unless = [\"callee_country = 'NL'\"]\n"
    rules, problems = check_rules(text, "own.toml", CATALOGUE, [])
    rows = one_call(account=["a", "a", "a"], kind=["call"] * 3, callee_country=["NL", "CU", None])

    assert not problems
    assert RuleBook(rules, Lists.of([]), CATALOGUE, ZONE).judge(rows)["row"].to_list() == [1, 2]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_rules_match_the_events_on_which_their_conditions_are_true_one_by_one(seed: int) -> None:
    rows = random_rows(seed, 400, BOOK.columns)
    answers = {rule.id: Closures(Lists.of(SHIPPED_LISTS), ZONE).of(rule.when.tree) for rule in SHIPPED}
    kinds = {rule.id: rule.on for rule in SHIPPED}

    matches = BOOK.judge(rows)
    found = matches.select("detector", "row", "entity").sort("detector", "row")

    told = [
        (rule.id, n, entity)
        for rule in sorted(SHIPPED, key=lambda rule: rule.id)
        for n, row in enumerate(rows.iter_rows(named=True))
        if row["kind"] in kinds[rule.id] and answers[rule.id](row) is True
        if (entity := next((row[c] for c in entity_columns(rule.entity) if row[c] is not None), None)) is not None
    ]
    assert found.rows() == told


def test_a_part_that_reads_no_column_holds_for_every_event() -> None:
    text = RULE.replace("charge_micros_1h > 5", "charge_micros_1h > 5 AND 'a' < 'b' AND 1 < 2")
    rules, problems = check_rules(text, "own.toml", CATALOGUE, [])
    rows = one_call(account=["a", "b"], kind=["call", "call"])

    assert not problems
    assert RuleBook(rules, Lists.of([]), CATALOGUE, ZONE).judge(rows)["row"].to_list() == [0, 1]


@pytest.mark.parametrize(("status", "heard"), [("on", [False]), ("shadow", [True]), ("draft", []), ("off", [])])
def test_a_rule_in_shadow_is_marked_and_a_draft_is_not_judged(status: str, heard: list[bool]) -> None:
    rules, _ = check_rules(f'{RULE}status = "{status}"\n', "own.toml", CATALOGUE, [])
    rows = one_call(account=["a"], kind=["call"])

    assert RuleBook(rules, Lists.of([]), CATALOGUE, ZONE).judge(rows)["shadow"].to_list() == heard


def test_a_share_hears_the_same_entities_in_every_replay_and_a_larger_one_only_adds() -> None:
    rows = one_call(account=[f"a{n}" for n in range(1000)], kind=["call"] * 1000)

    heard: list[set[str]] = []
    for share in (1, 10, 50, 100):
        rules, problems = check_rules(f'{RULE}status = "percentage"\nshare = {share}\n', "own.toml", CATALOGUE, [])
        assert not problems
        book = RuleBook(rules, Lists.of([]), CATALOGUE, ZONE)
        found = book.judge(rows)
        assert found.height == 1000, "the others are in shadow"
        parts = pl.concat([book.judge(rows[:1]), book.judge(rows[1:])])
        assert parts["shadow"].to_list() == found["shadow"].to_list()
        heard.append({entity for entity, shadow in found.select("entity", "shadow").rows() if not shadow})

    assert all(less <= more for less, more in itertools.pairwise(heard))
    assert [abs(len(own) - 10 * share) < 60 for own, share in zip(heard, (1, 10, 50, 100), strict=True)] == [True] * 4
    other, _ = check_rules(
        f'{RULE.replace("own", "other")}status = "percentage"\nshare = 50\n', "own.toml", CATALOGUE, []
    )
    there = RuleBook(other, Lists.of([]), CATALOGUE, ZONE).judge(rows)
    assert there.filter(~pl.col("shadow"))["entity"].to_list() != sorted(heard[2]), "another rule has another share"


def test_a_trunk_is_that_of_arrival_or_else_that_of_departure() -> None:
    rules, problems = check_rules(RULE.replace('"account"', '"trunk"'), "own.toml", CATALOGUE, [])
    rows = one_call(account=["a"] * 3, kind=["call"] * 3, trunk_in=["x", None, None], trunk_out=["y", "y", None])

    assert not problems
    found = RuleBook(rules, Lists.of([]), CATALOGUE, ZONE).judge(rows)
    assert found.select("row", "entity").rows() == [(0, "x"), (1, "y")]


RULE = """
[[rule]]
id = "own"
title = "Own"
fraud = "irsf"
on = ["call"]
entity = "account"
when = "charge_micros_1h > 5"
severity = "high"
"""


def one_call(**columns: list[str | None]) -> pl.DataFrame:
    count = len(columns["kind"])
    given = {"callee_country": [None] * count, "trunk_in": [None] * count, "trunk_out": [None] * count} | columns
    fixed = {"charge_micros_1h": [9] * count, "currency": ["EUR"] * count, "at_ms": [START_MS] * count}
    return pl.DataFrame(given | fixed, schema_overrides=dict.fromkeys(given, pl.String))


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.sets(st.integers(1, 299), max_size=25))
def test_what_would_be_found_in_an_event_is_what_is_then_found(seed: int, cuts: set[int]) -> None:
    rows = random_rows(seed, 300, PANEL.columns)
    memory = PANEL.start()
    edges = [0, *sorted(cuts), rows.height]
    for first, after in itertools.pairwise(edges):
        batch = rows.slice(first, after - first)
        event = batch.row(0, named=True)
        before = memory.to_bytes()

        told = [PANEL.foretell(event, keys_of_texts(event), memory) for _ in range(2)][1]
        why = [match.why() for match in told]

        assert memory.to_bytes() == before
        matches, memory = PANEL.judge(batch, memory)
        own = matches.filter(pl.col("row") == 0)
        named = [[getattr(match, name) for name in MATCHES.names()[1:]] for match in told]
        assert named == [list(row[1:]) for row in own.iter_rows()]
        assert why == PANEL.explain(batch, own, memory)


def keys_of_texts(event: dict[str, Any]) -> dict[str, int]:
    """The key of each text of an event."""
    names = [name for name, kind in SCHEMA.items() if kind == pl.String and name in event]
    return dict(zip(names, hash_few([event[name] for name in names]), strict=True))


def test_a_rule_of_a_share_is_heard_of_the_same_entities_when_asked_about_one_event() -> None:
    rules, problems = check_rules(f'{RULE}status = "percentage"\nshare = 40\n', "own.toml", CATALOGUE, [])
    rows = one_call(account=[f"a{n}" for n in range(50)], kind=["call"] * 50)
    book = RuleBook(rules, Lists.of([]), CATALOGUE, ZONE)

    told = [match.shadow for row in rows.iter_rows(named=True) for match in book.foretell(row, lambda feature: None)]

    assert not problems
    assert 0 < sum(told) < 50
    assert told == book.judge(rows)["shadow"].to_list()


def test_an_allow_condition_keeps_a_rule_silent_when_asked_about_one_event() -> None:
    text = RULE + "unless = [\"callee_country = 'NL'\"]\n"
    rules, problems = check_rules(text, "own.toml", CATALOGUE, [])
    rows = one_call(account=["a", "a", "a"], kind=["call"] * 3, callee_country=["NL", "CU", None])
    book = RuleBook(rules, Lists.of([]), CATALOGUE, ZONE)

    told = [len(book.foretell(row, lambda feature: None)) for row in rows.iter_rows(named=True)]

    assert not problems
    assert told == [0, 1, 1]
