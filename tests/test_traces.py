"""Traces: what is read of a file, and what is said of one that is wrong."""

from __future__ import annotations

import copy
import io
import json
import zipfile

import numpy as np
import pytest

from harness.backends.tracing.layer_keys import KEYS
from harness.cli import main
from harness.grammar.files import FileError
from harness.models.traced import Layer, Tensor
from harness.models.traces import opened
from harness.operations import TABLE
from harness.worker.archive import Archive

ARRAYS = {
    "in/image": np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4),
    "par/stem.weight": np.arange(54, dtype=np.float32).reshape(2, 3, 3, 3),
    "out/stem": np.ones((1, 2, 2, 2), np.float32),
    "out/flat": np.ones((1, 8), np.float32),
}
TOLD = {
    "format": 1,
    "system": "torch 2.13.0",
    "source": "net.py:make",
    "mode": "inference",
    "remarks": ["made by hand"],
    "inputs": [{"array": "in/image", "layout": "NCHW"}],
    "outputs": [{"array": "out/flat"}],
    "layers": [
        {
            "name": "stem",
            "operation": "convolution",
            "settings": {"stride": 1, "padding": [[0, 0], [0, 0]]},
            "inputs": ["in/image"],
            "outputs": ["out/stem"],
            "parameters": {"kernel": "par/stem.weight"},
            "layouts": {"input": "NCHW", "kernel": "OIHW", "output": "NCHW"},
            "native": "torch.nn.functional.conv2d",
        },
        {"name": "flat", "operation": None, "inputs": ["out/stem"], "outputs": ["out/flat"]},
    ],
}


@pytest.fixture
def written(tmp_path):
    def write(told=TOLD, **arrays):
        with Archive(tmp_path / "a.npz") as archive:
            for name, array in {**ARRAYS, **arrays}.items():
                archive.add(name, array)
            archive.describe(told)
        return tmp_path / "a.npz"

    return write


def test_a_trace_comes_back_as_it_was_written(written):
    with opened(written()) as trace:
        stem, flat = trace.layers
        assert stem == Layer(**{**TOLD["layers"][0], "inputs": ("in/image",), "outputs": ("out/stem",)})
        assert flat.operation is None and not flat.settings and not flat.parameters
        assert trace.inputs == (Tensor("in/image", "NCHW"),)
        assert trace.outputs == (Tensor("out/flat"),)
        assert (trace.system, trace.mode, trace.remarks) == ("torch 2.13.0", "inference", ("made by hand",))
        assert trace.shape("par/stem.weight") == (2, 3, 3, 3)
        np.testing.assert_array_equal(trace.array("par/stem.weight"), ARRAYS["par/stem.weight"])


def test_numpy_reads_the_arrays_of_a_trace(written):
    with np.load(written()) as held:
        np.testing.assert_array_equal(held["in/image"], ARRAYS["in/image"])
        assert json.loads(held["trace.json"]) == TOLD


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.array([True, False]), np.array([1, 0], np.uint8)),
        (np.array(7.0), np.array(7.0)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.arange(6.0).reshape(2, 3).T, np.arange(6.0).reshape(2, 3).T),
        (np.arange(3, dtype=">i4"), np.arange(3, dtype="i4")),
    ],
    ids=["flags", "one number", "empty", "not contiguous", "big-endian"],
)
def test_arrays_of_every_kind_are_kept(tmp_path, given, kept):
    with Archive(tmp_path / "x.npz") as archive:
        archive.add("x", given)
    with opened(tmp_path / "x.npz") as trace:
        found = trace.array("x")
        assert found.dtype == kept.dtype
        np.testing.assert_array_equal(found, kept)


@pytest.mark.parametrize("odd", [np.array(["a"]), np.array([1j]), np.array([{}], object), np.zeros(2, np.longdouble)])
def test_what_is_no_number_is_not_written(tmp_path, odd):
    with Archive(tmp_path / "x.npz") as archive, pytest.raises(ValueError, match="no dtype of real numbers"):
        archive.add("x", odd)


def changed(path, value):
    """The description with the value at a path of keys changed; without it where the value is ..."""
    told = copy.deepcopy(TOLD)
    place = told
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return told


