"""Parties: who they are, what they did and used, and whom they know. References stand for numbers in addresses."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.keyset import Keyset
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.api.routes import entity_shapes as shapes
from ringfence.api.routes.case_shapes import ENTITY_REF
from ringfence.events.errors import BAD_REQUEST, NO_SUCH_ALERT
from ringfence.wiring import entities, entity_events
from ringfence.wiring.circle import ALSO, VIA, Way, Wish, circle, path
from ringfence.wiring.entity_events import NUMBERS, Party, Past, of_tenant, steady
from ringfence.wiring.features_now import features_now
from ringfence.wiring.house import House
from ringfence.wiring.raw_records import RawRecords

router = APIRouter(prefix="/v1", tags=["entities"])
Reader = Annotated[Principal, may("entities.read")]
Ref = Annotated[str, Path(pattern="^[0-9a-f]{2,2400}$", examples=[ENTITY_REF])]
Tenant = Annotated[
    str | None, Query(max_length=120, description="For whoever sees all tenants: only events of this one.")
]
Days = Annotated[int, Query(ge=1, le=3_660, description="Event time looked at, from the last event back.")]
FromMs = Annotated[int | None, Query(ge=-(2**53), le=2**53, description="The begin of the span, ms since 1970.")]
ToMs = Annotated[int | None, Query(ge=-(2**53), le=2**53, description="The end of it, exclusive.")]


def party_of(house: House, asker: Principal, ref: str, tenant: str | None) -> Party:
    """Return whom a reference stands for, as far as the asker may know them.

    Raises:
        ApiError: it stands for nobody, or for nobody whom the asker's tenant knows (RF3050): both look alike.
    """
    named = house.secret.entity(ref)
    if named is None or named[0] not in entity_events.KINDS:
        raise _nobody()
    party = Party(*named, asker.tenant or tenant)
    if not steady(lambda: entities.known(house, party)):
        raise _nobody()
    return party


def _nobody() -> ApiError:
    return ApiError(NO_SUCH_ALERT, "there is no such party", cure="Look it up: POST /v1/entities/lookup.")


def span_of(house: House, days: int, from_ms: int | None, to_ms: int | None) -> tuple[int, int]:
    """Return the span of event time that a question is about."""
    to = entity_events.last_ms(house) + 1 if to_ms is None else to_ms
    start = to - days * entity_events.DAY_MS if from_ms is None else from_ms
    if from_ms is not None and to_ms is not None and start >= to:
        raise ApiError(BAD_REQUEST, "the span ends before it begins")
    return start, to


def _answered(house: House, asker: Principal, document: Any) -> Response:
    return answer(shown(document, asker, house.secret.reference))


@router.post("/entities/lookup", summary="Find a party", response_model=shapes.Found)
def find_entity(house: HouseHere, asker: Reader, body: shapes.Lookup) -> Response:
    """Return the reference that stands for a party in addresses, and whether anything is known of it."""
    party = Party(body.kind, body.entity, asker.tenant)
    known = steady(lambda: entities.known(house, party))
    return _answered(house, asker, {"entity_kind": party.kind, "entity": party.entity, "known": known})


@router.get("/entities/{ref}", summary="One party", response_model=shapes.Profile)
def get_entity(
    ref: Ref,
    house: HouseHere,
    asker: Reader,
    days: Days = 30,
    from_ms: FromMs = None,
    to_ms: ToMs = None,
    tenant: Tenant = None,
) -> Response:
    """Return a party's profile: events, money, habits, lists, and its alerts and cases, past ones too."""
    party, span = party_of(house, asker, ref, tenant), span_of(house, days, from_ms, to_ms)
    found = steady(lambda: entities.profile(house, party, span, with_lists=asker.may("lists.read")))
    if not asker.may("cases.read"):
        found["cases"] = None
    return _answered(house, asker, found)


@router.get("/entities/{ref}/features", summary="Features now", response_model=shapes.FeaturesNow)
def get_entity_features(ref: Ref, house: HouseHere, asker: Reader, tenant: Tenant = None) -> Response:
    """Return every feature of a party as of its last event that was judged, as the engine has it."""
    party = party_of(house, asker, ref, tenant)
    found = steady(lambda: features_now(house, party))
    return _answered(house, asker, {"entity_kind": party.kind, "entity": party.entity} | found)


@router.get("/entities/{ref}/events", summary="Events", response_model=shapes.EventsOfParty)
def list_entity_events(
    ref: Ref,
    house: HouseHere,
    asker: Reader,
    raw: Annotated[bool, Query(description="With the record of each, as it was received.")] = False,
    from_ms: FromMs = None,
    to_ms: ToMs = None,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    tenant: Tenant = None,
) -> Response:
    """Return the events of a party, the newest first; of a number those too in which it is the other side."""
    party = party_of(house, asker, ref, tenant)
    pages = Keyset(house, "entity events", ref, party.tenant, from_ms, to_ms)
    at = pages.place(cursor)
    before = (at[0], bytes.fromhex(at[1])) if at else None
    least, most = entity_events.EVER
    span = (least if from_ms is None else from_ms, most if to_ms is None else to_ms)
    wanted = party.named & of_tenant(party.tenant)
    found = steady(lambda: entity_events.newest(Past.of(house, wanted), wanted, before, limit + 1, span))
    items = [entity_events.document(event) for event in found.head(limit).to_dicts()]
    following = pages.after(items[-1]["at_ms"], items[-1]["event_id"]) if found.height > limit else None
    if raw:
        with_raw(house, asker, items)
    return _answered(house, asker, {"items": items, "next": following})


