"""What Prometheus reads."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client.exposition import choose_encoder

from ringfence.api.answers import NO_STORE
from ringfence.api.asking import May, Principal, house_of, principal_of

router = APIRouter(tags=["operation"])
EXAMPLE: Final = 'ringfence_records_total{source="switch",outcome="accepted"} 6.0\n'
OPEN_METRICS: Final = "application/openmetrics-text"
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class MayOrIsHere(May):
    """Lets those pass who hold a permission and, where that is turned on, programs on this machine."""

    def __call__(self, request: Request) -> Principal:
        """Return who asks, if they may.

        Raises:
            ApiError: it is not known who asks (RF7001), or they may not (RF7002).
        """
        if house_of(request).settings.api.metrics_open and is_here(request):
            return principal_of(request)
        return super(MayOrIsHere, self).__call__(request)


def is_here(request: Request) -> bool:
    """Return whether a request comes from this machine, and not through a proxy on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


@router.get(
    "/metrics",
    summary="The metrics, for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "The metrics",
            "content": {
                "text/plain": {"schema": {"type": "string"}, "example": EXAMPLE},
                OPEN_METRICS: {"schema": {"type": "string"}, "example": EXAMPLE + "# EOF\n"},
            },
        }
    },
)
def read_metrics(request: Request, asker: Annotated[Principal, Depends(MayOrIsHere("metrics.read"))]) -> Response:
    """Return the metrics in the text format, or in that of OpenMetrics for whoever accepts it."""
    encode, media = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(request.app.state.metrics.registry), headers={**NO_STORE, "content-type": media})
