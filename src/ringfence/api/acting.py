"""Acts of people and programs: each is written into the audit log in the transaction that does it."""

from __future__ import annotations

from typing import Any

from ringfence.api.asking import Principal
from ringfence.wiring.house import House
from ringfence.wiring.workplace import Workplace


def audited(place: Workplace, house: House, asker: Principal, action: str, subject: str, **detail: Any) -> None:
    """Write down what was done; `place` is that of `house.writing()`."""
    place.audit.note(asker.name, action, subject, detail, asker.tenant, house.clock.now_ms())
