"""Gates of recurrent layers: blocks of one axis, in an order that differs between systems.

LSTM: i input, f forget, g cell, o output. GRU: r reset, z update, n new. Orders as measured: LSTM `ifgo` PyTorch and
Keras, `iofg` ONNX, `ifog` Caffe, `igfo` TensorFlow's BlockLSTM; GRU `rzn` PyTorch, `zrn` Keras and ONNX.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

ORDERS = {4: ("ifgo", "iofg", "ifog", "igfo"), 3: ("rzn", "zrn")}
"""Number of gates -> their orders, the most usual first."""
CELL = {4: "LSTM", 3: "GRU"}


def moves(gates: int) -> Iterator[tuple[tuple[int, ...], str, str]]:
    """Each rearrangement of so many blocks that leads from one known order to another: (blocks, from, to)."""
    seen = set()
    for before, after in itertools.permutations(ORDERS[gates], 2):
        blocks = tuple(before.index(gate) for gate in after)
        if blocks not in seen:
            seen.add(blocks)
            yield blocks, before, after


def readings(blocks: tuple[int, ...]) -> list[tuple[str, str]]:
    """All known orders (before, after) that a rearrangement of blocks leads between, the most usual first."""
    pairs = itertools.permutations(ORDERS[len(blocks)], 2)
    return [(before, after) for before, after in pairs if "".join(before[each] for each in blocks) == after]
