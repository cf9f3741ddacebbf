"""ONNX Runtime: dense layers, by the operators `Gemm`, behind a `Flatten`, and `MatMul`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, Mapping, Tuple

import numpy as np

from harness.backends.dense_claims import FIRST, flattening, of_places
from harness.backends.onnx_by_settings import DOCS, IR_VERSION, OPSET, ran
from harness.worker.entry import settled

Arrays = Mapping[str, np.ndarray]


@lru_cache(maxsize=64)
def _session(inputs: Tuple[Tuple[str, int], ...], transposed: int) -> Any:
    """The session of a Flatten and a Gemm; inputs: name and number of axes of each."""
    import onnx
    import onnxruntime

    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    names = [name for name, _ in inputs[1:]]
    nodes = [
        make.make_node("Flatten", ["input"], ["flat"]),
        make.make_node("Gemm", ["flat", *names], ["y"], transB=transposed),
    ]
    values = [make.make_tensor_value_info(name, kind, [None] * axes) for name, axes in inputs]
    graph = make.make_graph(nodes, "dense", values, [make.make_tensor_value_info("y", kind, None)])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _gemm(transposed: int) -> Any:
    def called(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
        given = {role: arrays[role] for role in ("input", "kernel", "bias") if role in arrays}
        session = _session(tuple((role, each.ndim) for role, each in given.items()), transposed)
        return session.run(None, {role: np.ascontiguousarray(each) for role, each in given.items()})[0]

    return called


def _matmul(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    y = ran("MatMul", {"x": arrays["input"], "w": arrays["kernel"]})
    return ran("Add", {"x": y, "bias": arrays["bias"]}) if "bias" in arrays else y


COMMON: Dict[str, Any] = {"dtypes": ("float32",)}
DENSE = (
    settled("onnxruntime.MatMul", "dense", DOCS % "MatMul", **COMMON, **of_places("IO"))(_matmul),
    settled(
        "onnxruntime.Gemm (Flatten)",
        "dense",
        DOCS % "Gemm",
        note="of a Flatten with axis 1; transB is 0",
        **COMMON,
        **flattening("IO", "C*", FIRST),
    )(_gemm(0)),
    settled(
        "onnxruntime.Gemm(transB=1) (Flatten)",
        "dense",
        DOCS % "Gemm",
        note="of a Flatten with axis 1",
        **COMMON,
        **flattening("OI", "C*", FIRST),
    )(_gemm(1)),
)
