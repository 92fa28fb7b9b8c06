"""Webhooks: changes that are sent to other systems, and what became of each."""

from __future__ import annotations

import json
import secrets
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ringfence.api.acting import audited
from ringfence.api.answers import answer, must_match, tag_of
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.filters import EXAMPLE, asked_filter
from ringfence.api.keyset import Keyset
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.events.errors import BAD_REQUEST, CONFLICT, NO_SUCH_NAME, NOT_ALLOWED, DependencyError
from ringfence.wiring.house import House
from ringfence.wiring.webhooks import (
    KINDS,
    MOST_WEBHOOKS,
    ROTATION_MS,
    STATES,
    TEST,
    Sealer,
    body_of,
    message_id,
    new_secret,
    safe_http,
)
from ringfence.wiring.workplace import Workplace

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
_NEWEST: Final = 1 << 62
SENT_BY_MS: Final = 60_000  # that a test has until the server sends it again: it has crashed meanwhile
_MANAGE: Final = may("webhooks.manage")
_Number = Annotated[int, Path(ge=1, lt=1 << 62)]
_Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=50)]


class WebhookDraft(BaseModel):
    """A webhook to be."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2_048, examples=["https://hooks.example.com/ringfence"])
    kinds: _Names = Field(["alert.raised"], description=f"Some of {', '.join(KINDS)}.", examples=[["alert.raised"]])
    frauds: _Names = Field([], description="Only alerts of these frauds; none named: of all.", examples=[["irsf"]])
    severities: _Names = Field([], description="Only alerts of these severities.", examples=[["high", "critical"]])
    filter: str = Field(
        "",
        max_length=4_000,
        description="A condition in the rule language over alerts; what it does not speak of may be anything.",
        examples=[EXAMPLE],
    )
    description: str = Field("", max_length=500, examples=["Blocks at the session border controller"])
    enabled: bool = Field(True, examples=[True])
    reveals: bool = Field(
        False,
        description="Whether numbers are sent unmasked: needs `numbers.reveal` and a `Ringfence-Reason`.",
        examples=[False],
    )


class WebhookChange(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(None, max_length=2_048, examples=["https://hooks.example.com/ringfence"])
    kinds: _Names | None = Field(None, examples=[["alert.raised", "alert.changed"]])
    frauds: _Names | None = Field(None, examples=[[]])
    severities: _Names | None = Field(None, examples=[["critical"]])
    filter: str | None = Field(None, max_length=4_000, examples=[EXAMPLE])
    description: str | None = Field(None, max_length=500, examples=["Blocks at the session border controller"])
    enabled: bool | None = Field(None, examples=[True])
    reveals: bool | None = Field(None, examples=[False])


class Webhook(BaseModel):
    """Where changes are sent, and which."""

    webhook_id: str = Field(examples=["5f3c1a2b9d0e"])
    tenant: str | None = Field(examples=[None])
    url: str = Field(examples=["https://hooks.example.com/ringfence"])
    kinds: list[str] = Field(examples=[["alert.raised"]])
    frauds: list[str] = Field(examples=[["irsf"]])
    severities: list[str] = Field(examples=[["high", "critical"]])
    filter: str = Field(examples=[EXAMPLE])
    description: str = Field(examples=["Blocks at the session border controller"])
    enabled: bool = Field(examples=[True])
    disabled_because: str | None = Field(description="Why it was turned off, if not by a person.", examples=[None])
    reveals: bool = Field(examples=[False])
    created_by: str = Field(examples=["key:deploy"])
    created_at_ms: int = Field(examples=[1767225600000])
    old_secret_until_ms: int | None = Field(
        description="Until when messages are signed with the secret before, too.", examples=[None]
    )


class WebhookSecret(BaseModel):
    """What messages are signed with; it is shown once."""

    webhook_id: str = Field(examples=["5f3c1a2b9d0e"])
    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    old_secret_until_ms: int | None = Field(examples=[1767312000000])


class NewWebhook(Webhook):
    """A webhook with its secret, which is shown this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class Webhooks(BaseModel):
    """All webhooks that the caller sees."""

    items: list[Webhook]
    next: str | None = Field(examples=[None])


