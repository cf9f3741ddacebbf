"""Normalization: batch, layer, group, instance, RMS, L1 and L2, by one formula (`normalization_formula`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.settled import Settled
from harness.grammar.kinds import FLAG, Field, Record, integer, number, or_unknown, word
from harness.operations.by_settings.letters_of_axes import AXES, checked
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer, check_bias
from harness.operations.by_settings.of_layer import demand as demand
from harness.operations.by_settings.of_layer import elsewhere as elsewhere
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import told as told
from harness.operations.by_settings.own_names import Changes
from harness.operations.by_settings.writing import called, source
from harness.operations.normalization_formula import (
    DIVISIONS,
    PARAMETERS,
    SIZES,
    SLOTS,
    text,
)
from harness.operations.normalization_formula import formula as formula
from harness.operations.normalization_formula import output_shape as output_shape
from harness.operations.normalization_formula import rounds as rounds
from harness.operations.normalization_formula import ways as ways
from harness.operations.normalization_reading import fitted as fitted
from harness.operations.normalization_spoken import OPTIONS
from harness.operations.normalization_spoken import ROLES as ROLES
from harness.operations.operation import Setting
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings
from harness.operations.transforms.sayings import shown as value_shown
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

NAME = "normalization"
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, new_cases, own_words, shown = _OWN.probes, _OWN.draws, _OWN.new_cases, _OWN.own_words, _OWN.shown

STATISTICS = ("variance", "mean_square", "sum_square", "sum_absolute", "unbiased_variance")
SETTINGS = {
    "over": Field(or_unknown(AXES), f"{OPTIONS['over']}; or unknown"),
    "groups": Field(integer(1), OPTIONS["groups"], default=1),
    "statistic": Field(or_unknown(word(*STATISTICS)), f"{OPTIONS['statistic']}; or unknown", default="variance"),
    "centre": Field(or_unknown(FLAG), f"{OPTIONS['centre']}; or unknown", default=True),
    "epsilon": Field(or_unknown(number(0)), OPTIONS["epsilon"], default=1e-5),
    "epsilon_at": Field(or_unknown(word(*DIVISIONS)), f"{OPTIONS['epsilon_at']}; or unknown", default="variance"),
}
ROOTLESS: Mapping[Any, str] = {"variance": "deviation", "variance_floor": "deviation_floor"}
"""Where epsilon is if no root is taken of what it is added to."""
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {
    "over": "NHW",
    "statistic": "variance",
    "centre": True,
    "epsilon": 1e-5,
    "epsilon_at": "variance",
}
FIELDS: Mapping[str, Field] = {}
NEUTRAL: Mapping[str, float] = {"mean": 0.0, "scale": 1.0, "offset": 0.0}
"""What a function is given that must have an array which a case has not: to the bit, nothing comes of it."""
EXPLAINED_BY = (*OF_ARRAYS, *SETTINGS, "slots", "order", "factor")
SAYINGS: Sayings = {
    "over": Saying("compute over {}", "computed over {}", noun="axes", letters=True),
    "groups": Saying(it="the number of groups"),
    "statistic": Saying(
        "use the {}",
        "used the {}",
        values={
            "unbiased_variance": "unbiased variance",
            "mean_square": "mean square",
            "sum_square": "sum of squares",
            "sum_absolute": "sum of magnitudes",
        },
        whole={"deviation": "divide by the root of the variance; the system divided by the variance itself"},
    ),
    "centre": Saying(
        whole={
            True: "leave the mean in; the system subtracted the mean",
            False: "subtract the mean; the system left the mean in",
        }
    ),
    "epsilon": Saying(it="epsilon"),
    "epsilon_at": Saying(
        "take {it} as {}",
        "took {it} as {}",
        "epsilon",
        {
            "variance": "an addend of the variance",
            "deviation": "an addend of the deviation",
            "variance_floor": "the least variance",
            "deviation_floor": "the least deviation",
        },
    ),
    "order": Saying(whole={"interleaved": "group neighbouring channels; the system interleaved the groups"}),
    "factor": Saying(
        whole={0.0: "use the stored mean and variance as they are; the system took both for zero"},
        unmeant="use the stored mean and variance as they are; the system divided both by {}",
    ),
    "slots": Saying(
        whole={
            "1 + scale": "multiply by the scale; the system multiplied by 1 + scale",
            "mean and variance exchanged": "exchange mean and variance; the system took each for the other",
            "scale and offset exchanged": "exchange scale and offset; the system took each for the other",
            "mean left out": "subtract the stored mean; the system left the mean out",
            "offset left out": "add the offset; the system left the offset out",
            "scale left out": "multiply by the scale; the system left the scale out",
        }
    ),
}
POINTWISE = False
NEW_CASE = """\
over: NHW                     # axes of which statistics are computed; without it give mean and variance
epsilon: 0.00001              # left out: 1e-5
scale: [1]                    # one for each channel, or a layout and values; left out: none
offset: [0]
"""
EPSILONS = (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-12, 2e-5, 1e-4, 0.0)
"""Values that systems have by default."""


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    """The axes, each of which the input has. A sum of absolute values has no root: epsilon is beside it."""
    said = {key: value for key, (value, _) in settings.items()}
    place = said["epsilon_at"]
    beside = {"epsilon_at": ROOTLESS.get(place, place)} if said["statistic"] in SIZES else {}
    return {**said, "over": said["over"] and checked(settings["over"], rank), **beside}


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    """Statistics are given or computed, parameters fit the input, and so do groups."""
    x, given = stated.arrays["input"].values, [name for name in PARAMETERS if name in stated.arrays]
    if stated.settings["over"] is None and "variance" not in given:
        raise top.item.error("give `over`, the axes of the statistics, or arrays `mean` and `variance`")
    if stated.settings["over"] is not None and {"mean", "variance"} & set(given):
        raise top.at("over").error("statistics are computed over axes, or given as arrays: keep one")
    for name in given:
        _check_shape(top, name, stated.arrays[name].values.shape, x.shape)
    if x.shape[1] % stated.settings["groups"]:
        raise settings["groups"][1].error(f"{x.shape[1]} channels are not cut into {stated.settings['groups']} groups")
    check_bias(stated, top)


def _check_shape(top: Record, name: str, found: Sequence[int], shape: Sequence[int]) -> None:
    letters = canonical("input", len(shape) - 2)
    for letter, size, wanted in zip(letters, [*found, *(1,) * (len(shape) - len(found))], shape):
        if size not in (1, wanted):
            raise top.at(name).error(f"{size} along {letter}; expected 1 or the {wanted} of the input")


# --- what differs ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """Epsilons and where they stand, statistics, axes, groups, and which parameter was taken for which."""
    settings = form.settings
    yield from ({"epsilon": each} for each in EPSILONS if each != settings["epsilon"])
    size = settings["statistic"] in SIZES
    places = ("deviation", "deviation_floor") if size else tuple(DIVISIONS)
    yield from ({"epsilon_at": each} for each in places if each != settings["epsilon_at"])
    yield from _of_statistics(form)
    yield from ({"slots": each} for each in SLOTS if each and _apply(each, form))
    if "over" not in settings and settings.get("factor") is None:
        yield {"factor": 0.0}


def _of_statistics(form: Settled) -> Iterator[Changes]:
    settings, letters = form.settings, canonical("input", form.rank)
    if "over" not in settings:
        yield {"statistic": "deviation"}
        yield {"over": letters[0] + letters[2:]}
        return
    for each in STATISTICS:
        if each != settings["statistic"]:
            yield {"statistic": each, **({"epsilon_at": "deviation"} if each in SIZES else {})}
    yield {"centre": not settings["centre"]}
    usual = (letters[0] + letters[2:], letters[1:], letters[2:], letters[1], letters[-1], letters)
    yield from ({"over": each} for each in dict.fromkeys(usual) if each != settings["over"])
    channels = form.x.shape[1]
    if "C" in settings["over"]:
        counts = [each for each in (1, 2, 4, 8, 16, 32, channels) if channels % each == 0]
        yield from ({"groups": each} for each in dict.fromkeys(counts) if each != settings["groups"])
        yield from [{"order": "interleaved"}] if 1 < settings["groups"] < channels else []


def _apply(slots: str, form: Settled) -> bool:
    """Whether the parameters that words speak of are there."""
    return all(name in form.arrays for name in PARAMETERS if name in slots)


def remedies(form: Settled, entry: EntryPoint) -> Iterable[Transform]:
    """None: a function with another epsilon computes something else."""
    return ()


# --- code and probes -------------------------------------------------------------------------------------------------


def _numpy(form: Settled) -> Sequence[str]:
    return text(form, source)


def _usual(form: Settled) -> bool:
    """Whether it is what functions of systems compute, with parameters of channels."""
    settings = form.settings
    variance = settings["statistic"] == "variance" and settings["centre"] and settings["epsilon_at"] == "variance"
    odd = any(settings.get(key) for key in ("slots", "order")) or settings.get("factor") is not None
    of_channels = all(form.arrays[name].size == form.x.shape[1] for name in form.arrays if name != "x")
    return variance and not odd and of_channels


def _torch(form: Settled) -> Sequence[str]:
    """The calls that say it, where the settings are a call's."""
    settings, letters, names = form.settings, canonical("input", form.rank), set(form.arrays) - {"x"}
    if not _usual(form):
        return ()
    over, epsilon = settings.get("over"), repr(settings["epsilon"])
    affine = ", ".join(f"{each}.flatten()" if each in names else "None" for each in ("scale", "offset"))
    calls = {
        letters[1:]: f"group_norm(x, {settings['groups']}, {affine}, {epsilon})",
        letters[2:]: f"instance_norm(x, None, None, {affine}, True, 0.0, {epsilon})",
        letters[0] + letters[2:]: f"batch_norm(x, None, None, {affine}, True, 0.0, {epsilon})",
    }
    if over is None and {"mean", "variance"} <= names:
        call = f"batch_norm(x, mean.flatten(), variance.flatten(), {affine}, False, 0.0, {epsilon})"
        return called("torch", f"torch.nn.functional.{call}")
    return called("torch", f"torch.nn.functional.{calls[over]}") if over in calls else ()


