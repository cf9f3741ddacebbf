"""Transposed convolution: each input value stamps the kernel into the output, `stride` apart, and stamps add up.

Its canonical form is the linear one with the stride as base dilation and the kernel read backwards, padded by what is
left of its size: along an axis the full output of n samples has (n - 1) stride + e of them, e = (k - 1) dilation + 1,
and what the padding of the forward operation is, is cut off it (Dumoulin & Visin 2016, "A guide to convolution
arithmetic for deep learning").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.canonical.layout import SPATIAL
from harness.canonical.window import Linear, Pairs, Window
from harness.grammar.document import Item
from harness.grammar.kinds import Field, Record, either, integer, list_of, or_unknown, word
from harness.grammar.limits import LARGEST
from harness.operations.operation import Elsewhere, Setting
from harness.operations.stated import Stated
from harness.operations.transforms import CONVENTION_IDS
from harness.operations.transforms.skipping import Skipped
from harness.operations.transposed_convolution_spoken import ROLES as ROLES
from harness.operations.windowed import keys
from harness.operations.windowed.rooms import own_words as own_words
from harness.operations.windowed.rooms import power as power
from harness.operations.windowed.transposed_rooms import draws as draws
from harness.operations.windowed.transposed_rooms import lowering as lowering
from harness.operations.windowed.transposed_rooms import new_cases as new_cases
from harness.operations.windowed.transposed_rooms import probes as probes
from harness.operations.windowed.transposed_rooms import program as program
from harness.operations.windowed.transposed_rooms import search as search
from harness.operations.windowed.transposed_rooms import shown as shown
from harness.operations.windowed.transposing import grouped
from harness.worker.spans import cut_pair, span

NAME = "transposed_convolution"
_PADDING = either(
    (lambda item: isinstance(item.scalar, str), word(*keys.CUT_WORDS)),
    (lambda item: True, keys.PADDING),
    words="valid, same, a number, one per axis, or [low, high] per axis",
)
_AMOUNTS = either(
    (lambda item: item.is_list, list_of(integer(0, LARGEST), shortest=1)),
    (lambda item: True, integer(0, LARGEST)),
    words="a whole number, or one per spatial axis",
)
SETTINGS = {
    "means": Field(
        or_unknown(word(*keys.MEANINGS)),
        "what it is the transpose of: cross-correlation stamps the kernel as it is, convolution reversed; or unknown",
    ),
    "stride": keys.STRIDE,
    "dilation": keys.DILATION,
    "padding": Field(
        or_unknown(_PADDING),
        "what the forward operation pads, and this cuts off: valid (nothing), same (the output has n stride samples), "
        "a number, one per axis, or [low, high] per axis; negative adds zeros; or unknown",
        default="valid",
    ),
    "output_padding": Field(_AMOUNTS, "samples added on the high side: a number, or one per spatial axis", default=0),
    "groups": keys.GROUPS,
}
FIELDS = {
    "output_size": Field(
        keys.STEPS, "spatial sizes of the output, instead of output_padding: a number, or one per spatial axis"
    ),
}
EXPLAINED_BY = (*CONVENTION_IDS, Skipped.id)
TAKEN_FOR_UNKNOWN = {"means": "cross-correlation", "stride": 1, "dilation": 1, "padding": "valid"}


def meant(stated: Stated) -> Linear:
    """The canonical form: the input with the stride as base dilation, the kernel read backwards."""
    given, rank = stated.settings, stated.rank
    w = grouped(stated.arrays["kernel"].values, given["groups"])
    window = Window(
        stride=(1,) * rank,
        dilation=given["dilation"],
        padding=padding_of(stated),
        reversal=(given["means"] == "cross-correlation",) * rank,
        base_dilation=given["stride"],
        groups=given["groups"],
    )
    return Linear(stated.arrays["input"].values, w, stated.values("bias"), window)


def cuts(stated: Stated) -> Pairs:
    """(low, high) cut off the full output along each axis, without the output's own padding."""
    padding, given = stated.settings["padding"], stated.settings
    if not isinstance(padding, str):
        return padding  # type: ignore[no-any-return]
    taps = stated.arrays["kernel"].values.shape[2:]
    return tuple(cut_pair(padding, *axis) for axis in zip(taps, given["stride"], given["dilation"]))


