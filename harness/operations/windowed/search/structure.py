"""What can be said where the intended output cannot be computed: what two recordings say of each other.

Where they agree and where they differ follows from the printed values, what these elements see from the settings, and
which changes would leave the former and change the latter is tried on data of which the unknown part is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.reference import direct
from harness.canonical.window import Linear
from harness.operations.stated import Recording
from harness.operations.transforms import weight
from harness.operations.transforms.arrays import OutputAxes
from harness.operations.transforms.transform import Transform, applied, read
from harness.operations.windowed.power import variants
from harness.operations.windowed.search.agreement import (
    agreement,
    besides,
    listed,
    met_by,
    placed,
    places,
    seeing,
    tabled,
)
from harness.operations.windowed.search.outputs import readings
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.unknowns import MOST, system
from harness.operations.windowed.search.variants import Transforms, inputs, kernels, windows
from harness.rounding.rungs import rough

CORNER = 3
"""Output elements of each spatial axis among which the one that decides is looked for."""
SAME = 1e-9
"""Outputs of drawn data that are closer than this, as a share of the largest, are the same."""


def remarks(question: Question, seen: Recording, earlier: Sequence[Recording], coarse: float) -> Iterator[str]:
    """What follows from `seen` alone, and from it and each recording before it; nothing of another number of axes.

    coarse: half a unit of the last digit that was printed of input and kernel.
    """
    if seen.values.ndim != question.form.x.ndim:
        return
    if all(part <= size for part, size in zip(seen.values.shape, question.form.output_shape)):
        yield from _alone(question, seen, coarse)
    for other in earlier:
        if other.values.ndim == seen.values.ndim:
            for number, remark in enumerate(_pair(question, seen, other)):
                yield remark if number else f"compared with {other.system}: {remark}"


def _alone(question: Question, seen: Recording, coarse: float) -> Iterator[str]:
    """Whether any data give what was seen as the case means it; if none do, under which changes some do."""
    conv = question.form
    slack = question.slack + float(np.nanmax(_slack(conv, seen), initial=0))
    values = _known(seen)
    meant = system(conv, values, slack, coarse)
    if meant is None:
        return
    yield from meant.remarks(conv)
    if meant.solution[2]:
        return
    changed = {words: transform.differ(conv) for words, transform in variants(conv)}
    systems = {words: system(each, values, slack, coarse) for words, each in changed.items()}
    confirmed = [words for words, other in systems.items() if other and other.confirmed]
    if confirmed:
        yield f"these values fit with one of these changes: {'; '.join(confirmed)}"


def _pair(question: Question, seen: Recording, other: Recording) -> Iterator[str]:
    conv = _first(question.form, seen.values.shape, other.values.shape)
    question = replace(question, form=conv)
    apart = np.abs(placed(_known(seen), conv) - placed(_known(other), conv))
    slack = _slack(conv, seen) + _slack(conv, other)
    same, differ = apart <= slack, apart > slack
    yield from agreement(conv, same, differ)
    if same.any() and differ.any() and tabled(conv):
        yield from _causes(question, same, np.where(differ, apart, 0))


def _causes(question: Question, same: np.ndarray, apart: np.ndarray) -> Iterator[str]:
    """What may be the cause where outputs agree (`same`) and lie `apart` (0 elsewhere), and what is not."""
    conv, differ = question.form, apart > 0
    drawn = _drawn(conv)
    ruled_out = list(_ruled_out(drawn, same))
    if ruled_out:
        yield f"the elements that agree rule out each of these as the only difference: {'; '.join(ruled_out)}"
    data = list(_data(question, same, apart))
    changes = list(_changes(question, drawn, same, differ))
    if data:
        where = " or ".join(each.words for each in data)
        yield f"if both compute what the case means, their data differ in {where}, unless by chance: print these"
    if changes:
        yield f"if their data are equal, one of these changes explains what agrees and what differs: {_listed(changes)}"
    yield from _deciding([*data, *changes], same | differ)


def _known(recording: Recording) -> np.ndarray:
    """The values, NaN where they are not known."""
    return np.where(recording.known, recording.values, np.nan)


def _first(conv: Linear, *shapes: tuple[int, ...]) -> Linear:
    """`conv` with the images and output channels that outputs of these shapes have, and a few more."""
    images, outputs = (max(CORNER, *sizes) for sizes in list(zip(*shapes))[:2])
    if conv.window.groups > 1:
        return conv
    return replace(conv.channels(slice(outputs)), x=conv.x[:images])


def _slack(conv: Linear, seen: Recording) -> np.ndarray:
    """How far each element of a recording may be off: its printed digits, and the rounding of a sum of its size.

    The terms are not known, so the value stands for them.
    """
    share = rough(conv.terms, seen.dtype)
    return np.asarray(placed(seen.half_unit, conv) + share * np.abs(placed(seen.values, conv)))


@dataclass(frozen=True, eq=False)
class Suspect:
    """A cause that fits where two outputs agree and differ. changes: mask of the output elements that it changes."""

    words: str
    changes: np.ndarray


def _data(question: Question, same: np.ndarray, apart: np.ndarray) -> Iterator[Suspect]:
    """Data that may not be those of the other system, since nothing that agrees sees them.

    apart: how far the outputs differ, 0 where they do not.
    """
    conv = question.form
    for role, mask in besides(conv, same, apart > 0).items():
        if mask.any():
            least = _least(conv, mask, apart) if role == "kernel" else 0.0
            by = f" (magnitudes of the differences there add up to {least:.3g} or more)" if least else ""
            yield Suspect(_slices(question, role, mask) + by, seeing(conv, role, mask))


def _least(conv: Linear, mask: np.ndarray, apart: np.ndarray) -> float:
    """How much the kernel elements in `mask` must differ in sum, for outputs to differ so: max of apart / max |x|.

    0 where the input there is not known.
    """
    met, least = places(conv), 0.0
    for element in np.argwhere(apart)[:MOST]:
        largest = np.abs(met_by(conv, met, element)[1][mask[element[1]].ravel()]).max(initial=0)
        if largest > 0:
            least = max(least, float(apart[tuple(element)] / largest))
    return least


def _ruled_out(conv: Linear, same: np.ndarray) -> Iterator[str]:
    """Changes that no element of `same` would survive, in words."""
    meant = direct(conv)
    for words, transform in variants(conv):
        if _changed(conv, (transform,), meant)[same].all():
            yield words


def _slices(question: Question, role: str, mask: np.ndarray) -> str:
    """A box of the array of a role as it is indexed in the case's layout: "kernel[0, 0, 2:5, 1]"."""
    letters = canonical(role, question.form.rank)
    index = []
    for letter in question.stated(role) or letters:
        rest = tuple(axis for axis in range(mask.ndim) if axis != letters.index(letter))
        found = np.flatnonzero(mask.any(axis=rest))
        index.append(f"{found[0]}:{found[-1] + 1}" if len(found) > 1 else str(found[0]))
    return f"{role}[{', '.join(index)}]"


