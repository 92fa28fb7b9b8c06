"""Calling the command as a person does: words in; output, remarks and exit code out."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from ringfence.cli.main import main

DATA = Path(__file__).parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def says(self, *words: str) -> bool:
        """Return whether both streams together hold all the words, and no traceback."""
        everything = self.out + self.err
        return "Traceback" not in everything and all(word in everything for word in words)


def ringfence(*words: object) -> Ended:
    """Run `ringfence WORDS` in this process; an exception that a person would see as a traceback is one here."""
    out, err = io.StringIO(), io.StringIO()
    arguments = ["ringfence", *map(str, words)]
    code = 0
    with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())
