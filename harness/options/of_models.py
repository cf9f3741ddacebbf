"""What the commands on whole models take: `harness weights`."""

from __future__ import annotations

from pathlib import Path

from harness.options.taken import Add, named


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    weights = add(
        "weights",
        "Pairs two sets of parameters by their values; says what order B has them in, with code that converts.",
        "harness.commands.pair_weights:weights_command",
        "harness weights model.pt model.keras",
        "harness weights model.pt model.keras -o moved.npz    # A's numbers in B's names and layouts",
    )
    weights.add_argument("a", type=Path, metavar="A", help="a file of parameters, or a trace")
    weights.add_argument("b", type=Path, metavar="B", help="another, of the same network")
    weights.add_argument("--json", action="store_true", help="print the pairs as JSON")
    weights.add_argument("-o", dest="out", type=named, metavar="FILE", help="write A's parameters in B's form (.npz)")
