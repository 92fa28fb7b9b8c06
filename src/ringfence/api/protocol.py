"""HTTP as it comes from the socket, with a bound on the head of a request: the parser itself has none."""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES: Final = 64 << 10  # of the request line and all headers
MOST_HEADERS: Final = 200
TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class HeadTooLargeError(Exception):
    """The head of a request is too large."""


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection whose request has a head that is too large."""

    _head_bytes = 0  # of the present request
    _quiet_bytes = 0  # since the parser last said anything: of a field that does not end
    _heard = False

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._head_bytes, self._heard = 0, True

    def on_url(self, url: bytes) -> None:
        """Count a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, or what follows a body in pieces."""
        self._count(len(name) + len(value))
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            raise HeadTooLargeError

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, which has bounds elsewhere."""
        self._heard = True
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        """Take what came; a field that does not end is not waited for."""
        self._heard = False
        super().data_received(data)
        self._quiet_bytes = 0 if self._heard else self._quiet_bytes + len(data)
        if self._quiet_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def _count(self, size: int) -> None:
        self._heard = True
        self._head_bytes += size
        if self._head_bytes > MOST_HEAD_BYTES:
            raise HeadTooLargeError
