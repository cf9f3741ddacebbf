"""The table of backends: one line each; the module beside it holds the entry points and nothing else.

A backend runs in this interpreter where its package is importable, else in an environment of its own that
`harness install` makes. `torch==2.12.0` is the backend torch at that version, `tensorflow[onednn=0]` tensorflow with an
environment variable set: the table's line with `version` or `variables` filled in.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence, Tuple

if TYPE_CHECKING:
    from harness.parent.environments import Environment

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
RUNNING = "%d.%d" % sys.version_info[:2]

_START = """
import importlib.util, runpy, sys
package = sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("harness", package + "/__init__.py", submodule_search_locations=[package])
sys.modules["harness"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["harness"])
runpy.run_module("harness.worker", run_name="__main__", alter_sys=True)
"""
"""Starts a worker in an interpreter that sees this package, and nothing else of ours or of the user's."""


@dataclass(frozen=True)
class Backend:
    """A framework in an environment.

    name: as on the command line. module: the backend module that a worker serves. imports: the package that it needs in
    this interpreter, "" where it never runs here. extra: the extra of this distribution that installs it. requirements:
    of an environment of its own, `{version}` where a version is put in. pinned: that version, when none is asked for.
    python: versions of Python that do, best first; empty for the one that is running. npm: packages of npm. programs:
    what must be on the PATH. instead: (program, option, ..., file): what serves the entry points where it is found and
    starts. variants: name of a variant -> environment variable that it sets. variables: those that are set. version:
    the one that was asked for, as `==1.0`. on_request: whether it runs only where it is asked for by name. fault: why
    it can be none, "" for most. distribution: what brings the module, where that is not this one.
    """

    name: str
    module: str
    imports: str = ""
    extra: str = ""
    requirements: Tuple[str, ...] = ()
    pinned: str = ""
    python: Tuple[str, ...] = ()
    npm: Tuple[str, ...] = ()
    programs: Tuple[str, ...] = ()
    instead: Tuple[str, ...] = ()
    variants: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    on_request: bool = False
    fault: str = ""
    distribution: str = ""

    @property
    def environment(self) -> Optional[Environment]:
        """The environment of its own that it can have."""
        from harness.parent.environments import Environment  # needs a newer Python than a worker may have

        if not self.requirements and not self.npm:
            return None
        requirements = tuple(each.format(version=self.version or self.pinned) for each in self.requirements)
        python = () if self.npm else self.python or (RUNNING,)
        name, _, variant = self.name.partition("[")  # a variant needs no environment of its own
        return Environment(name + variant.partition("]")[2], python, requirements, self.npm)

    def here(self) -> bool:
        """Whether it runs in this interpreter; does not import the framework."""
        if not self.imports or importlib.util.find_spec(self.imports) is None:
            return False
        return not self.version or self.version.lstrip("=") == _version_here(self.requirements)

    def missing(self) -> Optional[str]:
        """Why this backend is not available and what to do, or None; looks at a few files only."""
        if self.fault:
            return self.fault
        for program in self.programs:
            if shutil.which(program) is None:
                return "%s is not on the PATH; install it with your system's package manager" % program
        environment = self.environment
        fault = None if environment is None or self.here() else environment.fault()
        if fault and environment and (self.version or not self.imports):
            return "%s; run: harness install '%s'" % (fault, environment.name)
        if fault or (self.imports and not environment and not self.here()):
            return "%s is not installed; run: %s" % (self.imports, self._remedies())
        return None

    def command(self) -> List[str]:
        """The command line that starts a worker for it."""
        if self.goes_instead():
            return [*self.instead[:-1], os.path.join(HERE, self.instead[-1])]
        environment = self.environment
        if environment is None or environment.npm or self.here():
            return [sys.executable, "-m", "harness.worker", self.module]
        return [str(environment.interpreter), "-I", "-c", _START, PACKAGE, self.module]

    def environ(self) -> Dict[str, str]:
        """The environment variables that its worker needs besides those of its parent."""
        environment = self.environment
        npm = {"NODE_PATH": str(environment.folder / "node_modules")} if environment and environment.npm else {}
        return {**npm, **self.variables}

    def fallback(self) -> Optional[Backend]:
        """What serves where `command` cannot be started: the module, where a program was to go instead of it."""
        return replace(self, instead=()) if self.goes_instead() else None

    def recited(self) -> str:
        """Why the module answers, as far as it can, where a program was to go instead of it; "" where it need not."""
        if not self.instead or self.goes_instead():
            return ""
        return "%s is not on the PATH; install it, and %s in it" % (self.instead[0], self.name)

    def goes_instead(self) -> bool:
        """Whether a program serves the entry points in place of the module."""
        return bool(self.instead) and shutil.which(self.instead[0]) is not None

    def _remedies(self) -> str:
        """The commands of which each brings it."""
        if self.distribution:
            return "pip install --force-reinstall '%s', whose entry point names it" % self.distribution
        pip = "pip install 'framework-agreement[%s]'" % self.extra
        return "harness install '%s', or: %s" % (self.environment.name, pip) if self.environment else pip


