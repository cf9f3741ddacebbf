"""Results in signs and in words, as plain text that each kind of report escapes for itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.explanation.answers import BLIND
from harness.operations import TABLE, USUAL
from harness.operations.call import refused_at
from harness.operations.transforms import BY_ID, SIGNS
from harness.operations.transforms.transform import Transform
from harness.report.text import one_line, quantity, share
from harness.rounding.rungs import PRINTED_DIGITS, in_words

Result = Mapping[str, Any]

DECLINED = "·"
BOTH = "".join(SIGNS)
LEGEND = {
    "=": "agrees exactly with what the case means, to the last bit",
    "≈": "agrees within rounding",
    **{sign: meaning for sign, (_, meaning) in SIGNS.items()},
    BOTH: "both of these",
    "C": "another convention, named in the case's own section",
    "?": "differs, and no convention that is known here explains it",
    DECLINED: "declined: the entry point does not offer the call",
    "!": "raised: the call ended in an error",
    "†": "died: the process of the framework ended or hung",
    "‡": "broken: the harness's own worker failed, which says nothing of the system",
}
KINDS = {
    "=": "exact",
    "≈": "rounding",
    **{sign: word for sign, (word, _) in SIGNS.items()},
    BOTH: "both",
    "C": "convention",
    "?": "unexplained",
    DECLINED: "declined",
    "!": "raised",
    "†": "died",
    "‡": "broken",
}
"""A word or two for each sign."""
UNEXPECTED = "✗"
MEANT = "what the case means"
SYSTEM = "the system"
"""What sentences about changes call the one that is to be changed."""
LEAST = 0.01
"""The share of a bound that is told of what uses less."""
SHORT = 32
"""Letters of a system's name that are said again within a sentence."""
CODE = "Code that gives these numbers, run on these data and on others (Julia's follows from it and was not run):"
ALL_CODE = "code for all frameworks"
"""What `harness explain` writes besides."""

_OUTCOMES = {"unexplained": "?", "declined": DECLINED, "raised": "!", "died": "†", "broken": "‡"}


def sign(result: Result) -> str:
    """The result as one of the signs of LEGEND."""
    if result["verdict"] == "agrees":
        return "=" if result["rung"] == "exact" else "≈"
    if result["verdict"] == "convention":
        signs = {_kind(name).sign for name in result["transforms"]}
        return BOTH if signs == set(SIGNS) else signs.pop() if len(signs) == 1 else "C"
    return _OUTCOMES.get(result["verdict"], "?")


def as_written(result: Result) -> str:
    """What became of the call as written: verdict, rung and share of its bound, largest difference."""
    return f"{_verdict(result)}{_difference(result)}"


def normalized(result: Result) -> str:
    """What became of the normalized call; where it agrees, with the transforms that it took."""
    agrees = result["verdict"] == "agrees"
    steps = "; ".join(result["words"]) if agrees else ""
    return f"{_verdict(result)}{_difference(result)}{f' - {steps}' if steps else ''}"


def explanation(result: Result, meant: str = MEANT, side: str = SYSTEM) -> str:
    """What to change in the members of a class to get what the case means, or that they agree with it.

    meant: who gives what is meant. side: what a sentence calls the system that is to be changed.
    """
    if result["verdict"] == "agrees":
        return f"agrees with {meant}{_open(result)}"
    if result["verdict"] == "convention":
        found = result["words"]
        changes = "this change" if len(found) == 1 else "these changes"
        return f"becomes {meant}, with {changes}: {sided('; '.join(found) + _open(result), side)}"
    return "unexplained: no convention that is known here gives these numbers"


def _open(result: Result) -> str:
    """Why it is not certain that it is so; what ties for a recording is listed beside it."""
    if not result.get("ambiguous"):
        return ""
    others = [each["words"] for each in result["explanations"][1:] if each.get("tied")]
    if result["mode"] == "recorded":
        return "; these data cannot tell it from others that fit" if others else "; not certain"
    if others:
        return f", or, as these data cannot tell: {', or: '.join(others)}"
    return f"; {result['remarks'][0]}" if result["remarks"] else "; not certain"


def answer(result: Result, meant: str = MEANT) -> str:
    """What was found of a recorded output, as the end of a sentence, without how closely."""
    if result["verdict"] == "declined":
        return f"cannot be judged: {result['reason']}"
    if result["verdict"] == "unexplained":
        return "is unexplained: no convention that is known here gives it"
    return explanation(result, meant, _side(result["entry_point"]))


def sided(sentence: str, side: str) -> str:
    """A sentence about a change, beside another system: it says whose `the system` is."""
    return sentence.replace(SYSTEM, side)


def _side(name: str) -> str:
    """What a sentence calls the system of a recording."""
    name = one_line(name)
    return f'"{name}"' if len(name) <= SHORT else "the system of this output"


