"""A cluster of Dask, this machine or one that is there: batches go out, results come back in order.

No more than a few batches for each worker are out at a time, so memory stays flat. The scheduler gives what a lost
worker had to another one.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from harness.cluster import on_worker
from harness.ending import Mistake
from harness.parent import talk
from harness.parent.talk import Hello
from harness.report.results import Piece

HERE = "dask"
"""What stands for a cluster on this machine."""
BATCH, AHEAD = 64, 3
"""Members of a batch, and batches that are out for each worker."""
PATIENCE = 20
"""Seconds in which a scheduler must answer."""
AS_ALONE: Mapping[str, Any] = {"distributed.nanny.pre-spawn-environ": {}}
"""Dask would have each worker compute in one thread; the results are to be those of a run without it."""
Asked = Mapping[str, Any]
"""What `on_worker.batch` is told, but for the members."""


class ClusterError(Mistake):
    """A cluster that cannot be used; the text says why and what to do."""


class Cluster:
    """A context manager. where: HERE, or the address of a scheduler. Raises ClusterError."""

    def __init__(self, where: str) -> None:
        try:
            import dask
            import distributed
        except ImportError:
            raise ClusterError("--on needs Dask; run: pip install 'framework-agreement[dask]'") from None
        self._dask = distributed
        self._own: Any = None
        if where == HERE:
            with dask.config.set(AS_ALONE):
                self._own = distributed.LocalCluster(threads_per_worker=1, processes=True, dashboard_address=None)
        try:
            self._client = distributed.Client(where if self._own is None else self._own, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            raise ClusterError(f"--on {where}: no scheduler answers there ({error})") from None

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._own is not None:
            self._own.close()

    def about(self, asked: Asked) -> tuple[dict[str, Any], dict[str, Hello]]:
        """The header of the results, and what the backends of a worker said, by name."""
        told = json.loads(self._result(self._client.submit(on_worker.about, json.dumps(asked), pure=False)))
        return told["header"], {each["backend"]: talk.hello(each) for each in told["hellos"]}

    def pieces(self, members: Iterable[Sequence[Any]], asked: Asked, versions: Asked) -> Generator[Piece]:
        """The results of members (file, digest, number, id), in their order. Raises ClusterError."""
        out: deque[Any] = deque()
        batches = _batches(members)
        try:
            while True:
                most = AHEAD * max(len(self._client.scheduler_info()["workers"]), 1)
                for some in islice(batches, max(most - len(out), 0)):
                    told = json.dumps({**asked, "members": some})
                    out.append(self._client.submit(on_worker.batch, told, pure=False))
                if not out:
                    return
                found = json.loads(self._result(out[0]))
                if found["versions"] != versions:
                    raise ClusterError(f"workers have different versions: {versions} and {found['versions']}")
                out.popleft().release()
                yield from found["pieces"]
        finally:
            self._client.cancel(list(out))

    def _result(self, future: Any) -> str:
        try:
            return str(future.result())
        except self._dask.KilledWorker as error:
            raise ClusterError(f"a batch ended every worker that was given it: {error}") from None


def _batches(members: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    left = iter(members)
    while some := list(islice(left, BATCH)):
        yield some


def placed(names: Iterable[tuple[Path, int, str]]) -> Iterator[tuple[str, str, int, str]]:
    """(file, digest, number in it, id) of members of which file, number and id are given."""
    digests: dict[Path, str] = {}
    for path, number, name in names:
        if path not in digests:
            digests = {path: on_worker.digest(path)}
        yield str(path.absolute()), digests[path], number, name
