"""Rearrangements: channels become samples of space (`depth_to_space`), or samples become channels.

A reshape, an exchange of axes, a reshape: no number changes. With a block of b, C channels of a plane are b * b times
C / (b * b) channels (order DCR), or C / (b * b) channels of b * b samples each (CRD): the names are ONNX's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from harness.canonical.settled import Settled
from harness.grammar.kinds import Field, Record, integer, or_unknown, word
from harness.grammar.limits import LARGEST
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer, check_bias
from harness.operations.by_settings.of_layer import elsewhere as elsewhere
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import told as told
from harness.operations.by_settings.own_names import AsItStands, Changes
from harness.operations.by_settings.writing import called
from harness.operations.operation import Setting
from harness.operations.rearrange_spoken import OPTIONS
from harness.operations.rearrange_spoken import ROLES as ROLES
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings
from harness.operations.transforms.told import ByHand
from harness.worker.entry import EntryPoint

NAME = "rearrange"
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, new_cases, own_words, shown = _OWN.probes, _OWN.draws, _OWN.new_cases, _OWN.own_words, _OWN.shown

DIRECTIONS = ("depth_to_space", "space_to_depth")
ORDERS = ("DCR", "CRD")
SETTINGS = {
    **{each: Field(integer(1, LARGEST), OPTIONS[each]) for each in DIRECTIONS},
    "order": Field(or_unknown(word(*ORDERS)), OPTIONS["order"], default="DCR"),
}
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {"order": "DCR"}
FIELDS: Mapping[str, Field] = {}
EXPLAINED_BY = (*OF_ARRAYS, *SETTINGS, "blocks", "channels")
POINTWISE = False
NEW_CASE = """\
space_to_depth: 2             # the block; or depth_to_space: 2
order: DCR                    # a block is the slow part of the channels, as in TensorFlow and ONNX; CRD: as in PyTorch
"""
EXCHANGED, BUFFER, DARKNET = "axes exchanged", "reshaped only", "as Darknet's reorg"
"""What systems do otherwise with a block."""
REVERSED = "reversed in the output"
"""How channels may stand; those of the input may be reversed, too, which is another thing."""
SAYINGS: Sayings = {
    "order": Saying(
        "order {it} {}",
        "ordered {it} {}",
        "the channels",
        {"DCR": "with a block as their slow part (DCR)", "CRD": "with a block as their fast part (CRD)"},
        "them",
    ),
    "blocks": Saying(
        whole={
            EXCHANGED: "take the axes of a block in their order; the system exchanged the axes of a block",
            BUFFER: "move the samples of each block; the system only reshaped the array",
            DARKNET: "move the blocks as the case says; the system moved them as Darknet's reorg does",
        }
    ),
    "channels": Saying(
        whole={REVERSED: "keep the channels in their order; the system reversed the channels of the output"}
    ),
}

Axes = tuple[int, ...]
Steps = tuple[Axes, Axes, Axes]
"""A shape, an order of its axes, and the shape that is made of it."""


def demand(top: Record) -> None:
    """Raises CaseError where not exactly one direction is given."""
    given = [each for each in DIRECTIONS if each in top or (top["matrix"] is not None and each in top["matrix"])]
    if len(given) != 1:
        raise top.item.error(f"give one of {' and '.join(DIRECTIONS)}, with the size of a block")


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    return {key: value for key, (value, _) in settings.items()}


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    """Channels, or samples along each axis, are whole blocks."""
    form = meant(stated).unbiased
    direction, block = _direction(form.settings), form.settings[_direction(form.settings)]
    if 0 in form.output_shape and 0 not in form.x.shape:
        channels, *sizes = form.x.shape[1:]
        parts = f"{channels} channels" if direction == DIRECTIONS[0] else f"{tuple(sizes)} samples"
        of = f"{block ** len(sizes)}" if direction == DIRECTIONS[0] else f"{block} along each axis"
        raise settings[direction][1].error(f"{parts} are not cut into blocks of {of}")
    check_bias(stated, top)


def words(settings: Mapping[str, Any]) -> str:
    direction = _direction(settings)
    rest = [settings["blocks"]] if "blocks" in settings else []
    rest += [f"channels {settings['channels']}"] if "channels" in settings else []
    return ", ".join([f"{direction.replace('_', ' ')} by {settings[direction]}, order {settings['order']}", *rest])


# --- the formula -----------------------------------------------------------------------------------------------------


def _direction(settings: Mapping[str, Any]) -> str:
    return next(each for each in DIRECTIONS if settings.get(each) is not None)


def steps(shape: Sequence[int], settings: Mapping[str, Any]) -> Steps:
    """How an input of a shape is rearranged."""
    direction = _direction(settings)
    made = output_shape({"x": tuple(shape)}, settings)
    if settings.get("blocks") == BUFFER:
        return tuple(shape), tuple(range(len(shape))), made
    moved = _to_space if direction == DIRECTIONS[0] else _to_depth
    first, axes = moved(shape, settings[direction], settings["order"] == "DCR", settings.get("blocks", ""))
    return first, axes, made


def _to_space(shape: Sequence[int], block: int, blocks_first: bool, how: str) -> tuple[Axes, Axes]:
    n, c, *space = shape
    rank = len(space)
    blocks, inner = (block,) * rank, c // block**rank
    first = (n, *blocks, inner, *space) if blocks_first else (n, inner, *blocks, *space)
    channel, of_blocks = (rank + 1, 1) if blocks_first else (1, 2)
    order = range(rank)[::-1] if how == EXCHANGED else range(rank)
    pairs = ((rank + 2 + at, of_blocks + each) for at, each in enumerate(order))
    return first, (0, channel, *(axis for pair in pairs for axis in pair))


def _to_depth(shape: Sequence[int], block: int, blocks_first: bool, how: str) -> tuple[Axes, Axes]:
    n, c, *space = shape
    rank = len(space)
    if how == DARKNET:  # the buffer taken for fewer channels of more samples
        c, space = c // block**rank, [size * block for size in space]
    first = (n, c, *(each for size in space for each in (size // block, block)))
    outer, inner = (tuple(range(start, start + 2 * rank, 2)) for start in (2, 3))
    inner = inner[::-1] if how == EXCHANGED else inner
    return first, (0, *inner, 1, *outer) if blocks_first else (0, 1, *inner, *outer)


def formula(np: Any, arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    first, axes, made = steps(arrays["x"].shape, settings)
    y = arrays["x"].reshape(first).transpose(axes).reshape(made)
    return y[:, ::-1] if settings.get("channels") == REVERSED else y


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]) -> tuple[int, ...]:
    """None where channels or samples are no whole blocks."""
    (n, c, *space), direction = shapes["x"], _direction(settings)
    block = settings[direction]
    count = block ** len(space)
    if direction == DIRECTIONS[0]:
        return (n, c // count, *(size * block for size in space)) if c % count == 0 else (0,) * (len(space) + 2)
    whole = all(size % block == 0 for size in space) and (settings.get("blocks") != DARKNET or c % count == 0)
    return (n, c * count, *(size // block for size in space)) if whole else (0,) * (len(space) + 2)


def ways(settings: Mapping[str, Any]) -> Iterable[Callable[..., Any]]:
    """Nothing is computed."""
    return ()


def rounds(settings: Mapping[str, Any]) -> bool:
    return False


# --- what differs ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """The other order, the axes of a block exchanged, no exchange of axes at all, Darknet's; other blocks."""
    settings, direction = form.settings, _direction(form.settings)
    yield from ({"order": each} for each in ORDERS if each != settings["order"])
    usual = [EXCHANGED] * (form.rank > 1) + [BUFFER] + [DARKNET] * (direction == DIRECTIONS[1])
    yield from ({"blocks": each} for each in usual if each != settings.get("blocks") and _fits(form, blocks=each))
    yield from [{"channels": REVERSED}] * (form.output_shape[1] > 1 and "channels" not in settings)
    blocks = (each for each in range(2, 9) if each != settings[direction])
    yield from ({direction: each} for each in blocks if _fits(form, **{direction: each}))


