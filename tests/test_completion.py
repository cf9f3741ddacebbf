"""Completion scripts know every command and option, and shells accept them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness import cli
from harness.completion import script
from harness.options import command_line
from harness.options.of_shells import SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_options_and_what_they_take_are_in_the_script(shell: str) -> None:
    text = script(shell, command_line.parser())
    for word in ("explain", "junit", "tensorflow", "transposed_convolution"):
        assert word in text


def completed(*words: str, folder: Path) -> list[str]:
    """What bash offers for the last of `words`."""
    given = " ".join(f"'{word}'" for word in words)
    ask = f'COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _shtab_harness; echo "${{COMPREPLY[@]}}"'
    text = script("bash", command_line.parser())
    done = subprocess.run(["bash", "-c", f"{text}\n{ask}"], capture_output=True, text=True, check=True, cwd=folder)
    assert not done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["r"], ["run", "report"]),
        (["run", "--js"], ["--json"]),
        (["run", "my"], ["my-case.yaml", "my-folder"]),
        (["run", "--out", "my"], ["my-folder"]),
        (["run", "--shard", "my"], []),
        (["run", "--backend", "t"], ["tensorflow", "tfjs", "theano", "torch"]),
        (["install", "c"], ["caffe"]),
        (["explain", "--system", "j"], ["jax"]),
        (["explain", "--input", "my-c"], ["my-case.yaml"]),
        (["new", "name", "--from", "my-c"], ["my-case.yaml"]),
    ],
    ids=" ".join,
)
def test_bash_completes(words: list[str], offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "my-folder").mkdir()
    (tmp_path / "my-case.yaml").touch()
    assert completed("harness", *words, folder=tmp_path) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_accept_the_script_of_the_real_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "diff" in text
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=text, text=True, check=True)
