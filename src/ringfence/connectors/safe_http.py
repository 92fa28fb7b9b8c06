"""HTTP to addresses that people name: never into private networks, unless the operator has named the host.

The name is resolved here, every address that it leads to is looked at, and the connection is made to one of those very
addresses, with the name in SNI, in Host and in the check of the certificate: a name that leads elsewhere a moment
later gains nothing. No redirects, no proxies from the environment, no cookies, limits on time and size.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Final

from ringfence.events.errors import FORBIDDEN_TARGET, UNREACHABLE_TARGET, DependencyError, UsageError

if TYPE_CHECKING:
    import httpx2

CONNECT_S: Final = 5.0
TOTAL_S: Final = 10.0
MOST_BYTES: Final = 1 << 20  # of an answer
DRAIN_S: Final = 1.0  # that an answer that nobody wants may take, so that the connection can be used again
DRAIN_BYTES: Final = 64 << 10
MOST_URL: Final = 2_048  # characters
MOST_TRIED: Final = 3  # addresses of one name
_URL: Final = re.compile(r"(https?)://(\[[^\]]*\]|[^/?#\[\]:]*)(?::(\d{1,5}))?([/?][!-~]*)?", re.IGNORECASE)
_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")  # what the C library takes for a part of an IPv4 address
_PRIVATE_NAMES: Final = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa", ".onion", ".test")
_REFUSED: Final = tuple(
    (ipaddress.ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "the network between a carrier and its customers"),
        ("127.0.0.0/8", "this machine itself"),
        ("169.254.0.0/16", "the local link, where clouds tell secrets"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "name servers of private addresses"),
        ("192.52.193.0/24", "multicast relays"),
        ("192.88.99.0/24", "6to4 relays"),
        ("192.168.0.0/16", "a private network"),
        ("192.175.48.0/24", "name servers of private addresses"),
        ("198.18.0.0/15", "benchmarks"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("168.63.129.16/32", "the host of a cloud"),
        ("2001::/23", "protocol assignments, Teredo among them"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
    )
)
_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")  # all that IPv6 has given out to the world
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], Sequence[str]]


def resolved(name: str) -> list[str]:
    """Return the addresses that a name leads to, by this machine's own means."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def refusal(address: Address) -> str | None:
    """Return what an address belongs to that may not be reached; None where it is in the public network."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return refusal(inner)
        if address not in _GLOBAL:
            return "no public network"
    return next((why for network, why in _REFUSED if address.version == network.version and address in network), None)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: as it was named, and the addresses that the name leads to now."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return what the server is to see as its own name: host, and port where it is not the usual."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, how long it took, and as much of the body as was asked for."""

    status: int
    ms: int
    content: bytes


