"""What there is no POSIX for is said in a sentence, and what needs none works; simulated in processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness import cli
from harness.commands import run_cases
from harness.parent import unix

WITHOUT = """
import os, select, signal, subprocess, sys
import platformdirs  # some versions of which take what Unix has at once, unless they see Windows
for name in ("fcntl", "resource", "termios", "pwd", "grp"):
    sys.modules[name] = None
for module, names in {os: ("killpg", "readv", "set_blocking", "getuid", "mkfifo"), select: ("poll", "epoll"),
                      signal: ("SIGKILL", "SIGHUP")}.items():
    for name in names:
        delattr(module, name)
from harness.cli import main
sys.exit(main(sys.argv[1:]))
"""
FILES = sorted(Path(cli.__file__).parent.rglob("*.py"))
SENTENCE = "workers talk through pipes of POSIX, which"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with a recording, its arrays, and saved results."""
    tmp_path = tmp_path_factory.mktemp("elsewhere")
    np.save(tmp_path / "x.npy", np.arange(12.0).reshape(3, 4) % 5)
    np.save(tmp_path / "w.npy", np.array([[1.0, 2]]))
    np.save(tmp_path / "y.npy", np.arange(12.0).reshape(3, 4))
    (tmp_path / "case.yaml").write_text(
        "title: t\nmeans: convolution\npadding: same\ninput: {layout: HW, file: x.npy}\n"
        "kernel: {layout: HW, file: w.npy}\nrecorded: [{system: s, origin: o, layout: HW, file: y.npy}]\n"
    )
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        assert cli.main(["run", "case.yaml", "--backend", "scipy", "--json", "out.json"]) == 0
    finally:
        os.chdir(here)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ("list", 0, f"numpy: not available: {SENTENCE}"),
        ("check case.yaml", 0, "1 case is well formed"),
        ("new mine", 0, "cases/mine.yaml written"),
        ("explain case.yaml --no-code", 1, "case.yaml: t"),
        ("explain case.yaml", 1, "case.yaml: t"),
        ("report out.json --out again", 0, "report: again/comparison.md"),
        ("diff out.json out.json", 0, "No verdict changed"),
        ("clean", 0, ""),
        ("completion bash", 0, "_harness"),
        ("run case.yaml", 3, f"harness: no backend is available\nnumpy: {SENTENCE}"),
        ("run case.yaml --backend numpy", 3, f"harness: numpy was asked for and is not available: {SENTENCE}"),
        ("probe numpy.convolve", 3, f"harness: numpy was asked for and is not available: {SENTENCE}"),
        ("explain numpy.convolve numpy.correlate case.yaml", 3, "harness: numpy was asked for and is not available"),
        ("install numpy", 3, f"numpy: not available: {SENTENCE}"),
    ],
)
def test_without_posix_every_command_ends_well(folder: Path, arguments: str, code: int, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parent.parent), "XDG_CACHE_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_what_only_posix_has_is_imported_by_one_module() -> None:
    """Whoever ports the harness reads that module; the other halves of pipes are asked for by its `missing`."""
    only = {"fcntl", "resource", "termios", "pwd", "grp", "pty", "syslog"}
    names = {path: set(re.findall(r"^\s*(?:import|from) (\w+)", path.read_text("utf-8"), re.M)) for path in FILES}
    assert {path.name for path, found in names.items() if found & only} == {"unix.py"}


def test_here_nothing_is_missing() -> None:
    assert unix.missing() is None


def test_a_limit_of_memory_that_cannot_be_kept_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_cases.unix, "LINUX", False)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "nowhere.yaml", "--memory-limit", "1"]) == 2
    assert "--memory-limit: only Linux can limit the memory of a process" in capsys.readouterr().err
