from __future__ import annotations

import json

import numpy as np
import pytest

from harness.backends import channels, child, opencv, tfjs
from harness.worker import blame
from harness.worker.entry import Settings

X, W = np.ones((1, 1, 4, 5)), np.ones((1, 2, 1, 2))
SAME = Settings((1, 1), (1, 1), "same")


def shrinking():
    """A function that gives one sample less each time it is called."""
    sizes = iter((2, 1))
    return lambda x, w: x[: next(sizes)]


def raised(function, *arguments):
    with pytest.raises(Exception) as caught:  # noqa: PT011 (whatever it is: who raised it is the question)
        function(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("function", "arguments", "own"),
    [
        (tfjs._call, ("conv2d", X.astype("float32"), W.astype("float32"), None), "AttributeError: 'NoneType' object"),
        (channels.over_channels, (shrinking(), X[0, :, :1], W[0, :, :1], 1), "ValueError: all input arrays must"),
        (child.Child, ([3],), "TypeError: expected str"),
        (opencv.filter2d.call, (X, W, SAME), "AttributeError: module"),
    ],
    ids=["a line of an adapter", "in NumPy's code", "in Python's library", "a name"],
)
def test_what_the_harness_s_own_code_raises_is_its_own_fault(monkeypatch, function, arguments, own):
    monkeypatch.setattr(opencv, "cv2", json, raising=False)
    told = blame.own_fault(raised(function, *arguments))
    assert told.startswith(own)
    assert "(backends/" in told
    assert told[told.rindex(", ") :].startswith(", line ")


def test_what_a_system_raises_is_the_system_s():
    def function():
        raise ArithmeticError("not in the mood")

    def marked():
        with blame.system():
            channels.over_channels(None, None, W, 1)

    assert blame.own_fault(raised(channels.over_channels, None, None, W, 1))
    assert blame.own_fault(raised(function)) == ""
    assert blame.own_fault(raised(marked)) == ""
    assert blame.own_fault(child.Failed("said by the program")) == ""


def test_an_exception_without_a_traceback_is_nobody_s():
    assert blame.own_fault(ValueError("never raised")) == ""