LAYER = ("layers", 0)
WRONG = [
    (("format",), 2, "trace.json: format 2; expected 1, or a newer version of the harness"),
    (("format",), ..., "the key format is missing"),
    (("mode",), "eval", "mode is 'eval'; expected inference or training"),
    (("inputs",), [], "inputs is empty"),
    (("inputs", 0, "array"), "in/imgae", "no array 'in/imgae' in the file; the nearest known one is 'in/image'"),
    (("inputs", 0, "layout"), "NCH", "layout 'NCH' names 3 axes; 'in/image' has shape (1, 3, 4, 4)"),
    (("inputs", 0, "layout"), "NCHH", "expected letters of N C O I D H W, each once"),
    (("outputs", 0, "name"), "x", "outputs[0].name: unknown key"),
    (
        (*LAYER, "operation"),
        "convolutoin",
        "layer 'stem': unknown operation 'convolutoin'; the nearest known one is 'conv",
    ),
    ((*LAYER, "settings", "strid"), 1, "layer 'stem': settings.strid: unknown key; the nearest known one is 'stride'"),
    ((*LAYER, "settings", "stride"), 0, "layer 'stem': settings.stride: expected a whole number of at least 1"),
    ((*LAYER, "settings", "padding"), "smae", "settings.padding: unknown word 'smae'; the nearest known one is 'same'"),
    ((*LAYER, "outputs"), [], "layers[0].outputs is empty"),
    ((*LAYER, "outputs"), ["out/flat"], "'out/flat' is made twice"),
    ((*LAYER, "inputs"), ["out/flat"], "layer 'stem': it takes 'out/flat', which it or a later layer makes"),
    ((*LAYER, "name"), "flat", "two layers have this name"),
    ((*LAYER, "parameters", "kernel"), 3, "is int, not str"),
    ((*LAYER, "layouts", "bias"), "O", "layouts.bias: it has no such array"),
    ((*LAYER, "layouts", "kernel"), "OI", "layout 'OI' names 2 axes"),
    (("layers",), {}, "layers is dict, not list"),
]


@pytest.mark.parametrize(("path", "value", "message"), WRONG)
def test_what_is_wrong_in_a_description_is_said(written, path, value, message):
    with pytest.raises(FileError) as error, opened(written(changed(path, value))):
        pass
    assert message in str(error.value)
    assert str(error.value).startswith("a.npz: trace.json")


def with_description(path, text: bytes):
    with Archive(path) as archive:
        archive.add("x", np.zeros(3))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("trace.json", text)
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "trace.json is no JSON"),
        (b"\xff", "trace.json is no JSON"),
        (b"[" * 100_000, "trace.json is no JSON"),
        (b'{"format": 1, "format": 1}', "the key 'format' stands twice"),
        (b"[]", "the document is list, not dict"),
        (b" " * (2**24 + 1), "trace.json has more than 16777216 bytes"),
        (b'{"format": true}', "is missing"),
    ],
    ids=["cut short", "no text", "deep", "twice", "a list", "large", "a flag"],
)
def test_a_hostile_description_ends_in_a_message(tmp_path, capsys, text, message):
    path = with_description(tmp_path / "a.npz", text)
    assert main(["check", str(path)]) == 2
    assert message in capsys.readouterr().err


def test_an_array_that_is_pickled_is_not_read(written):
    path = written()
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], object))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("par/odd.npy", buffer.getvalue())
    told = changed((*LAYER, "parameters", "bias"), "par/odd")
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist() if name != "trace.json"}
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
        file.writestr("trace.json", json.dumps(told))
    with pytest.raises(FileError, match="'par/odd': it cannot be read"), opened(path):
        pass


def test_arrays_are_read_one_at_a_time_and_a_broken_one_harms_no_other(written, capsys):
    path = written(large=np.arange(1e6))
    data = bytearray(path.read_bytes())
    data[data.index(np.arange(1e6)[-9:].tobytes())] ^= 1
    path.write_bytes(data)
    with opened(path) as trace:
        np.testing.assert_array_equal(trace.array("in/image"), ARRAYS["in/image"])
    assert main(["check", str(path)]) == 2
    assert "a.npz: 'large': it cannot be read: Bad CRC-32 for file 'large.npy'" in capsys.readouterr().err


