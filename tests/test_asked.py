from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from scipy.signal import correlate2d

from harness.backends import TABLE, Backend
from harness.cli import main
from harness.explanation.asked import Explained, told_once
from harness.explanation.diagnosis import Answer
from harness.judge import fix
from harness.operations.spoken import SYSTEMS
from harness.operations.transforms.arrays import ReverseKernel
from harness.parent.pool import Pool

CASES = Path(__file__).parent.parent / "cases"
APPLE = str(CASES / "seeds" / "apple-data.yaml")
PRINTED = str(CASES / "seeds" / "caffe-printed.yaml")


def test_json_has_the_public_keys(capsys):
    assert main(["explain", APPLE, "--json", "--system", "numpy"]) == 0
    found = json.loads(capsys.readouterr().out)
    knet, tensorflow = found["recordings"]
    assert found["case"].endswith("apple-data.yaml")
    assert {"system", "explanations", "ambiguous", "seconds"} <= set(knet)
    (best,) = knet["explanations"]
    assert {"transforms", "words", "code", "max_abs", "rung", "tied"} <= set(best)
    assert best["transforms"] == [{"id": "reverse_kernel", "axes": [0, 1]}]
    assert set(best["code"]) == {"numpy"}
    assert (best["edits"], knet["own_edits"]) == ({}, {})
    assert knet["ambiguous"] is False
    assert tensorflow["explanations"][0]["transforms"] == []


def test_a_case_whose_kernel_is_not_known_gets_what_follows_all_the_same(capsys):
    assert main(["explain", PRINTED, "--no-code"]) == 0
    said = capsys.readouterr().out
    assert said.count("  none of it can be computed\n") == 2
    assert "  * what differs depends on input column 3 and kernel column 1; what agrees does not\n" in said
    assert main(["explain", PRINTED, "--no-code", "--json"]) == 0
    _, second = json.loads(capsys.readouterr().out)["recordings"]
    assert second["explanations"] == []
    assert any("1 of 2 known elements agree" in remark for remark in second["remarks"])


@pytest.mark.parametrize(("kernel", "blind"), [("[[1, 2], [2, 1]]", True), ("[[1, 2], [3, 9]]", False)])
def test_what_the_data_do_not_show_is_said(tmp_path, kernel, blind, capsys):
    path = tmp_path / "one.yaml"
    path.write_text(
        "title: a symmetric kernel\nmeans: cross-correlation\npadding: valid\n"
        "input: {layout: HW, integers: {shape: [4, 5], seed: 0, low: -9, high: 9}}\n"
        f"kernel: {{layout: HW, values: {kernel}}}\n"
        "recorded: [{system: mine, origin: by hand, layout: HW, values: [[1, 2], [3, 4]]}]\n"
    )
    main(["explain", str(path), "--no-code"])
    assert ("* these data cannot tell what the case means from: kernel rev" in capsys.readouterr().out) is blind
    main(["explain", str(path), "--no-code", "--json"])
    assert bool(json.loads(capsys.readouterr().out)["blind"]) is blind


def test_text_names_the_change_and_shows_no_code_when_told_so(capsys):
    assert main(["explain", APPLE, "--no-code"]) == 0
    said = capsys.readouterr().out
    assert "1. reverse_kernel (printed digits)" in said
    assert "import numpy" not in said


class Watched(Pool):
    """Workers that note what stood on the screen when they were to be started, and who they were."""

    seen: ClassVar[list[tuple[list[str], str]]] = []

    def __enter__(self) -> Pool:
        self.seen.append((list(self.started), self.screen()))
        return super().__enter__()

    screen = staticmethod(str)


@pytest.fixture
def starts(monkeypatch, capsys) -> list[tuple[list[str], str]]:
    """(systems, what stood on the screen) of each start of workers for code."""
    monkeypatch.setattr(Watched, "seen", [])
    monkeypatch.setattr(Watched, "screen", staticmethod(lambda: capsys.readouterr().out))
    monkeypatch.setattr(fix, "Pool", Watched)
    return Watched.seen


