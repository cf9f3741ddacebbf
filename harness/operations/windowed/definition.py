"""The settings of a case from a Caffe definition: what a layer says that moves a window.

Fields, defaults and what goes together are those of BVLC's caffe.proto (ConvolutionParameter) and base_conv_layer.cpp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.canonical.layout import SPATIAL
from harness.grammar import prototxt, sources
from harness.grammar.document import Item, nearest, shortened
from harness.grammar.kinds import TEXT, Field, Record, either, record
from harness.grammar.prototxt import DefinitionError, Message
from harness.operations.operation import Elsewhere
from harness.operations.stated import Given

OF_LAYER = ("stride", "dilation", "padding", "groups")
"""Settings that a definition gives."""
KEYS = {
    "text": Field(TEXT, "the definition, as Caffe reads it"),
    "file": Field(TEXT, "a .prototxt in this folder or below it"),
    "layer": Field(TEXT, "the Convolution layer that is meant, where there are several"),
}
PROTOTXT = Field(
    either(
        (lambda item: item.is_mapping, record(KEYS, ("text", "file"))),
        (lambda item: not item.is_list, TEXT),
        words="the text of a Caffe definition, or a mapping with text or file, and layer",
    ),
    "a Caffe definition: stride, dilation, padding and groups are those of its Convolution layer",
)
KINDS = {"layer": "Convolution", "layers": "CONVOLUTION"}
"""Field of the network that holds layers, new and old (V1LayerParameter) -> the type of a convolution there."""
IDLE = ("weight_filler", "bias_filler", "engine", "force_nd_im2col")
"""Fields that say how a layer is trained or computed, but not what it computes."""
FIELDS = (
    *("num_output", "bias_term", "group", "axis", "kernel_size", "stride", "pad", "dilation"),
    *("kernel_h", "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w"),
    *IDLE,
)


@dataclass(frozen=True)
class Layer:
    """What a `Convolution` layer computes; tuples have one entry per spatial axis."""

    name: str
    outputs: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    bias: bool


def elsewhere(top: Record, folder: Path, rank: int) -> Elsewhere | None:
    """The settings of the Caffe layer that the case names."""
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
        layer = convolution(text, rank, name)
    except DefinitionError as problem:
        raise at.error(str(problem)) from problem
    return Elsewhere({key: getattr(layer, key) for key in OF_LAYER}, at, partial(_check_layer, layer, at))


def _check_layer(layer: Layer, at: Item, arrays: Mapping[str, Given]) -> None:
    """Kernel and bias are such as the Caffe layer has; errors stand `at` its definition."""
    outputs, _, *sizes = arrays["kernel"].values.shape
    if layer.outputs != outputs:
        raise at.error(f"num_output is {layer.outputs}, but the kernel has {outputs} output channels (axis O)")
    if layer.kernel_size != tuple(sizes):
        raise at.error(f"kernel_size is {list(layer.kernel_size)}, but the kernel has {sizes} ({SPATIAL[len(sizes)]})")
    if layer.bias and "bias" not in arrays:
        raise at.error("bias_term is true, as it is where it is left out, but the case has no bias; give `bias`")
    if "bias" in arrays and not layer.bias:
        raise at.error("bias_term is false, but the case has a bias; leave `bias` out")


def _definition(item: Item, name: str, folder: Path) -> str:
    """The text of a .prototxt inside `folder`."""
    path = sources.inside(item, name, folder)
    if path.stat().st_size > prototxt.LARGEST:
        raise item.error(f"{path.stat().st_size} bytes; a definition may have {prototxt.LARGEST}")
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise item.error(f"{name} cannot be read: {problem}") from problem


# --- the layer -------------------------------------------------------------------------------------------------------


def convolution(text: str, rank: int, name: str | None = None) -> Layer:
    """The `Convolution` layer of a definition, which has `rank` spatial axes; `name` where there are several.

    Raises DefinitionError for text that is no definition, a layer that is not there or of another type, settings that
    Caffe refuses, and fields that it does not have.
    """
    layer = _chosen(prototxt.network(text), name)
    param = _parameters(layer)
    return Layer(
        name=layer.text("name"),
        outputs=param.count("num_output", 1),
        kernel_size=_per_axis(param, "kernel_size", rank, 1),
        stride=_per_axis(param, "stride", rank, 1, default=1),
        padding=_per_axis(param, "pad", rank, 0, default=0),
        dilation=_per_axis(param, "dilation", rank, 1, default=1),
        groups=param.count("group", 1, default=1),
        bias=param.flag("bias_term", default=True),
    )


def _chosen(network: Message, name: str | None) -> Message:
    """The convolution that is meant: the one called `name`, or the only one."""
    layers = [(key, each) for key in KINDS for each in network.fields.get(key, ()) if isinstance(each, Message)]
    found = [layer for key, layer in layers if layer.text("type") == KINDS[key] and name in (None, layer.text("name"))]
    if len(found) == 1:
        return found[0]
    if found:
        names = shortened(", ".join(layer.text("name") for layer in found), 300)
        raise DefinitionError(f"{len(found)} Convolution layers ({names}); say with `layer` which one is meant")
    told = shortened(", ".join(f"{layer.text('name')} ({layer.text('type')})" for _, layer in layers), 300)
    wanted = "a layer of type Convolution" + ("" if name is None else f" called {name!r}")
    raise DefinitionError(f"expected {wanted}; found {told or 'no layer'}")


def _parameters(layer: Message) -> Message:
    """The fields of its convolution_param, all of which are known."""
    given = layer.one("convolution_param")
    param = given if isinstance(given, Message) else Message(layer.start, {})
    for field, values in param.fields.items():
        if field not in FIELDS:
            known = nearest(field, FIELDS)
            raise values[0].start.error(f"unknown field {shortened(field)!r} of convolution_param; {known}")
    if param.count("axis", 1, default=1) != 1:
        raise param.fields["axis"][0].start.expected("axis 1, the channels")
    return param


def _per_axis(param: Message, field: str, rank: int, least: int, default: int | None = None) -> tuple[int, ...]:
    """One number for all axes, one for each, or in 2-D `_h` and `_w`, of which only those of pad may be left out."""
    stem = field.removesuffix("_size")
    sides = (f"{stem}_h", f"{stem}_w")
    values = param.fields.get(field, [])
    for side in sides:
        if side in param.fields and (values or rank != 2):
            beside = f"{side} beside {field}" if values else f"{side} for {rank} spatial axes"
            raise param.fields[side][0].start.error(
                f"{beside}; Caffe takes either {field}, or in 2-D {' and '.join(sides)}"
            )
    if any(side in param.fields for side in sides):
        return tuple(param.count(side, least, default if field == "pad" else None) for side in sides)
    if len(values) > 1 and len(values) != rank:
        raise values[-1].start.error(f"{len(values)} values of {field}; expected one, or {rank}, one per spatial axis")
    if len(values) < 2:
        return (param.count(field, least, default),) * rank
    return tuple(value.whole(field, least) for value in values)
