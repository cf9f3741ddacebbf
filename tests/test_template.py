"""Case files that `harness new` writes: they are well formed, editors find the schema, and arrays come in unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

from harness.canonical.layout import from_canonical
from harness.canonical.reference import evaluate
from harness.canonical.window import Linear, Window
from harness.case import template
from harness.case.read import CaseError, load
from harness.case.schema import json_schema
from harness.grammar.files import FileError
from harness.operations import TABLE


def saved(folder: Path, **arrays: np.ndarray) -> dict[str, str]:
    for role, array in arrays.items():
        np.save(folder / f"my {role}.npy", array)
    return {role: str(folder / f"my {role}.npy") for role in arrays}


@pytest.mark.parametrize("operation", TABLE)
def test_arrays_of_every_operation_become_a_case(tmp_path: Path, operation: str) -> None:
    roles = [role for role, each in TABLE[operation].ROLES.items() if not each.vector and role != "slope"]
    arrays = {role: np.ones((4, 4, 6, 6) if role == "input" else (4, 4, 3, 3), np.float32) for role in roles}
    if operation == "dense":
        arrays["kernel"] = np.ones((5, 144), np.float32)
    arrays["output"] = np.ones((4, 4, 9, 8), np.float32)
    letters = dict.fromkeys(arrays, "NCHW") | {"kernel": "OI" if operation == "dense" else "OIHW"}
    path = tmp_path / "cases" / "mine.yaml"
    template.of_arrays(path, saved(tmp_path, **arrays), {role: letters[role] for role in arrays}, operation=operation)
    document = yaml.safe_load(path.read_text("utf-8"))
    assert document["operation"] == operation
    assert operation != "resize" or document["size"] == [9, 8]


@pytest.mark.parametrize("operation", TABLE)
def test_the_commented_case_runs_and_names_a_schema_that_is_there(tmp_path: Path, operation: str) -> None:
    path = tmp_path / "cases" / "mine.yaml"
    template.start(path, operation)
    (case,) = load(path)
    assert case.operation is TABLE[operation]
    assert case.values("input").shape == (1, 1, 4, 4)
    text = path.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=case.schema.json\n")
    assert json.loads((path.parent / "case.schema.json").read_text("utf-8")) == json_schema()
    jsonschema.validate(yaml.safe_load(text), json_schema())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_of_a_case_that_could_not_be_written_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    arrays = saved(tmp_path, input=np.ones((3, 3)), kernel=np.ones((2, 2)))
    before = sorted(tmp_path.iterdir())

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(template, "load", full)
    with pytest.raises(type(error)):
        template.of_arrays(tmp_path / "mine.yaml", arrays, {"input": "HW", "kernel": "HW"})
    (tmp_path / "case.schema.json").unlink()
    assert sorted(tmp_path.iterdir()) == before


def test_an_array_that_cannot_be_copied_is_told_with_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(template.readers, "bring", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*mine'"):
        template.of_arrays(tmp_path / "mine.yaml", {"input": "x.npy"}, {"input": "HW"})
    assert not list(tmp_path.iterdir())


def test_a_schema_in_a_folder_above_is_used(tmp_path: Path) -> None:
    (tmp_path / "case.schema.json").write_text("{}")
    path = tmp_path / "a" / "b" / "mine.yaml"
    template.start(path)
    assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=../../case.schema.json\n")
    assert not (path.parent / "case.schema.json").exists()


@pytest.mark.parametrize(
    ("stride", "padding", "pairs"),
    [
        (1, "same", ((1, 1), (0, 1))),
        (1, "valid", ((0, 0), (0, 0))),
        (1, "full", ((2, 2), (1, 1))),
        (2, "same", ((1, 1), (0, 1))),
    ],
)
@pytest.mark.parametrize("layouts", ["HWC,HWIO,HWC", "NCHW,OIHW,NCHW"])
def test_arrays_become_a_case_whose_settings_fit_the_sizes(
    tmp_path: Path, layouts: str, stride: int, padding: str, pairs: tuple[tuple[int, int], ...]
) -> None:
    random = np.random.default_rng(0)
    x, w = (random.integers(-9, 9, shape).astype("float32") for shape in ((1, 2, 7, 6), (4, 2, 3, 2)))
    y = evaluate(Linear(x, w, None, Window((stride,) * 2, (1, 1), pairs, (False, False))))
    letters = dict(zip(("input", "kernel", "output"), layouts.split(",")))
    arrays = {"input": x, "kernel": w, "output": np.float32(y)}
    native = {role: from_canonical(array, letters[role], role) for role, array in arrays.items()}
    path = tmp_path / "cases" / "it's: mine.yaml"
    template.of_arrays(path, saved(tmp_path, **native), letters)
    (case,) = load(path)
    np.testing.assert_array_equal(case.values("input"), x)
    np.testing.assert_array_equal(case.values("kernel"), w)
    np.testing.assert_array_equal(case.recorded[0].values, y)
    assert (case.settings["stride"], case.settings["padding"], case.unknown) == ((stride, stride), padding, frozenset())
    assert case.recorded[0].origin == "my output.npy"
    jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), json_schema())


def test_statistics_that_are_given_take_the_place_of_those_that_are_computed(tmp_path: Path) -> None:
    mean, variance, x = np.zeros(3), np.ones(3), np.arange(24.0).reshape(2, 3, 4)
    layouts = {"input": "NCW", "mean": "C", "variance": "C"}
    given = saved(tmp_path, input=x, mean=mean, variance=variance)
    template.of_arrays(tmp_path / "mine.yaml", given, layouts, operation="normalization")
    document = yaml.safe_load((tmp_path / "mine.yaml").read_text("utf-8"))
    assert "over" not in document
    assert document["mean"] == {"file": "mine/mean.npy"}
    assert document["offset"] == [0]


def test_a_scale_along_another_axis_than_the_channels_says_so(tmp_path: Path) -> None:
    given = saved(tmp_path, input=np.ones((2, 4)), scale=np.ones(4))
    template.of_arrays(tmp_path / "mine.yaml", given, {"input": "HW", "scale": "W"}, operation="normalization")
    document = yaml.safe_load((tmp_path / "mine.yaml").read_text("utf-8"))
    assert document["scale"] == {"layout": "W", "file": "mine/scale.npy"}


def test_sizes_that_no_usual_padding_gives_leave_the_settings_unknown(tmp_path: Path) -> None:
    files = saved(tmp_path, input=np.zeros(10), kernel=np.ones(3), output=np.zeros(9))
    template.of_arrays(tmp_path / "mine.yaml", files, dict.fromkeys(files, "W"))
    (case,) = load(tmp_path / "mine.yaml")
    assert {"stride", "padding"} <= case.unknown


def test_without_an_output_nothing_is_recorded(tmp_path: Path) -> None:
    files = saved(tmp_path, input=np.zeros(10), kernel=np.ones(3))
    template.of_arrays(tmp_path / "mine.yaml", files, dict.fromkeys(files, "W"))
    (case,) = load(tmp_path / "mine.yaml")
    assert not case.recorded


@pytest.mark.parametrize(
    ("shapes", "layouts", "message"),
    [
        ({"input": (4, 4), "kernel": (2, 2)}, ("HW", "CN"), "'C' is not an axis of the kernel"),
        ({"input": (4, 4), "kernel": (2, 2)}, ("HWC", "HW"), "names 3 axes"),
        ({"input": (3, 4, 4), "kernel": (2, 2, 2)}, ("CHW", "IHW"), "channels"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_and_nothing_is_left(
    tmp_path: Path, shapes: dict[str, tuple[int, ...]], layouts: tuple[str, str], message: str
) -> None:
    files = saved(tmp_path, **{role: np.zeros(shape) for role, shape in shapes.items()})
    before = set(tmp_path.rglob("*.npy"))
    with pytest.raises(CaseError, match="(?s)" + message + ".*--layout"):
        template.of_arrays(tmp_path / "mine.yaml", files, dict(zip(shapes, layouts)))
    assert set(tmp_path.rglob("*.npy")) == before
    assert not (tmp_path / "mine.yaml").exists()
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("layouts", "told"),
    [
        (("NCHW", "OIHW"), ["kernel (my kernel.npy): the kernel has 3 input channels"]),
        (("HW", "HWI"), ["input (my input.npy): layout 'HW' names 2", "kernel (my kernel.npy): layout 'HWI' names 3"]),
        (("NHQC", "HWIO"), ["input (my input.npy): layout 'NHQC': 'Q' is not an axis"]),
    ],
)
def test_layouts_that_would_fit_are_proposed_and_files_called_as_the_user_does(
    tmp_path: Path, layouts: tuple[str, str], told: list[str]
) -> None:
    files = saved(tmp_path, input=np.ones((2, 9, 8, 3)), kernel=np.ones((3, 3, 3, 5)))
    with pytest.raises(CaseError) as caught:
        template.of_arrays(tmp_path / "mine.yaml", files, dict(zip(files, layouts)))
    lines = str(caught.value).splitlines()
    assert [line[: len(start)] for line, start in zip(lines, told)] == told
    assert lines[len(told)].startswith("try the layout NHWC,HWIO, which fits: input 2 x 9 x 8 x 3 as NHWC, kernel")
    assert "mine.yaml" not in str(caught.value)


def test_an_array_of_several_in_a_file_is_called_by_the_file_and_its_key(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{"in/x": np.ones((3, 4, 4)), "w": np.ones((2, 2, 2))})
    files = {role: f"{tmp_path / 'a.npz'}#{key}" for role, key in (("input", "in/x"), ("kernel", "w"))}
    with pytest.raises(CaseError) as caught:
        template.of_arrays(tmp_path / "mine.yaml", files, {"input": "HW", "kernel": "HW"})
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()[:2]] == [
        "input (a.npz#in/x)",
        "kernel (a.npz#w)",
    ]


def test_names_may_hold_blanks_umlauts_and_number_signs(tmp_path: Path) -> None:
    files = saved(tmp_path, input=np.ones(4), kernel=np.ones(1))
    template.of_arrays(tmp_path / "mein fäll #2.yaml", files, dict.fromkeys(files, "W"))
    assert len(list(load(tmp_path / "mein fäll #2.yaml"))) == 1


def test_numbers_that_are_not_finite_are_said_to_be_meant(tmp_path: Path) -> None:
    files = saved(tmp_path, input=np.array([1, np.nan, 3]), kernel=np.ones(1), output=np.array([1, np.nan, np.inf]))
    template.of_arrays(tmp_path / "mine.yaml", files, dict.fromkeys(files, "W"))
    (case,) = load(tmp_path / "mine.yaml")
    assert case.recorded[0].known.all()
    assert (tmp_path / "mine.yaml").read_text("utf-8").count("nonfinite: true") == 2


def test_nan_in_an_output_is_not_known(tmp_path: Path) -> None:
    files = saved(tmp_path, input=np.ones(3), kernel=np.ones(1), output=np.array([1, np.nan, 1]))
    template.of_arrays(tmp_path / "mine.yaml", files, dict.fromkeys(files, "W"))
    (case,) = load(tmp_path / "mine.yaml")
    assert case.recorded[0].known.tolist() == [[[True, False, True]]]


def test_a_file_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"^x.npy: no such file$"):
        template.of_arrays(tmp_path / "mine.yaml", {"input": str(tmp_path / "x.npy")}, {"input": "W"})
    assert not list(tmp_path.iterdir())


def test_text_is_kept_as_it_stands_and_says_nothing_of_a_dtype(tmp_path: Path) -> None:
    """Its digits are what was printed."""
    files = {role: str(tmp_path / f"{role}.csv") for role in ("input", "kernel", "output")}
    for name, text in zip(files.values(), ("1.50,2,3\n", "1\n", "1.50,2.00,3.00\n")):
        Path(name).write_text(text)
    template.of_arrays(tmp_path / "mine.yaml", files, dict.fromkeys(files, "W"))
    (case,) = load(tmp_path / "mine.yaml")
    assert (case.dtype, case.recorded[0].values.tolist()) == ("float32", [[[1.5, 2, 3]]])
    assert (tmp_path / "mine" / "output.csv").read_text() == "1.50,2.00,3.00\n"


def test_an_array_of_a_file_that_holds_several_is_brought(tmp_path: Path) -> None:
    np.savez(tmp_path / "all.npz", x=np.arange(4.0), w=np.ones(2, np.float32))
    files = {role: f"{tmp_path}/all.npz#{key}" for role, key in (("input", "x"), ("kernel", "w"))}
    template.of_arrays(tmp_path / "mine.yaml", files, dict.fromkeys(files, "W"))
    (case,) = load(tmp_path / "mine.yaml")
    assert case.values("input").ravel().tolist() == [0, 1, 2, 3]
    assert np.load(tmp_path / "mine" / "kernel.npy").dtype == np.float32


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(CaseError, match="exists already"):
        template.of_arrays(tmp_path / "mine.yaml", {}, {})


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    files = {"input": str(tmp_path / "x.npy"), **saved(tmp_path, kernel=np.ones(1))}
    with pytest.raises(FileError, match="x.npy cannot be read: arrays of numbers are taken, not of dtype object"):
        template.of_arrays(tmp_path / "mine.yaml", files, dict.fromkeys(files, "W"))


def test_printed_arrays_keep_their_text_and_their_dtype(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("julia> x\n1×3 Array{Float64,2}:\n 0.1  0.25  1.0\n", encoding="utf-8")
    (tmp_path / "w.txt").write_text("[[2.]]")
    files = {"input": str(tmp_path / "x.txt"), "kernel": str(tmp_path / "w.txt")}
    template.of_arrays(tmp_path / "mine.yaml", files, dict.fromkeys(files, "HW"))
    (case,) = load(tmp_path / "mine.yaml")
    assert (case.dtype, case.values("input").tolist()) == ("float64", [[[[0.1, 0.25, 1]]]])
    np.testing.assert_allclose(case.arrays["input"].half_unit.ravel(), [0.5e-6, 0.5e-6, 0.5e-5])


@pytest.mark.parametrize(("stride", "padding", "size"), [(1, "valid", 9), (2, "valid", 15), (2, "same", 14)])
def test_arrays_of_a_transposed_convolution_become_a_case_whose_settings_fit_the_sizes(
    tmp_path: Path, stride: int, padding: str, size: int
) -> None:
    files = saved(tmp_path, input=np.ones(7), kernel=np.ones(3), output=np.ones(size))
    letters = dict.fromkeys(files, "W")
    template.of_arrays(tmp_path / "mine.yaml", files, letters, operation="transposed_convolution")
    (case,) = load(tmp_path / "mine.yaml")
    assert case.meant().output_shape == case.recorded[0].values.shape
    assert (case.settings["stride"], case.settings["padding"], case.unknown) == ((stride,), padding, frozenset())
