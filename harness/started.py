"""The backends that were asked for, started: what they offer, and which of it is to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from harness.backends import TABLE, Backend
from harness.parent.pool import Pool
from harness.parent.talk import Hello, left_out, offered
from harness.parent.worker_limits import Limits
from harness.runner import CODE_FOR, Entries
from harness.systems import selection


@dataclass(frozen=True)
class Started:
    """Workers that start; asking what they offer waits until each has spoken.

    asked: names of backends as a user gave them, each of which must be there. backends: those that run, by name. globs:
    patterns for entry points. options: what a user writes before a name of a backend and before a pattern.
    """

    pool: Pool
    asked: Sequence[str]
    backends: Mapping[str, Backend]
    globs: Sequence[str]
    options: tuple[str, str]

    @cached_property
    def hellos(self) -> Mapping[str, Hello]:
        """What those that run said. Raises MissingBackend where one that was asked for does not."""
        hellos = {name: hello for name, hello in self.pool.hellos.items() if name in self.backends}
        selection.demand(self.asked, hellos, self.pool.unavailable)
        return hellos

    @cached_property
    def offered(self) -> Entries:
        """(backend, entry point) of all that run."""
        return offered(self.hellos)

    @cached_property
    def left_out(self) -> Mapping[str, str]:
        """Entry points that those that run left out when they started, and why."""
        return left_out(self.hellos)

    @cached_property
    def entries(self) -> Entries:
        """Those that match a pattern. Raises SelectionError for one that nothing matches, MissingBackend for one that
        means only what is left out."""
        return selection.entry_points(self.globs, self.offered, self.options[1], self.left_out)


@contextmanager
def started(
    asked: Sequence[str],
    globs: Sequence[str] = (),
    limits: Limits | None = None,
    jobs: int | None = None,
    options: tuple[str, str] = ("", ""),
) -> Iterator[Started]:
    """Starts the backends that are asked for, all of the table where none is, and the one that runs code of fixes.

    Raises SelectionError for a name that no backend has.
    """
    backends = {backend.name: backend for backend in selection.backends(asked, options[0])}
    with Pool({CODE_FOR: TABLE[CODE_FOR], **backends}.values(), limits or Limits(), jobs) as pool:
        yield Started(pool, asked, backends, globs, options)
