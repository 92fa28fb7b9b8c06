"""Settings are read once, checked whole, and each value knows where it came from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.errors import DependencyError, SettingsError
from ringfence.settings import Settings, all_settings, home_folder, settings_of
from ringfence.settings.durations import MAX_MS, UNITS_MS, duration_text, parse_duration
from ringfence.settings.toml_lines import key_lines


def home(tmp_path: Path, text: str) -> Path:
    """A home folder with these settings."""
    (tmp_path / "ringfence.toml").write_text(text, encoding="utf-8")
    return tmp_path


def complaint(
    folder: Path, environment: dict[str, str] | None = None, overrides: dict[str, str] | None = None
) -> SettingsError:
    """What loading says is wrong."""
    with pytest.raises(SettingsError) as caught:
        Settings.load(folder, environment or {}, overrides)
    return caught.value


def test_without_a_file_everything_is_default(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path / "nowhere", {"PATH": "/bin"})

    assert settings.home.country == "NL"
    assert settings.engine.lateness_files_ms == 600_000
    assert settings.limits.max_call_ms == 86_400_000
    assert settings.sources == ()
    assert {shown.origin for shown in settings.shown()} == {"default"}


def test_command_line_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    folder = home(tmp_path, "[engine]\nshards = 2\nthreads = 2\nbatch_rows = 2\n")
    environment = {"RINGFENCE_ENGINE_THREADS": "3", "RINGFENCE_ENGINE_BATCH_ROWS": "3"}

    settings = Settings.load(folder, environment, {"engine.batch_rows": "4"})

    assert (settings.engine.shards, settings.engine.threads, settings.engine.batch_rows) == (2, 3, 4)
    origin = {shown.name: shown.origin for shown in settings.shown()}
    assert origin["engine.shards"] == "ringfence.toml:2"
    assert origin["engine.threads"] == "environment RINGFENCE_ENGINE_THREADS"
    assert origin["engine.batch_rows"] == "command line"
    assert origin["engine.checkpoint_every"] == "default"


def test_records_that_name_no_zone_are_in_that_of_home_once_it_is_said(tmp_path: Path) -> None:
    said = home(tmp_path, '[home]\ntime_zone = "Europe/Amsterdam"\n')

    assert Settings.load(said, {}).zone_of_records() == "Europe/Amsterdam"
    assert Settings.load(said, {}, {"home.time_zone": "Asia/Tokyo"}).zone_of_records() == "Asia/Tokyo"
    unsaid = Settings.load(tmp_path / "nowhere", {})
    assert (unsaid.home.time_zone, unsaid.zone_of_records()) == ("Europe/Amsterdam", "UTC")


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DependencyError, match="RF4012") as caught:
            Settings.load(folder, {})
        assert caught.value.where == str(tmp_path / "file")


def test_sources_are_read_in_order_with_their_own_lateness(tmp_path: Path) -> None:
    folder = home(
        tmp_path,
        """
[[source]]
name = "pbx"
path = "cdr/*.csv"
format = "asterisk"

[[source]]
name = "switch"
path = ["a.db", "b.db"]
follow = true
time_zone = "America/New_York"

[[source]]
name = "slow"
path = "c"
lateness = "1h"
""",
    )

    settings = Settings.load(folder, {})

    pbx, switch, _ = settings.sources
    assert (pbx.name, pbx.path, pbx.format, pbx.time_zone) == ("pbx", ("cdr/*.csv",), "asterisk", None)
    assert switch.path == ("a.db", "b.db")
    assert [settings.lateness_ms(source) for source in settings.sources] == [600_000, 2_000, 3_600_000]
    origin = {shown.name: shown.origin for shown in settings.shown()}
    assert origin["source.1.follow"] == "ringfence.toml:10"
    assert origin["source.1.mapping"] == "default"


def test_all_errors_are_shown_together_with_place_and_suggestion(tmp_path: Path) -> None:
    folder = home(
        tmp_path,
        """[home]
