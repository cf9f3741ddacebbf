"""Standard streams that fail, in processes of their own: what is said is lost, and nothing else."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from harness import terminal

SAYS = """
import sys
from pathlib import Path
from harness import terminal
with terminal.watched() as said:
    for _ in range(3):
        print("x" * {size}, flush={flush})
    print("told", file=sys.stderr)
    file = open({path!r}, "w")
    print("said", file=sys.stderr)
    said.flush()
    file.write(f"{{type(said.fault).__name__}} {{file.fileno() > 2}}")
    file.close()
sys.exit(7)
"""


def end_of(tmp_path: Path, redirected: str, size: int = 10, flush: bool = False) -> tuple[int, str, str, str]:
    """Exit code, both streams, and what the program thinks of it."""
    path = tmp_path / "thought"
    program = SAYS.format(size=size, flush=flush, path=str(path))
    done = subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {redirected}', sys.executable, program],
        cwd=Path(terminal.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr, path.read_text()


@pytest.mark.parametrize("flush", [False, True])
@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize(
    ("redirected", "fault"),
    [
        (">/dev/full", "OSError"),
        (">&-", "NoneType"),
        ("> >(true)", "BrokenPipeError"),
    ],
)
def test_a_program_goes_on_where_its_words_cannot_be_written(tmp_path, redirected, fault, size, flush):
    code, out, err, thought = end_of(tmp_path, redirected, size, flush)
    assert (code, out, err) == (7, "", "told\nsaid\n")
    if redirected != "> >(true)":  # who ends may have left a buffer that takes a little
        assert thought == f"{fault} True"


@pytest.mark.parametrize("redirected", ["2>/dev/full", "2>&-", "2>/dev/full >/dev/full", "<&- >&- 2>&-"])
def test_neither_is_standard_error_needed(tmp_path, redirected):
    code, _, err, thought = end_of(tmp_path, redirected)
    assert (code, err) == (7, "")
    assert thought.endswith("True")


@pytest.mark.parametrize(
    ("encoding", "written"), [("ascii", "\\u5377 \\udcff"), ("utf-8", "卷 \\udcff"), ("latin-1", "\\u5377 \\udcff")]
)
def test_letters_that_the_encoding_lacks_are_written_as_escapes(encoding, written):
    below = io.BytesIO()
    stream = terminal.Stream(io.TextIOWrapper(below, encoding))
    assert stream.write("卷 \udcff") == 3
    stream.flush()
    assert below.getvalue().decode(encoding) == written


def test_what_is_asked_of_a_stream_is_that_of_the_one_below():
    assert terminal.Stream(io.StringIO()).isatty() is False
