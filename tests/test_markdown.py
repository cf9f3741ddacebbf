"""The report as markdown: every verdict in signs and words, nothing that breaks it, the same bytes each time."""

from __future__ import annotations

import gc
import re
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.array_json import describe
from harness.report import blocks, results, text, verdicts, view, words
from harness.report.markdown import Markdown
from harness.report.matrix import mark
from harness.report.said import FEW
from harness.report.words import LEGEND
from harness.result import CaseReport
from harness.worker.entry import entry_point, windowed
from tests.pieces import HEADER, both, report, result, saved, settings, whole

HOSTILE = (
    "a|b `c` <script>alert(1)</script>\n\n# head [l](javascript:x) ![p](http://h/p) **b** $x$ \x1b[31m \u202e \ud800"
)


def rendered(path: Path, *reports: CaseReport, header: dict[str, Any] = HEADER) -> str:
    markdown = Markdown(header)
    for each in reports:
        markdown.add(results.piece(each))
    markdown.write(path)
    return whole(path)


def as_piece(**fields: Any) -> dict[str, Any]:
    """One result as a piece has it."""
    (found,) = results.piece(report(results=(result(**fields),)))["results"]
    assert isinstance(found, dict)
    return found


def rows(written: str, heading: str) -> list[list[str]]:
    """The cells of the first table after a heading, head first, rule left out."""
    after = written[written.index(heading) :]
    lines = [line for line in after.splitlines() if line.startswith("|")]
    length = next(
        (i for i, line in enumerate(after[after.index("|") :].splitlines()) if not line.startswith("|")), None
    )
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[:length]]
    return [cells[0], *cells[2:]]


REVERSE, SPLIT = "reverse_kernel", "padding_split"


@pytest.mark.parametrize(
    ("fields", "sign", "words"),
    [
        ({}, "=", "agrees exactly"),
        (
            {"rung": "statistical", "bound_share": 0.43, "max_abs": 1.24e-7},
            "≈",
            "agrees within 43 % of the statistical bound; largest difference 1.2e-07",
        ),
        ({"rung": "winograd|", "bound_share": 1e-9}, "≈", "agrees within 1 % of the bound winograd\\|"),
        (
            {"verdict": "convention", "transforms": (REVERSE,), "max_abs": 286.0},
            "R",
            "kernel reversed, exactly; largest difference 286",
        ),
        (
            {"verdict": "convention", "transforms": ("of_another_version",), "max_abs": None},
            "C",
            "of another version set otherwise, exactly",
        ),
        (
            {"verdict": "convention", "transforms": (SPLIT,), "max_abs": None},
            "P",
            "padding split otherwise, exactly",
        ),
        (
            {"verdict": "convention", "transforms": (REVERSE, SPLIT), "max_abs": 3.0},
            "RP",
            "kernel reversed and padding split otherwise, exactly; largest difference 3",
        ),
        ({"verdict": "convention", "transforms": ("channel_order",)}, "C", "channel order set otherwise, exactly"),
        ({"verdict": "unexplained", "rung": None, "max_abs": 1.0}, "?", "unexplained; largest difference 1"),
        ({"verdict": "declined"}, "·", "declined"),
        ({"verdict": "raised"}, "!", "raised"),
        ({"verdict": "died"}, "†", "died"),
        ({"verdict": "broken"}, "‡", "broken"),
    ],
)
def test_each_verdict_has_its_sign_and_words(fields: dict[str, Any], sign: str, words: str) -> None:
    found = as_piece(**fields)
    assert (verdicts.symbol(mark(found)), verdicts.said("as_written", found)) == (sign, words)
    assert sign in LEGEND
    surprise = as_piece(**fields, expected=False)
    assert verdicts.symbol(mark(surprise)) == f"**{sign}** ✗"
    assert verdicts.said("as_written", surprise) == f"{words} **✗ not as expected**"


