"""Walks over a network of PyTorch and its port to TensorFlow: layers that have one name there and mean two things."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.models.traced import Trace
from harness.models.traces import opened
from harness.models.walk import walk
from tests.test_walk import demand_clean, ids, told
from tests.tracing import trace

pytest.importorskip("torch")
if importlib.util.find_spec("tensorflow") is None:
    pytest.skip("TensorFlow is not there", allow_module_level=True)
NETWORK = Path(__file__).parent / "networks" / "ported_saved.py"
IMAGE = np.random.default_rng(1).normal(size=(2, 3, 10, 10)).astype(np.float32)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trace]:
    with opened(trace(tmp_path_factory.mktemp("torch"), f"torch:{NETWORK}:make", x=IMAGE)) as found:
        yield found


def ported(folder: Path, *mistakes: str) -> Path:
    subprocess.run([sys.executable, NETWORK, folder / "net", *mistakes], check=True, capture_output=True)
    return trace(folder, folder / "net", image=IMAGE.transpose(0, 2, 3, 1))


def test_a_faithful_port_agrees(original: Trace, tmp_path: Path) -> None:
    with opened(ported(tmp_path)) as port:
        walked = walk(original, port)
    demand_clean(walked)
    assert [told(each)[:2] for each in walked.pairs if each.a in (("local_response_norm",), ("pad",))] == [
        (("local_response_norm",), ("LRN",)),
        (("pad",), ("MirrorPad",)),
    ]


def test_an_alpha_that_only_one_of_them_divides_is_named(original: Trace, tmp_path: Path) -> None:
    with opened(ported(tmp_path, "alpha")) as port:
        (fault,) = walk(original, port).faults
    assert fault.a == ("local_response_norm",)
    assert ids(fault) in (["divided"], ["alpha"])


def test_channels_that_became_pixels_in_the_other_order_are_named(original: Trace, tmp_path: Path) -> None:
    with opened(ported(tmp_path, "order")) as port:
        (fault,) = walk(original, port).faults
    assert fault.a == ("pixel_shuffle",)
    assert ids(fault) == ["order"]


def test_amounts_that_were_read_in_another_order_are_named(original: Trace, tmp_path: Path) -> None:
    with opened(ported(tmp_path, "pad")) as port:
        (fault,) = walk(original, port).faults
    assert fault.a == ("pad",)
    assert ids(fault) == ["padding"]
