"""`ringfence rules what-if`: what rules would have done on what has happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from ringfence.cli.arguments import there
from ringfence.cli.output import Common, is_watched, moment, money, notes, print_json, screen, table

if TYPE_CHECKING:
    from ringfence.client import Client
    from ringfence.detectors.conditions.problems import WrittenFileError

WAIT_S: Final = 20  # that a server may take for one answer
PARTS: Final = ("confirmed", "false", "unlabelled")
RIGHT: Final = ("alerts", "a day", "money", *PARTS, "its alerts now", "gone", "threshold")


def what_if(
    file: Path,
    *,
    days: Annotated[int, Parameter(help="How many days, from the newest event back.")] = 30,
    curve: Annotated[str, Parameter(help="Vary the threshold of this feature or column.")] = "",
    threshold: Annotated[
        float | None, Parameter(help="Which threshold, where the column is compared with several.")
    ] = None,
    tenant: Annotated[str, Parameter(help="Only the events of this tenant.")] = "",
    minutes: Annotated[float, Parameter(help="What an analyst needs for one alert.")] = 10.0,
    common: Common = Common(),
) -> int:
    """Print what rules would have done, had they been on: alerts a day, and what people decided about the same.

    Nothing is kept. End with 1 if anything is wrong with the rules.

    Args:
        file: A file of rules, whatever their status says.
    """
    from ringfence.detectors.conditions.problems import WrittenFileError

    there(file)
    asked = {
        "rules": _text(file),
        "days": days,
        "tenant": tenant or None,
        "minutes_per_alert": minutes,
        "curve": {"column": curve, "threshold": threshold} if curve else None,
    }
    _check(days, minutes)
    try:
        if server := common.server():
            with server, _progress() as watch:
                result = _of_server(server, asked, file, watch)
        else:
            result = _of_home(common, asked, file)
    except WrittenFileError as wrong:
        from ringfence.cli.rules import tell

        return tell(0, list(wrong.problems), "rules", common)
    if common.json:
        print_json(result)
    else:
        show(result)
    return 0


def _text(file: Path) -> str:
    from ringfence.events.errors import UNREADABLE_FILE, SettingsError

    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        what = "the file is not UTF-8 text"
        raise SettingsError(UNREADABLE_FILE, what, where=str(file), cure="Save it as UTF-8.") from None


def _check(days: int, minutes: float) -> None:
    from ringfence.events.errors import BAD_ARGUMENT, UsageError

    if not 1 <= days <= 3_660:
        raise UsageError(BAD_ARGUMENT, f"--days {days}", expected="1 to 3660")
    if not 0 <= minutes <= 1_440:
        raise UsageError(BAD_ARGUMENT, f"--minutes {minutes:g}", expected="0 to 1440")


def _of_home(common: Common, asked: Mapping[str, Any], file: Path) -> dict[str, Any]:
    from ringfence.wiring.past import past_of_home
    from ringfence.wiring.what_if import Question, understand, what_if
    from ringfence.wiring.workplace import workplace

    settings, curve = common.settings(), asked["curve"] or {"column": "", "threshold": None}
    question = Question(
        text=asked["rules"],
        file=str(file),
        days=asked["days"],
        curve=curve["column"],
        threshold=curve["threshold"],
        tenant=asked["tenant"],
        minutes_per_alert=asked["minutes_per_alert"],
    )
    understood = understand(settings, question)
    with workplace(settings) as place:
        past = past_of_home(place, lambda: workplace(settings))
    with _progress() as watch:
        return what_if(settings, understood, past, watch=watch)


def _of_server(server: Client, asked: Mapping[str, Any], file: Path, watch: Callable[[float], None]) -> dict[str, Any]:
    from ringfence.client import ApiProblem
    from ringfence.client.transport import Call
    from ringfence.events.errors import BAD_RULES, FAULT, DependencyError

    address = "/v1/what-ifs"
    try:
        job = server.call(Call("POST", address, query={"wait": WAIT_S}, json=dict(asked)))
    except ApiProblem as refused:
        if refused.code == BAD_RULES:
            raise _wrong(refused.document, file) from None
        raise
    while job["status"] == "running":
        watch(job["progress"])
        job = server.call(Call("GET", f"{address}/{job['what_if_id']}", query={"wait": WAIT_S}))
    if job["status"] != "done":
        problem = job["problem"] or {"code": FAULT, "detail": "somebody has stopped it", "cure": "Ask again."}
        raise DependencyError(problem["code"], problem["detail"], cure=problem["cure"])
    result: dict[str, Any] = job["result"]
    return result


def _wrong(document: Mapping[str, Any], file: Path) -> WrittenFileError:
    """Return what a server says is wrong with the rules as the check of a file says it."""
    from ringfence.detectors.conditions.problems import Problem, WrittenFileError
    from ringfence.events.errors import BAD_RULES

    names = ("code", "what", "line", "column", "source", "cure")
    problems = [Problem(file=str(file), **{name: one[name] for name in names}) for one in document["errors"]]
    return WrittenFileError(BAD_RULES, str(file), problems)


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    if not is_watched():
        yield lambda _share: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("going over the history"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes(), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def show(result: Mapping[str, Any]) -> None:
    """Print the answer for people."""
    console, currency, history = screen(), result["currency"], result["history"]
    total = result["total"]
    console.print(
        f"{_count(total['alerts'], 'alert')} from {moment(history['from_ms'])[:16]} to "
        f"{moment(history['to_ms'])[:16]} UTC, {total['alerts_per_day']:g} a day, "
        f"{money(total['money_micros'], currency)} in their episodes."
    )
    console.print(_exactness(result))
    rows = [
        (one["rule"], *_cells(one, currency), one["present"]["alerts"], one["present"]["gone"]["alerts"])
        for one in result["rules"]
    ]
    console.print(_table("Rules", ("rule", "alerts", "money", *PARTS, "its alerts now", "gone"), rows))
    console.print(_known(result))
    rows = [(day["day"], *_cells(day, currency)) for day in result["days"]]
    console.print(_table("Days", ("day", "alerts", "money", *PARTS), rows))
    if result["overlap"]:
        rows = [
            (one["detector"] + (" (shadow)" if one["shadow"] else ""), *_cells(one, currency))
            for one in result["overlap"]
        ]
        console.print(_table("Seen by others, too", ("detector", "alerts", "money", *PARTS), rows))
    _show_curve(result)
    _show_samples(result)


def _known(result: Mapping[str, Any]) -> str:
    new, work, labels = result["new"], result["work"], result["labels"]
    said = f"Decisions are known for {labels['labelled']:,} of {result['total']['alerts']:,}."
    if result["suppressed"]:
        said += f" {_count(result['suppressed'], 'alert')} would have been suppressed."
    cost = money(new["money_micros"], result["currency"])
    return (
        f"{_count(new['alerts'], 'alert')} no other detector has seen ({cost}). {said} "
        f"About {work['minutes_per_day']:g} minutes of work a day, at {work['minutes_per_alert']:g} an alert."
    )


def _exactness(result: Mapping[str, Any]) -> str:
    if result["exact"]:
        return f"This is what the engine would have raised ({result['history']['events']:,} events looked at)."
    return "It may differ from what the engine would have raised: " + "; ".join(result["why_not"]) + "."


def _show_curve(result: Mapping[str, Any]) -> None:
    curve, currency = result["curve"], result["currency"]
    if not curve:
        names = dict.fromkeys(one["column"] for one in result["thresholds"])
        if names:
            notes().print(f"Another threshold: --curve {' or '.join(names)}")
        return
    rows = [
        (
            f"{point['threshold']:g}" + (" (now)" if point["is_written"] else ""),
            *((point["alerts"], f"{point['alerts_per_day']:g}") if point["is_counted"] else ("too many", "")),
            money(point["money_micros"], currency),
            *((point[part] or {}).get("alerts") for part in PARTS),
        )
        for point in curve["points"]
    ]
    title = f"{curve['column']} {curve['operator']}"
    screen().print(_table(title, ("threshold", "alerts", "a day", "money", *PARTS), rows))


def _show_samples(result: Mapping[str, Any]) -> None:
    rows = [
        (
            sample["alert_id"][:8],
            moment(sample["raised_at_ms"])[:16],
            f"{sample['entity_kind']} {sample['entity']}",
            money(sample["money_micros"], sample["currency"]),
            sample["label"],
            "; ".join(reason["text"] for reason in sample["reasons"][:3]),
        )
        for sample in result["samples"]
    ]
    if rows:
        screen().print(_table("Some of them", ("id", "raised", "on", "money", "decided", "because"), rows))


def _cells(part: Mapping[str, Any], currency: str) -> tuple[Any, ...]:
    return part["alerts"], money(part["money_micros"], currency), *(part[name]["alerts"] for name in PARTS)


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Any:
    return table(title, columns, rows, right=[name for name in columns if name in RIGHT])


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"
