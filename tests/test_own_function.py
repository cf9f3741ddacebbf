"""A user's own Python function: what its parameters are taken for, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate2d

import harness
from harness.backends import own_function
from harness.backends.own_function import NotUnderstood
from harness.worker.entry import Settings, Word
from harness.worker.loop import Declined

SETTINGS = Settings(stride=(2, 2), dilation=(1, 1), padding=((1, 1), (1, 1)), groups=3, bias=np.ones(2))
AS_IT_IS = {"as it is": Word(None, "valid")}


def told(function: Any, settings: Settings = SETTINGS, letters: str = "HW") -> dict[str, Any]:
    """What a function is called with, besides the arrays."""
    return own_function.call(function, own_function.parameters(function), letters, np.zeros(1), np.zeros(1), settings)


def of(names: str) -> Any:
    """A function with these parameters that gives what it is told."""
    made: dict[str, Any] = {}
    exec(f"def function(x, w, {names}):\n    told = dict(locals()); del told['x'], told['w']; return told", made)
    return made["function"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("stride", {"stride": 2}),
        ("strides=1", {"strides": 2}),
        ("subsample=(1, 1)", {"subsample": (2, 2)}),
        ("strides=[1, 1, 1, 1]", {"strides": [1, 2, 2, 1]}),
        ("pad=0", {"pad": 1}),
        ("padding=(0, 0)", {"padding": (1, 1)}),
        ("pads=((0, 0), (0, 0))", {"pads": ((1, 1), (1, 1))}),
        ("group=1, dilation_rate=1", {"group": 3, "dilation_rate": 1}),
        ("alpha=3", {"alpha": 3}),
        ("*rest, **more", {"rest": (), "more": {}}),
    ],
)
def test_usual_names_are_told_in_the_form_of_their_defaults(names: str, expected: dict[str, Any]) -> None:
    assert told(of(names), letters="NHWC" if "1, 1, 1" in names else "HW") == expected


def test_a_bias_is_passed_as_it_is() -> None:
    assert told(of("b=None"))["b"].tolist() == [1, 1]


def test_a_bias_that_is_needed_is_zero_where_none_is_asked_for() -> None:
    settings = SETTINGS._replace(bias=None)

    def call(names: str, kernel: str) -> Any:
        function, w = of(names), np.zeros((3, 4, 5, 6), "float32")
        parameters = own_function.parameters(function)
        return own_function.call(function, parameters, "HW", np.zeros(1), w, settings, kernel)["b"]

    assert (call("b", "HWIO").tolist(), call("b", "HWIO").dtype) == ([0] * 6, np.float32)
    assert call("b", "HW").tolist() == [0]
    assert call("b=None", "HWIO") is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("alpha", "needs the parameter 'alpha', which is not understood; understood are stride, dilation, padding"),
        ("pad_width=1", "has the parameter 'pad_width', which is not understood"),
        ("stride_h=1", "has the parameter 'stride_h'"),
        ("padding_mode='zeros'", "has the parameter 'padding_mode'"),
        ("data_format='NHWC'", "has the parameter 'data_format'"),
        ("pad=0, padding=0", "the parameters pad and padding both look like the padding; keep one"),
    ],
)
def test_what_cannot_be_told_is_refused_and_never_ignored(names: str, message: str) -> None:
    with pytest.raises(NotUnderstood, match=message):
        own_function.parameters(of(names))


@pytest.mark.parametrize("about", [{"bias": True}, {"groups": "any"}])
def test_what_is_declared_must_have_a_parameter(about: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood, match="is declared, and the function has no parameter for it"):
        own_function.demand(own_function.parameters(of("alpha=1")), about)
    own_function.demand(own_function.parameters(of("b=None, group=1")), about)


def test_what_is_left_at_its_default_is_said() -> None:
    def function(image: np.ndarray, kernel: np.ndarray, alpha: float = 1.0) -> np.ndarray:
        return np.array([[(image[i : i + 3, j : j + 3] * kernel).sum() for j in range(13)] for i in range(7)])

    assert own_function.parameters(function).rest == ("alpha",)
    assert harness.probe(function).note == "a program of the user's own; left at its default: alpha"


def test_numbers_that_differ_are_declined_where_the_default_is_one_number() -> None:
    with pytest.raises(Declined, match="takes one number for the stride"):
        told(of("stride=1"), SETTINGS._replace(stride=(1, 2)))


@pytest.mark.parametrize(
    ("names", "words", "explicit"),
    [
        ("alpha=1", AS_IT_IS, "no"),
        ("pad=0", AS_IT_IS, "one"),
        ("pad", {}, "one"),
        ("padding=(0, 0)", AS_IT_IS, "even"),
        ("pads=((0, 0), (0, 0))", AS_IT_IS, "uneven"),
    ],
)
def test_padding_by_numbers_is_that_of_the_default(names: str, words: dict[str, Word], explicit: str) -> None:
    taken = own_function.parameters(of(names))
    assert own_function.padding(taken, AS_IT_IS) == (words, explicit)


def test_words_for_a_padding_are_tried_in_the_letters_of_the_default() -> None:
    upper, _ = own_function.padding(own_function.parameters(of("padding='SAME'")), AS_IT_IS)
    assert {word: own.native for word, own in upper.items()} == {
        "as it is": None,
        "valid": "VALID",
        "same": "SAME",
        "full": "FULL",
    }
    declared = {"same": Word("S", "same_upper")}
    assert own_function.padding(own_function.parameters(of("mode='same'")), declared) == (declared, "no")


def words_only(image: np.ndarray, kernel: np.ndarray, border_mode: str = "valid") -> np.ndarray:
    signal = pytest.importorskip("scipy.signal")
    if border_mode == "same":
        raise KeyError(border_mode)
    return signal.correlate2d(image, kernel, border_mode)


def test_words_that_are_refused_are_none_of_the_function() -> None:
    found = harness.probe(words_only).conventions
    words = [name.removeprefix("padding ") for name in found if name.startswith("padding ")]
    assert words == ["as it is", "valid", "full"]
    assert set(found["kernel larger"]) == {"as it is", "valid", "full"}


@pytest.mark.parametrize(
    ("names", "said", "expected"),
    [
        ("pad=0, strides=1", {"padding": "valid", "stride": 2}, {"pad": 0, "strides": 2}),
        ("pad, stride", {"padding": "full", "stride": [1, 1]}, {"pad": 2, "stride": [1, 1]}),
        ("padding=(0, 0)", {"padding": "same"}, {"padding": (1, 1)}),
        ("padding=(0, 0)", {"padding": 3}, {"padding": (3, 3)}),
        ("pads=((0, 0), (0, 0))", {"padding": "same", "stride": 2}, {"pads": ((0, 1), (1, 1))}),
        ("mode='same'", {"padding": "full"}, {"mode": "full"}),
        ("padding='SAME'", {"padding": "valid"}, {"padding": "VALID"}),
        ("padding", {"padding": "same"}, {"padding": "same"}),
        ("padding='SAME'", {"padding": 1}, {"padding": 1}),
        ("strides=(1, 1, 1, 1)", {"stride": [1, 2]}, {"strides": (1, 1, 2, 1)}),
        ("stride=1, dilation=1", {}, {}),
    ],
)
def test_what_a_case_says_is_told_in_the_form_of_the_default(
    names: str, said: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Inputs of 8 x 9, kernels of 3 x 3."""
    letters = "NHWC" if "1, 1, 1" in names else "HW"
    assert own_function.stated(own_function.parameters(of(names)), said, letters, [(8, 3), (9, 3)]) == expected