def output_paddings(stated: Stated) -> tuple[int, ...]:
    """Samples added behind the output along each axis: as given, or up to the size that is given."""
    given = stated.settings
    if given["output_size"] is None:
        return given["output_padding"]  # type: ignore[no-any-return]
    return tuple(size - shortest for size, shortest in zip(given["output_size"], _shortest(stated)))


def _shortest(stated: Stated) -> tuple[int, ...]:
    """Output sizes without padding of the output."""
    given = stated.settings
    sizes = zip(stated.arrays["input"].values.shape[2:], stated.arrays["kernel"].values.shape[2:])
    steps = zip(given["stride"], given["dilation"], cuts(stated))
    return tuple(span(n, stride) - 1 + span(k, d) - sum(cut) for (n, k), (stride, d, cut) in zip(sizes, steps))


def padding_of(stated: Stated) -> Pairs:
    """The canonical padding along each axis: what is left of the dilated kernel beyond what is cut."""
    extents = map(span, stated.arrays["kernel"].values.shape[2:], stated.settings["dilation"])
    axes = zip(extents, cuts(stated), output_paddings(stated))
    return tuple((extent - 1 - low, extent - 1 - high + more) for extent, (low, high), more in axes)


def demand(top: Record) -> None:
    keys.demand_means(top)
    if "output_size" in top and ("output_padding" in top or "output_padding" in (top["matrix"] or ())):
        raise top.at("output_size").key_error("output_padding and output_size both given; keep one")


def elsewhere(top: Record, folder: Path, rank: int) -> Elsewhere | None:
    return None


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    size = settings["output_size"]
    return {
        **{key: value for key, (value, _) in settings.items()},
        "stride": keys.per_axis(settings["stride"], rank),
        "dilation": keys.per_axis(settings["dilation"], rank),
        "padding": keys.padding(settings["padding"], rank),
        "output_padding": keys.per_axis(settings["output_padding"], rank),
        "output_size": None if size[0] is None else keys.per_axis(size, rank),
    }


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    _check_channels(stated, top, settings["groups"][1])
    _check_size(stated, keys.where("output_size", settings, top.item, top["input"].item))
    keys.check_integers(stated.meant(), top["input"].item)
    _check_output(stated, keys.where("padding", settings, top.item, top["kernel"].item))


def _check_channels(stated: Stated, top: Record, groups_at: Item) -> None:
    groups, channels = stated.settings["groups"], stated.arrays["input"].values.shape[1]
    outputs, inputs = stated.arrays["kernel"].values.shape[:2]
    if inputs != channels:
        raise top["kernel"].item.error(
            f"the kernel has {inputs} input channels (axis I); expected {channels}, the input's channels (axis C)"
        )
    if inputs % groups:
        raise groups_at.error(f"{inputs} input channels do not divide into {groups} groups")
    bias = stated.meant().offsets
    if len(bias) != outputs * groups:
        expected = f"expected {outputs * groups} numbers, one for each output channel"
        raise top.at("bias").error(f"{expected}, found {len(bias)}")


def _check_size(stated: Stated, at: Item) -> None:
    """A size that is given is none that cuts more than the padding does; errors stand `at`."""
    for letter, more, shortest in zip(SPATIAL[stated.rank], output_paddings(stated), _shortest(stated)):
        if more < 0:
            raise at.error(
                f"output_size {shortest + more} along {letter} is less than the {shortest} samples that the padding "
                "leaves; cut more by the padding"
            )


def _check_output(stated: Stated, at: Item) -> None:
    """Every output axis has samples, and the output is not too large; errors stand `at`."""
    shape = [len(stated.arrays["input"].values), len(stated.meant().w)]
    for letter, cut, more, shortest in zip(
        SPATIAL[stated.rank], cuts(stated), output_paddings(stated), _shortest(stated)
    ):
        if shortest + more < 1:
            raise at.error(
                f"the padding {list(cut)} cuts off all of the output along {letter}, which has "
                f"{shortest + sum(cut)} samples; cut less"
            )
        shape.append(shortest + more)
    keys.check_elements("the output", shape, at)


def told(stated: Stated) -> dict[str, Any]:
    return keys.told(stated, cuts(stated), output_padding=list(output_paddings(stated)))
