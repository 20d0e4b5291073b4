"""What the event log offers to the rest of the bot, and what it needs from the incident's rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from bot.errors import ConfigurationError, LogError, Misuse
from bot.model.playbooks import RunKind

if TYPE_CHECKING:
    from bot.incident.events import Recorded
    from bot.incident.state import Incident


@dataclass(frozen=True)
class Decision:
    """The result of a command: the state after it and its events (none: there was nothing to do).

    `repeated`: the command was carried out before; `events` are those of the first time, `incident` is the current
    state.
    """

    incident: Incident
    events: tuple[Recorded, ...]
    repeated: bool = False


class Summary(Struct, frozen=True):
    """One line of the list of incidents. `head` is ``SEQ:DIGEST``, `alive` counts old keys that are not dead,
    including attested ones and secrets whose leaked key is another one; `kind` distinguishes planned rotations and
    departures from leaks. `closed_over` counts the items that were open at the close and accepted; None while the
    incident is open.
    """

    incident: str
    seq: int
    state: str
    environment: str
    title: str
    declared_at: datetime
    declared_by: str
    head: str
    updated_at: datetime
    secrets: tuple[str, ...]
    alive: int
    kind: str = RunKind.COMPROMISE
    closed_over: int | None = None


@dataclass(frozen=True)
class Cursor:
    """The last state that another system got: `surface` is ``slack`` or ``pagerduty``, `key` the thing there, `seq` the
    last event it shows, `data` the caller's own JSON text (a message's timestamp, a dedup key).
    """

    incident: str
    surface: str
    key: str
    seq: int
    data: str
    updated_at: datetime


class SecretTaken(Misuse):
    """A secret is in one open incident per environment. `incident` is the one that has it: join that one."""

    def __init__(self, environment: str, secret: str, incident: str) -> None:
        super().__init__(f"{secret} in {environment} is already handled in {incident}: join that incident")
        self.environment = environment
        self.secret = secret
        self.incident = incident


class RunChanged(LogError):
    """A run to take over has changed since the last look: look and give the command again."""


class Damaged(LogError):
    """The log of one incident cannot be trusted or read. Nothing is done for it until it is repaired; others go on."""

    def __init__(self, incident: str, what: str, remedy: str = "") -> None:
        hint = remedy or f"run `bot log verify {incident}`"
        super().__init__(f"{incident}: {what}: {hint}")
        self.incident = incident
        self.what = what

    @property
    def headline(self) -> str:
        """The state of things in one sentence, without its full stop."""
        return f"The log of {self.incident} is damaged: {self.what}"


class Cut(Damaged):
    """The log of one incident lacks what this worker has read of it, and has other events still: its database went back
    to an earlier state, or someone cut it off.
    """


class TooOld(Damaged):
    """The log of one incident holds what a newer program wrote. Nothing is done for it by this one; others go on."""

    def __init__(self, incident: str, what: str) -> None:
        super().__init__(incident, what, "run the program that wrote it, or a newer one")

    @property
    def headline(self) -> str:
        return f"This program is too old for {self.incident}: {self.what}"


class NoLog(ConfigurationError):
    """There is no event log. The caller must not conclude that there are no incidents."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no event log at {name}, so no incident is known here. Set BOT_DATABASE_URL to the "
            "log that the worker uses. A new one is made by `bot serve`, `bot work`, `bot log init`, or by a "
            "declaration with BOT_DATABASE_URL set. For urgent work `bot runbook SECRET` needs no log."
        )


class NotAWorker(LogError):
    """Only a worker writes the log: this process does not hold the key that seals it."""


@dataclass(frozen=True)
class Looked:
    """An incident as far as its log can be read: `damage` says what is wrong with the rest, empty if nothing is.
    `trusted` is False if a worker did not write even the readable part; `too_old` says that the rest is fine, but needs
    a newer program.
    """

    incident: Incident
    damage: str = ""
    trusted: bool = True
    too_old: bool = False


@dataclass(frozen=True)
class Snapshot:
    """An incident, the events that led to it, and the log's head, all of one moment."""

    incident: Incident
    events: tuple[Recorded, ...]
    head: str


@dataclass(frozen=True)
class InboxRow:
    """A command that waits in the inbox. `at` is the time that its sender gave, as the log writes times; `arguments`,
    `claims` and `proof` are blanked once it has been answered. `number` is its place in the order of arrival.
    """

    command_id: str
    attempt: int
    incident: str
    at: str
    claims: str
    command: str
    arguments: str
    proof_kind: str
    proof: str
    number: int = 0


@dataclass(frozen=True)
class CommandAnswer:
    """A worker's answer to a command: accepted, with the numbers of its first and last event in `incident` (0: no
    change), or refused, with a sentence. `joined` are secrets of a declaration that other incidents have. `said` is the
    digest of the accepted command, so that the author knows that the answer is to theirs.
    """

    accepted: bool
    incident: str
    reason: str = ""
    first: int = 0
    last: int = 0
    joined: tuple[str, ...] = ()
    said: str = ""


class Answered(LogError):
    """Someone else answered this command first: nothing that followed from it here was written."""


class LostLock(LogError):
    """The worker's lock is gone: another may be taking over. Make no outside call; enlist again under a new id."""
