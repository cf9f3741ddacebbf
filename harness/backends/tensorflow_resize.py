"""TensorFlow: `tf.image.resize`, and the functions of TensorFlow 1 that `tf.compat.v1.image` keeps."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.worker.entry import EntryPoint, settled

DOCS = "https://www.tensorflow.org/api_docs/python/tf/%s"
Settings = Mapping[str, Any]
FLAGS = {"antialias": {"False": False, "True": True}}
EXACT = {"coordinates": "half_pixel", "nearest_rounding": "prefer_ceil"}
WHOLE = {"coordinates": "half_pixel", "outside": "renormalize"}
QUANTIZED = "1/1024"


def _resize(name: str, how: str, interpolation: str, call: Callable[..., Any], **takes: Any) -> EntryPoint:
    """The entry point `tensorflow.NAME (HOW)`; `call` takes its function, input, size, and what else is told."""

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import tensorflow as tf

        found: Any = tf
        for part in name.split("."):
            found = getattr(found, part)
        more = {key: value for key, value in settings.items() if key != "size"}
        return call(found, tf.constant(arrays["input"]), [int(each) for each in settings["size"]], **more)

    demands = dict({"interpolation": interpolation}, **takes.pop("demands", {}))
    about: Any = dict(takes, demands=demands, ranks=(2,), free=("size",), layouts={"input": "N*C", "output": "N*C"})
    full = "tensorflow.%s%s" % (name, " (%s)" % how if how else "")
    return settled(full, "resize", DOCS % name.replace(".", "/"), **about)(called)


def _modern(method: str, interpolation: str, **takes: Any) -> EntryPoint:
    def call(function: Any, x: Any, size: Any, antialias: bool = False) -> Any:
        return function(x, size, method, antialias=antialias)

    dtypes = ("float32", "float64") if interpolation == "nearest" else ("float32",)
    return _resize("image.resize", method, interpolation, call, dtypes=dtypes, **takes)


def _old(name: str, interpolation: str, flag: str, coordinates: str, **keeps: Any) -> EntryPoint:
    """A function of TensorFlow 1 with one of its flags, or none."""

    def call(function: Any, x: Any, size: Any) -> Any:
        return function(x, size, **({flag: True} if flag else {}))

    dtypes = ("float32", "float64") if interpolation == "nearest" else ("float32",)
    demands = {} if interpolation == "nearest" else {"antialias": False}
    keeps = dict(keeps, coordinates=coordinates)
    return _resize("compat.v1.image." + name, flag, interpolation, call, keeps=keeps, demands=demands, dtypes=dtypes)


CORNERS, CENTRES = "align_corners", "half_pixel_centers"
KEYS = {"cubic_coefficient": -0.5}
TABLE = {"coordinate_precision": QUANTIZED}
OLD_CUBIC = dict(TABLE, cubic_coefficient=-0.75, outside="edge")
RESIZES = (
    _modern("nearest", "nearest", keeps=EXACT),
    _modern("bilinear", "linear", words=FLAGS, keeps=WHOLE),
    _modern("bicubic", "cubic", demands={"antialias": False}, keeps=dict(WHOLE, **KEYS, **TABLE)),
    _resize(
        "image.resize",
        "bicubic, antialias",
        "cubic",
        lambda function, x, size: function(x, size, "bicubic", antialias=True),
        demands={"antialias": True},
        keeps=dict(WHOLE, **KEYS),
        dtypes=("float32",),
    ),
    _modern("lanczos3", "lanczos3", words=FLAGS, keeps=WHOLE),
    _modern("lanczos5", "lanczos5", words=FLAGS, keeps=WHOLE),
    _modern("area", "area"),
    _old("resize_nearest_neighbor", "nearest", "", "asymmetric", nearest_rounding="floor"),
    _old("resize_nearest_neighbor", "nearest", CORNERS, "align_corners", nearest_rounding="prefer_ceil"),
    _old("resize_nearest_neighbor", "nearest", CENTRES, "half_pixel", nearest_rounding="prefer_ceil"),
    _old("resize_bilinear", "linear", "", "asymmetric", outside="edge"),
    _old("resize_bilinear", "linear", CORNERS, "align_corners", outside="edge"),
    _old("resize_bilinear", "linear", CENTRES, "half_pixel", outside="edge"),
    _old("resize_bicubic", "cubic", "", "asymmetric", **OLD_CUBIC),
    _old("resize_bicubic", "cubic", CORNERS, "align_corners", **OLD_CUBIC),
    _old("resize_bicubic", "cubic", CENTRES, "half_pixel", **dict(TABLE, **KEYS, outside="renormalize")),
    _resize(
        "compat.v1.image.resize_area", "", "area", lambda function, x, size: function(x, size), dtypes=("float32",)
    ),
)
