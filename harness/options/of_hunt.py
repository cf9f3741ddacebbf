"""What `harness hunt` takes."""

from __future__ import annotations

from harness.operations import SPOKEN
from harness.options.taken import Add, above_zero, named, positive, shard, whole

CALLS = 1000
"""Calls without a number and without a time."""
SECONDS = 20.0


def register(add: Add) -> None:
    """Adds this command to the command line."""
    hunts = add(
        "hunt",
        "Draws random calls, and writes what no known convention explains as small cases. Exit code 1 where it does.",
        "harness.commands.hunt_calls:hunt_command",
        "harness hunt --calls 10000",
        "harness hunt --backend torch --backend jax --minutes 10 --seed 7",
        "harness hunt --shard 1/4 --calls 100000    # one of four machines",
    )
    hunts.add_argument(
        "--operation",
        action="append",
        choices=list(SPOKEN),
        default=[],
        help="draw calls of this (default: of all, in turn)",
    )
    hunts.add_argument(
        "--backend", action="append", default=[], metavar="NAME", help="call this backend; it must be there"
    )
    hunts.add_argument("--calls", type=positive, metavar="N", help=f"how many are drawn (default: {CALLS})")
    hunts.add_argument("--minutes", type=above_zero, metavar="TIME", help="end after this time, done or not")
    hunts.add_argument("--seed", type=whole, default=0, metavar="S", help="what is drawn (default: %(default)s)")
    hunts.add_argument("--shard", type=shard, metavar="I/N", help="only every N-th call, from the I-th on")
    hunts.add_argument(
        "--out", default="finds", metavar="DIR", type=named, help="folder of the cases it writes (default: finds)"
    )
    hunts.add_argument(
        "--time-limit",
        type=above_zero,
        default=SECONDS,
        metavar="SECONDS",
        help="for one call, which hangs beyond it (default: %(default)g)",
    )
    hunts.add_argument("--json", action="store_true", help="print JSON, one object for each find")
