"""Walks over a network of PyTorch and its port to TensorFlow: layers that have one name there and mean two things."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
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
Ported = Callable[[str], Path]
MISTAKES = ("alpha", "order", "pad")
IMAGE = np.random.default_rng(1).normal(size=(2, 3, 10, 10)).astype(np.float32)


@pytest.fixture(scope="module")
def original(one_tracer: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trace]:
    with opened(trace(tmp_path_factory.mktemp("torch"), f"torch:{NETWORK}:make", x=IMAGE)) as found:
        yield found


@pytest.fixture(scope="module")
def ported(one_tracer: None, tmp_path_factory: pytest.TempPathFactory) -> Ported:
    """ported(mistake): the trace of the port with it; all of them are saved by one process."""
    folder = tmp_path_factory.mktemp("ports")
    subprocess.run([sys.executable, NETWORK, folder, *MISTAKES], check=True, capture_output=True)

    def ported(mistake: str) -> Path:
        return trace(tmp_path_factory.mktemp(mistake), folder / mistake, image=IMAGE.transpose(0, 2, 3, 1))

    return ported


def test_a_faithful_port_agrees(original: Trace, ported: Ported) -> None:
    with opened(ported("none")) as port:
        walked = walk(original, port)
    demand_clean(walked)
    assert [told(each)[:2] for each in walked.pairs if each.a in (("local_response_norm",), ("pad",))] == [
        (("local_response_norm",), ("LRN",)),
        (("pad",), ("MirrorPad",)),
    ]


def test_an_alpha_that_only_one_of_them_divides_is_named(original: Trace, ported: Ported) -> None:
    with opened(ported("alpha")) as port:
        (fault,) = walk(original, port).faults
    assert fault.a == ("local_response_norm",)
    assert ids(fault) in (["divided"], ["alpha"])


def test_channels_that_became_pixels_in_the_other_order_are_named(
    original: Trace, ported: Callable[[str], Path]
) -> None:
    with opened(ported("order")) as port:
        (fault,) = walk(original, port).faults
    assert fault.a == ("pixel_shuffle",)
    assert ids(fault) == ["order"]


def test_amounts_that_were_read_in_another_order_are_named(original: Trace, ported: Ported) -> None:
    with opened(ported("pad")) as port:
        (fault,) = walk(original, port).faults
    assert fault.a == ("pad",)
    assert ids(fault) == ["padding"]
