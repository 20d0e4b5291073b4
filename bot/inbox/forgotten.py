"""Submitted values without a result, which must not stay in the inbox.

A terminal that stops between staging and announcing leaves one, and so does a refused announcement, or an incident that
closes first. It is deleted after an hour, and the incident says so, so that its author can submit it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import BotError, Missing
from bot.eventlog.sql import EventLog
from bot.incident.commands import AddNote, AnnounceSubmission, Envelope, name_of
from bot.incident.model import BOT
from bot.incident.state import Incident
from bot.logs import Logger
from bot.model.fields import machine_id
from bot.model.places import INBOX
from bot.phrases.typed import submit_line
from bot.vault.contract import Vault

FORGOTTEN_AFTER = timedelta(hours=1)
_DEPTH = 4
"""INCIDENT/SECRET/TOKEN/PART below the inbox: proofs of commands, which lie there too, are not so deep."""

_log = Logger(__name__)


@dataclass(frozen=True)
class Submission:
    """The contents of `path`: the parts of one value, submitted for a secret of an incident."""

    path: str
    incident: str
    secret: str
    parameters: tuple[str, ...]

    @property
    def token(self) -> str:
        """By which its announcement names it."""
        return self.path.rpartition("/")[2]


def clear_forgotten(
    vault: Vault, event_log: EventLog, now: datetime, tell: Callable[[str, str], object] = lambda _incident, _said: None
) -> None:
    """Deletes submissions after an hour, unless an open incident or an announcement waits for them. A note in the open
    incident says so, and `tell` informs its channel. Raises as the vault and the log do; the next look does the rest.
    """
    for submission in _submissions(vault):
        holder = _forgotten_by(submission, vault, event_log, now)
        if holder is None:
            continue
        for parameter in submission.parameters:
            vault.unstage(parameter)
        _log.warning("an unused key was deleted", incident=holder.id)
        said = _said(submission, holder)
        command_id = machine_id(f"forgotten-{submission.token}")
        if holder.open:
            event_log.execute(holder.id, Envelope(command_id, now, BOT, AddNote(said)))
        tell(holder.id, said)


def _said(submission: Submission, holder: Incident) -> str:
    lay = f"A value brought for {submission.secret} lay in the inbox for more than an hour, and was never"
    if not holder.open:
        return (
            f"{lay} taken before {holder.id} was closed: it was deleted and nothing uses it. Revoke it at its "
            "provider if it was made for this."
        )
    return (
        f"{lay} announced or never taken: it was deleted. If you still need it, submit it again: "
        f"{submit_line(holder.id, submission.secret)}"
    )


def _submissions(vault: Vault) -> Iterator[Submission]:
    found: dict[str, list[str]] = {}
    for parameter in vault.staged(INBOX):
        names = parameter.removeprefix(f"{INBOX}/").split("/")
        if len(names) == _DEPTH:
            found.setdefault(parameter.rpartition("/")[0], []).append(parameter)
    for path, parameters in found.items():
        incident, secret, _ = path.removeprefix(f"{INBOX}/").split("/")
        yield Submission(path, incident, secret, tuple(parameters))


def _forgotten_by(submission: Submission, vault: Vault, event_log: EventLog, now: datetime) -> Incident | None:
    """The incident that would have to take it, and does not; None where it may still be taken."""
    try:
        written = max(version.written_at for name in submission.parameters for version in vault.history(name)[-1:])
    except (Missing, ValueError):
        return None  # it is being taken at this moment
    if now - written < FORGOTTEN_AFTER:
        return None
    try:
        holder = event_log.load(submission.incident)
        if taken_by := holder.handed.get(submission.secret):  # with what was brought for it
            holder = event_log.load(taken_by)
    except BotError:
        return None  # a damaged log may name it, and another log's incident is not ours to judge
    secret = holder.secrets.get(submission.secret)
    awaited = holder.open and secret is not None and secret.new.inbox == submission.path
    announced = event_log.inbox.mentions(name_of(AnnounceSubmission), submission.token)
    return None if awaited or announced else holder
