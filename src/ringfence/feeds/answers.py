"""What switches and billing systems write of a call that was answered, in any letter case."""

from __future__ import annotations

from typing import Final

_WORDS: Final = (
    "answered answer completed complete connected success successful ok true yes 200 angenommen beantwortet verbunden"
    " ja contestada atendida risposta si sí oui"
)
ANSWERED: Final = {written: True for word in _WORDS.split() for written in (word, word.upper(), word.capitalize())}
