"""The command line as its users see it: exit codes, messages, files."""

from __future__ import annotations

import gc
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness import backends, cli, completion, started
from harness.backends import Backend
from harness.commands import check_cases, listing
from harness.options import command_line
from harness.parent import environments
from harness.report import results
from harness.systems import selection
from tests.fakes import honest
from tests.pieces import whole

CASE = """
title: integers
means: cross-correlation
padding: same
input: {layout: HW, integers: {shape: [5, 6], seed: 1, low: -9, high: 9}}
kernel: {layout: HW, integers: {shape: [3, 2], seed: 2, low: -9, high: 9}}
"""
OPEN = "title: t\nmeans: convolution\ninput: {layout: W, values: [1, null]}\nkernel: {layout: W, values: [1]}\n"
"""All entry points decline it: what is not known cannot be called."""
HONEST = Backend("honest", "tests.fakes.honest", "numpy")
FLIPPED = Backend("flipped", "tests.fakes.flipped", "numpy")
LYING = Backend("lying", "tests.fakes.lying", "numpy")
HELLO = {"hello": 2, "backend": "lacking", "version": "0.9", "environment": {}}
WHY = "answers no plain call as expected; it raised mode=3 is not supported"
LEFT_OUT = {**HELLO, "entry_points": [honest.ENTRY_POINTS[0].as_json()], "left_out": {"fake.pool(mode=3)": WHY}}
LACKING = Backend(
    "lacking",
    "tests.fakes.honest",
    instead=(sys.executable, "-m", "tests.fakes.odd_hello", json.dumps(LEFT_OUT), "its system"),
)
"""What it has in other versions it left out when it started."""
ABSENT = Backend("absent", "tests.fakes.declining", "no_such_package", "extra")


@pytest.fixture
def table(monkeypatch, tmp_path):
    """A table of fakes in place of the frameworks, and an empty folder to work in."""
    monkeypatch.setattr(started, "TABLE", backends.TABLE)  # NumPy runs the code of fixes
    monkeypatch.setattr(backends, "TABLE", {each.name: each for each in (HONEST, FLIPPED, ABSENT)})
    for module in (listing, selection):
        monkeypatch.setattr(module, "TABLE", backends.TABLE)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.yaml").write_text(CASE)
    return backends.TABLE


def test_run_writes_the_reports_and_is_content(table, capsys):
    assert cli.main(["run", "case.yaml", "--json", "out.json"]) == 0
    said = capsys.readouterr()
    assert "1 case, 4 results on honest 1.0, flipped 1.0" in said.out
    assert "not available: absent: no_such_package is not installed" in said.out
    document = json.loads(Path("out.json").read_text())
    assert document["classes"] == {
        "case.yaml": {
            "as_written": [["fake.honest"], ["fake.flipped"]],
            "normalized": [["fake.honest", "fake.flipped"]],
        }
    }
    assert "fake.honest" in whole(Path("reports/comparison.md"))
    assert "no output" not in said.out


def test_a_case_that_every_entry_point_declines_is_told(table, capsys):
    Path("open.yaml").write_text(OPEN)
    assert cli.main(["run", "open.yaml", "case.yaml"]) == 0
    told = "no output: every entry point declined 1 of the cases, as open.yaml: the case's input is not known in full"
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            "--backend honest",
            "honest was asked for and answered none of 2 calls; most often declined: the case's input",
        ),
        ("--entry *.flipped", "*.flipped was asked for and answered none of 2 calls; most often declined: the case's"),
        ("--backend honest --backend flipped --entry *.honest", "flipped was asked for and was called in no case"),
    ],
)
def test_who_was_asked_for_and_answers_nothing_is_not_as_expected(table, capsys, arguments, told):
    Path("open.yaml").write_text(OPEN)
    assert cli.main(["run", "open.yaml", *arguments.split(), "--json", "out.json"]) == 1
    said = capsys.readouterr()
    assert f"NOT AS EXPECTED  {told}" in said.err
    assert "everything came out as expected" not in said.out
    assert cli.main(["report", "out.json", "--out", "again"]) == 0
    assert told.replace("*", "\\*") in Path("again/comparison.md").read_text()


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ('command = "false {input} {kernel} {output}"', "mine was asked for and answered none of 2 calls; most often"),
        ('python = "no_such_module:conv"', "mine was asked for and is not available: ModuleNotFoundError"),
    ],
)
def test_an_own_program_is_asked_for_by_being_declared(table, capsys, way, told):
    Path("harness.toml").write_text(f"[backends.mine]\n{way}\n")
    assert cli.main(["run", "case.yaml"]) == 1
    assert f"NOT AS EXPECTED  {told}" in capsys.readouterr().err
    assert cli.main(["run", "case.yaml", "--backend", "honest"]) == 0


