"""What all commands share: their common options, data to standard output, words for people to standard error."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from ringfence.client import Client
    from ringfence.settings import Settings


UNBROKEN: Final = 32  # characters

# What JSON leaves as it is and no reader sees: C1 controls, marks of direction, halves of characters.
_UNSEEN = re.compile(r"[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Options of every command."""

    home: Annotated[
        Path | None, Parameter(help="Folder of settings, rules, database and state. [default: .ringfence]")
    ] = None
    json: Annotated[bool, Parameter(negative=(), help="Print JSON for programs instead of tables.")] = False
    set: Annotated[
        tuple[str, ...], Parameter(negative=(), help="Override a setting: --set engine.threads=2. May be repeated.")
    ] = ()

    url: Annotated[
        str, Parameter(help="Ask this server instead of the home folder, where the command can. [env: RINGFENCE_URL]")
    ] = ""
    key_file: Annotated[
        Path | None, Parameter(help="File that holds the API key for --url. [default: env RINGFENCE_KEY]")
    ] = None

    def server(self) -> Client | None:
        """Return a client of the server that is to be asked; None: the home folder is.

        A home folder that is named with --home wins over a server that the environment names.

        Raises:
            DependencyError: the file of the key cannot be read.
        """
        from ringfence.settings import server_of_process

        if not self.url and self.home is not None:
            return None
        url, key = server_of_process(self.url, self.key_file)
        if not url:
            return None
        from ringfence.client import Client

        return Client(url, key)

    def settings(self, home: Path | None = None) -> Settings:
        """Read the settings of the home folder; of `home` where --home names none.

        Raises:
            SettingsError: with everything that is wrong.
            UsageError: a server is to be asked, and this command works on a home folder only.
        """
        from ringfence.events.errors import BAD_ARGUMENT, UsageError
        from ringfence.settings import Settings

        if self.url:
            raise UsageError(BAD_ARGUMENT, "this command works on a home folder of this machine, not with --url")

        overrides = {}
        for pair in self.set:
            name, equals, value = pair.partition("=")
            if not equals:
                raise UsageError(BAD_ARGUMENT, f"--set {pair}: there is no =", expected="--set SECTION.NAME=VALUE")
            overrides[name.strip()] = value.strip()
        return Settings.of_process(self.home or home, overrides)


class _Plain(Console):
    """A console that prints text as it is: no mark-up, no emoji codes, and nothing that changes the terminal."""

    def print(self, *objects: Any, **how: Any) -> None:
        """Print; texts are cleaned, their lines and tabs kept."""
        super().print(*(clean(o, keep="\n\t") if isinstance(o, str) else o for o in objects), **how)


def clean(text: object, *, keep: str = "") -> str:
    """Return a text without characters that no reader sees: controls, and marks that turn the writing direction.

    Whatever a record, a file or its name says goes through here before a terminal or a page shows it.
    """
    return "".join(c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def screen() -> Console:
    """Return the console for people's text that is the command's answer (standard output)."""
    is_seen = sys.stdout.isatty()
    return _Plain(soft_wrap=not is_seen, width=None if is_seen else 200, highlight=False, markup=False, emoji=False)


@cache
def notes() -> Console:
    """Return the console for progress and remarks (standard error): one, so that remarks stand above the progress."""
    return _Plain(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def print_json(document: Any) -> None:
    """Print one JSON document on standard output, never in colours and never wrapped, unseen characters escaped."""
    text = json.dumps(document, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write(_UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n")
    sys.stdout.flush()


def command(settings: Settings, *words: str) -> str:
    """Return what a person may type next, with the home folder where it is not the one that is meant anyway."""
    from shlex import join

    from ringfence.settings import home_of_process

    home = () if settings.folder == home_of_process() else ("--home", str(settings.folder))
    return f"`{join(('ringfence', *words, *home))}`"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Iterable[str] = ()) -> Table:
    """Return a table; columns named in `right` are aligned as numbers. Cells are plain text, never mark-up.

    Short names in the first column are never broken.
    """
    from rich.text import Text

    made = Table(title=clean(title), title_justify="left", header_style="bold", pad_edge=False)
    wide = set(right)
    cells = [[Text("" if cell is None else clean(cell)) for cell in row] for row in rows]
    for number, column in enumerate(columns):
        is_name = number == 0 and all(len(row[0]) <= UNBROKEN for row in cells)
        justify: Literal["left", "right"] = "right" if column in wide else "left"
        made.add_column(column, justify=justify, overflow="fold", no_wrap=is_name)
    for row in cells:
        made.add_row(*row)
    return made


def money(micros: int | None, currency: str | None) -> str:
    """Return an amount for a table."""
    from ringfence.events.money import money_text

    return "" if micros is None else money_text(micros, currency or "")


def moment(at_ms: int, time_zone: str = "UTC") -> str:
    """Return a moment in a zone, to the second."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(time_zone))
    return local.strftime("%Y-%m-%d %H:%M:%S")


def is_watched() -> bool:
    """Return whether a person sees progress: a terminal, and no CI."""
    return sys.stderr.isatty() and not os.environ.get("CI")  # noqa: TID251 - the terminal's, not ours


Document = Mapping[str, Any]
