"""Writes the reference pages from what the code declares, so that they cannot disagree with it.

    python docs/generate.py           write them
    python docs/generate.py --check   fail if one is not as it would be written

A new page is a function that returns Markdown, named in `PAGES`.
"""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final, NamedTuple

from cyclopts import App, Parameter

import ringfence
from ringfence.api.app import make_app as make_api
from ringfence.api.permissions import NOT_FOR_TENANTS, PERMISSIONS, ROLES
from ringfence.api.route_table import route_table
from ringfence.cli.main import COMMANDS, make_app
from ringfence.cli.output import Common
from ringfence.events import rate_file
from ringfence.events.errors import CODES
from ringfence.events.schema import COLUMNS
from ringfence.features.families import FAMILIES
from ringfence.settings import Settings
from ringfence.settings.sections import REQUIRED_OF_SOURCE, SECTIONS, SOURCE, Setting, SourceSection, settings_of
from ringfence.wiring.house import House
from ringfence.wiring.rules_in_force import AMOUNTS_IN

REFERENCE: Final = Path(__file__).parent / "reference"
PACK: Final = Path(ringfence.__file__).parent / "detectors" / "pack" / "rules"
NOTICE: Final = "<!-- Written by docs/generate.py: change what it reads, then `make docs`. -->\n"

