"""The words for roles. Plain, but for those of a message to whoever is offered one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.incident import events as e
from bot.incident.events import TeamEvent
from bot.incident.model import Actor, Right, Role
from bot.incident.state import Incident, Offered
from bot.phrases.approvals import any_of
from bot.phrases.marks import literal
from bot.phrases.times import listed


def team_words(event: TeamEvent) -> str:
    """What somebody did with a role, behind their name."""
    match event:
        case e.RoleOffered(role, to, note):
            return f"wants to hand the role of the {role} to {to}{f': {note}' if note else ''}"
        case e.RoleAccepted(role, before):
            return f"accepted the role of the {role}{f' from {before}' if before else ''}"
        case e.RoleDeclined(role, reason, by_giver):
            return f"{'took back the offer of' if by_giver else 'declined'} the role of the {role}: {reason}"
        case e.RoleTaken(role, reason, before):
            taken = f"took over the role of the {role} from {before}" if before else f"took the role of the {role}"
            return f"{taken}{f': {reason}' if reason else ''}"


def role_asked(incident: Incident, role: Role, offered: Offered) -> Iterator[str]:
    """The lines of a message to whoever is offered the role, as phrases."""
    yield f"🎖 *{literal(offered.by.name)} wants to hand you the role of the {role}* ({literal(incident.environment)})"
    if offered.note:
        yield f"{literal(offered.by.name)} says: {literal(offered.note)}"
    yield f"It is yours once you accept; *Accept: {role}…* shows first where things are."


def role_answered(incident: Incident, role: Role) -> str:
    """What a message about an offer says once that has been answered, taken back or made anew."""
    offered = incident.team.offered.get(role)
    if offered is not None:
        return f"🔁 The role of the {role} was offered anew, to {literal(offered.to)}: this offer counts no more."
    holder = incident.team.holder(role)
    return f"This offer is over: the {role} is {literal(holder) if holder else 'nobody'}."


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
    offered = incident.team.offered.get(Role.COMMANDER)
    way = f" (offered to {offered.to}, who has not accepted)" if offered is not None else ""
    return f"commander {incident.commander or 'nobody'}{way}"


def roles_document(incident: Incident) -> dict[str, object]:
    """The same as JSON: null where nobody commands."""
    return {
        "commander": incident.commander or None,
        "offered": [
            {"role": role, "to": offered.to, "by": offered.by.name, "at": offered.by.at, "note": offered.note}
            for role, offered in incident.team.offered.items()
        ],
    }


def trust_words(people: Sequence[str], *, slack: bool, words: Sequence[str] = ()) -> str:
    """Who is not trusted, and who said so: for the timeline, the card and the terminal alike."""
    lost = listed([*([] if slack else ["Slack"]), *people])
    said = f". {'. '.join(words)}" if words else ""
    return f"Not trusted from here on: {lost}{said}" if lost else "Everybody is trusted again"
