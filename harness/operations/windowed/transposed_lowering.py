"""A transposed convolution in the terms of an entry point.

In the canonical form, a cut of (low, high) off the full output is a padding of e - 1 less that cut, e being the dilated
kernel's size; samples added behind the output are a smaller cut on the high side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.canonical import layout
from harness.canonical.window import Linear, Pairs, numbers_text, pairs_text
from harness.operations.call import Call, Unsupported
from harness.operations.stated import Stated
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.calls import AddBias, CropOutput, DenseGroups, DilateKernel
from harness.operations.transforms.transform import Transform
from harness.operations.windowed.transposing import cuts, ungrouped
from harness.worker.entry import EntryPoint, Word
from harness.worker.spans import cut_pair, output_size, padding_pair

Padding = tuple[Word | Pairs, tuple[int, ...]]
"""A system's word, or what it cuts, and the samples that it adds behind the output."""


def as_written(stated: Stated, entry: EntryPoint) -> Call:
    """The call that a person would first write; raises Unsupported where the entry point cannot say it."""
    form, takes, name = stated.meant(), entry.takes, entry.name
    _check(form, entry)
    if max(form.window.dilation) > 1 and not takes.dilation:
        raise Unsupported(f"{name} has no dilation; the case has {numbers_text(form.window.dilation)}")
    if not _together(form, entry):
        raise Unsupported(f"{name} does not take a stride together with a dilation")
    if form.window.groups > 1 and takes.groups == "one":
        raise Unsupported(f"{name} has no groups; the case has {form.window.groups}")
    more = tuple(stated.operation.told(stated)["output_padding"])
    if any(more) and not (takes.output_padding or takes.output_size):
        raise Unsupported(f"{name} adds no samples behind the output; the case has {numbers_text(more)}")
    transforms = (AddBias(form.offsets),) if form.biased and not takes.bias else ()
    return _call(entry, form, (_as_written(stated, entry), more), transforms)


def _as_written(stated: Stated, entry: EntryPoint) -> Word | Pairs:
    words: Mapping[str, Word] = entry.takes.words
    padding = stated.settings["padding"]
    cuts: Pairs = tuple((low, high) for low, high in stated.operation.told(stated)["padding_pairs"])
    if isinstance(padding, str) and padding in words:
        return words[padding]
    if _passes(cuts, entry):
        return cuts
    if "valid" in words and not any(map(any, cuts)):
        return words["valid"]
    if isinstance(padding, str):
        raise Unsupported(f"{entry.name} has no padding {padding!r}")
    raise Unsupported(f"{entry.name} does not cut {pairs_text(cuts)} (low:high per axis) off the output")


def normalized(stated: Stated, entry: EntryPoint) -> Call:
    """The call that computes what the case means, by the transforms that this entry point needs."""
    form = stated.meant()
    _check(form, entry)
    transforms: list[Transform] = []
    for needed in (_before_padding, _for_padding):
        for transform in needed(form, entry):
            form = transform.rewrite(form)
            transforms.append(transform)
    padding = _padding(form, entry)
    assert padding is not None
    return _call(entry, form, padding, tuple(transforms))


def _before_padding(form: Linear, entry: EntryPoint) -> Iterator[Transform]:
    """The transforms that the entry point needs whatever the padding."""
    win, takes = form.window, entry.takes
    backwards = tuple(axis for axis, flag in enumerate(win.reversal) if flag == takes.reversal)
    if backwards:
        yield ReverseKernel(backwards)
    if form.biased and not (takes.bias and _padding(form, entry)):
        yield AddBias(form.offsets)  # zeros that are added behind an output would lack it
    if win.groups > 1 and takes.groups == "one":
        yield DenseGroups(win.groups)
    if max(win.dilation) > 1 and not (takes.dilation and _together(form, entry)):
        yield DilateKernel(win.dilation)


def _together(form: Linear, entry: EntryPoint) -> bool:
    """Whether the entry point takes the stride and the dilation in one call."""
    return entry.takes.together or max(form.window.base_dilation) == 1 or max(form.window.dilation) == 1


