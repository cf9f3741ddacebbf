"""A hunt: calls are drawn by their numbers, made on all systems, and every find is shrunk, unless it is a known one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np

from harness.case.read import Case
from harness.hunting.finds import Find, Signature, finds, is_convention
from harness.hunting.smallest import Evaluate, Quarry, case_of, entries_of, evaluated, shrunk
from harness.operations import TABLE
from harness.operations.operation import Drawn
from harness.parent.outcome import NOT_CALLED
from harness.parent.pool import Pool
from harness.parent.process import Startable
from harness.parent.worker_limits import Limits
from harness.runner import Entries

AT_ONCE = 128
"""Calls that are drawn and made before the finds among them are looked at."""
TRUSTED, DEADLY = 4, 60
"""Calls that shrank to a known find until others that have all of its settings are taken for it unshrunk; calls that
may end a worker, or hang, to shrink one that does: each costs a start of the framework."""


@dataclass(frozen=True)
class Found:
    """A find that was not known before: the number of the call that showed it, and the smallest call that does."""

    operation: str
    number: int
    find: Find
    quarry: Quarry


class Workers:
    """The workers of a hunt, a context manager."""

    def __init__(self, backends: Sequence[Startable], limits: Limits) -> None:
        self.backends, self.limits = {backend.name: backend for backend in backends}, limits
        self.pool = Pool(backends, limits)

    def __enter__(self) -> Workers:
        self.pool.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.pool.close()

    def evaluated(self, operation: str, calls: Sequence[Drawn], entries: Entries) -> list[Quarry]:
        """What comes of calls; workers that died too often to be tried again are then started anew."""
        found = evaluated(operation, calls, self.pool, entries)
        if any(result.reason.startswith(NOT_CALLED) for each in found for result in each.report.results):
            self.pool.close()
            self.pool = Pool(self.backends.values(), self.limits)
            self.pool.__enter__()
        return found


@dataclass
class Hunt:
    """calls: how many were made. repeats: how often each known find came again."""

    workers: Workers
    entries: Entries
    calls: int = 0
    repeats: Counter[Signature] = field(default_factory=Counter)

    def known(self, cases: Iterable[Case]) -> None:
        """Finds that these cases show are known."""
        for case in cases:
            drawn = case.operation.draws().of_case(case)
            quarry = self.workers.evaluated(case.operation.NAME, [drawn], self.entries)
            for each in quarry:
                for find in finds(each.report):
                    smallest, find = self._shrunk(case.operation.NAME, each, find)
                    self.repeats[find.signature(smallest.drawn.matters())] += 0

    def found(self, operations: Sequence[str], seed: int, numbers: Iterable[int]) -> Iterator[Found]:
        """What calls of these numbers show, in their order; call k is of operation k modulo their number."""
        left = iter(numbers)
        while some := list(itertools.islice(left, AT_ONCE)):
            for index, operation in enumerate(operations):
                yield from self._of(operation, seed, [each for each in some if each % len(operations) == index])
            self.calls += len(some)

    def _of(self, operation: str, seed: int, numbers: Sequence[int]) -> Iterator[Found]:
        drawn = {number: TABLE[operation].draws().draw(_stream(seed, number)) for number in numbers}
        made = {number: each for number, each in drawn.items() if case_of(operation, each)}
        for number, quarry in zip(
            made, self.workers.evaluated(operation, list(made.values()), self.entries), strict=True
        ):
            for find in finds(quarry.report):
                if found := self._look(operation, number, quarry, find):
                    yield found

    def _look(self, operation: str, number: int, quarry: Quarry, find: Find) -> Found | None:
        """A find, shrunk; None where it is known."""
        if known := self._taken_for(quarry, find):
            self.repeats[known] += 1
            return None
        smallest, find = self._shrunk(operation, quarry, find)
        signature = find.signature(smallest.drawn.matters())
        is_known = signature in self.repeats
        self.repeats[signature] += 1
        algorithms = {entry.function: entry.algorithm for _, entry in self.entries}
        if is_known or is_convention(smallest.case, smallest.report, find, algorithms[find.function]):
            return None
        (whole,) = self.workers.evaluated(operation, [smallest.drawn], self.entries)
        return Found(operation, number, find, whole)

    def _taken_for(self, quarry: Quarry, find: Find) -> Signature | None:
        """The known find that others with all of its settings have been often enough to be taken for it."""
        matters = set(quarry.drawn.matters())
        for known, times in self.repeats.items():
            function, kind, *_, own = known
            same = (function, kind) == (find.function, find.kind) and set(own) <= matters
            enough = times >= (1 if kind == "died" else TRUSTED)
            if same and enough and times & (times - 1):  # at the powers of two it is held to it again
                return known
        return None

    def _shrunk(self, operation: str, quarry: Quarry, find: Find) -> tuple[Quarry, Find]:
        entries = entries_of(find, self.entries)
        if find.kind != "died":
            return shrunk(quarry, find, lambda calls: self.workers.evaluated(operation, calls, entries))
        with Workers([self.workers.backends[find.backend]], self.workers.limits) as own:
            return shrunk(quarry, find, _one_by_one(own, operation, entries))


def _one_by_one(workers: Workers, operation: str, entries: Entries) -> Evaluate:
    """Evaluates calls each of which may end its worker, as far as they are wanted, and DEADLY of them at most."""
    left = itertools.repeat(None, DEADLY)

    def evaluate(calls: Sequence[Drawn]) -> Iterator[Quarry]:
        for drawn, _ in zip(calls, left):
            yield from workers.evaluated(operation, [drawn], entries)

    return evaluate


def _stream(seed: int, number: int) -> np.random.Generator:
    """What a call is drawn from: its number and the seed alone, so that shards draw what the whole hunt does."""
    return np.random.Generator(np.random.PCG64([seed, number]))