country = "nl"
[engine]
treads = 4
threads = "four"
lateness_files = "soon"
[engin]
x = 1
[[source]]
name = "pbx"
path = "a"
[[source]]
name = "pbx"
path = "b"
folow = true
[[source]]
format = "csv"
""",
    )

    error = complaint(folder, {"RINGFENCE_ENGINE_SHARD": "3"}, {"rates.fil": "x", "engine.shards": "-1"})

    assert error.code == "RF1002"
    assert error.exit_code == 3
    for line in (
        "ringfence.toml:2: home.country is 'nl'; expected an ISO 3166 code in capitals such as NL",
        "ringfence.toml:4: unknown setting engine.treads; did you mean engine.threads?",
        "ringfence.toml:5: engine.threads is 'four'; expected a whole number, 0 to 1024",
        "ringfence.toml:6: engine.lateness_files is 'soon'; expected a duration such as \"10m\"",
        "ringfence.toml:7: unknown setting section [engin]; did you mean engine?",
        "ringfence.toml:12: two sources are named 'pbx'",
        "ringfence.toml:15: unknown setting source.folow; did you mean follow?",
        "ringfence.toml:16: a source has no name",
        "ringfence.toml:16: a source has no path",
        "environment: unknown setting RINGFENCE_ENGINE_SHARD; did you mean RINGFENCE_ENGINE_SHARDS?",
        "command line: unknown setting rates.fil; did you mean rates.file?",
        "command line: engine.shards is '-1'; expected a whole number, 0 to 1024",
    ):
        assert line in str(error)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[engine]\nshard = 1\n", "RF1001"),
        ("[engine]\nshards = true\n", "RF1002"),
        ("[engine]\nshards = 1.5\n", "RF1002"),
        ("[history]\nkeep = 1\n", "RF1002"),
        ("[home]\nplmns = ['2040']\n", "RF1002"),
        ("[home]\nplmns = [20408]\n", "RF1002"),
        ("[home]\ntime_zone = '../../etc/passwd'\n", "RF1002"),
        ("[home]\ntime_zone = ''\n", "RF1002"),
        ("[home]\ncurrency = 'euro'\n", "RF1002"),
        ("[home]\narea_code = '(20)'\n", "RF1002"),
        ("engine = 4\n", "RF1002"),
        ("source = 4\n", "RF1002"),
        ("[source]\nname = 'a'\n", "RF1002"),
        ("[engine\nshards = 1\n", "RF1003"),
        ("[engine]\nshards = 1\nshards = 2\n", "RF1003"),
    ],
)
def test_a_wrong_file_is_an_error_with_a_code(tmp_path: Path, text: str, code: str) -> None:
    assert complaint(home(tmp_path, text)).code == code


def test_a_file_that_cannot_be_read_is_an_error_with_a_code(tmp_path: Path) -> None:
    (tmp_path / "ringfence.toml").write_bytes(b"[home]\ncountry = '\xff'\n")
    assert complaint(tmp_path).code == "RF1003"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "ringfence.toml").mkdir()
    assert complaint(tmp_path / "other").code == "RF4002"


def test_what_kubernetes_puts_into_the_environment_is_no_setting(tmp_path: Path) -> None:
    environment = {
        "RINGFENCE_HOME": "/srv/ringfence",
        "RINGFENCE_SERVICE_HOST": "10.0.0.1",
        "RINGFENCE_SERVICE_PORT_HTTP": "8080",
        "RINGFENCE_PORT": "tcp://10.0.0.1:8080",
        "RINGFENCE_PORT_8080_TCP_ADDR": "10.0.0.1",
        "RINGFENCE_API_SERVICE_HOST": "10.0.0.2",
        "RINGFENCE_API_PORT_80_TCP": "tcp://10.0.0.2:80",
    }

    assert Settings.load(tmp_path, environment).home.country == "NL"


def test_the_home_folder_is_named_by_the_environment_or_is_here() -> None:
    assert home_folder({"RINGFENCE_HOME": "/srv/ringfence"}) == Path("/srv/ringfence")
    assert home_folder({"RINGFENCE_HOME": ""}) == Path(".ringfence")
    assert home_folder({}) == Path(".ringfence")


def test_this_process_has_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(home(tmp_path, "[tenant]\nname = 'acme'\n")))
    monkeypatch.setenv("RINGFENCE_RULES_OFF", "irsf-night, wangiri")

    settings = Settings.of_process(overrides={"history.keep": "false"})

    assert settings.folder == tmp_path
    assert settings.tenant.name == "acme"
    assert settings.rules.off == ("irsf-night", "wangiri")
    assert settings.history.keep is False


def test_the_door_is_made_from_the_settings_and_the_named_rates(tmp_path: Path) -> None:
    folder = home(
        tmp_path,
        "[home]\ncountry = 'GB'\ntime_zone = 'Europe/London'\ncurrency = 'GBP'\nplmns = ['23410']\n"
        "[rates]\nfile = 'ours.csv'\n",
    )
    (folder / "ours.csv").write_text("prefix,destination,price_per_minute,currency\n44,UK,0.05,GBP\n")

    door = Settings.load(folder, {}).make_home()

    assert (door.country, door.currency, door.plmns) == ("GB", "GBP", ("23410",))
    assert door.rates.rates[0].rate_micros_per_minute == 50_000
    with pytest.raises(SettingsError, match="RF1005"):  # the example's prices are in EUR
        Settings.load(folder, {}, {"rates.file": ""}).make_home()


def test_defaults_written_into_a_file_change_nothing_but_their_origin(tmp_path: Path) -> None:
    lines: list[str] = []
    section = ""
    for setting in all_settings():
        if setting.section != section:
            section = setting.section
            lines.append(f"[{section}]")
        lines.append(f"{setting.name} = {setting.kind.show(setting.default)}")

    written = Settings.load(home(tmp_path, "\n".join(lines)), {})

    plain = Settings.load(tmp_path / "nowhere", {})
    assert [shown.value for shown in written.shown()] == [shown.value for shown in plain.shown()]
    assert all(shown.origin.startswith("ringfence.toml:") for shown in written.shown())


def test_every_setting_has_a_meaning_a_default_and_a_variable_of_its_own() -> None:
    settings = [*all_settings(), *settings_of("source")]

    assert len({setting.variable for setting in settings}) == len(settings)
    assert all(setting.meaning.endswith((".", ").")) for setting in settings)
    assert all(re.fullmatch(r"[a-z_]+", setting.name) for setting in settings)


@pytest.mark.parametrize(
    ("text", "duration_ms"),
    [("10m", 600_000), ("24h", 86_400_000), ("1.5s", 1_500), ("250 ms", 250), ("90d", 7_776_000_000), ("0s", 0)],
)
def test_durations_are_read_as_people_write_them(text: str, duration_ms: int) -> None:
    assert parse_duration(text) == duration_ms


@pytest.mark.parametrize("text", ["", "10", "m", "-1s", "1.5ms", "1e3s", "10 minutes", "99999d", "1,5s", "1h30m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_duration(text)


@given(st.integers(0, MAX_MS))
def test_a_written_duration_is_read_back(duration_ms: int) -> None:
    whole_s = duration_ms // 1000 * 1000

    assert parse_duration(duration_text(whole_s)) == whole_s
    assert duration_text(UNITS_MS["d"]) == "24h"


def test_lines_of_keys_are_found_in_tables_and_arrays_of_tables() -> None:
    text = 'top = 1\n# a = 2\n[a] # why\nb = 1\n"c" = 2\nd.e = 3\n[[s]]\nx = 1\n[[s]]\nx = 2\n[ t.u ]\nv=1'

    assert key_lines(text) == {
        "top": 1,
        "a": 3,
        "a.b": 4,
        "a.c": 5,
        "a.d.e": 6,
        "s.0": 7,
        "s.0.x": 8,
        "s.1": 9,
        "s.1.x": 10,
        "t.u": 11,
        "t.u.v": 12,
    }
