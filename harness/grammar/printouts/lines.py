"""The text of a printout: its lines, the places that errors name, and what stands before the numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.grammar.limits import LARGEST_PRINTOUT, MOST_PRINTED
from harness.grammar.printouts import chatter, headings
from harness.grammar.printouts.named_tables import unnamed
from harness.grammar.printouts.numerals import COMPLEX, Numbers, is_value
from harness.grammar.printouts.wrappings import behind_log, unwrapped

SHOWN, LONGEST_NAME = 40, 400

WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Signs as wide as Chinese ones -> those of ASCII."""
BLANKS: dict[int, int | str] = {
    **WIDE,
    **dict.fromkeys(map(ord, "\u00a0\u2009\u202f\u3000\ufeff\r"), " "),
    ord("\u2212"): "-",
}
"""What pages, terminals and keyboards put in place of blanks, minus and other signs."""
_NAMED = r"julia|i?pdb|bpdb|debug|scala|ghci|th|dlv|sage|R|irb\(\w+\):[\d:]+|octave(?::\d+|-[\w.-]+:\d+)"
_SHELL = r"(?:\([\w.-]+\) )?(?:\[?[\w.-]+@\S+(?: \S+)? ?)?(?:[$❯]|(?<=\s)%)(?=\s+[A-Za-z./]|\s*$)"
PROMPT = rf"\s*(?:>>>|(?:{_NAMED})>|\((?:[Pp]db\+*|gdb|lldb)\)|(?:[Ii]n ?)?\[\d+\]:|{_SHELL}|>>|>)"
COMMAND = re.compile(PROMPT + r"|\s*\.\.\.(?=\s+[^\s,])")
"""A prompt, behind which stands what a person typed."""
LAST_PROMPT = re.compile(PROMPT + r"\s*")
ANSWER = re.compile(r"\s*(?:Out ?\[\d+\]:|Parameter containing:)")
LABEL = re.compile(r"\s*(?:\$\d+|\$?[^\W\d][\w.]*)(?:\[[^\[\]]*\]|\([^()]*\)|\{[^{}]*\})?\s*[:=]\s*(?=[^\s=])")
"""A name, perhaps with an index, and behind it the array: `x =`, `x[0, :, :] =`, `weights:`."""
ARRAY = re.compile(r"\[[\[\s]*(?:[-+.\d]|nan|inf)|(?:array|Array|DeviceArray|tensor|tf\.Tensor)\(|<tf\.")
"""What an array of nested lists begins with."""
BEFORE = re.compile(rf"\s*(?:[^\W\d][\w.'-]*,?\s+){{1,6}}(?={ARRAY.pattern})")
"""Words before an array in its line, as `print("y is", y)` writes them."""
WORDS = re.compile(r"\s*[^\W\d](?:[^\[\]{}<>|;]|\[[^\[\]]*\])*[:=：]\s*")
"""A line of words that announces what follows it."""
NAME = re.compile(r"\s*\$?[^\W\d][\w.]*(?:\[[^\[\]]*\]|\([^()\[\]]*\))?\s*(=?)\s*")
TYPED = re.compile(r"\s*(?:U?Int|Float)\d+\[")
"""Julia's type before a list, which is no name before an index."""
TYPED_ARRAY = re.compile(r"\s*(?:\w+\s*=\s*)?(?:[\w.]+\()?[\[{]")
"""An array that was typed in behind a prompt."""


SIZE = re.compile(
    r"\s*(?:[A-Za-z_][A-Za-z_. ]*[=:]?\s*)??(?:(?:torch\.Size|TensorShape)\(\[|\((?=\d+, ?\d|\d+,\)))"
    r"(\d+(?:, ?\d+)*),?\]?\)\s*"
)
"""A line that says the shape of an array and nothing else: `torch.Size([2, 3])`, `x.shape: (2, 3)`."""


