"""Each fraud shows what the field publishes about it; its evasive variant hides it."""

from __future__ import annotations

import polars as pl
import pytest

from ringfence.simulation import Plan, simulate
from ringfence.simulation.frauds.scene import Scene
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.society import found
from ringfence.simulation.traffic import Traffic

SEEDS = (31, 32, 33)


@pytest.fixture(scope="module")
def frauds() -> pl.DataFrame:
    """Fraudulent events of three weeks of 5,000 subscribers, with their truth; episodes named by seed."""
    parts = []
    for seed in SEEDS:
        simulation = simulate(Plan(subscribers=5_000, days=7, seed=seed))
        both = simulation.truth.join(simulation.events, on="event_id")
        parts.append(both.with_columns(pl.format("{}/{}", pl.lit(seed), "episode").alias("episode")))
    local = pl.from_epoch("start_ms", time_unit="ms").dt.convert_time_zone("Europe/Amsterdam")
    return pl.concat(parts).with_columns(hour=local.dt.hour(), weekday=local.dt.weekday())


def _of(frauds: pl.DataFrame, fraud: str, variant: str) -> pl.DataFrame:
    return frauds.filter(pl.col("fraud") == fraud, pl.col("variant") == variant)


def _median(frame: pl.DataFrame, what: pl.Expr) -> float:
    value = frame.group_by("episode").agg(what.alias("x"))["x"].median()
    assert isinstance(value, float | int)
    return float(value)


def test_plain_irsf_pumps_long_and_concurrent_calls(frauds: pl.DataFrame) -> None:
    plain = _of(frauds, "irsf", "plain")
    ordered = plain.sort("entity", "start_ms").with_columns(
        before=pl.col("at_ms").cum_max().shift().over("episode", "entity")
    )

    assert _median(plain, pl.col("duration_ms").median()) > 240_000
    assert ordered.filter(pl.col("before") > pl.col("start_ms")).height > 0.3 * plain.height


def test_four_in_five_irsf_attacks_begin_between_friday_night_and_monday_morning() -> None:
    """XINTEC: about 80 % in three European operators; the rest begin at any time, some of it a weekend too."""
    plan = Plan(subscribers=100, days=7, seed=1)
    society = found(plan)
    nothing = Traffic.of(0)
    begins = [
        Scene(society, nothing, plan.rng(str(n)), False, "irsf", n).begin(6 * HOUR_MS, weekend_share=0.8)
        for n in range(400)
    ]
    late = [begin >= 4 * DAY_MS + 18 * HOUR_MS or begin < 8 * HOUR_MS for begin in begins]

    assert 0.78 < sum(late) / len(late) < 0.95


def test_evasive_irsf_keeps_below_five_minutes_and_by_day(frauds: pl.DataFrame) -> None:
    evasive = _of(frauds, "irsf", "evasive").filter(pl.col("money_micros") > 0)

    assert evasive["duration_ms"].max() < 300_000  # type: ignore[operator]
    assert evasive.filter(pl.col("hour").is_between(1, 6)).height < 0.1 * evasive.height
    assert _median(evasive, pl.col("entity").n_unique()) >= 2


def test_wangiri_rings_briefly_and_costs_only_when_called_back(frauds: pl.DataFrame) -> None:
    both = frauds.filter(pl.col("fraud") == "wangiri")
    rings, backs = both.filter(pl.col("direction") == "in"), both.filter(pl.col("direction") == "out")

    assert rings["money_micros"].sum() == 0
    assert rings["ring_ms"].max() < 12_000  # type: ignore[operator]
    assert rings["answered"].mean() < 0.05  # type: ignore[operator]
    assert 0.015 < backs.height / rings.height < 0.08
    assert (backs["entity"] == backs["callee"]).all()


def test_slow_wangiri_uses_more_numbers_over_more_hours(frauds: pl.DataFrame) -> None:
    spans = {}
    for variant in ("plain", "evasive"):
        rings = _of(frauds, "wangiri", variant).filter(pl.col("direction") == "in")
        spans[variant] = _median(rings, (pl.col("at_ms").max() - pl.col("at_ms").min()) / HOUR_MS)
        spans[f"{variant} numbers"] = _median(rings, pl.col("caller").n_unique())

    assert spans["plain"] < 5
    assert spans["evasive"] > 20
    assert spans["evasive numbers"] > 3 * spans["plain numbers"]


def test_a_sim_box_calls_ever_new_numbers_from_one_place(frauds: pl.DataFrame) -> None:
    plain = _of(frauds, "sim_box", "plain")

    assert _median(plain, pl.col("callee").n_unique() / pl.len()) > 0.8
    assert _median(plain, pl.col("cell").n_unique()) < 25


