"""What a caller of the library holds: arrays in memory, functions, and names of entry points, as cases and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from harness.backends import own_arrays, own_function
from harness.backends.own_arrays import values_of
from harness.canonical.layout import SPATIAL
from harness.case.of_files import case_of_arrays, layout_of_vector, usual_of
from harness.case.proposals import OUTPUT
from harness.case.read import Case, CaseError
from harness.explanation import asked
from harness.grammar.document import nearest
from harness.grammar.kinds import UNKNOWN
from harness.operations import TABLE, USUAL
from harness.operations.operation import Operation
from harness.operations.spoken import main_roles
from harness.operations.spoken import vectors as narrow_roles
from harness.parent.pool import Pool
from harness.probing import session
from harness.systems.selection import SelectionError
from harness.worker.entry import EntryPoint

Array: TypeAlias = Any
"""What `numpy.asarray` takes."""
Computed: TypeAlias = Any
"""An output, a function of the arrays that gives it, or the name of an entry point."""


FINE = 0.7390851332151607


@dataclass(frozen=True)
class Call:
    """One call: its arrays in their own layouts, in the order of the operation's roles, and what is said of it.

    vectors: arrays of one axis by role. layout: the axes of each array and of the output, as "NHWC,HWIO,NHWC";
    None for the usual ones. settings: keys of a case, and `dtype`, `digits`, `decimals` of an output.
    """

    operation: Operation
    arrays: tuple[np.ndarray, ...]
    vectors: Mapping[str, Array]
    layout: str | Sequence[str] | None
    settings: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        operation: str,
        arrays: Sequence[Array],
        vectors: Mapping[str, Array | None],
        layout: str | Sequence[str] | None,
        settings: Mapping[str, Any],
    ) -> Call:
        """The call with the vectors that are given, None for those that are not, and others among `settings`.

        Raises CaseError for another number of arrays than the operation has.
        """
        about = _operation(operation)
        roles = main_roles(about)
        if len(arrays) != len(roles):
            raise CaseError(f"{operation}: expected {_counted(roles)}, {', '.join(roles)}; found {len(arrays)}")
        given = {role: each for role, each in vectors.items() if each is not None}
        among = {key: each for key, each in settings.items() if key in narrow_roles(about) and _is_vector(each)}
        rest = {key: each for key, each in settings.items() if key not in among}
        return cls(about, tuple(map(_named, roles, arrays)), {**given, **among}, layout, rest)

    def case(self, output: Array, **others: Array) -> Case:
        """The case of this call and an output, and perhaps more outputs by name. Raises CaseError."""
        roles = (*main_roles(self.operation), OUTPUT)
        given = dict(zip(roles, (*self.arrays, _named(OUTPUT, output))))
        layouts = self._layouts(given)
        narrow = {role: _named(role, each) for role, each in self.vectors.items()}
        layouts |= dict.fromkeys(others, layouts[OUTPUT]) | {
            role: layout_of_vector(self.operation.ROLES[role], each.shape, layouts[roles[0]], self.arrays[0].shape)
            for role, each in narrow.items()
        }
        more = {name: values_of(each) for name, each in others.items()}
        stated = {"dtype": _dtype(given), **self.settings}
        return case_of_arrays(self.operation.NAME, {**given, **narrow, **more}, layouts, stated)

    def output(self, what: Computed) -> np.ndarray:
        """The output itself, that of a function, or that of an entry point.

        Raises SelectionError where an entry point gives none, whatever a function raises, and NotUnderstood for one
        whose parameters cannot be told.
        """
        if isinstance(what, str):
            return self._of_entry_point(what)
        return self._of_function(what) if callable(what) else values_of(what)

    def named(self, entries: Sequence[EntryPoint]) -> Call:
        """This call, what is not said of it being what all of some entry points are about, and otherwise as in a case
        file that does not say it."""
        demands = [getattr(each.takes, "demands", {}) for each in entries]
        about = {
            key: value
            for key, value in (demands[0] if demands else {}).items()
            if key in self.operation.SETTINGS and all(key in each and each[key] == value for each in demands)
        }
        assumed = self.operation.new_cases().ASSUMED
        usual = {
            key: each.default
            for key, each in self.operation.SETTINGS.items()
            if each.default is not None or assumed.get(key) == UNKNOWN
        }
        return replace(self, settings={**usual, **about, **self.settings})

    def _layouts(self, arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
        given = self._axes(arrays)
        if len(given) != len(arrays):
            raise CaseError(f"layout: expected {len(arrays)}, those of {', '.join(arrays)}; found {', '.join(given)}")
        return dict(zip(arrays, given))

    def _axes(self, arrays: Mapping[str, np.ndarray]) -> list[str]:
        """The axes of arrays by role as they are said, those of others, too, or the usual ones."""
        if self.layout is None:
            return [usual_of(role, each.shape, role, self.operation.NAME) for role, each in arrays.items()]
        return _letters(self.layout)

    def _of_function(self, function: Callable[..., Any]) -> np.ndarray:
        usual = own_function.usual_names(_parameters(self.operation))
        taken = own_function.parameters(function, len(self.arrays), usual)
        adapted = own_arrays.adapted(function, len(self.arrays))
        given = self._axes(dict(zip(main_roles(self.operation), self.arrays)))
        lengths = [dict(zip(letters, each.shape)) for letters, each in zip(given, self.arrays)]
        sizes = [tuple(each.get(letter, 1) for each in lengths) for letter in SPATIAL[3] if letter in given[0]]
        told = own_function.stated(taken, {**self.settings, **self.vectors}, given[0], sizes)
        return adapted(*self.arrays, **told)

    def _of_entry_point(self, name: str) -> np.ndarray:
        axes = self.arrays[0].ndim if self.layout is None else len(_letters(self.layout)[-1])
        case = self.named(entry_points([name])).case(np.zeros((1,) * axes, self.arrays[0].dtype))
        with Pool(session.backends([name], [])) as pool:
            return asked.output(case, name, pool, case.recorded[0].layout)


def entry_points(given: Sequence[Computed]) -> list[EntryPoint]:
    """What is declared of the entry points that are named among `given`. Raises SelectionError for a name of none."""
    names = [each for each in given if isinstance(each, str)]
    return [entry for name in names for entry in session.declared(name)]


def operation_of(given: Sequence[Computed]) -> str:
    """What the entry points that are named among `given` compute, the usual where none is. Raises SelectionError."""
    found = {each.operation: each.name for each in entry_points(given)}
    if len(found) > 1:
        told = ", ".join(f"{name} computes {operation}" for operation, name in found.items())
        raise SelectionError(f"{told}: name entry points of one operation")
    return next(iter(found), USUAL)


def _parameters(operation: Operation) -> Iterable[str]:
    """What a function of an operation may be told."""
    if operation.NAME == USUAL:
        return own_function.NAMES
    return (*operation.SETTINGS, *narrow_roles(operation))


def _is_vector(given: Any) -> bool:
    """Whether this is an array, and no number or word."""
    return isinstance(given, (list, tuple)) or getattr(given, "ndim", 0) > 0


def _operation(name: str) -> Operation:
    """The operation of this name. Raises CaseError."""
    if name not in TABLE:
        raise CaseError(f"operation: there is no {name!r}; {nearest(str(name), TABLE)}")
    return TABLE[name]


def _named(name: str, given: Array) -> np.ndarray:
    """The array of an argument; raises CaseError, which names the argument, for what is none."""
    try:
        return values_of(given)
    except ValueError as error:
        raise CaseError(f"{name}: expected an array of numbers, found {type(given).__name__}: {error}") from None


class NotANumber(SelectionError):
    """An output of which an element is no number where that of the other is."""


def demand_numbers(actual: np.ndarray, desired: np.ndarray) -> None:
    """Raises NotANumber where one output has NaN and the other has not, or no number is left to compare.

    An element of a case that is NaN is not known; one that was computed is wrong.
    """
    one, other = (
        np.isnan(each) if each.dtype.kind in "fc" else np.zeros(each.shape, bool) for each in (actual, desired)
    )
    if one.shape == other.shape:
        for which, only in (("actual", one & ~other), ("desired", other & ~one)):
            if only.any():
                first = np.argwhere(only)[0].tolist()
                raise NotANumber(
                    f"{which} is NaN in {only.sum()} of {only.size} elements, first at {first}; the other is not"
                )
    if any(each.all() and each.size for each in (one, other)):
        raise NotANumber("an output is NaN in all elements: there is nothing to compare")


def drawn(
    operation: str, layout: str | Sequence[str] | None, functions: Sequence[Computed], settings: Mapping[str, Any]
) -> tuple[str | Sequence[str], Sequence[np.ndarray]]:
    """A layout and whole numbers in shapes that all of some functions take, the first of those that tell most apart.

    The layout is that which is said, or else the first usual one that they take. Raises CaseError where no function is
    among `functions`, SelectionError where they take none of the shapes.
    """
    called = [each for each in functions if callable(each)]
    if not called:
        raise CaseError("expected the arrays that the outputs were made of, behind them")
    errors: list[str] = []
    for letters in [_letters(layout)] if layout else map(_letters, session.tried_layouts(_operation(operation))):
        for arrays in TABLE[operation].new_cases().drawn(letters):
            call = Call.of(operation, arrays, {}, letters, settings)
            if not (error := _refused(call, called)):
                return letters, arrays
            errors.append(error)
    hint = "" if layout else "; say the axes that it takes, as layout='NHWC,HWIO,NHWC'"
    raise SelectionError(f"a function gives no output, whatever the shapes: {errors[0]}{hint}")


def _refused(call: Call, functions: Sequence[Callable[..., Any]]) -> str:
    """What a function raises for arrays that it does not take, "" where all take them."""
    try:
        for each in functions:
            call.output(each)
    except own_function.NotTaken as error:
        return str(error)
    except (own_function.NotUnderstood, own_arrays.NotInstalled):
        raise
    except Exception as error:  # whatever it raises
        return f"{type(error).__name__}: {error}"
    return ""


def needing_digits(arrays: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """The arrays times a number that needs all digits of float32, each rounded to that: small whole numbers are kept by
    formats of few digits, too."""
    return [(each * FINE).astype(np.float32).astype(each.dtype) for each in arrays]


def as_wide(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two outputs in the wider of their floating-point dtypes: that of the narrower has lost what it cannot hold."""
    if {one.dtype.kind, other.dtype.kind} != {"f"}:
        return one, other
    wide = np.result_type(one, other)
    return one.astype(wide), other.astype(wide)


def _counted(roles: Sequence[str]) -> str:
    return "1 array" if len(roles) == 1 else f"{len(roles)} arrays"


def _letters(layout: str | Sequence[str]) -> list[str]:
    """The axes of each array. Raises CaseError, which names the argument, for what is neither a text nor a list."""
    given = layout.split(",") if isinstance(layout, str) else layout
    if not isinstance(given, Sequence) or not all(isinstance(each, str) for each in given):
        raise CaseError(f"layout: expected a text as 'NHWC,HWIO,NHWC', or a list of such, found {layout!r}")
    return list(given)


def _dtype(arrays: Mapping[str, np.ndarray]) -> str:
    """That of the arithmetic: of the output, and of whole numbers that of all arrays, where they share one.

    An output of float64 that float32 has in full is taken for float32: lists and `astype` leave it so.
    """
    output, names = arrays[OUTPUT], {each.dtype.name for each in arrays.values()}
    if output.dtype.kind in "iu" and len(names) == 1:
        return output.dtype.name
    with np.errstate(over="ignore"):
        narrow = output.dtype.kind != "f" or np.array_equal(output, output.astype(np.float32), equal_nan=True)
    return "float16" if output.dtype == np.float16 else "float32" if narrow else "float64"