def test_what_differs_is_said_before_a_framework_is_started(starts, capsys):
    """All that is known of a case; then NumPy is started for code, as the output is not said to be another's."""
    assert main(["explain", APPLE]) == 0
    ((systems, said),) = starts
    assert systems == ["numpy", *(["tensorflow"] if find_spec("tensorflow") else [])]
    assert "1. reverse_kernel (printed digits)" in said
    assert "no difference (statistical)" in said
    assert "import" not in said
    assert "import numpy as np" in capsys.readouterr().out


def test_nothing_is_started_for_what_does_not_differ_or_is_not_wanted(starts, capsys):
    assert main(["explain", APPLE, "--no-code"]) == 0
    assert main(["explain", PRINTED]) == 0
    assert not starts


@pytest.mark.parametrize(
    ("said", "systems"),
    [
        ("Knet 1.x conv4", ("numpy", "Knet")),
        ("TensorFlow 1.x tf.nn.conv2d", ("numpy", "tensorflow")),
        ("tf.nn.conv2d", ("numpy", "tensorflow")),
        ("my PyTorch port", ("numpy", "torch")),
        ("jax.numpy.convolve", ("numpy", "jax")),
        ("scipy.signal.convolve2d", ("numpy", "scipy")),
    ],
)
def test_code_is_for_numpy_and_the_system_that_the_output_is_said_to_be_of(said, systems):
    assert Explained(said, Answer((), False, 0), ()).systems() == systems


def test_a_system_that_is_asked_for_is_the_only_one_and_all_are_all(starts, monkeypatch, capsys):
    there = {"numpy": TABLE["numpy"], **dict.fromkeys(SYSTEMS[1:], Backend("absent", "none", "no_such_package"))}
    monkeypatch.setattr(fix, "TABLE", there)
    assert main(["explain", APPLE, "--system", "scipy", "--system", "scipy"]) == 0
    assert main(["explain", APPLE, "--system", "all", "--json"]) == 0
    assert [systems for systems, _ in starts] == [[], ["numpy"]]


def test_the_systems_of_the_other_outputs_are_at_hand_too():
    found = Explained("Knet 1.x conv4", Answer((), False, 0), beside=("Knet 1.x conv4", "my PyTorch port"))
    assert found.systems() == ("numpy", "Knet", "torch")


def test_what_is_printed_is_limited_to_the_system_that_is_asked_for(capsys):
    assert main(["explain", APPLE, "--system", "Knet"]) == 0
    said = capsys.readouterr().out
    assert "in Knet, to get what is meant (rewritten from tested code): conv4(w, x; mode=1, padding=1)" in said
    assert "in Knet, to get these numbers (rewritten from tested code): conv4(w, x; mode=0, padding=1)" in said
    assert "using Knet" in said
    assert "numpy" not in said


def test_the_shortest_edit_stands_before_the_program(capsys):
    pytest.importorskip("torch")
    assert main(["explain", APPLE, "--system", "torch"]) == 0
    said = capsys.readouterr().out
    edit = "torch.nn.functional.conv2d(x.permute(2, 0, 1)[None], w.permute(2, 0, 1)[None].flip(2, 3), padding=1)[0, 0]"
    assert f"in torch, to get these numbers (tested, on tensors): {edit}" in said
    assert said.index(edit) < said.index("import torch")
    assert "to get what is meant" not in said


def files(tmp_path: Path, observed: np.ndarray) -> list[str]:
    rng = np.random.default_rng(0)
    arrays = {"input": rng.integers(-9, 9, (5, 6)), "kernel": rng.integers(-9, 9, (3, 3)), "observed": observed}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array.astype(float))
    return [part for name in arrays for part in (f"--{name}", str(tmp_path / f"{name}.npy"))]


