"""pytest plugin: case files are collected (`pytest_cases`), and `same_as` holds a function against another.

Installed with the package, and loaded by pytest itself; `-p harness.pytest_plugin` and a conftest do no harm. It is a
guest in the repositories of others: it imports next to nothing until a case file is met, its options bear its name,
short ones stand beside them only where these are free, and a file that is no case, or a broken one, stops no
collection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.operations import SPOKEN
from harness.operations.spoken import main_roles
from harness.pytest_silent import Silent

_ROLES = {role for operation in SPOKEN.values() for role in main_roles(operation)}
_KEYS = re.compile(rf"^({'|'.join([*_ROLES, 'operation', 'means'])}):", re.MULTILINE)
"""Of which a case has two at least."""
_LAYOUT = re.compile(
    r"^input:[^\S\n]*(\{[^}]*\blayout\s*:|(#.*)?\n(([^\S\n]+.*)?\n|#.*\n)*?[^\S\n]+layout\s*:)", re.MULTILINE
)
"""An input with a layout, which every case has, and hardly another YAML file."""
_OPTIONS = {
    "backend": "run this backend; it must be there and answer (repeatable)",
    "case": "only cases whose id matches this glob (repeatable)",
}


@pytest.fixture
def same_as() -> Callable[..., None]:
    """`same_as(actual, desired, *arrays, ...)` fails where a function, or an output, is not what another is: it names
    the convention in which they differ. `harness.assert_same` says what it takes."""
    from harness.library import assert_same

    return assert_same


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    group = parser.getgroup("framework agreement")
    for name, text in _OPTIONS.items():
        group.addoption(f"--harness-{name}", action="append", default=[], help=text)
    if any(name.endswith("conftest.py") for name, _ in pluginmanager.list_name_plugin()):
        _add_short_options(parser)  # loaded by a conftest: those that come before it have theirs


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Iterator[None]:
    """Short options come after those of every conftest, which may be called the same."""
    yield
    _add_short_options(parser)


def _add_short_options(parser: pytest.Parser) -> None:
    """Adds those that are free. Names are looked up, as to parse one would need a value that its owner takes.

    The group that `parser.addoption` adds to is among all groups in newer versions of pytest only.
    """
    group = parser.getgroup("framework agreement")
    groups = (*parser._groups, parser._anonymous)
    theirs = {name for each in groups for option in each.options for name in option.names()}
    for name in _OPTIONS:
        if f"--{name}" not in theirs:
            group.addoption(f"--{name}", action="append", dest=f"harness_{name}", help=f"--harness-{name}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Silent(config.getoption("harness_backend")))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    named = parent.session.isinitpath(file_path)
    if file_path.suffix != ".yaml" or not file_path.is_file() or not (named or _looks_like_a_case(file_path)):
        return None
    from harness.pytest_cases import CaseFile

    return CaseFile.from_parent(parent, path=file_path)


def _looks_like_a_case(path: Path) -> bool:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:  # somebody else's: whoever collects the whole folder does not mean it
        return False
    return len(set(_KEYS.findall(text))) > 1 and _LAYOUT.search(text) is not None
