"""Addresses that people name lead into no private network."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ringfence.connectors.safe_http import SafeHttp, refusal
from ringfence.events.errors import RingfenceError
from tests.laws import examples

from .receiving import receiver
from .serving import Server

FORBIDDEN = "RF7025"
PUBLIC = "93.184.215.14"
ADDRESSES = [
    # this machine, as it can be written
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.01/",
    "https://127.255.255.254/",
    "https://0.0.0.0/",
    "https://0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    # private networks, and what carriers use inside
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/latest/meta-data/",
    "https://198.18.0.1/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[fec0::1]/",
    # the local link, where clouds tell secrets
    "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[::ffff:169.254.169.254]/",
    "https://2852039166/",
    "https://metadata.google.internal/",
    "https://metadata/",
    "https://168.63.129.16/",
    # addresses within addresses
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a00:1::1]/",
    "https://[2001:0:7f00:1::]/",
    # everybody, nobody
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://192.0.2.1/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[100::1]/",
    # what programs read in different ways
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1@example.com/",
    "https://user:word@example.com/",
    "https://example.com#@127.0.0.1/",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1%2f.example.com/",
    "https://127.0.0.1%00.example.com/",
    "https://１２７.０.０.１/",
    "https://①②⑦.0.0.1/",
    "https://127。0。0。1/",
    "https://ex\u00adample.com/",
    "https://exa mple.com/",
    "https://example.com\r\nhost: x/",
    "https://[::1/",
    "https://[127.0.0.1]/",
    "https:///etc/passwd",
    "https://:443/",
    "https:127.0.0.1/",
    "//127.0.0.1/",
    # other ways, other services
    "http://example.com/",
    "http://example.com:8443/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "data:text/plain,x",
    "https://example.com:22/",
    "https://example.com:25/",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://" + "a" * 3_000 + ".com/",
    "",
]
NAMES = [
    "10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.1.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "fd00::1",
    "64:ff9b::7f00:1", "2002:a00:1::1",
]  # fmt: skip


def refused(http: SafeHttp, url: str) -> str:
    with pytest.raises(RingfenceError) as caught:
        http.check(url)
    return caught.value.code


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_that_leads_inside_is_refused(url: str) -> None:
    assert refused(SafeHttp(resolve=lambda name: [PUBLIC]), url) == FORBIDDEN


@pytest.mark.parametrize("address", NAMES)
def test_a_name_that_leads_inside_is_refused_even_if_it_also_leads_outside(address: str) -> None:
    assert refused(SafeHttp(resolve=lambda name: [PUBLIC, address]), "https://example.com/") == FORBIDDEN
    assert refused(SafeHttp(resolve=lambda name: [address, PUBLIC]), "https://example.com/") == FORBIDDEN


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com./hook?x=1&y=%20",
        "HTTPS://Example.COM:8443/",
        f"https://{PUBLIC}/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://xn--bcher-kva.example.com/",
        "https://[64:ff9b::5db8:d70e]/",
    ],
)
def test_a_public_address_is_let_through(url: str) -> None:
    assert SafeHttp(resolve=lambda name: [PUBLIC]).check(url).addresses


def test_all_these_are_refused_when_a_webhook_is_saved_and_told_why(server: Server) -> None:
    with server.client("webhooks.manage") as client:
        for url in ADDRESSES:
            answer = client.post("/v1/webhooks", json={"url": url})
            said = answer.json()

            assert 400 <= answer.status_code < 500, url
            assert said["code"] in (FORBIDDEN, "RF7005"), url
            assert said["detail"], url
        assert client.get("/v1/webhooks").json()["items"] == []


@given(address=st.ip_addresses())
@examples(500)
def test_what_is_let_through_is_what_the_registry_calls_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if refusal(address) is None:
        inner = ipaddress.ip_address(int(address) & 0xFFFFFFFF) if address.version == 6 else address
        assert address.is_global or inner.is_global
        assert not address.is_multicast


def test_a_name_that_leads_elsewhere_the_second_time_gains_nothing() -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]
    with receiver() as inside:
        http = SafeHttp(resolve=lambda name: answers.pop(0))
        url = f"https://rebinding.example.com:{inside.port}/"

        assert http.check(url).addresses == (PUBLIC,)
        with pytest.raises(RingfenceError) as caught:
            http.post(url, {}, b"{}")
    assert caught.value.code == FORBIDDEN
    assert not inside.got


def test_the_connection_goes_to_the_address_that_was_looked_at_and_to_no_other() -> None:
    asked = []

    def resolve(name: str) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    with receiver() as allowed:
        reply = SafeHttp(["hooks.test"], resolve).post(f"http://hooks.test:{allowed.port}/x?y=1", {"a": "b"}, b"{}")

    assert (reply.status, reply.content) == (200, b"ok")
    assert asked == ["hooks.test"]
    assert (allowed.got[0].path, allowed.got[0].headers["host"]) == ("/x?y=1", f"hooks.test:{allowed.port}")


def test_a_host_that_is_allowed_opens_no_other(tmp_path: Path) -> None:
    http = SafeHttp(["10.1.2.3", "hooks.internal", "[::1]"], lambda name: ["10.1.2.3"])

    assert http.check("http://10.1.2.3:8080/").addresses == ("10.1.2.3",)
    assert http.check("http://HOOKS.internal/").addresses == ("10.1.2.3",)
    assert http.check("https://[0:0::1]/").addresses == ("::1",)
    for url in (
        "https://10.1.2.4/",
        "https://other.internal/",
        "https://hooks.example.com/",
        "http://10.1.2.3.nip.io/",
    ):
        assert refused(http, url) == FORBIDDEN


def test_no_proxy_of_the_environment_and_no_redirect_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as proxy, receiver() as allowed:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        allowed.answers, allowed.headers = [307], {"location": f"http://127.0.0.1:{proxy.port}/", "set-cookie": "a=b"}
        reply = SafeHttp(["127.0.0.1"]).post(allowed.url, {}, b"{}")

    assert reply.status == 307
    assert not proxy.got
    assert len(allowed.got) == 1


def test_an_answer_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as allowed, pytest.raises(RingfenceError) as caught:
        SafeHttp(["127.0.0.1"]).get(allowed.url.replace("/hook", "/"), {"content-length": "0"}, most_bytes=1)

    assert caught.value.code == "RF7026"


def certificate(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - a certificate is valid by the clock of this machine
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path, list[str | None]]]:
    """A server that speaks TLS as hooks.test: its port, its certificate, and the names that it was asked for."""
    file = certificate("hooks.test", tmp_path_factory.mktemp("tls"))
    names: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = lambda connection, name, of: names.append(name)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], file, names
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_certificate_is_checked_against_the_name_and_not_the_address(
    secure: tuple[int, Path, list[str | None]],
) -> None:
    port, file, names = secure
    trusted = ssl.create_default_context(cafile=str(file))
    http = SafeHttp(["hooks.test", "other.test"], lambda name: ["127.0.0.1"], trusted)

    assert http.get(f"https://hooks.test:{port}/").status == 204
    assert names == ["hooks.test"]
    with pytest.raises(RingfenceError, match=r"other\.test"):
        http.get(f"https://other.test:{port}/")
    with pytest.raises(RingfenceError, match="certificate verify failed"):
        SafeHttp(["hooks.test"], lambda name: ["127.0.0.1"]).get(f"https://hooks.test:{port}/")