def test_files_are_explained_with_settings_that_are_not_known(tmp_path, capsys):
    signal = pytest.importorskip("scipy.signal")
    given = files(tmp_path, np.zeros(()))
    x, w = (np.load(tmp_path / f"{name}.npy") for name in ("input", "kernel"))
    np.save(tmp_path / "observed.npy", signal.convolve2d(x, w, "same")[:, ::2])
    assert main(["explain", *given, "--padding", "same", "--stride", "unknown", "--no-code", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["recordings"]
    best = found["explanations"][0]
    assert best["words"].endswith(" (left open, and found: a stride of 1 x 2)")
    assert [each["id"] for each in best["transforms"]] == ["reverse_kernel"]
    assert best["settings"][0]["stride"] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "explain takes a CASE"),
        (["one", "two"], "explain takes a CASE"),
        (["one", "two.json", "--json"], "--json prints, and takes no file: write `> two.json` for a file"),
        (["--input", "x.npy"], "belong together"),
        ([str(CASES / "conventions" / "bias.yaml")], "no recording to explain"),
        (["--input", "x.csv", "--kernel", "w.npy", "--observed", "y.npy"], "x.csv: no such file"),
        (["--input", "x.npy", "--kernel", "w.npy", "--observed", "y.npy", "--layout", "HW,HW"], "expected 3 layouts"),
        (["--input", "x.npy", "--kernel", "w.npy", "--observed", "y.npy", "--layout", "HW,HW,HW"], "no such file"),
        (["numpy.nonsense", "numpy.convolve", APPLE], "numpy.nonsense: no entry point of the backends"),
        (["Knet.conv4", "numpy.convolve", APPLE], "found 2; known: Knet.conv4(mode=0), Knet.conv4(mode=1)"),
        (["scipy.signal.correlate2d", "scipy.signal.convolve2d", PRINTED], "the case's input is not known in full"),
    ],
)
def test_what_is_wrong_with_a_command_is_told_in_one_line(arguments, message, capsys):
    assert main(["explain", *arguments, "--no-code"]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_one_entry_point_is_explained_in_terms_of_another(capsys):
    pytest.importorskip("scipy")
    pair = ["scipy.signal.convolve2d", "scipy.signal.correlate2d"]
    assert main(["explain", *pair, APPLE, "--no-code", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["recordings"]
    assert found["system"] == "scipy.signal.correlate2d"
    assert [each["id"] for each in found["explanations"][0]["transforms"]] == ["reverse_kernel"]


def test_files_of_another_operation_are_explained_in_its_terms(tmp_path, monkeypatch, capsys):
    """Each input value stamps the kernel backwards, two samples apart."""
    monkeypatch.chdir(tmp_path)
    x, w, y = np.array([1.0, 10.0]), np.array([1.0, 2.0, 4.0]), np.zeros(5)
    for place, value in enumerate(x):
        y[2 * place : 2 * place + 3] += value * w[::-1]
    for name, array in (("x", x), ("w", w), ("y", y)):
        np.save(f"{name}.npy", array)
    files = ["--input", "x.npy", "--kernel", "w.npy", "--observed", "y.npy", "--stride", "2", "--padding", "valid"]
    assert main(["explain", *files, "--operation", "transposed_convolution", "--no-code"]) == 0
    assert "  1. reverse_kernel (exact)" in capsys.readouterr().out
    assert main(["explain", *files, "--operation", "transposed_convolution", "--boundary", "zero"]) == 2
    assert "--boundary is no setting of this operation; leave it out" in capsys.readouterr().err


EVEN = """
title: X does Y
means: cross-correlation
input: {layout: HW, values: [[1, 2, 3], [4, 5, 6], [7, 8, 10]]}
kernel: {layout: HW, values: [[1, 2], [3, 5]]}
padding: same
"""


@pytest.mark.parametrize(
    ("first", "second", "system"),
    [
        ("scipy.ndimage.correlate", "scipy.signal.correlate2d", "scipy"),
        ("scipy.signal.correlate2d", "scipy.ndimage.correlate", "scipy"),
        ("cv2.filter2D", "scipy.signal.correlate2d", "cv2"),
    ],
)
def test_an_output_is_told_in_terms_of_one_that_pads_otherwise_itself(tmp_path, capsys, first, second, system):
    """By the name of a function that `list` shows, though its backend has another."""
    pytest.importorskip(system)
    (tmp_path / "even.yaml").write_text(EVEN)
    assert main(["explain", first, second, str(tmp_path / "even.yaml"), "--json", "--system", "numpy"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["recordings"]
    assert {each["transforms"][0]["id"] for each in found["explanations"]} == {
        "same_centre", "padding_split", "output_mode",
    }  # fmt: skip
    assert len({each["group"] for each in found["explanations"]}) == 1
    assert "numpy" in found["explanations"][0]["code"]


def test_the_systems_are_told_of_which_no_code_held():
    change = (ReverseKernel((0, 1)),)
    found = Explained("mine", Answer((), False, 1), changes=(change,))
    proofs = [fix.Proof(change, "numpy", "y = 1"), fix.Proof(change, "torch", "f(x)", edited=True)]
    assert found.without_code(("numpy", "torch", "Knet"), proofs) == ("torch",)
    assert Explained("mine", Answer((), False, 1)).without_code(("numpy",), []) == ()


def test_it_is_said_where_code_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(fix, "_gives", lambda outcome, attempt: False)
    assert main(["explain", APPLE, "--system", "numpy"]) == 0
    assert "numpy: no code is shown, as no program for it ran and gave these numbers" in capsys.readouterr().out


def test_a_program_is_shown_once_however_many_names_a_change_has(tmp_path, capsys, monkeypatch):
    """A split of `same` at a stride is called by its padding, and by the phase of the stride."""
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-9, 9, shape).astype(np.float32) for shape in ((8, 8), (3, 3)))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, 1), (3, 3))[::2, ::2]
    for name, values in {"x": x, "w": w, "y": np.einsum("HWhw,hw->HW", windows, w)}.items():
        np.save(tmp_path / f"{name}.npy", values)
    monkeypatch.chdir(tmp_path)
    files = ["--input", "x.npy", "--kernel", "w.npy", "--observed", "y.npy", "--layout", "HW,HW,HW"]
    assert main(["explain", *files, "--padding", "same", "--stride", "2", "--system", "numpy"]) == 0
    said = capsys.readouterr().out
    assert "stride_phase (exact)  [another name for the one above]" in said
    assert said.count("import numpy as np") == 1


def test_a_program_under_two_names_is_told_once() -> None:
    rotated = fix.Proof((ReverseKernel((0,)),), "numpy", "# rotated\nw = w[::-1]")
    mirrored = rotated._replace(program="# mirrored\nw = w[::-1]")
    other = rotated._replace(program="# rotated\nw = w[::-1, ::-1]")
    elsewhere = mirrored._replace(system="torch")
    assert list(told_once([rotated, mirrored, other, elsewhere])) == [rotated, other, elsewhere]


@pytest.mark.parametrize("said", [[], ["--padding", "valid", "--stride", "1"]])
def test_the_call_that_gives_an_output_is_shown_where_nothing_differs(tmp_path, capsys, said):
    """Where nothing differs, the code is the answer: how the call is written that gives these numbers."""
    given = files(tmp_path, np.zeros(()))
    x, w = (np.load(tmp_path / f"{name}.npy") for name in ("input", "kernel"))
    np.save(tmp_path / "observed.npy", correlate2d(x, w, "valid"))
    assert main(["explain", *given, *said, "--layout", "HW,HW,HW", "--system", "scipy", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["recordings"]
    (first, *_) = found["explanations"]
    assert (first["transforms"], set(first["code"]), found["own_edits"]) == ([], {"scipy"}, {})
    assert first["edits"] == {"scipy": 'scipy.signal.correlate2d(x, w, "valid")'}
