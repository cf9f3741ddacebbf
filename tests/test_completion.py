"""Completion scripts know every command and option, and shells accept them."""

from __future__ import annotations

import argparse
import shutil
import subprocess

import pytest

from harness import cli
from harness.completion import script
from harness.options.of_shells import SHELLS


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    commands.add_parser("run").add_argument("--json")
    commands.add_parser("list")
    return parser


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_and_options_are_in_the_script(shell: str, parser: argparse.ArgumentParser) -> None:
    text = script(shell, parser)
    assert "run list" in text
    assert "json" in text


def completed(parser: argparse.ArgumentParser, *words: str) -> list[str]:
    """What bash offers for the last of `words`."""
    given = " ".join(f"'{word}'" for word in words)
    ask = f'COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _harness; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script("bash", parser) + ask], capture_output=True, text=True, check=True)
    assert not done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("harness", ""), ["run", "list"]),
        (("harness", "r"), ["run"]),
        (("harness", "run", "--j"), ["--json"]),
        (("harness", "run", ""), []),  # names of files, then
    ],
)
def test_bash_completes(parser: argparse.ArgumentParser, words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(parser, *words) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_accept_the_script_of_the_real_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "diff" in text
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=text, text=True, check=True)
