"""The wall: what one room knows and the others do not."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.operations import TABLE

ROOT = Path(harness.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*") if path.suffix in {".py", ".j2", ".js", ".css"})
MODULES = [path for path in FILES if path.suffix == ".py"]

TABLED = ("worker/computed.py", "worker/entry.py", "worker/measured.py", "worker/recording.py", "worker/spans.py")
KNOWING = ("operations/", "canonical/", "backends/", *TABLED)
"""Rooms that know operations: their own, the form that all of them have, and the calls of frameworks with the table of
them, the arithmetic of windows and the words for them, of which a worker measures some, and which it writes into
traces."""
WORDS = re.compile(
    r"stride(?!s\b|d\b|_tricks)|\bstrided\b|dilat|kernel|cross.?correlat|convol|\bconvs?\b|deconv|pooling|resiz(?!eObserver)"
    + "".join(f"|[\"']{name}[\"']" for name in TABLE),
    re.IGNORECASE,
)
"""What only some operations have, and their names as a program has them: some are words that people use, too. The
strides of an array, in memory, are NumPy's word, and a ResizeObserver is the browser's."""


def within(path: Path, *rooms: str) -> bool:
    return path.relative_to(ROOT).as_posix().startswith(rooms)


def test_only_an_operation_names_itself_and_what_is_its_own():
    """Identifiers, texts and comments alike: all others ask `harness.operations.operation.Operation`."""
    named = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in FILES
        if not within(path, *KNOWING)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if WORDS.search(line)
    ]
    assert not named, "\n".join(named)


@pytest.mark.parametrize(
    "text",
    [
        "a stride of 2",
        "stride_phase",
        "strided",
        "Kernel",
        "dilated",
        "cross_correlation",
        "conv.x",
        "deconv4",
        "== 'activation'",
    ],
)
def test_the_words_are_found(text: str):
    assert WORDS.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "array.strides, as_strided",
        "stride_tricks",
        "conventions",
        "a convenient form",
        "its activations",
        "torch.nn.functional.conv2d",
    ],
)
def test_other_words_are_not_taken_for_them(text: str):
    assert not WORDS.search(text)


def test_only_the_canonical_form_asks_whether_there_is_a_bias():
    """All others say what it is to be: `Linear.offsets`, `map`, `channels`. A framework's call takes None for none."""
    for path in MODULES:
        if not within(path, "canonical/", "backends/"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot):
                    assert not ast.unparse(node.left).endswith("bias"), f"{path}:{node.lineno}"


SAID = {
    "",
    "budget",
    "call",
    "card",
    "followed",
    "left_open",
    "operation",
    "panels",
    "spoken",
    "stated",
    "then",
    "transforms",
    "written",
}
"""Modules of `operations` that say something of all of them."""


def test_no_other_room_imports_an_operation_or_what_some_of_them_share():
    """They ask the table for one."""
    for path in MODULES:
        if not within(path, "operations/"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                named = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    named = [f"{node.module}.{each.name}" for each in node.names]
                for name in named:
                    _, of_operations, own = name.partition("harness.operations")
                    first = own.removeprefix(".").partition(".")[0]
                    assert not of_operations or first in SAID or first.isupper(), f"{path}: {name}"


def loaded(module: str) -> list[str]:
    """The modules of the package that importing one of them loads."""
    program = f"import sys, {module}; print(*(name for name in sys.modules if name.startswith('harness.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return sorted(done.stdout.split())


def test_reading_a_case_loads_what_cases_are_made_of_and_no_more():
    """No framework's calls, no workers, and of an operation only what a case says of it."""
    rooms = {name.split(".")[1] for name in loaded("harness.case.read")}
    assert rooms == {"canonical", "case", "ending", "grammar", "operations", "output", "rounding", "worker"}
    both = loaded(", ".join(f"harness.operations.{name}" for name in TABLE))
    own = {name.removeprefix("harness.operations.windowed.") for name in both}
    assert {name for name in own if not name.startswith("harness")} == {
        "definition",
        "keys",
        "rooms",
        "transposed_rooms",
        "transposing",
    }


def names() -> list[str]:
    """The base names of all modules and packages."""
    return [path.parent.name if path.stem == "__init__" else path.stem for path in MODULES if path.stem != "__main__"]


def test_no_two_modules_have_one_name_and_none_that_of_another():
    """Whoever reads `printed` knows where to look; `backends.numpy` and its like are named after their frameworks."""
    repeated = {name for name in names() if names().count(name) > 1}
    assert not repeated
    assert not set(names()) & sys.stdlib_module_names


LONGEST = 350


def test_no_file_is_longer_than_one_can_read():
    """Lines of a file; one that has more says in its docstring why it is one."""
    for path in FILES:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= LONGEST, f"{path.relative_to(ROOT)} has {len(lines)} lines; part it by subject"


MOVED = {"stride", "strides", "dilation", "dilations", "base_dilation"}
TELLING = ("worker/spans.py", "canonical/reference.py")
"""Where a window stands (`position`) and how far it reaches (`span`, `reach`), on both sides of the pipe, and a view of
memory that is the same."""


def multiplied(tree: ast.AST):
    """The names that a product is of, of arrays and mappings of them, too: `win.stride[axis]`, `found["stride"][0]`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            yield node, {_last_name(node.left), _last_name(node.right)}


def _last_name(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
        node = node.value
    if isinstance(node, ast.Subscript):
        return str(node.slice.value) if isinstance(node.slice.value, str) else _last_name(node.value)
    return getattr(node, "id", None) or getattr(node, "attr", "")


@pytest.mark.parametrize(
    "text", ["i * stride", "win.stride[axis] * i", "settings['dilation'][axis] * tap", "b.stride[0] * 2"]
)
def test_products_of_settings_are_found(text: str):
    assert [names & MOVED for _, names in multiplied(ast.parse(text))] != [set()]


def test_one_function_knows_where_a_tap_of_an_output_stands():
    """`stride * i - low + dilation * t` stands in `spans.position`; all others ask it, or how far a window reaches."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in MODULES
        if not within(path, *TELLING)
        for node, names in multiplied(ast.parse(path.read_text(encoding="utf-8")))
        if names & MOVED
    ]
    assert not found, "\n".join(found)
    own = multiplied(ast.parse((ROOT / "worker/spans.py").read_text(encoding="utf-8")))
    inside = sorted(ast.unparse(node) for node, names in own if names & MOVED)
    assert inside == ["(outputs - 1) * stride", "(size - 1) * dilation", "dilation * tap", "stride * output"]
