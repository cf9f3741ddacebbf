"""Parts of expressions that stand in the calls of systems: indices, orders of axes, numbers of each axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def index(parts: Sequence[str]) -> str:
    """An index of an array, nothing where it takes everything."""
    kept = list(parts)
    while kept and kept[-1] == ":":
        kept.pop()
    return f"[{', '.join(kept)}]" if kept else ""


def permuted(name: str, order: Sequence[int]) -> str:
    return f"{name}.permute({', '.join(map(str, order))})"


def transposed(name: str, order: Sequence[int]) -> str:
    return f"{name}.transpose({', '.join(map(str, order))})"


def one_or_all(values: Sequence[int], kind: Callable[[Sequence[int]], object] = list) -> str:
    """One number where all axes have the same."""
    return str(values[0] if len(set(values)) == 1 else kind(values))


def tf_transposed(name: str, order: Sequence[int]) -> str:
    return f"tf.transpose({name}, {list(order)})"
