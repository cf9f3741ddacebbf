"""The cases that come with the harness: inside the package where it is installed, beside it in a checkout."""

from __future__ import annotations

import os

NAME = "shipped"
"""What their folder is called on a command line, as in `harness explain shipped/seeds/apple-data.yaml`."""
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PLACES = os.path.join(_PACKAGE, "cases"), os.path.join(os.path.dirname(_PACKAGE), "cases")
FOLDER = next((place for place in _PLACES if os.path.isdir(place)), _PLACES[0])


def resolved(path: str) -> str:
    """The path of a shipped case, or of a folder of them, that is named so; others are as they were."""
    first, _, rest = path.replace(os.sep, "/").partition("/")
    return os.path.join(FOLDER, rest) if first == NAME and not os.path.exists(NAME) else path


def named(path: str) -> str:
    """What `resolved` gives for `path`; a path that is elsewhere is as it was."""
    below = os.path.join(FOLDER, "")
    return "%s/%s" % (NAME, path[len(below) :].replace(os.sep, "/")) if path.startswith(below) else path
