"""Environments: made once, whole or not at all; nothing here uses a network."""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.backends import TABLE, Backend
from harness.parent import environments
from harness.parent.environments import Environment, NotMade
from harness.parent.pool import Pool
from tests.fakes import PATIENT

EMPTY = Environment("nothing", (platform.python_version().rpartition(".")[0],), ())
FAKE = Backend("fake", "tests.fakes.honest", requirements=("fake{version}",), pinned="==1.0", python=("3.1",))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "framework-agreement" / "environments"


@pytest.fixture
def installs(monkeypatch):
    """What is asked of pip and npm, which only leave a Python behind."""
    asked: list[Environment] = []

    def install(folder: Path, environment: Environment) -> list[str]:
        asked.append(environment)
        (folder / "bin").mkdir()
        (folder / "bin" / "python").symlink_to(sys.executable)
        return ["fake==1.0"]

    monkeypatch.setattr(environments, "_pip_install", install)
    return asked


def test_an_environment_is_made_once(cache, installs):
    assert EMPTY.fault() == "its environment is not there"
    EMPTY.make()
    EMPTY.make()
    assert installs == [EMPTY]
    assert EMPTY.fault() is None
    ((folder, held),) = environments.made()
    assert folder == EMPTY.folder
    assert held["holds"] == ["fake==1.0"]


@pytest.mark.parametrize(
    "changes", [{"python": ("3.9",)}, {"requirements": ("a",)}, {"requirements": ("a==2",)}, {"npm": ("a",)}], ids=str
)
def test_what_it_holds_decides_where_it_lies(changes):
    assert replace(EMPTY, **changes).folder != EMPTY.folder


def test_a_failed_build_leaves_nothing_and_is_told(cache, monkeypatch):
    command = [sys.executable, "-c", "import sys; sys.stderr.write('no such package\\n'); sys.exit(3)"]
    monkeypatch.setattr(environments, "_pip_install", lambda folder, environment: environments._run(*command))
    with pytest.raises(NotMade, match="(?s)failed with exit code 3.*no such package"):
        EMPTY.make()
    assert not [path.name for path in cache.iterdir() if path.suffix != ".lock"]
    assert EMPTY.fault()


def test_an_interrupted_build_leaves_nothing(cache, monkeypatch):
    def interrupted(folder: Path, environment: Environment) -> list[str]:
        (folder / "half").write_text("made")
        raise KeyboardInterrupt

    monkeypatch.setattr(environments, "_pip_install", interrupted)
    with pytest.raises(KeyboardInterrupt):
        EMPTY.make()
    assert not [path.name for path in cache.iterdir() if path.suffix != ".lock"]


def test_a_build_that_was_killed_does_not_count_and_is_swept_away(cache, installs):
    leftover = cache / f".{EMPTY.folder.name}-abc"
    (leftover / "bin").mkdir(parents=True)
    assert EMPTY.fault()
    assert not environments.made()
    EMPTY.make()
    assert not leftover.exists()


def build_in_another_process(log: str) -> None:
    def install(folder: Path, environment: Environment) -> list[str]:
        with open(log, "a") as file:
            file.write("built\n")
        (folder / "bin").mkdir()
        (folder / "bin" / "python").symlink_to(sys.executable)
        return []

    environments._pip_install = install
    EMPTY.make()


