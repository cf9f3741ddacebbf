"""Nested lists: NumPy, JAX, PyTorch, TensorFlow, Python, and the braces of C, C++ and Java."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from harness.grammar.printouts import headings
from harness.grammar.printouts.found import Found, Gap
from harness.grammar.printouts.lines import LAST_PROMPT, SHOWN, PrintoutError, Text, add, another, refused, size
from harness.grammar.printouts.numerals import BARE_POINT, WHOLE, Numbers

MOST_AXES = 16
TOKEN = re.compile(
    r"(?P<open>[\[{])|(?P<close>[\]}])|(?P<pages>;{2,})|(?P<separator>[,;])|(?P<comment>//.*|/\*.*?\*/|(?<![\w.])[#%].*)"
    r"|(?P<word>[^\s,;\[\]{}#%/]+)|(?P<other>\S)"
)
CLOSING = {"[": "]", "{": "}"}
DOTS = ("...", "…")
STARTS = re.compile(r"\s*(?:[\[{<]|[\w.]+\(|[^\W\d][^\[{]*\{|[^\W\d].*[\]>=]\s*\{|\w*(?:Float|Int)\d+\[)")
"""How the first line of nested lists begins: a list, a call, a declaration, or Julia's type before a list."""
HEAD = re.compile(
    r"\s*(?:<tf\.\w+[^\[]*numpy=\s*)?(?:([\w.]+)\(\s*)?|(?:U?Int|Float)\d+|(?:Big)?(?:U?[Ii]nt|Float)\d+Array\(\d+\)"
    r"|<(?:Keras)?Variable [^\[]*value=|Tensor\(shape=\[[\d, ]*\],[^\[]*"
)
"""What a system writes before the numbers; its group is the function that it names."""
DECLARATION = re.compile(r"[\w\s\[\]<>:,*&=()]*")
KEYWORD = re.compile(r"[\s,]*(\w+)=(\([^()]*\)|<[^<>]*>|'[^']*'|\"[^\"]*\"|[\w.:+-]+)")
END = re.compile(r"\s*(?:[)>;,]|<NDArray [\dx]+ @\w+\(\d+\)>)")
SHAPE = re.compile(r"\b(?:shape|size)=[(\[]([\d, ]*)[)\]]")
SCALAR = re.compile(r"(?:np|numpy)\.\w+\(([^()]*)\)")
"""A number of NumPy in a list of Python."""
PROGRAMS = {"array": "numpy", "Array": "numpy", "DeviceArray": "numpy", "tf.Tensor": "numpy", "tensor": "torch"}


