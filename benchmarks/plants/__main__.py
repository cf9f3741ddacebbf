"""Plants conventions, and counts what `explain` makes of them, as JSON.

    python -m benchmarks.plants [OPERATION ...] [--every N] [--show]

Of a convolution what systems do after a sum, alone and with each convention; of other operations each convention alone
and with each of arrays; all in each number format, and controls that nothing explains. `named`: the first explanation,
or one that ties with it, comes to the same on other data; `wrong`: a certain one that does not. `--every N` takes every
N-th question; `--show` tells which are not named.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping

from benchmarks.plants import layers, sums
from benchmarks.plants.counting import Plant, measured
from benchmarks.plants.meant import MEANT


def counts(found: Mapping[Plant, str]) -> dict[str, Counter[str]]:
    """How many plants, and how many controls, came to what."""
    kinds = {"planted": False, "controls": True}
    return {name: Counter(each for plant, each in found.items() if plant.is_control is is_control)
            for name, is_control in kinds.items()}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="What explain makes of planted conventions.")
    parser.add_argument("operations", nargs="*", metavar="OPERATION", help="all where none is named")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th question")
    parser.add_argument("--show", action="store_true", help="name the questions that are not named")
    options = parser.parse_args()
    for operation in options.operations or ["convolution", *MEANT]:
        every = [*sums.plants()] if operation == "convolution" else [*layers.plants(operation)]
        print(json.dumps({operation: counts(measured(every[:: options.every], options.show))}), flush=True)


if __name__ == "__main__":
    main()
