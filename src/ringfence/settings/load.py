"""Reads all settings once, checks them whole, and remembers where each value came from.

Later beats earlier: default, `ringfence.toml`, environment (`RINGFENCE_ENGINE_THREADS`), command line
(`engine.threads=4`).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from ringfence.events.door import Home
from ringfence.events.errors import (
    BAD_SETTING,
    BAD_TOML,
    STORE_READ_ONLY,
    UNKNOWN_SETTING,
    UNREADABLE_FILE,
    DependencyError,
    SettingsError,
)
from ringfence.events.rating import RateTable
from ringfence.settings.sections import (
    REQUIRED_OF_SOURCE,
    SECTIONS,
    SOURCE,
    AccessSection,
    ApiSection,
    EngineSection,
    HistorySection,
    HomeSection,
    LimitsSection,
    RatesSection,
    RulesSection,
    Setting,
    SourceSection,
    TenantSection,
    WebhooksSection,
    all_settings,
    settings_of,
)
from ringfence.settings.toml_lines import key_lines

FILE_NAME: Final = "ringfence.toml"
HOME_VARIABLE: Final = "RINGFENCE_HOME"
URL_VARIABLE: Final = "RINGFENCE_URL"
KEY_VARIABLE: Final = "RINGFENCE_KEY"
_NO_SETTINGS: Final = (HOME_VARIABLE, URL_VARIABLE, KEY_VARIABLE)
DEFAULT_HOME: Final = ".ringfence"
DEFAULT: Final = "default"
COMMAND_LINE: Final = "command line"

# Kubernetes puts these into every container next to a service that is called ringfence, or ringfence-engine.
_SERVICE_LINK: Final = re.compile(r"RINGFENCE_(?:\w+_)?(?:SERVICE_(?:HOST|PORT)|PORT)(?:_\w+)?")


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One line of `ringfence config`: a value, written as in TOML, and where it came from."""

    name: str
    value: str
    origin: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, checked.

    Args:
        folder: the home folder, which holds `ringfence.toml`, rules, lists, state and the database.
        origins: for each setting by its path (`engine.threads`, `source.0.path`): `default`, `FILE:LINE`,
            `environment NAME` or `command line`.

    """

    folder: Path
    home: HomeSection = field(default_factory=HomeSection)
    rates: RatesSection = field(default_factory=RatesSection)
    engine: EngineSection = field(default_factory=EngineSection)
    limits: LimitsSection = field(default_factory=LimitsSection)
    history: HistorySection = field(default_factory=HistorySection)
    tenant: TenantSection = field(default_factory=TenantSection)
    rules: RulesSection = field(default_factory=RulesSection)
    api: ApiSection = field(default_factory=ApiSection)
    webhooks: WebhooksSection = field(default_factory=WebhooksSection)
    access: AccessSection = field(default_factory=AccessSection)
    sources: tuple[SourceSection, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        home: Path,
        environment: Mapping[str, str],
        overrides: Mapping[str, str] | None = None,
    ) -> Settings:
        """Read the settings of a home folder. A folder or file that is not there means defaults.

        Args:
            home: the home folder.
            environment: of the process; only names that begin with `RINGFENCE_` are looked at.
            overrides: from the command line, by path: `{"engine.threads": "4"}`.

        Raises:
            SettingsError: with everything that is wrong, or because the file cannot be read.
            DependencyError: the home folder is a file, or would lie in one (RF4012).

        """
        _check_folder(home)
        loading = _Loading()
        loading.read_file(home / FILE_NAME)
        loading.read_environment(environment)
        loading.read_overrides(overrides or {})
        loading.fail_if_wrong(home / FILE_NAME)
        sections = {name: kind(**loading.values[name]) for name, kind in SECTIONS.items()}
        sources = tuple(SourceSection(**values) for values in loading.sources)
        return cls(folder=home, sources=sources, origins=loading.origins, **sections)

    @classmethod
    def of_process(cls, home: Path | None = None, overrides: Mapping[str, str] | None = None) -> Settings:
        """Read the settings for this process: its environment, and its home folder unless one is given."""
        return cls.load(home_of_process(home), os.environ, overrides)

    def make_home(self) -> Home:
        """Return what the door needs to know of the operator, its rate table read.

        Raises:
            SettingsError: the rate table cannot be used, or is in another currency.

        """
        file, zone = self.rates.file, self.home.time_zone
        rates = RateTable.read(self.folder / file, zone) if file else RateTable.example()
        return Home(
            country=self.home.country,
            time_zone=zone,
            currency=self.home.currency,
            plmns=self.home.plmns,
            rates=rates,
            area_code=self.home.area_code,
        )

    def zone_of_records(self) -> str:
        """Return the zone of times that name none, where neither their source nor their mapping says one.

        It is the home's where somebody said that; its default is the example's, and nobody's records are in it.
        """
        return self.home.time_zone if self.says_time_zone else "UTC"

    @property
    def says_time_zone(self) -> bool:
        """Whether somebody said in which time zone home is; else it is that of the example."""
        return self.origins.get("home.time_zone", DEFAULT) != DEFAULT

    @property
    def says_country(self) -> bool:
        """Whether somebody said in which country home is; else it is that of the example."""
        return self.origins.get("home.country", DEFAULT) != DEFAULT

    def lateness_ms(self, source: SourceSection) -> int:
        """Return how long events of a source may be overtaken and still count."""
        if source.lateness_ms is not None:
            return source.lateness_ms
        return self.engine.lateness_live_ms if source.follow else self.engine.lateness_files_ms

    def tenant_of(self, source: str) -> str:
        """Return the tenant of a source's records that name none; empty: there is one."""
        own = next((section.tenant for section in self.sources if section.name == source), "")
        return own or self.tenant.name

    def shown(self) -> Iterator[ShownSetting]:
        """Give every value and its origin, in the order of the reference page."""
        for setting in all_settings():
            yield self._shown(setting, getattr(self, setting.section), setting.path)
        for number, source in enumerate(self.sources):
            for setting in settings_of(SOURCE):
                yield self._shown(setting, source, f"{SOURCE}.{number}.{setting.name}")

    def _shown(self, setting: Setting, section: object, path: str) -> ShownSetting:
        value = getattr(section, setting.attribute)
        written = "" if value is None else setting.kind.show(value)
        return ShownSetting(path, written, self.origins.get(path, DEFAULT), setting.meaning)


