"""`harness new NAME --paste`: labelled blocks of printed arrays become a case, and stand in it as they were pasted."""

from __future__ import annotations

import io
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

from harness.case import pasted
from harness.case.read import CaseError, load
from harness.case.schema import json_schema
from harness.cli import main

SEED = Path(__file__).parent / "printed" / "seed"
SMALL = "input:\n[[1. 2. 3.]\n [4. 5. 6.]\n [7. 8. 9.]]\n\nkernel:\n  1  2\n  3 -4\n"


def seed(side: str, labels: tuple[str, str, str] = ("input HWC:", "kernel: HWI", "Observed (HW):")) -> str:
    names = [f"{side}-input.txt", f"{side}-kernel.txt", "julia-output.txt"]
    return "\n".join(f"{label}\n{(SEED / name).read_text('utf-8')}" for label, name in zip(labels, names))


def test_a_label_with_more_in_its_line_is_told() -> None:
    with pytest.raises(CaseError, match=r"not so in line 9: output: Knet conv4\(w, x\)$"):
        pasted.write(Path("no.yaml"), f"{SMALL}output: Knet conv4(w, x)\n[[1. 2.]\n [3. 4.]]\n", ())


@pytest.mark.parametrize("side", ["julia", "numpy"])
def test_the_first_question_is_pasted_and_answered(
    side: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(seed(side)))
    assert main(["new", "mine", "--paste"]) == 0
    said = capsys.readouterr().out
    assert "cases/mine.yaml written" in said
    assert "harness explain cases/mine.yaml" in said
    assert main(["explain", "cases/mine.yaml", "--no-code"]) == 0
    assert "  1. reverse_kernel (printed digits)\n" in capsys.readouterr().out
    jsonschema.validate(yaml.safe_load(Path("cases/mine.yaml").read_text("utf-8")), json_schema())


def test_the_text_stands_in_the_case_as_it_was_pasted(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert pasted.write(path, seed("julia"), ()) == ("input", "kernel", "output")
    document = yaml.safe_load(path.read_text("utf-8"))
    for part, name in (
        (document["input"], "julia-input"),
        (document["kernel"], "julia-kernel"),
        (document["recorded"][0], "julia-output"),
    ):
        assert part["values"].rstrip() == (SEED / f"{name}.txt").read_text("utf-8").rstrip()


def test_a_first_line_that_is_indented_keeps_its_blanks(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    pasted.write(path, SMALL + "bias:\n\n   0.5\nOutput:\n   1  2\n  3  4\n", ())
    (case,) = load(path)
    assert case.values("kernel").tolist() == [[[[1, 2], [3, -4]]]]
    assert case.values("bias").tolist() == [0.5]
    assert case.recorded[0].values.tolist() == [[[[1, 2], [3, 4]]]]
    assert case.settings["padding"] == "valid"


@pytest.mark.parametrize(
    ("labels", "layouts"),
    [
        (("input HWC:", "kernel: HWI", "output HW:"), ()),
        (("input:", "kernel:", "output:"), ("HWC", "HWI", "HW")),
        (("input HWC:", "kernel:", "output:"), ("CHW", "HWI", "HW")),
    ],
)
def test_layouts_are_those_of_the_labels_else_of_the_option(
    labels: tuple[str, str, str], layouts: tuple[str, ...], tmp_path: Path
) -> None:
    pasted.write(tmp_path / "mine.yaml", seed("numpy", labels), layouts)
    (case,) = load(tmp_path / "mine.yaml")
    assert [case.arrays[role].layout for role in ("input", "kernel")] == ["HWC", "HWI"]


def test_without_any_layout_the_usual_one_is_taken_and_asked_about(tmp_path: Path) -> None:
    pasted.write(tmp_path / "mine.yaml", SMALL, ())
    assert "  layout: HW    # are these the axes?" in (tmp_path / "mine.yaml").read_text()
    (case,) = load(tmp_path / "mine.yaml")
    np.testing.assert_array_equal(case.values("input")[0, 0], np.arange(1, 10).reshape(3, 3))
    assert not case.recorded


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "standard input: no input and no kernel; expected the line `input:` and an array below it"),
        ("input:\n[1]\n", "standard input: no kernel; expected the line `kernel:`"),
        ("[1]\nkernel:\n[1]\n", "standard input:1: expected a label first, a line `input:`, `kernel:` or `output:`"),
        ("input:\n[1]\ninput:\n[1]\n", "standard input:3: a second label for the input; give one array for each"),
        ("output:\n[1]\nobserved:\n[1]\n", "standard input:3: a second label for the output"),
        ("input:\n[1]\n\nkernel:\n\n[1,\n 2x]\n", "standard input:7:2: kernel: expected a number, found '2x'"),
        ("input:\nkernel:\n[1]\n", "standard input:2:1: input: no numbers here"),
    ],
)
def test_a_fault_says_where_in_the_pasted_text(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        pasted.write(tmp_path / "mine.yaml", text, ())
    assert str(caught.value).startswith(message)
    assert not list(tmp_path.iterdir())


def test_the_order_of_the_axes_that_nobody_says_is_the_likeliest_that_fits(tmp_path: Path) -> None:
    pasted.write(tmp_path / "mine.yaml", seed("julia", ("input:", "kernel:", "output:")), ())
    (case,) = load(tmp_path / "mine.yaml")
    assert [case.arrays[role].layout for role in ("input", "kernel")] == ["HWC", "HWI"]
    assert [each.layout for each in case.recorded] == ["HW"]


def test_arrays_that_do_not_fit_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        pasted.write(tmp_path / "mine.yaml", seed("julia", ("input:", "kernel:", "output:")), ("CHW", "IHW", "HW"))
    assert "nothing was written; the axes were taken to be: input CHW, kernel IHW, output HW" in str(caught.value)
    assert "as `kernel: HWIO`" in str(caught.value)
    assert "try the layout HWC,HWI,HW, which fits" in str(caught.value)
    assert "mine.yaml" not in str(caught.value)
    assert not (tmp_path / "mine.yaml").exists()


@pytest.mark.parametrize("label", ["scale:", "scale: W"])
def test_a_scale_along_the_last_axis_fits_where_one_of_the_channels_does_not(label: str, tmp_path: Path) -> None:
    text = f"input:\n1 2 3\n4 5 7\n{label}\n2 3 4\n"
    pasted.write(tmp_path / "mine.yaml", text, (), "normalization")
    (case,) = load(tmp_path / "mine.yaml")
    assert case.arrays["scale"].layout == "W"


def test_one_layout_is_given_for_each_array(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="--layout HWC,HWI: expected 3 layouts, of input, kernel, output"):
        pasted.write(tmp_path / "mine.yaml", seed("julia", ("input:", "kernel:", "output:")), ("HWC", "HWI"))


@pytest.mark.parametrize("options", [["--observed", "y.npy"], ["--from", "x.npy", "w.npy"]])
def test_files_are_not_taken_beside_it(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "mine", "--paste", *options]) == 2
    assert "--paste reads all arrays from standard input" in capsys.readouterr().err


