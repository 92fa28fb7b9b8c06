"""Traces of requests, where OpenTelemetry is configured: as FastAPI makes them, without the numbers of subscribers."""

from __future__ import annotations

from starlette.types import Scope

from ringfence.api.logs import masked_in_log


def mask_trace(scope: Scope) -> None:
    """Have the trace of a request tell its address masked; where nothing is traced, do nothing."""
    if scope.get("fastapi.telemetry") is None:
        return
    from opentelemetry import trace  # noqa: PLC0415 - only where somebody traces

    span = trace.get_current_span()
    span.set_attribute("url.path", masked_in_log(scope["path"]))
    if scope["query_string"]:
        span.set_attribute("url.query", masked_in_log(scope["query_string"].decode("latin-1")))