class Attempt(BaseModel):
    """One attempt to deliver; of what the receiver said only the status is kept."""

    attempt: int = Field(examples=[1])
    at_ms: int = Field(examples=[1767225600100])
    ms: int = Field(description="How long it took.", examples=[84])
    status: int | None = Field(examples=[200])
    error: str | None = Field(description="Why there is no status.", examples=[None])


class Delivery(BaseModel):
    """One message to one webhook."""

    delivery_id: int = Field(examples=[17])
    message_id: str = Field(description="The `webhook-id` that it is sent with.", examples=["msg_9f86d081884c7d65"])
    seq: int = Field(description="The number of the change, as in the live stream.", examples=[42])
    kind: str = Field(examples=["alert.raised"])
    subject: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015"])
    state: str = Field(description=", ".join(STATES), examples=["sent"])
    created_at_ms: int = Field(examples=[1767225600000])
    attempts: int = Field(examples=[1])
    next_at_ms: int | None = Field(description="When it is sent again.", examples=[None])
    done_at_ms: int | None = Field(examples=[1767225600184])


class WholeDelivery(Delivery):
    """A delivery with its attempts and what is sent."""

    log: list[Attempt]
    body: dict[str, Any] = Field(examples=[{"type": "alert.raised", "timestamp": "2026-01-01T00:00:00.000Z"}])


class Deliveries(BaseModel):
    """Deliveries, newest first."""

    items: list[Delivery]
    next: str | None = Field(examples=[None])
    waiting: int = Field(description="How many wait to be sent.", examples=[0])
    dead: int = Field(description="How many nobody took within a day.", examples=[0])


class Replayed(BaseModel):
    """How many deliveries are sent again."""

    replayed: int = Field(examples=[3])


@router.get("", summary="All webhooks", response_model=Webhooks)
def list_webhooks(house: HouseHere, asker: Annotated[Principal, _MANAGE]) -> Response:
    """Return the webhooks, oldest first."""
    with house.reading() as place:
        found = place.webhooks.list(asker.tenant)
    return answer({"items": [_said(webhook) for webhook in found], "next": None})


@router.post("", summary="Have changes sent", status_code=201, response_model=NewWebhook)
def add_webhook(draft: WebhookDraft, house: HouseHere, asker: Annotated[Principal, _MANAGE]) -> Response:
    """Begin to send changes to an address: those that come from now on.

    Messages are signed by the Standard Webhooks scheme with the secret, which is shown in this answer and never again.
    They are sent at least once, in order unless one has to be sent again; a receiver knows a repeat by its
    `webhook-id`. Private networks are refused unless `[webhooks] allow_private` names the host.
    """
    _check(house, draft.url, draft.kinds)
    asked_filter(draft.filter, asker, house, of_queue=False)
    _check_reveals(asker, reveals=draft.reveals)
    webhook_id, secret = secrets.token_hex(6), new_secret()
    with house.writing() as place:
        if place.webhooks.count(asker.tenant) >= MOST_WEBHOOKS:
            raise ApiError(CONFLICT, f"there are {MOST_WEBHOOKS} webhooks already", expected="one of them changed")
        made = {
            **draft.model_dump(),
            "webhook_id": webhook_id,
            "tenant": asker.tenant,
            "created_by": asker.name,
            "created_at_ms": house.clock.now_ms(),
            "from_seq": place.changes.last(),
            "secret": Sealer(house.secret).seal(webhook_id, secret),
        }
        place.webhooks.add(made)
        kept = _said(_found(place, webhook_id, asker))
        audited(place, house, asker, "webhook.added", webhook_id, url=draft.url, reveals=draft.reveals)
    headers = {"ETag": tag_of(kept), "Location": f"/v1/webhooks/{webhook_id}"}
    return answer({**kept, "secret": secret}, 201, headers)


@router.get("/{webhook_id}", summary="One webhook", response_model=Webhook)
def get_webhook(webhook_id: str, house: HouseHere, asker: Annotated[Principal, _MANAGE]) -> Response:
    """Return one webhook, without its secret."""
    with house.reading() as place:
        found = _found(place, webhook_id, asker)
    return _answered(_said(found))