def _changes(question: Question, drawn: Linear, same: np.ndarray, differ: np.ndarray) -> Iterator[Suspect]:
    """Single changes of the call that keep what agrees and change what differs; one of each kind and effect."""
    meant = direct(drawn)
    seen = _seen_part(same | differ)
    asked = replace(question, form=drawn, observed=np.where(same, meant, np.nan)[seen])
    known = set()
    singles = dict.fromkeys(_singles(asked))
    for single in sorted(singles, key=lambda each: (weight(each, drawn.rank), not _indexes(each[0]))):
        changed = _changed(drawn, single, meant)
        key = (single[0].id, changed[seen].tobytes())
        if changed[differ].all() and not changed[same].any() and key not in known:
            known.add(key)
            yield Suspect(single[0].words(), changed)


def _indexes(transform: Transform) -> bool:
    """Whether an output was read at the wrong place, which people do more often than to transpose it."""
    return isinstance(transform, OutputAxes) and -1 in transform.source


def _singles(question: Question) -> Iterator[Transforms]:
    """Single changes of the input, the kernel, the settings and the reading of the output."""
    conv = question.form
    shelved = (transforms for shelf in kernels(question, conv, 1)[0] for transforms in shelf.transforms)
    sides = (inputs(question, conv, 1)[0], windows(question, conv, 1), readings(question))
    others = (each.transforms for side in sides for each in side)
    yield from (transforms for transforms in (*shelved, *others) if len(transforms) == 1)
    yield from ((transform,) for _, transform in variants(conv))


def _drawn(conv: Linear) -> Linear:
    """`conv` with normal numbers for all that is not known."""
    stream = np.random.default_rng(0)

    def drawn(values: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(values), stream.standard_normal(values.shape), values)

    return conv.map(drawn)


def _seen_part(known: np.ndarray) -> tuple[slice, ...]:
    """The first images, channels and spatial elements that hold all that is known, and the corner."""
    ends = np.argwhere(known).max(axis=0) + 1
    return tuple(
        slice(0, int(end) if axis < 2 else min(max(int(end), CORNER), size))
        for axis, (end, size) in enumerate(zip(ends, known.shape))
    )


def _changed(conv: Linear, transforms: Transforms, meant: np.ndarray) -> np.ndarray:
    """Mask of the output elements that transforms do not leave as they are."""
    y = read(direct(applied(conv, transforms)), transforms, ())
    part = tuple(slice(0, min(sizes)) for sizes in zip(y.shape, meant.shape))
    changed = np.ones(meant.shape, bool)
    changed[part] = np.abs(y[part] - meant[part]) > SAME * np.abs(meant).max(initial=0)
    return changed


def _deciding(suspects: Sequence[Suspect], known: np.ndarray) -> Iterator[str]:
    """The output element that parts the suspects best, and which of them it would speak for."""
    counts = {}
    for place in np.ndindex(*(min(size, CORNER) for size in known.shape[2:])):
        index = (0, 0, *place)
        changing = sum(bool(each.changes[index]) for each in suspects)
        if not known[index] and 0 < changing < len(suspects):
            counts[index] = min(changing, len(suspects) - changing)
    if not counts:
        return
    best = max(counts, key=lambda index: counts[index])
    one = np.zeros(known.shape, bool)
    one[best] = True
    left = _listed([each for each in suspects if not each.changes[best]])
    yield f"to tell these apart, print element {listed(one)} of both outputs; if it agrees, this is left: {left}"


def _listed(suspects: Sequence[Suspect]) -> str:
    return "; ".join(f"({number}) {each.words}" for number, each in enumerate(suspects, 1))