def test_two_at_once_build_one(tmp_path):
    log = tmp_path / "log"
    processes = [multiprocessing.Process(target=build_in_another_process, args=(str(log),)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(600)
    assert [process.exitcode for process in processes] == [0] * 4
    assert log.read_text() == "built\n"
    assert EMPTY.fault() is None


def test_an_environment_whose_python_is_gone_is_unavailable_and_made_again(installs):
    EMPTY.make()
    EMPTY.interpreter.unlink()
    EMPTY.interpreter.symlink_to("/gone/python3")
    assert EMPTY.fault() == "the Python that its environment was made with is gone (/gone/python3)"
    EMPTY.make()
    assert EMPTY.fault() is None
    assert len(installs) == 2


def test_clean_removes_what_is_named_or_all(cache, installs):
    other = replace(EMPTY, name="other", requirements=("b",))
    for environment in (EMPTY, other):
        environment.make()
    assert environments.clean(["other"]) == ["other"]
    assert other.fault()
    assert EMPTY.fault() is None
    assert environments.clean() == ["nothing"]
    assert not environments.made()


def test_without_a_cache_folder_there_is_nothing_to_clean_or_list():
    assert environments.clean() == []
    assert environments.made() == []


def test_a_missing_environment_is_named_with_the_command_that_makes_it():
    assert FAKE.missing() == "its environment is not there; run: harness install 'fake'"
    newer = replace(TABLE["torch"], name="torch==0.0.1", version="==0.0.1")
    assert newer.missing() == "its environment is not there; run: harness install 'torch==0.0.1'"


def test_a_program_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert "octave-cli is not on the PATH" in str(TABLE["octave"].missing())


def test_a_variant_shares_the_environment_of_its_backend():
    plain = replace(FAKE, version="==2.0", name="fake==2.0")
    variant = replace(plain, name="fake[a=b]==2.0", variables={"A": "b"})
    assert plain.environment == variant.environment
    assert variant.environment.name == "fake==2.0"
    assert variant.environment.requirements == ("fake==2.0",)
    assert variant.environ() == {"A": "b"}


def test_a_worker_in_its_own_environment_sees_nothing_of_the_users(installs, tmp_path, monkeypatch):
    """PYTHONPATH would put another numpy in front, PYTHONHOME another standard library."""
    (tmp_path / "numpy.py").write_text("raise ImportError('the numpy of the user')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "numpy.py"))
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    backend = replace(FAKE, module="harness.backends.numpy")
    backend.environment.make()
    backend.environment.interpreter.unlink()
    backend.environment.interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    backend.environment.interpreter.chmod(0o755)
    with Pool([backend], PATIENT) as pool:
        assert not pool.unavailable
        assert pool.hellos["fake"].entry_points[0].name == "numpy.convolve"


def test_an_environment_whose_python_is_broken_is_unavailable_with_what_it_said(installs):
    FAKE.environment.make()
    FAKE.environment.interpreter.unlink()
    FAKE.environment.interpreter.write_text("#!/bin/sh\necho no libpython >&2\nexit 127\n")
    FAKE.environment.interpreter.chmod(0o755)
    with Pool([FAKE]) as pool:
        assert pool.unavailable == {"fake": "could not be started: it exited with code 127 (no libpython)"}


@pytest.mark.parametrize("name", TABLE)
def test_looking_for_a_backend_costs_little(name):
    """In another process, where nothing is imported yet: no framework is, and no program is started."""
    program = (
        "import sys; from harness.backends import TABLE; backend = TABLE[sys.argv[1]]\n"
        "def refuse(event, arguments):\n"
        "    assert event not in ('subprocess.Popen', 'os.exec', 'socket.connect'), event\n"
        "sys.addaudithook(refuse); backend.missing()\n"
        "print(sorted({'tensorflow', 'torch', 'jax', 'scipy', 'keras', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, name], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_interpreter_is_found_on_the_path_even_behind_a_shim_that_fails(tmp_path, monkeypatch):
    wanted = platform.python_version().rpartition(".")[0]
    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder, script in ((bad, "exit 127"), (good, f'exec "{sys.executable}" "$@"')):
        folder.mkdir()
        (folder / f"python{wanted}").write_text(f"#!/bin/sh\n{script}\n")
        (folder / f"python{wanted}").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, [bad, good])))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert environments._python([wanted]) == str(good / f"python{wanted}")
    assert environments._python(["2.0"]) == "2.0", "uv may know where to get it"


def test_without_uv_an_environment_is_not_made_and_the_command_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(NotMade, match="run: pip install uv"):
        EMPTY.make()


@pytest.mark.skipif(not os.environ.get("HARNESS_TEST_NETWORK"), reason="uses the network; set HARNESS_TEST_NETWORK=1")
def test_an_environment_is_made_for_real():
    environment = replace(EMPTY, requirements=("six==1.16.0",))
    environment.make()
    done = subprocess.run([environment.interpreter, "-c", "import six; print(six.__version__)"], capture_output=True)
    assert done.stdout == b"1.16.0\n"
    assert json.loads((environment.folder / environments.RECORD).read_text())["holds"] == ["six==1.16.0"]


@pytest.mark.parametrize("record", [b"{", b"[]", b"{}", b"\xff"])
def test_an_environment_whose_record_cannot_be_read_is_none_and_is_made_anew(cache, installs, record):
    EMPTY.make()
    (EMPTY.folder / environments.RECORD).write_bytes(record)
    assert EMPTY.fault() == "its environment is not there"
    assert environments.made() == []
    assert environments.clean(["nothing"]) == []
    EMPTY.make()
    assert installs == [EMPTY, EMPTY]
    assert environments.clean() == ["nothing"]
