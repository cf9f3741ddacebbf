"""JAX: `lax.conv_general_dilated`, and the NumPy and SciPy functions that JAX offers.

Nearly all the time of a small JAX call is compilation, most of it of the transposes around the convolution. So small
calls are compiled many at a time, convolutions with channels last; the first call of each group is also made as people
write it, and where one bit differs the whole group is. Compiled code is kept between runs; results never are.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import time
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Sequence

import numpy as np

from harness.backends.channels import NOTE, over_channels
from harness.backends.jax_by_settings import ACTIVATIONS, POOLING, SOFTMAXES
from harness.backends.jax_dense import DENSE
from harness.backends.jax_moving import MOVES
from harness.backends.jax_normalization import LOCAL_RESPONSES, NORMALIZATIONS
from harness.backends.jax_resize import RESIZES
from harness.worker.entry import EntryPoint, Settings, Transposition, Word, entry_point
from harness.worker.loop import Call, Reply, answer, answered

if TYPE_CHECKING:
    import jax

NAME = "jax"
FLOATS = ("float16", "float32", "float64")
X64 = "jax_enable_x64 is on, or 64-bit data would become 32-bit"
VALID, FULL = Word("valid", "valid"), Word("full", "full")
HALF = {"same": Word("same", "same_half"), "valid": VALID, "full": FULL}
UPPER = {"same": Word("same", "same_upper"), "valid": VALID, "full": FULL}
DOCS = "https://docs.jax.dev/en/latest/_autosummary/jax.%s.html"

SMALL_CALL = 1 << 15
"""Elements of input and kernel up to which a call is compiled together with others."""

SMALL_LOOP = 16
"""Calls of a single-channel function up to which its loop over the channels is."""


def start() -> str:
    global jax
    import jax
    import jax.scipy.signal

    config: Any = jax.config
    config.update("jax_enable_x64", True)
    config.update("jax_traceback_filtering", "off")  # who raised an exception is seen by its frames
    config.update("jax_compilation_cache_dir", _cache_folder())
    config.update("jax_persistent_cache_min_compile_time_secs", 0)
    config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return str(jax.__version__)


def about() -> Dict[str, str]:
    """What computes: the device and the version of jaxlib, which brings XLA."""
    return {"device": str(jax.default_backend()), "jaxlib": importlib.metadata.version("jaxlib")}


def _cache_folder() -> str:
    """A folder of compiled code for this processor: code compiled for another one may not run here."""
    try:
        with open("/proc/cpuinfo") as info:
            processor = next((line for line in info if line.startswith("flags")), "")
    except OSError:
        processor = platform.processor()
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "framework-agreement", "jax-" + hashlib.sha256(processor.encode()).hexdigest()[:12])


def _declaration(name: str, **more: Any) -> Dict[str, Any]:
    return {"name": "jax." + name, "docs": DOCS % name, "dtypes": FLOATS, "note": X64, **more}


def _single(name: str, ranks: Sequence[int], words: Dict[str, Word], **more: Any) -> Dict[str, Any]:
    told: Dict[str, Any] = {"keywords": {"padding": "mode=full"}, "note": NOTE + "; " + X64}
    return _declaration(name, ranks=ranks, words=words, groups="any", **dict(told, **more))


@entry_point(
    **_declaration(
        "lax.conv_general_dilated",
        ranks=[1, 2, 3],
        words={
            "same": Word("SAME", "same_upper"),
            "same_lower": Word("SAME_LOWER", "same_lower"),
            "valid": Word("VALID", "valid"),
        },
        keywords={"padding": "padding="},
        explicit="uneven",
        stride=True,
        dilation=True,
        groups="any",
    )
)
def conv_general_dilated(x: Any, w: Any, s: Settings) -> Any:
    return jax.lax.conv_general_dilated(
        x, w, s.stride, s.padding, rhs_dilation=s.dilation, feature_group_count=s.groups
    )


def _each(function: Any, x: Any, w: Any, s: Settings) -> Any:
    stack = jax.numpy.stack if isinstance(x, jax.core.Tracer) else np.stack
    return over_channels(lambda a, v: function(a, v, mode=s.padding), x, w, s.groups, stack)


@entry_point(**_single("numpy.convolve", [1], HALF, reversal=True))
def np_convolve(x: Any, w: Any, s: Settings) -> Any:
    return _each(jax.numpy.convolve, x, w, s)


@entry_point(**_single("numpy.correlate", [1], HALF, keywords={"padding": "mode=valid"}))
def np_correlate(x: Any, w: Any, s: Settings) -> Any:
    return _each(jax.numpy.correlate, x, w, s)


@entry_point(**_single("scipy.signal.convolve", [1, 2, 3], HALF, reversal=True))
def convolve(x: Any, w: Any, s: Settings) -> Any:
    return _each(jax.scipy.signal.convolve, x, w, s)


@entry_point(**_single("scipy.signal.correlate", [1, 2, 3], HALF))
def correlate(x: Any, w: Any, s: Settings) -> Any:
    return _each(jax.scipy.signal.correlate, x, w, s)


@entry_point(**_single("scipy.signal.convolve2d", [2], HALF, reversal=True))
def convolve2d(x: Any, w: Any, s: Settings) -> Any:
    return _each(jax.scipy.signal.convolve2d, x, w, s)


@entry_point(**_single("scipy.signal.correlate2d", [2], UPPER))
def correlate2d(x: Any, w: Any, s: Settings) -> Any:
    return _each(jax.scipy.signal.correlate2d, x, w, s)


def _transposed(options: str, **more: Any) -> Dict[str, Any]:
    return {
        "name": "jax.lax.conv_transpose" + options,
        "operation": "transposed_convolution",
        "docs": DOCS % "lax.conv_transpose",
        "ranks": [1, 2, 3],
        "input": "N*C",
        "output": "N*C",
        "words": {"same": Word("SAME", "same"), "valid": Word("VALID", "valid_filled")},
        "explicit": "any",
        "dtypes": FLOATS,
        "note": X64,
        **more,
    }


def _transpose(x: Any, w: Any, s: Transposition, **options: bool) -> Any:
    padding = s.padding if isinstance(s.padding, str) else [tuple(pair) for pair in s.padding]
    return jax.lax.conv_transpose(x, w, s.stride, padding, rhs_dilation=tuple(s.dilation), **options)


PLAIN = {"kernel": "*IO", "reversal": True}
TURNED = {"kernel": "*OI"}


@entry_point(**_transposed("", raw=True, **PLAIN))
def conv_transpose(x: Any, w: Any, s: Transposition) -> Any:
    return _transpose(x, w, s)


@entry_point(**_transposed("(transpose_kernel=True)", raw=True, **TURNED))
def conv_transpose_turned(x: Any, w: Any, s: Transposition) -> Any:
    return _transpose(x, w, s, transpose_kernel=True)


@entry_point(**_transposed("(use_consistent_padding=True)", **PLAIN))
def conv_transpose_consistent(x: Any, w: Any, s: Transposition) -> Any:
    return _transpose(x, w, s, use_consistent_padding=True)


@entry_point(**_transposed("(transpose_kernel=True, use_consistent_padding=True)", **TURNED))
def conv_transpose_turned_consistent(x: Any, w: Any, s: Transposition) -> Any:
    return _transpose(x, w, s, transpose_kernel=True, use_consistent_padding=True)


TRANSPOSED = (
    conv_transpose,
    conv_transpose_turned,
    conv_transpose_consistent,
    conv_transpose_turned_consistent,
)
ENTRY_POINTS = (
    *(conv_general_dilated, np_convolve, np_correlate, convolve, correlate, convolve2d, correlate2d),
    *TRANSPOSED,
    *POOLING,
    *ACTIVATIONS,
    *SOFTMAXES,
    *NORMALIZATIONS,
    *LOCAL_RESPONSES,
    *DENSE,
    *RESIZES,
    *MOVES,
)


def run_group(calls: List[Call]) -> Iterator[Reply]:
    """Replies to `calls`, in order; the small ones compiled and run as one program."""
    small = [call for call in calls if _is_small(call)]
    replies = iter(_together(small) if len(small) > 1 else map(answer, small))
    for call in calls:
        yield next(replies) if _is_small(call) else answer(call)


def _is_small(call: Call) -> bool:
    if call.entry.operation not in ("convolution", "transposed_convolution"):
        return False
    x, w = call.arrays["input"], call.arrays["kernel"]
    loops = 1 if call.entry in (conv_general_dilated, *TRANSPOSED) else x.shape[0] * w.shape[0] * w.shape[1]
    return bool(x.size + w.size <= SMALL_CALL and loops <= SMALL_LOOP)


def _together(calls: List[Call]) -> List[Reply]:
    start = time.perf_counter()
    refused = set()

    def program(arrays: Any) -> Any:
        results: List[Any] = []
        for index, (call, (x, w)) in enumerate(zip(calls, arrays)):
            try:
                results.append(_traced(call.entry, x, w, call.entry.takes.arguments(call.arrays, call.settings)[2]))
            except Exception:  # whatever tracing raises; the call is then made alone and says so itself
                results.append(None)
                refused.add(index)
        return results

    arrays = [_channels_last(call) for call in calls]
    results = [_canonical(call, result) for call, result in zip(calls, jax.device_get(jax.jit(program)(arrays)))]
    first = min(set(range(len(calls))) - refused, default=None)
    if first is None or not _same_bits(answer(calls[first]), results[first]):
        return [answer(call) for call in calls]
    seconds = (time.perf_counter() - start) / len(calls)
    return [
        answer(call) if index in refused else answered(result, seconds)
        for index, (call, result) in enumerate(zip(calls, results))
    ]


def _channels_last(call: Call) -> Any:
    """The call's arrays: transposed here, where it costs nothing, and not by compiled code."""
    x, w = call.arrays["input"], call.arrays["kernel"]
    if call.entry is not conv_general_dilated:
        return x, w
    return np.moveaxis(x, 1, -1).copy(), np.moveaxis(w, (0, 1), (-1, -2)).copy()


def _traced(entry: EntryPoint, x: Any, w: Any, s: Settings) -> Any:
    if entry is not conv_general_dilated:
        assert entry.call is not None
        return entry.call(x, w, s)
    spatial = "DHW"[-len(s.stride) :]
    return jax.lax.conv_general_dilated(
        x,
        w,
        s.stride,
        s.padding,
        rhs_dilation=s.dilation,
        dimension_numbers=("N" + spatial + "C", spatial + "IO", "N" + spatial + "C"),
        feature_group_count=s.groups,
    )


def _canonical(call: Call, result: Any) -> Any:
    moved = result is not None and call.entry is conv_general_dilated
    return np.moveaxis(result, -1, 1) if moved else result


def _same_bits(reply: Reply, result: np.ndarray) -> bool:
    return bool(reply.arrays) and reply.arrays[0].tobytes() == np.ascontiguousarray(result).tobytes()