@dataclass
class _Nest:
    """Lists that are open: how many elements each has so far, and what lists of each level must look like."""

    opened: list[tuple[str, int]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    gaps: list[Gap | None] = field(default_factory=list)
    lengths: dict[int, tuple[int, Gap | None]] = field(default_factory=dict)
    leaf: int = 0
    commas: bool | None = None
    comma: bool = False
    rows: bool = False


def starts(text: Text) -> bool:
    """Whether the array is one of nested lists."""
    return bool(STARTS.match(text.start))


def read(text: Text) -> Found:
    """The array of nested lists that begins in `text`. Raises PrintoutError."""
    line, column = _first_bracket(text)
    head = _between(text, line, column)
    numbers, nest = Numbers(), _Nest()
    end = _scan(text, line, column, numbers, nest)
    last, keywords = _tail(text, *end)
    shape = tuple(nest.lengths[level][0] for level in range(1, nest.leaf + 1))
    gaps = {level - 1: gap for level in range(1, nest.leaf + 1) if (gap := nest.lengths[level][1])}
    index = np.arange(len(numbers)).reshape(shape)
    program, dtype = _program(head, text.lines[line][column], numbers, nest), _dtype(head, keywords)
    if dtype is not None and dtype.startswith("complex"):
        raise refused(line, column, "", "1j")
    dtype = dtype or _usual_dtype(head, numbers)
    said = SHAPE.search(f"{head} shape={keywords.get('shape', keywords.get('size', ''))}")
    whole = tuple(int(length) for length in said[1].split(",") if length.strip()) if said else None
    return Found(numbers, index, gaps, whole, dtype, program, (np.arange(len(numbers)),), last + 1)


# --- before the numbers, and behind them -----------------------------------------------------------------------------


def _first_bracket(text: Text) -> tuple[int, int]:
    """Line and column, from 0, of the first list."""
    wanted = "{" if "{" in text.start and not text.start.lstrip().startswith("[") else "["
    for number in range(text.line, min(text.line + 4, len(text.lines))):
        found = re.compile(rf"(?<!shape=)\{wanted}").search(text.lines[number], text.column * (number == text.line))
        if found:
            return number, found.start()
    symbolic = text.start.lstrip().startswith("<")
    raise PrintoutError(
        text.line + 1,
        text.column + 1,
        "a tensor without numbers; print its value" if symbolic else "no list of numbers here; expected an array",
    )


def _between(text: Text, line: int, column: int) -> str:
    """What stands before the first list, which must be what a system writes there, or a declaration."""
    lines = [*text.lines[text.line : line], text.lines[line][:column]]
    head = "\n".join([lines[0][text.column :], *lines[1:]]).strip()
    known = HEAD if text.lines[line][column] == "[" else DECLARATION
    if known.fullmatch(head):
        return head
    if "indices=" in head:
        raise PrintoutError(text.line + 1, text.column + 1, "a sparse tensor; print it with to_dense()")
    raise refused(text.line, text.column, head, head)


def _tail(text: Text, line: int, column: int) -> tuple[int, dict[str, str]]:
    """The last line of the array, and the keywords behind its numbers; nothing else may follow but a prompt."""
    keywords: dict[str, str] = {}
    last = line
    for number in range(line, len(text.lines)):
        rest, at = text.lines[number], column if number == line else 0
        if number > line and size(rest):
            keywords["shape"], last = str(size(rest)), number
            continue
        while rest[at:].strip() and not LAST_PROMPT.fullmatch(rest, at):
            found = KEYWORD.match(rest, at) or END.match(rest, at)
            if not found:
                raise another(number, " " * at + rest[at:])
            if found.re is KEYWORD:
                keywords[found[1]] = found[2]
            at, last = found.end(), number
    return last, keywords


def _dtype(head: str, keywords: dict[str, str]) -> str | None:
    """The dtype that stands before or behind the numbers."""
    found = re.search(r"dtype=(?:\w+\.)*(\w+)", f"{head} dtype={keywords.get('dtype', '')}".replace("'", ""))
    word = found[1] if found else head.rpartition(".")[2]
    return word if word.startswith("complex") else headings.dtype(word)


def _usual_dtype(head: str, numbers: Numbers) -> str | None:
    """What NumPy and PyTorch mean where they print no dtype."""
    whole = bool((numbers.marks == WHOLE).all())
    if head == "array(":
        return "int64" if whole else "float64"
    return ("int64" if whole else "float32") if head == "tensor(" else None


def _program(head: str, bracket: str, numbers: Numbers, nest: _Nest) -> str:
    """Whose way to print this is."""
    called = HEAD.fullmatch(head)
    function = called[1] if called else None
    if head.startswith("<tf.") or function in PROGRAMS:
        return PROGRAMS.get(function or "array", "numpy")
    if head:
        return "code" if function or bracket == "{" else "plain"
    bare = bool((numbers.marks == BARE_POINT).any())
    listed = bracket == "[" and not nest.rows
    return "numpy" if listed and (nest.commas is False or bare) else "plain"


# --- the numbers -----------------------------------------------------------------------------------------------------


def _scan(text: Text, line: int, column: int, numbers: Numbers, nest: _Nest) -> tuple[int, int]:
    """Read numbers until the first list is closed; line and column, from 0, behind it."""
    for number in range(line, len(text.lines)):
        for token in TOKEN.finditer(text.lines[number], column if number == line else 0):
            _take(token, number, numbers, nest)
            if not nest.counts:
                return number, token.end()
    opened = nest.opened[-1][1] + 1
    raise PrintoutError(
        len(text.lines),
        len(text.lines[-1]) + 1,
        f"the text ends inside of the list that begins in line {opened}; is it cut off?",
    )


def _take(token: re.Match[str], line: int, numbers: Numbers, nest: _Nest) -> None:
    kind, word = token.lastgroup, token[0]
    if kind == "word":
        _word(token, line, numbers, nest)
    elif kind == "open":
        _open(token, line, nest)
    elif kind == "close":
        _close(token, line, nest)
    elif kind == "separator":
        _separate(token, line, nest)
    elif kind == "pages":
        column = token.start() + 1
        raise PrintoutError(
            line + 1, column, "a Julia literal of more than two axes; paste what display(x) prints of it"
        )
    elif kind == "other":
        raise refused(line, token.start(), word, token.string)


def _word(token: re.Match[str], line: int, numbers: Numbers, nest: _Nest) -> None:
    word = SCALAR.sub(r"\1", token[0])
    if word in DOTS:
        _leave_out(token, line, nest)
        return
    cut = next((len(dots) for dots in DOTS if word.endswith(dots)), 0)
    _element(token, line, nest)
    if nest.leaf and nest.leaf != len(nest.counts):
        raise _at(token, line, f"a number among lists: {word[:SHOWN]}")
    nest.leaf = len(nest.counts)
    add(numbers, word[: len(word) - cut], line, token.start(), token.string)
    nest.counts[-1] += 1
    if cut:
        _leave_out(token, line, nest, run_on=True)


def _leave_out(token: re.Match[str], line: int, nest: _Nest, run_on: bool = False) -> None:
    """`...`: elements of the innermost list that are not shown."""
    if nest.gaps[-1]:
        raise _at(token, line, "`...` stands twice in this list")
    if not run_on:
        _element(token, line, nest)
    nest.gaps[-1] = Gap(nest.counts[-1], None, line + 1)


def _element(token: re.Match[str], line: int, nest: _Nest) -> None:
    """Another element of the innermost list: between all of them stand commas, or between none."""
    if nest.counts[-1] or nest.gaps[-1]:
        if nest.commas is None:
            nest.commas = nest.comma
        if nest.commas != nest.comma:
            raise _at(token, line, "expected a comma before this" if nest.commas else "a comma before this only")
    nest.comma = False


def _open(token: re.Match[str], line: int, nest: _Nest) -> None:
    if nest.counts:
        _element(token, line, nest)
    if nest.leaf and len(nest.counts) >= nest.leaf:
        raise _at(token, line, "a list among numbers")
    if len(nest.counts) == MOST_AXES:
        raise _at(token, line, f"lists nested more than {MOST_AXES} deep")
    nest.opened.append((token[0], line))
    nest.counts.append(0)
    nest.gaps.append(None)


def _close(token: re.Match[str], line: int, nest: _Nest) -> None:
    if nest.rows:
        _end_row(token, line, nest)
    bracket, opened = nest.opened.pop()
    if token[0] != CLOSING[bracket]:
        raise _at(token, line, f"expected {CLOSING[bracket]!r}, as a {bracket!r} is open since line {opened + 1}")
    _end_list(token, line, nest)


def _end_list(token: re.Match[str], line: int, nest: _Nest) -> None:
    """The innermost list must be as long as the others of its level, with elements left out at the same place."""
    level, count, gap = len(nest.counts), nest.counts.pop(), nest.gaps.pop()
    if not count:
        raise _at(token, line, "an empty list; expected numbers")
    length, usual = nest.lengths.setdefault(level, (count, gap))
    if count != length:
        raise _at(token, line, f"ragged: {count} elements in this list, {length} in those before it")
    if (gap and gap.position) != (usual and usual.position):
        raise _at(token, line, "`...` stands at another place than in the lists before")
    nest.comma = False
    if nest.counts:
        nest.counts[-1] += 1


def _separate(token: re.Match[str], line: int, nest: _Nest) -> None:
    if token[0] == ";":
        if len(nest.counts) != 1 + nest.rows or nest.leaf != len(nest.counts):
            raise _at(token, line, "expected no ';' here")
        if not nest.rows:
            nest.rows, nest.leaf = True, 2
            nest.counts, nest.gaps = [0, *nest.counts], [None, *nest.gaps]
        _end_row(token, line, nest)
        nest.counts.append(0)
        nest.gaps.append(None)
    elif _behind_dots(nest):
        return  # NumPy before 1.14 puts a comma behind `...`, whatever stands between numbers
    elif nest.comma or not (nest.counts[-1] or nest.gaps[-1]):
        raise _at(token, line, "a number is missing before this comma")
    else:
        nest.comma = True


def _behind_dots(nest: _Nest) -> bool:
    """Whether a comma follows `...` in a list whose elements stand apart by blanks."""
    gap = nest.gaps[-1]
    return nest.commas is False and gap is not None and gap.position == nest.counts[-1]


def _end_row(token: re.Match[str], line: int, nest: _Nest) -> None:
    """A row of `[1 2; 3 4]` ends; one that is empty, behind the last `;`, does not count."""
    if nest.counts[-1]:
        _end_list(token, line, nest)
    else:
        nest.counts.pop()
        nest.gaps.pop()


def _at(token: re.Match[str], line: int, message: str) -> PrintoutError:
    return PrintoutError(line + 1, token.start() + 1, message)
