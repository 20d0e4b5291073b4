"""What the core and the settings must know of the parts. Written by `python -m bot.generate`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PAGES_WITH: frozenset[str] = frozenset(
    {
        "BOT_PAGERDUTY_API_KEY",
        "BOT_PAGERDUTY_ROUTING_KEY",
    }
)
"""The variables of keys that page people, and that can silence the page."""

ARRIVED: Mapping[str, str] = MappingProxyType(
    {
        "s3": "put the report into the bucket for reports",
    }
)
"""What is done when a report arrived at this destination (`report/destinations`)."""

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
"""The title of each provider, from its first card, by its name in the catalog."""
