"""`ringfence doctor`: what is wrong, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ringfence.cli.output import Common, command, is_watched, notes, print_json, screen

if TYPE_CHECKING:
    from ringfence.settings import Settings
    from ringfence.wiring.checkup import Finding


def doctor(
    *,
    compile: Annotated[bool, Parameter(negative=(), help="Compile the kernels now.")] = False,
    common: Common = Common(),
) -> int:
    """Look at the installation and the home folder; say what is wrong and what to do. End with 1 if anything is."""
    from dataclasses import asdict

    from ringfence.events.clock import SystemClock
    from ringfence.wiring.checkup import findings

    settings, first = _settings(common)
    told = [first]
    if compile and first.is_fine:
        told += _compile(settings)
    for finding in findings(settings, SystemClock()):
        told.append(finding)
        if not common.json:
            _print(finding)
    wrong = sum(not finding.is_fine for finding in told)
    if common.json:
        print_json([asdict(finding) for finding in told])
    else:
        screen().print("Nothing is wrong." if not wrong else f"{wrong} to mend.")
        if not wrong and not settings.folder.exists():
            notes().print(f"Begin with `ringfence demo`, or your own records: {command(settings, 'run', 'FILE')}")
    return 1 if wrong else 0


def _settings(common: Common) -> tuple[Settings, Finding]:
    """Return the settings, or if they cannot be used the defaults and what is wrong: the rest is looked at anyway."""
    from ringfence.events.errors import RingfenceError
    from ringfence.settings import Settings, home_of_process
    from ringfence.wiring.checkup import Finding, failed

    try:
        settings = common.settings()
    except RingfenceError as error:
        finding = failed("settings", error)
        settings = Settings(folder=home_of_process(common.home))
    else:
        file = settings.folder / "ringfence.toml"
        finding = Finding("settings", True, f"read from {file}" if file.exists() else f"all have defaults: no {file}")
    if not common.json:
        _print(finding)
    return settings, finding


def _compile(settings: Settings) -> list[Finding]:
    from contextlib import nullcontext

    from ringfence.events.errors import RingfenceError
    from ringfence.wiring.checkup import compile_kernels, failed

    out = notes()
    out.print("Compiling the kernels; half a minute or so, once.")
    try:
        with out.status("compiling") if is_watched() else nullcontext():
            compile_kernels(settings)
    except RingfenceError as error:  # a rule, a list or a rate table: its own check says so too
        return [failed("compile", error)]
    return []


def _print(finding: Finding) -> None:
    mark = "WRONG" if not finding.is_fine else "note " if finding.cure else "ok   "
    console = screen()
    console.print(f"{mark} {finding.check}: {finding.what}", markup=False)
    if finding.cure:
        console.print(f"      {finding.cure}", markup=False)
