"""Recorded answers of Knet's `pool`, `unpool` and strided `deconv4`, held against plain loops over the taps.

They are held against the canonical forms, too.

cases/recordings/knet/PROVENANCE.md says how they were made. CLIPPED is the fault of NNlib 0.6.0, on which Knet 1.3.0
stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from harness.backends import knet
from harness.canonical.reference import evaluate
from harness.canonical.settled import Settled
from harness.case.read import Case
from harness.operations import pooling
from harness.operations.pooling_formula import FIRST_CLIPPED, LAST_CLIPPED, ZERO
from tests.knet_cases import canonical, stamping

VERSIONS = ("1.3.0", "1.4.10")
CLIPPED = "1.3.0"
"""The version in which the running maximum or sum of a pooling window becomes max(it, 0) at each padded tap."""
CALLS, DECONV4 = knet.listed("pool.json"), knet.listed("deconv4_strided.json")
POOL, UNPOOL = ([call for call in CALLS if call["fn"] == name] for name in ("pool", "unpool"))
ADDED_TWICE = "1d_window4_of_2_stride1_padding2"
"""The call of `unpool` with a window in the padding at both ends: a fault of NNlib in both versions."""
array = knet.array


def answers(calls: list[dict[str, Any]]) -> list[Any]:
    """(call, version) of every recorded answer that is an array."""
    return [
        pytest.param(call, version, id=f"{call['id']} {version}")
        for call in calls
        for version in VERSIONS
        if "error" not in call["y"][version]
    ]


def refusals(calls: list[dict[str, Any]], version: str) -> dict[str, str]:
    """Call -> the error, for every call that raised."""
    return {call["id"]: call["y"][version]["error"] for call in calls if "error" in call["y"][version]}


def said(params: dict[str, Any], rank: int) -> tuple[Any, ...]:
    """(mode, window, stride, padding) of a call that pools."""
    return tuple(knet.windows(params, rank)[name] for name in ("mode", "window", "stride", "padding"))


def windows(shape: tuple[int, ...], params: dict[str, Any]) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """(place in the output, its taps) of each window; a tap in the padding is None, the first axis runs fastest."""
    _, window, stride, padding = said(params, len(shape))
    counts = [(n + sum(pair) - k) // s + 1 for n, k, s, pair in zip(shape, window, stride, padding, strict=True)]
    for place in np.ndindex(*counts):
        start = [at * s - low for at, s, (low, _) in zip(place, stride, padding, strict=True)]
        taps = (tuple(a + b for a, b in zip(start, reversed(tap), strict=True)) for tap in np.ndindex(*window[::-1]))
        yield place, [tap if all(0 <= a < n for a, n in zip(tap, shape, strict=True)) else None for tap in taps]


def pooled(x: np.ndarray, params: dict[str, Any], clip: Callable[[Any], Any]) -> np.ndarray:
    """The maximum (mode 0 or 3) of the taps, or their sum times the reciprocal of the window's size (mode 1 or 2)."""
    shape, mean = x.shape[:-2], params.get("mode", 0) in (1, 2)
    found = {}
    for place, taps in windows(shape, params):
        total = np.full(x.shape[-2:], 0 if mean else lowest(x.dtype, clip), x.dtype)
        for tap in taps:
            total = clip(total) if tap is None else total + x[tap] if mean else np.maximum(total, x[tap])
        found[place] = total * x.dtype.type(1 / len(taps)) if mean else total
    counts = tuple(np.array(list(found)).max(axis=0) + 1)
    y = np.array(list(found.values())).reshape(*counts, *x.shape[-2:])
    return y * params["alpha"] if "alpha" in params else y


def lowest(dtype: np.dtype, clip: Callable[[Any], Any]) -> Any:
    """What a maximum begins with: the lowest finite number, minus infinity where it is clipped."""
    if dtype.kind == "i":
        return np.iinfo(dtype).min
    return np.finfo(dtype).min if clip is as_it_is else -np.inf


def as_it_is(total: Any) -> Any:
    return total


