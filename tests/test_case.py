"""Case files: what a complete one becomes, its matrix, and every fault with its file, line and column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.case.read import Case, CaseError, Tolerance, find, load
from harness.case.schema import json_schema

PLAIN = """\
title: A plain case
input: {layout: HW, integers: {shape: [5, 6], seed: 0, low: -9, high: 9}}
kernel: {layout: HW, integers: {shape: [3, 2], seed: input, low: -9, high: 9}}
means: convolution
"""


@pytest.fixture
def members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function from the text of a case file, x.yaml in the current folder, to its members."""
    monkeypatch.chdir(tmp_path)

    def load_text(text: str) -> list[Case]:
        Path("x.yaml").write_text(text)
        return list(load("x.yaml"))

    return load_text


def test_a_plain_case(members: Any) -> None:
    (case,) = members(PLAIN)
    assert (case.id, case.title, case.why, case.operation.NAME) == ("x.yaml", "A plain case", "", "convolution")
    assert case.values("input").shape == (1, 1, 5, 6)
    assert case.values("kernel").shape == (1, 1, 3, 2)
    assert case.values("bias") is None
    assert (case.rank, case.dtype, case.arrays["input"].layout, case.arrays["kernel"].layout) == (
        2,
        "float32",
        "HW",
        "HW",
    )
    assert (
        case.settings["stride"],
        case.settings["dilation"],
        case.settings["padding"],
        case.settings["groups"],
        case.settings["boundary"],
    ) == (
        (1, 1),
        (1, 1),
        "valid",
        1,
        "zero",
    )
    assert case.tolerance is None
    assert case.recorded == ()
    assert dict(case.expect.classes) == {}
    conv = case.meant()
    assert conv.window.reversal == (True, True)
    assert conv.output_shape == (1, 1, 3, 5)


def test_every_key(members: Any) -> None:
    (case,) = members(
        """\
title: All keys
why: to see them
text: a comment
source: a place
operation: convolution
input: {layout: HWC, dtype: float64, decimals: 1, values: [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}
kernel: {layout: WHIO, dtype: float64, digits: 2, values: [[[[10, 20, 30], [1, 2, 3]], [[4, 5, 6], [7, 8, 9]]]]}
bias: [1, 2, 3]
means: cross-correlation
stride: [1, 2]
dilation: 1
padding: [[0, 1], [-1, 2]]
groups: 1
boundary: edge
tolerance: {rtol: 1e-3, why: because}
recorded:
  - {system: S, origin: here, layout: WC, digits: 3, values: [[1.25, null]], expect: [bias, scale], dtype: float32}
  - {system: T, origin: there, layout: HWC, values: [[[1, 2, 3]]], expect: []}
  - {system: U, origin: there, layout: H, values: [7]}
expect:
  as_written: [[a.b, c.d], [e.f]]
  normalized: [[a.b, e.f]]
""".replace("layout: WC,", "layout: WHC,")
        .replace("[[1.25, null]]", "[[[1.25, null]]]")
        .replace("layout: H,", "layout: HW,")
        .replace("[7]", "[[7]]")
    )
    np.testing.assert_array_equal(case.values("input")[0, :, 1, 0], [5, 6])
    np.testing.assert_array_equal(case.values("kernel")[1, :, 0, 0], [20, 2])
    np.testing.assert_array_equal(case.values("kernel")[1, :, 1, 0], [5, 8])
    assert case.values("bias").tolist() == [1, 2, 3]
    assert case.values("bias").dtype == np.float64
    assert (case.arrays["input"].half_unit == 0.05).all()
    assert case.arrays["kernel"].half_unit[0, 0, 0, 0] == 0.5
    assert case.arrays["kernel"].half_unit[0, 1, 0, 0] == 0.05
    assert (case.settings["stride"], case.settings["padding"], case.settings["boundary"]) == (
        (1, 2),
        ((0, 1), (-1, 2)),
        "edge",
    )
    assert case.tolerance == Tolerance(1e-3, 0.0, "because")
    first, second, third = case.recorded
    assert first.values.shape == first.known.shape == first.half_unit.shape == (1, 2, 1, 1)
    assert first.known.ravel().tolist() == [True, False]
    assert np.isnan(first.values[0, 1, 0, 0])
    assert first.half_unit[0, 0, 0, 0] == 0.005
    assert (first.dtype, second.dtype) == ("float32", "float64")
    assert first.expect == ("bias", "scale")
    assert second.expect == ()
    assert third.expect is None
    assert not second.half_unit.any()
    assert case.expect.classes == {"as_written": (("a.b", "c.d"), ("e.f",)), "normalized": (("a.b", "e.f"),)}


