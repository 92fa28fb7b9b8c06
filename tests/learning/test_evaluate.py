"""Every number here is computed by hand in the comment above it."""

from __future__ import annotations

import polars as pl
import pytest

from ringfence.events.errors import SettingsError, UsageError
from ringfence.learning.evaluate import Evaluation, Outcome, evaluate
from tests.learning.scenes import HOUR, MINUTE, alert, call, event_id, events, fraud, truth

# A thief's four calls of 10, 20, 30 and 40 at minutes 1 to 4; two calls of an innocent, one of a victim.
CALLS = events(
    call(1, 1 * MINUTE, "thief"),
    call(2, 2 * MINUTE, "thief"),
    call(3, 3 * MINUTE, "thief"),
    call(4, 4 * MINUTE, "thief"),
    call(5, 2 * MINUTE, "innocent"),
    call(6, 3 * MINUTE, "innocent"),
    call(7, 1 * MINUTE, "victim"),
)
THEFT = truth(*(fraud(n, "one", "thief", 10 * n) for n in (1, 2, 3, 4)))


def only(result: Evaluation) -> Outcome:
    (row,) = result.frauds
    return row


def test_an_alert_on_the_party_to_act_on_finds_its_episode() -> None:
    result = evaluate([alert("thief", MINUTE, 2 * MINUTE)], CALLS, THEFT, subscribers=500, days=2)
    row = only(result)

    assert (row.fraud, row.variant, row.episodes, row.found, row.named) == ("irsf", "plain", 1, 1, 1)
    assert (row.recall, row.precision) == (1.0, 1.0)
    assert row.median_seconds_to_detect == 60.0  # from minute 1 to minute 2
    # 10 and 20 fall at or before the alert, of 100
    assert row.median_loss_share_before_alert == row.median_loss_share_of_found == 0.3
    assert (row.money_lost_micros, row.money_saved_micros, row.money_exposed_micros) == (30, 70, 100)
    assert (result.alerts, result.false_alerts, result.false_alerts_per_1000_subscriber_days) == (1, 0, 0.0)


def test_an_alert_on_a_victim_with_mostly_innocent_events_finds_nothing_and_is_not_false() -> None:
    # the victim has one fraudulent event in three: below half, and the victim is nobody to act on
    rows = events(call(1, 10, "victim"), call(2, 20, "victim"), call(3, 30, "victim"))
    result = evaluate([alert("victim", 10, 30)], rows, truth(fraud(1, "one", "thief", 5)))

    assert only(result).found == 0
    assert result.false_alerts == 0
    assert only(result).median_loss_share_before_alert == 1.0
    assert only(result).median_loss_share_of_found is None


def test_half_of_an_alerts_events_being_fraudulent_is_enough() -> None:
    rows = events(call(1, 10, "victim"), call(2, 20, "victim"))

    assert only(evaluate([alert("victim", 10, 20)], rows, truth(fraud(1, "one", "thief")))).found == 1


def test_an_episode_counts_as_found_up_to_one_hour_after_its_last_event() -> None:
    last = 4 * MINUTE
    in_time = evaluate([alert("thief", MINUTE, last, last + HOUR)], CALLS, THEFT)
    too_late = evaluate([alert("thief", MINUTE, last, last + HOUR + 1)], CALLS, THEFT)
    too_early = evaluate([alert("thief", 0, last, MINUTE - 1)], CALLS, THEFT)

    assert [only(r).found for r in (in_time, too_late, too_early)] == [1, 0, 0]
    assert only(in_time).median_loss_share_before_alert == 1.0


def test_an_alert_without_a_fraudulent_event_is_false() -> None:
    alerts = [
        alert("innocent", 2 * MINUTE, 3 * MINUTE),
        alert("thief", 5 * MINUTE, 6 * MINUTE),
        alert("nobody", 0, HOUR),
    ]
    result = evaluate(alerts, CALLS, THEFT, subscribers=2_000, days=3)

    assert result.false_alerts == 3
    # 3 in 2,000 subscribers x 3 days = 6 thousands of subscriber days
    assert result.false_alerts_per_1000_subscriber_days == 0.5
    assert only(result).precision == 0.0
    assert only(result).money_saved_micros == 0  # a false alert is dismissed: it stops nobody


def test_naming_another_fraud_finds_but_does_not_name() -> None:
    row = only(evaluate([alert("thief", MINUTE, 2 * MINUTE, fraud="wangiri")], CALLS, THEFT))

    assert (row.found, row.named, row.precision) == (1, 0, None)


def test_what_nobody_hears_counts_for_nothing() -> None:
    alerts = [alert("thief", MINUTE, 2 * MINUTE, shadow=True), alert("thief", MINUTE, 2 * MINUTE, status="suppressed")]
    result = evaluate(alerts, CALLS, THEFT)

    assert (result.alerts, only(result).found) == (0, 0)
    assert only(result).precision is None


def test_one_sim_caught_of_three_leaves_the_others_money_lost() -> None:
    rows = events(*(call(10 * sim + turn, turn * MINUTE, f"sim-{sim}") for sim in (1, 2, 3) for turn in (1, 2, 3)))
    box = truth(
        *(
            fraud(10 * sim + turn, "box", f"sim-{sim}", 100, fraud="sim_box", variant="evasive")
            for sim in (1, 2, 3)
            for turn in (1, 2, 3)
        )
    )
    row = only(evaluate([alert("sim-1", MINUTE, 2 * MINUTE, MINUTE, fraud="sim_box")], rows, box))

    assert row.found == 1
    # at minute 1 each SIM has spent 100 of the 900
    assert row.median_loss_share_before_alert == pytest.approx(300 / 900)
    # but only the first SIM's later two calls are stopped
    assert (row.money_lost_micros, row.money_saved_micros) == (700, 200)


