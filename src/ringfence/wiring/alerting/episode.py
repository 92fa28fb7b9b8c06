"""What an alert rests on: the events of its episode, its party's own history with what is normal for it, its likes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from ringfence.detectors.baseline import WATCHED, OwnBaseline
from ringfence.detectors.matches import entity_of
from ringfence.events.errors import BAD_ARGUMENT, UsageError
from ringfence.events.schema import SCHEMA
from ringfence.features.families import FAMILIES
from ringfence.features.pieces import assemble, split
from ringfence.features.shard import Shard
from ringfence.stores.alert_queue import AlertQueue
from ringfence.stores.case_store import CaseStore
from ringfence.wiring.alerting.listing import told
from ringfence.wiring.catalogue import catalogue
from ringfence.wiring.entity_events import EVER, Party, Past, document
from ringfence.wiring.house import House
from ringfence.wiring.running import load_kernels

HOUR_MS: Final = 3_600_000
MOST_EVENTS: Final = 200_000  # of one party, for its history
MOST_HOURS: Final = 1_000  # that are shown
MOST_RANGES: Final = 20
MOST_PARTIES: Final = 100
_NAMING: Final = ("caller", "account", "device", "trunk_in", "trunk_out", "caller_imsi")
_FAMILY: Final = {family.name: number for number, family in enumerate(FAMILIES)}


def _own(alert: Mapping[str, Any]) -> pl.Expr:
    """Tell the events of an alert's entity, of its tenant."""
    party = Party(alert["entity_kind"], alert["entity"])
    return party.own & pl.col("tenant").eq_missing(pl.lit(alert["tenant"], pl.String))


def _span(alert: Mapping[str, Any]) -> tuple[int, int]:
    return alert["episode_start_ms"], alert["episode_end_ms"] + 1


def events(house: House, alert: Mapping[str, Any], after: tuple[int, str] | None, limit: int) -> list[dict[str, Any]]:
    """Return the events of an episode behind a place (at_ms, event_id), in order; `evidence`: the alert names it."""
    wanted = _own(alert)
    past = Past.of(house, wanted)
    found = past.events(wanted, span=_span(alert)).sort("at_ms", "event_id")
    if after:
        at_ms, event_id = after[0], bytes.fromhex(after[1])
        later = (pl.col("at_ms") == at_ms) & (pl.col("event_id") > pl.lit(event_id, pl.Binary))
        found = found.filter((pl.col("at_ms") > at_ms) | later)
    shown = [document(event) for event in past.find(found.head(limit)).to_dicts()]
    return [event | {"evidence": event["event_id"] in alert["event_ids"]} for event in shown]


@dataclass(slots=True)
class Band:
    """What is normal for a party, hour by active hour: the slow twin of the own-baseline detector's loop."""

    like: OwnBaseline
    mean: float = 0.0
    variance: float = 0.0
    hours: int = 0
    seen_ms: int = 0

    def before(self, first_ms: int) -> tuple[float | None, float | None]:
        """Return what was usual and what was just not an alert, before an hour that begins; null while warming up."""
        if first_ms - self.seen_ms > self.like.idle_ms:
            self.mean, self.variance, self.hours = 0.0, 0.0, 0
        if self.hours < self.like.warm_up:
            return None, None
        spread = max(math.sqrt(self.variance), self.like.floor)
        return math.expm1(self.mean), math.expm1(self.mean + self.like.spreads * spread)

    def learn(self, peak: float, last_ms: int) -> None:
        """Learn the peak of an hour that is over."""
        weight = max(1.0 - 0.5 ** (1.0 / self.like.half_life), 1.0 / (self.hours + 1.0))
        step = math.log1p(max(peak, 0.0)) - self.mean
        if self.hours >= self.like.warm_up:
            most = self.like.clip * max(math.sqrt(self.variance), self.like.floor)
            step = min(max(step, -most), most)
        self.mean += weight * step
        self.variance = (1.0 - weight) * (self.variance + weight * step * step)
        self.hours, self.seen_ms = self.hours + 1, last_ms


def history(house: House, alert: Mapping[str, Any], feature: str | None) -> dict[str, Any]:
    """Return a feature of the alert's party in each of its active hours, with what was normal for it.

    Values are those of the engine, computed anew from the history: the highest of each hour. The band is what the
    own-baseline detector believes before the hour.

    Raises:
        UsageError: there is no such feature of such a party (RF1004).
    """
    kind = alert["entity_kind"]
    name = _feature(alert, feature)
    known = catalogue()[name]
    events = _of_family(house, alert)
    hours = _hours(house, events, kind, alert["entity"], name)
    band, points = Band(OwnBaseline(catalogue=catalogue())), []
    for hour, first_ms, last_ms, value in hours:
        usual, most = band.before(first_ms)
        in_episode = first_ms <= alert["episode_end_ms"] and last_ms >= alert["episode_start_ms"]
        points.append({"at_ms": hour, "value": value, "usual": usual, "most_usual": most, "in_episode": in_episode})
        band.learn(float(value or 0), last_ms)
    return {
        "feature": name,
        "unit": known.unit,
        "meaning": known.meaning,
        "window": known.window,
        "is_judged": any((w.kind, w.feature) == (kind, name) for w in WATCHED),
        "features": features_of(kind),
        "points": points[-MOST_HOURS:],
        "cut": max(len(points) - MOST_HOURS, 0),
        "is_whole": events.height <= MOST_EVENTS,
    }


def features_of(kind: str) -> list[str]:
    """Return the features that are kept of parties of a kind."""
    return [feature.name for feature in FAMILIES[_FAMILY[kind]].features] if kind in _FAMILY else []


