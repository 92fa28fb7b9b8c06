"""`ringfence key`: API keys made on the machine itself."""

from pathlib import Path

import pytest

from .calling import ringfence


def test_a_key_is_shown_once_and_ended_by_its_id(home: Path) -> None:
    made = ringfence("key", "add", "switch", "--may", "events.write", "--may", "score.ask", "--home", home, "--json")
    listed = ringfence("key", "list", "--home", home, "--json").json

    assert made.json["key"].startswith("rfk_")
    assert [(key["name"], key["permissions"]) for key in listed] == [("switch", ["events.write", "score.ask"])]
    assert made.json["key"].rpartition("_")[2] not in str(listed)
    assert ringfence("key", "end", listed[0]["key_id"], "--home", home).code == 0
    assert ringfence("key", "end", listed[0]["key_id"], "--home", home).says("RF1006", "in force")
    assert ringfence("key", "list", "--home", home).says("switch", "revoked")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--may", "event.write"], "did you mean events.write"),
        (["--role", "analist"], "did you mean analyst"),
        ([], "--may PERMISSION"),
        (["--role", "viewer", "--days", "0"], "1 to 366 days"),
    ],
)
def test_a_key_that_cannot_be_is_refused(home: Path, words: list[str], said: str) -> None:
    told = ringfence("key", "add", "switch", *words, "--home", home)

    assert told.code == 2
    assert told.says(said)
