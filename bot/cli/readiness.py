"""Commands for quiet times: readiness, which says what would go wrong tonight, and runbook, the work for hands only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import status
from bot.cli.command import command
from bot.cli.doctor import SIGNS
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.cli.checkup import Check, Finding

Environment = Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="Only this environment.")]
WORTH = {"ok": 1.0, "doubtful": 0.5, "failed": 0.0}
"""What a finding counts; one that was skipped does not."""
READY = 100


def register(app: typer.Typer) -> None:
    app.command("readiness", rich_help_panel="Set up")(command(readiness))
    app.command("runbook", rich_help_panel="Look")(command(runbook))


def readiness(terminal: Terminal, *, environment: Environment = "") -> int:
    """Say for each secret whether the bot could handle its leak tonight, and what to do about each gap."""
    from bot.cli.checkup.ready import ready

    told = []
    for entry, checks in ready(terminal.application, environment):
        findings = _look(terminal, f"{entry.environment} {entry.name}", checks)
        score = _score(findings)
        _tell(terminal, f"{entry.environment} {entry.name}", score, findings)
        told.append(
            {
                "secret": entry.name,
                "environment": entry.environment,
                "provider": entry.provider,
                "score": score,
                "checks": [asdict(finding) for finding in findings],
            }
        )
    scores = [int(str(each["score"])) for each in told]
    total = round(sum(scores) / len(scores)) if scores else 0
    terminal.document({"score": total, "ready": all(score == READY for score in scores), "secrets": told})
    perfect = sum(score == READY for score in scores)
    terminal.say(
        f"Readiness {total} of {READY}: nothing is missing for {perfect} of {len(scores)} secrets.", style="bold"
    )
    gaps = any(finding["state"] == "failed" for each in told for finding in each["checks"])  # type: ignore[attr-defined]
    return status.FAILED if gaps else status.DONE


def _look(terminal: Terminal, name: str, checks: Iterable[Check]) -> list[Finding]:
    from bot.cli.checkup import look

    if not terminal.err.is_terminal or terminal.json:
        return [look(check) for check in checks]
    findings = []
    for check in checks:
        with terminal.err.status(f"{name}: {check.name} …"):
            findings.append(look(check))
    return findings


def _score(findings: Sequence[Finding]) -> int:
    worth = [WORTH[finding.state] for finding in findings if finding.state in WORTH]
    return round(READY * sum(worth) / len(worth)) if worth else READY


def _tell(terminal: Terminal, name: str, score: int, findings: Sequence[Finding]) -> None:
    terminal.say(f"{name}: {score}", style="bold")
    for finding in findings:
        sign, style = SIGNS[finding.state]
        terminal.say(f"{sign}  {finding.name}: {finding.detail}", style=style, indent=2)
        if finding.remedy:
            terminal.say(f"→ {finding.remedy}", indent=8)
    terminal.say()


def runbook(
    terminal: Terminal,
    secret: Annotated[str, typer.Argument(metavar="SECRET", help="Its name in the catalog.")],
    *,
    environment: Annotated[
        str, typer.Option("--environment", "-e", metavar="NAME", help="Production unless said.")
    ] = "",
) -> None:
    """Print the whole work on a leaked secret for hands only, for the night when the bot is down."""
    from bot.playbook import template_folders
    from bot.providers import provider_class
    from bot.report.runbook import render_runbook

    application = terminal.offline
    catalog = application.loaded.catalog
    where = environment or catalog.environments[0]
    entry = application.freeze(catalog.entry(secret, where))
    card = provider_class(entry.provider, entry.options).card
    folders = template_folders(application.settings.templates)
    text = render_runbook(entry, where, next(iter(application.playbooks.values())), folders, prove=card.prove_by_hand)
    terminal.document({"secret": secret, "environment": where, "runbook": text})
    if not terminal.json:
        sys.stdout.write(text)
