"""What the commands on backends take: `harness list`, `install` and `clean`."""

from __future__ import annotations

from harness.options.taken import Add


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    lists = add(
        "list",
        "Lists backends and your own programs: versions, entry points, and why one is not available.",
        "harness.commands.listing:list_command",
        "harness list",
        "harness list --start    # the frameworks themselves say what they are, and what they run on",
    )
    lists.add_argument("--start", action="store_true", help="start each framework, which takes seconds, and ask it")
    installs = add(
        "install",
        "Makes the environments of these backends, and starts each backend once.",
        "harness.commands.installation:install_command",
        "harness install theano caffe",
        "harness install torch==2.12.0",
    )
    installs.add_argument("backends", nargs="+", metavar="BACKEND", help="a backend, perhaps with a version")
    cleans = add(
        "clean",
        "Removes the environments that `install` made, all of them or those of the backends that are named.",
        "harness.commands.installation:clean_command",
        "harness clean theano torch==2.12.0",
        "harness clean    # all of them",
    )
    cleans.add_argument("backends", nargs="*", metavar="BACKEND", help="as given to install (default: all)")
