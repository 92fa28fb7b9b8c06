"""The innocents against the published figures that docs/explanation/simulation.md names, with tolerance."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ringfence.simulation import Plan, simulate
from ringfence.simulation.country import _innocents
from ringfence.simulation.numbers import luhn
from ringfence.simulation.persons import calls, texts
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.population import MOBILE
from ringfence.simulation.rhythm import queue
from ringfence.simulation.society import Society, found
from ringfence.simulation.traffic import FOREIGN, Traffic

PLAN = Plan(subscribers=6_000, days=14, seed=2024, frauds=())


@pytest.fixture(scope="module")
def society() -> Society:
    return found(PLAN)


@pytest.fixture(scope="module")
def talk(society: Society) -> Traffic:
    return calls(society)


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return simulate(Plan(subscribers=5_000, days=7, seed=77, frauds=())).events


def _hours(traffic: Traffic) -> np.ndarray:
    return np.bincount(traffic["start"] % DAY_MS // HOUR_MS, minlength=24) / len(traffic)


def test_calls_are_near_silent_at_night_and_peak_by_day_and_early_evening(talk: Traffic) -> None:
    """Aledavood et al. 2015: hardly any calls between 2 and 6 h, maxima about noon and from 17 to 20 h."""
    share = _hours(talk)

    assert share[2:6].sum() < 0.03
    assert 15 <= share.argmax() <= 20
    assert share[17:21].sum() > 0.2
    assert share[10:13].sum() > 0.13


def test_messages_come_later_in_the_day_than_calls(society: Society, talk: Traffic) -> None:
    """Aledavood et al. 2016: evenings belong to text messages more than to calls."""
    assert _hours(texts(society))[19:24].sum() > _hours(talk)[19:24].sum() + 0.05


def test_sundays_are_quieter_than_working_days(talk: Traffic) -> None:
    day = talk["start"] // DAY_MS
    weekday = np.array([PLAN.weekday(d) for d in range(PLAN.days)])
    volume = np.bincount(day[day < PLAN.days], minlength=PLAN.days)

    assert volume[weekday == 6].mean() < 0.9 * volume[weekday < 5].mean()


def test_call_lengths_are_log_logistic_with_a_mean_of_some_minutes(talk: Traffic) -> None:
    """de Melo et al. 2010: log-logistic, so log odds are straight in the log of length; mean 100 to 200 s."""
    seconds = talk["duration"][talk["answered"] & (talk["ring"] > 0)] / 1_000
    at = np.quantile(seconds, np.linspace(0.1, 0.9, 17))
    odds = np.log(np.linspace(0.1, 0.9, 17) / (1 - np.linspace(0.1, 0.9, 17)))

    assert 100 < seconds.mean() < 200
    assert 45 < np.median(seconds) < 110
    assert np.corrcoef(np.log(at), odds)[0, 1] > 0.998


def test_a_person_talks_as_long_a_month_as_the_regulator_counts(society: Society, talk: Traffic) -> None:
    """ACM: 3 h 18 min a month and person in 2018/19, fixed and business lines included: mobiles have most of it."""
    ours = society.people.of_kind(MOBILE)
    made = talk["caller_sub"] >= 0
    per_person = talk["duration"][made].sum() / 60_000 / len(ours) / PLAN.days * 30.4

    assert 90 < per_person < 200


def test_people_write_as_few_messages_as_the_regulator_counts(society: Society) -> None:
    """ACM: 2.3 billion messages in 2022 over some 20 million connections, about 10 a month."""
    written = texts(society)
    ours = society.people.of_kind(MOBILE)
    per_month = (written["caller_sub"] >= 0).sum() / len(ours) / PLAN.days * 30.4

    assert 3 < per_month < 16


def test_three_contacts_take_about_half_of_a_persons_calls(society: Society, talk: Traffic) -> None:
    """Saramaki et al. 2014: the top three of a circle get 40 to 50 % of the calls."""
    frame = pl.DataFrame({"who": talk["caller_sub"], "whom": talk["callee"]}).filter(pl.col("who") >= 0)
    ties = frame.group_by("who", "whom").len().sort("len", descending=True)
    people = ties.group_by("who").agg(pl.col("len").sum().alias("all"), pl.col("len").head(3).sum().alias("top"))
    busy = people.filter(pl.col("all") >= 40)
    ordinary = busy.filter(society.people.trade[busy["who"].to_numpy()] == 0)

    assert 0.35 < (ordinary["top"] / ordinary["all"]).mean() < 0.65  # type: ignore[operator]


def test_activity_is_heavy_tailed(society: Society) -> None:
    """Seshadri et al. 2008: spread over orders of magnitude; the busiest tenth makes a third or more of the calls."""
    rate = np.sort(society.people.calls[society.people.of_kind(MOBILE)])

    assert rate[-len(rate) // 10 :].sum() / rate.sum() > 0.33
    assert rate[-1] / np.median(rate) > 10


def test_calls_come_in_bursts(talk: Traffic) -> None:
    """Saramaki and Moro 2015: the coefficient of variation of gaps is well above a Poisson process's 1."""
    who, start = talk["caller_sub"], talk["start"]
    order = np.lexsort((start, who))
    same = (np.diff(who[order]) == 0) & (who[order][1:] >= 0)
    gaps = np.diff(start[order])[same]

    assert gaps.std() / gaps.mean() > 1.3


def test_two_thirds_of_calls_between_people_are_answered(talk: Traffic) -> None:
    assert 0.6 < talk["answered"].mean() < 0.75


