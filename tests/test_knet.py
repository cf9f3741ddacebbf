"""Knet: what was recorded is what the canonical form says, and the worker in Julia speaks the protocol."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import TABLE, knet
from harness.canonical import layout
from harness.canonical.window import Linear, Window
from harness.case.read import Case
from harness.cli import main
from harness.ending import MISSING
from harness.parent.outcome import Answered, Declined
from harness.parent.pool import Pool
from harness.systems.lower import lower
from harness.worker.spans import span
from tests.declared import case_of
from tests.knet_cases import stamping
from tests.plain import evaluate, integers

MANIFEST = json.loads(Path(knet.RECORDINGS, "manifest.json").read_text())["cases"]
ARRAYS = np.load(Path(knet.RECORDINGS, "knet.npz"), allow_pickle=False)
CALLS = [call for call in MANIFEST if call["results"][knet.KNET]["status"] == "ok"]
SAYABLE = [call for call in CALLS if set(call["params"]) <= {"mode", "padding", "stride", "dilation", "alpha"}]


def test_all_recorded_calls_are_here():
    assert len(MANIFEST) == 106
    assert len(SAYABLE) > 80


def test_the_documents_say_how_many_calls_are_answered_without_julia(monkeypatch):
    monkeypatch.setattr(knet, "recorded", {}, raising=False)
    knet.start()
    told = (Path(__file__).parent.parent / "docs" / "environments.md").read_text("utf-8")
    assert f"{len(knet.recorded)} recorded calls of Knet {knet.KNET} are answered" in told


def test_a_package_without_recordings_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(knet, "RECORDINGS", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="install Julia with Knet"):
        knet.start()


def meant(call: dict[str, Any]) -> Linear:
    """The convolution that a recorded call means; deconv4 is the gradient of conv4."""
    x, w = ARRAYS[call["id"] + "/x"], ARRAYS[call["id"] + "/w"]
    rank = x.ndim - 2
    said = knet.settings(call["params"], rank)
    w = w.astype(x.dtype) * call["params"].get("alpha", 1)
    if call["fn"] == "conv4":
        kernel, reversal, base, stride, pairs = "*IO", said["mode"] == 0, None, said["stride"], said["padding"]
    else:
        kernel, reversal, base, stride = "*OI", said["mode"] == 1, said["stride"], (1,) * rank
        edges = [span(k, d) - 1 for k, d in zip(w.shape, said["dilation"], strict=False)]
        pairs = tuple((edge - low, edge - high) for edge, (low, high) in zip(edges, said["padding"], strict=True))
    window = Window(stride, said["dilation"], pairs, (reversal,) * rank, base or ())
    x = layout.to_canonical(x, layout.expand("*CN", rank), "input")
    return Linear(x, layout.to_canonical(w, layout.expand(kernel, rank), "kernel"), None, window)


@pytest.mark.parametrize("call", SAYABLE, ids=lambda call: call["id"])
def test_a_recorded_output_is_that_of_the_canonical_form(call):
    conv = meant(call)
    found = ARRAYS[f"{call['id']}/y_knet{knet.KNET}"]
    found = layout.to_canonical(found, layout.expand("*CN", conv.rank), "output")
    rounding = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-14, "int64": 0}[call["dtype"]]
    wanted = evaluate(Linear(conv.x.astype(float), conv.w.astype(float), None, conv.window))
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= rounding * 10 * max(1.0, float(np.abs(wanted).max()))


@pytest.fixture
def recorded(monkeypatch) -> Iterator[Pool]:
    """The backend where no Julia is."""
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *more: None if name == "julia" else found(name, *more))
    with Pool([TABLE["knet"]]) as pool:
        yield pool


def said(call: dict[str, Any]) -> bool:
    """Whether a case can say the call: Knet's own default of alpha, and no cropping."""
    words = knet.settings(call["params"], len(call["x_shape"]) - 2)
    numbers = call["id"] != "err_mixed_dtype"
    usual = call["params"].get("alpha", 1) == 1 and words["mode"] in (0, 1) and min(map(min, words["padding"])) >= 0
    return numbers and usual


def case_that_means(call: dict[str, Any]) -> Case:
    if call["fn"] == "conv4":
        return case_of(meant(call))
    x, w = ARRAYS[call["id"] + "/x"], ARRAYS[call["id"] + "/w"]
    return stamping(x, w, knet.settings(call["params"], x.ndim - 2))


