"""What is said of a user's own program beside known functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import harness
from harness.operations.windowed import likeness
from harness.worker.entry import EntryPoint, Word, windowed


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


def said(reversal: list[bool], **padding: dict[str, Any]) -> list[str]:
    found = {"ranks": [2], "reversal": {2: reversal}, **{f"padding {name}": each for name, each in padding.items()}}
    return list(likeness.sentences(found, KNOWN))


def test_the_best_known_function_is_named_and_what_to_change_for_another():
    more, first = said([False, False], it=rule("valid"))
    assert first == "equals `torch.plain`; to match `theano.flips` reverse the kernel"
    assert more == "equal, too: `tensorflow.plain`"
    more, first = said([True, True], it=rule("valid"))
    assert first == "equals `theano.flips`; to match `torch.plain` reverse the kernel"


def test_a_padding_that_a_function_must_be_told_is_said():
    (first,) = said([False, False], it=rule("same_upper"))
    with_padding = "`tensorflow.plain` with padding 'SAME'", "`theano.flips` with padding 'SAME'"
    assert first == "equals {}; to match {} reverse the kernel".format(*with_padding)
    (first,) = said([True, True], it=rule("same_half", boundary="edge"))
    assert first == "equals `scipy.flips` with padding 'same', boundary 'near'"


@pytest.mark.parametrize("padding", [rule("causal"), rule("valid", exceptional=2), rule("valid", boundary="wrap")])
def test_nothing_is_called_equal_that_pads_otherwise(padding):
    (first,) = said([False, False], it=padding)
    assert first == "reads the kernel as `torch.plain` does; no function that is known here pads as it does"


def test_a_kernel_that_is_reversed_along_one_axis_equals_nothing():
    assert said([True, False], it=rule("valid")) == []


def flips(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return pytest.importorskip("scipy.signal").convolve2d(image, kernel, "valid")


def test_what_is_said_holds():
    """The claim, against the function itself."""
    card = harness.probe(flips)
    assert "`scipy.signal.convolve2d`" in " ".join(card.alike)
    harness.assert_same(flips, "scipy.signal.convolve2d", padding="valid")
    harness.assert_same(lambda x, w: flips(x, w[::-1, ::-1]), "scipy.signal.correlate2d", padding="valid")
