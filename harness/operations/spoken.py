"""What a command line says of operations. It imports the standard library only: shells complete by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

DATA = {
    "dtype": "of the arithmetic: float32 (default), float64 ...",
    "digits": "significant digits that were printed of the output",
    "decimals": "digits after the point that were printed of the output",
}
"""What the command line takes that is about the data of any operation, and what it may be."""
AFTER = {"then": "what is made of the output: relu, or '{function: clip, low: 0, high: 6}'"}
"""What it takes that is about what follows any operation."""
SYSTEMS = ("numpy", "scipy", "tensorflow", "torch", "jax")
"""Systems in whose terms code is written and run."""
FOLLOWING = ("Knet",)
"""Systems in whose terms code is written where it follows from what was run."""


@dataclass(frozen=True)
class Role:
    """An array that an operation takes.

    doc: one line for the case file's schema. letters: of its axes, as people are told; axes: what these are. weights:
    whether the files of trained networks hold it. vector: the letter of its only axis; it may then be a plain list, or
    be missing. wide: whether a layout may give such a vector other axes of the input instead. flattens: the setting
    that says in which order axes of the input are one of its own, where they are; its layout may name them instead.
    instead: the setting that a case leaves out which gives it.
    """

    doc: str
    letters: str
    axes: str
    weights: bool = False
    vector: str = ""
    wide: bool = False
    flattens: str = ""
    instead: str = ""

    @property
    def narrow(self) -> bool:
        """Whether it has one axis, whatever a case says."""
        return bool(self.vector) and not self.wide


ALSO = {"输入": "input", "卷积核": "kernel", "核": "kernel", "权重": "kernel", "偏置": "bias", "输出": "output"}
"""What stands before an array that is pasted, besides its role."""
BIAS = Role("one number for each output channel, added to it", "O", "O output channels", weights=True, vector="O")
"""What may be added to the output of any operation."""


class HasRoles(Protocol):
    """An operation, or what is said of one."""

    @property
    def ROLES(self) -> Mapping[str, Role]: ...


class Spoken(HasRoles, Protocol):
    """What is said of an operation.

    OPTIONS: settings that a command line takes, and what they may be. NODE: the operator of an ONNX model. CALLED:
    what one of it is called, where that is not its name. USUAL: role -> number of axes -> the layout that it is
    taken to have where none is given, where that is not the canonical one.
    """

    @property
    def OPTIONS(self) -> Mapping[str, str]: ...
    @property
    def NODE(self) -> str: ...


def main_roles(operation: HasRoles) -> tuple[str, ...]:
    """The arrays that every case gives: all but vectors, which may be missing."""
    return tuple(name for name, role in operation.ROLES.items() if not role.vector)


def vectors(operation: HasRoles) -> dict[str, str]:
    """The arrays of one axis, which may be missing: role -> the letter of the axis."""
    return {name: role.vector for name, role in operation.ROLES.items() if role.vector}


def files(operation: HasRoles) -> tuple[str, ...]:
    """The arrays that a command line names: those that every case gives, and the output."""
    return (*main_roles(operation), "output")


def places(operation: HasRoles) -> str:
    """What stands for the names of their files in a command line of the user's."""
    return " ".join(f"{{{role}}}" for role in files(operation))


def plain_layout(operation: HasRoles) -> str:
    """Layouts of all of them where each is one plane."""
    return ",".join("HW" for _ in files(operation))


def example(operation: HasRoles) -> str:
    """Layouts of all of them, as a message shows them."""
    return ",".join([*(operation.ROLES[role].letters for role in main_roles(operation)), "NHWC"])


def labels(operation: HasRoles) -> str:
    """What stands before each of them where they are pasted, in words."""
    *first, last = (f"`{role}:`" for role in files(operation))
    return f"{', '.join(first)} and {last}"
