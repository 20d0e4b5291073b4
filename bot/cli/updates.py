"""The command for status updates: what those were told who do not take part, and what waits to go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from bot.cli.arguments import argument, option
from bot.cli.inbox import ask
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse

if TYPE_CHECKING:
    from bot.incident.commands import ReleaseUpdate, SkipUpdate
    from bot.incident.state import Draft, Incident


def update(
    terminal: Terminal,
    incident: IncidentId,
    audience: Annotated[str, argument("[AUDIENCE]", "All unless said.")] = "",
    verb: Annotated[
        Literal["send", "skip"] | None, argument("[send|skip]", "Let the text that waits go out, or not.")
    ] = None,
    *,
    text: Annotated[str, option("--text", "TEXT", "In these words, not those of the draft.")] = "",
    reason: Annotated[str, option("--reason", "TEXT", "Needed to skip one.")] = "",
    number: Annotated[
        int | None, option("--number", "N", "The draft that you looked at; the newest unless said.")
    ] = None,
) -> None:
    """See what security, stakeholders and owners were told, and the text that waits; let it go out, or skip it.

    The texts come from templates (update-NAME.txt.j2). Say nothing of the key, or of where and how it leaked.

    For example:
      bot update inc_ab12cd stakeholders send --text 'Logins fail now and then; we are on it. More at 11:00.'
      bot update inc_ab12cd 'owners ada' skip --reason 'she sits beside me'
    """
    state = terminal.incidents.load(incident)
    if verb == "send":
        state = ask(terminal, incident, _release(state, audience, number, text))
    elif verb == "skip":
        if not reason:
            raise Misuse("An update is skipped with a reason: --reason TEXT. The report quotes it.")
        state = ask(terminal, incident, _skip(state, audience, number, reason))
    _show(terminal, state, audience)


def _skip(incident: Incident, audience: str, number: int | None, reason: str) -> SkipUpdate:
    from bot.incident.commands import SkipUpdate

    return SkipUpdate(audience, number or _newest(incident, audience).number, reason)


def _release(incident: Incident, audience: str, number: int | None, text: str) -> ReleaseUpdate:
    from bot.incident.commands import ReleaseUpdate
    from bot.incident.updates.rules import fitting

    draft = _newest(incident, audience)
    return ReleaseUpdate(audience, number or draft.number, text or fitting(draft.text))


def _newest(incident: Incident, audience: str) -> Draft:
    """Misuse where there is none: the rules say the rest."""
    from bot.incident.updates.rules import state_of

    draft = state_of(incident, audience).draft
    if draft is None:
        raise Misuse(f"No update to {audience!r} has been drafted. `bot update {incident.id}` lists them.")
    return draft


def _show(terminal: Terminal, incident: Incident, audience: str) -> None:
    from bot.incident.updates.rules import audiences, state_of
    from bot.phrases.updates import audience_words, updates_document

    named = [each.name for each in audiences(incident)]
    if audience and audience not in named:
        told = f"it tells {', '.join(named)}" if named else "it tells nobody"
        raise Misuse(f"{incident.id} has no updates for {audience!r}: {told}.")
    documents = [each for each in updates_document(incident) if not audience or each["audience"] == audience]
    terminal.document({"incident": incident.id, "events": incident.seq, "updates": documents})
    if not incident.playbook.audience:
        terminal.say("Nobody gets status updates: neither BOT_SECURITY_CHANNEL nor the playbook's audience names any.")
    for each in audiences(incident):
        if audience in {"", each.name}:
            terminal.say(audience_words(incident, each), style="bold")
            draft = state_of(incident, each.name).draft
            for line in draft.text.splitlines() if draft is not None else ():
                terminal.say(line, indent=2)
