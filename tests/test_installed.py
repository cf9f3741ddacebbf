"""What files tell of a backend, without a start of it."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.backends import TABLE, Backend, knet
from harness.parent.environments import RECORD
from harness.parent.pool import Pool
from harness.systems import installed

HERE = {"python": platform.python_version(), "numpy": np.__version__}


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for environments."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def made(backend: Backend, *holds: str) -> None:
    """The environment of `backend`, as far as files tell."""
    assert backend.environment
    (backend.environment.folder / "bin").mkdir(parents=True)
    backend.environment.interpreter.touch()
    record = {"name": backend.name, "holds": holds}
    (backend.environment.folder / RECORD).write_text(json.dumps(record))


@pytest.mark.parametrize("name", ["numpy", "scipy"])
def test_it_is_what_the_worker_says(name: str):
    told = installed.told(TABLE[name])
    with Pool([TABLE[name]]) as pool:
        said = pool.hellos[name]
    assert told is not None
    assert told.version == said.version == importlib.metadata.version(name)
    assert [entry.name for entry in told.entry_points] == [entry.name for entry in said.entry_points]
    assert told.environment.items() <= said.environment.items()


def test_what_is_missing_is_not_told(cache: Path):
    assert installed.told(TABLE["theano"]) is None
    assert installed.told(Backend("absent", "tests.fakes.honest", "no_such_package", "extra")) is None


def test_an_environment_is_read_for_its_packages(cache: Path):
    theano = replace(TABLE["theano"], programs=())
    made(theano, "numpy==1.23.5", "Theano==1.0.5", "Theano-other==3")
    told = installed.told(theano)
    assert told is not None
    assert (told.version, dict(told.environment)) == ("1.0.5", {"numpy": "1.23.5"})


def test_packages_of_npm_run_beside_the_python_that_is_running(cache: Path):
    tfjs = replace(TABLE["tfjs"], programs=())
    made(tfjs, "@tensorflow/tfjs@4.22.0")
    told = installed.told(tfjs)
    assert told is not None
    assert (told.version, dict(told.environment)) == ("4.22.0", HERE)


def test_a_backend_that_no_package_is_the_framework_of_must_be_started():
    assert installed.told(Backend("honest", "tests.fakes.honest", "numpy")) is None


def test_recordings_say_themselves_what_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    recorded = replace(TABLE["knet"], instead=())
    told = installed.told(recorded)
    assert told is not None
    assert told.version == f"recorded (Knet {knet.KNET})"
    monkeypatch.setattr(knet, "RECORDINGS", str(tmp_path / "gone"))
    assert installed.told(recorded) is None


def test_a_program_that_goes_in_place_of_the_module_must_be_started(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.which", lambda program: f"/bin/{program}")
    assert installed.told(TABLE["knet"]) is None
