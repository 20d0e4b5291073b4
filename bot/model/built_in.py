"""What parts say of themselves to those who may not know them. Written by `python -m bot.generate`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PAGES_WITH: frozenset[str] = frozenset(
    {
        "BOT_PAGERDUTY_API_KEY",
        "BOT_PAGERDUTY_ROUTING_KEY",
    }
)
"""The variables of the keys with which people are paged: whoever has one can silence the page."""

ARRIVED: Mapping[str, str] = MappingProxyType(
    {
        "s3": "put the report into the bucket for reports",
    }
)
"""What has been done when a report arrived at this one of `report/destinations`."""

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "aws-iam": "AWS IAM",
        "elevenlabs": "ElevenLabs",
        "github": "GitHub",
        "openai": "OpenAI",
        "pagerduty": "PagerDuty",
        "postgres": "PostgreSQL",
        "redis": "Redis",
        "sendgrid": "SendGrid",
        "slack": "Slack",
        "stripe": "Stripe",
        "supabase": "Supabase",
        "twilio": "Twilio",
    }
)
"""What people call a provider, by its name in the catalog: the title of its first card."""
