"""The shape of the package: imports run one way, and the worker's side needs an old Python and numpy only."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, settings

import harness

ROOT = Path(harness.__file__).parent
FILES = {".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path for path in sorted(ROOT.rglob("*.py"))}
MODULES = {name.removesuffix(".__init__"): path for name, path in FILES.items()}
TESTS = sorted(Path(__file__).parent.rglob("*.py"))
OLD_PYTHON = [name for name in MODULES if name.startswith(("harness.worker", "harness.backends"))]


def imported(path: Path, whole: bool = True) -> set[str]:
    """Names of the modules that a file imports, those of harness as far as they are modules.

    Imports for type checkers only are left out, and with `whole` False those inside of functions, too.
    """
    names = set()
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8")), whole):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & set(MODULES)
            names |= inside or {str(node.module)}
    return names


def _nodes(tree: ast.AST, whole: bool):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not whole:
            continue
        yield node
        yield from _nodes(node, whole)


def test_there_are_no_import_cycles():
    graph = {name: imported(path) & set(MODULES) - {name} for name, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def room(module: str) -> str:
    """The package or the module right below `harness`."""
    return ".".join(module.split(".")[:2])


def test_rooms_import_one_way_too():
    """No room needs another that needs it: whoever reads one has read all that it stands on before."""
    graph: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        graph.setdefault(room(name), set()).update(room(other) for other in imported(path) & set(MODULES))
    try:
        TopologicalSorter({name: below - {name, "harness"} for name, below in graph.items()}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("harness.worker")])
def test_the_worker_side_imports_nothing_else_of_the_harness(name):
    own = {module for module in imported(MODULES[name]) if module.startswith("harness")}
    assert all(module.startswith("harness.worker") for module in own), own


@pytest.mark.parametrize("name", OLD_PYTHON)
def test_modules_of_the_worker_process_import_the_standard_library_and_numpy_at_the_top(name):
    for module in imported(MODULES[name], whole=False):
        first = module.split(".")[0]
        allowed = first in sys.stdlib_module_names or first == "numpy"
        assert allowed or module.startswith(("harness.worker", "harness.backends")), module


@pytest.mark.parametrize("name", OLD_PYTHON)
def test_modules_of_the_worker_process_have_the_syntax_of_python_3_8(name):
    ast.parse(MODULES[name].read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("name", OLD_PYTHON)
def test_modules_of_the_worker_process_evaluate_no_newer_names(name):
    """The grammar does not tell: builtins with an index (3.9) and `|` of types (3.10) fail where they are evaluated."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    builtin = {"dict", "list", "tuple", "set", "frozenset", "type"}
    annotations = {
        id(inner)
        for node in ast.walk(tree)
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if part is not None
        for inner in ast.walk(part)
    }
    for node in ast.walk(tree):
        if id(node) not in annotations and isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            assert node.value.id not in builtin, f"line {node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"removeprefix", "removesuffix", "pairwise"}, f"line {node.lineno}"
        if isinstance(node, ast.Call):
            assert "strict" not in {keyword.arg for keyword in node.keywords}, (
                f"line {node.lineno}: zip(strict=) is 3.10"
            )


@pytest.mark.parametrize("name", OLD_PYTHON)
def test_modules_of_the_worker_process_do_not_evaluate_annotations(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    annotated = any(
        isinstance(node, ast.AnnAssign | ast.arg) or getattr(node, "returns", None) for node in ast.walk(tree)
    )
    assert not annotated or "annotations" in {
        alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def test_nothing_is_unpickled_or_evaluated():
    """Texts and arrays from outside are untrusted."""
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"eval", "exec", "os.system", "yaml.load"}, f"{name}:{node.lineno}"
                for keyword in node.keywords:
                    unsafe = keyword.arg in {"allow_pickle", "shell"} and ast.unparse(keyword.value) != "False"
                    assert not unsafe, f"{name}:{node.lineno}"
        assert not imported(path) & {"pickle", "marshal", "shelve", "dill"}, name


CLOCKS = {"time", "timeit", "resource"}
"""Modules that a test needs for a clock only; `datetime` may be had, but not asked what time it is."""
OF_CLOCKS = {"sleep", "now", "utcnow", "today"}


def test_no_test_looks_at_a_clock():
    """A busy machine is not a fault: what must be quick is shown by the work that it does."""
    assert not [path.name for path in TESTS if imported(path) & CLOCKS]
    assert not [where for where, node in nodes_of_tests(ast.Attribute) if node.attr in OF_CLOCKS]


def test_property_tests_have_no_time_limit():
    """The profile of `conftest` says so, and no test says otherwise."""
    assert settings.default.deadline is None
    assert HealthCheck.too_slow in settings.default.suppress_health_check
    given = [where for where, node in nodes_of_tests(ast.keyword) if node.arg == "deadline"]
    assert [name for name, _ in given] == ["conftest.py"]


def nodes_of_tests(kind):
    """((file, line), node) of all nodes of a kind in the tests."""
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, kind):
                yield (path.name, node.lineno), node


