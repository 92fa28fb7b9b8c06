"""What is known of a party: its events in numbers, what it used and when, its lists, alerts and cases."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any, Final

import polars as pl

from ringfence.detectors.lists import HotList
from ringfence.settings import Settings
from ringfence.stores.case_store import CaseStore
from ringfence.wiring import casework
from ringfence.wiring.entity_events import NUMBERS, Party, Past, of_tenant
from ringfence.wiring.house import House
from ringfence.wiring.rules_in_force import entries_that_hold, known_lists, own_files

MOST_ALERTS: Final = 100
MOST_CASES: Final = 50
MOST_NAMED: Final = 10  # countries and ranges
_SUMS: Final = ("events", "calls", "answered", "messages", "talk_ms", "charge_micros")
_USED: Final = ("at_ms", "caller", "callee", "device", "caller_imsi", "callee_imsi", "cell", "direction")
USES: Final = ("devices", "sims", "cells", "numbers")
_IN: Final = (pl.col("direction") == "in").fill_null(value=False)


def known(house: House, party: Party) -> bool:
    """Return whether there is any event of a party, or an alert on it."""
    past = Past.of(house, party.named & of_tenant(party.tenant))
    if not past.fresh.is_empty() or _alerts(house, party, 1):
        return True
    return not past.find(past.events(party.named & of_tenant(party.tenant), ()).head(1)).is_empty()


def profile(house: House, party: Party, span: tuple[int, int], *, with_lists: bool) -> dict[str, Any]:
    """Return a party's profile over a span of event time [from, to)."""
    wanted = party.named & of_tenant(party.tenant)
    past = Past.of(house, wanted)
    columns = (*_USED, "kind", "answered", "duration_ms", "charge_micros", "currency", "callee_country", "late")
    events = past.events(wanted, (*columns, "callee_range", *_own_columns(party)), span).with_columns(
        own=party.own.fill_null(value=False)
    )
    counts = past.find(_counted(events, house.settings.home.time_zone))
    spread = past.find(
        events.select(
            first_ms=pl.col("at_ms").min(),
            last_ms=pl.col("at_ms").max(),
            late=pl.col("late").sum(),
            partners=pl.when("own").then("callee").otherwise("caller").drop_nulls().n_unique(),
            **{what: _used(party, what).drop_nulls().n_unique() for what in USES[:3]},
        )
    )
    own, other = counts.filter("own"), counts.filter(~pl.col("own"))
    return {
        "entity_kind": party.kind,
        "entity": party.entity,
        "from_ms": span[0],
        "to_ms": span[1],
        **spread.row(0, named=True),
        "made": _sums(own),
        "received": _sums(other) if party.kind in NUMBERS else None,
        "money": _money(own),
        "countries": _named(own, "callee_country", "country"),
        "ranges": _named(own, "callee_range", "range"),
        "hours": _hours(own),
        "lists": lists_of(house.settings, party) if with_lists else None,
        **_past_work(house, party),
    }


def _own_columns(party: Party) -> tuple[str, ...]:
    return tuple(party.own.meta.root_names())


def _counted(events: pl.LazyFrame, zone: str) -> pl.LazyFrame:
    call = pl.col("kind").is_in(["call", "attempt"])
    local = pl.from_epoch("at_ms", "ms").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    keys = ("own", "callee_country", "callee_range", "currency")
    return events.group_by(*keys, hour=local.dt.hour()).agg(
        events=pl.len(),
        calls=call.sum(),
        answered=(call & pl.col("answered").fill_null(value=False)).sum(),
        messages=(pl.col("kind") == "message").sum(),
        talk_ms=pl.col("duration_ms").sum(),
        charge_micros=pl.col("charge_micros").sum(),
    )


def _sums(counts: pl.DataFrame) -> dict[str, int]:
    return {name: int(counts[name].sum()) for name in _SUMS}


def _money(counts: pl.DataFrame) -> list[dict[str, Any]]:
    found = counts.drop_nulls("currency").group_by("currency").agg(pl.col("charge_micros").sum()).sort("currency")
    return found.to_dicts()


def _named(counts: pl.DataFrame, column: str, name: str) -> list[dict[str, Any]]:
    found = counts.drop_nulls(column).group_by(pl.col(column).alias(name)).agg(pl.col(*_SUMS).sum())
    return found.sort("events", name, descending=[True, False]).head(MOST_NAMED).to_dicts()


def _hours(counts: pl.DataFrame) -> list[int]:
    found = dict(counts.group_by("hour").agg(pl.col("events").sum()).iter_rows())
    return [int(found.get(hour, 0)) for hour in range(24)]


