"""The machine of a run: processor, instruction sets, and the variables that decide what computes."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

INSTRUCTIONS = (
    *("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("avx_vnni", "amx_tile", "amx_int8", "amx_bf16", "asimd", "asimdhp", "sve", "sve2", "bf16", "i8mm"),
)
"""Instruction sets that math libraries choose their code by, as Linux calls them."""
DECIDING = (
    *("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY", "NPY_DISABLE_CPU_FEATURES"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_CBWR", "XLA_FLAGS"),
)
"""Variables that decide which instructions or libraries compute."""
CPUINFO = Path("/proc/cpuinfo")
"""Where Linux says what its processors are."""


def machine() -> dict[str, Any]:
    """`processor`, its instruction sets as `features`, and the `settings` that the environment has."""
    told = _told()
    return {
        "processor": told.get("model name") or platform.processor() or platform.machine(),
        "features": _features(told),
        "settings": {name: os.environ[name] for name in DECIDING if name in os.environ},
    }


def _features(told: Mapping[str, str]) -> list[str]:
    """The instruction sets that Linux tells of; elsewhere those that NumPy finds, which joins some, as in X86_V3."""
    flags = told.get("flags", told.get("Features", "")).split()
    if flags:
        return [name for name in INSTRUCTIONS if name in flags]
    found = np.show_config(mode="dicts")["SIMD Extensions"]
    return [*found.get("baseline", ()), *found.get("found", ())]  # left out where empty


def _told() -> dict[str, str]:
    """What Linux says of its first processor."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError), open(CPUINFO, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if not value:
                break
            found[key.strip()] = value.strip()
    return found
