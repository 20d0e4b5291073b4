"""The practice world's accounts at the providers. A new provider is a file beside these and a line below."""

from __future__ import annotations

from bot.drill.sites.aws_iam import AwsIamSite
from bot.drill.sites.contract import Site
from bot.drill.sites.elevenlabs import ElevenLabsSite
from bot.drill.sites.github import GitHubSite
from bot.drill.sites.openai import OpenAISite
from bot.drill.sites.pagerduty import PagerDutySite
from bot.drill.sites.postgres import PostgresSite
from bot.drill.sites.redis import RedisSite
from bot.drill.sites.sendgrid import SendGridSite
from bot.drill.sites.slack_product import SlackProductSite
from bot.drill.sites.stripe import StripeSite
from bot.drill.sites.supabase import SupabaseSite
from bot.drill.sites.twilio import TwilioSite

SITES: tuple[type[Site], ...] = (
    SupabaseSite,
    OpenAISite,
    ElevenLabsSite,
    SendGridSite,
    StripeSite,
    SlackProductSite,
    PagerDutySite,
    TwilioSite,
    GitHubSite,
    AwsIamSite,
    RedisSite,
    PostgresSite,
)
"""In the order of the drill's catalog."""
