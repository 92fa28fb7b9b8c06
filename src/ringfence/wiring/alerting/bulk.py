"""The same decision about many alerts, as a job: in small transactions, so that nobody else waits long for the store.

A job knows its alerts from its beginning: those that matched, as of a moment. Each is changed only if nobody has
decided about it since, and what it was before is kept: until `UNDO_MS` after its end a job can be undone, to the byte,
but for alerts that somebody has decided about since. A job that a crash or an end interrupts goes on with the next
start: what is done is done in the same transaction that says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

import structlog

from ringfence.alerts.dispositions import after
from ringfence.events.errors import CONFLICT, RingfenceError, UsageError
from ringfence.stores.alert_decisions import AlertDecisions
from ringfence.stores.alert_queue import AlertQueue, Moment, Where
from ringfence.stores.audit_store import Act
from ringfence.stores.job_store import DONE, FAILED, LEFT, SAME, UNDONE, WAITING, Item, JobStore
from ringfence.wiring.alerting.deciding import act_of, changed, decided, kept
from ringfence.wiring.workplace import Workplace

if TYPE_CHECKING:
    from ringfence.wiring.house import House

MOST_ALERTS: Final = 100_000  # of one job
CHUNK: Final = 500  # alerts that are changed in one transaction
ITEMS: Final = 5_000  # that are written in one transaction before a job runs
UNDO_MS: Final = 86_400_000
KEPT_MS: Final = 30 * 86_400_000
UNFILLED_MS: Final = 3_600_000
_PAUSE_S: Final = 0.02  # at least, and a third of the transaction before: others get their turn
_POLL_S: Final = 2.0  # another process may have left a job
SAMPLE: Final = 10
_LOG: Final = structlog.get_logger("ringfence.jobs")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job is to do: which alerts as of which moment, what with them, for whom."""

    where: Where
    filter_text: str
    moment: Moment
    change: Mapping[str, Any]
    by: str
    tenant: str | None


def jobs_of(place: Workplace) -> JobStore:
    """Return the store of jobs."""
    return JobStore(place.database)


def plan(place: Workplace, wanted: Wanted) -> dict[str, Any]:
    """Return what a job would do, without doing anything.

    Raises:
        UsageError: more alerts match than one job may have (RF7019).
    """
    found = _matches(place, wanted)
    since = [alert_id for alert_id, seq in found if seq > wanted.moment.change]
    sample = place.alerts.many([alert_id for alert_id, _ in found[:SAMPLE]])
    told, refused = [], []
    for alert_id, _ in found[:SAMPLE]:
        try:
            then = decided(sample[alert_id], wanted.change, by=wanted.by, at_ms=0)
        except UsageError as error:
            refused.append({"alert_id": alert_id, "why": error.what})
        else:
            told.append({"alert_id": alert_id, "changed": changed(sample[alert_id], then) if then else {}})
    return {"alerts": len(found), "changed_since": len(since), "sample": told, "refused": refused}


def begin(house: House, wanted: Wanted) -> str:
    """Make a job of all alerts that match, and let it run; return its id.

    Raises:
        UsageError: more alerts match than one job may have (RF7019).
    """
    with house.reading() as place:
        found = _matches(place, wanted)
    at_ms = house.clock.now_ms()
    with house.writing() as place:
        store = JobStore(place.database)
        job_id = store.open(
            by=wanted.by, tenant=wanted.tenant, filter_text=wanted.filter_text, change=wanted.change, at_ms=at_ms
        )
        number = store.get(job_id)["number"]
    why = "changed since the moment that was named"
    for first in range(0, len(found), ITEMS):
        items = [
            (first + n, alert_id, *((FAILED, why) if seq > wanted.moment.change else (WAITING, None)), seq)
            for n, (alert_id, seq) in enumerate(found[first : first + ITEMS])
        ]
        with house.writing() as place:
            JobStore(place.database).add(number, items)
    with house.writing() as place:
        JobStore(place.database).start(number)
        detail = {"filter": wanted.filter_text, "alerts": len(found), "change": dict(wanted.change)}
        place.audit.add([Act(wanted.by, "job.started", job_id, detail, wanted.tenant)], at_ms)
    house.jobs.ring()
    return job_id


def _matches(place: Workplace, wanted: Wanted) -> list[tuple[str, int]]:
    found = AlertQueue(place.database).matches(wanted.where, wanted.moment, MOST_ALERTS + 1)
    if len(found) > MOST_ALERTS:
        raise UsageError(
            CONFLICT, f"more than {MOST_ALERTS:,} alerts match", expected="fewer", cure="Narrow the filter."
        )
    return found


def undo(house: House, job_id: str, by: str) -> None:
    """Let a job be undone; one that still runs stops where it is.

    Raises:
        UsageError: it cannot be undone any more (RF7019).
    """
    at_ms = house.clock.now_ms()
    with house.writing() as place:
        store = JobStore(place.database)
        job = store.get(job_id)
        if job["state"] not in ("running", "done") or (job["undo_until_ms"] or at_ms) < at_ms:
            raise UsageError(CONFLICT, f"this job cannot be undone: it is {job['state']}", expected="one of today")
        store.drop_waiting(job["number"])
        store.undo(job["number"], by)
        place.audit.add([Act(by, "job.undone", job_id, {}, job["tenant"])], at_ms)
    house.jobs.ring()


