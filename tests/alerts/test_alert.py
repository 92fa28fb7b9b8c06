from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.alerts.alert import Alert, Reason, expected_loss, latest, queue
from ringfence.alerts.episodes import Episodes
from ringfence.alerts.words import entity_text, headline, loss_text, span_text
from tests.alerts.matches import MINUTE_MS, START_MS, frame, match

REASON = Reason(feature="callees_5m", value=61, usual=2, text="61 different numbers in 5 minutes", contribution=0.7)


def alert(**given_: object) -> Alert:
    """Return an alert of two matches, five minutes apart, with what is given."""
    [(made, _)] = Episodes().take(frame([match(0), match(5)]), START_MS).raised
    return replace(made, **given_)  # type: ignore[arg-type]


def test_an_alert_has_the_fields_that_other_programs_rely_on() -> None:
    document = alert(reasons=(REASON,)).to_json()

    assert {
        "alert_id", "fraud", "detector", "revision", "entity", "entity_kind", "episode_start_ms", "episode_end_ms",
        "raised_at_ms", "events", "score", "money_micros", "money_per_hour_micros", "currency", "reasons", "status",
    } <= document.keys()  # fmt: skip
    assert {"feature", "value", "usual", "text"} <= document["reasons"][0].keys()
    assert document["status"] == "open"
    assert len(bytes.fromhex(document["alert_id"])) == 16


def test_an_alert_comes_back_from_its_json() -> None:
    made = alert(reasons=(REASON,))

    assert Alert.from_json(made.to_json()) == made


@given(st.floats(0, 1), st.integers(0, 10**13), st.integers(0, 10**13))
def test_expected_loss_is_the_score_times_the_money_of_now_and_an_hour(score: float, now: int, hour: int) -> None:
    loss = expected_loss(alert(score=score, money_micros=now, money_per_hour_micros=hour))

    exact = Fraction(score) * (now + hour)
    assert abs(loss - exact) <= Fraction(1, 2) + exact / 2**52  # half a micro, and the rounding of a double


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 3)), max_size=12), st.randoms())
def test_the_queue_is_the_same_from_any_order(money: list[tuple[float, int]], random: object) -> None:
    alerts = [alert(alert_id=f"{n:032x}", score=score, money_micros=m) for n, (score, m) in enumerate(money)]
    shuffled = list(alerts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    ordered = queue(shuffled)

    assert ordered == queue(alerts)
    losses = [expected_loss(one) for one in ordered]
    assert losses == sorted(losses, reverse=True)


def test_the_latest_state_of_an_alert_keeps_its_reasons() -> None:
    first, other = alert(reasons=(REASON,)), alert(alert_id="ff" * 16)
    grown = replace(first, events=99, reasons=())

    assert latest([first, other, grown]) == [replace(grown, reasons=(REASON,)), other]


def test_a_headline_says_who_what_and_how_much() -> None:
    made = alert(money_micros=412_500_000, money_per_hour_micros=96_000_000, reasons=(REASON,))

    assert headline(made) == (
        "+31612345678: 61 different numbers in 5 minutes; 412.50 EUR so far, 96.00 EUR more each hour"
    )


def test_a_headline_without_reasons_counts_events() -> None:
    made = alert(events=1234, episode_end_ms=START_MS + 125 * MINUTE_MS, money_per_hour_micros=0)

    assert headline(made) == "+31612345678: 1,234 events in 2 hours 5 minutes; 2.00 EUR so far"


def test_unknown_charges_are_said_to_be_unknown() -> None:
    assert loss_text(alert(currency=None, money_micros=0)) == "no charges known"


@pytest.mark.parametrize(
    ("kind", "entity", "text"),
    [
        ("caller", "31612345678", "+31612345678"),
        ("callee", "1233", "1233"),
        ("caller", "ACME", "caller ACME"),
        ("range", "88213", "+88213..."),
        ("device", "SIP/1001", "device SIP/1001"),
        ("trunk", "a", "trunk a"),
        ("caller_imsi", "204080000000001", "caller imsi 204080000000001"),
    ],
)
def test_entities_are_written_as_people_write_them(kind: str, entity: str, text: str) -> None:
    assert entity_text(kind, entity) == text


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [
        (0, "1 minute"),
        (60_000, "1 minute"),
        (60_001, "2 minutes"),
        (3_600_000, "1 hour"),
        (90_000_000, "1 day 1 hour"),
        (86_400_000 * 3 + 60_000, "3 days 1 minute"),
    ],
)
def test_lengths_of_time_are_said_in_two_units(span_ms: int, text: str) -> None:
    assert span_text(span_ms) == text