@router.patch("/{webhook_id}", summary="Change a webhook", response_model=Webhook)
def change_webhook(
    webhook_id: str, change: WebhookChange, request: Request, house: HouseHere, asker: Annotated[Principal, _MANAGE]
) -> Response:
    """Change a webhook. One that is turned on again is sent what comes from then on, and what waited for it."""
    wanted = {name: value for name, value in change.model_dump(exclude_unset=True).items() if value is not None}
    asked_filter(wanted.get("filter"), asker, house, of_queue=False)
    if "url" in wanted or "kinds" in wanted:
        with house.reading() as place:
            before = _found(place, webhook_id, asker)
        _check(house, wanted.get("url", before["url"]), wanted.get("kinds", before["kinds"]))
    with house.writing() as place:
        before = _found(place, webhook_id, asker)
        must_match(request, _said(before), asker)
        after = before | wanted
        # who moves a webhook that sees numbers elsewhere has them sent there
        _check_reveals(asker, reveals=after["reveals"] and (not before["reveals"] or after["url"] != before["url"]))
        if after["enabled"]:
            after["disabled_because"] = None
        if after["enabled"] and not before["enabled"]:
            after["from_seq"] = place.changes.last()
        place.webhooks.change(after)
        kept = _said(_found(place, webhook_id, asker))
        audited(place, house, asker, "webhook.changed", webhook_id, **wanted)
    return _answered(kept)


@router.delete("/{webhook_id}", summary="Send no more", status_code=204)
def remove_webhook(
    webhook_id: str, request: Request, house: HouseHere, asker: Annotated[Principal, _MANAGE]
) -> Response:
    """Remove a webhook with its deliveries, those that wait included."""
    with house.writing() as place:
        found = _found(place, webhook_id, asker)
        must_match(request, _said(found), asker)
        place.webhooks.remove(webhook_id)
        audited(place, house, asker, "webhook.removed", webhook_id, url=found["url"])
    return Response(status_code=204)


@router.post("/{webhook_id}/secret", summary="A new secret", response_model=WebhookSecret)
def rotate_webhook_secret(webhook_id: str, house: HouseHere, asker: Annotated[Principal, _MANAGE]) -> Response:
    """Sign with a new secret, which is shown in this answer and never again; for 24 hours with the old one, too."""
    secret, until_ms = new_secret(), house.clock.now_ms() + ROTATION_MS
    with house.writing() as place:
        _found(place, webhook_id, asker)
        place.webhooks.rotate(webhook_id, Sealer(house.secret).seal(webhook_id, secret), until_ms)
        audited(place, house, asker, "webhook.rotated", webhook_id)
    return answer({"webhook_id": webhook_id, "secret": secret, "old_secret_until_ms": until_ms})


@router.post("/{webhook_id}/test", summary="Send a test", response_model=WholeDelivery)
def try_webhook(webhook_id: str, house: HouseHere, asker: Annotated[Principal, _MANAGE]) -> Response:
    """Send a message of kind `webhook.test` once, now, and return what came of it."""
    now_ms = house.clock.now_ms()
    with house.writing() as place:
        webhook = _found(place, webhook_id, asker)
        message = message_id(webhook_id, f"test\n{now_ms}\n{secrets.token_hex(4)}")
        data = {"webhook_id": webhook_id, "asked_by": asker.name}
        delivery = {
            "webhook_id": webhook_id,
            "message_id": message,
            "seq": 0,
            "kind": TEST,
            "subject": webhook_id,
            "body": body_of(TEST, now_ms, data, house.secret, reveals=False),
            "state": "waiting",
            "at_ms": now_ms,
            "next_at_ms": now_ms + SENT_BY_MS,
        }
        place.webhooks.deliver([delivery])
        delivery_id = place.webhooks.numbered(webhook_id, message)
        audited(place, house, asker, "webhook.tried", webhook_id)
    house.courier.send_now(webhook, delivery_id)
    return get_webhook_delivery(webhook_id, delivery_id, house, asker)


