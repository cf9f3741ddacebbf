"""`docs/caffe-to-tensorflow.md`: its commands, run one after the other, come to what it says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.backends import TABLE
from harness.cli import main

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "caffe-to-tensorflow.md").read_text("utf-8")
COMMANDS = [
    line.partition("#")[0].strip()
    for each in re.findall(r"```bash\n(.*?)```", PAGE, re.S)
    for line in each.splitlines()
]
SAID = re.findall(r"^\| `(\w+)` \| `(\w+)`", PAGE, re.M)


def run(command: str) -> int:
    program, *arguments = shlex.split(command)
    if program == "python":
        return subprocess.run([sys.executable, *arguments], check=True, capture_output=True).returncode
    assert program == "harness"
    return main(arguments)


def test_the_commands_of_the_page_find_the_faults_that_it_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip("tensorflow")
    if TABLE["caffe"].missing() and TABLE["opencv"].missing():
        pytest.skip("neither Caffe nor OpenCV is there")
    shutil.copytree(ROOT / "examples" / "caffe_to_tensorflow", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert [run(each) for each in COMMANDS] == [0, 0, 0, 0, 1, 0, 0]
    capsys.readouterr()
    assert {each.name for each in Path("walked").iterdir()} == {"walk.html", "walk.md"}
    main(["walk", "caffe.npz", "port.npz", "--json"])
    told = json.loads(capsys.readouterr().out)
    named = [(fault["a"], {change["id"] for change in fault["transforms"]}) for fault in told["faults"]]
    assert [layers for layers, _ in named] == [[layer] for layer, _ in SAID]
    assert all(cause in ids for (_, cause), (_, ids) in zip(SAID, named))
    assert told["repaired"]["verdict"] == "agrees"
