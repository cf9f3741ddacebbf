"""A user's own function of tensors: which arrays it takes is read of its annotations, or found by trying."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any, Optional

import numpy as np
import pytest

import harness
from harness.backends import own_arrays
from harness.backends.own_arrays import NotInstalled, adapted
from tests.test_limits import correlate


class Tensor:
    """Of a framework that takes nothing else."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def sum_with(self, other: Tensor) -> Tensor:
        return Tensor(self.values + other.values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.values, dtype)


@pytest.fixture(autouse=True)
def framework(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("framework")
    module.Tensor, module.tensor = Tensor, Tensor
    monkeypatch.setitem(sys.modules, "framework", module)
    monkeypatch.setattr(own_arrays, "MADE_BY", {"numpy": "array", "framework": "tensor", "absent_framework": "tensor"})
    monkeypatch.setattr(Tensor, "__module__", "framework")
    return module


X, W = np.arange(6.0).reshape(2, 3), np.ones((2, 3))


def by_name(x: framework.Tensor, w: Any) -> Any:  # type: ignore[valid-type]
    return x.sum_with(w)


def perhaps(x: Any, w: Optional[Tensor] = None) -> Any:  # noqa: UP045 - as people write it
    return x.sum_with(w)


def unsaid(x, w):  # type: ignore[no-untyped-def]
    return x.sum_with(w)


@pytest.mark.parametrize("function", [by_name, perhaps, unsaid])
def test_a_function_is_given_what_it_takes_and_gives_an_array(function: Callable[..., Any]) -> None:
    call = adapted(function)
    for _ in range(2):
        found = call(X, W)
        assert isinstance(found, np.ndarray)
        np.testing.assert_array_equal(found, X + 1)


def test_told_arrays_are_tensors_too_and_a_function_may_write_into_what_it_is_given() -> None:
    def function(x: Tensor, w: Tensor, bias: Any = None) -> Any:
        x.values[:] = 0
        return x.sum_with(w).sum_with(bias)

    before = X.copy()
    np.testing.assert_array_equal(adapted(function)(X, W, bias=W), W + 1)
    np.testing.assert_array_equal(X, before)


def test_a_function_that_took_arrays_of_numpy_is_given_nothing_else() -> None:
    given: list[type] = []

    def function(x: Any, w: Any) -> Any:
        given.append(type(x))
        if x.shape != w.shape:
            raise TypeError("other shapes")
        return x + w

    call = adapted(function)
    call(X, W)
    with pytest.raises(TypeError, match="other shapes"):
        call(X, W[:1])
    assert given == [np.ndarray, np.ndarray]


def test_what_a_function_raises_for_its_own_arrays_is_raised() -> None:
    def function(x: Any, w: Any) -> Any:
        if x.sum_with(w).values.size > 1:
            raise RuntimeError("too large")

    with pytest.raises(RuntimeError, match="too large"):
        adapted(function)(X, W)


def test_what_takes_no_arrays_raises_what_it_raises_for_those_of_numpy() -> None:
    with pytest.raises(AttributeError, match=r"ndarray.*no attribute 'absent'"):
        adapted(lambda x, w: x.absent)(X, W)


def test_a_package_that_is_not_here_is_named() -> None:
    def function(x: "absent_framework.Tensor", w: Any) -> Any:  # type: ignore[name-defined]  # noqa: F821, UP037
        return x

    with pytest.raises(NotInstalled, match="takes arrays of absent_framework, which cannot be imported"):
        harness.probe(function)


def of_torch(torch: Any) -> Callable[..., Any]:
    return lambda x, w: torch.nn.functional.conv2d(x[None, None], w[None, None])[0, 0].requires_grad_()


def of_jax(jax: Any) -> Callable[..., Any]:
    return lambda x, w: jax.scipy.signal.correlate2d(x.at[0].add(0), w, "valid")


def of_tensorflow(tensorflow: Any) -> Callable[..., Any]:
    def function(x: Any, w: Any) -> Any:
        planes = tensorflow.reshape(x, (1, *x.get_shape(), 1)), tensorflow.reshape(w, (*w.get_shape(), 1, 1))
        return tensorflow.nn.conv2d(*planes, 1, "VALID")[0, :, :, 0]

    return function


@pytest.mark.parametrize("made", [of_torch, of_jax, of_tensorflow])
def test_functions_of_real_frameworks(made: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    name = made.__name__.removeprefix("of_")
    x, w = np.arange(42, dtype="float32").reshape(6, 7) % 5, np.arange(6, dtype="float32").reshape(2, 3)
    function = made(pytest.importorskip(name))
    importlib.import_module({"jax": "jax.scipy.signal"}.get(name, name))
    np.testing.assert_array_equal(adapted(function)(x, w), correlate(x, w))


def test_a_function_of_tensors_is_probed_and_held_against_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    torch = pytest.importorskip("torch")

    def mine(x: torch.Tensor, w: torch.Tensor, stride: int = 1) -> torch.Tensor:  # type: ignore[name-defined]
        return torch.nn.functional.conv2d(x, w, stride=stride)

    card = harness.probe(mine)
    assert card.conventions["input"] == {2: "NCHW"}
    assert card.alike[-1].startswith("equals `torch.nn.functional.conv2d`; to match `theano")
    harness.assert_same(mine, lambda x, w: mine(x, w.contiguous()))
    with pytest.raises(AssertionError, match="reverse_kernel"):
        harness.assert_same(mine, lambda x, w: mine(x, w.flip(2, 3)))
