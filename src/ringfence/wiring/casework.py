"""Cases as people work on them: alerts that are looked at together, of one tenant, and all that was done about them.

A watched case is opened again by the database itself (stores/migrations/step_6.py), in the transaction that raises or
extends an alert: at once, by whichever process it happens, and not twice for the same state after a crash. What wakes
it: an alert of the case goes on beyond what it was when the watch began, or a new alert in the queue is on an entity of
the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ringfence.alerts.checklists import checklist
from ringfence.events.errors import CONFLICT, NO_SUCH_ALERT, RingfenceError, UsageError
from ringfence.stores import case_files
from ringfence.stores.case_store import CaseStore
from ringfence.wiring.workplace import Workplace

MOST_ALERTS: Final = 5_000  # of one case
MOST_COMMENTS: Final = 5_000
MOST_FILES: Final = 100
MOST_FILE_BYTES: Final = 10 << 20
MOST_ACTS: Final = 5_000  # of a timeline
_SUMMARY: Final = (
    "alert_id", "fraud", "detector", "revision", "severity", "score", "entity_kind", "entity", "episode_start_ms",
    "episode_end_ms", "raised_at_ms", "events", "matches", "money_micros", "money_per_hour_micros",
    "expected_loss_micros", "currency", "status", "decided_by", "decided_at_ms", "note",
    "disposition", "disposition_reason", "added_by", "added_at_ms",
)  # fmt: skip
_OWN: Final = (
    "case_id", "number", "tenant", "title", "status", "assignee", "opened_by", "opened_at_ms", "changed_at_ms",
    "merged_into", "split_from",
)  # fmt: skip
_MENTION: Final = re.compile(r"(?<![\w@.])@([A-Za-z0-9](?:[\w.-]{0,62}\w)?)")


def conflict(what: str, **more: str) -> RingfenceError:
    """Return the error that says that something does not fit how things are."""
    return UsageError(CONFLICT, what, **more)


def cases_of(place: Workplace) -> CaseStore:
    """Return the cases of a home folder."""
    return CaseStore(place.database)


def own(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a case says of itself."""
    return {name: case[name] for name in _OWN}


def core(place: Workplace, case_id: str) -> dict[str, Any]:
    """Return what people decide about a case: two who change the same are told by it. Alerts grow without them."""
    store = cases_of(place)
    case = own(store.get(case_id))
    return case | {"alert_ids": store.alert_ids(case_id)}


def document(place: Workplace, case_id: str) -> dict[str, Any]:
    """Return a case with its alerts, entities, money, checklist and files."""
    store = cases_of(place)
    with place.database.snapshot():
        case, alerts, wakes = store.get(case_id), store.alerts(case_id), store.wakes(case_id)
        checks, files = store.checks(case_id), store.files(case_id)
        comments, merged = len(store.comments(case_id)), store.merged(case_id)
    return own(case) | {
        "alerts": [{name: alert[name] for name in _SUMMARY} for alert in alerts],
        "entities": entities(alerts),
        "money": money(alerts),
        "checklist": [
            {"item": item, "text": text, "done_by": None, "done_at_ms": None} | checks.get(item, {})
            for item, text in checklist({alert["fraud"] for alert in alerts})
        ],
        "files": [_file(file) for file in files],
        "comments": comments,
        "merged_cases": merged,
        "reopened": wakes[-1] if wakes else None,
    }


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    return {name: file[name] for name in ("file_id", "name", "bytes", "by", "at_ms")} | {
        "sha256_digest": file["file_id"]
    }


