"""The table of conventions says what is declared, and the page in docs is up to date."""

from __future__ import annotations

from pathlib import Path

from harness.backends import scipy, tensorflow, torch
from harness.report import conventions

PAGE = Path(__file__).parent.parent / "docs" / "conventions.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == conventions.document(), (
        "run `python -m harness.report.conventions > docs/conventions.md`"
    )


def test_a_row_says_what_is_declared() -> None:
    declared = (torch.conv2d, tensorflow.conv2d, scipy.convolve2d)
    of_torch, of_tensorflow, of_scipy = (
        dict(zip(conventions.HEADS, row)) for row in conventions.rows(each.as_json() for each in declared)
    )
    same = "its word for `same`, and what that is"
    assert (of_torch["computes"], of_scipy["computes"]) == ("cross-correlation", "convolution")
    assert of_tensorflow["input, kernel, output"] == "NHWC, HWIO, NHWC"
    assert of_torch[same] == "same: odd sample on the high side, stride 1 only"
    assert of_tensorflow[same] == "SAME: odd sample on the high side"
    assert of_scipy[same] == "same: centre at k // 2"
    assert (of_torch["padding by numbers"], of_scipy["padding by numbers"]) == ("the same on both sides", "no")
    assert of_scipy["boundaries"] == "zero, wrap, symmetric"