def test_without_julia_recorded_calls_are_answered_and_others_declined(recorded):
    assert recorded.hellos["knet"].version == "recorded (Knet 1.4.10)"
    entries = {entry.name: entry for _, entry in recorded.entry_points()}
    calls = [call for call in SAYABLE if said(call)]
    assert {call["fn"] for call in calls} == {"conv4", "deconv4"}
    for index, call in enumerate(calls):
        entry = entries[f"Knet.{call['fn']}(mode={call['params'].get('mode', 0)})"]
        recorded.submit("knet", index, lower(case_that_means(call), entry, "as_written"))
    unheard = Linear(integers((1, 1, 5), 1), integers((1, 1, 2), 2), None, Window((1,), (1,), ((0, 0),), (True,)))
    recorded.submit("knet", -1, lower(case_of(unheard), entries["Knet.conv4(mode=0)"], "as_written"))
    recorded.flush()
    outcomes = dict(recorded.collect() for _ in range(len(calls) + 1))
    assert isinstance(outcomes.pop(-1), Declined)
    for index, call in enumerate(calls):
        assert isinstance(outcomes[index], Answered), (call["id"], outcomes[index])
        np.testing.assert_array_equal(outcomes[index].array, ARRAYS[f"{call['id']}/y_knet{knet.KNET}"])


@pytest.mark.parametrize("asked", [["Knet.conv4"], ["Knet.conv4", "numpy.convolve"], ["--backend", "knet"]])
def test_without_julia_no_card_can_be_had_and_the_missing_backend_is_named(recorded, capsys, asked):
    assert main(["probe", *asked]) == MISSING
    said = "only what was recorded of it is answered here; julia is not on the PATH; install it, and knet in it"
    assert capsys.readouterr().err.splitlines() == [f"harness: knet was asked for and is not available: {said}"]


def fake_julia(monkeypatch: pytest.MonkeyPatch, folder: Path, does: str) -> None:
    """Puts a `julia` first on the path that does this."""
    program = folder / "julia"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


CASE = str(Path(__file__).parent.parent / "cases" / "recordings" / "knet" / "pool-mean.yaml")


def test_a_julia_that_dies_at_its_start_is_missing_where_knet_is_asked_for(monkeypatch, tmp_path, capsys):
    fake_julia(monkeypatch, tmp_path, "kill -KILL $$")
    assert main(["run", CASE, "--backend", "knet", "--out", str(tmp_path / "out")]) == MISSING
    told = "knet was asked for and is not available: julia: could not be started: it was ended by SIGKILL"
    assert capsys.readouterr().err.splitlines()[-1] == f"harness: {told}"


def test_a_julia_that_dies_at_its_start_is_told_beside_the_recordings_where_nobody_asks_for_knet(monkeypatch, tmp_path):
    fake_julia(monkeypatch, tmp_path, "kill -KILL $$")
    with Pool([TABLE["knet"]]) as pool:
        assert pool.unavailable == {"knet": "julia: could not be started: it was ended by SIGKILL"}
        assert pool.hellos["knet"].entry_points


RECORDED = "recorded (Knet 1.4.10); julia: "


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("""echo '{"hello": 1, "arrays": 0, "unavailable": "no Knet; bring it"}'""", "no Knet; bring it"),
        ("echo no libjulia >&2; exit 127", "could not be started: it exited with code 127 (no libjulia)"),
        ("echo hello", "could not be started: it broke the protocol"),
    ],
    ids=["no Knet", "broken", "something else"],
)
def test_a_julia_that_is_of_no_use_leaves_the_recordings_and_says_why(monkeypatch, tmp_path, does, reason):
    program = tmp_path / "julia"
    program.write_text(f"#!/bin/sh\necho started >> {tmp_path}/starts\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (call,) = (call for call in CALLS if call["id"] == "deconv_plain_mode1")
    with Pool([TABLE["knet"]]) as pool:
        assert pool.hellos["knet"].version.startswith(RECORDED + reason)
        (entry,) = (entry for _, entry in pool.entry_points() if entry.name == "Knet.deconv4(mode=1)")
        pool.submit("knet", 0, lower(case_that_means(call), entry, "as_written"))
        pool.flush()
        _, outcome = pool.collect()
    np.testing.assert_array_equal(outcome.array, ARRAYS[f"{call['id']}/y_knet{knet.KNET}"])
    assert (tmp_path / "starts").read_text() == "started\n"
