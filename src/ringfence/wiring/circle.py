"""The circle of a party as a graph: with whom it speaks, what devices and SIMs they share, and the way between two.

Both are bounded: a circle keeps the parties with the most events and says how many were left out; a way does not lead
through a party that half the country calls, as that would say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import polars as pl

from ringfence.stores.case_store import CaseStore
from ringfence.wiring.entity_events import NUMBERS, Party, Past, of_tenant
from ringfence.wiring.house import House

NUMBER: Final = "caller"  # the kind of a number, whichever side it is on
VIA: Final = ("callee", "device", "caller_imsi", "account")  # what links a caller to another party
ALSO: Final = ("range", "trunk", "cell", "ip")  # carries everybody's traffic: only where it is asked about
_COLUMNS: Final = {"range": pl.col("callee_range"), "trunk": pl.coalesce("trunk_in", "trunk_out")}
_IN: Final = (pl.col("direction") == "in").fill_null(value=False)
MOST_LOOKED_AT: Final = 200_000  # numbers on the way between two
Node = tuple[str, str]  # kind and name


@dataclass(frozen=True, slots=True)
class Wish:
    """What a circle is to show."""

    hops: int
    span: tuple[int, int]
    most: int
    via: tuple[str, ...] = VIA[:3]


def circle(house: House, party: Party, wish: Wish) -> dict[str, Any]:
    """Return the parties within some hops of one, and what links them."""
    start: Node = (NUMBER if party.kind in NUMBERS else party.kind, party.entity)
    via = tuple(dict.fromkeys((*wish.via, *((start[0],) if start[0] not in (NUMBER, *wish.via) else ()))))
    past = Past.of(house, of_tenant(party.tenant))
    hop_of: dict[Node, int] = {start: 0}
    found: set[Node] = {start}
    links = _no_links()
    for hop in range(1, wish.hops + 1):
        frontier = [node for node, at in hop_of.items() if at == hop - 1]
        links = pl.concat([links, _links(past, frontier, via, party.tenant, wish.span)]).unique(
            ["a_kind", "a", "b_kind", "b"], keep="last"
        )
        near = _weights(links, set(frontier))
        found |= near.keys()
        room = wish.most - len(hop_of)
        room = room if hop == wish.hops else min(room, max(1, wish.most // 2))
        new = sorted((n for n in near if n not in hop_of), key=lambda n: (-near[n], n))
        hop_of |= dict.fromkeys(new[: max(0, room)], hop)
    kept = _between(past, hop_of.keys(), via, party.tenant, wish.span)
    return {
        "nodes": _nodes(house, hop_of, kept, party.tenant),
        "edges": _edges(house, kept),
        "cut": {"nodes": len(found) - len(found & hop_of.keys())},
        "from_ms": wish.span[0],
        "to_ms": wish.span[1],
    }


def _no_links() -> pl.DataFrame:
    text, number = pl.String(), pl.Int64()
    return pl.DataFrame(
        schema={
            "a_kind": text, "a": text, "b_kind": text, "b": text, "events": number, "answered": number,
            "seconds": number, "charge_micros": number, "first_ms": number, "last_ms": number,
        }
    )  # fmt: skip


_LINK_COLUMNS: Final = ("at_ms", "caller", "direction", "answered", "duration_ms", "charge_micros")


def _links(
    past: Past, frontier: Iterable[Node], via: Iterable[str], tenant: str | None, span: tuple[int, int]
) -> pl.DataFrame:
    """Return what links the parties of a frontier to any others: one row a pair."""
    names = _by_kind(frontier)
    parts = [_no_links()]
    for kind in via:
        ends = _ends(kind)
        touched = [ends.is_in(names[kind])] if kind in names else []
        if NUMBER in names:
            touched.append(pl.col("caller").is_in(names[NUMBER]))
            touched += [pl.col("callee").is_in(names[NUMBER])] if kind == "callee" else []
        if touched:
            parts.append(_found(past, kind, of_tenant(tenant) & pl.any_horizontal(touched), span))
    return pl.concat(parts)


def _between(
    past: Past, nodes: Iterable[Node], via: Iterable[str], tenant: str | None, span: tuple[int, int]
) -> pl.DataFrame:
    """Return what links parties to each other."""
    names = _by_kind(nodes)
    parts = [_no_links()]
    for kind in via:
        others = names.get(NUMBER if kind == "callee" else kind, [])
        if others and NUMBER in names:
            both = pl.col("caller").is_in(names[NUMBER]) & _ends(kind).is_in(others)
            parts.append(_found(past, kind, of_tenant(tenant) & both, span))
    return pl.concat(parts).sort("events", "a_kind", "a", "b_kind", "b", descending=[True, False, False, False, False])


def _found(past: Past, kind: str, wanted: pl.Expr, span: tuple[int, int]) -> pl.DataFrame:
    if kind != "callee":
        wanted = wanted & ~_IN  # of a received call, device, SIM and cell are the other side's
    events = past.events(wanted, (*_LINK_COLUMNS, *_ends(kind).meta.root_names()), span)
    return past.find(_summed(events, kind)).select(_no_links().columns)


def _by_kind(nodes: Iterable[Node]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for kind, name in nodes:
        names.setdefault(kind, []).append(name)
    return names


def _ends(kind: str) -> pl.Expr:
    return _COLUMNS.get(kind, pl.col(kind))


def _summed(events: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    other = NUMBER if kind == "callee" else kind
    answered = pl.col("answered").fill_null(value=False)
    return (
        events.select(
            "at_ms", "duration_ms", "charge_micros", a="caller", b=_ends(kind), answered=answered
        )
        .drop_nulls(["a", "b"])
        .group_by("a", "b")
        .agg(
            events=pl.len().cast(pl.Int64),
            answered=pl.col("answered").sum().cast(pl.Int64),
            seconds=pl.col("duration_ms").sum() // 1000,
            charge_micros=pl.col("charge_micros").sum(),
            first_ms=pl.col("at_ms").min(),
            last_ms=pl.col("at_ms").max(),
        )
        .with_columns(a_kind=pl.lit(NUMBER), b_kind=pl.lit(other))
    )  # fmt: skip


def _weights(links: pl.DataFrame, frontier: set[Node]) -> dict[Node, int]:
    """Return the parties that are linked to a frontier, each with the events that link it."""
    weights: dict[Node, int] = {}
    for a_kind, a, b_kind, b, events in links.select("a_kind", "a", "b_kind", "b", "events").iter_rows():
        for near, far in (((a_kind, a), (b_kind, b)), ((b_kind, b), (a_kind, a))):
            if near in frontier:
                weights[far] = weights.get(far, 0) + events
    return weights


def _nodes(house: House, hop_of: Mapping[Node, int], links: pl.DataFrame, tenant: str | None) -> list[dict[str, Any]]:
    events: dict[Node, int] = {}
    for a_kind, a, b_kind, b, count in links.select("a_kind", "a", "b_kind", "b", "events").iter_rows():
        for node in {(a_kind, a), (b_kind, b)}:
            events[node] = events.get(node, 0) + count
    with house.reading() as place:
        alerts = CaseStore(place.database).alerts_each(sorted({name for _, name in hop_of}), tenant)
    return [
        {
            "entity_kind": kind,
            "entity": name,
            "hop": hop,
            "events": events.get((kind, name), 0),
            "alerts": sum(alerts.get((one, name), 0) for one in (NUMBERS if kind == NUMBER else (kind,))),
        }
        for (kind, name), hop in hop_of.items()
    ]


def _edges(house: House, links: pl.DataFrame) -> list[dict[str, Any]]:
    edges = []
    for row in links.iter_rows(named=True):
        a_kind, a, b_kind, b = (row.pop(name) for name in ("a_kind", "a", "b_kind", "b"))
        ends = {"from_ref": house.secret.reference(a_kind, a), "to_ref": house.secret.reference(b_kind, b)}
        via = "call" if b_kind == NUMBER else b_kind
        edges.append({**ends, "via": via, **row, "currency": house.settings.home.currency})
    return edges


@dataclass(slots=True)
class _Side:
    """One end of a way, and all that was reached from it: each number with the one before it."""

    before: dict[str, str | None]
    frontier: list[str]
    hops: int = 0
    passed_over: set[str] = field(default_factory=set)  # numbers with too many partners to lead on


@dataclass(frozen=True, slots=True)
class Way:
    """Which way is looked for: between two numbers, in a span, of at most so many hops."""

    start: str
    end: str
    tenant: str | None
    span: tuple[int, int]
    most_hops: int = 6
    most_partners: int = 500


def path(house: House, way: Way) -> dict[str, Any]:
    """Return a shortest way between two numbers over calls and messages, whoever called whom.

    Searched from both ends, a whole ring at a time, so the first meeting is on a shortest way.
    """
    past = Past.of(house, of_tenant(way.tenant))
    sides = (_Side({way.start: None}, [way.start]), _Side({way.end: None}, [way.end]))
    meeting = way.start if way.start == way.end else None
    is_cut = False
    while meeting is None and sum(side.hops for side in sides) < way.most_hops:
        side = min((one for one in sides if one.frontier), key=lambda one: len(one.frontier), default=None)
        if side is None or not all(one.frontier for one in sides):
            break
        other = sides[1] if side is sides[0] else sides[0]
        _go_on(past, side, way)
        is_cut = len(side.before) + len(other.before) > MOST_LOOKED_AT
        met = sorted(name for name in side.frontier if name in other.before)
        meeting = met[0] if met else None
        if is_cut:
            break
    names = _chain(sides, meeting) if meeting is not None else []
    links = _along(past, names, way)
    hop_of = {(NUMBER, name): hop for hop, name in enumerate(names)}
    return {
        "found": bool(names),
        "hops": len(names) - 1 if names else None,
        "nodes": _nodes(house, hop_of, links, way.tenant),
        "edges": _edges(house, links),
        "looked_at": len(sides[0].before.keys() | sides[1].before.keys()),
        "passed_over": len(sides[0].passed_over | sides[1].passed_over),
        "complete": not is_cut,
        "from_ms": way.span[0],
        "to_ms": way.span[1],
    }


def _go_on(past: Past, side: _Side, way: Way) -> None:
    """Reach the next ring of numbers."""
    pairs = _pairs(past, side.frontier, way)
    partners = dict(pairs.group_by("near").agg(pl.col("far").n_unique()).iter_rows())
    hubs = {name for name, count in partners.items() if count > way.most_partners} - {way.start, way.end}
    side.passed_over |= hubs
    ring: dict[str, str] = {}
    for near, far in pairs.filter(~pl.col("near").is_in(sorted(hubs))).iter_rows():
        if far not in side.before:
            ring.setdefault(far, near)
    side.before |= ring
    side.frontier = list(ring)
    side.hops += 1


def _pairs(past: Past, frontier: list[str], way: Way) -> pl.DataFrame:
    wanted = of_tenant(way.tenant) & (pl.col("caller").is_in(frontier) | pl.col("callee").is_in(frontier))
    calls = past.events(wanted, ("at_ms", "caller", "callee"), way.span).select("caller", "callee").drop_nulls()
    pairs = past.find(calls.unique())
    both = pl.concat(
        [
            pairs.select(near="caller", far="callee"),
            pairs.select(near="callee", far="caller"),
        ]
    )
    return both.filter(pl.col("near").is_in(frontier)).unique().sort("near", "far")


def _chain(sides: tuple[_Side, _Side], meeting: str) -> list[str]:
    chain: list[str] = []
    at: str | None = meeting
    while at is not None:
        chain.append(at)
        at = sides[0].before[at]
    chain.reverse()
    at = sides[1].before[meeting]
    while at is not None:
        chain.append(at)
        at = sides[1].before[at]
    return chain


def _along(past: Past, names: list[str], way: Way) -> pl.DataFrame:
    """Return what links each number of a way to the next one."""
    if len(names) < 2:
        return _no_links()
    steps = [step for one, other in pairwise(names) for step in ((one, other), (other, one))]
    wanted = of_tenant(way.tenant) & pl.col("caller").is_in(names) & pl.col("callee").is_in(names)
    columns = ("at_ms", "caller", "callee", "answered", "duration_ms", "charge_micros")
    links = past.find(_summed(past.events(wanted, columns, way.span), "callee")).select(_no_links().columns)
    along = pl.DataFrame(steps, schema={"a": pl.String(), "b": pl.String()}, orient="row")
    return links.join(along, on=["a", "b"], how="semi").sort("first_ms", "a", "b")