def test_arrays_that_the_memory_does_not_hold_are_told_in_one_line(table, monkeypatch, capsys):
    def cases_of(files):
        return np.empty(1 << 62, np.uint8)

    monkeypatch.setattr(check_cases, "cases_of", cases_of)
    assert cli.main(["check", "case.yaml"]) == 2
    said = capsys.readouterr().err
    assert re.fullmatch(r"harness: there is not enough memory: Unable to allocate .*; make them smaller\n", said)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e9", "long"])
@pytest.mark.parametrize(
    "command",
    ["run case.yaml --time-limit", "run case.yaml --memory-limit", "probe --time-limit", "diff a.json b.json --slower"],
)
def test_a_limit_that_is_none_is_refused(table, capsys, command, value):
    with pytest.raises(SystemExit) as ended:
        cli.main(f"{command}={value}".split())
    assert ended.value.code == 2
    assert f"expected a number above 0 and up to 1e+06, found {value}" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_ends_the_command_without_a_word(tmp_path):
    command = f"{shlex.quote(sys.executable)} -m harness completion bash | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=Path(cli.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_not_as_expected_is_exit_code_1(table, capsys):
    table["lying"] = LYING
    assert cli.main(["run", "case.yaml"]) == 1
    assert "NOT AS EXPECTED  case.yaml: normalized: fake.lying" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nowhere.yaml"], "nowhere.yaml: no such file; expected a case file (.yaml) or a folder of them"),
        (["run", "typo.yaml"], "typo.yaml:2:1: "),
        (["check", "typo.yaml"], "typo.yaml:2:1: "),
        (["run", "case.yaml", "--backend", "honst"], "nearest is honest"),
        (["run", "case.yaml", "--entry", "fake.onest"], "nearest is fake.honest"),
        (["run", "empty"], "empty: no case file"),
        (["report", "case.yaml"], "case.yaml"),
        (["report", "nowhere.json"], "nowhere.json"),
        (["run", "names.yaml"], "fake.hones is no entry point; nearest is fake.honest"),
    ],
)
def test_a_wrong_command_or_case_is_exit_code_2_and_one_message(table, capsys, arguments, message):
    Path("typo.yaml").write_text(CASE.replace("title", "titel"))
    Path("names.yaml").write_text(CASE + "expect: {as_written: [[fake.hones]]}\n")
    Path("empty").mkdir()
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("harness: ") == 1
    assert message in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("install nope", "nope: there is no such backend"),
        ("probe nosuch", "nosuch: no entry point"),
        ("probe honest", "honest is a backend; for all of its entry points: harness probe --backend honest"),
        ("probe fake.onest", "fake.onest: no entry point of the backends that run matches; nearest is fake.honest"),
        ("probe fake.onest --backend honest", "fake.onest: no entry point"),
        ("explain nosuch.conv fake.honest case.yaml", "nosuch.conv: no entry point of the backends that run matches"),
    ],
)
def test_messages_name_no_option_that_the_user_did_not_write(table, capsys, arguments, message):
    assert cli.main(arguments.split()) == 2
    assert capsys.readouterr().err.startswith(f"harness: {message}")


def test_a_missing_backend_that_was_asked_for_is_exit_code_3(table, capsys):
    assert cli.main(["run", "case.yaml", "--backend", "absent"]) == 3
    assert "pip install 'framework-agreement[extra]'" in capsys.readouterr().err


def test_only_the_backends_and_entry_points_asked_for_are_run(table, capsys):
    assert cli.main(["run", "case.yaml", "--backend", "honest", "--json", "out.json"]) == 0
    assert {each["backend"] for each in json.loads(Path("out.json").read_text())["results"]} == {"honest"}
    assert cli.main(["run", "case.yaml", "--entry", "*flip*", "--json", "out.json", "--jobs", "1"]) == 0
    assert {each["backend"] for each in json.loads(Path("out.json").read_text())["results"]} == {"flipped"}


