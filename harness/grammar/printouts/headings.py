"""Headings of printed arrays: shape and dtype, pages, groups of columns, a common factor, rows that were left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIZES = re.compile(r"\s*(?:(\d+(?:×\d+)+)|(\d+)-element)\s+([^\s:=].*)")
"""Julia's `3×3 Array{Float32,2}:`, `5-element Vector{Float64}:`; MATLAB's `3×3 single matrix`."""
TRAILER = re.compile(
    r"\s*\[(?: (?:CPU|CUDA|MPS)(\w+)Type\{([\d,]+)\} |"
    r"(?:\w+\.)+(?:cuda\.)?(\w+)Tensor of (?:size|dimension) ([\dx]+)(?: \([^)]*\))?)\]\s*"
)
"""`[torch.FloatTensor of size 2x3]`, below the numbers of old PyTorch; `[ CPUFloatType{2,3} ]` in C++ and R."""
PAGE = (
    ("julia", re.compile(r"\s*\[\s*:\s*,\s*:\s*,\s*(\d+(?:\s*,\s*\d+)*)\s*\]\s*=\s*")),
    ("octave", re.compile(r"\s*(?:[A-Za-z][\w.]*)?\(\s*:\s*,\s*:\s*,\s*(\d+(?:\s*,\s*\d+)*)\s*\)\s*=\s*")),
    ("r", re.compile(r"\s*,\s*,\s*(\d+(?:\s*,\s*\d+)*)\s*")),
    ("torch", re.compile(r"\s*\(\s*(\d+(?:\s*,\s*\d+)*)\s*,\s*\.\s*,\s*\.\s*\)\s*=\s*")),
)
COLUMNS = re.compile(r"\s*Columns?\s+(\d+)(?:\s+(?:through|to|and)\s+(\d+))?\s*:?\s*")
FACTOR = re.compile(r"\s*1\.0*[eE]([+-]?\d{1,3})\s*\*\s*")
R_COLUMNS = re.compile(r"\s*\[,\d+\](?:\s+\[,\d+\])*\s*")
R_ROW = re.compile(r"\s*\[(\d+)(,?)\](?=\s+\S)")
R_NUMBER = re.compile(r"\d+")
OMITTED = re.compile(r"\s*\[ reached getOption\(\"max\.print\"\) -- omitted (\d+) (?:rows|entries) \]\s*")
DOTS = re.compile(r"\s*(?:;;;\s*)?(?:⋮|⋱|⋯|…|\.\.\.)(?:\s+(?:⋮|⋱|⋯|…|\.\.\.))*\s*")
"""A line that stands for rows or pages which were left out."""

KIND = re.compile(r"\s*Diagonal Matrix\s*")
"""What Octave says of a matrix before it."""
DTYPE = re.compile(r"(?:U?Int|Float|BFloat|Complex)F?\d+|Bool|Complex|double|single|u?int\d+|bfloat16|float\d+")
DTYPES = {
    **{f"{kind}{bits}": f"{kind.lower()}{bits}" for kind in ("Int", "UInt", "int", "uint") for bits in (8, 16, 32, 64)},
    **{f"{kind}{bits}": f"float{bits}" for kind in ("Float", "float") for bits in (16, 32, 64)},
    "BFloat16": "bfloat16",
    "bfloat16": "bfloat16",
    "double": "float64",
    "single": "float32",
    "Bool": "bool",
}
OLD_TORCH = {
    "Float": "float32",
    "Double": "float64",
    "Half": "float16",
    "Byte": "uint8",
    "Char": "int8",
    "Short": "int16",
    "Int": "int32",
    "Long": "int64",
}


@dataclass(frozen=True)
class Heading:
    """What a heading says of the whole array; None where it does not."""

    shape: tuple[int, ...] | None
    dtype: str | None
    program: str | None = None


def sizes(line: str) -> Heading | None:
    """The heading of Julia or MATLAB, or the last line of old PyTorch."""
    if found := TRAILER.fullmatch(line):
        return Heading(_lengths(found[2] or found[4]), OLD_TORCH.get(found[1] or found[3]), "torch")
    if found := SIZES.fullmatch(line):
        shape = _lengths(found[1]) if found[1] else (int(found[2]),)
        return Heading(shape, dtype(found[3]), None if "matrix" in found[3] or "array" in found[3] else "julia")
    return None


def dtype(words: str) -> str | None:
    """The dtype that some words name, `complex` for complex numbers; None where they name none that is known."""
    eltype = words.rpartition("eltype")[2]
    found = DTYPE.search(eltype) or DTYPE.search(words)
    if found is None:
        return None
    return "complex" if found[0].startswith("Complex") else DTYPES.get(found[0])


def page(line: str) -> tuple[str, tuple[int, ...]] | None:
    """Program and index of the page that a line announces."""
    for program, pattern in PAGE:
        if found := pattern.fullmatch(line):
            return program, tuple(int(index) for index in found[1].split(","))
    return None


def columns(line: str) -> tuple[int, int] | None:
    """First and last of the columns that a line announces, as it counts them."""
    found = COLUMNS.fullmatch(line)
    return (int(found[1]), int(found[2] or found[1])) if found else None


def factor(line: str) -> int | None:
    """The power of ten by which the numbers below are to be multiplied."""
    found = FACTOR.fullmatch(line)
    return int(found[1]) if found else None


def omitted(line: str) -> int | None:
    """The number of rows or entries that R has left out."""
    found = OMITTED.fullmatch(line)
    return int(found[1]) if found else None


def any_of(line: str) -> bool:
    """Whether a line says something of the array below it, so that it is not merely its name."""
    found = (sizes(line), page(line), columns(line), factor(line), R_COLUMNS.fullmatch(line), R_ROW.match(line))
    return any(each is not None for each in found)


def _lengths(text: str) -> tuple[int, ...]:
    return tuple(int(length) for length in re.split("[×x,]", text))
