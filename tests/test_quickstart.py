"""The quick start is followed to the letter: its data are made, its commands run, and what it shows comes out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from harness import cli

DOCS = Path(__file__).parent.parent / "docs"
QUICKSTART = (DOCS / "quickstart.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", QUICKSTART, re.DOTALL)


def dialogue() -> list[tuple[str, list[str]]]:
    """(command, lines that it is shown to print) of all consoles."""
    found: list[tuple[str, list[str]]] = []
    for line in "\n".join(blocks("console")).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip() not in ("", "..."):
            found[-1][1].append(line.removesuffix("..."))
    return found


def test_its_commands_print_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (setup,) = blocks("python")
    exec(compile(setup, "quickstart.md", "exec"), {})
    said = dialogue()
    assert len(said) >= 7
    for command, shown in said:
        program, *arguments = shlex.split(command)
        assert program == "harness"
        assert cli.main(arguments) == 0, command
        printed = capsys.readouterr().out
        for line in shown:
            assert line in printed, f"{command} prints:\n{printed}"
    assert (tmp_path / "reports" / "comparison.html").stat().st_size > 10_000


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", QUICKSTART):
        assert (DOCS / target).exists(), target
