"""What workers need of POSIX, and what they are given of Linux; where there is none of it, a sentence says so.

Everything of it is asked for when it is used, so that commands which start no worker work anywhere.
"""

from __future__ import annotations

import contextlib
import os
import platform
import select
import signal
import sys

NEEDED = ((os, "killpg"), (os, "readv"), (os, "set_blocking"), (select, "poll"), (signal, "SIGKILL"))
LINUX = sys.platform == "linux"


def missing() -> str | None:
    """Why no worker can be started here and what to do, or None."""
    if all(hasattr(module, name) for module, name in NEEDED):
        return None
    return (
        f"workers talk through pipes of POSIX, which {platform.system() or 'this system'} has not; "
        "use Linux or macOS, on Windows WSL"
    )


def kill_group(leader: int) -> None:
    """Ends a process and everything that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def limit_memory(pid: int, size: int) -> None:
    """Limits the address space of a process and of all that it will start; on Linux only."""
    import resource

    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_AS, (size, size))


def widen(pipe: int) -> None:
    """A pipe of 1 MiB instead of 64 KiB, where it can be had: large arrays pass three times as fast."""
    if LINUX:
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
