"""Case files: what a convolution is given, what it means, what was recorded elsewhere and what is expected.

A case file is one YAML mapping; FIELDS below is its grammar, for the reader and for the JSON Schema alike. `load`
checks it completely, so that a Case which exists can be computed: layouts, dtypes, sizes, channels and padding fit.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from harness.canonical.layout import SPATIAL, LayoutError, spatial_rank, to_canonical
from harness.canonical.window import BOUNDARIES, Linear, Pairs, Window, output_size, padding_pair, span
from harness.grammar import document, prototxt, sources
from harness.grammar.document import CaseError as CaseError
from harness.grammar.document import Item
from harness.grammar.kinds import (
    FLAG,
    NOTHING,
    TEXT,
    Field,
    Kind,
    Record,
    either,
    integer,
    list_of,
    number,
    record,
    word,
)
from harness.transform import CONVENTION_IDS

PADDING_WORDS = ("same", "same_upper", "same_lower", "valid", "full")
MEANINGS = ("cross-correlation", "convolution")
MOST_MEMBERS = 10_000
EXACT = 2.0**53
"""Whole numbers below this are exact in float64."""


@dataclass(frozen=True, eq=False)
class Recording:
    """An output obtained elsewhere.

    `values` are canonical (N, C, *spatial), float64 (int64 for integer dtypes), NaN where `known` is False. `half_unit`
    is half a unit of the last printed digit of each value, 0 where it is exact. `dtype` is that of the arithmetic which
    made them. `expect` names the transforms that must explain it: () as written, None demands nothing.
    """

    system: str
    origin: str
    layout: str
    values: np.ndarray
    known: np.ndarray
    half_unit: np.ndarray
    dtype: str
    expect: tuple[str, ...] | None


@dataclass(frozen=True)
class Tolerance:
    """A tolerance set by hand, with the reason."""

    rtol: float
    atol: float
    why: str


@dataclass(frozen=True)
class Expect:
    """The classes of agreement that must come out, by mode; only modes that the file gives."""

    classes: Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, eq=False)
class Case:
    """One case, or one member of a case file's matrix.

    `x` is (N, C, *spatial), `w` is (O, C/groups, *spatial), `bias` is (O,) or None, all of one dtype; the half units
    are those of their printed digits, None where they are exact. Tuples have one entry per spatial axis. Settings in
    `unknown` are not known, and hold what they are taken for. `partial` names the arrays that are not known in full: an
    unknown element is NaN. Unless `fits`, the output may be empty.
    """

    id: str
    path: Path
    title: str
    why: str
    text: str
    source: str
    operation: str
    x: np.ndarray
    w: np.ndarray
    bias: np.ndarray | None
    input_layout: str
    kernel_layout: str
    x_half_unit: np.ndarray | None
    w_half_unit: np.ndarray | None
    bias_half_unit: np.ndarray | None
    means: str
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str | Pairs
    groups: int
    boundary: str
    tolerance: Tolerance | None
    recorded: tuple[Recording, ...]
    expect: Expect
    unknown: frozenset[str] = frozenset()
    partial: tuple[str, ...] = ()
    fits: bool = True

    @property
    def rank(self) -> int:
        """Number of spatial axes."""
        return self.x.ndim - 2

    @cached_property
    def dtype(self) -> str:
        return self.x.dtype.name

    def known(self, role: str) -> np.ndarray | None:
        """Mask of the elements of the input or the kernel that are known, None for all."""
        return ~np.isnan({"input": self.x, "kernel": self.w}[role]) if role in self.partial else None

    def convolution(self) -> Linear:
        """The canonical form that the case means; `same` is read as `same_upper`."""
        return self._convolution

    @cached_property
    def _convolution(self) -> Linear:
        window = Window(
            stride=self.stride,
            dilation=self.dilation,
            padding=self._pairs(),
            reversal=(self.means == "convolution",) * self.rank,
            groups=self.groups,
            boundary=self.boundary,
        )
        return Linear(self.x, self.w, self.bias, window)

    def _pairs(self) -> Pairs:
        if not isinstance(self.padding, str):
            return self.padding
        axes = zip(self.x.shape[2:], self.w.shape[2:], self.stride, self.dilation)
        return tuple(padding_pair(self.padding, *axis) for axis in axes)


def load(path: str | Path) -> Iterator[Case]:
    """All members of the case file at `path`: one case, or one for each combination of its matrix.

    Raises CaseError at the first fault of the file.
    """
    path = Path(path)
    name = _identify(path)
    top: Record = CASE.read(document.read(path, name))
    layer = _layer(top, path.parent)
    arrays: dict[str, _Arrays] = {}
    for label, settings in _members(top, layer):
        dtype = settings["input.dtype"][0] if "input.dtype" in settings else top["input"]["dtype"]
        if dtype not in arrays:
            arrays[dtype] = _Arrays.read(top, dtype, path.parent)
            if layer is not None:
                _check_layer(layer, arrays[dtype], top.at("prototxt"))
        yield _case(f"{name}{label}", path, top, arrays[dtype], settings)


def find(paths: Iterable[str | Path]) -> list[Path]:
    """The case files among `paths`: files as they are, folders searched for *.yaml; sorted, each once.

    Raises CaseError for a path that does not exist.
    """
    found: set[Path] = set()
    for path in map(Path, paths):
        if not path.exists():
            raise CaseError(f"{path}: no such file or folder; expected a case file (.yaml) or a folder of them")
        found.update(path.rglob("*.yaml") if path.is_dir() else [path])
    return sorted(found)


def json_schema() -> dict[str, Any]:
    """The grammar of case files as JSON Schema (draft 2020-12), for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Case file of framework-agreement",
        **CASE.schema,
        "$defs": {"values": sources.VALUES_SCHEMA},
    }


