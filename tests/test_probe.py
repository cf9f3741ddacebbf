"""The probe recognizes what was planted: each convention, precision and algorithm that it knows has a fake here."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.canonical import layout
from harness.case.read import load
from harness.operations.card import Card
from harness.operations.windowed.probes.measure import card
from harness.operations.windowed.probes.subject import in_words
from harness.parent.asking import Asking, Question, together
from harness.parent.outcome import Answered, Broken, Declined, Died, Outcome, Raised
from harness.parent.pool import Pool
from harness.probing import probe
from harness.report import cards
from harness.worker.entry import EntryPoint, Settings, Word, windowed
from harness.worker.spans import padding_pair
from tests.fakes import FAKES
from tests.fakes.honest import WORDS, correlate, padding_of

Function = Callable[[np.ndarray, np.ndarray, Settings], np.ndarray]


def planted(function: Function, **declaration: Any) -> EntryPoint:
    """A two-dimensional entry point that says it is honest, and computes `function`."""
    usual = {"words": WORDS, "explicit": "uneven", "stride": True, "dilation": True, "groups": "any"}
    return windowed("planted", (2,), "tests", call=function, **{**usual, "boundaries": {"zero": "zero"}, **declaration})


def answered(asking: Asking[Any], answer: Callable[[Question], Outcome]) -> Any:
    """What an asking finds of a system that runs in this process."""
    outcomes = None
    while True:
        try:
            questions = next(asking) if outcomes is None else asking.send(outcomes)
        except StopIteration as stop:
            return stop.value
        outcomes = [answer(question) for question in questions]


def called(question: Question) -> Outcome:
    assert question.entry.call is not None
    try:
        with np.errstate(all="ignore"):
            return Answered(
                np.asarray(question.entry.call(*question.entry.takes.arguments(question.arrays, question.settings))),
                0.0,
            )
    except Exception as error:
        return Raised(type(error).__name__, str(error))


def card_of(function: Function, **declaration: Any) -> Card:
    return answered(card("fake", "1", planted(function, **declaration)), called)


def refusing(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    """The honest fake, without what its loops make of channels that do not fit and of empty outputs."""
    if x.shape[1] != w.shape[1] * s.groups or len(w) % s.groups:
        raise ValueError("channels")
    return correlate(x, w, s)


def same_by(rule: Callable[..., tuple[int, int]]) -> Function:
    """A system whose SAME is `rule`."""

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        if s.padding != "SAME":
            return refusing(x, w, s)
        axes = zip(x.shape[2:], w.shape[2:], s.stride, s.dilation, strict=True)
        return refusing(x, w, s._replace(padding=[rule(*axis) for axis in axes]))

    return call


def reversed_along(*axes: int) -> Function:
    return lambda x, w, s: refusing(x, np.flip(w, [axis + 2 for axis in axes]), s)


def with_layouts(*letters: str) -> Function:
    """A system whose input, kernel and output have these axes."""

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        roles = ("input", "kernel")
        x, w = (layout.to_canonical(array, own, role) for array, own, role in zip((x, w), letters, roles, strict=False))
        return layout.from_canonical(refusing(x, w, s), letters[2], "output")

    return call


def kept(bits: int) -> Callable[[np.ndarray], np.ndarray]:
    """Rounds float32 to a fraction of so many bits, ties to even."""

    def rounded(values: np.ndarray) -> np.ndarray:
        if values.dtype != np.float32:
            return values
        fraction, exponent = np.frexp(values)
        return np.ldexp(np.rint(np.ldexp(fraction, bits + 1)), exponent - bits - 1).astype(np.float32)

    return rounded


def by_fft(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    """Spectra multiplied, in one precision less than the data have; for one channel and no steps."""
    if max(s.stride + s.dilation) > 1 or x.shape[1] > 1 or s.groups > 1:
        return refusing(x, w, s)
    pairs = padding_of(x, w, s)
    x = np.pad(x, [(0, 0), (0, 0), *pairs])
    size = [n + k - 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]
    spectra = np.fft.rfft2(x[:, None, 0], size) * np.fft.rfft2(np.flip(w, (2, 3))[None, :, 0], size)
    y = np.fft.irfft2(spectra, size).astype(x.dtype)
    return y[:, :, *(slice(k - 1, n) for n, k in zip(x.shape[2:], w.shape[2:], strict=True))]


def by_winograd(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    """F(2 x 2, 3 x 3) of Lavin & Gray 2016 for kernels of 3 x 3 without steps."""
    if max(s.stride + s.dilation) > 1 or s.groups > 1 or w.shape[2:] != (3, 3):
        return refusing(x, w, s)
    x = np.pad(x, [(0, 0), (0, 0), *padding_of(x, w, s)])
    rows, columns = (size - 2 for size in x.shape[2:])
    x = np.pad(x, [(0, 0), (0, 0), (0, rows % 2), (0, columns % 2)])
    one = x.dtype.type(1)
    BT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]) * one
    G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) * one / 2
    AT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]]) * one
    kernels = G @ w @ G.T
    y = np.zeros((len(x), len(w), rows + rows % 2, columns + columns % 2), x.dtype)
    for i, j in np.ndindex(y.shape[2] // 2, y.shape[3] // 2):
        tile = BT @ x[:, :, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] @ BT.T
        y[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = AT @ (tile[:, None] * kernels).sum(2) @ AT.T
    return y[:, :, :rows, :columns]


def interleaved(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    """Output o belongs to group o % groups."""
    order = np.argsort(np.arange(len(w)) % s.groups, kind="stable")
    y = refusing(x, w[order], s)
    return y[:, np.argsort(order)]


@pytest.mark.parametrize(
    ("function", "property_", "expected"),
    [
        pytest.param(refusing, "reversal", {2: [False, False]}, id="honest"),
        pytest.param(reversed_along(0, 1), "reversal", {2: [True, True]}, id="reversed on both axes"),
        pytest.param(reversed_along(0), "reversal", {2: [True, False]}, id="reversed on one axis"),
        pytest.param(reversed_along(1), "reversal", {2: [False, True]}, id="reversed on the other axis"),
        pytest.param(lambda x, w, s: refusing(x, w.swapaxes(2, 3), s), "kernel", {2: "OIWH"}, id="transposed kernel"),
        pytest.param(lambda x, w, s: refusing(x, w, s).swapaxes(2, 3), "output", {2: "NCWH"}, id="transposed output"),
        pytest.param(with_layouts("NHWC", "HWIO", "NHWC"), "input", {2: "NHWC"}, id="channels last"),
        pytest.param(with_layouts("NHWC", "OIHW", "NCHW"), "input", {2: "NHWC"}, id="channels last on the input only"),
        pytest.param(with_layouts("NCHW", "IOHW", "NCHW"), "kernel", {2: "IOHW"}, id="input channels first"),
        pytest.param(interleaved, "groups", "outputs interleaved, inputs one after another", id="wrong groups"),
        pytest.param(interleaved, "depthwise", "interleaved", id="wrong depthwise order"),
    ],
)
def test_a_planted_convention_is_recognized(function: Function, property_: str, expected: Any) -> None:
    found = card_of(function)
    assert found.conventions[property_] == expected
    declared_otherwise = function is not refusing
    assert any(each.startswith(property_) for each in found.differences) == declared_otherwise


def upper_shifted(n: int, k: int, stride: int, dilation: int) -> tuple[int, int]:
    low, high = padding_pair("same_upper", n, k, stride, dilation)
    return low - 1, high + 1


def upper_undilated(n: int, k: int, stride: int, dilation: int) -> tuple[int, int]:
    return padding_pair("same_upper", n, k, stride)


def centred(n: int, k: int, stride: int, dilation: int) -> tuple[int, int]:
    return padding_pair("same_half", n, k, stride, dilation)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (lambda *axis: padding_pair("same_upper", *axis), "same_upper"),
        (lambda *axis: padding_pair("same_lower", *axis), "same_lower"),
        (lambda *axis: padding_pair("half", *axis), "half"),
        (lambda *axis: padding_pair("full", *axis), "full"),
        (centred, "same_half"),
        (upper_shifted, "same_upper, shifted by -1"),
        (upper_undilated, "same_upper_undilated"),
        (lambda n, k, s, d: ((k - 1) * d, 0), "causal"),
        (lambda n, k, s, d: (0, ((k - 1) * d + 1 - n) % s), "valid_ceil"),
        (lambda n, k, s, d: (1 - s, 0), "valid_last_phase"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_rule_of_a_padding_word_is_recognized(rule: Callable[..., tuple[int, int]], name: str) -> None:
    found = card_of(same_by(rule))
    same = found.conventions["padding same"]
    assert same["fits"] == [name]
    assert same["exceptional"] == 0
    assert same["formula"]
    assert ["padding same" in each for each in found.differences] == [True] * (name != "same_upper")
    assert not found.faults


def test_a_rule_that_nobody_knows_is_shown_by_its_numbers() -> None:
    same = card_of(same_by(lambda n, k, s, d: (n % 3, k + n % 2))).conventions["padding same"]
    assert same["rule"] is None
    assert same["exceptional"] == same["checked"]
    assert re.match(r"n=\d+ k=\d+ stride=1 dilation=1: \d+ outputs, low \d", same["exceptions"][0])


@pytest.mark.parametrize("mode", ["symmetric", "reflect", "edge", "wrap"])
def test_a_boundary_is_recognized(mode: str) -> None:
    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        if s.boundary != "other" or s.padding != "SAME":
            return refusing(x, w, s)
        wide = np.pad(x, [(0, 0), (0, 0), *padding_of(x, w, s)], mode=mode)
        return refusing(wide, w, s._replace(padding="VALID"))

    found = card_of(call, boundaries={"zero": "zero", "edge": "other"})
    assert found.conventions["boundaries"] == {"zero": "zero", "other": mode}
    assert any(each.startswith("boundaries: other is declared edge") for each in found.differences) == (mode != "edge")


@pytest.mark.parametrize(("filled", "measured"), [(True, "constant"), (False, "zero")])
def test_a_number_in_the_padding_is_recognized(filled: bool, measured: str) -> None:
    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        if s.padding != "SAME":
            return refusing(x, w, s)
        wide = np.pad(x, [(0, 0), (0, 0), *padding_of(x, w, s)], constant_values=s.constant if filled else 0)
        return refusing(wide, w, s._replace(padding="VALID"))

    found = card_of(call, boundaries={"zero": "fill", "constant": "fill"})
    assert found.conventions["boundaries"] == {"fill": "zero", "fill of 7": measured}
    said = [each for each in found.differences if each.startswith("boundaries")]
    assert said == ([] if filled else ["boundaries: fill of 7 is declared constant, measured zero"])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        pytest.param(refusing, {"input": "23", "kernel": "23", "sum": "23"}, id="float32"),
        pytest.param(
            lambda x, w, s: refusing(kept(10)(x), kept(10)(w), s),
            {"input": "10", "kernel": "10", "sum": "23"},
            id="TF32",
        ),
        pytest.param(
            lambda x, w, s: refusing(kept(7)(x), kept(7)(w), s),
            {"input": "7", "kernel": "7", "sum": "23"},
            id="bfloat16",
        ),
        pytest.param(
            lambda x, w, s: refusing(x, kept(7)(w), s),
            {"input": "23", "kernel": "7", "sum": "23"},
            id="a bfloat16 kernel",
        ),
        pytest.param(
            lambda x, w, s: (
                refusing(x.astype("f8"), w.astype("f8"), s).astype(x.dtype)
                if x.dtype.kind == "f"
                else refusing(x, w, s)
            ),
            {"input": "23", "kernel": "23", "sum": "52"},
            id="a wide sum",
        ),
    ],
)
def test_a_planted_precision_is_recognized(function: Function, expected: dict[str, str]) -> None:
    found = card_of(function).precision["float32"]
    assert {name: value.split(" ")[0] for name, value in found.items()} == expected


def test_what_comes_out_right_by_chance_where_no_sum_is_exact_is_no_precision() -> None:
    """Planted: errors as of an FFT in all but the difference of 1.25 and 1, which two bits of the input would give."""

    def noisy(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        y = refusing(x, w, s)
        if y.dtype.kind != "f" or all((each == np.rint(each)).all() for each in (x, w)):
            return y
        by_chance = (x == 1.25).any() & (y == 0.25)
        noise = 4 * np.finfo(y.dtype).eps * np.cos(np.arange(y.size)).reshape(y.shape)
        return np.where(by_chance, y, y + noise).astype(y.dtype)

    found = card_of(noisy).precision["float32"]
    assert [found[part] for part in ("input", "kernel", "sum")] == ["not exact"] * 3
    assert re.fullmatch(r"about \d+ bits are right", found["errors"])


@pytest.mark.parametrize(
    ("function", "algorithm", "integers"),
    [(refusing, "direct", "2**24"), (by_fft, "FFT", "never"), (by_winograd, "tiles (Winograd), direct from", "2**2")],
)
def test_a_planted_algorithm_is_recognized(function: Function, algorithm: str, integers: str) -> None:
    found = card_of(function)
    assert found.algorithm["algorithm"].startswith(algorithm)
    assert found.algorithm["integers exact below"].startswith(integers)
    assert any(each.startswith("algorithm") for each in found.differences) == (function is not refusing)


@pytest.mark.parametrize("size", [4, 9, 13])
def test_the_size_at_which_an_algorithm_changes_is_found(size: int) -> None:
    found = card_of(lambda x, w, s: (by_fft if w.shape[2] >= size else refusing)(x, w, s), algorithm="fft")
    assert re.match(rf"direct, FFT from n=\d+ k={size}\b", found.algorithm["algorithm"])


def test_a_fault_is_shrunk_to_the_smallest_call_and_becomes_a_case(tmp_path: Any) -> None:
    """Planted: a stride and a dilation together lose the stride on the last axis."""

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        if max(s.stride) > 1 and max(s.dilation) > 1:
            s = s._replace(stride=(s.stride[0], 1))
        return refusing(x, w, s)

    found = card_of(call)
    assert "another shape" in found.faults[0].words
    path = tmp_path / "fault.yaml"
    path.write_text(found.faults[0].case, encoding="utf-8")
    (case,) = load(path)
    assert max(case.settings["stride"]) == 2
    assert max(case.settings["dilation"]) == 2
    assert case.values("input").size <= 4
    assert case.values("kernel").size == 1
    for word in ("same", "valid"):
        assert found.conventions[f"padding {word}"]["exceptional"]


def test_a_padding_that_is_not_stopped_at_zero_in_one_dtype_is_found() -> None:
    """Planted: what TensorFlow's conv3d does in float64."""

    def crops(n: int, k: int, stride: int, dilation: int) -> tuple[int, int]:
        total = (-(-n // stride) - 1) * stride + (k - 1) * dilation + 1 - n
        low = int(total / 2)
        return low, total - low

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        return (same_by(crops) if x.dtype == np.float64 else refusing)(x, w, s)

    found = card_of(call)
    assert found.conventions["padding same"]["exceptional"] == 0
    (fault,) = found.faults
    assert fault.words == "numbers are wrong"
    assert "w float64 (1, 1, 1, 1)" in fault.call


def test_a_mirror_that_is_wrong_far_outside_is_found() -> None:
    """Planted: what lies further out than three inputs is the edge again."""

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        if s.boundary == "zero" or s.padding != "SAME":
            return refusing(x, w, s)
        for axis, (low, high) in enumerate(padding_of(x, w, s), 2):
            near = min(low, 3 * x.shape[axis]), min(high, 3 * x.shape[axis])
            for mode, pair in (("symmetric", near), ("edge", (low - near[0], high - near[1]))):
                x = np.pad(x, [pair if each == axis else (0, 0) for each in range(x.ndim)], mode=mode)
        return refusing(x, w, s._replace(padding="VALID"))

    found = card_of(call, boundaries={"zero": "zero", "symmetric": "mirror"})
    assert found.conventions["boundaries"]["mirror"] == "symmetric"
    (fault,) = found.faults
    assert "boundary='mirror'" in fault.call
    assert "boundary: symmetric" in fault.case


def test_a_padding_word_that_is_none_must_be_refused() -> None:
    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        known = not isinstance(s.padding, str) or s.padding in ("SAME", "VALID")
        return refusing(x, w, s if known else s._replace(padding="VALID"))

    found = card_of(call)
    assert found.conventions["unknown word"] == "taken for valid"
    assert [fault.words for fault in found.faults] == ["an unknown word for the padding is accepted"]
    assert card_of(refusing).conventions["unknown word"] == "refused"


def test_a_dtype_that_depends_on_the_size_of_the_kernel_is_found() -> None:
    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        y = refusing(x, w, s)
        return y.astype("float64") if x.dtype == np.int8 and w.size > 1 else y

    found = card_of(call)
    assert found.conventions["dtypes"]["int8"] == "int8, of larger kernels float64"
    (fault,) = found.faults
    assert fault.call == "int8: int8, of larger kernels float64"
    assert fault.excluded, "the declaration does not have int8"


def test_integers_that_lose_digits_beside_the_smallest_are_found() -> None:
    """Planted: all is computed in float64 where no absolute value is large, and the smallest number has none."""

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        with np.errstate(all="ignore"):
            large = x.dtype == np.int64 and x.size and abs(x).max() > 2**40
            spread = x.dtype == np.int64 and x.size and x.min() < -(2**60) and not large
        y = refusing(x, w, s)
        return y + 1 if spread else y

    (fault,) = card_of(call, dtypes=("float32", "int64")).faults
    assert fault.words.startswith("the smallest number of its dtype")
    assert "one -9223372036854775808" in fault.call
    assert not fault.excluded


def test_an_honest_system_has_no_faults() -> None:
    found = card_of(refusing)
    assert not found.faults
    assert not found.differences


def test_a_system_that_nothing_explains_is_unreadable() -> None:
    found = card_of(lambda x, w, s: np.cumsum(refusing(x, w, s), axis=3))
    assert "no order of axes" in found.unreadable
    assert not found.declined


def test_a_death_is_a_fault() -> None:
    def answer(question: Question) -> Outcome:
        return Died("was ended by SIGABRT") if 0 in question.arrays["input"].shape else called(question)

    found = answered(card("fake", "1", planted(refusing)), answer)
    assert "SIGABRT" in found.faults[0].words
    assert "(1, 1, 0, 0)" in found.faults[0].call
    assert all(fault.excluded for fault in found.faults), "no case can have an empty input"


@pytest.mark.parametrize("together", [True, False])
def test_what_the_declaration_rules_out_is_told_apart(together: bool) -> None:
    """Planted: a dilation is forgotten beside a stride."""

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        return refusing(x, w, s._replace(dilation=(1, 1)) if max(s.stride) > 1 else s)

    found = card_of(call, together=together)
    assert len(found.faults) > 1
    assert all(fault.excluded != together for fault in found.faults)
    assert not found.differences


def test_results_that_change_are_seen() -> None:
    stream = np.random.default_rng(1)
    found = card_of(lambda x, w, s: refusing(x, w, s) * (1 + 1e-6 * stream.integers(-1, 2)).astype(x.dtype))
    assert found.precision["order"]["repeats"] == "no"


@pytest.mark.parametrize(("dtype", "wraps"), [("int8", "wraps"), ("int32", "wraps"), ("uint8", "wraps")])
def test_overflow_is_told(dtype: str, wraps: str) -> None:
    def saturating(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        if x.dtype.kind not in "iu":
            return refusing(x, w, s)
        y = refusing(x.astype("f8"), w.astype("f8"), s)
        return np.clip(y, np.iinfo(x.dtype).min, np.iinfo(x.dtype).max).astype(x.dtype)

    assert card_of(refusing).conventions["overflow"][dtype] == wraps
    assert card_of(saturating).conventions["overflow"][dtype] == "saturates"


def test_the_conjugated_operand_is_told() -> None:
    assert card_of(refusing).conventions["conjugation"] == "none"
    assert card_of(lambda x, w, s: refusing(x, w.conj(), s)).conventions["conjugation"] == "kernel"


def test_exchanged_operands_are_told() -> None:
    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        pairs = [(k - 1, k - 1) for k in w.shape[2:]]
        y = refusing(x, w, s._replace(padding=pairs))
        small = [sorted(each) for each in zip(x.shape[2:], w.shape[2:], strict=True)]
        return y[:, :, *(slice(low - 1, high) for low, high in small)]

    entry = {"words": {"valid": Word("VALID", "valid")}, "stride": False, "dilation": False, "explicit": "no"}
    assert card_of(call, **entry).conventions["kernel larger"] == {"valid": "valid, operands exchanged"}


def test_askings_side_by_side_are_asked_in_one_batch() -> None:
    def asking(count: int) -> Asking[int]:
        seen = 0
        for _ in range(count):
            outcomes: list[Any] = yield [None] * count  # type: ignore[list-item]
            seen += len(outcomes)
        return seen

    def counted() -> tuple[list[int], dict[str, int]]:
        both = together({"a": asking(1), "b": asking(3)})
        batches = [len(next(both))]
        while True:
            try:
                batches.append(len(both.send([None] * batches[-1])))  # type: ignore[list-item]
            except StopIteration as stop:
                return batches, stop.value

    assert counted() == ([4, 3, 3], {"a": 1, "b": 9})


def test_cards_come_through_the_pool() -> None:
    names = ("honest", "flipped", "shifted", "declining")
    with Pool([FAKES[name] for name in names]) as pool:
        cards = probe(pool, pool.entry_points())
    assert list(cards) == [f"fake.{name}" for name in names]
    assert cards["fake.honest"].differences == []
    assert cards["fake.flipped"].conventions["reversal"] == {rank: [True] * rank for rank in (1, 2, 3)}
    assert cards["fake.shifted"].conventions["padding same"]["rule"] == "same_upper, shifted by -1"
    assert cards["fake.declining"].unreadable == "declines every call: not on a Saturday"
    assert cards["fake.declining"].declined


def bordered(mode: str, low: Callable[[int], int]) -> Function:
    """A filter of images of its own: every output has the input's size, what is beyond the border follows `mode`."""

    def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        pairs = [(low(k), k - 1 - low(k)) for k in w.shape[2:]]
        return refusing(np.pad(x, [(0, 0), (0, 0), *pairs], mode=mode), w, s._replace(padding=[(0, 0), (0, 0)]))  # type: ignore[call-overload]

    return call


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize(("rule", "low"), [("same_upper", lambda k: (k - 1) // 2), ("same_half", lambda k: k // 2)])
def test_a_padding_with_something_else_than_zeros_is_recognized(
    mode: str, rule: str, low: Callable[[int], int]
) -> None:
    words = {"as it is": Word(None, "valid")}
    found = card_of(bordered(mode, low), words=words, explicit="no", stride=False, dilation=False)
    assert found.conventions["padding as it is"]["rule"] == rule
    assert found.conventions["padding as it is"]["boundary"] == mode
    assert found.conventions["boundaries"] == {"zero": mode}
    assert not found.faults


def test_a_stride_that_is_ignored_shows_itself_as_exceptions_to_the_nearest_rule() -> None:
    words = {"valid": Word("VALID", "valid")}
    found = card_of(lambda x, w, s: refusing(x, w, s._replace(stride=(1, 1))), words=words)
    rule = found.conventions["padding valid"]
    assert (rule["rule"], rule["nearest"]) == (None, "valid")
    assert all("stride=1" not in words for words in rule["exceptions"])
    assert "no known rule; nearest is valid, except" in cards.text(found.as_json())


def test_an_answer_that_the_worker_could_not_repeat_is_a_fault() -> None:
    def unsteady(question: Question) -> Outcome:
        outcome = called(question)
        differs = "two identical calls differ in 1 of 9 outputs"
        return replace(outcome, not_repeatable=differs) if isinstance(outcome, Answered) else outcome

    found = answered(card("fake", "1", planted(correlate)), unsteady)
    (fault,) = [each for each in found.faults if each.words == "the answer is not repeatable"]
    assert fault.call.endswith("; two identical calls differ in 1 of 9 outputs")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda y, w: y + 1, "could be read with 1 subtracted and divided by 1"),
        (lambda y, w: 2 * y, "could be read with 0 subtracted and divided by 2"),
        (lambda y, w: -y, "could be read with 0 subtracted and divided by -1"),
        (lambda y, w: y / w[0, 0].size, "could be read with 0 subtracted and divided by 0.166667"),
        (lambda y, w: y**2, "explains it; the first call answers"),
        (lambda y, w: 0 * y, "explains it; the first call answers"),
        (lambda y, w: y / 0, "explains it; the first call answers"),
    ],
)
def test_a_factor_or_a_sum_that_hides_the_axes_is_told(change: Callable[..., np.ndarray], words: str) -> None:
    """Where kernels of one sample are not taken, whose products would measure it (`test_behind_sums.py`)."""

    def large(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        if w[0, 0].size == 1:
            raise ValueError("kernels of one sample are not taken")
        return change(refusing(x, w, s), w)

    assert words in card_of(large).unreadable


def test_a_fault_of_ones_own_program_is_a_case_file_too(tmp_path: Path) -> None:
    def swapped(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
        return refusing(x, w, s._replace(stride=s.stride[::-1], padding=[(0, 0), (0, 0)]))

    words = {"as it is": Word(None, "valid")}
    entry = replace(planted(swapped, words=words, explicit="no"), docs="")
    found = answered(card("own", "own", entry), called)
    path = tmp_path / "fault.yaml"
    path.write_text(next(fault.case for fault in found.faults if fault.case), encoding="utf-8")
    (case,) = load(path)
    assert case.settings["padding"] == ((0, 0), (0, 0))
    assert case.settings["stride"][0] != case.settings["stride"][1]


@pytest.mark.parametrize("after", [0, 10, 40])
@pytest.mark.parametrize(
    "spoilt",
    [lambda y: y[..., :0], lambda y: y[:0], lambda y: np.pad(y, 2), lambda y: y.astype(np.complex64)],
    ids=["empty", "no image", "larger", "complex"],
)
def test_answers_that_cannot_be_read_end_in_a_card(spoilt: Callable[[np.ndarray], np.ndarray], after: int) -> None:
    answers = itertools.count()

    def crooked(x: np.ndarray, w: np.ndarray, settings: Settings) -> np.ndarray:
        y = correlate(x, w, settings)
        return spoilt(y) if next(answers) >= after else y

    found = card_of(crooked)
    assert found.entry_point == "planted" and next(answers) > after


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Answered(np.zeros((1, 2)), 0.0), "answers with shape (1, 2)"),
        (Declined("no such thing"), "declines no such thing"),
        (Raised("TypeError", "no"), "raises TypeError: no"),
        (Died("exited with code 3\nand more"), "dies: exited with code 3"),
        (
            Broken("KeyError"),
            "is called by a worker that breaks: a fault of the harness's own worker, not of the system:",
        ),
    ],
)
def test_every_outcome_has_words(outcome: Outcome, words: str) -> None:
    assert in_words(outcome).startswith(words)
