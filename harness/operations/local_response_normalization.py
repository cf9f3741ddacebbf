"""Local response normalization (`local_response_normalization_formula`): across channels, or within each of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.settled import Settled
from harness.grammar.kinds import Field, Record, integer, number, or_unknown, word
from harness.grammar.limits import LARGEST
from harness.operations.by_settings.inferring import root
from harness.operations.by_settings.letters_of_axes import AXES, checked
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer, check_bias
from harness.operations.by_settings.of_layer import elsewhere as elsewhere
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import told as told
from harness.operations.by_settings.own_names import AsItStands, Changes
from harness.operations.local_response_normalization_formula import ABOVE, BELOW, divisor, sides, squares
from harness.operations.local_response_normalization_formula import PROGRAMS as PROGRAMS
from harness.operations.local_response_normalization_formula import formula as formula
from harness.operations.local_response_normalization_formula import output_shape as output_shape
from harness.operations.local_response_normalization_formula import rounds as rounds
from harness.operations.local_response_normalization_formula import ways as ways
from harness.operations.local_response_normalization_spoken import OPTIONS
from harness.operations.local_response_normalization_spoken import ROLES as ROLES
from harness.operations.operation import Setting
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings, parameters
from harness.operations.transforms.sayings import shown as value_shown
from harness.operations.transforms.told import ByHand
from harness.worker.entry import EntryPoint

NAME = "local_response_normalization"
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, new_cases, own_words, shown = _OWN.probes, _OWN.draws, _OWN.new_cases, _OWN.own_words, _OWN.shown

DIVIDED = ("size", "area", "none")
SETTINGS = {
    "size": Field(or_unknown(integer(1, LARGEST)), OPTIONS["size"]),
    "alpha": Field(or_unknown(number(0)), OPTIONS["alpha"], default=1e-4),
    "beta": Field(or_unknown(number()), OPTIONS["beta"], default=0.75),
    "k": Field(or_unknown(number(0)), OPTIONS["k"], default=1.0),
    "divided": Field(or_unknown(word(*DIVIDED)), OPTIONS["divided"], default="size"),
    "across": Field(or_unknown(AXES), OPTIONS["across"], default="C"),
}
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {
    "size": 5,
    "alpha": 1e-4,
    "beta": 0.75,
    "k": 1.0,
    "divided": "size",
    "across": "C",
}
FIELDS: Mapping[str, Field] = {}
EXPLAINED_BY = (*OF_ARRAYS, *SETTINGS, "even_size")
SAYINGS: Sayings = {
    **parameters("alpha", "beta", "k"),
    "across": Saying(
        "sum {it} along {}", "summed {it} along {}", "the squares", pronoun="them", noun="axes", letters=True
    ),
    "divided": Saying(
        "divide {it} by {}",
        "divided {it} by {}",
        "the sum of squares",
        {"size": "the size", "area": "all elements of the window", "none": "nothing"},
    ),
    "even_size": Saying(
        whole={
            BELOW: "let an even window reach one more above; the system let the window reach one more below",
            ABOVE: "let an even window reach one more below; the system let the window reach one more above",
        }
    ),
}
POINTWISE = False
NEW_CASE = """\
size: 5                       # elements of the window
alpha: 0.0001                 # these are ONNX's defaults, and PyTorch's
beta: 0.75
k: 1
divided: size                 # alpha / size; or area (all elements of the window), or none, as TensorFlow has it
across: C                     # or HW: within each channel
"""
USUAL: Mapping[str, tuple[float, ...]] = {
    "alpha": (1e-4, 1.0, 2e-5, 5e-4, 1e-3),
    "beta": (0.75, 0.5, 1.0),
    "k": (1.0, 2.0),
}
"""Values that systems and published networks have."""
DEFAULTS: Sequence[Mapping[str, Any]] = (
    {"size": 11, "alpha": 1.0, "beta": 0.5, "k": 1.0, "divided": "none"},
    {"alpha": 1e-4, "beta": 0.75, "k": 1.0, "divided": "size"},
    {"size": 5, "alpha": 1.0, "beta": 0.75, "k": 1.0, "divided": "size"},
)
"""What TensorFlow, ONNX and PyTorch, and Caffe have where nothing is said."""
LIMITS: Mapping[str, tuple[float, float]] = {"alpha": (1e-9, 1e4), "beta": (1e-3, 20.0), "k": (1e-4, 1e4)}
"""Between which a number is looked for."""


def keeps_signs(form: Settled) -> bool:
    """Whether outputs have the signs of what they are made of."""
    return True


def demand(top: Record) -> None:
    """Raises CaseError where the size of the window is missing."""
    if "size" not in top and (top["matrix"] is None or "size" not in top["matrix"]):
        raise top.item.error(f"the key 'size' is missing: {OPTIONS['size']}")


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    """The axes of the window, each of which the input has; not the batch."""
    across = checked(settings["across"], rank)
    if "N" in across:
        raise settings["across"][1].error("a window stands within one image: name C, or spatial axes")
    return {**{key: value for key, (value, _) in settings.items()}, "across": across}


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    """All of them fit every input."""
    check_bias(stated, top)


def words(settings: Mapping[str, Any]) -> str:
    numbers = (f"{key} {value_shown(settings[key])}" for key in ("size", "alpha", "beta", "k"))
    by = {"none": "alpha not divided"}.get(settings["divided"], f"alpha divided by the {settings['divided']}")
    side = [settings["even_size"]] if settings["size"] % 2 == 0 and "even_size" in settings else []
    return ", ".join([f"across {settings['across']}", *numbers, by, *side])


# --- what differs ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """How alpha is divided and how far a window reaches, which is where systems differ; then numbers and axes."""
    settings = form.settings
    yield from ({"divided": each} for each in DIVIDED if _divides_otherwise(form, each))
    if settings["size"] % 2 == 0:
        yield {"even_size": ABOVE if settings.get("even_size") == BELOW else BELOW}
    yield from ({"size": each} for each in _sizes(settings["size"]))
    yield from ({key: each} for key, usual in USUAL.items() for each in usual if each != settings[key])
    yield from ({"across": each} for each in _axes(form) if each != settings["across"])
    for defaults in DEFAULTS:
        changed = {key: each for key, each in defaults.items() if each != settings[key]}
        yield from [changed] if len(changed) > 1 else []


def _divides_otherwise(form: Settled, divided: str) -> bool:
    return divisor({**form.settings, "divided": divided}) != divisor(form.settings)


def _sizes(size: int) -> Iterator[int]:
    """A size that was taken for a radius, and the reverse; one or two more or less; those of other layers."""
    usual = (2 * size + 1, (size - 1) // 2, size // 2, size + 1, size - 1, 5, 11, size + 2, size - 2, 3, 7, 9)
    yield from (each for each in dict.fromkeys(usual) if each > 0 and each != size)


def _axes(form: Settled) -> Iterator[str]:
    space = canonical("input", form.rank)[2:]
    yield from dict.fromkeys(("C", space, *space))


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """Each of the numbers, as all elements allow it: by themselves, beside another one, less what zeros became."""
    x = form.x.astype(np.float64)
    mean = squares(np, x, form.settings) / divisor(form.settings)
    places = np.arange(x.size, dtype=np.float64).reshape(x.shape)
    for key, between in LIMITS.items():
        value = _reading(key, x.ravel(), mean.ravel(), form.settings)
        for each, target, spread in _views(value, x, seen, room):
            with np.errstate(all="ignore"):
                found = root(each, places, target, spread, between)
            if found is not None and found != form.settings[key]:
                yield {key: found}


Value = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The elements in some places as a function of a number, monotone in it."""
View = tuple[Value, np.ndarray, np.ndarray]
"""What they come to, what of them was seen, and its errors."""


