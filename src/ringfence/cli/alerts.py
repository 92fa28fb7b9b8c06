"""`ringfence alerts`: the queue, and one alert."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from ringfence.cli.output import Common, moment, money, notes, print_json, screen, table
from ringfence.cli.run import alert_table

app = App(name="alerts", help_format="plaintext", help="The queue of alerts, the highest expected loss first.")


@app.default
def queue(
    *,
    fraud: Annotated[str | None, Parameter(help="Only this fraud, e.g. irsf.")] = None,
    status: Annotated[
        str | None, Parameter(help="open, suppressed, confirmed, dismissed, investigating or all.")
    ] = "open",
    entity: Annotated[str | None, Parameter(help="Only this number, account, device, trunk or range.")] = None,
    shadow: Annotated[bool, Parameter(negative=(), help="Those of detectors that run unheard.")] = False,
    limit: Annotated[int, Parameter(help="At most so many. 0: all.")] = 0,
    common: Common = Common(),
) -> int:
    """Print the queue."""
    from ringfence.wiring.workplace import workplace

    settings = common.settings()
    with workplace(settings) as place:
        found = place.alerts.list(
            fraud=fraud,
            status=None if status == "all" else status,
            entity=entity,
            shadow=shadow,
            limit=limit if limit > 0 else -1,
        )
    if common.json:
        print_json(found)
    elif found:
        screen().print(alert_table(found, settings.home.time_zone, f"{len(found):,} alerts"))
        notes().print("One alert with all its reasons: `ringfence alerts show ID` (the first digits are enough)")
    else:
        screen().print("No alerts.")
    return 0


@app.command
def show(alert_id: str, *, common: Common = Common()) -> int:
    """Print one alert with its reasons, its events and its money.

    Args:
        alert_id: The alert's id, or the first digits of it.
    """
    from ringfence.wiring.explaining import events_of
    from ringfence.wiring.workplace import workplace

    settings = common.settings()
    with workplace(settings) as place:
        alert = place.alerts.get(alert_id)
        events = events_of(place, alert)
    if common.json:
        print_json({**alert, "events_of_episode": events})
        return 0
    zone, console = settings.home.time_zone, screen()
    console.print(_facts(alert, zone))
    rows = [(r["text"], _plain(r["value"]), _plain(r["usual"])) for r in alert["reasons"]]
    console.print(table("Why", ("reason", "value", "usual"), rows, right=("value", "usual")))
    console.print(_event_table(events, zone, alert))
    return 0


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


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
            e["kind"],
            e["caller"],
            e["callee"],
            f"{(e['duration_ms'] or 0) / 1000:,.0f} s",
            money(e["charge_micros"], e["currency"]),
            e.get("place"),
        )
        for e in events
    ]
    title = f"Events of the episode (the first {len(events)} of {alert['events']:,})"
    columns = ("time", "kind", "caller", "callee", "answered", "charge", "record")
    return table(title, columns, rows, right=("answered", "charge"))
