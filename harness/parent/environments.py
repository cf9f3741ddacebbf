"""Environments: a folder for each backend that cannot live beside the others, made once and kept.

An environment is named after what it holds, so another version is another folder. It is built in a temporary folder and
renamed when it is complete: an interrupted build leaves nothing that counts, and two at once do not collide. Looking
for one costs a file's existence; only `make` uses the network, and only `harness install` calls it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from filelock import FileLock

RECORD = "environment.json"
"""The file that stands in a complete environment and says what it holds."""


class NotMade(Exception):
    """An environment that could not be made; the text says why and what to do."""


@dataclass(frozen=True)
class Environment:
    """What an environment holds.

    name: of the backend, as on the command line. python: versions that do, best first. requirements: as pip writes
    them. npm: packages as npm writes them; an environment with these has no Python.
    """

    name: str
    python: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where it lies, or would lie."""
        held = json.dumps([self.python, self.requirements, self.npm])
        plain = "".join(letter if letter.isalnum() else "-" for letter in self.name)
        return cache() / f"{plain}-{hashlib.sha256(held.encode()).hexdigest()[:12]}"

    @property
    def interpreter(self) -> Path:
        return self.folder / "bin" / "python"

    def fault(self) -> str | None:
        """Why it cannot be used, None if it can; costs a look at one or two files."""
        if not _record(self.folder):
            return "its environment is not there"
        if not self.npm and not self.interpreter.exists():
            return f"the Python that its environment was made with is gone ({_target(self.interpreter)})"
        return None

    def holds(self) -> tuple[str, ...]:
        """What is in it, as pip or npm wrote it when it was made."""
        return tuple(map(str, _record(self.folder).get("holds", ())))

    def make(self) -> None:
        """Makes it, if it cannot be used as it is. Raises NotMade."""
        cache().mkdir(parents=True, exist_ok=True)
        with _lock(self.folder):
            if self.fault() is None:
                return
            _drop(self.folder)
            building = Path(tempfile.mkdtemp(prefix=_unfinished(self.folder), dir=cache()))
            try:
                held = _npm_install(building, self.npm) if self.npm else _pip_install(building, self)
                record = {**asdict(self), "holds": held}
                (building / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
                building.rename(self.folder)
            finally:
                shutil.rmtree(building, ignore_errors=True)


def cache() -> Path:
    """The folder of all environments: `framework-agreement/environments` in the user's cache folder."""
    from platformdirs import user_cache_path  # few commands look there

    return Path(user_cache_path("framework-agreement", appauthor=False), "environments")


def made() -> list[tuple[Path, dict[str, Any]]]:
    """(folder, what it holds) of every complete environment, sorted."""
    folders = (path.parent for path in sorted(cache().glob(f"[!.]*/{RECORD}")))
    return [(folder, held) for folder in folders if (held := _record(folder))]


def clean(names: Sequence[str] = ()) -> list[str]:
    """Removes the environments of these backends, or all, and unfinished builds; the names of the complete ones."""
    removed = []
    for folder in sorted({_finished(path) for path in cache().glob("*/")}):
        with _lock(folder):
            name = _record(folder).get("name")
            if not names or name in names:
                _drop(folder)
                removed += [str(name)] if name else []
    return removed


def _record(folder: Path) -> dict[str, Any]:
    """What a complete environment holds; empty where there is none, or where its record cannot be read."""
    try:
        held = json.loads((folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) and "name" in held else {}


def _unfinished(folder: Path) -> str:
    """What the names of its unfinished builds begin with."""
    return f".{folder.name}-"


def _finished(path: Path) -> Path:
    """The environment that a folder is, or is an unfinished build of."""
    return path.with_name(path.name[1:].rpartition("-")[0]) if path.name.startswith(".") else path


def _drop(folder: Path) -> None:
    """Removes an environment and unfinished builds of it; it stops counting at once, whatever happens then."""
    if folder.exists():
        folder.rename(tempfile.mkdtemp(prefix=_unfinished(folder), dir=cache()))
    for leftover in cache().glob(_unfinished(folder) + "*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _lock(folder: Path) -> FileLock:
    """Waits, as a context manager, until no other process builds or removes `folder`."""
    from filelock import FileLock  # costs more than a look at what is there

    return FileLock(folder.with_suffix(".lock"))


def _pip_install(folder: Path, environment: Environment) -> list[str]:
    """Makes a Python environment; returns what is in it, as `pip freeze` writes it."""
    uv = _uv()
    python = folder / "bin" / "python"
    _run(
        uv, "venv", "--quiet", "--no-project", "--allow-existing", "--python", _python(environment.python), str(folder)
    )
    _run(uv, "pip", "install", "--quiet", "--python", str(python), *environment.requirements)
    return _run(uv, "pip", "freeze", "--python", str(python)).split()


def _npm_install(folder: Path, packages: Sequence[str]) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise NotMade("npm is not on the PATH; install Node.js")
    _run(npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", *packages)
    return list(packages)


def _uv() -> str:
    """The program uv: a dependency of this distribution, but one that only this needs."""
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        raise NotMade(f"uv is not there ({error}); run: pip install uv") from None


def _python(versions: Sequence[str]) -> str:
    """An interpreter of the first of `versions` that is found here, else the first version, for uv to bring.

    Looked for by hand: `uv python find 3.9` ends at a shim of pyenv that has no such version (uv 0.13).
    """
    for version in versions:
        for program in _interpreters(version):
            if _is_version(program, version):
                return program
    return versions[0]


def _interpreters(version: str) -> Iterator[str]:
    """Programs that may be a Python `version`: this one, those on the PATH, pyenv's."""
    yield sys.executable
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield os.path.join(folder, f"python{version}")
    root = Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"))
    yield from map(str, sorted(root.glob(f"versions/{version}.*/bin/python")))


def _is_version(program: str, version: str) -> bool:
    """Whether `program` runs and is a Python `version`; a shim on the PATH may do neither."""
    ask = [program, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        told = subprocess.run(ask, capture_output=True, timeout=60, check=True).stdout
        return told.decode("ascii", "replace").strip() == version
    except (OSError, subprocess.SubprocessError):
        return False


def _run(*command: str) -> str:
    """Standard output of a command that must succeed. Raises NotMade with the end of what it said."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()[-12:]
        name = Path(command[0]).name
        raise NotMade(
            "\n    ".join([f"`{name} {' '.join(command[1:3])}` failed with exit code {done.returncode}:", *told])
        )
    return done.stdout


def _target(path: Path) -> str:
    return os.readlink(path) if path.is_symlink() else str(path)
