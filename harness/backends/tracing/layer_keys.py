"""What may stand in the settings of a traced layer: the keys of cases, by operation."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

THEN = "then"
"""What is meant after any operation: an activation."""
KEYS: Dict[str, Tuple[str, ...]] = {
    "convolution": ("means", "stride", "dilation", "groups", "padding", "boundary", "constant"),
    "transposed_convolution": ("means", "stride", "dilation", "groups", "padding", "output_padding", "output_size"),
    "pooling": ("reduce", "p", "window", "stride", "dilation", "padding", "rounding", "divisor"),
    "resize": (
        *("size", "scale", "interpolation", "coordinates", "nearest_rounding", "cubic_coefficient"),
        *("outside", "antialias"),
    ),
    "normalization": ("over", "groups", "statistic", "centre", "epsilon", "epsilon_at"),
    "dense": ("flattened",),
    "activation": (
        *("function", "low", "high", "slope", "alpha", "gamma", "approximate", "beta", "threshold", "theta"),
    ),
    "softmax": ("over", "log"),
    "local_response_normalization": ("size", "alpha", "beta", "k", "divided", "across"),
    "padding": ("padding", "boundary", "constant"),
    "rearrange": ("depth_to_space", "space_to_depth", "order"),
}
"""Operation -> its keys besides those of every case."""
BY_PLACE = ("softmax", "dense")
"""Operations that frameworks tell by a number which axis is theirs: their letters do not say what that axis is."""
OVER = "over"


def names_axes_by_place(operation: Optional[str], settings: Mapping[str, Any]) -> bool:
    """Whether the letters of a layer's tensors say only where an axis stands, as of attention or of a layer norm."""
    over = str(settings.get(OVER) or "")
    return operation in BY_PLACE or ("C" in over and "groups" not in settings)
