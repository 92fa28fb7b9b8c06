"""A verdict on one event, in milliseconds, for whoever asks before a call is connected.

It is what the stream would say if the event came next: the same features, rules and other detectors, by a copy of what
the engine remembers of the parties. The engine holds `Flow.guard` while it changes its memory; a question that finds it
taken waits in a thread, no longer than its deadline.
"""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import Any, Final, NamedTuple

import msgspec

from ringfence.alerts.alert import SUPPRESSED
from ringfence.detectors.matches import MOST_REASONS, SEVERITIES, Reason
from ringfence.detectors.panel import Panel
from ringfence.engines.local import LocalEngine
from ringfence.events.door import Home, admit_one
from ringfence.events.errors import BUSY, ENDING, NO_ENGINE, DependencyError, UsageError
from ringfence.feeds.decoded import Reject
from ringfence.feeds.ndjson import parse_object
from ringfence.feeds.one_record import read_one
from ringfence.feeds.strict_csv import Wrong
from ringfence.pipeline.foretelling import Foreteller, Foretold, Prospect
from ringfence.pipeline.intake import ACCEPTED, DUPLICATE, LATE
from ringfence.wiring.connecting import limits_of
from ringfence.wiring.house import House
from ringfence.wiring.ingesting import Sent, take_in
from ringfence.wiring.warming import warm_flow

SOURCE: Final = "score"
ALLOW, REVIEW, BLOCK = "allow", "review", "block"
OUTCOMES: Final = {ACCEPTED: "accepted", DUPLICATE: "duplicate", LATE: "late"}
WARM_S: Final = 5.0
NEVER: Final = len(SEVERITIES)  # above every severity


class Record(NamedTuple):
    """An event that is asked about: its columns, and the line that it would be received as."""

    columns: dict[str, Any]
    line: bytes