def test_some_boxes_share_imeis_among_sims_some_keep_one_each_and_some_change_them() -> None:
    parts = []
    for seed in range(41, 47):
        simulation = simulate(Plan(subscribers=5_000, days=7, seed=seed, frauds=("sim_box",)))
        calls = simulation.truth.join(simulation.events, on="event_id").filter(pl.col("kind") != "message")
        parts.append(calls.with_columns(pl.format("{}/{}", pl.lit(seed), "episode").alias("episode")))
    calls = pl.concat(parts)
    devices = calls.group_by("episode", "variant", "device").agg(pl.col("caller").n_unique().alias("sims"))
    sims = calls.group_by("episode", "variant", "caller").agg(pl.col("device").n_unique().alias("devices"))
    boxes = devices.group_by("episode", "variant").agg(pl.col("sims").max()).join(
        sims.group_by("episode", "variant").agg(pl.col("devices").max()), on=["episode", "variant"]
    )  # fmt: skip
    shared = boxes.filter(pl.col("sims") > 1)
    own = boxes.filter(pl.col("sims") == 1, pl.col("devices") == 1)
    changed = boxes.filter(pl.col("sims") == 1, pl.col("devices") > 1)

    for some in (shared, own, changed):
        assert 0.1 < some.height / boxes.height < 0.6
        assert some["variant"].n_unique() == 2


