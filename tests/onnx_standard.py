"""The node tests of the ONNX standard, from the installed `onnx`: made once, as their modules run only once."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any


@cache
def nodes() -> dict[str, Any]:
    """The tests of one node by name, without those that write it out in other operators."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # overflows are among what they test
        tests = load_model_tests(kind="node")
    single = (each for each in tests if each.model is not None and len(each.model.graph.node) == 1)
    return {each.name.removeprefix("test_"): each for each in single}
