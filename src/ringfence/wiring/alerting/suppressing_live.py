"""Suppressions of a running server: its engine takes them up at once, and a preview says what they would keep back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ringfence.alerts.alert import Alert
from ringfence.alerts.suppression import Suppression, suppress
from ringfence.events.errors import EXISTS, UsageError
from ringfence.stores.audit_store import Act
from ringfence.wiring.alerting.listing import told
from ringfence.wiring.house import House
from ringfence.wiring.suppressing import in_force, take_up
from ringfence.wiring.workplace import Workplace

SAMPLE = 20


def add(house: House, suppression: Suppression, by: str) -> int:
    """Keep a suppression; return how many alerts left the queue.

    Raises:
        UsageError: it is there already (RF7021).
    """
    document = suppression.to_json()
    with house.writing() as place:
        if any(one["suppression_id"] == suppression.suppression_id for one in place.suppressions.list()):
            raise UsageError(EXISTS, "this suppression is there already")
        place.suppressions.add(suppression)
        changed = take_up(place, place.suppressions.open_alerts(document))
        said = {name: value for name, value in document.items() if name != "suppression_id"} | {"alerts": changed}
        _note(house, place, Act(by, "suppression.created", suppression.suppression_id, said, suppression.tenant))
    if _engine_takes_up(house):
        with house.writing() as place:  # alerts that the engine has told in between
            changed += take_up(place, place.suppressions.open_alerts(document))
    return changed


def end(house: House, suppression: Mapping[str, Any], by: str, at_ms: int) -> int:
    """End a suppression from a moment (event time) on; return how many alerts came back."""
    suppression_id = str(suppression["suppression_id"])
    with house.writing() as place:
        place.suppressions.end(suppression_id, by=by, at_ms=at_ms)
        changed = take_up(place, place.suppressions.kept_back(suppression_id))
        said = {"at_ms": at_ms, "alerts": changed}
        _note(house, place, Act(by, "suppression.ended", suppression_id, said, suppression["tenant"]))
    if _engine_takes_up(house):
        with house.writing() as place:
            changed += take_up(place, place.suppressions.kept_back(suppression_id))
    return changed


def _note(house: House, place: Workplace, act: Act) -> None:
    place.audit.add([act], house.clock.now_ms())


def _engine_takes_up(house: House) -> bool:
    """Have the engine of this process, if there is one, suppress as the store says now."""
    if house.engine is None:
        return False
    with house.reading() as place:
        known = in_force(place)

    def by_these(alerts: Iterable[Alert]) -> list[Alert]:
        return suppress(alerts, known)

    house.ask_engine(lambda engine: engine.suppress_by(by_these))
    return True


def preview(place: Workplace, suppression: Suppression, days: int) -> dict[str, Any]:
    """Return which alerts of the last days (event time, up to the newest) a suppression would have kept back."""
    found = place.suppressions.preview(suppression.to_json(), days * 86_400_000, SAMPLE)
    groups = found["groups"]
    confirmed = [group for group in groups if group["disposition"] == "fraud"]
    alerts = place.alerts.many(found["sample"])
    return {
        "from_ms": found["from_ms"],
        "to_ms": found["to_ms"],
        "alerts": sum(group["alerts"] for group in groups),
        "confirmed_fraud": sum(group["alerts"] for group in confirmed),
        "decided": sum(group["alerts"] for group in groups if group["disposition"] in ("fraud", "not_fraud")),
        "groups": groups,
        "sample": [told(alerts[alert_id]) for alert_id in found["sample"]],
    }