def entities(alerts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return whom alerts speak of, the one with most alerts first."""
    counts: dict[tuple[str, str], int] = {}
    for alert in alerts:
        key = alert["entity_kind"], alert["entity"]
        counts[key] = counts.get(key, 0) + 1
    found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"entity_kind": kind, "entity": entity, "alerts": count} for (kind, entity), count in found]


def money(alerts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the sums of what alerts say, by currency. A call that two alerts speak of is in both."""
    names = ("money_micros", "money_per_hour_micros", "expected_loss_micros")
    sums: dict[str, dict[str, int]] = {}
    for alert in alerts:
        if alert["currency"]:
            of = sums.setdefault(alert["currency"], dict.fromkeys(names, 0))
            for name in names:
                of[name] += alert[name]
    return [{"currency": currency, **of} for currency, of in sorted(sums.items())]


def check_is_open_to_work(case: Mapping[str, Any]) -> None:
    """Raise an error where a case was merged into another: that one is worked on now."""
    if case["merged_into"]:
        raise conflict("this case was merged into another", expected=f"the case {case['merged_into']}")


def alerts_for(place: Workplace, alert_ids: Sequence[str], tenant: str | None, *, of_all: bool) -> str | None:
    """Check that alerts can be put into a case; return the tenant that all of them are of.

    Args:
        place: the stores.
        alert_ids: whole ids.
        tenant: the tenant that they must be of.
        of_all: they may be of any tenant, as long as it is the same.

    Raises:
        UsageError: one is not there or of another tenant (RF3050), or is in a case already, or they are of several
            tenants (RF7019).
    """
    found = place.alerts.many(alert_ids)
    for alert_id in alert_ids:
        if alert_id not in found or (not of_all and found[alert_id]["tenant"] != tenant):
            raise UsageError(NO_SUCH_ALERT, f"there is no alert {alert_id!r:.80}")
    tenants = {alert["tenant"] for alert in found.values()}
    if len(tenants) > 1:
        raise conflict("the alerts are of several tenants", expected="those of one")
    taken = cases_of(place).cases_of(alert_ids)
    if taken:
        first, case = next(iter(taken.items()))
        raise conflict(f"the alert {first} is in a case already", expected=f"one that is not in the case {case}")
    return tenants.pop() if tenants else tenant


def check_room(place: Workplace, case_id: str, more: int) -> None:
    """Raise an error where a case would hold too many alerts."""
    held = len(cases_of(place).alert_ids(case_id))
    if held + more > MOST_ALERTS:
        raise conflict(f"{held + more:,} alerts in one case", expected=f"at most {MOST_ALERTS:,}")


def merge(place: Workplace, into: str, others: Sequence[str], at_ms: int) -> None:
    """Move everything of other cases of the same tenant into one.

    Raises:
        UsageError: one is not there, is this one, was merged already, or is of another tenant.
    """
    store = cases_of(place)
    case = store.get(into)
    check_is_open_to_work(case)
    for other in others:
        found = store.get(other)
        check_is_open_to_work(found)
        if other == into or found["tenant"] != case["tenant"]:
            raise conflict("a case is merged into another of the same tenant")
        check_room(place, into, len(store.alert_ids(other)))
        if len(store.files(into)) + len(store.files(other)) > MOST_FILES:
            raise conflict("too many files in one case", expected=f"at most {MOST_FILES}")
        store.merge(other, into, at_ms)
    store.touch(into, at_ms)


def split(place: Workplace, case_id: str, alert_ids: Sequence[str], title: str, *, by: str, at_ms: int) -> str:
    """Move some alerts of a case into a new one; return its id.

    Raises:
        UsageError: an alert is not in the case, or none would be left (RF7019).
    """
    store = cases_of(place)
    case = store.get(case_id)
    check_is_open_to_work(case)
    held = set(store.alert_ids(case_id))
    wanted = set(alert_ids)
    if not wanted <= held or wanted == held:
        raise conflict("only alerts of the case can be split off, and not all of them")
    made = store.open(
        title, by=by, at_ms=at_ms, tenant=case["tenant"], assignee=case["assignee"], split_from=case["case_id"]
    )
    store.move_alerts(made, sorted(wanted), by=by, at_ms=at_ms)
    store.touch(case_id, at_ms)
    return made


def mentions(text: str) -> list[str]:
    """Return whom a text speaks to: names with @ before them, each once."""
    return list(dict.fromkeys(_MENTION.findall(text)))


def timeline(place: Workplace, case_id: str) -> list[dict[str, Any]]:
    """Return what happened to a case and its alerts, in order.

    Acts of people come with the time of this machine's clock; alerts with that of their events, which may be long
    before: `clock` says which.
    """
    store = cases_of(place)
    with place.database.snapshot():
        ids = [case_id, *store.merged(case_id)]
        acts, alerts = store.acts(ids, MOST_ACTS), store.alerts(case_id)
        comments, wakes = store.comments(case_id), store.wakes(case_id)
    told = [
        _told(act["at_ms"], act["action"], act["by"], act["subject"], act["detail"])
        for act in acts
        if act["action"] != "case.commented"  # the comment itself tells it
    ]
    for said in comments:
        detail = {"text": said["text"], "mentions": said["mentions"]}
        told.append(_told(said["at_ms"], "comment", said["by"], case_id, detail))
    told += [_told(w["at_ms"], "case.reopened", None, w["alert_id"], {"why": w["why"]}) for w in wakes]
    for alert in alerts:
        told += _of_alert(alert)
    return sorted(told, key=lambda one: one["at_ms"])  # what happened at one time stays as it is


def _of_alert(alert: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = ("fraud", "detector", "severity", "entity_kind", "entity")
    alert_id, about = alert["alert_id"], {name: alert[name] for name in names}
    told = [
        _told(alert["episode_start_ms"], "alert.began", None, alert_id, about, "events"),
        _told(alert["raised_at_ms"], "alert.raised", None, alert_id, about, "events"),
        _told(alert["episode_end_ms"], "alert.last_event", None, alert_id, {"events": alert["events"]}, "events"),
    ]
    if alert["decided_at_ms"] is not None:
        detail = {"status": alert["status"], "note": alert["note"]}
        told.append(_told(alert["decided_at_ms"], "alert.decided", alert["decided_by"], alert_id, detail))
    return told


def _told(
    at_ms: int, what: str, by: str | None, subject: str, detail: Mapping[str, Any], clock: str = "machine"
) -> dict[str, Any]:
    return {"at_ms": at_ms, "clock": clock, "what": what, "by": by, "subject_id": subject, "detail": dict(detail)}


def keep_file(place: Workplace, case_id: str, name: str, content: bytes, *, by: str, at_ms: int) -> dict[str, Any]:
    """Put a file beside a case; return what is known of it. The same content again is the same file.

    Raises:
        UsageError: the case has too many (RF7019).
        DependencyError: the disk does not take it.
    """
    store = cases_of(place)
    check_is_open_to_work(store.get(case_id))
    held = store.files(case_id)
    file_id = case_files.keep(place.settings.folder, case_id, content)
    if len(held) >= MOST_FILES and all(file["file_id"] != file_id for file in held):
        raise conflict(f"the case has {len(held)} files", expected=f"at most {MOST_FILES}")
    file = {"case_id": case_id, "file_id": file_id, "name": name, "bytes": len(content), "folder": case_id}
    if store.add_file(file | {"by": by, "at_ms": at_ms}):
        store.touch(case_id, at_ms)
    return next(_file(one) for one in store.files(case_id) if one["file_id"] == file_id)


def fetch_file(place: Workplace, case_id: str, file_id: str) -> tuple[str, bytes]:
    """Return the name and the content of a file of a case.

    Raises:
        UsageError: the case has no such file (RF3050).
        DependencyError: it is gone from the disk, or damaged.
    """
    for file in cases_of(place).files(case_id):
        if file["file_id"] == file_id:
            return file["name"], case_files.fetch(place.settings.folder, file["folder"], file_id)
    raise UsageError(NO_SUCH_ALERT, "the case has no such file", cure="See the case for its files.")


def files_of(place: Workplace, case_id: str) -> list[dict[str, Any]]:
    """Return the files of a case."""
    return [_file(file) for file in cases_of(place).files(case_id)]
