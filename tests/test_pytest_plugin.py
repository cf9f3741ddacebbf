"""The plugin as a guest in the repository of somebody else, in processes of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

import harness
from harness import pytest_plugin

CASE = """
title: integers
means: cross-correlation
padding: same
input: {layout: HW, integers: {shape: [5, 6], seed: 1, low: -9, high: 9}}
kernel: {layout: HW, integers: {shape: [3, 2], seed: 2, low: -9, high: 9}}
"""
THEIRS = """
def pytest_addoption(parser):
    parser.addoption("--backend", default="theirs")
"""
OF_THEIRS = """
def test_of_theirs(request):
    assert request.config.getoption("--backend") == "mine"
"""
THEIRS_TOO = [
    "title: my experiment\ninput: data.csv\noperation: resize\n",
    "input:\n  path: images\nkernel: 5.10  # of the machine\nlayout: wide\n",
    "operation: deploy\nmeans: a lorry\nkernel: {layout: qwerty}\n",
]
"""Files of others that have keys which cases have."""
LOADED = 'pytest_plugins = ["harness.pytest_plugin"]\n'


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The repository: a good case, and what is none."""
    (tmp_path / "good.yaml").write_text(CASE)
    (tmp_path / "settings.yaml").write_text("input: {camera: 1}\noutput: screen\n")
    for number, text in enumerate(THEIRS_TOO):
        (tmp_path / f"other-{number}.yaml").write_text(text)
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    return tmp_path


def ended(folder: Path, *arguments: str, plugin: bool = True, more: Sequence[str] = ()) -> tuple[int, str]:
    """Exit code and output of pytest there; `more` folders of packages."""
    load = ["-p", "harness.pytest_plugin"] if plugin else []
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *load, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(harness.__file__).parent.parent), *more])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("short", ["--backend", "--harness-backend"])
def test_what_is_no_case_is_left_alone(there: Path, short: str) -> None:
    code, said = ended(there, ".", short, "scipy", "-v")
    assert code == 0
    assert set(re.findall(r"\w+\.yaml", said)) == {"good.yaml"}


def test_a_broken_case_fails_and_the_others_go_on(there: Path) -> None:
    (there / "bad.yaml").write_text(CASE.replace("title", "titel"))
    code, said = ended(there, ".", "--backend", "scipy")
    assert code == 1
    assert "bad.yaml:2:1: titel: unknown key; the nearest known one is 'title'" in said
    assert re.search("1 failed, [0-9]+ passed", said)


def test_a_file_that_is_named_is_taken_for_a_case(there: Path) -> None:
    code, said = ended(there, "settings.yaml", "--backend", "scipy")
    assert code == 1
    assert "settings.yaml:1:9: input.camera: unknown key" in said


EXPECTING = "expect: {as_written: [[scipy.ndimage.correlate, numpy.correlate]]}\n"


def test_what_is_not_offered_is_one_test_with_a_line_for_each_call(there: Path) -> None:
    (there / "bad.yaml").write_text(CASE + EXPECTING)
    code, said = ended(there, ".", "--backend", "scipy", "--harness-backend", "numpy", "-rP")
    assert code == 1
    assert "skipped" not in said
    assert re.search(r"case good.yaml::declined _+\n.*\nnumpy.convolve as_written: numpy.convolve is 1-D", said)
    assert re.search(r"case bad.yaml::declined _+\nas_written: numpy.correlate gave no output to compare", said)


@pytest.mark.parametrize("way", ["plugin", "conftest"])
def test_options_of_theirs_stay_theirs(there: Path, way: str) -> None:
    (there / "conftest.py").write_text(THEIRS + (LOADED if way == "conftest" else ""))
    (there / "test_theirs.py").write_text(OF_THEIRS)
    code, said = ended(there, ".", "--backend", "mine", "--harness-backend", "scipy", "-vv", plugin=way == "plugin")
    assert code == 0, said
    assert "test_of_theirs PASSED" in said
    assert "scipy.signal.convolve2d" in said
    assert "numpy.convolve" not in said


