"""The report as a reader and a browser take it: its text, structure and figures, and what it must not do."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.cli.output import clean
from ringfence.cli.report import fraud_name, write_report
from ringfence.cli.report_charts import LEFT, Plot, round_step, round_up
from ringfence.cli.report_facts import charges_under_alert, hours_of, in_order, money_over_time, worst_case
from ringfence.events.errors import DependencyError
from ringfence.learning.evaluate import evaluate
from tests.learning.scenes import HOUR, MINUTE, alert, call, events, fraud, truth

MONDAY = 1_772_409_600_000  # 2026-03-02 00:00 UTC
NASTY = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
VOID = {"meta", "path", "line", "rect", "img", "br", "hr", "input", "link"}
BALANCE = [{"source": "pbx", "received": 10, "accepted": 7, "duplicate": 1, "rejected": 1, "late": 1, "shed": 0}]


class Page(HTMLParser):
    """Collects the elements, the text, and whatever is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.references: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "xlink:href")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += " " + data


def told(entity: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return alert(entity, start, end, start) | {
        "detector": "irsf_hot_range", "revision": 1, "events": 4, "score": 0.9, "money_micros": 8_000_000,
        "money_per_hour_micros": 2_000_000, "currency": "EUR",
        "reasons": [{"feature": "callees_5m", "value": 61, "usual": 2.0, "text": "61 different numbers in 5 minutes"}],
    } | more  # fmt: skip


CALLS = events(
    *(call(n, MONDAY + n * HOUR, "31612345678", charge_micros=10_000) for n in range(30)),
    *(call(100 + n, MONDAY + 40 * HOUR + n * MINUTE, "31612345678", charge_micros=2_000_000) for n in range(4)),
    call(200, MONDAY + 41 * HOUR, "31687654321"),
)
THEFT = truth(*(fraud(100 + n, "one", "31612345678", 2_000_000) for n in range(4)))
ALERTS = [
    told("31612345678", MONDAY + 40 * HOUR, MONDAY + 40 * HOUR + 3 * MINUTE),
    told("31687654321", MONDAY + 41 * HOUR, MONDAY + 41 * HOUR, fraud="robocall", money_micros=0, score=0.5),
]


def page(path: Path, **given: Any) -> Page:
    arguments: dict[str, Any] = {
        "alerts": ALERTS, "evaluation": None, "events": CALLS, "balance": BALANCE, "title": "A week",
    } | given  # fmt: skip
    write_report(path / "report.html", **arguments)
    text = (path / "report.html").read_text(encoding="utf-8")
    made = Page(text)
    assert made.open == []
    assert "NaN" not in text
    assert not re.search(r"\binf\b|None|Undefined", made.words)
    return made


def test_the_report_tells_the_figures_of_the_evaluation(tmp_path: Path) -> None:
    result = evaluate(ALERTS, CALLS, THEFT, subscribers=1_000, days=2)
    words = page(tmp_path, evaluation=result, time_zone="Europe/Amsterdam").words

    assert "1 of 1" in words  # episodes caught
    assert "2 EUR" in words  # the first call was lost
    assert "6 EUR" in words  # the three after the alert were saved
    assert "1 of them false" in words
    assert "2026-03-03 17:00:00" in words  # 40 hours after midnight UTC, in Amsterdam
    assert "61 different numbers in 5 minutes" in words
    assert "The worst case: IRSF by caller 31612345678" in words
    assert "0.50 per 1,000 subscribers and day" in words


def test_the_report_needs_nothing_from_outside_and_runs_nothing(tmp_path: Path) -> None:
    made = page(tmp_path, evaluation=evaluate(ALERTS, CALLS, THEFT))
    text = (tmp_path / "report.html").read_text()

    assert not {"script", "link", "iframe", "img", "object"} & set(made.tags)
    assert made.references == []
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"https?://", text)
    assert text.startswith("<!doctype html>")
    assert made.tags.count("svg") == 3


def test_what_records_and_people_wrote_cannot_become_markup(tmp_path: Path) -> None:
    bad = told(NASTY, MONDAY, MONDAY + HOUR, fraud=NASTY, detector=NASTY)
    bad["reasons"] = [{"feature": "x", "value": NASTY, "usual": None, "text": NASTY}]
    rows = events(call(1, MONDAY, NASTY, charge_micros=5_000_000))
    known = truth(fraud(1, NASTY, NASTY, 5, fraud=NASTY, variant=NASTY))
    balance = [BALANCE[0] | {"source": NASTY}]
    made = page(
        tmp_path, alerts=[bad], events=rows, balance=balance, title=NASTY, evaluation=evaluate([bad], rows, known),
        currency=NASTY,
    )  # fmt: skip

    assert "script" not in made.tags
    assert "img" not in made.tags
    assert made.words.count("<script>") >= 8  # it is shown as what it is


def test_unseen_characters_are_shown_as_such() -> None:
    assert clean("a\x00b\u202ec\x1b[31m") == "a\ufffdb\ufffdc\ufffd[31m"
    assert fraud_name("pbx_hacking") == "PBX hacking"


def test_a_report_without_truth_shows_charges_before_and_after_the_alert(tmp_path: Path) -> None:
    words = page(tmp_path).words

    assert "Money before and after the alerts" in words
    assert "Caught and missed" not in words
    assert "2 EUR" in words
    assert "6 EUR" in words


def test_a_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    words = page(tmp_path, alerts=[], events=CALLS.clear(), balance=[]).words

    assert "No records." in words
    assert "There are no alerts." in words
    assert "The worst case" not in words


