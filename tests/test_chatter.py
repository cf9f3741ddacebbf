"""What programs and people write in the lines before an array is passed over, and numbers in it are not."""

from __future__ import annotations

import contextlib

import pytest

from harness.grammar import printouts
from harness.grammar.printouts import PrintoutError

ARRAYS = ["[[1.5 2.5]\n [3.5 4.5]]", "tensor([[1.5000, 2.5000],\n        [3.5000, 4.5000]])", "1.5 2.5\n3.5 4.5"]
BEFORE = [
    "[I 10:00:00.123 NotebookApp] Saving file at /a.ipynb",
    "[W 2026-01-01 10:00:00.123 ServerApp] 404 GET /api/me (127.0.0.1) 3.25ms",
    "2026-01-01 10:00:00.000000: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is "
    "optimized to use available CPU instructions in performance-critical operations.\nTo enable the following "
    "instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate compiler flags.",
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    "I0000 00:00:1712345678.123456   12345 gpu_device.cc:2344] Cannot dlopen some GPU libraries.",
    "WARNING:tensorflow:From x.py:3: foo (from bar) is deprecated and to be removed.\n"
    "Instructions for updating:\nUse bar in its place.",
    "/usr/lib/python3/foo.py:12: UserWarning: 3 of 4 are bad\n  warnings.warn('x')",
    "1/1 [==============================] - 0s 80ms/step",
    "1/1 ━━━━━━━━━━━━━━━━━━━━ 0s 25ms/step",
    "\x1b[1m1/1\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m0s\x1b[0m 25ms/step",
    "100%|██████████| 8/8 [00:00<00:00, 12.50it/s]",
    "Here is what it gives",
]


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("before", BEFORE)
def test_lines_before_an_array_are_passed_over(before: str, array: str) -> None:
    assert printouts.read(f"{before}\n{array}").values.tolist() == [[1.5, 2.5], [3.5, 4.5]]


@pytest.mark.parametrize("array", ARRAYS[:2])
@pytest.mark.parametrize(
    "words", ["y ", "y is ", "the output of conv1, ", "y (2, 2) ", "y torch.Size([2, 2]) ", "$1 = "]
)
def test_words_before_an_array_in_its_line_are_passed_over(words: str, array: str) -> None:
    assert printouts.read(words + array).values.tolist() == [[1.5, 2.5], [3.5, 4.5]]


@pytest.mark.parametrize("behind", ["(2, 2)", "torch.Size([2, 2])", "y.shape: (2, 2)"])
def test_a_shape_behind_an_array_must_be_its_own(behind: str) -> None:
    assert printouts.read(f"{ARRAYS[0]}\n{behind}").values.shape == (2, 2)
    with pytest.raises(PrintoutError, match=r"the text says that the shape is \[2, 3\]"):
        printouts.read(f"{ARRAYS[0]}\n{behind}".replace("2, 2)", "2, 3)").replace("[2, 2]", "[2, 3]"))


def test_a_shape_before_an_array_in_its_line_must_be_its_own() -> None:
    with pytest.raises(PrintoutError, match=r"the text says that the shape is \[3, 2\]"):
        printouts.read(f"y (3, 2) {ARRAYS[0]}")


@pytest.mark.parametrize(
    "text",
    [
        "INFO: y 7.5\n1.5 2.5\n3.5 4.5",
        "the first is 7.5\n1.5 2.5\n3.5 4.5",
        "nan inf\n1.5 2.5\n3.5 4.5",
        "NA NA\n1.5 2.5\n3.5 4.5",
        "INFO:root:7.5 8.5\n1.5 2.5\n3.5 4.5",
        "r1 7.5 8.5\nr2 1.5 2.5\nr3 3.5 4.5",
        "a b\n1 1.5 2.5\n2 3.5 4.5",
        "see [7.5, 8.5] and\n[[1.5, 2.5], [3.5, 4.5]]",
        "[[1.5, 2.5], [3.5, 4.5]]\nloss: 0.35",
    ],
)
def test_numbers_are_not_passed_over(text: str) -> None:
    with contextlib.suppress(PrintoutError):
        assert printouts.read(text).values.size > 4
