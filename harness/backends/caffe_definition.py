"""A Caffe network of one layer, or of a few one on another, as prototxt: what pycaffe and OpenCV are given."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence, Tuple, Union

import numpy as np

from harness.worker.entry import Settings, Transposition

_NET = """name: "one layer"
layer {{ name: "data" type: "Input" top: "data" input_param {{ shape: {{ {shape} }} }} }}
{layers}"""
_LAYER = """layer {{
  name: "{kind}" type: "{kind}" bottom: "{bottom}" top: "{kind}"
  {parameters}
}}
"""
_CONVOLUTION = "convolution_param {{ num_output: {outputs} bias_term: {bias} group: {groups} {settings} }}"
DENSE = "InnerProduct"
REGIONS = {"C": "ACROSS_CHANNELS", "HW": "WITHIN_CHANNEL"}
"""Axes of a window, and Caffe's name for them."""
_LOCAL_RESPONSE = "lrn_param {{ local_size: {size} alpha: {alpha!r} beta: {beta!r} {k} norm_region: {region} }}"
_AXES = {"kernel_size": "kernel", "pad": "pad", "stride": "stride"}


def network(x: np.ndarray, w: np.ndarray, s: Union[Settings, Transposition], kind: str = "Convolution") -> str:
    """The prototxt of a layer for an input like `x` (N C *) and a kernel like `w` (O I *, of a Deconvolution I O *)."""
    settings = {
        "kernel_size": w.shape[2:],
        "pad": [low for low, _ in s.padding],
        "stride": s.stride,
        "dilation": s.dilation,
    }
    parameters = _CONVOLUTION.format(
        outputs=len(w) if kind == "Convolution" else w.shape[1] * s.groups,
        bias="false" if s.bias is None else "true",
        groups=s.groups,
        settings=" ".join(_setting(name, values) for name, values in settings.items()),
    )
    return layers(x, (kind, parameters))


def layers(x: np.ndarray, *stacked: Tuple[str, str]) -> str:
    """The prototxt of layers one on another for an input like `x`: (kind, parameters) of each; kinds are names."""
    names = ["data", *(kind for kind, _ in stacked)]
    text = "".join(
        _LAYER.format(kind=kind, bottom=bottom, parameters=parameters)
        for bottom, (kind, parameters) in zip(names, stacked)
    )
    return _NET.format(shape=_repeated("dim", x.shape), layers=text)


def inner_product(arrays: Mapping[str, np.ndarray]) -> str:
    """The prototxt of a dense layer for such an input (N C *), kernel (O I) and perhaps bias."""
    told = (len(arrays["kernel"]), "true" if "bias" in arrays else "false")
    return layers(arrays["input"], (DENSE, "inner_product_param { num_output: %d bias_term: %s }" % told))


def local_response(x: np.ndarray, settings: Mapping[str, Any], across: str) -> str:
    """The prototxt of a layer `LRN` for an input like `x` (N C H W); k is told where the settings have it."""
    k = "k: %r" % settings["k"] if "k" in settings else ""
    numbers = {key: settings[key] for key in ("size", "alpha", "beta")}
    return layers(x, ("LRN", _LOCAL_RESPONSE.format(region=REGIONS[across], k=k, **numbers)))


def pooling(method: str, settings: Mapping[str, Any]) -> str:
    """The parameters of a `Pooling` layer; `rounding`, where it is among the settings, as text of its own."""
    steps = {"kernel_size": settings["window"], "stride": settings["stride"]}
    pads = {"pad": [low for low, _ in settings["padding"]]}
    told = " ".join(_setting(name, values) for name, values in {**steps, **pads}.items())
    return "pooling_param { pool: %s %s %s }" % (method, told, settings["rounding"])


def _setting(name: str, values: Sequence[int]) -> str:
    """One number where it holds for all axes; `_h` and `_w` in 2-D, where there are such keys; else one per axis."""
    if len(set(values)) == 1:
        return "%s: %d" % (name, values[0])
    if len(values) == 2 and name in _AXES:
        return "%s_h: %d %s_w: %d" % (_AXES[name], values[0], _AXES[name], values[1])
    return _repeated(name, values)


def _repeated(name: str, values: Iterable[int]) -> str:
    return " ".join("%s: %d" % (name, value) for value in values)