def with_raw(house: House, asker: Principal, events: list[dict[str, Any]]) -> None:
    """Put the raw record beside each event. It is never masked: whoever does not see numbers does not see it."""
    if not asker.reveals:
        for event in events:
            event |= {"raw": None, "raw_is": "hidden"}
        return
    records = RawRecords(house).beside(events)
    for event in events:
        record, what = records[str(event["event_id"])]
        event |= {"raw": record and record.decode("utf-8", "backslashreplace"), "raw_is": what}


def _uses(house: House, asker: Principal, ref: str, what: str, span: tuple[int, int], tenant: str | None) -> Response:
    party = party_of(house, asker, ref, tenant)
    return _answered(house, asker, steady(lambda: entities.uses(house, party, what, span, 200)))


@router.get("/entities/{ref}/devices", summary="Devices over time", response_model=shapes.Uses)
def list_entity_devices(
    ref: Ref, house: HouseHere, asker: Reader, days: Days = 90, from_ms: FromMs = None, to_ms: ToMs = None,
    tenant: Tenant = None,
) -> Response:  # fmt: skip
    """Return which devices a party used, and when."""
    return _uses(house, asker, ref, "devices", span_of(house, days, from_ms, to_ms), tenant)


@router.get("/entities/{ref}/sims", summary="SIMs over time", response_model=shapes.Uses)
def list_entity_sims(
    ref: Ref, house: HouseHere, asker: Reader, days: Days = 90, from_ms: FromMs = None, to_ms: ToMs = None,
    tenant: Tenant = None,
) -> Response:  # fmt: skip
    """Return which SIMs (IMSI) a party used, and when."""
    return _uses(house, asker, ref, "sims", span_of(house, days, from_ms, to_ms), tenant)


@router.get("/entities/{ref}/cells", summary="Cells over time", response_model=shapes.Uses)
def list_entity_cells(
    ref: Ref, house: HouseHere, asker: Reader, days: Days = 90, from_ms: FromMs = None, to_ms: ToMs = None,
    tenant: Tenant = None,
) -> Response:  # fmt: skip
    """Return which cells served a party, and when."""
    return _uses(house, asker, ref, "cells", span_of(house, days, from_ms, to_ms), tenant)


@router.get("/entities/{ref}/numbers", summary="Numbers over time", response_model=shapes.Uses)
def list_entity_numbers(
    ref: Ref, house: HouseHere, asker: Reader, days: Days = 90, from_ms: FromMs = None, to_ms: ToMs = None,
    tenant: Tenant = None,
) -> Response:  # fmt: skip
    """Return which numbers used a device, a SIM, a cell or an account, and when."""
    return _uses(house, asker, ref, "numbers", span_of(house, days, from_ms, to_ms), tenant)


@router.get("/entities/{ref}/circle", summary="The circle of a party", response_model=shapes.Circle)
def get_entity_circle(
    ref: Ref,
    house: HouseHere,
    asker: Reader,
    hops: Annotated[int, Query(ge=1, le=2)] = 1,
    most: Annotated[int, Query(ge=1, le=5_000, description="Parties shown at most.")] = 200,
    via: Annotated[
        str,
        Query(
            max_length=120,
            description=f"What links parties: of {', '.join(VIA)}.",
            examples=["callee,device"],
        ),
    ] = "callee,device,caller_imsi",
    days: Days = 30,
    from_ms: FromMs = None,
    to_ms: ToMs = None,
    tenant: Tenant = None,
) -> Response:
    """Return whom a party speaks with, and who shares its devices and SIMs, as nodes and edges."""
    kinds = tuple(dict.fromkeys(one.strip() for one in via.split(",")))
    if unknown := [kind for kind in kinds if kind not in VIA]:
        raise ApiError(BAD_REQUEST, f"{unknown[0]!r:.40} links nobody", expected=", ".join(VIA))
    party, span = party_of(house, asker, ref, tenant), span_of(house, days, from_ms, to_ms)
    if party.kind not in (*NUMBERS, *VIA, *ALSO):
        raise ApiError(BAD_REQUEST, f"a {party.kind} has no circle")
    return _answered(house, asker, steady(lambda: circle(house, party, Wish(hops, span, most, kinds))))


@router.get("/paths", summary="The shortest way between two numbers", response_model=shapes.PathFound)
def find_path(
    house: HouseHere,
    asker: Reader,
    start: Annotated[str, Query(alias="from", pattern="^[0-9a-f]{2,2400}$", examples=[ENTITY_REF])],
    end: Annotated[str, Query(alias="to", pattern="^[0-9a-f]{2,2400}$", examples=[ENTITY_REF])],
    most_hops: Annotated[int, Query(ge=1, le=6)] = 6,
    most_partners: Annotated[
        int, Query(ge=1, le=1_000_000, description="Numbers with more partners are not led through.")
    ] = 500,
    days: Days = 30,
    from_ms: FromMs = None,
    to_ms: ToMs = None,
    tenant: Tenant = None,
) -> Response:
    """Return a shortest way between two numbers over calls and messages, whoever called whom."""
    ends = [party_of(house, asker, ref, tenant) for ref in (start, end)]
    if any(party.kind not in NUMBERS for party in ends):
        raise ApiError(BAD_REQUEST, "a way leads from a number to a number", expected="references of kind caller")
    span = span_of(house, days, from_ms, to_ms)
    way = Way(ends[0].entity, ends[1].entity, asker.tenant or tenant, span, most_hops, most_partners)
    return _answered(house, asker, steady(lambda: path(house, way)))
