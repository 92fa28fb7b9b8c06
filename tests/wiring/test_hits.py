"""Which alerts are at the time of a hit, what people said of them, and which thresholds are tried."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringfence.detectors.catalogue import Known
from ringfence.stores.alert_spans import Span
from ringfence.wiring.hit_curve import values
from ringfence.wiring.hit_labels import NEAR_MS, Around, Sum, label_of

HOURS = st.integers(0, 12)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """An alert of a few hours on one of a few entities."""
    start = draw(HOURS) * NEAR_MS // 2
    return Span(
        alert_id=f"{draw(st.integers(0, 2**64)):032x}",
        tenant=draw(st.sampled_from([None, "acme"])),
        detector=draw(st.sampled_from(["one", "two"])),
        entity_kind=draw(st.sampled_from(["caller", "range"])),
        entity=draw(st.sampled_from(["1", "2"])),
        episode_start_ms=start,
        episode_end_ms=start + draw(HOURS) * NEAR_MS // 3,
        raised_at_ms=start,
        disposition=draw(st.sampled_from([None, "fraud", "not_fraud", "unsure"])),
        shadow=0,
        money_micros=draw(st.integers(0, 10)),
        currency=draw(st.sampled_from([None, "EUR", "USD"])),
    )


@given(known=st.lists(spans(), max_size=12), hit=spans())
def test_the_alerts_around_a_hit_are_those_on_its_entity_an_hour_apart_at_most(known: list[Span], hit: Span) -> None:
    found = Around(known).at(hit)

    def is_near(one: Span) -> bool:
        same = (one.tenant, one.entity_kind, one.entity) == (hit.tenant, hit.entity_kind, hit.entity)
        apart = max(one.episode_start_ms - hit.episode_end_ms, hit.episode_start_ms - one.episode_end_ms)
        return same and apart <= NEAR_MS

    assert sorted(found) == sorted(filter(is_near, known))


@given(known=st.lists(spans(), max_size=5))
def test_one_confirmed_alert_is_enough_and_no_decision_is_no_label(known: list[Span]) -> None:
    said = {one.disposition for one in known}

    expected = "confirmed" if "fraud" in said else "false" if "not_fraud" in said else "unlabelled"
    assert label_of(known) == expected


@given(hits=st.lists(spans(), max_size=9))
def test_a_sum_is_that_of_its_parts_and_leaves_the_money_of_other_currencies_out(hits: list[Span]) -> None:
    made = Sum("EUR")
    for hit in hits:
        made.add(hit, label_of([hit]))
    document = made.document()

    for name in ("alerts", "money_micros"):
        assert document[name] == sum(document[part][name] for part in ("confirmed", "false", "unlabelled"))
    assert made.other_currency == sum(hit.currency == "USD" for hit in hits)
    assert made.money_micros == sum(hit.money_micros for hit in hits if hit.currency != "USD")


@given(
    written=st.one_of(st.integers(-100, 10**9), st.floats(0, 1), st.floats(-1e6, 1e6)),
    unit=st.sampled_from([None, "events", "share", "ms", "micros", "ratio"]),
)
def test_thresholds_are_about_twelve_in_order_with_the_written_one(written: float, unit: str | None) -> None:
    whole = isinstance(written, int)
    tried = values(written, Known("x", "integer" if whole else "float", unit, "", "x"), whole=whole)

    assert tried == sorted(set(tried))
    assert written in tried
    assert len(tried) <= 16
    assert all(isinstance(value, int) for value in tried) or not whole
    assert unit != "share" or not 0 <= written <= 1 or all(0 <= value <= 1 for value in tried)
