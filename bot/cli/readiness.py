"""Commands for quiet times: readiness, which says what would go wrong tonight, and runbook, the work by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import OnlyEnvironment, argument, flag, option
from bot.cli.doctor import tell
from bot.cli.terminal import Terminal
from bot.errors import BotError, Misuse

if TYPE_CHECKING:
    from bot.app import Application
    from bot.catalog.catalog import CatalogEntry
    from bot.cli.diagnostics import Finding
    from bot.cli.diagnostics.ready import Once, Ready
    from bot.model.playbooks import Playbook
    from bot.report.runbook import Reach
    from bot.usage.contract import Usage

WORTH = {"ok": 1.0, "doubtful": 0.5, "failed": 0.0}
"""What a finding counts; one that was skipped does not."""
READY = 100
_ACCOUNT = re.compile(r"arn:[^:]*:(?:iam|sts)::([0-9]{12}):")
AT_ONCE = 8
"""Secrets that are asked about at the same time; each provider keeps its own rate."""


def readiness(
    terminal: Terminal,
    *,
    environment: OnlyEnvironment = "",
    shown: Annotated[bool, flag("--all", "Show what is right, too.")] = False,
) -> int:
    """Say for each secret whether the bot could handle its leak tonight, and what to do about each gap.

    For example:
      bot catalog readiness
      bot catalog readiness --all
      bot catalog readiness -e production --json
    """
    every, told = [], set[tuple[str, str]]()
    for made in _asked(terminal, environment):
        _tell(terminal, made, told, every=shown)
        every.append(made)
    total = round(sum(each.score for each in every) / len(every)) if every else 0
    perfect = sum(each.score == READY for each in every)
    terminal.document({"score": total, "ready": perfect == len(every), "secrets": [each.document() for each in every]})
    terminal.say()
    terminal.say(f"Readiness {total} of {READY}: {perfect} of {len(every)} secrets are ready.", style="bold")
    return status.FAILED if any(each.failed for each in every) else status.DONE


@dataclass(frozen=True)
class Readiness:
    """One secret in one environment, and what was found about it."""

    entry: CatalogEntry
    findings: tuple[Finding, ...]

    @property
    def score(self) -> int:
        """0 to 100; what was skipped does not count."""
        worth = [WORTH[finding.state] for finding in self.findings if finding.state in WORTH]
        return round(READY * sum(worth) / len(worth)) if worth else READY

    @property
    def failed(self) -> bool:
        return any(finding.state == "failed" for finding in self.findings)

    def document(self) -> dict[str, object]:
        return {
            "secret": self.entry.name,
            "environment": self.entry.environment,
            "provider": self.entry.provider,
            "score": self.score,
            "checks": [asdict(finding) for finding in self.findings],
        }


def _asked(terminal: Terminal, environment: str) -> Iterator[Readiness]:
    """Each secret's findings, in the catalog's order; several secrets are asked about at the same time."""
    from bot.cli.diagnostics import look
    from bot.cli.diagnostics.ready import ready

    application = terminal.application
    secrets = ready(application, environment)
    done = 0

    def ask(secret: Ready) -> Readiness:
        made = Readiness(secret.entry, tuple(look(check) for check in secret.checks()))
        nonlocal done
        done += 1
        progress(f"{done} of {len(secrets)} secrets asked about …")
        return made

    with terminal.progress() as progress, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="readiness") as pool:
        progress("who read the secrets lately: CloudTrail takes a while …")
        application.warm()
        # Before the rest: a function that is asked whether it is well may start a container, which reads.
        list(pool.map(_try, {id(each.usage): each.usage for each in secrets}.values()))
        yield from pool.map(ask, secrets)


def _try(asked: Once[Usage]) -> None:
    """Its error is a finding of each secret that needs it."""
    with suppress(BotError):
        asked.get()


def _tell(terminal: Terminal, made: Readiness, told: set[tuple[str, str]], *, every: bool) -> None:
    """Its gaps; of one that is ready, a line. `told` are the gaps of earlier secrets, which are named only."""
    terminal.say(f"{made.entry.environment} {made.entry.name}: {made.score} of {READY}", style="bold")
    for finding in made.findings:
        if every or finding.state in {"failed", "doubtful"}:
            again = bool(finding.remedy) and (finding.name, finding.detail) in told
            told.add((finding.name, finding.detail))
            tell(terminal, replace(finding, detail="as above", remedy="") if again else finding, indent=2)


def runbook(
    terminal: Terminal,
    secret: Annotated[str, argument("[SECRET]", "Its name in the catalog; every secret unless named.")] = "",
    *,
    environment: Annotated[str, option("--environment -e", "NAME", "Production by default.")] = "",
    publish: Annotated[str, option("--publish", "s3://BUCKET/KEY", "Write it there instead of printing it.")] = "",
) -> None:
    """Print all the work on a leaked secret by hand, for a night when the bot is down.

    For example:
      bot runbook openai-api-key
      bot runbook openai-api-key -e staging > tonight.md
      bot runbook --publish s3://acme-runbook/leaked.md
    """
    from bot.aws import objects

    application = terminal.offline
    catalog = application.files.loaded.catalog
    where = environment or catalog.usual
    entries = [catalog.entry(secret, where)] if secret else catalog.all(where)
    text = "\n\n".join(_by_hand(application, entry, where) for entry in entries)
    if publish:
        objects.put(application.outside.aws, publish, text.encode())
        terminal.say(f"Written to {publish}.")
    else:
        terminal.text(text)
    terminal.document({"secret": secret, "environment": where, "runbook": text})


def _by_hand(application: Application, named: CatalogEntry, where: str) -> str:
    """The runbook of one secret."""
    from bot.consumers.aws_lambda.functions import BY_HAND, WHY_BY_HAND, by_hand
    from bot.data_files import template_folders
    from bot.providers import provider_class
    from bot.report.markdown import Markdown
    from bot.report.runbook import HandStep, render_runbook

    entry = application.files.freeze(named)
    card = provider_class(entry.provider, entry.options).card
    refresh = [HandStep(BY_HAND, Markdown(WHY_BY_HAND), tuple(map(Markdown, by_hand(entry.consumers))))]
    folders, reach = template_folders(application.settings.templates), _reach(application, entry.owner)
    playbook = _of_leaks(application.files.playbooks.values())
    return render_runbook(
        entry, where, playbook, folders, reach, prove=card.prove_by_hand, refresh=refresh if entry.consumers else ()
    )


def _of_leaks(playbooks: Iterable[Playbook]) -> Playbook:
    """The one by which a leak is declared unless another is named, else another of its kind. Misuse where none is."""
    from bot.inbox.declaration import Declaration
    from bot.model.playbooks import RunKind

    found = [each for each in playbooks if each.kind is RunKind.COMPROMISE]
    if not found:
        raise Misuse("There is no compromise playbook. Add one in BOT_PLAYBOOKS.")
    return max(found, key=lambda each: each.id == Declaration.playbook)


def _reach(application: Application, owner: str) -> Reach:
    """The part of it that this host knows: a mistake in the people file does not stop the rest."""
    from bot.report.runbook import Reach

    found = Reach()
    with suppress(BotError):
        people = application.files.people
        owners = tuple(f"{one.name}: {one.telephone}" for one in people.owning(owner) if one.telephone)
        accounts = (match[1] for one in people if (match := _ACCOUNT.match(one.principal or "")))
        found = Reach(people.meeting, owners, tuple(dict.fromkeys(accounts)))
    with suppress(BotError):
        found = replace(found, region=application.outside.aws.region)
    return found
