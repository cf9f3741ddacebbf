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
from harness.operations.windowed.probes import padding_rules
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


@pytest.mark.parametrize("padding", [rule("causal", exceptional=1), rule("valid", exceptional=2)])
def test_nothing_is_called_equal_that_pads_otherwise(padding):
    (first,) = said([False, False], it=padding)
    assert first == "reads the kernel as `torch.plain` does; no function that is known here pads as it does"


@pytest.mark.parametrize(
    ("reversal", "first", "second"), [([True, False], "H", "W"), ([False, True], "W", "H")], ids=["along H", "along W"]
)
def test_a_kernel_that_is_reversed_along_one_axis_equals_nothing_as_it_is(reversal, first, second):
    more, last = said(reversal, it=rule("valid"))
    one, other = f"`torch.plain` reverse the kernel along {first}", f"`theano.flips` reverse the kernel along {second}"
    assert last == f"to match {one}; to match {other}"
    assert more == f"equal once the kernel is reversed along {first}: `tensorflow.plain`"


def along(*rules: str) -> dict[str, Any]:
    each = [{"rule": name, "formula": padding_rules.OF_AXIS[name][1], "fits": [name]} for name in rules]
    return {**rule(), "along": each}


@pytest.mark.parametrize(
    ("padding", "words"),
    [
        ({**rule("causal"), "rule": "causal"}, "(e - 1, 0) (before, behind, e the size of the kernel)"),
        (along("valid", "(0, -1)"), "(0, 0) along H and (0, -1) along W (before, behind, below zero cropped)"),
        (along("(0, 1)", "(0, 1)"), "(0, 1) (before, behind)"),
        ({**rule("causal", boundary="edge"), "rule": "causal"}, "(e - 1, 0) with boundary edge (before, behind, e the"),
    ],
)
def test_a_padding_that_no_function_has_is_said_as_the_input_that_they_need(padding, words):
    more, last = said([False, False], it=padding)
    assert last.startswith(f"equals `torch.plain` of an input that is padded by {words}")
    assert last.endswith("; to match `theano.flips` reverse the kernel")
    assert more == "equal of an input so padded, too: `tensorflow.plain`"


ODD = {
    "along H": (lambda x, k: correlate(x, k[::-1]), lambda x, k: (x, k[::-1])),
    "along W, transposed": (lambda x, k: correlate(x, k[:, ::-1].T), lambda x, k: (x, k.T[::-1])),
    "before": (lambda x, k: correlate(np.pad(x, [(n - 1, 0) for n in k.shape]), k), None),
    "before, along W": (lambda x, k: correlate(np.pad(x, [(0, 0), (k.shape[1] - 1, 0)]), k), None),
    "uneven": (lambda x, k: correlate(np.pad(x, [(0, 1), (2, 1)]), k), None),
    "too short": (lambda x, k: correlate(x, k)[:-1, :-1], lambda x, k: (x[:-1, :-1], k)),
    "cropped": (lambda x, k: correlate(x, k)[1:-1, 1:-1], lambda x, k: (x[1:-1, 1:-1], k)),
}
SAYS = {
    "along H": "to match `torch.nn.functional.conv2d` reverse the kernel along H",
    "along W, transposed": "to match `torch.nn.functional.conv2d` reverse the kernel along H",
    "before": "equals `torch.nn.functional.conv2d` of an input that is padded by (e - 1, 0) (before",
    "before, along W": "equals `torch.nn.functional.conv2d` of an input that is padded by (0, 0) along H and (e - ",
    "uneven": "equals `torch.nn.functional.conv2d` of an input that is padded by (0, 1) along H and (2, 1) along W (",
    "too short": "equals `torch.nn.functional.conv2d` of an input that is padded by (0, -1) (before, behind, below",
    "cropped": "equals `torch.nn.functional.conv2d` of an input that is padded by (-1, -1) (before, behind, below",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_to_be_changed_is_said_of_each_odd_function_and_holds(name):
    function, change = ODD[name]
    card = harness.probe(function)
    assert card.alike[-1].startswith(SAYS[name])
    assert "takes" not in card.conventions
    if change:  # the claim itself
        x, k = np.arange(63.0).reshape(7, 9) % 11, np.arange(6.0).reshape(2, 3)
        np.testing.assert_array_equal(correlate(*change(x, k)), function(x, k))


def test_axes_in_another_order_than_a_functions_are_said_with_its_name():
    def channels_last(x: np.ndarray, k: np.ndarray) -> np.ndarray:
        view = np.lib.stride_tricks.sliding_window_view(x, k.shape[:2], (1, 2))
        return np.einsum("nijcab,abco->nijo", view, k)

    card = harness.probe(channels_last, layout="NHWC,HWIO,NHWC")
    own = "with the axes as NCHW,OIHW,NCHW"
    assert card.alike[-1] == (
        f"equals `torch.nn.functional.conv2d` {own}; to match `theano.tensor.nnet.conv2d` {own} reverse the kernel"
    )
    assert card.alike[0].startswith("equal, too, by their own axes: `tensorflow.nn.conv2d`")


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
