"""Cases of an operation that the harness writes, and what a user's own program may say of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.grammar.kinds import Field, Record
from harness.grammar.streams import RawStream
from harness.operations.by_settings.own_names import Layer
from harness.operations.card import Card
from harness.worker.entry import EntryPoint


class Starting:
    """What `harness new` writes of one operation. No node of a model is read yet."""

    NODE_LAYOUTS: Mapping[str, str] = {}
    ASSUMED: Mapping[str, str] = {}

    def __init__(self, layer: Layer) -> None:
        self.START = layer.NEW_CASE
        self.SETTINGS = layer.NEW_CASE.replace("{", "{{").replace("}", "}}")  # which are no blanks

    def settings(self, sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
        """Nothing follows from sizes."""
        return {}

    def layouts(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Nothing is known: most shapes fit under many orders of axes."""

    def drawn(self, letters: Sequence[str]) -> Iterator[Sequence[np.ndarray]]:
        """An input of whole numbers, whose axes all differ."""
        sizes = {"N": 2, "C": 3, "D": 4, "H": 5, "W": 6}
        shape = [sizes[each] for each in letters[0]]
        yield [RawStream("PCG64", 0).integers(-9, 9, math.prod(shape)).reshape(shape).astype(np.float64)]

    def of_definition(self, text: str, rank: int, layer: str) -> dict[str, str]:
        raise ValueError("layers of this operation are not read from a definition; give its settings in the case")

    def of_node(self, attributes: Mapping[str, Any]) -> dict[str, str]:
        raise ValueError("nodes of this operation are not read; give their arrays by name")


class Words:
    """A user's own program of such an operation is not run yet."""

    FIELDS: Mapping[str, Field] = {}

    def takes(self, found: Record) -> dict[str, Any]:
        raise found.item.error("programs are run for the operation that moves a window only")

    def told(self, words: tuple[str, ...]) -> dict[str, Any]:
        return {}

    def learned(self, found: Mapping[str, Any]) -> dict[str, Any]:
        return dict(found)

    def beside(self, card: Card, entries: Iterable[EntryPoint]) -> Card:
        return card
