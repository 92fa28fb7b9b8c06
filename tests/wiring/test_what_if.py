"""What-if equals the engine: the same alerts as if the rules had been on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ringfence.alerts.suppression import Suppression
from ringfence.detectors.conditions.problems import WrittenFileError
from ringfence.detectors.rules import check_rules
from ringfence.events.errors import UsageError
from ringfence.settings import Settings
from ringfence.wiring import replaying
from ringfence.wiring.catalogue import catalogue
from ringfence.wiring.panel import all_lists
from ringfence.wiring.replaying import Trial, try_rules
from ringfence.wiring.suppressing import add
from ringfence.wiring.workplace import workplace
from tests.engines.workload import DAY_MS, Telling, go, outcome, switch, traffic

from .trying import ask, pack, past_of, raised, rule, same

RAISED, START, DETECTOR = 9, 7, 2  # places in what is the same
LONG = {"subscribers": 100, "days": 24, "seed": 4}
STEADY = rule("calls_24h >= 4 AND callees_24h >= 3", id="steady", gap="20h", evidence=4)
WEEKLY = rule("calls_7d >= 12 AND calls_24h >= 2 AND calls_7d <= 40", id="weekly", gap="20h", evidence=5)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of a few days' records, jittered, with repeats."""
    events = traffic(subscribers=300, days=4, seed=11)
    telling = Telling(seed=3, jitter=0.9, repeats=500, files=3, cut="turns")
    return telling.write(events, tmp_path_factory.mktemp("records"))


