"""The report in a real browser: on a telephone and at a desk, by day and by night, and on paper.

`make test-browser` runs it, where there is a Chromium.
"""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from lever_assets.insight.finishing import finish_sync
from lever_assets.insight.report.sections import EEO_SECTION, SECTIONS
from lever_assets.insight.report.writing import write_report
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.connect.browser import CHROMIUM, Page, browsing

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="this machine has no Chromium"),
]

WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
_FAINT = """
(() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, place) => sum + each * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const found = parts(getComputedStyle(each).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const written = [...document.body.querySelectorAll('*')].filter(each => each.checkVisibility()
    && [...each.childNodes].some(one => one.nodeType === Node.TEXT_NODE && one.data.trim()));
  const contrast = each => {
    const style = getComputedStyle(each), letters = each.closest('svg') ? style.fill : style.color;
    const [low, high] = [light(parts(letters)), light(behind(each))].sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
  };
  return {count: written.length, faint: written.filter(each => contrast(each) < 4.5)
    .map(each => [each.tagName, each.textContent.trim(), contrast(each)])};
})()
"""
"""How many elements have text of their own, and which stand out less than WCAG AA wants."""
_UNNAMED = """
[...document.querySelectorAll('svg, img')].filter(each => each.getAttribute('role') !== 'img'
  || !each.getAttribute('aria-label')).length
"""
_OUT_OF_REACH = """
[...document.querySelectorAll('*')].filter(each => each.scrollWidth > each.clientWidth + 1
  && getComputedStyle(each).overflowX === 'auto' && each.tabIndex < 0 && !each.querySelector('a')).length
"""
"""How many elements can be scrolled, and not by the keyboard."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an account as the demo's, with EEO answers."""
    folder = tmp_path_factory.mktemp("report")
    with running_sandbox(SandboxConfig(opportunities=300, rate=0, now=datetime.now(UTC))) as sandbox:
        settings = Settings(
            api_key=SecretStr(sandbox.key), base_url=sandbox.url, data_dir=folder, rate_limit=0, eeo=True
        )
        with Session.open(settings) as session:
            sync(session, Scope())
            finish_sync(session, Scope())
            write_report(session, folder / "report.html", datetime.now(UTC))
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(tmp_path_factory.mktemp("profile")) as page:
        yield page


def shown(page: Page, report: Path, width: int, scheme: str, media: str = "") -> Page:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.call("Emulation.setEmulatedMedia", media=media, features=features)
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=width < 600,
    )
    page.open(report.as_uri())
    return page


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_can_be_read_by_everybody_at_any_width(
    browser: Page, report: Path, width: int, scheme: str
) -> None:
    page = shown(browser, report, width, scheme)
    assert page.value("document.querySelectorAll('section svg').length") >= len(SECTIONS) - 2
    assert page.value("document.documentElement.scrollWidth") <= width
    written = page.value(_FAINT)
    assert written["count"] > 300
    assert written["faint"] == []
    assert page.value(_UNNAMED) == 0
    assert page.value(_OUT_OF_REACH) == 0
    dark = page.value("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark is (scheme == "dark")


def test_it_asks_for_nothing(browser: Page, report: Path) -> None:
    page = shown(browser, report, 1280, "light")
    assert page.value("performance.getEntriesByType('resource').map(each => each.name)") == []
    assert page.value("document.scripts.length") == 0


def test_each_question_is_a_link_to_its_section(browser: Page, report: Path) -> None:
    page = shown(browser, report, 390, "light")
    links = page.value("[...document.querySelectorAll('nav a')].map(each => each.hash.slice(1))")
    assert links == [each.mart for each in (*SECTIONS, EEO_SECTION)]
    titles = "document.getElementById('{0}').getAttribute('aria-labelledby') === '{0}-title'"
    assert all(page.value(titles.format(each)) for each in links)
    assert page.value(f"document.getElementById('{links[-1]}').getBoundingClientRect().top") > 900
    page.click(f"nav a[href='#{links[-1]}']")
    page.wait_for(f"document.getElementById('{links[-1]}').getBoundingClientRect().top < 900")


def test_on_paper_it_is_light_and_nothing_is_cut(browser: Page, report: Path) -> None:
    page = shown(browser, report, 1280, "dark", media="print")
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.value("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.value(_FAINT)["faint"] == []
    paper = base64.b64decode(page.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert paper.startswith(b"%PDF")
    narrow = shown(browser, report, 680, "light", media="print")  # of A4, without its margins
    assert narrow.value("document.documentElement.scrollWidth") <= 680
    cut = "[...document.querySelectorAll('.wide')].filter(each => each.scrollWidth > each.clientWidth + 1)"
    assert narrow.value(f"{cut}.map(each => each.getAttribute('aria-label'))") == []
