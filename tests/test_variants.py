"""Variants of input and kernel: made once for all bases, and left out, with a word, where they would be too large."""

from __future__ import annotations

import pytest

from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.windowed import search
from harness.operations.windowed.search import variants
from harness.operations.windowed.search.question import Question
from tests.test_explain import convolution, planted


def question() -> Question:
    conv = convolution(2)
    return Question(conv, planted(conv, (ReverseKernel((0, 1)),)), 0.25)


def test_all_bases_of_one_shape_share_the_variants_of_input_and_kernel():
    first, *others = search.Search(question())._sides
    assert others
    for side in others:
        if side.conv.x.shape == first.conv.x.shape:
            assert all(a.index is b.index for a, b in zip(side.batches, first.batches, strict=True))
        if side.conv.window == first.conv.window:
            assert side.shelves is first.shelves


@pytest.mark.parametrize("looked_at", [1, 2, 5])
def test_variants_of_a_large_input_are_looked_at_likeliest_first(monkeypatch, looked_at):
    asked = question()
    every, whole = variants.inputs(asked, asked.form, 3)
    assert (every[0].transforms, whole) == ((), 3)
    monkeypatch.setattr(variants, "LARGE_INPUTS", looked_at * asked.form.x.size)
    some, whole = variants.inputs(asked, asked.form, 3)
    assert whole == 0
    assert [each.transforms for each in some] == [each.transforms for each in every[: len(some)]]
    assert 0 < len(some) <= looked_at


def test_a_search_without_some_variants_says_so(monkeypatch):
    monkeypatch.setattr(variants, "LARGE", 50)
    searched = search.Search(question())
    assert [ReverseKernel((0, 1))] in [list(each) for each in search.explanations(searched)]
    assert searched.whole == 0
