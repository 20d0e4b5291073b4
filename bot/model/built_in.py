"""The titles of the built-in providers. Written by `python -m bot.generate`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
