"""`.pt` files: PyTorch's own tensors read bit for bit, and files that hold more than tensors, or lie, refused."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.grammar import files
from harness.grammar.files import FileError, checkpoint, stored
from tests.damaged import DAMAGE, Damage, read_when_damaged

TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def saved(folder: Path, torch: Any, value: Any, **options: Any) -> Path:
    torch.save(value, folder / "a.pt", **options)
    return folder / "a.pt"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_weights_of_a_model_are_read(tmp_path: Path, torch: Any, protocol: int) -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(2, 3, (3, 2)), torch.nn.BatchNorm2d(3))
    path = saved(tmp_path, torch, net.state_dict(), pickle_protocol=protocol)
    assert files.names(path) == list(net.state_dict())
    for name, tensor in net.state_dict().items():
        np.testing.assert_array_equal(files.read(path, name), tensor.numpy())


def test_tensors_stand_by_their_paths(tmp_path: Path, torch: Any) -> None:
    """In dictionaries, lists and tuples, beside numbers, text, dtypes and the state of an optimizer."""
    net = torch.nn.Linear(2, 1)
    adam = torch.optim.Adam(net.parameters())
    net(torch.ones(1, 2)).backward()
    adam.step()
    rest = {"epoch": 3, "shape": net.weight.shape, "dtype": torch.float32, "device": torch.device("cpu"), "none": None}
    value = {"net": net.state_dict(), "adam": adam.state_dict(), "all": [net.bias, (torch.ones(1),)], **rest}
    path = saved(tmp_path, torch, value)
    assert files.names(path)[:2] == ["net.weight", "net.bias"]
    assert files.names(path)[-2:] == ["all.0", "all.1.0"]
    assert files.read(path, "adam.state.0.exp_avg").shape == (1, 2)
    np.testing.assert_array_equal(files.read(path, "all.0"), net.bias.detach().numpy())


def test_a_tensor_alone_needs_no_name(tmp_path: Path, torch: Any) -> None:
    path = saved(tmp_path, torch, torch.arange(6.0).reshape(2, 3))
    assert files.names(path) == [""]
    assert files.read(path).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_buffers_parameters_and_those_with_attributes_are_tensors(tmp_path: Path, torch: Any) -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.remark = "kept by PyTorch"
    path = saved(
        tmp_path, torch, {"a": torch.nn.Buffer(torch.ones(2)), "b": parameter, "c": torch.nn.Parameter(torch.ones(2))}
    )
    assert [files.read(path, name).tolist() for name in "abc"] == [[1, 1]] * 3


@pytest.mark.parametrize("dtype", stored.DTYPES)
def test_dtypes_are_kept(tmp_path: Path, torch: Any, dtype: str) -> None:
    tensor = torch.arange(-3, 3).to(getattr(torch, dtype)).reshape(2, 3)
    found = files.read(saved(tmp_path, torch, {"w": tensor}))
    assert found.dtype == ("float32" if dtype == "bfloat16" else dtype)
    np.testing.assert_array_equal(found, tensor.float().numpy() if dtype == "bfloat16" else tensor.numpy())


@pytest.mark.parametrize("dtype", ["bool", "complex64", "float8_e4m3fn"])
def test_other_dtypes_are_listed_and_refused(tmp_path: Path, torch: Any, dtype: str) -> None:
    path = saved(tmp_path, torch, {"w": torch.ones(2), "o": torch.ones(2).to(getattr(torch, dtype))})
    assert files.names(path) == ["w", "o"]
    with pytest.raises(FileError, match=f"'o': expected an array of floats or integers .*, found dtype {dtype}"):
        files.read(path, "o")


@given(st.data())
def test_views_are_what_pytorch_shows(tmp_path_factory: Any, data: Any) -> None:
    """Transposed, sliced, expanded, of one storage; bfloat16 among them."""
    torch = pytest.importorskip("torch")
    dtype = data.draw(st.sampled_from([torch.float32, torch.bfloat16, torch.int16]))
    tensor = torch.arange(120).to(dtype).reshape(data.draw(st.sampled_from([(2, 3, 4, 5), (120,), (1, 120), (8, 15)])))
    for _ in range(data.draw(st.integers(0, 3))):
        axis = data.draw(st.integers(0, tensor.dim() - 1))
        start, step = data.draw(st.integers(0, tensor.shape[axis])), data.draw(st.integers(1, 3))
        view = data.draw(st.sampled_from(["transpose", "slice", "expand"]))
        if view == "transpose":
            tensor = tensor.transpose(0, axis)
        elif view == "slice":
            tensor = tensor.narrow(axis, start, tensor.shape[axis] - start)
            tensor = tensor[tuple(slice(None, None, step if each == axis else 1) for each in range(tensor.dim()))]
        else:
            tensor = tensor.unsqueeze(axis).expand(*tensor.shape[:axis], step, *tensor.shape[axis:])
    found = files.read(saved(tmp_path_factory.getbasetemp(), torch, {"w": tensor}))
    np.testing.assert_array_equal(found, tensor.float().numpy())


def test_numbers_of_a_machine_with_the_highest_byte_first(tmp_path: Path, torch: Any) -> None:
    path = saved(tmp_path, torch, {"w": torch.arange(3.0)})
    swapped = np.arange(3, dtype=">f4").tobytes()
    rewritten(path, {"a/byteorder": b"big", "a/data/0": swapped})
    assert files.read(path).tolist() == [0, 1, 2]
    rewritten(path, {"a/byteorder": None, "a/data/0": np.arange(3, dtype="<f4").tobytes()})
    assert files.read(path).tolist() == [0, 1, 2]


def test_a_tensor_that_is_negated_when_it_is_used_is_refused(tmp_path: Path, torch: Any) -> None:
    path = saved(tmp_path, torch, {"w": torch._neg_view(torch.ones(2))})
    with pytest.raises(
        FileError, match="'w': it is negated or conjugated only when it is used; save tensor.resolve_neg"
    ):
        files.read(path)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (lambda torch: torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        (lambda torch: torch.eye(2).to_sparse(), "torch._utils._rebuild_sparse_tensor"),
        (lambda torch: {"w": torch.ones(1), "best": np.float64(1)}, "numpy"),
        (lambda torch: {"w": torch.ones(1), "at": Path("x")}, "pathlib"),
    ],
)
def test_what_is_more_than_tensors_says_what_to_do(tmp_path: Path, torch: Any, value: Any, name: str) -> None:
    with pytest.raises(FileError) as caught:
        files.read(saved(tmp_path, torch, value(torch)))
    assert str(caught.value).startswith(f"a.pt: data.pkl: it asks for {name}")
    assert "nothing of it was run: load it in PyTorch where you trust it, and save its weights: torch.save(" in str(
        caught.value
    )


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_a_program_of_torchscript_says_what_to_do(tmp_path: Path, torch: Any) -> None:
    torch.jit.trace(torch.nn.Linear(1, 1), torch.ones(1, 1)).save(tmp_path / "a.pt")
    with pytest.raises(FileError, match="it asks for __torch__.* and save its weights"):
        files.read(tmp_path / "a.pt")


def test_the_form_of_before_1_6_says_what_to_do(tmp_path: Path, torch: Any) -> None:
    path = saved(tmp_path, torch, {"w": torch.ones(1)}, _use_new_zipfile_serialization=False)
    with pytest.raises(
        FileError, match=r"before PyTorch 1.6, .* torch.save\(torch.load\(file, weights_only=True\), file\)"
    ):
        files.read(path)


# --- files made by hand ----------------------------------------------------------------------------------------------


def rewritten(path: Path, changes: dict[str, bytes | None]) -> None:
    """The same archive with other contents of some members, None for those that go."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**members, **changes}.items():
            if data is not None:
                archive.writestr(name, data)


