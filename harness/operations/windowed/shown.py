"""What reports show of an operation that moves a window: its settings, and what entry points declare and are measured.

Settings, declarations and cards come as JSON has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.canonical.layout import SPATIAL, expand
from harness.canonical.window import numbers_text, pairs_text
from harness.grammar.forms import FormError, demand, finite, pair, some
from harness.operations.call import refused_at
from harness.operations.windowed.picture_examples import examples as examples
from harness.operations.windowed.pictures import pictures as pictures
from harness.worker.entry import EntryPoint, Word

Found = Mapping[str, Any]

EXAMPLE = "a kernel that is read backwards"
AS_WRITTEN = "its own word for the padding, the kernel as it is"
DECLARED = "The word for *same* says where the sample more goes when the total of the padding is odd."
DECLARED_LEGEND = """\
**Computes**: convolution reads the kernel backwards along every spatial axis (rotated by 180 degrees in 2-D);
cross-correlation, which deep learning calls convolution, does not. Layouts: N batch, C channel, O output channel, I
input channel per group, D H W space. **Its word for `same`**: where the sample more goes when the total of the padding
is odd. "Centre at k // 2" and "odd sample on the high side" are the same for odd kernels at stride 1, and one sample
apart for even ones. What a function does not take (a stride, uneven padding), the harness does by a named transform."""
DECLARED_HEADS = (
    "computes",
    "input, kernel, output",
    "its word for `same`, and what that is",
    "padding by numbers",
    "stride",
    "dilation",
    "groups",
    "boundaries",
)
MEASURED = """\
**Computes**:
convolution reads the kernel backwards along every spatial axis, cross-correlation does not. **Padding**: what each word
comes to, as (low, high) on each axis; n is the input's size, k the kernel's, s the stride, d the dilation,
e = (k - 1) d + 1. **Input, kernel, sum**: bits of the fraction that are kept of float32 data.
**Integer overflow**: what twice the largest number of a dtype is."""
MEASURED_HEADS = (
    "computes",
    "axes",
    "padding",
    "boundaries",
    "groups",
    "kernel larger",
    "integer overflow",
    "input, kernel, sum",
    "algorithm",
)
HABITS = {
    "computes": "computes (convolution reads the kernel backwards)",
    "its word for `same`, and what that is": "its word for `same`",
    "boundaries": "boundaries",
    "input, kernel, sum": "bits kept of input, kernel, sum (float32 has 23)",
}
QUESTIONS = {
    "computes": "Which functions reverse the kernel, as a convolution does?",
    "its word for `same`, and what that is": "Where does `same` put an odd sample of padding?",
}
PRECISE = ("input", "kernel", "sum")
CLAIMS = {"uneven_strides": "a stride of its own for each axis", "together": "a stride with a dilation"}
RULE = "(low, high)"
SAME = ("same", "same_upper", "same_lower")
RECIPES = {
    "same_upper": "odd sample on the high side",
    "same_lower": "odd sample on the low side",
    "same_half": "centre at k // 2",
    "half": "k // 2 on both sides",
}
ROLES = ("input", "kernel", "output")


def settings(told: Found) -> str:
    """The settings in one line; what is left at 1, zero or none is not named."""
    pairs = f"({pairs_text(told['padding_pairs'])}, low:high per axis)"
    parts = [
        told["means"],
        told["dtype"],
        f"stride {per_axis(told['stride'])}",
        f"dilation {per_axis(told['dilation'])}" if max(told["dilation"]) > 1 else "",
        f"padding {told['padding']} {pairs}" if isinstance(told["padding"], str) else f"padding {pairs}",
        f"{told['groups']} groups" if told["groups"] > 1 else "",
        f"boundary {told['boundary']}" if told["boundary"] != "zero" else "",
        f"of {told['constant']:.7g}" if "constant" in told else "",
        "bias" if told["bias"] else "",
    ]
    return ", ".join(filter(None, parts))


def per_axis(values: Sequence[int]) -> str:
    """One number where all axes have it, else one for each."""
    return str(values[0]) if len(set(values)) == 1 else numbers_text(tuple(values))


SETTINGS_FORM = {
    **dict.fromkeys(("means", "dtype", "boundary"), str),
    **dict.fromkeys(("stride", "dilation"), some(int)),
    "padding": (str, list),
    "padding_pairs": some(pair),
    "groups": int,
    "bias": bool,
    "constant?": finite,
}

# --- what is declared ------------------------------------------------------------------------------------------------


def declared(entry: EntryPoint) -> list[str]:
    """The cells of a declaration under DECLARED_HEADS."""
    takes = entry.takes
    return [
        "convolution" if takes.reversal else "cross-correlation",
        layouts(entry),
        same(takes.words),
        {"uneven": "low and high", "even": "the same on both sides", "one": "one number"}.get(takes.explicit, "no"),
        claimed("yes" if takes.stride else "no", entry, "uneven_strides", "together"),
        claimed("yes" if takes.dilation else "no", entry, "dilation"),
        claimed(takes.groups, entry, "groups"),
        ", ".join(takes.boundaries),
    ]


def claimed(cell: str, entry: EntryPoint, *claims: str) -> str:
    """A cell that claims this much: what of it depends on the machine, or is refused on this one, follows it."""
    return "; ".join([cell, *(_on_machines(entry, claim) for claim in claims if claim in entry.measured)])


def _on_machines(entry: EntryPoint, claim: str) -> str:
    where = refused_at(claim, entry.refused.get(claim, ()), entry.ranks)
    words = f": {CLAIMS[claim]}" if claim in CLAIMS else ""
    return f"{f'not here as {where}' if where else 'measured'}{words}"


def layouts(entry: EntryPoint) -> str:
    """The layouts for the lowest rank that is neither 1 nor 3, if there is one."""
    rank = 2 if 2 in entry.ranks else entry.ranks[0]
    return ", ".join(expand(letters, rank) for letters in entry.layouts.values())


def same(known: Mapping[str, Word], recipes: Mapping[str, str] = RECIPES) -> str:
    """The words for `same`, and what they come to."""
    told: dict[str, None] = {}
    for native, recipe, strided, *_ in (known[word] for word in SAME if word in known):
        own = f"{native}: " if native else ""
        limit = "" if strided else ", stride 1 only"
        told[f"{own}{recipes.get(recipe, recipe)}{limit}"] = None
    return "; ".join(told) or "none"


# --- what was measured -----------------------------------------------------------------------------------------------


def measured(card: Found) -> list[str]:
    """The cells of a card under MEASURED_HEADS; a cell may have several lines."""
    found = card["conventions"]
    precise = card["precision"].get("float32", {})
    larger = dict.fromkeys(f"{word}: {_short(words)}" for word, words in found["kernel larger"].items())
    return [
        _computes(found),
        _axes(found),
        "\n".join(f"{name}: {_rule(rule)}" for name, rule in _padding(found).items()),
        ", ".join(own if own == what else f"{own}: {what}" for own, what in found["boundaries"].items()) or "none",
        _short(found["groups"] if found["groups"] != "none" else found["depthwise"]),
        "\n".join(larger),
        ", ".join(dict.fromkeys(found["overflow"].values())) or "integers refused",
        ", ".join(precise[each].split(" bits")[0] for each in PRECISE if each in precise),
        card["algorithm"]["algorithm"],
    ]


def conventions(found: Found) -> Iterator[tuple[str, str]]:
    """(property, finding) of the conventions of a card, in the order in which people ask."""
    yield "computes", _computes(found)
    yield "axes", _axes(found)
    if "takes" in found:
        yield "takes", found["takes"]
    for name, rule in _padding(found).items():
        yield f"padding {name}", _rule(rule, f" = {rule['formula']}" if rule["formula"] else "")
        for exception in rule["exceptions"] if rule["rule"] or rule.get("nearest") else ():
            yield "", f"not for {exception}"
    yield "unknown padding", found["unknown word"]
    yield "padding by numbers", found["numbers"]
    for name in ("boundaries", "kernel larger", "empty", "dtypes", "promotion", "overflow"):
        yield name, "; ".join(f"{key}: {value}" for key, value in found[name].items()) or "none"
    yield "groups", found["groups"]
    yield "depthwise", found["depthwise"]
    yield "conjugated", found["conjugation"]


def rules(found: Found) -> dict[str, str]:
    """The rules that the padding words of a card follow, and their formulas."""
    return {rule["rule"]: rule["formula"] for rule in _padding(found).values() if rule["rule"]}


def _padding(found: Found) -> dict[str, Found]:
    return {name.removeprefix("padding "): rule for name, rule in found.items() if name.startswith("padding ")}


def _rule(rule: Found, formula: str = "") -> str:
    near = f"; nearest is {rule['nearest']}" if rule.get("nearest") else ""
    words = rule["rule"] + formula if rule["rule"] else _along(rule) or f"no known rule{near}"
    if rule.get("boundary", "zero") != "zero":
        words += f" with boundary {rule['boundary']}"
    if rule["exceptional"] and (rule["rule"] or near):
        words += f", except {rule['exceptional']} of {rule['checked']} sizes"
    return words + (f"; refuses {rule['refuses'].split(':')[0]}" if rule["refuses"] else "")


def _along(rule: Found) -> str:
    """Of a padding that has another rule along each axis, "" where it has not."""
    along = rule.get("along") or []
    letters = SPATIAL[len(along)] if along else ""
    return ", ".join(f"{each['formula']} along {letter}" for letter, each in zip(letters, along))


def _computes(found: Found) -> str:
    """Convolution, cross-correlation, or along which axes the kernel is read backwards."""
    flags = {rank: tuple(reversal) for rank, reversal in found["reversal"].items() if reversal}
    if not flags:
        return "cross-correlation, or convolution: a kernel of ones does not tell"
    if all(all(each) for each in flags.values()):
        return "convolution"
    if not any(any(each) for each in flags.values()):
        return "cross-correlation"
    rank, reversal = next((rank, each) for rank, each in flags.items() if any(each))
    letters = [letter for letter, backwards in zip(SPATIAL[int(rank)], reversal) if backwards]
    return f"reads the kernel backwards along {', '.join(letters)} only"


def _short(words: str) -> str:
    """A finding without the message of what was refused."""
    return "refused" if words.startswith(("raises", "declines")) else words


def _axes(found: Found) -> str:
    rank = str(found["ranks"][-1])
    return ", ".join(next(letters for key, letters in found[role].items() if str(key) == rank) for role in ROLES)


def conventions_form(place: str, found: Any) -> None:
    """What a card says of conventions: by rank, by word, and of paddings by a rule for each. Raises FormError."""
    by_key = {key: {"*": str} for key in (*ROLES, "boundaries", "kernel larger", "overflow")}
    demand(place, found, {**by_key, "ranks": some(int), "groups": str, "depthwise": str, "reversal": {"*": [bool]}})
    for name in (name for name in found if name.startswith("padding ")):
        demand(f"{place}.{name}", found[name], _RULE_FORM)
    for role in ROLES:
        demand(f"{place}.{role}", found[role], {str(found["ranks"][-1]): str})
    for rank in found["reversal"]:
        if rank not in map(str, SPATIAL):
            raise FormError(f"{place}.reversal: {rank!r} is no number of axes")


_RULE_FORM = {
    **dict.fromkeys(("rule", "formula"), (str, type(None))),
    "refuses": str,
    **dict.fromkeys(("exceptional", "checked"), int),
}
