"""Convolution, as mathematics defines it or as deep-learning systems mean it, which is cross-correlation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.canonical.layout import SPATIAL
from harness.canonical.window import CONSTANT, Linear, Pairs, Window, holds
from harness.grammar.document import Item
from harness.grammar.gathered import Gathered
from harness.grammar.kinds import FLAG, Field, Record, or_unknown
from harness.operations.convolution_spoken import ROLES as ROLES
from harness.operations.operation import Setting
from harness.operations.stated import Stated
from harness.operations.transforms import CONVENTION_IDS
from harness.operations.transforms.skipping import Skipped
from harness.operations.windowed import definition, keys
from harness.operations.windowed.definition import elsewhere as elsewhere
from harness.operations.windowed.rooms import draws as draws
from harness.operations.windowed.rooms import lowering as lowering
from harness.operations.windowed.rooms import new_cases as new_cases
from harness.operations.windowed.rooms import own_words as own_words
from harness.operations.windowed.rooms import power as power
from harness.operations.windowed.rooms import probes as probes
from harness.operations.windowed.rooms import program as program
from harness.operations.windowed.rooms import search as search
from harness.operations.windowed.rooms import shown as shown
from harness.worker.spans import output_size, padding_pair, span

NAME = "convolution"
SETTINGS = {
    "means": keys.MEANS,
    "stride": keys.STRIDE,
    "dilation": keys.DILATION,
    "padding": Field(
        or_unknown(keys.PADDING),
        "a word, a number, one per axis, or [low, high] per axis; negative crops; or unknown",
        default="valid",
    ),
    "groups": keys.GROUPS,
    "boundary": keys.BOUNDARY,
    "constant": keys.FILLING,
}
EXPLAINED_BY = (*CONVENTION_IDS, Skipped.id)
TAKEN_FOR_UNKNOWN = {
    "means": "cross-correlation",
    "stride": 1,
    "dilation": 1,
    "padding": "same",
    "boundary": "zero",
    "constant": 0.0,
}
FIELDS = {
    "fits": Field(FLAG, "false: the kernel may be larger than the padded input, and the output empty", default=True),
    "prototxt": definition.PROTOTXT,
}


def meant(stated: Stated) -> Linear:
    """The canonical form; `same` is read as `same_upper`."""
    given, rank = stated.settings, stated.rank
    x, w = stated.arrays["input"].values, stated.arrays["kernel"].values
    window = Window(
        stride=given["stride"],
        dilation=given["dilation"],
        padding=((0, 0),) * rank,
        reversal=(given["means"] == "convolution",) * rank,
        groups=given["groups"],
    ).bounded(*_boundary(given, x.dtype))
    form = Linear(x, w, stated.values("bias"), window)
    return replace(form, window=replace(window, padding=_pairs(form, given["padding"])))


def _boundary(given: Mapping[str, Any], dtype: np.dtype[Any]) -> tuple[str, float]:
    """The boundary and what it fills with, a number of the input's dtype; the number 0 is the boundary zero."""
    constant = float(np.array(given["constant"]).astype(dtype)) if given["boundary"] == CONSTANT else 0.0
    return ("zero" if given["boundary"] == CONSTANT and not constant else given["boundary"]), constant


def _pairs(form: Linear, padding: str | Pairs) -> Pairs:
    if not isinstance(padding, str):
        return padding
    axes = zip(form.x.shape[2:], form.w.shape[2:], form.window.stride, form.window.dilation)
    return tuple(padding_pair(padding, *axis) for axis in axes)


def demand(top: Record) -> None:
    keys.demand_means(top)


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    return {
        **{key: value for key, (value, _) in settings.items()},
        "stride": keys.per_axis(settings["stride"], rank),
        "dilation": keys.per_axis(settings["dilation"], rank),
        "padding": keys.padding(settings["padding"], rank),
        "constant": keys.filling(settings),
    }


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    _check_filling(stated, settings["constant"][1])
    gathered = Gathered()
    with gathered.part():
        _check_channels(stated, top, settings["groups"][1])
    with gathered.part():
        keys.check_integers(stated.meant(), top["input"].item)
    with gathered.part():
        _check_sizes(stated, keys.where("padding", settings, top.item, top["kernel"].item))
    gathered.demand()


def _check_filling(stated: Stated, at: Item) -> None:
    """The input's dtype has the number that fills the padding; errors stand `at` it."""
    dtype, filling = stated.arrays["input"].values.dtype, stated.settings["constant"]
    if filling is not None and dtype.kind in "iu" and not holds(dtype, filling):
        raise at.error(f"expected a number of the input's dtype, {stated.dtype}, found {filling!r}")


def _check_channels(stated: Stated, top: Record, groups_at: Item) -> None:
    form, groups = stated.meant(), stated.settings["groups"]
    channels, per_group, outputs = form.x.shape[1], form.w.shape[1], form.w.shape[0]
    if per_group * groups != channels:
        raise top["kernel"].item.error(
            f"the kernel has {per_group} input channels, and {groups} group(s); "
            f"expected {channels} in all, the input's channels (axis C, kernel axis I)"
        )
    if outputs % groups:
        raise groups_at.error(f"{outputs} output channels do not divide into {groups} groups")
    if len(form.offsets) != outputs:
        raise top.at("bias").error(
            f"expected {outputs} numbers, one for each output channel, found {len(form.offsets)}"
        )


def _check_sizes(stated: Stated, at: Item) -> None:
    """Every output axis has samples, and neither the padded input nor the output is too large; errors stand `at`."""
    form, fits = stated.meant(), stated.settings["fits"]
    window = form.window
    padded, output = [*form.x.shape[:2]], [form.x.shape[0], form.w.shape[0]]
    rows = zip(SPATIAL[form.rank], form.x.shape[2:], form.w.shape[2:], window.stride, window.dilation, window.padding)
    for letter, n, k, stride, dilation, pair in rows:
        samples = output_size(n, k, stride, dilation, pair)
        if samples < 1 and fits:
            raise at.error(
                f"the kernel does not fit: along {letter} it spans {span(k, dilation)} samples "
                f"(size {k}, dilation {dilation}), the input has {n} with padding {list(pair)}; "
                "pad more, make the kernel smaller, or ask what the systems make of it: fits: false"
            )
        padded.append(n + sum(pair))
        output.append(max(samples, 0))
    keys.check_elements("the padded input", padded, at)
    keys.check_elements("the output", output, at)


def told(stated: Stated) -> dict[str, Any]:
    return keys.told(stated, stated.meant().window.padding)