def text(words: str) -> bytes:
    return b"X" + len(words).to_bytes(4, "little") + words.encode()


def number(value: int) -> bytes:
    return b"\x8a\x09" + value.to_bytes(9, "little", signed=True)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0, count: int = 4, key: str = "0") -> bytes:
    """The steps that make a tensor of a storage of `count` float32 numbers."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + number(count) + b"tQ"
    return TENSOR + b"(" + storage + number(offset) + numbers(shape) + numbers(strides) + b"\x89N" + b"tR"


def handmade(folder: Path, steps: bytes, data: bytes = bytes(16), compression: int = zipfile.ZIP_STORED) -> Path:
    """A checkpoint whose data.pkl has these steps."""
    with zipfile.ZipFile(folder / "a.pt", "w", compression) as archive:
        archive.writestr("a/data.pkl", b"\x80\x02" + steps + b".")
        archive.writestr("a/data/0", data)
    return folder / "a.pt"


def test_the_steps_of_these_tests_are_those_of_pytorch(tmp_path: Path) -> None:
    path = handmade(tmp_path, tensor((2, 2), (1, 2)), np.arange(4, dtype="<f4").tobytes())
    assert files.read(path).tolist() == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (tensor((5,), (1,)), "it reaches to byte 20 of data/0, which has 16"),
        (tensor((2,), (1,), offset=3), "it reaches to byte 20 of data/0"),
        (tensor((2,), (2**62,)), "it reaches to byte 18446744073709551620 of data/0"),
        (tensor((4,), (1,), count=5), "data/0 has 16 bytes where 5 numbers of float32 are announced"),
        (tensor((4,), (1,), key="../../a.pt"), "its numbers, data/../../a.pt, are not in the file"),
        (tensor((2**28 + 1,), (0,)), "268435457 elements; an array may have 268435456"),
        (tensor((2**28,), (0,)), "1073741824 bytes out of 4; .* may expand 100-fold"),
        (
            tensor((-1,), (1,)),
            "a broken pickle, at byte .*: expected a storage, an offset, a shape and as many strides",
        ),
        (tensor((4,), (-1,), offset=3), "as many strides"),
        (tensor((4,), (1, 1)), "as many strides"),
        (tensor((1,) * 33, (1,) * 33), "as many strides"),
        (TENSOR + b"(K\x01K\x00" + numbers((1,)) + numbers((1,)) + b"tR", "a broken pickle"),
        (
            b"(" + text("storage") + b"ctorch\nFloatStorage\nK\x00K\x00K\x04tQ",
            "expected a storage, its key and its size",
        ),
        (b"K\x01Q", "a broken pickle"),
        (b"]q\x00h\x00a", "data.pkl holds too many values, or some within themselves"),
        (b"]" + b"(K\x01" * 70 + b"l" * 70, "data.pkl holds too many values, or some within themselves"),
        (b"K\x01" + b"".join(b"q\x00(h\x00h\x00l" for _ in range(60)), "too many values, or some within themselves"),
        (b"](" + b"K\x01" * 2**16 + b"eq\x00(" + b"h\x00" * 2**16 + b"e", "too many values, or some within themselves"),
        (
            b"](" + b"K\x01" * 2**12 + b"eq\x00(" + b"ctorch\nSize\nh\x00\x85R" * 2**11 + b"l",
            "functions are given more than 4194304 values",
        ),
        (
            b"]("
            + (text("k") + b"K\x01\x86") * 2**6
            + b"eq\x00ccollections\nOrderedDict\n("
            + b"h\x00" * 2**16
            + b"tR",
            "a broken pickle",
        ),
        (b"}" + text("k" * 2**12 + "e") + tensor((4,), (1,)) + b"s", "names of more than 4096 characters"),
        (
            b"cposix\nsystem\n(" + text("touch made") + b"tR",
            "it asks for posix.system at byte 2, and only tensors are read",
        ),
    ],
)
def test_what_data_pkl_says_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: bytes, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = handmade(tmp_path, steps)
    with pytest.raises(FileError, match=message):
        files.read(path)
    assert os.listdir() == ["a.pt"]


def test_a_key_that_holds_itself_many_times_is_not_written_out(tmp_path: Path) -> None:
    """Its text would have 2**80 characters; keys that are no text have their places for names."""
    many = b"K\x01" + b"q\x00h\x00\x86" * 80
    path = handmade(tmp_path, b"}(" + many + tensor((4,), (1,)) + b"NK\x02u")
    assert files.names(path) == ["#0"]
    with pytest.raises(FileError, match="a broken pickle"):
        files.read(handmade(tmp_path, many + many + b"\x93"))


def test_a_tensor_without_elements_needs_no_numbers(tmp_path: Path) -> None:
    assert files.read(handmade(tmp_path, tensor((0, 3), (3, 1), count=0), b"")).shape == (0, 3)


def test_one_path_of_two_tensors_names_nothing(tmp_path: Path) -> None:
    one = tensor((4,), (1,))
    steps = b"}(" + text("a.b") + one + text("a") + b"}(" + text("b") + one + b"uu"
    with pytest.raises(FileError, match="'a.b': there are two arrays of this name"):
        files.read(handmade(tmp_path, steps))


def test_a_bomb_is_refused_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LARGEST_UNPACKED", 2**10)
    path = handmade(tmp_path, tensor((2**16,), (1,), count=2**16), bytes(2**18), zipfile.ZIP_DEFLATED)
    with pytest.raises(FileError, match="262144 bytes out of .* save them in full"):
        files.read(path)


def test_a_data_pkl_that_is_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "LARGEST_HEADER", 2**10)
    with pytest.raises(FileError, match=r"a data.pkl of \d+ bytes; at most 1024 are read; load it in PyTorch"):
        files.read(handmade(tmp_path, b"N0" * 2**10 + b"N", compression=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty; write, copy or download it again"),
        (pickle.dumps([1.0]), "not what torch.save writes: expected a zip with data.pkl"),
        (b"PK\x03\x04", "not what torch.save writes"),
    ],
)
def test_another_file_says_so(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.pth").write_bytes(data)
    with pytest.raises(FileError, match=message):
        files.read(tmp_path / "a.pth")


@pytest.mark.parametrize("members", [[], ["a/data.pkl", "b/data.pkl"]])
def test_an_archive_has_one_data_pkl(tmp_path: Path, members: list[str]) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        for name in ["x", *members]:
            archive.writestr(name, b"N.")
    with pytest.raises(FileError, match=f"expected one data.pkl in the zip, found {len(members)}"):
        files.read(tmp_path / "a.pt")


@given(DAMAGE)
def test_changed_bytes_give_arrays_or_a_message(tmp_path_factory: Any, damage: Damage) -> None:
    steps = b"}(" + text("w") + tensor((2, 2), (1, 2)) + text("v") + tensor((3,), (0,)) + b"u"
    read_when_damaged(handmade(tmp_path_factory.getbasetemp(), steps), damage)
