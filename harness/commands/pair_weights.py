"""`harness weights`: two sets of parameters paired by their values, and one written in the form of the other."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness import interrupts
from harness.ending import EXPECTED, UNEXPECTED
from harness.models import parameters, weights
from harness.models.pair import Pair
from harness.models.weights import Pairing
from harness.output import NOTHING, Output, demand

MOST_NAMED = 12
"""Names of arrays in a line."""


def weights_command(options: argparse.Namespace) -> int:
    """Pairs two sets of parameters by their values; says what order B has them in, with code that converts."""
    if options.out:
        demand([Output("-o", options.out, NOTHING)])
    reading = interrupts.while_read(not options.out)
    with reading, parameters.opened(options.a) as a, parameters.opened(options.b) as b:
        pairing = weights.proven(weights.paired(a.arrays, b.arrays), a.arrays, b.arrays)
        if options.out:
            weights.write(options.out, pairing, a.arrays, b.arrays)
        left_out = {str(options.a): a.left_out, str(options.b): b.left_out}
        if options.json:
            print(json.dumps(weights.told(pairing, left_out), indent=1, ensure_ascii=False))
        else:
            for line in _lines(pairing, left_out, options.out):
                print(line)
    return EXPECTED if pairing.whole else UNEXPECTED


def _lines(pairing: Pairing, left_out: Mapping[str, tuple[str, ...]], out: Path | None) -> Iterator[str]:
    for pair in pairing.pairs:
        yield from _of_pair(pair)
    for side, names in (("A", pairing.unpaired_a), ("B", pairing.unpaired_b)):
        if names:
            yield f"without a partner in {side}: {_some(names)}"
    for name, others in left_out.items():
        if others:
            yield f"{name}: not compared, for they are no floating-point numbers: {_some(others)}"
    if out:
        without = [pair.b for pair in pairing.pairs if not pair.code] + list(pairing.unpaired_b)
        yield f"{out} written; not in it: {_some(without)}" if without else f"{out} written"


def _some(names: Sequence[str]) -> str:
    """Names, as many as a line takes; JSON has all of them."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _of_pair(pair: Pair) -> Iterator[str]:
    yield f"{' + '.join(pair.a)} -> {pair.b}: {'; '.join(pair.told) or 'as it is'}"
    if pair.among:
        yield f"    equal numbers, which values cannot tell apart: {', '.join((pair.b, *pair.among))}"
    if pair.alternatives:
        others = " or ".join(", ".join(map(str, order)) for order in pair.alternatives)
        yield f"    other orders of axes fit as well: {others}"
    if pair.code not in ("", "b = a"):
        yield f"    {pair.code}"
