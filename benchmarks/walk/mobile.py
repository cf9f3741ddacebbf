"""A network like a small MobileNet of PyTorch, depthwise layers and a gate in it, and its port to Keras."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.walk import porting
from benchmarks.walk.porting import Mistakes, here

SHAPE = (2, 3, 32, 32)
BLOCKS = ((8, 8, 1), (8, 12, 2), (12, 12, 1))
"""Channels into a block, out of it, and its stride."""
EXPANSION = 3


class Inverted(nn.Module):
    """An inverted residual: expand, one kernel for each channel, a gate, project."""

    def __init__(self, into: int, out: int, stride: int) -> None:
        super().__init__()
        wide = EXPANSION * into
        self.expand = nn.Conv2d(into, wide, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(wide, eps=1e-3)
        self.depth = nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False)
        self.norm2 = nn.BatchNorm2d(wide, eps=1e-3)
        self.squeeze = nn.Conv2d(wide, 4, 1)
        self.excite = nn.Conv2d(4, wide, 1)
        self.project = nn.Conv2d(wide, out, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(out, eps=1e-3)
        self.gate = nn.Hardsigmoid()
        self.act1, self.act2 = nn.ReLU6(), nn.Hardswish()
        self.added = stride == 1 and into == out

    def forward(self, x: Any) -> Any:
        y = self.act1(self.norm1(self.expand(x)))
        y = self.act2(self.norm2(self.depth(y)))
        gate = self.excite(torch.relu(self.squeeze(y.mean((2, 3), keepdim=True))))
        y = self.norm3(self.project(y * self.gate(gate)))
        return x + y if self.added else y


class Net(nn.Module):
    """A stem, three blocks, and a classifier that is a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.blocks = nn.ModuleList(Inverted(*each) for each in BLOCKS)
        self.pool = nn.AvgPool2d(3, 2, 1)
        self.head = nn.Conv2d(12, 10, 1)

    def forward(self, x: Any) -> Any:
        y = nn.functional.hardswish(self.stem(x))
        for block in self.blocks:
            y = block(y)
        return torch.softmax(self.head(self.pool(y)).mean((2, 3)), 1)


def make() -> nn.Module:
    """The network with its weights; values are large enough that limits at 6 are reached."""
    net = porting.drawn(Net(), 2)
    with torch.no_grad():
        for block in net.blocks:
            block.norm1.weight.mul_(4)
            block.norm2.weight.mul_(4)
    return net


def port(path: str, mistakes: Mistakes) -> None:
    """Saves the port with these mistakes."""
    import keras

    layers, net = keras.layers, make()
    filled = []

    def put(y: Any, layer: Any, fill: Any, module: Any, name: str) -> Any:
        filled.append((layer, fill, module, here(mistakes, name)))
        return layer(y)

    def point(y: Any, module: Any, name: str) -> Any:
        return put(
            y,
            layers.Conv2D(module.out_channels, 1, use_bias=module.bias is not None),
            porting.convolution,
            module,
            name,
        )

    def normalized(y: Any, module: Any, name: str) -> Any:
        epsilon = 1e-5 if "epsilon" in here(mistakes, name) else 1e-3
        return put(y, layers.BatchNormalization(epsilon=epsilon), porting.norm, module, name)

    def padded(y: Any, module: Any, name: str) -> tuple[Any, str]:
        if "same" in here(mistakes, name) or module.stride[0] == 1:
            return y, "same"
        return layers.ZeroPadding2D(1)(y), "valid"

    x = keras.Input(SHAPE[2:] + SHAPE[1:2])
    y, word = padded(x, net.stem, "stem")
    y = put(y, layers.Conv2D(8, 3, 2, word), porting.convolution, net.stem, "stem")
    y = layers.Activation("silu" if "swish" in here(mistakes, "stem") else "hard_swish")(y)
    for index, block in enumerate(net.blocks):
        name, into = f"blocks.{index}", y
        said = here(mistakes, name)
        y = normalized(point(y, block.expand, f"{name}.expand"), block.norm1, f"{name}.norm1")
        y = layers.ReLU(None if "unlimited" in said else 6.0)(y)
        y, word = padded(y, block.depth, f"{name}.depth")
        deep = layers.DepthwiseConv2D(3, block.depth.stride[0], word, use_bias=False)
        y = put(y, deep, porting.convolution, block.depth, f"{name}.depth")
        y = layers.Activation("hard_swish")(normalized(y, block.norm2, f"{name}.norm2"))
        gate = layers.GlobalAveragePooling2D(keepdims=True)(y)
        gate = layers.ReLU()(point(gate, block.squeeze, f"{name}.squeeze"))
        gate = point(gate, block.excite, f"{name}.excite")
        y = layers.Multiply()([y, layers.Activation("sigmoid" if "sigmoid" in said else "hard_sigmoid")(gate)])
        y = normalized(point(y, block.project, f"{name}.project"), block.norm3, f"{name}.norm3")
        y = layers.Add()([into, y]) if block.added and "not added" not in said else y
    y = layers.ZeroPadding2D(1)(y)
    y = layers.MaxPooling2D(3, 2)(y) if "maximum" in here(mistakes, "pool") else layers.AveragePooling2D(3, 2)(y)
    y = layers.GlobalAveragePooling2D()(point(y, net.head, "head"))
    y = layers.Softmax()(y) if "logits" not in here(mistakes, "softmax") else y
    model = keras.Model(x, y)
    for layer, fill, module, said in filled:
        fill(layer, module, said)
    model.save(path)


CAUSES = {
    "stem: same": ("stem", "padding_split"),
    "stem: swish": ("hardswish", "function"),
    "blocks.0: unlimited": ("blocks.0.act1", "function"),
    "blocks.0.depth: rotated": ("blocks.0.depth", "reverse_kernel"),
    "blocks.1.depth: same": ("blocks.1.depth", "padding_split"),
    "blocks.1: sigmoid": ("blocks.1.gate", "function"),
    "blocks.1.norm2: epsilon": ("blocks.1.norm2", "epsilon"),
    "blocks.2.squeeze: no bias": ("blocks.2.squeeze", "bias"),
    "blocks.2: not added": ("blocks.2.add", "add"),
    "blocks.2.depth: turned": ("blocks.2.depth", "transpose_kernel_spatial"),
    "pool: maximum": ("pool", "reduce"),
    "softmax: logits": ("softmax", "softmax"),
}
"""Mistake -> the layer of A where it shows, and its cause."""
