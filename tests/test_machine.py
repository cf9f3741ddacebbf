"""The machine of a run: what Linux says of its processor, what NumPy says elsewhere, and what the environment sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report import machine

X86 = "processor\t: 0\nmodel name\t: A Processor\nflags\t\t: fpu sse4_2 avx2 avx fma\n\nprocessor\t: 1\nflags\t: none\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd sve\n\n"


@pytest.fixture
def cpuinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(machine, "CPUINFO", path)
    for name in machine.DECIDING:
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.mark.parametrize(
    ("told", "features"), [(X86, ["sse4_2", "avx", "avx2", "fma"]), (ARM, ["asimd", "sve"])], ids=["x86", "ARM"]
)
def test_linux_tells_the_instruction_sets(cpuinfo: Path, told: str, features: list[str]) -> None:
    cpuinfo.write_text(told, encoding="utf-8")
    found = machine.machine()
    assert found["features"] == features
    assert found["processor"]
    assert found["settings"] == {}


def test_the_model_is_named(cpuinfo: Path) -> None:
    cpuinfo.write_text(X86, encoding="utf-8")
    assert machine.machine()["processor"] == "A Processor"


def test_elsewhere_numpy_tells_them(cpuinfo: Path) -> None:
    found = machine.machine()
    assert found["processor"]
    assert found["features"]
    assert all(isinstance(name, str) for name in found["features"])


def test_numpy_may_take_nothing_beyond_its_baseline(cpuinfo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.np, "show_config", lambda mode: {"SIMD Extensions": {"baseline": ["X86_V2"]}})
    assert machine.machine()["features"] == ["X86_V2"]


def test_variables_that_decide_what_computes_are_told(cpuinfo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("ANOTHER", "1")
    assert machine.machine()["settings"] == {"TF_ENABLE_ONEDNN_OPTS": "0"}
