"""A network of PyTorch and its export to ONNX, in which batch norms are folded, with mistakes in the exported graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.walk import porting
from benchmarks.walk.porting import Mistakes, here

SHAPE = (2, 3, 25, 25)


class Net(nn.Module):
    """Convolutions with batch norm, windows rounded up, averages without what was padded, a transposed convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 2, 1)
        self.norm1 = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 12, 3, 1, 1, groups=2, bias=False)
        self.norm2 = nn.BatchNorm2d(12, eps=1e-3)
        self.pool = nn.AvgPool2d(3, 2, 1, ceil_mode=False, count_include_pad=False)
        self.third = nn.Conv2d(12, 8, (3, 1), 1, (2, 0), dilation=(2, 1))
        self.most = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.up = nn.ConvTranspose2d(8, 6, 3, 2, 1)
        self.slopes = nn.PReLU(6)
        self.last = nn.Conv2d(6, 4, 1)

    def forward(self, x: Any) -> Any:
        y = nn.functional.elu(self.norm1(self.first(x)), 0.7)
        y = nn.functional.leaky_relu(self.norm2(self.second(y)), 0.1)
        y = nn.functional.hardsigmoid(self.third(self.pool(y)))
        return nn.functional.log_softmax(self.last(self.slopes(self.up(self.most(y)))), 1)


def make() -> nn.Module:
    """The network with its weights."""
    return porting.drawn(Net(), 5)


def _folded(module: Any, norm: Any, epsilon: float) -> tuple[Any, Any]:
    """Kernel and bias with a batch norm in them."""
    factor = norm.weight / torch.sqrt(norm.running_var + epsilon)
    bias = 0 if module.bias is None else module.bias
    return module.weight * factor.reshape(-1, 1, 1, 1), norm.bias + (bias - norm.running_mean) * factor


def _with_norms_folded(net: Any, mistakes: Mistakes) -> Any:
    for conv, norm in (("first", "norm1"), ("second", "norm2")):
        module, own = getattr(net, conv), getattr(net, norm)
        kernel, bias = _folded(module, own, 1e-4 if "epsilon" in here(mistakes, norm) else own.eps)
        module.weight, module.bias = nn.Parameter(kernel), nn.Parameter(bias)
        setattr(net, norm, nn.Identity())
    return net


EDITS: dict[str, tuple[str, str, Any]] = {
    "first: same": ("Conv", "pads", [0, 0, 1, 1]),
    "elu: alpha": ("Elu", "alpha", 1.0),
    "leaky: slope": ("LeakyRelu", "alpha", 0.01),
    "pool: divisor": ("AveragePool", "count_include_pad", 1),
    "most: floor": ("MaxPool", "ceil_mode", 0),
    "gate: alpha": ("HardSigmoid", "alpha", 0.2),
    "softmax: axis": ("LogSoftmax", "axis", 2),
    "up: pads": ("ConvTranspose", "pads", [0, 0, 2, 2]),
}
"""Mistake -> the operator whose attribute is changed, the first of its kind."""


def _edited(graph: Any, mistakes: Mistakes) -> None:
    import onnx

    for mistake in mistakes:
        if mistake in EDITS:
            kind, name, value = EDITS[mistake]
            node = next(each for each in graph.node if each.op_type == kind)
            kept = [each for each in node.attribute if each.name != name]
            del node.attribute[:]
            node.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])
    for held in graph.initializer:
        said = here(mistakes, held.name.partition(".")[0])
        values = onnx.numpy_helper.to_array(held)
        if "rotated" in said and values.ndim == 4:
            held.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(values[:, :, ::-1, ::-1]), held.name))
        if "no bias" in said and values.ndim == 1:
            held.CopyFrom(onnx.numpy_helper.from_array(0 * values, held.name))


def port(path: str, mistakes: Mistakes) -> None:
    """Saves the export with these mistakes."""
    import onnx

    with torch.no_grad():
        net = _with_norms_folded(make(), mistakes)
    torch.onnx.export(net, (torch.zeros(SHAPE),), path, dynamo=False, opset_version=17)
    model = onnx.load(path)
    _edited(model.graph, mistakes)
    onnx.save(model, path)


CAUSES = {
    "first: same": ("first", "padding_split"),
    "norm1: epsilon": ("norm1", "epsilon"),
    "norm2: epsilon": ("norm2", "epsilon"),
    "elu: alpha": ("elu", "alpha"),
    "leaky: slope": ("leaky_relu", "slope"),
    "second: rotated": ("second", "reverse_kernel"),
    "pool: divisor": ("pool", "divisor"),
    "third: rotated": ("third", "reverse_kernel"),
    "third: no bias": ("third", "bias"),
    "gate: alpha": ("hardsigmoid", "alpha"),
    "most: floor": ("most", "rounding"),
    "up: pads": ("up", "padding_split"),
    "softmax: axis": ("log_softmax", "over"),
}
"""Mistake -> the layer of A where it shows, and its cause."""