def _feature(alert: Mapping[str, Any], asked: str | None) -> str:
    own = features_of(alert["entity_kind"])
    reasons = (reason["feature"] for reason in alert["reasons"])
    name = asked or next((one for one in reasons if one in own), own[0] if own else "")
    if name not in own:
        raise UsageError(
            BAD_ARGUMENT,
            f"{name!r:.80} is no feature of a {alert['entity_kind']}",
            expected=", ".join(own[:8]) + ", ..." if own else "another kind of party: none is kept of this one",
        )
    return name


def _of_family(house: House, alert: Mapping[str, Any]) -> pl.DataFrame:
    """Return the events that the features of the alert's party rest on, up to the end of its episode."""
    also = FAMILIES[_FAMILY[alert["entity_kind"]]].also
    named = entity_of(alert["entity_kind"]) == alert["entity"]
    named = named | (pl.col(also) == alert["entity"]) if also else named
    wanted = named & pl.col("tenant").eq_missing(pl.lit(alert["tenant"], pl.String))
    past = Past.of(house, wanted)
    found = past.events(wanted, SCHEMA.names(), (EVER[0], alert["episode_end_ms"] + 1), late=False)
    return past.find(found.sort("at_ms", "event_id").tail(MOST_EVENTS + 1)).select(SCHEMA.names())


def _hours(
    house: House, events: pl.DataFrame, kind: str, entity: str, name: str
) -> Iterator[tuple[int, int, int, float | None]]:
    """Yield each active hour: when it begins, its first and last event, and the highest value of the feature."""
    if events.is_empty():
        return
    number = _FAMILY[kind]
    shard = Shard(house.engine.flow.shards[0].kernels if house.engine else load_kernels(house.settings))
    pieces = split(events, 1, house.settings.home.time_zone, watermark=int(events["at_ms"][-1]) + 1)[0]
    parts = shard.process(piece for piece in pieces if piece.family == number)
    values = assemble(0, events.height, parts).frame([name])
    rows = events.hstack(values).filter(entity_of(kind) == entity)
    by_hour = rows.group_by(hour=pl.col("at_ms") // HOUR_MS, maintain_order=True).agg(
        first=pl.col("at_ms").first(), last=pl.col("at_ms").last(), value=pl.col(name).max()
    )
    for hour, first, last, value in by_hour.iter_rows():
        yield hour * HOUR_MS, first, last, value


def similar(house: House, alert: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
    """Return alerts of the same tenant that are like one, each with why, those alike in most ways first."""
    parties = _parties(house, alert)
    with house.reading() as place, place.database.snapshot():
        found = AlertQueue(place.database).near(alert, parties)
        cases = CaseStore(place.database).cases_of([alert["alert_id"], *found])
        others = place.alerts.many(one for one in found if one != alert["alert_id"])
    ranged = _with_same_ranges(house, alert, list(others.values()))
    own_events = set(alert["event_ids"])
    own_case = cases.get(alert["alert_id"])
    tests: Sequence[tuple[str, Callable[[Mapping[str, Any]], bool]]] = (
        ("same_entity", lambda o: (o["entity_kind"], o["entity"]) == (alert["entity_kind"], alert["entity"])),
        ("same_case", lambda o: own_case is not None and cases.get(o["alert_id"]) == own_case),
        ("same_events", lambda o: bool(own_events.intersection(o["event_ids"]))),
        ("same_ranges", lambda o: o["entity"] in ranged and o["entity_kind"] == alert["entity_kind"]),
        ("same_detector", lambda o: o["detector"] == alert["detector"]),
    )
    alike = [told(other) | {"why": [why for why, holds in tests if holds(other)]} for other in others.values()]
    alike = [one for one in alike if one["why"] and one["why"] != ["same_detector"]]
    return sorted(alike, key=lambda one: (-len(one["why"]), -one["expected_loss_micros"], one["alert_id"]))[:limit]


def _parties(house: House, alert: Mapping[str, Any]) -> list[str]:
    """Return who else the events of an episode name, the most named first."""
    wanted = _own(alert)
    past = Past.of(house, wanted)
    found = past.events(wanted, _NAMING, _span(alert)).select(_NAMING)
    named = found.unpivot(_NAMING).drop_nulls("value").filter(pl.col("value") != alert["entity"])
    counted = past.find(named.group_by("value").len().sort("len", "value", descending=[True, False]).head(MOST_PARTIES))
    return list(counted["value"])


def _with_same_ranges(house: House, alert: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return which entities of other alerts reached the ranges of the episode while it lasted."""
    kind = alert["entity_kind"]
    entities = {other["entity"] for other in others if other["entity_kind"] == kind}
    if not entities or kind in ("range", "callee"):
        return set()
    tenant = pl.col("tenant").eq_missing(pl.lit(alert["tenant"], pl.String))
    wanted = entity_of(kind).is_in([alert["entity"], *entities]) & tenant
    past = Past.of(house, wanted)
    reached = past.events(wanted, ("callee_range", *_NAMING), _span(alert))
    pairs = past.find(
        reached.select(entity=entity_of(kind), range="callee_range").drop_nulls().group_by("entity", "range").len()
    )
    own = pairs.filter(pl.col("entity") == alert["entity"]).sort("len", "range", descending=[True, False])
    ranges = own["range"].head(MOST_RANGES)
    return set(pairs.filter(pl.col("range").is_in(ranges.implode()) & (pl.col("entity") != alert["entity"]))["entity"])
