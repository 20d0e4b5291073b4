"""The command that looks whether everything that an incident needs is there: doctor."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from bot.cli import status
from bot.cli.arguments import flag, option
from bot.cli.terminal import Terminal
from bot.errors import Misuse
from bot.phrases.times import counted

if TYPE_CHECKING:
    from bot.cli.diagnostics import Diagnostic, Finding

SIGNS = {
    "ok": ("ok  ", "green"),
    "doubtful": ("??  ", "yellow"),
    "skipped": ("-   ", ""),
    "failed": ("FAIL", "bold red"),
}


MOST_NAMES = 3
"""The most names of checks that failed for one cause."""


def doctor(
    terminal: Terminal,
    *,
    environment: Annotated[str, option("--environment -e", "NAME", "Only this environment's secrets.")] = "",
    step: Annotated[int, option("--step", "N", "Only this step of docs/installation.md.")] = 0,
    every: Annotated[bool, flag("--all", "Show what is right, too.")] = False,
) -> int:
    """Check everything that an incident needs, by the steps of the installation page, before it is needed.

    It shows what fails or is doubtful, a cause that many failures share once, and at the end what the first real
    incident lacks.

    For example:
      bot doctor
      bot doctor --step 2
      bot doctor -e production --all --json
    """
    from bot.cli.diagnostics import checks

    findings: list[Finding] = []
    lacks: list[str] = []
    for check in checks(terminal.application, environment):
        if step in {0, check.step}:
            finding = observe(terminal, check)
            findings.append(finding)
            bad = finding.state in {"failed", "doubtful"}
            if every or (bad and not _known(finding, findings[:-1])):
                tell(terminal, finding)
            if bad and check.needed:
                lacks.append(finding.name)
    if not findings:
        raise Misuse(f"--step {step}: docs/installation.md has no such step.")
    failed, doubtful, skipped = (
        sum(finding.state == state for finding in findings) for state in ("failed", "doubtful", "skipped")
    )
    counts = {"failed": failed, "doubtful": doubtful, "skipped": skipped}
    terminal.document({"ok": not failed, **counts, "lacks": lacks, "checks": [asdict(each) for each in findings]})
    terminal.say()
    for cause, names in _shared(findings).items():
        if not every:
            first = ", ".join(names[1 : 1 + MOST_NAMES]) + (", …" if len(names) > 1 + MOST_NAMES else "")
            terminal.say(f"{counted(len(names) - 1, 'more check')} failed with “{cause}”: {first}.")
    terminal.say(summed(failed, doubtful, skipped, len(findings)), style="bold")
    if lacks:
        terminal.say(f"For the first real incident this is missing: {', '.join(lacks)}.", style="bold red")
    return status.FAILED if failed else status.DONE


def _known(finding: Finding, before: list[Finding]) -> bool:
    """Whether an earlier failure told this cause."""
    return bool(finding.cause) and any(each.cause == finding.cause for each in before)


def _shared(findings: list[Finding]) -> dict[str, list[str]]:
    """By cause, the checks that failed of it, where there are several."""
    found: dict[str, list[str]] = {}
    for each in findings:
        if each.cause:
            found.setdefault(each.cause, []).append(each.name)
    return {cause: names for cause, names in found.items() if len(names) > 1}


def summed(failed: int, doubtful: int, skipped: int, total: int) -> str:
    """In a sentence: all is well only if everything was checked without doubt."""
    if not (failed or doubtful or skipped):
        return "All checks pass."
    said = [f"{failed} of {total} checks failed" if failed else "Nothing failed"]
    if doubtful:
        said.append(f"{doubtful} of {total} {'is' if doubtful == 1 else 'are'} doubtful (??)")
    if skipped:
        said.append(f"{skipped} {'was' if skipped == 1 else 'were'} not checked (-)")
    return f"{said[0]}{'; ' if said[1:] else ''}{', '.join(said[1:])}."


def observe(terminal: Terminal, check: Diagnostic) -> Finding:
    """Carries a check out, and tells the watcher its name."""
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
