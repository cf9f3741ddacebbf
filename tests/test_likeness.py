"""What is said of a user's own program beside known functions."""

from __future__ import annotations

import importlib
import inspect
import operator
from typing import Any

import numpy as np
import pytest

import harness
from harness.operations.card import Card
from harness.operations.windowed import likeness
from harness.worker.entry import EntryPoint, Word, windowed
from tests.test_limits import correlate


def entry(name: str, reversal: bool, **takes: Any) -> EntryPoint:
    return windowed(name, (2,), reversal=reversal, **takes)


VALID = {"valid": Word("VALID", "valid"), "same": Word("SAME", "same_upper")}
KNOWN = [
    entry("scipy.flips", True, words={"same": Word("same", "same_half")}, boundaries={"zero": "fill", "edge": "near"}),
    entry("torch.plain", False, explicit="even"),
    entry("tensorflow.plain", False, words=VALID),
    entry("theano.flips", True, words=VALID),
    entry("torch.depthwise", False, words=VALID, groups="depthwise"),
]


def rule(*fits: str, exceptional: int = 0, boundary: str = "zero") -> dict[str, Any]:
    return {"fits": list(fits), "exceptional": exceptional, "boundary": boundary}


def said(reversal: list[bool], moved: dict[str, list[str]] | None = None, **padding: dict[str, Any]) -> list[str]:
    found = {"ranks": [2], "reversal": {2: reversal}, **{f"padding {name}": each for name, each in padding.items()}}
    return list(likeness.sentences(Card("own", "own", "1", {**found, "moved": moved or {}, "dtypes": {}}), KNOWN))


def test_the_best_known_function_is_named_and_what_to_change_for_another():
    more, first = said([False, False], it=rule("valid"))
    assert first == "equals `torch.plain`; to match `theano.flips` reverse the kernel"
    assert more == "equal, too: `tensorflow.plain`"
    more, first = said([True, True], it=rule("valid"))
    assert first == "equals `theano.flips`; to match `torch.plain` reverse the kernel"


def test_a_padding_that_a_function_must_be_told_is_said():
    (first,) = said([False, False], it=rule("same_upper"))
    with_padding = '`tensorflow.plain` with padding="SAME"', '`theano.flips` with padding="SAME"'
    assert first == "equals {}; to match {} reverse the kernel".format(*with_padding)
    (first,) = said([True, True], it=rule("same_half", boundary="edge"))
    assert first == 'equals `scipy.flips` with padding="same", boundary="near"'


ALWAYS_SAME = {"same": Word(None, "same_upper")}
MIRRORS = entry(
    "scipy.mirrors", False, words=ALWAYS_SAME, boundaries={"zero": "constant", "reflect": "mirror"},
    keywords={"boundary": "mode=mirror"},
)  # fmt: skip
FULL = entry("scipy.full", False, words=VALID, keywords={"padding": "shape=full"})


@pytest.mark.parametrize(
    ("of", "padding", "words"),
    [
        (MIRRORS, rule("same_upper"), 'equals `scipy.mirrors` with mode="constant"'),
        (MIRRORS, rule("same_upper", boundary="reflect"), "equals `scipy.mirrors`"),
        (FULL, rule("valid"), 'equals `scipy.full` with shape="VALID"'),
        (FULL, rule("same_upper"), 'equals `scipy.full` with shape="SAME"'),
    ],
)
def test_what_a_function_does_otherwise_by_itself_is_said_with_its_keyword(of, padding, words, monkeypatch):
    monkeypatch.setitem(globals(), "KNOWN", [of])
    assert said([False, False], it=padding) == [words]


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        ({"kernel": ["HW", "WH"]}, "once the axes of the kernel (HW to WH) are exchanged; "),
        ({"kernel": ["HW", "WH"], "output": ["HW", "WH"]}, "of the kernel (HW to WH) and of the output (HW to WH) are"),
    ],
)
def test_axes_in_another_order_than_was_said_are_to_be_exchanged(moved, words):
    more, first = said([False, False], moved, it=rule("valid"))
    assert words in first
    assert first.startswith("equals `torch.plain` once the axes of the kernel")
    assert more == "then equal, too: `tensorflow.plain`"


