"""The private channel of an incident: its name, and finding it again after a crash."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.incident.state import Incident
from bot.slack.errors import SlackRefused
from bot.slack.gateway import SlackGateway

NAME_LENGTH = 80
"""Source: docs.slack.dev, conversations.create: lower-case letters, digits, hyphens and underscores, at most 80."""
ATTEMPTS = 9


def channel_name(incident: Incident) -> str:
    """``inc-ab12cd-openai-api-key``, or ``inc-ab12cd-16-secrets``: as it was declared, so that it stays the same."""
    names = [name for name, secret in incident.secrets.items() if secret.added.at == incident.declared.at]
    what = names[0] if len(names) == 1 else f"{len(names)} secrets"
    return re.sub(r"[^a-z0-9]+", "-", f"{incident.id}-{what}".lower()).strip("-")[:NAME_LENGTH].rstrip("-")


def purpose(incident: Incident) -> str:
    """By this the bot knows the channel again; it says nothing about the secret."""
    return f"Response to {incident.id} in {incident.environment}. Never paste a secret here."


def open_channel(gateway: SlackGateway, incident: Incident) -> str:
    """The id of the incident's channel: created, or found where an earlier attempt left it; or the one that it shares
    with others of its kind, which is there.
    """
    if not incident.traits.own_channel:
        return incident.playbook.channel
    names = _names(incident)
    if (left := _ours(gateway, incident, names)) and _described(gateway, left, incident):
        return left
    for name in names:
        try:
            channel = gateway.create_channel(name)
        except SlackRefused as refused:
            if refused.code != "name_taken":
                raise
            continue
        if _described(gateway, channel, incident):
            return channel
    raise SlackRefused("open the channel", "name_taken")


def _names(incident: Incident) -> tuple[str, ...]:
    """In the order in which they are tried: other channels may have the first ones."""
    name = channel_name(incident)
    return (name, *(f"{name[: NAME_LENGTH - 2]}-{attempt}" for attempt in range(2, ATTEMPTS + 1)))


def _described(gateway: SlackGateway, channel: str, incident: Incident) -> bool:
    """Whether it could be given its purpose: someone may have archived it since it was opened."""
    topic = f"{incident.id} · {incident.environment} · the pinned card shows what is true now"
    try:
        gateway.describe(channel, purpose=purpose(incident), topic=topic)
    except SlackRefused as refused:
        if refused.code != "is_archived":
            raise
        return False
    return True


def _ours(gateway: SlackGateway, incident: Incident, names: Collection[str]) -> str:
    """What an earlier attempt left: a channel of one of these names that we are in and that is this incident's by its
    purpose. One without a purpose is of an attempt that got no further, since its name holds the incident's id. Never
    one that the incident has lost, should it be there again. Empty where there is none.
    """
    for found in gateway.own_channels():
        ours = found.name in names and (incident.id in found.purpose or not found.purpose)
        if ours and found.id not in incident.lost_channels:
            return found.id
    return ""


def invite(gateway: SlackGateway, channel: str, users: Collection[str]) -> list[str]:
    """Invites people one by one, so that a person who has left does not prevent the others; returns the people who are
    not in the channel.
    """
    return [user for user in dict.fromkeys(users) if not gateway.invite(channel, user)]
