"""People who sign in to a real server, as their browsers would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from .serving import Server

PASSWORD = "three grey owls on a mast"  # noqa: S105 - of people who are made up


@dataclass
class Somebody:
    """A person with a browser: its cookies, and what was said at sign-in."""

    name: str
    browser: httpx2.Client
    me: dict[str, Any]

    @property
    def token(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.me["csrf_token"]}

    def get(self, path: str, **how: Any) -> httpx2.Response:
        return self.browser.get(path, **how)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        return self.browser.post(path, json=body, headers=self.token | headers)

    def patch(self, path: str, body: Any, etag: str = "*") -> httpx2.Response:
        return self.browser.patch(path, json=body, headers=self.token | {"If-Match": etag})

    def delete(self, path: str) -> httpx2.Response:
        return self.browser.delete(path, headers=self.token)


def browser(server: Server, **how: Any) -> httpx2.Client:
    """Return a browser of nobody. It keeps no connection open, so that none is left open at the end."""
    return httpx2.Client(base_url=server.url, timeout=30, limits=httpx2.Limits(max_keepalive_connections=0), **how)


def sign_in(server: Server, name: str, password: str = PASSWORD, code: str | None = None) -> Somebody:
    ours = browser(server)
    answer = ours.post("/v1/sessions", json={"name": name, "password": password, "code": code})
    assert answer.status_code == 201, answer.text
    return Somebody(name, ours, answer.json())


def first(server: Server, name: str = "root") -> Somebody:
    """Make the first administrator, and sign them in."""
    with server.client() as nobody:
        made = nobody.post(server.first_start, json={"name": name, "password": PASSWORD})
    assert made.status_code == 201, made.text
    return sign_in(server, name)


def invited(admin: Somebody, name: str, role: str = "analyst", **more: Any) -> dict[str, Any]:
    answer = admin.post("/v1/people", {"name": name, "role": role, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def joined(server: Server, admin: Somebody, name: str, role: str = "analyst", **more: Any) -> Somebody:
    """Invite somebody, who sets a password and signs in."""
    link = invited(admin, name, role, **more)["link"]
    with server.client() as nobody:
        assert nobody.post(link, json={"password": PASSWORD}).status_code == 200
    return sign_in(server, name)
