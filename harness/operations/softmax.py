"""Softmax: exp(x) divided by its sum over some axes, or the logarithm of that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.settled import Settled
from harness.grammar.kinds import FLAG, Field, or_unknown
from harness.operations.by_settings.input_taken import Taken
from harness.operations.by_settings.letters_of_axes import AXES, axes_of, checked
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer, check_bias
from harness.operations.by_settings.of_layer import demand as demand
from harness.operations.by_settings.of_layer import elsewhere as elsewhere
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import told as told
from harness.operations.by_settings.own_names import Changes
from harness.operations.by_settings.writing import called, source
from harness.operations.operation import Setting
from harness.operations.softmax_spoken import ROLES as ROLES
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

NAME = "softmax"
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, new_cases, own_words, shown = _OWN.probes, _OWN.draws, _OWN.new_cases, _OWN.own_words, _OWN.shown

SETTINGS = {
    "over": Field(or_unknown(AXES), "letters of the axes over which it sums to 1; or unknown", default="C"),
    "log": Field(or_unknown(FLAG), "its logarithm; or unknown", default=False),
}
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {"over": "C", "log": False}
FIELDS: Mapping[str, Field] = {}
EXPLAINED_BY = (*OF_ARRAYS, *SETTINGS)
SAYINGS: Sayings = {
    "over": Saying("compute over {}", "computed over {}", noun="axes", letters=True),
    "log": Saying(
        noun="logarithm",
        whole={
            True: "leave out the logarithm; the system took the logarithm",
            False: "take the logarithm; the system left the logarithm out",
        },
    ),
}
POINTWISE = False
NEW_CASE = """\
over: C                       # letters of the axes over which it sums to 1
log: false                    # or true: its logarithm
"""


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    """The axes, each of which the input has."""
    return {"over": checked(settings["over"], rank), "log": settings["log"][0]}


def check(stated: Stated, top: Any, settings: Mapping[str, Setting]) -> None:
    """All axes and both values of `log` fit every input."""
    check_bias(stated, top)


CENTRED = "centred"
"""In place of `log`: the input less its mean."""
STEEP = 100.0
"""How many times their usual error the logarithms may be off that are read."""

# --- the formula -----------------------------------------------------------------------------------------------------


def share(np: Any, x: Any, axes: Any) -> Any:
    e = np.exp(x - x.max(axes, keepdims=True))
    return e / e.sum(axes, keepdims=True)


def log_share(np: Any, x: Any, axes: Any) -> Any:
    d = x - x.max(axes, keepdims=True)
    return d - np.log(np.exp(d).sum(axes, keepdims=True))


def centred(np: Any, x: Any, axes: Any) -> Any:
    """What all that a softmax knows of its input comes to, and linear in it."""
    return x - x.sum(axes, keepdims=True) / prod(x.shape[axis] for axis in axes)


def formula(np: Any, arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    x, kinds = arrays["x"], {False: share, True: log_share, CENTRED: centred}
    return kinds[settings["log"]](np, x, axes_of(settings["over"], x.ndim))


def _log_of_share(np: Any, arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    """x less the logarithm of the sum, in which the largest stands again: TensorFlow, JAX, ONNX Runtime."""
    x = arrays["x"]
    axes = axes_of(settings["over"], x.ndim)
    most = x.max(axes, keepdims=True)
    return x - (most + np.log(np.exp(x - most).sum(axes, keepdims=True)))


def ways(settings: Mapping[str, Any]) -> Iterator[Callable[..., Any]]:
    """The logarithm is computed in two ways."""
    yield from [_log_of_share] if settings["log"] else []


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]) -> tuple[int, ...]:
    return shapes["x"]


def rounds(settings: Mapping[str, Any]) -> bool:
    return True


# --- what differs ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """One other axis, all but the batch (ONNX before opset 13), space, everything; the logarithm or not."""
    letters = canonical("input", form.rank)
    usual = [*letters[1:], letters[1:], letters[2:], letters[0], letters]
    yield {"log": not form.settings["log"]}
    yield from ({"over": each} for each in dict.fromkeys(usual) if each != form.settings["over"])


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """Nothing of it is a number."""
    return iter(())


def undone(form: Settled, seen: np.ndarray, room: np.ndarray) -> tuple[Settled, np.ndarray, np.ndarray] | None:
    """The input less its mean, all that a softmax tells of it: its logarithm less the mean of that; NaN where it tells
    less."""
    if set(form.arrays) != {"x"}:
        return None
    axes = axes_of(form.settings["over"], form.x.ndim)
    with np.errstate(all="ignore"):
        logarithms = seen if form.settings["log"] else np.log(seen)
        apart = room if form.settings["log"] else room / np.abs(seen)
        apart = apart + apart.mean(axes, keepdims=True)
        known = np.isfinite(logarithms) & np.isfinite(apart)
        known &= apart <= STEEP * np.median(apart[known]) if known.any() else False
        sums = logarithms - logarithms.mean(axes, keepdims=True)
    return form.with_settings(log=CENTRED), np.where(known, sums, np.nan), np.where(known, apart, 0.0)


def remedies(form: Settled, entry: EntryPoint) -> Iterable[Transform]:
    """None: a function that lacks an axis computes something else."""
    return ()


# --- code and probes -------------------------------------------------------------------------------------------------

NATIVE = {
    "torch": ("torch.nn.functional.softmax(x, {0})", "torch.nn.functional.log_softmax(x, {0})"),
    "tensorflow": ("tf.nn.softmax(x, axis={0})", "tf.nn.log_softmax(x, axis={0})"),
    "jax": ("jax.nn.softmax(x, axis={0})", "jax.nn.log_softmax(x, axis={0})"),
}


def _numpy(form: Settled) -> Sequence[str]:
    axes = axes_of(form.settings["over"], form.x.ndim)
    return [f"axes = {axes}", *source(log_share if form.settings["log"] else share, {})]


def _native(system: str, form: Settled) -> Sequence[str]:
    axes = axes_of(form.settings["over"], form.x.ndim)
    if len(axes) > 1 and system != "jax":
        return ()
    call = NATIVE[system][bool(form.settings["log"])]
    return called(system, call.format(axes[0] if len(axes) == 1 else axes))


def edited(system: str, form: Settled, taken: Taken) -> tuple[str, str] | None:
    """The call along the axes that the user's own input has, and those axes."""
    own, letters = taken.own, [letter for letter in form.settings["over"] if letter in taken.own]
    if system not in NATIVE or not letters or (len(letters) > 1 and system != "jax"):
        return None
    axes = sorted(map(own.index, letters))
    call = NATIVE[system][bool(form.settings["log"])].format(axes[0] if len(axes) == 1 else tuple(axes))
    return call.replace("(x", f"({taken.by(own)}"), own


PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {
    "numpy": _numpy,
    **{system: partial(_native, system) for system in NATIVE},
}
TRIED: Mapping[str, Sequence[Any]] = {"over": ("C", "W")}


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Numbers of both signs, as many along each axis as make every sum another."""
    shape = (2, 3, *(4, 5, 6)[: max(entry.ranks)])
    x = np.random.Generator(np.random.Philox(5)).normal(0, 2, shape)
    return {"input": np.round(x * 64) / 64}


def words(settings: Mapping[str, Any]) -> str:
    return f"over {settings['over']}{', its logarithm' if settings['log'] else ''}"
