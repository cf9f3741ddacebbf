"""What calls of dense layers have in common, whatever the framework: fields of a declaration."""

from __future__ import annotations

from typing import Any, Dict

LAST, FIRST = "N*C", "NC*"


def of_places(kernel: str, **more: Any) -> Dict[str, Any]:
    """A call on the last axis, at each place by itself; its kernel has the axes `kernel`."""
    layouts = {"input": LAST, "kernel": kernel, "output": LAST}
    return dict(layouts=layouts, demands={"flattened": "C"}, arrays=("kernel",), perhaps=("bias",), **more)


def flattening(kernel: str, order: str, channels: str, **more: Any) -> Dict[str, Any]:
    """A call on an input with axes `channels`, which is flattened in an order of its own, `*` for the spatial axes."""
    layouts = {"input": channels, "kernel": kernel, "output": "NC"}
    return dict(layouts=layouts, keeps={"flattened": order}, arrays=("kernel",), perhaps=("bias",), **more)