def test_the_equation_shows_what_is_missing(tmp_path: Path) -> None:
    text = page(tmp_path, balance=[BALANCE[0] | {"received": 12}])

    assert "received = accepted + duplicate + rejected + late + shed" in text.words
    assert 'class="n missed">2</td>' in (tmp_path / "report.html").read_text()


def test_the_queue_shows_fifty_and_says_how_many_there_are(tmp_path: Path) -> None:
    many = [told(f"31{n:09}", MONDAY, MONDAY, money_micros=n) for n in range(120)]
    made = page(tmp_path, alerts=many)

    assert "The 50 parties with the highest expected loss" in made.words
    assert "120 alerts on 120 parties" in made.words
    assert made.words.count("61 different numbers") == 51  # and once more in the worst case


def test_the_same_money_counts_once_however_many_alerts_are_on_a_party(tmp_path: Path) -> None:
    names = ("caller", "account", "device")
    one = [
        told(name, MONDAY, MONDAY, entity_kind=name, event_ids=["aa", f"b{n}"], expected_loss_micros=7_000_000 - n)
        for n, name in enumerate(names)
    ]
    words = page(tmp_path, alerts=[*one, told("31600000009", MONDAY, MONDAY, expected_loss_micros=2_000_000)]).words

    assert "9.00 EUR expected loss" in words
    assert "4 alerts on 2 parties" in words
    assert "and 2 more alerts on it (also account account, device device)" in words


def test_only_its_owner_may_read_the_report(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("an older one, for everybody")
    page(tmp_path)

    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_unheard_alerts_are_not_shown(tmp_path: Path) -> None:
    silent = [
        told("31600000001", MONDAY, MONDAY, shadow=True),
        told("31600000002", MONDAY, MONDAY, status="suppressed"),
    ]

    assert "3160000000" not in page(tmp_path, alerts=silent).words


def test_the_queue_is_in_order_of_expected_loss() -> None:
    low, high = told("a", 0, 1, score=0.1), told("b", 0, 1, expected_loss_micros=7_000_000)

    # 0.1 x (8 + 2) = 1 million micros is less than 7 million
    assert [a["entity"] for a in in_order([low, high])] == ["b", "a"]


def test_the_worst_case_is_a_true_one_where_that_is_known() -> None:
    false = told("31687654321", MONDAY + 41 * HOUR, MONDAY + 41 * HOUR, money_micros=10**12)
    trunk = told("ic-1", MONDAY, MONDAY + 50 * HOUR, entity_kind="trunk", money_micros=10**13)
    alerts = [false, ALERTS[0], trunk]

    assert worst_case(alerts, evaluate(alerts, CALLS, THEFT)) is ALERTS[0]
    assert worst_case(alerts, None) is false
    assert worst_case([trunk], None) is trunk
    assert worst_case([], None) is None


def test_the_usual_band_holds_all_but_the_highest_hours_before() -> None:
    hours = hours_of(ALERTS[0], CALLS.lazy())

    assert hours is not None
    assert hours.hours_before == 40
    assert hours.usual_events == 1.0
    assert hours.usual_charges == pytest.approx(0.01)
    assert hours.times_ms[0] == MONDAY
    assert hours.charges[40] == pytest.approx(8.0)
    assert sum(hours.events) == 34
    assert hours_of(told("nobody", MONDAY, MONDAY), CALLS.lazy()) is None


def test_money_is_summed_up_hour_by_hour() -> None:
    losses = pl.DataFrame(
        {"at_ms": [0, HOUR, HOUR + 1, None], "money_micros": [1_000_000, 2_000_000, 4_000_000, 9],
         "saved": [False, True, False, False]}
    )  # fmt: skip
    sums = money_over_time(losses)

    assert sums is not None
    assert sums.times_ms == [0, HOUR, 2 * HOUR]
    assert sums.lost == [0.0, 1.0, 5.0]
    assert sums.saved == [0.0, 0.0, 2.0]
    assert money_over_time(losses.clear()) is None


def test_an_event_under_several_alerts_counts_once() -> None:
    twice = [ALERTS[0], ALERTS[0] | {"alert_id": "other", "raised_at_ms": MONDAY + 40 * HOUR + MINUTE}]

    assert charges_under_alert(twice, CALLS.lazy())["money_micros"].sum() == 8_000_000


def test_a_report_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(DependencyError, match="RF5012"):
        page(tmp_path / "file")


@given(st.floats(1e-6, 1e12))
@settings(max_examples=200, deadline=None)
def test_an_axis_ends_at_a_round_amount_not_far_above_the_most(most: float) -> None:
    top = round_up(most)
    plot = Plot(from_ms=0, to_ms=10, most=top, height=100)

    assert most <= top * (1 + 1e-9) <= most + round_step(most) * 1.01
    assert 2 <= len(plot.amounts()) <= 12


@given(
    st.integers(0, 2**41), st.integers(0, 4_000 * HOUR), st.sampled_from(["UTC", "Europe/Amsterdam", "Asia/Kolkata"])
)
@settings(max_examples=100, deadline=None)
def test_moments_lie_in_the_frame_in_order_and_do_not_crowd(first: int, length: int, zone: str) -> None:
    plot = Plot(from_ms=first, to_ms=first + length, most=1, height=100)
    places = [tick.at for tick in plot.moments(zone)]

    assert len(places) <= 12
    assert places == sorted(places)
    assert all(LEFT <= place <= plot.end for place in places)
