"""Dense layers: the reference against rational numbers, planted conventions, what data do not tell, calls, cases."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.backends import numpy as numpy_backend
from harness.backends import torch as torch_backend
from harness.backends.dense_claims import FIRST, flattening
from harness.canonical import product as product_form
from harness.canonical.magnitudes import magnitudes
from harness.canonical.product import Product
from harness.canonical.reference import direct, evaluate, evaluated
from harness.case.read import Case, CaseError, load
from harness.cli import main
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations import dense, dense_new_cases
from harness.operations.by_settings.searching import setting
from harness.operations.call import Unsupported
from harness.operations.dense_formula import MOVED
from harness.operations.transforms.arrays import KernelAxes, ReshapeNotTranspose
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.transform import Transform, applied
from harness.operations.transforms.values import Bias, Scale
from harness.report import cards
from harness.worker.entry import EntryPoint, from_json
from harness.worker.entry import settled as declared
from tests.small_layers import RUN
from tests.test_activation import explained, found
from tests.test_probe import answered, called

IMAGES = "input: {layout: NCHW, integers: {shape: [3, 3, 4, 5], seed: 1, low: -9, high: 9}}"
FLAT = "kernel: {layout: OI, flattened: CHW, integers: {shape: [6, 60], seed: 2, low: -9, high: 9}}"
BIAS = "bias: [3, -1, 4, -1, 5, -9]"


def case_of(tmp_path: Path, *lines: str) -> Case:
    path = tmp_path / "case.yaml"
    path.write_text("\n".join(["title: t", "operation: dense", *lines]) + "\n")
    return next(load(path))


def usual(tmp_path: Path) -> Case:
    return case_of(tmp_path, IMAGES, FLAT, BIAS)


# --- the form --------------------------------------------------------------------------------------------------------


def exactly(x: np.ndarray, w: np.ndarray, bias: np.ndarray, order: str) -> np.ndarray:
    """By the definition, with rational numbers: each x meets the weight at its place in the order."""
    letters = "NCDHW" if x.ndim == 5 else "NCHW" if x.ndim == 4 else "NCW"
    sizes = [x.shape[letters.index(each)] for each in order]
    kept = [1 if each in order else size for each, size in zip(letters[2:], x.shape[2:])]
    y = np.empty((len(x), len(w), *kept), object)
    for place in np.ndindex(y.shape):
        total = Fraction(float(bias[place[1]]))
        for number, index in enumerate(np.ndindex(*sizes)):
            at = dict(zip(order, index))
            where = tuple(at.get(each, i) for each, i in zip(letters, (place[0], 0, *place[2:])))
            total += Fraction(float(x[where])) * Fraction(float(w[place[1]].ravel()[number]))
        y[place] = total
    return y


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.data())
def test_the_reference_is_the_definition_rounded_once(seed: int, rank: int, data: st.DataObject) -> None:
    stream = np.random.default_rng(seed)
    spatial = {1: "W", 2: "HW", 3: "DHW"}[rank]
    order = "".join(data.draw(st.permutations("C" + spatial[: data.draw(st.integers(0, rank))])))
    shape = tuple(stream.integers(1, 4, rank + 2))
    x = np.ldexp(stream.normal(size=shape), stream.integers(-20, 20, shape))
    inputs = int(np.prod([x.shape[("NC" + spatial).index(each)] for each in order]))
    w, bias = stream.normal(size=(3, inputs, *(1,) * rank)), stream.normal(size=3)
    form = Product({"x": x, "w": w, "bias": bias}, {"flattened": order}, dense)
    true = exactly(x, w, bias, order)
    assert form.output_shape == true.shape
    assert (evaluate(form) == true.astype(np.float64)).all()
    assert np.allclose(direct(form), evaluate(form), rtol=1e-9, atol=1e-3)


def test_a_large_kernel_is_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which gives the same numbers, also where only the first images are exact."""
    stream = np.random.default_rng(4)
    arrays = {
        "x": stream.normal(size=(3, 2, 3, 2)),
        "w": stream.normal(size=(7, 12, 1, 1)),
        "bias": stream.normal(size=7),
    }
    form = Product(arrays, {"flattened": "CHW"}, dense)
    whole, mags = (evaluate(form), direct(form)), magnitudes(form)
    monkeypatch.setattr(product_form, "PART", 24)
    assert (evaluate(form) == whole[0]).all() and np.allclose(direct(form), whole[1], rtol=1e-14)
    few, exact = evaluated(form, 2 * 7 * 12)
    assert exact == 2 * 7 and (few[:2] == whole[0][:2]).all() and np.allclose(few, whole[0], rtol=1e-14)
    again = magnitudes(form)
    assert np.allclose(again.A, mags.A) and np.allclose(again.P, mags.P) and np.isclose(again.w_norm, mags.w_norm)


