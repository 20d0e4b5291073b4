"""Every page of the bot as a browser shows it, light and dark, on a desk and on a telephone: axe finds nothing wrong,
and nothing scrolls sideways.
"""

import pytest

from bot.data_files import template_folders
from bot.incident import commands as c
from bot.incident import events as e
from bot.report.drafts import DECISION, REPORT, Source, draft
from bot.report.notices import CUSTOMER, REGULATOR
from bot.secrets.secret import use_fingerprint_key
from tests.support.axe import scheme, violations
from tests.support.chromium import CHROMIUM, Browser
from tests.support.reports import closed, still_alive

LETTERS = """[...document.querySelectorAll('body *')]
    .filter(one => [...one.childNodes].some(text => text.nodeType === 3 && text.textContent.trim()))
    .filter(one => !one.closest('svg.narrow'))
    .map(one => one.closest('svg') ? 13 * one.closest('svg').getBoundingClientRect().width
        / one.closest('svg').viewBox.baseVal.width : parseFloat(getComputedStyle(one).fontSize))"""
"""The size of each text in pixels."""
LOOKS = ((390, "dark"), (1280, "light"))
ALIKE = ("fifteen", "long")
"""Pages of the same elements as another, which axe does not read a second time: only their width can differ."""
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed: contrast and headings were not checked by axe"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The report of four secrets, of fifteen, of a key that lives, also with long words; and each other variant."""
    use_fingerprint_key(bytes(range(32)))
    folder = tmp_path_factory.mktemp("pages")
    four, fifteen, alive = closed(4), closed(15), still_alive()
    made = {"four": (four, REPORT), "fifteen": (fifteen, REPORT), "alive": (alive, REPORT)}
    long = still_alive()
    long.record(e.ReportSigned("0d2a4e6b8" * 7 + "9", "e" * 64, 9), "anna")
    long.do(c.AddNote(f"seen with arn:aws:iam::111122223333:role/{'a-role-without-a-space/' * 9}"))
    made["long"] = (long, REPORT)
    made |= {name: (four, name) for name in (REGULATOR, CUSTOMER, DECISION)}
    for name, (story, variant) in made.items():
        source = Source(story.incident, story.log, "9:abc", template_folders(), story.now)
        (folder / f"{name}.html").write_text(draft(source, variant, "html").text)
    return folder, tuple(made)


def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser, pages):
    folder, names = pages
    wrong = {}
    for name in names:
        for width, light in LOOKS:
            browser.resize(width)
            scheme(browser, light)
            browser.open((folder / f"{name}.html").as_uri())
            wide = browser.run("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} wide in a window of {width}"
            wrong[name, width, light] = [] if name in ALIKE else violations(browser)
    assert {where: found for where, found in wrong.items() if found} == {}


def test_axe_would_find_pale_text_and_a_heading_left_out(browser, tmp_path):
    body = "<h1>a</h1><h3>b</h3><p style='color: #ccc'>words that are too pale</p>"
    page = f"<!DOCTYPE html><html lang=en><title>x</title><main>{body}</main></html>"
    (tmp_path / "pale.html").write_text(page)
    browser.open((tmp_path / "pale.html").as_uri())
    assert {one.partition(":")[0] for one in violations(browser)} == {"color-contrast", "heading-order"}


def test_page_one_is_at_most_two_sheets_of_paper_in_letters_that_can_be_read(browser, pages):
    """A4 at 96 pixels an inch, less the margins that the page asks for: 273 mm. Letters have 8 points or more."""
    folder, _ = pages
    browser.resize(695)  # 184 mm
    browser.call("Emulation.setEmulatedMedia", media="print")
    heights, letters = {}, {}
    for name in ("four", "fifteen", "alive"):
        browser.open((folder / f"{name}.html").as_uri())
        heights[name] = browser.run("document.querySelector('.appendix').getBoundingClientRect().top")
        letters[name] = 0.75 * browser.run(f"Math.min(...{LETTERS})")
        assert browser.run("getComputedStyle(document.querySelector('svg.narrow')).display") == "none"
    browser.call("Emulation.setEmulatedMedia", media="")
    assert {name: height for name, height in heights.items() if not 0 < height <= 2 * 273 / 25.4 * 96} == {}
    assert {name: size for name, size in letters.items() if size < 8} == {}


def test_a_telephone_is_shown_the_drawing_that_it_can_read(browser, pages):
    folder, _ = pages
    browser.resize(390)
    browser.open((folder / "alive.html").as_uri())
    shown = "[...document.querySelectorAll('svg')].filter(one => getComputedStyle(one).display !== 'none')"
    assert browser.run(f"{shown}.map(one => one.getAttribute('class'))") == ["narrow"]
    smallest = f"Math.min(...[...{shown}[0].querySelectorAll('text')].map(one => one.getBoundingClientRect().height))"
    assert browser.run(smallest) >= 12  # pixels, with ascent and descent: 13 units at nearly full size
    inside = f"{shown}[0].getBoundingClientRect()"
    assert browser.run(f"[...{shown}[0].querySelectorAll('text')].every(one => "
                       f"one.getBoundingClientRect().right <= {inside}.right + 1)")  # fmt: skip
