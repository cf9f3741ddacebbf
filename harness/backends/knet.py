"""Knet (Julia): `conv4`, `deconv4`, `pool` and `unpool`, by knet.jl where `julia` is there with Knet, or as recorded.

The recordings are outputs of the real Knet for 179 calls; PROVENANCE.md beside them says how they were made. A call is
answered where its very numbers and settings were recorded, and declined elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Callable, Dict, Iterator, Mapping, Tuple

import numpy as np

from harness.worker import shipped
from harness.worker.entry import EntryPoint, Transposition, entry_point, settled
from harness.worker.loop import Declined

NAME = "knet"
KNET = "1.4.10"
RECORDINGS = os.path.join(shipped.FOLDER, "recordings", "knet")
FLOATS = ("float16", "float32", "float64")
NUMBERS = (*FLOATS, "int8", "uint8", "int16", "int32", "int64")
"""What Knet takes from 1.3.0 on; which of them was recorded is another question."""
ELSEWHERE = "this call was not recorded; Julia with Knet, where it is installed, answers it"
DOCS = "https://denizyuret.github.io/Knet.jl/latest/reference/#Knet.Ops20."

Key = Tuple[Any, ...]
Pairs = Tuple[Tuple[int, int], ...]
recorded: Dict[Key, np.ndarray]


def version() -> str:
    """What there is of it without Julia."""
    if not os.path.isdir(RECORDINGS):
        raise FileNotFoundError("the recordings of Knet are not there; install Julia with Knet and put it on the PATH")
    return "recorded (Knet %s)" % KNET


def start() -> str:
    global recorded
    found = version()
    recorded = {**dict(_convolutions()), **dict(_others())}
    return found


# --- the recordings --------------------------------------------------------------------------------------------------


def listed(name: str) -> Any:
    """The calls that a file of the recordings lists."""
    with open(os.path.join(RECORDINGS, name), encoding="utf-8") as file:
        return json.load(file)


def _convolutions() -> Iterator[Tuple[Key, np.ndarray]]:
    """(key of the call, output) of each recorded call of knet.npz whose settings a case can say."""
    with np.load(os.path.join(RECORDINGS, "knet.npz"), allow_pickle=False) as arrays:
        for call in listed("manifest.json")["cases"]:
            if call["results"][KNET]["status"] == "ok" and _sayable(call["params"]):
                x, w, y = (arrays["%s/%s" % (call["id"], name)] for name in ("x", "w", "y_knet" + KNET))
                yield _key(call["fn"], (x, w), **settings(call["params"], x.ndim - 2)), y


def _others() -> Iterator[Tuple[Key, np.ndarray]]:
    """The same of the calls that are kept as JSON: of `pool`, `unpool`, and `deconv4` with a stride."""
    for call in listed("pool.json") + listed("deconv4_strided.json"):
        if "error" not in call["y"][KNET] and _sayable(call["params"]):
            arrays = tuple(array(call[name]) for name in ("x", "w") if name in call)
            said = (settings if "w" in call else windows)(call["params"], arrays[0].ndim - 2)
            yield _key(call["fn"], arrays, **said), array(call["y"][KNET])


def array(stored: Mapping[str, Any]) -> np.ndarray:
    """An array of the JSON files, whose values stand in Julia's order, NaN as a word."""
    values = [np.nan if value == "NaN" else value for value in stored["values"]]
    return np.array(values, stored["dtype"]).reshape(stored["shape"], order="F")


def _sayable(params: Mapping[str, Any]) -> bool:
    known = set(params) <= {"mode", "padding", "stride", "dilation", "alpha", "window"}
    return known and params.get("alpha", 1) == 1 and params.get("mode", 0) in (0, 1, 2, 3)


def settings(params: Mapping[str, Any], rank: int) -> Dict[str, Any]:
    """Knet's keywords with every default filled in, one entry per axis; padding as (low, high)."""
    return {
        "mode": params.get("mode", 0),
        "padding": _sides(params.get("padding", 0), rank),
        "stride": _per_axis(params.get("stride", 1), rank),
        "dilation": _per_axis(params.get("dilation", 1), rank),
    }


def windows(params: Mapping[str, Any], rank: int) -> Dict[str, Any]:
    """The same of `pool` and `unpool`, whose window is 2 and whose stride is the window unless others are given."""
    window = _per_axis(params.get("window", 2), rank)
    return {
        "mode": params.get("mode", 0),
        "window": window,
        "stride": _per_axis(params.get("stride", list(window)), rank),
        "padding": _sides(params.get("padding", 0), rank),
    }


def _sides(padding: Any, rank: int) -> Pairs:
    """(low, high) of each axis; a list of twice as many numbers has both."""
    if isinstance(padding, list) and len(padding) == 2 * rank:
        return tuple(zip(padding[::2], padding[1::2]))
    return tuple((side, side) for side in _per_axis(padding, rank))


