"""Orders of elements are known once, however alike they look at the places that are looked at."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from harness.case.read import load
from harness.judge.verdict import Judge
from harness.operations.by_settings.orders import LOOKED_AT, Orders
from harness.operations.followed import searching

SMALL, LARGE = np.arange(24).reshape(2, 3, 4), np.arange(40 * 50 * 60).reshape(40, 50, 60)


@pytest.mark.parametrize("numbered", [SMALL, LARGE])
def test_each_order_is_new_once(numbered: np.ndarray) -> None:
    known = Orders()
    orders = [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)]
    assert [known.add(partial(np.transpose, numbered, each)) for each in orders] == [True] * 4
    assert [known.add(partial(np.transpose, numbered, each)) for each in orders] == [False] * 4


def test_axes_of_one_element_make_no_order_and_shapes_do() -> None:
    known = Orders()
    assert known.add(lambda: np.arange(6).reshape(1, 6, 1))
    assert not known.add(lambda: np.arange(6).reshape(1, 6, 1).transpose(2, 1, 0))
    assert known.add(lambda: np.arange(6).reshape(6, 1, 1))
    assert known.add(lambda: np.arange(0).reshape(0, 2))
    assert not known.add(lambda: np.arange(0).reshape(0, 2))


def test_orders_that_differ_where_nobody_looks_are_two() -> None:
    size = 100 * LOOKED_AT
    looked = set(np.random.default_rng(0).integers(0, size, LOOKED_AT).tolist())
    one, other = [each for each in range(size) if each not in looked][:2]
    exchanged = np.arange(size)
    exchanged[[one, other]] = exchanged[[other, one]]
    known = Orders()
    assert [known.add(lambda: np.arange(size)), known.add(lambda: exchanged), known.add(lambda: exchanged)] == [
        True,
        True,
        False,
    ]


def test_an_output_that_is_far_larger_than_what_was_seen_is_not_looked_at(tmp_path) -> None:
    """Samples that are taken for images would each be resized: of a million numbers that fills the memory."""
    np.save(tmp_path / "x.npy", np.zeros((1, 1, 3000, 4)))
    (tmp_path / "case.yaml").write_text(
        "title: t\noperation: resize\nsize: [2000, 4]\ninterpolation: linear\n"
        "input: {layout: NCHW, file: x.npy}\nrecorded: [{system: s, origin: o, layout: NCHW, file: x.npy}]\n"
    )
    judge = Judge(next(load(tmp_path / "case.yaml")))
    question = judge.question(judge.observe(judge.case.recorded[0]))
    shapes = {each.form.output_shape for each in searching(judge.case).Search(question, 3)._bases}
    assert shapes == {(1, 1, 2000, 4), (4, 1, 2000, 4), (1, 4, 2000, 4)}
