"""What is particular to systems in environments of their own; what they compute is measured in test_backends."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from harness.backends import PACKAGE
from harness.backends.caffe_definition import network
from harness.case.read import load
from harness.operations.call import Call
from harness.parent.outcome import Answered, Died, Outcome, Raised
from harness.parent.pool import Pool
from harness.probing import probe
from harness.runner import run
from harness.systems import selection
from harness.systems.lower import lower
from harness.worker.entry import Settings
from tests.test_backends import example

SEEDS = Path(PACKAGE).parent / "cases" / "seeds"


@pytest.fixture
def started(request) -> Callable[..., Pool]:
    """started(name, ...): a pool of these backends; skips, with the reason, where one is not available."""

    def started(*names: str) -> Pool:
        pool = Pool(selection.backends(names)).__enter__()
        request.addfinalizer(pool.close)
        for name, reason in pool.unavailable.items():
            pytest.skip(f"{name}: {reason}")
        return pool

    return started


def ask(pool: Pool, backend: str, *calls: Call) -> list[Outcome]:
    for index, call in enumerate(calls):
        pool.submit(backend, index, call)
    pool.flush()
    return [outcome for _, outcome in sorted((pool.collect() for _ in calls), key=lambda item: item[0])]


def test_theano_reaches_the_magnitudes_that_the_answer_printed(started):
    """Discrepancy 9.42469e-03 (full) and 9.03687e-03 (valid), norms 1.65440e+04 and 1.55054e+04, all of float32."""
    pool = started("theano")
    entry = next(entry for _, entry in pool.entry_points() if entry.name == "theano.tensor.nnet.conv2d")
    for case in load(SEEDS / "theano-convolve2d.yaml"):
        (outcome,) = ask(pool, "theano", lower(case, entry, "as_written"))
        assert isinstance(outcome, Answered)
        ours = outcome.array[0, 0]
        scipys = signal.convolve2d(
            case.values("input")[0, 0], case.values("kernel")[0, 0], mode=case.settings["padding"]
        )
        printed = {"full": 1.65440e04, "valid": 1.55054e04}[case.settings["padding"]]
        assert np.linalg.norm(ours.astype(float)) == pytest.approx(printed, abs=0.1)
        assert 1e-3 < np.linalg.norm(scipys - ours) < 2e-2


def test_caffe_aborts_on_a_kernel_larger_than_its_input_and_the_run_goes_on(started):
    pool = started("caffe", "numpy")
    (entry,) = [entry for name, entry in pool.entry_points() if entry.name == "caffe.Convolution"]
    good = [lower(example(entry, 2, seed, padding="valid"), entry, "as_written") for seed in range(4)]
    x, w = good[1].arrays["input"], good[1].arrays["kernel"]
    bad = replace(good[1], arrays={"input": x, "kernel": np.tile(w, (1, 1, 4, 1))})
    outcomes = ask(pool, "caffe", good[0], bad, *good[2:])
    assert isinstance(outcomes[1], Died)
    assert outcomes[1].reason == "was ended by SIGABRT"
    assert "Check failed" in outcomes[1].stderr
    assert [type(outcome) for outcome in outcomes] == [Answered, Died, Answered, Answered]


def test_caffe_takes_the_layer_of_the_fourth_question():
    """96 kernels of 5x5, pad 2: one number for both axes, and `shape: {`, as its author wrote it."""
    x, w = np.zeros((10, 1, 128, 128), np.float32), np.zeros((96, 1, 5, 5), np.float32)
    text = network(x, w, Settings((1, 1), (1, 1), ((2, 2), (2, 2)), bias=np.zeros(96)))
    assert "input_param { shape: { dim: 10 dim: 1 dim: 128 dim: 128 } }" in text
    assert "num_output: 96 bias_term: true group: 1 kernel_size: 5 pad: 2 stride: 1 dilation: 1" in text
    uneven = network(x, w[..., :3], Settings((1, 2), (1, 1), ((2, 2), (1, 1))))
    assert "kernel_h: 5 kernel_w: 3 pad_h: 2 pad_w: 1 stride_h: 1 stride_w: 2" in uneven


def test_caffe_and_its_format_in_opencv_agree_on_a_layer_with_bias(started):
    pool = started("caffe", "opencv")
    entries = {entry.name: entry for _, entry in pool.entry_points()}
    layer = [("caffe", "caffe.Convolution"), ("opencv", "cv2.dnn.readNetFromCaffe")]
    bias = np.array([5, -7, 3, 2], np.float32)
    found = []
    for backend, name in layer:
        case = example(entries[name], 2, 1, k=(3, 5), groups=2, stride=(2, 1), padding=((1, 1), (2, 2)), bias=bias)
        (outcome,) = ask(pool, backend, lower(case, entries[name], "as_written"))
        assert isinstance(outcome, Answered), outcome
        found.append(outcome.array)
    np.testing.assert_array_equal(*found)


def test_an_old_python_in_an_environment_serves_the_same_worker(started):
    pool = started("caffe")
    major, minor = pool.hellos["caffe"].environment["python"].split(".")[:2]
    assert major == "3"
    assert int(minor) < 10


@pytest.mark.parametrize("name", ["octave", "tfjs"])
def test_a_program_that_is_told_nonsense_raises_and_goes_on(started, name):
    pool = started(name)
    entry = next(entry for _, entry in pool.entry_points() if 2 in entry.ranks)
    good = lower(example(entry, 2, 1, padding="same"), entry, "as_written")
    bad = replace(good, settings={**good.settings, "padding": "sideways"})
    assert [type(outcome) for outcome in ask(pool, name, good, bad, good)] == [Answered, Raised, Answered]


def test_layers_of_tensorflow_js_do_what_their_declarations_say(started):
    """The cards of all that are told by settings, with a bias for a product, and none that raises or is refused."""
    pool = started("tfjs")
    entries = [(name, entry) for name, entry in pool.entry_points() if not entry.operation.endswith("convolution")]
    assert len(entries) > 20
    cards = probe(pool, entries)
    assert {name: card.differences for name, card in cards.items() if card.differences} == {}
    told = [words for card in cards.values() for words in card.conventions["follows"].values()]
    assert set(told) == {"as declared"}


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes under /proc")
@pytest.mark.parametrize("name", ["octave", "tfjs"])
def test_the_program_of_a_worker_ends_with_it(started, name):
    pool = started(name)
    worker = pool._lanes[name].worker
    (program,) = [
        pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if parent(pid) == worker.process.pid
    ]
    pool.close()
    assert parent(program) != worker.process.pid
    assert not Path(f"/proc/{program}/fd/0").exists()


def parent(pid: int) -> int:
    """The process that started `pid`; 0 when that is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_keras_computes_the_same_on_each_of_its_backends(started, backend):
    name = f"keras[backend={backend}]"
    pool = started(name)
    assert f"({backend})" in pool.hellos[name].version
    (report,) = run(load(SEEDS / "apple-data.yaml"), pool, pool.entry_points())
    assert {result.verdict for result in report.results if result.mode == "normalized"} == {"agrees"}


def test_a_variant_stands_beside_its_backend_in_one_report(started):
    pool = started("tensorflow", "tensorflow[onednn=0]")
    (report,) = run(load(SEEDS / "apple-data.yaml"), pool, pool.entry_points())
    names = [result.entry_point for result in report.results if result.verdict == "agrees"]
    assert {"tensorflow.nn.conv2d", "tensorflow.nn.conv2d @ tensorflow[onednn=0]"} <= set(names)
    assert not report.failures
