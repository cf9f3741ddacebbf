"""A network like a small ResNet of PyTorch, and its port to Keras, channels last and with other names."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.walk import porting
from benchmarks.walk.porting import Mistakes, here

SHAPE = (2, 3, 32, 32)
BLOCKS = ((8, 8, 1), (8, 16, 2), (16, 24, 2))
"""Channels into a block, out of it, and its stride."""


class Block(nn.Module):
    """Two convolutions with batch norm, added to what they take."""

    def __init__(self, into: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(into, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.short = nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.short(x))


class Net(nn.Module):
    """A stem, three blocks, and a classifier on the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, 2, 3)
        self.norm = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.blocks = nn.Sequential(*(Block(*each) for each in BLOCKS))
        self.fc = nn.Linear(24, 10)

    def forward(self, x: Any) -> Any:
        y = self.pool(torch.relu(self.norm(self.stem(x))))
        return self.fc(self.blocks(y).mean((2, 3)))


def make() -> nn.Module:
    """The network with its weights."""
    return porting.drawn(Net(), 1)


def port(path: str, mistakes: Mistakes) -> None:
    """Saves the port with these mistakes."""
    import keras

    layers, net = keras.layers, make()
    filled = []

    def convolved(y: Any, module: Any, name: str) -> Any:
        said, at = here(mistakes, name), len(filled) + 1
        size, stride, pad = module.kernel_size[0], module.stride[0], module.padding[0]
        if pad and "same" not in said:
            y = layers.ZeroPadding2D(pad)(y)
        word = "same" if "same" in said else "valid"
        layer = layers.Conv2D(
            module.out_channels, size, stride, word, use_bias=module.bias is not None, name=f"conv{at}"
        )
        filled.append((layer, porting.convolution, module, said))
        return layer(y)

    def normalized(y: Any, module: Any, name: str) -> Any:
        said = here(mistakes, name)
        layer = layers.BatchNormalization(epsilon=1e-3 if "epsilon" in said else 1e-5)
        filled.append((layer, porting.norm, module, said))
        return layer(y)

    x = keras.Input(SHAPE[2:] + SHAPE[1:2])
    y = layers.ReLU()(normalized(convolved(x, net.stem, "stem"), net.norm, "norm"))
    same = "same" in here(mistakes, "pool")
    y = layers.MaxPooling2D(3, 2, "same" if same else "valid")(y if same else layers.ZeroPadding2D(1)(y))
    for index, block in enumerate(net.blocks):
        said = here(mistakes, f"block {index}")
        name = f"blocks.{index}"
        z = normalized(convolved(y, block.conv1, f"{name}.conv1"), block.bn1, f"{name}.bn1")
        z = z if "no relu" in said else layers.Activation("leaky_relu" if "leaky" in said else "relu")(z)
        z = normalized(convolved(z, block.conv2, f"{name}.conv2"), block.bn2, f"{name}.bn2")
        short = normalized(convolved(y, block.short[0], f"{name}.short.0"), block.short[1], f"{name}.short.1")
        y = layers.Maximum()([short, z]) if "maximum" in said else layers.Add()([short, z])
        y = layers.ReLU()(y)
    y = layers.GlobalMaxPooling2D()(y) if "maximum" in here(mistakes, "mean") else layers.GlobalAveragePooling2D()(y)
    head = layers.Dense(10)
    model = keras.Model(x, head(y))
    for layer, put, module, said in filled:
        put(layer, module, said)
    bias = porting.array(net.fc.bias) * (0 if "no bias" in here(mistakes, "fc") else 1)
    head.set_weights([porting.array(net.fc.weight).T, bias])
    model.save(path)


CAUSES = {
    "stem: same": ("stem", "padding_split"),
    "stem: rotated": ("stem", "reverse_kernel"),
    "stem: no bias": ("stem", "bias"),
    "norm: epsilon": ("norm", "epsilon"),
    "pool: same": ("pool", "padding"),
    "blocks.0.conv1: turned": ("blocks.0.conv1", "transpose_kernel_spatial"),
    "blocks.1.conv2: reshaped": ("blocks.1.conv2", "reshape_not_transpose"),
    "blocks.0.bn1: epsilon": ("blocks.0.bn1", "epsilon"),
    "blocks.1.bn2: exchanged": ("blocks.1.bn2", "slots"),
    "blocks.1.conv1: same": ("blocks.1.conv1", "padding_split"),
    "blocks.2.short.1: epsilon": ("blocks.2.short.1", "epsilon"),
    "block 1: no relu": ("blocks.1.relu", "activation"),
    "block 2: leaky": ("blocks.2.relu", "function"),
    "block 0: maximum": ("blocks.0.add", "join"),
    "mean: maximum": ("mean", "reduce"),
    "fc: no bias": ("fc", "bias"),
}
"""Mistake -> the layer of A where it shows, and its cause."""
