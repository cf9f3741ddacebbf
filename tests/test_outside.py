"""Backends of other distributions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.systems import outside
from tests.test_pytest_plugin import installed

BACKEND = """
from harness.worker.entry import entry_point

NAME = "theirs"

def start():
    return "3.1"

@entry_point("theirs.correlate", ranks=(1,), input="W", kernel="W", output="W", words={"valid": ("valid", "valid")})
def correlate(x, w, s):
    import numpy as np
    return np.correlate(x, w, "valid")

ENTRY_POINTS = (correlate,)
"""
CASE = """
title: integers
means: cross-correlation
padding: valid
input: {layout: W, integers: {shape: [6], seed: 1, low: -9, high: 9}}
kernel: {layout: W, integers: {shape: [3], seed: 2, low: -9, high: 9}}
"""


def said(folder: Path, site: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command where a distribution is installed in `site`."""
    paths = os.pathsep.join([str(Path(harness.__file__).parent.parent), str(site)])
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = installed(tmp_path, "harness.backends", "theirs", "their_package.backend")
    (folder / "their_package").mkdir()
    (folder / "their_package" / "__init__.py").write_text("")
    (folder / "their_package" / "backend.py").write_text(BACKEND)
    return folder


def test_a_backend_of_another_distribution_takes_part(tmp_path: Path, site: Path) -> None:
    (tmp_path / "case.yaml").write_text(CASE)
    code, told = said(tmp_path, site, "run", "case.yaml", "--backend", "theirs", "--backend", "numpy")
    assert code == 0, told
    assert "theirs 3.1" in told
    code, told = said(tmp_path, site, "probe", "theirs.correlate")
    assert code == 0, told
    assert "cross-correlation" in told


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("torch", "their_package.backend", "expected a name of letters, digits and _ that no backend has"),
        ("theirs", "their_package:backend", "found their_package:backend, expected a module"),
    ],
)
def test_what_cannot_be_a_backend_is_told_and_others_run(tmp_path: Path, name: str, value: str, message: str) -> None:
    site = installed(tmp_path, "harness.backends", name, value)
    (tmp_path / "case.yaml").write_text(CASE)
    code, told = said(tmp_path, site, "list")
    assert code == 0, told
    assert told.count(f"not available: entry point {name} of theirs in harness.backends: {message}") == 1
    code, told = said(tmp_path, site, "run", "case.yaml", "--backend", "numpy")
    assert code == 0, told
    code, told = said(
        tmp_path, site, "run", "case.yaml", "--backend", name if name == "theirs" else f"{name} of theirs"
    )
    assert code == 3
    assert f"entry point {name} of theirs in harness.backends: {message}" in told
    assert "Traceback" not in told


ODD = {
    "raise RuntimeError('no licence')": "RuntimeError: no licence",
    "import sys\nsys.exit(0)": "SystemExit: 0",
    "import a_package_that_nobody_has": "ModuleNotFoundError: No module named 'a_package_that_nobody_has'",
    "x = 1": "AttributeError: module 'their_package.backend' has no attribute 'start'",
    "def start(): return '1'": "their_package.backend has no NAME, as harness.backends.numpy has",
    "NAME, ENTRY_POINTS, start = 'theirs', (3,), str": "ENTRY_POINTS of their_package.backend has 3, expected",
}


@pytest.mark.parametrize("text", ODD)
def test_a_module_that_cannot_be_started_is_not_available_and_others_are(tmp_path: Path, site: Path, text: str) -> None:
    (site / "their_package" / "backend.py").write_text(text + "\n")
    code, told = said(tmp_path, site, "probe", "theirs", "--backend", "theirs")
    assert (code, told.count("\n")) == (3, 1), told
    assert f"theirs was asked for and is not available: {ODD[text]}" in told
    code, told = said(tmp_path, site, "probe", "numpy.convolve")
    assert code == 0, told
    assert "Traceback" not in told


def test_a_module_that_is_not_there_is_to_be_installed_again(tmp_path: Path) -> None:
    site = installed(tmp_path, "harness.backends", "theirs", "nowhere_to_be.found")
    code, told = said(tmp_path, site, "probe", "--backend", "theirs")
    assert code == 3
    assert (
        "nowhere_to_be is not installed; run: pip install --force-reinstall 'theirs', whose entry point names it"
        in told
    )
    code, told = said(tmp_path, site, "probe", "numpy.convolve")
    assert code == 0, told


def test_without_such_distributions_there_are_none() -> None:
    assert outside.backends() == {}
