"""The server process: a house, its application and uvicorn, until a signal ends it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from ringfence.api.app import make_app
from ringfence.events.clock import SystemClock
from ringfence.events.errors import BAD_ARGUMENT, DependencyError
from ringfence.settings import Settings
from ringfence.wiring.house import House

DRAIN_S = 30


def serve(settings: Settings, *, with_engine: bool, started: Callable[[str], None]) -> None:
    """Serve a home folder until SIGTERM or SIGINT; `started` is called with the address once it is ready.

    Raises:
        RingfenceError: the folder, a source or the address cannot be used, or the engine has ended by itself.
    """
    listening = _listen(settings.api.host, settings.api.port)
    house = House(settings, SystemClock(), with_engine=with_engine)
    try:
        house.open()
    except BaseException:
        listening.close()
        raise
    server = _Server(
        uvicorn.Config(
            make_app(house),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.api.trusted_proxies),
            forwarded_allow_ips=list(settings.api.trusted_proxies) or None,
            timeout_graceful_shutdown=DRAIN_S,
            h11_max_incomplete_event_size=64 << 10,
        )
    )

    def end() -> None:
        server.should_exit = True

    house.on_failure = end
    host, port = listening.getsockname()[:2]
    server.started_at = lambda: started(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    server.run(sockets=[listening])
    if house.failure:
        raise house.failure


class _Server(uvicorn.Server):
    """A server that ends by itself after a signal: uvicorn's own would then end the process by that signal again."""

    started_at: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        if self.started:
            self.started_at()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Have signals end the server, until it has ended."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    """Take the address before anything is opened: whoever cannot have it is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise DependencyError(
            BAD_ARGUMENT,
            f"it cannot listen there: {error}",
            where=f"{host}:{port}",
            cure="Name another address with --host and --port.",
        ) from None
    return listening