@pytest.mark.parametrize(
    ("kernel", "order"),
    [
        ("{layout: OCHW, integers: {shape: [6, 3, 4, 5], seed: 2, low: -9, high: 9}}", "CHW"),
        ("{layout: OHWC, integers: {shape: [6, 4, 5, 3], seed: 2, low: -9, high: 9}}", "HWC"),
        ("{layout: HWCO, integers: {shape: [4, 5, 3, 6], seed: 2, low: -9, high: 9}}", "HWC"),
        ("{layout: WHCO, integers: {shape: [5, 4, 3, 6], seed: 2, low: -9, high: 9}}", "WHC"),
        ("{layout: IO, flattened: HWC, integers: {shape: [60, 6], seed: 2, low: -9, high: 9}}", "HWC"),
        ("{layout: OI, flattened: CHW, integers: {shape: [6, 60], seed: 2, low: -9, high: 9}}", "CHW"),
    ],
)
def test_a_kernel_says_by_its_letters_or_by_a_key_how_the_input_is_flattened(
    tmp_path: Path, kernel: str, order: str
) -> None:
    case = case_of(tmp_path, IMAGES, f"kernel: {kernel}", BIAS)
    values = np.array(case.values("kernel"))[:, :, 0, 0]
    x = np.array(case.values("input")).transpose(["NCHW".index(each) for each in "N" + order]).reshape(3, -1)
    assert case.settings["flattened"] == order
    assert (evaluate(case.meant())[..., 0, 0] == x @ values.T + case.values("bias")).all()


def test_layouts_nc_and_oi_are_taken_as_they_stand(tmp_path: Path) -> None:
    x, w = "{layout: NC, values: [[1, 2, 3]]}", "{layout: OI, values: [[1, 0, 1], [0, 1, 0]]}"
    case = case_of(tmp_path, f"input: {x}", f"kernel: {w}", "bias: [10, 20]")
    assert evaluate(case.meant()).ravel().tolist() == [14, 22]
    turned = case_of(tmp_path, f"input: {x}", "kernel: {layout: IO, values: [[1, 0], [0, 1], [1, 0]]}")
    assert evaluate(turned.meant()).ravel().tolist() == [4, 2]