def _past_work(house: House, party: Party) -> dict[str, Any]:
    with house.reading() as place:
        cases: dict[str, dict[str, Any]] = {}
        for kind in _kinds(party):
            for case in CaseStore(place.database).cases_on(kind, party.entity, party.tenant, MOST_CASES):
                cases[case["case_id"]] = casework.own(case)
    alerts = _alerts(house, party, MOST_ALERTS)
    statuses = Counter(alert["status"] for alert in alerts)
    dispositions = Counter(alert["disposition"] for alert in alerts if alert["disposition"])
    names = (
        "alert_id", "fraud", "detector", "severity", "score", "entity_kind", "entity", "episode_start_ms",
        "episode_end_ms", "money_micros", "currency", "status", "decided_by", "decided_at_ms", "note",
        "disposition", "disposition_reason", "case_id",
    )  # fmt: skip
    return {
        "alerts": [{name: alert[name] for name in names} for alert in alerts],
        "statuses": dict(statuses),
        "dispositions": dict(dispositions),
        "cases": list(cases.values()),
    }


def _alerts(house: House, party: Party, most: int) -> list[dict[str, Any]]:
    with house.reading() as place:
        store = CaseStore(place.database)
        found = [one for kind in _kinds(party) for one in store.alerts_on(kind, party.entity, party.tenant, most)]
    return sorted(found, key=lambda alert: (-alert["episode_start_ms"], alert["alert_id"]))[:most]


def _kinds(party: Party) -> tuple[str, ...]:
    return NUMBERS if party.kind in NUMBERS else (party.kind,)


def lists_of(settings: Settings, party: Party) -> list[dict[str, Any]]:
    """Return the entries of hot lists that hold a party, ended ones too."""
    found = []
    for one, origin in _lists(settings):
        for entry in entries_that_hold(one, party.entity):
            found.append(
                {
                    "list": one.name,
                    "origin": "shipped" if origin == "shipped" else "own",
                    "entry": entry.number + ("*" if entry.is_prefix else ""),
                    "owner": entry.owner,
                    "reason": entry.reason,
                    "source": entry.source,
                    "expires_ms": entry.expires_ms,
                }
            )
    return found


def _lists(settings: Settings) -> tuple[tuple[HotList, str], ...]:
    """Return the lists, read again only where a file of them is another one."""
    looks = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in own_files(settings, "lists"))
    return _read_lists(_Hashed(settings), looks)


class _Hashed:
    """Settings, told apart by their folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __hash__(self) -> int:
        return hash(self.settings.folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and self.settings.folder == other.settings.folder


@lru_cache(2)
def _read_lists(settings: _Hashed, looks: tuple[tuple[str, int, int], ...]) -> tuple[tuple[HotList, str], ...]:
    return tuple(known_lists(settings.settings))


def _used(party: Party, what: str) -> pl.Expr:
    """Return what an event says that its party used; of a call that it received, the other side's columns."""
    named = {
        "devices": pl.col("device"),
        "cells": pl.col("cell"),
        "numbers": pl.when(_IN).then("callee").otherwise("caller"),
        "sims": pl.when(_IN).then("callee_imsi").otherwise("caller_imsi"),
    }
    return pl.when(_mine(party)).then(named[what])


def _mine(party: Party) -> pl.Expr:
    """Tell the events whose device, cell and SIM are the party's: those of a received call are the callee's."""
    if party.kind not in NUMBERS:
        return party.own
    is_caller, is_callee = pl.col("caller") == party.entity, pl.col("callee") == party.entity
    return pl.when(_IN).then(is_callee).otherwise(is_caller).fill_null(value=False)


def uses(house: House, party: Party, what: str, span: tuple[int, int], most: int) -> dict[str, Any]:
    """Return what a party used over time: intervals of one device, SIM, cell or number after the other.

    Intervals of the same one with nothing else in between are one. The newest come first, at most `most`; `each` says
    of every one that was used how often and between when.
    """
    wanted = party.named & of_tenant(party.tenant)
    past = Past.of(house, wanted)
    found = past.find(
        past.events(wanted, (*_USED, *_own_columns(party)), span)
        .select("at_ms", "event_id", used=_used(party, what))
        .drop_nulls("used")
        .sort("at_ms", "event_id")
    )
    counted = {"first_ms": pl.col("at_ms").first(), "last_ms": pl.col("at_ms").last(), "events": pl.len()}
    runs = found.with_columns(run=pl.col("used").rle_id()).group_by("run", "used").agg(**counted)
    each = found.group_by("used").agg(**counted).sort("events", "used", descending=[True, False])
    newest = runs.sort("run", descending=True).drop("run")
    return {
        "items": _as_entities(newest.head(most), what),
        "cut": max(0, newest.height - most),
        "each": _as_entities(each.head(most), what),
        "different": each.height,
    }


def _as_entities(frame: pl.DataFrame, what: str) -> list[dict[str, Any]]:
    kind = {"devices": "device", "sims": "caller_imsi", "cells": "cell", "numbers": "caller"}[what]
    return [{"entity_kind": kind, "entity": row.pop("used"), **row} for row in frame.to_dicts()]
