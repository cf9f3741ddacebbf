"""Sentences of documents and of programs, as the rule for words counts them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

LONGEST = 25
"""Words of a sentence; one ends with a full stop, a semicolon or a colon."""
_END = re.compile(r"(?<=[.!?;:])[*_\"')]*\s+")
_PARTS = re.compile(r"[,.;:()]|\band\b|\bor\b|\bbut\b|\bas\b|\bwhere\b|\bfor\b")
_NOT = re.compile(r"\b(not|no|never|nothing|none|nobody|cannot|neither|without)\b", re.IGNORECASE)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text; what stands between backticks is one word."""
    for line in re.sub(r"`+[^`]*`+", "X", text).split("\n"):
        yield from filter(None, map(str.strip, _END.split(line)))


def faults(text: str) -> Iterator[str]:
    """Sentences that are too long, or that say no twice of one thing."""
    for sentence in sentences(text):
        if sum(bool(re.search(r"\w", word)) for word in sentence.split()) > LONGEST:
            yield f"too long: {sentence}"
        if any(len(_NOT.findall(part)) > 1 for part in _PARTS.split(sentence)):
            yield f"a double negation: {sentence}"


def of_markdown(text: str) -> Iterator[str]:
    """The paragraphs, items and cells of a document, each on one line; no code, no quotation."""
    for block in re.split(r"\n\s*\n", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if block.startswith((">", "    ", "!")):
            continue
        for item in re.split(r"\n(?=\s*(?:[-*]|\d+\.|\|)\s)", block):
            for cell in item.strip().strip("|").split("|") if item.lstrip().startswith("|") else [item]:
                if line := " ".join(cell.split()):
                    yield re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", line)


def of_program(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of the texts of a module that are no docstrings; what is put into them is one word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = _text(node) if id(node) not in left else None
        left |= {id(inner) for inner in ast.walk(node)} if isinstance(node, ast.JoinedStr) else set()
        if text:
            yield node.lineno, text  # type: ignore[attr-defined]


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
    return None