def test_a_saved_run_is_reported_again(table):
    assert cli.main(["run", "case.yaml", "--json", "out.json"]) == 0
    assert cli.main(["report", "out.json", "--out", "again"]) == 0
    assert whole(Path("again/comparison.md")) == whole(Path("reports/comparison.md"))


def test_cards_are_measured_once_and_kept_with_the_results(table):
    assert cli.main(["run", "case.yaml", "--cards", "--entry", "fake.flipped", "--json", "out.json"]) == 0
    assert [card["entry_point"] for card in json.loads(Path("out.json").read_text())["cards"]] == ["fake.flipped"]
    assert "| `fake.flipped` | convolution | NCDHW, OIDHW, NCDHW |" in whole(Path("reports/comparison.md"))
    assert cli.main(["report", "out.json", "--out", "again"]) == 0
    for name in ("comparison.md", "comparison.html"):
        assert Path("again", name).read_bytes() == Path("reports", name).read_bytes()


def test_list_shows_programs_of_the_user_and_what_they_are(table, capsys):
    Path("harness.toml").write_text(
        """
        [backends.mine]
        command = "java Conv {input} {kernel} {output}"
        [backends.gone]
        python = "no_such_module:conv"
        """
    )
    assert cli.main(["list"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"mine own \(.*\), your own program: java Conv {input} {kernel} {output}\n    mine  2-D\n", said)
    assert "gone, your own program: no_such_module:conv: not available: ModuleNotFoundError" in said


def test_list_names_what_is_there_and_what_is_missing(table, capsys):
    assert cli.main(["list"]) == 0
    said = capsys.readouterr().out
    assert "honest 1.0" in said
    assert "    fake.honest  1-D, 2-D, 3-D" in said
    assert "absent: not available: no_such_package is not installed" in said


def test_list_names_what_a_worker_left_out_and_why(table, capsys):
    table["lacking"] = LACKING
    assert cli.main(["list"]) == 0
    said = capsys.readouterr().out
    assert f"lacking 0.9 ()\n    fake.honest  1-D, 2-D, 3-D\n    fake.pool(mode=3): not available: {WHY}\n" in said


@pytest.mark.parametrize("entry", ["fake.pool(mode=3)", "fake.pool"])
@pytest.mark.parametrize("command", [("run", "case.yaml", "--entry"), ("probe",)])
def test_an_entry_point_that_a_worker_left_out_is_missing_and_it_is_said_why(table, capsys, command, entry):
    table["lacking"] = LACKING
    assert cli.main([*command, entry, "--backend", "lacking"]) == 3
    assert f"{entry}: fake.pool(mode=3) is not available: {WHY}" in capsys.readouterr().err


def test_new_writes_a_case_that_runs_and_overwrites_nothing(table, capsys):
    assert cli.main(["new", "mine"]) == 0
    assert cli.main(["run", "cases/mine.yaml"]) == 0
    assert cli.main(["new", "mine"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_check_says_what_the_data_cannot_see(table, capsys):
    Path("blind.yaml").write_text(
        CASE.replace("integers: {shape: [3, 2], seed: 2, low: -9, high: 9}", "values: [[1, 1], [1, 1]]")
    )
    assert cli.main(["check", "blind.yaml", "case.yaml"]) == 0
    said = capsys.readouterr().out
    assert "blind.yaml: the data cannot tell" in said
    assert "kernel reversed along H W" in said
    assert "2 cases are well formed" in said


def test_check_prints_data_that_see_more(table, capsys):
    kernel = "kernel: {layout: HW, values: [[1, 1], [1, 1]]}"
    text = re.sub(r"kernel: .*", kernel, CASE)
    Path("blind.yaml").write_text(text)
    assert cli.main(["check", "--strengthen", "blind.yaml"]) == 0
    said = capsys.readouterr().out
    stronger = re.search(r"kernel:\n  layout: HW\n  integers: .*\n", said)
    assert stronger
    Path("stronger.yaml").write_text(text.replace(kernel, stronger[0]))
    assert cli.main(["check", "--strengthen", "stronger.yaml"]) == 0
    assert "cannot tell" not in capsys.readouterr().out


def test_run_writes_a_page_and_on_request_junit_and_a_summary(table, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert cli.main(["run", "case.yaml", "--junit", "out.xml"]) == 0
    assert "fake.honest" in Path("reports/comparison.html").read_text("utf-8")
    assert 'classname="case.yaml" name="fake.honest as_written"' in Path("out.xml").read_text("utf-8")
    assert "1 case, 4 results: all as expected" in Path("summary.md").read_text("utf-8")


def test_new_makes_a_case_of_arrays_that_can_be_explained(table, capsys):
    x, w = np.arange(30.0).reshape(5, 6) % 7, np.array([[1.0, 2], [3, 5]])
    np.save("x.npy", x)
    np.save("w.npy", w)
    np.save("y.npy", [[(x[i : i + 2, j : j + 2] * w[::-1, ::-1]).sum() for j in range(5)] for i in range(4)])
    assert cli.main(["new", "mine", "--from-npy", "x.npy", "w.npy", "--observed", "y.npy"]) == 0
    assert "harness explain cases/mine.yaml" in capsys.readouterr().out
    assert cli.main(["explain", "cases/mine.yaml", "--no-code"]) == 0
    assert "reverse_kernel" in capsys.readouterr().out


NORMALIZED = "explain --operation normalization --input x.npy --observed y.npy --no-code"
ACTIVATED = "explain --operation activation --input x.npy --observed y.npy --no-code"


@pytest.fixture
def layer(tmp_path, monkeypatch):
    """Parameters of a trained layer as files, and what an epsilon of 1e-3, or slopes below zero, make of an input."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(4)
    x = random.normal(size=(2, 3, 4, 5))
    arrays = {name: random.uniform(0.5, 2, 3) for name in ("mean", "variance", "scale", "offset", "slope")}
    mean, variance, scale, offset, slope = (each.reshape(3, 1, 1) for each in arrays.values())
    for name, array in {"x": x, **arrays}.items():
        np.save(f"{name}.npy", array)
    return {
        "normalized": (x - mean) / np.sqrt(variance + 1e-3) * scale + offset,
        "slopes": np.where(x > 0, x, slope * x),
        "one slope": np.where(x > 0, x, 0.25 * x),
    }


@pytest.mark.parametrize(
    ("made", "command", "found"),
    [
        (
            "normalized",
            f"{NORMALIZED} --mean mean.npy --variance variance.npy --scale scale.npy --offset offset.npy",
            "set epsilon to 1e-05; the system set it to 0.001",
        ),
        ("slopes", f"{ACTIVATED} --function prelu --slope slope.npy", "no difference"),
        ("one slope", f"{ACTIVATED} --function leaky_relu --slope 0.1", "set the slope to 0.1; the system set it to"),
    ],
)
def test_explain_takes_the_parameters_of_a_layer_as_files(layer, made, command, found, capsys):
    np.save("y.npy", layer[made])
    assert cli.main(command.split()) == 0
    assert found in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (f"{NORMALIZED} --slope slope.npy", "--slope is no setting of this operation"),
        (f"{ACTIVATED} --mean mean.npy", "--mean: this operation has none; leave it out"),
        ("new mine --from x.npy x.npy --mean mean.npy", "--mean: convolution has none; leave it out"),
        (f"{NORMALIZED} --mean nowhere.npy", "nowhere.npy: no such file"),
    ],
)
def test_parameters_that_a_layer_has_not_are_refused(layer, command, message, capsys):
    np.save("y.npy", layer["normalized"])
    assert cli.main(command.split()) == 2
    assert message in capsys.readouterr().err


def test_new_takes_the_parameters_of_a_layer(layer, capsys):
    np.save("y.npy", layer["normalized"])
    files = "--mean mean.npy --variance variance.npy --scale scale.npy --offset offset.npy --observed y.npy"
    assert cli.main(f"new mine --operation normalization --from x.npy {files}".split()) == 0
    assert cli.main(["explain", "cases/mine.yaml", "--no-code"]) == 0
    assert "the system set it to 0.001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "path"),
    [("a.b", "cases/a.b.yaml"), ("a.yaml", "cases/a.yaml"), ("a.yml", "cases/a.yaml"), ("b/a #1", "b/a #1.yaml")],
)
def test_new_writes_the_file_of_the_name(table, name, path):
    assert cli.main(["new", name]) == 0
    assert Path(path).is_file()


@pytest.mark.parametrize("name", ["", "..", "a/..", ".yaml"])
def test_what_is_no_name_of_a_case_is_refused(table, capsys, name):
    assert cli.main(["new", name]) == 2
    assert "is no name for a case; expected, say, my-layer" in capsys.readouterr().err


def test_the_results_hold_code_that_gives_what_was_recorded(table):
    x, w, y = [[1.0, 2, 3], [4, 5, 6], [7, 8, 1]], [[1.0, 2], [3, 5]], [[24.0, 35], [57, 60]]
    recorded = f"recorded: [{{system: mine, origin: here, layout: HW, values: {y}}}]"
    arrays = f"input: {{layout: HW, values: {x}}}\nkernel: {{layout: HW, values: {w}}}\n"
    Path("mine.yaml").write_text(f"title: mine\nmeans: cross-correlation\n{arrays}{recorded}\n")
    assert cli.main(["run", "mine.yaml", "--json", "out.json"]) == 0
    (found,) = (each for each in json.loads(Path("out.json").read_text())["results"] if each["mode"] == "recorded")
    assert found["transforms"] == ["reverse_kernel"]
    names = {"x": np.array(x), "w": np.array(w)}
    exec(found["explanations"][0]["code"]["numpy"], names)
    np.testing.assert_array_equal(names["y"], y)
    assert "np.flip(w" in Path("reports/comparison.html").read_text("utf-8")


def test_the_results_hold_code_that_gives_what_a_call_gave_and_say_nothing_of_who_ran_it(table, capsys):
    assert cli.main(["run", "case.yaml", "--backend", "flipped", "--json", "out.json"]) == 0
    document = json.loads(Path("out.json").read_text())
    written = next(each for each in document["results"] if each["mode"] == "as_written")
    assert list(written["explanations"][0]["code"]) == ["numpy"]
    assert list(document["environment"]["backends"]) == ["flipped"]
    assert {each["backend"] for each in document["entry_points"]} == {"flipped"}
    assert "2 results on flipped 1.0\n" in capsys.readouterr().out
    assert "np.einsum" in whole(Path("reports/comparison.md"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--observed", "y.npy"], "belong to --from INPUT KERNEL"),
        (["--from-npy", "x.npy", "x.npy", "--layout", "HW"], "expected 2 layouts"),
        (["--from-npy", "x.npy", "nowhere.npy"], "nowhere.npy"),
        (["--from", "x.npy", "w.csv"], "w.csv: give the axes of all arrays with --layout"),
        (["--from", "x.npy", "w.pb"], "w.pb: it is not read: a TensorFlow graph; load it in TensorFlow"),
        (["--from-npy", "x.npy", "deep.npy"], "expected an array of 1 to 5 axes, found 6"),
    ],
)
def test_new_says_what_is_wrong_with_arrays_and_writes_nothing(table, capsys, arguments, message):
    np.save("x.npy", np.zeros((3, 3)))
    np.save("deep.npy", np.zeros((1,) * 6))
    Path("w.csv").write_text("1,2\n")
    assert cli.main(["new", "mine", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not Path("cases/mine.yaml").exists()


COMMANDS = list(completion.commands(command_line.parser()))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, capsys):
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    examples = capsys.readouterr().out.split("examples:\n")[1].splitlines()
    assert examples
    assert all(f"harness {command}" in line for line in examples)


def test_examples_in_the_help_are_commands_that_are_taken(capsys):
    """Each is parsed as a shell would hand it over; none is run."""
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        for line in capsys.readouterr().out.split("examples:\n")[1].splitlines():
            words = shlex.split(re.sub(r'^eval "\$\((.*)\)"|\| source', r"\1", line.strip()), comments=True)
            assert words[0] == "harness"
            assert command_line.parser().parse_args(words[1:]).command


def test_without_any_case_it_is_said_how_to_write_one(table, capsys):
    assert cli.main(["run"]) == 2
    told = "no folder 'cases' here; name a case file, write a case (harness new NAME), or take those that come with"
    assert f"{told} the harness: shipped" in capsys.readouterr().err


HANGS = """
import signal, sys
told = open({told!r}, "w")  # held, so that who reads sees the end where this ends before a worker is at it
from harness import backends, cli, completion
from tests.fakes import FAKES
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
numpy = backends.TABLE["numpy"]  # runs the code of fixes
backends.TABLE.clear()
backends.TABLE.update(numpy=numpy, hanging=FAKES["hanging"])
sys.exit(cli.main(["run", {cases!r}, "--out", {out!r}, "--json", {json!r}, "--junit", {junit!r}]))
"""


def interrupted(folder: Path, number: int) -> tuple[int, str, list[int]]:
    """A run of the cases in `folder` that a signal ended when a call hung: exit code, standard error, the workers."""
    fifo = folder / "told"
    os.mkfifo(fifo)
    files = {"told": fifo, "out": folder / "reports", "json": folder / "out.json", "junit": folder / "out.xml"}
    script = HANGS.format(cases=str(folder), **{name: str(path) for name, path in files.items()})
    run = subprocess.Popen(
        [sys.executable, "-c", script],
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "HANGING": str(fifo)},
    )
    with fifo.open() as told:
        at_it = int(told.readline())
    workers = children(run.pid)
    assert at_it in workers
    run.send_signal(number)
    _, said = run.communicate(timeout=600)
    return run.returncode, said, workers


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes under /proc")
@pytest.mark.usefixtures("heeded")
def test_ctrl_c_leaves_no_process_behind(tmp_path):
    """A run whose worker hangs is interrupted once the worker is at it."""
    (tmp_path / "case.yaml").write_text(CASE)
    code, said, workers = interrupted(tmp_path, signal.SIGINT)
    assert (code, said) == (130, "harness: interrupted; no worker is left running\n")
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert not [path for path in tmp_path.iterdir() if path.name not in ("case.yaml", "told")]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes under /proc")
@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_writes_what_it_has_and_says_so(tmp_path, number):
    """Of three cases, the one in the middle hangs."""
    for name, text in (("a.yaml", OPEN), ("b.yaml", CASE), ("c.yaml", OPEN)):
        (tmp_path / name).write_text(text)
    code, said, workers = interrupted(tmp_path, number)
    told = f"{number.name} ended the run after 2 of 3 cases; the others are not in the reports"
    assert (code, said) == (128 + number, f"NOT AS EXPECTED  {told}\n")
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    document = results.load(tmp_path / "out.json")
    assert [Path(case["id"]).name for case in document["cases"]] == ["a.yaml", "c.yaml"]
    assert document["failures"] == [told]
    for name in ("out.xml", "reports/comparison.md", "reports/comparison.html"):
        assert told in (tmp_path / name).read_text("utf-8")
    assert "1 not as expected" in (tmp_path / "reports/comparison.md").read_text("utf-8")


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]


@pytest.fixture
def installable(table, monkeypatch, tmp_path):
    """A backend with an environment of its own, which pip leaves a Python in; `broken` cannot be made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    table["own"] = Backend("own", "harness.backends.numpy", requirements=("own{version}",), pinned="==1.0")
    table["broken"] = Backend("broken", "harness.backends.numpy", requirements=("broken{version}",))

    def install(folder, environment):
        if environment.name.startswith("broken"):
            raise environments.NotMade("`uv pip install` failed with exit code 1:\n    no such package")
        (folder / "bin").mkdir()
        (folder / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (folder / "bin" / "python").chmod(0o755)
        return []

    monkeypatch.setattr(environments, "_pip_install", install)
    return table


def test_install_makes_an_environment_list_shows_it_and_clean_removes_it(installable, capsys):
    assert cli.main(["run", "case.yaml", "--backend", "own"]) == 3
    assert "harness install 'own'" in capsys.readouterr().err
    assert cli.main(["install", "own", "own==2.0"]) == 0
    told = ["own: own==1.0", "own: ready", "own==2.0: own==2.0", "own==2.0: ready"]
    assert capsys.readouterr().out.splitlines() == told
    assert cli.main(["list"]) == 0
    said = capsys.readouterr().out
    assert "own " in said
    assert "environment of own==2.0: " in said
    assert cli.main(["clean", "own==2.0"]) == 0
    assert cli.main(["clean"]) == 0
    assert capsys.readouterr().out == "own==2.0: removed\nown: removed\n"


def test_an_environment_that_cannot_be_made_is_told_and_the_others_are_made(installable, capsys):
    assert cli.main(["install", "broken", "own"]) == 3
    said = capsys.readouterr().out
    assert "broken: not available: `uv pip install` failed with exit code 1:\n    no such package" in said
    assert "own: ready" in said


def test_install_of_what_is_there_does_nothing_and_of_what_cannot_be_had_says_so(installable, capsys):
    assert cli.main(["install", "honest"]) == 0
    assert capsys.readouterr().out == "honest: ready\n"
    assert cli.main(["install", "absent"]) == 3
    assert "no_such_package is not installed" in capsys.readouterr().out


def test_an_environment_that_does_not_start_is_told_with_the_remedy(installable, capsys):
    assert cli.main(["install", "own"]) == 0
    program = installable["own"].environment.interpreter
    program.write_text("#!/bin/sh\nexit 7\n")
    capsys.readouterr()
    assert cli.main(["install", "own"]) == 3
    said = capsys.readouterr().out
    assert "exited with code 7" in said
    assert "run: harness clean 'own'; then install it again" in said
    assert cli.main(["clean", "own", "onw"]) == 0
    assert capsys.readouterr().out == "own: removed\nonw: has no environment here\n"
    assert cli.main(["install", "own"]) == 0


def test_two_versions_stand_side_by_side_in_the_results(installable, capsys):
    cli.main(["install", "own==2.0"])
    Path("line.yaml").write_text(CASE.replace("HW", "W").replace("[5, 6]", "[6]").replace("[3, 2]", "[3]"))
    cli.main(["install", "own"])
    assert cli.main(["run", "line.yaml", "--backend", "own", "--backend", "own==2.0", "--json", "out.json"]) == 0
    document = json.loads(Path("out.json").read_text())
    assert list(document["environment"]["backends"]) == ["own", "own==2.0"]
    assert document["classes"]["line.yaml"]["as_written"] == [
        ["numpy.convolve", "numpy.convolve @ own==2.0"],
        ["numpy.correlate", "numpy.correlate @ own==2.0"],
    ]
    assert "numpy.correlate @ own==2.0" in whole(Path("reports/comparison.md"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("expln", "argument COMMAND: invalid choice: 'expln'"),
        ("explain --operaton pooling", "explain: error: unrecognized arguments: --operaton"),
        ("explain --operation pooling --strids 2", "unrecognized arguments: --strids"),
        ("explain --operation poling", "argument --operation: invalid choice: 'poling'"),
        ("hunt --operation dens", "argument --operation: invalid choice: 'dens'"),
        ("run --backnd=torch", "unrecognized arguments: --backnd=torch"),
    ],
)
def test_a_mistyped_word_gets_the_nearest_known_one_in_one_line(line, said, capsys):
    near = {"expln": "explain", "--operaton": "--operation", "--strids": "--stride", "poling": "pooling"}
    near |= {"dens": "dense", "--backnd=torch": "--backend"}
    with pytest.raises(SystemExit) as end:
        cli.main(line.split())
    told = capsys.readouterr().err
    word = next(each for each in near if each in line.split())
    assert end.value.code == 2 and told.count("\n") == 1
    assert said in told and f"; the nearest known one is {near[word]!r}; `harness" in told


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        (["run"], {"reports"}),
        (["run", "cases/a.yaml"], {"reports", "reports/part"}),
        (["run", "cases/a.yaml", "cases/b.yaml"], {"reports"}),
        (["run", "cases/a.yaml", "--out", "reports"], {"reports"}),
        (["run", "cases/a.yaml", "--out", "mine"], {"reports", "mine"}),
    ],
)
def test_a_run_of_some_cases_replaces_no_report_of_more(table, arguments, places, capsys):
    Path("cases").mkdir()
    for name in "ab":
        Path("cases", f"{name}.yaml").write_text(CASE)
    assert cli.main(["run"]) == 0
    before = Path("reports/comparison.md").read_bytes()
    assert cli.main(arguments) == 0
    assert {str(path.parent) for path in Path().rglob("comparison.md")} == places
    assert (b"1 case," in Path("reports/comparison.md").read_bytes()) is (arguments[-2:] == ["--out", "reports"])
    if "reports/part" in places:
        assert Path("reports/comparison.md").read_bytes() == before
        assert "report: reports/part/comparison.md" in capsys.readouterr().out


def test_a_part_is_reported_in_the_usual_folder_where_nothing_stands(table):
    assert cli.main(["run", "case.yaml"]) == cli.main(["run", "case.yaml"]) == 0
    assert not Path("reports/part").exists()


@pytest.mark.parametrize("enabled", [True, False])
def test_who_calls_it_finds_the_garbage_collector_as_it_was(enabled: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """A command looks for garbage more seldom than Python does by itself."""
    usual, was = gc.get_threshold(), gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        assert cli.main(["completion", "bash"]) == 0
        assert (gc.get_threshold(), gc.isenabled()) == (usual, enabled)
    finally:
        (gc.enable if was else gc.disable)()
