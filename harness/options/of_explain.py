"""What `harness explain` takes."""

from __future__ import annotations

from harness.operations import SPOKEN, USUAL
from harness.operations.spoken import AFTER, DATA, FOLLOWING, SYSTEMS, example
from harness.options.taken import LAYOUTS, PERHAPS, ROLES, Add

EVERY = "all"
"""What stands for all systems."""
OBSERVED = "observed"
"""The option of the output."""
FILES = {**{role: SPOKEN[USUAL].ROLES[role].doc for role in ROLES[:-1]}, OBSERVED: "the output, NaN not known"}
"""Options that name a file, and what is in it."""
EXAMPLE = example(SPOKEN[USUAL])


def _of_all() -> dict[str, str]:
    """The settings of all operations; where they mean other things by one key, what each of them does."""
    said: dict[str, dict[str, list[str]]] = {}
    for name, each in SPOKEN.items():
        for key, words in each.OPTIONS.items():
            said.setdefault(key, {}).setdefault(words, []).append(name.replace("_", " "))
    return {
        key: "; ".join(f"of {', '.join(names)}: {each}" for each, names in words.items())
        if len(words) > 1
        else next(iter(words))
        for key, words in said.items()
    }


SETTINGS = {
    **_of_all(),
    **SPOKEN[USUAL].OPTIONS,
    **AFTER,
    **DATA,
}
"""Options of the settings, those of all operations, and what they may be."""
OF_FILES = {**FILES, **{role: f"{doc}, if there is any" for role, doc in PERHAPS.items() if role not in SETTINGS}}
"""Options that name a file and are no settings, and what is in it."""


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    explains = add(
        "explain",
        "Says which changes of the intended call give the observed output, and shows code that proves it.",
        "harness.commands.explain_outputs:explain_command",
        "harness explain cases/my-layer.yaml --system torch",
        f"harness explain {_named('npy')} --padding same",
        f"harness explain {_named('csv')} --layout HW,HW,HW --padding unknown",
        "harness explain torch.nn.functional.conv2d scipy.ndimage.correlate cases/my-layer.yaml",
    )
    explains.add_argument("what", nargs="*", metavar="[A B] CASE", help="a case file; before it, two entry points")
    for name, text in OF_FILES.items():
        explains.add_argument(f"--{name}", metavar="FILE", help=f"{text}: .npy, .csv, .safetensors#name ...")
    explains.add_argument("--layout", metavar=LAYOUTS, help=f"axes of these files, as {EXAMPLE}")
    explains.add_argument(
        "--operation", choices=list(SPOKEN), default=USUAL, help="what these files are of (default: %(default)s)"
    )
    for name, text in SETTINGS.items():
        also = f"; or a file: {PERHAPS[name]}" if name in PERHAPS else ""
        explains.add_argument(f"--{name}", metavar="VALUE", help=text + also)
    explains.add_argument(
        "--system",
        action="append",
        choices=[*SYSTEMS, *FOLLOWING, EVERY],
        help="show edits and code for this system (default: NumPy, and those that the output is said to be of)",
    )
    explains.add_argument("--no-code", action="store_true", help="say what differs only; no framework is started")
    explains.add_argument("--json", action="store_true", help="print JSON, one object for each case")


def _named(suffix: str) -> str:
    """The options that name files, as an example."""
    return " ".join(f"--{name} {letter}.{suffix}" for name, letter in zip(FILES, "xwy"))
