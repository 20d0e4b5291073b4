"""Which pagers an installation has, by its settings."""

from __future__ import annotations

from bot.http import Http, check_base_url
from bot.limits import Bucket
from bot.pager import sms
from bot.pager.contract import Pager
from bot.pager.every import EveryPager
from bot.pager.none import NoPager
from bot.secret import Secret
from bot.settings import Settings

MESSAGES_A_SECOND, MESSAGES_BURST = 1.0, 10


def first_pager(settings: Settings, sender: str) -> Pager:
    """PagerDuty, or one that says that nobody is paged. `sender` is in whose name notes are written."""
    key = settings.pagerduty_routing_key
    return NoPager() if key is None else _pagerduty(settings, key, settings.pagerduty_api_key, sender)


def fallback_pager(settings: Settings) -> Pager | None:
    """What pages when the first one cannot, or has leaked; None where none is set up. ConfigurationError for half of
    what text messages need, or a number that is none.
    """
    pagers: list[Pager] = []
    if settings.pager_fallback_routing_key is not None:
        pagers.append(_pagerduty(settings, settings.pager_fallback_routing_key, None, ""))
    text = text_messages(settings)
    if text is not None:
        pagers.append(text)
    if not pagers:
        return None
    return pagers[0] if len(pagers) == 1 else EveryPager(tuple(pagers))


def text_messages(settings: Settings) -> sms.Sms | None:
    """None where they are not set up."""
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
    sms.check_complete(needed)
    if account is None or key_sid is None or key_secret is None:
        return None
    url = settings.host_urls.get(("twilio", "api"), sms.API_URL)
    check_base_url(url, [sms.API_URL], settings.production)
    bucket = Bucket(MESSAGES_A_SECOND, MESSAGES_BURST)
    return sms.Sms(
        Http("twilio", url, timeout=settings.timings.http_timeout, bucket=bucket),
        account,
        key_sid,
        key_secret,
        sms.check_sender(settings.twilio_from or ""),
        sms.numbers(settings.pager_sms_to or ""),
    )


def _pagerduty(settings: Settings, routing_key: Secret, api_key: Secret | None, sender: str) -> Pager:
    from bot.pager.pagerduty import API_URL, EVENTS_URL, PagerDuty  # noqa: PLC0415 - heavy, and not everybody's

    urls = settings.host_urls
    return PagerDuty(
        routing_key,
        api_key=api_key,
        sender=sender,
        production=settings.production,
        timeout=settings.timings.http_timeout,
        events_url=urls.get(("pagerduty", "events"), EVENTS_URL),
        api_url=urls.get(("pagerduty", "api"), API_URL),
    )
