"""What all ports of the benchmark share: parameters of PyTorch put into layers of Keras, and who is asked for a port.

python -m benchmarks.walk.porting FAMILY '{"FILE": ["MISTAKE", ...], ...}'
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Collection
from typing import Any

Mistakes = Collection[str]


def drawn(module: Any, seed: int) -> Any:
    """The module in inference mode, all its parameters and statistics drawn from a seed, so that none is 0 or 1."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    for name, values in module.state_dict().items():
        if values.is_floating_point():
            scale = 1 / max(values[0].numel(), 1) ** 0.5 if values.ndim > 1 else 0.2
            drawing = torch.randn(values.shape, generator=generator) * scale
            positive = name.endswith("running_var") or (values.ndim == 1 and bool((values == 1).all()))
            values.copy_(drawing.abs() + 0.3 if positive else drawing)
    return module.eval()


def array(tensor: Any) -> Any:
    """The numbers of a parameter."""
    return tensor.detach().numpy()


def kernel(module: Any, mistakes: Mistakes = ()) -> Any:
    """The kernel of a convolution as Keras has it, HWIO or HWCM; mistakes: what is done to it on the way."""
    values = array(module.weight)
    if "reshaped" in mistakes:
        return values.reshape(*values.shape[2:], values.shape[1], values.shape[0])
    depthwise = module.groups > 1 and values.shape[1] == 1
    values = values.transpose(2, 3, 0, 1) if depthwise else values.transpose(2, 3, 1, 0)
    values = values[::-1, ::-1] if "rotated" in mistakes else values
    return values.swapaxes(0, 1) if "turned" in mistakes else values


def convolution(layer: Any, module: Any, mistakes: Mistakes = ()) -> None:
    """Puts a convolution's parameters into a layer of Keras."""
    bias = [] if module.bias is None else [array(module.bias)]
    bias = [0 * each for each in bias] if "no bias" in mistakes else bias
    layer.set_weights([kernel(module, mistakes), *bias])


def norm(layer: Any, module: Any, mistakes: Mistakes = ()) -> None:
    """Puts a batch norm's parameters and statistics into a layer of Keras."""
    found = [array(each) for each in (module.weight, module.bias, module.running_mean, module.running_var)]
    if "exchanged" in mistakes:
        found[0], found[1] = found[1], found[0]
    layer.set_weights(found)


def filled(model: Any, twin: Any) -> Any:
    """A model of Keras with the weights of its twin: each layer takes those of the first module left that fits it."""
    own = [each for each in twin.modules() if next(each.parameters(recurse=False), None) is not None]
    for layer in [each for each in model.layers if each.weights]:
        module = next(each for each in own if _fits(layer, each))
        own.remove(module)
        _fill(layer, module)
    return model


def _fits(layer: Any, module: Any) -> bool:
    """Whether a module of PyTorch is of the same kind and shape as a layer of Keras."""
    kinds = {"Conv2D": "Conv2d", "DepthwiseConv2D": "Conv2d", "BatchNormalization": "BatchNorm2d", "Dense": "Linear"}
    if kinds[type(layer).__name__] != type(module).__name__:
        return False
    wanted = kernel(module).shape if kinds[type(layer).__name__] == "Conv2d" else array(module.weight).T.shape
    return tuple(layer.weights[0].shape) == wanted


def _fill(layer: Any, module: Any) -> None:
    kind = type(layer).__name__
    if kind == "Dense":
        layer.set_weights([array(module.weight).T, array(module.bias)])
    elif kind == "BatchNormalization":
        norm(layer, module)
    else:
        convolution(layer, module)


def here(mistakes: Mistakes, layer: str) -> set[str]:
    """The mistakes at a layer, of those that are said as `layer: mistake`."""
    return {each.partition(": ")[2] for each in mistakes if each.partition(": ")[0] == layer}


if __name__ == "__main__":
    family = importlib.import_module(f"benchmarks.walk.{sys.argv[1]}")
    for path, wanted in json.loads(sys.argv[2]).items():
        family.port(path, wanted)