def test_the_first_of_several_alerts_tells_the_time() -> None:
    alerts = [alert("thief", MINUTE, 4 * MINUTE, 4 * MINUTE), alert("thief", MINUTE, 3 * MINUTE, 3 * MINUTE, fraud="x")]
    result = evaluate(alerts, CALLS, THEFT)

    assert only(result).median_seconds_to_detect == 120.0
    assert only(result).named == 1  # the later one names it
    assert result.episodes["alert"].to_list() == [1]


def test_entities_of_each_kind_are_found_in_their_own_column() -> None:
    rows = events(
        call(
            1, 10, "a", "b", account="acc", device="dev", caller_imsi="204", trunk_out="out", callee_range="35355",
        ),
        call(2, 20, "a2", "b2", trunk_in="in", trunk_out="out"),
    )  # fmt: skip
    for kind, entity in {
        "caller": "a", "callee": "b", "account": "acc", "device": "dev", "caller_imsi": "204", "trunk": "out",
        "range": "35355",
    }.items():  # fmt: skip
        result = evaluate([alert(entity, 10, 20, 20, entity_kind=kind)], rows, truth(fraud(1, "one", "?")))
        assert only(result).found == 1, kind
        assert result.verdicts.row(0) == (0, "irsf", 1, 1, False, True), (
            kind
        )  # the second call came in by another trunk


def test_the_document_has_the_promised_fields_in_order() -> None:
    document = evaluate([], CALLS, THEFT).to_json()

    assert list(document) == [
        "subscribers", "days", "alerts", "false_alerts", "false_alerts_per_1000_subscriber_days", "frauds",
    ]  # fmt: skip
    assert list(document["frauds"][0]) == [
        "fraud", "variant", "episodes", "found", "named", "recall", "precision", "median_seconds_to_detect",
        "median_loss_share_before_alert", "money_lost_micros", "money_saved_micros", "money_exposed_micros",
    ]  # fmt: skip
    assert document["subscribers"] == 3  # thief, innocent and victim
    assert document["days"] == 1


def test_subscribers_are_the_home_callers_that_no_trunk_brought_in() -> None:
    rows = events(
        call(1, 0, "a"), call(2, 1, "b"), call(3, 2, "a"), call(4, 3, "c", trunk_in="ic"),
        call(5, 10 * 86_400_000 + HOUR, "d", caller_country="BE"),
    )  # fmt: skip
    result = evaluate([], rows, truth(fraud(1, "one", "a")))

    assert (result.subscribers, result.days) == (2, 10)


def test_rows_are_in_order_of_fraud_and_plain_comes_before_evasive() -> None:
    known = truth(
        fraud(1, "w", "x", fraud="wangiri"), fraud(2, "e", "x", variant="evasive"), fraud(3, "p", "x"),
    )  # fmt: skip

    rows = [(row.fraud, row.variant) for row in evaluate([], CALLS, known).frauds]
    assert rows == [("irsf", "plain"), ("irsf", "evasive"), ("wangiri", "plain")]


def test_a_fraudulent_event_that_was_never_seen_is_lost_money() -> None:
    known = truth(fraud(1, "one", "thief", 10), fraud(999, "one", "thief", 90), fraud(998, "two", "x", 7))
    result = evaluate([alert("thief", MINUTE, MINUTE)], CALLS, known)
    row = only(result)

    assert result.unseen == 2
    assert (row.episodes, row.found, row.money_lost_micros, row.money_saved_micros) == (2, 1, 107, 0)
    assert row.median_loss_share_before_alert == 1.0


def test_an_episode_that_costs_nothing_has_no_share() -> None:
    row = only(evaluate([], CALLS, truth(fraud(1, "one", "thief", 0))))

    assert row.median_loss_share_before_alert is None


def test_truth_of_other_records_is_refused() -> None:
    with pytest.raises(SettingsError, match="RF5010"):
        evaluate([], CALLS, truth(fraud(999, "one", "thief")))


def test_truth_without_a_column_is_refused_by_its_name() -> None:
    with pytest.raises(SettingsError, match="no column money_micros"):
        evaluate([], CALLS, THEFT.drop("money_micros"))


@pytest.mark.parametrize(
    "broken",
    [
        {"entity_kind": "planet"},
        {"raised_at_ms": None},
        {"raised_at_ms": "noon"},
    ],
)
def test_a_broken_alert_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="RF5011"):
        evaluate([alert("thief", 0, 1) | broken], CALLS, THEFT)


def test_ids_may_be_hexadecimal_text_on_either_side() -> None:
    as_text = pl.col("event_id").bin.encode("hex")
    expected = evaluate([alert("thief", MINUTE, 2 * MINUTE)], CALLS, THEFT).to_json()

    again = evaluate(
        [alert("thief", MINUTE, 2 * MINUTE)], CALLS.with_columns(as_text).lazy(), THEFT.with_columns(as_text)
    )
    assert again.to_json() == expected
    assert again.losses["money_micros"].sum() == 100


def test_events_without_most_columns_can_be_evaluated() -> None:
    few = pl.DataFrame({"event_id": [event_id(1)], "at_ms": [5], "caller": ["thief"]})

    assert only(evaluate([alert("thief", 5, 5)], few, truth(fraud(1, "one", "thief", 3)))).found == 1