def test_axes_that_are_not_flattened_stay(tmp_path: Path) -> None:
    """As on the tokens of a text: the layer is applied at each place."""
    case = case_of(
        tmp_path,
        "input: {layout: NWC, integers: {shape: [2, 5, 3], seed: 1, low: -9, high: 9}}",
        "kernel: {layout: OC, integers: {shape: [4, 3], seed: 2, low: -9, high: 9}}",
        f"recorded: [{{system: s, origin: o, layout: NWC, values: {np.zeros((2, 5, 4), int).tolist()}}}]",
    )
    x, w = np.array(case.values("input")), np.array(case.values("kernel"))
    assert (evaluate(case.meant()) == np.einsum("ncw,oc->now", x, w[:, :, 0])).all()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["kernel: {layout: OI, values: [[1, 2]]}"], "say in which order axes are flattened"),
        (
            ["kernel: {layout: OI, flattened: CHW, values: [[1, 2]]}"],
            r"takes 2 numbers; flattened are 3 x 4 x 5 \(C H W\)",
        ),
        (["kernel: {layout: OI, flattened: HW, values: [[1, 2]]}"], "takes 2 numbers; flattened are 3 x 4 x 5"),
        (["kernel: {layout: OI, flattened: CD, values: [[1, 2]]}"], "the input has no axis D; its axes: N C H W"),
        (["kernel: {layout: OI, flattened: CHH, values: [[1, 2]]}"], "slow to fast, each once, of CDHW"),
        (["kernel: {layout: OIHW, values: [[[[1]]]]}"], "expected OI or IO, or O before or behind"),
        (["kernel: {layout: COH, values: [[[1]]]}"], "expected OI or IO, or O before or behind"),
        (["kernel: {layout: OCHW, flattened: CHW, values: [[[[1]]]]}"], "given twice; keep one"),
        (["flattened: CHW", FLAT], "given twice; keep one"),
        ([FLAT, "bias: [1, 2]"], "expected 6 numbers, one for each output channel, found 2"),
        ([FLAT, "stride: 1"], "unknown key"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_of(tmp_path, IMAGES, *lines)


# --- planted conventions ---------------------------------------------------------------------------------------------


def planted(case: Case) -> Iterator[tuple[Transform, ...]]:
    """Each change by itself, and pairs with conventions of arrays, with a factor and with an offset."""
    form = case.meant()
    own: list[Transform] = [setting(form, each) for each in dense.alternatives(form)]
    own += dense.of_kernel(form)
    ends: list[Transform] = [Scale("a factor of 2.5", (2.5,) * 6), Bias("unknown", (0.75,) * 6)]
    arrays: list[Transform] = [ChannelOrder("input", "reversed")]
    yield from ((each,) for each in (*own, *ends, *arrays))
    for one, other in itertools.product(own, [*arrays, *ends]):
        yield (other, one) if other in arrays else (one, other)
    yield from itertools.combinations([each for each in own if each.id in ("flattened", "bias")], 2)


def fits(case: Case, y: np.ndarray, transforms: tuple[Transform, ...]) -> bool:
    again = evaluate(applied(case.meant(), transforms))
    return again.shape == y.shape and bool(np.allclose(again, y, rtol=1e-5, atol=1e-4))


@pytest.mark.parametrize("part", range(4))
def test_planted_conventions_are_named(tmp_path: Path, part: int) -> None:
    """Alone and in pairs, and none other is said with certainty; a quarter of them."""
    case = usual(tmp_path)
    for transforms in list(planted(case))[part::16]:
        if len({each.id for each in transforms}) < len(transforms):
            continue
        y = evaluate(applied(case.meant(), transforms)).astype(np.float32)
        if Judge(case).live(y, "direct").kind == "agrees":
            continue
        answer = explained(case, y)
        wanted = sorted(each.id for each in transforms)
        assert any(sorted(each) == wanted for each in found(answer)), (wanted, found(answer))
        assert answer.ambiguous or fits(case, y, answer.explanations[0].transforms)


@pytest.mark.parametrize("outputs", [60, 6])
def test_a_kernel_that_is_not_transposed_or_reshaped_is_named(tmp_path: Path, outputs: int) -> None:
    kernel = f"kernel: {{layout: IO, flattened: CHW, integers: {{shape: [60, {outputs}], seed: 2, low: -9, high: 9}}}}"
    case = case_of(tmp_path, IMAGES, kernel)
    for change in dense.of_kernel(case.meant()):
        assert isinstance(change, KernelAxes if outputs == 60 else ReshapeNotTranspose)
        answer = explained(case, evaluate(applied(case.meant(), [change])))
        assert [each.id for each in answer.explanations[0].transforms] == [change.id]
        assert not answer.ambiguous


def test_one_channel_tells_no_order(tmp_path: Path) -> None:
    """C H W and H W C are the same where there is one channel: no difference is told, and none is searched for."""
    case = case_of(
        tmp_path,
        "input: {layout: NCHW, integers: {shape: [2, 1, 4, 5], seed: 1, low: -9, high: 9}}",
        "kernel: {layout: OI, flattened: CHW, integers: {shape: [6, 20], seed: 2, low: -9, high: 9}}",
    )
    assert {each["flattened"] for each in dense.alternatives(case.meant()) if "flattened" in each} == {"CWH"}


def test_data_that_see_no_order_are_said_to_be_blind(tmp_path: Path) -> None:
    ones = "input: {layout: NCHW, values: [[[[1, 1], [1, 1]], [[1, 1], [1, 1]]]]}"
    kernel = "kernel: {layout: OI, flattened: CHW, values: [[1, 2, 3, 4, 5, 6, 7, 8]]}"
    seen = dense.power().power(case_of(tmp_path, ones, kernel).meant())
    assert "flattened HWC" in seen.blind and not seen.sees
    assert dense.power().power(usual(tmp_path).meant()).blind == ()


def test_an_order_that_is_not_known_is_found_and_is_no_difference(tmp_path: Path) -> None:
    case = case_of(tmp_path, IMAGES, FLAT.replace("flattened: CHW", "flattened: unknown"), BIAS)
    form = usual(tmp_path).meant()
    for order in ("HWC", "CHW", "WHC"):
        answer = explained(case, evaluate(form.with_settings(flattened=order)))
        assert not answer.ambiguous
        assert all(each.id == "flattened" for each in (*answer.explanations[0].settings,))
        assert answer.explanations[0].transforms == ()


def test_noise_and_one_wrong_element_are_explained_by_nothing(tmp_path: Path) -> None:
    case = usual(tmp_path)
    off = evaluate(case.meant())
    off[1, 2] += 1
    noise = np.random.default_rng(3).integers(-900, 900, off.shape).astype(float)
    for y in (off, noise):
        answer = explained(case, y)
        assert answer.ambiguous or not answer.explanations


def test_whole_numbers_are_exact_and_low_precision_is_told(tmp_path: Path) -> None:
    case = usual(tmp_path)
    y = evaluate(case.meant()).astype(np.float32)
    assert Judge(case).live(y, "direct").kind == "agrees"
    assert Judge(case).live(np.nextafter(y, np.float32(np.inf)), "direct").kind != "agrees"
    normal = case_of(
        tmp_path,
        "input: {layout: NC, random: {shape: [4, 200], seed: 1, distribution: normal}}",
        "kernel: {layout: OI, random: {shape: [50, 200], seed: 2, distribution: normal}}",
    )
    x, w = (np.array(normal.values(role))[..., 0].astype(np.float32) for role in ("input", "kernel"))
    assert Judge(normal).live((x @ w.T)[..., None], "direct").kind == "agrees"
    halves = [each.astype(np.float16).astype(np.float32) for each in (x, w)]
    low = Judge(normal).live((halves[0] @ halves[1].T)[..., None], "direct")
    assert low.kind != "agrees" and low.fit is not None and low.fit.rung == "TF32 inputs"


# --- code and calls --------------------------------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [{}, {"flattened": "WHC"}, {"kernel_flattened": f"CHW{MOVED}HWC"}, {"bias": "none"}]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.usefixtures("kept")
def test_the_code_is_run_and_holds(tmp_path: Path, change: dict[str, Any]) -> None:
    case = usual(tmp_path)
    transforms = (setting(case.meant(), change),) if change else ()
    code = {each.system: each.program for each in fix.proofs(case, [transforms], sorted(RUN))}
    assert set(code) == RUN


def entry(backend: Any, name: str) -> EntryPoint:
    return next(from_json(each.as_json()) for each in backend.ENTRY_POINTS if each.name == name)


def test_a_call_flattens_as_its_function_does(tmp_path: Path) -> None:
    case = case_of(tmp_path, IMAGES, FLAT.replace("flattened: CHW", "flattened: HWC"), BIAS)
    lowering, linear = dense.lowering(), entry(torch_backend, "torch.nn.functional.linear (flatten)")
    written, normal = lowering.as_written(case, linear), lowering.normalized(case, linear)
    assert written.arrays["input"].shape == (3, 3, 4, 5) and written.arrays["kernel"].shape == (6, 60)
    assert (written.arrays["kernel"] == case.values("kernel")[..., 0, 0]).all()  # type: ignore[index]
    x = written.arrays["input"].reshape(3, -1)
    assert (x @ normal.arrays["kernel"].T + case.values("bias") == evaluate(case.meant())[..., 0, 0]).all()
    assert [each.id for each in normal.transforms] == ["reorder_kernel"]
    assert normal.canonical(x @ normal.arrays["kernel"].T).shape == (3, 6, 1, 1)


def test_what_a_function_does_not_do_is_not_asked_of_it(tmp_path: Path) -> None:
    tokens = case_of(
        tmp_path,
        "input: {layout: NWC, integers: {shape: [2, 5, 3], seed: 1, low: -9, high: 9}}",
        "kernel: {layout: OC, integers: {shape: [4, 3], seed: 2, low: -9, high: 9}}",
    )
    flattening, product = (entry(numpy_backend, name) for name in ("numpy.matmul (reshape)", "numpy.matmul"))
    lowering = dense.lowering()
    with pytest.raises(Unsupported, match="flattens all of the input; the case keeps axes of it"):
        lowering.as_written(tokens, flattening)
    with pytest.raises(Unsupported, match="computes flattened: C; the case has flattened: CHW"):
        lowering.normalized(usual(tmp_path), product)
    assert lowering.as_written(tokens, product).arrays["input"].shape == (2, 5, 3)


# --- cases that the harness writes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "first"),
    [
        ({"input": (3, 60), "kernel": (6, 60), "output": (3, 6)}, ["NC", "OI", "NC"]),
        ({"input": (3, 60), "kernel": (60, 6), "output": (3, 6)}, ["NC", "IO", "NC"]),
        ({"input": (3, 4, 5, 2), "kernel": (40, 6), "output": (3, 6)}, ["NCHW", "IO", "NC"]),
        ({"input": (3, 2, 4, 5), "kernel": (6, 2, 4, 5), "output": (3, 6)}, ["NCHW", "OCHW", "NC"]),
        ({"input": (3, 4, 5, 2), "kernel": (4, 5, 2, 6), "output": (3, 6)}, ["NHWC", "HWCO", "NC"]),
        ({"input": (3, 7, 5), "kernel": (6, 5), "output": (3, 7, 6)}, ["NWC", "OI", "NWC"]),
        ({"input": (3, 60), "kernel": (60, 6), "bias": (6,)}, ["NC", "IO", "O"]),
        ({"input": (3, 60), "kernel": (60, 6), "bias": (5,)}, None),
        ({"input": (3, 7, 5), "kernel": (6, 4), "output": (3, 7, 6)}, None),
    ],
)
def test_layouts_that_fit_are_proposed(shapes: dict[str, tuple[int, ...]], first: list[str] | None) -> None:
    found = dense_new_cases.layouts(shapes)
    assert (list(found[0].values()) if found else None) == first


