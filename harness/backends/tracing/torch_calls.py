"""Calls of PyTorch: their names, and their arguments by name, whichever way they were made."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Dict, Iterator, Mapping, Sequence

if TYPE_CHECKING:
    pass

RENAMED = {"self": "input"}
ATTRIBUTE = "__get__"
TURNED = ("T", "mT", "H", "mH")
"""Attributes that are other tensors than the one that has them."""


def name_of(function: Any) -> str:
    """The last name of a function, without the mark of those that work in place: `relu` of `Tensor.relu_`."""
    name = str(getattr(function, "_opname", "") or getattr(function, "__name__", function))
    if name == ATTRIBUTE and function.__self__.__name__ in TURNED:
        return "transpose"
    if name.startswith("__"):
        return name.strip("_")
    return name.rstrip("_").lstrip("_")


def native(function: Any) -> str:
    """The function as its users know it."""
    if hasattr(function, "_opname"):
        return "torch.ops.%s" % str(function)
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", str(function))
    return "%s.%s" % ({None: "torch.Tensor", "torch._C._nn": "torch.nn.functional"}.get(module, module), name)


def arguments(function: Any, args: Sequence[Any], given: Mapping[str, Any]) -> Dict[str, Any]:
    """Arguments by name, with their defaults; those of a function that says no names stand by their places."""
    try:
        bound = inspect.signature(function).bind(*args, **given)
    except (TypeError, ValueError):
        bound = None
    if bound is None or hasattr(function, "_schema") or {"args", "kwargs"} & {*bound.signature.parameters}:
        found = _by_schema(function, args, given)
    else:
        bound.apply_defaults()
        found = dict(bound.arguments)
    return {RENAMED.get(name, name): value for name, value in found.items()}


def _by_schema(function: Any, args: Sequence[Any], given: Mapping[str, Any]) -> Dict[str, Any]:
    """The same for functions in C++, of which the schemas of their operators tell the names."""
    given = {name: each for name, each in given.items() if each or name != "return_indices"}
    for schema in _schemas(function):
        names = [each.name for each in schema.arguments]
        if len(args) <= len(names) and set(given) <= {*names, "input"}:
            found = {each.name: each.default_value for each in schema.arguments if each.has_default_value()}
            found.update(zip(names, args))
            found.update(
                {"self" if name == "input" and "self" in names else name: each for name, each in given.items()}
            )
            if all(_fits(each, found.get(each.name)) for each in schema.arguments):
                return found
    return {**{"argument_%d" % index: each for index, each in enumerate(args)}, **given}


def _schemas(function: Any) -> Iterator[Any]:
    import torch

    if hasattr(function, "_schema"):
        yield function._schema
        return
    packet = getattr(torch.ops.aten, name_of(function), None)
    for overload in packet.overloads() if packet is not None and hasattr(packet, "overloads") else ():
        yield getattr(packet, overload)._schema


def _fits(argument: Any, value: Any) -> bool:
    """Whether a value may stand for an argument, as far as tensors, texts and lists go."""
    import torch

    kind = str(argument.type)
    if value is None:
        return "Optional" in kind or argument.has_default_value()
    if isinstance(value, torch.Tensor):
        return "Tensor" in kind
    if isinstance(value, str):
        return kind in ("str", "Optional[str]")
    if isinstance(value, (list, tuple)):
        return kind.startswith(("List", "Optional[List"))
    return "Tensor" not in kind and not kind.startswith("str")
