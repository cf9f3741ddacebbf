"""ONNX Runtime: the operators `Conv` and `ConvTranspose`, each in a graph of one node."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Tuple

import numpy as np

from harness.backends.onnx_by_settings import ACTIVATIONS, POOLING, SOFTMAXES
from harness.backends.onnx_dense import DENSE
from harness.backends.onnx_moving import MOVES
from harness.backends.onnx_normalization import LOCAL_RESPONSES, NORMALIZATIONS
from harness.backends.onnx_resize import RESIZES
from harness.worker.entry import Settings, Transposition, Word, entry_point

if TYPE_CHECKING:
    import onnx
    import onnxruntime

NAME = "onnxruntime"
OPSET, IR_VERSION = 11, 6


def start() -> str:
    global onnx, onnxruntime
    import onnx
    import onnx.helper
    import onnxruntime

    return str(onnxruntime.__version__)


@lru_cache(maxsize=512)
def _session(operator: str, dtypes: Tuple[str, ...], rank: int, *attributes: Tuple[str, Any]) -> Any:
    make = onnx.helper
    types = [make.np_dtype_to_tensor_dtype(np.dtype(dtype)) for dtype in dtypes]
    inputs = ["x", "w", "b"][: len(types)]
    node = make.make_node(operator, inputs, ["y"], **dict(attributes))
    axes = ([None] * (rank + 2), [None] * (rank + 2), [None])
    values = [make.make_tensor_value_info(*each) for each in zip(inputs, types, axes)]
    output = make.make_tensor_value_info("y", types[0], axes[0])
    graph = make.make_graph([node], "one node", values, [output])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _pads(padding: Any) -> Tuple[str, Any]:
    if isinstance(padding, str):
        return "auto_pad", padding
    return "pads", tuple([low for low, _ in padding] + [high for _, high in padding])


def _call(operator: str, x: np.ndarray, w: np.ndarray, s: Any, *more: Tuple[str, Any]) -> Any:
    given = {"x": x, "w": w} if s.bias is None else {"x": x, "w": w, "b": s.bias}
    dtypes = tuple(str(array.dtype) for array in given.values())
    steps = ("strides", tuple(s.stride)), ("dilations", tuple(s.dilation)), ("group", s.groups)
    session = _session(operator, dtypes, len(s.stride), *steps, _pads(s.padding), *more)
    return session.run(None, {name: np.ascontiguousarray(array) for name, array in given.items()})[0]


@entry_point(
    "onnxruntime.Conv",
    ranks=[1, 2, 3],
    docs="https://onnx.ai/onnx/operators/onnx__Conv.html",
    words={
        "same": Word("SAME_UPPER", "same_upper", dilated=False),
        "same_lower": Word("SAME_LOWER", "same_lower", dilated=False),
        "valid": Word("VALID", "valid"),
    },
    keywords={"padding": "auto_pad=VALID"},
    explicit="uneven",
    stride=True,
    dilation=True,
    groups="any",
    bias=True,
    dtypes=("float32",),
)
def conv(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _call("Conv", x, w, s)


@entry_point(
    "onnxruntime.ConvTranspose",
    ranks=[1, 2, 3],
    operation="transposed_convolution",
    docs="https://onnx.ai/onnx/operators/onnx__ConvTranspose.html",
    kernel="IO*",
    words={"same": Word("SAME_UPPER", "same_clipped", dilated=False)},
    explicit="uneven",
    output_padding=True,
    groups="any",
    bias=True,
    dtypes=("float32",),
    note="the kernel is [I, O / groups, ...]",
)
def conv_transpose(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _call("ConvTranspose", x, w, s, ("output_padding", tuple(s.output_padding)))


ENTRY_POINTS = (
    conv,
    conv_transpose,
    *POOLING,
    *ACTIVATIONS,
    *SOFTMAXES,
    *NORMALIZATIONS,
    *LOCAL_RESPONSES,
    *DENSE,
    *RESIZES,
    *MOVES,
)