def test_of_two_open_traces_the_broken_one_is_named_once(written, tmp_path):
    path = written(large=np.arange(1e6))
    data = bytearray(path.read_bytes())
    data[data.index(np.arange(1e6)[-9:].tobytes())] ^= 1
    (tmp_path / "broken.npz").write_bytes(data)
    named = pytest.raises(FileError, match=r"^broken\.npz: 'large': it cannot be read")
    with named, opened(tmp_path / "broken.npz") as trace, opened(path):
        trace.array("large")


def test_what_goes_wrong_beside_an_open_trace_is_not_blamed_on_its_file(written):
    with pytest.raises(ValueError, match=r"^of the harness itself$") as raised, opened(written()):
        raise ValueError("of the harness itself")
    assert not isinstance(raised.value, FileError)


# --- traces without layers --------------------------------------------------------------------------------------------

TENSORS = {"conv10": np.ones((1, 4)), "conv2": np.zeros((1, 3)), "input": np.arange(5.0)}


def plain(folder, kind):
    path = folder / f"a{kind}"
    if kind == ".npz":
        np.savez(path, **TENSORS)
    elif kind == "":
        path.mkdir()
        for name, array in TENSORS.items():
            np.save(path / f"{name}.npy", array)
    elif kind == ".safetensors":
        pytest.importorskip("safetensors.numpy").save_file(TENSORS, path)
    else:
        with pytest.importorskip("h5py").File(path, "w") as file:
            for name, array in TENSORS.items():
                file[name] = array
    return path


@pytest.mark.parametrize("kind", [".npz", ".safetensors", ".h5", ""])
def test_any_file_of_tensors_is_a_trace_without_layers(tmp_path, kind):
    with opened(plain(tmp_path, kind)) as trace:
        assert trace.inputs == (Tensor("input"),)
        assert not trace.layers
        assert {*trace.arrays} == {*TENSORS}
        np.testing.assert_array_equal(trace.array("input"), TENSORS["input"])


def test_the_files_of_a_folder_stand_in_the_order_of_a_person(tmp_path):
    with opened(plain(tmp_path, "")) as trace:
        assert list(trace.arrays) == ["conv2", "conv10", "input"]


def test_the_first_tensor_is_the_input_where_none_is_called_so(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones(2), y=np.ones(3))
    with opened(tmp_path / "a.npz") as trace:
        assert (trace.inputs, trace.outputs) == ((Tensor("x"),), (Tensor("y"),))


def test_what_holds_no_numbers_is_left_out_and_remarked(tmp_path):
    np.savez(tmp_path / "a.npz", names=np.array(["a"]), x=np.ones(2))
    with opened(tmp_path / "a.npz") as trace:
        assert list(trace.arrays) == ["x"]
        assert trace.remarks == ("'names' is left out: it does not hold numbers that are read",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "a folder without .npy files"),
        (lambda path: np.savez(path, names=np.array(["a"])), "it holds no arrays of numbers"),
        (lambda path: path.write_bytes(b"PK\x03\x04"), "a.npz cannot be read"),
    ],
    ids=["empty folder", "no numbers", "no archive"],
)
def test_what_is_no_trace_ends_in_a_message(tmp_path, make, message):
    make(tmp_path / "a.npz")
    with pytest.raises(FileError, match=message), opened(tmp_path / "a.npz"):
        pass


# --- harness check ----------------------------------------------------------------------------------------------------


def test_check_says_what_a_trace_holds(written, capsys):
    assert main(["check", str(written())]) == 0
    assert (
        "a.npz: a trace of torch 2.13.0: 2 layers, of them 1 of no known operation; 4 arrays" in capsys.readouterr().out
    )


def test_check_says_where_a_trace_is_wrong(written, capsys):
    assert main(["check", str(written(changed(("format",), 2)))]) == 2
    assert "format 2; expected 1" in capsys.readouterr().err


def test_layers_have_the_keys_of_cases():
    """The keys that a worker writes and those that cases of an operation have: one list."""
    for name, keys in KEYS.items():
        if name in TABLE:
            assert {*keys} - {"constant", "output_size"} <= {*TABLE[name].SETTINGS, *TABLE[name].FIELDS, "flattened"}