def test_somebody_at_a_terminal_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", Terminal(SMALL))
    assert main(["new", "mine", "--paste", "--layout", "HW,HW"]) == 0
    said = capsys.readouterr()
    assert "paste each array below a line `input:`" in said.err
    assert "explain" not in said.out


OTHERS = {
    "a byte order mark": "\ufeff" + SMALL,
    "a colon of another width": SMALL.replace(":", "："),
    "Chinese": SMALL.replace("input:", "输入：").replace("kernel:", "卷积核："),
    "fences": SMALL.replace("input:\n", "input:\n```\n").replace("\n\nkernel:\n", "\n```\n\nkernel:\n```text\n")
    + "```\n",
    "a mail": "".join(f"> {line}\n" for line in SMALL.splitlines()),
    "a mail that answers another": "".join(f">> {line}\n" for line in SMALL.splitlines()),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_text_is_pasted_as_it_was_copied(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert pasted.write(path, OTHERS[name], ()) == ("input", "kernel")
    (case,) = load(path)
    np.testing.assert_array_equal(case.arrays["input"].values.squeeze(), np.arange(1, 10).reshape(3, 3))
    np.testing.assert_array_equal(case.arrays["kernel"].values.squeeze(), [[1, 2], [3, -4]])


def test_what_a_program_logs_before_the_first_label_is_no_array(tmp_path: Path) -> None:
    log = "2026-01-01 10:00:00.000000: I tensorflow/core/x.cc:210] 1 of 2 devices\n"
    pasted.write(tmp_path / "mine.yaml", log + SMALL, ())
    pasted.write(tmp_path / "other.yaml", SMALL, ())
    (case,), (other,) = load(tmp_path / "mine.yaml"), load(tmp_path / "other.yaml")
    np.testing.assert_array_equal(case.values("input"), other.values("input"))


def test_a_dictionary_with_several_arrays_is_told_by_their_names(tmp_path: Path) -> None:
    text = "input:\n[[1, 2]]\nkernel:\n{'w': array([[1.5]]), 'b': array([0.5])}\n"
    with pytest.raises(CaseError, match=r"input:4:7: kernel: 2 arrays or numbers here, w, b; give one"):
        pasted.write(tmp_path / "mine.yaml", text, ())
