"""Operators of ONNX that move a window over the input, or sample it elsewhere, in the words of cases."""

from __future__ import annotations

from typing import Any, Callable, Dict, Sequence

from harness.backends.tracing.axis_words import SPATIAL, even, grouped, pairs, steps
from harness.backends.tracing.onnx_node import WEIGHTS, Given, Said, round_float
from harness.worker.recording import Meaning
from harness.worker.spans import reach


def _window(given: Given, size: Sequence[int]) -> Dict[str, Any]:
    """Stride, dilation and padding of a window of this size; words of ONNX for the padding as cases have them."""
    rank = len(size)
    found = steps(stride=given.attribute("strides", [1] * rank), dilation=given.attribute("dilations", [1] * rank))
    word = given.attribute("auto_pad", "NOTSET")
    if word == "NOTSET":
        ends = given.attribute("pads", [0] * 2 * rank)
        return dict(found, padding=pairs(ends[:rank], ends[rank:]))
    return dict(found, padding=word.lower())


def convolution(given: Given) -> Said:
    kernel = given.shape(1)
    if given.rank not in SPATIAL or len(kernel) != given.rank:
        return None
    settings = {**_window(given, kernel[2:]), **grouped(given.attribute("group", 1))}
    letters = given.letters
    return Meaning("convolution", settings, letters, letters, kernel="OI" + letters[2:], bias="O"), WEIGHTS


def transposed(given: Given) -> Said:
    """What is cut off stands as pairs: a word, or a size, is what systems read differently."""
    kernel = given.shape(1)[2:]
    rank, letters = len(kernel), given.letters
    strides = given.attribute("strides", [1] * rank)
    dilations = given.attribute("dilations", [1] * rank)
    more = given.attribute("output_padding", [0] * rank)
    ends = given.attribute("pads", [0] * 2 * rank)
    cut = pairs(ends[:rank], ends[rank:])
    word = given.attribute("auto_pad", "NOTSET")
    if "output_shape" in given.attributes or word.startswith("SAME"):
        full = map(reach, given.shape()[2:], kernel, strides, dilations)
        total = [f + m - n for f, m, n in zip(full, more, given.made[2:])]
        cut = [[t // 2, t - t // 2] if word == "SAME_UPPER" else [t - t // 2, t // 2] for t in total]
    settings = {**steps(stride=strides, dilation=dilations), "padding": cut, **grouped(given.attribute("group", 1))}
    if any(more):
        settings["output_padding"] = even(more)
    return Meaning("transposed_convolution", settings, letters, letters, kernel="IO" + letters[2:], bias="O"), WEIGHTS


def pooled(reduce: str) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        size = given.attribute("kernel_shape", [])
        settings = {"reduce": reduce, "window": even(size), **_window(given, size)}
        if given.attribute("ceil_mode", 0):
            settings["rounding"] = "ceil"
        if reduce == "average":
            settings["divisor"] = "padded" if given.attribute("count_include_pad", 0) else "valid"
        if reduce == "norm":
            settings["p"] = given.attribute("p", 2)
        return Meaning("pooling", settings, given.letters, given.letters), {}

    return say


def whole(reduce: str) -> Callable[[Given], Said]:
    def say(given: Given) -> Said:
        size = even(given.shape()[2:])
        settings: Dict[str, Any] = {"reduce": reduce, "window": size, "stride": size, "padding": "valid"}
        if reduce == "norm":
            settings["p"] = given.attribute("p", 2)
        return Meaning("pooling", settings, given.letters, given.letters), {}

    return say


def mean(given: Given) -> Said:
    """ReduceMean over all spatial axes is global pooling, whose output may lack them."""
    axes = given.attribute("axes", None)
    axes = given.constant(1) if axes is None else axes
    spatial = list(range(2, given.rank))
    if axes is None or given.rank not in SPATIAL or sorted(int(each) % given.rank for each in axes) != spatial:
        return None
    found = whole("average")(given)
    assert found
    found[0].output = given.letters if given.attribute("keepdims", 1) else "NC"
    return found


def resize(given: Given) -> Said:
    coordinates = given.attribute("coordinate_transformation_mode", "half_pixel")
    if given.op == "Upsample" or given.opset < 11:
        coordinates = "asymmetric"
    if given.rank not in SPATIAL or coordinates == "tf_crop_and_resize" or given.shape()[:2] != given.made[:2]:
        return None
    mode = given.attribute("mode", "nearest")
    settings: Dict[str, Any] = {"size": even(given.made[2:]), "interpolation": mode, "coordinates": coordinates}
    scales = _scales(given)
    if scales is not None:
        settings["scale"] = scales
    if mode == "nearest":
        asked = "floor" if coordinates == "asymmetric" and given.opset < 11 else "round_prefer_floor"
        settings["nearest_rounding"] = given.attribute("nearest_mode", asked).replace("round_", "")
    if mode == "cubic":
        settings["cubic_coefficient"] = round_float(given.attribute("cubic_coeff_a", -0.75))
    if given.attribute("exclude_outside", 0):
        settings["outside"] = "renormalize"
    if given.attribute("antialias", 0):
        settings["antialias"] = True
    settings["interpolation"] = {"linear": "linear", "bilinear": "linear"}.get(mode, mode)
    return Meaning("resize", settings, given.letters, given.letters), {}


def _scales(given: Given) -> Any:
    """The spatial scales that the file holds, None where it gives sizes."""
    place = 1 if given.op == "Upsample" or given.opset < 11 else 2
    found = given.attribute("scales", None) if given.absent(place) else given.constant(place)
    if found is None or not len(found):
        return None
    axes = given.attribute("axes", range(given.rank))
    scales = {axis % given.rank: round_float(float(each)) for axis, each in zip(axes, found)}
    return [scales.get(axis, 1.0) for axis in range(2, given.rank)]
