"""What systems print is read back: texts that they made, random arrays with all print options, and broken texts."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.grammar import printouts
from harness.grammar.printouts import Printout, PrintoutError

PRINTED = Path(__file__).parent / "printed"
SEED = PRINTED / "seed"


def demand(shown: Printout, values: np.ndarray) -> None:
    """Each number that is shown is within half a unit of its last digit of what was printed.

    What the text shows and `values` are doubles: so close to a long decimal as doubles are.
    """
    exact = np.asarray(values, np.float64)
    assert shown.values.shape == exact.shape
    known = shown.known
    finite = np.isfinite(exact) & known
    np.testing.assert_array_equal(shown.values[known & ~finite], exact[known & ~finite])
    apart = np.abs(shown.values[finite] - exact[finite])
    assert (apart <= shown.half_unit[finite] * (1 + 1e-12) + np.spacing(np.abs(exact[finite]))).all()
    assert (shown.half_unit[~finite] == 0).all()
    assert np.isnan(shown.values[~known]).all()
    assert ((shown.lines > 0) == known).all()


# --- texts that the real programs made -------------------------------------------------------------------------------


def blocks(printed: str) -> Iterator[tuple[str, np.ndarray, str]]:
    """Name, exact values and text of each array: below `#### name|[shape]|values in column-major order`."""
    for block in printed.split("#### ")[1:]:
        head, shown = block.split("\n", 1)
        name, shape, values = head.split("|")
        lengths = [int(length) for length in shape.strip("[]").split()]
        yield name, np.array([float(value) for value in values.split()]).reshape(lengths, order="F"), shown


RECORDED = [
    pytest.param(*block[1:], id=f"{system} {block[0]}")
    for system in ("julia", "octave", "r")
    for block in blocks((PRINTED / f"{system}.txt").read_text("utf-8"))
]


@pytest.mark.parametrize(("values", "printed"), RECORDED)
def test_what_julia_octave_and_r_printed(values: np.ndarray, printed: str) -> None:
    demand(printouts.read(printed), values)


def test_what_the_octave_of_this_machine_prints() -> None:
    program = shutil.which("octave-cli")
    if program is None:
        pytest.skip("no octave-cli here")
    command = [program, "-q", "--no-init-file", str(PRINTED / "octave.m")]
    for _, values, printed in blocks(subprocess.run(command, capture_output=True, text=True, check=True).stdout):
        demand(printouts.read(printed), values)


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "first", "half"),
    [
        ("julia-input", (5, 5, 3), "float64", 41.063, 0.5e-4),
        ("julia-kernel", (3, 3, 3), "float32", 0.480015, 0.5e-6),
        ("julia-output", (5, 5), "float64", 194.694, 0.5e-3),
        ("numpy-input", (5, 5, 3), "float32", 41.06299973, 0.5e-8),
        ("numpy-kernel", (3, 3, 3), "float32", 0.4800154, 0.5e-8),
        ("numpy-output", (5, 5), "float32", -168.01942444, 0.5e-8),
    ],
)
def test_the_printouts_of_the_first_question(
    name: str, shape: tuple[int, ...], dtype: str, first: float, half: float
) -> None:
    shown = printouts.read((SEED / f"{name}.txt").read_text("utf-8"))
    assert (shown.values.shape, shown.dtype, shown.values.flat[0]) == (shape, dtype, first)
    assert shown.half_unit.flat[0] == pytest.approx(half, rel=1e-6)
    assert shown.known.all()


@pytest.mark.parametrize("side", ["julia", "numpy"])
@pytest.mark.parametrize(("output", "transforms"), [("julia", ["reverse_kernel"]), ("numpy", [])])
def test_the_first_question_is_answered_from_its_printouts_and_layouts_alone(
    side: str, output: str, transforms: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    files = [SEED / f"{side}-input.txt", SEED / f"{side}-kernel.txt", SEED / f"{output}-output.txt"]
    named = [word for pair in zip(("--input", "--kernel", "--observed"), map(str, files)) for word in pair]
    assert main(["explain", *named, "--layout", "HWC,HWI,HW", "--no-code", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["recordings"]
    (explanation,) = answer["explanations"]
    assert [each["id"] for each in explanation["transforms"]] == transforms
    assert answer["ambiguous"] is False


def test_both_sides_of_a_question_agree_within_what_they_show() -> None:
    for role in ("input", "kernel"):
        julia, numpy = (printouts.read((SEED / f"{side}-{role}.txt").read_text("utf-8")) for side in ("julia", "numpy"))
        assert (np.abs(julia.values - numpy.values) <= julia.half_unit + numpy.half_unit).all()


# --- random arrays, printed with all options -------------------------------------------------------------------------

DTYPES = st.sampled_from(["float16", "float32", "float64"])
OPTIONS = st.fixed_dictionaries(
    {
        "precision": st.integers(1, 17),
        "suppress": st.booleans(),
        "threshold": st.sampled_from([5, 1000]),
        "edgeitems": st.integers(1, 3),
        "linewidth": st.sampled_from([40, 75, 200]),
        "floatmode": st.sampled_from(["fixed", "unique", "maxprec", "maxprec_equal"]),
        "sign": st.sampled_from(["-", "+", " "]),
    }
)
USUAL: dict[str, Any] = {"precision": 8, "floatmode": "maxprec", "threshold": 1000}


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Arrays of a few axes whose numbers are normal, spread over magnitudes, whole, short, or not all finite."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    normal = random.standard_normal(shape)
    made = {
        "normal": normal,
        "spread": normal * 10.0 ** random.integers(-6, 8, shape),
        "whole": np.round(5 * normal),
        "short": np.round(normal, int(random.integers(0, 4))),
        "sparse": np.where(random.random(shape) < 0.3, random.choice([0, np.nan, np.inf, -np.inf]), normal),
    }
    with np.errstate(over="ignore"):
        return made[draw(st.sampled_from(sorted(made)))].astype(draw(DTYPES))


def read_back(printed: str, values: np.ndarray) -> None:
    """Whole numbers in all places are taken to be shown to 8 decimals: what a lower precision cut to them is not."""
    shown = printouts.read(printed, values.shape if "..." in printed else None)
    whole = (np.floor(shown.values) == shown.values)[np.isfinite(shown.values)].all()
    assume(not whole or (np.floor(values) == values)[np.isfinite(values)].all())
    demand(shown, values)


@settings(max_examples=200)
@given(arrays(), st.one_of(OPTIONS, st.just(USUAL)), st.sampled_from(["repr", "print", "commas"]))
def test_what_numpy_prints(values: np.ndarray, options: dict[str, Any], form: str) -> None:
    with np.printoptions(**options):
        printed = {
            "repr": lambda: repr(values),
            "print": lambda: str(values),
            "commas": lambda: np.array2string(values, separator=", "),
        }[form]()
    read_back(printed, values)


@given(arrays())
def test_what_old_numpy_printed(values: np.ndarray) -> None:
    with np.printoptions(legacy="1.13"):
        read_back(repr(values), values)
        read_back(str(values), values)


@settings(max_examples=100)
@given(arrays(), OPTIONS, st.sampled_from([None, True, False]))
def test_what_pytorch_prints(values: np.ndarray, options: dict[str, Any], sci_mode: bool | None) -> None:
    torch = pytest.importorskip("torch")
    kept = {key: options[key] for key in ("precision", "threshold", "edgeitems", "linewidth")}
    torch.set_printoptions(**kept, sci_mode=sci_mode)
    try:
        read_back(str(torch.tensor(values)), values)
        read_back(str(torch.nn.Parameter(torch.tensor(values))), values)
    finally:
        torch.set_printoptions(profile="default")


@settings(max_examples=100)
@given(arrays(), OPTIONS)
def test_what_tensorflow_prints(values: np.ndarray, options: dict[str, Any]) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    tensor = tensorflow.constant(values)
    with np.printoptions(**options):
        for printed in (str(tensor), repr(tensor), str(tensorflow.Variable(tensor))):
            shown = printouts.read(printed, values.shape if "..." in printed else None)
            assert shown.dtype == values.dtype.name
            read_back(printed, values)


@settings(max_examples=50)
@given(arrays(), st.sampled_from([-1, 2]))
def test_what_tf_print_prints(values: np.ndarray, summarize: int) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    printed = tensorflow.strings.format("{}", tensorflow.constant(values), summarize=summarize).numpy().decode()
    demand(printouts.read(printed, values.shape if "..." in printed else None), values)


@settings(max_examples=100)
@given(arrays(), st.one_of(OPTIONS, st.just(USUAL)), st.sampled_from(["float16", "float32", "bfloat16"]))
def test_what_jax_prints(values: np.ndarray, options: dict[str, Any], dtype: str) -> None:
    jax_numpy = pytest.importorskip("jax.numpy")
    array = jax_numpy.asarray(values, dtype)
    with np.printoptions(**options):
        for printed in (repr(array), str(array)):
            read_back(printed, np.asarray(array.astype("float32")))


@given(
    arrays(), st.sampled_from(["%.18e", "%.4f", "%g", "%.10g", "%.3e"]), st.sampled_from([" ", "\t", ",", ";", ", "])
)
def test_what_savetxt_writes(values: np.ndarray, form: str, separator: str) -> None:
    table = np.atleast_2d(values.astype(np.float64)).reshape(-1, values.shape[-1])
    assume(form != "%g" or (np.floor(table) != table).any())
    stream = io.StringIO()
    np.savetxt(stream, table, form, separator, header="columns")
    shown = printouts.read(stream.getvalue())
    assume(not shown.half_unit.any() or not (np.floor(shown.values) == shown.values).all())
    demand(shown, np.where(np.isfinite(table), table, table))


@given(arrays())
def test_lists_of_python_are_exact_in_double_precision(values: np.ndarray) -> None:
    shown = printouts.read(str(values.astype(np.float64).tolist()))
    demand(shown, values)
    np.testing.assert_array_equal(shown.values, values.astype(np.float64))


def test_the_array_in_the_document_is_read() -> None:
    document = (PRINTED.parent.parent / "docs" / "printouts.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", document, re.DOTALL)
    shown = printouts.read(yaml.safe_load(example)["input"]["values"])
    assert (shown.values.shape, shown.dtype, shown.values[1, 0, 1]) == ((2, 2, 2), "float32", 0.345739)


@given(arrays(), st.data())
def test_a_text_that_is_cut_off_is_never_read_as_a_whole(values: np.ndarray, data: st.DataObject) -> None:
    printed = repr(values)
    cut = printed[: data.draw(st.integers(0, printed.rindex("]")))]
    with pytest.raises(PrintoutError):
        printouts.read(cut)
