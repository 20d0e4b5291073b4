"""What can be asked of the replacement."""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.stored import stored
from bot.model.fields import Digest, Name, Scope, Token, Words


@stored("ask-replacement")
@dataclass(frozen=True)
class AskReplacement:
    secret: Name


@stored("choose-scopes")
@dataclass(frozen=True)
class ChooseScopes:
    secret: Name
    scopes: tuple[Scope, ...]


@stored("announce-submission")
@dataclass(frozen=True)
class AnnounceSubmission:
    """A new value waits in the inbox of this incident and secret, under `token`: 16 hex digits."""

    secret: Name
    token: Token


@stored("use-value", text="reason")
@dataclass(frozen=True)
class UseValue:
    """Puts a new value that waits in its place all the same. `seen`: digest of why it waits, as the form showed it."""

    secret: Name
    reason: Words
    seen: Digest = ""


@stored("refuse-value", text="reason")
@dataclass(frozen=True)
class RefuseValue:
    """Does not use a value that a person brought; another one is awaited."""

    secret: Name
    reason: Words
    seen: Digest = ""


NewValueCommand = AskReplacement | ChooseScopes | AnnounceSubmission | UseValue | RefuseValue
