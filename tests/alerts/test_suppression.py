import pytest

from ringfence.alerts.suppression import Suppression, suppress
from ringfence.events.errors import UsageError
from tests.alerts.matches import START_MS
from tests.alerts.test_alert import alert


def suppression(**given: object) -> Suppression:
    """Return a suppression of the test alert, with what is given."""
    parts = {
        "entity_kind": "caller",
        "entity": "31612345678",
        "target": "irsf",
        "owner": "ann",
        "reason": "a test line",
        "created_at_ms": START_MS,
        "ends_at_ms": START_MS + 1_000,
        **given,
    }
    return Suppression(**parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        {"owner": ""},
        {"owner": "  "},
        {"reason": ""},
        {"entity": ""},
        {"target": ""},
        {"entity_kind": ""},
        {"ends_at_ms": START_MS},
        {"entity": "*", "target": "*"},
    ],
)
def test_a_suppression_without_owner_reason_subject_or_end_is_an_error(given: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        suppression(**given)

    assert caught.value.code == "RF3052"


@pytest.mark.parametrize(
    ("given", "covered"),
    [
        ({}, True),
        ({"entity": "3161*"}, True),
        ({"entity": "*"}, True),
        ({"entity": "3162*"}, False),
        ({"entity": "3161234567"}, False),
        ({"entity_kind": "*"}, True),
        ({"entity_kind": "callee"}, False),
        ({"target": "irsf-1"}, True),
        ({"target": "*"}, True),
        ({"target": "sim_box"}, False),
    ],
)
def test_a_suppression_covers_what_it_names(given: dict[str, object], covered: bool) -> None:
    assert suppression(**given).covers(alert(raised_at_ms=START_MS)) is covered


@pytest.mark.parametrize(("at_ms", "covered"), [(-1, False), (0, True), (999, True), (1_000, False)])
def test_event_time_decides_whether_a_suppression_holds(at_ms: int, covered: bool) -> None:
    assert suppression().covers(alert(raised_at_ms=START_MS + at_ms)) is covered


def test_a_suppressed_alert_is_kept_and_names_the_suppression() -> None:
    early, late = suppression(), suppression(ends_at_ms=START_MS + 9_000)
    raised = alert(raised_at_ms=START_MS)
    other = alert(raised_at_ms=START_MS, entity="31600000000")

    kept, untouched = suppress([raised, other], [early, late])

    assert (kept.status, kept.suppressed_by) == ("suppressed", late.suppression_id)
    assert kept.alert_id == raised.alert_id
    assert untouched is other


def test_a_suppression_comes_back_from_its_json() -> None:
    one = suppression()

    assert Suppression.from_json(one.to_json()) == one
    assert one.suppression_id == suppression().suppression_id != suppression(reason="another").suppression_id
