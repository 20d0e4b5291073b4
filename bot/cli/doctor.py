"""The command that looks whether everything that an incident needs is there: doctor."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import option
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    from bot.cli.diagnostics import Diagnostic, Finding

SIGNS = {
    "ok": ("ok  ", "green"),
    "doubtful": ("??  ", "yellow"),
    "skipped": ("-   ", ""),
    "failed": ("FAIL", "bold red"),
}


def doctor(
    terminal: Terminal,
    *,
    environment: Annotated[str, option("--environment -e", "NAME", "Only this environment's secrets.")] = "",
) -> int:
    """Check tokens, scopes, database, page, AWS, parameters, admin credentials and people, before they are needed.

    For example:
      bot doctor
      bot doctor -e production --json
    """
    from bot.cli.diagnostics import checks

    findings = []
    for check in checks(terminal.application, environment):
        finding = observe(terminal, check)
        findings.append(finding)
        tell(terminal, finding)
    failed, doubtful, skipped = (
        sum(finding.state == state for finding in findings) for state in ("failed", "doubtful", "skipped")
    )
    counts = {"failed": failed, "doubtful": doubtful, "skipped": skipped}
    terminal.document({"ok": not failed, **counts, "checks": [asdict(finding) for finding in findings]})
    terminal.say()
    terminal.say(summed(failed, doubtful, skipped, len(findings)), style="bold")
    return status.FAILED if failed else status.DONE


def summed(failed: int, doubtful: int, skipped: int, total: int) -> str:
    """In a sentence: all is well only where everything was looked at and nothing is doubtful."""
    if not (failed or doubtful or skipped):
        return "All is well."
    said = [f"{failed} of {total} checks failed" if failed else "Nothing failed"]
    if doubtful:
        said.append(f"{doubtful} of {total} {'is' if doubtful == 1 else 'are'} doubtful (??)")
    if skipped:
        said.append(f"{skipped} {'was' if skipped == 1 else 'were'} not looked at (-)")
    return f"{said[0]}{'; ' if said[1:] else ''}{', '.join(said[1:])}."


def observe(terminal: Terminal, check: Diagnostic) -> Finding:
    """Carries a check out and says meanwhile, to whoever watches, which it is."""
    from bot.cli.diagnostics import look

    if not terminal.err.is_terminal or terminal.json:
        return look(check)
    with terminal.err.status(f"{check.name} …"):
        return look(check)


def tell(terminal: Terminal, finding: Finding, indent: int = 0) -> None:
    """A line for what was found, and one for what to do about it."""
    sign, style = SIGNS[finding.state]
    terminal.say(f"{sign}  {finding.name}: {finding.detail}", style=style, indent=indent)
    if finding.remedy:
        terminal.say(f"→ {finding.remedy}", indent=indent + 6)
