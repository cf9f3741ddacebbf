"""What each command imports: what takes time to import is there only where it is needed. No clock is looked at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness import cli, completion
from harness.backends import TABLE
from harness.operations import SPOKEN
from harness.options import command_line

ROOT = Path(cli.__file__).parent.parent
FRAMEWORKS = {each.imports for each in TABLE.values()} - {"", "numpy", "scipy"}
HEAVY = {"numpy", "scipy", "yaml", "rich", "jinja2", "tabulate", "xml", "concurrent", "importlib.metadata", *FRAMEWORKS}
"""Packages whose import is felt: 10 ms and more."""
LIGHT = {"ending", "interrupts", "options", "operations", "parent", "backends", "terminal", "cli", "worker"}
"""Rooms, or light parts of them, that the command line itself needs."""
PROGRAM = """
import sys
from harness import cli
try:
    code = cli.main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print(code, *sys.modules, file=sys.stderr)
"""


def imported(*arguments: str, folder: Path = ROOT) -> set[str]:
    """The modules that a command has imported when it ends well."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder)},
        check=True,
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(modules)


def heavy(modules: set[str]) -> set[str]:
    return modules & HEAVY


COMMANDS = completion.commands(command_line.parser())


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("--help",), *((name, "--help") for name in COMMANDS)],
    ids=" ".join,
)
def test_the_command_line_itself_needs_the_standard_library_only(arguments: tuple[str, ...]):
    modules = imported(*arguments)
    assert not heavy(modules)
    rooms = {name.split(".")[1] for name in modules if name.startswith("harness.")}
    assert rooms <= LIGHT


def test_every_command_is_there_to_be_imported():
    assert {"run", "explain", "list", "check", "new"} <= set(COMMANDS)
    for parser in COMMANDS.values():
        assert callable(cli.command(parser.get_default("command")))


CASE = "cases/seeds/apple-data.yaml"


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (("check", CASE), {"numpy", "yaml"}),
        (("new", "mine"), {"numpy", "yaml"}),
        (("list",), {"numpy", "importlib.metadata"}),
        (("completion", "bash"), {"importlib.metadata"}),
    ],
    ids=["check", "new", "list", "completion"],
)
def test_a_command_imports_what_it_needs_and_no_more(arguments: tuple[str, ...], needed: set[str], tmp_path: Path):
    (tmp_path / CASE).parent.mkdir(parents=True)
    (tmp_path / CASE).write_bytes((ROOT / CASE).read_bytes())
    assert heavy(imported(*arguments, folder=tmp_path)) == needed


POOLING = "cases/conventions/pooling/average-same.yaml"
OPENED = "harness.grammar.files."


@pytest.mark.parametrize(
    ("arguments", "met"),
    [
        (("list",), set()),
        (("new", "mine"), {"convolution"}),
        (("check", CASE), {"convolution"}),
        (("check", POOLING), {"pooling"}),
        (("check", CASE, POOLING), {"convolution", "pooling"}),
        (("explain", CASE, "--no-code"), {"convolution"}),
        (("run", CASE, "--backend", "scipy"), {"convolution"}),
    ],
    ids=lambda given: " ".join(given),
)
def test_an_operation_is_imported_where_a_case_is_about_it(arguments: tuple[str, ...], met: set[str], tmp_path: Path):
    """And a reader of files where one of its kind is met, which none of these is."""
    for case in (CASE, POOLING):
        (tmp_path / case).parent.mkdir(parents=True)
        (tmp_path / case).write_bytes((ROOT / case).read_bytes())
    modules = imported(*arguments, folder=tmp_path)
    assert {name for name in SPOKEN if f"harness.operations.{name}" in modules} == met
    assert {name.removeprefix(OPENED) for name in modules if name.startswith(OPENED)} <= {"stored"}
    assert not modules & {"harness.probing", "harness.report.junit"}


@pytest.mark.parametrize(("said", "seen"), [(None, "1"), ("3", "3")])
def test_matrices_are_multiplied_in_one_thread_unless_the_user_says_otherwise(tmp_path, monkeypatch, said, seen):
    """While a command is imported, and NumPy with it; workers start later, and are told nothing of it."""
    (tmp_path / "command_of_threads.py").write_text(
        f"import os\nseen = os.environ['{cli.THREADS}']\ndef f():\n    return seen, os.environ.get('{cli.THREADS}')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv(cli.THREADS, raising=False)
    if said:
        monkeypatch.setenv(cli.THREADS, said)
    assert cli.command("command_of_threads:f")() == (seen, said)
    sys.modules.pop("command_of_threads")
