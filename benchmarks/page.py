"""What a browser has to do to open the page of many cases.

    python -m benchmarks.page [--cases 1000] [--systems 14] [--page reports/comparison.html]

Makes the page of generated results, or takes one that is there, and opens it several times in Chromium (with its
driver, and Selenium). Prints one JSON object:

    megabytes   the file
    elements    of the page, as it stands when it is open
    seconds     processor time of the main thread, the smallest of all times: parsing, scripts, styles, layout, painting
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from harness.report.page import Html
from tests.pieces import HEADER, as_of_many_systems

TIMES = 5
FUNCTIONS = 4
"""Of each system."""
OPEN = """
const done = arguments[0];
const idle = () => requestIdleCallback(() => done(document.getElementsByTagName("*").length));
document.readyState === "complete" ? idle() : addEventListener("load", idle);
"""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(options.page).resolve() if options.page else made(Path(folder), options.cases, options.systems)
        with started(folder) as browser:
            opened = [opening(browser, page) for _ in range(TIMES)]
        megabytes = round(page.stat().st_size / 1e6, 2)
    seconds, elements = min(opened)
    print(json.dumps({"megabytes": megabytes, "elements": elements, "seconds": round(seconds, 2)}))


def made(folder: Path, cases: int, systems: int) -> Path:
    """The page of cases as large as those of the registry."""
    html = Html(HEADER)
    for number in range(cases):
        html.add(as_of_many_systems(number, systems, FUNCTIONS * systems))
    html.write(folder / "comparison.html")
    return folder / "comparison.html"


@contextmanager
def started(folder: str) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1280,900", f"user-data-dir={folder}"):
        options.add_argument(f"--{argument}")
    browser = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    try:
        yield browser
    finally:
        browser.quit()


def opening(browser: Any, page: Path) -> tuple[float, int]:
    """Seconds of the main thread until nothing is left to do, and the elements there are then."""
    browser.get("about:blank")
    before = busy(browser)
    browser.get(page.as_uri())
    WebDriverWait(browser, 60).until(lambda _: browser.find_elements("css selector", ".matrix tbody td a, .case"))
    elements = browser.execute_async_script(OPEN)
    return busy(browser) - before, elements


def busy(browser: Any) -> float:
    """Seconds of all tasks of the main thread so far."""
    metrics = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--systems", type=int, default=14)
    parser.add_argument("--page", help="a page that is there, in place of one that is made")
    return parser.parse_args()


if __name__ == "__main__":
    main()
