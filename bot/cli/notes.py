"""Commands that keep the record: note, redact."""

from __future__ import annotations

from typing import Annotated

from bot.cli.arguments import argument, flag, option
from bot.cli.inbox import ask, record, show_document
from bot.cli.show import IncidentId
from bot.cli.terminal import Terminal
from bot.errors import Misuse


def note(
    terminal: Terminal,
    incident: IncidentId,
    text: Annotated[str, argument("TEXT", "Never a secret.")],
    *,
    finding: Annotated[bool, flag("--finding", "A finding of the investigation.")] = False,
    impact: Annotated[bool, flag("--impact", "What could be done with it, by whom, since when.")] = False,
    root_cause: Annotated[bool, flag("--root-cause", "How it leaked, or “unknown, because …”.")] = False,
    no_abuse: Annotated[bool, flag("--no-abuse", "No use seen: where you looked.")] = False,
    abuse_unknown: Annotated[bool, flag("--abuse-unknown", "Why use is unknown.")] = False,
    anyway: Annotated[bool, flag("--anyway", "With --no-abuse, although a reader or a check contradicts it.")] = False,
) -> None:
    """Write something down: a note, a finding, the impact, the root cause, or whether it was abused.

    For example:
      bot note inc_ab12cd 'the key was in the image since Tuesday'
      bot note inc_ab12cd 'no model was called with it' --finding
    """
    from bot.incident.commands import AddNote, RecordFinding
    from bot.phrases.readers import use_against

    kinds = {"finding": finding, "impact": impact, "root-cause": root_cause}
    kinds |= {"no-abuse": no_abuse, "abuse-unknown": abuse_unknown}
    chosen = [kind for kind, wanted in kinds.items() if wanted]
    if len(chosen) > 1:
        raise Misuse("Choose one: a finding, the impact, the root cause, or abuse.")
    if no_abuse and not anyway:
        demand_anyway(terminal, use_against(terminal.incidents.load(incident)), "that no use was seen", "--no-abuse")
    body = RecordFinding(chosen[0], text) if chosen else AddNote(text)
    record(terminal, incident, body, f"{incident}: written down.")


def demand_anyway(terminal: Terminal, against: str, what: str, option: str) -> None:
    """Asks again if something contradicts the record; Misuse if no one can be asked."""
    from bot.phrases.marks import plain

    if not against:
        return
    if not terminal.interactive:
        raise Misuse(f"Contradicts this: {plain(against)}. Add --anyway to record {option} anyway.")
    terminal.hint(f"Contradicts this: {plain(against)}.", style="bold red")
    terminal.sure(f"Record anyway {what}?")


def redact(
    terminal: Terminal,
    incident: IncidentId,
    events: Annotated[list[int], argument("EVENT...", "Their numbers, from `bot incident timeline` or the report.")],
    *,
    note: Annotated[str, option("--note", "TEXT", "Why, without the words to remove; quoted in the report.")] = "",
) -> None:
    """Propose to remove people's words from events permanently. Another person must agree, by `bot answer`.

    For example:
      bot incident redact inc_ab12cd 14 --note 'it names a customer'
    """
    from bot.inbox import RedactChoice

    if not note.strip():
        raise Misuse("Removing text from the log needs a reason: --note TEXT.")
    state = ask(terminal, incident, RedactChoice(tuple(dict.fromkeys(events)), note))
    show_document(terminal, state)
    if state.proposal is not None:
        terminal.say(f"{incident}: proposed. Another person with approve agrees: `bot show {incident}` has the line.")
