"""The log of a server: a JSON object a line on standard error, in which no subscriber's number ever stands.

Requests are told with the template of their route, never with their address; every run of seven or more digits in any
text is masked, whoever wrote it: a library, a trace of a fault, a source's name.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, Final

import msgspec
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor

from ringfence.api.asking import NOBODY, Principal

LEVELS: Final = ("debug", "info", "warning", "error")
_NUMBER: Final = re.compile(r"\d(?:[ .()/-]{0,2}\d){6,}")
_OURS: Final = frozenset({"time", "level", "request_id"})  # never a caller's words
_OF_MACHINES: Final = ("ms", "bytes", "count", "seq", "line", "port", "pid")  # ends of names of amounts
_MOST_TEXT: Final = 8_000  # characters of one value
_DEEPEST: Final = 6
Seen = Callable[[Scope, int, float], None]


def masked_in_log(text: str) -> str:
    """Return a text without any run of seven or more digits, however they are grouped: addresses neither."""
    return _NUMBER.sub(lambda found: "*" * len(found[0]), text)


def without_numbers(logger: Any, method: str, event: EventDict) -> EventDict:
    """Mask all values of an entry."""
    return {name: value if name in _OURS else _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        is_amount = name == "status" or name.endswith(_OF_MACHINES)
        return value if is_amount or abs(value) < 1_000_000 else masked_in_log(str(value))
    if isinstance(value, MutableMapping) and depth < _DEEPEST:
        return {masked_in_log(str(n))[:_MOST_TEXT]: _clean(str(n), v, depth + 1) for n, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and depth < _DEEPEST:
        return [_clean(name, one, depth + 1) for one in value]
    return masked_in_log(str(value))[:_MOST_TEXT]


def _dumps(entry: EventDict, **_: Any) -> str:
    return msgspec.json.encode(entry).decode()


def configure(level: str) -> None:
    """Send everything that is logged to standard error, as JSON: ours, uvicorn's, and faults that nobody caught."""
    number = getattr(logging, level.upper())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
    ]
    last: list[Processor] = [without_numbers, structlog.processors.JSONRenderer(serializer=_dumps)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    out = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    out.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, *last]))
    root = logging.getLogger()
    root.handlers[:] = [out]
    root.setLevel(max(number, logging.INFO))  # what libraries say for their own makers is not for a log
    logging.getLogger("ringfence").setLevel(number)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda found: _uncaught(
        found.exc_type, found.exc_value or found.exc_type(), found.exc_traceback
    )


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger("ringfence").error("fault", error=kind.__name__, exc_info=(kind, error, trace))


OFTEN: Final = frozenset({"/v1/score"})  # routes whose answers are told only where they are errors


class AccessLog:
    """Tells of each request: what it was, who asked, how it ended and how long it took."""

    def __init__(self, app: ASGIApp, now: Callable[[], float], begin: Callable[[Scope], None], seen: Seen) -> None:
        self.app = app
        self._now = now
        self._begin = begin  # is told before, too
        self._seen = seen  # and after
        self._log = structlog.get_logger("ringfence.request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0
        began = self._now()
        self._begin(scope)

        async def out(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, out)
        except Exception:
            status = status or 500
            raise
        finally:
            seconds = self._now() - began
            self._seen(scope, status, seconds)
            self._tell(scope, status, seconds)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        state = scope.get("state", {})
        principal: Principal = state.get("principal", NOBODY)
        route = template_of(scope)
        if route in OFTEN and status < 400:
            return  # counted, and not told: hundreds a second
        tell = self._log.error if status >= 500 else self._log.info
        tell(
            "request",
            request_id=state.get("request_id", ""),
            method=method_of(scope),
            route=route,
            status=status,
            ms=round(seconds * 1000, 3),
            principal=principal.name,
            tenant=principal.tenant,
        )


def template_of(scope: Scope) -> str:
    """Return the template of the route that a request has reached: never what stood in its place."""
    return str(getattr(scope.get("route"), "path", "none"))


def method_of(scope: Scope) -> str:
    """Return the method of a request, if it is one."""
    method = str(scope["method"])
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