def _reading(key: str, x: np.ndarray, mean: np.ndarray, settings: Mapping[str, Any]) -> Value:
    def value(number: np.ndarray, place: np.ndarray) -> np.ndarray:
        at = place.astype(np.int64)
        given = {**{each: settings[each] for each in LIMITS}, key: number}
        return np.asarray(x[at] / (given["k"] + given["alpha"] * mean[at]) ** given["beta"])

    return value


def _views(value: Value, x: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[View]:
    """As they are; their share of the surest, which no factor moves; without an offset, which is what zeros became."""
    yield value, seen, room
    sure = np.where(np.isfinite(seen), np.abs(seen) / np.maximum(room, 1e-300), 0.0)
    at = int(sure.argmax())
    if sure.flat[at] > 0:
        share = seen / seen.flat[at]
        spread = (room + np.abs(share) * room.flat[at]) / np.abs(seen.flat[at])
        yield (lambda p, place: value(p, place) / value(p, np.full(place.shape, at))), share, spread
    offset = _of_zeros(x, seen)
    if offset is not None and offset.any():
        yield value, seen - offset, room


def _of_zeros(x: np.ndarray, seen: np.ndarray) -> np.ndarray | None:
    """For each channel what zeros became; None where one has none."""
    zeros = np.where((x == 0) & np.isfinite(seen), seen, np.nan)
    axes = (0, *range(2, x.ndim))
    known = np.isfinite(zeros).any(axes)
    return np.nanmedian(zeros, axes, keepdims=True) if known.all() else None


# --- calls -----------------------------------------------------------------------------------------------------------


def written(form: Settled, entry: EntryPoint) -> Settled:
    """As it stands: alpha is passed as it is, which is how people find out."""
    return form


def restated(form: Settled, entry: EntryPoint) -> Settled:
    """Alpha for a function that divides it by something else; of an odd size no side is further."""
    settings, keeps = form.settings, entry.takes.keeps
    if settings["size"] % 2 and "even_size" in keeps:
        form = form.with_settings(even_size=keeps["even_size"])
    divided = keeps.get("divided", settings["divided"])
    if divided == settings["divided"] or "alpha" not in entry.takes.free:
        return form
    alpha = settings["alpha"] / divisor(settings) * divisor({**settings, "divided": divided})
    return form.with_settings(divided=divided, alpha=alpha)


def remedies(form: Settled, entry: EntryPoint) -> Iterable[ByHand]:
    """The channels backwards, for the other side of an even size; alpha / k and a factor, for a k that is kept."""
    settings, keeps = form.settings, entry.takes.keeps
    below, above = sides(settings)
    if below != above and "even_size" in keeps and settings["across"] == "C":
        backwards = tuple(range(form.x.shape[1]))[::-1]
        yield ByHand((("even_size", keeps["even_size"]),), backwards, backwards)
    if keeps.get("k", settings["k"]) != settings["k"] and settings["k"] > 0 and "alpha" in entry.takes.free:
        ratio = keeps["k"] / settings["k"]
        yield ByHand((("k", keeps["k"]), ("alpha", settings["alpha"] * ratio)), factor=ratio ** settings["beta"])


def limits(form: Settled, entry: EntryPoint) -> Iterator[str]:
    """What a function refuses: an even size."""
    if "odd" in entry.takes.limits and form.settings["size"] % 2 == 0:
        yield f"takes odd sizes; the case has {form.settings['size']}"


along = AsItStands().along


# --- probes ----------------------------------------------------------------------------------------------------------

TRIED: Mapping[str, Sequence[Any]] = {"size": (5, 4, 3), "alpha": (1.0, 0.125), "beta": (0.75, 0.5), "k": (1.0, 2.0)}


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Numbers of both signs, of which no two windows hold the same."""
    shape = (2, 7, *(5, 4, 6)[: max(entry.ranks)])
    x = np.arange(math.prod(shape)).reshape(shape) * 37 % 101
    return {"input": (x - 50.0) / 16}
