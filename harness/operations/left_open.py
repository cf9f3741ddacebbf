"""What a question leaves open: a change that only says what that was is no difference."""

from __future__ import annotations

from collections.abc import Iterable

from harness.canonical.instance import Form
from harness.operations.transforms.transform import Transform


class LeftOpen:
    """A question about a form with settings in `unknown`."""

    form: Form
    unknown: frozenset[str]

    def is_free(self, transform: Transform) -> bool:
        """Whether `transform` only says what an unknown setting was."""
        return bool(self.unknown) and not self.unknown.isdisjoint(transform.frees(self.form.rank))

    def count(self, transforms: Iterable[Transform]) -> int:
        """Differences among `transforms`."""
        return sum(not self.is_free(each) for each in transforms)
