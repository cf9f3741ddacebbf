"""OpenCV: `filter2D`, and the Caffe format as its `dnn` module reads it, for people without an old Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional

import numpy as np

from harness.backends import caffemodel
from harness.backends.caffe_by_settings import KEPT
from harness.backends.caffe_definition import (
    DENSE,
    REGIONS,
    inner_product,
    layers,
    local_response,
    network,
    pooling,
)
from harness.backends.channels import NOTE, over_channels
from harness.backends.dense_claims import FIRST, flattening
from harness.backends.opencv_resize import RESIZES
from harness.backends.tracing.axis_words import pairs_of
from harness.worker.blame import system
from harness.worker.entry import EntryPoint, Settings, Transposition, Word, entry_point, settled
from harness.worker.loop import Declined

if TYPE_CHECKING:
    import cv2

NAME = "opencv"
BORDERS = {
    "zero": "BORDER_CONSTANT",
    "edge": "BORDER_REPLICATE",
    "symmetric": "BORDER_REFLECT",
    "reflect": "BORDER_REFLECT_101",
}


def start() -> str:
    global cv2
    import cv2

    return str(cv2.__version__)


def about() -> Dict[str, str]:
    """What computes: the instruction sets that OpenCV was built for, those that it takes here with a star."""
    return {"instructions": str(cv2.getCPUFeaturesLine())}


@entry_point(
    "cv2.filter2D",
    ranks=[2],
    docs="https://docs.opencv.org/4.x/d4/d86/group__imgproc__filter.html",
    words={"same": Word(None, "same_half")},
    boundaries=BORDERS,
    keywords={"boundary": "borderType=BORDER_REFLECT_101"},
    groups="any",
    algorithm="fft",
    note=NOTE + "; borderType is always said, its default is BORDER_REFLECT_101; large kernels go through a DFT",
)
def filter2d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    border = getattr(cv2, s.boundary)
    return over_channels(lambda a, v: cv2.filter2D(_plain(a), -1, _plain(v), borderType=border), x, w, s.groups)


@entry_point(
    "cv2.dnn.readNetFromCaffe",
    ranks=[2],
    docs="https://docs.opencv.org/4.x/d6/d0f/group__dnn.html",
    explicit="even",
    stride=True,
    dilation=True,
    groups="any",
    bias=True,
    dtypes=("float32",),
    note="a Convolution layer as prototxt and caffemodel; Winograd is off, or 3x3 kernels round more",
)
def caffe_layer(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _forward("Convolution", x, w, s)


@entry_point(
    "cv2.dnn.readNetFromCaffe(Deconvolution)",
    ranks=[2],
    operation="transposed_convolution",
    docs="https://docs.opencv.org/4.x/d6/d0f/group__dnn.html",
    kernel="IO*",
    explicit="even",
    dilation=False,
    groups="any",
    bias=True,
    dtypes=("float32",),
    note="a Deconvolution layer as prototxt and caffemodel, whose dilation is ignored without a word; the kernel is "
    "[I, O / groups, ...]",
)
def caffe_transposed(x: np.ndarray, w: np.ndarray, s: Transposition) -> Any:
    return _forward("Deconvolution", x, w, s)


def _inner_product(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
    blobs = [arrays[role] for role in ("kernel", "bias") if role in arrays]
    model = caffemodel.write({DENSE: blobs}, DENSE)
    return _ran(inner_product(arrays), arrays["input"], model)


def _pooling(method: str, reduce: str, **keeps: Any) -> EntryPoint:
    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        x = arrays["input"]
        return _ran(layers(x, ("Pooling", pooling(method, settings))), x)

    made: EntryPoint = settled(
        "cv2.dnn.readNetFromCaffe(Pooling, %s)" % method,
        "pooling",
        "https://docs.opencv.org/4.x/d6/d0f/group__dnn.html",
        ranks=(2,),
        demands={"reduce": reduce, "dilation": 1},
        keeps=keeps,
        words={"rounding": {"floor": "ceil_mode: false", KEPT: "ceil_mode: true"}},
        free=("window", "stride", "padding"),
        limits=("even", "below"),
        dtypes=("float32",),
        note="a Pooling layer as prototxt, whose size is rounded up by default; Caffe's round_mode is not understood",
    )(called)
    return made


POOLING = (_pooling("MAX", "max"), _pooling("AVE", "average", divisor="padded"))


def _forward(kind: str, x: np.ndarray, w: np.ndarray, s: Any) -> Any:
    blobs = [w] if s.bias is None else [w, s.bias]
    return _ran(network(x, w, s, kind), x, caffemodel.write({kind: blobs}, kind))


def _ran(text: str, x: np.ndarray, model: Optional[bytes] = None) -> Any:
    """The output of a network of one layer."""
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        raise Declined("OpenCV 5 does not read Caffe's format; install opencv-python-headless<5")
    told, image = [_buffer(each) for each in (text.encode(), model) if each is not None], _plain(x)
    with system():
        net = cv2.dnn.readNetFromCaffe(*told)
        net.enableWinograd(False)
        net.setInput(image)
        return net.forward()


def _local_response(across: str, divided: str) -> EntryPoint:
    """The layer `LRN` of Caffe's format, over the channels or within each of them."""

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        return _ran(local_response(arrays["input"], settings, across), arrays["input"])

    return settled(
        "cv2.dnn.readNetFromCaffe(LRN %s)" % REGIONS[across],
        "local_response_normalization",
        "https://docs.opencv.org/4.x/d6/d0f/group__dnn.html",
        ranks=(2,),
        demands={"across": across},
        keeps={"divided": divided, "k": 1.0},
        free=("size", "alpha", "beta"),
        limits=("odd",),
        dtypes=("float32",),
        note="k is ignored without a word",
    )(called)


def _make_border(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
    """Each channel of each image by itself."""
    x = arrays["input"]
    (top, bottom), (left, right) = pairs_of(settings["padding"], "HW")
    border, fill = getattr(cv2, settings["boundary"]), settings.get("constant", 0.0)
    with system():
        planes = [
            cv2.copyMakeBorder(_plain(plane), top, bottom, left, right, border, value=fill)
            for plane in x.reshape((-1,) + x.shape[2:])
        ]
    return np.stack(planes).reshape(x.shape[:2] + planes[0].shape)


def _plain(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array)


def _buffer(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8)


ENTRY_POINTS = (
    filter2d,
    caffe_layer,
    caffe_transposed,
    _local_response("C", "size"),
    _local_response("HW", "area"),
    settled(
        "cv2.copyMakeBorder",
        "padding",
        "https://docs.opencv.org/4.x/d2/de8/group__core__array.html",
        ranks=(2,),
        words={"boundary": dict(BORDERS, constant="BORDER_CONSTANT", wrap="BORDER_WRAP")},
        free=("padding", "constant"),
        limits=("grow", "space"),
        note="each channel of each image by itself",
    )(_make_border),
    settled(
        "cv2.dnn.readNetFromCaffe(InnerProduct)",
        "dense",
        "https://docs.opencv.org/4.x/d6/d0f/group__dnn.html",
        dtypes=("float32",),
        note="an InnerProduct layer as prototxt and caffemodel, which flattens its input itself",
        **flattening("OI", "C*", FIRST),
    )(_inner_product),
    *RESIZES,
    *POOLING,
)
