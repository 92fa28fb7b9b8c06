"""Identity providers on this machine: a real one in a process of its own, and one that says whatever a test wants."""

from __future__ import annotations

import hmac
import json
import socket
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
SMALL_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 - which is to be refused
EC = ec.generate_private_key(ec.SECP256R1())
SHARED = b"a secret that two share, of some length"
Sign = Callable[[bytes], bytes]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def real_provider(*users: dict[str, Any]) -> Iterator[str]:
    """Yield the issuer of a provider that runs as a process of its own."""
    port = free_port()
    words = [word for user in users for word in ("--user-claims", json.dumps(user))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), *words]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                httpx2.get(f"{issuer}/.well-known/openid-configuration", timeout=10).raise_for_status()
                break
            except httpx2.TransportError:
                assert process.poll() is None
        yield issuer
    finally:
        process.terminate()
        process.wait(30)


def b64(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def jwk(key: Any, **more: Any) -> dict[str, Any]:
    algorithm = "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256"
    known: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return known | more


def pem(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def rs256(key: rsa.RSAPrivateKey) -> Sign:
    return lambda said: key.sign(said, padding.PKCS1v15(), hashes.SHA256())


def es256(key: ec.EllipticCurvePrivateKey) -> Sign:
    def sign(said: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(said, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def hs256(secret: bytes) -> Sign:
    return lambda said: hmac.digest(secret, said, sha256)


def token(header: dict[str, Any], claims: Any, sign: Sign) -> str:
    """Return a token, whatever it says, as the libraries that make tokens would refuse to."""
    said = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}".encode()
    return f"{said.decode()}.{b64(sign(said))}"


@dataclass
class Forger:
    """A provider that gives any token, keys and documents that a test wants."""

    port: int = 0
    keys: list[dict[str, Any]] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)  # that differs from the usual one
    answer: Callable[[dict[str, str]], tuple[int, bytes]] = lambda form: (500, b"")  # to a code
    asked: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path == "/keys":
            return 200, json.dumps({"keys": self.keys}).encode()
        if path == "/.well-known/openid-configuration":
            usual = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
            return 200, json.dumps(usual | self.document).encode()
        return 404, b"{}"


@contextmanager
def forger() -> Iterator[Forger]:
    """Yield a provider that forges, running."""
    ours = Forger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*ours.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(*ours.answer(form | {"authorization": self.headers.get("authorization", "")}))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        ours.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield ours
        finally:
            server.shutdown()
            thread.join()


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
