"""Saved views: filters under names, one's own and those that are shared."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from ringfence.api.acting import audited
from ringfence.api.answers import NO_STORE, answer, must_match, tagged
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.filters import EXAMPLE, asked_filter
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.api.routes.alert_shapes import Asked, Filter, Sort
from ringfence.api.whole_ids import WholeIds
from ringfence.events.errors import NO_SUCH_ALERT, NOT_ALLOWED
from ringfence.wiring.alerting import views
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/views", tags=["views"], route_class=WholeIds)
Reader = Annotated[Principal, may("alerts.read")]
Saver = Annotated[Principal, may("views.write")]
VIEW: str = "b1c2d3e4f50617284f1c2a9e7d8e9fa0"
ViewHere = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[VIEW])]


class NewView(Asked):
    """A filter and an order, under a name."""

    name: str = Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["Night shift"])
    filter: Filter = ""
    sort: Sort = "expected_loss"
    shared: bool = Field(False, description="Others of the same tenant see it too.", examples=[True])


class View(BaseModel):
    """A saved view."""

    view_id: str = Field(examples=[VIEW])
    tenant: str | None = Field(examples=[None])
    owner: str = Field(examples=["ana"])
    name: str = Field(examples=["Night shift"])
    filter: str = Field(examples=[EXAMPLE])
    sort: Sort = Field(examples=["expected_loss"])
    shared: bool = Field(examples=[True])
    created_at_ms: int = Field(examples=[1_767_312_000_000])
    changed_at_ms: int = Field(examples=[1_767_312_000_000])


class Views(BaseModel):
    """Views, by name."""

    items: list[View]


@router.get("", summary="Saved views", response_model=Views)
def list_views(house: HouseHere, asker: Reader) -> Response:
    """Return one's own views and those that are shared."""
    with house.reading() as place:
        found = views.views_of(place).list(asker.name, asker.tenant)
    return answer(shown({"items": [view for view in found if asker.sees(view["tenant"])]}, asker))


@router.post("", summary="Save a view", status_code=201, response_model=View)
def save_view(house: HouseHere, asker: Saver, body: NewView) -> Response:
    """Save a filter and an order under a name."""
    asked_filter(body.filter, asker, house)
    at_ms = house.clock.now_ms()
    view = body.model_dump() | {"owner": asker.name, "tenant": asker.tenant, "at_ms": at_ms}
    with house.writing() as place:
        view_id = views.save(place, view)
        audited(place, house, asker, "view.saved", view_id, name=body.name, filter=body.filter, shared=body.shared)
        return tagged(views.views_of(place).get(view_id), asker, house, 201)


@router.get("/{view_id}", summary="One view", response_model=View)
def get_view(view_id: ViewHere, house: HouseHere, asker: Reader) -> Response:
    """Return one view."""
    with house.reading() as place:
        return tagged(_seen(place, asker, view_id), asker, house)


@router.put("/{view_id}", summary="Change a view", response_model=View)
def change_view(view_id: ViewHere, house: HouseHere, asker: Saver, request: Request, body: NewView) -> Response:
    """Replace one's own view; needs `If-Match`."""
    asked_filter(body.filter, asker, house)
    with house.writing() as place:
        present = _own(place, asker, view_id)
        must_match(request, present, asker)
        views.views_of(place).change(present | body.model_dump(), house.clock.now_ms())
        audited(place, house, asker, "view.changed", view_id, name=body.name, filter=body.filter, shared=body.shared)
        return tagged(views.views_of(place).get(view_id), asker, house)


@router.delete("/{view_id}", summary="Remove a view", status_code=204)
def remove_view(view_id: ViewHere, house: HouseHere, asker: Saver, request: Request) -> Response:
    """Remove one's own view; needs `If-Match`."""
    with house.writing() as place:
        present = _own(place, asker, view_id)
        must_match(request, present, asker)
        views.views_of(place).remove(view_id)
        audited(place, house, asker, "view.removed", view_id, name=present["name"])
    return Response(status_code=204, headers=NO_STORE)


def _seen(place: Workplace, asker: Principal, view_id: str) -> dict[str, Any]:
    view = views.views_of(place).get(view_id)
    asker.check_sees(view["tenant"], "view")
    if view["owner"] != asker.name and not view["shared"]:
        raise ApiError(NO_SUCH_ALERT, "there is no such view", status=404)
    return view


def _own(place: Workplace, asker: Principal, view_id: str) -> dict[str, Any]:
    view = _seen(place, asker, view_id)
    if view["owner"] != asker.name:
        raise ApiError(NOT_ALLOWED, "this view is another's", expected="one of your own: save it under another name")
    return view