def test_an_evasive_sim_box_keeps_its_sims_quiet_and_in_company(frauds: pl.DataFrame) -> None:
    busy = {}
    for variant in ("plain", "evasive"):
        calls = _of(frauds, "sim_box", variant)
        by_day = calls.group_by("episode", "caller", pl.col("start_ms") // (24 * HOUR_MS)).len()
        busy[variant] = by_day["len"].median()
    evasive = _of(frauds, "sim_box", "evasive")
    sims = evasive.select("episode", caller="callee").unique()

    assert busy["evasive"] * 2 < busy["plain"]  # type: ignore[operator]
    assert evasive.filter(pl.col("kind") == "message").height > 0
    assert evasive.join(sims, on=["episode", "caller"], how="semi")["callee"].n_unique() > 5


def test_a_hacked_pbx_scans_first_and_calls_when_the_office_is_closed(frauds: pl.DataFrame) -> None:
    plain = _of(frauds, "pbx_hacking", "plain")
    first = plain.sort("start_ms").group_by("episode", maintain_order=True).head(5)
    office = pl.col("hour").is_between(9, 17) & (pl.col("weekday") <= 5)

    assert first["answered"].mean() < 0.4  # type: ignore[operator]
    assert plain.filter(office).height < 0.4 * plain.height
    assert plain["entity"].str.contains("^PBX[0-9]+/ext[0-9]+$").all()
    evasive = _of(frauds, "pbx_hacking", "evasive")
    assert evasive.filter(office).height > 0.8 * evasive.height


def test_pumped_messages_go_to_neighbouring_numbers_in_the_plain_variant_only(frauds: pl.DataFrame) -> None:
    for variant, share in (("plain", True), ("evasive", False)):
        sent = _of(frauds, "sms_pumping", variant).sort("episode", "callee")
        step = sent["callee"].cast(pl.Int64).diff()
        assert ((step > 0) & (step <= 3)).mean() > 0.8 if share else (step.abs() <= 3).mean() < 0.3  # type: ignore[operator]
    assert _median(_of(frauds, "sms_pumping", "evasive"), pl.col("callee").str.slice(0, 4).n_unique()) >= 4


def test_robocalls_are_short(frauds: pl.DataFrame) -> None:
    plain = _of(frauds, "robocall", "plain")
    answered = plain.filter("answered")

    assert answered.filter(pl.col("duration_ms") < 60_000).height > 0.85 * answered.height
    assert plain["answered"].mean() < 0.35  # type: ignore[operator]


def test_changing_numbers_are_used_once_or_a_few_times_and_some_are_like_the_callee(frauds: pl.DataFrame) -> None:
    evasive = _of(frauds, "robocall", "evasive").with_columns(
        alike=pl.col("caller").str.slice(0, 7) == pl.col("callee").str.slice(0, 7)
    )
    uses = evasive.group_by("episode", "caller").agg(pl.len(), pl.col("alike").any()).group_by("episode")
    campaigns = uses.agg(pl.col("len").mean().alias("uses"), pl.col("alike").mean())

    assert evasive.group_by("episode", "caller").len()["len"].max() <= 10  # type: ignore[operator]
    assert 0.05 < (campaigns["uses"] < 1.1).mean() < 0.7  # type: ignore[operator]
    assert campaigns["uses"].max() > 2  # type: ignore[operator]
    assert 0.2 < (campaigns["alike"] > 0.8).mean() < 0.8  # type: ignore[operator]


def test_the_party_to_act_on_for_changing_numbers_is_their_trunk(frauds: pl.DataFrame) -> None:
    plain, evasive = _of(frauds, "robocall", "plain"), _of(frauds, "robocall", "evasive")

    assert (evasive["entity"] == evasive["trunk_in"]).all()
    assert (plain["entity"] == plain["caller"]).all()


def test_innocent_calls_use_the_trunks_of_robocalls_too() -> None:
    simulation = simulate(Plan(subscribers=5_000, days=7, seed=34, frauds=("robocall",)))
    own = simulation.events.join(simulation.truth, on="event_id", how="anti")
    trunks = simulation.truth.filter(pl.col("variant") == "evasive")["entity"].unique()

    busy = own.filter(pl.col("trunk_in").is_in(trunks.implode())).group_by("trunk_in").len()

    assert busy.height == trunks.len()
    assert busy["len"].min() > 300  # type: ignore[operator]


@pytest.mark.parametrize("fraud", ["irsf", "wangiri", "sms_pumping", "robocall", "cloned_sim"])
def test_what_goes_on_for_days_does_not_begin_with_a_burst(frauds: pl.DataFrame, fraud: str) -> None:
    evasive = _of(frauds, fraud, "evasive").filter(pl.col("start_ms") == pl.col("start_ms").min().over("episode"))

    assert evasive.group_by("episode").len()["len"].max() == 1


def test_sold_calls_are_long_and_abroad(frauds: pl.DataFrame) -> None:
    plain = _of(frauds, "call_selling", "plain")
    minutes = {
        variant: _median(_of(frauds, "call_selling", variant), pl.col("duration_ms").sum() / 60_000)
        for variant in ("plain", "evasive")
    }

    assert plain["trunk_out"].str.starts_with("intl").all()
    assert minutes["evasive"] < 0.5 * minutes["plain"]


@pytest.mark.parametrize("fraud", ["call_selling", "cloned_sim"])
def test_some_call_new_numbers_only_and_some_call_the_same_again(frauds: pl.DataFrame, fraud: str) -> None:
    calls = frauds.filter(pl.col("fraud") == fraud, pl.col("money_micros") > 0)
    spread = calls.group_by("episode", "caller").agg(pl.col("callee").n_unique() / pl.len(), calls=pl.len())
    busy = spread.filter(pl.col("calls") >= 10)["callee"]

    assert busy.max() > 0.9  # type: ignore[operator]
    assert busy.min() < 0.8  # type: ignore[operator]


def test_a_clone_shares_the_imsi_of_a_subscriber() -> None:
    simulation = simulate(Plan(subscribers=5_000, days=7, seed=35, frauds=("cloned_sim",)))
    clone = simulation.truth.join(simulation.events, on="event_id")
    own = simulation.events.join(simulation.truth, on="event_id", how="anti")
    pairs = clone.select("episode", "variant", "caller_imsi", "start_ms", "at_ms", clone_device="device").join(
        own.select("caller_imsi", "device", own_start="start_ms", own_end="at_ms"), on="caller_imsi"
    )
    overlap = pairs.filter((pl.col("start_ms") < pl.col("own_end")) & (pl.col("own_start") < pl.col("at_ms")))

    assert pairs["caller_imsi"].n_unique() == clone["caller_imsi"].n_unique()
    plain = clone.filter(pl.col("variant") == "plain")["episode"].n_unique()
    assert overlap.filter(pl.col("variant") == "plain")["episode"].n_unique() >= plain - 1
    assert overlap.filter(pl.col("variant") == "evasive").height < 0.2 * overlap.height


def test_some_clones_show_the_handset_of_the_subscriber_and_most_another() -> None:
    same = []
    for seed in range(41, 47):
        simulation = simulate(Plan(subscribers=5_000, days=7, seed=seed, frauds=("cloned_sim",)))
        clone = simulation.truth.join(simulation.events, on="event_id")
        own = (
            simulation.events.join(simulation.truth, on="event_id", how="anti").select("caller_imsi", "device").unique()
        )
        known = clone.join(own.with_columns(known=True), on=["caller_imsi", "device"], how="left")
        same += known.group_by("episode").agg(pl.col("known").any())["known"].to_list()

    assert 0.15 < sum(map(bool, same)) / len(same) < 0.55


def test_sizes_differ_widely_between_episodes(frauds: pl.DataFrame) -> None:
    sizes = frauds.group_by("fraud", "variant", "episode").len().group_by("fraud", "variant")
    spread = sizes.agg(ratio=pl.col("len").max() / pl.col("len").min())

    assert spread["ratio"].min() > 1.5  # type: ignore[operator]
    assert spread["ratio"].median() > 3  # type: ignore[operator]


def test_an_episode_depends_on_its_own_fraud_alone() -> None:
    alone = simulate(Plan(subscribers=300, days=3, seed=8, frauds=("wangiri",)))
    together = simulate(Plan(subscribers=300, days=3, seed=8))

    assert alone.truth.equals(together.truth.filter(pl.col("fraud") == "wangiri"))
