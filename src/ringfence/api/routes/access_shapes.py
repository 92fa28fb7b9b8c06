"""The shapes of people, sessions and keys in requests and answers, with an example of each field."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ringfence.wiring.access.passwords import LEAST, MOST
from ringfence.wiring.access.people import NAME

PERSON: Final = "5f3c1a2b9d0e4f61"
SESSION: Final = "0c5f1e1b8f7e4d1a"
KEY: Final = "5f3c1a2b9d0e"
LINK: Final = "https://ringfence.example/v1/links?token=4uCBVwJq3Yc8l0mK5pTzXr1N2s7D9fGh6AeWbQoRtLk"
Id = Annotated[str, Field(pattern="^[0-9a-f]{1,32}$")]
Role = Literal["viewer", "analyst", "senior", "rule_author", "admin", "auditor"]
Name = Annotated[str, Field(pattern=NAME, examples=["ana"])]
Tenant = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["acme"])]
Token = Annotated[str, Field(min_length=1, max_length=200, examples=["4uCBVwJq3Yc8l0mK5pTzXr1N2s7D9fGh6AeWbQoRtLk"])]
Password = Annotated[str, Field(min_length=1, max_length=1_024, examples=["three grey owls on a mast"])]
Code = Annotated[str, Field(min_length=1, max_length=64, examples=["492039"])]
NewPassword = Annotated[
    str,
    Field(max_length=1_024, examples=["three grey owls on a mast"], description=f"{LEAST} to {MOST} characters."),
]


class Asked(BaseModel):
    """A body of a request: names that are not known are errors."""

    model_config = ConfigDict(extra="forbid")


class SignIn(Asked):
    """What proves who somebody is."""

    name: str = Field(min_length=1, max_length=64, examples=["ana"])
    password: Password
    code: Code | None = Field(
        None, description="Of the authenticator app, or one for recovery; asked for with `needs`: `code`."
    )


class Me(BaseModel):
    """Who asks, and what they may do."""

    name: str = Field(examples=["ana"])
    via: Literal["session", "key"] = Field(examples=["session"])
    role: Role | None = Field(description="Of a person; keys have permissions of their own.", examples=["analyst"])
    tenant: str | None = Field(description="Whose things they see; null: all.", examples=[None])
    permissions: list[str] = Field(examples=[["alerts.decide", "alerts.read"]])
    person_id: str | None = Field(examples=[PERSON])
    session_id: str | None = Field(examples=[SESSION])
    csrf_token: str | None = Field(
        description="What a session's changes show as `X-CSRF-Token`.", examples=["9f86d081884c7d659a2feaa0c55ad015"]
    )
    needs_totp: bool = Field(description="Nothing is allowed until a second factor is set up.", examples=[False])


class Session(BaseModel):
    """One session of one's own."""

    session_id: str = Field(examples=[SESSION])
    via: str = Field(description="password or provider", examples=["password"])
    address: str = Field(examples=["192.0.2.7"])
    agent: str = Field(examples=["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"])
    created_at_ms: int = Field(examples=[1_767_225_600_000])
    seen_at_ms: int = Field(description="To the minute.", examples=[1_767_229_200_000])
    expires_at_ms: int = Field(description="If it is not used any more.", examples=[1_767_272_400_000])
    is_current: bool = Field(examples=[True])


class Sessions(BaseModel):
    """Sessions, the newest first."""

    items: list[Session]


class PasswordChange(Asked):
    """The password until now, and the new one."""

    old: Password
    new: NewPassword


class Proof(Asked):
    """That it is still oneself: the password and, where a second factor is in force, a code."""

    password: Password
    code: Code | None = Field(None, examples=["492039"])


class TotpCode(Asked):
    """A code of the app."""

    code: Code


