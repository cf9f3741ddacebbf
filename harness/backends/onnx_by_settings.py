"""ONNX Runtime: operators that are told by settings, each in a graph of one node."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

import numpy as np

from harness.backends.tracing.axis_words import first
from harness.worker.entry import EntryPoint, settled

DOCS = "https://onnx.ai/onnx/operators/onnx__%s.html"
OPSET, IR_VERSION = 20, 9
Settings = Mapping[str, Any]
Sizes = Tuple[Optional[int], ...]
LEFT_OUT: Tuple[str, str, Sizes] = ("", "", ())
Attributes = Tuple[Tuple[str, Any], ...]


@lru_cache(maxsize=512)
def session(operator: str, inputs: Tuple[Tuple[str, str, Sizes], ...], attributes: Attributes) -> Any:
    """The session of one node; inputs: name, dtype and sizes of each, in the operator's order.

    One without a dtype is left out.
    """
    import onnx
    import onnxruntime

    make = onnx.helper
    given = [each for each in inputs if each[1]]
    types = [make.np_dtype_to_tensor_dtype(np.dtype(dtype)) for _, dtype, _ in given]
    names = [name if dtype else "" for name, dtype, _ in inputs]
    node = make.make_node(operator, names, ["y"], **dict(attributes))
    values = [make.make_tensor_value_info(name, kind, sizes) for (name, _, sizes), kind in zip(given, types)]
    graph = make.make_graph([node], "one node", values, [make.make_tensor_value_info("y", types[0], None)])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def ran(operator: str, arrays: Mapping[str, Optional[np.ndarray]], **attributes: Any) -> Any:
    """The output of one node on arrays in the operator's order, None for one that is left out."""
    given = {name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None}
    inputs = tuple(
        (name, str(given[name].dtype), _sizes(given[name])) if name in given else LEFT_OUT for name in arrays
    )
    return session(operator, inputs, tuple(sorted(attributes.items()))).run(None, given)[0]


def _sizes(array: np.ndarray) -> Sizes:
    """Those that a graph states: of vectors only, which may say how large an output is."""
    return array.shape if array.ndim == 1 else (None,) * array.ndim


def _activation(operator: str, function: str, names: Mapping[str, str] = {}, **takes: Any) -> EntryPoint:
    """The operator with these attributes: setting -> attribute."""

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        return ran(operator, {"x": arrays["input"]}, **{names[key]: value for key, value in settings.items()})

    return _declared(operator, function, called, free=tuple(names), **takes)


def _declared(operator: str, function: str, called: Callable[..., Any], **takes: Any) -> EntryPoint:
    demands = {"function": function}
    name = "onnxruntime." + operator
    made: EntryPoint = settled(name, "activation", DOCS % operator, demands=demands, dtypes=("float32",), **takes)(
        called
    )
    return made


def _prelu(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
    x = arrays["input"]
    slope = arrays["slope"].reshape((-1,) + (1,) * (x.ndim - 2))
    return ran("PRelu", {"x": x, "slope": slope})


def _clip(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
    limits = {key: np.array(settings[key], arrays["input"].dtype) for key in ("low", "high")}
    return ran("Clip", dict({"x": arrays["input"]}, **limits))


def _gelu(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
    return ran("Gelu", {"x": arrays["input"]}, approximate=settings["approximate"])


ACTIVATIONS = (
    _activation("Relu", "relu"),
    _declared("Clip", "clip", _clip, free=("low", "high")),
    _activation("LeakyRelu", "leaky_relu", {"slope": "alpha"}),
    _declared("PRelu", "prelu", _prelu, arrays=("slope",)),
    _activation("Elu", "elu", {"alpha": "alpha"}),
    _activation("Selu", "selu", {"alpha": "alpha", "gamma": "gamma"}),
    _activation("Celu", "celu", {"alpha": "alpha"}),
    _declared("Gelu", "gelu", _gelu, words={"approximate": {"none": "none", "tanh": "tanh"}}),
    _activation("Mish", "mish"),
    _activation("HardSigmoid", "hard_sigmoid", {"alpha": "alpha", "beta": "beta"}),
    _activation("HardSwish", "hard_swish"),
    _activation("Sigmoid", "sigmoid"),
    _activation("Tanh", "tanh"),
    _activation("Softplus", "softplus", keeps={"beta": 1.0}),
    _activation("Softsign", "softsign"),
    _activation("Abs", "absolute"),
    _activation("ThresholdedRelu", "threshold", {"theta": "alpha"}),
)


def _softmax(operator: str, log: bool) -> EntryPoint:
    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        x = arrays["input"]
        return ran(operator, {"x": x}, axis=first(x.ndim).index(settings["over"]))

    made: EntryPoint = settled(
        "onnxruntime." + operator,
        "softmax",
        DOCS % operator,
        demands={"log": log},
        words={"over": {letter: letter for letter in "NCDHW"}},
        dtypes=("float32",),
    )(called)
    return made


SOFTMAXES = (_softmax("Softmax", False), _softmax("LogSoftmax", True))


# --- pooling ---------------------------------------------------------------------------------------------------------

PADDINGS = {"same": "SAME_UPPER", "same_upper": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}


def _pooling(operator: str, reduce: str, names: Mapping[str, str], **takes: Any) -> EntryPoint:
    """The operator with a window; names: setting -> attribute of what is its own."""

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        padding = settings["padding"]
        told: Dict[str, Any] = {names[key]: value for key, value in settings.items() if key in names}
        told.update({"p": int(told["p"])} if float(told.get("p", 0.5)).is_integer() else {})
        told.update(kernel_shape=tuple(settings["window"]), strides=tuple(settings["stride"]))
        told.update(dilations=tuple(settings["dilation"]), ceil_mode=settings["rounding"])
        if isinstance(padding, str):
            return ran(operator, {"x": arrays["input"]}, auto_pad=padding, **told)
        pads = tuple([low for low, _ in padding] + [high for _, high in padding])
        return ran(operator, {"x": arrays["input"]}, pads=pads, **told)

    words = dict({"padding": PADDINGS, "rounding": {"floor": 0, "ceil": 1}}, **takes.pop("words", {}))
    about = dict(takes, words=words, demands={"reduce": reduce}, dtypes=("float32",))
    free = ("window", "stride", "dilation", "padding", *about.pop("free", ()))
    return settled("onnxruntime." + operator, "pooling", DOCS % operator, free=free, **about)(called)


def _whole(operator: str, reduce: str, *names: str, **keeps: Any) -> EntryPoint:
    """An operator that reduces the whole input; names: settings that are attributes of it, whole numbers."""

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        return ran(operator, {"x": arrays["input"]}, **{key: int(settings[key]) for key in names})

    about: Dict[str, Any] = {"keeps": keeps, "demands": {"reduce": reduce, "output_size": 1}, "free": names}
    return settled("onnxruntime." + operator, "pooling", DOCS % operator, dtypes=("float32",), **about)(called)


POOLING = (
    _pooling("MaxPool", "max", {}),
    _pooling(
        "AveragePool",
        "average",
        {"divisor": "count_include_pad"},
        words={"divisor": {"padded": 1, "valid": 0}},
    ),
    _pooling("LpPool", "norm", {"p": "p"}, free=("p",)),
    _whole("GlobalMaxPool", "max"),
    _whole("GlobalAveragePool", "average", divisor="valid"),
    _whole("GlobalLpPool", "norm", "p"),
)
