"""`ringfence alerts`: the queue, and one alert."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import App, Parameter

from ringfence.cli.arguments import check_name
from ringfence.cli.output import Common, command, moment, money, notes, print_json, screen, table
from ringfence.cli.parties import counted, parties
from ringfence.cli.run import alert_table, party_table

if TYPE_CHECKING:
    from ringfence.settings import Settings

STATUSES = ("open", "suppressed", "confirmed", "dismissed", "investigating", "all")

app = App(name="alerts", help_format="plaintext", help="The queue of alerts, the highest expected loss first.")


@app.default
def queue(
    *,
    fraud: Annotated[str | None, Parameter(help="Only this fraud, e.g. irsf.")] = None,
    status: Annotated[str, Parameter(help="open, suppressed, confirmed, dismissed, investigating or all.")] = "open",
    entity: Annotated[str | None, Parameter(help="Only this number, account, device, trunk or range.")] = None,
    shadow: Annotated[bool, Parameter(negative=(), help="Those of detectors that run unheard.")] = False,
    limit: Annotated[int, Parameter(help="At most so many. 0: all.")] = 0,
    all: Annotated[bool, Parameter(negative=(), help="Every alert, not only the worst of each party.")] = False,
    filter: Annotated[
        str, Parameter(help="A condition instead, as in rules: \"fraud = 'irsf' AND money_micros > 50000000\".")
    ] = "",
    common: Common = Common(),
) -> int:
    """Print the queue: the worst alert of each party, and how many more there are on it.

    Alerts on a caller, an account and a device that rest on the same events are on one party.
    """
    check_name("--status", status, STATUSES, cure="")
    most = limit if (all or common.json) and limit > 0 else -1
    if filter:
        _check_alone(fraud=fraud, entity=entity, shadow=shadow, status=status != "open")
    found = _found(common, _Asked(fraud, status, entity, shadow, filter, most))
    if common.json:
        print_json(found)
    elif found:
        desk = _desk(common)
        _show_queue(found, desk, limit, every=all)
        enough = " (the first digits are enough)" if common.server() is None else ""
        notes().print(f"One alert with all its reasons: {desk.say('alerts', 'show', 'ID')}{enough}")
    else:
        of_all = "No alerts." if status == "all" else f"No {status} alerts."
        screen().print("No such alerts." if fraud or entity or filter else of_all)
    return 0


class _Asked(NamedTuple):
    """Which alerts are asked for."""

    fraud: str | None
    status: str
    entity: str | None
    shadow: bool
    filter: str
    most: int  # -1: all


class _Desk(NamedTuple):
    """Where the alerts are: the zone in which times are shown, and what a person may type next."""

    zone: str
    say: Callable[..., str]


def _desk(common: Common) -> _Desk:
    if common.server():
        return _Desk("UTC", lambda *words: f"`ringfence {' '.join(words)}` with the same --url")
    settings = common.settings()
    return _Desk(settings.home.time_zone, lambda *words: command(settings, *words))


def _found(common: Common, asked: _Asked) -> list[dict[str, Any]]:
    """Return the alerts that are asked for, of the server or of the home folder."""
    if server := common.server():
        from ringfence.cli.remote_alerts import filter_of, queue_of

        options = {name: getattr(asked, name) for name in ("fraud", "status", "entity", "shadow")}
        with server:
            return queue_of(server, asked.filter or filter_of(**options), asked.most)
    from ringfence.wiring.workplace import workplace

    settings = common.settings()
    if asked.filter:
        return _filtered(settings, asked.filter, asked.most)
    with workplace(settings) as place:
        return place.alerts.list(
            fraud=asked.fraud,
            status=None if asked.status == "all" else asked.status,
            entity=asked.entity,
            shadow=asked.shadow,
            limit=asked.most,
        )


def _check_alone(**others: object) -> None:
    """Refuse a filter beside the options that say the same."""
    from ringfence.events.errors import BAD_ARGUMENT, UsageError

    for name, given in others.items():
        if given:
            raise UsageError(
                BAD_ARGUMENT, f"--filter and --{name} together", expected="all of it in the filter", cure=""
            )


def _filtered(settings: Settings, text: str, limit: int) -> list[dict[str, Any]]:
    """Return the alerts that match a filter, whose columns and defaults are those of the server's."""
    from ringfence.wiring.alerting.filtering import read_filter
    from ringfence.wiring.alerting.listing import every
    from ringfence.wiring.secrets_of_home import Secret
    from ringfence.wiring.workplace import workplace

    asked = read_filter(text, lambda reference: Secret.of(settings.folder).entity(reference))
    with workplace(settings) as place:
        return every(place, asked.where(None, tenant_too=False), limit)