class NewTotp(BaseModel):
    """The secret of an authenticator app, shown once; it counts when a code of it has confirmed it."""

    secret: str = Field(examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    uri: str = Field(
        description="For the app, as a picture.",
        examples=["otpauth://totp/Ringfence%3Aana?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Ringfence"],
    )


class RecoveryCodes(BaseModel):
    """Codes that each count once in place of one of the app, shown once."""

    recovery_codes: list[str] = Field(examples=[["MFRG-GZDF-MZTW-Q2LK"]])


class Invitation(Asked):
    """Somebody who is to have access."""

    name: Name
    role: Role = Field(examples=["analyst"])
    tenant: Tenant | None = Field(None, description="Whose things they see; null: all.", examples=[None])
    needs_totp: bool = Field(False, description="Whether they may do nothing without a second factor.")


class PersonChange(Asked):
    """What is to be different; what is left out stays."""

    role: Role | None = Field(None, examples=["senior"])
    tenant: Tenant | None = Field(None, description="null: all, for who sees all.", examples=["acme"])
    needs_totp: bool | None = Field(None, examples=[True])
    disabled: bool | None = Field(None, description="Who is disabled is signed out at once.", examples=[False])


class ResetPerson(Asked):
    """What is forgotten besides the password."""

    totp: bool = Field(False, description="Whether the second factor is forgotten, too; that signs them out.")


class PersonShape(BaseModel):
    """Somebody with access."""

    person_id: str = Field(examples=[PERSON])
    name: str = Field(examples=["ana"])
    role: Role = Field(examples=["analyst"])
    tenant: str | None = Field(examples=[None])
    needs_totp: bool = Field(examples=[False])
    has_totp: bool = Field(examples=[True])
    has_password: bool = Field(description="false: the invitation was not used yet.", examples=[True])
    provider: str | None = Field(description="The identity provider that vouches for them.", examples=[None])
    created_by: str = Field(examples=["ben"])
    created_at_ms: int = Field(examples=[1_767_225_600_000])
    signed_in_at_ms: int | None = Field(examples=[1_767_229_200_000])
    disabled_at_ms: int | None = Field(examples=[None])


class People(BaseModel):
    """People, by name."""

    items: list[PersonShape]
    next: str | None = Field(examples=[None])


class PersonLink(BaseModel):
    """A one-time link: whoever has it sets the password. It is shown once."""

    person: PersonShape
    link: str = Field(examples=[LINK])
    link_expires_at_ms: int = Field(examples=[1_767_312_000_000])


class EndedSessions(BaseModel):
    """How many sessions have ended."""

    ended: int = Field(examples=[2])


class FirstAdministrator(Asked):
    """The first administrator."""

    name: Name
    password: NewPassword


class LinkPassword(Asked):
    """The password that a link sets."""

    password: NewPassword


class LinkAbout(BaseModel):
    """What a one-time link is for."""

    purpose: Literal["first start", "invitation", "reset"] = Field(examples=["invitation"])
    name: str | None = Field(description="Whose password it sets.", examples=["ana"])
    expires_at_ms: int = Field(examples=[1_767_312_000_000])
    how: str = Field(examples=['POST {"password": "..."} to this address'])


class NewKey(Asked):
    """What a key may do, for whom, and how long."""

    name: str = Field(
        min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$", examples=["switch"], title="Name"
    )
    permissions: list[str] = Field(
        min_length=1, max_length=50, description="Some of one's own.", examples=[["events.write"]]
    )
    tenant: Tenant | None = Field(None, description="Whose things it sees; null: as oneself.", examples=[None])
    days: int = Field(90, ge=1, le=365, description="Until it ends.", examples=[90])


class Key(BaseModel):
    """An API key without its secret part."""

    key_id: str = Field(examples=[KEY])
    name: str = Field(examples=["switch"])
    permissions: list[str] = Field(examples=[["events.write"]])
    tenant: str | None = Field(examples=[None])
    owner: str = Field(examples=["ana"])
    created_at_ms: int = Field(examples=[1_767_225_600_000])
    expires_at_ms: int | None = Field(examples=[1_775_001_600_000])
    revoked_at_ms: int | None = Field(examples=[None])


class Keys(BaseModel):
    """API keys, oldest first."""

    items: list[Key]
    next: str | None = Field(examples=[None])


class MadeKey(Key):
    """A new key, shown once: send it as `Authorization: Bearer KEY`."""

    key: str = Field(examples=["rfk_5f3c1a2b9d0e_4uCBVwJq3Yc8l0mK5pTzXr1N2s7D9fGh6AeWbQoRtLk"])


class ProviderAbout(BaseModel):
    """Whether people may sign in through an identity provider."""

    enabled: bool = Field(examples=[True])
    issuer: str | None = Field(examples=["https://login.example.com"])
    sign_in: str | None = Field(description="Where a browser begins.", examples=["/v1/oidc/sign-in"])
