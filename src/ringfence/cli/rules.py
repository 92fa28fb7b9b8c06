"""`ringfence rules`: the rules in force, one of them, and what is wrong with a file of rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ringfence.cli.arguments import check_name, there
from ringfence.cli.output import Common, notes, print_json, screen, table

if TYPE_CHECKING:
    from ringfence.wiring.rules_in_force import Known, Problem

app = App(name="rules", help_format="plaintext", help="Detectors that a person wrote as a condition.")
app.command("ringfence.cli.what_if:what_if", name="what-if", help="What rules would have done, had they been on.")


@app.command(name="list")
def list_rules(
    *,
    fraud: Annotated[str, Parameter(help="Only this fraud, e.g. irsf.")] = "",
    common: Common = Common(),
) -> int:
    """Print every rule: what it looks for, on whom, whether it is in force, and who published its threshold."""
    from ringfence.wiring.rules_in_force import known_rules

    found = known_rules(common.settings())
    if fraud:
        check_name("--fraud", fraud, {known.rule.fraud for known in found})
        found = [known for known in found if known.rule.fraud == fraud]
    if common.json:
        print_json([_document(known) for known in found])
        return 0
    rows = [(k.rule.id, k.rule.fraud, k.rule.entity, k.status, k.rule.severity, k.origin, k.rule.title) for k in found]
    columns = ("id", "fraud", "on whom", "status", "severity", "from", "title")
    screen().print(table(f"{len(found)} rules", columns, rows))
    notes().print("One with its condition and its source: `ringfence rules show ID`")
    return 0


@app.command
def show(rule_id: str, *, common: Common = Common()) -> int:
    """Print one rule: its condition, what it reads, and who published its threshold.

    Args:
        rule_id: The rule's id.
    """
    from ringfence.wiring.rules_in_force import known_rules, meanings

    found = {known.rule.id: known for known in known_rules(common.settings())}
    check_name("the rule", rule_id, found, cure="See `ringfence rules list`.")
    known = found[rule_id]
    if common.json:
        print_json(_document(known))
        return 0
    rule, console = known.rule, screen()
    console.print(table(f"{rule.id}: {rule.title}", ("", ""), _facts(known)))
    console.print("when")
    console.print(_indented(rule.when.text), markup=False)
    for condition in rule.unless:
        console.print("unless")
        console.print(_indented(condition.text), markup=False)
    console.print(table("It reads", ("column or feature", "unit", "meaning"), meanings(rule)))
    return 0


@app.command
def check(*file: Path, common: Common = Common()) -> int:
    """Print everything that is wrong with rules, with line, column and caret. End with 1 if anything is.

    Args:
        file: Files of rules. None: all that are in force, those in the folder rules of the home folder too.
    """
    from ringfence.wiring.rules_in_force import check_rules

    for path in file:
        there(path)
    right, problems = check_rules(common.settings(), file)
    return tell(right, problems, "rules", common)


def tell(right: int, problems: list[Problem], what: str, common: Common) -> int:
    """Print what was found in files that people wrote; return the exit code."""
    from ringfence.wiring.rules_in_force import problem_document

    if common.json:
        print_json({what: right, "problems": [problem_document(problem) for problem in problems]})
    else:
        for problem in problems:
            screen().print(str(problem), markup=False, highlight=False)
        count = {0: "nothing is wrong", 1: "1 error"}.get(len(problems), f"{len(problems)} errors")
        screen().print(f"{right:,} {what}, {count}.")
    return 1 if problems else 0


def _document(known: Known) -> dict[str, Any]:
    rule = known.rule
    names = ("id", "title", "fraud", "on", "entity", "severity", "score", "evidence", "gap_ms", "source", "revision")
    return {name: getattr(rule, name) for name in names} | {
        "when": rule.when.text,
        "unless": [condition.text for condition in rule.unless],
        "status": known.status,
        "from": known.origin,
        "columns": sorted(rule.columns),
    }


def _facts(known: Known) -> list[tuple[str, str]]:
    from ringfence.settings.durations import duration_text

    rule = known.rule
    return [
        ("fraud", rule.fraud),
        ("on whom", rule.entity),
        ("events", ", ".join(rule.on)),
        ("status", known.status),
        ("severity", f"{rule.severity} (score {rule.score:.2f})"),
        ("evidence", "1 event" if rule.evidence == 1 else f"{rule.evidence:,} events before an alert"),
        ("gap", f"an episode ends after {duration_text(rule.gap_ms)} of quiet"),
        ("revision", str(rule.revision)),
        ("from", known.origin),
        ("source", rule.source or "not said"),
    ]


def _indented(text: str) -> str:
    return "\n".join(f"    {line.strip()}" for line in text.strip().splitlines())
