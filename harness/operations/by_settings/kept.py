"""Which large outputs a search keeps: as many as there is room for, of the forms that were looked at last."""

from __future__ import annotations

import math

from harness.canonical.settled import Settled

KEPT = 2**14
"""Elements of an output up to which it is kept while it is read in other ways, as it is where it is small."""
REMEMBERED = 2**25
"""Elements of larger outputs that are kept together, of the forms that were looked at last."""


class Kept:
    """Has the oldest forms forget what they gave, where outputs come to more than REMEMBERED elements."""

    def __init__(self) -> None:
        self._forms: dict[Settled, None] = {}

    def add(self, form: Settled) -> None:
        """A form whose output is about to be kept."""
        size = math.prod(form.output_shape)
        if size <= KEPT:
            return
        self._forms.pop(form, None)
        self._forms[form] = None
        if len(self._forms) > max(REMEMBERED // size, 1):
            oldest = next(iter(self._forms))
            del self._forms[oldest]
            oldest.forget()
