"""The page in a real browser: it holds still while the workspace changes under it."""

from __future__ import annotations

import pytest
import requests

from tests.support.axe import SCHEMES, scheme, violations
from tests.support.chromium import CHROMIUM, Browser
from tests.support.practice_bot import DECLARATION, SIGNING_SECRET, card, field_block

pytestmark = [pytest.mark.process, pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"), 390, 700)
    yield found
    found.close()


@pytest.fixture(scope="module")
def opened(served, bot, driver, client, alice, browser):
    """The page of a channel that has a card and more messages than fit; nothing may load it again."""
    requests.post(f"{served.url}/_fake/bot", json={"url": bot.url, "signing_secret": SIGNING_SECRET}, timeout=5)
    ts = client.chat_postMessage(channel="general", text="card", blocks=card("alive"))["ts"]
    for number in range(12):
        client.chat_postMessage(channel="general", text=f"message {number}")
    browser.open(f"{served.url}/_fake/?as=alice&channel=general")
    browser.run("window.untouched = true")
    return ts


def named(block, action=None):
    return f"""document.querySelector('[name=\\'["{block}", "{action or block}"]\\']')"""


def test_a_half_filled_form_survives_what_happens_meanwhile(opened, driver, client, alice, browser):
    driver.slash(alice, "/compromise")
    browser.until("document.querySelector('.modal') !== null")
    browser.until(f"document.activeElement === {named('title')}")  # the first field
    browser.type("a key in a gist")
    browser.run(
        f"{named('title')}.setSelectionRange(2, 5); {named('mode')}.form.querySelector('[value=overlap]').click()"
    )
    browser.run(f"{named('how', 'severity')}.value = 'high'")
    client.chat_update(channel=driver.channel("general")["id"], ts=opened, text="card", blocks=card("dead meanwhile"))
    view = driver.view_of(alice)
    more = field_block(
        "first", "A new first question", {"type": "plain_text_input", "action_id": "first"}, optional=True
    )
    changed = DECLARATION | {
        "blocks": [more, *DECLARATION["blocks"]],
        "title": {"type": "plain_text", "text": "Drawn again"},
    }
    client.views_update(view_id=view["id"], hash=view["hash"], view=changed)

    browser.until("document.querySelector('#modal-title').textContent === 'Drawn again'")
    browser.until("document.body.textContent.includes('dead meanwhile')")
    assert browser.run(f"{named('title')}.value") == "a key in a gist"
    assert browser.run(f"[{named('title')}.selectionStart, {named('title')}.selectionEnd]") == [2, 5]
    assert browser.run(f"document.activeElement === {named('title')}")
    assert browser.run(f"{named('how', 'severity')}.value") == "high"
    assert browser.run("document.querySelector('[value=overlap]').checked")

    browser.run(
        "document.querySelector('.content').scrollTop = 99999; document.querySelector('footer .primary').click()"
    )
    browser.until("document.querySelector('.modal .error') !== null")
    browser.until("document.activeElement.closest('.input')?.textContent.includes('Please complete')")
    assert browser.run("""(() => { const at = document.activeElement.getBoundingClientRect();
        return at.top > 0 && at.bottom < innerHeight; })()""")
    assert browser.run(f"{named('title')}.value") == "a key in a gist"
    browser.key("Escape")
    browser.until("document.querySelector('.modal') === null")
    assert driver.view_of(alice) is None
    assert browser.run("window.untouched")


def test_a_channel_stays_where_it_is_read(opened, driver, client, browser):
    browser.run("document.querySelector('#messages').scrollTop = 0")
    browser.run("""[...document.querySelectorAll('article button')].find(each => each.innerText === 'Approve').focus();
        getSelection().selectAllChildren(document.querySelector('article h3'))""")
    at = "document.activeElement.getBoundingClientRect().top"
    before = browser.run(at)
    grown = [{"type": "section", "text": {"type": "mrkdwn", "text": "Eli approved"}}, *card("alive again")]
    client.chat_update(channel=driver.channel("general")["id"], ts=opened, text="card", blocks=grown)
    client.chat_postMessage(channel="general", text="the newest of all")

    browser.until("document.body.textContent.includes('the newest of all')")
    browser.until("document.body.textContent.includes('Eli approved')")
    assert browser.run("document.activeElement.textContent") == "Approve"
    assert browser.run(at) == pytest.approx(before, abs=1)
    assert "inc_abc123" in browser.run("getSelection().toString()")
    assert browser.run("window.untouched")


def test_axe_finds_nothing_wrong_with_it(opened, driver, client, alice, browser):
    """With a form open, and without."""
    wrong = {}
    for light in SCHEMES:
        scheme(browser, light)
        wrong[light, "channel"] = violations(browser)
    driver.slash(alice, "/compromise")
    browser.until("document.querySelector('.modal') !== null")
    for light in SCHEMES:
        scheme(browser, light)
        wrong[light, "form"] = violations(browser)
    browser.key("Escape")
    browser.until("document.querySelector('.modal') === null")
    assert {where: found for where, found in wrong.items() if found} == {}


def test_a_change_made_while_another_one_is_being_sent_is_told_as_well(opened, driver, client, alice, browser):
    driver.slash(alice, "/compromise")
    browser.until("document.querySelector('.modal') !== null")
    view = driver.view_of(alice)
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("late-redis", "late-stripe")]
    boxes = field_block("leaked", "What leaked?", {"type": "checkboxes", "action_id": "leaked", "options": options})
    changed = DECLARATION | {"blocks": [boxes | {"dispatch_action": True}, *DECLARATION["blocks"]]}
    client.views_update(view_id=view["id"], hash=view["hash"], view=changed)
    browser.until("document.querySelector('[value=late-stripe]') !== null")
    browser.run("""(() => {
        const real = window.fetch;
        window.told = 0;
        window.fetch = (url, more) => { if (more?.method === 'POST') window.told++; return real(url, more); };
        document.querySelector('[value=late-redis]').click();
        document.querySelector('[value=late-stripe]').click();
    })()""")
    browser.until("window.told === 2 && document.querySelector('[aria-busy]') === null")
    assert browser.run("['late-redis', 'late-stripe'].every(name => document.querySelector(`[value=${name}]`).checked)")
    browser.key("Escape")
    browser.until("document.querySelector('.modal') === null")
