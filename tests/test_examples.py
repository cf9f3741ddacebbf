"""The worked examples: a port in Java and a loop in Python, probed as their authors would."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.ending import EXPECTED

EXAMPLES = Path(__file__).parent.parent / "examples"


def probed(capsys: Any, *arguments: str) -> dict[str, Any]:
    assert main(["probe", "--json", *arguments]) == EXPECTED
    (card,) = json.loads(capsys.readouterr().out)
    return card


@pytest.mark.skipif(not (shutil.which("java") and shutil.which("javac")), reason="java and javac are not on the PATH")
def test_the_java_port_computes_cross_correlation(tmp_path: Path, capsys: Any) -> None:
    subprocess.run(["javac", "-d", str(tmp_path), str(EXAMPLES / "java" / "Conv.java")], check=True)
    card = probed(capsys, "--files", "csv", "--command", f"java -cp '{tmp_path}' Conv {{input}} {{kernel}} {{output}}")
    assert card["conventions"]["reversal"] == {"2": [False, False]}
    assert card["conventions"]["padding as it is"]["rule"] == "valid"
    assert card["precision"]["float64"]["sum"].startswith("52")
    assert card["algorithm"]["algorithm"] == "direct"
    assert not card["faults"]


def test_the_python_loop_computes_convolution_centred_at_half_the_kernel(capsys: Any) -> None:
    card = probed(capsys, "--python", f"{EXAMPLES / 'python_loop.py'}:convolve")
    found = card["conventions"]
    assert found["reversal"] == {"2": [True, True]}
    assert found["padding as it is"]["rule"] == "same_half"
    assert found["padding as it is"]["exceptional"] == 0
    assert not card["faults"]
