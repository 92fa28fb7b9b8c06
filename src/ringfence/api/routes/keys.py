"""API keys: what programs show."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from ringfence.api.acting import audited
from ringfence.api.answers import answer, tagged
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.permissions import PERMISSIONS
from ringfence.api.problems import ApiError
from ringfence.api.routes.access_shapes import KEY, Key, Keys, MadeKey, NewKey
from ringfence.events.errors import BAD_REQUEST, NO_SUCH_NAME, NOT_ALLOWED
from ringfence.wiring.keys import make_key
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/keys", tags=["access"])
Manager = Annotated[Principal, may("access.manage")]
KeyId = Annotated[str, Path(pattern="^[0-9a-f]{12}$", examples=[KEY])]
DAY_MS: Final = 86_400_000


@router.get("", summary="API keys", response_model=Keys)
def list_keys(house: HouseHere, asker: Manager) -> Response:
    """Return keys, those that have ended too, without their secret parts."""
    with house.reading() as place:
        found = place.keys.list(asker.tenant)
    return answer({"items": found, "next": None})


@router.post("", summary="Make an API key", status_code=201, response_model=MadeKey)
def make_api_key(house: HouseHere, asker: Manager, body: NewKey) -> Response:
    """Make a key and return it, once. It may do no more than who makes it, sees no more, and ends within a year."""
    unknown = [name for name in body.permissions if name not in PERMISSIONS]
    if unknown:
        raise ApiError(BAD_REQUEST, f"there is no permission {unknown[0]!r:.80}", expected=", ".join(PERMISSIONS))
    more = [name for name in body.permissions if not asker.may(name)]
    if more:
        raise ApiError(NOT_ALLOWED, f"{asker.name} may not itself: {PERMISSIONS[more[0]]}")
    if asker.tenant is not None and body.tenant not in (None, asker.tenant):
        raise ApiError(NOT_ALLOWED, f"{asker.name} gives access to {asker.tenant} alone")
    ends_ms = house.clock.now_ms() + body.days * DAY_MS
    if asker.until_ms is not None:  # else a key could live for ever, by making another
        ends_ms = min(ends_ms, asker.until_ms)
    tenant = asker.tenant or body.tenant
    with house.writing() as place:
        token = make_key(
            place,
            house.clock,
            name=body.name,
            permissions=set(body.permissions),
            tenant=tenant,
            owner=asker.name,
            expires_at_ms=ends_ms,
        )
        key = _theirs(place, token.split("_")[1], asker)
        permissions = key["permissions"]
        audited(place, house, asker, "key.made", key["key_id"], name=body.name, permissions=permissions, tenant=tenant)
    return answer(key | {"key": token}, 201)


@router.get("/{key_id}", summary="One API key", response_model=Key)
def get_key(key_id: KeyId, house: HouseHere, asker: Manager) -> Response:
    """Return a key without its secret part."""
    with house.reading() as place:
        return tagged(_theirs(place, key_id, asker), asker, house)


@router.delete("/{key_id}", summary="End an API key", status_code=204)
def end_key(key_id: KeyId, house: HouseHere, asker: Manager) -> Response:
    """End a key within seconds. It needs no If-Match: whoever ends a key that was stolen has no time for it."""
    with house.writing() as place:
        key = _theirs(place, key_id, asker)
        if place.keys.revoke(key_id, house.clock.now_ms()):
            audited(place, house, asker, "key.ended", key_id, name=key["name"])
    return Response(status_code=204)


def _theirs(place: Workplace, key_id: str, asker: Principal) -> dict[str, Any]:
    key = place.keys.get(key_id)
    if key is None or not asker.sees(key["tenant"]):
        raise ApiError(NO_SUCH_NAME, "there is no such key", status=404)
    return {name: value for name, value in key.items() if name != "digest"}
