"""`harness list`: what is installed, what is missing and how to add it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from harness.backends import TABLE, Backend
from harness.ending import EXPECTED
from harness.parent import environments
from harness.parent.pool import Pool
from harness.parent.talk import Hello
from harness.systems import installed, outside, project_file
from harness.systems.project_file import way


def list_command(options: argparse.Namespace) -> int:
    """Lists backends and your own programs: versions, entry points, and why one is not available.

    What no file tells, as of a program of yours, is started to be asked.
    """
    programs = _programs()
    every = {**TABLE, **outside.backends(), **programs}
    read = {} if options.start else {name: hello for name, each in every.items() if (hello := installed.told(each))}
    with Pool([each for name, each in every.items() if name not in read]) as pool:
        hellos = {**read, **pool.hellos}
        for name in every:
            about = f", your own program: {way(programs[name])}" if name in programs else ""
            if name in pool.unavailable:
                print(f"{name}{about}: not available: {pool.unavailable[name]}")
            else:
                _print(name, about, hellos[name])
    for folder, held in environments.made():
        print(f"environment of {held['name']}: {folder}")
    return EXPECTED


def _print(name: str, about: str, hello: Hello) -> None:
    """Prints one backend and its entry points."""
    runs_on = ", ".join(f"{system} {version}" for system, version in hello.environment.items())
    print(f"{name} {hello.version} ({runs_on}){about}")
    for entry in hello.entry_points:
        ranks = ", ".join(f"{rank}-D" for rank in entry.ranks)
        print(f"    {entry.name}  {ranks}")
    for left_out, reason in hello.left_out.items():
        print(f"    {left_out}: not available: {reason}")


def _programs() -> Mapping[str, Backend]:
    """The user's own programs; what reads a declaration is imported where there is one."""
    if not project_file.declarations():
        return {}
    from harness.systems import own_programs

    return own_programs.declared()
