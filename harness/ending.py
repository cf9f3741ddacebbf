"""How a command ends: its exit code, and what is raised where it, or what it was given, is wrong."""

from __future__ import annotations

EXPECTED, UNEXPECTED, USAGE, MISSING = 0, 1, 2, 3


class Mistake(ValueError):
    """What a user gave is wrong, or cannot be had: the text says where, what was found, and what to do.

    code: the exit code of a command that it ends.
    """

    code = USAGE
