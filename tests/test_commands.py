"""Every command with every kind of stream, output and input: nothing is lost, overwritten, or waited for."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pytest
from scipy import signal

from harness import backends, cli, started
from harness.backends import Backend
from harness.commands import listing
from harness.operations.card import Card
from harness.parent.pool import Pool
from harness.probing import probe, session
from harness.systems import selection

CASE = """
title: 卷积
means: convolution
padding: same
input: {layout: HW, file: x.npy}
kernel: {layout: HW, file: w.npy}
recorded: [{system: 我的, origin: here, layout: HW, file: y.npy}]
"""
COMMANDS = {
    "run case.yaml --json now.json --junit now.xml": 0,
    "explain case.yaml --no-code": 0,
    "explain case.yaml --no-code --json": 0,
    "explain fake.honest fake.honest case.yaml --no-code": 0,
    "explain --input x.npy --kernel w.npy --observed y.npy --no-code --padding same": 0,
    "probe numpy.convolve": 0,
    "probe numpy.convolve --json --markdown cards.md --faults faults": 0,
    "hunt --calls 1": 0,
    "list": 0,
    "list --start": 0,
    "install numpy nope": 2,
    "install numpy": 0,
    "clean nope": 0,
    "check case.yaml --strengthen": 0,
    "new mine": 0,
    "new theirs --from x.npy w.npy --observed y.npy": 0,
    "report out.json --out again": 0,
    "diff out.json changed.json": 1,
    "run case.yaml --shard 2/2 --json shard.json": 0,
    "merge out.json -o all.json": 2,
    "completion bash": 0,
    "run nowhere.yaml": 2,
    "run case.yaml --backend nope": 2,
    "--version": 0,
    "run --help": 0,
    "run --jobs 0": 2,
    "": 2,
}
"""Command -> its exit code where all goes well."""
FILES = {
    "run case.yaml --json now.json --junit now.xml": ["now.json", "now.xml", "reports/comparison.md"],
    "probe numpy.convolve --json --markdown cards.md --faults faults": ["cards.md"],
    "new mine": ["cases/mine.yaml"],
    "report out.json --out again": ["again/comparison.html"],
}
"""What a command writes."""
SAID_ONLY, UNREAD = [each for each in COMMANDS if each.startswith("explain") or each == "probe numpy.convolve"], 141
"""Commands whose work is for who reads it alone, and how they end where nobody does."""
FAKE = Backend("fake", "tests.fakes.honest", "numpy")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What lies in the folder of each test: a case in Chinese, its arrays, and two saved runs that differ."""
    folder = tmp_path_factory.mktemp("files")
    x, w = np.arange(30.0).reshape(5, 6) % 7, np.array([[1.0, 2, 0], [3, 5, 1]])
    for name, array in (("x", x), ("w", w), ("y", signal.correlate(x, w, "same"))):
        np.save(folder / f"{name}.npy", array)
    (folder / "case.yaml").write_text(CASE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert cli.main(["run", "case.yaml", "--backend", "scipy", "--json", "out.json"]) == 0
        with Pool([backends.TABLE["numpy"]]) as pool:
            CARDS.extend(probe(pool, pool.entry_points()[:1]).values())
    text = (folder / "out.json").read_text()
    (folder / "changed.json").write_text(text.replace('"verdict": "agrees"', '"verdict": "unexplained"'))
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


CARDS: list[Card] = []
"""What `probe numpy.convolve` finds, measured once."""


@pytest.fixture
def there(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, and two backends in place of all."""
    table = {"numpy": backends.TABLE["numpy"], "fake": FAKE}
    monkeypatch.setattr(session, "cards", lambda *_: CARDS)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    for module in (backends, listing, selection, started):
        monkeypatch.setattr(module, "TABLE", table)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)
    for name, data in files.items():
        Path(name).write_bytes(data)
    return tmp_path


def ended(arguments: list[str]) -> int:
    """The exit code of a command."""
    try:
        return cli.main(arguments)
    except SystemExit as end:
        return int(end.code or 0)


def full() -> TextIO:
    return open("/dev/full", "w", encoding="utf-8")


def unread() -> TextIO:
    ours, theirs = os.pipe()
    os.close(ours)
    return open(theirs, "w", encoding="utf-8", buffering=1)


def ascii_only() -> TextIO:
    return io.TextIOWrapper(io.BytesIO(), "ascii", write_through=True)


STREAMS: dict[str, tuple[Callable[[], TextIO | None], bool]] = {
    "full": (full, True),
    "unread": (unread, False),
    "ascii": (ascii_only, False),
    "closed": (lambda: None, False),
}
"""Kind of stream -> what makes it, and whether it is a fault."""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no /dev/full")
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("command", COMMANDS)
def test_standard_output_of_any_kind_ends_no_command(
    there: Path, monkeypatch: pytest.MonkeyPatch, command: str, stream: str
) -> None:
    make, is_fault = STREAMS[stream]
    out, err = make(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    code, told = ended(command.split()), err.getvalue()
    says_something = COMMANDS[command] < 2 and command != "clean nope"
    if is_fault and says_something:
        assert (code, told.splitlines()[-1]) == (2, "harness: standard output: No space left on device")
    elif not is_fault:
        assert code == (UNREAD if stream == "unread" and command in SAID_ONLY else COMMANDS[command])
        assert "standard output" not in told
    assert "Traceback" not in told
    assert all(Path(name).stat().st_size for name in FILES.get(command, ()))
    if isinstance(out, io.TextIOWrapper) and isinstance(out.buffer, io.BytesIO) and "explain case" in command:
        assert b"\\u6211\\u7684" in out.buffer.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no /dev/full")
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("command", [*FILES, "list", "run nowhere.yaml", "run --jobs 0"])
def test_standard_error_of_any_kind_ends_no_command(
    there: Path, monkeypatch: pytest.MonkeyPatch, command: str, stream: str
) -> None:
    monkeypatch.setattr(sys, "stderr", STREAMS[stream][0]())
    assert ended(command.split()) == COMMANDS[command]
    assert all(Path(name).stat().st_size for name in FILES.get(command, ()))


# --- files -----------------------------------------------------------------------------------------------------------

OUTPUTS = (
    "run case.yaml --json {}",
    "run case.yaml --junit {}",
    "run case.yaml --out {}",
    "run case.yaml --cards --out {}",
    "report out.json --out {}",
    "probe numpy.convolve --markdown {}",
    "probe numpy.convolve --faults {}",
    "new {}",
    "new {} --from x.npy w.npy",
)
FOLDERS = ("--out", "--faults")
OPTIONS_OF = ("--json", "--junit", "--out", "--markdown", "--faults", "new")
PATHS = ("", " ", "-", "case.yaml", "x.npy", "case.yaml/a", "loop", "loop/a", "folder", "/proc/nowhere/a", "y" * 300)


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker is started: what cannot be written is told before."""

    def started(self: Pool) -> Pool:
        pytest.fail("a worker is started")

    monkeypatch.setattr(Pool, "__enter__", started)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused() -> Iterator[tuple[str, str]]:
    """(command, path) of what must be refused: a folder is one for an output that is a folder."""
    for command in OUTPUTS:
        for path in PATHS:
            is_folder = any(option in command for option in FOLDERS)
            is_name = command.startswith("new") and path in (
                "-",
                "case.yaml",
                "x.npy",
                "folder",
                "loop",
            )
            if not is_name and not (is_folder and path == "folder"):
                yield command, path


@pytest.mark.parametrize(("command", "path"), list(refused()))
def test_what_cannot_be_written_is_told_before_anything_starts_and_nothing_is_changed(
    there: Path, nothing_starts: None, capsys: pytest.CaptureFixture[str], command: str, path: str
) -> None:
    (there / "folder").mkdir()
    (there / "loop").symlink_to("loop")
    before = contents(there)
    assert ended(shlex.split(command.format(shlex.quote(path)))) == 2
    told = capsys.readouterr().err
    assert told.splitlines()[-1].startswith(("harness: ", "harness run: ", "harness probe: ", "harness report: "))
    assert any(option in told for option in OPTIONS_OF) or repr(path) in told or path in told
    assert "Traceback" not in told
    assert contents(there) == before


@pytest.mark.parametrize("other", ["--junit {}", "--out {}/.."])
def test_one_file_for_two_outputs_is_told(
    there: Path, nothing_starts: None, capsys: pytest.CaptureFixture[str], other: str
) -> None:
    twice = "reports/comparison.md"
    assert ended(["run", "case.yaml", "--json", twice, *other.format(twice).split()]) == 2
    assert "is written there; choose another name" in capsys.readouterr().err


def test_a_summary_that_cannot_be_written_is_told_before(
    there: Path, nothing_starts: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "case.yaml/summary")
    assert ended(["run", "case.yaml"]) == 2
    assert "GITHUB_STEP_SUMMARY case.yaml/summary: cannot be written: Not a directory" in capsys.readouterr().err


def test_what_it_wrote_itself_is_written_anew(there: Path) -> None:
    command = "run case.yaml --json now.json --junit now.xml"
    assert [ended(command.split()) for _ in range(2)] == [0, 0]
    assert [ended(["probe", "numpy.convolve", "--markdown", "cards.md"]) for _ in range(2)] == [0, 0]
    assert [ended(["report", "out.json"]) for _ in range(2)] == [0, 0]


def test_a_full_disk_names_the_file_and_keeps_no_other_back(there: Path) -> None:
    """Files of more than 36 KiB cannot be written here, and the page is larger."""
    command = f"{shlex.quote(sys.executable)} -m harness run case.yaml --backend scipy --json now.json --junit now.xml"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 36; exec {command}"],
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    page = "reports/comparison.html"
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"harness: {page}: File too large"
    assert sorted(path.name for path in there.rglob("*") if "part" in path.name) == []
    assert not Path(page).exists()
    assert all(Path(name).stat().st_size for name in ("now.json", "now.xml", "reports/comparison.md"))


@pytest.mark.parametrize("folder", [True, False])
def test_faults_that_nobody_asked_for_are_written_nowhere(
    there: Path, monkeypatch: pytest.MonkeyPatch, folder: bool
) -> None:
    monkeypatch.setattr(session, "cards", lambda *_: [])
    assert ended(["probe", "numpy.convolve", *(["--faults", "faults"] if folder else [])]) == 0
    assert not Path("faults").exists()


# --- inputs ----------------------------------------------------------------------------------------------------------

INPUTS = (
    "run {}.yaml",
    "check {}.yaml",
    "explain {}.yaml --no-code",
    "explain fake.honest fake.honest {}.yaml",
    "explain --input {}.npy --kernel w.npy --observed y.npy --no-code",
    "explain --input x.npy --kernel {}.npy --observed y.npy --no-code --layout HW,HW,HW",
    "explain --input x.npy --kernel w.npy --observed {}.npy --no-code --layout HW,HW,HW",
    "new mine --from {}.npy w.npy",
    "new mine --from x.npy w.npy --observed {}.npy --layout HW,HW,HW",
    "check refers-{}.yaml",
)
KINDS = {
    "folder": ("is a folder, not a file", "no case file"),
    "pipe": ("is a pipe, not a file",),
    "loop": ("Too many levels of symbolic links", "Symlink loop"),
    "dangling": ("no such file", "no file"),
    "garbage": ("not UTF-8 text", "expected a .npy"),
    "empty": ("the file is empty", "is empty; write, copy or download it again"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", INPUTS)
def test_inputs_that_are_no_files_are_told(
    there: Path, capsys: pytest.CaptureFixture[str], command: str, kind: str
) -> None:
    for suffix in (".yaml", ".npy"):
        (there / f"folder{suffix}").mkdir()
        os.mkfifo(there / f"pipe{suffix}")
        (there / f"loop{suffix}").symlink_to(f"loop{suffix}")
        (there / f"dangling{suffix}").symlink_to(f"nowhere{suffix}")
        (there / f"garbage{suffix}").write_bytes(bytes(range(256)) * 9)
        (there / f"empty{suffix}").touch()
    (there / f"refers-{kind}.yaml").write_text(CASE.replace("y.npy", f"{kind}.npy"), encoding="utf-8")
    assert ended(command.format(kind).split()) == 2
    told = capsys.readouterr().err
    assert any(words in told for words in KINDS[kind])
    assert f"{kind}." in told
    assert "Traceback" not in told


def test_a_folder_that_cannot_be_read_is_told(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Simulated: the user may be root, who may read anything."""

    def refuse(folder: str) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    assert ended(["check", "."]) == 2
    assert "harness: .: cannot be read: Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"input:\n1 2\xff\n"])
def test_standard_input_that_is_no_text_is_told(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
    assert ended(["new", "mine", "--paste"]) == 2
    assert "harness: standard input is no text in utf-8 (byte " in capsys.readouterr().err
    assert not Path("cases").exists()


def test_standard_input_that_is_closed_is_told(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert ended(["new", "mine", "--paste"]) == 2
    assert "harness: standard input: no input" in capsys.readouterr().err
