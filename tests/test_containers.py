"""Arrays in lists, tuples and dictionaries of Python: one is read, several make a list or are told by name."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grammar import printouts
from harness.grammar.printouts import PrintoutError

ARRAY = "array([[1.5, 2.5],\n       [3.5, 4.5]], dtype=float32)"
TENSOR = "tensor([[1.5000, 2.5000],\n        [3.5000, 4.5000]])"
EAGER = f"<tf.Tensor: shape=(2, 2), dtype=float32, numpy=\n{ARRAY}>"
VARIABLE = f"<tf.Variable 'conv/kernel:0' shape=(2, 2) dtype=float32, numpy=\n{ARRAY}>"


@pytest.mark.parametrize("array", [ARRAY, TENSOR, EAGER, VARIABLE])
@pytest.mark.parametrize(
    "around",
    [
        "[{}]",
        "({},)",
        "{{'y': {}}}",
        "{{'y': {}, 'more': None}}",
        "OrderedDict([('conv.weight', {})])",
        "OrderedDict({{'conv.weight': {}}})",
        "dict_values([{}])",
        "Output(logits={}, hidden=None)",
        ">>> y\n[{}]\n>>> ",
    ],
)
def test_the_one_array_of_a_container_is_read(around: str, array: str) -> None:
    found = printouts.read(around.format(array))
    assert (found.values.tolist(), found.dtype) == ([[1.5, 2.5], [3.5, 4.5]], "float32")


@pytest.mark.parametrize(
    ("printed", "values"),
    [
        ("(1.5, 2.5)", [1.5, 2.5]),
        ("((1.5, 2.5), (3.5, 4.5))", [[1.5, 2.5], [3.5, 4.5]]),
        ("[(1.5, 2.5),\n (3.5, 4.5)]", [[1.5, 2.5], [3.5, 4.5]]),
        ("[(1.5,), (2.5,)]", [[1.5], [2.5]]),
        ('{"y": [[1.5, 2.5], [3.5, 4.5]]}', [[1.5, 2.5], [3.5, 4.5]]),
        ("masked_array(\n  data=[[1.5, --],\n        [3.5, 4.5]],\n  mask=[[False,  True],\n        [False, False]],\n"
         "  fill_value=1e+20)", [[1.5, None], [3.5, 4.5]]),
    ],
)  # fmt: skip
def test_tuples_and_lists_of_numbers(printed: str, values: list[Any]) -> None:
    np.testing.assert_array_equal(printouts.read(printed).values, np.array(values, float))


@given(values=st.lists(st.lists(st.floats(-99, 99, width=32), min_size=2, max_size=2), min_size=2, max_size=4))
def test_a_list_of_arrays_of_one_shape_is_the_array_that_numpy_makes_of_it(values: list[list[float]]) -> None:
    rows = [np.array(row, np.float32) for row in values]
    found = printouts.read(str(rows))
    assert found.dtype == "float32"
    assert (abs(found.values - np.array(values)) <= found.half_unit + 1e-6 * abs(np.array(values))).all()


@pytest.mark.parametrize(
    ("printed", "line", "column", "named"),
    [
        (f"({ARRAY}, array([0.5]))", 1, 2, "[0], [1]"),
        (f"[{ARRAY}, array([0.5])]", 1, 2, "[0], [1]"),
        (f"x\n\n{{'w': {ARRAY},\n 'b': array([0.5])}}", 3, 7, "w, b"),
        (
            f"OrderedDict([('a.weight', {TENSOR}), ('a.bias', tensor([0.5]))])",
            1,
            27,
            "a.weight, a.bias",
        ),
        (f"({ARRAY}, 0.35)", 1, 2, "[0], [1]"),
        ('{"shape": [2, 2], "data": [1.5, 2.5, 3.5, 4.5]}', 1, 11, "shape, data"),
        (f"({ARRAY}, {ARRAY})", 1, 2, "[0], [1]"),
    ],
)
def test_several_arrays_are_told_by_their_names(printed: str, line: int, column: int, named: str) -> None:
    """A tuple is several results of a function, whatever their shapes."""
    with pytest.raises(PrintoutError, match=re.escape(f"here, {named}; give one array at a time")) as raised:
        printouts.read(printed)
    assert (raised.value.line, raised.value.column) == (line, column)


@pytest.mark.parametrize(
    "printed",
    [
        f"[{ARRAY}",
        f"{{'y': {ARRAY[:20]}",
        f"[{ARRAY}] + 1",
        f"[{ARRAY}, x + 1]",
        "(1.5, 2.5), (3.5, 4.5)",
        "((1.5, 2.5), (3.5,))",
        "(1+2j, 3)",
        "[tensor(3.5)]",
        "{'y': ",
    ],
)
def test_what_is_cut_or_something_else_is_refused(printed: str) -> None:
    with pytest.raises(PrintoutError):
        printouts.read(printed)
