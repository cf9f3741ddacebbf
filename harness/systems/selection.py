"""What a user asked for by name: backends, entry points, cases."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.backends import TABLE, Backend
from harness.case.read import CaseError, Expect
from harness.ending import MISSING, Mistake
from harness.judge import expect
from harness.systems import outside, own_programs
from harness.worker.entry import EntryPoint, function_of


class SelectionError(Mistake):
    """Something was asked for by a name that nothing has."""


class MissingBackend(Mistake):
    """A backend, or an entry point of one, that was asked for by name is not available; the text says why."""

    code = MISSING


SHORT = {"tf": "tensorflow", "np": "numpy", "jnp": "jax", "ort": "onnxruntime"}
"""What people import systems as."""
EMPTY: Mapping[str, str] = {}
_ASKED = re.compile(r"(?P<name>[^\[=<>!~]*)(\[(?P<variants>[^\]]*)\])?(?P<version>.*)", re.DOTALL)
_ONE_VERSION = r"(===|==|~=|!=|<=|>=|<|>)[A-Za-z0-9.*+!-]+"
_VERSION = re.compile(f"({_ONE_VERSION}(,{_ONE_VERSION})*)?")
_VARIANT = re.compile(r"(\w+)=([\w.+-]+)", re.ASCII)


def backends(asked: Sequence[str], option: str = "") -> list[Backend]:
    """The backends that are asked for, as `torch`, `torch==2.12.0` or `tensorflow[onednn=0]`; the table's when none is.

    Raises SelectionError for an unknown name or variant, and for what is no version; `option` is what the user wrote
    before the name, which messages repeat.
    """
    every = known()
    if not asked:
        return [backend for backend in every.values() if not backend.on_request]
    return [_backend(text, every, _said(option, text)) for text in dict.fromkeys(asked)]


def _said(option: str, text: str) -> str:
    """What the user wrote, on one line."""
    return f"{option} {text if text.strip() and text.isprintable() else repr(text)}".lstrip()


def known() -> Mapping[str, Backend]:
    """The table's backends, those of other distributions, and the user's own programs."""
    return {**TABLE, **outside.backends(), **own_programs.declared()}


def _backend(text: str, known: Mapping[str, Backend], said: str) -> Backend:
    match = _ASKED.fullmatch(text)
    assert match  # the pattern takes any text
    name, variants, version = match["name"], match["variants"], match["version"]
    if name not in known:
        raise SelectionError(f"{said}: there is no such backend{_nearest(name, known)}; known: {', '.join(known)}")
    backend = known[name]
    if not _VERSION.fullmatch(version):
        raise SelectionError(f"{said}: {version!r} is no version; expected, say, {name}==1.0 or {name}>=1,<2")
    if version and not any("{version}" in each for each in backend.requirements):
        raise SelectionError(f"{said}: {name} is there in one version only; leave {version!r} out")
    variables = dict(_variants(said, variants, backend)) if variants is not None else {}
    return replace(backend, name=text, version=version, variables={**backend.variables, **variables})


def _variants(said: str, variants: str, backend: Backend) -> Iterator[tuple[str, str]]:
    """(environment variable, value) of each `key=value`."""
    given = variants.split(",")
    if len({each.partition("=")[0] for each in given}) < len(given):
        raise SelectionError(f"{said}: a variant is given twice; keep one")
    for each in given:
        match = _VARIANT.fullmatch(each)
        if not match or match[1] not in backend.variants:
            known = ", ".join(f"{key}=..." for key in backend.variants) or "none"
            raise SelectionError(f"{said}: no variant {each!r}; variants of this backend: {known}")
        yield backend.variants[match[1]], match[2]


def demand(names: Iterable[str], there: Collection[str], unavailable: Mapping[str, str]) -> None:
    """Raises MissingBackend when a backend that was asked for by name is not available, or when none is `there`."""
    missing = [
        f"{name} was asked for and is not available: {unavailable[name]}"
        for name in dict.fromkeys(names)
        if name in unavailable
    ]
    if not missing and not there:
        missing = ["no backend is available", *(f"{name}: {reason}" for name, reason in unavailable.items())]
    if missing:
        raise MissingBackend("\n".join(missing))


def entry_points(
    globs: Sequence[str],
    offered: Sequence[tuple[str, EntryPoint]],
    option: str = "",
    left_out: Mapping[str, str] = EMPTY,
) -> list[tuple[str, EntryPoint]]:
    """The entry points whose names match one of `globs`, all when there are none.

    left_out: those that are not offered -> why. `option` is what the user wrote before a pattern. Raises MissingBackend
    for a pattern that only such match, SelectionError for one that nothing matches.
    """
    names = [entry.name for _, entry in offered]
    for glob in globs:
        if not any(matches(name, glob) for name in names):
            _demand_entry(glob, left_out, option)
            raise no_entry_point(glob, names, option)
    return [pair for pair in offered if not globs or any(matches(pair[1].name, glob) for glob in globs)]


def _demand_entry(glob: str, left_out: Mapping[str, str], option: str) -> None:
    """Raises MissingBackend where `glob` means entry points that are left out."""
    told = [f"{name} is not available: {why}" for name, why in left_out.items() if matches(name, glob)]
    if told:
        raise MissingBackend(f"{_said(option, glob)}: {'; '.join(told)}")


def no_entry_point(glob: str, names: Iterable[str], option: str = "") -> SelectionError:
    """What to say where none of `names` matches."""
    said, near = _said(option, glob), _nearest(glob, names)
    none = f"{said}: no entry point of the backends that run matches{near}; `harness list` shows all"
    return SelectionError(f"{none}; a function of your own: harness probe --python {glob}" if ":" in glob else none)


def matches(name: str, glob: str) -> bool:
    """Whether `glob` means the entry point of this name: in full, without the environment that it was asked for in, or
    without what tells a variant from others, so that `Knet.conv4` is `Knet.conv4(mode=0)` and `Knet.conv4(mode=1)`.
    """
    return any(fnmatch.fnmatchcase(each, glob) for each in (name, function_of(name), without_variant(name)))


def without_variant(name: str) -> str:
    """The function in the name of an entry point, without what tells a variant from others."""
    return function_of(name).partition("(")[0].rstrip()


def plainest(found: Sequence[tuple[str, EntryPoint]]) -> list[tuple[str, EntryPoint]]:
    """(backend, entry point) without those variants that say all of another one and more: `zoom (order=0)`, and not
    `zoom (order=0, grid_mode=True)`."""
    said = {entry.name: _said_of_variant(entry.name) for _, entry in found}
    return [
        each
        for each in found
        if not any(
            without_variant(name) == without_variant(each[1].name) and words < said[each[1].name]
            for name, words in said.items()
        )
    ]


def _said_of_variant(name: str) -> frozenset[str]:
    """What tells a variant from others, one by one."""
    told = function_of(name).partition("(")[2].rstrip(")")
    return frozenset(each for part in told.split(",") if (each := part.strip()))


def check_names(
    expected: Iterable[tuple[str, Expect]], offered: Sequence[tuple[str, EntryPoint]], left_out: Iterable[str] = ()
) -> None:
    """Raises CaseError when a case expects something of an entry point that a running backend does not have.

    expected: (id of a case, what it expects). left_out: those that it has in other versions.
    """
    known = {entry.function for _, entry in offered} | set(left_out)
    prefixes = {name.split(".")[0] for name in known}
    for case_id, wanted in expected:
        for mode, classes in wanted.classes.items():
            for name in expect.named(classes):
                if name not in known and name.split(".")[0] in prefixes:
                    raise CaseError(f"{case_id}: expect.{mode}: {name} is no entry point{_nearest(name, known)}")


def _nearest(name: str, known: Iterable[str]) -> str:
    """The likeliest that was meant: of this name in another module of the system, or one that reads alike."""
    every = list(known)
    (short, *_), own = name.split("."), name.rpartition(".")[2]
    system = SHORT.get(short, short)
    alike = [each for each in every if each.startswith(f"{system}.") and without_variant(each).endswith(f".{own}")]
    near = alike or difflib.get_close_matches(name, every, 1)
    return f"; nearest is {near[0]}" if near else ""
