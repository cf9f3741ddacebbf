"""Resizing of planes, lines and volumes: nearest samples, lines, cubics, windowed sincs, shares of samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.canonical.layout import SPATIAL
from harness.grammar.document import Item
from harness.grammar.kinds import FLAG, Field, Kind, Record, either, list_of, number, or_unknown, word
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer, check_bias
from harness.operations.by_settings.of_layer import elsewhere as elsewhere
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import remedies as remedies
from harness.operations.by_settings.of_layer import told as told
from harness.operations.operation import NewCases, Setting, Shown
from harness.operations.resize_calls import TRIED as TRIED
from harness.operations.resize_calls import along as along
from harness.operations.resize_calls import coded as coded
from harness.operations.resize_calls import limits as limits
from harness.operations.resize_calls import restated as restated
from harness.operations.resize_calls import written as written
from harness.operations.resize_code import PROGRAMS as PROGRAMS
from harness.operations.resize_formula import INTERPOLATIONS
from harness.operations.resize_formula import formula as formula
from harness.operations.resize_formula import output_shape as output_shape
from harness.operations.resize_formula import rounds as rounds
from harness.operations.resize_formula import ways as ways
from harness.operations.resize_grid import COORDINATES, QUANTIZED, ROUNDINGS
from harness.operations.resize_search import OUTSIDES, relevant
from harness.operations.resize_search import alternatives as alternatives
from harness.operations.resize_search import fitted as fitted
from harness.operations.resize_spoken import ROLES as ROLES
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings
from harness.operations.transforms.sayings import shown as value_shown
from harness.operations.windowed import keys

NAME = "resize"
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, own_words = _OWN.probes, _OWN.draws, _OWN.own_words


def new_cases() -> NewCases:
    from harness.operations.resize_new_cases import Sized

    return Sized(_OWN.layer)


def shown() -> Shown:
    from harness.operations.resize_pictures import GridTelling

    return GridTelling(_OWN.layer)


def _read_factor(item: Item) -> float:
    value = number().read(item)
    if value <= 0:
        raise item.expected("a factor above 0")
    return float(value)


FACTOR = Kind(_read_factor, {"type": "number", "exclusiveMinimum": 0})
FACTORS = either(
    (lambda item: item.is_list, list_of(FACTOR, shortest=1)),
    (lambda item: True, FACTOR),
    words="a factor above 0, or one per spatial axis",
)
SETTINGS = {
    "size": Field(keys.STEPS, "sizes of the output: a number, or one for each spatial axis"),
    "scale": Field(
        or_unknown(FACTORS),
        "a factor, or one for each spatial axis: it maps coordinates, and gives the size floor(n scale) where none is; "
        "or unknown",
    ),
    "interpolation": Field(or_unknown(word(*INTERPOLATIONS)), f"{', '.join(INTERPOLATIONS)}; or unknown"),
    "coordinates": Field(
        or_unknown(word(*COORDINATES)),
        "where outputs stand among the samples, by ONNX's names; not of area; or unknown",
        default="half_pixel",
    ),
    "nearest_rounding": Field(
        or_unknown(word(*ROUNDINGS)), "of nearest: which sample is taken; or unknown", default="prefer_floor"
    ),
    "cubic_coefficient": Field(
        or_unknown(number()), "of cubic: Keys' coefficient, -0.75 or -0.5; or unknown", default=-0.75
    ),
    "outside": Field(
        or_unknown(word(*OUTSIDES)),
        "of weights that fall outside: for the edge, for none of which the others make up, or for zeros; or unknown",
        default="edge",
    ),
    "antialias": Field(
        or_unknown(FLAG), "whether weights are widened where the input is shrunk; or unknown", default=False
    ),
}
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {
    "scale": None,
    "interpolation": "linear",
    "coordinates": "half_pixel",
    "nearest_rounding": "prefer_floor",
    "cubic_coefficient": -0.75,
    "outside": "edge",
    "antialias": False,
}
FIELDS: Mapping[str, Field] = {}
EXPLAINED_BY = (*OF_ARRAYS, *SETTINGS, "area_samples", "coordinate_precision", "size_rounding")
SAYINGS: Sayings = {
    "size_rounding": Saying("round {it} by {}", "rounded {it} by {}", "the size of the output"),
    "interpolation": Saying(values={"spline": "SciPy's cubic spline"}),
    "coordinates": Saying("place {it} by {}", "placed {it} by {}", "the outputs", pronoun="them"),
    "nearest_rounding": Saying(
        "round {it} by {}",
        "rounded {it} by {}",
        "places to samples",
        {"prefer_floor": "the nearest, halves down", "prefer_ceil": "the nearest, halves up"},
        "them",
    ),
    "outside": Saying(
        "give {it} {}",
        "gave {it} {}",
        "samples outside the input",
        {"edge": "the value of the edge", "renormalize": "no weight", "zero": "the value 0", "mirror": "mirror images"},
        "them",
    ),
    "antialias": Saying("resize {}", "resized {}", "", {True: "with antialiasing", False: "without antialiasing"}),
    "area_samples": Saying(
        whole={
            None: "average whole samples; the system averaged parts of samples, too",
            "whole": "average parts of samples, too; the system averaged whole samples only",
        }
    ),
    "coordinate_precision": Saying(
        values={
            "float32 step": "in float32, as multiples of the step",
            "float32 scale": "in float32, divided by the scale",
            "float64 scale": "in float64, times the reciprocal of the scale",
            QUANTIZED: f"in multiples of {QUANTIZED}",
        },
        unmeant="compute places exactly; the system computed them {}",
    ),
}
POINTWISE = False
NEW_CASE = """\
size: [12, 14]                # or scale: 2, which maps coordinates and gives the size floor(n scale)
interpolation: linear         # or nearest, cubic, area, lanczos3, lanczos5
coordinates: half_pixel       # align_corners | asymmetric | half_pixel_symmetric | pytorch_half_pixel
# nearest_rounding: prefer_floor   # of nearest: floor | ceil | prefer_floor | prefer_ceil
# cubic_coefficient: -0.75         # of cubic
# outside: edge                    # renormalize | zero
# antialias: false
"""


def demand(top: Record) -> None:
    """Raises CaseError where the interpolation is missing, or the size."""
    if not _given("interpolation", top):
        raise top.item.error(f"the key 'interpolation' is missing: {SETTINGS['interpolation'].doc}")
    if not _given("size", top) and not _given("scale", top):
        raise top.item.error("the key 'size' is missing, or 'scale': how large the output is")


def _given(key: str, top: Record) -> bool:
    return key in top or (top["matrix"] is not None and key in top["matrix"])


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    """One number for each axis; what another interpolation has is left out."""
    size = settings["size"]
    found = {
        "size": None if size[0] is None else keys.per_axis(size, rank),
        "scale": _factors(settings["scale"], rank),
        **{key: value for key, (value, _) in settings.items() if key not in ("size", "scale")},
    }
    needed = relevant(found["interpolation"])
    return {key: value if key in needed else None for key, value in found.items()}


def _factors(setting: Setting, rank: int) -> tuple[float, ...] | None:
    value, item = setting
    if isinstance(value, tuple) and len(value) != rank:
        raise item.error(f"expected a factor, or {rank}, one for each of {SPATIAL[rank]}; found {len(value)}")
    return value if value is None or isinstance(value, tuple) else (value,) * rank


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    """There is an output, of a size that can be kept."""
    if stated.settings["size"] is None and stated.settings["scale"] is None:
        raise top.item.error("the key 'size' is missing: an unknown scale gives none")
    shape = meant(stated).output_shape
    if 0 in shape[2:]:
        sizes = list(stated.arrays["input"].values.shape[2:])
        raise settings["scale"][1].error(f"nothing is left of {sizes} by this scale; give a larger one")
    keys.check_elements("the output", shape, settings["size" if "size" in top else "scale"][1])
    check_bias(stated, top)


PLAIN = {key: field.default for key, field in SETTINGS.items() if field.default is not None}


def words(settings: Mapping[str, Any]) -> str:
    """What is left at its default is not named."""
    rest = (
        f"{key} {value_shown(value)}"
        for key, value in settings.items()
        if key not in ("interpolation", "dtype") and value is not None and PLAIN.get(key) != value
    )
    return ", ".join([settings["interpolation"], *rest])