def entry_points(backend: Backend) -> Sequence[Any]:
    """What the module of a backend declares before it is started; nothing where it cannot be imported.

    Its worker says why: it imports the module, too.
    """
    try:
        declared = importlib.import_module(backend.module).ENTRY_POINTS
        return [each for each in declared if hasattr(each, "name")]
    except (Exception, SystemExit):  # whatever the module of somebody else may raise
        return ()


def _version_here(requirements: Sequence[str]) -> str:
    """The version of the package of `{version}` that is installed in this interpreter, without its local part."""
    import importlib.metadata  # costs as much as all that is here

    for requirement in (each for each in requirements if "{version}" in each):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(requirement.split("{")[0]).split("+")[0]
    return ""


TABLE = {
    backend.name: backend
    for backend in (
        Backend("numpy", "harness.backends.numpy", "numpy", requirements=("numpy{version}",)),
        Backend("scipy", "harness.backends.scipy", "scipy", requirements=("scipy{version}", "numpy")),
        Backend(
            "tensorflow",
            "harness.backends.tensorflow",
            "tensorflow",
            "tensorflow",
            requirements=(
                # the same package without its GPU code: half the download
                "tensorflow-cpu{version}; sys_platform == 'linux' and platform_machine == 'x86_64'",
                "tensorflow{version}; sys_platform != 'linux' or platform_machine != 'x86_64'",
            ),
            variants={"onednn": "TF_ENABLE_ONEDNN_OPTS"},
        ),
        Backend("torch", "harness.backends.torch", "torch", "torch", ("torch{version}", "numpy"), pinned="==2.13.0"),
        Backend("jax", "harness.backends.jax", "jax", "jax", ("jax{version}",)),
        Backend(
            "theano",
            "harness.backends.theano",
            requirements=("Theano{version}", "numpy==1.23.5", "scipy", "six", "setuptools", "wheel"),
            pinned="==1.0.5",
            python=("3.11", "3.10", "3.9", "3.8"),
            programs=("g++",),
        ),
        Backend(
            "caffe",
            "harness.backends.caffe",
            requirements=("kendryte-caffe{version}", "protobuf==3.20.3", "numpy<2"),
            python=("3.9", "3.8"),
        ),
        Backend(
            "opencv", "harness.backends.opencv", "cv2", "opencv", ("opencv-python-headless{version}",), pinned="<5"
        ),
        Backend("pillow", "harness.backends.pillow", "PIL", "pillow", ("pillow{version}", "numpy")),
        # without optimization each new setting compiles in half the time, to the same bits for operands of one dtype
        Backend("knet", "harness.backends.knet", instead=("julia", "--startup-file=no", "-O0", "knet.jl")),
        Backend(
            "onnxruntime",
            "harness.backends.onnxruntime",
            "onnxruntime",
            "onnxruntime",
            ("onnxruntime{version}", "onnx"),
        ),
        Backend(
            "keras",
            "harness.backends.keras",
            "keras",
            "keras",
            ("keras{version}", "jax"),
            variants={"backend": "KERAS_BACKEND"},
            on_request=True,  # it comes with TensorFlow, and would import that a second time
        ),
        Backend("octave", "harness.backends.octave", programs=("octave-cli",)),
        Backend("tfjs", "harness.backends.tfjs", npm=("@tensorflow/tfjs@4.22.0",), programs=("node",)),
    )
}