@pytest.mark.parametrize(
    ("names", "said", "message"),
    [
        (
            "pad=0",
            {"padding": [[0, 1], [0, 1]]},
            r"both sides of the padding, .* \[\(0, 1\), \(0, 1\)\]",
        ),
        ("pad=(0, 0)", {"padding": "same", "stride": 2}, "one number for both sides of the padding"),
        ("stride=1", {"stride": [1, 2]}, r"one number for the stride, by its default; asked are \[1, 2\]"),
    ],
)
def test_what_a_default_has_no_form_for_is_refused(names: str, said: dict[str, Any], message: str) -> None:
    with pytest.raises(own_function.NotTaken, match=message):
        own_function.stated(own_function.parameters(of(names)), said, "HW", [(8, 3), (9, 3)])


def test_a_loop_that_takes_numbers_is_compared_where_words_are_said() -> None:
    def mine(x: np.ndarray, w: np.ndarray, pad: int = 0, strides: int = 1) -> np.ndarray:
        return correlate2d(np.pad(x, pad), w, "valid")[::strides, ::strides]

    for word in ("valid", "full", "same"):
        harness.assert_same(mine, "scipy.signal.correlate2d", padding=word)


def test_a_bias_that_is_needed_does_not_hide_the_order_of_the_axes() -> None:
    """It has as many numbers as there are output channels, whichever axis of the kernel these are."""

    def mine(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
        return np.einsum("nchwij,ocij->nohw", windows, w) + b.reshape(-1, 1, 1)

    assert harness.probe(mine).alike[-1].startswith("equals `torch.nn.functional.conv2d`; to match")