def document(place: Workplace, job: Mapping[str, Any], *, behind: int = -1, most: int = 100) -> dict[str, Any]:
    """Return a job with its progress and what failed, behind a place."""
    store = JobStore(place.database)
    with place.database.snapshot():
        counts, problems = store.counts(job["number"]), store.problems(job["number"], behind, most)
    total = sum(counts.values())
    left = counts.get(WAITING, 0) if job["state"] != "undoing" else counts.get(DONE, 0)
    return {name: value for name, value in job.items() if name != "number"} | {
        "total": total,
        "left": left,
        **{name: counts.get(name, 0) for name in (DONE, SAME, FAILED, UNDONE, LEFT)},
        "problems": [{"alert_id": one["alert_id"], "why": one["why"], "place": one["item"]} for one in problems],
    }


@dataclass(slots=True)
class Jobs:
    """Does the jobs of a house, one after another, in a thread of its own."""

    house: House
    _bell: Event = field(default_factory=Event)
    _ends: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin; jobs that were left unfinished go on."""
        self._thread = Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def ring(self) -> None:
        """Tell that there is a new job."""
        self._bell.set()

    def close(self) -> None:
        """End after the present transaction."""
        self._ends.set()
        self._bell.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        self._tidy_up()
        while not self._ends.is_set():
            try:
                self._do_all()
            except RingfenceError as error:  # the disk is full, another process writes: it is tried again
                _LOG.warning("job", code=error.code)
            self._bell.wait(_POLL_S)
            self._bell.clear()

    def _tidy_up(self) -> None:
        now_ms = self.house.clock.now_ms()
        try:
            with self.house.writing() as place:
                JobStore(place.database).forget(now_ms - KEPT_MS, now_ms - UNFILLED_MS)
        except RingfenceError as error:
            _LOG.warning("job", code=error.code)

    def _do_all(self) -> None:
        with self.house.reading() as place:
            job = JobStore(place.database).unfinished()
        while job and not self._ends.is_set():
            began = time.monotonic()
            with self.house.writing() as place:
                job = _step(place, self.house.clock.now_ms())
            self._ends.wait(max(_PAUSE_S, (time.monotonic() - began) / 3))


def _step(place: Workplace, at_ms: int) -> dict[str, Any] | None:
    """Do a part of the oldest job; return a job that is left. What is done and that it is done are one transaction."""
    store = JobStore(place.database)
    job = store.unfinished()
    if job is None:
        return None
    is_undone = job["state"] == "undoing"
    items = store.take(job["number"], DONE if is_undone else WAITING, CHUNK)
    if not items:
        store.finish(job["number"], UNDONE if is_undone else DONE, at_ms, None if is_undone else at_ms + UNDO_MS)
        return store.unfinished()
    marks = _taken_back(place, job, items, at_ms) if is_undone else _done(place, job, items, at_ms)
    store.mark(job["number"], marks)
    return job


def _done(place: Workplace, job: Mapping[str, Any], items: list[Item], at_ms: int) -> list[dict[str, Any]]:
    before = place.alerts.many([item.alert_id for item in items])
    marks: list[dict[str, Any]] = []
    written: dict[str, dict[str, Any]] = {}
    for item in items:
        try:
            then = _decided(before.get(item.alert_id), item, job, at_ms)
        except UsageError as error:
            marks.append({"item": item.item, "state": FAILED, "why": error.what})
            continue
        if then is None:
            marks.append({"item": item.item, "state": SAME})
        else:
            written[item.alert_id] = then
            marks.append({"item": item.item, "state": DONE, "before": json.dumps(kept(before[item.alert_id]))})
    store = AlertDecisions(place.database)
    store.write(written.values())
    now = place.alerts.many(written)
    of_item = {item.item: item.alert_id for item in items}
    for mark in marks:
        if mark["state"] == DONE:
            mark["seen_seq"] = now[of_item[mark["item"]]]["decided_seq"]
    acts = [act_of(job["by"], before[alert_id], now[alert_id], job=job["job_id"]) for alert_id in written]
    place.audit.add(acts, at_ms)
    return marks


def _decided(alert: Mapping[str, Any] | None, item: Item, job: Mapping[str, Any], at_ms: int) -> dict[str, Any] | None:
    if alert is None:
        raise UsageError(CONFLICT, "it is not there any more")
    if alert["decided_seq"] != item.seen_seq:
        raise UsageError(CONFLICT, f"changed meanwhile by {alert['decided_by'] or 'its episode'}")
    return decided(alert, job["change"], by=job["by"], at_ms=at_ms)


def _taken_back(place: Workplace, job: Mapping[str, Any], items: list[Item], at_ms: int) -> list[dict[str, Any]]:
    store = AlertDecisions(place.database)
    present = place.alerts.many([item.alert_id for item in items])
    marks, back = [], []
    for item in items:
        before = json.loads(item.before or "{}")
        is_as_left = after(before, job["change"])["status"] == present[item.alert_id]["status"]
        if is_as_left and store.restore(item.alert_id, before, item.seen_seq):
            back.append(item.alert_id)
            marks.append({"item": item.item, "state": UNDONE})
        else:
            marks.append({"item": item.item, "state": LEFT, "why": "changed since: it stays as it is"})
    now = place.alerts.many(back)
    acts = [act_of(job["undone_by"], present[one], now[one], job=job["job_id"], undone=True) for one in back]
    place.audit.add(acts, at_ms)
    return marks
