"""The server process: a house, its application and uvicorn, until a signal ends it."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from ringfence.api.app import make_app
from ringfence.api.logs import configure
from ringfence.api.protocol import BoundedProtocol
from ringfence.events.clock import SystemClock
from ringfence.events.errors import BAD_ARGUMENT, DependencyError
from ringfence.settings import Settings
from ringfence.wiring.access.people import first_link
from ringfence.wiring.house import House

DRAIN_S = 30
SWITCH_S = 0.0005  # that the engine keeps the interpreter while a request waits for it; by default it is ten times that


def serve(settings: Settings, *, with_engine: bool, started: Callable[[str, str], None]) -> None:
    """Serve a home folder until SIGTERM or SIGINT; `started` is called once it is ready.

    It is given the address and, as long as there is no administrator who could sign in, the link that makes one: a new
    one at each start, as only a digest of it is kept.

    Raises:
        RingfenceError: the folder, a source or the address cannot be used, or the engine has ended by itself.
    """
    configure(settings.api.log_level)
    sys.setswitchinterval(SWITCH_S)
    listening = _listen(settings.api.host, settings.api.port)
    house = House(settings, SystemClock(), with_engine=with_engine)
    try:
        house.open()
    except BaseException:
        listening.close()
        raise
    server = _Server(
        house,
        uvicorn.Config(
            make_app(house),
            log_config=None,
            access_log=False,
            server_header=False,
            http=BoundedProtocol,
            ws="none",
            proxy_headers=bool(settings.api.trusted_proxies),
            forwarded_allow_ips=list(settings.api.trusted_proxies) or None,
            timeout_graceful_shutdown=DRAIN_S,
            h11_max_incomplete_event_size=64 << 10,
        ),
    )

    def end() -> None:
        server.should_exit = True

    house.on_failure = end
    host, port = listening.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    server.started_at = lambda: started(url, first_address(house, settings.api.public_url.rstrip("/") or url))
    server.run(sockets=[listening])
    if house.failure:
        raise house.failure


def first_address(house: House, url: str) -> str:
    """Return the link for the first administrator; nothing where there is one."""
    with house.writing() as place:
        link = first_link(place, house.clock.now_ms())
    return f"{url}/v1/first-start?token={link.token}" if link else ""


class _Server(uvicorn.Server):
    """A server that ends by itself after a signal: uvicorn's own would then end the process by that signal again."""

    def __init__(self, house: House, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._house = house

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let those go who listen for changes, then wait for the answers that are under way."""
        self._house.drain()
        await super().shutdown(sockets)

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
