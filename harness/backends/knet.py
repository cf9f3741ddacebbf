"""Knet (Julia): `conv4` and `deconv4`. Where `julia` is there with Knet the worker is knet.jl; this one has recordings.

The recordings are outputs of the real Knet for 106 calls; PROVENANCE.md beside them says how they were made. A call is
answered where its very numbers and settings were recorded, and declined elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict, Iterator, Mapping, Tuple

import numpy as np

from harness.worker import shipped
from harness.worker.entry import Settings, Word, entry_point
from harness.worker.loop import Declined

NAME = "knet"
KNET = "1.4.10"
RECORDINGS = os.path.join(shipped.FOLDER, "recordings", "knet")
DTYPES = ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64")
"""What Knet takes from 1.3.0 on; which of them was recorded is another question."""
ELSEWHERE = "not among the recorded calls; with Julia and Knet on this machine every call is answered"

Key = Tuple[Any, ...]
recorded: Dict[Key, np.ndarray]


def version() -> str:
    """What there is of it without Julia."""
    if not os.path.isdir(RECORDINGS):
        raise FileNotFoundError("the recordings of Knet are not there; install Julia with Knet and put it on the PATH")
    return "recorded (Knet %s)" % KNET


def start() -> str:
    global recorded
    found = version()
    recorded = dict(_recordings())
    return found


def _recordings() -> Iterator[Tuple[Key, np.ndarray]]:
    """(key of the call, output) of each recorded call whose settings a case can say."""
    with open(os.path.join(RECORDINGS, "manifest.json"), encoding="utf-8") as file:
        calls = json.load(file)["cases"]
    with np.load(os.path.join(RECORDINGS, "knet.npz"), allow_pickle=False) as arrays:
        for call in calls:
            if call["results"][KNET]["status"] == "ok" and _sayable(call["params"]):
                x, w, y = (arrays["%s/%s" % (call["id"], name)] for name in ("x", "w", "y_knet" + KNET))
                yield _key(call["fn"], x, w, **settings(call["params"], x.ndim - 2)), y


def _sayable(params: Mapping[str, Any]) -> bool:
    known = set(params) <= {"mode", "padding", "stride", "dilation", "alpha"}
    return known and params.get("alpha", 1) == 1 and params.get("mode", 0) in (0, 1)


def settings(params: Mapping[str, Any], rank: int) -> Dict[str, Any]:
    """Knet's keywords with every default filled in, one entry per axis; padding as (low, high)."""
    padding = params.get("padding", 0)
    if isinstance(padding, list) and len(padding) == 2 * rank:
        pairs = tuple(zip(padding[::2], padding[1::2]))
    else:
        pairs = tuple((side, side) for side in _per_axis(padding, rank))
    return {
        "mode": params.get("mode", 0),
        "padding": pairs,
        "stride": _per_axis(params.get("stride", 1), rank),
        "dilation": _per_axis(params.get("dilation", 1), rank),
    }


def _per_axis(value: Any, rank: int) -> Tuple[int, ...]:
    return tuple(value) if isinstance(value, list) else (value,) * rank


def _key(function: str, x: np.ndarray, w: np.ndarray, **said: Any) -> Key:
    content = [hashlib.sha256(np.ascontiguousarray(each).tobytes()).digest() for each in (x, w)]
    return (function, x.shape, w.shape, str(x.dtype), str(w.dtype), *content, *(said[name] for name in sorted(said)))


def _declaration(function: str, mode: int, **more: Any) -> Dict[str, Any]:
    return {
        "name": "Knet.%s(mode=%d)" % (function, mode),
        "ranks": [1, 2, 3],
        "docs": "https://denizyuret.github.io/Knet.jl/latest/reference/#Knet.Ops20." + function,
        "input": "*CN",
        "output": "*CN",
        "dtypes": DTYPES,
        **more,
    }


def _answer(function: str, mode: int, x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    pairs = tuple((low, high) for low, high in s.padding or [(0, 0)] * len(s.stride))
    key = _key(function, x, w, mode=mode, padding=pairs, stride=tuple(s.stride), dilation=tuple(s.dilation))
    if key not in recorded:
        raise Declined(ELSEWHERE)
    return recorded[key]


def _conv4(mode: int) -> Dict[str, Any]:
    more = {"kernel": "*IO", "explicit": "uneven", "stride": True, "dilation": True}
    return _declaration("conv4", mode, reversal=mode == 0, **more)


def _deconv4(mode: int) -> Dict[str, Any]:
    note = "the gradient of conv4; with stride 1 that is a convolution with full padding less its `padding`"
    more = {"kernel": "*OI", "words": {"full": Word(None, "full")}, "dilation": True, "note": note}
    return _declaration("deconv4", mode, reversal=mode == 1, **more)


@entry_point(**_conv4(0))
def conv4(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _answer("conv4", 0, x, w, s)


@entry_point(**_conv4(1))
def conv4_mode1(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _answer("conv4", 1, x, w, s)


@entry_point(**_deconv4(0))
def deconv4(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _answer("deconv4", 0, x, w, s)


@entry_point(**_deconv4(1))
def deconv4_mode1(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return _answer("deconv4", 1, x, w, s)


ENTRY_POINTS = (conv4, conv4_mode1, deconv4, deconv4_mode1)
