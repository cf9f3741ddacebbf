"""Files that are written: what is refused before the work, what is left of failures, and which file an error names."""

from __future__ import annotations

import errno
import os
import re
import stat
import threading
from pathlib import Path

import pytest

from harness import output
from harness.output import Output, OutputError, Spool, demand, naming, replacing

OURS = re.compile(b"ours")


def asked(*paths: Path) -> list[Output]:
    return [Output("--json", path, OURS) for path in paths]


def test_what_can_be_written_is_let_pass_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("ours, of yesterday")
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("old")
    (tmp_path / "dangling").symlink_to("nothing")
    before = sorted(tmp_path.rglob("*"))
    demand(asked(*(tmp_path / name for name in ("new", "old", "empty", "dangling", "some/new/folder/file"))))
    demand(asked(tmp_path / "link"))
    demand([Output("SUMMARY", tmp_path / "old", output.ANY)])
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "old").read_text() == "ours, of yesterday"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("case.yaml", "is there already, and is not what this would write; choose another name or remove it"),
        ("link", "is there already"),
        ("folder", "is a folder; expected a file"),
        ("case.yaml/file", "cannot be written: Not a directory"),
        ("loop", "cannot be written: Too many levels of symbolic links"),
        ("loop/file", "cannot be written: Too many levels of symbolic links"),
        ("x" * 300, "cannot be written: File name too long"),
        ("new/" + "x" * 300 + "/file", "cannot be written: File name too long"),
    ],
)
def test_what_cannot_be_written_is_told_with_the_option(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "case.yaml").write_text("title: ours")
    (tmp_path / "link").symlink_to("case.yaml")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=re.escape(f"--json {tmp_path / name}: {why}")):
        demand(asked(tmp_path / name))


@pytest.mark.parametrize("other", ["a", "./a", "link"])
def test_one_file_for_two_outputs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("a")
    with pytest.raises(OutputError, match=f"--junit {Path(other)}: --json is written there; choose another name"):
        demand([Output("--json", Path("a"), OURS), Output("--junit", Path(other), OURS)])


def test_a_folder_or_a_file_that_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated: the user may be root, who may write anything."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "old").write_text("ours")
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.TemporaryFile", refuse)
        with pytest.raises(OutputError, match="new: cannot be written: Permission denied"):
            demand(asked(tmp_path / "new"))
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match="old: cannot be written: Permission denied"):
        demand(asked(tmp_path / "old"))


def test_a_pipe_is_written_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    demand(asked(pipe))
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    with replacing(pipe) as file:
        file.write("ours")
    reader.join()
    assert heard == ["ours"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/file")
    with replacing(tmp_path / "link") as file:
        file.write("ours")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there/file").read_text() == "ours"


def test_a_file_has_the_rights_that_the_user_gives_to_new_ones(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "a"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left on device")])
def test_after_an_error_the_file_is_as_it_was_and_the_error_names_it(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(type(error) if isinstance(error, OSError) else error) as raised, replacing(path) as file:
        file.write("half")
        raise error
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a", "old")]
    if isinstance(raised.value, OSError):
        assert str(raised.value) == f"[Errno 28] No space left on device: '{path}'"


def test_an_error_that_names_another_file_names_the_one_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as raised, replacing(tmp_path / "file" / "a"):
        pytest.fail("there is no such folder")
    assert raised.value.filename == str(tmp_path / "file" / "a")
    with pytest.raises(FileNotFoundError, match="'b'$"), naming(Path("b")):
        os.rename(tmp_path / "nowhere", tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"of a library: 'b'$"), naming(Path("b")):
        raise OSError("of a library")


def test_a_spool_gives_what_it_was_given_and_goes_on() -> None:
    spool = Spool()
    assert spool.empty
    spool.add(["a\n", "卷"])
    assert list(spool.lines()) == ["a\n", "卷"]
    spool.add(["积\r\n"])
    assert "".join(spool.lines()) == "a\n卷积\r\n"
    assert not spool.empty


def test_a_spool_that_is_full_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = Spool()

    class Full:
        def writelines(self, _: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    spool._file = Full()  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space left on device") as raised:
        spool.add(["a"])
    assert raised.value.filename == str(tmp_path)
