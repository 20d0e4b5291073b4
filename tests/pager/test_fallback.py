"""The second way to wake people: text messages, several pagers as one, and what the settings make of it."""

from __future__ import annotations

import base64

import pytest
from flask import Flask, jsonify, request

from bot.app.parts import fallback_pager, first_pager
from bot.drill.fakes.serving import Served
from bot.drill.providers.pagerduty.fake import FakePagerDuty
from bot.errors import ConfigurationError, Refused, Throttled, Unauthorized
from bot.net.http import Http
from bot.pager.contract import Page, Pager
from bot.pager.every import EveryPager, NoPager
from bot.pager.pagerduty.pager import PagerDuty
from bot.pager.sms.pager import LONGEST, Sms, check_sender, numbers
from bot.secrets.secret import Secret
from bot.settings.model import Settings

PAGE = Page("inc_abc234", "a credential has been compromised", "critical", "https://slack.test/C1", "production")
ACCOUNT, KEY_SID, KEY = "AC" + "a" * 32, "SK" + "b" * 32, "made-up-secret-of-a-key-0123456789"
ADA, BEN, BOT = "+4915112345678", "+14155550123", "+15005550006"
SET = {
    "HOME": "/home/ada",
    "BOT_TWILIO_ACCOUNT_SID": ACCOUNT,
    "BOT_TWILIO_API_KEY_SID": KEY_SID,
    "BOT_TWILIO_API_KEY_SECRET": KEY,
    "BOT_TWILIO_FROM": BOT,
    "BOT_PAGER_SMS_TO": f"{ADA}, {BEN}",
}


