"""What a server needs to find out who asks: put together once from settings, the clock and the secret of the home."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.events.clock import Clock
from ringfence.events.errors import UNREADABLE_FILE, DependencyError
from ringfence.settings import AccessSection, Settings
from ringfence.wiring.access.attempts import Attempts
from ringfence.wiring.access.oidc_people import Reading
from ringfence.wiring.access.passwords import Passwords
from ringfence.wiring.access.signing_in import SecondFactor
from ringfence.wiring.secrets_of_home import Secret

if TYPE_CHECKING:
    from ringfence.wiring.access.oidc import Provider


@dataclass(slots=True)
class Front:
    """Passwords, second factors, attempts, and the identity provider where there is one."""

    second_factor: SecondFactor
    provider: Provider | None
    reading: Reading
    passwords: Passwords = field(default_factory=Passwords)
    attempts: Attempts = field(default_factory=Attempts)

    @classmethod
    def of(cls, settings: Settings, secret: Secret, clock: Clock) -> Front:
        """Put it together.

        Raises:
            DependencyError: a file that the settings name cannot be read (RF4002).
        """
        access = settings.access
        reading = Reading(access.oidc_role_claim, access.oidc_roles, access.oidc_tenant_claim)
        return cls(SecondFactor(secret), _provider(access, settings.folder, clock), reading)


def _provider(access: AccessSection, home: Path, clock: Clock) -> Provider | None:
    if not access.oidc_issuer:
        return None
    from ringfence.wiring.access.oidc import Client, Provider  # noqa: PLC0415 - 4 MB that few installations need

    secret = access.oidc_client_secret
    if access.oidc_client_secret_file:
        path = home / access.oidc_client_secret_file
        try:
            secret = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from None
    trusted = None
    if access.oidc_ca_file:
        path = home / access.oidc_ca_file
        try:
            trusted = ssl.create_default_context(cafile=str(path))
        except OSError as error:  # an SSLError is one
            raise _unreadable(path, error) from None
    client = Client(access.oidc_issuer, access.oidc_client_id, secret, access.oidc_scopes)
    return Provider(client, clock, trusted)


def _unreadable(path: Path, error: Exception) -> DependencyError:
    what = f"it cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
    return DependencyError(UNREADABLE_FILE, what, where=str(path))
