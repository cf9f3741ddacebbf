"""A program that computes for an adapter: what it answers, what its system refused, and what is its own fault."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from harness.backends.child import Child, Failed
from harness.worker.blame import own_fault

PROGRAM = """
import os, sys
x, w, y = os.environ["HARNESS_FILES"].split()
print("2.0", flush=True)
for line in sys.stdin:
    if line == "double\\n":
        with open(x, "rb") as given, open(y, "wb") as file:
            file.write(given.read() * 2)
        print("float32 2 3", flush=True)
    else:
        print(line, end="", flush=True)
"""
X = np.arange(3, dtype=np.float32)


@pytest.fixture
def child():
    made = Child([sys.executable, "-c", PROGRAM])
    assert made.first_line() == "2.0"
    yield made
    made.process.kill()
    made.process.wait()


def test_an_array_comes_back_as_the_program_left_it(child):
    np.testing.assert_array_equal(child.ask("double", X, X, "C"), np.stack([X, X]))


@pytest.mark.parametrize(
    ("answer", "own"),
    [
        ("error: no kernel of this size", False),
        ("fault: x is not defined", True),
        ("float32 -2 3", False),
    ],
)
def test_what_a_system_refuses_is_its_own_and_a_fault_of_the_program_is_the_harness_s(child, answer, own):
    with pytest.raises(Exception, match=r".") as told:
        child.ask(answer, X, X, "C")
    assert (own_fault(told.value) != "") is own
    assert isinstance(told.value, Failed) is not own
    if own:
        assert own_fault(told.value).startswith("Stumbled: x is not defined (backends/child.py, line ")
    np.testing.assert_array_equal(child.ask("double", X, X, "C"), np.stack([X, X]))  # the next one is answered
