"""What an operation is to the rest of the house.

An operation is a module or a package with plain names, those of `Operation`; `harness.operations` is the table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from harness.canonical.instance import Form
from harness.grammar.document import Item
from harness.grammar.kinds import Field, Record
from harness.operations.call import Call
from harness.operations.panels import Picture
from harness.operations.spoken import Role
from harness.operations.stated import Given, Recording, Stated
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

if TYPE_CHECKING:  # for a card only, which few commands make
    from harness.operations.card import Card
    from harness.parent.asking import Asking

Setting = tuple[Any, Item]
"""The value of a setting, and where a case file gives it."""


@dataclass(frozen=True)
class Elsewhere:
    """Settings that a case takes from the definition of another system, and where the case names it.

    check: raises CaseError where arrays are not such as the definition says.
    """

    settings: Mapping[str, Any]
    at: Item
    check: Callable[[Mapping[str, Given]], None]


class Operation(Protocol):
    """The names that the module of an operation has.

    NAME: the word after `operation:`. ROLES: its arrays. SETTINGS: its keys that `matrix` may vary; FIELDS: other keys
    of its own. EXPLAINED_BY: names of the conventions by which its outputs may differ. TAKEN_FOR_UNKNOWN: settings that
    may be unknown, and what they are taken for.
    """

    @property
    def NAME(self) -> str: ...
    @property
    def ROLES(self) -> Mapping[str, Role]: ...
    @property
    def SETTINGS(self) -> Mapping[str, Field]: ...
    @property
    def FIELDS(self) -> Mapping[str, Field]: ...
    @property
    def EXPLAINED_BY(self) -> Sequence[str]: ...
    @property
    def TAKEN_FOR_UNKNOWN(self) -> Mapping[str, Any]: ...

    def demand(self, top: Record) -> None:
        """Raises CaseError where a key is missing that the grammar cannot demand."""

    def elsewhere(self, top: Record, folder: Path, rank: int) -> Elsewhere | None:
        """Settings that the case takes from a definition of another system."""

    def settled(self, settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
        """The settings with one entry for each spatial axis; raises CaseError where their number is another."""

    def check(self, stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
        """Raises CaseError where arrays and settings do not fit each other."""

    def meant(self, stated: Stated) -> Form:
        """The canonical form of what is stated."""

    def told(self, stated: Stated) -> dict[str, Any]:
        """The settings as JSON has them."""

    def lowering(self) -> Lowering: ...
    def search(self) -> Searching: ...
    def program(self) -> Programs: ...
    def power(self) -> Powers: ...
    def probes(self) -> Probes: ...
    def new_cases(self) -> NewCases: ...
    def own_words(self) -> OwnWords: ...
    def draws(self) -> Draws: ...
    def shown(self) -> Shown: ...


Transforms = tuple[Transform, ...]


class Lowering(Protocol):
    """A case and an entry point to a call. Both functions raise Unsupported with the reason."""

    def as_written(self, stated: Stated, entry: EntryPoint) -> Call:
        """The call that a person would first write."""

    def normalized(self, stated: Stated, entry: EntryPoint) -> Call:
        """The call that computes what the case means, by named transforms."""


class Question(Protocol):
    """What is asked of a search: an intended form and an output that it does not account for.

    observed: NaN where an element is not known. slack: the absolute error that no value of it exceeds.
    """

    @property
    def form(self) -> Any: ...
    @property
    def observed(self) -> np.ndarray: ...
    @property
    def slack(self) -> float: ...
    @property
    def unknown(self) -> frozenset[str]: ...
    def is_free(self, transform: Transform) -> bool:
        """Whether a change only says what an unknown setting was."""


class Solution(Protocol):
    """Other weights that fit an output which no convention explains."""

    def remarks(self) -> Iterator[str]: ...


Holds = Callable[[Transforms], bool]


class Searching(Protocol):
    """The search for what explains an output.

    `marks` is what explains better than rounding what is left beside what is meant, () where it has no name; `hidden`
    says what would not show within bounds. A search that was begun counts in `left_out` what it did not evaluate, and
    says in `whole` up to how many changes it left nothing out, in `tested` how many hypotheses it decided.
    """

    @property
    def DEEPEST(self) -> int: ...
    @property
    def Search(self) -> Callable[..., Any]: ...
    @property
    def question(self) -> Callable[[Stated, Any, np.ndarray, float, np.ndarray | None, str], Question]: ...
    @property
    def quick(self) -> Callable[[Any], Iterator[Transforms]]: ...
    @property
    def explanations(self) -> Callable[[Any, Holds], Iterator[Transforms]]: ...
    @property
    def besides(self) -> Callable[[Any, Transforms], Iterator[Sequence[Transforms]]]:
        """What may be the case where some changes hold: of each explanation the ways to say it, the best first."""

    @property
    def other_values(self) -> Callable[[Any, Holds], Solution | None]: ...
    def possible(self, form: Any, values: np.ndarray, slack: float, coarse: float) -> bool: ...
    @property
    def pattern(self) -> Callable[[Any, np.ndarray | float], list[str]]: ...
    @property
    def marks(self) -> Callable[[Any], Transforms | None]: ...
    @property
    def hidden(self) -> Callable[[Any, Any, np.ndarray | float], list[str]]: ...
    @property
    def of_recordings(self) -> Callable[[Any, Recording, Sequence[Recording], float], list[str]]: ...
    def came_to(self, form: Any) -> dict[str, str]: ...


class Edit(Protocol):
    """line: a call as an expression. program: what is run to prove it, "" where it follows from others."""

    @property
    def line(self) -> str: ...
    @property
    def program(self) -> str: ...


class Programs(Protocol):
    """The code of a call."""

    @property
    def FOLLOWING(self) -> tuple[str, ...]: ...
    def programs(self, stated: Stated, transforms: Sequence[Transform], letters: str = "") -> dict[str, str]:
        """System -> a program that computes what is stated, `transforms` applied; letters: the axes of its output."""

    def edits(self, stated: Stated, transforms: Sequence[Transform], letters: str) -> Mapping[str, Edit]:
        """System -> the shortest edit that does, where there is one."""

    def fresh(self, form: Any) -> Any: ...
    def arrays(self, stated: Stated, form: Any) -> dict[str, np.ndarray]: ...


class Powers(Protocol):
    """What the data of a case can tell apart."""

    def power(self, form: Any, partial: bool = False, then: Transform | None = None) -> Any:
        """What the data of a form tell apart, of whose output `then` is made; partial: NaN is what is not known."""

    def strengthened(self, stated: Stated) -> str: ...


class Probes(Protocol):
    """What an entry point computes, measured."""

    def card(self, backend: str, version: str, entry: EntryPoint) -> Asking[Card]: ...


class Drawn(Protocol):
    """One call that was drawn at random; it may be none that can be made, as where no output is left."""

    def arrays(self) -> Mapping[str, Given]:
        """Its arrays, of whole numbers."""

    def settings(self) -> Mapping[str, Any]:
        """Its settings, as `settled` gives them."""

    def smaller(self) -> Iterator[Drawn]:
        """Calls that are a step simpler, each in one thing."""

    def weight(self) -> int:
        """How much there is to look at."""

    def matters(self) -> tuple[str, ...]:
        """What of it is not the simplest there is: words by which finds are told apart."""


class Draws(Protocol):
    """Random calls of the operation."""

    def draw(self, stream: np.random.Generator) -> Drawn: ...
    def of_case(self, stated: Stated) -> Drawn:
        """The call of a case, with other numbers."""


class NewCases(Protocol):
    """Cases of the operation that the harness writes.

    START: the lines of a case to start from, of all but the input. SETTINGS: the lines of the settings, with blanks.
    ASSUMED: what settings are that a command line does not give. NODE_LAYOUTS: those of the weights of a node of a
    model, `*` for the spatial axes.
    """

    @property
    def START(self) -> str: ...
    @property
    def SETTINGS(self) -> str: ...
    @property
    def ASSUMED(self) -> Mapping[str, str]: ...
    @property
    def NODE_LAYOUTS(self) -> Mapping[str, str]: ...
    def settings(self, sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
        """What SETTINGS has blanks for, by the spatial sizes of the arrays and perhaps of the output."""

    def of_definition(self, text: str, rank: int, layer: str) -> dict[str, str]:
        """The same by a layer of a Caffe definition; raises ValueError where it has none such."""

    def layouts(self, shapes: Mapping[str, Sequence[int]]) -> list[dict[str, str]] | None:
        """Orders of axes by role that fit these shapes of arrays, vectors and an output, the likeliest first.

        None where nothing is known of it.
        """

    def drawn(self, letters: Sequence[str]) -> Iterator[Sequence[np.ndarray]]:
        """Arrays of whole numbers in these orders of axes, which tell conventions apart; the best shapes first."""

    def of_node(self, attributes: Mapping[str, Any]) -> dict[str, str]:
        """The same by the attributes of a node; raises ValueError where they say what no setting does."""


class OwnWords(Protocol):
    """What is declared of a user's own program that computes the operation. FIELDS: the keys."""

    @property
    def FIELDS(self) -> Mapping[str, Field]: ...
    def takes(self, found: Record) -> dict[str, Any]:
        """What the program's worker is told for these keys. Raises CaseError."""

    def told(self, words: tuple[str, ...]) -> dict[str, Any]:
        """The keys of a program that a command line gives, with these words."""

    def learned(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The conventions of its card without what was only tried."""

    def beside(self, card: Card, entries: Iterable[EntryPoint]) -> Card:
        """Its card with sentences on it beside known functions."""


Cells = list[str]
"""Plain texts of a row of a table; one may have several lines."""


class Shown(Protocol):
    """What reports show of the operation; settings, declarations and cards come as JSON has them.

    EXAMPLE: a convention in which systems differ. AS_WRITTEN: what is left as it is in a call as written. DECLARED,
    MEASURED: what must be known to read a table of declarations, or of cards; DECLARED_LEGEND: the same, for a page of
    its own. HABITS: the heads of those tables that tell systems apart at a first look, and what they are called there.
    QUESTIONS: some heads of a table of declarations, as the questions that they answer at the first look of all.
    CLAIMS: claims that a machine may refuse, in words where their names say too little. RULE: what the formula
    of a rule gives. SETTINGS_FORM, conventions_form: forms (`harness.grammar.forms`).
    """

    @property
    def EXAMPLE(self) -> str: ...
    @property
    def AS_WRITTEN(self) -> str: ...
    @property
    def DECLARED(self) -> str: ...
    @property
    def DECLARED_LEGEND(self) -> str: ...
    @property
    def DECLARED_HEADS(self) -> Sequence[str]: ...
    @property
    def MEASURED(self) -> str: ...
    @property
    def MEASURED_HEADS(self) -> Sequence[str]: ...
    @property
    def HABITS(self) -> Mapping[str, str]: ...
    @property
    def QUESTIONS(self) -> Mapping[str, str]: ...
    @property
    def CLAIMS(self) -> Mapping[str, str]: ...
    @property
    def RULE(self) -> str: ...
    @property
    def SETTINGS_FORM(self) -> Mapping[str, Any]: ...
    def conventions_form(self, place: str, found: Any) -> None: ...
    def settings(self, told: Mapping[str, Any]) -> str:
        """The settings of a case in one line."""

    def pictures(self, case: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]) -> Iterable[Picture]:
        """Pictures of the changes of an explanation of this case."""

    def examples(self) -> Iterable[tuple[str, Picture]]:
        """(name, picture) of conventions, for a page of its own."""

    def declared(self, entry: EntryPoint) -> Cells:
        """What an entry point declares, under DECLARED_HEADS."""

    def measured(self, card: Mapping[str, Any]) -> Cells:
        """What was measured of it, under MEASURED_HEADS."""

    def conventions(self, found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """(property, finding) of the conventions of a card."""

    def rules(self, found: Mapping[str, Any]) -> dict[str, str]:
        """Rules that the conventions of a card name, and their formulas."""