def test_a_normalized_call_says_what_it_took() -> None:
    found = as_piece(mode="normalized", words=("turn it", "pad | it"))
    assert verdicts.said("normalized", found) == "agrees exactly - turn it; pad \\| it"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"rung": "printed digits", "bound_share": 0.88},
            "agrees with what the case means, to the last printed digit (uses 88 %",
        ),
        (
            {"verdict": "convention", "words": ("turn it",)},
            "becomes what the case means, with this change: turn it. It fits exactly.",
        ),
        ({"verdict": "unexplained", "rung": None}, "is unexplained: no convention that is known here gives it"),
        ({"expected": False}, "agrees with what the case means, exactly **✗ not as expected**"),
        ({"verdict": "declined"}, "cannot be judged: a reason"),
    ],
)
def test_a_recording_is_spoken_of_in_plain_words(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    about = {"system": "Knet", "origin": "printed | there", **describe(np.array([[[1.5, np.nan]]]))}
    found = result("Knet 1.x", "recorded", **fields)
    written = rendered(tmp_path / "c.md", report(results=(*both(result()), found), recorded=[about]))
    assert f"**Recorded:** The output of `Knet 1.x` (printed \\| there) {words}" in written
    assert "1.5 nan" in written


def test_what_else_can_be_said_of_a_recording_follows_it(tmp_path: Path) -> None:
    found = result("mine", "recorded", remarks=("first, y[0]", "then"))
    written = rendered(tmp_path / "c.md", report(results=(*both(result()), found)))
    assert "- first, y\\[0\\]\n- then\n" in written


def test_the_beginning_says_what_ran_and_what_came_out(tmp_path: Path) -> None:
    written = rendered(tmp_path / "c.md", report("a.yaml"), report("b.yaml", failures=("x was expected to | agree",)))
    assert "**2 cases, 4 results: 1 not as expected.**" in written
    assert "- [b](c/b.md#case-1): x was expected to \\| agree" in written
    assert '<a id="case-1"></a>`b.yaml`' in written
    for part in ("torch 2.0", "Python 3.11.0 on Linux", "a processor", "not available: jax: jax is not installed"):
        assert part in written
    assert "**1 case, 2 results: all as expected.**" in rendered(tmp_path / "c.md", report())


def test_the_beginning_says_what_computed_and_what_was_refused(tmp_path: Path) -> None:
    dtypes = ("float16", "float32", "float64", "int8")
    places = [[2, "float32"], [3, "float32"], [2, "float64"]]
    claims = ("uneven_strides", "together", "dilation")
    everywhere = [[2, "float16"], [3, "float16"]]
    refused = {**dict.fromkeys(claims, places), "groups": [[3, "float16"]], "float16": everywhere}
    wrong = {"refused": {"float16": [[3, "float16"]], "int8": [[3, "int8"]]}, "wrong": ["float16", "int8"]}
    declared = windowed("f", (2, 3), dtypes=dtypes).as_json()
    entries = [{**declared, "refused": refused}, {**declared, "name": "g", **wrong}]
    header = {**HEADER, "entry_points": entries}
    header["environment"] = {
        **HEADER["environment"],
        "features": ["avx", "avx2"],
        "settings": {"OMP_NUM_THREADS": "1"},
        "backends": {"torch": {"version": "2.0", "python": "3.11.0", "numpy": "2.0", "instructions": "AVX2"}},
    }
    written = rendered(tmp_path / "c.md", report("a.yaml"), header=header)
    assert "- processor: a processor, with avx, avx2\n" in written
    assert "- set in the environment: OMP_NUM_THREADS=1\n" in written
    assert "- torch computes with instructions: AVX2\n" in written
    assert (
        "refused here: f: a stride of its own for each axis, a stride with a dilation, "
        "dilation (float32, float64 in 2-D), groups (float16 in 3-D), float16\n"
    ) in written
    assert "and answered wrongly here, so not called: g: float16, int8 (3-D)\n" in written
    assert "refused here" not in rendered(tmp_path / "c.md", report("a.yaml"))


def test_the_matrix_has_a_table_for_each_rank_without_columns_that_only_declined(tmp_path: Path) -> None:
    plane = both(result("a.conv1d", verdict="declined"), result("a.conv2d"))
    line = (result("a.conv1d"), result("a.conv2d", verdict="declined"))
    written = rendered(
        tmp_path / "c.md",
        report("p.yaml", plane),
        report("q.yaml[stride=2,padding=same]", (result("a.conv2d", verdict="convention", transforms=(REVERSE,)),)),
        report("l.yaml", line, x=np.zeros((1, 1, 3))),
    )
    assert rows(written, "## As written, 1-D") == [["case", "a.<br>conv1d"], ["[l](l.md#case-1)", "="]]
    assert rows(written, "## As written, 2-D") == [
        ["case", "a.<br>conv2d"],
        ["[p](p.md#case-1)", "="],
        ["[q stride=2, padding=same](q.md#case-1)", "R"],
    ]
    assert "## Normalized, 2-D\n\n2 cases left out here: every call that was offered agrees.\n" in written


def test_only_what_does_not_agree_is_in_the_table_of_normalized_calls(tmp_path: Path) -> None:
    lost = (result("a.f"), result("a.f", "normalized", "raised"))
    odd = (result("a.f"), result("a.f", "normalized", expected=False))
    written = rendered(
        tmp_path / "c.md", report("p.yaml", lost), report("q.yaml", both(result("a.f"))), report("r.yaml", odd)
    )
    assert rows(written, "## Normalized, 2-D") == [
        ["case", "a.<br>f"],
        ["[p](p.md#case-1)", "!"],
        ["[r](r.md#case-1)", "**=** ✗"],
    ]
    assert "1 case left out here" in written


def test_columns_of_one_backend_stand_together(tmp_path: Path) -> None:
    first = (result("t.f"), result("n.f", backend="numpy"))
    second = (result("t.f"), result("n.f", backend="numpy"), result("t.g"))
    written = rendered(tmp_path / "c.md", report("p.yaml", first), report("q.yaml", second))
    assert rows(written, "## As written, 2-D")[0] == ["case", "t.<br>f", "t.<br>g", "n.<br>f"]


def test_the_matrix_pairs_signs_with_names_of_their_own_mode(tmp_path: Path) -> None:
    uneven = (result("a"), result("b"), result("b", "normalized", "died"))
    written = rendered(tmp_path / "c.md", report(results=uneven))
    assert rows(written, "## Normalized, 2-D") == [["case", "b"], ["[a](cases/a.md#case-1)", "†"]]


def test_a_recording_comes_with_its_code_and_what_the_data_cannot_tell_from_it(tmp_path: Path) -> None:
    piece = results.piece(report(results=(*both(result()), result("mine", "recorded", verdict="convention"))))
    piece["results"][-1]["explanations"] = [
        {"words": "turn it", "code": {"numpy": "y = f(x)\n```\n"}, "tied": True},
        {"words": "shift | it", "code": {}, "tied": True},
        {"words": "far off", "code": {}, "tied": False},
    ]
    markdown = Markdown(HEADER)
    markdown.add(piece)
    markdown.write(tmp_path / "c.md")
    written = whole(tmp_path / "c.md")
    assert "These data cannot tell it from: shift \\| it." in written
    code = "numpy:\n\n````text\ny = f(x)\n```\n````"
    assert f"<details><summary>{words.CODE}</summary>\n\n{code}\n\n</details>" in written
    assert "far off" not in written


def test_a_class_that_differs_comes_with_its_code_once(tmp_path: Path) -> None:
    flipped = [result(name, verdict="convention", transforms=("reverse_kernel",)) for name in ("b", "c")]
    piece = results.piece(report(results=both(result("a"), *flipped)))
    differing = [each for each in piece["results"] if each["verdict"] == "convention"]
    for each, code in zip(differing, ({"numpy": "y = f(x)"}, {})):
        each["explanations"] = [{"words": "turn it", "code": code, "tied": False}]
    markdown = Markdown(HEADER)
    markdown.add(piece)
    markdown.write(tmp_path / "c.md")
    written = whole(tmp_path / "c.md")
    assert written.count("<details>") == written.count("y = f(x)") == 1
    assert written.index("- `b`, `c`: ") < written.index("<details>") < written.index("**Normalized:**")


def test_members_of_one_file_share_a_head_and_their_data(tmp_path: Path) -> None:
    members = [report(f"m.yaml[stride={n}]", why="A reason.", x=np.full((1, 1, 1, 1), n // 3)) for n in (1, 2, 3)]
    written = rendered(tmp_path / "c.md", *members)
    assert [written.count(part) for part in ("# X does Y", "Why: A reason.", "## stride=", "Input, ")] == [1, 1, 3, 2]
    assert written.count('<a id="case-') == 3


def test_the_section_says_what_the_case_is(tmp_path: Path) -> None:
    about: dict[str, Any] = {
        "why": "Because.",
        "source": "https://a.b/c_d",
        "text": "One line.",
        "power": {"sees": [], "blind": ["x", "y"]},
    }
    chosen = settings(
        stride=[2, 3], dilation=[2, 2], padding="same", padding_pairs=[[0, 1], [1, 1]], groups=2, bias=True
    )
    written = rendered(tmp_path / "c.md", report(settings=chosen, **about))
    for part in (
        "Why: Because.",
        "Source: https://a.b/c_d",
        "Note: One line.",
        "These data cannot tell what the case means from: x; y.",
        "float32, stride 2 x 3, dilation 2, padding same (0:1 x 1:1, low:high per axis), 2 groups, bias",
    ):
        assert part in written
    assert "On these data, all conventions that were tried give different numbers." in rendered(
        tmp_path / "c.md", report()
    )
    edges = settings(padding=[[0, 1], [2, 3]], padding_pairs=[[0, 1], [2, 3]], boundary="edge")
    assert view.settings({"settings": edges}).endswith(
        "stride 1, padding (0:1 x 2:3, low:high per axis), boundary edge"
    )


def test_classes_come_with_members_reason_and_numbers_that_are_not_repeated(tmp_path: Path) -> None:
    turned: dict[str, Any] = {"verdict": "convention", "transforms": (REVERSE,), "words": ("turn it",)}
    written = rendered(tmp_path / "c.md", report(results=both(result("b", **turned), result("a"), result("c"))))
    assert "**As written:** 2 classes." in written
    agreeing, other = (
        written.index("- `a`, `c`: agrees with what the case means"),
        written.index("- `b`: becomes what the case means, with this change: turn it"),
    )
    assert agreeing < other
    assert "- all 3 that answered: agrees with what the case means" in written
    assert "What the case means, in numbers" not in written
    assert len(re.findall("\\(N C H W\\):\n", written)) == 3  # the input, and one output for each class


def test_the_reference_is_shown_where_nothing_agrees_with_it(tmp_path: Path) -> None:
    lost = (result(verdict="unexplained", rung=None, reason="all wrong"), result(mode="normalized", verdict="died"))
    written = rendered(tmp_path / "c.md", report(results=lost))
    assert "What the case means, in numbers:\n\nfloat32, 1 x 1 x 2 x 3 (N C H W):" in written
    assert "**Normalized:** no output." in written
    assert "- unexplained as written: `torch.conv2d` - all wrong" in written
    assert "- died normalized: `torch.conv2d` - a reason" in written


def test_equal_rows_and_equal_reasons_are_merged(tmp_path: Path) -> None:
    names = ("a.f", "a.g")
    refused = [
        result(n, m, "declined", reason=f"{n} is 1-D") for n in ("b.f", "b.g") for m in ("as_written", "normalized")
    ]
    once = (result("c", verdict="declined", reason="has no stride"), result("c", "normalized"))
    written = rendered(tmp_path / "c.md", report(results=(*both(*map(result, names)), *refused, *once)))
    table = rows(written, "| entry point")
    assert table[1:] == [["`a.f`, `a.g`", "agrees exactly", "agrees exactly"], ["`c`", "declined", "agrees exactly"]]
    assert "- declined: `b.f`, `b.g` - is 1-D" in written
    assert "- declined as written: `c` - has no stride" in written


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    names = dict.fromkeys(("title", "why", "source"), HOSTILE)
    bad = both(
        result(HOSTILE, reason=HOSTILE, verdict="convention", words=(HOSTILE,), transforms=(HOSTILE,), rung=HOSTILE)
    )
    silent = (result("x", verdict="died", reason=HOSTILE),)
    written = rendered(
        tmp_path / "c.md",
        report(f"{HOSTILE}[{HOSTILE}]", (*bad, *silent), failures=(HOSTILE,), text=HOSTILE, **names),
    )
    outside = re.sub(r"(`{3,})text\n.*?\n\1", "", written, flags=re.DOTALL)
    outside = re.sub(r"`[^`\n]*`", "", re.sub(r"\\.", "", outside))
    assert "<script" not in outside and "](javascript" not in outside and "](http" not in outside
    assert "\x1b" not in written and "\u202e" not in written
    assert not [line for line in written.splitlines() if line.startswith("# head") and line in outside.splitlines()]
    for heading in ("## As written, 2-D", "| entry point"):
        assert len({len(row) for row in rows(written, heading)}) == 1


@given(st.text())
def test_plain_text_is_one_line_without_markup(given_text: str) -> None:
    shown = text.plain(given_text)
    assert shown.isprintable() and "<" not in shown
    assert not re.search(r"(?<!\\)(\\\\)*[`|\[\]*]", shown)


@given(st.text())
def test_code_cannot_be_left(given_text: str) -> None:
    inside = text.code(given_text)[1:-1]
    assert inside.isprintable() and "`" not in inside and "|" not in inside
    fence, *body, end = text.fenced(given_text).split("\n")
    assert end == fence.removesuffix("text")
    assert all(end not in line for line in body)


def test_what_is_not_known_is_counted() -> None:
    values, known = np.zeros((1, 1, 20, 20), "float32"), np.zeros((1, 1, 20, 20), bool)
    known[..., 0, :] = True
    assert blocks.summary(describe(values, known)).endswith("norm 0, 380 not known")


def test_a_long_reason_is_cut() -> None:
    assert text.brief("x" * 10_000) == "x" * text.LONGEST + " ..."


@pytest.mark.parametrize(
    ("value", "dtype", "shown"),
    [
        (float(np.float32(41.063)), "float32", "41.063"),
        (float(np.float32(0.1)), "float64", "0.10000000149011612"),
        (float(np.float16(0.1)), "float16", "0.1"),
        (-3.0, "float32", "-3"),
        (0.0, "float32", "0"),
        (1.5e-8, "float64", "1.5e-08"),
        (7, "int64", "7"),
        (7.0, "int64", "7"),
        ("nan", "float32", "nan"),
        (None, "float32", "?"),
    ],
)
def test_numbers_have_the_shortest_digits_of_their_dtype(value: Any, dtype: str, shown: str) -> None:
    assert blocks.number(value, dtype) == shown


def test_planes_are_aligned_and_named() -> None:
    shown = describe(np.array([[[[1.25, -10], [3, 4]], [[0, 0], [0, 100.5]]]], "float32"))
    assert blocks.block(shown, "input").splitlines()[1:-1] == [
        "channel 0",
        "  1.25 -10",
        "  3      4",
        "channel 1",
        "  0     0",
        "  0   100.5",
    ]


@pytest.mark.parametrize(
    "shape", [(1, 1, 4), (2, 3, 2), (1, 1, 0), (1, 0, 2, 2), (1, 2, 2, 2, 2), (1, 1, 101), (2, 2, 9, 9)]
)
def test_arrays_of_every_rank_can_be_shown(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype="int32").reshape(shape)
    found = blocks.block(describe(array), "input")
    if array.size > 100:
        assert f"max {array.max()}" in found and "corner:" in found
    else:
        digits = re.sub(r"(image|channel|depth) \d+,? ?", "", found)
        assert [int(each) for each in re.findall(r"\d+", digits)] == array.ravel().tolist()


def test_a_summary_counts_what_is_not_finite() -> None:
    large = np.ones((1, 1, 20, 20))
    large[0, 0, 0, :2] = np.nan, np.inf
    assert "norm 19.9499, 2 not finite" in blocks.block(describe(large), "output")


@pytest.mark.parametrize(
    ("value", "shown"), [(1.23e-7, "1.2e-07"), (0.5, "0.5"), (3.0, "3"), (286.4, "286"), (1.26e7, "1.3e+07")]
)
def test_quantities_are_short(value: float, shown: str) -> None:
    assert text.quantity(value) == shown


def test_the_same_pieces_give_the_same_bytes_also_by_way_of_json(tmp_path: Path) -> None:
    slow = both(result(seconds=5.0), result("b", verdict="convention", max_abs=float("nan"), words=("w",)))
    many = [report("a.yaml", slow, text="你好\nthere"), report("b.yaml", x=np.full((1, 1, 11, 11), np.inf))]
    quick = [report("a.yaml", tuple(replace(each, seconds=None) for each in slow), text="你好\nthere"), many[1]]
    written = rendered(tmp_path / "one" / "c.md", *many)
    assert rendered(tmp_path / "two" / "c.md", *quick) == written
    saved(tmp_path / "r.json", *many)
    document = results.load(tmp_path / "r.json")
    again = Markdown(document)
    for piece in results.pieces(document):
        again.add(piece)
    again.write(tmp_path / "three" / "c.md")
    assert whole(tmp_path / "three" / "c.md") == written


def test_memory_hardly_grows_with_the_number_of_cases(tmp_path: Path) -> None:
    """A piece is some 20 kB; a row of the matrix may stay. Texts that are kept come to no more than text.KEPT.

    What is imported and kept once is there before anything is counted, whatever this process did before.
    """

    def kept(count: int) -> int:
        tracemalloc.start()
        markdown = Markdown(HEADER)
        json = results.Json(HEADER)
        for number in range(count):
            piece = results.piece(report(f"{number}.yaml", both(result("a"), result("b")), text="long, " * 4000))
            markdown.add(piece)
            json.add(piece)
        del piece
        for made_safe in (text.plain, text.code, text.one_line):
            made_safe.cache_clear()
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return held

    kept(1)
    few, many = kept(50), kept(400)
    assert many - few < 350 * 1000


def test_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.md"
    path.write_text("old")

    def break_off(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("harness.output.Spool.lines", break_off)
    with pytest.raises(OSError, match="disk full"):
        rendered(path, report())
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("c.md", "old")]


def test_the_conventions_of_the_entry_points_stand_in_the_report(tmp_path: Path) -> None:
    declared = entry_point("torch.conv2d", [2], docs="", reversal=True)(lambda x, w, s: x).as_json()
    for entry_points, told in (([declared], True), ([], False)):
        markdown = Markdown({**HEADER, "entry_points": entry_points})
        markdown.add(results.piece(report()))
        markdown.write(tmp_path / "report.md")
        text = whole(tmp_path / "report.md")
        assert ("# Conventions of the entry points" in text) is told
        assert ("| `torch.conv2d` | convolution |" in text) is told


def test_an_index_of_many_cases_says_who_does_what_first_and_lists_recorded_outputs_last(tmp_path: Path) -> None:
    entries = [windowed(name, (2,), reversal=name == "a.f").as_json() for name in ("a.f", "b.f", "c.f")]
    heads = {}
    for cases in (FEW, FEW + 1):
        page = Markdown({**HEADER, "entry_points": entries})
        for number in range(cases):
            page.add(results.piece(report(f"{number}.yaml", (*both(result()), result("mine", "recorded")))))
        page.write(tmp_path / "c.md")
        text = (tmp_path / "c.md").read_text(encoding="utf-8")
        heads[cases] = re.findall("^## (.*)$", text, re.MULTILINE)[:4]
    assert heads[FEW] == ["What the recorded outputs are", "Which system does what", "Cases", "How to read it"]
    assert heads[FEW + 1] == [
        "What differs at a first look",
        "Which system does what",
        "Cases",
        "What the recorded outputs are",
    ]
    assert (
        "Which functions reverse the kernel, as a convolution does? Most systems: cross-correlation.\n\n"
        "- convolution: a\n" in text
    )