def test_commuters_live_some_kilometres_from_work(society: Society) -> None:
    """Statistics Netherlands: a mean of about 20 km; outings fall off as a power of distance."""
    movement = society.movement
    mobiles = society.people.of_kind(MOBILE)
    north = movement.going[0][mobiles, 1] - society.people.latitude[mobiles]
    east = (movement.going[1][mobiles, 1] - society.people.longitude[mobiles]) * 0.62
    km = np.hypot(north, east) * 111.2

    assert 6 < np.median(km[km > 0]) < 14
    assert 10 < km.mean() < 28


def test_nobody_travels_faster_than_an_airliner(events: pl.DataFrame) -> None:
    """Neighbouring cells flip within seconds, but no subscriber covers 20 km at over 1,000 km/h."""
    place = pl.col("cell").str.extract_groups(r"^([A-Z]{2})-(-?\d+)-(-?\d+)$")
    seen = events.filter(pl.col("caller_imsi").is_not_null() & pl.col("cell").is_not_null())
    seen = seen.filter(~pl.col("is_roaming") | pl.col("caller").str.starts_with("31")).sort("caller_imsi", "start_ms")
    seen = seen.with_columns(
        north=place.struct.field("2").cast(pl.Float64) / 1_000,
        east=place.struct.field("3").cast(pl.Float64) / 1_000,
        hours=pl.col("start_ms") / HOUR_MS,
    )
    change = seen.select(
        (pl.col(name) - pl.col(name).shift().over("caller_imsi")).alias(name) for name in ("north", "east", "hours")
    )
    km = (change["north"] ** 2 + (change["east"] * 0.62) ** 2).sqrt() * 111.2
    speed = km / (change["hours"] + 1 / 3_600)
    # The lawful gateway's SIMs sit at one place while their owners travel: the few that remain.
    assert ((km > 20) & (speed > 1_000)).sum() < 20


def test_few_subscribers_are_in_two_calls_at_once(events: pl.DataFrame) -> None:
    made = events.filter(pl.col("kind") == "call", pl.col("caller_imsi").is_not_null())
    made = made.sort("caller_imsi", "start_ms")
    before = pl.col("at_ms").shift().over("caller_imsi")

    assert made.filter(before > pl.col("start_ms") + 5_000).height < 0.01 * made.height


def test_columns_that_mediation_would_have_are_filled(events: pl.DataFrame) -> None:
    ours = events.filter(pl.col("caller_imsi").is_not_null())
    incoming = events.filter(pl.col("direction") == "in")
    pbx = events.filter(pl.col("device").str.contains("/ext"))

    assert ours.filter(pl.col("cell").is_null() | pl.col("device").is_null()).is_empty()
    assert incoming["trunk_in"].null_count() == 0
    assert ours.filter(pl.col("direction") == "out")["trunk_out"].null_count() == 0
    assert pbx.filter((pl.col("direction") != "in") & pl.col("account").is_null()).is_empty()
    assert events.filter(pl.col("is_roaming") & (pl.col("visited_network") != "20408")).height > 0
    assert events.filter(pl.col("is_roaming") & (pl.col("visited_network") == "20408")).height > 0
    assert events["forwarded_by"].count() > 0
    assert events["charge_micros"].null_count() == events.height


def test_numbers_have_the_shapes_of_the_numbering_plans(events: pl.DataFrame) -> None:
    imsi = events["caller_imsi"].drop_nulls()
    handset = events["device"].drop_nulls().filter(events["device"].drop_nulls().str.contains(r"^\d+$"))
    mobiles = events.filter(pl.col("caller_imsi").str.starts_with("20408"))["caller"]

    assert imsi.str.contains(r"^\d{15}$").all()
    assert handset.str.contains(r"^\d{15}$").all()
    assert mobiles.str.contains(r"^316[1-5]\d{7}$").all()
    assert all(_passes_luhn(text) for text in handset.unique().to_list())


def _passes_luhn(text: str) -> bool:
    """The slow and obvious check of ISO/IEC 7812-1 annex B."""
    digits = [int(c) for c in reversed(text)]
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)]
    return sum(doubled) % 10 == 0


def test_the_luhn_digit_is_that_of_the_standards_example() -> None:
    assert luhn(np.array([49_015_420_323_751])).tolist() == [490_154_203_237_518]


def test_a_queue_moves_events_only_as_far_as_it_must() -> None:
    rng = np.random.default_rng(1)
    start, length = np.sort(rng.integers(0, 10_000, 200)), rng.integers(1, 120, 200)
    expected, free = [], 0
    for begin, held in zip(start.tolist(), length.tolist(), strict=True):
        expected.append(max(begin, free))
        free = expected[-1] + held + 3

    assert queue(start, length, 3).tolist() == expected


def test_innocents_hold_the_neighbours_that_naive_rules_accuse(society: Society) -> None:
    """Hundreds of callees a day from one number, one number hundreds of times, long nights abroad."""
    traffic = _innocents(society)[0]
    made = pl.DataFrame(
        {
            "caller": traffic["caller"],
            "callee": traffic["callee"],
            "day": traffic["start"] // DAY_MS,
            "kind": traffic["kind"],
            "abroad": traffic["target"] == FOREIGN,
            "hours": traffic["duration"] / HOUR_MS,
        }
    ).filter((pl.col("kind") < 2) & (pl.col("caller") > 0))
    by_day = made.group_by("caller", "day").agg(
        pl.col("callee").n_unique().alias("callees"), pl.len(), pl.col("hours").filter(pl.col("abroad")).sum()
    )

    assert by_day.filter(pl.col("callees") > 150)["caller"].n_unique() >= 2
    assert by_day.filter((pl.col("callees") == 1) & (pl.col("len") > 50)).height >= 1
    assert by_day.filter(pl.col("hours") > 1.5).height >= 10
