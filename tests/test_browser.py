"""The HTML page in a real browser: no errors, filters, links, heat maps, differences, contrast, narrow screens, print.

Needs Chromium with its driver (Debian: chromium, chromium-driver) and Selenium; skipped without.
"""

from __future__ import annotations

import base64
import importlib
import itertools
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from harness.array_json import describe
from harness.backends import TABLE
from harness.case.read import find, load
from harness.cli import main
from harness.parent.pool import Pool
from harness.report import results, words
from harness.report.page import Html
from harness.result import CaseReport
from harness.runner import run
from harness.systems.selection import backends
from tests.pieces import HEADER, as_of_many_systems, both, report, result
from tests.test_page import every_verdict
from tests.test_walk import REVERSED, A, B, chain

CASES = Path(__file__).parent.parent / "cases"
SCHEMES = ["light", "dark"]
NARROW, WIDE = 400, 1280

EXACT = np.array([[[[0.1, -0.7, 1 / 3], [100.3, -1e-3, 2.0]]]])
_A = EXACT.astype("float32")
ROUNDED = {"a": _A, "b": np.nextafter(_A, np.float32(9)), "c": _A + 3 * np.spacing(_A)}
"""Outputs of one class, none of which is a short decimal number."""

ALL_LAID_OUT = """
document.querySelectorAll("details").forEach((each) => { each.open = true; });
document.querySelectorAll(".case, .tall").forEach((each) => { each.style.contentVisibility = "visible"; });
requestAnimationFrame(() => requestAnimationFrame(arguments[0]));
"""
"""What is skipped where it is not in view has no place, and axe would take what lies elsewhere for its background."""
OF_EACH_KIND = """
const named = (element) =>
  [element.tagName, element.getAttribute("class"), element.getAttribute("role"), element.getAttributeNames()].join(".");
const kind = (element) => {
  const kinds = [...element.children].map(kind);
  const inside = element.tagName === "TR" ? kinds : [...new Set(kinds)].sort();  // a row has its columns
  if (element.tagName !== "TR") {
    const seen = new Map();
    [...element.children].forEach((each, number) => {
      seen.set(kinds[number], (seen.get(kinds[number]) ?? 0) + 1);
      if (seen.get(kinds[number]) > 2) each.remove();
    });
  }
  return `${named(element)}(${inside})`;
};
const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
const twice = ids.filter((each, number) => ids.indexOf(each) !== number);
kind(document.body);
return twice;
"""
"""Leaves two of all that are alike side by side, in kind and in what they hold, whose number costs axe a minute and
shows it nothing; says which ids stood twice, which then does not show."""
CONTRASTS = """
const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const behind = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = rgb(getComputedStyle(each).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour;
  }
};
const found = new Map();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
  const style = getComputedStyle(element);
  const [text, ground] = [luminance(rgb(style.color)), luminance(behind(element))];
  const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
  const name = `${element.tagName}.${element.className} in ${element.parentElement.className}`;
  found.set(name, Math.min(ratio, found.get(name) ?? 99));
}
return [...found];
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real results of a few cases, and results made by hand with every verdict, a failure, and code to copy."""
    files = ["seeds/apple-data.yaml", "conventions/modes-1d.yaml", "conventions/groups.yaml"]
    with Pool(backends(["numpy", "scipy"])) as pool:
        entries = pool.entry_points()
        header = results.header(pool.hellos, pool.unavailable)
        reports = [each for file in files for each in run(load(CASES / file), pool, entries)]
    html = Html(header)
    for each in [*reports, *made_by_hand()]:
        piece = results.piece(each)
        if each.info["id"] == "code.yaml":
            turn = {"transforms": [], "words": "turn it", "code": {"torch": "w = w[:, :, ::-1, ::-1]"}, "tied": False}
            piece["results"][0]["explanations"] = [turn]
        html.add(piece)
    html.add(of_one_class())
    path = tmp_path_factory.mktemp("page") / "comparison.html"
    html.write(path)
    return path


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of one case, with pictures, edits and code."""
    return page_of(tmp_path_factory.mktemp("question"), "seeds/apple-data.yaml", CONVOLVING)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two hundred cases on twelve systems."""
    return page_of_many(tmp_path_factory.mktemp("many"), 200, systems=12, functions=45)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a thousand cases on fourteen systems."""
    return page_of_many(tmp_path_factory.mktemp("thousand"), 1000, systems=14, functions=56)


def page_of_many(folder: Path, cases: int, systems: int, functions: int) -> Path:
    html = Html(HEADER)
    for number in range(cases):
        html.add(as_of_many_systems(number, systems, functions))
    html.write(folder / "comparison.html")
    return folder / "comparison.html"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two networks, of which one layer differs."""
    folder = tmp_path_factory.mktemp("walked")
    nets = {"a.npz": chain(A), "b.npz": chain(B, {2: REVERSED})}
    names = [str(net.write(folder / name, end)) for name, (net, end) in nets.items()]
    assert main(["walk", *names, "--out", str(folder)]) == 1
    return folder / "walk.html"


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of more cases than are a question, with what all entry points declare."""
    return page_of(tmp_path_factory.mktemp("survey"), "seeds", ["numpy", "scipy"], every_declaration())


def every_declaration() -> dict[str, Any]:
    modules = (importlib.import_module(backend.module) for backend in TABLE.values())
    return {"entry_points": [entry.as_json() for module in modules for entry in module.ENTRY_POINTS]}


CONVOLVING = ["numpy", "scipy", *(name for name in ("torch", "tensorflow") if TABLE[name].here())]
"""NumPy and SciPy, and frameworks that are here."""


def page_of(folder: Path, files: str, names: Sequence[str], header: Mapping[str, Any] = MappingProxyType({})) -> Path:
    """The page of a run of these cases; `header` says what else is known of it."""
    with Pool(backends(names)) as pool:
        html = Html({**results.header(pool.hellos, pool.unavailable), **header})
        for each in run(
            (case for path in find([CASES / files]) for case in load(path)), pool, pool.entry_points(), True
        ):
            html.add(results.piece(each))
    html.write(folder / "comparison.html")
    return folder / "comparison.html"


def made_by_hand() -> list[CaseReport]:
    surprise = result("g", verdict="unexplained", rung=None, max_abs=3.0, expected=False)
    large = np.arange(400, dtype="float32").reshape(1, 1, 20, 20)
    odd = np.array([[[[1e-9, np.nan], [-np.inf, 2.5]]]], "float32")
    return [
        report("every-verdict.yaml", every_verdict(), title="A title that is long " + "x" * 200, text="a\nb"),
        report("failing.yaml", both(surprise), failures=("as_written: g does not agree",), x=large),
        report("code.yaml", both(result("h", verdict="convention", transforms=("reverse_kernel",))), x=odd),
        report(
            "recorded.yaml",
            (*both(result()), result("mine", "recorded")),
            recorded=[{"system": "mine", **describe(odd)}],
        ),
    ]


def of_one_class() -> Any:
    agree = both(*(result(name, rung="statistical", bound_share=0.1) for name in ROUNDED))
    piece = results.piece(report("rounding.yaml", agree, reference=describe(EXACT)))
    piece["outputs"] = [describe(each) for each in ROUNDED.values()]
    for each in piece["results"]:
        each["output"] = list(ROUNDED).index(each["entry_point"])
    return piece


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no chromium with chromedriver on the PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield started
    started.quit()


def visit(
    browser: Any,
    page: Path,
    scheme: str = "light",
    width: int = WIDE,
    height: int = 900,
    media: str = "",
    drawn: bool = True,
) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get("about:blank")
    browser.get(page.as_uri())
    if drawn:  # as where one has been everywhere: a case is drawn when it comes near
        browser.execute_script("dispatchEvent(new Event('beforeprint'))")
        browser.execute_script(
            "document.querySelectorAll('.tall').forEach((each) => { each.style.contentVisibility = 'visible'; })"
        )


def all_of(browser: Any, selector: str) -> list[Any]:
    found: list[Any] = browser.find_elements("css selector", selector)
    return found


def section_of(browser: Any, name: str) -> Any:
    """The section of the case whose heading is `name`."""
    (found,) = (each for each in all_of(browser, ".case") if each.find_element("tag name", "h3").text == name)
    return found


def shown(browser: Any, selector: str) -> int:
    return int(
        browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].filter(e => e.getClientRects().length).length",
            selector,
        )
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_opens_without_a_word_on_the_console(browser: Any, page: Path, scheme: str) -> None:
    visit(browser, page, scheme)
    assert browser.get_log("browser") == []
    assert shown(browser, "#filter") == 1
    assert shown(browser, ".heat td") > 100


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", NARROW)])
@pytest.mark.parametrize("which", ["page", "question", "survey", "walked"])
def test_axe_finds_no_violation(
    browser: Any, request: pytest.FixtureRequest, which: str, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_core_python.selenium").Axe()
    visit(browser, request.getfixturevalue(which), scheme, width)
    browser.set_script_timeout(600)
    assert not browser.execute_script(OF_EACH_KIND)
    browser.execute_async_script(ALL_LAID_OUT)
    assert not violations(axe.run(browser))


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", NARROW)])
def test_axe_finds_no_violation_in_a_thousand_cases_as_they_open(
    browser: Any, thousand: Path, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_core_python.selenium").Axe()
    visit(browser, thousand, scheme, width, drawn=False)
    waited(browser, lambda _: all_of(browser, ".matrix tbody td a"))
    browser.set_script_timeout(600)
    assert not violations(axe.run(browser))


def test_axe_sees_the_one_fault_among_many_that_are_alike(browser: Any, question: Path) -> None:
    axe = pytest.importorskip("axe_core_python.selenium").Axe()
    visit(browser, question)
    plant = "[...document.querySelectorAll('.case li, .case p')].at(-1).innerHTML += '<img src=\"data:,\">'"
    browser.execute_script(plant)
    browser.set_script_timeout(600)
    browser.execute_script(OF_EACH_KIND)
    assert "image-alt" in [name for name, _ in violations(axe.run(browser))]


def violations(found: Any) -> list[Any]:
    return [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in found["violations"]]


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_has_the_contrast_that_wcag_aa_wants(browser: Any, page: Path, scheme: str, width: int) -> None:
    visit(browser, page, scheme, width)
    browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    weak = {name: ratio for name, ratio in browser.execute_script(CONTRASTS) if ratio < 4.5}
    assert not weak


def test_nothing_scrolls_sideways_on_a_narrow_screen(browser: Any, page: Path) -> None:
    visit(browser, page, width=NARROW)
    browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= NARROW


def test_a_case_is_drawn_when_it_comes_near(browser: Any, page: Path) -> None:
    visit(browser, page, drawn=False)
    last = all_of(browser, ".case")[-1]
    assert not last.find_elements("css selector", ".heat")
    browser.execute_script("arguments[0].scrollIntoView()", last)
    waits = pytest.importorskip("selenium.webdriver.support.ui")
    waits.WebDriverWait(browser, 60).until(lambda _: last.find_elements("css selector", ".heat td"))


def waited(browser: Any, found: Any) -> Any:
    """What `found` gives of the browser, as soon as it is something."""
    return pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait(browser, 60).until(found)


def elements(browser: Any) -> int:
    return int(browser.execute_script("return document.getElementsByTagName('*').length"))


def test_a_thousand_cases_on_fourteen_systems_are_few_elements_and_less_than_four_megabytes(
    browser: Any, thousand: Path
) -> None:
    """What a browser works on when it opens them: it took 93,000 elements and 2 s, where each cell was one."""
    visit(browser, thousand, drawn=False)
    waited(browser, lambda _: all_of(browser, ".matrix tbody td a"))
    assert elements(browser) < 20_000
    assert thousand.stat().st_size < 4_000_000


def test_rows_of_the_matrix_are_drawn_where_one_scrolls_and_as_the_form_wants_them(browser: Any, many: Path) -> None:
    visit(browser, many, drawn=False)
    last = all_of(browser, ".matrix tbody tr")[199]
    assert not last.find_elements("css selector", "td")
    browser.find_element("css selector", '#filter [value="framework0"]').click()
    browser.find_element("css selector", '#filter [value="="]').click()
    browser.execute_script("arguments[0].scrollIntoView()", last)
    cells = waited(browser, lambda _: last.find_elements("css selector", "td"))
    heads = all_of(browser, ".matrix")[0].find_elements("css selector", "thead tr:last-child th")
    assert [each.is_displayed() for each in cells] == [
        each.get_attribute("data-backend") != "framework0" for each in heads
    ]
    shown_links = {each.text for each in last.find_elements("css selector", "a") if each.is_displayed()}
    assert shown_links == {"199", "R", "≈"}


def test_many_cases_are_unpacked_where_one_goes(browser: Any, many: Path) -> None:
    visit(browser, many, drawn=False)
    assert elements(browser) < 100 * 200
    section = all_of(browser, ".case")[149]
    assert section.get_attribute("class") == "case stub"
    browser.execute_script("location.hash = arguments[0]", section.get_attribute("id"))
    waited(browser, lambda _: section.find_elements("css selector", ".heat td"))
    assert "reverse the kernel along both spatial axes" in section.text
    top = browser.execute_script("return arguments[0].getBoundingClientRect().top", section)
    assert abs(top) < 100, "what was unpacked around it did not push it away"
    assert browser.get_log("browser") == []


def test_a_cell_of_the_matrix_says_why(browser: Any, many: Path) -> None:
    visit(browser, many, drawn=False)
    browser.execute_script("document.querySelector('#matrix').scrollIntoView()")
    name = "framework0.nn.functional.conv_general_0d"
    link = waited(browser, lambda _: all_of(browser, ".matrix tbody td a"))[0]
    browser.execute_script("arguments[0].focus()", link)
    told = browser.find_element("id", "told")
    waited(browser, lambda _: told.text)
    assert told.text.startswith(f"0, {name}: R kernel reversed")
    assert link.get_attribute("title") == told.text


def test_a_cell_that_declined_says_why_and_one_of_a_recording_what_it_is(browser: Any, question: Path) -> None:
    visit(browser, question)
    said = [
        browser.execute_async_script("tell(arguments[0]).then(() => arguments[1](arguments[0].title))", link)
        for link in all_of(browser, ".matrix[data-mode=as_written] tbody td a")
    ]
    assert "apple-data, scipy.signal.convolve: R kernel reversed, within" in "\n".join(said)
    (knet,) = (each for each in said if "Knet 1.x" in each)
    assert "what the case means, with this change: reverse the kernel" in knet
    assert not [each for each in said if each.endswith(": ")]


def test_filters_stay_in_the_address_and_enter_goes_to_the_first_case(browser: Any, many: Path) -> None:
    visit(browser, many, drawn=False)
    browser.find_element("name", "case").send_keys("17")
    browser.find_element("css selector", '#filter [value="framework3"]').click()
    count = browser.find_element("css selector", "#filter output").text
    assert count == "12 of 200 cases"
    browser.find_element("name", "case").send_keys("\ue007")
    address = browser.current_url
    assert address.endswith("?case=17&without=framework3#c18")
    browser.get("about:blank")
    browser.get(address)
    assert browser.find_element("css selector", "#filter output").text == count
    assert not browser.find_element("css selector", '#filter [value="framework3"]').is_selected()


def searched(browser: Any, text: str, count: str) -> None:
    """Waits until so many cases are shown for a text."""
    browser.find_element("css selector", "#filter button").click()
    browser.find_element("name", "case").send_keys(text)
    waited(browser, lambda _: browser.find_element("css selector", "#filter output").text == count)


def test_a_search_finds_explanations_systems_and_words_of_cases(browser: Any, question: Path, page: Path) -> None:
    """Also where no case is drawn yet; numbers of arrays are not searched."""
    visit(browser, page, drawn=False)
    cases = len(all_of(browser, ".case"))
    for text, count in (("rotate it by 180", 3), ("Knet 1.x", 1), ("apples oranges", 0), ("wolfram-convolve", 0)):
        found = browser.execute_async_script(
            "form.elements.case.value = arguments[0];"
            "search(form).then(() => arguments[1](form.querySelector('output').textContent))",
            text,
        )
        assert (int(found.split()[0]) >= count) if count else found == f"0 of {cases} cases", text
    searched(browser, "apple-data", f"1 of {cases} cases")


def test_a_search_finds_words_in_packed_cases(browser: Any, many: Path) -> None:
    visit(browser, many, drawn=False)
    searched(browser, "both spatial axes", "200 of 200 cases")
    searched(browser, "no such words", "0 of 200 cases")
    searched(browser, "199", "1 of 200 cases")
    assert browser.get_log("browser") == []


def test_cells_of_the_matrix_have_the_word_and_the_colour_of_their_sign(browser: Any, page: Path) -> None:
    visit(browser, page)
    cells = browser.execute_script("""
        return [...document.querySelectorAll(".matrix tbody td")].map((cell) => [
          cell.textContent, cell.className, cell.firstElementChild
            && getComputedStyle(cell.firstElementChild, "::after").content.trim()])""")
    seen = {text: (name, said) for text, name, said in cells}
    expected = {sign: (kind, f'" {kind}"') for sign, kind in words.KINDS.items()}
    assert seen == {
        **expected,
        words.DECLINED: ("", '" declined"'),
        "✗?": ("unexplained bad", '" unexplained"'),
        "": ("", None),
    }


def test_every_cell_of_the_matrix_leads_to_its_case(browser: Any, page: Path) -> None:
    visit(browser, page)
    rows = browser.execute_script("""
        return [...document.querySelectorAll(".matrix tbody tr")].map((row) => [
          row.cells[0].textContent,
          [...row.querySelectorAll("a")].map((link) => document.querySelector(`${link.hash} h3`).textContent),
        ])""")
    assert len(rows) > 10
    for case, led_to in rows:
        assert set(led_to) == {case}
    last = all_of(browser, ".matrix td a")[-1]
    browser.execute_script("arguments[0].click()", last)
    target = browser.execute_script("return location.hash")
    top = browser.execute_script("return document.querySelector(arguments[0]).getBoundingClientRect().top", target)
    assert -1 <= top < 900


def test_filters_by_backend_case_and_verdict(browser: Any, page: Path) -> None:
    visit(browser, page)
    cases, heads = shown(browser, ".case"), shown(browser, ".matrix thead th[data-backend]")
    from_scipy = shown(browser, '.matrix thead th[data-backend="scipy"]')
    browser.find_element("css selector", '#filter [value="scipy"]').click()
    assert shown(browser, ".matrix thead th[data-backend]") == heads - from_scipy
    browser.find_element("css selector", "#filter button").click()
    assert shown(browser, ".matrix thead th[data-backend]") == heads

    browser.find_element("name", "case").send_keys("APPLE")
    assert shown(browser, ".case") == 1
    assert browser.find_element("css selector", "#filter output").text == f"1 of {cases} cases"
    browser.find_element("css selector", "#filter button").click()

    for box in all_of(browser, '#filter [name="verdict"]'):
        if box.get_attribute("value") != "†":
            box.click()
    assert [each.text for each in all_of(browser, ".case h3") if each.is_displayed()] == ["every-verdict"]
    assert {each.text.split()[0] for each in all_of(browser, ".matrix td a") if each.is_displayed()} == {"†"}
    browser.find_element("css selector", "#filter button").click()

    browser.find_element("name", "unexpected").click()
    assert [each.text for each in all_of(browser, ".case h3") if each.is_displayed()] == ["failing"]
    browser.find_element("css selector", "#filter button").click()
    assert shown(browser, ".case") == cases


def test_heat_maps_show_the_numbers_in_the_colour_of_their_sign(browser: Any, page: Path) -> None:
    visit(browser, page)
    section = section_of(browser, "apple-data")
    (kernel,) = (each for each in section.find_elements("css selector", ".array") if each.text.startswith("Kernel"))
    case = next(load(CASES / "seeds/apple-data.yaml"))
    cells = [(float(each.text), each.get_attribute("class")) for each in kernel.find_elements("css selector", "td")]
    np.testing.assert_allclose([value for value, _ in cells], case.values("kernel").ravel(), rtol=1e-5)
    assert all(name[0] == ("p" if value > 0 else "n") for value, name in cells)
    strongest = max(cells, key=lambda cell: abs(cell[0]))
    assert strongest[1] == "p4"


def test_differences_of_two_outputs_are_theirs(browser: Any, page: Path) -> None:
    visit(browser, page)
    select = pytest.importorskip("selenium.webdriver.support.select").Select
    place = section_of(browser, "apple-data").find_element("css selector", ".difference")
    first, second = (select(each) for each in place.find_elements("tag name", "select"))
    assert len(first.options) > 10
    first.select_by_visible_text("scipy.signal.convolve (as written)")
    second.select_by_visible_text("scipy.signal.correlate (as written)")
    found = [float(each.text) for each in place.find_elements("css selector", ".heat td")]
    x, w = (np.asarray(each, "float64") for each in arrays_of_apple_data())
    correlated = correlate(x, w)
    np.testing.assert_allclose(found, (correlate(x, w[:, ::-1, ::-1]) - correlated).ravel(), rtol=1e-4, atol=1e-4)
    assert f"Largest difference: {max(map(abs, found)):g}." in place.text
    second.select_by_visible_text("scipy.signal.convolve (normalized)")
    np.testing.assert_allclose(found, [float(each.text) for each in place.find_elements("css selector", ".heat td")])
    second.select_by_visible_text("scipy.signal.convolve (as written)")
    assert "The same numbers, to the last bit." in place.text


def test_members_of_one_class_differ_by_counted_steps_of_rounding(browser: Any, page: Path) -> None:
    visit(browser, page)
    select = pytest.importorskip("selenium.webdriver.support.select").Select
    place = section_of(browser, "rounding").find_element("css selector", ".difference")
    browser.execute_script("arguments[0].open = true", place.find_element("tag name", "details"))
    first, second = (select(each) for each in place.find_elements("tag name", "select"))
    assert [each.text for each in first.options] == [
        *(f"{name} (as written)" for name in "abc"),
        *(f"{name} (normalized)" for name in "abc"),
        "what the case means (exactly)",
    ]
    for minuend, subtrahend in itertools.permutations("abc", 2):
        first.select_by_visible_text(f"{minuend} (as written)")
        second.select_by_visible_text(f"{subtrahend} (as written)")
        expected = ROUNDED[minuend].astype("float64") - ROUNDED[subtrahend]
        cells = place.find_elements("css selector", ".heat td")
        assert [float(each.get_attribute("title")) for each in cells] == expected.ravel().tolist()
        most = {"ab": 1, "ac": 3, "bc": 4}["".join(sorted(minuend + subtrahend))]
        assert f"at most {most} units in the last place (of 24 binary digits)" in place.text
    first.select_by_visible_text("what the case means (exactly)")
    cells = place.find_elements("css selector", ".heat td")
    expected = EXACT - ROUNDED["b"].astype("float64")
    assert [float(each.get_attribute("title")) for each in cells] == expected.ravel().tolist()


def arrays_of_apple_data() -> tuple[Any, Any]:
    case = next(load(CASES / "seeds/apple-data.yaml"))
    return case.values("input")[0], case.values("kernel")[0]


def correlate(x: Any, w: Any) -> Any:
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1)])
    return np.array([[(padded[:, i : i + 3, j : j + 3] * w).sum() for j in range(5)] for i in range(5)])


def test_code_is_copied(browser: Any, page: Path) -> None:
    visit(browser, page)
    browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    button = section_of(browser, "code").find_element("css selector", ".copy")
    browser.execute_script("arguments[0].scrollIntoView()", button)
    button.click()
    wait = pytest.importorskip("selenium.webdriver.support.wait").WebDriverWait(browser, 300)
    wait.until(lambda _: button.text != "Copy")
    assert button.text in ("Copied", "Selected: press Ctrl+C")


def test_the_keyboard_reaches_everything(browser: Any, page: Path) -> None:
    """The first stop skips to the cases; every control and every box that scrolls can have the focus."""
    visit(browser, page)
    browser.find_element("tag name", "body").send_keys("\ue004")
    assert browser.switch_to.active_element.text == "Skip to the cases"
    assert (
        browser.execute_script("""
        return [...document.querySelectorAll("a, button, input, select, summary, .scroll")]
          .filter((each) => each.getClientRects().length && each.tabIndex < 0).length""")
        == 0
    )


def test_it_prints_in_light_without_controls(browser: Any, page: Path, tmp_path: Path) -> None:
    visit(browser, page, "dark", media="print")
    assert shown(browser, "#filter") == 0
    assert browser.execute_script("return getComputedStyle(document.body).color") == "rgb(27, 27, 27)"
    visit(browser, page)
    printed = base64.b64decode(browser.print_page())
    assert printed.startswith(b"%PDF")
    (tmp_path / "page.pdf").write_bytes(printed)


FIRST_SCREEN = """
const lines = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
while (walker.nextNode()) {
  const [element, box] = [walker.currentNode, walker.currentNode.getBoundingClientRect()];
  if (element.matches("h1, h2, p, li, small, tr") && box.height && box.bottom <= 900) lines.push(element.innerText);
}
return lines;
"""
"""The text of the first 900 pixels, line by line."""


def line_of(lines: Sequence[str], start: str) -> str:
    return next(line for line in lines if line.startswith(start))


def test_the_first_screen_tells_a_stranger_who_does_what(browser: Any, survey: Path) -> None:
    """Which systems reverse the kernel, which place `same` otherwise, and what the case `apple-data` says."""
    visit(browser, survey)
    lines = browser.execute_script(FIRST_SCREEN)
    reversing = line_of(lines, "convolution:")
    for name in ("numpy (convolve)", "scipy (signal.convolve,", "theano (", "Knet (conv4(mode=0)", "octave (conv2"):
        assert name in reversing
    assert not any(name in reversing for name in ("tensorflow", "torch", "onnxruntime", "keras"))
    assert line_of(lines, "Which functions reverse the kernel, as a convolution does? Most systems: cross-correlation.")

    assert line_of(lines, "Where does same put an odd sample of padding? Most systems: odd sample on the high side.")
    centred = line_of(lines, "centre at k // 2:")
    assert "numpy, scipy (" in centred
    assert "cv2 (filter2D)" in centred
    assert line_of(lines, "k // 2 on both sides: theano")
    assert "onnxruntime" in line_of(lines, "odd sample on the low side:")

    apple = line_of(lines, "apple-data: the output of Knet 1.x conv4(w, x; padding=1)")
    assert 'becomes what "TensorFlow 1.x tf.nn.conv2d(' in apple
    assert "gives, with this change: reverse the kernel along both spatial axes" in apple
    assert "in Knet, to get what is meant (rewritten from tested code): conv4(w, x; mode=1, padding=1)" in apple


def test_the_first_screen_of_a_question_answers_it(browser: Any, question: Path) -> None:
    visit(browser, question)
    lines = browser.execute_script(FIRST_SCREEN)
    apple = line_of(lines, "apple-data: the output of Knet 1.x conv4(w, x; padding=1)")
    assert "reverse the kernel along both spatial axes (rotate it by 180 degrees)" in apple
    assert "conv4(w, x; mode=1, padding=1)" in apple
    if "tensorflow" in CONVOLVING:
        assert 'tf.nn.conv2d(x[None], w[::-1, ::-1, :, None], 1, "SAME")[0, :, :, 0]' in apple
    assert line_of(lines, "apple-data: the output of TensorFlow 1.x tf.nn.conv2d")


def test_a_recorded_output_and_what_is_meant_stand_side_by_side(browser: Any, question: Path) -> None:
    """Their tables on one line, with one form of heading."""
    visit(browser, question)
    figures = all_of(browser, ".recorded > .figures")[0].find_elements("css selector", "figure")
    said = [each.find_element("tag name", "figcaption").text.split("\n") for each in figures]
    assert said == [
        ["Knet 1.x conv4(w, x; padding=1) (recorded)", "float64, 1 x 1 x 5 x 5 (N C H W)"],
        ["What the case means", "float32, 1 x 1 x 5 x 5 (N C H W)"],
    ]
    first, second = (each.find_element("css selector", ".heat").rect for each in figures)
    assert (first["y"], first["height"]) == (second["y"], second["height"])
    assert first["x"] + first["width"] < second["x"]


def test_pictures_are_drawn_where_their_case_is_near(browser: Any, question: Path) -> None:
    visit(browser, question)
    shown_pictures = browser.execute_script(
        "return [...document.querySelectorAll('.drawing svg')].map((each) => each.querySelector('title').textContent)"
    )
    assert shown_pictures
    assert "What was computed: 9 8 7; 6 5 4; 3 2 1." in shown_pictures[0]
    visit(browser, question, width=NARROW)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= NARROW


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", WIDE), ("light", NARROW), ("dark", NARROW)])
@pytest.mark.parametrize("which", ["question", "survey"])
def test_first_screens_for_people_to_look_at(
    browser: Any, request: pytest.FixtureRequest, tmp_path: Path, which: str, scheme: str, width: int
) -> None:
    """Left in the test's folder: what one sees first of one case, and of many."""
    visit(browser, request.getfixturevalue(which), scheme, width)
    assert browser.save_screenshot(str(tmp_path / f"{which}-{scheme}-{width}.png"))


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", WIDE), ("light", NARROW)])
def test_screenshots_for_people_to_look_at(browser: Any, page: Path, tmp_path: Path, scheme: str, width: int) -> None:
    """Left in the test's folder: the matrix, and the part of the apple data."""
    visit(browser, page, scheme, width, 3000)
    for name, part in (("matrix", all_of(browser, "#matrix")[0]), ("apple-data", section_of(browser, "apple-data"))):
        browser.execute_script("arguments[0].scrollIntoView()", part)
        assert part.screenshot(str(tmp_path / f"{name}-{scheme}-{width}.png"))
