from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.alerts.alert import Alert
from ringfence.alerts.episodes import Changes, Episodes
from ringfence.events.errors import RingfenceError
from tests.alerts.matches import MINUTE_MS, START_MS, frame, match, plain

GAP_MS = 10 * MINUTE_MS
DETECTORS = {"irsf-1": (1, 2), "sim-box-2": (3, 4), "hot-list": (7, 1)}  # revision and evidence of each
charges = st.none() | st.integers(0, 10**9)


@st.composite
def streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Matches in event order: few entities, three detectors, pauses on both sides of the gap."""
    pauses = st.sampled_from([0, 1, MINUTE_MS, GAP_MS - 1, GAP_MS, GAP_MS + 1])
    rows: list[dict[str, Any]] = []
    at_ms, total, charged = START_MS, 0, 0
    for number in range(draw(st.integers(0, 60))):
        at_ms += draw(pauses)
        charge = draw(charges)
        total, charged = total + draw(st.integers(1, 3)), charged + (charge or 0)
        detector = draw(st.sampled_from(sorted(DETECTORS)))
        revision, evidence = DETECTORS[detector]
        counted = draw(st.booleans())
        rows.append(
            match(
                number,
                tenant=draw(st.sampled_from([None, "a"])),
                detector=detector,
                revision=revision,
                evidence=evidence,
                entity=draw(st.sampled_from(["31612345678", "31687654321"])),
                score=draw(st.floats(0, 1)),
                gap_ms=GAP_MS,
                at_ms=at_ms,
                events_total=total if counted else None,
                charge_total_micros=charged if counted else None,
                charge_micros=charge,
                charge_per_hour_micros=draw(charges),
                currency=None if charge is None else "EUR",
            )
        )
    return rows


def run(batches: list[pl.DataFrame], *, through_bytes: bool = False) -> tuple[dict[str, Alert], dict[str, int]]:
    """Return the last state of each alert, and the row that raised it."""
    episodes, alerts, rows = Episodes(), dict[str, Alert](), dict[str, int]()
    for batch in batches:
        watermark_ms = batch["at_ms"].max() if batch.height else 0
        assert isinstance(watermark_ms, int)
        changes = episodes.take(batch, watermark_ms)
        for alert, row in changes.raised:
            assert alert.alert_id not in rows
            alerts[alert.alert_id], rows[alert.alert_id] = alert, row
        for alert in changes.extended:
            assert alert.alert_id in rows
            alerts[alert.alert_id] = alert
        if through_bytes:
            episodes = Episodes.from_bytes(episodes.to_bytes())
    return alerts, rows


def cut(rows: list[dict[str, Any]], places: list[int]) -> list[pl.DataFrame]:
    bounds = [0, *sorted(place % (len(rows) + 1) for place in places), len(rows)]
    return [frame(rows[a:b]) for a, b in pairwise(bounds)]


@settings(max_examples=150, deadline=None)
@given(rows=streams(), places=st.lists(st.integers(0, 60), max_size=8), through_bytes=st.booleans())
def test_any_cutting_into_batches_gives_the_alerts_of_a_plain_loop(
    rows: list[dict[str, Any]], places: list[int], through_bytes: bool
) -> None:
    expected = plain(rows)

    alerts, raised_by = run(cut(rows, places), through_bytes=through_bytes)

    assert alerts.keys() == expected.keys()
    for alert_id, alert in alerts.items():
        found = {**alert.to_json(), "raised_by_row": raised_by[alert_id]}
        assert {name: found[name] for name in expected[alert_id]} == expected[alert_id]


@settings(max_examples=60, deadline=None)
@given(rows=streams(), places=st.lists(st.integers(0, 60), max_size=8))
def test_any_cutting_leaves_the_same_bytes_of_memory(rows: list[dict[str, Any]], places: list[int]) -> None:
    whole, pieces = Episodes(), Episodes()
    watermark_ms = rows[-1]["at_ms"] if rows else 0

    whole.take(frame(rows), watermark_ms)
    for batch in cut(rows, places):
        pieces.take(batch, batch["at_ms"].max() if batch.height else 0)  # type: ignore[arg-type]
    pieces.take(frame([]), watermark_ms)

    assert pieces.to_bytes() == whole.to_bytes()
    assert Episodes.from_bytes(whole.to_bytes()).to_bytes() == whole.to_bytes()


def test_an_alert_is_raised_by_the_match_that_completes_the_evidence() -> None:
    rows = [match(row, evidence=3) for row in (4, 9, 11, 30)]

    changes = Episodes().take(frame(rows), START_MS)

    [(alert, row)] = changes.raised
    assert row == 11
    assert alert.raised_at_ms == rows[2]["at_ms"]
    assert (alert.episode_start_ms, alert.episode_end_ms) == (rows[0]["at_ms"], rows[3]["at_ms"])
    assert alert.matches == 4


def test_too_few_matches_raise_nothing_and_are_remembered() -> None:
    episodes = Episodes()

    first = episodes.take(frame([match(0), match(0, entity="other")]), START_MS)
    second = episodes.take(frame([match(1)]), START_MS)

    assert first == Changes()
    assert [alert.entity for alert, _ in second.raised] == ["31612345678"]


def test_money_counts_all_events_of_the_entity_between_its_matches() -> None:
    rows = [
        match(0, events_total=10, charge_total_micros=7_000_000, charge_micros=2_000_000),
        match(5, events_total=40, charge_total_micros=65_000_000, charge_micros=1_000_000),
    ]

    [(alert, _)] = Episodes().take(frame(rows), START_MS).raised

    assert alert.events == 31
    assert alert.money_micros == 60_000_000  # from before the first event on: 65 - 7 + 2


def test_totals_that_began_anew_are_not_subtracted() -> None:
    rows = [
        match(0, events_total=900, charge_total_micros=7_000_000, charge_micros=2_000_000),
        match(5, events_total=1, charge_total_micros=1_000_000, charge_micros=1_000_000),
    ]

    [(alert, _)] = Episodes().take(frame(rows), START_MS).raised

    assert (alert.events, alert.money_micros) == (2, 3_000_000)


def test_without_any_charge_the_currency_is_null() -> None:
    rows = [match(row, charge_micros=None, charge_per_hour_micros=None, currency=None) for row in range(2)]

    [(alert, _)] = Episodes().take(frame(rows), START_MS).raised

    assert (alert.currency, alert.money_micros, alert.money_per_hour_micros) == (None, 0, 0)


def test_a_match_without_a_score_is_no_match() -> None:
    changes = Episodes().take(frame([match(0), match(1, score=None)]), START_MS)

    assert changes == Changes()


def test_memory_is_bounded_by_what_may_still_grow() -> None:
    episodes = Episodes()
    sizes = []
    for minute in range(0, 2000, 10):
        rows = [match(minute, entity=f"{minute}-{n}", gap_ms=GAP_MS) for n in range(100)]
        episodes.take(frame(rows), rows[0]["at_ms"])
        sizes.append(len(episodes))

    assert max(sizes) < 1500  # of 20,000 episodes seen
    Episodes.from_bytes(episodes.to_bytes())
    assert len(episodes) == 200  # a gap's length: the last two batches


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version":99}', b"\xff", b'{"version":1,"open":[[1]]}'])
def test_a_damaged_memory_is_refused_with_a_code(content: bytes) -> None:
    with pytest.raises(RingfenceError) as caught:
        Episodes.from_bytes(content)

    assert caught.value.code == "RF6001"
