"""Entry points: a function as its users know it, and beside it the declaration of what it takes.

A declaration has fields that all operations share, and `takes`, the words of its own operation: `Windows` for those
that move a window. It travels in the worker's hello, so the parent keeps no table of features. It is a claim; the probe
measures it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Callable, ClassVar, Dict, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from harness.worker.computed import OPERATIONS
from harness.worker.says import Says, typed

Algorithm = Literal["direct", "winograd", "fft", "any"]
Arrays = Mapping[str, np.ndarray]
"""The arrays of a call by role."""

RECIPES = ("valid", "full", "same", "same_upper", "same_lower", "same_half", "half", "valid_filled", "same_clipped")
"""What a padding may come to: names that `padding_pair` or `cut_pair` of `harness.worker.spans` know."""


class Word(NamedTuple):
    """A system's own word for a padding.

    native: what is passed; None where the function has no such argument and always does this.
    recipe: what it comes to, one of RECIPES.
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

    padding: the system's word, a list of (low, high), or None where it takes no such argument. constant: what fills it.
    """

    stride: Tuple[int, ...]
    dilation: Tuple[int, ...]
    padding: Any
    groups: int = 1
    boundary: str = "zero"
    bias: Optional[np.ndarray] = None
    constant: float = 0.0


@dataclass(frozen=True)
class _Moves:
    """What the words of all operations have that move a window; `types` are those of fields that are no bool."""

    reversal: bool = False
    words: Mapping[str, Word] = field(default_factory=dict)
    explicit: str = "no"
    types: ClassVar[Mapping[str, type]] = {
        **dict.fromkeys(("words", "boundaries", "keywords"), dict),
        **dict.fromkeys(("explicit", "groups"), str),
    }

    def as_json(self) -> Dict[str, Any]:
        """The words of the operation as the hello carries them."""
        return dict(asdict(self), words={word: list(own) for word, own in self.words.items()})

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Any:
        """What a hello says; raises TypeError, ValueError or KeyError where a field is odd or missing."""
        return cls(**_of_windows(typed(told, [each.name for each in fields(cls)], cls.types, bool)))


@dataclass(frozen=True)
class Windows(_Moves):
    """What an entry point takes that moves a window with a kernel over the input.

    reversal: whether it reads the kernel backwards. words: padding word of a case -> its own.
    explicit: "uneven" (low, high) pairs, "even" ones, "one" number for all axes, or "no" padding by numbers.
    together: whether a stride and a dilation above 1 may stand in one call. uneven_strides: whether the axes may have
    different strides.
    groups: "any", "depthwise" (groups must equal the channels) or "one". bias: whether the call takes one.
    boundaries: boundary of a case -> its own word. keywords: "padding" or "boundary" -> its parameter for that and what
    it does where nothing is said, as "mode=full"; "padding=valid" and "boundary=" with its word for zeros elsewhere.
    """

    operation: ClassVar[str] = "convolution"
    stride: bool = False
    dilation: bool = False
    together: bool = True
    uneven_strides: bool = True
    groups: str = "one"
    bias: bool = False
    boundaries: Mapping[str, str] = field(default_factory=lambda: {"zero": "zero"})
    keywords: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def arguments(arrays: Arrays, settings: Mapping[str, Any]) -> Tuple[np.ndarray, np.ndarray, Settings]:
        """(x, w, settings): what a function is called with."""
        return arrays["input"], arrays["kernel"], Settings(**dict(settings, bias=arrays.get("bias")))


class Transposition(NamedTuple):
    """Settings of one call that transposes a convolution; sequences have one entry per spatial axis.

    padding: the system's word, or a list of (low, high) that it cuts off the full output, negative ones add zeros.
    output_padding: what it adds behind the output. output_size: spatial sizes of the output.
    """

    stride: Tuple[int, ...]
    dilation: Tuple[int, ...]
    padding: Any
    output_padding: Tuple[int, ...]
    output_size: Tuple[int, ...]
    groups: int = 1
    bias: Optional[np.ndarray] = None


@dataclass(frozen=True)
class Transposes(_Moves):
    """What an entry point takes that transposes a convolution; without a word said otherwise, as `Windows`.

    reversal: whether each input value stamps the kernel backwards. words: padding word of a case -> its own, whose
    recipe is a name that `harness.worker.spans.cut_pair` knows. explicit: which (low, high) it cuts by numbers.
    output_padding: whether it adds samples behind the output; output_size: whether it is told the output's size.
    raw: whether numbers are a padding of the input between whose samples zeros stand, not a cut of the output.
    """

    operation: ClassVar[str] = "transposed_convolution"
    stride: bool = True
    dilation: bool = True
    together: bool = True
    groups: str = "one"
    bias: bool = False
    output_padding: bool = False
    output_size: bool = False
    raw: bool = False

    @staticmethod
    def arguments(arrays: Arrays, settings: Mapping[str, Any]) -> Tuple[np.ndarray, np.ndarray, Transposition]:
        """(x, w, settings): what the function of such an entry point is called with."""
        return arrays["input"], arrays["kernel"], Transposition(**dict(settings, bias=arrays.get("bias")))


_OWN: Dict[str, Any] = {each.operation: each for each in (Windows, Transposes)}
"""Operations that have words of their own here."""


def words_of(operation: str) -> Any:
    """The class of what entry points of an operation take: `Says`, where it has no words of its own.

    Raises KeyError where there is no such operation.
    """
    if operation not in OPERATIONS:
        raise KeyError(operation)
    return _OWN.get(operation, Says)


USUAL = {"input": "NC*", "kernel": "OI*", "output": "NC*"}
"""Layouts of a function that says nothing of its own."""

AT = " @ "
"""Stands between a function and the environment that it was asked for in."""


def function_of(name: str) -> str:
    """The function in the name of an entry point."""
    return name.split(AT)[0]


LOCAL = ("call", "patience", "elsewhere")
"""Fields of an EntryPoint that do not travel, or not as they are."""
LISTS = ("ranks", "dtypes", "measured", "wrong")
Place = Tuple[int, str]
"""A spatial rank and a dtype: where a claim holds or does not."""
LEAST: Mapping[str, Any] = {"groups": "one"}
"""What is left of a claim that is refused, False where nothing else is said."""


@dataclass(frozen=True)
class EntryPoint:
    """What one entry point takes.

    ranks: spatial ranks. docs: address of its documentation. operation: what it computes, one of OPERATIONS.
    layouts: those of its arrays and of the output by role, `*` for the spatial axes. takes: words of the operation.
    algorithm: "direct"; "winograd" or "fft" where errors spread over a tile or the output; "any" where nobody says it.
    note: what a reader of the report needs to know about the adapter. measured: claims that depend on processor, build
    or environment, and are tried when the worker starts (`harness.worker.measured`): fields of `takes`, and dtypes.
    refused: those of them that do not hold there, claim -> where. wrong: dtypes of `refused` that are taken there, with
    wrong answers. elsewhere: this entry point as other versions have it, where this one was tried and takes less.
    patience: seconds beyond which a small call is not made once more (`harness.worker.loop`).
    """

    name: str
    ranks: Tuple[int, ...]
    docs: str
    layouts: Mapping[str, str]
    takes: Any
    operation: str = "convolution"
    dtypes: Tuple[str, ...] = ("float32", "float64")
    algorithm: Algorithm = "direct"
    note: str = ""
    measured: Tuple[str, ...] = ()
    refused: Mapping[str, Tuple[Place, ...]] = field(default_factory=dict)
    wrong: Tuple[str, ...] = ()
    elsewhere: Optional[EntryPoint] = None
    patience: float = math.inf
    call: Optional[Callable[..., Any]] = None

    @property
    def function(self) -> str:
        """The name without the environment that `among` adds to it."""
        return function_of(self.name)

    def among(self, backend: str) -> EntryPoint:
        """This entry point in an environment that was asked for: `torch.nn.functional.conv2d @ torch==2.12.0`."""
        return replace(self, name=self.name + AT + backend)

    def at(self, dtype: str, rank: Optional[int] = None) -> EntryPoint:
        """This entry point for arrays of `dtype` at a spatial rank, or at all of its: without the claims and the dtypes
        that are refused there."""
        ranks = self.ranks if rank is None else (rank,)
        held = ((claim, where, each) for claim, places in self.refused.items() for where, each in places)
        refused = {claim for claim, where, each in held if where in ranks and each in (dtype, claim)}
        if not refused:
            return self
        takes = replace(self.takes, **{claim: LEAST.get(claim, False) for claim in refused - set(self.dtypes)})
        return replace(self, takes=takes, dtypes=tuple(each for each in self.dtypes if each not in refused))

    def as_json(self) -> Dict[str, Any]:
        """The declaration as the hello carries it."""
        declaration = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in LOCAL}
        lists: Dict[str, Any] = {"layouts": dict(self.layouts), **{name: list(getattr(self, name)) for name in LISTS}}
        lists["refused"] = {claim: [list(place) for place in places] for claim, places in self.refused.items()}
        whole = {"elsewhere": self.elsewhere.as_json()} if self.elsewhere else {}
        return dict(declaration, takes=self.takes.as_json(), **lists, **whole)


def windowed(
    name: str,
    ranks: Sequence[int],
    docs: str = "",
    input: str = USUAL["input"],
    kernel: str = USUAL["kernel"],
    output: str = USUAL["output"],
    operation: str = "convolution",
    dtypes: Sequence[str] = ("float32", "float64"),
    algorithm: Algorithm = "direct",
    note: str = "",
    measured: Sequence[str] = (),
    patience: float = math.inf,
    call: Optional[Callable[..., Any]] = None,
    **takes: Any,
) -> EntryPoint:
    """The entry point of a function that moves a window; `takes` are fields of the operation's class of words."""
    layouts = {"input": input, "kernel": kernel, "output": output}
    own = words_of(operation)(**takes)
    common = (name, tuple(ranks), docs, layouts, own, operation, tuple(dtypes), algorithm, note)
    return EntryPoint(*common, measured=tuple(measured), patience=patience, call=call)


