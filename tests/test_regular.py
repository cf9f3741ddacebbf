"""What a name stands for, before it is opened."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from harness.grammar.regular import fault


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("file", ""),
        ("link", ""),
        ("folder", "is a folder, not a file"),
        ("pipe", "is a pipe, not a file"),
        ("socket", "is a socket, not a file"),
        ("/dev/zero", "is a device, not a file"),
        ("nothing", "no such file"),
        ("dangling", "no such file"),
        ("loop", "cannot be read: Too many levels of symbolic links"),
        ("file/a", "cannot be read: Not a directory"),
        ("x" * 300, "cannot be read: File name too long"),
        ("a\0b", "cannot be read: embedded null byte"),
    ],
)
def test_why_there_is_no_file_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("link").symlink_to("file")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("dangling").symlink_to("nothing")
    Path("loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("socket")
        assert fault(Path(name)) == why
