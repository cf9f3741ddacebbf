"""What it costs to start: processor time of whole commands, from a cold start, with that of their children.

    python -m benchmarks.start                     # this checkout
    python -m benchmarks.start --before ../older   # and another one, in the same run

Each command runs a few times, in turns with the others; the smallest time counts, as what a busy machine adds is never
negative. Seconds differ between machines, so each is told as a multiple of `python -c pass` and of `import numpy`.
Modules are compiled before, as an installer leaves them, whatever the environment says of it.
"""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "cases" / "seeds"
PLAIN = {"python -c pass": ["-c", "pass"], "import numpy": ["-c", "import numpy"]}
COMMANDS: Mapping[str, list[str]] = {
    "--version": ["--version"],
    "--help": ["--help"],
    "completion bash": ["completion", "bash"],
    "check": ["check", str(SEEDS / "apple-data.yaml")],
    "new": ["new", "NAME"],
    "list": ["list"],
    "run": ["run", str(SEEDS / "apple-data.yaml"), "--backend", "scipy"],
    "explain --no-code": ["explain", str(SEEDS / "apple-data.yaml"), "--no-code"],
    "explain": ["explain", str(SEEDS / "apple-data.yaml")],
    "explain --system torch": ["explain", str(SEEDS / "apple-data.yaml"), "--system", "torch"],
}


def main() -> None:
    options = _options()
    sides = {"after": ROOT, **({"before": options.before.resolve()} if options.before else {})}
    for folder in sides.values():
        compileall.compile_dir(folder / "harness", quiet=1)
    least: dict[tuple[str, str], float] = {}
    for turn in range(options.turns):
        for key, program, folder in _programs(sides):
            least[key] = min(least.get(key, float("inf")), _seconds(program, folder, turn))
    for name in PLAIN:
        print(f"{name}: {least['plain', name]:.3f} s")
    print(f"{'command':24}{'side':8}{'seconds':>9}" + "".join(f"{'/ ' + name:>18}" for name in PLAIN))
    for side in sides:
        for name in COMMANDS:
            ratios = (least[side, name] / least["plain", each] for each in PLAIN)
            print(f"{name:24}{side:8}{least[side, name]:9.3f}" + "".join(f"{ratio:18.1f}" for ratio in ratios))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="another checkout to compare with")
    parser.add_argument("--turns", type=int, default=5, metavar="N", help="how often each runs (default: %(default)s)")
    return parser.parse_args()


def _programs(sides: Mapping[str, Path]) -> Iterator[tuple[tuple[str, str], list[str], Path]]:
    """(key, arguments of Python, where the package is) of all that is measured."""
    for name, arguments in PLAIN.items():
        yield ("plain", name), arguments, ROOT
    for side, folder in sides.items():
        for name, arguments in COMMANDS.items():
            yield (side, name), ["-m", "harness", *arguments], folder


def _seconds(arguments: list[str], package: Path, turn: int) -> float:
    """Processor time of Python with these arguments and of all that it starts and waits for."""
    with tempfile.TemporaryDirectory() as folder:
        program = [sys.executable, *(each.replace("NAME", f"case-{turn}") for each in arguments)]
        process = subprocess.Popen(
            program,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(package)},
        )
        assert process.stderr
        said = process.stderr.read().decode()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(program)} ended with {process.returncode}: {said}")
        return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