@router.get("/{webhook_id}/deliveries", summary="The delivery log", response_model=Deliveries)
def list_webhook_deliveries(
    webhook_id: str,
    house: HouseHere,
    asker: Annotated[Principal, _MANAGE],
    state: Annotated[str | None, Query(pattern=f"^({'|'.join(STATES)})$", examples=["dead"])] = None,
    cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Return deliveries, newest first: kept for a week, those that nobody took for a month."""
    keyset = Keyset(house, "webhook deliveries", webhook_id, state, asker.tenant)
    begin = keyset.place(cursor)
    before = int(begin[0]) if begin else _NEWEST
    with house.reading() as place, place.database.snapshot():
        _found(place, webhook_id, asker)
        found = place.webhooks.deliveries(webhook_id, state=state, before=before, limit=limit + 1)
        numbers = place.webhooks.numbers(webhook_id)
    page = found[:limit]
    following = keyset.after(page[-1]["delivery_id"]) if len(found) > limit else None
    return answer({"items": [_outlined(delivery) for delivery in page], "next": following, **numbers})


@router.get("/{webhook_id}/deliveries/{delivery_id}", summary="One delivery", response_model=WholeDelivery)
def get_webhook_delivery(
    webhook_id: str, delivery_id: _Number, house: HouseHere, asker: Annotated[Principal, _MANAGE]
) -> Response:
    """Return one delivery with its attempts and what is sent."""
    with house.reading() as place, place.database.snapshot():
        _found(place, webhook_id, asker)
        found = _delivery(place, webhook_id, delivery_id)
    body = shown(json.loads(found["body"]), asker, house.secret.reference)
    return answer({**_outlined(found), "log": found["log"], "body": body})


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay", summary="Send one again", response_model=Replayed)
def replay_webhook_delivery(
    webhook_id: str, delivery_id: _Number, house: HouseHere, asker: Annotated[Principal, _MANAGE]
) -> Response:
    """Send one delivery again that nobody took, with the same `webhook-id`."""
    with house.writing() as place:
        _found(place, webhook_id, asker)
        state = _delivery(place, webhook_id, delivery_id)["state"]
        if not place.webhooks.replay(webhook_id, house.clock.now_ms(), delivery_id):
            raise ApiError(CONFLICT, f"the delivery is {state}", expected="one that is dead")
        audited(place, house, asker, "webhook.replayed", webhook_id, delivery_id=delivery_id)
    return answer({"replayed": 1})


@router.post("/{webhook_id}/replay", summary="Send all dead letters again", response_model=Replayed)
def replay_webhook(webhook_id: str, house: HouseHere, asker: Annotated[Principal, _MANAGE]) -> Response:
    """Send all deliveries again that nobody took, oldest first, each with the same `webhook-id` as before."""
    with house.writing() as place:
        _found(place, webhook_id, asker)
        count = place.webhooks.replay(webhook_id, house.clock.now_ms())
        audited(place, house, asker, "webhook.replayed", webhook_id, deliveries=count)
    return answer({"replayed": count})


def _found(place: Workplace, webhook_id: str, asker: Principal) -> dict[str, Any]:
    webhook = place.webhooks.get(webhook_id)
    if webhook is None or not asker.sees(webhook["tenant"]):
        raise ApiError(NO_SUCH_NAME, "there is no such webhook")
    return webhook


def _delivery(place: Workplace, webhook_id: str, delivery_id: int) -> dict[str, Any]:
    delivery = place.webhooks.delivery(webhook_id, delivery_id)
    if delivery is None:
        raise ApiError(NO_SUCH_NAME, "there is no such delivery")
    return delivery


def _answered(said: dict[str, Any]) -> Response:
    return answer(said, 200, {"ETag": tag_of(said)})


def _outlined(delivery: dict[str, Any]) -> dict[str, Any]:
    said = {name: delivery[name] for name in Delivery.model_fields}
    return said | {"next_at_ms": delivery["next_at_ms"] if delivery["state"] == "waiting" else None}


def _said(webhook: dict[str, Any]) -> dict[str, Any]:
    said = {name: webhook[name] for name in Webhook.model_fields if name in webhook}
    return said | {"old_secret_until_ms": webhook["before_until_ms"]}


def _check(house: House, url: str, kinds: list[str]) -> None:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        what = f"there is no kind {unknown[0]!r:.80}" if unknown else "no kind is named"
        raise ApiError(BAD_REQUEST, what, expected=", ".join(KINDS))
    try:
        safe_http(house.settings).check(url)
    except DependencyError as error:  # now, the caller can mend it; at a delivery it is nobody's fault
        raise ApiError(error.code, error.what, status=422) from None


def _check_reveals(asker: Principal, *, reveals: bool) -> None:
    if reveals and not asker.reveals:
        raise ApiError(NOT_ALLOWED, "numbers are sent unmasked only for a reason", expected="a Ringfence-Reason")
