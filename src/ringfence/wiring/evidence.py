"""Evidence: everything that a claim rests on, put together so that it can be handed on and checked later.

Each record comes with two digests. `sha256` is of what the pack shows of it. Where numbers are masked, a digest of the
clear record would give them away to whoever tries all numbers that fit, so `seal` is keyed: this installation, and
nobody else, can tell by it that a record is the one that was meant.
"""

from __future__ import annotations

import hmac
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import as_file
from pathlib import Path
from typing import Any, Final

import polars as pl

from ringfence import __version__
from ringfence.alerts.alert import Alert
from ringfence.alerts.words import headline
from ringfence.detectors import baseline, two_places
from ringfence.detectors.matches import entity_columns, entity_of
from ringfence.events.errors import RingfenceError
from ringfence.stores.history import STORED
from ringfence.wiring import casework
from ringfence.wiring.entity_events import Past, document
from ringfence.wiring.house import House
from ringfence.wiring.panel import PACK
from ringfence.wiring.raw_records import RawRecords
from ringfence.wiring.rules_in_force import known_rules, own_files

MOST_ALERTS: Final = 100  # of a pack, the worst
MOST_RECORDS: Final = 500  # of a pack: those that detectors found fault with first
_FOUND: Final = {"events": pl.Int64(), "charge_micros": pl.Int64()}
_DETECTORS: Final = {"own_baseline": baseline.__doc__, "two_places": two_places.__doc__}
_CLAIM: Final = (
    "alert_id", "fraud", "detector", "revision", "severity", "score", "entity_kind", "entity", "episode_start_ms",
    "episode_end_ms", "raised_at_ms", "events", "matches", "money_micros", "money_per_hour_micros", "currency",
    "status", "decided_by", "decided_at_ms", "note", "reasons",
)  # fmt: skip


_DISPOSED: Final = ("disposition", "disposition_reason")


@dataclass(frozen=True, slots=True)
class Maker:
    """Who has evidence made, when, and whether they see numbers and records in clear."""

    name: str
    at_ms: int
    reveals: bool


def of_alert(house: House, alert: Mapping[str, Any], maker: Maker) -> dict[str, Any]:
    """Return the evidence of one alert, numbers in clear; `finished` closes it once they were masked."""
    return _pack(house, [alert], maker, kind="alert", subject_id=alert["alert_id"], title=_title(alert), case=None)


def of_case(house: House, case_id: str, maker: Maker) -> dict[str, Any]:
    """Return the evidence of a case: that of its alerts, and what was decided and said about it."""
    with house.reading() as place:
        case, timeline = casework.document(place, case_id), casework.timeline(place, case_id)
        alerts = casework.cases_of(place).alerts(case_id)
    told = {name: case[name] for name in ("number", "title", "status", "assignee", "opened_by", "opened_at_ms")}
    told |= {name: case[name] for name in ("money", "entities", "checklist", "files")} | {"timeline": timeline}
    return _pack(house, alerts, maker, kind="case", subject_id=case_id, title=case["title"], case=told)


def finished(pack: dict[str, Any]) -> dict[str, Any]:
    """Return a pack as it is shown, with the digest of what is shown of each record, and of the whole."""
    records = [
        record | {"sha256": digest_of(record["event"] if record["raw"] is None else record["raw"])}
        for record in pack["records"]
    ]
    whole = pack | {"records": records}
    return whole | {"sha256": digest_of(whole)}


def digest_of(content: Any) -> str:
    """Return the SHA-256 of a text, or of a document as JSON with sorted names and no blanks."""
    if not isinstance(content, str):
        content = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(content.encode()).hexdigest()


def _title(alert: Mapping[str, Any]) -> str:
    return headline(Alert.from_json(alert))


def _pack(house: House, alerts: Sequence[Mapping[str, Any]], maker: Maker, **about: Any) -> dict[str, Any]:
    chosen = alerts[:MOST_ALERTS]
    events, sums, total = _events(house, chosen)
    records = _records(house, events, maker)
    number_of = {record["event_id"]: record["number"] for record in records}
    return {
        **about,
        "made_by": maker.name,
        "made_at_ms": maker.at_ms,
        "version": f"Ringfence {__version__}",
        "masked": not maker.reveals,
        "alerts": [_claim(house, alert, sums.get(alert["alert_id"], {}), number_of) for alert in chosen],
        "alerts_left_out": len(alerts) - len(chosen),
        "charged": {"currency": house.settings.home.currency, **total},
        "records": records,
        "records_left_out": total["events"] - len(records),
    }


def _claim(
    house: House, alert: Mapping[str, Any], sums: Mapping[str, int], number_of: Mapping[str, int]
) -> dict[str, Any]:
    claim = {name: alert[name] for name in _CLAIM} | {name: alert.get(name) for name in _DISPOSED}
    return claim | {
        "claim": _title(alert),
        "rule": rule_of(house, str(alert["detector"]), int(alert["revision"])),
        "found": {name: int(sums.get(name, 0)) for name in _FOUND},
        "records": sorted(number_of[one] for one in alert["event_ids"] if one in number_of),
    }