class Scorer:
    """Answers questions about single events of one house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._limits = limits_of(house.settings)
        self._home: Home = house.settings.make_home()
        self._of: tuple[LocalEngine, Foreteller] | None = None
        levels = {name: place for place, name in enumerate(SEVERITIES)} | {"never": NEVER}
        api = house.settings.api
        self._block, self._review = levels[api.score_block], levels[api.score_review]

    def read(self, body: bytes, tenant: str | None) -> Record:
        """Return the event that a request asks about: one JSON object with the names of event columns.

        `tenant` is that of who asks; it goes before what the event says.

        Raises:
            UsageError: it is no event; the code is that of suspense.
        """
        now_ms = self._house.clock.now_ms()
        line = _line(body, now_ms)
        source = SOURCE if tenant is None else f"{tenant}.{SOURCE}"
        found = read_one(line, source=source, limits=self._limits, now_ms=now_ms)
        if isinstance(found, Reject):
            raise UsageError(found.code, found.message)
        found["source"] = source
        settings = self._house.settings
        if tenant is not None:
            found["tenant"] = tenant
        elif found.get("tenant") is None:
            found["tenant"] = settings.tenant_of(source) or None
        return Record(found, line)

    async def ask(self, record: Record, deadline_ms: int) -> dict[str, Any]:
        """Return the verdict on an event, which leaves no trace.

        Raises:
            DependencyError: there is no engine (RF7017), it is ending (RF7018), or does not answer in time (RF7016).
        """
        engine, foreteller = self._engine()
        guard = engine.flow.guard
        event = admit_one(record.columns, self._home)
        if guard.acquire(blocking=False):
            try:
                prospect = _ask(foreteller, event)
            finally:
                guard.release()
        else:
            prospect = await asyncio.to_thread(_ask_in_turn, guard, deadline_ms / 1000, foreteller, event)
        detector = engine.flow.detector
        detectors = detector.foretelling if isinstance(detector, Panel) else ()
        return {
            **self._told(prospect),
            "as_of_ms": foreteller.as_of_ms,
            "detectors": list(detectors),
            "outcome": None,
            "degraded": False,
            "degraded_reason": None,
        }

    def warm(self) -> None:
        """Have the engine load what is compiled, before the first event and the first question: neither then waits.

        Raises:
            DependencyError: there is no engine, or it has other things to do; both are loaded when they are needed.
        """
        self._engine()
        self._house.ask_engine(lambda engine: warm_flow(engine.flow, self._home), WARM_S)

    async def keep(self, record: Record, tenant: str | None, deadline_ms: int) -> str:
        """Let an event in; return what became of it.

        Raises:
            DependencyError: it is not known to be kept: there is no engine, or it does not answer in time.
        """
        sent = Sent(
            body=record.line + b"\n",
            format="ndjson",
            encoding="",
            source=SOURCE,
            mapping=None,
            tenant=tenant,
        )
        try:
            took = await asyncio.wait_for(take_in(self._house, sent), deadline_ms / 1000)
        except TimeoutError:
            raise DependencyError(BUSY, "the engine is behind; the event may be kept or not") from None
        return OUTCOMES[int(took.outcomes[0])] if len(took.outcomes) else "rejected"

    def _engine(self) -> tuple[LocalEngine, Foreteller]:
        house = self._house
        if house.is_ending:
            raise DependencyError(ENDING, "the server is ending")
        engine = house.engine
        if engine is None or house.failure is not None:
            raise DependencyError(NO_ENGINE, "this process runs no engine")
        if self._of is None or self._of[0] is not engine:
            self._of = engine, Foreteller(engine.flow)
        return self._of

    def _told(self, prospect: Prospect) -> dict[str, Any]:
        heard = [one for one in prospect.found if not one.match.shadow]
        counts = [one for one in heard if one.is_raised and one.alert.status != SUPPRESSED]
        worst = max(counts, key=_weight, default=None)
        level = -1 if worst is None else SEVERITIES.index(worst.match.severity)
        verdict = BLOCK if level >= self._block else REVIEW if level >= self._review else ALLOW
        event = prospect.event
        return {
            "verdict": verdict,
            "score": worst.match.score if worst else None,
            "fraud": worst.match.fraud if worst else None,
            "severity": worst.match.severity if worst else None,
            "reasons": [_reason(reason) for reason in worst.match.why()[:MOST_REASONS]] if worst else [],
            "money": {
                "charge_micros": event["charge_micros"],
                "money_micros": worst.alert.money_micros if worst else event["charge_micros"],
                "money_per_hour_micros": worst.alert.money_per_hour_micros if worst else prospect.charges_1h_micros,
                "currency": event["currency"],
            },
            "alerts": [_alert(one) for one in heard],
            "event_id": event["event_id"].hex(),
            "at_ms": event["at_ms"],
            "known": prospect.is_known,
        }


def nothing_told(record: Record, verdict: str, reason: str) -> dict[str, Any]:
    """Return the answer where none could be found: the one that was asked for in that case."""
    return {
        "verdict": verdict,
        "score": None,
        "fraud": None,
        "severity": None,
        "reasons": [],
        "money": None,
        "alerts": [],
        "event_id": record.columns["event_id"].hex(),
        "at_ms": None,
        "known": None,
        "as_of_ms": None,
        "detectors": [],
        "outcome": None,
        "degraded": True,
        "degraded_reason": reason,
    }


def _ask(foreteller: Foreteller, event: dict[str, Any]) -> Prospect:
    """Ask about an event; one that would come too late is judged as if it came now."""
    event["at_ms"] = max(event["at_ms"], foreteller.floor_ms)
    return foreteller.ask(event)


def _ask_in_turn(guard: Lock, seconds: float, foreteller: Foreteller, event: dict[str, Any]) -> Prospect:
    if not guard.acquire(timeout=seconds):
        raise DependencyError(BUSY, "the engine did not answer in time")
    try:
        return _ask(foreteller, event)
    finally:
        guard.release()


def _line(body: bytes, now_ms: int) -> bytes:
    """Return a JSON object as one line with a time: now, where it names none."""
    line = body.strip()
    record = parse_object(line)
    if isinstance(record, Wrong):
        raise UsageError(record.code, record.message)
    if record.get("at_ms") is None:
        return msgspec.json.encode({**record, "at_ms": now_ms})
    return msgspec.json.encode(record) if b"\n" in line or b"\r" in line else line


def _weight(one: Foretold) -> tuple[int, float, str]:
    return SEVERITIES.index(one.match.severity), one.match.score, one.match.detector


def _reason(reason: Reason) -> dict[str, Any]:
    return {name: getattr(reason, name) for name in Reason.__dataclass_fields__}


def _alert(one: Foretold) -> dict[str, Any]:
    match, alert = one.match, one.alert
    return {
        "detector": match.detector,
        "revision": match.revision,
        "fraud": match.fraud,
        "severity": match.severity,
        "score": match.score,
        "entity_kind": match.entity_kind,
        "entity": match.entity,
        "matches": alert.matches,
        "evidence": match.evidence,
        "is_raised": one.is_raised,
        "is_suppressed": alert.status == SUPPRESSED,
        "alert_id": alert.alert_id if one.is_raised else None,
        "episode_start_ms": alert.episode_start_ms,
        "money_micros": alert.money_micros,
    }
