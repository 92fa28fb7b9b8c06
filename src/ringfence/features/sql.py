"""The same definitions as SQL, for DuckDB: the oracle of the kernels, and what-if for people who know SQL.

Rows are ordered by one integer, time x 2^20 + place among the events of that millisecond, so that a RANGE frame can
begin at a pane and end at this very event. Exact for up to a million events in one millisecond.
"""

from __future__ import annotations

from ringfence.features.define import LONGEST, WINDOWS, Family, Feature, Window
from ringfence.features.layout import layout

SHIFT = 1 << 20


def family_sql(family: Family, events: str = "events") -> str:
    """Return a query with one row for each event that names an entity of the family: event_id and the features.

    `events` has the event columns and local_hour, local_weekday (1 Monday to 7 Sunday).
    """
    roles = [_role(family, events, received=False)]
    if family.also:
        roles.append(_role(family, events, received=True))
    partners = layout(family.name).partners
    met = "".join(
        f",\n  lag(at_ms) OVER (PARTITION BY entity, {p.column}, {_holds(p.where, p.received)} ORDER BY u) AS met_{i}"
        for i, p in enumerate(partners)
    )
    windows = ",\n  ".join(_frame(w) for w in WINDOWS.values())
    columns = ",\n  ".join(f"{_expression(family, f)} AS {f.name}" for f in family.features)
    return f"""WITH roles AS (
{" UNION ALL ".join(roles)}
), ordered AS (
  SELECT *, at_ms * {SHIFT} + row_number() OVER (PARTITION BY at_ms ORDER BY event_id, role) AS u FROM roles
), told AS (
  SELECT *, lag(at_ms) OVER (PARTITION BY entity ORDER BY u) AS last_ms{met}
  FROM ordered
), lives AS (
  SELECT *, last_ms IS NULL OR {_forgotten("last_ms")} AS fresh FROM told
), lived AS (
  SELECT *, sum(fresh::INT) OVER (PARTITION BY entity ORDER BY u) AS life{_panes(family)}
  FROM lives
), featured AS (
  SELECT event_id, role,
  {columns}
  FROM lived
  WINDOW {windows},
  w_life AS (PARTITION BY entity, life ORDER BY u ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT * EXCLUDE (role) FROM featured WHERE role = 0"""  # noqa: S608 - built from our own definitions


def _role(family: Family, events: str, *, received: bool) -> str:
    keys = (family.also,) if received else family.key
    entity = "coalesce(tenant || '|', '') || " + " || '|' || ".join(keys)
    present = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    if received:  # the other party's events count only where a feature says so
        wheres = {f.where for f in family.features if f.name in family.received}
        present += " AND (" + " OR ".join(f"coalesce({w}, false)" for w in sorted(wheres)) + ")"
    return f"  SELECT *, {entity} AS entity, {int(received)} AS role FROM {events} WHERE {present}"  # noqa: S608 - as above


def _forgotten(column: str) -> str:
    return f"{column} // {LONGEST.pane_ms} <= at_ms // {LONGEST.pane_ms} - {LONGEST.panes}"


def _holds(where: str, received: bool) -> str:
    return f"(role = {int(received)} AND coalesce({where or 'true'}, false))"


def _frame(window: Window) -> str:
    begin = f"u - (at_ms // {window.pane_ms} - {window.panes - 1}) * {window.pane_ms} * {SHIFT}"
    return f'"w_{window.name}" AS (PARTITION BY entity ORDER BY u RANGE BETWEEN ({begin}) PRECEDING AND CURRENT ROW)'


def _panes(family: Family) -> str:
    text = ""
    for f in family.features:
        if f.aggregate == "peak" and f.window is not None:
            of = next(g for g in family.features if g.name == f.column)
            holds = _holds(of.where, of.name in family.received)
            begin = f"u - (at_ms // {f.window.pane_ms}) * {f.window.pane_ms} * {SHIFT}"
            text += (
                f",\n  count(*) FILTER ({holds}) OVER (PARTITION BY entity ORDER BY u "
                f"RANGE BETWEEN ({begin}) PRECEDING AND CURRENT ROW) AS pane_{f.name}"
            )
    return text


def _expression(family: Family, f: Feature) -> str:
    if f.is_ratio:
        return f"{f.numerator} / nullif({f.denominator}, 0)"
    if f.aggregate == "since_last":
        return "CASE WHEN NOT fresh THEN at_ms - last_ms END"
    if f.aggregate == "age":
        return "at_ms - min(at_ms) OVER w_life"
    if f.aggregate == "total":
        total = "count(*)" if f.column == "1" else f"coalesce(sum({f.column}) FILTER (role = 0), 0)"
        return f"{total.replace('count(*)', 'count(*) FILTER (role = 0)')} OVER w_life".replace(
            ", 0) OVER w_life", " OVER w_life, 0)"
        )
    return _windowed(family, f)


def _windowed(family: Family, f: Feature) -> str:
    if f.window is None:
        raise ValueError(f"{f.name} has no window")
    over = f'OVER "w_{f.window.name}"'
    received = f.name in family.received
    holds = _holds(f.where, received)
    if f.aggregate == "count":
        return f"count(*) FILTER ({holds}) {over}"
    if f.aggregate == "sum":
        return f"coalesce(sum({f.column}) FILTER ({holds}) {over}, 0)"
    if f.aggregate == "distinct":
        return f"count(DISTINCT CASE WHEN {holds} THEN {f.column} END) {over}"
    if f.aggregate == "peak":
        return f"max(pane_{f.name}) {over}"
    if f.aggregate in ("min", "max"):
        return f"{f.aggregate}({f.column}) FILTER ({holds}) {over}"
    partners = layout(family.name).partners
    place = next(i for i, p in enumerate(partners) if (p.column, p.where, p.received) == (f.column, f.where, received))
    unmet = f"(met_{place} IS NULL OR {_forgotten(f'met_{place}')})"
    return f"count(*) FILTER ({holds} AND {f.column} IS NOT NULL AND {unmet}) {over}"