def recording(result: Result) -> str:
    """What was found of a recorded output, as the end of a sentence."""
    if result["verdict"] == "convention":
        apart = quantity(result["max_abs"]) if result["max_abs"] else ""
        without = f"; without it the largest difference is {apart}" if apart else ""
        return f"{answer(result)}. It fits {_digits(result)}{without}"
    if result["verdict"] == "agrees":
        return f"agrees with {MEANT}, {_digits(result)}{_difference(result)}{_open(result)}"
    return answer(result) + ("" if result["verdict"] == "declined" else _difference(result))


def power(blind: Sequence[str]) -> str:
    """What the data of the case cannot see."""
    if not blind:
        return "On these data, all conventions that were tried give different numbers."
    return f"{BLIND.capitalize()}: {'; '.join(blind)}."


def count(classes: int) -> str:
    """The number of agreement classes."""
    return {0: "no output.", 1: "one class."}.get(classes, f"{classes} classes.")


def folded(cases: int) -> str:
    """What is said in place of the lines of a table that are left out; "" for none."""
    if not cases:
        return ""
    return f"{cases} case{'s' * (cases != 1)} left out here: every call that was offered agrees."


def environment(header: Mapping[str, Any]) -> list[str]:
    """What was run and where, a line for each fact."""
    found = header["environment"]
    features = ", ".join(found.get("features", ()))
    settings = ", ".join(f"{name}={value}" for name, value in found.get("settings", {}).items())
    versions = [f"{name} {about['version']}" for name, about in found["backends"].items()]
    return [
        f"frameworks: {', '.join(versions) or 'none'}",
        f"Python {found['python']} on {found['platform']}",
        f"processor: {found['processor']}{f', with {features}' if features else ''}",
        *([f"set in the environment: {settings}"] if settings else []),
        *_computing(found["backends"]),
        *_refused(header.get("entry_points", ())),
        f"harness {header['harness']}, {header['created']}",
        *(f"not available: {name}: {reason}" for name, reason in found["unavailable"].items()),
    ]


def computing(about: Mapping[str, Any]) -> str:
    """What computes in a backend, as far as its worker says."""
    return ", ".join(f"{key}: {value}" for key, value in about.items() if key not in ("version", "python", "numpy"))


def _computing(backends: Mapping[str, Any]) -> list[str]:
    told = {name: computing(about) for name, about in backends.items()}
    return [f"{name} computes with {words}" for name, words in told.items() if words]


def _refused(declarations: Iterable[Mapping[str, Any]]) -> list[str]:
    """What entry points refuse here that they may take elsewhere, and what they answer wrongly."""
    found: dict[str, list[str]] = {"refused here": [], "answered wrongly here, so not called": []}
    for each in declarations:
        wrong = each.get("wrong", ())
        for told, is_wrong in zip(found.values(), (False, True), strict=True):
            claims = {claim: at for claim, at in each.get("refused", {}).items() if (claim in wrong) == is_wrong}
            told += [f"{each['name']}: {_claims(each, claims)}"] if claims else []
    return [f"tried when the workers started, and {how}: {'; '.join(told)}" for how, told in found.items() if told]


def _claims(declaration: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """Claims that do not hold, in words, and where."""
    where: dict[str, list[str]] = {}
    shown = TABLE[declaration.get("operation", USUAL)].shown().CLAIMS
    for claim, places in claims.items():
        where.setdefault(refused_at(claim, places, declaration["ranks"]), []).append(shown.get(claim, claim))
    return ", ".join(f"{', '.join(names)}{f' ({told})' if told else ''}" for told, names in where.items())


def _digits(result: Result) -> str:
    if result["rung"] == PRINTED_DIGITS.name:
        return f"to the last printed digit (uses {share(result['bound_share'])} of {PRINTED_DIGITS.words})"
    return _closeness(result)


def _verdict(result: Result) -> str:
    if result["verdict"] == "agrees":
        return f"agrees {_closeness(result)}"
    if result["verdict"] == "convention":
        doubt = ", and not for certain" if result.get("ambiguous") else ""
        return f"{_names(result['transforms'])}, {_closeness(result)}{doubt}"
    return str(result["verdict"])


def _names(transforms: Sequence[str]) -> str:
    """In short; settings and arrays whose convention has no short name are set otherwise."""
    short = [_kind(name).short for name in transforms if _kind(name).short]
    others = [name.replace("_", " ") for name in transforms if not _kind(name).short]
    return " and ".join([*short, *([f"{' and '.join(others)} set otherwise"] if others else [])])


def _kind(name: str) -> type[Transform]:
    """The transform of this name; any other one's stand-in, as a saved run may come from another version."""
    return BY_ID.get(name, Transform)


def _closeness(result: Result) -> str:
    """How closely the numbers are those of the explanation (of the case itself, where it agrees)."""
    if result["rung"] == "exact":
        return "exactly"
    bound = in_words(result["rung"] or "an unnamed")
    if result["bound_share"] is None:
        return f"within {bound}"
    return f"within {share(max(result['bound_share'], LEAST))} of {bound}"


def _difference(result: Result) -> str:
    if result["max_abs"] is None:
        return ""
    return f"; largest difference {quantity(result['max_abs'])}" if result["max_abs"] else ""