def entry_point(name: str, ranks: Sequence[int], **declaration: Any) -> Callable[[Callable[..., Any]], EntryPoint]:
    """Decorator: turns `call(x, w, settings) -> array` and its declaration into an EntryPoint."""

    def declared(call: Callable[..., Any]) -> EntryPoint:
        return windowed(name, ranks, call=call, **declaration)

    return declared


def settled(name: str, operation: str, docs: str, **about: Any) -> Callable[[Callable[..., Any]], EntryPoint]:
    """Decorator: turns `call(arrays, settings) -> array` into an EntryPoint of an operation that is told by settings.

    `about` are fields of an EntryPoint (layouts: of the input and the output, "NC*" both, unless said otherwise) and of
    the operation's class of words.
    """
    own = {each.name for each in fields(EntryPoint)}
    common: Dict[str, Any] = {"ranks": (1, 2, 3), "layouts": {"input": USUAL["input"], "output": USUAL["output"]}}
    common.update({key: value for key, value in about.items() if key in own})
    takes = words_of(operation)(**{key: value for key, value in about.items() if key not in own})

    def declared(call: Callable[..., Any]) -> EntryPoint:
        return EntryPoint(name=name, operation=operation, docs=docs, takes=takes, call=call, **common)

    return declared


def from_json(declaration: Mapping[str, Any]) -> EntryPoint:
    """The EntryPoint of a declaration that came in a hello; raises ValueError where a field is missing or odd."""
    try:
        told = declaration if "takes" in declaration else _of_version_1(declaration)
        types = {"layouts": dict, "takes": dict, "refused": dict, **dict.fromkeys(LISTS, list)}
        names = [each.name for each in fields(EntryPoint) if each.name not in LOCAL]
        values = typed(told, names, types, str)
        takes = words_of(told.get("operation", OPERATIONS[0])).from_json(told["takes"])
        typed(values["layouts"], list(values["layouts"]), {}, str)
        lists: Dict[str, Any] = {name: tuple(values[name]) for name in LISTS if name in ("ranks", "dtypes", *values)}
        refused = values.get("refused", {})
        lists["refused"] = {claim: _places(claim, takes, lists["dtypes"], refused[claim]) for claim in refused}
        whole = from_json(dict(told["elsewhere"], elsewhere=None)) if told.get("elsewhere") else None
        return EntryPoint(**dict(values, takes=takes, elsewhere=whole, **lists))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("declaration of an entry point: %s" % error) from None


