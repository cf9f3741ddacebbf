"""The case files that a user names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.case.read import Case, CaseError, find, load
from harness.options.taken import DEFAULT_CASES
from harness.worker import shipped


def case_files(paths: Sequence[str]) -> list[Path]:
    """The case files in these files and folders, those of `cases` where none is named. Raises CaseError."""
    if not paths and not Path(DEFAULT_CASES).is_dir():
        raise CaseError(
            f"no folder {DEFAULT_CASES!r} here; name a case file, write a case (harness new NAME), "
            f"or take those that come with the harness: {shipped.NAME}"
        )
    files = find(paths or [DEFAULT_CASES])
    if not files:
        raise CaseError(f"{', '.join(paths or [DEFAULT_CASES])}: no case file (*.yaml) in there")
    return files


def known_faults() -> list[Path]:
    """Folders of cases of faults that are known, which are no news: of those that come with the harness, and here."""
    folders = (Path(folder, "known-faults") for folder in (shipped.FOLDER, DEFAULT_CASES))
    return list({folder.resolve(): folder for folder in folders if folder.is_dir()}.values())


def cases_of(files: Iterable[Path]) -> Iterator[Case]:
    """All cases of these files."""
    for path in files:
        yield from load(path)
