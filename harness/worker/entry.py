"""Entry points: a function as its users know it, and beside it the declaration of what it takes.

The declaration travels in the worker's hello, so the parent keeps no table of features. It is a claim; the probe
measures it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Callable, Dict, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

Algorithm = Literal["direct", "fft"]


class Word(NamedTuple):
    """A system's own word for a padding.

    native: what is passed; None where the function has no such argument and always does this.
    recipe: what it comes to, a name that `harness.canonical.window.padding_pair` knows.
    strided, dilated: whether it may stand beside a stride, or a dilation, above 1.
    """

    native: Optional[str]
    recipe: str
    strided: bool = True
    dilated: bool = True

    def fits(self, stride: Sequence[int], dilation: Sequence[int]) -> bool:
        """Whether it may stand beside these."""
        return (self.strided or max(stride) == 1) and (self.dilated or max(dilation) == 1)


class Settings(NamedTuple):
    """Settings of one call in the system's own words; sequences have one entry per spatial axis.

    padding: the system's word, a list of (low, high), or None where the function takes no such argument.
    """

    stride: Tuple[int, ...]
    dilation: Tuple[int, ...]
    padding: Any
    groups: int = 1
    boundary: str = "zero"
    bias: Optional[np.ndarray] = None


AT = " @ "
"""Stands between a function and the environment that it was asked for in."""


def function_of(name: str) -> str:
    """The function in the name of an entry point."""
    return name.split(AT)[0]


@dataclass(frozen=True)
class EntryPoint:
    """What one entry point takes.

    ranks: spatial ranks. input, kernel, output: layouts, `*` for the spatial axes.
    reversal: whether it reads the kernel backwards. words: padding word of a case -> its own.
    explicit: "uneven" (low, high) pairs, "even" ones, or "no" padding by numbers.
    together: whether a stride and a dilation above 1 may stand in one call.
    groups: "any", "depthwise" (groups must equal the channels) or "one". bias: whether the call takes one.
    boundaries: boundary of a case -> its own word. algorithm: "direct", or "fft" where errors spread over the output.
    docs: address of its documentation. note: what a reader of the report needs to know about the adapter.
    """

    name: str
    ranks: Tuple[int, ...]
    docs: str
    input: str = "NC*"
    kernel: str = "OI*"
    output: str = "NC*"
    reversal: bool = False
    words: Optional[Mapping[str, Word]] = None
    explicit: str = "no"
    stride: bool = False
    dilation: bool = False
    together: bool = True
    groups: str = "one"
    bias: bool = False
    boundaries: Optional[Mapping[str, str]] = None
    dtypes: Tuple[str, ...] = ("float32", "float64")
    algorithm: Algorithm = "direct"
    note: str = ""
    call: Optional[Callable[[np.ndarray, np.ndarray, Settings], Any]] = None

    @property
    def function(self) -> str:
        """The name without the environment that `among` adds to it."""
        return function_of(self.name)

    def among(self, backend: str) -> EntryPoint:
        """This entry point in an environment that was asked for: `torch.nn.functional.conv2d @ torch==2.12.0`."""
        return replace(self, name=self.name + AT + backend)

    def as_json(self) -> Dict[str, Any]:
        """The declaration as the hello carries it."""
        declaration = asdict(self)
        del declaration["call"]
        declaration["ranks"], declaration["dtypes"] = list(self.ranks), list(self.dtypes)
        declaration["words"] = {word: list(own) for word, own in (self.words or {}).items()}
        declaration["boundaries"] = dict(self.boundaries or {"zero": "zero"})
        return declaration


def entry_point(name: str, ranks: Sequence[int], **declaration: Any) -> Callable[[Callable[..., Any]], EntryPoint]:
    """Decorator: turns `call(x, w, settings) -> array` and its declaration into an EntryPoint."""

    def declared(call: Callable[..., Any]) -> EntryPoint:
        return EntryPoint(name=name, ranks=tuple(ranks), call=call, **declaration)

    return declared


_JSON_TYPES: Dict[str, type] = {
    "ranks": list,
    "dtypes": list,
    "words": dict,
    "boundaries": dict,
    **dict.fromkeys(("reversal", "stride", "dilation", "together", "bias"), bool),
}
"""The JSON type of each field of a declaration; the others are strings."""


def from_json(declaration: Mapping[str, Any]) -> EntryPoint:
    """The EntryPoint of a declaration that came in a hello; raises ValueError where a field is missing or odd."""
    known = {field.name for field in fields(EntryPoint)} - {"call"}
    values = {key: declaration[key] for key in known if key in declaration}
    try:
        for key, value in values.items():
            if type(value) is not _JSON_TYPES.get(key, str):
                raise TypeError("%s is %r" % (key, value))
        values["ranks"], values["dtypes"] = tuple(values["ranks"]), tuple(values["dtypes"])
        values["words"] = {word: _word(own) for word, own in values["words"].items()}
        return EntryPoint(**values)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("declaration of an entry point: %s" % error) from None


def _word(own: Any) -> Word:
    if type(own) is not list:
        raise TypeError("a padding word is %r" % (own,))
    return Word(*own)
