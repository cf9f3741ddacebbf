"""The wall: what one room knows and the others do not."""

from __future__ import annotations

import ast
from pathlib import Path

import harness

ROOT = Path(harness.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def within(path: Path, *rooms: str) -> bool:
    return path.relative_to(ROOT).as_posix().startswith(rooms)


def test_only_the_canonical_form_asks_whether_there_is_a_bias():
    """All others say what it is to be: `Linear.offsets`, `map`, `channels`."""
    for path in FILES:
        if not within(path, "canonical/", "backends/"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot):
                    assert not ast.unparse(node.left).endswith("bias"), f"{path}:{node.lineno}"
