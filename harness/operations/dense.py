"""Dense layers (fully connected, linear, inner product): what is flattened, times a matrix (`dense_formula`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.canonical.layout import SPATIAL, canonical
from harness.canonical.product import Product
from harness.grammar.document import Item
from harness.grammar.kinds import UNKNOWN, Field, Kind, Record, or_unknown
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer
from harness.operations.by_settings.of_layer import demand as demand
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import told as told
from harness.operations.dense_formula import kernel_shapes as kernel_shapes
from harness.operations.dense_formula import lengths
from harness.operations.dense_formula import linear as linear
from harness.operations.dense_formula import output_shape as output_shape
from harness.operations.dense_search import PROGRAMS as PROGRAMS
from harness.operations.dense_search import TRIED as TRIED
from harness.operations.dense_search import along as along
from harness.operations.dense_search import alternatives as alternatives
from harness.operations.dense_search import coded as coded
from harness.operations.dense_search import edited as edited
from harness.operations.dense_search import fitted as fitted
from harness.operations.dense_search import limits as limits
from harness.operations.dense_search import of_kernel as of_kernel
from harness.operations.dense_search import remedies as remedies
from harness.operations.dense_search import restated as restated
from harness.operations.dense_search import written as written
from harness.operations.dense_spoken import OPTIONS
from harness.operations.dense_spoken import ROLES as ROLES
from harness.operations.operation import Elsewhere, NewCases, Setting
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings
from harness.operations.windowed.keys import check_integers
from harness.worker.entry import EntryPoint

if TYPE_CHECKING:  # for a card only, which few commands make
    from harness.parent.asking import Asking

NAME = "dense"
FORM = Product
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, own_words, shown = _OWN.probes, _OWN.draws, _OWN.own_words, _OWN.shown

LETTERS = "C" + SPATIAL[max(SPATIAL)]


def _read_order(item: Item) -> str:
    value = item.scalar
    if not isinstance(value, str) or not value or set(value) - set(LETTERS) or len(set(value)) < len(value):
        raise item.expected(f"letters of axes that are flattened, slow to fast, each once, of {LETTERS}")
    return value


ORDER = Kind(_read_order, {"type": "string", "pattern": f"^[{LETTERS}]+$"})
SETTINGS = {"flattened": Field(or_unknown(ORDER), OPTIONS["flattened"])}
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {"flattened": LETTERS}
FIELDS: Mapping[str, Field] = {}
EXPLAINED_BY = (*OF_ARRAYS, "flattened", "kernel_axes", "kernel_flattened")
SAYINGS: Sayings = {
    "flattened": Saying("flatten {it} in the order {}", "flattened {it} in the order {}", "the input"),
    "kernel_flattened": Saying(
        unmeant="keep the columns of the kernel in their order; the system has the columns of {}"
    ),
}
POINTWISE = False


def precision(entry: EntryPoint) -> Asking[tuple[dict[str, Any], str]]:
    """What a function keeps of its numbers, measured."""
    from harness.operations import dense_precision

    return dense_precision.measured(entry)


def new_cases() -> NewCases:
    from harness.operations import dense_new_cases

    return dense_new_cases


def elsewhere(top: Record, folder: Path, rank: int) -> Elsewhere | None:
    """The order in which axes are flattened, where the kernel says it: by its letters, or by a key of its own."""
    kernel, matrix = top["kernel"], top["matrix"]
    said = top["flattened"] not in (None, UNKNOWN) or (matrix is not None and "flattened" in matrix)
    letters = kernel["layout"]
    given = kernel["flattened"]
    own = None if "I" in letters or letters == "O" else letters.replace("O", "")
    if (given or own) and (said or (given and own)):
        raise kernel.at("flattened" if given else "layout").error("the order of flattening is given twice; keep one")
    if not (given or own):
        return None
    return Elsewhere({"flattened": given or own}, kernel.at("flattened" if given else "layout"), lambda arrays: None)


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    """Letters of the input, C first where it is not named; all of them where the order is unknown."""
    order, item = settings["flattened"]
    letters = canonical("input", rank)
    if order == LETTERS:
        return {"flattened": letters[1:]}
    for letter in order or "C":
        if letter not in letters:
            raise item.error(f"the input has no axis {letter}; its axes: {' '.join(letters)}")
    return {"flattened": order if order and "C" in order else f"C{order or ''}"}


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    """The kernel has as many inputs as are flattened, and there is a bias for each of its outputs."""
    x, w, order = stated.arrays["input"].values, stated.arrays["kernel"].values, stated.settings["flattened"]
    if settings["flattened"][0] is None and w.shape[1] != x.shape[1]:
        raise top["kernel"].item.error(
            f"its I are {w.shape[1]}, and the input has {x.shape[1]} channels; say in which order axes are flattened, "
            "as flattened: CHW, or by the layout: OCHW"
        )
    sizes = lengths(x.shape, order)
    if output_shape({"x": x.shape, "w": w.shape}, {"flattened": order})[1] == 0:
        raise top["kernel"].item.error(
            f"it takes {w.shape[1]} numbers; flattened are {' x '.join(map(str, sizes))} ({' '.join(order)})"
        )
    check_integers(linear({"x": x, "w": w}, {"flattened": order}), top["input"].item)
    bias = stated.arrays.get("bias")
    if bias and len(bias.values) != len(w):
        raise top.at("bias").error(f"expected {len(w)} numbers, one for each output channel, found {len(bias.values)}")


def words(settings: Mapping[str, Any]) -> str:
    return f"flattened {settings['flattened']}"