def _show_queue(found: list[dict[str, Any]], desk: _Desk, limit: int, *, every: bool) -> None:
    zone = desk.zone
    if every:
        screen().print(alert_table(found, zone, f"{len(found):,} alerts"))
        return
    on = parties(found)
    shown = on[:limit] if limit > 0 else on
    screen().print(party_table(shown, zone, counted(len(found), len(on))))
    if len(shown) < len(found):
        notes().print(f"Each alert in a row of its own: {desk.say('alerts', '--all')}")


@app.command
def show(alert_id: str, *, common: Common = Common()) -> int:
    """Print one alert with its reasons, its events and its money.

    Args:
        alert_id: The alert's id, or the first digits of it (of a server's: all of it).
    """
    alert, events = _one(common, alert_id)
    if common.json:
        print_json({**alert, "events_of_episode": events})
        return 0
    zone, console = _desk(common).zone, screen()
    console.print(_facts(alert, zone))
    rows = [(r["text"], *_values(r, alert["currency"])) for r in alert["reasons"]]
    console.print(table("Why", ("reason", "value", "usual"), rows, right=("value", "usual")))
    console.print(_event_table(events, zone, alert))
    return 0


def _one(common: Common, alert_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return an alert and the first events of its episode, of the server or of the home folder."""
    if server := common.server():
        from ringfence.cli.remote_alerts import alert_of

        with server:
            return alert_of(server, alert_id)
    from ringfence.wiring.explaining import events_of
    from ringfence.wiring.workplace import workplace

    with workplace(common.settings()) as place:
        alert = place.alerts.get(alert_id)
        return alert, events_of(place, alert)


def _values(reason: Mapping[str, Any], currency: str | None) -> tuple[str, ...]:
    """Return a reason's value and what is usual, in their unit; where the catalogue has none, as they are."""
    from ringfence.detectors.words import value_text
    from ringfence.wiring.catalogue import catalogue

    if reason["feature"] in ("at_ms", "start_ms"):
        return "", ""
    known = catalogue().get(reason["feature"])
    unit = known.unit if known else None
    found = (reason["value"], reason["usual"])
    return tuple("" if value is None else value_text(value, unit, currency or "") for value in found)


def _facts(alert: dict[str, Any], zone: str) -> Any:
    from ringfence.alerts.alert import Alert
    from ringfence.alerts.words import headline

    return table(
        headline(Alert.from_json(alert)),
        ("", ""),
        [
            ("id", alert["alert_id"]),
            ("fraud", alert["fraud"]),
            ("detector", f"{alert['detector']} (revision {alert['revision']})"),
            ("who", f"{alert['entity_kind']} {alert['entity']}"),
            ("episode", f"{moment(alert['episode_start_ms'], zone)} to {moment(alert['episode_end_ms'], zone)} {zone}"),
            ("raised", moment(alert["raised_at_ms"], zone)),
            ("events", f"{alert['events']:,}"),
            ("score", f"{alert['score']:.2f}"),
            ("spent", money(alert["money_micros"], alert["currency"])),
            ("an hour more", money(alert["money_per_hour_micros"], alert["currency"])),
            ("status", alert["status"]),
        ],
    )


def _event_table(events: list[dict[str, Any]], zone: str, alert: dict[str, Any]) -> Any:
    rows = [
        (
            moment(e["at_ms"], zone),
            e.get("kind"),
            e.get("caller"),
            e.get("callee"),
            f"{(e.get('duration_ms') or 0) / 1000:,.0f} s",
            money(e.get("charge_micros"), e.get("currency")),
        )
        for e in events
    ]
    title = f"Events of the episode (the first {len(events)} of {alert['events']:,})"
    columns = ("time", "kind", "caller", "callee", "answered", "charge")
    return table(title, columns, rows, right=("answered", "charge"))
