"""Receive: takes a value that a person submitted, and stages it."""

from __future__ import annotations

from bot.errors import Missing, Refused
from bot.incident import events as e
from bot.model.places import inbox_of
from bot.rotation.job import Job, is_leaked, read_staged, stage, submitted_name
from bot.rotation.staged import origins, read_named, staged_path, value_staged
from bot.secrets.keyshapes import recognise
from bot.secrets.secret import Credential, Secret

LONGEST_VALUE = 4096
"""Bytes: what a standard parameter takes."""


def receive(job: Job) -> e.ValueStaged | e.ValueRejected:
    """Takes a value that a person put into the inbox, stages it if it can be one, and empties the inbox."""
    secret, vault, inbox = job.secret, job.tools.vault, _inbox(job)
    try:
        credential = read_staged(vault, secret.entry, inbox)
    except Missing:
        return _received_before(job)
    name = submitted_name(job.incident.id, secret.name, job.claim.attempt)
    reason = _unusable(job, credential)
    job.still_mine()
    if not reason:
        stage(vault, secret.entry, staged_path(job, name), credential)
    _empty_inbox(job)
    if reason:
        return e.ValueRejected(job.claim.number, secret.name, reason)
    return value_staged(job, name, "", "person", credential)


def _received_before(job: Job) -> e.ValueStaged | e.ValueRejected:
    """An earlier try may have emptied the inbox, and its outcome was lost: the value it staged is the one. What was
    taken before this inbox was announced is another, which may have been refused.
    """
    secret = job.secret
    for attempt in range(job.claim.attempt - 1, secret.new.taken_before, -1):
        name = submitted_name(job.incident.id, secret.name, attempt)
        try:
            credential = read_named(job, name)
        except Missing:
            continue
        job.still_mine()
        _empty_inbox(job)
        return value_staged(job, name, "", "person", credential)
    return e.ValueRejected(job.claim.number, secret.name, "the inbox is empty: run `bot submit` again")


def _inbox(job: Job) -> str:
    """The place of the value. Refused for a place that is not this secret's, in its incident or the run before."""
    inbox, name = job.secret.new.inbox, job.secret.name
    if inbox.rpartition("/")[0] not in {inbox_of(origin, name) for origin in origins(job)}:
        raise Refused("ssm", "take the new key", f"{inbox} is not in the inbox of {name}")
    return inbox


def _empty_inbox(job: Job) -> None:
    inbox = _inbox(job)
    for part in job.secret.entry.parts:
        job.tools.vault.unstage(f"{inbox}/{part.name}")


def _unusable(job: Job, credential: Credential) -> str:
    """Why a submitted value cannot be the new one; empty if it may be."""
    entry = job.secret.entry
    for part, value in credential.parts.items():
        if reason := malformed(value):
            return f"{part}: {reason}"
    if is_leaked(job, credential):
        return "it is the old key itself: make a new one"
    text = credential.key.reveal()
    whole = [found.shape for found in recognise(text) if found.shape.provider and found.end - found.start == len(text)]
    if whole and entry.provider not in {shape.provider for shape in whole}:
        return f"it looks like a {whole[0].name}, not like a key of {entry.provider}"
    return ""


def malformed(value: Secret) -> str:
    """What is wrong with a value's form; empty if nothing."""
    text = value.reveal()
    if not text.strip():
        return "it is empty"
    if text != text.strip() or any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "it holds blanks at an end, a line break or a control character: copy it again"
    if len(text.encode()) > LONGEST_VALUE:
        return f"it is longer than the {LONGEST_VALUE} bytes that a parameter takes"
    return ""
