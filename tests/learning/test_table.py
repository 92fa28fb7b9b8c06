from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ringfence.events.errors import SettingsError, UsageError
from ringfence.learning.evaluate import evaluate, pool
from ringfence.learning.table import (
    duration,
    fraud_sheet,
    loss_sheet,
    money_sheet,
    outcome_sheet,
    percent,
    recall_sheet,
)
from ringfence.learning.truth import read_truth
from tests.learning.scenes import MINUTE, alert, call, events, fraud, truth

CALLS = events(*(call(n, n * MINUTE, "thief") for n in range(1, 5)), call(9, MINUTE, "innocent"))
THEFT = truth(*(fraud(n, "one", "thief", 1_000_000 * n) for n in range(1, 5)))
OURS = evaluate([alert("thief", MINUTE, 2 * MINUTE)], CALLS, THEFT, subscribers=1_000, days=1)
THEIRS = evaluate([alert("innocent", MINUTE, MINUTE)], CALLS, THEFT, subscribers=1_000, days=1)


def test_contenders_stand_side_by_side() -> None:
    assert recall_sheet({"ours": OURS, "theirs": THEIRS}).markdown() == (
        "| fraud | variant | episodes | ours | theirs |\n"
        "| --- | --- | ---: | ---: | ---: |\n"
        "| irsf | plain | 1 | 100 % | 0 % |\n"
        "| false alerts per 1,000 subscribers and day |  |  | 0.00 | 1.00 |\n"
    )
    # 1 and 2 of 10 were lost up to the alert
    assert loss_sheet({"ours": OURS, "theirs": THEIRS}).rows == (("irsf", "plain", "1", "30 %", "100 %"),)


def test_money_is_summed_over_frauds() -> None:
    assert money_sheet({"ours": OURS, "theirs": THEIRS}, "EUR").rows == (
        ("ours", "EUR", "1", "0", "1", "1", "10", "7", "70 %"),
        ("theirs", "EUR", "1", "1", "0", "1", "10", "0", "0 %"),
    )


def test_one_evaluation_is_told_in_full() -> None:
    (row,) = outcome_sheet(OURS, "EUR").rows

    assert row == ("irsf", "plain", "1", "1 (100 %)", "1", "100 %", "1.0 min", "30 %", "3.00 EUR", "7.00 EUR")


def test_the_variants_of_a_fraud_are_told_together() -> None:
    parts = (fraud(1, "one", "thief", 1), fraud(2, "one", "thief", 3), fraud(3, "two", "other", 1, variant="evasive"))
    both = evaluate([alert("thief", MINUTE, MINUTE)], CALLS, truth(*parts), subscribers=1_000, days=1)

    assert fraud_sheet(both).markdown() == (
        "| fraud | variants | episodes | found | lost before alert |\n"
        "| --- | --- | ---: | ---: | ---: |\n"
        "| irsf | plain, evasive | 2 | 50 % | 62 % |\n"
        "| all | plain, evasive | 2 | 50 % | 62 % |\n"
    )


def test_pooled_runs_count_all_episodes_and_alerts_together() -> None:
    both = pool([OURS, THEIRS])
    (row,) = both.frauds

    assert (row.episodes, row.found, row.recall, row.precision) == (2, 1, 0.5, 0.5)
    assert row.median_loss_share_before_alert == pytest.approx(0.65)  # between 30 % and 100 %
    assert row.median_loss_share_of_found == pytest.approx(0.3)
    assert (row.money_lost_micros, row.money_saved_micros) == (13_000_000, 7_000_000)
    # one false alert in two days of a thousand subscribers each
    assert (both.subscribers, both.days, both.false_alerts_per_1000_subscriber_days) == (2_000, 1.0, 0.5)
    assert pool([OURS]).to_json() == OURS.to_json()


def test_a_cell_cannot_break_the_table() -> None:
    odd = evaluate([], CALLS, truth(fraud(1, "one", "thief", fraud="a|b")))

    assert "| a\\|b | plain |" in recall_sheet({"x": odd}).markdown()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.4, "0 s"), (59, "59 s"), (90, "1.5 min"), (5_400, "1.5 h"), (129_600, "1.5 d")],
)
def test_lengths_of_time_take_the_unit_that_fits(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_a_share_that_is_not_known_is_a_dash() -> None:
    assert (percent(None), percent(0.005), percent(0.9)) == ("-", "0 %", "90 %")


def test_truth_is_read_from_parquet_and_from_csv(tmp_path: Path) -> None:
    THEFT.write_parquet(tmp_path / "truth.parquet")
    THEFT.with_columns(pl.col("event_id").bin.encode("hex")).write_csv(tmp_path / "truth.csv")

    assert read_truth(tmp_path / "truth.parquet").equals(read_truth(tmp_path / "truth.csv"))


def test_a_truth_file_that_cannot_be_used_says_which_and_why(tmp_path: Path) -> None:
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "hole.csv").write_text("event_id,fraud,variant,episode,entity,money_micros\n00,irsf,,e,x,1\n")
    (tmp_path / "words.csv").write_text("event_id,fraud,variant,episode,entity,money_micros\n00,irsf,plain,e,x,much\n")

    for name, words in {
        "torn.parquet": "cannot be read", "other.csv": "no column event_id, fraud", "hole.csv": "a row lacks a value",
        "words.csv": "much",
    }.items():  # fmt: skip
        with pytest.raises(SettingsError, match=words) as caught:
            read_truth(tmp_path / name)
        assert name in str(caught.value)
    with pytest.raises(UsageError, match="RF4001"):
        read_truth(tmp_path / "absent.parquet")
