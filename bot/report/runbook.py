"""The work on one leaked secret by hand: the consoles to open and the commands to type instead of the bot.

Made from the catalog and the provider's card alone: it calls neither AWS, a provider nor the log.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.model.playbooks import Playbook
from bot.model.secrets import Outage, Part, SecretEntry
from bot.report.markdown import Markdown, md
from bot.report.render import fill

RUNBOOK = "runbook.md.j2"
ASK = 'read -rs -p "value (not shown): " VALUE; echo'
FORGET = "unset VALUE"
_BOT = re.compile(r"`bot |\b[Tt]he bot\b")


@dataclass(frozen=True)
class HandStep:
    """`words` is Markdown, `commands` are lines of a shell."""

    title: str
    words: Markdown
    commands: tuple[Markdown, ...] = ()


@dataclass(frozen=True)
class Reach:
    """Who is reached how, and where the parameters are: `meeting` has the bridge and telephone numbers, `owner` how the
    entry's owner is reached, `accounts` AWS account ids, `region` AWS's name of it. Empty where that is unknown.
    """

    meeting: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    region: str = ""


def render_runbook(
    entry: SecretEntry,
    environment: str,
    playbook: Playbook,
    templates: Sequence[Path],
    reach: Reach,
    *,
    prove: str = "",
    refresh: Sequence[HandStep] = (),
) -> str:
    """The runbook as Markdown. `prove` is the shell command by which a person asks whether the old key still opens,
    `refresh` has its consumers read the new one.

    ConfigurationError for a template that cannot be used.
    """
    end = [*_revoke(entry), _prove(prove)]
    make = [*_make(entry), *refresh]
    kill_first = entry.outage is not Outage.DOWN and not entry.capabilities.revoke_needs_replacement
    steps = [*end, *make] if kill_first else [*make, *end]
    told = {
        "entry": entry,
        "environment": environment,
        "reach": reach,
        "order": _order(entry, kill_first=kill_first),
        "steps": (*steps, *_copies(entry), *_left_behind(entry), _record(playbook)),
    }
    return fill(RUNBOOK, templates, runbook=told)


def _order(entry: SecretEntry, *, kill_first: bool) -> str:
    if kill_first:
        return "revoke the old key first, then make the new one; the product can wait"
    if entry.capabilities.revoke_needs_replacement:
        return "the new key first, because installing it revokes the old one"
    return (
        "the new key first, because the product is down without one. If the old key is public or being misused, "
        "revoke it first: being down is then the smaller harm"
    )


def _make(entry: SecretEntry) -> Iterator[HandStep]:
    yield HandStep("Make the new key", _console(entry, entry.issue_by_hand))
    commands = [command for part in entry.parts for command in _store(part)]
    words = "Once for each part. `--value file:///dev/stdin` keeps the value off the command line."
    yield HandStep("Store it", Markdown(words), tuple(map(Markdown, commands)))


def _store(part: Part) -> Iterator[str]:
    """Names the key's id, because without it the parameter would be encrypted with the account's default key."""
    name = shlex.quote(part.parameter)
    key = f"aws ssm describe-parameters --parameter-filters Key=Name,Values={name} --query Parameters[0].KeyId"
    encrypted = f'--type SecureString --key-id "$({key} --output text)" ' if part.secret else ""
    yield ASK.replace("value", part.parameter, 1)
    yield f"aws ssm get-parameter --name {name} --query Parameter.Version  # the version before, for the record"
    yield f'printf %s "$VALUE" | aws ssm put-parameter --name {name} --overwrite {encrypted}--value file:///dev/stdin'
    yield FORGET


def _revoke(entry: SecretEntry) -> Iterator[HandStep]:
    yield HandStep("Revoke the old key", _console(entry, entry.revoke_by_hand))


def _prove(prove: str) -> HandStep:
    words = (
        "Try the old key before you revoke it: it must be accepted, or its death can never be confirmed. Try it "
        "twice afterwards, thirty seconds apart, with a working key in between, which must be accepted. Only the "
        "answer that the provider documents for a revoked key counts; a time-out, 5xx, 403 or 429 says nothing."
    )
    commands = (ASK, prove.strip(), FORGET) if prove else ()
    return HandStep("Confirm it dead", Markdown(words), tuple(map(Markdown, commands)))


def _copies(entry: SecretEntry) -> Iterator[HandStep]:
    """If nothing may stop, copies come before the revocation, since one may still use the old key; else here."""
    if entry.copies:
        items = "\n".join(
            f"- [ ] {md(copy.name)}: {md(copy.where)}. {md(copy.update)}"
            + (f" (ask {md(copy.owner)})" if copy.owner else "")
            for copy in entry.copies
        )
        yield HandStep("Bring the new key to every copy, or purge it", Markdown(items))


def _left_behind(entry: SecretEntry) -> Iterator[HandStep]:
    if entry.checklist:
        items = "\n".join(f"- [ ] {md(sentence)}" for sentence in entry.checklist.values())
        yield HandStep("Check for backdoors", Markdown(items))


def _record(playbook: Playbook) -> HandStep:
    steps = ", ".join(step.title.lower() for step in playbook.steps)
    words = (
        f"The playbook's other steps still apply: {md(steps)}. When the bot is back, declare the incident with "
        "`bot declare`. Say what was done by hand and when, and let the bot check that the old key is dead."
    )
    return HandStep("Keep the record", Markdown(words))


def _console(entry: SecretEntry, lines: str) -> Markdown:
    """The card's own numbered lines, without lines that need the bot. They are ours, so they are Markdown already."""
    place = f"Console: {entry.console}\n\n" if entry.console else ""
    kept = (line.partition(". ")[2] for line in lines.strip().splitlines() if not _BOT.search(line))
    return Markdown(place + "\n".join(f"{number}. {text}" for number, text in enumerate(kept, 1)))