class Messages:
    """Twilio's Messages as far as sending goes. `refused` numbers are answered with `status`."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.refused: set[str] = set()
        self.status = 400
        self.flask = Flask(__name__)
        path = "/2010-04-01/Accounts/<account>/Messages.json"
        self.flask.add_url_rule(path, view_func=self._messages, methods=["GET", "POST"])

    def _messages(self, account):
        expected = base64.b64encode(f"{KEY_SID}:{KEY}".encode()).decode()
        if account != ACCOUNT or request.headers.get("Authorization") != f"Basic {expected}":
            return jsonify(code=20003, message="Authenticate", status=401), 401
        if request.method == "GET":
            return jsonify(messages=[])
        if request.form["To"] in self.refused:
            return jsonify(code=21211, message="not a number", status=self.status), self.status
        self.sent.append(dict(request.form))
        return jsonify(sid="SM" + "c" * 32, status="queued"), 201


@pytest.fixture
def world():
    return Messages()


@pytest.fixture
def url(world):
    with Served(world.flask) as served:
        yield served.url


def sms(url, *, key=KEY, sender=BOT) -> Sms:
    return Sms(Http("twilio", url, timeout=2.0), ACCOUNT, KEY_SID, Secret(key), sender, (ADA, BEN))


def test_everybody_gets_what_is_told(world, url):
    pager: Pager = sms(url)
    pager.trigger(PAGE)
    pager.note(PAGE, "an old value is dead")
    pager.acknowledge(PAGE.incident)
    pager.resolve(PAGE.incident)
    assert [message["To"] for message in world.sent] == [ADA, BEN] * 3
    assert {message["From"] for message in world.sent} == {BOT}
    assert [message["Body"] for message in world.sent[::2]] == [
        "a credential has been compromised. https://slack.test/C1",
        "inc_abc234: an old value is dead",
        "inc_abc234: this page is over",
    ]


def test_a_messaging_service_can_be_the_sender_and_long_texts_are_cut(world, url):
    service = "MG" + "d" * 32
    sms(url, sender=service).note(PAGE, "x" * 2000)
    assert world.sent[0]["MessagingServiceSid"] == service
    assert "From" not in world.sent[0]
    assert len(world.sent[0]["Body"]) == LONGEST


def test_one_number_that_does_not_work_spoils_nothing(world, url):
    world.refused = {ADA}
    sms(url).trigger(PAGE)
    assert [message["To"] for message in world.sent] == [BEN]
    world.refused = {ADA, BEN}
    with pytest.raises(Refused, match="twilio: trigger inc_abc234: HTTP 400"):
        sms(url).trigger(PAGE)
    world.status = 429
    with pytest.raises(Throttled):
        sms(url).trigger(PAGE)


def test_a_key_that_is_not_accepted_is_named_without_its_value(url):
    with pytest.raises(Unauthorized) as caught:
        sms(url, key="another").trigger(PAGE)
    assert "another" not in str(caught.value)


def test_whether_the_key_is_accepted_can_be_asked_without_a_message(world, url):
    sms(url).check()
    with pytest.raises(Unauthorized, match="twilio: ask for messages: HTTP 401"):
        sms(url, key="another").check()
    assert world.sent == []


class Broken:
    """A pager that never answers."""

    def trigger(self, page):
        raise Refused("first", "trigger", page.incident)

    note = acknowledge = resolve = lambda *_: NoPager().resolve("x")


def test_several_pagers_have_done_it_if_one_has(world, url):
    both = EveryPager((Broken(), sms(url)))
    both.trigger(PAGE)
    both.note(PAGE, "news")
    both.acknowledge(PAGE.incident)
    both.resolve(PAGE.incident)
    assert len(world.sent) == 6
    with pytest.raises(Refused, match="first"):
        EveryPager((Broken(), NoPager())).trigger(PAGE)


# --- settings -------------------------------------------------------------------------------------------------------


def test_an_installation_may_have_any_of_them(url):
    assert fallback_pager(Settings.load({"HOME": "/"})) is None
    assert isinstance(first_pager(Settings.load({"HOME": "/"}), ""), NoPager)
    second = {"BOT_PAGER_FALLBACK_ROUTING_KEY": "r" * 32}
    assert isinstance(fallback_pager(Settings.load({"HOME": "/", **second})), PagerDuty)
    assert isinstance(fallback_pager(Settings.load(SET)), Sms)
    assert isinstance(fallback_pager(Settings.load({**SET, **second})), EveryPager)
    made = fallback_pager(Settings.load({**SET, "BOT_TWILIO_API_URL": url}))
    made.trigger(PAGE)


def test_the_fallback_of_pagerduty_pages_by_its_own_key():
    world = FakePagerDuty()
    with Served(world.application) as served:
        settings = {
            "HOME": "/",
            "BOT_PAGERDUTY_ROUTING_KEY": "x" * 32,
            "BOT_PAGER_FALLBACK_ROUTING_KEY": world.routing_key,
            "BOT_PAGERDUTY_EVENTS_URL": served.url,
        }
        fallback_pager(Settings.load(settings)).trigger(PAGE)
        with pytest.raises(Unauthorized):
            first_pager(Settings.load(settings), "").trigger(PAGE)
    assert [alert.dedup_key for alert in world.alerts] == [PAGE.incident]


@pytest.mark.parametrize("variable", [name for name in SET if name != "HOME"])
def test_half_of_what_text_messages_need_is_a_mistake(variable):
    given = {name: value for name, value in SET.items() if name != variable}
    with pytest.raises(ConfigurationError, match=f"{variable} must be set as well"):
        fallback_pager(Settings.load(given))


def test_in_production_messages_go_to_twilio_alone():
    given = {**SET, "BOT_ENVIRONMENT": "production", "BOT_TWILIO_API_URL": "http://127.0.0.1:9"}
    with pytest.raises(ConfigurationError, match=r"api\.twilio\.com"):
        fallback_pager(Settings.load(given))


@pytest.mark.parametrize("text", ["", "0151 2345", "+49151x", "+4915112345678 +14155550123"])
def test_numbers_are_in_the_international_form(text):
    with pytest.raises(ConfigurationError, match="expected \\+14155550123"):
        numbers(text)
    with pytest.raises(ConfigurationError, match="BOT_TWILIO_FROM"):
        check_sender(text)