def clipped(total: Any) -> Any:
    return np.maximum(total, 0)


def unpooled(x: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    """The gradient of the mean pooling, times the size of the window: each number is added to all of its window.

    NNlib goes through the windows in the padding at each end by themselves: what is in both is added twice. Of several
    axes, none was recorded.
    """
    rank = x.ndim - 2
    _, window, stride, padding = said(params, rank)
    sizes = [(n - 1) * s + k - sum(pair) for n, k, s, pair in zip(x.shape[:rank], window, stride, padding, strict=True)]
    y = np.zeros((*sizes, *x.shape[-2:]), x.dtype)
    for place, taps in windows(tuple(sizes), params):
        for tap in filter(None, taps):
            y[tap] += x[place] * (2 if rank == 1 and taps[0] is None is taps[-1] else 1)
    return y / params.get("alpha", 1)


def transposed(x: np.ndarray, w: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    """x[i] w[k] added at i * stride + k * dilation, less the padding; mode 0 reads the kernel backwards."""
    rank = x.ndim - 2
    stride, dilation, padding = (knet.settings(params, rank)[name] for name in ("stride", "dilation", "padding"))
    if params.get("mode", 0) == 0:
        w = np.flip(w, tuple(range(rank)))
    reach = [
        (n - 1) * s + (k - 1) * d + 1
        for n, k, s, d in zip(x.shape[:rank], w.shape[:rank], stride, dilation, strict=True)
    ]
    y = np.zeros((*reach, w.shape[-2], x.shape[-1]))
    for tap in np.ndindex(*w.shape[:rank]):
        starts = [k * d for k, d in zip(tap, dilation, strict=True)]
        at = tuple(slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(starts, x.shape[:rank], stride, strict=True))
        y[at] += np.einsum("...cn,oc->...on", x, w[tap])
    return y[tuple(slice(low, n - high) for n, (low, high) in zip(reach, padding, strict=True))]


def test_all_recorded_calls_are_here():
    assert (len(POOL), len(UNPOOL), len(DECONV4)) == (46, 12, 16)


@pytest.mark.parametrize(("call", "version"), answers(POOL))
def test_pooling_is_the_canonical_form_and_clipped_at_padded_taps_in_1_3_0(call, version):
    clip = clipped if version == CLIPPED else as_it_is
    found, x = array(call["y"][version]), array(call["x"])
    wanted = pooled(x, call["params"], clip)
    assert found.dtype == wanted.dtype == x.dtype
    np.testing.assert_array_equal(found, wanted)


def test_clipping_makes_padded_maxima_and_padded_means_of_negative_sums_wrong_and_nothing_else():
    padded = [call for call in POOL if "padding" in call["params"]]
    wrong = {
        call["id"]
        for call in POOL
        if "error" not in call["y"][CLIPPED]
        and not np.array_equal(
            array(call["y"][CLIPPED]), pooled(array(call["x"]), call["params"], as_it_is), equal_nan=True
        )
    }
    assert wrong < {call["id"] for call in padded}
    assert {"1d_all_negative_padding1_mode0", "2d_window3_stride2_padding1_channels_batch_mode1"} <= wrong
    assert "1d_all_negative_padding1_mode1" not in wrong  # its padded tap comes first: 0 is clipped to 0


@pytest.mark.parametrize("version", VERSIONS)
def test_mode_2_is_mode_1(version):
    found = {call["id"]: call["y"][version] for call in POOL}
    pairs = [(name, name[:-1] + "1") for name in found if name.endswith("_mode2")]
    assert len(pairs) == 5
    assert all(found[name] == found[other] for name, other in pairs)


@pytest.mark.parametrize(("call", "version"), answers(UNPOOL))
def test_unpooling_adds_each_number_to_its_window(call, version):
    np.testing.assert_array_equal(array(call["y"][version]), unpooled(array(call["x"]), call["params"]))


@pytest.mark.parametrize(("call", "version"), answers(DECONV4))
def test_strided_deconv4_is_the_gradient_of_conv4(call, version):
    wanted = transposed(array(call["x"]), array(call["w"]), call["params"])
    np.testing.assert_array_equal(array(call["y"][version]), wanted)


# --- the canonical forms ---------------------------------------------------------------------------------------------


def pooled_form(call: dict[str, Any], version: str) -> Settled:
    """What a recorded call of `pool` means; in 1.3.0 with its fault, by name."""
    x = array(call["x"])
    mode, window, stride, padding = said(call["params"], x.ndim - 2)
    mean = mode in knet.MEANS
    fill = {"fill": FIRST_CLIPPED if mean else ZERO} if version == CLIPPED else {}
    steps = {"window": window, "stride": stride, "padding": padding, "dilation": 1, "rounding": "floor"}
    reduce = {"reduce": "average", "divisor": "window"} if mean else {"reduce": "max"}
    return Settled({"x": canonical(x, "input")}, {**reduce, **steps, **fill}, pooling)


def alpha_of(call: dict[str, Any]) -> float:
    """What Knet multiplies the output by, or divides it by where it spreads one."""
    alpha = call["params"].get("alpha", 1)
    return 1 / alpha if call["fn"] == "unpool" else alpha


@pytest.mark.parametrize(("call", "version"), answers(POOL))
def test_a_recorded_pooling_is_the_canonical_form_in_1_3_0_with_its_fault_by_name(call, version):
    found = canonical(array(call["y"][version]), "output")
    wanted = evaluate(pooled_form(call, version)) * alpha_of(call)
    beside = np.isneginf(wanted)  # the whole window lies in the padding: Knet has the lowest finite number there
    np.testing.assert_allclose(found[~beside], wanted[~beside], rtol=3e-7)
    assert (found[beside] == np.finfo(float).min).all()


def test_without_its_fault_by_name_1_3_0_is_not_what_is_meant():
    (call,) = (each for each in POOL if each["id"] == "2d_all_negative_window2_stride1_padding1_mode1")
    found, form = canonical(array(call["y"][CLIPPED]), "output"), pooled_form(call, CLIPPED)
    for fill in (None, LAST_CLIPPED):
        assert not np.allclose(evaluate(form.with_settings(fill=fill)), found)


def stamps(call: dict[str, Any]) -> Case:
    """The transposed convolution that a recorded call means; of `unpool`, one of ones for each channel by itself."""
    x, rank = array(call["x"]), len(call["x"]["shape"]) - 2
    if call["fn"] == "deconv4":
        return stamping(x, array(call["w"]), knet.settings(call["params"], rank))
    _, window, stride, padding = said(call["params"], rank)
    about = {"mode": 1, "stride": stride, "padding": padding, "dilation": (1,) * rank}
    return stamping(x, np.ones((*window, 1, x.shape[rank])), about, groups=x.shape[rank])


@pytest.mark.parametrize(("call", "version"), [*answers(UNPOOL), *answers(DECONV4)])
def test_recorded_stamps_are_those_of_the_transposed_convolution(call, version):
    found = canonical(array(call["y"][version]), "output")
    alike = np.array_equal(found, evaluate(stamps(call).meant()) * alpha_of(call))
    assert alike == (call["id"] != ADDED_TWICE)


# --- refusals --------------------------------------------------------------------------------------------------------


def test_what_a_version_refuses():
    common = {"1d_int64_mode1": "InexactError", "1d_window7_of_5": "DimensionMismatch"}
    assert refusals(POOL, "1.4.10") == common
    assert refusals(POOL, "1.3.0") == {**common, "1d_mode3": "ErrorException"}
    uneven = {"2d_stride2_uneven_padding_1_0_0_1": "AssertionError"}
    dilated = {f"2d_stride2_dilation2_mode{mode}": "ErrorException" for mode in (0, 1)}
    assert refusals(DECONV4, "1.4.10") == uneven
    assert refusals(DECONV4, "1.3.0") == {**uneven, **dilated}
