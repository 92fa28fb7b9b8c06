"""The command `ringfence`. Each command lives in a module of its own that is imported when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError

from ringfence import __version__

COMMANDS: Final = {
    "demo": ("demo:demo", "Invent traffic with known fraud, catch it, and show what it cost and what was missed."),
    "simulate": ("simulate:simulate", "Invent a country's traffic with known fraud in it."),
    "connect": ("connect:connect", "Look at unknown records, guess their format, save the mapping."),
    "run": ("run:run", "Turn records into alerts: to the end of the files, or for ever with --follow."),
    "serve": ("serve:serve", "Answer over HTTP: records in, alerts out, and the engine in the same process."),
    "key": ("key:app", "API keys: what a program shows to `ringfence serve`."),
    "people": ("people:app", "Who may sign in to `ringfence serve`; a new password for who cannot."),
    "alerts": ("alerts:app", "The queue, the most expensive first; one alert with its reasons."),
    "evaluate": ("evaluate:evaluate", "Compare the alerts with a known truth: recall, precision, time, money."),
    "balance": ("balance:balance", "The conservation equation: what became of each source's records."),
    "suspense": ("suspense:app", "Records that could not be decoded, with their bytes and the reason."),
    "features": ("features:app", "The catalogue of features; features of records as Parquet."),
    "rules": ("rules:app", "The rules in force; errors in rules, with a caret."),
    "lists": ("lists:app", "Hot lists of prefixes and numbers, with owner, reason and expiry."),
    "suppress": ("suppress:app", "Keep alerts out of the queue, with an owner, a reason and an end."),
    "audit": ("audit:app", "Who did what: whether the log is whole and as it was signed."),
    "config": ("config:config", "Every setting, its value, and where the value came from."),
    "doctor": ("doctor:doctor", "What is wrong with this installation, and what to do."),
}
COMMON: Final = ("--home", "--set", "--url", "--key-file")  # and --json, which takes no value


def make_app() -> App:
    """Return the command with its subcommands, none of them imported yet."""
    app = App(
        name="ringfence",
        help="Catches fraud and anomalies in telecom traffic. Begin with `ringfence demo`.",
        version=__version__,
        help_format="plaintext",
        help_on_error=False,
        suppress_keyboard_interrupt=False,  # else it ends without a word
    )
    for name, (place, about) in COMMANDS.items():
        app.command(f"ringfence.cli.{place}", name=name, help=about)
    return app


def command_first(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with the common options behind the command: they may stand before it, too.

    Only what stands before the command, or between it and its second word (`alerts --home X show ID`), is moved.
    """
    names: list[str] = []
    moved: list[str] = []
    at = 0
    while at < len(words) and len(names) < 2:
        length = 2 if words[at] in COMMON else 1
        if length == 2 or words[at] == "--json" or words[at].startswith(tuple(f"{name}=" for name in COMMON)):
            moved += words[at : at + length]
        elif words[at].startswith("-"):
            break
        else:
            names.append(words[at])
        at += length
    return [*names, *moved, *words[at:]]


def main() -> None:
    """Run the command line; end with the codes of DESIGN.md section 5."""
    app = make_app()
    words = command_first(sys.argv[1:])
    if words and words[0].split("=")[0] in (*COMMON, "--json") and not {"--help", "-h", "--version"} & set(words):
        print(f"ringfence: {words[0]} belongs to a command, and none is named", file=sys.stderr)
        print("  Write `ringfence COMMAND --home DIR`; `ringfence --help` lists the commands.", file=sys.stderr)
        sys.exit(2)
    try:
        code = app(words, exit_on_error=False, print_error=True, result_action="return_value")
    except CycloptsError:
        sys.exit(2)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        from ringfence.cli.remote import told_by_server
        from ringfence.events.errors import UNREADABLE_FILE, DependencyError, RingfenceError

        error = told_by_server(error)

        if isinstance(error, OSError) and error.filename is not None:  # the disk's word on a file, nobody's fault here
            error = DependencyError(UNREADABLE_FILE, error.strerror or str(error), where=str(error.filename))
        if not isinstance(error, RingfenceError):
            raise
        from ringfence.cli.output import clean

        print(clean(f"ringfence: {error}", keep="\n\t"), file=sys.stderr)
        sys.exit(int(error.exit_code))
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
