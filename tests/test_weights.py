"""`harness weights`: two sets of parameters paired by what they hold, each difference named, its code run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.weights import network
from harness.cli import main
from harness.models import parameters, weights

RNG = np.random.default_rng(15)


def drawn(*shape):
    return RNG.normal(size=shape).astype(np.float32)


@pytest.fixture
def answer(tmp_path, capsys):
    """What `harness weights --json` says of two sets of arrays, and its exit code."""

    def ask(a, b, *more):
        np.savez(tmp_path / "a.npz", **a)
        np.savez(tmp_path / "b.npz", **b)
        code = main(["weights", str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), "--json", *more])
        return json.loads(capsys.readouterr().out), code

    return ask


def gates(array, blocks, axis=0):
    count = len(blocks)
    parts = np.split(array, count, axis=axis)
    return np.concatenate([parts[each] for each in blocks], axis=axis)


def bfloat16(array):
    bits = array.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32)


K, D, L, G, S = drawn(8, 3, 5, 5), drawn(10, 6 * 4 * 4), drawn(64, 5), drawn(48, 7), drawn(9, 9)
ONE = [
    ("as it is", K, K, [0, 1, 2, 3], []),
    ("axes", K, K.transpose(2, 3, 1, 0), [2, 3, 1, 0], ["axes"]),
    ("height and width too", K, K.transpose(3, 2, 1, 0), [3, 2, 1, 0], ["axes"]),
    ("read backwards", K, K[:, :, ::-1, ::-1], [0, 1, 2, 3], ["reversal"]),
    ("backwards along one axis, axes", K, K.transpose(2, 3, 1, 0)[:, ::-1], [2, 3, 1, 0], ["axes", "reversal"]),
    ("channels reversed", K, K[:, ::-1], [0, 1, 2, 3], ["reversal"]),
    ("flattened", D, D.reshape(10, 6, 16).transpose(2, 1, 0).reshape(96, 10), [1, 0], ["axes", "flatten_order"]),
    (
        "flattened width first",
        D,
        D.reshape(10, 6, 4, 4).transpose(0, 1, 3, 2).reshape(10, 96),
        [0, 1],
        ["flatten_order"],
    ),
    ("joined axes", K, K.reshape(8, 75), [0, 1, 2, 3], ["reshape"]),
    ("LSTM of ONNX", L, gates(L, (0, 3, 1, 2))[None], [0, 1], ["gate_order"]),
    ("LSTM of Caffe", L, gates(L, (0, 1, 3, 2)), [0, 1], ["gate_order"]),
    ("LSTM of a TensorFlow cell", L, gates(L, (0, 2, 1, 3)).T, [1, 0], ["axes", "gate_order"]),
    ("GRU", G, gates(G, (1, 0, 2)).T, [1, 0], ["axes", "gate_order"]),
    ("square", S, S.T, [1, 0], ["axes"]),
    ("reshaped, not transposed", D, D.reshape(96, 10), [0, 1], ["reshape_not_transpose"]),
    ("column-major", D, D.ravel().reshape(10, 96, order="F"), [1, 0], ["reshape", "axes"]),
    ("half", K, K.astype(np.float16), [0, 1, 2, 3], ["cast"]),
    (
        "half, kept as float32",
        K,
        K.astype(np.float16).astype(np.float32).transpose(2, 3, 1, 0),
        [2, 3, 1, 0],
        ["axes", "cast"],
    ),
    ("bfloat16", K, bfloat16(K), [0, 1, 2, 3], ["cast"]),
    ("half on the other side", K.astype(np.float16), K.transpose(2, 3, 1, 0), [2, 3, 1, 0], ["axes", "cast"]),
    ("double", K.astype(np.float64) / 3, (K.astype(np.float64) / 3).astype(np.float32), [0, 1, 2, 3], ["cast"]),
]


@pytest.mark.parametrize(("a", "b", "order", "ids"), [each[1:] for each in ONE], ids=[each[0] for each in ONE])
def test_one_cause_is_named_and_its_code_gives_what_b_has(answer, a, b, order, ids):
    found, code = answer({"w": a, "other": drawn(13)}, {"v": b, "another": drawn(13)})
    assert code == 1
    assert found["unpaired"] == {"a": ["other"], "b": ["another"]}
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["order"]) == ("w", "v", order)
    assert [each["id"] for each in pair["transforms"]] == ids
    assert pair["code"].startswith("b = ")
    assert not pair["among"] and not pair["alternatives"]


def test_gates_are_named_by_both_orders(answer):
    found, _ = answer({"w": L}, {"v": gates(L, (0, 3, 1, 2))})
    assert found["pairs"][0]["transforms"] == [
        {"id": "gate_order", "axis": 0, "blocks": [0, 3, 1, 2], "a": "ifgo", "b": "iofg"}
    ]


def test_a_square_array_that_is_transposed_is_said_to_show_it_by_no_shape(answer):
    found, _ = answer({"w": S}, {"v": S.T})
    assert found["pairs"][0]["words"] == [
        "its axes are those of A in the order 1, 0: transposed, though the shape does not show it"
    ]


def test_what_differs_in_one_number_is_not_paired(answer):
    other = K.copy()
    other[1, 2, 3, 4] += np.float32(0.5)
    found, code = answer({"w": K}, {"v": other})
    assert code == 1
    assert found["pairs"] == []
    assert found["unpaired"] == {"a": ["w"], "b": ["v"]}


def test_the_same_numbers_in_no_known_order_are_paired_without_code(answer):
    shuffled = RNG.permutation(K.ravel()).reshape(K.shape)
    found, code = answer({"w": K}, {"v": shuffled})
    assert code == 1
    assert found["pairs"][0]["order"] is None and found["pairs"][0]["code"] is None
    assert "no code converts them" in found["pairs"][0]["words"][0]


def test_axes_of_length_1_make_no_alternatives(answer):
    pointwise = drawn(6, 4, 1, 1)
    found, _ = answer({"w": pointwise}, {"v": pointwise.transpose(2, 3, 1, 0)})
    assert found["pairs"][0]["order"] == [2, 3, 1, 0]
    assert found["pairs"][0]["alternatives"] == []


def test_orders_that_fit_as_well_are_said(answer):
    symmetric = (S + S.T)[:, :, None, None].repeat(2, axis=2)
    found, _ = answer({"w": symmetric}, {"v": symmetric.transpose(2, 3, 1, 0)})
    assert found["pairs"][0]["alternatives"]


# --- several arrays ---------------------------------------------------------------------------------------------------


def test_equal_arrays_are_paired_and_said_not_to_be_told_apart(answer):
    ones = np.ones(4, np.float32)
    a = {"n1.weight": ones, "n1.mean": (m1 := drawn(4)), "n2.weight": ones, "n2.mean": (m2 := drawn(4))}
    b = {"z/gamma": ones, "z/mu": m2, "y/gamma": ones, "y/mu": m1}
    found, code = answer(a, b)
    assert code == 0
    assert {pair["a"]: (pair["b"], pair["among"]) for pair in found["pairs"]} == {
        "n1.weight": ("y/gamma", ["z/gamma"]),
        "n2.weight": ("z/gamma", ["y/gamma"]),
        "n1.mean": ("y/mu", []),
        "n2.mean": ("z/mu", []),
    }


def test_of_equal_arrays_as_many_are_paired_as_there_are_on_both_sides(answer):
    zeros = np.zeros(5, np.float32)
    found, _ = answer({"a": zeros, "b": zeros, "c": zeros}, {"x": zeros, "y": zeros})
    assert len({pair["a"] for pair in found["pairs"]}) == len(found["pairs"]) == 2
    assert len(found["unpaired"]["a"]) == 1


def test_query_key_and_value_are_found_in_one_array(answer):
    parts = {name: drawn(6, 6) for name in ("q", "k", "v")}
    whole = np.concatenate([parts[name].T for name in ("k", "q", "v")])
    found, code = answer(parts, {"in_proj": whole})
    assert code == 0
    assert found["pairs"][0]["a"] == ["k", "q", "v"]
    assert [each["id"] for each in found["pairs"][0]["transforms"]] == ["joined", "axes"]
    found, code = answer({"in_proj": whole}, parts)
    assert code == 0
    assert {pair["b"]: pair["transforms"][0]["range"] for pair in found["pairs"]} == {
        "k": [0, 6],
        "q": [6, 12],
        "v": [12, 18],
    }


def test_the_two_biases_of_an_lstm_are_one_elsewhere(answer):
    one, two = drawn(64), drawn(64)
    found, code = answer({"ih": one, "hh": two}, {"bias": gates(one + two, (0, 1, 3, 2))})
    assert code == 0
    assert found["pairs"][0]["a"] == ["ih", "hh"]
    assert [each["id"] for each in found["pairs"][0]["transforms"]] == ["sum", "gate_order"]
    both = gates(one, (0, 3, 1, 2)), gates(two, (0, 3, 1, 2))
    found, code = answer({"ih": one, "hh": two}, {"B": np.concatenate(both)[None]})
    assert code == 0
    assert [each["id"] for each in found["pairs"][0]["transforms"]] == ["joined", "gate_order"]


def test_both_biases_of_a_gru_are_the_rows_of_one_elsewhere(answer):
    one, two = drawn(48), drawn(48)
    found, code = answer({"ih": one, "hh": two}, {"bias": np.stack([gates(each, (1, 0, 2)) for each in (one, two)])})
    assert code == 0
    (pair,) = found["pairs"]
    assert pair["a"] == ["ih", "hh"]
    assert [(each["id"], each.get("b")) for each in pair["transforms"]][:2] == [("joined", None), ("gate_order", "zrn")]


def test_a_cell_has_both_kernels_of_an_lstm_in_one(answer):
    ih, hh = drawn(64, 5), drawn(64, 16)
    cell = np.concatenate([gates(each, (0, 2, 1, 3)).T for each in (ih, hh)])
    found, code = answer({"ih": ih, "hh": hh}, {"kernel": cell})
    assert code == 0
    assert found["pairs"][0]["a"] == ["ih", "hh"]
    assert found["pairs"][0]["transforms"][0] == {"id": "joined", "axis": 0}
    assert {"id": "axes", "order": [1, 0]} in found["pairs"][0]["transforms"]
    assert any(each.get("b") == "igfo" for each in found["pairs"][0]["transforms"])


def test_a_line_names_some_of_what_is_left_and_json_all(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **{f"w{index}": drawn(3 + index) for index in range(20)})
    np.savez(tmp_path / "b.npz", v=drawn(50))
    assert main(["weights", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 1
    assert "without a partner in A: w0, w1, w2" in (said := capsys.readouterr().out)
    assert "w11 and 8 more" in said


def test_a_gru_with_one_bias_is_said_to_reset_elsewhere(answer):
    one, two = drawn(48), drawn(48)
    found, _ = answer({"ih": one, "hh": two}, {"bias": gates(one + two, (1, 0, 2))})
    assert "no weights make them equal" in found["pairs"][0]["words"][-1]


def norm(channels):
    arrays = {"weight": drawn(channels), "bias": drawn(channels), "mean": drawn(channels)}
    return {**arrays, "var": np.abs(drawn(channels)) + np.float32(0.01)}


@pytest.mark.parametrize("epsilon", [1e-3, 1e-5])
@pytest.mark.parametrize("biased", [True, False])
def test_a_batch_norm_that_was_folded_in_is_found_with_its_epsilon(answer, epsilon, biased):
    bn, w, b = norm(8), drawn(8, 3, 3, 3), drawn(8)
    factor = bn["weight"] / np.sqrt(bn["var"] + np.float32(epsilon))
    folded = {
        "k": (w * factor[:, None, None, None]).transpose(2, 3, 1, 0),
        "b": ((b if biased else 0) - bn["mean"]) * factor + bn["bias"],
    }
    a = {"w": w, **({"b": b} if biased else {}), **{f"bn.{name}": each for name, each in bn.items()}}
    found, code = answer(a, folded)
    assert code == 0, found
    kernel, bias = found["pairs"]
    assert kernel["a"] == ["w", "bn.weight", "bn.var"]
    assert kernel["order"] == [2, 3, 1, 0]
    assert kernel["transforms"][-1] == {"id": "scale", "axis": 0, "epsilon": epsilon}
    assert {*bias["a"]} == {*a} - {"w"}


def test_scaled_rows_that_nothing_explains_are_told_and_not_converted(answer):
    w, factors = drawn(6, 4, 3, 3), np.linspace(0.5, 2, 6, dtype=np.float32)
    found, code = answer({"w": w}, {"k": w * factors[:, None, None, None]})
    assert code == 1
    assert found["pairs"][0]["code"] is None
    np.testing.assert_allclose(found["pairs"][0]["transforms"][0]["factors"], factors, rtol=1e-5)


def test_other_rows_are_not_taken_for_scaled_ones(answer):
    found, _ = answer({"w": drawn(6, 4, 3, 3)}, {"k": drawn(6, 4, 3, 3)})
    assert not found["pairs"]


# --- the command ------------------------------------------------------------------------------------------------------


def test_parameters_are_written_in_the_other_form(tmp_path):
    a, b = network(channels=(3, 8, 16), seed=1)
    np.savez(tmp_path / "a.npz", **a)
    np.savez(tmp_path / "b.npz", **b)
    out = tmp_path / "moved.npz"
    assert main(["weights", str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), "-o", str(out)]) == 0
    with np.load(out) as moved:
        assert {*moved} == {*b}
        for name in b:
            assert moved[name].dtype == b[name].dtype
            np.testing.assert_array_equal(moved[name], b[name])


def test_what_cannot_be_written_is_said(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", w=K)
    np.savez(tmp_path / "b.npz", v=K, x=S)
    out = tmp_path / "moved.npz"
    assert main(["weights", str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), "-o", str(out)]) == 1
    said = capsys.readouterr().out
    assert "without a partner in B: x" in said
    assert "moved.npz written; not in it: x" in said
    assert main(["weights", str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), "-o", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_counters_are_no_parameters(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", w=K, num_batches_tracked=np.array(3))
    np.savez(tmp_path / "b.npz", w=K)
    assert main(["weights", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 0
    assert "no floating-point numbers: num_batches_tracked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.npz", "no such file"), ("a.txt", "unknown kind"), ("n.npz", "expected arrays of floating-point numbers")],
)
def test_what_holds_no_parameters_is_one_message(tmp_path, capsys, name, message):
    np.savez(tmp_path / "n.npz", n=np.arange(3))
    (tmp_path / "a.txt").write_text("no array", "utf-8")
    np.savez(tmp_path / "b.npz", w=K)
    assert main(["weights", str(tmp_path / name), str(tmp_path / "b.npz")]) == 2
    said = capsys.readouterr().err
    assert message in said or "cannot" in said or "expected" in said
    assert "Traceback" not in said


def test_a_checkpoint_of_pytorch_is_paired_with_a_file_of_keras(tmp_path):
    torch, h5py = pytest.importorskip("torch"), pytest.importorskip("h5py")
    torch.save(
        {"conv.weight": torch.from_numpy(K), "conv.bias": torch.from_numpy(K[:, 0, 0, 0].copy())}, tmp_path / "a.pt"
    )
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["conv/kernel:0"] = K.transpose(2, 3, 1, 0)
        file["conv/bias:0"] = K[:, 0, 0, 0]
    with parameters.opened(tmp_path / "a.pt") as a, parameters.opened(tmp_path / "b.h5") as b:
        found = weights.proven(weights.paired(a.arrays, b.arrays), a.arrays, b.arrays)
    assert {pair.a: pair.b for pair in found.pairs} == {
        ("conv.weight",): "conv/kernel:0",
        ("conv.bias",): "conv/bias:0",
    }
    assert found.whole