RANGES: Final = {
    "RF10": "Usage and settings",
    "RF20": "Records: why one is in suspense",
    "RF30": "Rules and lists",
    "RF40": "Files and stores",
    "RF50": "Simulation and evaluation",
    "RF60": "Features and state",
    "RF70": "The API",
}


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Give the lines of a Markdown table."""
    names = list(header)
    yield "| " + " | ".join(names) + " |"
    yield "| " + " | ".join("---" for _ in names) + " |"
    for row in rows:
        yield "| " + " | ".join(_cell(value) for value in row) + " |"
    yield ""


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def code(text: object) -> str:
    """Return text as code; nothing stays nothing."""
    return f"`{text}`" if str(text) else ""


def events() -> Iterator[str]:
    """Describe the columns of an event."""
    yield "# Events\n"
    yield (
        "Every record that is understood becomes an event with these columns, whatever wrote it. A column that the "
        "source does not have is null. NDJSON and Parquet files with these names are read as they are; in NDJSON "
        "`event_id` is 32 hexadecimal digits.\n"
    )
    rows = ((code(c.name), c.type, c.unit, c.meaning) for c in COLUMNS)
    yield from table(("Column", "Type", "Unit", "Meaning"), rows)
    yield (
        "`id` is 16 bytes. Times are milliseconds since 1970 UTC, amounts millionths of `currency`. Numbers are E.164 "
        "digits without `+`; short codes, extensions and alphanumeric senders are as written.\n"
    )


def errors() -> Iterator[str]:
    """Describe every error by its code."""
    yield "# Errors\n"
    yield "Each message ends with its code. A code never changes its meaning.\n"
    for prefix, title in RANGES.items():
        found = sorted((c for c in CODES.values() if c.code.startswith(prefix)), key=lambda c: c.code)
        if found:
            yield f"## {title}\n"
            yield from table(("Code", "What happened", "What to do"), ((code(c.code), c.title, c.cure) for c in found))
    unknown = [c.code for c in CODES.values() if c.code[:4] not in RANGES]
    if unknown:
        raise SystemExit(f"docs/generate.py: no range for {', '.join(unknown)}; add it to RANGES")


def settings() -> Iterator[str]:
    """Describe every setting of `ringfence.toml`."""
    yield "# Settings\n"
    yield (
        "Settings are read once, from `ringfence.toml` in the home folder (`--home`, `RINGFENCE_HOME`, or `.ringfence` "
        "in the working directory). The environment beats the file, the command line beats both: "
        "`RINGFENCE_ENGINE_THREADS=4`. Lists are separated by commas there. An unknown name is an error. "
        "`ringfence config` shows each value and where it came from.\n"
    )
    for name, section in SECTIONS.items():
        yield f"## [{name}]\n"
        yield f"{inspect.cleandoc(section.__doc__ or '')}\n"
        yield from table(
            ("Setting", "Default", "Takes", "Meaning", "In the environment"),
            (
                (code(s.name), code(s.kind.show(s.default)), s.kind.expected, s.meaning, code(s.variable))
                for s in settings_of(name)
            ),
        )
    yield "## [[source]]\n"
    yield f"{inspect.cleandoc(SourceSection.__doc__ or '')}\n"
    yield from table(
        ("Setting", "Default", "Takes", "Meaning"),
        ((code(s.name), _source_default(s), s.kind.expected, s.meaning) for s in settings_of(SOURCE)),
    )


def _source_default(setting: Setting) -> str:
    if setting.name in REQUIRED_OF_SOURCE:
        return "must be given"
    return "unset" if setting.default is None else code(setting.kind.show(setting.default))


def rates() -> Iterator[str]:
    """Describe the columns of a rate table."""
    yield "# Rate tables\n"
    about = inspect.cleandoc(rate_file.__doc__ or "")
    yield about.partition("\n\n")[2] + "\n"
    yield (
        "A call is charged by the row whose prefix is the longest that its callee begins with. The one that is "
        "shipped, `rates/example.csv`, is an example: its prices are invented.\n"
    )


def commands() -> Iterator[str]:
    """Describe every command with its arguments and options."""
    yield "# Commands\n"
    yield (
        "Each command takes `--json` (one stable document, or NDJSON, on standard output; remarks and progress go to "
        "standard error). It ends with 0 fine, 1 findings, 2 usage, 3 settings, 4 a dependency is down, 5 partly "
        "done.\n"
    )
    yield from table(("Command", "Does"), ((code(f"ringfence {name}"), about) for name, (_, about) in COMMANDS.items()))
    yield "Options of every command:\n"
    app = make_app()
    yield from table(
        ("Option", "Meaning"), ((code(o.name), o.parameter.help) for o in _arguments(app["run"]) if o.shared)
    )
    for name in COMMANDS:
        yield from _command(f"ringfence {name}", app[name])


class _Argument(NamedTuple):
    """One argument or option of a command, and whether every command has it."""

    parameter: Parameter
    name: str
    takes: str
    default: str
    is_needed: bool
    shared: bool


def _arguments(command: App) -> Iterator[_Argument]:
    found = [a for a in command.assemble_argument_collection() if a.show]
    shared = {f.name for f in fields(Common)}
    for argument in found:
        name = argument.name.upper().lstrip("-").replace("-", "_") if argument.index is not None else argument.name
        takes = "" if argument.hint is bool else "several" if "tuple" in str(argument.hint) else "one"
        usual = argument.field_info.default
        default = str(usual) if isinstance(usual, str | int) and not isinstance(usual, bool) else ""
        own = argument.name.lstrip("-") in shared
        yield _Argument(argument.parameter, name, takes, default, argument.required, own)


def _command(words: str, command: App) -> Iterator[str]:
    """Describe one command, and then the commands below it."""
    below = [name for name in command if not name.startswith("-")]
    about = inspect.getdoc(command.default_command) or command.help
    if command.default_command or not below:
        text, _, arguments = about.partition("Args:")
        said = dict(re.findall(r"^ *(\w+): (.+)$", arguments, re.MULTILINE))
        own = [a for a in _arguments(command) if not a.shared]
        yield f"## {words}\n"
        yield f"{text.strip()}\n"
        rows = (
            (
                code(a.name),
                a.takes,
                "must be given" if a.is_needed else code(a.default),
                a.parameter.help or said.get(a.name.lower(), ""),
            )
            for a in own
        )
        if own:
            yield from table(("Argument or option", "Takes", "Default", "Meaning"), rows)
    for name in below:
        yield from _command(f"{words} {name}", command[name])


def features() -> Iterator[str]:
    """List every feature by family."""
    yield "# Features\n"
    yield "What is known of each party at each event. `ringfence features list` shows the same.\n"
    for family in FAMILIES:
        yield f"## {family.name}\n"
        yield f"{family.meaning}. Key: {', '.join(code(key) for key in family.key)}.\n"
        rows = ((code(f.name), f.unit, f.meaning) for f in family.features)
        yield from table(("Feature", "Unit", "Meaning"), rows)


def rules() -> Iterator[str]:
    """List the rules that are shipped."""
    yield "# Rules\n"
    yield "The rules that come with Ringfence. Your own go into `rules/*.toml` of the home folder.\n"
    yield (
        "Amounts are millionths of `home.currency`: `50000000` is 50 units of it. The shipped ones are meant in "
        f"{AMOUNTS_IN}; a home with [another currency](../how-to/use-your-own-rates.md#another-currency) should adapt "
        "them.\n"
    )
    for path in sorted(PACK.glob("*.toml")):
        for rule in tomllib.loads(path.read_text(encoding="utf-8")).get("rule", []):
            yield f"## {rule['id']}\n"
            yield f"{rule.get('title', '').rstrip('.')}. Fraud: {code(rule.get('fraud', ''))}.\n"
            yield f"```sql\n{str(rule.get('when', '')).strip()}\n```\n"
            rest = (
                (name, code(value) if isinstance(value, str) and name != "source" else value)
                for name, value in rule.items()
                if name not in ("id", "title", "fraud", "when")
            )
            yield from table(("Property", "Value"), rest)


def access() -> Iterator[str]:
    """List the permissions with the roles that hold them, and every route with who may use it."""
    yield "# Access\n"
    yield (
        "A person has a role, a key has permissions of its own. Whoever is of a tenant sees what is that tenant's "
        "alone: anything else is not there (404). What is not allowed is refused (403), and without a sign-in or a key "
        "everything that is not for anybody (401). `GET /v1/me` says what one may.\n"
    )
    yield "## Permissions\n"
    rows: Iterable[Iterable[object]] = (
        (
            code(name),
            meaning,
            *("yes" if name in ROLES[role] else "" for role in ROLES),
            "no" if name in NOT_FOR_TENANTS else "",
        )
        for name, meaning in PERMISSIONS.items()
    )
    yield from table(("Permission", "Allows", *map(code, ROLES), "For tenants"), rows)
    yield (
        "`numbers.reveal` unmasks numbers where a request says why, in `Ringfence-Reason`; each is in the audit log. "
        "Administrators can give it, and have it not themselves.\n"
    )
    yield "## Routes\n"
    app = make_api(House(Settings.load(Path("no home is needed for the table"), {})))
    routes = (
        (
            code(f"{route.method} {route.path}"),
            code(route.permission) or route.who,
            ", ".join(code(role) for role in ROLES if route.may(role)) if route.permission else "",
        )
        for route in route_table(app)
    )
    yield from table(("Route", "Permission", "Roles"), routes)


PAGES: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "events.md": events,
    "errors.md": errors,
    "settings.md": settings,
    "rates.md": rates,
    "commands.md": commands,
    "features.md": features,
    "rules.md": rules,
    "access.md": access,
}


def written(page: Callable[[], Iterator[str]]) -> str:
    """Return the text of a page."""
    return NOTICE + "\n" + "\n".join(page()).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them; return the exit code."""
    REFERENCE.mkdir(exist_ok=True)
    stale = []
    for name, page in PAGES.items():
        path, text = REFERENCE / name, written(page)
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(f"docs/reference/{name}")
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"not up to date: {', '.join(stale)}; run `make docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
