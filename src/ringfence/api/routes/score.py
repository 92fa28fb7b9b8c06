"""A verdict on one event."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from ringfence.api.answers import answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.direct import Direct
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError, request_id
from ringfence.events.errors import BAD_REQUEST, FAULT, UNKNOWN_MEDIA, DependencyError, UsageError
from ringfence.wiring.house import House
from ringfence.wiring.scoring import Record, Scorer, nothing_told

router = APIRouter(prefix="/v1/score", tags=["score"], route_class=Direct)
MEDIA: Final = frozenset({"application/json", "application/x-ndjson", "application/ndjson", ""})
MOST_DEADLINE_MS: Final = 10_000
EXAMPLE: Final = {
    "kind": "call",
    "caller": "31612345678",
    "callee": "882345678901",
    "trunk_out": "intl-1",
    "duration_ms": 0,
    "event_id": "4f1d2c3b4a59687786958493a2b1c0df",
}
_ID: Final = "8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
_LOG: Final = structlog.get_logger("ringfence.score")


class ScoreReason(BaseModel):
    """One thing that the verdict rests on."""

    feature: str = Field(examples=["charge_micros_1h"])
    value: float | int | str | bool | None = Field(examples=[84_000_000])
    usual: float | None = Field(examples=[1_200_000.0])
    text: str = Field(examples=["charges 84.00 EUR in an hour; usually about 1.20 EUR"])
    contribution: float | None = Field(examples=[0.7])


class ScoreMoney(BaseModel):
    """What is at stake, in millionths of `currency`; null where it is not known."""

    charge_micros: int | None = Field(description="This event's charge.", examples=[2_400_000])
    money_micros: int | None = Field(
        description="What the episode has cost with this event; without one, this event's charge.",
        examples=[86_400_000],
    )
    money_per_hour_micros: int | None = Field(
        description="What the entity's last hour cost; without an episode, the caller's.", examples=[84_000_000]
    )
    currency: str | None = Field(examples=["EUR"])


class ScoreAlert(BaseModel):
    """An episode that the event would begin or go on with."""

    detector: str = Field(examples=["irsf_charges"])
    revision: int = Field(examples=[1])
    fraud: str = Field(examples=["irsf"])
    severity: str = Field(examples=["high"])
    score: float = Field(examples=[0.75])
    entity_kind: str = Field(examples=["caller"])
    entity: str = Field(examples=["31612******"])
    entity_ref: str | None = Field(None, examples=["e_3f2a1b0c"])
    matches: int = Field(description="Events that match, with this one.", examples=[3])
    evidence: int = Field(description="How many of them make an alert.", examples=[3])
    is_raised: bool = Field(description="Whether there is an alert then.", examples=[True])
    is_suppressed: bool = Field(description="Whether it is kept out of the queue.", examples=[False])
    alert_id: str | None = Field(description="Of the alert, if there is one then.", examples=[_ID])
    episode_start_ms: int = Field(examples=[1_767_225_000_000])
    money_micros: int = Field(examples=[86_400_000])


class Verdict(BaseModel):
    """What the stream would say of an event if it came next."""

    verdict: Literal["allow", "review", "block"] = Field(examples=["block"])
    score: float | None = Field(description="Of the worst alert, 0 to 1; null without one.", examples=[0.75])
    fraud: str | None = Field(examples=["irsf"])
    severity: str | None = Field(examples=["high"])
    reasons: list[ScoreReason] = Field(description="Five at most, the worst first.")
    money: ScoreMoney | None
    alerts: list[ScoreAlert] = Field(description="Rules in shadow are left out.")
    event_id: str | None = Field(examples=[EXAMPLE["event_id"]])
    at_ms: int | None = Field(
        description="The moment that it was judged at: its own, or the engine's present if that is later.",
        examples=[1_767_225_600_000],
    )
    as_of_ms: int | None = Field(description="Events up to then have been counted.", examples=[1_767_225_598_000])
    known: bool | None = Field(description="Whether the caller was seen before.", examples=[True])
    detectors: list[str] = Field(description="Those that were asked.", examples=[["rules", "own_baseline"]])
    outcome: str | None = Field(
        None, description="With `keep`: accepted, duplicate, late; null where that is not known.", examples=["accepted"]
    )
    degraded: bool = Field(description="Whether something could not be done; `verdict` may be `on_failure` then.")
    degraded_reason: str | None = Field(None, description="Which, and its code.")
    took_us: int = Field(description="Microseconds in this process.", examples=[420])


class _Options:
    """What the address says."""

    def __init__(self, house: House, query: str) -> None:
        said = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        self.keep = _one(said, "keep", {"true": True, "1": True, "false": False, "0": False}, default=False)
        self.on_failure: str | None = _one(said, "on_failure", {"allow": "allow", "block": "block"}, default=None)
        self.deadline_ms = house.settings.api.score_deadline_ms
        if (text := said.get("deadline_ms")) is not None:
            if not text.isascii() or not text.isdecimal() or len(text) > 5 or not 1 <= int(text) <= MOST_DEADLINE_MS:
                raise _wrong("deadline_ms", f"a whole number, 1 to {MOST_DEADLINE_MS}")
            self.deadline_ms = int(text)


def _one(said: dict[str, str], name: str, words: dict[str, Any], *, default: Any) -> Any:
    text = said.get(name)
    if text is None:
        return default
    if text not in words:
        raise _wrong(name, " or ".join(words))
    return words[text]


def _wrong(name: str, expected: str) -> ApiError:
    what = f"{name} cannot be read"
    return ApiError(BAD_REQUEST, what, expected=expected, errors=[{"pointer": f"/query/{name}", "what": what}])


@router.post(
    "",
    summary="Ask for a verdict on one event",
    response_model=Verdict,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object", "description": "The columns of an event, as in a line of NDJSON."},
                    "example": EXAMPLE,
                }
            },
        }
    },
)
async def score_event(
    request: Request,
    house: HouseHere,
    asker: Annotated[Principal, may("score.ask")],
    keep: Annotated[bool, Query(description="Let the event in, too, as if it was sent to /v1/events.")] = False,
    on_failure: Annotated[
        Literal["allow", "block"] | None,
        Query(description="What to answer where no verdict can be found in time; without it that is a 503."),
    ] = None,
    deadline_ms: Annotated[
        int | None, Query(ge=1, le=MOST_DEADLINE_MS, description="By when; else `api.score_deadline`.")
    ] = None,
) -> Response:
    """Say what the stream would say of an event if it came next: by the same features, rules and other detectors.

    Without `keep` nothing is left of the question. With it the event counts as if it had been sent to `/v1/events` with
    the source `score`; name it by `event_id`, and date it by `at_ms`, so that sending it again makes a duplicate. Where
    it is not known in time whether it is kept, the verdict stands, `outcome` is null and `degraded` is true.
    `at_ms` is now where it is left out. The verdict is `block` or `review` from the severities of
    `api.score_block` and `api.score_review` on, of alerts that would be there with this event.
    """
    del keep, on_failure, deadline_ms  # for the document: `_Options` reads them
    began = perf_counter_ns()
    options = _Options(house, request.scope["query_string"].decode("latin-1"))
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in MEDIA:
        raise ApiError(UNKNOWN_MEDIA, f"content type {media!r:.80}", expected="application/json")
    scorer: Scorer = request.app.state.scorer
    record = scorer.read(await request.body(), asker.tenant)
    found = await _answered(request, scorer, record, options, asker)
    found["took_us"] = (perf_counter_ns() - began) // 1000
    return answer(shown(found, asker, house.secret.reference))


async def _answered(
    request: Request, scorer: Scorer, record: Record, options: _Options, asker: Principal
) -> dict[str, Any]:
    try:
        found = await scorer.ask(record, options.deadline_ms)
    except Exception as error:
        found = nothing_told(record, _instead(request, error, options), _told(error))
    if not options.keep:
        return found
    try:
        found["outcome"] = await scorer.keep(record, asker.tenant, options.deadline_ms)
    except UsageError:
        raise
    except Exception as error:
        if not isinstance(error, DependencyError):
            _instead(request, error, options)
        found |= {"outcome": None, "degraded": True, "degraded_reason": found["degraded_reason"] or _told(error)}
    return found


def _instead(request: Request, error: Exception, options: _Options) -> str:
    """Return what to answer instead; where the caller did not say, the error is theirs."""
    if options.on_failure is None:
        raise error
    if not isinstance(error, DependencyError):
        _LOG.error("fault", request_id=request_id(request), error=type(error).__name__, exc_info=error)
    return options.on_failure


def _told(error: Exception) -> str:
    if isinstance(error, DependencyError):
        return f"{error.code}: {error.what}"
    return f"{FAULT}: something went wrong that should not"