def test_a_command_line_leaves_the_order_open_and_it_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    case = usual(tmp_path)
    np.save("x.npy", np.array(case.values("input")))
    np.save("w.npy", np.array(case.values("kernel"))[..., 0, 0])
    np.save("b.npy", np.array(case.values("bias")))
    np.save("y.npy", evaluate(case.meant().with_settings(flattened="HWC"))[..., 0, 0].astype(np.float32))
    named = ["--input", "x.npy", "--kernel", "w.npy", "--bias", "b.npy", "--observed", "y.npy", "--no-code"]
    assert main(["explain", "--operation", "dense", *named]) == 0
    assert "left open, and found: flattened HWC" in capsys.readouterr().out
    assert main(["explain", "--operation", "dense", *named, "--flattened", "CHW"]) == 0
    assert "flatten the input in the order CHW; the system flattened it in the order HWC" in capsys.readouterr().out


GEMMS: list[tuple[dict[str, Any], str]] = [
    ({}, "transB 0"),
    ({"transB": 1, "alpha": 2.0}, "has transA, alpha or beta"),
    ({"transB": 1, "transA": 1}, "has transA, alpha or beta"),
]


@pytest.mark.parametrize(("attributes", "message"), GEMMS)
def test_a_gemm_that_no_case_can_say_is_refused(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dense_new_cases.of_node(attributes)
    assert dense_new_cases.of_node({"transB": 1, "beta": 1.0}) == {"flattened": "unknown"}


# --- cards -----------------------------------------------------------------------------------------------------------


def card(function: Any) -> Any:
    about = dict(flattening("OI", "C*", FIRST), dtypes=("float32",), ranks=(2,))
    entry = declared("fake.linear", "dense", "tests", **about)(lambda arrays, settings: function(arrays))
    return answered(dense.probes().card("fake", "1", entry), called)


def product(arrays: Any, x: np.ndarray | None = None) -> np.ndarray:
    flat = (arrays["input"] if x is None else x).reshape(len(arrays["input"]), -1)
    return np.asarray(flat @ arrays["kernel"].T + arrays.get("bias", np.float32(0)), np.float32)


def test_a_card_says_in_which_order_a_function_flattens_and_what_it_keeps() -> None:
    found = card(product)
    assert not found.differences and set(found.conventions["follows"].values()) == {"as declared"}
    assert found.precision["float32"] == dict.fromkeys(("input", "kernel", "sum"), "23 bits (float32)")
    assert found.precision["order"]["repeats"] == "yes"
    assert found.algorithm["integers exact below"] == "2**24"
    assert "input: 23 bits (float32)" in cards.text(found.as_json())


def test_a_card_tells_another_order_and_a_bias_that_is_left_out() -> None:
    (turned,) = card(lambda arrays: product(arrays, arrays["input"].transpose(0, 2, 3, 1))).differences
    (silent,) = card(lambda arrays: product({**arrays, "bias": np.float32(0)})).differences
    assert turned.endswith("measured flattened HWC") and silent.endswith("measured bias none")


@pytest.mark.parametrize(
    ("dtype", "bits"), [("float16", "10 bits (TF32 or float16)"), ("float32", "23 bits (float32)")]
)
def test_a_card_tells_inputs_of_less_precision(dtype: str, bits: str) -> None:
    found = card(lambda arrays: product(arrays, arrays["input"].astype(dtype).astype(np.float32)))
    assert found.precision["float32"]["input"] == bits
    assert found.precision["float32"]["kernel"] == "23 bits (float32)"


def test_a_card_of_a_function_that_gives_nothing_to_read() -> None:
    found = card(lambda arrays: np.zeros((1, 1, 1), np.float32))
    assert found.differences and found.precision["float32"]["input"] == "unknown"
    assert found.precision["order"] == {} and found.algorithm["integers exact below"] == "never"