def home_folder(environment: Mapping[str, str]) -> Path:
    """Return the home folder that the environment names, or `.ringfence` under the working directory."""
    return Path(environment.get(HOME_VARIABLE) or DEFAULT_HOME)


def home_of_process(home: Path | None = None) -> Path:
    """Return the home folder that is given, or else that of this process's environment."""
    return home or home_folder(os.environ)


def server_of_process(url: str = "", key_file: Path | None = None) -> tuple[str, str]:
    """Return the address and the key of the server to ask: as given, or else those of this process's environment.

    Raises:
        DependencyError: the file of the key cannot be read.
    """
    if key_file is None:
        return url or os.environ.get(URL_VARIABLE, ""), os.environ.get(KEY_VARIABLE, "").strip()
    try:
        return url or os.environ.get(URL_VARIABLE, ""), key_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        what = f"the key cannot be read: {getattr(error, 'strerror', None) or error}"
        raise DependencyError(UNREADABLE_FILE, what, where=str(key_file)) from None


def _check_folder(home: Path) -> None:
    there = next((path for path in (home, *home.parents) if path.exists()), None)
    if there is not None and not there.is_dir():
        raise DependencyError(
            STORE_READ_ONLY,
            "this is a file",
            where=str(there),
            expected="a folder",
            cure="Name another folder, or move the file away.",
        )


