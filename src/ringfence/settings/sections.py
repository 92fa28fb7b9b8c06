"""Every setting: its name, kind, default and meaning, as data and as types.

`ringfence.toml`, the environment, `ringfence config` and docs/reference/settings.md all follow from these
classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar

from ringfence.settings import values
from ringfence.settings.values import Kind

Value = TypeVar("Value")

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
ROLE_NAMES: Final = ("viewer", "analyst", "senior", "rule_author", "admin", "auditor")


@dataclass(frozen=True, slots=True)
class Setting:
    """What there is to know about one setting.

    Args:
        section: the table of `ringfence.toml`.
        name: the key in that table.
        attribute: the field of the section's class; it carries the unit.
        kind: how it is read.
        default: the value if nothing is said.
        meaning: what it does, in a sentence or two.

    """

    section: str
    name: str
    attribute: str
    kind: Kind
    default: Any
    meaning: str

    @property
    def path(self) -> str:
        """Return section and name: `engine.threads`."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """Return the environment variable that sets it: `RINGFENCE_ENGINE_THREADS`."""
        return f"RINGFENCE_{self.section}_{self.name}".upper()


def setting(default: Value, kind: Kind, meaning: str, *, name: str = "") -> Value:
    """Declare a field of a section; `name` is its key in TOML where that differs from the field's name."""
    declared: Value = field(default=default, metadata={"kind": kind, "meaning": meaning, "name": name})
    return declared


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSection:
    """Whose network this is: how numbers are written, when it is night, what money is counted in."""

    country: str = setting("NL", values.COUNTRY, "The country whose national writing of numbers the records use.")
    time_zone: str = setting(
        "Europe/Amsterdam",
        values.TIME_ZONE,
        "When it is night and weekend, and the zone in which times are shown. Where it is set, also the zone of times "
        "in records that name none, unless their source or their mapping says another.",
    )
    currency: str = setting("EUR", values.CURRENCY, "The currency of all money; the rate table's too.")
    plmns: tuple[str, ...] = setting(
        ("20408",), values.PLMNS, "The own mobile networks. Served by any other, a subscriber is roaming."
    )
    area_code: str = setting(
        "",
        values.DIGITS,
        "The area code, without its 0, of the place whose numbers are written without one (20 for Amsterdam).",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesSection:
    """What calls and messages cost."""

    file: str = setting(
        "",
        values.PATH,
        "CSV of rates by destination prefix, relative to the home folder. Empty: the example that is shipped, "
        "whose prices are invented.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSection:
    """How records become features and alerts on this machine."""

    shards: int = setting(
        0,
        values.whole(0, 1024),
        "Parts that the memory of all parties is divided into; 0: one for each thread. Changes no alert.",
    )
    threads: int = setting(
        0, values.whole(0, 1024), "Threads that work on the shards; 0: one for each core. Changes no alert."
    )
    lateness_files_ms: int = setting(
        10 * MINUTE_MS,
        values.DURATION,
        "How long after a later event an event of a file may still come and count.",
        name="lateness_files",
    )
    lateness_live_ms: int = setting(
        2 * SECOND_MS,
        values.DURATION,
        "The same for sources that are followed or streamed. Alerts come this much later.",
        name="lateness_live",
    )
    checkpoint_every_ms: int = setting(
        30 * SECOND_MS,
        values.DURATION,
        "Wall time between checkpoints; after a crash this much is done again.",
        name="checkpoint_every",
    )
    checkpoint_events: int = setting(
        1_000_000,
        values.whole(1_000, 1_000_000_000),
        "A checkpoint is also made after this many events, whatever the time.",
    )
    dedup_horizon_ms: int = setting(
        24 * HOUR_MS,
        values.DURATION,
        "How far back, in event time, a repeated record is known to be a duplicate.",
        name="dedup_horizon",
    )
    batch_rows: int = setting(
        16_384, values.whole(1, 1_000_000), "Events that travel together between the steps. Changes no alert."
    )
    cache_dir: str = setting(
        "",
        values.PATH,
        "Where compiled kernels are kept, relative to the home folder. Empty: `~/.cache/ringfence/kernels`.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSection:
    """Beyond these, a record goes to suspense."""

    max_record_bytes: int = setting(1_048_576, values.whole(256, 1_073_741_824), "The largest record, in bytes.")
    max_call_ms: int = setting(24 * HOUR_MS, values.DURATION, "The longest believable call.", name="max_call")
    max_future_ms: int = setting(
        5 * MINUTE_MS,
        values.DURATION,
        "How far ahead of this machine's clock a record may be dated.",
        name="max_future",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySection:
    """Events kept in Parquet, for explanations, backtests and training."""

    keep: bool = setting(True, values.FLAG, "Whether events are kept after they were judged.")
    days: int = setting(
        90,
        values.whole(1, 3_660),
        "Days after which kept events are deleted, counted in the time of the events from the newest day back.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSection:
    """Whose traffic this is, on an installation that serves several."""

    name: str = setting("", values.TEXT, "The tenant of every event that names none. Empty: there is one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesSection:
    """Which rules are in force, besides those in the folder `rules`."""

    shipped: bool = setting(True, values.FLAG, "Whether the rules that come with Ringfence are in force.")
    off: tuple[str, ...] = setting((), values.NAMES, "The ids of rules, shipped or own, that are not in force.")
    four_eyes: bool = setting(
        False,
        values.FLAG,
        "Whether a change over the API that makes a rule heard, or no longer heard, waits for a second person.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSection:
    """Where records come from. One `[[source]]` table for each source; `name` and `path` must be given."""

    name: str = setting("", values.TEXT, "Names the source in events, counters and suspense. Never reuse it.")
    path: tuple[str, ...] = setting((), values.PATHS, "Files, folders or globs, relative to the working directory.")
    format: str = setting("auto", values.TEXT, "asterisk, freeswitch, ndjson, parquet, a mapping, or auto: by looking.")
    mapping: str = setting("", values.TEXT, "The mapping in the folder `mappings`, by its name; goes before `format`.")
    time_zone: str | None = setting(
        None,
        values.TIME_ZONE,
        "The zone of its records' times, where they name none. Unset: that of the mapping; without one, "
        "`home.time_zone`; where that is not set either, UTC.",
    )
    lateness_ms: int | None = setting(
        None,
        values.DURATION,
        "As in the engine section, for this source. Unset: by whether it is followed.",
        name="lateness",
    )
    tenant: str = setting("", values.TEXT, "The tenant of its records that name none. Empty: `tenant.name`.")
    follow: bool = setting(
        False,
        values.FLAG,
        "Whether to wait for more: at the end of the files, through rotation, and for new files in folders and globs.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSection:
    """How `ringfence serve` answers over HTTP."""

    host: str = setting("127.0.0.1", values.TEXT, "The address to listen on. Others reach it only if you say another.")
    port: int = setting(8080, values.whole(0, 65_535), "The port to listen on; 0: any that is free.")
    public_url: str = setting(
        "",
        values.TEXT,
        "The address under which people reach it, where that is another (behind a proxy), with https://.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        (), values.NAMES, "Addresses of proxies whose word on the caller's address and protocol is believed."
    )
    max_body_bytes: int = setting(
        64 << 20, values.whole(1_024, 1 << 30), "The largest body of records, before and after it is decompressed."
    )
    max_request_bytes: int = setting(1 << 20, values.whole(1_024, 1 << 26), "The largest body of any other request.")
    rate_per_minute: int = setting(
        6_000, values.whole(1, 10_000_000), "Requests a minute of one caller; records and scores are not counted."
    )
    query_ms: int = setting(
        5 * SECOND_MS, values.DURATION, "The longest that a question to the store may take.", name="query_time"
    )
    keep_received_ms: int = setting(
        48 * HOUR_MS,
        values.DURATION,
        "How long records that came over HTTP are kept as they were received, to be shown beside their events.",
        name="keep_received",
    )
    score_block: str = setting(
        "high",
        values.one_of("low", "medium", "high", "critical", "never"),
        "From which severity on the verdict on a single event is `block`.",
    )
    score_review: str = setting(
        "medium",
        values.one_of("low", "medium", "high", "critical", "never"),
        "From which severity on the verdict on a single event is `review`.",
    )
    score_deadline_ms: int = setting(
        50,
        values.DURATION,
        "How long an answer about a single event may take, where the request does not say; then it is that of a "
        "failure.",
        name="score_deadline",
    )
    log_level: str = setting(
        "info", values.one_of("debug", "info", "warning", "error"), "What is logged: that, and what is worse."
    )
    metrics_open: bool = setting(
        False,
        values.FLAG,
        "Whether programs on this machine may read /metrics without a key. Not for servers behind a proxy that "
        "`trusted_proxies` does not name.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksSection:
    """Changes that are sent to other systems."""

    allow_private: tuple[str, ...] = setting(
        (),
        values.NAMES,
        "Hosts, as in an address, that may be in a private network: they may also be reached by http and on any port.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSection:
    """Who may sign in: besides people with a password of their own, those whom an identity provider vouches for.

    The provider is told to send people back to `/v1/oidc/callback` of `api.public_url`.
    """

    oidc_issuer: str = setting("", values.TEXT, "The issuer of the provider, https. Empty: there is none.")
    oidc_client_id: str = setting("", values.TEXT, "What the provider calls this installation.")
    oidc_client_secret: str = setting("", values.SECRET, "The secret that it was given. Empty: none, PKCE alone.")
    oidc_client_secret_file: str = setting(
        "", values.PATH, "A file that holds the secret, relative to the home folder; goes before the other."
    )
    oidc_ca_file: str = setting(
        "", values.PATH, "Certificates by which the provider is known. Empty: those that this machine trusts."
    )
    oidc_scopes: tuple[str, ...] = setting(("openid", "profile", "email"), values.NAMES, "What is asked for.")
    oidc_role_claim: str = setting(
        "roles", values.TEXT, "The claim of the ID token that says what somebody is; `a.b` is b inside a."
    )
    oidc_roles: tuple[tuple[str, str], ...] = setting(
        (),
        values.pairs(*ROLE_NAMES),
        "Which value of that claim gives which role; the first that somebody has counts. Who has none stays outside.",
    )
    oidc_tenant_claim: str = setting(
        "", values.TEXT, "The claim that says whose things somebody sees. Empty: everybody from there sees all."
    )


SECTIONS: Final[dict[str, type]] = {
    "home": HomeSection,
    "rates": RatesSection,
    "engine": EngineSection,
    "limits": LimitsSection,
    "history": HistorySection,
    "tenant": TenantSection,
    "rules": RulesSection,
    "api": ApiSection,
    "webhooks": WebhooksSection,
    "access": AccessSection,
}
SOURCE: Final = "source"
REQUIRED_OF_SOURCE: Final = ("name", "path")


def settings_of(section: str) -> Iterator[Setting]:
    """Give the settings of a section, `source` included, in the order in which they are documented."""
    kind = SourceSection if section == SOURCE else SECTIONS[section]
    for declared in fields(kind):
        about = declared.metadata
        yield Setting(
            section,
            about["name"] or declared.name,
            declared.name,
            about["kind"],
            declared.default,
            about["meaning"],
        )


def all_settings() -> list[Setting]:
    """Return every setting that has one value (those of `[[source]]` have one for each source)."""
    return [setting for section in SECTIONS for setting in settings_of(section)]
