"""The variables of text messages."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.settings.basics import Basics
from bot.settings.values import Value, secret, setting


class SmsSettings(Basics):
    """Text messages in the same cases, from a Twilio account of the bot's own: all five are needed. Numbers like
    +14155550123, with commas between.
    """

    pager_sms_to: str | None = setting(
        "BOT_PAGER_SMS_TO",
        "telephone numbers, with commas between, that get text messages in the same cases",
        shown="no text messages",
    )
    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$")] | None = setting(
        "BOT_TWILIO_ACCOUNT_SID", "the Twilio account that sends them, not the product's", shown="no text messages"
    )
    twilio_api_key_sid: Annotated[str, Field(pattern=r"^SK[0-9a-f]{32}$")] | None = setting(
        "BOT_TWILIO_API_KEY_SID", "an API key of that account", shown="no text messages"
    )
    twilio_api_key_secret: Value | None = secret("BOT_TWILIO_API_KEY_SECRET", "its secret", shown="no text messages")
    twilio_from: str | None = setting(
        "BOT_TWILIO_FROM", "the number or messaging service (`MG…`) that they come from", shown="no text messages"
    )
