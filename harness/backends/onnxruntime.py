"""ONNX Runtime: the operator `Conv`, in a graph of one node."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Dict

import numpy as np

from harness.worker.entry import Settings, Word, entry_point

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
def _session(bias: bool, rank: int, padding: Any, stride: Any, dilation: Any, groups: int) -> Any:
    make = onnx.helper
    inputs = ["x", "w", "b"] if bias else ["x", "w"]
    node = make.make_node("Conv", inputs, ["y"], strides=stride, dilations=dilation, group=groups, **_pads(padding))
    values = [make.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None] * (rank + 2)) for name in "xwy"]
    one = [make.make_tensor_value_info("b", onnx.TensorProto.FLOAT, [None])] if bias else []
    graph = make.make_graph([node], "one node", values[:2] + one, values[2:])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _pads(padding: Any) -> Dict[str, Any]:
    if isinstance(padding, str):
        return {"auto_pad": padding}
    return {"pads": [low for low, _ in padding] + [high for _, high in padding]}


@entry_point(
    "onnxruntime.Conv",
    ranks=[1, 2, 3],
    docs="https://onnx.ai/onnx/operators/onnx__Conv.html",
    words={
        "same": Word("SAME_UPPER", "same_upper", dilated=False),
        "same_lower": Word("SAME_LOWER", "same_lower", dilated=False),
        "valid": Word("VALID", "valid"),
    },
    explicit="uneven",
    stride=True,
    dilation=True,
    groups="any",
    bias=True,
    dtypes=("float32",),
)
def conv(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    padding = s.padding if isinstance(s.padding, str) else tuple(map(tuple, s.padding))
    session = _session(s.bias is not None, len(s.stride), padding, tuple(s.stride), tuple(s.dilation), s.groups)
    inputs = {"x": np.ascontiguousarray(x), "w": np.ascontiguousarray(w)}
    return session.run(None, inputs if s.bias is None else {**inputs, "b": s.bias})[0]


ENTRY_POINTS = (conv,)
