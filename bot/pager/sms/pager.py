"""Text messages through Twilio, for when PagerDuty cannot page or is itself what leaked.

Source: Twilio API v2010, Messages: `POST /2010-04-01/Accounts/{AccountSid}/Messages.json` with To, From and Body
answers 201 once the message is queued.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import ConfigurationError
from bot.model.priority import Priority
from bot.net.http import Http, check_base_url
from bot.net.limits import Bucket
from bot.pager.contract import Page
from bot.pager.every import at_least_one
from bot.pager.sms.settings import SmsSettings
from bot.secrets.secret import Secret

API_URL = "https://api.twilio.com"
MESSAGES_A_SECOND, MESSAGES_BURST = 1.0, 10
LONGEST = 480
"""Characters: three parts of a message in GSM's alphabet."""
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
"""E.164, as Twilio wants it."""
SERVICE = re.compile(r"MG[0-9a-f]{32}")
"""A messaging service, which can stand in the place of a sender's number."""


@dataclass(frozen=True)
class Sms:
    """One account. `key_sid` and `key_secret` are an API key's; `sender` is a number or a messaging service.

    A message cannot be taken back: acknowledging tells nobody, resolving tells everybody that it is over.
    """

    http: Http
    account_sid: str
    key_sid: str
    key_secret: Secret
    sender: str
    numbers: tuple[str, ...]

    def trigger(self, page: Page) -> None:
        self._tell(f"trigger {page.incident}", f"{page.summary}. {page.link} {page.meet}".strip())

    def note(self, page: Page, text: str) -> None:
        self._tell(f"note on {page.incident}", f"{page.incident}: {text}")

    def acknowledge(self, incident: str) -> None:
        """Whoever got the message knows by the incident's channel who acts."""

    def resolve(self, incident: str) -> None:
        """Also while the incident stays open."""
        self._tell(f"resolve {incident}", f"{incident}: this page is over")

    def check(self) -> str:
        """Asks for one of the account's messages. Unauthorized if the key may not: then it may not send either."""
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        basic = (self.key_sid, self.key_secret)
        self.http.send("GET", path, verb="ask for messages", basic=basic, query={"PageSize": 1}).expect(200)
        count = len(self.numbers)
        return f"Twilio accepts the key for text messages to {count} number{'' if count == 1 else 's'}"

    def _tell(self, verb: str, text: str) -> None:
        """To every number; it has gone wrong only if nobody was told, or the next try would tell some a second time."""
        at_least_one(self.numbers, lambda number: self._send(verb, number, text))

    def _send(self, verb: str, number: str, text: str) -> None:
        sender = "MessagingServiceSid" if SERVICE.fullmatch(self.sender) else "From"
        self.http.send(
            "POST",
            f"/2010-04-01/Accounts/{self.account_sid}/Messages.json",
            verb=verb,
            priority=Priority.VERIFY,
            basic=(self.key_sid, self.key_secret),
            form={"To": number, sender: self.sender, "Body": text[:LONGEST]},
        ).expect(201)


def numbers(text: str) -> tuple[str, ...]:
    """Telephone numbers from a setting, separated by commas. ConfigurationError if one is none, or there is none."""
    found = tuple(word.strip() for word in text.split(",") if word.strip())
    if not found or not all(NUMBER.fullmatch(number) for number in found):
        expected = "expected +14155550123, more of them separated by commas"
        raise ConfigurationError(f"BOT_PAGER_SMS_TO: not all of this is telephone numbers; {expected}")
    return found


def check_sender(text: str) -> str:
    """ConfigurationError unless it is a number or a messaging service."""
    if not (NUMBER.fullmatch(text) or SERVICE.fullmatch(text)):
        raise ConfigurationError("BOT_TWILIO_FROM: expected a number such as +14155550123, or a messaging service, MG…")
    return text


def check_complete(found: Mapping[str, object]) -> None:
    """ConfigurationError if only some of these settings are there."""
    missing = [name for name, value in found.items() if value is None]
    if missing and len(missing) < len(found):
        raise ConfigurationError(f"for text messages {', '.join(missing)} must be set as well")


def make_fallback(settings: SmsSettings) -> Sms | None:
    """None where text messages are not set up. ConfigurationError for half of what they need, or a number that is
    none.
    """
    account, key_sid, key_secret = (
        settings.twilio_account_sid,
        settings.twilio_api_key_sid,
        settings.twilio_api_key_secret,
    )
    needed = {
        "BOT_TWILIO_ACCOUNT_SID": account,
        "BOT_TWILIO_API_KEY_SID": key_sid,
        "BOT_TWILIO_API_KEY_SECRET": key_secret,
        "BOT_TWILIO_FROM": settings.twilio_from,
        "BOT_PAGER_SMS_TO": settings.pager_sms_to,
    }
    check_complete(needed)
    if account is None or key_sid is None or key_secret is None:
        return None
    url = settings.host_urls.get(("twilio", "api"), API_URL)
    check_base_url(url, [API_URL], settings.production)
    bucket = Bucket(MESSAGES_A_SECOND, MESSAGES_BURST)
    return Sms(
        Http("twilio", url, timeout=settings.timings.http_timeout, bucket=bucket),
        account,
        key_sid,
        key_secret,
        check_sender(settings.twilio_from or ""),
        numbers(settings.pager_sms_to or ""),
    )