def test_a_matrix_gives_one_member_per_combination(members: Any) -> None:
    cases = members(
        PLAIN + "matrix: {padding: [same, -1, [[0, 1], [2, 1]]], stride: [1, [1, 2]], input.dtype: [float32, int8]}\n"
    )
    assert len(cases) == 12
    assert cases[0].id == "x.yaml[padding=same,stride=1,input.dtype=float32]"
    last = cases[-1]
    assert last.id == "x.yaml[padding=0:1x2:1,stride=1x2,input.dtype=int8]"
    assert (last.settings["padding"], last.settings["stride"], last.dtype, last.values("kernel").dtype) == (
        ((0, 1), (2, 1)),
        (1, 2),
        "int8",
        np.int8,
    )
    assert cases[0].values("input") is cases[2].values("input")
    assert not any(mark in case.id for case in cases for mark in " /" if case.id)


def test_means_may_come_from_the_matrix(members: Any) -> None:
    text = PLAIN.replace("means: convolution\n", "matrix: {means: [convolution, cross-correlation]}\n")
    assert [case.meant().window.reversal[0] for case in members(text)] == [True, False]


def test_the_stream_goes_from_input_to_kernel_to_bias(members: Any) -> None:
    (case,) = members("""\
title: A stream
input: {layout: W, dtype: float64, random: {shape: [4], seed: 42, generator: RandomState}}
kernel: {layout: OW, random: {shape: [2, 3], seed: input}}
bias: {random: {shape: [2], seed: input}}
means: convolution
""")
    drawn = np.random.RandomState(42).randn(12)
    assert [
        *case.values("input").ravel(),
        *case.values("kernel").ravel(),
        *case.values("bias"),
    ] == drawn.tolist()


@pytest.mark.parametrize(
    ("padding", "pairs"),
    [
        ("same", (1, 2)),
        ("same_upper", (1, 2)),
        ("same_lower", (2, 1)),
        ("full", (3, 3)),
        ("2", (2, 2)),
        ("valid", (0, 0)),
    ],
)
def test_paddings(members: Any, padding: str, pairs: tuple[int, int]) -> None:
    (case,) = members(f"""\
title: t
input: {{layout: W, values: [1, 2, 3, 4]}}
kernel: {{layout: W, values: [1, 2, 3, 4]}}
means: convolution
padding: {padding}
""")
    assert case.meant().window.padding == (pairs,)


