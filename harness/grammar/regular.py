"""What a name stands for, before it is opened: a pipe keeps its reader waiting, and a device may never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

NOTHING = "no such file"


def fault(path: Path) -> str:
    """Why there is no file to read at `path`, "" where there is one."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except FileNotFoundError:
        return NOTHING
    except (OSError, ValueError) as problem:
        return f"cannot be read: {getattr(problem, 'strerror', None) or problem}"
    return "" if kind == stat.S_IFREG else f"is {KINDS.get(kind, 'something else')}, not a file"
