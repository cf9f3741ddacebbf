"""The same ports judged by other means: `python -m benchmarks.walk.besides`, which needs Polygraphy beside it.

The exported networks, each against the faithful export: Polygraphy's Comparator on all tensors with its own tolerances,
a threshold on the cosine of each tensor, and a walk. Prints a row for each port, and the processor time of a walk as a
multiple of that of Polygraphy, which runs both networks for it.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.walk import planted

COSINE = 0.999
"""A usual threshold."""
HEAD = """| planted | walk names | accuses besides | Polygraphy: tensors that differ | cosine < 0.999 | times the time |
|---|---|---|---|---|---|"""
Arrays = Mapping[str, np.ndarray]


def _ran(path: Path, x: np.ndarray) -> Any:
    """Polygraphy's run of all tensors of a model, nothing fused."""
    import onnxruntime
    from polygraphy import constants
    from polygraphy.backend.onnx import BytesFromOnnx, ModifyOutputs, OnnxFromPath
    from polygraphy.backend.onnxrt import OnnxrtRunner
    from polygraphy.comparator import Comparator

    model = BytesFromOnnx(ModifyOutputs(OnnxFromPath(str(path)), outputs=constants.MARK_ALL))
    plain = onnxruntime.SessionOptions()
    plain.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    runner = OnnxrtRunner(lambda: onnxruntime.InferenceSession(model(), plain), name=path.stem)
    return Comparator.run([runner], data_loader=[{_input_of(path): x}])


def _input_of(path: Path) -> str:
    import onnx

    return str(onnx.load(path).graph.input[0].name)


def _polygraphy(a: Path, b: Path, x: np.ndarray) -> list[str]:
    """Tensors that differ by Polygraphy's usual tolerances."""
    from polygraphy.comparator import Comparator, CompareFunc

    results = _ran(a, x)
    results.extend(_ran(b, x))
    found = Comparator.compare_accuracy(results, compare_func=CompareFunc.simple())
    return [name for name, told in next(iter(found[0].values()))[0].items() if not told]


def _by_cosine(a: Path, b: Path, x: np.ndarray) -> list[str]:
    first, second = (dict(_ran(each, x)[0][1][0].items()) for each in (a, b))
    return [name for name in first if name in second and _cosine(first[name], second[name]) < COSINE]


def _cosine(a: Any, b: Any) -> float:
    a, b = (np.asarray(each, np.float64).ravel() for each in (a, b))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) if a.shape == b.shape else 0.0


def _timed(judge: Callable[..., list[str]], *given: Any) -> tuple[str, float]:
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = judge(*given)
    first = f", the first {found[0]}" if found else ""
    return f"{len(found)}{first}", time.process_time() - start


def main() -> None:
    """Prints the table."""
    ports = [(), *planted.PLANTED["exported"]]
    x = np.random.default_rng(0).normal(size=planted.family("exported").SHAPE).astype(np.float32)
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for number, found in enumerate(planted.found("exported", Path(folder), ports)):
            a, b = (Path(folder, f"b{each}.onnx") for each in (0, number))
            _timed(_polygraphy, a, b, x)  # which imports what it needs
            (told, seconds), (cosine, _) = (_timed(judge, a, b, x) for judge in (_polygraphy, _by_cosine))
            named = f"{len(found.named)} of {len(found.mistakes)}"
            cells = "; ".join(found.mistakes) or "nothing", named, len(found.innocent), told, cosine
            print(f"| {' | '.join(map(str, cells))} | {found.seconds / seconds:.2g} |", flush=True)


if __name__ == "__main__":
    main()
