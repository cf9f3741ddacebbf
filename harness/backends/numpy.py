"""NumPy: `convolve` and `correlate`, 1-D."""

from __future__ import annotations

from typing import Any, Dict

import numpy as np

from harness.backends.channels import NOTE, over_channels
from harness.backends.numpy_by_settings import ACTIVATIONS, LOCAL_RESPONSES, SOFTMAXES
from harness.backends.numpy_dense import DENSE
from harness.backends.numpy_moving import MOVES
from harness.backends.numpy_resize import RESIZES
from harness.worker.entry import Settings, Word, entry_point

NAME = "numpy"
DTYPES = ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64")
WORDS = {"same": Word("same", "same_half"), "valid": Word("valid", "valid"), "full": Word("full", "full")}
DOCS = "https://numpy.org/doc/stable/reference/generated/numpy.%s.html"


def start() -> str:
    return np.__version__


def about() -> Dict[str, str]:
    """What computes: the instruction sets that NumPy takes, and its BLAS."""
    told = np.show_config(mode="dicts")
    blas, taken = told["Build Dependencies"]["blas"], told["SIMD Extensions"]
    return {
        "BLAS": "%s %s" % (blas["name"], blas["version"]),
        "instructions": " ".join([*taken.get("baseline", ()), *taken.get("found", ())]),  # left out where empty
    }


def _declaration(name: str, left_out: str, **more: Any) -> Dict[str, Any]:
    own = {"words": WORDS, "keywords": {"padding": "mode=" + left_out}, "groups": "any"}
    return {"name": "numpy." + name, "ranks": [1], "docs": DOCS % name, "dtypes": DTYPES, "note": NOTE, **own, **more}


@entry_point(**_declaration("convolve", "full", reversal=True))
def convolve(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: np.convolve(a, v, s.padding), x, w, s.groups)


@entry_point(**_declaration("correlate", "valid"))
def correlate(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: np.correlate(a, v, s.padding), x, w, s.groups)


ENTRY_POINTS = (convolve, correlate, *ACTIVATIONS, *SOFTMAXES, *LOCAL_RESPONSES, *DENSE, *RESIZES, *MOVES)