def write_schema(path: Path) -> None:
    """Write the JSON Schema to `path`."""
    path.write_text(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


# --- the grammar -----------------------------------------------------------------------------------------------------


def _read_padding(item: Item) -> str | int | tuple[int | tuple[int, int], ...]:
    """A word, one number, or one number or [low, high] pair per axis."""
    if not item.is_list:
        amount: str | int = (_PAD_WORD if isinstance(item.scalar, str) else _PAD).read(item)
        return amount
    amounts = [list_of(_PAD).read(each) if each.is_list else _PAD.read(each) for each in item.elements()]
    for amount, each in zip(amounts, item.elements()):
        if isinstance(amount, tuple) and len(amount) != 2:
            raise each.error(f"expected a pair [low, high], found {len(amount)} numbers")
    return tuple(amounts)


def _layout(role: str) -> Kind:
    def read(item: Item) -> str:
        letters: str = TEXT.read(item)
        try:
            spatial_rank(letters, role)
        except LayoutError as problem:
            raise item.error(str(problem)) from problem
        return letters

    letters = {"input": "NCDHW", "output": "NCDHW", "kernel": "OIDHW"}[role]
    return Kind(read, {"type": "string", "pattern": f"^[{letters}]{{1,5}}$"})


_PAD = integer(-sources.LARGEST, sources.LARGEST)
_PAD_WORD = word(*PADDING_WORDS)
_PAD_PAIR = {"type": "array", "items": _PAD.schema, "minItems": 2, "maxItems": 2}
_PAD_LIST = {"type": "array", "items": {"anyOf": [_PAD.schema, _PAD_PAIR]}, "minItems": 1, "maxItems": 3}
PADDING = Kind(_read_padding, {"anyOf": [_PAD_WORD.schema, _PAD.schema, _PAD_LIST]})
STEP = integer(1, sources.LARGEST)
STEPS = either(
    (lambda item: item.is_list, list_of(STEP, shortest=1)),
    (lambda item: True, STEP),
    words="a whole number, or one per spatial axis",
)
DTYPE = word(*sources.DTYPES)
UNKNOWN = "unknown"
TAKEN_FOR_UNKNOWN = {"means": "cross-correlation", "stride": 1, "dilation": 1, "padding": "same", "boundary": "zero"}
"""Settings that may be unknown, and what they are taken for where something must be computed."""


def _or_unknown(kind: Kind) -> Kind:
    return either(
        (lambda item: item.scalar == UNKNOWN, word(UNKNOWN)), (lambda item: True, kind), words=f"{UNKNOWN}, or a value"
    )


SETTINGS = {
    "means": Field(
        _or_unknown(word(*MEANINGS)), "what the author wants computed; convolution reverses the kernel; or unknown"
    ),
    "stride": Field(_or_unknown(STEPS), "a number, or one per spatial axis; or unknown", default=1),
    "dilation": Field(
        _or_unknown(STEPS), "distance of kernel taps: a number, or one per spatial axis; or unknown", default=1
    ),
    "padding": Field(
        _or_unknown(PADDING),
        "a word, a number, one per axis, or [low, high] per axis; negative crops; or unknown",
        default="valid",
    ),
    "groups": Field(integer(1, sources.LARGEST), "groups of channels; as many as channels: depthwise", default=1),
    "boundary": Field(_or_unknown(word(*BOUNDARIES)), "what the padding is filled with; or unknown", default="zero"),
}
MATRIX = {
    key: Field(list_of(kind, shortest=1), f"values of {key}, one member for each")
    for key, kind in {**{key: field.kind for key, field in SETTINGS.items()}, "input.dtype": DTYPE}.items()
}
INPUT = {
    "layout": Field(
        _layout("input"), "letters of the axes, such as NHWC; a letter that is missing has length 1", required=True
    ),
    "dtype": Field(DTYPE, "of input, kernel and bias", default="float32"),
    **sources.SOURCES,
    **sources.CORNER,
    **sources.PRINTED,
}
KERNEL = {
    **INPUT,
    "layout": Field(
        _layout("kernel"), "letters of the axes, such as HWIO; a letter that is missing has length 1", required=True
    ),
    "dtype": Field(DTYPE, "that of the input, which decides"),
    **sources.WEIGHTS,
}
BIAS = {
    "layout": Field(word("O"), "one number for each output channel", default="O"),
    **sources.SOURCES,
    **sources.CORNER,
    **sources.PRINTED,
    **sources.WEIGHTS,
}
RECORDING = {
    "system": Field(TEXT, "what computed it: system, version and call", required=True),
    "origin": Field(TEXT, "where the numbers come from", required=True),
    "layout": Field(
        _layout("output"), "letters of the axes, such as NHWC; a letter that is missing has length 1", required=True
    ),
    "dtype": Field(DTYPE, "of the arithmetic that made it; that of the input if left out"),
    "values": sources.SOURCES["values"],
    "file": sources.SOURCES["file"],
    **sources.PRINTED,
    "expect": Field(list_of(word(*CONVENTION_IDS), distinct=True), "transforms that must explain it; [] as written"),
}
CLASSES = list_of(list_of(TEXT, shortest=1), shortest=1)
EXPECT = {
    "as_written": Field(CLASSES, "classes of agreement of the calls as one would first write them"),
    "normalized": Field(CLASSES, "classes of agreement of the calls that compute what the case means"),
}
TOLERANCE = {
    "rtol": Field(number(0), "relative to the reference", default=0.0),
    "atol": Field(number(0), "absolute", default=0.0),
    "why": Field(TEXT, "why the derived bounds do not do", required=True),
}
PROTOTXT = {
    "text": Field(TEXT, "the definition, as Caffe reads it"),
    "file": Field(TEXT, "a .prototxt in this folder or below it"),
    "layer": Field(TEXT, "the Convolution layer that is meant, where there are several"),
}
OF_LAYER = ("stride", "dilation", "padding", "groups")
"""Settings that a Caffe definition gives."""
_ARRAY_SOURCES = tuple(sources.SOURCES)
_WEIGHT_SOURCES = (*sources.SOURCES, "caffemodel")
FIELDS = {
    "title": Field(TEXT, "one sentence: X does Y", required=True),
    "why": Field(TEXT, "what the case is good for", default=""),
    "text": Field(TEXT, "commentary: the author's own code, printed norms ...", default=""),
    "source": Field(TEXT, "where the question was asked, or the claim is documented", default=""),
    "operation": Field(word("convolution"), "what is computed", default="convolution"),
    "input": Field(record(INPUT, _ARRAY_SOURCES), "the input", required=True),
    "kernel": Field(record(KERNEL, _WEIGHT_SOURCES), "the kernel", required=True),
    "bias": Field(
        either(
            (lambda item: item.is_null, NOTHING),
            (
                lambda item: item.is_list,
                Kind(lambda item: item, {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 1}),
            ),
            (lambda item: item.is_mapping, record(BIAS, _WEIGHT_SOURCES)),
            words="null, a list of numbers, or a mapping with values, file or a generator",
        ),
        "added to each output channel",
    ),
    **SETTINGS,
    "fits": Field(FLAG, "false: the kernel may be larger than the padded input, and the output empty", default=True),
    "prototxt": Field(
        either(
            (lambda item: item.is_mapping, record(PROTOTXT, ("text", "file"))),
            (lambda item: not item.is_list, TEXT),
            words="the text of a Caffe definition, or a mapping with text or file, and layer",
        ),
        "a Caffe definition: stride, dilation, padding and groups are those of its Convolution layer",
    ),
    "tolerance": Field(
        either(
            (lambda item: item.is_mapping, record(TOLERANCE)),
            (lambda item: not item.is_list, word("auto")),
            words="auto, or a mapping with rtol, atol and why",
        ),
        "auto: bounds derived from the data",
        default="auto",
    ),
    "matrix": Field(record(MATRIX), "settings to combine: one member for each combination"),
    "recorded": Field(list_of(record(RECORDING, ("values", "file"))), "outputs obtained elsewhere", default=()),
    "expect": Field(record(EXPECT), "what must come out"),
}
CASE = record(FIELDS)


# --- from the record to cases ----------------------------------------------------------------------------------------

_Setting = tuple[Any, Item]


@dataclass(frozen=True, eq=False)
class _Arrays:
    """The arrays of a case file in one dtype: all that its members share."""

    x: np.ndarray
    w: np.ndarray
    bias: np.ndarray | None
    x_half_unit: np.ndarray | None
    w_half_unit: np.ndarray | None
    bias_half_unit: np.ndarray | None
    recorded: tuple[Recording, ...]
    partial: tuple[str, ...]

    @classmethod
    def read(cls, top: Record, dtype: str, folder: Path) -> _Arrays:
        source, kernel = top["input"], top["kernel"]
        x = sources.make(source, len(source["layout"]), dtype, folder)
        w = sources.make(kernel, len(kernel["layout"]), dtype, folder, x.stream)
        bias, bias_half_unit = _bias(top, dtype, folder, w.stream or x.stream)
        arrays = {"input": x, "kernel": w, "bias": bias}
        return cls(
            to_canonical(x.values, source["layout"], "input"),
            to_canonical(w.values, kernel["layout"], "kernel"),
            None if bias is None else bias.values,
            _half_unit(source, x.values, "input"),
            _half_unit(kernel, w.values, "kernel"),
            bias_half_unit,
            tuple(_recording(each, dtype, folder) for each in top["recorded"]),
            tuple(name for name, array in arrays.items() if array is not None and not array.known.all()),
        )


def _half_unit(source: Record, values: np.ndarray, role: str) -> np.ndarray | None:
    units = sources.half_unit(source, values)
    return None if units is None else to_canonical(units, source["layout"], role)


def _bias(
    top: Record, dtype: str, folder: Path, follows: tuple[str, sources.Stream] | None
) -> tuple[sources.Array | None, np.ndarray | None]:
    """The bias, and half a unit of its printed digits."""
    given = top["bias"]
    if given is None:
        return None, None
    if isinstance(given, Item):
        fields = {"values": sources.SOURCES["values"], **sources.PRINTED}
        given = Record(given, {"values": given}, {key: field.default for key, field in fields.items()})
    bias = sources.make(given, 1, dtype, folder, follows)
    return bias, sources.half_unit(given, bias.values)


def _recording(given: Record, dtype: str, folder: Path) -> Recording:
    letters, dtype = given["layout"], given["dtype"] or dtype
    array = sources.make(given, len(letters), dtype, folder, partial=True)
    units = sources.half_unit(given, array.values)
    units = np.zeros(array.values.shape) if units is None else units
    values, known, half_unit = (to_canonical(part, letters, "output") for part in (array.values, array.known, units))
    return Recording(given["system"], given["origin"], letters, values, known, half_unit, dtype, given["expect"])


def _layer(top: Record, folder: Path) -> prototxt.Layer | None:
    """The Caffe layer that the case takes settings from."""
    if "prototxt" not in top:
        return None
    for settings in filter(None, (top, top["matrix"])):
        for key in OF_LAYER:
            if key in settings:
                raise settings.at(key).key_error("given by the prototxt too; keep one")
    at, text, name = top.at("prototxt"), top["prototxt"], None
    if isinstance(text, Record):
        given, name = text, text["layer"]
        text = given["text"] if "text" in given else _definition(given.at("file"), given["file"], folder)
    try:
        return prototxt.convolution(text, _rank(top), name)
    except prototxt.DefinitionError as problem:
        raise at.error(str(problem)) from problem


def _definition(item: Item, name: str, folder: Path) -> str:
    """The text of a .prototxt inside `folder`."""
    path = sources.inside(item, name, folder)
    if path.stat().st_size > prototxt.LARGEST:
        raise item.error(f"{path.stat().st_size} bytes; a definition may have {prototxt.LARGEST}")
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise item.error(f"{name} cannot be read: {problem}") from problem


def _check_layer(layer: prototxt.Layer, arrays: _Arrays, at: Item) -> None:
    """Kernel and bias are such as the Caffe layer has; errors stand `at` its definition."""
    outputs, _, *sizes = arrays.w.shape
    if layer.outputs != outputs:
        raise at.error(f"num_output is {layer.outputs}, but the kernel has {outputs} output channels (axis O)")
    if layer.kernel_size != tuple(sizes):
        raise at.error(f"kernel_size is {list(layer.kernel_size)}, but the kernel has {sizes} ({SPATIAL[len(sizes)]})")
    if layer.bias and arrays.bias is None:
        raise at.error("bias_term is true, as it is where it is left out, but the case has no bias; give `bias`")
    if arrays.bias is not None and not layer.bias:
        raise at.error("bias_term is false, but the case has a bias; leave `bias` out")


def _members(top: Record, layer: prototxt.Layer | None) -> Iterator[tuple[str, dict[str, _Setting]]]:
    """The settings of each member, with the places they come from, and the label that its id gets."""
    fixed = {key: (top[key], top.at(key)) for key in SETTINGS}
    if layer is not None:
        fixed.update({key: (getattr(layer, key), top.at("prototxt")) for key in OF_LAYER})
    matrix: Record | None = top["matrix"]
    if "means" not in top and (matrix is None or "means" not in matrix):
        raise top.item.error(f"the key 'means' is missing: {' or '.join(MEANINGS)}, what the author wants computed")
    if matrix is None or not matrix.items:
        yield "", fixed
        return
    axes = {key: list(zip(matrix[key], item.elements())) for key, item in matrix.items.items()}
    if math.prod(map(len, axes.values())) > MOST_MEMBERS:
        raise matrix.item.error(f"{math.prod(map(len, axes.values()))} members; a matrix may have {MOST_MEMBERS}")
    for key, item in matrix.items.items():
        if key in top or (key == "input.dtype" and "dtype" in top["input"]):
            raise item.key_error("given outside the matrix too; keep one")
        _demand_distinct(axes[key])
    for combination in itertools.product(*axes.values()):
        chosen = dict(zip(axes, combination))
        label = ",".join(f"{key}={_compact(value)}" for key, (value, _) in chosen.items())
        yield f"[{label}]", {**fixed, **chosen}


def _demand_distinct(values: list[_Setting]) -> None:
    labels = [_compact(value) for value, _ in values]
    for index, label in enumerate(labels):
        if label in labels[:index]:
            raise values[index][1].error(f"{label} stands twice in this list; keep one")


def _compact(value: Any) -> str:
    """A setting in an id: [1, 2] is 1x2, [[0, 1], [0, 1]] is 0:1x0:1."""
    if not isinstance(value, tuple):
        return str(value)
    return "x".join(":".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in value)


def _case(name: str, path: Path, top: Record, arrays: _Arrays, settings: dict[str, _Setting]) -> Case:
    rank = _rank(top)
    unknown = frozenset(key for key, (value, _) in settings.items() if value == UNKNOWN)
    settings = {
        key: (TAKEN_FOR_UNKNOWN[key], item) if key in unknown else (value, item)
        for key, (value, item) in settings.items()
    }
    case = Case(
        id=name,
        path=path,
        title=top["title"],
        why=top["why"],
        text=top["text"],
        source=top["source"],
        operation=top["operation"],
        x=arrays.x,
        w=arrays.w,
        bias=arrays.bias,
        input_layout=top["input"]["layout"],
        kernel_layout=top["kernel"]["layout"],
        x_half_unit=arrays.x_half_unit,
        w_half_unit=arrays.w_half_unit,
        bias_half_unit=arrays.bias_half_unit,
        means=settings["means"][0],
        stride=_per_axis(settings["stride"], rank),
        dilation=_per_axis(settings["dilation"], rank),
        padding=_padding(settings["padding"], rank),
        groups=settings["groups"][0],
        boundary=settings["boundary"][0],
        tolerance=_tolerance(top["tolerance"]),
        recorded=arrays.recorded,
        expect=_expect(top["expect"]),
        unknown=unknown,
        fits=top["fits"],
        partial=arrays.partial,
    )
    _check_dtype(case, top["kernel"])
    _check_channels(case, top, settings["groups"][1])
    _check_integers(case, top["input"].item)
    padding_at = settings["padding"][1]
    _check_sizes(case, top["kernel"].item if padding_at is top.item else padding_at)
    return case


def _rank(top: Record) -> int:
    rank = spatial_rank(top["input"]["layout"], "input")
    roles = [(top["kernel"], "kernel"), *((recording, "output") for recording in top["recorded"])]
    for given, role in roles:
        if spatial_rank(given["layout"], role) != rank:
            raise given.at("layout").error(
                f"{given['layout']!r} has not the {rank} spatial axes of the input: {SPATIAL[rank]}"
            )
    return rank


def _per_axis(setting: _Setting, rank: int) -> tuple[int, ...]:
    value, item = setting
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise item.error(f"expected a number, or {rank}, one for each of {SPATIAL[rank]}; found {len(value)}")
    return value


def _padding(setting: _Setting, rank: int) -> str | Pairs:
    value, item = setting
    if isinstance(value, str):
        return value
    amounts = (value,) * rank if isinstance(value, int) else value
    if len(amounts) != rank:
        raise item.error(
            f"expected a number, or {rank}, one or a pair for each of {SPATIAL[rank]}; found {len(amounts)}"
        )
    return tuple(amount if isinstance(amount, tuple) else (amount, amount) for amount in amounts)


def _tolerance(given: str | Record) -> Tolerance | None:
    return None if isinstance(given, str) else Tolerance(given["rtol"], given["atol"], given["why"])


def _expect(given: Record | None) -> Expect:
    modes = {} if given is None else {mode: given[mode] for mode in EXPECT if mode in given}
    for mode in modes:
        assert given is not None
        seen: set[str] = set()
        for item in itertools.chain.from_iterable(group.elements() for group in given.at(mode).elements()):
            if item.scalar in seen:
                raise item.error(f"{item.scalar} stands twice; an entry point is in one class of agreement")
            seen.add(item.scalar)
    return Expect(MappingProxyType(modes))


def _check_dtype(case: Case, kernel: Record) -> None:
    if kernel["dtype"] not in (None, case.dtype):
        raise kernel.at("dtype").error(f"{kernel['dtype']}, but the input is {case.dtype}; leave this out")


def _check_channels(case: Case, top: Record, groups_at: Item) -> None:
    channels, per_group, outputs = case.x.shape[1], case.w.shape[1], case.w.shape[0]
    if per_group * case.groups != channels:
        raise top["kernel"].item.error(
            f"the kernel has {per_group} input channels, and {case.groups} group(s); "
            f"expected {channels} in all, the input's channels (axis C, kernel axis I)"
        )
    if outputs % case.groups:
        raise groups_at.error(f"{outputs} output channels do not divide into {case.groups} groups")
    if case.bias is not None and len(case.bias) != outputs:
        raise top.at("bias").error(f"expected {outputs} numbers, one for each output channel, found {len(case.bias)}")


def _check_integers(case: Case, at: Item) -> None:
    """No output of integer data can leave the integers that are exact in float64; errors stand `at`."""
    if case.x.dtype.kind not in "iu":
        return
    taps = np.abs(case.w.astype(np.float64)).sum(axis=tuple(range(1, case.w.ndim)))
    offsets = 0.0 if case.bias is None else np.abs(case.bias.astype(np.float64))
    largest = float((np.abs(case.x.astype(np.float64)).max(initial=0) * taps + offsets).max(initial=0))
    if largest >= EXACT:
        raise at.error(
            f"the output may reach {largest:.4g}; integers are compared exactly below 2**53 only: use smaller ones, "
            "or a floating dtype"
        )


def _check_sizes(case: Case, at: Item) -> None:
    """Every output axis has samples, and neither the padded input nor the output is too large; errors stand `at`."""
    window = case.convolution().window
    padded, output = [*case.x.shape[:2]], [case.x.shape[0], case.w.shape[0]]
    rows = zip(SPATIAL[case.rank], case.x.shape[2:], case.w.shape[2:], window.stride, window.dilation, window.padding)
    for letter, n, k, stride, dilation, pair in rows:
        samples = output_size(n, k, stride, dilation, pair)
        if samples < 1 and case.fits:
            raise at.error(
                f"the kernel does not fit: along {letter} it spans {span(k, dilation)} samples "
                f"(size {k}, dilation {dilation}), the input has {n} with padding {list(pair)}; "
                "pad more, make the kernel smaller, or ask what the systems make of it: fits: false"
            )
        padded.append(n + sum(pair))
        output.append(max(samples, 0))
    for words, shape in (("the padded input", padded), ("the output", output)):
        if math.prod(shape) > sources.LARGEST:
            raise at.error(f"{words} would have shape {shape}; an array may have {sources.LARGEST} elements")


def _identify(path: Path) -> str:
    """The path relative to the current folder when it is below it, else as given."""
    whole, here = os.path.abspath(path), os.path.join(os.getcwd(), "")
    return Path(whole[len(here) :]).as_posix() if whole.startswith(here) else path.as_posix()
