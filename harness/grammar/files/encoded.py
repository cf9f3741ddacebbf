"""Files of text, in the encodings that editors and terminals write: UTF-8, and UTF-16 where its mark stands first."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def text_of(path: Path) -> Iterator[TextIO]:
    """The text of a file, to be read. Raises ValueError where it is in another encoding."""
    with path.open("rb") as file:
        encoding = "utf-16" if file.read(2) in MARKS else "utf-8-sig"
    try:
        with path.open(encoding=encoding) as text:
            yield text
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no text in utf-8: found byte {error.object[error.start]:#04x}; save it so") from error
