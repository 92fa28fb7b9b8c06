"""Rules as they are shown and sent: numbers of people in them are masked, thresholds are not.

Whoever sends a text back with a number masked means the number that is there: it is put back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from ringfence.api.asking import Principal
from ringfence.api.masking import masked
from ringfence.api.problems import ApiError
from ringfence.detectors.rule_text import literals
from ringfence.events.errors import BAD_REQUEST
from ringfence.wiring.rule_work import Rule

_COMMENT: Final = re.compile(r"#[^\n]*")
_NUMBER: Final = re.compile(r"(?<![0-9a-fA-F*])\d{7,}(?![0-9a-fA-F*])")
_HIDDEN: Final = re.compile(r"(?<![0-9a-fA-F])\d{5}\*{2,}")


def seen_text(text: str, rule: Rule, asker: Principal) -> str:
    """Return the text of a rule as the one who asks may see it."""
    return text if asker.reveals else _hidden(text, (rule.title, rule.source, *literals(rule)))


def _hidden(text: str, words: Iterable[str]) -> str:
    """Return a text with the numbers masked that stand in these words, and in comments."""
    for word in sorted(words, key=len, reverse=True):
        if (hidden := masked(word)) != word:
            text = text.replace(word, hidden)
    return _COMMENT.sub(lambda found: masked(found[0]), text)


def seen_fields(document: dict[str, Any], rule: Rule, asker: Principal) -> dict[str, Any]:
    """Return a document about a rule as the one who asks may see it."""
    if asker.reveals:
        return document
    words = (rule.title, rule.source, *literals(rule))
    made: dict[str, Any] = _deep(document, words)
    return made


def _deep(value: Any, words: Iterable[str]) -> Any:
    if isinstance(value, dict):
        return {name: _deep(one, words) for name, one in value.items()}
    if isinstance(value, list):
        return [_deep(one, words) for one in value]
    return _hidden(value, words) if isinstance(value, str) else value


def with_numbers(text: str, before: str) -> str:
    """Return a text with the numbers that it shows masked as they were before.

    Raises:
        ApiError: a number is masked that was not there, or several look alike (RF7005).
    """
    known: dict[str, set[str]] = {}
    for found in _NUMBER.finditer(before):
        known.setdefault(masked(found[0]), set()).add(found[0])

    def number(found: re.Match[str]) -> str:
        fitting = known.get(found[0], set())
        if len(fitting) != 1:
            cure = "Write the number, or ask to see it: Ringfence-Reason."
            raise ApiError(BAD_REQUEST, f"{found[0]} is a masked number, and it is not known which", cure=cure)
        return next(iter(fitting))

    return _HIDDEN.sub(number, text)
