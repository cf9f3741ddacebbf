"""The case files that a user names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.case.read import Case, CaseError, find, load
from harness.options.taken import DEFAULT_CASES


def case_files(paths: Sequence[str]) -> list[Path]:
    """The case files in these files and folders, those of `cases` where none is named. Raises CaseError."""
    if not paths and not Path(DEFAULT_CASES).is_dir():
        raise CaseError(f"no folder {DEFAULT_CASES!r} here; name a case file, or write a case: harness new NAME")
    files = find(paths or [DEFAULT_CASES])
    if not files:
        raise CaseError(f"{', '.join(paths or [DEFAULT_CASES])}: no case file (*.yaml) in there")
    return files


def cases_of(files: Iterable[Path]) -> Iterator[Case]:
    """All cases of these files."""
    for path in files:
        yield from load(path)
