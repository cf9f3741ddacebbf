"""A network like a small U-Net of PyTorch, transposed convolutions and resizing in it, and its port to Keras."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.walk import porting
from benchmarks.walk.porting import Mistakes, array, here

SHAPE = (1, 3, 32, 32)


class Net(nn.Module):
    """Down twice, up once by a transposed convolution and once by resizing, what was there joined in."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 1, 1)
        self.down1 = nn.Conv2d(8, 12, 4, 2, 1)
        self.norm1 = nn.InstanceNorm2d(12, affine=True)
        self.down2 = nn.Conv2d(12, 16, 3, 1, 2, dilation=2)
        self.norm2 = nn.GroupNorm(4, 16)
        self.pool = nn.MaxPool2d(2)
        self.up1 = nn.ConvTranspose2d(16, 12, 3, 2, 1, 1)
        self.mix1 = nn.Conv2d(24, 10, 3, 1, 1)
        self.up2 = nn.Upsample(scale_factor=2, mode="bilinear")
        self.mix2 = nn.Conv2d(18, 8, 3, 1, 1)
        self.up3 = nn.Upsample(scale_factor=2)
        self.last = nn.Conv2d(8, 2, 3, 2, 1)

    def forward(self, x: Any) -> Any:
        one = nn.functional.leaky_relu(self.first(x), 0.2)
        two = nn.functional.elu(self.norm1(self.down1(one)))
        deep = torch.relu(self.norm2(self.down2(self.pool(two))))
        y = torch.relu(self.mix1(torch.cat([two, self.up1(deep)], 1)))
        y = nn.functional.softplus(self.mix2(torch.cat([self.up2(y), one], 1)))
        return torch.sigmoid(self.last(self.up3(y)))


def make() -> nn.Module:
    """The network with its weights."""
    return porting.drawn(Net(), 3)


def _transposed(layer: Any, module: Any, said: set[str]) -> None:
    values = array(module.weight).transpose(2, 3, 1, 0)
    layer.set_weights([values[::-1, ::-1] if "rotated" in said else values, array(module.bias)])


def _scaled(layer: Any, module: Any, said: set[str]) -> None:
    layer.set_weights([array(module.weight), array(module.bias)])


def port(path: str, mistakes: Mistakes) -> None:
    """Saves the port with these mistakes."""
    import keras

    layers, net = keras.layers, make()
    filled = []

    def put(y: Any, layer: Any, name: str, fill: Any = porting.convolution) -> Any:
        filled.append((fill, layer, getattr(net, name), here(mistakes, name)))
        return layer(y)

    def grouped(y: Any, name: str, groups: int, epsilon: float) -> Any:
        said = here(mistakes, name)
        groups = 1 if "layer" in said else groups
        return put(y, layers.GroupNormalization(groups, epsilon=1e-3 if "epsilon" in said else epsilon), name, _scaled)

    x = keras.Input(SHAPE[2:] + SHAPE[1:2])
    one = put(x, layers.Conv2D(8, 3, padding="same"), "first")
    one = layers.LeakyReLU(0.3 if "slope" in here(mistakes, "leaky") else 0.2)(one)
    two = layers.ZeroPadding2D(1)(one)
    two = put(two, layers.Conv2D(12, 4, 2), "down1")
    two = layers.ELU(0.5 if "alpha" in here(mistakes, "elu") else 1.0)(grouped(two, "norm1", 12, 1e-5))
    dilated = 1 if "dilation" in here(mistakes, "down2") else 2
    deep = put(layers.MaxPooling2D(2)(two), layers.Conv2D(16, 3, padding="same", dilation_rate=dilated), "down2")
    deep = layers.ReLU()(grouped(deep, "norm2", 4, 1e-5))
    if "same" in here(mistakes, "up1"):
        up = put(deep, layers.Conv2DTranspose(12, 3, 2, "same"), "up1", _transposed)
    else:
        up = layers.Cropping2D(((1, 0), (1, 0)))(put(deep, layers.Conv2DTranspose(12, 3, 2), "up1", _transposed))
    y = layers.Concatenate()([up, two] if "exchanged" in here(mistakes, "cat") else [two, up])
    y = layers.ReLU()(put(y, layers.Conv2D(10, 3, padding="same"), "mix1"))
    kind = "nearest" if "nearest" in here(mistakes, "up2") else "bilinear"
    y = layers.Concatenate()([layers.UpSampling2D(2, interpolation=kind)(y), one])
    y = put(y, layers.Conv2D(8, 3, padding="same"), "mix2")
    y = layers.Activation("relu" if "relu" in here(mistakes, "softplus") else "softplus")(y)
    kind = "bilinear" if "bilinear" in here(mistakes, "up3") else "nearest"
    y = layers.UpSampling2D(2, interpolation=kind)(y)
    same = "same" in here(mistakes, "last")
    y = put(y if same else layers.ZeroPadding2D(1)(y), layers.Conv2D(2, 3, 2, "same" if same else "valid"), "last")
    y = layers.Activation("hard_sigmoid" if "hard" in here(mistakes, "sigmoid") else "sigmoid")(y)
    model = keras.Model(x, y)
    for fill, layer, module, said in filled:
        fill(layer, module, said)
    model.save(path)


CAUSES = {
    "first: turned": ("first", "transpose_kernel_spatial"),
    "first: no bias": ("first", "bias"),
    "leaky: slope": ("leaky_relu", "slope"),
    "elu: alpha": ("elu", "alpha"),
    "norm1: epsilon": ("norm1", "epsilon"),
    "norm2: epsilon": ("norm2", "epsilon"),
    "norm2: layer": ("norm2", "groups"),
    "down2: dilation": ("down2", "dilation"),
    "down2: reshaped": ("down2", "reshape_not_transpose"),
    "up1: same": ("up1", "padding_split"),
    "up1: rotated": ("up1", "reverse_kernel"),
    "cat: exchanged": ("cat", "input_order"),
    "up2: nearest": ("up2", "interpolation"),
    "up3: bilinear": ("up3", "interpolation"),
    "softplus: relu": ("softplus", "function"),
    "last: same": ("last", "padding_split"),
    "sigmoid: hard": ("sigmoid", "function"),
}
"""Mistake -> the layer of A where it shows, and its cause."""
