"""Cases of a resize that the harness writes: their size is that of the output, where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.operations.by_settings.own_names import Layer
from harness.operations.by_settings.starting import Starting

SIZE = "[12, 14]"
"""Of the case to start from."""


class Sized(Starting):
    """A case whose size follows from the arrays."""

    def __init__(self, layer: Layer) -> None:
        super().__init__(layer)
        self.SETTINGS = self.SETTINGS.replace(SIZE, "{size}")

    def settings(self, sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
        """The size of the output, or else that of the case to start from."""
        return {"size": str(list(sizes["output"])) if sizes.get("output") else SIZE}
