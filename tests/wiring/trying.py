"""Rules tried on a home folder, and the alerts of an engine that had them on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ringfence.settings import Settings
from ringfence.wiring.panel import PACK
from ringfence.wiring.past import Past, past_of_home
from ringfence.wiring.what_if import Question, understand, what_if
from ringfence.wiring.workplace import workplace

SAME = (
    "alert_id", "tenant", "detector", "revision", "fraud", "entity_kind", "entity", "episode_start_ms",
    "episode_end_ms", "raised_at_ms", "events", "matches", "score", "severity", "money_micros",
    "money_per_hour_micros", "currency", "event_ids", "expected_loss_micros",
)  # fmt: skip


@cache
def pack(fraud: str = "*") -> str:
    """Return the text of all shipped rules, or of those against one fraud."""
    return "\n".join(path.read_text("utf-8") for path in sorted((Path(str(PACK)) / "rules").glob(f"{fraud}.toml")))


def rule(when: str, **fields: Any) -> str:
    """Return the text of one rule."""
    told = {"id": "tried", "title": "A try", "fraud": "irsf", "on": ["call", "attempt"], "entity": "caller"}
    told |= {"when": when, "severity": "medium"} | fields
    return "[[rule]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in told.items())


def _toml(value: Any) -> str:
    return "[" + ", ".join(map(_toml, value)) + "]" if isinstance(value, list) else f"{value!r}"


def past_of(home: Path) -> tuple[Settings, Past]:
    """Return the settings of a home folder, and what has happened there."""
    settings = Settings.load(home, {})
    with workplace(settings) as place:
        return settings, past_of_home(place, lambda: workplace(settings))


def ask(home: Path, text: str, **more: Any) -> dict[str, Any]:
    """Return what rules would have done on a home folder."""
    settings, past = past_of(home)
    return what_if(settings, understand(settings, Question(text=text, **({"days": 3_660} | more))), past)


def same(alert: dict[str, Any]) -> tuple[Any, ...]:
    """Return what must be equal of an alert that was raised and one that would have been."""
    return tuple(tuple(alert[name]) if isinstance(alert[name], list) else alert[name] for name in SAME)


def raised(home: Path, *, but: tuple[str, ...] = ("own_baseline", "two_places")) -> set[tuple[Any, ...]]:
    """Return the alerts that rules have raised in a home folder."""
    with workplace(Settings.load(home, {})) as place:
        return {same(a) for a in place.alerts.list(shadow=None) if a["detector"] not in but}