@pytest.mark.parametrize(
    ("takes", "given", "has"),
    [
        ("choices=['cpu', 'gpu']", "gpu", "gpu"),
        ("type=int", "3", 3),
        ("action='store_true'", "", True),
        ("nargs=2", "a b", ["a", "b"]),
        ("required=True", "a", "a"),
        ("type=lambda text: {'a': 1}[text]", "a", 1),
    ],
)
@pytest.mark.parametrize("name", pytest_plugin._OPTIONS)
def test_options_of_theirs_may_take_whatever_they_like(
    tmp_path: Path, name: str, takes: str, given: str, has: object
) -> None:
    (tmp_path / "conftest.py").write_text(THEIRS.replace("backend", name).replace('default="theirs"', takes))
    (tmp_path / "test_theirs.py").write_text(OF_THEIRS.replace("backend", name).replace('"mine"', repr(has)))
    code, said = ended(tmp_path, "test_theirs.py", f"--{name}", *given.split())
    assert code == 0, said


def test_options_are_free_in_a_repository_that_has_none_of_its_own(there: Path) -> None:
    (there / "conftest.py").write_text(LOADED)
    code, said = ended(there, "good.yaml", "--backend", "scipy", "--case", "nothing*", plugin=False)
    assert (code, "no tests ran" in said) == (5, True)


@pytest.mark.parametrize(
    ("backend", "told"),
    [("nope", "nope: there is no such backend"), ("absent", "absent was asked for and is not available")],
)
def test_a_backend_that_is_not_there_is_one_message(there: Path, backend: str, told: str) -> None:
    (there / "harness.toml").write_text('[backends.absent]\npython = "no_such_module:function"\n')
    code, said = ended(there, "good.yaml", "--backend", backend)
    assert code == 2
    assert f"\n{told}" in said
    assert "UsageError" not in said


def test_a_declaration_that_cannot_be_used_is_one_message_and_stops_no_collection(there: Path) -> None:
    (there / "harness.toml").write_text("[backends.mine]\n")
    (there / "test_theirs.py").write_text("def test_of_theirs(): pass\n")
    code, said = ended(there, ".")
    assert code == 1
    assert "1 failed, 1 passed" in said
    assert "harness.toml: backends.mine: expected exactly one of" in said


def test_who_was_asked_for_and_answers_nothing_is_not_as_expected(there: Path) -> None:
    code, said = ended(there, "good.yaml", "--backend", "numpy")
    assert code == 1
    assert "NOT AS EXPECTED  numpy was asked for and answered nothing" in said
    (there / "line.yaml").write_text(CASE.replace("HW", "W").replace("[5, 6]", "[6]").replace("[3, 2]", "[3]"))
    assert ended(there, "good.yaml", "line.yaml", "--backend", "numpy")[0] == 0


def test_every_case_of_the_registry_looks_like_one():
    cases = sorted((Path(harness.__file__).parent.parent / "cases").rglob("*.yaml"))
    assert cases and all(map(pytest_plugin._looks_like_a_case, cases))


SAME_AS = """
import numpy as np

def loop(image, kernel):
    k = len(kernel)
    rows, columns = image.shape[0] - k + 1, image.shape[1] - k + 1
    return np.array([[(image[i:i + k, j:j + k] * kernel).sum() for j in range(columns)] for i in range(rows)])

def test_it_is_a_correlation(same_as):
    same_as(loop, "scipy.signal.correlate2d", padding="valid")

def test_it_is_a_convolution(same_as):
    same_as(loop, "scipy.signal.convolve2d", padding="valid")
"""


def test_a_function_of_theirs_is_held_against_another(there: Path) -> None:
    (there / "test_mine.py").write_text(SAME_AS)
    code, said = ended(there, "test_mine.py")
    assert code == 1
    assert "1 failed, 1 passed" in said
    assert "AssertionError: the outputs differ by a convention, reverse_kernel: reverse the kernel" in said
    assert "harness/library.py" not in said


def installed(folder: Path, group: str, name: str, value: str) -> Path:
    """A folder in which a distribution is installed that has one entry point."""
    about = folder / "site" / "theirs-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{name} = {value}\n")
    return about.parent


@pytest.mark.parametrize("loaded", ["", LOADED])
def test_it_is_installed_with_the_package(there: Path, loaded: str) -> None:
    """Where a conftest loads it, too, it is loaded once."""
    project = tomllib.loads((Path(harness.__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    ((name, value),) = project["project"]["entry-points"]["pytest11"].items()
    site = installed(there, "pytest11", name, value)
    (there / "conftest.py").write_text(loaded)
    code, said = ended(there, "good.yaml", "--harness-backend", "scipy", plugin=False, more=[str(site)])
    assert code == 0, said
    assert re.search("[0-9]+ passed", said)


def test_it_imports_next_to_nothing_until_a_case_is_met() -> None:
    program = "import sys, harness.pytest_plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"numpy", "yaml", "harness.pytest_cases"} & set(done.stdout.split())
