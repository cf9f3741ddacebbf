"""`import harness`: the questions of the command line as functions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import harness
from harness.cli import main
from harness.systems.selection import SelectionError
from harness.worker.entry import Settings
from tests.fakes.honest import correlate

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "cases" / "seeds"
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(9, 8)).astype("float32")
W = RANDOM.normal(size=(3, 3)).astype("float32")


def loop(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A cross-correlation without padding, of square kernels."""
    k = len(kernel)
    rows, columns = image.shape[0] - k + 1, image.shape[1] - k + 1
    return np.array([[(image[i : i + k, j : j + k] * kernel).sum() for j in range(columns)] for i in range(rows)])


def reversed_loop(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return loop(image, kernel[::-1, ::-1])


def names_that_are_loaded(program: str) -> set[str]:
    code = f"import sys\n{program}\nprint(*sorted(name for name in sys.modules if name.startswith('harness')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_it_loads_nothing_until_something_is_asked_for():
    assert names_that_are_loaded("import harness; harness.__version__") == {"harness"}
    assert "harness.library" in names_that_are_loaded("import harness; harness.explain")


def test_it_has_what_it_says_and_nothing_else():
    assert all(callable(getattr(harness, name)) for name in harness.__all__)
    with pytest.raises(AttributeError, match="no attribute 'explode'"):
        harness.explode  # noqa: B018


def test_no_module_takes_the_place_of_a_function():
    """A package of the same name would be bound to it as soon as anybody imports it."""
    modules = {path.stem for path in Path(harness.__file__).parent.iterdir()}
    assert not modules & set(harness.__all__)


def test_its_types_are_told():
    assert (Path(harness.__file__).parent / "py.typed").exists()


def test_explain_gives_what_the_command_line_says(tmp_path, capsys):
    y = reversed_loop(X, W)
    found = harness.explain(X, W, y, layout="HW,HW,HW", padding="valid", systems=["numpy"])
    assert (found.verdict, found.transforms) == ("convention", ("reverse_kernel",))
    assert "rotate it by 180 degrees" in found.words
    named = {"input": X, "kernel": W, "observed": y}
    for name, array in named.items():
        np.save(tmp_path / f"{name}.npy", array)
    options = [part for name in named for part in (f"--{name}", str(tmp_path / f"{name}.npy"))]
    options += ["--layout", "HW,HW,HW", "--padding", "valid", "--json", "--system", "numpy"]
    assert main(["explain", *options]) == 0
    (told,) = json.loads(capsys.readouterr().out)["recordings"]
    own = json.loads(json.dumps(found.as_json()))
    assert {**told, "seconds": 0} == {**own, "seconds": 0}
    assert str(found).startswith("observed")


@pytest.mark.parametrize("kept", [lambda y: y, lambda y: y.astype("float64"), lambda y: y.tolist()])
def test_float32_is_recognized_in_whatever_it_is_kept(kept):
    y = kept(reversed_loop(X, W).astype("float32"))
    assert harness.explain(X, W, y, layout="HW,HW,HW", padding="valid").transforms == ("reverse_kernel",)


def test_float64_is_judged_as_float64():
    x, w = X.astype("float64") / 3, W.astype("float64") / 3
    y = loop(x, w)
    assert harness.explain(x, w, y, layout="HW,HW,HW", padding="valid").verdict == "agrees"
    off = y + 1e-7 * np.abs(y).max() * RANDOM.normal(size=y.shape)
    assert harness.explain(x, w, off, layout="HW,HW,HW", padding="valid").verdict != "agrees"


def test_a_bias_is_part_of_the_call():
    x, w, b = RANDOM.normal(size=(1, 2, 6, 5)), RANDOM.normal(size=(3, 2, 3, 3)), np.array([1.0, -2.0, 0.5])
    ones = Settings((1, 1), (1, 1), [(0, 0), (0, 0)])
    y = correlate(x, w, ones) + b.reshape(3, 1, 1)
    assert harness.explain(x, w, y, bias=b, padding="valid").verdict == "agrees"
    assert harness.explain(x, w, y - b.reshape(3, 1, 1), bias=b, padding="valid").transforms == ("bias",)


def test_what_does_not_fit_is_told_with_what_would():
    with pytest.raises(harness.CaseError) as caught:
        harness.explain(np.zeros((2, 9, 8, 3)), np.zeros((3, 3, 3, 5)), np.zeros((2, 5, 4, 5)))
    first, second = str(caught.value).splitlines()
    assert first.startswith("kernel: the kernel has 3 input channels")
    assert second.startswith("try the layout NHWC,HWIO,NHWC, which fits: input 2 x 9 x 8 x 3 as NHWC, kernel 3 x 3 x 3")


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(harness.CaseError) as caught:
        harness.explain(X, W, X, layout="HW,HW,CHW", stride="two", padding="sam")
    told = str(caught.value)
    assert "stride: expected a whole number" in told
    assert "padding: unknown word 'sam'; the nearest known one is 'same'" in told


@pytest.mark.parametrize(
    ("arrays", "message"), [((X, W), "expected 2 arrays, input, kernel; found 1"), ((X, W, X, X), "found 3")]
)
def test_another_number_of_arrays_is_refused(arrays, message):
    with pytest.raises(harness.CaseError, match=message):
        harness.explain(*arrays)


@pytest.mark.parametrize("odd", [["a", "b"], np.zeros((3, 3), complex), np.array(object())])
def test_what_is_no_array_of_numbers_is_refused(odd):
    with pytest.raises(harness.CaseError, match="kernel: expected an array of numbers, found dtype"):
        harness.explain(X, np.asarray(odd), X, layout=["HW", "HW", "HW"])


def test_compare_tells_one_output_in_terms_of_the_call_of_another():
    found = harness.compare(reversed_loop(X, W), loop(X, W), X, W, layout="HW,HW,HW")
    assert (found.verdict, found.transforms) == ("convention", ("reverse_kernel",))
    same = harness.compare(reversed_loop(X, W), reversed_loop(X, W), X, W, layout="HW,HW,HW")
    assert same.verdict == "agrees"


def test_a_setting_that_is_left_open_is_that_of_the_output_that_is_meant():
    found = harness.compare(loop(X, W)[::2, ::2], loop(X, W), X, W, layout="HW,HW,HW")
    assert found.transforms == ("stride",)


def test_outputs_that_nothing_explains_agree_only_if_they_are_equal():
    odd = np.sin(loop(X, W))
    assert harness.compare(odd, odd, X, W, layout="HW,HW,HW", padding="valid", stride=1).verdict == "agrees"
    assert harness.compare(odd + 1, odd, X, W, layout="HW,HW,HW", padding="valid", stride=1).verdict == "unexplained"


def test_assert_same_passes_what_agrees_and_names_the_convention_of_what_does_not():
    harness.assert_same(loop, loop)
    harness.assert_same(loop, "scipy.signal.correlate2d", padding="valid")
    with pytest.raises(AssertionError, match=r"by a convention, reverse_kernel: reverse the kernel along both"):
        harness.assert_same(reversed_loop, "scipy.signal.correlate2d", padding="valid")
    with pytest.raises(AssertionError, match="the outputs differ: nothing that is known here explains it"):
        harness.assert_same(lambda x, w: np.sin(loop(x, w)), "scipy.signal.correlate2d", padding="valid")


def test_settings_reach_a_function_by_the_names_that_it_has():
    def strided(x: np.ndarray, w: np.ndarray, strides: int = 1) -> np.ndarray:
        return loop(x, w)[::strides, ::strides]

    harness.assert_same(strided, lambda x, w: loop(x, w)[::2, ::2], X, W, layout="HW,HW,HW", stride=2)


def test_a_function_that_takes_no_shape_is_told():
    def refuses(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        raise ValueError("never")

    with pytest.raises(SelectionError, match="whatever the shapes: ValueError: never"):
        harness.assert_same(refuses, refuses)


def test_probe_measures_a_function_where_it_is():
    card = harness.probe(loop)
    assert card.alike[-1] == (
        "equals `torch.nn.functional.conv2d`; to match `theano.tensor.nnet.conv2d` reverse the kernel"
    )
    assert card.conventions["takes"].startswith("kernels with equal sides only; else it raises ValueError")
    assert "equals `torch" in harness.text(card)


def test_probe_measures_an_entry_point_by_its_name():
    card = harness.probe("numpy.convolve")
    assert (card.entry_point, card.conventions["reversal"], card.alike) == ("numpy.convolve", {1: [True]}, [])


def test_run_gives_the_results_of_the_command():
    found = harness.run(SEEDS / "numpy-conv1d.yaml", backends=["numpy", "scipy"])
    assert found.as_expected
    assert {result["backend"] for result in found.results["results"]} >= {"numpy", "scipy"}
    assert set(found.results["classes"]) == {case["id"] for case in found.results["cases"]}


def test_load_case_gives_the_case_and_refuses_several():
    case = harness.load_case(SEEDS / "apple-data.yaml")
    assert [each.transforms for each in harness.explain_recordings(case)] == [("reverse_kernel",), ()]
    several = ROOT / "cases" / "conventions" / "modes-1d.yaml"
    assert len(harness.load_cases(several)) > 1
    with pytest.raises(harness.CaseError, match="as its matrix says; harness.load_cases gives all of them"):
        harness.load_case(several)


def test_the_examples_of_its_page_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 8
    exec(compile("\n".join(blocks), "library.md", "exec"), {"__name__": "library"})


@pytest.mark.parametrize("page", ["library.md", "my-numbers-differ.md"])
def test_links_of_its_pages_lead_somewhere(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert (ROOT / "docs" / target).exists(), target


def test_walk_holds_two_traces_against_each_other(tmp_path):
    for name in ("a", "b"):
        np.savez(tmp_path / f"{name}.npz", input=X, out=X * 2)
    assert harness.walk(tmp_path / "a.npz", tmp_path / "b.npz").agrees
    np.savez(tmp_path / "b.npz", input=X, out=X * 3)
    assert not harness.walk(tmp_path / "a.npz", tmp_path / "b.npz").agrees


def test_other_operations_are_explained_and_compared_alike():
    x = RANDOM.integers(-9, 9, (1, 2, 8, 8)).astype("float32")
    parts = x.reshape(1, 2, 4, 2, 4, 2)
    told = {"operation": "pooling", "reduce": "max", "window": 2}
    assert harness.explain(x, parts.max(axis=(3, 5)), **told).verdict == "agrees"
    assert harness.explain(x, parts.mean(axis=(3, 5)), **told).transforms == ("reduce",)
    with pytest.raises(AssertionError, match="by a convention, reduce"):
        harness.assert_same(lambda a: a.reshape(parts.shape).mean(axis=(3, 5)), parts.max(axis=(3, 5)), x, **told)
    with pytest.raises(harness.CaseError, match="bias: expected 2 numbers, one for each output channel, found 1"):
        harness.explain(x, x, bias=[1.0], **told)


def test_parameters_of_a_layer_are_arrays_by_name():
    x, mean, variance = RANDOM.normal(size=(2, 3, 4, 5)), RANDOM.normal(size=3), RANDOM.uniform(0.5, 2, 3)
    y = (x - mean[:, None, None]) / np.sqrt(variance[:, None, None] + 1e-3)
    found = harness.explain(x, y, operation="normalization", mean=mean, variance=variance)
    assert found.transforms == ("epsilon",)
    leaky = harness.explain(x, np.where(x > 0, x, x / 4), operation="activation", function="leaky_relu", slope=0.1)
    assert leaky.transforms == ("slope",)


def test_the_operation_is_that_of_the_function_that_is_named():
    harness.assert_same(lambda x: x * (x > 0), "numpy.maximum", X)
    with pytest.raises(AssertionError, match="by a convention"):
        harness.assert_same(lambda x: np.where(x > 0, x, x / 10), "numpy.maximum", X)


def test_settings_are_those_that_a_function_is_about_and_variants_are_chosen_by_them():
    twice = X.repeat(2, axis=0).repeat(2, axis=1)
    harness.assert_same(twice, "numpy.take", X, layout="HW,HW", scale=2)
    rows = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
    harness.assert_same(rows, "numpy.exp (softmax)", X, layout="HW,HW", over="W")
    with pytest.raises(AssertionError, match="compute over axis H"):
        harness.assert_same(rows, "numpy.exp (softmax)", X, layout="HW,HW", over="H")


def test_names_of_several_operations_are_told_apart():
    with pytest.raises(SelectionError, match="computes softmax.*: name entry points of one operation"):
        harness.assert_same(lambda x: x, "numpy.exp", X)


def test_a_function_of_another_operation_is_told_its_settings_by_usual_names():
    told = {}

    def mean_of(x, kernel_size, eps=0):
        told.update(kernel_size=kernel_size, eps=eps)
        return x[: len(x) // 2 * 2].reshape(-1, 2, x.shape[1]).mean(axis=1)

    meant = mean_of(X, (2, 1))
    harness.assert_same(
        mean_of, meant, X, operation="pooling", layout="HW,HW", reduce="average", window=[2, 1], divisor="valid"
    )
    assert told == {"kernel_size": [2, 1], "eps": 0}


def test_a_function_that_writes_into_its_arrays_changes_none_of_the_other() -> None:
    def writing(x, w):
        x -= 5
        return correlated(x, w)

    with pytest.raises(AssertionError, match="bias"):
        harness.assert_same(writing, correlated, padding="valid")


@pytest.mark.parametrize("rows", [slice(1), slice(None)])
def test_what_is_no_number_agrees_with_nothing(rows: slice) -> None:
    def broken(x, w):
        y = correlated(x, w)
        y[rows] = np.nan
        return y

    with pytest.raises(AssertionError, match="actual is NaN in .* elements, first at"):
        harness.assert_same(broken, correlated, padding="valid")
    with pytest.raises(AssertionError, match="desired is NaN in"):
        harness.assert_same(correlated, broken, padding="valid")
    with pytest.raises(SelectionError, match="NaN in all elements" if rows == slice(None) else "nothing|NaN"):
        harness.compare(np.full((1, 1, 2, 2), np.nan), np.full((1, 1, 2, 2), np.nan), *ONES, padding="valid")


def correlated(x, w):
    steps = np.lib.stride_tricks.sliding_window_view(np.asarray(x, float), np.shape(w))
    return (steps * w).sum(axis=(2, 3))


ONES = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))


def test_a_tensor_that_is_trained_is_taken_by_its_values() -> None:
    torch = pytest.importorskip("torch")
    x, w = (torch.nn.Parameter(torch.from_numpy(each)) for each in ONES)
    y = torch.nn.functional.conv2d(x, w)
    assert y.requires_grad
    assert harness.compare(y, y.detach().numpy(), x, w, padding="valid").verdict == "agrees"


def test_what_fits_and_is_not_certain_is_not_told_as_the_cause() -> None:
    with pytest.raises(AssertionError, match="the outputs differ; these arrays allow several causes, the likeliest"):
        harness.assert_same(lambda x, w: np.zeros((1, 1)), correlated, padding="valid")


@pytest.mark.parametrize(
    ("systems", "message"),
    [
        (["pytorch"], "systems: no code is written for 'pytorch', perhaps 'torch'; known are numpy, scipy, tensorflow"),
        (["numpy", "caffe9"], "systems: no code is written for 'caffe9'"),
        ("torch", r"systems: expected a list of names, found the text 'torch'; write \['torch'\]"),
    ],
)
def test_a_system_that_is_not_known_is_refused_and_not_passed_over(systems, message):
    ones = np.ones((4, 4))
    for ask in (lambda: harness.explain(ones, ones, ones, layout="HW,HW,HW", systems=systems),
                lambda: harness.compare(ones, ones, ones, ones, layout="HW,HW,HW", systems=systems)):  # fmt: skip
        with pytest.raises(SelectionError, match=message):
            ask()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((np.ones((4, 4)), np.ones((3, 0)), np.ones((4, 4))), r"^kernel: the array has no elements: shape \(3, 0\)"),
        ((np.ones((4, 4)), [[1, 2], [3]], np.ones((4, 4))), "^kernel: expected an array of numbers, found list: "),
        ((np.ones((4, 4)), np.ones((3, 3)), [[1, 2], [3]]), "^output: expected an array of numbers, found list: "),
        (
            (np.array([["a"]]), np.ones((3, 3)), np.ones((4, 4))),
            "^input: expected an array of numbers, found dtype",
        ),
    ],
)
def test_messages_name_the_argument_and_no_file_that_nobody_wrote(arrays, message):
    with pytest.raises(harness.CaseError, match=message) as raised:
        harness.explain(*arrays, layout="HW,HW,HW")
    assert ".npy" not in str(raised.value)


def test_an_operation_that_is_not_known_is_told_with_the_nearest():
    with pytest.raises(harness.CaseError, match="operation: there is no 'conv'"):
        harness.explain(np.ones((4, 4)), np.ones((3, 3)), np.ones((4, 4)), operation="conv")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (lambda: harness.probe(None), "what: expected a function, or the name of an entry point, found NoneType None"),
        (lambda: harness.probe(loop, layout=7), "layout: expected a text as 'HW,HW,HW', found int 7"),
        (lambda: harness.explain(X, W, X, layout=7), "layout: expected a text as 'NHWC,HWIO,NHWC', or a list"),
        (lambda: harness.explain(X, W, X, padding={1}), "padding: expected what a case file has, found set {1}"),
        (lambda: harness.explain(X, X, X, operation="softmax"), "expected 1 array, input; found 2"),
    ],
)
def test_an_argument_of_another_kind_is_one_sentence_that_names_it(asked, told):
    with pytest.raises((harness.CaseError, SelectionError)) as refused:
        asked()
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_setting_may_be_an_array():
    said = harness.explain(X, W, loop(X, W), padding=np.array([0, 0]), systems=[])
    assert said.verdict == harness.explain(X, W, loop(X, W), padding=[0, 0], systems=[]).verdict
