"""What a worker of a cluster does: members of case files in its own pool. What goes in and comes out is JSON.

Case files are read where they lie, which all workers must see; each is read once by a worker, and told by its contents
from one that only has its name.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.backends import TABLE
from harness.case.read import Case, CaseError, load
from harness.parent.pool import Pool
from harness.parent.talk import Hello, left_out, offered
from harness.parent.worker_limits import Limits
from harness.report import results
from harness.runner import CODE_FOR, run
from harness.systems import selection
from harness.worker import wire

_one_at_a_time = threading.Lock()
"""A pool is for one batch at a time, however many threads a worker has."""


def about(told: str) -> str:
    """The header of the results of a run, and what each backend said first, as JSON; `told` as for `batch`."""
    asked = json.loads(told)
    with _one_at_a_time:
        pool = _pool(json.dumps(asked["pool"]))
        hellos = _asked_for(asked, pool)
        header = results.header(hellos, pool.unavailable)
        return json.dumps({"header": header, "hellos": [_hello(name, hello) for name, hello in hellos.items()]})


def batch(told: str) -> str:
    """The pieces of the results of some members, and the versions that gave them, as JSON.

    `told`: {"pool": {"backends": [...], "seconds": ..., "memory": ..., "jobs": ...}, "entries": [...],
    "members": [[file, digest of its bytes, number of the member in it, its id], ...]}
    """
    asked = json.loads(told)
    with _one_at_a_time:
        pool = _pool(json.dumps(asked["pool"]))
        hellos = _asked_for(asked, pool)
        entries = selection.entry_points(asked["entries"], offered(hellos), "--entry", left_out(hellos))
        found = [results.piece(report) for report in run(_cases(asked["members"]), pool, entries, coded=True)]
        return json.dumps({"pieces": found, "versions": {name: hello.version for name, hello in hellos.items()}})


def digest(path: Path) -> str:
    """By what the contents of a case file are known."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _asked_for(asked: Mapping[str, Any], pool: Pool) -> dict[str, Hello]:
    """Those of the pool that the run is on: it has NumPy for code besides."""
    names = [each.name for each in selection.backends(asked["pool"]["backends"], "--backend")]
    return {name: hello for name, hello in pool.hellos.items() if name in names}


@lru_cache(maxsize=1)
def _pool(told: str) -> Pool:
    """The pool of this process, which ends with it."""
    asked = json.loads(told)
    backends = {each.name: each for each in selection.backends(asked["backends"], "--backend")}
    limits = Limits(call=asked["seconds"], memory=asked["memory"])
    pool = Pool({CODE_FOR: TABLE[CODE_FOR], **backends}.values(), limits, asked["jobs"]).__enter__()
    atexit.register(pool.close)
    return pool


def _cases(members: list[tuple[str, str, int, str]]) -> Iterator[Case]:
    for path, contents, number, name in members:
        yield replace(_file(path, contents)[number], id=name)


@lru_cache(maxsize=8)
def _file(path: str, contents: str) -> list[Case]:
    """The members of a case file. Raises CaseError where it is not there, or is another one."""
    if not Path(path).is_file() or digest(Path(path)) != contents:
        raise CaseError(f"{path} is not there on a worker, or is another file; all must see the same case files")
    return list(load(path))


def _hello(name: str, hello: Hello) -> dict[str, Any]:
    return {
        "hello": wire.PROTOCOL,
        "backend": name,
        "version": hello.version,
        "environment": dict(hello.environment),
        "entry_points": [entry.as_json() for entry in hello.entry_points],
        "left_out": dict(hello.left_out),
    }
