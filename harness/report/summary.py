"""A short summary in markdown, for the page that GitHub shows of a job (the file that GITHUB_STEP_SUMMARY names)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.output import ANY, naming
from harness.report import prose, words
from harness.report.matrix import Matrix
from harness.report.tables import table
from harness.report.text import code, plain
from harness.report.view import MODES, Piece

MOST_FAILURES = 50


class Summary:
    """Takes pieces of `harness.report.results` one by one; `header` is that of the run."""

    OURS = ANY

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._header = header
        self._matrix = Matrix()
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, piece: Piece) -> None:
        """Counts one case."""
        self._matrix.add(piece)
        self._counts.update((words.sign(result), result["mode"]) for result in piece["results"])

    def write(self, path: Path) -> None:
        """Writes the summary at the end of what is in `path`; raises OSError."""
        with naming(path), path.open("a", encoding="utf-8") as file:
            file.writelines(f"{part}\n\n" for part in self._parts())

    def _parts(self) -> Iterator[str]:
        yield f"### {prose.about(self._matrix.operations).many.capitalize()} that agree"
        unmet = self._header.get("failures", ())
        yield f"**{self._matrix.outcome(unmet)}**"
        failures = self._matrix.failures
        lines = [f"- {plain(failure)}" for failure in unmet]
        lines += [f"- {code(name)}: {plain(failure)}" for _, name, failure in failures[:MOST_FAILURES]]
        if len(failures) > MOST_FAILURES:
            lines.append(f"- and {len(failures) - MOST_FAILURES} more")
        yield from filter(None, ["\n".join(lines)])
        modes = {**MODES, "recorded": "Recorded"}
        rows = [
            [f"{sign} {kind}", *(str(self._counts[sign, mode]) for mode in modes)]
            for sign, kind in words.KINDS.items()
            if any(self._counts[sign, mode] for mode in modes)
        ]
        yield table(rows, ["verdict", *map(str.lower, modes.values())])
        yield "\n".join(f"- {plain(fact)}" for fact in words.environment(self._header))
