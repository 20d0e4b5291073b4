"""The classes of a command's fields. Decoding a command enforces the form of each class.

A command names things and never carries a place: what the bot reads, writes, deletes or connects to is in its own
catalog and settings, or is computed from these names. Times and lengths are in `bot.incident.bounds`.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from bot.model.places import IN_INBOX

_LINE = r"\A[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*\Z"
"""One line, without characters that change the direction of the text around it."""
LONGEST_WORDS = 30_000
"""The most characters that are read. A text that is too long to record is still read, so that its author learns it."""

Name = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9]*(-[a-z0-9]+)*(\.earlier)?\Z", max_length=60, title="a name")]
"""A name of the catalog, a playbook or the deadlines, in the form of the bot's own files."""
Known = Annotated[str, Meta(pattern=_LINE, max_length=2048, title="an id that the incident knows")]
IncidentId = Annotated[str, Meta(pattern=r"\A(inc_[a-z2-7]{6})?\Z", title="an incident's id")]
"""Empty: none is named."""
Person = Annotated[str, Meta(pattern=_LINE, max_length=256, title="a person")]
"""By the people file's name, or an account."""
Digest = Annotated[str, Meta(pattern=r"\A[0-9a-f]{0,64}\Z", title="a digest")]
"""The digest of the shown text; empty if no text was shown."""
Fingerprint = Annotated[str, Meta(pattern=r"\A([0-9a-f]{12})?\Z", title="a fingerprint")]
Token = Annotated[str, Meta(pattern=rf"\A{IN_INBOX}\Z", title="a token")]
"""The name of a value in the inbox of its secret."""
Scope = Annotated[str, Meta(pattern=_LINE, max_length=256, title="a scope")]
Number = Annotated[int, Meta(ge=1, le=2**31 - 1, title="a number")]
"""The number of an entry, or a parameter's version."""
Words = Annotated[str, Meta(max_length=LONGEST_WORDS, title="words")]
Channel = Annotated[str, Meta(pattern=r"\A[CDG][A-Z0-9]{2,20}\Z", title="a channel of Slack")]
"""A Slack channel. The bot reads it with its own right, for a person who is a member of it too."""
Moment = Annotated[str, Meta(pattern=r"\A([0-9]{10}\.[0-9]{6})?\Z", title="a message of Slack")]
"""Its timestamp, by which its channel knows it; empty: none."""


# Ids of commands. The machine's own ids are predictable, and no person's command may have one.


_MACHINE = "bot:"


def machine_id(occasion: str) -> str:
    """The id of a command of the machine: the same occasion gives the same id, on every worker."""
    return f"{_MACHINE}{occasion}"


def is_reserved(command_id: str) -> bool:
    """Whether no person's command may have this id: the log would take it for one that the machine gives."""
    return command_id.startswith(_MACHINE)