@pytest.mark.parametrize("name", ["numpy", "scipy"])
def test_what_functions_do_by_themselves_is_what_their_signatures_say(name):
    package = pytest.importorskip(name)
    for each in importlib.import_module(f"harness.backends.{name}").ENTRY_POINTS:
        if each.operation != "convolution":
            continue
        importlib.import_module(each.name.rpartition(".")[0])
        signature = inspect.signature(operator.attrgetter(each.name.partition(".")[2])(package))
        for keyword, _, word in (said.partition("=") for said in each.takes.keywords.values()):
            assert signature.parameters[keyword].default == word


@pytest.mark.parametrize("padding", [rule("causal"), rule("valid", exceptional=2), rule("valid", boundary="wrap")])
def test_nothing_is_called_equal_that_pads_otherwise(padding):
    (first,) = said([False, False], it=padding)
    assert first == "reads the kernel as `torch.plain` does; no function that is known here pads as it does"


def test_a_kernel_that_is_reversed_along_one_axis_equals_nothing():
    assert said([True, False], it=rule("valid")) == []


def flips(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return pytest.importorskip("scipy.signal").convolve2d(image, kernel, "valid")


@pytest.mark.parametrize(
    ("function", "role"),
    [(lambda x, k: correlate(x, k.T), "kernel"), (lambda x, k: correlate(x, k).T, "output")],
)
def test_a_transposed_array_of_a_function_is_said_in_the_last_line(function, role):
    card = harness.probe(function)
    assert card.alike[-1].startswith(f"equals `torch.nn.functional.conv2d` once the axes of the {role} (HW to WH) are")


def test_a_function_that_pads_zeros_is_beside_scipys_own_border_by_its_keyword():
    """`scipy.ndimage` reflects where nothing is said."""
    card = harness.probe(lambda x, k: correlate(np.pad(x, [((n - 1) // 2, n // 2) for n in k.shape]), k))
    assert card.alike[-1] == (
        'equals `torch.nn.functional.conv2d` with padding="same"; '
        'to match `scipy.ndimage.convolve` with mode="constant" reverse the kernel'
    )


def padded_by(number: int) -> Any:
    return lambda x, k: correlate(np.pad(x, number), k)


@pytest.mark.parametrize("number", [1, 2])
def test_a_padding_by_a_number_is_no_padding_that_nobody_has(number):
    card = harness.probe(padded_by(number))
    assert card.conventions["padding as it is"]["rule"] == f"by_{number}"
    words = f"with a padding of {number} on every side"
    assert card.alike[-1].startswith(
        f"equals `torch.nn.functional.conv2d` {words}; to match `theano.tensor.nnet.conv2d`"
    )


def test_beside_a_stride_only_what_takes_one_is_named():
    """PyTorch's word for the padding has none."""

    def same(x: np.ndarray, k: np.ndarray, stride: int = 1) -> np.ndarray:
        totals = [max((-(-n // stride) - 1) * stride + m - n, 0) for n, m in zip(x.shape, k.shape)]
        return correlate(np.pad(x, [(each // 2, each - each // 2) for each in totals]), k)[::stride, ::stride]

    last = harness.probe(same).alike[-1]
    assert last.startswith('equals `tensorflow.nn.conv2d` with padding="SAME"')
    assert "`torch" not in last and "scipy" not in last


def test_a_stride_that_a_function_has_by_itself_is_noted():
    card = harness.probe(lambda x, k, stride=2: correlate(x, k)[::stride, ::stride])
    assert card.note.endswith("where by itself it has stride 2")


def test_what_is_said_holds():
    """The claim, against the function itself."""
    card = harness.probe(flips)
    assert "`scipy.signal.convolve2d`" in " ".join(card.alike)
    harness.assert_same(flips, "scipy.signal.convolve2d", padding="valid")
    harness.assert_same(lambda x, w: flips(x, w[::-1, ::-1]), "scipy.signal.correlate2d", padding="valid")


def test_a_word_that_is_refused_beside_a_stride_is_not_named():
    """Where numbers say the same padding, these are named."""
    words = {"same": Word("same", "same_upper", strided=False)}
    known = [entry("torch.plain", False, explicit="even", words=words)]
    rules = rule("same_upper", "by_1")
    found = {"ranks": [2], "reversal": {2: [False, False]}, "padding it": rules, "dtypes": {}}
    plain, strided = (
        list(likeness.sentences(Card("own", "own", "1", {**found, **more}), known)) for more in ({}, {"strided": True})
    )
    assert plain == ['equals `torch.plain` with padding="same"']
    assert strided == ["equals `torch.plain` with a padding of 1 on every side"]