@given(
    hnp.arrays(
        np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=4), elements=st.floats(-(2**20), 2**20, width=32)
    )
)
def test_values_round_trip(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("case") / "x.yaml"
    path.write_text(
        f"title: t\nmeans: convolution\ninput: {{layout: WH, values: {array.tolist()}}}\n"
        "kernel: {layout: HW, values: [[1]]}\n"
    )
    (case,) = load(path)
    assert case.id == path.as_posix()
    np.testing.assert_array_equal(case.values("input")[0, 0], array.T)


FAULTS = [
    ("means: convolution", "menas: convolution", "4:1: menas: unknown key; the nearest known one is 'means'"),
    ("means: convolution", "", "1:1: the key 'means' is missing: cross-correlation or convolution"),
    ("means: convolution", "means: correlation", "4:8: means: unknown word 'correlation'; the nearest known one is"),
    ("means: convolution", "means: 3", "4:8: means: expected one of cross-correlation, convolution, found 3"),
    ("title: A plain case\n", "", "1:1: the key 'title' is missing"),
    ("A plain case", "", "1:7: title: expected text (quote it if it looks like a number), found nothing"),
    ("kernel: {layout", "kernel: {layuot", "3:10: kernel.layuot: unknown key; the nearest known one is 'layout'"),
    (
        "kernel: {layout: HW",
        "kernel: {layout: HC",
        "3:18: kernel.layout: layout 'HC': 'C' is not an axis of the kernel",
    ),
    ("kernel: {layout: HW", "kernel: {layout: HH", "3:18: kernel.layout: layout 'HH': 'H' stands twice"),
    (
        "kernel: {layout: HW",
        "kernel: {layout: WI",
        "3:18: kernel.layout: 'WI' has not the 2 spatial axes of the input: HW",
    ),
    ("kernel: {layout: HW", "kernel: {layout: OHW", "3:41: kernel.integers.shape: expected 3 lengths"),
    ("kernel: {layout: HW", "kernel: {layout: HW, dtype: int8", "3:29: kernel.dtype: int8, but the input is float32"),
    (
        "input: {layout: HW",
        "input: {layout: HW, dtype: float31",
        "2:28: input.dtype: unknown word 'float31'; the nearest",
    ),
    (
        "input: {layout: HW",
        "input: {layout: CW",
        "3:18: kernel.layout: 'HW' has not the 1 spatial axes of the input: W",
    ),
    (
        "[3, 2]",
        "[6, 2]",
        "3:9: kernel: the kernel does not fit: along H it spans 6 samples (size 6, dilation 1), the input has 5",
    ),
    ("[3, 2]", "[3, 0]", "3:44: kernel.integers.shape[1]: expected a whole number of at least 1"),
]
ADDED = [
    ("operation: poolling", "12: operation: unknown word 'poolling'; the nearest known one is"),
    ("stride: 0", "9: stride: expected a whole number of at least 1 and at most 268435456, found 0"),
    ("stride: [1, 2, 3]", "9: stride: expected a number, or 2, one for each of HW; found 3"),
    ("stride: 1.5", "9: stride: expected a whole number of at least 1"),
    ("padding: sam", "10: padding: unknown word 'sam'; the nearest known one is 'same'"),
    ("padding: [1]", "10: padding: expected a number, or 2, one or a pair for each of HW; found 1"),
    ("padding: [1, [1]]", "14: padding[1]: expected a pair [low, high], found 1 numbers"),
    ("padding: [-3, 0]", "10: padding: the kernel does not fit: along H it spans 3 samples"),
    ("padding: 200000000", "10: padding: the padded input would have shape"),
    ("boundary: mirror", "11: boundary: unknown word 'mirror'"),
    ("constant: 0.5", "11: constant: give it beside `boundary: constant`"),
    ("constant: .inf", "11: constant: expected a finite number"),
    ("bias: [1, 2]", "7: bias: expected 1 numbers, one for each output channel, found 2"),
    ("bias: [one]", "8: bias[0]: expected a number, or null where it is not known, found the text 'one'"),
    ("bias: 3", "7: bias: expected null, a list of numbers, or a mapping"),
    ("tolerance: {rtol: 1e-3}", "12: tolerance: the key 'why' is missing: why the derived bounds do not do"),
    ("tolerance: {rtol: -1, why: x}", "19: tolerance.rtol: expected a finite number of at least 0, found -1"),
    ("tolerance: loose", "12: tolerance: unknown word 'loose'; known are: auto"),
    ("matrix: {stride: []}", "18: matrix.stride: expected a list of at least 1, found 0 elements"),
    ("matrix: {padding: [1, [1, 1], [[1, 1], [1, 1]], 1]}", "49: matrix.padding[3]: 1 stands twice in this list"),
    ("matrix: {means: [convolution]}", "10: matrix.means: given outside the matrix too; keep one"),
    ("matrix: {strides: [1]}", "10: matrix.strides: unknown key; the nearest known one is 'stride'"),
    ("recorded: [{origin: o, layout: HW, values: [[1]]}]", "12: recorded[0]: the key 'system' is missing"),
    ("recorded: [{system: s, origin: o, layout: HW}]", "12: recorded[0]: expected exactly one of values, file; found"),
    ("recorded: [{system: s, origin: o, layout: W, values: [1]}]", "43: recorded[0].layout: 'W' has not the 2 spatial"),
    ("recorded: [{system: s, origin: o, layout: HW, values: [[1]], expect: [reverse_kernle]}]",
     "71: recorded[0].expect[0]: unknown word 'reverse_kernle'; the nearest known one is 'reverse_kernel'"),
    ("recorded: [{system: s, origin: o, layout: HW, values: [[1]], expect: [conjugate]}]",
     "71: recorded[0].expect[0]: unknown word 'conjugate'"),
    ("recorded: [{system: s, origin: o, layout: HW, values: [[1]], expect: [not_repeatable]}]",
     "71: recorded[0].expect[0]: unknown word 'not_repeatable'"),
    ("recorded: [{system: s, origin: o, layout: HW, values: [[1]], expect: [bias, bias]}]",
     "77: recorded[0].expect[1]: the text 'bias' stands twice in this list"),
    ("expect: {as_written: [[a, b], [c, a]]}", "35: expect.as_written[1][1]: a stands twice"),
    ("expect: {as_writen: [[a]]}", "10: expect.as_writen: unknown key; the nearest known one is 'as_written'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_faults_say_where(members: Any, old: str, new: str, message: str) -> None:
    assert old in PLAIN
    with pytest.raises(CaseError) as caught:
        members(PLAIN.replace(old, new, 1))
    assert str(caught.value).startswith("x.yaml:" + message)


@pytest.mark.parametrize(("line", "message"), ADDED)
def test_faults_in_an_added_line_say_where(members: Any, line: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        members(PLAIN + line)
    assert str(caught.value).startswith("x.yaml:5:" + message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "dilation: [4, 1]",
            "the kernel does not fit: along H it spans 9 samples (size 3, dilation 4), the input has 5",
        ),
        ("groups: 2", "the kernel has 1 input channels, and 2 group(s); expected 1 in all, the input's channels"),
    ],
)
def test_a_kernel_that_the_settings_do_not_fit(members: Any, line: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        members(PLAIN + line)
    assert str(caught.value).startswith("x.yaml:3:9: kernel: " + message)


def test_a_fault_in_one_member_comes_after_the_members_before_it(members: Any, tmp_path: Path) -> None:
    Path("x.yaml").write_text(PLAIN + "matrix: {dilation: [1, 4]}\n")
    loaded = load("x.yaml")
    assert next(loaded).settings["dilation"] == (1, 1)
    with pytest.raises(CaseError, match=r"x.yaml:3:9: kernel: the kernel does not fit"):
        next(loaded)


def test_find(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/c.yaml", "a.yaml", "a.json"):
        (tmp_path / name).touch()
    assert find([tmp_path, tmp_path / "a.yaml"]) == [tmp_path / "a.yaml", tmp_path / "b" / "c.yaml"]
    with pytest.raises(CaseError, match=r"none: no such file; expected"):
        find([tmp_path / "none"])


@pytest.mark.parametrize(
    ("change", "valid"),
    [({}, True), ({"menas": 1}, False), ({"padding": "sam"}, False), ({"stride": 0}, False),
     ({"input": {"layout": "HW"}}, False),
     ({"padding": [[0, 1], 2]}, True), ({"bias": None}, True), ({"bias": [1]}, True),
     ({"expect": {"as_writen": []}}, False)],
)  # fmt: skip
def test_the_schema_says_the_same(change: dict[str, Any], valid: bool) -> None:
    array = {"layout": "HW", "values": [[1, 2], [3, 4]]}
    case = {"title": "t", "input": array, "kernel": array, "means": "convolution", **change}
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(case) is valid


PARTLY = """\
title: A case that is not known in full
input: {layout: HW, values: [[1, null, 3], [4, 5, 6]]}
kernel: {layout: HW, shape: [2, 3], values: [[1, 2]]}
bias: [null]
means: convolution
padding: same
"""


def test_elements_that_are_not_known(members: Any) -> None:
    (case,) = members(PARTLY)
    assert case.partial == ("input", "kernel", "bias")
    assert np.array_equal(case.values("input")[0, 0], [[1, np.nan, 3], [4, 5, 6]], equal_nan=True)
    assert np.array_equal(case.values("kernel")[0, 0], [[1, 2, np.nan], [np.nan] * 3], equal_nan=True)
    assert case.arrays["kernel"].known.tolist() == [[[[True, True, False], [False, False, False]]]]
    assert members(PLAIN)[0].partial == ()
    assert members(PLAIN)[0].arrays["input"].known is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "layout: HW, values: [[1, null",
            "layout: HW, dtype: int32, values: [[1, null",
            "expected a number, found nothing",
        ),
        ("layout: HW, values: [[1, null", "layout: HW, nonfinite: true, values: [[1, null", "look alike; keep one"),
        ("shape: [2, 3]", "shape: [2, 1]", "a part of, [1, 2] or more"),
        ("shape: [2, 3]", "shape: [2, 3, 1]", "expected 2 lengths, one for each letter of the layout, found 3"),
        ("values: [[1, 2]]", "arange: {shape: [2, 3]}", "kernel.shape: belongs to `values`"),
    ],
)
def test_faults_of_what_is_not_known_say_what_to_do(members: Any, old: str, new: str, message: str) -> None:
    with pytest.raises(CaseError, match=re.escape(message)):
        members(PARTLY.replace(old, new, 1))


def test_integers_have_no_part_that_is_not_known(members: Any) -> None:
    text = PARTLY.replace("layout: HW, values: [[1, null", "layout: HW, dtype: int32, values: [[1, 2")
    with pytest.raises(CaseError, match="kernel.shape: integer data must be known in full"):
        members(text.replace("bias: [null]\n", ""))


@pytest.mark.parametrize(("value", "kernel"), [(2**62, 1), (2**51, 4), (-(2**62), 1)])
def test_integers_whose_output_would_not_be_exact_are_refused(members: Any, value: int, kernel: int) -> None:
    text = f"title: t\nmeans: convolution\ninput: {{layout: W, dtype: int64, values: [{value}, 1]}}\n"
    with pytest.raises(CaseError, match=r"x.yaml:3:8: input: the output may reach .*e\+1"):
        members(text + f"kernel: {{layout: W, values: [{kernel}]}}\n")
    (case,) = members(text.replace(str(value), str(2**40)) + f"kernel: {{layout: W, values: [{kernel}]}}\n")
    assert case.values("input").max() == 2**40


@pytest.mark.parametrize("size", [1, 3])
def test_a_kernel_larger_than_the_input_is_asked_for_by_name(members: Any, size: int) -> None:
    text = f"title: t\nmeans: convolution\ninput: {{layout: W, random: {{shape: [{size}], seed: 1}}}}\n"
    text += "kernel: {layout: W, random: {shape: [5], seed: 2}}\n"
    with pytest.raises(CaseError, match="ask what the systems make of it: fits: false"):
        members(text)
    (case,) = members(text + "fits: false\n")
    assert case.meant().output_shape == (1, 1, 0)


PASTED = """\
title: A printed case
input:
  layout: HW
  values: |
    {x}
kernel: {{layout: HW, values: [[2]]}}
bias: |
  tensor([0.5000])
means: cross-correlation
recorded:
  - system: S
    origin: here
    layout: HW
    values: |
      {y}
"""


@pytest.mark.parametrize(
    ("x", "y", "dtypes"),
    [
        ("array([[1.5, 2.5]])", "[[3.12345678 5.]]", ("float64", "float64")),
        ("array([[1.5, 2.5]])", "[[3. 5.]]", ("float64", "float32")),
        ("array([[1.5, 2.5]])", "tensor([[3., 5.]], dtype=torch.float64)", ("float64", "float64")),
        ("array([[1.5, 2.5]], dtype=float32)", "array([[3., 5.]])", ("float32", "float64")),
        ("[[1.5 2.5]]", "[[3. 5.]]", ("float32", "float32")),
        ("[[1 2]]", "[[2 4]]", ("float32", "float32")),
    ],
)
def test_printouts_say_the_dtypes_of_a_case(members: Any, x: str, y: str, dtypes: tuple[str, str]) -> None:
    (case,) = members(PASTED.format(x=x, y=y))
    assert (case.dtype, case.recorded[0].dtype) == dtypes
    assert case.values("bias").tolist() == [0.5]
    assert case.arrays["bias"].half_unit.tolist() == [0.5e-4]


def test_a_dtype_that_is_stated_stands_above_that_of_a_printout(members: Any) -> None:
    stated = PASTED.format(x="array([[1.5, 2.5]])", y="tensor([[3., 5.]])")
    (case,) = members(stated.replace("layout: HW\n", "layout: HW\n  dtype: float16\n", 1))
    assert case.dtype == "float16"
    (case,) = members(stated + "    dtype: float16\n")
    assert (case.dtype, case.recorded[0].dtype) == ("float64", "float16")
    assert [case.dtype for case in members(stated + "matrix: {input.dtype: [float16, float32]}\n")] == [
        "float16",
        "float32",
    ]


def test_a_printed_recording_may_leave_elements_out(members: Any) -> None:
    (case,) = members(PASTED.format(x="[[1 2 3 4]]", y="[[2 ... 8]]") + "    shape: [1, 4]\n")
    assert case.recorded[0].known.tolist() == [[[[True, False, False, True]]]]
