"""What is released: a wheel that works where there is no checkout, an sdist that builds it, and the files of a project.

What needs a network is tried where HARNESS_TEST_NETWORK is set.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness
from harness import cli
from harness.worker import shipped

ROOT = Path(harness.__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CASE = "shipped/seeds/apple-data.yaml"


def build(kind: str, source: Path, folder: Path) -> Path:
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process for which the wheel is installed, and no checkout is there."""
    uv = pytest.importorskip("uv")
    site = tmp_path_factory.mktemp("site")
    command = [uv.find_uv_bin(), "pip", "install", "--offline", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(site), "XDG_CACHE_HOME": str(site / "none")}


def run(installed: dict[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "harness", *arguments]
    return subprocess.run(command, env=installed, cwd=folder, capture_output=True, text=True, check=False)


def test_the_installed_package_is_the_one_that_is_asked(installed: dict[str, str], tmp_path: Path) -> None:
    program = "import harness; from harness.worker import shipped; print(harness.__file__, shipped.FOLDER)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=installed, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(path.startswith(installed["PYTHONPATH"]) for path in done.stdout.split())
    assert Path(installed["PYTHONPATH"], "harness/py.typed").exists(), "type checkers read its types"


def test_all_shipped_cases_are_in_the_wheel_and_well_formed(installed: dict[str, str], tmp_path: Path) -> None:
    done = run(installed, tmp_path, "check", "shipped")
    assert done.returncode == 0, done.stderr
    here = run({**os.environ, "PYTHONPATH": str(ROOT)}, ROOT, "check", "cases")
    assert done.stdout.splitlines()[-1] == here.stdout.splitlines()[-1]


def test_a_shipped_case_is_explained_outside_the_checkout(installed: dict[str, str], tmp_path: Path) -> None:
    done = run(installed, tmp_path, "explain", CASE, "--system", "numpy")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{CASE}: ")
    assert "rotate it by 180 degrees" in done.stdout
    assert "import numpy as np" in done.stdout


def test_a_run_without_a_folder_of_cases_offers_those_that_come_with_it(
    installed: dict[str, str], tmp_path: Path
) -> None:
    done = run(installed, tmp_path, "run")
    assert done.returncode == 2
    assert "no folder 'cases' here" in done.stderr
    assert done.stderr.strip().endswith("those that come with the harness: shipped")


def test_shipped_recordings_answer_outside_the_checkout(installed: dict[str, str], tmp_path: Path) -> None:
    case = "shipped/recordings/knet/one-dimension"
    done = run(installed, tmp_path, "run", f"{case}.yaml", "--backend", "numpy", "--backend", "knet")
    assert done.returncode == 0, done.stderr
    assert "knet recorded" in done.stdout
    assert (tmp_path / f"reports/comparison/{case}.md").exists()


def test_the_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "sdist").mkdir()
    (tmp_path / "again").mkdir()
    with tarfile.open(build("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.glob("framework_agreement-*")
    assert (source / "tests/test_release.py").exists()
    again = build("wheel", source, tmp_path / "again")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


@pytest.mark.skipif(not os.environ.get("HARNESS_TEST_NETWORK"), reason="uses the network; set HARNESS_TEST_NETWORK=1")
def test_a_fresh_environment_has_all_that_the_wheel_needs(wheel: Path, tmp_path: Path) -> None:
    uv = pytest.importorskip("uv").find_uv_bin()
    subprocess.run([uv, "venv", "--quiet", str(tmp_path / "fresh")], check=True)
    python = tmp_path / "fresh/bin/python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), str(wheel)], check=True)
    command = [str(python.with_name("harness")), "explain", CASE]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "import numpy as np" in done.stdout


# --- where shipped cases are -----------------------------------------------------------------------------------------


def test_shipped_cases_are_named_alike_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert harness.load_case(CASE).id == CASE
    assert shipped.resolved("cases/mine.yaml") == "cases/mine.yaml"
    assert shipped.named(str(tmp_path / "mine.yaml")) == str(tmp_path / "mine.yaml")


def test_a_folder_of_ones_own_that_is_called_shipped_is_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shipped").mkdir()
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check", CASE]) == 2
    assert f"{CASE}: no such file" in capsys.readouterr().err


# --- what the project declares ---------------------------------------------------------------------------------------


def third_party() -> set[str]:
    """The packages that modules of the harness import, but for those of frameworks."""
    found = set()
    for path in (ROOT / "harness").rglob("*.py"):
        if "backends" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found |= {name.split(".")[0] for name in names}
    return found - set(sys.stdlib_module_names) - {"harness"}


def test_every_package_that_is_imported_is_a_dependency() -> None:
    extras = [each for name in ("h5", "dask", "test") for each in PROJECT["optional-dependencies"][name]]
    declared = {re.split(r"[<>=\[]", each)[0].lower() for each in [*PROJECT["dependencies"], *extras]} | {"dask"}
    distributions = packages_distributions()
    for package in third_party():
        names = {name.lower() for name in distributions.get(package, [package])}
        assert names & declared, f"{package} is imported and no dependency"


def test_a_framework_that_a_user_has_is_not_replaced() -> None:
    pinned = {
        each
        for name, extra in PROJECT["optional-dependencies"].items()
        if name != "test"
        for each in extra
        if "==" in each.split(";")[0]
    }
    assert not pinned


def test_the_project_says_where_it_runs() -> None:
    stated = {each.rpartition(" :: ")[2] for each in PROJECT["classifiers"]}
    assert {"Linux", "MacOS", "3.11", "3.12", "3.13", "Typed"} <= stated


def loaded(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with a case that is well formed and one that is not."""
    (tmp_path / "cases").mkdir()
    good = (ROOT / "cases/conventions/modes-1d.yaml").read_text("utf-8")
    (tmp_path / "cases/good.yaml").write_text(good, "utf-8")
    (tmp_path / "cases/bad.yaml").write_text(good.replace("title:", "titel:"), "utf-8")
    return tmp_path


def test_the_hook_checks_the_case_files_that_it_is_handed(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (ROOT / ".pre-commit-hooks.yaml").exists():
        pytest.skip("no checkout")
    (hook,) = loaded(".pre-commit-hooks.yaml")
    monkeypatch.chdir(outside)
    program, *arguments = hook["entry"].split()
    assert program in PROJECT["scripts"]
    assert re.search(hook["files"], "cases/good.yaml")
    assert not re.search(hook["files"], "config.yaml")
    assert cli.main([*arguments, "cases/good.yaml"]) == 0
    assert cli.main([*arguments, "cases/bad.yaml"]) == 2


WORKFLOWS = [*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("action.yml")]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_text_of_others_is_put_into_a_script(path: Path) -> None:
    """A title or an input that is written into a script is run by it: they come as variables of the environment."""
    for script in re.findall(r"run: (?:\|\n((?: +.*\n)+)|(.*))", path.read_text("utf-8")):
        assert not re.search(r"\$\{\{ (?!matrix\.)", "".join(script))


@pytest.mark.skipif(not WORKFLOWS, reason="no checkout")
def test_the_action_runs_what_it_is_asked_to(outside: Path, tmp_path: Path) -> None:
    action = loaded("action.yml")
    script = action["runs"]["steps"][-1]["run"]
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/harness"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    asked = {"CASES": "cases/good.yaml\n", "BACKENDS": "numpy\nscipy\n", "OUT": "out", "GITHUB_STEP_SUMMARY": "s.md"}
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, **asked}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=outside, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "numpy" in done.stdout and "scipy" in done.stdout
    assert {"comparison.html", "results.json", "results.xml"} <= {each.name for each in (outside / "out").iterdir()}
    assert (outside / "s.md").exists()
    done = subprocess.run(
        command, cwd=outside, env={**env, "CASES": "cases/bad.yaml"}, capture_output=True, check=False
    )
    assert done.returncode == 2


@pytest.mark.skipif(not WORKFLOWS, reason="no checkout")
def test_workflows_call_environments_that_tox_has() -> None:
    asked = loaded(".github/workflows/tests.yml")["jobs"]["without-frameworks"]["strategy"]["matrix"]["env"]
    assert set(asked) <= set(re.findall(r"\w+", (ROOT / "tox.ini").read_text("utf-8")))


@pytest.mark.parametrize("path", [*ROOT.glob(".github/ISSUE_TEMPLATE/[!c]*.yml")], ids=lambda path: path.stem)
def test_issue_forms_ask_for_what_is_needed_to_answer(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    assert {"name", "description", "title", "body"} <= set(form)
    fields = [each for each in form["body"] if each["type"] != "markdown"]
    assert all(each["attributes"]["label"] for each in fields)
    assert all(each["validations"]["required"] for each in fields)
    assert len({each["id"] for each in fields}) == len(fields)