def _for_padding(form: Linear, entry: EntryPoint) -> Iterator[Transform]:
    """What leads to a cut that the entry point makes: a part of the output is cut, or zeros are added, by hand."""
    if _padding(form, entry) is not None:
        return
    whole = cuts(form)
    words = [tuple(cut_pair(word.recipe, *axis) for axis in _axes(form)) for word in entry.takes.words.values()]
    for own in [((0, 0),) * form.rank, *words]:
        rest = tuple((low - a, high - b) for (low, high), (a, b) in zip(whole, own))
        by_hand = CropOutput(rest)
        if _keeps(own, whole) and _padding(by_hand.rewrite(form), entry) is not None:
            yield by_hand
            return
    raise Unsupported(f"{entry.name} takes neither a padding word nor padding by numbers")


def _keeps(own: Pairs, wanted: Pairs) -> bool:
    """Whether a system that cuts `own` leaves every sample that is wanted: zeros can be added again, samples cannot."""
    return all(a <= max(b, 0) for pair, sides in zip(own, wanted) for a, b in zip(pair, sides))


def _check(form: Linear, entry: EntryPoint) -> None:
    if max(form.window.base_dilation) > 1 and not entry.takes.stride:
        raise Unsupported(f"{entry.name} has no stride; the case has {numbers_text(form.window.base_dilation)}")


def _axes(form: Linear) -> list[tuple[int, int, int]]:
    """(kernel size, stride, dilation) of each axis."""
    return list(zip(form.w.shape[2:], form.window.base_dilation, form.window.dilation))


def _padding(form: Linear, entry: EntryPoint) -> Padding | None:
    """What the entry point is told so that it cuts what `form` does; None where it cannot."""
    cut, none = cuts(form), (0,) * form.rank
    for word in entry.takes.words.values():
        if word.fits(form.window.base_dilation, form.window.dilation):
            if tuple(cut_pair(word.recipe, *axis) for axis in _axes(form)) == cut:
                return word, none
            if entry.takes.output_size and _leads_to(word, form, cut):
                return word, none
    if _passes(cut, entry):
        return form.window.padding if entry.takes.raw else cut, none
    even = tuple((low, low) for low, _ in cut)
    more = tuple(low - high for low, high in cut)
    if entry.takes.output_padding and _passes(even, entry) and _small(more, form):
        return even, more
    return None


def _small(more: tuple[int, ...], form: Linear) -> bool:
    """Whether every system takes so many samples behind the output: fewer than the stride."""
    return all(0 <= each < stride for each, stride in zip(more, form.window.base_dilation))


def _leads_to(word: Word, form: Linear, cut: Pairs) -> bool:
    """Whether a function that is told the output's size cuts so under the word: the forward convolution of that output
    has the input's size, and its padding is the cut on the low side (TensorFlow)."""
    rows = zip(form.x.shape[2:], form.output_shape[2:], _axes(form), cut)
    return all(_forward(word.recipe, size, *axis) == (n, low) for n, size, axis, (low, _) in rows)


def _forward(recipe: str, size: int, k: int, stride: int, dilation: int) -> tuple[int, int]:
    """(output size, low padding) of the forward convolution of an input of `size`."""
    pair = padding_pair("same" if recipe == "same" else "valid", size, k, stride, dilation)
    return max(output_size(size, k, stride, dilation, pair), 0), pair[0]


def _passes(cut: Pairs, entry: EntryPoint) -> bool:
    """Whether the entry point takes this cut by numbers."""
    explicit = entry.takes.explicit
    if explicit == "no" or (explicit != "any" and any(side < 0 for pair in cut for side in pair)):
        return False
    return explicit != "even" or all(low == high for low, high in cut)


def _call(entry: EntryPoint, form: Linear, padding: Padding, transforms: tuple[Transform, ...]) -> Call:
    win, rank = form.window, form.rank
    told, more = padding
    settings = {
        "stride": win.base_dilation,
        "dilation": win.dilation,
        "padding": told.native if isinstance(told, Word) else told,
        "output_padding": more,
        "output_size": form.output_shape[2:],
        "groups": win.groups,
    }
    apart = ungrouped(form.w, win.groups)
    try:
        x = layout.from_canonical(form.x, layout.expand(entry.layouts["input"], rank), "input")
        w = layout.from_canonical(apart, layout.expand(entry.layouts["kernel"], rank), "kernel")
    except layout.LayoutError as error:
        raise Unsupported(f"{entry.name}: {error}") from None
    bias = {"bias": form.offsets} if form.biased and entry.takes.bias else {}
    return Call(entry, {"input": x, "kernel": w, **bias}, settings, transforms, rank)
