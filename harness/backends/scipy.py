"""SciPy: the convolutions of `scipy.signal` and `scipy.ndimage`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

import numpy as np

from harness.backends.channels import NOTE, over_channels
from harness.backends.scipy_resize import RESIZES
from harness.worker.entry import Settings, Word, entry_point

if TYPE_CHECKING:
    from scipy import ndimage, signal

NAME = "scipy"
RANKS = (1, 2, 3)
INTEGERS = ("int8", "uint8", "int16", "int32", "int64")
VALID, FULL = Word("valid", "valid"), Word("full", "full")
HALF = {"same": Word("same", "same_half"), "valid": VALID, "full": FULL}
UPPER = {"same": Word("same", "same_upper"), "valid": VALID, "full": FULL}
BORDERS_2D = {"zero": "fill", "constant": "fill", "wrap": "wrap", "symmetric": "symm"}
BORDERS_ND = {
    "zero": "constant",
    "constant": "constant",
    "symmetric": "reflect",
    "reflect": "mirror",
    "edge": "nearest",
    "wrap": "wrap",
}
DOCS = "https://docs.scipy.org/doc/scipy/reference/generated/scipy.%s.html"
ND_NOTE = NOTE + "; the output always has the size of the input; float64 inside"


def start() -> str:
    global ndimage, signal
    import scipy
    from scipy import ndimage, signal

    return str(scipy.__version__)


def about() -> Dict[str, str]:
    """What computes: SciPy's BLAS."""
    import scipy

    blas = scipy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {"BLAS": "%s %s" % (blas["name"], blas["version"])}


SIGNAL: Dict[str, Any] = {"keywords": {"padding": "mode=full"}}
"""How `scipy.signal` is told a padding; two axes are told what fills it, too."""
ND: Dict[str, Any] = {"keywords": {"boundary": "mode=reflect"}, "boundaries": BORDERS_ND}


def _declaration(name: str, **more: Any) -> Dict[str, Any]:
    return {"name": "scipy." + name, "docs": DOCS % name, "ranks": RANKS, "groups": "any", "note": NOTE, **more}


@entry_point(**_declaration("signal.convolve", reversal=True, words=HALF, algorithm="fft", **SIGNAL))
def convolve(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: signal.convolve(a, v, s.padding), x, w, s.groups)


@entry_point(**_declaration("signal.correlate", words=HALF, algorithm="fft", **SIGNAL))
def correlate(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: signal.correlate(a, v, s.padding), x, w, s.groups)


@entry_point(
    **_declaration(
        "signal.convolve2d",
        ranks=[2],
        reversal=True,
        words=HALF,
        boundaries=BORDERS_2D,
        **SIGNAL,
        dtypes=("float32", "float64") + INTEGERS,
    )
)
def convolve2d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: signal.convolve2d(a, v, s.padding, s.boundary, s.constant), x, w, s.groups)


@entry_point(
    **_declaration(
        "signal.correlate2d",
        ranks=[2],
        words=UPPER,
        boundaries=BORDERS_2D,
        **SIGNAL,
        dtypes=("float32", "float64") + INTEGERS,
    )
)
def correlate2d(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: signal.correlate2d(a, v, s.padding, s.boundary, s.constant), x, w, s.groups)


@entry_point(**_declaration("signal.fftconvolve", reversal=True, words=HALF, algorithm="fft", **SIGNAL))
def fftconvolve(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: signal.fftconvolve(a, v, s.padding), x, w, s.groups)


@entry_point(**_declaration("signal.oaconvolve", reversal=True, words=HALF, algorithm="fft", **SIGNAL))
def oaconvolve(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: signal.oaconvolve(a, v, s.padding), x, w, s.groups)


@entry_point(
    **_declaration(
        "ndimage.convolve",
        reversal=True,
        words={"same": Word(None, "same_upper")},
        note=ND_NOTE,
        **ND,
    )
)
def nd_convolve(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: ndimage.convolve(a, v, mode=s.boundary, cval=s.constant), x, w, s.groups)


@entry_point(**_declaration("ndimage.correlate", words={"same": Word(None, "same_half")}, note=ND_NOTE, **ND))
def nd_correlate(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    return over_channels(lambda a, v: ndimage.correlate(a, v, mode=s.boundary, cval=s.constant), x, w, s.groups)


ENTRY_POINTS = (
    convolve,
    correlate,
    convolve2d,
    correlate2d,
    fftconvolve,
    oaconvolve,
    nd_convolve,
    nd_correlate,
    *RESIZES,
)