@pytest.fixture(scope="module")
def on(records: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder in which the shipped rules were on: with stops, three shards, small steps and a suppression."""
    home = tmp_path_factory.mktemp("on") / "home"
    told = {"entity_kind": "caller", "entity": "31*", "target": "*", "owner": "ann", "reason": "a test"}
    add(Settings.load(home, {}), Suppression(**told, created_at_ms=0, ends_at_ms=2**60))
    for stop_after in (3, 5, None):
        go(home, switch(*records), stop_after=stop_after, engine__shards=3, engine__batch_rows=700)
    return home


@pytest.fixture(scope="module")
def off(records: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that has seen the same records without a single rule."""
    home = tmp_path_factory.mktemp("off") / "home"
    go(home, switch(*records), rules__shipped="false", engine__checkpoint_events=5_000)
    return home


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with more history than the engine remembers, and one rule."""
    home = tmp_path_factory.mktemp("long") / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.toml").write_text(STEADY + WEEKLY)
    go(home, switch(*Telling().write(traffic(**LONG), home / "records")), rules__shipped="false")
    return home


def tried(home: Path, text: str, **more: Any) -> set[tuple[Any, ...]]:
    """Return all alerts that rules would have raised."""
    settings, past = past_of(home)
    lists = all_lists(settings)
    rules, problems = check_rules(text, "rules", catalogue(), [one.name for one in lists])
    assert not problems
    found = try_rules(settings, past, Trial(rules=rules, lists=lists, **({"from_ms": 0} | more)))
    return {same(alert.to_json()) for alert in found.alerts.values()}


def test_all_shipped_rules_would_have_raised_the_alerts_that_they_did_raise(on: Path, off: Path) -> None:
    was = raised(on)
    with workplace(Settings.load(on, {})) as place:
        statuses = Counter(alert["status"] for alert in place.alerts.list(shadow=None))

    assert tried(off, pack()) == was
    assert len({alert[DETECTOR] for alert in was}) > 10  # rules that have raised any
    assert min(statuses["open"], statuses["suppressed"]) > 0
    assert raised(off) == set()


def test_kernels_of_their_own_raise_the_same(on: Path, off: Path) -> None:
    was = {alert for alert in raised(on) if alert[4] == "irsf"}

    assert tried(off, pack("irsf"), narrow_from=0) == was
    assert len(was) > 10


def test_events_that_came_too_late_count_no_more_than_they_did(tmp_path: Path) -> None:
    home, events = tmp_path / "home", traffic(subscribers=200, days=2, seed=3)
    paths = Telling(seed=1, jitter=1.0).write(events, tmp_path / "records")
    go(home, switch(*paths, lateness_ms=60_000))

    assert outcome(home).counters["switch"]["late"] > 100
    assert tried(home, pack()) == raised(home)


@pytest.mark.parametrize("text", [STEADY, WEEKLY])
def test_of_the_last_days_all_alerts_are_found_without_reading_all_there_is(text: str, long: Path) -> None:
    begun_before = 0
    for days in (1, 2, 3, 4):
        answer = ask(long, text, days=days)
        from_ms = answer["history"]["from_ms"]
        was = {alert for alert in raised(long) if alert[RAISED] >= from_ms and alert[DETECTOR] in text}
        begun_before += sum(alert[START] < from_ms for alert in was)

        assert answer["history"]["read_from_ms"] > answer["history"]["first_ms"] + DAY_MS
        assert (answer["exact"], answer["why_not"]) == (True, [])
        assert tried(long, text, from_ms=from_ms) == was
        assert 0 < answer["total"]["alerts"] == len(was) < len(raised(long))
    assert begun_before > 0


def test_what_counts_since_somebody_was_first_seen_is_looked_for_from_the_beginning(long: Path) -> None:
    answer = ask(long, rule("known_for_ms > 864000000", id="old"), days=3)

    assert answer["history"]["read_from_ms"] == answer["history"]["first_ms"]
    assert answer["exact"]
    assert answer["total"]["alerts"] > 0


def test_days_that_were_forgotten_are_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = {"rules__shipped": "false", "history__days": 10, "engine__checkpoint_events": 5_000}
    go(home, switch(*Telling().write(traffic(**LONG), tmp_path / "records")), **settings)

    part, far = ask(home, STEADY, days=3_660), ask(home, rule("known_for_ms > 864000000"), days=1)

    assert not part["exact"]
    assert "the first 7 days may lack alerts" in part["why_not"][0]
    assert not far["exact"]
    assert "since somebody was first seen" in far["why_not"][0]


def test_every_point_of_the_curve_is_what_a_rule_with_that_threshold_would_have_done(off: Path) -> None:
    text = rule(
        "calls_24h >= 6 AND NOT (callees_24h < 5)", id="many", gap="2h", evidence=2, unless=["answered_share_24h < 0.1"]
    )
    answer = ask(off, text, curve="callees_24h")
    curve = answer["curve"]

    assert (curve["operator"], curve["threshold"]) == ("<", 5)
    assert len(curve["points"]) >= 10
    for point in curve["points"]:
        alone = ask(off, text.replace("callees_24h < 5", f"callees_24h < {point['threshold']}"))["total"]
        assert {name: point[name] for name in alone} == alone
        assert point["is_written"] is (point["threshold"] == 5)
    assert len({point["alerts"] for point in curve["points"]}) > 5


def test_a_column_with_several_thresholds_is_varied_where_one_says(off: Path) -> None:
    text = rule("calls_24h >= 6 AND calls_24h < 40")

    assert ask(off, text, curve="calls_24h")["curve"]["threshold"] == 6
    assert ask(off, text, curve="calls_24h", threshold=40)["curve"]["operator"] == "<"
    with pytest.raises(UsageError, match="with no 7"):
        ask(off, text, curve="calls_24h", threshold=7)


def test_too_many_alerts_are_not_counted_and_it_is_said(off: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "MOST_OF_VARIANT", 100)
    monkeypatch.setattr(replaying, "BATCH_ROWS", 2_000)
    text = rule("calls_24h >= 40")
    points = ask(off, text, curve="calls_24h")["curve"]["points"]
    monkeypatch.setattr(replaying, "MOST_ALERTS", 10)
    cut = ask(off, rule("calls_24h >= 4"))

    assert points[0]["is_counted"] is False
    assert points[0]["alerts"] is None
    assert points[-1]["is_counted"]
    assert "too many alerts" in cut["why_not"][0]
    assert cut["history"]["to_ms"] < cut["history"]["last_ms"]


def test_a_home_without_history_gives_no_alerts_and_says_why(tmp_path: Path) -> None:
    with workplace(Settings.load(tmp_path, {}), write=True):
        pass

    answer = ask(tmp_path, STEADY)

    assert answer["total"]["alerts"] == 0
    assert answer["why_not"] == ["there is no history"]


def test_wrong_rules_are_told_all_at_once(off: Path) -> None:
    with pytest.raises(WrittenFileError) as told:
        ask(off, rule("cals_24h > 1") + rule("callees_24h >", id="other"))

    assert len(told.value.problems) == 2