@pytest.mark.parametrize("python", ["python3.8", "python3.9", "python3.10"])
def test_an_old_python_serves(python):
    program = shutil.which(python)
    if not program or subprocess.run([program, "-c", "import numpy"], capture_output=True, check=False).returncode:
        pytest.skip(f"no {python} with numpy here")
    command = [program, "-m", "harness.worker", "harness.backends.numpy"]
    done = subprocess.run(command, cwd=ROOT.parent, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    assert json.loads(done.stdout)["backend"] == "numpy"


PICTURE = ROOT.parent / "docs" / "design.svg"
SVG = "{http://www.w3.org/2000/svg}"
NO_ROOMS = {"harness", "harness.__main__"}


def drawn() -> dict[str, tuple[float, float]]:
    """Room -> (y, x) of its box in the picture of the rooms: the text behind a box names what is in it."""
    found: dict[str, tuple[float, float]] = {}
    place = None
    for each in ElementTree.parse(PICTURE).getroot():
        if each.tag == SVG + "rect" and each.get("class") in ("room", "ops"):
            place = float(each.get("y", "")), float(each.get("x", ""))
        elif each.tag == SVG + "text" and place is not None and each.get("class") == "name":
            for name in (each.text or "").split(", "):
                found.setdefault(f"harness.{name.removesuffix('/')}", place)
            place = None
    return found


def test_the_picture_of_the_rooms_has_all_of_them():
    """Each once, a package with a stroke behind its name."""
    rooms = {room(name) for name in MODULES} - NO_ROOMS
    assert set(drawn()) == rooms
    for name in rooms:
        text = name.removeprefix("harness.") + ("/" if (ROOT / name.removeprefix("harness.")).is_dir() else "")
        assert text in PICTURE.read_text("utf-8")


def test_rooms_import_what_the_picture_has_below_or_to_the_right():
    places = drawn()
    for name, path in MODULES.items():
        for other in {room(each) for each in imported(path) & set(MODULES)} - NO_ROOMS:
            assert room(name) in NO_ROOMS or places[room(name)] <= places[other], (name, other)


WRITTEN = re.compile(r"`([a-z_]+)/?`")


def test_the_table_of_the_rooms_has_all_of_them_and_names_what_is_there():
    text = (ROOT.parent / "docs" / "design.md").read_text("utf-8")
    lines = text[text.index("| room |") : text.index("**The wall.**")].splitlines()[2:]
    first = {name for line in lines for name in WRITTEN.findall(line.split("|")[1] if line else "")}
    assert {f"harness.{name}" for name in first} >= {room(name) for name in MODULES} - NO_ROOMS
    there = {part for name in MODULES for part in name.split(".")}
    assert set(WRITTEN.findall("".join(lines))) <= there


def walked() -> list[tuple[str, str]]:
    """(room or rooms, function) of each step of the longest walk of a value, as docs/design.md has it."""
    text = (ROOT.parent / "docs" / "design.md").read_text("utf-8")
    text = text[text.index("## The longest walk") : text.index("## What is decided")]
    lines = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    return [(rooms, name) for _, rooms, steps, _ in lines for name in re.findall(r"`([a-z_.]+)`", steps)]


@pytest.mark.parametrize(("rooms", "name"), walked(), ids=lambda given: given)
def test_the_longest_walk_goes_through_functions_that_are_there(rooms: str, name: str):
    """`module.function`, a function of a module, or a module."""
    module, _, function = name.rpartition(".")
    below = [f"harness.{each}" for each in re.findall(r"`([a-z_]+)/?`", rooms)]
    for each, path in MODULES.items():
        if any(each == one or each.startswith(f"{one}.") for one in below) and each.endswith(module):
            defined = {getattr(node, "name", "") for node in ast.walk(ast.parse(path.read_text("utf-8")))}
            if function in defined or (not module and each.endswith(f".{function}")):
                return
    pytest.fail(f"nothing in {rooms} is called {name}")