def _tensorflow(form: Settled) -> Sequence[str]:
    """Of given statistics, by the one function that has no statistics of its own."""
    names = set(form.arrays)
    if not _usual(form) or "over" in form.settings or form.rank != 2 or not {"mean", "variance"} <= names:
        return ()
    order = ("mean", "variance", "offset", "scale")
    told = ", ".join(f"tf.reshape({each}, [-1])" if each in names else "None" for each in order)
    call = f"tf.nn.batch_normalization(tf.transpose(x, (0, 2, 3, 1)), {told}, {form.settings['epsilon']!r})"
    return called("tensorflow", f"tf.transpose({call}, (0, 3, 1, 2))")


PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {
    "numpy": _numpy,
    "torch": _torch,
    "tensorflow": _tensorflow,
}
TRIED: Mapping[str, Sequence[Any]] = {
    "epsilon": (1e-5, 1e-1),
    "over": ("NHW", "CHW", "HW", "C"),
    "groups": (1, 2),
    "statistic": ("variance",),
    "centre": (True,),
    "epsilon_at": ("variance",),
}


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Numbers of both signs and small ones, on which an epsilon shows; parameters of which no two are alike."""
    rank = max(entry.ranks)
    x = np.random.Generator(np.random.Philox(6)).normal(0.25, 0.5, (3, 4, *(3, 5, 4)[-rank:]))
    vectors = {
        "mean": [0.5, -0.25, 0.125, 1.0],
        "variance": [0.25, 0.5, 0.0625, 2.0],
        "scale": [1.5, -0.5, 2.0, 0.75],
        "offset": [0.25, 1.0, -2.0, 0.5],
    }
    # a function that is told its axes has parameters along them; others have one of each channel
    column = (*(1,) * (rank + 1), 4) if "over" in entry.takes.words else (1, 4, *(1,) * rank)
    return {
        "input": np.round(x * 256) / 256,
        **{role: np.reshape(vectors[role], column) for role in entry.takes.arrays},
    }


def words(settings: Mapping[str, Any]) -> str:
    over = f"over {settings['over']}" if settings.get("over") else "statistics given"
    rest = (f"{key} {value_shown(settings[key])}" for key in ("groups", "statistic", "centre") if key in settings)
    return ", ".join([over, *rest, f"epsilon {value_shown(settings['epsilon'])} at {settings['epsilon_at']}"])
