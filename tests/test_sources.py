"""Arrays of case files: written out or generated, files confined and judged, dtypes that must hold data."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from harness.grammar import sources
from harness.grammar.document import CaseError, parse
from harness.grammar.kinds import Record, record

SOURCE = record({**sources.SOURCES, **sources.PRINTED}, tuple(sources.SOURCES))


def source(text: str) -> Record:
    made: Record = SOURCE.read(parse(text, "f"))
    return made


def make(
    text: str, axes: int = 1, dtype: str = "float64", folder: Path = Path("."), **options: object
) -> sources.Array:
    return sources.make(source(text), axes, dtype, folder, **options)  # type: ignore[arg-type]


def test_what_is_written_out_is_known() -> None:
    array = make("values: [1, 2.5]")
    assert array.values.tolist() == [1, 2.5]
    assert array.known.all()


def test_a_stream_goes_on_in_another_array() -> None:
    first = make("random: {shape: [3], seed: 5, generator: RandomState}")
    second = make("random: {shape: [2], seed: input}", follows=first.stream)
    assert [*first.values, *second.values] == np.random.RandomState(5).randn(5).tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "values: [1, .inf]",
            "f:1:13: values[1]: expected a number that is finite; say `nonfinite: true` if it is meant, found inf",
        ),
        (
            "nonfinite: true",
            "f:1:1: expected exactly one of values, file, random, integers, impulse, arange; found none of them",
        ),
        ("values: [1]\narange: {shape: [1]}", "f:1:1: expected exactly one of values"),
    ],
)
def test_wrong_sources_say_where(text: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        make(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "dtype", "message"),
    [
        (
            "values: [1, 256]",
            "uint8",
            "f:1:13: values[1]: expected a number that is whole, from 0 to 255 (uint8), found 256",
        ),
        ("values: [1, 1e39]", "float32", "f:1:13: values[1]: expected a number within float32, found 1e+39"),
        ("values: [1, 70000]", "float16", "f:1:13: values[1]: expected a number within float16"),
        ("arange: {shape: [2], step: 0.5}", "int8", "f:1:9: arange: expected numbers that are whole, from -128 to 127"),
        ("random: {shape: [2], seed: 0}", "int32", "f:1:9: random: expected numbers that are whole"),
    ],
)
def test_a_dtype_must_hold_the_numbers(text: str, dtype: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        make(text, dtype=dtype)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("dtype", sources.DTYPES)
def test_every_dtype(dtype: str) -> None:
    array = make("integers: {shape: [4], seed: 1, low: 0, high: 9}", dtype=dtype).values
    assert array.dtype == dtype
    assert array.shape == (4,)


def test_declared_nonfinite_values() -> None:
    np.testing.assert_array_equal(make("nonfinite: true\nvalues: [.nan, .inf, 1]").values, [np.nan, np.inf, 1])


def exact(values: list[float]) -> sources.Array:
    return sources.Array(np.array(values), np.ones(len(values), bool))


@pytest.mark.parametrize(
    ("printed", "values", "half_units"),
    [
        ("digits: 6", [194.694, -4.38531, 0.798015, 1000.0, 999.999, 0.0], [5e-4, 5e-6, 5e-7, 5e-3, 5e-4, 0]),
        ("digits: 1", [1e-300, 1e22], [0.5e-300, 0.5e22]),
        ("decimals: 2", [3.14, 0], [5e-3, 5e-3]),
        ("decimals: 0", [3], [0.5]),
    ],
)
def test_half_a_unit_of_the_last_digit(printed: str, values: list[float], half_units: list[float]) -> None:
    found = sources.half_unit(source(f"{printed}\nvalues: [1]"), exact(values))
    assert found is not None
    np.testing.assert_allclose(found, half_units, rtol=1e-12)


def test_exact_numbers_have_no_half_unit() -> None:
    assert sources.half_unit(source("values: [1]"), exact([1])) is None
    with pytest.raises(CaseError, match=r"^f:1:13: decimals: digits and decimals both given"):
        sources.half_unit(source("{digits: 1, decimals: 2, values: [1]}"), exact([1]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A case folder with data files, inside a folder that holds a secret."""
    inside = tmp_path / "cases"
    (inside / "deep").mkdir(parents=True)
    table = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.save(tmp_path / "secret.npy", table)
    np.save(inside / "deep" / "a.npy", table)
    np.save(inside / "fortran.npy", np.asfortranarray(table.astype(">f8")))
    np.savez(inside / "b.npz", first=table, second=table + 1)
    np.save(inside / "object.npy", np.array([{}], object), allow_pickle=True)
    np.save(inside / "complex.npy", table.astype(complex))
    np.save(inside / "empty.npy", np.zeros((0, 3)))
    (inside / "c.csv").write_text("0,1,2\n3,4,5\n")
    (inside / "d.txt").write_text("0 1 2\n3 4 5\n")
    (inside / "line.txt").write_text("0 1 2\n")
    (inside / "ragged.csv").write_text("0,1\n2\n")
    (inside / "words.txt").write_text("a b\n1 2\n")
    (inside / "cut.npy").write_bytes((inside / "deep" / "a.npy").read_bytes()[:-4])
    (inside / "garbage.npy").write_bytes(b"garbage")
    (inside / "garbage.npz").write_bytes(b"garbage")
    (inside / "nested.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + b"(" * 9000)
    np.save(inside / "deep" / "ä #1.npy", table)
    np.savez(inside / "ä #2.npz", **{"first#1": table})
    (inside / "link.npy").symlink_to(tmp_path / "secret.npy")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (2**14, 2**15)})
    (inside / "huge.npy").write_bytes(header.getvalue())
    with zipfile.ZipFile(inside / "huge.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    whole = (inside / "deep" / "a.npy").read_bytes()
    with zipfile.ZipFile(inside / "lzma.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", whole)
    np.savez_compressed(inside / "x.npz", x=table)
    raw = bytearray((inside / "x.npz").read_bytes())
    data = raw.index(b"x.npy") + len("x.npy") + int.from_bytes(raw[28:30], "little")
    (inside / "deflated.npz").write_bytes(raw[:data] + b"\xff" * 20 + raw[data + 20 :])
    raw[6] |= 1  # of the flags in the header of the member, and in that of the directory
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    (inside / "encrypted.npz").write_bytes(raw)
    return inside


@pytest.mark.parametrize(
    "name", ["deep/a.npy", "fortran.npy", "b.npz#first", "c.csv", "d.txt", "deep/ä #1.npy", "ä #2.npz#first#1"]
)
def test_files(folder: Path, name: str) -> None:
    array = make(f"file: '{name}'", 2, "float32", folder).values
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_nan_in_the_file_of_a_recording_is_not_known_unless_it_is_meant(tmp_path: Path, dtype: str) -> None:
    np.save(tmp_path / "y.npy", [1.0, np.nan, 3.0])
    assert make("file: y.npy", 1, dtype, tmp_path, partial=True).known.tolist() == [True, False, True]
    with pytest.raises(CaseError, match="expected numbers that are finite"):
        make("file: y.npy", 1, "float32", tmp_path)
    assert make("{file: y.npy, nonfinite: true}", 1, "float32", tmp_path, partial=True).known.all()


def test_a_member_needs_no_suffix(tmp_path: Path) -> None:
    """As `numpy.load` takes it."""
    np.save(tmp_path / "a.npy", [1.0, 2.0])
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.write(tmp_path / "a.npy", "a")
    assert make("file: b.npz#a", folder=tmp_path).values.tolist() == [1, 2]


def test_one_line_is_one_axis(folder: Path) -> None:
    assert make("file: line.txt", 1, folder=folder).values.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.npy", "no file none.npy in the case file's folder"),
        ("../secret.npy", "leads out of the case file's folder"),
        ("deep/../../secret.npy", "leads out of the case file's folder"),
        ("link.npy", "leads out of the case file's folder"),
        ("/etc/passwd", "leads out of the case file's folder"),
        ("deep", "deep is a folder, not a file"),
        ("c.dat", "no file"),
        ("object.npy", "arrays of numbers are taken, not of dtype object"),
        ("complex.npy", "expected an array of floats or integers of at most 64 bits, found dtype complex128"),
        ("empty.npy", "has no elements"),
        ("cut.npy", "cut short: 20 bytes where shape (2, 3) and dtype float32 need 24"),
        ("garbage.npy", "garbage.npy cannot be read"),
        ("garbage.npz#x", "garbage.npz cannot be read"),
        ("huge.npy", "536870912 elements; an array may have 268435456"),
        ("huge.npz#x", "536870912 elements; an array may have 268435456"),
        ("b.npz#third", "b.npz: no array 'third'; it holds, the most similar first, first (2 x 3), second (2 x 3)"),
        ("b.npz", "b.npz: it holds 2 arrays, name one as b.npz#NAME: first (2 x 3), second (2 x 3)"),
        ("d.txt#x", "no file d.txt#x in the case file's folder"),
        ("nested.npy", "nested.npy cannot be read: not a .npy header"),
        ("ragged.csv", "expected lines of as many numbers, commas between them"),
        ("words.txt", "words.txt: line 1, column 1: expected a number, found 'a'"),
        ("line.txt", "expected 2 axes"),
        ("a\\0b.npy", "not a file name"),
        ("x" * 300 + ".npy", "cannot be read: File name too long"),
        ("deflated.npz#x", "deflated.npz: 'x': it cannot be read"),
        ("encrypted.npz#x", "encrypted.npz: 'x': it cannot be read"),
        ("lzma.npz#x", "lzma.npz: 'x': compressed in another way than numpy.savez_compressed does it"),
    ],
)
def test_files_that_are_refused(folder: Path, name: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        make(f'file: "{name}"', 2, folder=folder) if "line" not in name else make(f"file: {name}", 3, folder=folder)
    assert str(caught.value).startswith("f:1:7: file: ")
    assert message.replace("2 axes", "3 axes") in str(caught.value)


# --- printouts -------------------------------------------------------------------------------------------------------


def block(printed: str, rest: str = "") -> str:
    return f"{rest}values: |\n" + "".join(f"  {line}\n" for line in printed.split("\n"))


def test_a_block_of_text_is_a_printout_whose_numbers_carry_their_digits() -> None:
    text = block("array([[1.25, 2.5 ],\n       [3.  , 4.  ]])")
    array = make(text, 2, "float32")
    assert (array.values.tolist(), array.values.dtype) == ([[1.25, 2.5], [3, 4]], np.float32)
    np.testing.assert_allclose(sources.half_unit(source(text), array), np.full((2, 2), 0.005))


@pytest.mark.parametrize(("key", "half"), [("digits: 3\n", [0.005, 0.05]), ("decimals: 1\n", [0.05, 0.05])])
def test_digits_that_are_said_override_those_that_are_shown(key: str, half: list[float]) -> None:
    text = block("1.25 12.5", key)
    np.testing.assert_allclose(sources.half_unit(source(text), make(text)), half)


@pytest.mark.parametrize("printed", ["[1 2 3]", "tensor([1., 2., 3.])", "np.array([0.5, 1, 2])"])
def test_numbers_that_are_exact_have_no_half_unit(printed: str) -> None:
    assert make(block(printed)).half_unit is None


def test_what_a_dtype_rounds_counts_with_the_digits() -> None:
    """41.123456789 lies 1.4e-6 from the next float32: a number of which so much is not known is known to that only."""
    wide = make(block("41.123456789 1.5")).half_unit
    narrow = make(block("41.123456789 1.5"), dtype="float32").half_unit
    assert wide is not None
    assert narrow is not None
    assert wide[0] == pytest.approx(0.5e-9, rel=1e-6)
    assert narrow[0] == pytest.approx(0.5e-9 + abs(float(np.float32(41.123456789)) - 41.123456789), rel=1e-6)
    assert narrow[1] == wide[1]


@pytest.mark.parametrize("printed", ["1.5 2.5", "1.5\n2.5", "[1.5 2.5]"])
def test_one_line_or_column_is_one_axis_where_one_is_wanted(printed: str) -> None:
    assert make(block(printed)).values.tolist() == [1.5, 2.5]


def test_elements_that_are_left_out_are_not_known_where_a_shape_says_how_many() -> None:
    text = block("[1. 2. ... 9.]", "shape: [5]\n")
    assert with_corner(text).values.tolist()[3:] == pytest.approx([np.nan, 9], nan_ok=True)
    assert with_corner(text).known.tolist() == [True, True, False, False, True]
    whole = with_corner(block("[1 2 ... 9]", "shape: [5]\n"), dtype="int32", partial=True)
    assert (whole.values.dtype, whole.known.tolist()) == (np.int64, [True, True, False, False, True])


def with_corner(text: str, dtype: str = "float64", **options: bool) -> sources.Array:
    kind = record({**sources.SOURCES, **sources.CORNER, **sources.PRINTED}, tuple(sources.SOURCES))
    return sources.make(kind.read(parse(text, "f")), 1, dtype, Path("."), **options)


def test_nan_in_a_printed_recording_is_not_known_unless_it_is_meant() -> None:
    assert make(block("[1. nan]"), partial=True).known.tolist() == [True, False]
    assert make(block("[1. nan]", "nonfinite: true\n"), partial=True).known.all()


@pytest.mark.parametrize(
    ("text", "axes", "dtype", "message"),
    [
        (block("array([[1, 2],\n       [3]])"), 2, "float64", "f:3:12: values: ragged: 1 elements in this list, 2 in"),
        (block("1 2\n\n3 x"), 2, "float64", "f:4:5: values: expected a number, found 'x'"),
        (block("1.5 2\n3 inf"), 2, "float64", "f:3:3: values: expected a number that is finite; say `nonfinite: true`"),
        (block("1 2\n3 300"), 2, "uint8", "f:3:3: values: expected a number that is whole, from 0 to 255 (uint8)"),
        (
            block("[[1, 2]]"),
            3,
            "float64",
            "f:1:9: values: expected 3 axes, one for each letter of the layout, found shape",
        ),
        (
            "values: 1 2 3",
            1,
            "float64",
            "f:1:9: values: expected numbers in nested lists, or a printout on the lines below",
        ),
        ("values: >\n  1 2\n  3 4", 2, "float64", "f:1:9: values: expected numbers in nested lists, or a printout"),
        (block("[1 ... 3]"), 1, "float64", "f:2:3: values: elements were left out here, and nothing says how many"),
        (block("[1 -- 3]"), 1, "int32", "f:1:9: values: integer data must be known in full"),
        (
            block("[1 -- 3]", "nonfinite: true\n"),
            1,
            "float64",
            "f:1:1: nonfinite: elements that are not known and NaN",
        ),
    ],
)
def test_faults_of_printouts_name_the_line_of_the_file(text: str, axes: int, dtype: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        make(text, axes, dtype)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("printed", "axes", "message"),
    [
        ("julia> x\n2×1 Array{Float64,2}:\n 1.0\n 2.\nx", 2, "a.txt: line 5, column 1: expected a number, found 'x'"),
        (
            "1.5\ninf\n",
            2,
            "expected numbers that are finite; say `nonfinite: true` if it is meant, found inf at index [1, 0], line 2",
        ),
        ("1.5 2\n", 3, "expected 3 axes, one for each letter of the layout, found shape [1, 2]"),
    ],
)
def test_faults_of_text_files_name_their_line(tmp_path: Path, printed: str, axes: int, message: str) -> None:
    (tmp_path / "a.txt").write_text(printed, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        make("file: a.txt", axes, folder=tmp_path)
    assert str(caught.value).startswith(f"f:1:7: file: {message}")


@pytest.mark.parametrize(
    ("printed", "dtype"),
    [
        ("array([1.5], dtype=float32)", "float32"),
        ("array([1.5])", "float64"),
        ("1.23456789", "float64"),
        ("41.06299973", None),
        ("1.2346", None),
        ("16777217", "float64"),
        ("array([1], dtype=int32)", None),
        ("nan", None),
    ],
)
def test_the_floating_dtype_of_a_printout(printed: str, dtype: str | None) -> None:
    """Stated, or double precision where float32 has no number that shows so."""
    printout = sources.printed(source(block(printed)), Path("."))
    assert printout is not None
    assert sources.float_dtype(printout) == dtype
