"""TensorFlow.js: layers that are told by settings, channels last."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping, Sequence

import numpy as np

from harness.backends.dense_claims import of_places
from harness.backends.norm_claims import GIVEN, PARAMETERS
from harness.backends.parameter_shapes import of_channels
from harness.backends.tracing.axis_words import last, pairs_of
from harness.worker.entry import EntryPoint, settled

DOCS = "https://js.tensorflow.org/api/latest/#%s"
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]
Ask = Callable[[str, np.ndarray, np.ndarray, Sequence[Any]], Any]
"""(function, x, w, further arguments) -> its output; w without elements is not passed on."""
NO_ARRAY = np.zeros(0, np.float32)
LAST = {"input": "N*C", "output": "N*C"}
PADDINGS = {2: {"same": "same", "same_upper": "same", "valid": "valid"}, 3: {"valid": "valid"}}
SHIFTED = "padding 'same' is not asked for: a stride above the window then begins behind the first sample"


class Declaring:
    """The entry points of functions that are called through `ask`."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def every(self) -> Iterator[EntryPoint]:
        yield from self._activations()
        yield from self._pooling()
        yield from self._resizes()
        yield self._batch()
        yield from self._others()

    def _declared(
        self, name: str, operation: str, arguments: Callable[[np.ndarray, Settings], Sequence[Any]], **about: Any
    ) -> EntryPoint:
        """`tfjs.NAME` of an input and `arguments`; what stands in brackets or after a blank tells its calls apart."""
        function = name.partition("(")[0].strip()

        def called(arrays: Arrays, settings: Settings) -> Any:
            x = arrays["input"]
            y = self._ask(function, x, arrays.get("kernel", NO_ARRAY), arguments(x, settings))
            return self._ask("add", y, arrays["bias"], ()) if "bias" in arrays else y

        docs = DOCS % function.rpartition(".")[2]
        return settled("tfjs." + name, operation, docs, **dict({"dtypes": ("float32",)}, **about))(called)

    def _activation(self, name: str, function: str, *keys: str, **takes: Any) -> EntryPoint:
        """One whose further arguments are settings of these keys."""
        demands = {"function": function}
        return self._declared(
            name, "activation", lambda x, s: [s[key] for key in keys], demands=demands, free=keys, **takes
        )

    def _activations(self) -> Iterator[EntryPoint]:
        plain = {"relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "abs": "absolute"}
        yield from (self._activation(name, function) for name, function in plain.items())
        yield self._activation("logSigmoid", "log_sigmoid")
        yield self._activation("softplus", "softplus", keeps={"beta": 1.0})
        yield self._activation("leakyRelu", "leaky_relu", "slope")
        yield self._activation("leakyRelu()", "leaky_relu", keeps={"slope": 0.2})
        yield self._activation("elu", "elu", keeps={"alpha": 1.0})
        yield self._activation("selu", "selu", keeps={"alpha": 1.6732632423543772, "gamma": 1.0507009873554805})
        yield self._activation("clipByValue", "clip", "low", "high")

    def _pooling(self) -> Iterator[EntryPoint]:
        for name, reduce, keeps in (("maxPool", "max", {}), ("avgPool", "average", {"divisor": "valid"})):
            for rank, suffix in ((2, ""), (3, "3d")):
                yield self._declared(
                    name + suffix,
                    "pooling",
                    lambda x, s: [s["window"], s["stride"], s["padding"]],
                    ranks=(rank,),
                    layouts=LAST,
                    demands={"reduce": reduce, "dilation": 1},
                    keeps=dict(keeps, rounding="floor"),
                    words={"padding": PADDINGS[rank]},
                    free=("window", "stride"),
                    note=SHIFTED if rank == 3 else "",
                )

    def _resizes(self) -> Iterator[EntryPoint]:
        bilinear = {"demands": {"interpolation": "linear", "antialias": False}}
        nearest = {"demands": {"interpolation": "nearest"}}
        grids = {
            "asymmetric": ("", (False, False)),
            "align_corners": (" (alignCorners)", (True, False)),
            "half_pixel": (" (halfPixelCenters)", (False, True)),
        }
        for coordinates, (how, flags) in grids.items():
            yield self._resize("image.resizeBilinear" + how, flags, bilinear, coordinates=coordinates, outside="edge")
            rounding = {"nearest_rounding": "prefer_ceil" if any(flags) else "floor"}
            yield self._resize("image.resizeNearestNeighbor" + how, flags, nearest, coordinates=coordinates, **rounding)

    def _resize(self, name: str, flags: Sequence[bool], about: Mapping[str, Any], **keeps: Any) -> EntryPoint:
        return self._declared(
            name,
            "resize",
            lambda x, s: [[int(each) for each in s["size"]], *flags],
            ranks=(2,),
            layouts=LAST,
            free=("size",),
            keeps=keeps,
            **about,
        )

    def _others(self) -> Iterator[EntryPoint]:
        for name, log in (("softmax", False), ("logSoftmax", True)):
            yield self._declared(name, "softmax", lambda x, s: [], layouts=LAST, demands={"log": log, "over": "C"})
        yield self._declared("matMul", "dense", lambda x, s: [], **of_places("IO"))
        yield self._declared(
            "localResponseNormalization",
            "local_response_normalization",
            lambda x, s: [s["size"] // 2, s["k"], s["alpha"], s["beta"]],
            ranks=(2,),
            layouts=LAST,
            demands={"across": "C"},
            keeps={"divided": "none"},
            free=("size", "alpha", "beta", "k"),
            limits=("odd",),
            note="told depthRadius, size // 2",
        )
        yield self._declared(
            "depthToSpace",
            "rearrange",
            lambda x, s: [s["depth_to_space"], "NHWC"],
            ranks=(2,),
            layouts=LAST,
            keeps={"order": "DCR"},
            free=("depth_to_space",),
            limits=("several",),
        )
        yield self._padding(
            "pad", {"zero": None, "constant": None}, lambda s: s.get("constant", 0.0), free=("constant",)
        )
        mirrors = {"reflect": "reflect", "symmetric": "symmetric"}
        yield self._padding("mirrorPad", mirrors, lambda s: s["boundary"], limits=("reflect", "symmetric"))

    def _batch(self) -> EntryPoint:
        def called(arrays: Arrays, settings: Settings) -> Any:
            x = arrays["input"]
            given = {role: of_channels(arrays[role], x.shape[-1]).tolist() for role in PARAMETERS}
            told = [given[role] for role in ("mean", "variance", "offset", "scale")]
            return self._ask("batchNorm", x, NO_ARRAY, [*told, settings["epsilon"]])

        about: Any = dict(GIVEN, ranks=(1, 2), layouts=LAST, dtypes=("float32",))
        return settled("tfjs.batchNorm", "normalization", DOCS % "batchNorm", **about)(called)

    def _padding(
        self, name: str, words: Mapping[str, Any], told: Callable[[Settings], Any], limits: Any = (), free: Any = ()
    ) -> EntryPoint:
        return self._declared(
            name,
            "padding",
            lambda x, s: [[list(pair) for pair in pairs_of(s["padding"], last(x.ndim))], told(s)],
            layouts=LAST,
            words={"boundary": words},
            free=("padding", *free),
            limits=("grow", *limits),
        )
