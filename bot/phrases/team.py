"""The words for roles. Plain, but for those of a message to whoever is offered one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.incident import events as e
from bot.incident.events import TeamEvent
from bot.incident.model import Actor, Right
from bot.incident.state import Incident, Offered
from bot.phrases.approvals import any_of
from bot.phrases.marks import literal
from bot.phrases.times import listed


def team_words(event: TeamEvent) -> str:
    """What somebody did with a role, behind their name."""
    match event:
        case e.RoleOffered(to, note):
            return f"wants to hand the role of the commander to {to}{f': {note}' if note else ''}"
        case e.RoleAccepted(before):
            return f"accepted the role of the commander{f' from {before}' if before else ''}"
        case e.RoleDeclined(reason, by_giver):
            return f"{'took back the offer of' if by_giver else 'declined'} the role of the commander: {reason}"
        case e.RoleTaken(reason, before):
            taken = f"took over the role of the commander from {before}" if before else "took the role of the commander"
            return f"{taken}{f': {reason}' if reason else ''}"


def role_asked(incident: Incident, offered: Offered) -> Iterator[str]:
    """The lines of a message to whoever is offered the role, as phrases."""
    where = literal(incident.environment)
    yield f"🎖 *{literal(offered.by.name)} wants to hand you the role of the commander* ({where})"
    if offered.note:
        yield f"{literal(offered.by.name)} says: {literal(offered.note)}"
    yield "It is yours once you accept; *Accept: commander…* shows first where things are."


def role_answered(incident: Incident) -> str:
    """What a message about an offer says once that has been answered, taken back or made anew."""
    offered = incident.team.offered
    if offered is not None:
        return f"🔁 The role of the commander was offered anew, to {literal(offered.to)}: this offer counts no more."
    return f"This offer is over: the commander is {literal(incident.commander) if incident.commander else 'nobody'}."


def having(people: Iterable[Actor], right: Right) -> str:
    """Those of the people who have the right, by name: ``anna, ben or chloe``; empty if nobody has it."""
    return any_of([person.name for person in people if person.may(right)])


def closers(people: Sequence[Actor], commander: str = "") -> str:
    """Who can close, which takes more than to be the commander: said of this one, or of any that may be chosen. Empty
    where there is nothing to say: they can, or the people file is empty.
    """
    leads = [person for person in people if person.may(Right.RESPOND)]
    meant = [person for person in leads if person.name == commander] if commander else leads
    if not people or all(person.may(Right.COMMAND) for person in meant):
        return ""
    who = having(people, Right.COMMAND) or "nobody"
    return f"{commander or 'Whoever may respond'} can lead, but to close takes `command` in the people file: {who}."


def roles_words(incident: Incident) -> str:
    """Who commands, and to whom that is on its way."""
    offered = incident.team.offered
    way = f" (offered to {offered.to}, who has not accepted)" if offered is not None else ""
    return f"commander {incident.commander or 'nobody'}{way}"


def roles_document(incident: Incident) -> dict[str, object]:
    """The same as JSON: null where nobody commands, or nothing is offered."""
    offered = incident.team.offered
    way = offered and {"to": offered.to, "by": offered.by.name, "at": offered.by.at, "note": offered.note}
    return {"commander": incident.commander or None, "offered": way}


def trust_words(people: Sequence[str], *, slack: bool, words: Sequence[str] = ()) -> str:
    """Who is not trusted, and who said so: for the timeline, the card and the terminal alike."""
    lost = listed([*([] if slack else ["Slack"]), *people])
    said = f". {'. '.join(words)}" if words else ""
    return f"Not trusted from here on: {lost}{said}" if lost else "Everybody is trusted again"
