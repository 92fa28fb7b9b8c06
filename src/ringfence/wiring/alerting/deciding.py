"""What people decide about one alert, who changed what since somebody looked, and how an alert came to be as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ringfence.alerts.dispositions import PERSONS, after
from ringfence.stores.alert_decisions import KEPT, AlertDecisions
from ringfence.stores.audit_store import Act
from ringfence.wiring.workplace import Workplace

MOST_ACTS: Final = 5_000
_VERDICT: Final = ("status", "disposition", "disposition_reason", "note")
_ACTIONS: Final = (
    (_VERDICT, "alert.decided"),
    (("assignee",), "alert.assigned"),
    (("watched",), "alert.watched"),
    (("reviewed",), "alert.reviewed"),
)
WOKEN: Final = "alert.reopened_by_itself"
Tag = Callable[[Mapping[str, Any]], str]


def version(alert: Mapping[str, Any]) -> list[Any]:
    """Return what says which state of an alert somebody looked at: what people decided, not how its episode goes on."""
    return [alert["alert_id"], alert["decided_seq"], alert["status"]]


def changed(present: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the fields in which two states differ, each with both values."""
    return {name: [present[name], then[name]] for name in PERSONS if present[name] != then[name]}


def decided(alert: Mapping[str, Any], change: Mapping[str, Any], *, by: str, at_ms: int) -> dict[str, Any] | None:
    """Return what is to be written of an alert after a change; null where it changes nothing.

    Raises:
        UsageError: the change does not fit (RF3053).
    """
    then = after(alert, change)
    fields = changed(alert, then)
    if not fields:
        return None
    if fields.keys() & set(_VERDICT):
        who = {"decided_by": by, "decided_at_ms": at_ms}
    else:
        who = {name: alert[name] for name in ("decided_by", "decided_at_ms")}
    return {"alert_id": alert["alert_id"], **then, **who}


def kept(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an undo writes back."""
    return {name: alert[name] for name in KEPT}


def act_of(by: str, before: Mapping[str, Any], now: Mapping[str, Any], **more: Any) -> Act:
    """Return the entry in the audit log about a change of an alert."""
    fields = changed(before, now)
    action = next(name for columns, name in _ACTIONS if fields.keys() & set(columns))
    if before["status"] != "open" and fields.get("status", [None, None])[1] == "open":
        action = "alert.reopened"
    detail = {"changed": fields, "seq": [before["decided_seq"], now["decided_seq"]], **more}
    return Act(by, action, before["alert_id"], detail, before["tenant"])


def decide(
    place: Workplace, alert: Mapping[str, Any], change: Mapping[str, Any], *, by: str, at_ms: int
) -> dict[str, Any]:
    """Change one alert, in a transaction that is open; return it as it is then.

    Raises:
        UsageError: the change does not fit (RF3053).
    """
    written = decided(alert, change, by=by, at_ms=at_ms)
    if written is None:
        return dict(alert)
    AlertDecisions(place.database).write([written])
    now = place.alerts.get(alert["alert_id"])
    place.audit.add([act_of(by, alert, now)], at_ms)
    return now


def changed_since(
    place: Workplace, alert: Mapping[str, Any], seen: Callable[[list[Any]], bool]
) -> list[dict[str, Any]]:
    """Return what people changed since the state that somebody has seen: field, then, now, by, at_ms.

    `seen` answers whether a version is the one. Where it never was, everything that was ever changed is told.
    """
    found: dict[str, dict[str, Any]] = {}
    status = alert["status"]
    for one in _backwards(place, alert["alert_id"]):
        for name, (then, _) in one["changed"].items():
            last = found.setdefault(
                name,
                {"field": name, "now": alert[name], "by": one["by"], "at_ms": one["at_ms"], "action": one["action"]},
            )
            last["then"] = then
        status = one["changed"].get("status", [status])[0]
        if seen([alert["alert_id"], one["seq"], status]):
            break
    return [one for one in found.values() if one["then"] != one["now"]]


def _backwards(place: Workplace, alert_id: str) -> Iterator[dict[str, Any]]:
    """Give the changes of an alert, the last first, each with the number of the state before it."""
    store = AlertDecisions(place.database)
    acts = [
        {"seq": act["detail"]["seq"][0], "changed": act["detail"]["changed"], **_head(act)}
        for act in store.acts(alert_id, MOST_ACTS)
        if "changed" in act["detail"]
    ]
    acts += [
        {
            "seq": woken["decided_seq"],
            "changed": {"status": [woken["status"], "open"], "reviewed": [bool(woken["reviewed"]), False]},
            "at_ms": woken["at_ms"],
            "by": "",
            "action": WOKEN,
        }
        for woken in store.woken(alert_id)
    ]
    acts.sort(key=lambda act: act["at_ms"])  # equal times stay in the order of the log
    yield from reversed(acts)


def _head(act: Mapping[str, Any]) -> dict[str, Any]:
    return {name: act[name] for name in ("at_ms", "by", "action")}


def timeline(place: Workplace, alert: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what happened to an alert, in order.

    Acts have the time of this machine's clock (`clock`: wall), what its episode did that of its events (event).
    """
    store = AlertDecisions(place.database)
    with place.database.snapshot():
        acts, wakings = store.acts(alert["alert_id"], MOST_ACTS), store.woken(alert["alert_id"])
    episode = [
        ("episode.began", "episode_start_ms", {}),
        ("alert.raised", "raised_at_ms", {"detector": alert["detector"], "revision": alert["revision"]}),
        ("episode.last_match", "episode_end_ms", {"events": alert["events"], "matches": alert["matches"]}),
    ]
    of_events = [
        {"at_ms": alert[name], "clock": "event", "by": None, "action": action, "detail": detail}
        for action, name, detail in episode
    ]
    of_people = [
        {"clock": "wall", "detail": {n: v for n, v in act["detail"].items() if n != "seq"}, **_head(act)}
        for act in acts
    ] + [
        {
            "at_ms": woken["at_ms"],
            "clock": "wall",
            "by": None,
            "action": WOKEN,
            "detail": {"matches": woken["matches"], "changed": {"status": [woken["status"], "open"]}},
        }
        for woken in wakings
    ]
    return of_events + sorted(of_people, key=lambda one: one["at_ms"])
