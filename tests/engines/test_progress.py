"""What a run tells of its alerts is bounded, however long it goes on."""

from dataclasses import replace

from ringfence.alerts.alert import Alert, Reason
from ringfence.engines.progress import Progress

WHY = (Reason(feature="calls_1h", value=9, usual=1, text="9 calls in an hour"),)


def alert(number: int, money_micros: int, reasons: tuple[Reason, ...] = WHY) -> Alert:
    return Alert(
        alert_id=f"{number:032x}", tenant=None, detector="d", revision=1, fraud="irsf", entity_kind="caller",
        entity=str(number), episode_start_ms=0, episode_end_ms=1, raised_at_ms=1, events=1, matches=1, score=1.0,
        severity="low", money_micros=money_micros, money_per_hour_micros=0, currency="EUR", shadow=False,
        event_ids=("00",), reasons=reasons,
    )  # fmt: skip


def test_a_run_tells_of_its_worst_alerts_and_how_many_there_were() -> None:
    progress = Progress(most_alerts=10)

    for number in range(500):
        progress.tell([alert(number, (number * 7_919) % 500)])
        assert len(progress.alerts) <= 20

    worst = sorted((a.money_micros for a in progress.alerts.values()), reverse=True)
    assert progress.raised == 500
    assert worst[:10] == list(range(499, 489, -1))


def test_an_alert_that_goes_on_is_counted_once_and_keeps_its_reasons() -> None:
    progress = Progress()
    first = alert(1, 5)

    progress.tell([first])
    progress.tell([replace(first, money_micros=9, reasons=())])
    progress.tell([alert(2, 1, reasons=())])  # of an earlier run: only extended

    assert progress.raised == 1
    assert [(a.money_micros, len(a.reasons)) for a in progress.alerts.values()] == [(9, 1), (1, 0)]
