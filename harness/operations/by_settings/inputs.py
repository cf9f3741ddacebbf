"""How an input was prepared that gave an output: channels in another order, a factor and an offset of each of them.

    y = f(0) + sum over c of  a[c] (f(x of channel c alone) - f(0)) + d[c] (f(ones in channel c) - f(0))

holds where f is linear in its input, and where each output channel is that of an input channel which f moves along with
its factor and offset, as a maximum does. Where it holds of an f is not asked: what the system gives is held against f.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from harness.canonical import gaps
from harness.canonical.product import Product
from harness.canonical.settled import Settled
from harness.operations.by_settings.descending import descended
from harness.operations.by_settings.end_numbers import fits, shares
from harness.operations.by_settings.orders import Transforms
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.preparing import Offset
from harness.operations.transforms.transform import applied
from harness.operations.transforms.values import Bias, Scale
from harness.operations.windowed.search.preparation import (
    CHANNELS,
    NAMES,
    NEARLY,
    ROUNDING,
    SCALED,
    SPARE,
    added,
    columns,
    errors,
    scaled,
    shortened,
    within,
)

EVERY = 4000
"""Elements whose equations are solved."""
ALL_ORDERS = 4
"""Channels up to which every order is tried."""


def evaluations(channels: int) -> int:
    """Outputs that `prepared` evaluates of so many channels, about."""
    return 2 * min(channels, SCALED) + len(NAMES) + 1


def prepared(form: Settled, seen: np.ndarray, room: np.ndarray, orders: bool) -> Iterator[Transforms]:
    """Preparations of the input that give what was seen, each with the fewest numbers; orders of channels if asked."""
    return _closest(partial(_prepared, form, seen, orders=orders), room)


def _closest(found: Callable[[np.ndarray], Iterable[Transforms]], room: np.ndarray) -> Iterator[Transforms]:
    """What is found within the room, with as small a share of what all values have in common of it as leaves any."""
    every = list(found(room))
    tight = (list(found(close)) for close in shares(room)[:-1]) if every else iter(())
    yield from next(filter(None, tight), every)


def _prepared(form: Settled, seen: np.ndarray, room: np.ndarray, orders: bool) -> Iterator[Transforms]:
    reordered = _reordered(form, seen, room) if orders else ()
    every = [
        _by_numbers(form, seen, room),
        _by_steps(form, seen, room),
        *([each] for each in (*_by_names(form.x.shape[1]), *reordered)),
    ]
    for ways in every:
        fitting = (way for way in ways if fits(gaps.output(applied(form, way)), seen, room))
        for way in itertools.islice(fitting, 1):
            yield way
            yield from _as_bias(form, way)


def _as_bias(form: Settled, way: Transforms) -> Iterator[Transforms]:
    """The same with a bias in place of offsets, where no output could tell them apart: there are as many offsets."""
    offset = next((each for each in way if isinstance(each, Offset)), None)
    if offset and isinstance(form, Product) and form.output_shape[1] <= form.x.shape[1]:
        nothing = form.map(np.zeros_like, "x")
        added = gaps.output(applied(nothing, (offset,))) - gaps.output(nothing)
        values = added.reshape(*added.shape[:2], -1)[0, :, 0]
        yield (*(each for each in way if each is not offset), Bias("unknown", tuple(values.tolist())))


def through(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Transforms]:
    """The preparation that gives what a function leaves alone, whatever it makes of the rest: with fewest numbers."""
    return _closest(partial(_through, form, seen), room)


def _through(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Transforms]:
    told = getattr(form.meaning, "above", lambda *given: None)(form, seen, room)
    if told is not None:
        bare, *left = told
        ways = (way for way in _by_numbers(*told) if way and fits(gaps.output(applied(bare, way)), *left))
        yield from itertools.islice(ways, 1)


def _by_names(channels: int) -> Iterator[Transforms]:
    """Factors that have a name, where a system of equations tells nothing."""
    for name, factor in NAMES.items():
        yield (Scale(name, (factor,) * channels, "input"),)


# --- factors and offsets ---------------------------------------------------------------------------------------------


def _by_numbers(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Transforms]:
    """Factors and offsets, one for all channels or one for each, that solve the equations; fewest first."""
    undone = getattr(form.meaning, "undone", lambda *given: None)(form, seen, room)
    own, ones, values, slack = _equations(*(undone or (form, seen, room)))
    channels = form.x.shape[1]
    blind = bool((np.abs(ones.sum(axis=1)) <= ROUNDING * np.abs(ones).max(initial=0.0)).all())
    for factors, offsets in itertools.product(("one", "alike", "each"), ("none", "alike", "each")):
        if blind and offsets == "alike":  # what is added to all channels is not seen, so none is to the last
            continue
        parts = [columns(own, factors), columns(ones[:, : -1 if blind else None], offsets)]
        matrix = np.hstack(parts)
        missing = values - (own.sum(axis=1) if factors == "one" else 0)
        if not matrix.shape[1] or (found := _solved(matrix, missing, slack)) is None:
            continue
        count, last = parts[0].shape[1], [0.0] * (blind and offsets == "each")
        said = partial(_said, channels, count, last)
        off = errors(matrix, missing, found)
        yield from (said(way) for way in (shortened(found, off), found))
        best = _polished(form, seen, room, said, found)
        yield from (said(way) for way in (shortened(best, off), best))


def _by_steps(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Transforms]:
    """Factors and offsets of each channel, where outputs have the signs of what they are made of."""
    keeps_signs = getattr(form.meaning, "keeps_signs", lambda form: False)(form)
    near = descended(form, seen, room) if keeps_signs else None
    if near is None:
        return
    said = partial(_said, form.x.shape[1], form.x.shape[1], [])
    off = errors(*near)
    best = within(near.matrix, near.values)
    for numbers in (near.numbers, *([] if best is None else [best])):
        yield from (said(way) for way in (shortened(numbers, off), numbers))


def _said(channels: int, count: int, last: list[float], numbers: np.ndarray) -> Transforms:
    """Numbers, of which so many are factors, as changes of the input; last: offsets that are no unknowns."""
    return (*scaled(channels, numbers[:count]), *added(channels, np.append(numbers[count:], last), ""))


def _polished(
    form: Settled, seen: np.ndarray, room: np.ndarray, said: Callable[[np.ndarray], Transforms], found: np.ndarray
) -> np.ndarray:
    """Numbers near those that were found, with which the output itself is least off, by its room: not what it was
    undone to, nor what least squares allow."""
    y, step = gaps.output(applied(form, said(found))), 2.0**-20
    told = np.isfinite(y) & np.isfinite(seen) & (room > 0)
    moved = (gaps.output(applied(form, said(found + step * each))) - y for each in np.eye(len(found)))
    slopes = np.stack([each[told] / (step * room[told]) for each in moved], axis=1)
    better = within(slopes, (seen - y)[told] / room[told])
    return found if better is None else np.asarray(found + better)


def _equations(
    form: Settled, seen: np.ndarray, room: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What each input channel comes to at some elements, and ones in it; what is missing there, and its room."""
    channels = form.x.shape[1]
    nothing = gaps.output(form.map(np.zeros_like, "x"))
    places = np.flatnonzero(np.isfinite(seen) & np.isfinite(nothing))
    places = places[:: len(places) // EVERY + 1]

    def alone(made: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return np.asarray(gaps.output(form.map(made, "x")).flat[places] - nothing.flat[places])

    each = [np.arange(channels) == channel for channel in range(channels)] if channels <= SCALED else [True]
    masks = [np.reshape(one, (1, -1, *(1,) * form.rank)) for one in each]
    own, ones = (np.stack([alone(partial(kept, mask)) for mask in masks], axis=1) for kept in (_kept, _ones))
    return own, ones, (seen - nothing).flat[places], room.flat[places]


def _kept(mask: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.where(mask, x, 0)


def _ones(mask: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.where(mask, np.ones_like(x), 0)


def _solved(matrix: np.ndarray, values: np.ndarray, slack: np.ndarray) -> np.ndarray | None:
    """The unknowns, where the equations are more and tell all of them."""
    known = np.isfinite(matrix).all(axis=1) & np.isfinite(values)
    matrix, values, slack = matrix[known], values[known], slack[known]
    if len(matrix) < matrix.shape[1] + SPARE:
        return None
    found = np.linalg.lstsq(matrix, values, rcond=None)[0]
    close = slack + ROUNDING * float((np.abs(matrix) @ np.abs(found)).max(initial=0))
    if not close.all():
        return None
    matrix, values = matrix / close[:, None], values / close
    found, _, rank, _ = np.linalg.lstsq(matrix, values, rcond=None)
    off = float(np.abs(matrix @ found - values).max())
    if rank < matrix.shape[1] or off > NEARLY:
        return None
    return np.asarray(found) if off <= 1 else within(matrix, values)


# --- orders of the channels ------------------------------------------------------------------------------------------


def _reordered(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Transforms]:
    """Orders of the channels: every one of few; else those that a channel of the output, or equations, tell."""
    channels = form.x.shape[1]
    found: Iterator[tuple[int, ...]] = iter(())
    if channels <= ALL_ORDERS:
        found = itertools.permutations(range(channels))
    elif isinstance(form, Product):
        found = itertools.chain(_by_weights(form, seen), _by_mixing(form, seen, room))
    elif form.output_shape[1] == channels <= SCALED:
        found = _by_turns(form, seen, room)
    else:
        found = _by_mixing(form, seen, room)
    plain = tuple(range(channels))
    for order in found:
        if order not in (plain, plain[::-1]):  # the other way round is tried elsewhere
            yield (ChannelOrder("input", "any", order=order),)


def _by_turns(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[tuple[int, ...]]:
    """By the channel that gives what was seen of each, put in its place."""
    channels = form.x.shape[1]
    axes = (0, *range(2, seen.ndim))
    turned = (gaps.output(form.map(partial(np.roll, shift=turn, axis=1), "x")) for turn in range(channels))
    with np.errstate(invalid="ignore"):
        alike = np.array([~(np.abs(y - seen) > room).any(axis=axes) for y in turned])
    if (alike.sum(axis=0) == 1).all():
        yield from _whole((np.arange(channels) - alike.argmax(axis=0)) % channels)


def _by_weights(form: Product, seen: np.ndarray) -> Iterator[tuple[int, ...]]:
    """By the weights that were applied, where there are more images than these: those of a channel tell its place."""
    linear, channels = form.linear, form.x.shape[1]
    x, y = (np.moveaxis(each, 1, -1).reshape(-1, each.shape[1]) for each in (linear.x, seen))
    known = np.isfinite(y).all(axis=1) & np.isfinite(x).all(axis=1)
    if np.count_nonzero(known) < x.shape[1] + SPARE:
        return
    w = linear.w.reshape(len(linear.w), -1)
    applied_ = np.linalg.lstsq(x[known].astype(np.float64), y[known] - linear.offsets, rcond=None)[0].T
    numbered = np.broadcast_to(np.arange(channels).reshape(1, -1, *(1,) * form.rank), form.x.shape)
    numbers = replace(form, arrays={**form.arrays, "x": numbered}).linear.x
    of = numbers[0].reshape(x.shape[1], -1)[:, 0]
    meant, there = (np.stack([each[:, of == channel] for channel in range(channels)]) for each in (w, applied_))
    yield from _whole(np.abs(meant[:, None] - there[None]).max(axis=(2, 3)).argmin(axis=1))


def _by_mixing(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[tuple[int, ...]]:
    """By how much of each channel is in the place of each, of which all is one."""
    channels = form.x.shape[1]
    if channels > CHANNELS:
        return
    nothing = gaps.output(form.map(np.zeros_like, "x"))
    places = np.flatnonzero(np.isfinite(seen))[:EVERY]
    pairs = itertools.product(range(channels), repeat=2)
    moved = (gaps.output(form.map(partial(_moved, place, channel), "x")) for place, channel in pairs)
    mixed = np.stack([(each - nothing).flat[places] for each in moved], axis=1)
    found = _solved(mixed, (seen - nothing).flat[places], room.flat[places])
    if found is not None:
        yield from _whole(np.abs(found.reshape(channels, channels)).argmax(axis=1))


def _whole(order: np.ndarray) -> Iterator[tuple[int, ...]]:
    """An order that has each channel once; none for others."""
    if len(set(order.tolist())) == len(order):
        yield tuple(order.tolist())


def _moved(place: int, channel: int, x: np.ndarray) -> np.ndarray:
    """Zeros, but for one channel in the place of another."""
    alone = np.zeros_like(x)
    alone[:, place] = x[:, channel]
    return alone
