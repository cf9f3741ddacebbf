"""Programs of the user's own: how they are declared, started and talked to, and what is said where that fails."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import own_program
from harness.case.read import load
from harness.operations.call import Unsupported
from harness.parent.asking import Question
from harness.parent.outcome import Answered, Declined, Outcome, Raised
from harness.parent.pool import Pool
from harness.probing import session
from harness.runner import run
from harness.systems import own_programs, selection
from harness.systems.lower import lower
from tests.fakes import PATIENT

PROGRAM = """
import json, sys
import numpy as np
from harness.backends.own_program import FORMATS
kind, names, settings = sys.argv[1], sys.argv[2:5], sys.argv[5:]
write, read = FORMATS[kind]
x, w = (read(name, "float64") for name in names[:2])
k = w.shape
y = np.array([[(x[i:i + k[0], j:j + k[1]] * w).sum() for j in range(x.shape[1] - k[1] + 1)]
              for i in range(x.shape[0] - k[0] + 1)])
write(names[2], y)
"""
X = np.arange(12.0).reshape(3, 4)
W = np.array([[1.0, 2.0], [3.0, 5.0]])
Y = np.array([[X[i, j] + 2 * X[i, j + 1] + 3 * X[i + 1, j] + 5 * X[i + 1, j + 1] for j in range(3)] for i in range(2)])


def command(script: Path, *more: str) -> str:
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {' '.join(more)}"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "a program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def answer(table: dict[str, Any], x: np.ndarray = X, w: np.ndarray = W, **settings: Any) -> Outcome:
    """What one call of the program of `table` comes to."""
    usual = {"stride": (1, 1), "dilation": (1, 1), "padding": None, "groups": 1, "boundary": "zero"}
    with Pool([own_programs.backend("mine", table)], PATIENT) as pool:
        ((name, entry),) = pool.entry_points()
        pool.submit(name, 0, Question(entry, {"input": x, "kernel": w}, {**usual, **settings}))
        pool.flush()
        return pool.collect()[1]


@pytest.mark.parametrize("files", ["npy", "csv", "raw"])
def test_a_program_answers_through_files(script: Path, files: str) -> None:
    outcome = answer({"command": command(script, files, "{input} {kernel} {output}"), "files": files})
    assert isinstance(outcome, Answered), outcome
    np.testing.assert_array_equal(outcome.array, Y)


@pytest.mark.parametrize(("declared", "answered"), [(["float64"], False), (["float64", "int32"], True)])
def test_text_says_no_dtype_so_that_one_is_asked_for_only_where_it_is_declared(
    script: Path, declared: list[str], answered: bool
) -> None:
    table = {"command": command(script, "csv", "{input} {kernel} {output}"), "files": "csv", "dtypes": declared}
    outcome = answer(table, X.astype("int32"), W.astype("int32"))
    assert isinstance(outcome, Answered if answered else Declined), outcome
    assert not answered or outcome.array.dtype == "int32"


def test_what_a_program_wrote_is_not_made_to_wrap_by_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "fixed.py"
    path.write_text("import sys; open(sys.argv[3], 'w').write('254,0.5\\n')")
    table = {"command": command(path, "{input} {kernel} {output}"), "files": "csv", "dtypes": ["int8"]}
    outcome = answer(table, X.astype("int8"), W.astype("int8"))
    assert isinstance(outcome, Answered), outcome
    assert outcome.array.tolist() == [[254, 0.5]]


def test_settings_are_put_in_as_single_arguments_and_no_shell_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "told.py"
    path.write_text("import sys, numpy as np\nnp.save(sys.argv[3], np.array([len(sys.argv), *map(len, sys.argv[4:])]))")
    line = command(path, "{input} {kernel} {output} {stride} {dilation} '$(touch {padding})'")
    outcome = answer(
        {"command": line, "layout": "W,W,W", "padding": {"same": "a b; touch c"}},
        X[0],
        W[0],
        stride=(2,),
        dilation=(3,),
        padding="a b; touch c",
    )
    assert isinstance(outcome, Answered), outcome
    assert outcome.array.tolist() == [7, 1, 1, len("$(touch a b; touch c)")]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("import sys; sys.exit('no such filter')", "ended with code 1: no such filter"),
        ("pass", "wrote no output file"),
        ("import sys; open(sys.argv[3], 'w').write('rubbish')", "cannot be read as npy"),
        ("import pickle, sys, numpy as np; np.save(sys.argv[3], np.array([{}]), allow_pickle=True)", "cannot be read"),
        ("while True: pass", "gave no answer within 0.5 s"),
        ("while True: print('flood' * 1000)", "gave no answer within 0.5 s"),
        ("import subprocess; subprocess.run(['sleep', '100'])", "gave no answer within 0.5 s"),
        ("import sys; print('flood' * 100000); sys.exit('at last')", "ended with code 1: "),
    ],
)
def test_a_program_that_fails_is_reported_in_words(tmp_path: Path, body: str, message: str) -> None:
    path = tmp_path / "fails.py"
    path.write_text(body, encoding="utf-8")
    outcome = answer(
        {"command": command(path, "{input} {kernel} {output}"), "seconds": 0.5 if "no answer" in message else 600}
    )
    assert isinstance(outcome, Raised)
    assert message in outcome.message


TOLD = """
import sys
import numpy as np
np.save(sys.argv[3], np.load(sys.argv[4]).reshape(1, 1, -1) * int(sys.argv[5]))
"""


def test_a_program_is_told_bias_and_groups_where_it_has_a_place_for_them(tmp_path: Path) -> None:
    (tmp_path / "told.py").write_text(TOLD)
    line = command(tmp_path / "told.py", "{input} {kernel} {output} {bias} {groups}")
    table = {"command": line, "layout": "NCW,OIW,NCW", "bias": True, "groups": "any"}
    usual = {"stride": (1,), "dilation": (1,), "padding": None, "groups": 2, "boundary": "zero"}
    arrays = {"input": np.zeros((1, 2, 3)), "kernel": np.zeros((4, 1, 1))}
    with Pool([own_programs.backend("mine", table)], PATIENT) as pool:
        ((name, entry),) = pool.entry_points()
        assert (entry.takes.bias, entry.takes.groups) == (True, "any")
        pool.submit(name, 0, Question(entry, {**arrays, "bias": np.array([1.0, 2, 3, 4])}, usual))
        pool.submit(name, 1, Question(entry, arrays, usual))
        pool.flush()
        told = dict(pool.collect() for _ in range(2))
    assert told[0].array.ravel().tolist() == [2, 4, 6, 8]
    assert told[1].array.ravel().tolist() == [0, 0, 0, 0]


def test_a_program_that_is_not_there_is_reported(tmp_path: Path) -> None:
    outcome = answer({"command": f"{tmp_path}/nothing {{input}} {{kernel}} {{output}}"})
    assert isinstance(outcome, Raised)
    assert "could not be started" in outcome.message


def test_a_python_function_gets_the_settings_that_it_has_parameters_for(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def conv(x, w, stride=1):\n    return x[::stride, ::stride] * w[0, 0]\n", encoding="utf-8")
    outcome = answer({"python": f"{path}:conv"}, stride=(2, 2))
    assert isinstance(outcome, Answered), outcome
    np.testing.assert_array_equal(outcome.array, X[::2, ::2])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "expected exactly one of command, python; found none of them"),
        ({"command": "a {input} {kernel} {output}", "python": "b:c"}, "expected exactly one of command, python"),
        ({"command": "a {input} {output}"}, "has no {kernel}"),
        ({"command": "a '{input} {kernel} {output}"}, "No closing quotation"),
        ({"python": "module"}, "expected module:function"),
        ({"python": "a:b", "comand": "x"}, "comand: unknown key; the nearest known one is 'command'"),
        ({"python": "a:b", "files": "exe"}, "files: unknown word 'exe'; known are: npy, csv, raw"),
        ({"python": "a:b", "layout": "HW"}, "expected input,kernel,output"),
        ({"python": "a:b", "layout": "HW,W,HW"}, "different numbers of spatial axes"),
        ({"python": "a:b", "layout": "HW,HQ,HW"}, "'Q' is not an axis"),
        ({"python": "a:b", "padding": {"same": ["S", "sideways"]}}, "'sideways' is no padding"),
        ({"python": "a:b", "padding": 3}, 'padding: expected its words, as {valid = "VALID"}, or "numbers", found 3'),
        ({"python": "a:b", "padding": {"valid": 3}}, "padding.valid: expected the program's own word for it, found 3"),
        ({"python": "a:b", "reversal": "yes"}, "reversal: expected true or false, found the text 'yes'"),
        (
            {"python": "a:b", "seconds": "long"},
            "seconds: expected a finite number of at least 0.001, found the text 'long'",
        ),
        ({"python": "a:b", "seconds": True}, "seconds: expected a finite number of at least 0.001, found true"),
        ({"python": "a:b", "seconds": -1}, "seconds: expected a finite number of at least 0.001, found -1"),
        ({"python": "a:b", "seconds": float("nan")}, "seconds: expected a finite number of at least 0.001, found .nan"),
        ({"python": "a:b", "dtypes": []}, "dtypes: expected a list of at least 1, found 0 elements"),
        ({"python": "a:b", "groups": "many"}, "groups: unknown word 'many'"),
        ({"python": "a:b", "bias": "yes"}, "bias: expected true or false, found the text 'yes'"),
        ({"command": "a {input} {kernel} {output}", "bias": True}, "has no {bias}, the place where the program"),
        ({"command": "a {input} {kernel} {output}", "groups": "any"}, "has no {groups}"),
        (
            {"python": "a:b", "dtypes": ["float64", "float99"]},
            "dtypes[1]: unknown word 'float99'; the nearest known one is 'float64'",
        ),
    ],
)
def test_a_declaration_that_cannot_be_used_is_refused_in_words(table: dict[str, Any], message: str) -> None:
    with pytest.raises(own_programs.OwnProgramError, match=r"file\.toml: backends\.mine") as caught:
        own_programs.backend("mine", table, "file.toml: ")
    assert message in str(caught.value)


def test_all_faults_of_a_declaration_are_told_at_once() -> None:
    table = {"python": "a:b", "files": "exe", "seconds": "long", "padding": {"same": ["S", "sideways"]}}
    with pytest.raises(own_programs.OwnProgramError) as caught:
        own_programs.backend("mine", table, "file.toml: ")
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "backends.mine.files",
        "backends.mine.seconds",
        "backends.mine.padding.same",
    ]


@pytest.mark.parametrize("name", ["torch", "my program", "a.b"])
def test_a_name_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(own_programs.OwnProgramError, match="expected a name"):
        own_programs.backend(name, {"python": "a:b"})


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("harness.toml", '[backends.mine]\npython = "a:b"\n'),
        ("pyproject.toml", '[tool.harness.backends.mine]\npython = "a:b"\n'),
    ],
)
def test_project_files_declare_backends(tmp_path: Path, monkeypatch: Any, file: str, text: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert list(own_programs.declared(tmp_path)) == ["mine"]
    monkeypatch.chdir(tmp_path)
    assert selection.backends(["mine"])[0].module == "harness.backends.own_program"
    assert selection.backends([])[-1].name == "mine"


def test_a_project_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    (tmp_path / "harness.toml").write_text("[backends", encoding="utf-8")
    with pytest.raises(own_programs.OwnProgramError, match="not TOML"):
        own_programs.declared(tmp_path)
    (tmp_path / "harness.toml").write_text("backends = 3", encoding="utf-8")
    with pytest.raises(own_programs.OwnProgramError, match="one table for each program"):
        own_programs.declared(tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("harness.toml", '[backend.mine]\npython = "a:b"\n', "unknown key 'backend'; known: backends"),
        (
            "pyproject.toml",
            '[tool.harness.backend.mine]\npython = "a:b"\n',
            "unknown key 'tool.harness.backend'; known: tool.harness.backends",
        ),
    ],
)
def test_a_table_under_another_name_is_refused(tmp_path: Path, file: str, text: str, message: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(own_programs.OwnProgramError, match=re.escape(message)):
        own_programs.declared(tmp_path)


@pytest.mark.parametrize("text", ["", '[project]\nname = "x"\n', "[tool.ruff]\n", "[tool]\nharness = {}\n"])
def test_a_pyproject_without_programs_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert own_programs.declared(tmp_path) == {}


def test_without_a_project_file_there_are_no_programs(tmp_path: Path) -> None:
    assert own_programs.declared(tmp_path) == {}


def test_a_program_takes_part_in_a_run(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(
        "title: mine\noperation: convolution\nmeans: convolution\npadding: valid\n"
        "input: {layout: HW, dtype: float64, integers: {shape: [5, 6], seed: 1, low: -9, high: 9}}\n"
        "kernel: {layout: HW, integers: {shape: [2, 3], seed: 2, low: -9, high: 9}}\n",
        encoding="utf-8",
    )
    backend = own_programs.backend("mine", {"command": command(script, "npy", "{input} {kernel} {output}")})
    with Pool([backend]) as pool:
        (report,) = run(load(path), pool, pool.entry_points())
    written, normalized = report.results
    assert (written.verdict, written.transforms) == ("convention", ("reverse_kernel",))
    assert (normalized.verdict, normalized.rung) == ("agrees", "exact")


def test_a_case_with_channels_is_declined_for_a_program_without(script: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(
        "title: mine\noperation: convolution\nmeans: convolution\npadding: valid\n"
        "input: {layout: CHW, dtype: float64, integers: {shape: [2, 5, 6], seed: 1, low: -9, high: 9}}\n"
        "kernel: {layout: IHW, integers: {shape: [2, 2, 3], seed: 2, low: -9, high: 9}}\n",
        encoding="utf-8",
    )
    with Pool([own_programs.backend("mine", {"command": command(script, "npy", "{input} {kernel} {output}")})]) as pool:
        (report,) = run(load(path), pool, pool.entry_points())
    assert {result.verdict for result in report.results} == {"declined"}
    assert "leaves out C, whose length is 2" in report.results[0].reason


def test_a_declared_function_with_groups_and_a_bias_is_probed_beside_others(tmp_path: Path, monkeypatch: Any) -> None:
    """It needs its bias, which probes do not give."""
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "def conv(x, w, b, stride, groups):\n"
        "    view = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (1, 2))[:, ::stride, ::stride]\n"
        "    parts = zip(np.split(view, groups), np.split(w, groups))\n"
        "    y = np.concatenate([np.einsum('cijab,ocab->oij', *part) for part in parts])\n"
        "    return y + b[:, None, None]\n"
    )
    declared = {"python": "mine.py:conv", "layout": "CHW,OIHW,CHW", "dtypes": ["float32"]}
    monkeypatch.chdir(tmp_path)
    Path("harness.toml").write_text(
        "[backends.mine]\n" + "\n".join(f"{key} = {value!r}" for key, value in declared.items())
    )
    (card,) = session.cards(session.backends(["mine"], []), ["mine"], [])
    assert card.conventions["groups"] == "one after another"
    assert not card.differences
    assert card.alike[-1].startswith("equals `torch.nn.functional.conv2d`; to match `theano")


def test_a_dtype_that_a_program_does_not_declare_is_told_with_what_to_do(tmp_path, monkeypatch):
    """A case of float32 says nothing of its dtype; a program that declares none computes in float64."""
    monkeypatch.chdir(tmp_path)
    about = own_programs.about("mine", "W,W,W", ())
    entry = own_program.entry(about, lambda x, w: np.convolve(x, w[::-1], "valid"))
    Path("x.yaml").write_text(
        "title: t\nmeans: cross-correlation\npadding: valid\n"
        "input: {layout: W, values: [1, 2, 3]}\nkernel: {layout: W, values: [1, 2]}\n"
    )
    with pytest.raises(
        Unsupported, match="mine does not take float32, but float64: say so as the `dtype` of the input, or"
    ):
        lower(next(load("x.yaml")), entry, "as_written")
