"""Commands about trust: distrust and trust. They apply to the whole installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.cli.arguments import argument, flag
from bot.cli.inbox import NotCounted, Note, at_worker, tell_installation
from bot.cli.terminal import Terminal
from bot.errors import LogUnavailable, Misuse

if TYPE_CHECKING:
    from bot.inbox.client import Asker
    from bot.trust import Distrust, RestoreHere, Trust, TrustState

Subject = Annotated[str, argument("NAME|slack", "A person in the people file, or Slack as a whole.")]


def distrust(terminal: Terminal, subject: Subject, *, note: Note) -> None:
    """Stop trusting a person, or Slack, in every incident, at once.

    Their consents to revocations that have not begun are void. Without Slack nothing more is posted there, and open
    incidents continue at the terminal and by page. It needs one person with `command`, and two to undo:
    `bot people trust`.

    For example:
      bot people distrust ada --note 'her laptop is lost'
      bot people distrust slack --note 'a workspace token leaked'
    """
    from bot.trust import Distrust

    state = _ask(terminal, Distrust(subject, note))
    if subject not in state.lost:
        raise NotCounted(
            f"{subject} is still trusted: the command was not taken, or was undone. Check, then repeat it."
        )
    terminal.say(f"{subject} is no longer trusted in any incident.", style="bold")
    terminal.say("Open incidents know within seconds. Two people can restore trust, at their terminals:")
    terminal.command(f"bot people trust {subject} --note WHY")


def trust(
    terminal: Terminal,
    subject: Annotated[str, argument("[NAME|slack]", "A person, or Slack as a whole.")] = "",
    *,
    note: Note,
    on_this_host: Annotated[
        bool, flag("--on-this-host", "On the worker's host, when no one else can undo it.")
    ] = False,
) -> None:
    """Trust someone, or Slack, again: two people give this command within an hour.

    Both have the right `command`, or one has it and the other has `approve`. Neither is the person concerned.

    With --on-this-host, on the worker's host and with its key, people of the people file are trusted again after ten
    minutes: NAME, or all who lost trust and have not left. Anyone with command can object by distrusting them.

    For example:
      bot people trust ada --note 'new laptop, new keys'
      bot people trust --on-this-host --note 'dan distrusted everyone'
    """
    from bot.trust import Trust

    if on_this_host:
        _restore_here(terminal, subject, note)
        return
    if not subject:
        raise Misuse("Name who to trust: `bot people trust NAME --note TEXT`.")
    state = _ask(terminal, Trust(subject, note))
    undo = state.undo.get(subject)
    if undo is None:
        terminal.say(f"{subject} is trusted again. Voided approvals stay void and are requested again.")
        return
    terminal.say(f"Proposed. Another person must say so too before {undo.until:%H:%M} UTC, at their own terminal:")
    terminal.command(f"bot people trust {subject} --note WHY")


def _restore_here(terminal: Terminal, subject: str, reason: str) -> None:
    from bot.trust import RestoreHere

    state = _ask(terminal, RestoreHere(subject, reason), at_worker(terminal))
    for one in state.announced.values():
        terminal.say(f"{one.subject} is trusted again at {one.due:%H:%M} UTC, if no one objects.", style="bold")


def _ask(terminal: Terminal, body: Distrust | Trust | RestoreHere, asker: Asker | None = None) -> TrustState:
    """Who is not trusted after it. Declined with the worker's words if it refuses."""
    tell_installation(terminal, body, asker)
    state = terminal.register.trust.current()
    terminal.document(trust_document(state))
    return state


def trust_document(state: TrustState) -> dict[str, object]:
    """Distrusted people, and proposals."""
    from dataclasses import asdict

    return {
        "slack_trusted": state.slack,
        "distrusted": [asdict(lost) for lost in state.lost.values()],
        "proposed": [asdict(undo) for undo in state.undo.values()],
        "announced": [asdict(one) for one in state.announced.values()],
    }


def tell_trust(terminal: Terminal) -> None:
    """Tells the reader who is distrusted, and which proposals there are; loudly if that is unknown."""
    from bot.eventlog import TrustDamaged

    try:
        state = terminal.register.trust.current()
    except TrustDamaged as damaged:
        terminal.hint(f"DAMAGED: {damaged}.", style="bold red", warns=True)
        return
    except LogUnavailable:
        return  # the shown data says so itself
    for words in state.words():
        terminal.hint(f"NOT TRUSTED: {words}.", style="bold red", warns=True)
    for one in state.announced.values():
        terminal.hint(
            f"{one.subject} is trusted again at {one.due:%H:%M} UTC, by the worker's host ({one.reason}). To object: "
            f"`bot people distrust {one.subject} --note WHY`.",
            style="yellow",
            warns=True,
        )
    for undo in state.undo.values():
        if undo.until > terminal.clock():
            terminal.hint(
                f"{undo.by} proposes to trust {undo.subject} again ({undo.reason}): another person must agree before "
                f"{undo.until:%H:%M} UTC, by `bot people trust {undo.subject} --note WHY`.",
                style="yellow",
                warns=True,
            )


def tell_word(terminal: Terminal) -> None:
    """In development no proofs are needed, and readers of a record must know that."""
    from bot.trust import NOBODY_PROVES

    if terminal.application.takes_a_word:
        terminal.hint(NOBODY_PROVES, style="yellow", warns=True)