class PrintoutError(ValueError):
    """A printout that cannot be read. line, column: where in its text, from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True)
class Text:
    """The lines of a printout, and where in them the array begins: `line` and `column`, from 0.

    assigned: whether the line before it is `x =`, as Octave and MATLAB name what they print. shape: that which a line
    of its own before it says, as `torch.Size([2, 3])`, None without one.
    """

    lines: tuple[str, ...]
    line: int
    column: int
    assigned: bool
    shape: tuple[int, ...] | None = None

    @property
    def start(self) -> str:
        """The line in which the array begins, from there on."""
        return self.lines[self.line][self.column :]


def of(printed: str) -> Text:
    """The text of a printout, whose array begins behind prompts, names and words that announce it.

    Raises PrintoutError where it is too long, or where nothing is left.
    """
    if len(printed) > LARGEST_PRINTOUT:
        raise PrintoutError(
            1, 1, f"{len(printed)} characters; a printout may have {LARGEST_PRINTOUT}: put large arrays into .npy files"
        )
    lines = tuple(unnamed(unwrapped(printed).translate(BLANKS).split("\n")))
    assigned, shape = False, None
    for number, (line, spoken) in enumerate(zip(lines, chatter.spoken(lines))):
        if line.strip() and not spoken:
            said = _size(line)
            shape = _lengths(said) if said else shape
            column = said.end() if said else _behind_labels(line)
            if line[column:].strip():
                return Text(lines, number, column, assigned, shape)
            found = NAME.fullmatch(line) if len(line) < LONGEST_NAME else None
            assigned = bool(found and found[1])
    raise PrintoutError(1, 1, "no numbers here; expected an array as it was printed")


def size(line: str) -> tuple[int, ...] | None:
    """The shape that a line says, and nothing else, as `torch.Size([2, 3])`."""
    said = SIZE.fullmatch(line) if len(line) < LONGEST_NAME else None
    return _lengths(said) if said else None


def _size(line: str) -> re.Match[str] | None:
    """What a line says of a shape, if nothing is behind it, or an array."""
    said = SIZE.match(line, 0, LONGEST_NAME)
    return said if said and (said.end() == len(line) or ARRAY.match(line, said.end())) else None


def _lengths(said: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(length) for length in re.findall(r"\d+", said[1]))


def add(numbers: Numbers, word: str, line: int, column: int, whole_line: str, shift: int = 0) -> None:
    """Append the number that `word` shows; `line` and `column` from 0. Raises PrintoutError where it shows none."""
    if not numbers.add(word, line + 1, shift):
        raise refused(line, column, word, whole_line)
    if len(numbers) > MOST_PRINTED:
        raise too_many(line, column)


def too_many(line: int, column: int) -> PrintoutError:
    """The error where no more numbers are taken; `line` and `column` from 0."""
    return PrintoutError(line + 1, column + 1, f"more than {MOST_PRINTED} numbers; put large arrays into .npy files")


def refused(line: int, column: int, word: str, whole_line: str) -> PrintoutError:
    """The error at a word that is no number; `line` and `column` from 0."""
    if COMPLEX.search(whole_line):
        told = "complex numbers are not compared; give the real or the imaginary part"
    else:
        told = f"expected a number, found {word[:SHOWN]!r}"
    return PrintoutError(line + 1, column + 1, told)


def another(line: int, text: str) -> PrintoutError:
    """The error at a line behind the array, from 0."""
    column = len(text) - len(text.lstrip())
    return PrintoutError(
        line + 1, column + 1, f"expected the end of the array, found {text.strip()[:SHOWN]!r}; give one array at a time"
    )


def _behind_labels(line: str) -> int:
    """Where the array may begin in a line: behind what announces it, at its end if there is nothing else."""
    if headings.any_of(line):
        return len(line) - len(line.lstrip())
    column = behind_log(line)
    if found := COMMAND.match(line, column):
        column = found.end()
        if not TYPED_ARRAY.match(line, column):
            return len(line)
    if found := ANSWER.match(line, column):
        column = found.end()
    if found := LABEL.match(line, column) or BEFORE.match(line, column, column + LONGEST_NAME):
        return found.end()
    return len(line) if len(line) < LONGEST_NAME and _is_name(line[column:]) else column


def _is_name(text: str) -> bool:
    return not TYPED.match(text) and bool(
        WORDS.fullmatch(text) or (NAME.fullmatch(text) and not is_value(text.strip()))
    )