def _per_axis(value: Any, rank: int) -> Tuple[int, ...]:
    return tuple(value) if isinstance(value, list) else (value,) * rank


def _key(function: str, arrays: Tuple[np.ndarray, ...], **said: Any) -> Key:
    content = [(each.shape, str(each.dtype), hashlib.sha256(each.tobytes()).digest()) for each in arrays]
    return (function, *content, *(said[name] for name in sorted(said)))


def _answer(function: str, *arrays: np.ndarray, **said: Any) -> np.ndarray:
    key = _key(function, arrays, **said)
    if key not in recorded:
        raise Declined(ELSEWHERE)
    return recorded[key]


def _pairs(padding: Any, rank: int) -> Pairs:
    return tuple((low, high) for low, high in padding or [(0, 0)] * rank)


# --- the entry points ------------------------------------------------------------------------------------------------


def _about(function: str, dtypes: Tuple[str, ...] = NUMBERS) -> Dict[str, Any]:
    return {"ranks": (1, 2, 3), "docs": DOCS + function, "dtypes": dtypes}


def _moved(function: str, mode: int) -> Callable[..., np.ndarray]:
    """The call of `conv4` or `deconv4` in one mode."""

    def call(x: np.ndarray, w: np.ndarray, s: Any) -> np.ndarray:
        steps = {"stride": tuple(s.stride), "dilation": tuple(s.dilation)}
        return _answer(function, x, w, mode=mode, padding=_pairs(s.padding, len(s.stride)), **steps)

    return call


def _conv4(mode: int) -> EntryPoint:
    axes: Dict[str, Any] = {"input": "*CN", "kernel": "*IO", "output": "*CN"}
    takes: Dict[str, Any] = {"explicit": "uneven", "stride": True, "dilation": True, "reversal": mode == 0}
    made: EntryPoint = entry_point("Knet.conv4(mode=%d)" % mode, **_about("conv4"), **axes, **takes)(
        _moved("conv4", mode)
    )
    return made


def _deconv4(mode: int) -> EntryPoint:
    axes: Dict[str, Any] = {"input": "*CN", "kernel": "*OI", "output": "*CN", "operation": "transposed_convolution"}
    takes: Dict[str, Any] = {"explicit": "even", "reversal": mode == 0, "note": "the gradient of conv4 by its input"}
    made: EntryPoint = entry_point("Knet.deconv4(mode=%d)" % mode, **_about("deconv4"), **axes, **takes)(
        _moved("deconv4", mode)
    )
    return made


@entry_point(
    "Knet.unpool",
    input="*CN",
    kernel="*OI",
    output="*CN",
    operation="transposed_convolution",
    explicit="even",
    dilation=False,
    groups="depthwise",
    note="adds each number to its whole window: the kernel, which it is not told, is ones, one for each channel",
    **_about("unpool", FLOATS),
)
def unpool(x: np.ndarray, w: np.ndarray, s: Transposition) -> np.ndarray:
    rank = len(s.stride)
    if (w != 1).any() or w.shape[rank] != 1 or s.groups != x.shape[rank]:
        raise Declined(ONES)
    said = {"window": w.shape[:rank], "stride": tuple(s.stride), "padding": _pairs(s.padding, rank)}
    return _answer("unpool", x, mode=0, **said)


ONES = "adds each number to its window: only a kernel of ones, one for each channel, says that"


def _pool(mode: int) -> EntryPoint:
    """`pool` in one mode: 0 and 3 are maxima, 1 and 2 means."""

    def call(arrays: Mapping[str, np.ndarray], s: Mapping[str, Any]) -> np.ndarray:
        said = {"window": tuple(s["window"]), "stride": tuple(s["stride"])}
        padding = _pairs(s["padding"], len(s["stride"]))
        return _answer("pool", arrays["input"], mode=mode, padding=padding, **said)

    mean = mode in MEANS
    made: EntryPoint = settled(
        "Knet.pool(mode=%d)" % mode,
        "pooling",
        layouts={"input": "*CN", "output": "*CN"},
        demands={"reduce": "average" if mean else "max", "dilation": 1},
        keeps={"rounding": "floor", **({"divisor": "window"} if mean else {})},
        free=("window", "stride", "padding"),
        note=NOTES.get(mode, ""),
        **_about("pool", FLOATS if mean else NUMBERS),
    )(call)
    return made


MEANS = (1, 2)
NOTES = {2: "documented as a mean without the padding; without a GPU it is mode 1", 3: "the same as mode 0"}
ENTRY_POINTS = (
    *map(_conv4, (0, 1)),
    *map(_deconv4, (0, 1)),
    unpool,
    *map(_pool, (0, 1, 2, 3)),
)
