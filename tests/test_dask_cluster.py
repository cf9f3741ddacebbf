"""Runs on a cluster: the same results in the same order, few of them out at a time, and a lost worker loses none."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import cli
from harness.case.members import Members
from harness.case.read import CaseError
from harness.cluster import dask_cluster, on_worker
from harness.cluster.dask_cluster import Cluster, ClusterError, placed
from tests.test_merged import VARYING

CASE = """\
title: integers
input: {layout: W, integers: {shape: [7], seed: 1, low: -9, high: 9}}
kernel: {layout: W, integers: {shape: [3], seed: 2, low: -9, high: 9}}
matrix: {means: [cross-correlation, convolution], padding: [valid, same, full, 1, 2]}
"""
ASKED = {"pool": {"backends": ["numpy"], "seconds": 600.0, "memory": None, "jobs": None}, "entries": []}
RUN = ["run", "a.yaml", "--backend", "numpy", "--out"]


@pytest.fixture
def members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Members:
    """Ten members of one file, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    Path("a.yaml").write_text(CASE)
    return Members([Path("a.yaml")])


@pytest.fixture
def pools() -> Iterator[None]:
    """The pool of this process, as that of a worker; it ends with the test."""
    yield
    if on_worker._pool.cache_info().currsize:
        on_worker._pool(json.dumps(ASKED["pool"])).close()
    on_worker._pool.cache_clear()
    on_worker._file.cache_clear()


class Client:
    """A cluster of two workers that are this process; a future is worked out when it is asked for."""

    def __init__(self) -> None:
        self.out = self.most = 0
        self.cancelled: list[Any] = []

    def scheduler_info(self) -> dict[str, Any]:
        return {"workers": {"a": 1, "b": 2}}

    def submit(self, function: Any, told: str, pure: bool) -> Any:
        assert not pure
        self.out += 1
        self.most = max(self.most, self.out)
        return SimpleNamespace(result=lambda: function(told), release=self.release)

    def release(self) -> None:
        self.out -= 1

    def cancel(self, futures: list[Any]) -> None:
        self.cancelled += futures


@pytest.fixture
def cluster(pools: None) -> Cluster:
    made = Cluster.__new__(Cluster)
    made._client, made._own = Client(), None
    made._dask = SimpleNamespace(KilledWorker=InterruptedError)
    return made


def ids(pieces: Any) -> list[str]:
    return [piece["case"]["id"] for piece in pieces]


def test_results_come_in_order_and_few_batches_are_out(
    members: Members, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dask_cluster, "BATCH", 1)
    monkeypatch.setattr(dask_cluster, "AHEAD", 2)
    header, hellos = cluster.about(ASKED)
    assert list(hellos) == list(header["environment"]["backends"]) == ["numpy"]
    assert [entry.name for entry in hellos["numpy"].entry_points][:2] == ["numpy.convolve", "numpy.correlate"]
    versions = {"numpy": hellos["numpy"].version}
    cluster._client.out = 0
    found = ids(cluster.pieces(placed(members.places), ASKED, versions))
    assert found == [name for _, _, name in members.places]
    assert cluster._client.most == 4
    assert not cluster._client.cancelled


def test_what_is_out_is_cancelled_when_a_run_ends_early(
    members: Members, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dask_cluster, "BATCH", 1)
    _, hellos = cluster.about(ASKED)
    found = cluster.pieces(placed(members.places), ASKED, {"numpy": hellos["numpy"].version})
    next(found)
    with pytest.raises(KeyboardInterrupt):
        found.throw(KeyboardInterrupt())
    assert cluster._client.cancelled


def test_other_versions_on_a_worker_are_refused(members: Members, cluster: Cluster):
    with pytest.raises(ClusterError, match=r"workers have different versions: {'numpy': '0'} and {'numpy': '\d"):
        next(cluster.pieces(placed(members.places), ASKED, {"numpy": "0"}))


def test_a_batch_that_ends_every_worker_is_told(members: Members, cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    def killed(told: str) -> str:
        raise InterruptedError("batch-1")

    monkeypatch.setattr(on_worker, "batch", killed)
    with pytest.raises(ClusterError, match="a batch ended every worker that was given it: batch-1"):
        next(cluster.pieces(placed(members.places), ASKED, {}))


@pytest.mark.usefixtures("pools")
def test_a_worker_demands_the_very_file(members: Members):
    path, contents, number, name = next(placed(members.places))
    for found in ((path, "0" * 64), (path + ".gone", contents)):
        with pytest.raises(CaseError, match="is not there on a worker, or is another file"):
            on_worker.batch(json.dumps({**ASKED, "members": [[*found, number, name]]}))


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, members: Members, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.main([*RUN, "reports", "--on", "dask"]) == 2
    assert "--on needs Dask; run: pip install 'framework-agreement[dask]'" in capsys.readouterr().err
    assert cli.main([*RUN, "reports", "--on", "dask", "--cards"]) == 2
    assert "--cards measures here" in capsys.readouterr().err


# --- with Dask itself ------------------------------------------------------------------------------------------------


def settled(path: str) -> str:
    return VARYING.sub("", Path(path).read_text())


def test_a_run_on_a_local_cluster_is_the_run(members: Members, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask_cluster, "BATCH", 2)
    assert cli.main([*RUN, "alone", "--json", "alone.json"]) == 0
    assert cli.main([*RUN, "reports", "--json", "dask.json", "--on", "dask"]) == 0
    assert settled("dask.json") == settled("alone.json")
    assert settled("reports/comparison.md") == settled("alone/comparison.md")


def test_what_a_lost_worker_had_is_run_again(members: Members, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask_cluster, "BATCH", 1)
    with Cluster("dask") as cluster:
        _, hellos = cluster.about(ASKED)
        found = cluster.pieces(placed(members.places), ASKED, {"numpy": hellos["numpy"].version})
        first = next(found)
        lost = next(iter(cluster._client.run(os.getpid).values()))
        os.kill(lost, signal.SIGKILL)
        assert ids([first, *found]) == [name for _, _, name in members.places]


def test_an_address_at_which_nobody_answers_is_told(members: Members, monkeypatch: pytest.MonkeyPatch, capsys):
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1)
    assert cli.main([*RUN, "reports", "--on", "tcp://127.0.0.1:1"]) == 2
    assert "--on tcp://127.0.0.1:1: no scheduler answers there" in capsys.readouterr().err
