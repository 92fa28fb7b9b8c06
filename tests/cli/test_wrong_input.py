"""Wrong words, wrong files and wrong folders: a message with a code and a cure, an exit code, and never a traceback."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.stores.conftest import read_only

from .calling import ringfence

# {home}: a home with alerts; {none}: one that is not there; file: a text file; bytes: anything; folder: an empty one;
# cut.gz: a compressed file that ends before its first byte
WRONG = """
2 RF1004 run ''
2 RF4001 run nofile
2 RF4001 run folder
2 RF4001 run *.nothing
2 RF4003 run file
2 RF4003 run bytes
2 RF4003 run file --format nope
2 RF1004 run file --time-zone Mars
2 RF1004 run file --lateness soon
4 RF4012 run file --home file
4 RF4012 run file --home file/below
3 RF1001 run file --set engine.thread=2
2 RF1004 run file --set engine
2 RF4001 connect nofile
2 RF4001 connect folder
2 RF4003 connect bytes
2 RF1004 connect file --name ../x
2 RF5001 simulate out --fraud nonsense
2 RF1004 simulate out --format nonsense
4 RF4002 simulate file
2 RF1006 alerts --status nope --home {home}
4 RF4001 alerts --home {none}
4 RF4012 alerts --home file
4 RF4012 config --home file
4 RF4012 rules list --home file/below
4 RF4012 demo out --home file
2 RF3050 alerts show zz --home {home}
2 RF3050 alerts show '' --home {home}
2 RF1004 evaluate --home {home}
2 RF4001 evaluate --truth nofile --home {home}
3 RF5010 evaluate --truth bytes --home {home}
4 RF4001 balance --home {none}
2 RF1004 suspense --state nope --home {home}
2 RF3050 suspense show zz --home {home}
2 RF1004 suspense recycle --home {home}
2 RF1004 suspense edit zz --owner me --home {home}
2 RF4001 suspense edit zz --owner me --file nofile --home {home}
2 RF1004 suspense test zz --time-zone Mars --home {home}
2 RF3053 suspense write-off zz --owner '' --reason x --home {home}
2 RF1006 features list --family nope
2 RF4003 features compute file --out x.parquet
4 RF4001 features compute file --out /proc/x/y.parquet
2 RF1006 rules list --fraud nope
2 RF1006 rules show nope
2 RF4001 rules check nofile
3 RF4002 rules check bytes
2 RF4001 lists check folder
4 RF4002 run cut.gz
4 RF4002 connect cut.gz
2 RF1004 suppress add --owner a --reason b --until tomorrow --home {home}
2 RF3052 suppress add --owner a --reason b --until 2020-01-01 --home {home}
2 RF1006 suppress add --owner a --reason b --until 2030-01-01 --kind nope --home {home}
4 RF4001 suppress list --home {none}
3 RF1001 config --set nonsense=1
2 RF1004 config --set nonsense
"""


@pytest.mark.parametrize("line", WRONG.strip().splitlines())
def test_wrong_input_is_said_with_a_code(
    line: str, worked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x\n")
    (tmp_path / "bytes").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (tmp_path / "folder").mkdir()
    exit_code, code, *words = shlex.split(line.format(home=worked, none=tmp_path / "none"))

    ended = ringfence(*words)

    assert (ended.code, ended.says(f"[{code}]")) == (int(exit_code), True), ended
    assert ended.out == ""
    assert not (tmp_path / "none").exists()


CLOSED = """
4 RF4002 connect secret
4 RF4002 connect closed/records.csv
4 RF4002 simulate closed/below --subscribers 100 --days 1
4 RF4002 alerts --home closed/home
3 RF4002 alerts --home closed
3 RF4002 lists check secret
3 RF4002 rules check secret
1 RF4002 doctor --home closed
"""


def test_what_may_not_be_read_is_said_with_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secret").write_text("x\n")
    Path("closed").mkdir()
    Path("closed/records.csv").write_text("x\n")
    Path("secret").chmod(0)
    Path("closed").chmod(0)
    ringfence("doctor", "--home", "none")  # imports what it needs while all may be read

    with read_only(tmp_path):
        for line in CLOSED.strip().splitlines():
            exit_code, code, *words = shlex.split(line)
            ended = ringfence(*words)
            assert (ended.code, ended.says(f"[{code}]")) == (int(exit_code), True), (line, ended)

    Path("closed").chmod(0o700)
    assert [path.name for path in Path("closed").iterdir()] == ["records.csv"]
