"""All planted ports, or those of some families: `python -m benchmarks.walk [FAMILY ...]`.

Prints a row for each port, and ends with 1 where a faithful port is accused, a layer that is innocent, or where fewer
than 95 % of the mistakes are named.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.walk import planted
from benchmarks.walk.planted import PLANTED, Found

NAMED = 0.95
HEAD = "| network | planted | missed | accused besides | mended | walk, s |\n|---|---|---|---|---|---|"


def main(names: Sequence[str]) -> int:
    """Walks, prints, and says by its result whether all is as it should be."""
    every: list[Found] = []
    print(HEAD, flush=True)
    for name in names or list(PLANTED):
        with tempfile.TemporaryDirectory() as folder:
            for found in planted.found(name, Path(folder), [(), *PLANTED[name]]):
                every.append(found)
                print(row(found), flush=True)
    mistakes, named = sum(len(each.mistakes) for each in every), sum(len(each.named) for each in every)
    innocent = sum(len(each.innocent) for each in every)
    print(f"\n{len(every)} ports, {mistakes} mistakes: {named} named; {innocent} layers accused besides.")
    return int(bool(innocent) or named < NAMED * mistakes)


def row(found: Found) -> str:
    """One line of the table."""
    mended = found.repaired if found.share is None else f"{found.repaired}, {100 * found.share:.2g} % of the bound"
    cells = ("; ".join(each) or "-" for each in (found.mistakes, found.missed, found.innocent))
    return f"| {' | '.join([found.family, *cells, mended])} | {found.seconds:.1f} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