def _places(claim: str, takes: Any, dtypes: Sequence[str], told: Sequence[Any]) -> Tuple[Place, ...]:
    """Where a claim was refused, as the hello has it; raises TypeError where it is odd."""
    if claim not in (*dtypes, *LEAST) and type(getattr(takes, claim, None)) is not bool:
        raise TypeError("refused is %r, which is no claim that a call can refuse" % claim)
    places = tuple(map(tuple, told))
    if any(list(map(type, place)) != [int, str] for place in places):
        raise TypeError("%s is refused at %r, expected a rank and a dtype each" % (claim, told))
    return places


def _of_version_1(flat: Mapping[str, Any]) -> Dict[str, Any]:
    """A declaration as protocol 1 has it: convolutions only, all fields side by side."""
    layouts = {role: flat.get(role, usual) for role, usual in USUAL.items()}
    takes = {each.name: flat[each.name] for each in fields(Windows) if each.name in flat}
    common = {each.name: flat[each.name] for each in fields(EntryPoint) if each.name in flat}
    return dict(common, operation="convolution", layouts=layouts, takes=takes)


CHOICES = {"explicit": ("no", "one", "even", "uneven", "any"), "groups": ("one", "depthwise", "any")}
"""What some words of an operation may be."""


def _of_windows(values: Dict[str, Any]) -> Dict[str, Any]:
    """The fields of an operation that moves a window, as the hello has them; raises TypeError, ValueError, KeyError."""
    for name, allowed in CHOICES.items():
        if values.get(name, allowed[0]) not in allowed:
            raise ValueError("%s is %r, expected one of %s" % (name, values[name], ", ".join(allowed)))
    return dict(values, words={word: _word(own) for word, own in values["words"].items()})


def _word(own: Any) -> Word:
    if type(own) is not list:
        raise TypeError("a padding word is %r" % (own,))
    word = Word(*own)
    if word.recipe not in RECIPES:
        raise ValueError("the recipe of a padding word is %r, expected one of %s" % (word.recipe, ", ".join(RECIPES)))
    return word