def _fits(form: Settled, **changes: Any) -> bool:
    return prod(form.with_settings(**changes).output_shape) > 0


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """Nothing of it is a number that could be any."""
    return iter(())


# --- calls -----------------------------------------------------------------------------------------------------------

_AS_IT_STANDS = AsItStands()
written, restated, along = _AS_IT_STANDS.written, _AS_IT_STANDS.restated, _AS_IT_STANDS.along


def remedies(form: Settled, entry: EntryPoint) -> Iterator[ByHand]:
    """The channels in the other order, before or behind the call."""
    order, kept = form.settings["order"], entry.takes.keeps.get("order")
    if kept is None or kept == order:
        return
    direction = _direction(form.settings)
    channels = (form.x.shape if direction == DIRECTIONS[0] else form.output_shape)[1]
    blocks = form.settings[direction] ** form.rank
    parts = blocks if (direction == DIRECTIONS[0]) != (order == "DCR") else channels // blocks
    turned = np.arange(channels).reshape(-1, parts).T.ravel()
    said, where = (("order", kept),), tuple(turned.tolist())
    yield ByHand(said, taken=where) if direction == DIRECTIONS[0] else ByHand(said, given=where)


def limits(form: Settled, entry: EntryPoint) -> Iterator[str]:
    """What a function refuses: blocks of one."""
    block = form.settings[_direction(form.settings)]
    if "several" in entry.takes.limits and block < 2:
        yield f"takes blocks of 2 and more; the case has {block}"


# --- code and probes -------------------------------------------------------------------------------------------------


def _numpy(form: Settled) -> Sequence[str]:
    first, axes, made = steps(form.x.shape, form.settings)
    turned = "[:, ::-1]" if "channels" in form.settings else ""
    return [f"y = x.reshape({first}).transpose({axes}).reshape({made}){turned}"]


def _native(system: str, form: Settled) -> Sequence[str]:
    """The call of a system whose order it is, of planes."""
    order, calls = NATIVE[system]
    if form.settings["order"] != order or {"blocks", "channels"} & set(form.settings) or form.rank != 2:
        return ()
    direction = _direction(form.settings)
    return called(system, calls[direction].format(form.settings[direction]))


NATIVE: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "torch": (
        "CRD",
        {
            "depth_to_space": "torch.nn.functional.pixel_shuffle(x, {0})",
            "space_to_depth": "torch.nn.functional.pixel_unshuffle(x, {0})",
        },
    ),
    "tensorflow": (
        "DCR",
        {
            each: f"tf.transpose(tf.nn.{each}(tf.transpose(x, (0, 2, 3, 1)), {{0}}), (0, 3, 1, 2))"
            for each in DIRECTIONS
        },
    ),
}
PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {
    "numpy": _numpy,
    **{system: partial(_native, system) for system in NATIVE},
}
TRIED: Mapping[str, Sequence[Any]] = dict.fromkeys(DIRECTIONS, (2, 3))


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Every number another, in blocks that are whole."""
    rank, direction = max(entry.ranks), _direction(settings)
    block = settings[direction]
    sizes = (2, 3, 1)[:rank]
    to_depth = (2, 3, *(block * each for each in sizes))
    shape = to_depth if direction == DIRECTIONS[1] else (2, 3 * block**rank, *sizes)
    return {"input": np.arange(prod(shape), dtype=np.float64).reshape(shape) - 7}
