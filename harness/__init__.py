"""Why do these two frameworks give different numbers, and what do I change so that they match?

    import harness
    print(harness.explain(x, w, y, layout="NHWC,HWIO,NHWC", padding="same"))

All functions stand in `harness.library`, which is imported when the first of them is asked for. This module is part of
the worker, too, and so has the syntax of Python 3.8.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from harness.library import Card as Card
    from harness.library import Case as Case
    from harness.library import CaseError as CaseError
    from harness.library import Explained as Explained
    from harness.library import Ran as Ran
    from harness.library import assert_same as assert_same
    from harness.library import compare as compare
    from harness.library import explain as explain
    from harness.library import explain_recordings as explain_recordings
    from harness.library import load_case as load_case
    from harness.library import load_cases as load_cases
    from harness.library import probe as probe
    from harness.library import run as run
    from harness.library import text as text
    from harness.library import walk as walk

__all__ = [
    "Card",
    "Case",
    "CaseError",
    "Explained",
    "Ran",
    "assert_same",
    "compare",
    "explain",
    "explain_recordings",
    "load_case",
    "load_cases",
    "probe",
    "run",
    "text",
    "walk",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("harness.library"), name)
