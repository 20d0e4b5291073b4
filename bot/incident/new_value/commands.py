"""What can be asked of the replacement."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored


@stored("ask-replacement")
@dataclass(frozen=True)
class AskReplacement:
    secret: str


@stored("choose-scopes")
@dataclass(frozen=True)
class ChooseScopes:
    secret: str
    scopes: tuple[str, ...]


@stored("announce-submission")
@dataclass(frozen=True)
class AnnounceSubmission:
    """A new value waits in the inbox of this incident and secret, under `token`: 16 hex digits."""

    secret: str
    token: str


@stored("use-value", text="reason")
@dataclass(frozen=True)
class UseValue:
    """Puts a new value that waits in its place all the same. `seen`: digest of why it waits, as the form showed it."""

    secret: str
    reason: str
    seen: str = ""


@stored("refuse-value", text="reason")
@dataclass(frozen=True)
class RefuseValue:
    """Does not use a value that a person brought; another one is awaited."""

    secret: str
    reason: str
    seen: str = ""


NewValueCommand = AskReplacement | ChooseScopes | AnnounceSubmission | UseValue | RefuseValue