def rule_of(house: House, detector: str, revision: int) -> dict[str, Any]:
    """Return what is known of the detector of an alert: its text, and whether it is of the alert's revision."""
    if detector in _DETECTORS:
        text = (_DETECTORS[detector] or "").strip()
        return {"title": detector.replace("_", " "), "text": text, "source": "", "revision": revision, "same": True}
    gone = {"title": detector, "text": None, "source": "", "revision": None, "same": False}
    try:
        known = next((one for one in known_rules(house.settings) if one.rule.id == detector), None)
    except RingfenceError:
        return gone
    if known is None:
        return gone
    rule = known.rule
    return {
        "title": rule.title,
        "text": _text_of(house, detector),
        "source": rule.source,
        "revision": rule.revision,
        "same": rule.revision == revision,
    }


def _text_of(house: House, rule_id: str) -> str | None:
    """Return the text of a rule, as its file has it; of two with one id the later counts."""
    found = None
    with as_file(PACK / "rules") as shipped:
        for path in (*sorted(Path(shipped).glob("*.toml")), *own_files(house.settings, "rules")):
            for text in _tables(path.read_text("utf-8-sig")):
                if _id_of(text) == rule_id:
                    found = text.strip()
    return found


def _tables(text: str) -> Iterable[str]:
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip().startswith("[[rule]]") and lines:
            yield "\n".join(lines)
            lines = []
        lines.append(line)
    yield "\n".join(lines)


def _id_of(text: str) -> str:
    try:
        tables = tomllib.loads(text).get("rule", [])
    except tomllib.TOMLDecodeError:
        return ""
    return str(tables[0].get("id", "")) if tables else ""


def _events(
    house: House, alerts: Sequence[Mapping[str, Any]]
) -> tuple[pl.DataFrame, dict[str, dict[str, int]], dict[str, int]]:
    """Return the records to show, what each alert's events add up to, and what all of them do, each counted once."""
    if not alerts:
        return pl.DataFrame(schema=STORED), {}, dict.fromkeys(_FOUND, 0)
    span = min(a["episode_start_ms"] for a in alerts), max(a["episode_end_ms"] for a in alerts) + 1
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for alert in alerts:
        by_kind.setdefault(alert["entity_kind"], []).append(alert)
    named = pl.any_horizontal(entity_of(kind).is_in({a["entity"] for a in own}) for kind, own in by_kind.items())
    past = Past.of(house, named & pl.col("at_ms").is_between(*span, closed="left"))
    columns = {"at_ms", "tenant", "charge_micros", *(c for kind in by_kind for c in entity_columns(kind))}
    held = past.find(past.events(named, sorted(columns), span))
    parts = [_within(held, kind, own) for kind, own in by_kind.items()]
    pairs = pl.concat(parts)
    sums = {
        row.pop("alert_id"): row
        for row in pairs.group_by("alert_id")
        .agg(events=pl.len(), charge_micros=pl.col("charge_micros").sum())
        .to_dicts()
    }
    each = pairs.unique("event_id")
    total = {"events": each.height, "charge_micros": int(each["charge_micros"].sum())}
    wanted = [bytes.fromhex(one) for alert in alerts for one in alert["event_ids"]]
    chosen = (
        each.with_columns(matched=pl.col("event_id").is_in(wanted))
        .sort("matched", "at_ms", "event_id", descending=[True, False, False])
        .head(MOST_RECORDS)
    )
    names = chosen["event_id"].to_list()
    whole = past.find(past.events(named & pl.col("event_id").is_in(names), span=span)) if names else held.head(0)
    return (whole.select(list(STORED)) if names else pl.DataFrame(schema=STORED)), sums, total


def _within(held: pl.DataFrame, kind: str, alerts: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return the events of each alert: those of its entity and its tenant within its episode."""
    of = pl.DataFrame(
        [(a["alert_id"], a["entity"], a["tenant"], a["episode_start_ms"], a["episode_end_ms"]) for a in alerts],
        schema={"alert_id": pl.String, "entity": pl.String, "of": pl.String, "start": pl.Int64, "end": pl.Int64},
        orient="row",
    )
    return (
        held.with_columns(entity=entity_of(kind))
        .join(of, on="entity")
        .filter(pl.col("at_ms").is_between("start", "end") & pl.col("tenant").eq_missing(pl.col("of")))
        .select("alert_id", "event_id", "at_ms", "charge_micros")
    )


def _records(house: House, events: pl.DataFrame, maker: Maker) -> list[dict[str, Any]]:
    found = [document(event) for event in events.sort("at_ms", "event_id").to_dicts()]
    raws = RawRecords(house).beside(found)
    key = house.secret.key("evidence seal")
    records = []
    for number, event in enumerate(found, start=1):
        place, event_id = str(event.pop("place") or ""), str(event["event_id"])
        raw, what = raws[event_id]
        clear = raw if raw is not None else json.dumps(event, sort_keys=True, default=str).encode()
        records.append(
            {
                "number": number,
                "event_id": event_id,
                "event": event,
                "place": place,
                "raw": raw.decode("utf-8", "backslashreplace") if raw is not None and maker.reveals else None,
                "raw_is": "there, hidden while numbers are masked" if raw is not None and not maker.reveals else what,
                "seal": hmac.new(key, clear, sha256).hexdigest(),
            }
        )
    return records