class SafeHttp:
    """Sends requests to addresses that people name.

    Args:
        allowed: hosts, as in a URL, that may be anywhere, and may be reached by http and on every port.
        resolve: how names are resolved.
        trusted: what certificates are checked with; by default, what this machine trusts.

    """

    def __init__(
        self, allowed: Collection[str] = (), resolve: Resolve = resolved, trusted: ssl.SSLContext | None = None
    ) -> None:
        self._allowed = frozenset(_canonical(host.strip().lower().strip("[]")) for host in allowed)
        self._resolve = resolve
        self._trusted = trusted

    def check(self, url: str) -> Target:
        """Return where a URL leads now.

        Raises:
            UsageError: it may not be reached (RF7025).
            DependencyError: its name leads nowhere (RF7026).
        """
        return asyncio.run(self.find(url))

    def get(self, url: str, headers: Mapping[str, str] | None = None, most_bytes: int = MOST_BYTES) -> Reply:
        """Return what an address answers to GET.

        Raises:
            UsageError: it may not be reached (RF7025).
            DependencyError: it cannot be, or answers too late or too much (RF7026).
        """
        return asyncio.run(self._alone("GET", url, headers or {}, b"", most_bytes))

    def post(self, url: str, headers: Mapping[str, str], body: bytes, most_bytes: int = MOST_BYTES) -> Reply:
        """Return what an address answers to POST; see `get`."""
        return asyncio.run(self._alone("POST", url, headers, body, most_bytes))

    async def _alone(self, method: str, url: str, headers: Mapping[str, str], body: bytes, most: int) -> Reply:
        async with self.connections() as transport:
            return await self.send(transport, method, url, headers, body, most)

    @asynccontextmanager
    async def connections(self) -> AsyncIterator[httpx2.AsyncHTTPTransport]:
        """Yield what keeps connections for several requests to one host: never share it between hosts."""
        import httpx2  # noqa: PLC0415 - 90 ms that a server without webhooks need not spend

        if self._trusted is None:
            self._trusted = httpx2.create_ssl_context(trust_env=False)
        transport = httpx2.AsyncHTTPTransport(verify=self._trusted, trust_env=False)
        async with transport:
            yield transport

    async def send(
        self,
        transport: httpx2.AsyncHTTPTransport,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        most_bytes: int | None,
    ) -> Reply:
        """Send one request; see `get`. With no `most_bytes`, what the answer says is thrown away."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(TOTAL_S):
                target = await self.find(url)
                status, content = await _first_that_connects(transport, method, target, headers, body, most_bytes)
        except TimeoutError:
            raise DependencyError(UNREACHABLE_TARGET, f"no answer within {TOTAL_S:.0f} s") from None
        return Reply(status, int((time.perf_counter() - begun) * 1000), content)

    async def find(self, url: str) -> Target:
        """Return where a URL leads now; see `check`."""
        target, is_allowed = self._read(url)
        found = [target.host] if _address(target.host) else await self._addresses(target.host)
        for text in found:
            address = _address(text)
            why = refusal(address) if address else "no address"
            if why and not is_allowed:
                raise UsageError(FORBIDDEN_TARGET, f"{target.host} leads to {why}", expected="a public address")
        return Target(target.scheme, target.host, target.port, target.path, tuple(found))

    def _read(self, url: str) -> tuple[Target, bool]:
        found = _URL.fullmatch(url) if len(url) <= MOST_URL else None
        if found is None or "#" in url or "\\" in url:
            raise _forbidden(f"{url!r:.200} is no plain address", "https://HOST[:PORT]/PATH, no user and no #")
        scheme, host = found[1].lower(), _canonical(found[2].lower().removesuffix("."))
        is_allowed = host.strip("[]") in self._allowed
        port = int(found[3] or (443 if scheme == "https" else 80))
        path = found[4] or "/"
        path = path if path.startswith("/") else f"/{path}"
        target = Target(scheme, _host(host), port, path)
        if not is_allowed:
            _check_public(target)
        return target, is_allowed

    async def _addresses(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def look() -> None:
            try:
                found: list[str] | OSError = list(self._resolve(host))
            except (OSError, UnicodeError) as error:
                found = error if isinstance(error, OSError) else OSError(str(error))
            with suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(tell, found)

        def tell(found: list[str] | OSError) -> None:
            if answer.done():
                return
            if isinstance(found, OSError):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        Thread(target=look, name="resolve", daemon=True).start()  # it cannot be called off, and must hold nobody up
        try:
            addresses = await asyncio.wait_for(answer, CONNECT_S)
        except (OSError, TimeoutError):
            addresses = []
        if not addresses:
            raise DependencyError(UNREACHABLE_TARGET, f"{host} leads to no address")
        return addresses


def _forbidden(what: str, expected: str) -> UsageError:
    return UsageError(FORBIDDEN_TARGET, what, expected=expected)


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _canonical(host: str) -> str:
    """Return an address in the one way to write it; a name as it is."""
    address = _address(host.strip("[]"))
    if address is None:
        return host
    return f"[{address}]" if host.startswith("[") else str(address)


def _host(written: str) -> str:
    """Return a name or an address, or refuse what other programs may read as another address than we do."""
    if written.startswith("["):
        if (address := _address(written.strip("[]"))) is None or address.version != 6 or "%" in written:
            raise _forbidden(f"{written!r:.200} is no IPv6 address", "[2001:...] with no zone")
        return str(address)
    if not _NAME.fullmatch(written):
        raise _forbidden(f"{written!r:.200} is no name of a host", "letters, digits, - and . (xn-- for others)")
    if _NUMBER.fullmatch(written.rpartition(".")[2]) and _address(written) is None:
        raise _forbidden(f"{written!r:.200} is no plain IPv4 address", "four decimal numbers")
    return written


def _check_public(target: Target) -> None:
    if target.scheme != "https":
        raise _forbidden("http can be read and changed on its way", "https")
    if not (target.port == 443 or 1024 <= target.port <= 65_535):
        raise _forbidden(f"port {target.port} is another service's", "443, or one from 1024 on")
    is_private = "." not in target.host or target.host.endswith(_PRIVATE_NAMES)
    if is_private and _address(target.host) is None:
        raise _forbidden(f"{target.host} is a name of a private network", "a public name")


async def _first_that_connects(
    transport: httpx2.AsyncHTTPTransport,
    method: str,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    most_bytes: int | None,
) -> tuple[int, bytes]:
    import httpx2  # noqa: PLC0415 - see `connections`

    for number, address in enumerate(target.addresses[:MOST_TRIED], 1):
        request = httpx2.Request(
            method,
            f"{target.scheme}://{f'[{address}]' if ':' in address else address}:{target.port}{target.path}",
            headers={**headers, "Host": target.name, "Accept-Encoding": "identity"},
            content=body or None,
            extensions={
                "sni_hostname": target.host,
                "timeout": {"connect": CONNECT_S, "read": TOTAL_S, "write": TOTAL_S, "pool": TOTAL_S},
            },
        )
        try:
            answer = await transport.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            if number < min(len(target.addresses), MOST_TRIED):
                continue  # a name may have addresses of both kinds, and this machine a way to one of them
            raise _unreached(error) from None
        except httpx2.TransportError as error:
            raise _unreached(error) from None
        return answer.status_code, await _content(answer, most_bytes)
    raise AssertionError("no address")


def _unreached(error: Exception) -> DependencyError:
    return DependencyError(UNREACHABLE_TARGET, f"{type(error).__name__}: {error}"[:200])


async def _content(answer: httpx2.Response, most_bytes: int | None) -> bytes:
    import httpx2  # noqa: PLC0415 - see `connections`

    try:
        if most_bytes is not None:
            return await _read_answer(answer, most_bytes)
        with suppress(TimeoutError, httpx2.TransportError, DependencyError):
            async with asyncio.timeout(DRAIN_S):
                await _read_answer(answer, DRAIN_BYTES)
        return b""
    except httpx2.TransportError as error:
        raise _unreached(error) from None
    finally:
        await answer.aclose()


async def _read_answer(answer: httpx2.Response, most_bytes: int) -> bytes:
    content = bytearray()
    async for part in answer.aiter_raw():
        content += part
        if len(content) > most_bytes:
            raise DependencyError(UNREACHABLE_TARGET, f"the answer has more than {most_bytes:,} bytes")
    return bytes(content)