class _Loading:
    """Values by section and attribute, their origins, and everything that was wrong with them."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
        self.sources: list[dict[str, Any]] = []
        self.origins: dict[str, str] = {}
        self.errors: list[tuple[str, str]] = []
        self._known = {setting.path: setting for setting in all_settings()}

    def fail_if_wrong(self, file: Path) -> None:
        if not self.errors:
            return
        codes = {code for code, _ in self.errors}
        code = UNKNOWN_SETTING if codes == {UNKNOWN_SETTING} else BAD_SETTING
        if len(self.errors) == 1:
            raise SettingsError(code, self.errors[0][1])
        listed = "".join(f"\n  {what}" for _, what in self.errors)
        raise SettingsError(code, f"{len(self.errors)} settings cannot be used{listed}", where=str(file.parent))

    def read_file(self, file: Path) -> None:
        parsed, lines = _parse(file)
        for section, table in parsed.items():
            where = f"{file.name}:{lines.get(section, 1)}"
            if section == SOURCE:
                self._read_sources(table, file.name, lines)
            elif section not in SECTIONS:
                self._unknown(where, f"section [{section}]", section, [*SECTIONS, SOURCE])
            elif not isinstance(table, dict):
                self._bad(where, section, table, f"a table, [{section}]")
            else:
                self._read_table(section, table, file.name, lines)

    def _read_table(self, section: str, table: dict[str, object], name: str, lines: dict[str, int]) -> None:
        for key, value in table.items():
            where = f"{name}:{lines.get(f'{section}.{key}', lines.get(section, 1))}"
            self._set(f"{section}.{key}", value, where, where)

    def _read_sources(self, tables: object, name: str, lines: dict[str, int]) -> None:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._bad(f"{name}:{lines.get(SOURCE, 1)}", SOURCE, tables, "tables, [[source]]")
            return
        known = {setting.name: setting for setting in settings_of(SOURCE)}
        for number, table in enumerate(tables):
            first = lines.get(f"{SOURCE}.{number}", 1)
            values: dict[str, Any] = {}
            for key, value in table.items():
                path = f"{SOURCE}.{number}.{key}"
                where = f"{name}:{lines.get(path, first)}"
                if key not in known:
                    self._unknown(where, f"{SOURCE}.{key}", key, known)
                elif self._read(known[key], value, where, values):
                    self.origins[path] = where
            self._check_source(f"{name}:{first}", table, values)
            self.sources.append(values)

    def _check_source(self, where: str, table: dict[str, object], values: dict[str, Any]) -> None:
        for key in REQUIRED_OF_SOURCE:
            if not table.get(key):
                self.errors.append((BAD_SETTING, f"{where}: a source has no {key}"))
        if values.get("name") and values["name"] in [source.get("name") for source in self.sources]:
            self.errors.append((BAD_SETTING, f"{where}: two sources are named {values['name']!r}"))

    def read_environment(self, environment: Mapping[str, str]) -> None:
        variables = {setting.variable: setting.path for setting in self._known.values()}
        for name in sorted(environment):
            if name in variables:
                origin = f"environment {name}"
                self._set(variables[name], environment[name], origin, origin)
            elif name.startswith("RINGFENCE_") and name not in _NO_SETTINGS and not _SERVICE_LINK.fullmatch(name):
                self._unknown("environment", name, name, variables)

    def read_overrides(self, overrides: Mapping[str, str]) -> None:
        for path, value in overrides.items():
            self._set(path, value, COMMAND_LINE, COMMAND_LINE)

    def _set(self, path: str, value: object, where: str, origin: str) -> None:
        if path not in self._known:
            self._unknown(where, path, path, self._known)
            return
        setting = self._known[path]
        if self._read(setting, value, where, self.values[setting.section]):
            self.origins[path] = origin

    def _read(self, setting: Setting, value: object, where: str, into: dict[str, Any]) -> bool:
        try:
            into[setting.attribute] = setting.kind.read(value)
        except (ValueError, TypeError):
            self._bad(where, setting.path, value, setting.kind.expected)
            return False
        return True

    def _bad(self, where: str, name: str, value: object, expected: str) -> None:
        self.errors.append((BAD_SETTING, f"{where}: {name} is {value!r:.80}; expected {expected}"))

    def _unknown(self, where: str, what: str, name: str, known: Iterable[str]) -> None:
        near = get_close_matches(name, list(known), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        self.errors.append((UNKNOWN_SETTING, f"{where}: unknown setting {what}{hint}"))


def _parse(file: Path) -> tuple[dict[str, object], dict[str, int]]:
    """Return what a TOML file says and on which lines; nothing if there is no file."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text), key_lines(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}, {}
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8"
        raise SettingsError(BAD_TOML, what, where=str(file), expected="UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(BAD_TOML, str(error), where=str(file), expected="TOML") from None
    except OSError as error:
        raise SettingsError(UNREADABLE_FILE, error.strerror or str(error), where=str(file)) from None
