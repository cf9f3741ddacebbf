"""A convolution in the terms of an entry point: as a person would first write it, and as it computes what is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.canonical import layout
from harness.canonical.window import CONSTANT, Linear, Pairs, numbers_text, pairs_text
from harness.operations.call import Call, Unsupported
from harness.operations.stated import Stated
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.calls import (
    AddBias,
    CropOutput,
    DenseGroups,
    DilateKernel,
    PadInput,
    SubsampleOutput,
)
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint, Word
from harness.worker.spans import padding_pair, span


def as_written(stated: Stated, entry: EntryPoint) -> Call:
    """The call that a person would first write; raises Unsupported where the entry point cannot say it."""
    _check_groups(stated, entry)
    conv, given, word = stated.meant(), stated.settings, entry.name
    if any(step > 1 for step in given["stride"]) and not entry.takes.stride:
        raise Unsupported(f"{word} has no stride; the case has {numbers_text(stated.settings['stride'])}")
    if any(step > 1 for step in given["dilation"]) and not entry.takes.dilation:
        raise Unsupported(f"{word} has no dilation; the case has {numbers_text(stated.settings['dilation'])}")
    if not _strides_and_dilates(conv, entry):
        raise Unsupported(f"{word} does not take a stride together with a dilation")
    if not _strides(conv, entry):
        raise Unsupported(f"{word} takes one stride for all axes; the case has {numbers_text(given['stride'])}")
    if given["groups"] > 1 and entry.takes.groups == "one":
        raise Unsupported(f"{word} has no groups; the case has {stated.settings['groups']}")
    if conv.window.boundary not in entry.takes.boundaries:
        raise Unsupported(f"{word} has no boundary {stated.settings['boundary']!r}")
    padding = _word_as_written(stated, conv, entry)
    transforms = (AddBias(conv.offsets),) if conv.biased and not entry.takes.bias else ()
    return _call(entry, conv, padding, transforms)


def _word_as_written(stated: Stated, conv: Linear, entry: EntryPoint) -> Word | None:
    """The entry point's own word for the case's padding; None where pairs are passed, as where it has no such word."""
    words: Mapping[str, Word] = entry.takes.words
    padding = stated.settings["padding"]
    if isinstance(padding, str):
        asked = padding if padding in words else padding.split("_")[0]
        if asked in words:
            stride, dilation = conv.window.stride, conv.window.dilation
            if not words[asked].fits(stride, dilation):
                limit = "dilation" if words[asked].fits(stride, (1,)) else "stride"
                raise Unsupported(f"{entry.name} takes padding {words[asked].native!r} with {limit} 1 only")
            return words[asked]
        if not _passes(conv.window.padding, entry):
            raise Unsupported(f"{entry.name} has no padding {stated.settings['padding']!r}")
    if _passes(conv.window.padding, entry):
        return None
    if "valid" in words and not any(map(any, conv.window.padding)):
        return words["valid"]
    raise Unsupported(f"{entry.name} does not take the padding {pairs_text(conv.window.padding)} (low:high per axis)")


def normalized(stated: Stated, entry: EntryPoint) -> Call:
    """The call that computes what the case means, by the transforms that this entry point needs."""
    _check_groups(stated, entry)
    if 0 in stated.meant().output_shape:
        raise Unsupported("the kernel does not fit into the padded input, so there is no output")
    conv = _without_idle_boundary(stated.meant())
    transforms: list[Transform] = []
    for needed in (_before_padding, _for_padding):
        for transform in needed(conv, entry):
            conv = transform.rewrite(conv)
            transforms.append(transform)
    return _call(entry, conv, _word(conv, entry), tuple(transforms))


def _without_idle_boundary(conv: Linear) -> Linear:
    """`conv`; where nothing is padded the boundary means nothing, and is zero, which every system has."""
    if any(map(any, conv.window.padding)):
        return conv
    return replace(conv, window=conv.window.bounded("zero"))


def _before_padding(conv: Linear, entry: EntryPoint) -> Iterator[Transform]:
    """The transforms that the entry point needs whatever the padding."""
    win = conv.window
    backwards = tuple(axis for axis, flag in enumerate(win.reversal) if flag != entry.takes.reversal)
    if backwards:
        yield ReverseKernel(backwards)
    if conv.biased and not entry.takes.bias:
        yield AddBias(conv.offsets)
    if win.groups > 1 and entry.takes.groups == "one":
        yield DenseGroups(win.groups)
    if any(step > 1 for step in win.dilation) and not entry.takes.dilation:
        yield DilateKernel(win.dilation)
    if any(step > 1 for step in win.stride) and not (_strides(conv, entry) and _strides_and_dilates(conv, entry)):
        yield SubsampleOutput(win.stride)


def _for_padding(conv: Linear, entry: EntryPoint) -> Iterator[Transform]:
    """The transforms that lead to a padding which the entry point has."""
    if _has_padding(conv, entry):
        return
    if any(map(any, conv.window.padding)):
        by_hand = PadInput(conv.window.padding, conv.window.boundary, conv.window.constant)
        yield by_hand
        conv = by_hand.rewrite(conv)
        if _has_padding(conv, entry):
            return
    if max(conv.window.stride) > 1:
        every = SubsampleOutput(conv.window.stride)
        yield every
        conv = every.rewrite(conv)
    for word in entry.takes.words.values():
        yield CropOutput(_recipe_pairs(word, conv))
        return
    raise Unsupported(f"{entry.name} takes neither a padding word nor padding by numbers")


def _check_groups(stated: Stated, entry: EntryPoint) -> None:
    groups, channels = stated.settings["groups"], stated.meant().x.shape[1]
    if entry.takes.groups == "depthwise" and groups != channels:
        raise Unsupported(
            f"{entry.name} takes one group for each channel; the case has groups: {groups}, channels: {channels}"
        )


def _strides(conv: Linear, entry: EntryPoint) -> bool:
    """Whether the entry point takes the strides."""
    steps = set(conv.window.stride)
    return steps == {1} or bool(entry.takes.stride and (entry.takes.uneven_strides or len(steps) == 1))


def _strides_and_dilates(conv: Linear, entry: EntryPoint) -> bool:
    return entry.takes.together or max(conv.window.stride) == 1 or max(conv.window.dilation) == 1


def _passes(pairs: Pairs, entry: EntryPoint) -> bool:
    """Whether the entry point takes this padding by numbers."""
    if entry.takes.explicit == "no" or any(side < 0 for pair in pairs for side in pair):
        return False
    if entry.takes.explicit == "one" and len(set(pairs)) > 1:
        return False
    return entry.takes.explicit == "uneven" or all(low == high for low, high in pairs)


def _has_padding(conv: Linear, entry: EntryPoint) -> bool:
    """Whether the entry point takes the padding of `conv`, by a word or by numbers."""
    by_numbers = conv.window.boundary == "zero" and _passes(conv.window.padding, entry)
    return by_numbers or _word(conv, entry) is not None


def _word(conv: Linear, entry: EntryPoint) -> Word | None:
    """A padding word of the entry point that comes to exactly the padding of `conv`, at its boundary."""
    win = conv.window
    if win.boundary not in entry.takes.boundaries:
        return None
    if any(span(k, d) > n for n, k, d in zip(conv.x.shape[2:], conv.w.shape[2:], win.dilation)):
        return None  # some systems swap the operands then; numbers or a padded input mean the same to all
    words: Mapping[str, Word] = entry.takes.words
    for word in words.values():
        if word.fits(win.stride, win.dilation) and _recipe_pairs(word, conv) == win.padding:
            return word
    return None


def _recipe_pairs(word: Word, conv: Linear) -> Pairs:
    win = conv.window
    axes = zip(conv.x.shape[2:], conv.w.shape[2:], win.stride, win.dilation)
    return tuple(padding_pair(word.recipe, *axis) for axis in axes)


def _call(entry: EntryPoint, conv: Linear, word: Word | None, transforms: tuple[Transform, ...]) -> Call:
    win, rank = conv.window, conv.rank
    settings = {
        "stride": win.stride,
        "dilation": win.dilation,
        "padding": win.padding if word is None else word.native,
        "groups": win.groups,
        "boundary": entry.takes.boundaries.get(win.boundary, "zero"),
        **({"constant": win.constant} if win.boundary == CONSTANT else {}),
    }
    try:
        x = layout.from_canonical(conv.x, layout.expand(entry.layouts["input"], rank), "input")
        w = layout.from_canonical(conv.w, layout.expand(entry.layouts["kernel"], rank), "kernel")
    except layout.LayoutError as error:  # a program without channels, say
        raise Unsupported(f"{entry.name}: {error}") from None
    bias = {"bias": conv.offsets} if conv.biased and entry.takes.bias else {}
    return Call(entry, {"input": x, "kernel": w, **bias}, settings, transforms, rank)
