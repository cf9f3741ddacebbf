"""The arrays that a user's own function takes: NumPy's, or tensors of the framework that it computes with.

The annotations of its first parameters say it, or else it is found by trying: NumPy's arrays first, then tensors of
frameworks that are imported by then.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import typing
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import numpy as np

NUMPY = "numpy"
MADE_BY: Mapping[str, str] = {NUMPY: "array", "torch": "tensor", "tensorflow": "constant", "jax": "numpy.array"}
"""Package -> its function that makes what it computes with, of an array of NumPy."""
SHORT = {"np": NUMPY, "tf": "tensorflow", "jnp": "jax"}
"""Usual names of packages in annotations."""
NOT_TAKEN = (TypeError, AttributeError)
"""What a function raises for arrays of another package."""


class NotInstalled(ImportError):
    """A function takes tensors of a package that is not here."""


def adapted(function: Callable[..., Any], arrays: int = 2) -> Callable[..., np.ndarray]:
    """The function for arrays of NumPy, which it is given as it takes them; what it returns comes as an array.

    arrays: how many of its first parameters are arrays. Raises NotInstalled where their annotations name a package
    that is not here.
    """
    stated = _annotated(function, arrays)
    known: List[str] = [stated] if stated else []
    if stated:
        _package(stated)

    def call(*given: Any, **told: Any) -> np.ndarray:
        if known:
            return values_of(_called(function, known[0], given, told))
        found, result = _tried(function, given, told)
        known.append(found)
        return values_of(result)

    return call


def values_of(given: Any) -> np.ndarray:
    """The array of what somebody has; of PyTorch's tensor that is trained, its values."""
    return np.asarray(given.detach().cpu() if hasattr(given, "detach") else given)


def _tried(function: Callable[..., Any], given: Tuple[Any, ...], told: Dict[str, Any]) -> Tuple[str, Any]:
    """The package whose arrays a function takes, and what it gives. Raises what it raises, if it takes none."""
    refused: Optional[Exception] = None
    try:
        return NUMPY, _called(function, NUMPY, given, told)
    except NOT_TAKEN as error:
        refused = error
    for package in (each for each in MADE_BY if each != NUMPY and each in sys.modules):
        try:
            return package, _called(function, package, given, told)
        except NOT_TAKEN:
            continue
    raise refused


def _called(function: Callable[..., Any], package: str, given: Tuple[Any, ...], told: Dict[str, Any]) -> Any:
    """What it gives for arrays of a package, which are its own: it may write into them."""
    make = _maker(package)

    def as_taken(value: Any) -> Any:
        return make(np.array(value, order="C")) if isinstance(value, np.ndarray) else value

    return function(*map(as_taken, given), **{name: as_taken(value) for name, value in told.items()})


def _maker(package: str) -> Callable[[np.ndarray], Any]:
    found: Any = _package(package)
    *modules, name = MADE_BY[package].split(".")
    for module in modules:
        found = importlib.import_module("%s.%s" % (package, module))
    made: Callable[[np.ndarray], Any] = getattr(found, name)
    return made


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise NotInstalled(
            "the function takes arrays of %s, which cannot be imported: %s; install it here, or annotate the arrays "
            "that it takes otherwise" % (name, error)
        ) from None


def _annotated(function: Callable[..., Any], arrays: int) -> str:
    """The package that the annotations of its first parameters name, "" for none."""
    try:
        given = list(inspect.signature(function).parameters.values())[:arrays]
    except ValueError:  # compiled code says nothing of its parameters
        return ""
    try:
        resolved = typing.get_type_hints(function)
    except Exception:  # names that are imported for type checkers only, or whatever else stands there
        resolved = {}
    said = [_words(resolved.get(each.name, each.annotation)) for each in given]
    named = [SHORT.get(word, word) for words in said for word in re.findall(r"[A-Za-z_]\w*(?=\.)", words)]
    return next((package for package in named if package in MADE_BY), "")


def _words(annotation: Any) -> str:
    """An annotation as it is written: `torch.Tensor`."""
    if isinstance(annotation, type) and annotation is not inspect.Parameter.empty:
        return "%s.%s" % (annotation.__module__, annotation.__qualname__)
    return str(annotation)
