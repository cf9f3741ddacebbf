"""Other values of a setting in words: what to do, and what the system did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.canonical.window import pairs_text

MOST = 8
"""Numbers of a setting that are shown; of more the first ones are."""


class Saying(NamedTuple):
    """How values of a setting are told. do, did: with {it} for what the setting is about, {} for its value.

    it: what it is about; pronoun: its second mention. values: what stands for some values.
    """

    do: str
    did: str
    it: str = ""
    values: Mapping[Any, str] = {}
    pronoun: str = "it"


OUTPUT_SIZE = "the size of the output"
SAYINGS = {
    "reduce": Saying("take the {} of {it}", "took the {} of {it}", "each window", {"max": "maximum"}),
    "output_size": Saying("make {it} {}", "made {it} {}", OUTPUT_SIZE),
    "rounding": Saying("round {it} by {}", "rounded {it} by {}", OUTPUT_SIZE),
    "size_rounding": Saying("round {it} by {}", "rounded {it} by {}", OUTPUT_SIZE),
    "divisor": Saying(
        "divide {it} by {}",
        "divided {it} by {}",
        "each sum",
        {
            "valid": "the samples of the input alone (`valid`)",
            "padded": "the samples and their padding (`padded`)",
            "window": "the whole window (`window`)",
        },
    ),
    "groups": Saying("set {it} to {}", "set {it} to {}", "the number of groups"),
    "low": Saying("set {it} to {}", "set {it} to {}", "the lower end"),
    "high": Saying("set {it} to {}", "set {it} to {}", "the upper end"),
    "p": Saying("set {it} to {}", "set {it} to {}", "the power p"),
    "padding": Saying("pad by {}", "padded by {}"),
    "boundary": Saying(
        "fill {it} with {}", "filled {it} with {}", "the padding", {"zero": "zeros", "constant": "a constant"}
    ),
    "constant": Saying("fill {it} with {}", "filled {it} with {}", "the padding"),
    "coordinates": Saying("place {it} by {}", "placed {it} by {}", "the outputs", pronoun="them"),
    "nearest_rounding": Saying(
        "round {it} by {}",
        "rounded {it} by {}",
        "places to samples",
        {"prefer_floor": "the nearest, halves down", "prefer_ceil": "the nearest, halves up"},
        "them",
    ),
    "outside": Saying(
        "take {} for {it}",
        "took {} for {it}",
        "samples outside the input",
        {"edge": "the edge", "renormalize": "none", "zero": "zeros"},
        "them",
    ),
    "antialias": Saying("resize {}", "resized {}", "", {True: "with antialiasing", False: "without antialiasing"}),
    "over": Saying("compute over {}", "computed over {}"),
    "across": Saying("sum {it} along {}", "summed {it} along {}", "the squares", pronoun="them"),
    "divided": Saying(
        "divide {it} by {}",
        "divided {it} by {}",
        "the sum of squares",
        {"size": "the size", "area": "all elements of the window", "none": "nothing"},
    ),
    "statistic": Saying(
        "use the {}",
        "used the {}",
        "",
        {
            "unbiased_variance": "unbiased variance",
            "mean_square": "mean square",
            "sum_square": "sum of squares",
            "sum_absolute": "sum of magnitudes",
        },
    ),
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
    "flattened": Saying("flatten {it} in the order {}", "flattened {it} in the order {}", "the input"),
    "order": Saying(
        "order {it} {}",
        "ordered {it} {}",
        "the channels",
        {"DCR": "with a block as their slow part (DCR)", "CRD": "with a block as their fast part (CRD)"},
        "them",
    ),
    "function": Saying("apply {}", "applied {}"),
    "approximate": Saying(
        "compute {it} by {}",
        "computed {it} by {}",
        "the GELU",
        {"none": "the error function", "tanh": "a tanh", "quick": "a sigmoid"},
    ),
}
"""Keys that are told otherwise than "set the KEY to ...; the system set it to ..."."""
LETTERS = ("over", "across")
"""Keys whose values are letters of axes."""
PARAMETERS = ("alpha", "beta", "gamma", "theta", "epsilon", "k")
"""Keys that have no article, as they are names in a formula."""
NOUNS = {"reduce": "reduction", "over": "axes", "across": "axes", "log": "logarithm"}
"""Keys that are no nouns."""
UNSTATED = {
    "area_samples": "average whole samples; the system averaged parts of samples, too",
}
"""What is said where a system does not do what is meant, and there is no word for what it does."""
WHOLE = {
    ("factor", 0.0): "use the stored mean and variance as they are; the system took both for zero",
    ("fill", "zero"): "leave the padding out of the maximum; the system took the padding for zeros",
    ("fill", "a sum that becomes 0 at padded taps if it is below, first axis fastest"): (
        "add nothing for the padding; the system sets a negative sum to 0 at padded taps, first axis fastest"
    ),
    ("fill", "a sum that becomes 0 at padded taps if it is below, last axis fastest"): (
        "add nothing for the padding; the system sets a negative sum to 0 at padded taps, last axis fastest"
    ),
    ("overhang", "scaled to the whole window"): (
        "sum what the last window holds; the system scaled that sum up to a whole window"
    ),
    ("statistic", "deviation"): "divide by the root of the variance; the system divided by the variance itself",
    ("bias", "none"): "add the bias; the system left the bias out",
    ("bias", "twice the stated"): "add the bias once; the system added the bias twice",
    (
        "even_size",
        "one more below",
    ): "let an even window reach one more above; the system let the window reach one more below",
    (
        "even_size",
        "one more above",
    ): "let an even window reach one more below; the system let the window reach one more above",
    ("centre", True): "leave the mean in; the system subtracted the mean",
    ("centre", False): "subtract the mean; the system left the mean in",
    ("log", True): "leave out the logarithm; the system took the logarithm",
    ("log", False): "take the logarithm; the system left the logarithm out",
    ("order", "interleaved"): "group neighbouring channels; the system interleaved the groups",
    ("slots", "1 + scale"): "multiply by the scale; the system multiplied by 1 + scale",
    ("slots", "mean and variance exchanged"): "exchange mean and variance; the system took each for the other",
    ("slots", "scale and offset exchanged"): "exchange scale and offset; the system took each for the other",
    ("slots", "mean left out"): "subtract the stored mean; the system left the mean out",
    ("slots", "offset left out"): "add the offset; the system left the offset out",
    ("slots", "scale left out"): "multiply by the scale; the system left the scale out",
    ("area_samples", "whole"): "average parts of samples, too; the system averaged whole samples only",
    ("blocks", "axes exchanged"): "take the axes of a block in their order; the system exchanged the axes of a block",
    ("blocks", "reshaped only"): "move the samples of each block; the system only reshaped the array",
    ("blocks", "as Darknet's reorg"): "move the blocks as the case says; the system moved them as Darknet's reorg does",
    (
        "channels",
        "reversed in the output",
    ): "keep the channels in their order; the system reversed the channels of the output",
}
"""Values that are told in one sentence."""
STARTS = {
    "kernel_flattened": "keep the columns of the kernel in their order; the system has the columns of {}",
    "factor": "use the stored mean and variance as they are; the system divided both by {}",
    "coordinate_precision": "compute places exactly; the system kept places in {}",
}
"""Keys of which the case has no value."""


def sentence(key: str, value: Any, was: Any, others: Mapping[str, Any]) -> str:
    """What to do and what the system did, which has `value` and `others`; `was` is meant, None for nothing stated."""
    rest = ", ".join(f"{plain(name)} {shown(each)}" for name, each in others.items() if each is not None)
    return _sentence(key, value, was) + (f", with {rest}" if rest else "")


def _sentence(key: str, value: Any, was: Any) -> str:
    if value is None and key in UNSTATED:
        return UNSTATED[key]
    if not isinstance(value, tuple) and (key, value) in WHOLE:
        return WHOLE[key, value]
    if key in STARTS:
        return STARTS[key].format(told(key, value))
    saying = SAYINGS.get(key, Saying("set {it} to {}", "set {it} to {}", _noun(key)))
    it = saying.it if was is None else saying.pronoun
    did = "the system has none" if value is None else f"the system {saying.did.format(told(key, value), it=it)}"
    return did if was is None else f"{saying.do.format(told(key, was), it=saying.it)}; {did}"


def told(key: str, value: Any) -> str:
    """A value as people read it."""
    if key in LETTERS:
        return f"axis {value}" if len(str(value)) == 1 else f"the axes {', '.join(str(value))}"
    known = SAYINGS[key].values if key in SAYINGS else {}
    return known[value] if isinstance(value, (str, bool)) and value in known else shown(value)


def plain(key: str) -> str:
    """The key of a setting in words."""
    return NOUNS.get(key, key.replace("_", " "))


def shown(value: Any) -> str:
    """A number in its shortest digits, numbers of the axes, pairs of a padding, or the first ones of many."""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple):
        return str(value)
    if value and all(isinstance(each, tuple) for each in value):
        return _pairs(value)
    return " x ".join(map(shown, value[:MOST])) + (" x ..." if len(value) > MOST else "")


def _pairs(value: tuple[tuple[Any, ...], ...]) -> str:
    """Amounts low:high, by the letters of their axes where these are told."""
    if len(value[0]) == 2:
        return f"{pairs_text(value)} (low:high per axis)"
    return ", ".join(f"{low}:{high} along {axis}" for axis, low, high in value) + " (low:high)"


def _noun(key: str) -> str:
    return key if key in PARAMETERS else f"the {plain(key)}"
