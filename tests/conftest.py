"""What holds for all tests: those of properties are seeded, and have no time limit; a framework is started once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from harness.backends import TABLE
from harness.interrupts import SIGNALS
from harness.judge import fix
from harness.models import tracing_runs
from harness.parent.pool import Pool
from harness.parent.process import Startable, Worker
from harness.parent.worker_limits import Limits

settings.register_profile("tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

QUICK = {
    *("agreement", "array_json", "as_printed", "axis", "blame", "browser_words", "caffe_weights", "case"),
    *("channels", "compare", "completion", "diff", "distinct", "document", "entry", "expect", "formats"),
    *("forms", "gaps", "generators", "inferring", "installed", "interrupts", "junit", "layer", "layout"),
    *("machine", "members", "named_files", "npy", "pasted", "printed_files", "printout_forms", "progress"),
    *("prototxt", "protobuf", "regular", "results", "safetensors", "sheets", "slack", "sources"),
    *("steps", "summary", "table", "tail", "tally", "template", "terminal", "transform"),
    *("units", "wall", "window", "winograd", "wire"),
}
"""Modules whose tests start no framework and search little: what one wants to know after each change."""


LONG = {
    *("activation", "browser", "caffe-migration", "controls", "dense", "explain", "faint", "fitted", "followed"),
    *("hunt", "local_response_normalization", "normalization", "padding", "planted", "plants", "pooling"),
    *("probe_backends", "rearrange", "resize", "theano-convolve2d", "tracing_keras", "walk_frameworks", "walk_saved"),
}
"""Files that take the longest, however few their tests: they begin first, so that those side by side end together."""


def pytest_configure(config: pytest.Config) -> None:
    """pytest-xdist would begin with the files of the most tests."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first; `-m quick` takes the tests of the modules in `QUICK`."""
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in LONG)
    for item in items:
        if item.path.stem.removeprefix("test_") in QUICK:
            item.add_marker("quick")


@pytest.fixture(scope="session")
def workers() -> Iterator[Callable[..., Pool]]:
    """workers(name, ...): a pool of these backends, started when a test first asks for it, that works for all tests."""
    pools: dict[tuple[str, ...], Pool] = {}

    def of(*names: str) -> Pool:
        if names not in pools:
            pools[names] = Pool([TABLE[name] for name in names]).__enter__()
        return pools[names]

    yield of
    for pool in pools.values():
        pool.close()


@pytest.fixture
def kept(workers: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of fixes is run by workers that other tests have started, and leaves them to others."""

    def pool(backends: Iterable[Startable]) -> contextlib.AbstractContextManager[Pool]:
        return contextlib.nullcontext(workers(*(each.name for each in backends)))

    monkeypatch.setattr(fix, "Pool", pool)


class _Tracer(Worker):
    """A worker that traces one model after another: asked for again, it has said hello, and a stop leaves it."""

    spoken = False

    def greeted(self) -> None:
        if not self.spoken:
            self.spoken = True
            super().greeted()

    def stop(self) -> None:
        if self.process.poll() is not None:
            super().stop()


@pytest.fixture(scope="session")
def tracers() -> Iterator[dict[tuple[str, ...], _Tracer]]:
    """Workers that trace, by their command and the backend that Keras was given."""
    found: dict[tuple[str, ...], _Tracer] = {}
    yield found
    for each in found.values():
        each.kill()
        each.stop()


@pytest.fixture(scope="module")
def one_tracer(tracers: dict[tuple[str, ...], _Tracer]) -> Iterator[None]:
    """All models of a framework are traced by one worker, which starts once for all modules that ask for this."""

    def worker(backend: Startable, limits: Limits) -> _Tracer:
        key = (*backend.command(), os.environ.get("KERAS_BACKEND", ""))
        if key not in tracers or tracers[key].process.poll() is not None:
            tracers[key] = _Tracer(backend, limits)
        return tracers[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing_runs, "Worker", worker)
        yield


@pytest.fixture
def heeded():
    """No signal is ignored, in what the test starts either: under nohup, say, the tests began with one that is."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
