"""Cases of an operation that the harness writes, and what a user's own program may say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.operations.by_settings.own_names import Layer


class Starting:
    """What `harness new` writes of one operation. No node of a model is read yet."""

    NODE_LAYOUTS: Mapping[str, str] = {}
    ASSUMED: Mapping[str, str] = {}

    def __init__(self, layer: Layer) -> None:
        self.START = self.SETTINGS = layer.NEW_CASE

    def settings(self, sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
        """Nothing follows from sizes."""
        return {}

    def of_node(self, attributes: Mapping[str, Any]) -> dict[str, str]:
        raise ValueError("nodes of this operation are not read")


class Words:
    """A user's own program of such an operation is not run yet."""

    DEFAULTS: Mapping[str, Any] = {}

    def takes(self, about: Mapping[str, Any]) -> dict[str, Any]:
        raise ValueError("command: programs are run for the operation that moves a window only")

    def told(self, words: tuple[str, ...]) -> dict[str, Any]:
        return {}
