"""A transformer block of PyTorch with a patch embedding before it, and its port to Keras."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.walk import porting
from benchmarks.walk.porting import Mistakes, array, here

SHAPE = (2, 3, 20, 16)
WIDTH, HEADS, EACH = 24, 3, 8
TOKENS = 20


class Net(nn.Module):
    """Patches of 4 x 4, attention with a norm before it, and two dense layers with a GELU between them."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 4, 4)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH, eps=1e-6)
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.out = nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def heads(self, y: Any) -> Any:
        return y.reshape(-1, TOKENS, HEADS, EACH).transpose(1, 2)

    def forward(self, x: Any) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        y = self.norm1(x)
        scores = self.heads(self.q(y)) @ self.heads(self.k(y)).transpose(-2, -1) / EACH**0.5
        y = torch.softmax(scores, -1) @ self.heads(self.v(y))
        x = x + self.out(y.transpose(1, 2).reshape(-1, TOKENS, WIDTH))
        return x + self.narrow(nn.functional.gelu(self.wide(self.norm2(x))))


def make() -> nn.Module:
    """The network with its weights."""
    return porting.drawn(Net(), 4)


def port(path: str, mistakes: Mistakes) -> None:
    """Saves the port with these mistakes."""
    import keras

    layers, net = keras.layers, make()
    filled = []

    def dense(y: Any, name: str, size: int = WIDTH) -> Any:
        layer, own = layers.Dense(size), getattr(net, name)
        filled.append((layer, [array(own.weight).T, array(own.bias)]))
        return layer(y)

    def norm(y: Any, name: str) -> Any:
        own = getattr(net, name)
        layer = layers.LayerNormalization(epsilon=1e-3 if "epsilon" in here(mistakes, name) else own.eps)
        filled.append((layer, [array(own.weight), array(own.bias)]))
        return layer(y)

    def heads(y: Any) -> Any:
        return layers.Permute((2, 1, 3))(layers.Reshape((TOKENS, HEADS, EACH))(y))

    x = keras.Input(SHAPE[2:] + SHAPE[1:2])
    patches = layers.Conv2D(WIDTH, 4, 4)
    said = here(mistakes, "patches")
    filled.append((patches, [porting.kernel(net.patches, said), array(net.patches.bias) * ("no bias" not in said)]))
    before = layers.Reshape((TOKENS, WIDTH))(patches(x))
    y = norm(before, "norm1")
    scores = keras.ops.matmul(heads(dense(y, "q")), layers.Permute((1, 3, 2))(heads(dense(y, "k"))))
    said = here(mistakes, "attention")
    scores = scores if "no scale" in said else scores / EACH**0.5
    y = keras.ops.matmul(layers.Softmax(axis=-2 if "axis" in said else -1)(scores), heads(dense(y, "v")))
    y = dense(layers.Reshape((TOKENS, WIDTH))(layers.Permute((2, 1, 3))(y)), "out")
    middle = layers.Add()([before, y])
    y = dense(norm(middle, "norm2"), "wide", 4 * WIDTH)
    said = here(mistakes, "gelu")
    y = (
        keras.ops.gelu(y, approximate=True)
        if "tanh" in said
        else layers.Activation("silu" if "silu" in said else "gelu")(y)
    )
    y = dense(y, "narrow")
    y = y if "not added" in here(mistakes, "last") else layers.Add()([middle, y])
    model = keras.Model(x, y)
    for layer, values in filled:
        layer.set_weights(values)
    model.save(path)


CAUSES = {
    "patches: rotated": ("patches", "reverse_kernel"),
    "patches: no bias": ("patches", "bias"),
    "norm1: epsilon": ("norm1", "epsilon"),
    "norm2: epsilon": ("norm2", "epsilon"),
    "attention: no scale": ("div", "div"),
    "attention: axis": ("softmax", "over"),
    "gelu: tanh": ("gelu", "approximate"),
    "gelu: silu": ("gelu", "function"),
    "last: not added": ("add_2", "add"),
}
"""Mistake -> the layer of A where it shows, and its cause."""
