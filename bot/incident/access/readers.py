"""Who read the leaked values, and whether anybody answers for it: ours, explained by a person, or unexplained; of the
last ones, whether their access was taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Access, ReaderOutcome
from bot.incident.record.abuse import abuse_said, abuse_unknown
from bot.incident.refusals import Declined, clean, when
from bot.incident.state import Incident, SecretState
from bot.model.reads import Read


def readers_of(incident: Incident) -> dict[str, tuple[str, ...]]:
    """Every principal but the bot that a look saw, with the secrets that it read."""
    found: dict[str, tuple[str, ...]] = {}
    for name, seen in incident.usage.items():
        for principal in seen.principals:
            found[principal] = (*found.get(principal, ()), name)
    return dict(sorted(found.items()))


def in_place(events: Iterable[e.Recorded], secret: str) -> tuple[tuple[datetime, datetime | None], ...]:
    """When the secret's new value stood in its parameters and the leaked one did not, each with its end, which is None
    while that goes on: from the end of a promotion until somebody wants to roll it back. Where the leaked value was
    found in one since, nobody knows from when on it stood there: that time counts for none.
    """
    found: list[tuple[datetime, datetime | None]] = []
    for each in events:
        match each.event:
            case e.ValuePromoted(secret=name) if name == secret and (not found or found[-1][1] is not None):
                found.append((each.at, None))
            case e.RollBackRequested(secret=name) if name == secret and found and found[-1][1] is None:
                found[-1] = (found[-1][0], each.at)
            case e.OldValueReappeared(secret=name) if name == secret and found and found[-1][1] is None:
                found.pop()
            case _:
                pass
    return tuple(found)


def saw_new_value(read: Read, times: Iterable[tuple[datetime, datetime | None]]) -> bool:
    """Whether it was made while the new value was in its place (`times` as of `in_place`), and shows no other."""
    may_show_others = read.by_version or read.action.startswith("GetParameterHistory")
    return not may_show_others and any(began < read.at and (end is None or read.at < end) for began, end in times)


def unaccounted(incident: Incident) -> tuple[str, ...]:
    """Principals of whose reads nobody has said anything, those first that read what the catalog does not have them
    read.
    """
    left = [principal for principal in readers_of(incident) if principal not in incident.readers]
    return tuple(sorted(left, key=lambda principal: not unexpected(incident, principal)))


def unexpected(incident: Incident, principal: str) -> tuple[str, ...]:
    """Of what it read, the secrets of which the catalog has no reader with its name. A session may be called anything
    by whoever begins it, so a name that fits is a hint, and a person says whose it is.
    """
    return tuple(name for name in readers_of(incident).get(principal, ()) if not named_like(incident, name, principal))


def named_like(incident: Incident, secret: str, principal: str) -> tuple[str, ...]:
    """The catalogued consumers of a secret that have the principal's name."""
    return tuple(one.function for one in incident.secrets[secret].entry.consumers if one.may_be(principal))


def not_looked_up(incident: Incident, secret: SecretState) -> str:
    """What is missing of the looks at who read it, as a phrase; empty where nothing is. The value that lived on after
    the first look may have been read since, so that one look before its death is not enough; nor is one that ended
    after it and saw what was before.
    """
    seen = incident.usage.get(secret.name)
    if seen is None:
        return f"{secret.name}: nobody has looked up who read it"
    if secret.gone and (not seen.after_containment or seen.until < (secret.old.gone_at or secret.added.at)):
        return f"{secret.name}: who read it has not been looked up since its old value is dead"
    return ""


def may_still_read(incident: Incident, secret: str = "") -> tuple[str, ...]:
    """Principals that read the leaked values, or this one, nobody answers for, and whose access nobody has removed."""
    said = incident.readers
    return tuple(
        principal
        for principal, read in readers_of(incident).items()
        if secret in {"", *read} and (principal not in said or said[principal].outcome is ReaderOutcome.UNEXPLAINED)
    )


def contained(incident: Incident) -> bool:
    """Whether nobody has access any more who should not: every key that leaked is gone, everything that could outlive
    it was looked at, it is known who read it and whether anybody used it, and no reader is left who may still read and
    whom nobody explained.
    """
    secrets = incident.secrets.values()
    gone = bool(secrets) and all(secret.access is Access.CONTAINED and not secret.mistaken for secret in secrets)
    return gone and not may_still_read(incident) and not unknown_readers(incident) and not abuse_unknown(incident)


def contained_since(incident: Incident) -> datetime | None:
    """Since when access is contained; None while it is not. Never before what that rests on: each key's end, by its
    proof or somebody's word, the end of each check, the look at who read it, the answer for each reader, and the word
    on abuse.
    """
    return max(_rests_on(incident)) if contained(incident) else None


def _rests_on(incident: Incident) -> Iterator[datetime]:
    for name, secret in incident.secrets.items():
        yield secret.old.gone_at or secret.added.at
        yield from (check.ended.at for check in secret.checks.values() if check.ended is not None)
        if incident.traits.investigates and name in incident.usage:
            yield incident.usage[name].at
    yield from (said.settled_at for said in incident.readers.values() if said.settled_at is not None)
    if (abuse := abuse_said(incident)) is not None:
        yield abuse.by.at


def unknown_readers(incident: Incident) -> tuple[str, ...]:
    """The secrets of which it is not known who read them: nobody has looked since they are dead, or the look was cut
    off. Where nothing leaked nobody asks.
    """
    if not incident.traits.investigates:
        return ()
    cut = cut_off(incident)
    return tuple(name for name, secret in incident.secrets.items() if name in cut or not_looked_up(incident, secret))


def cut_off(incident: Incident) -> tuple[str, ...]:
    """The secrets of which the last look stopped before it had seen everything: others may have read them too."""
    return tuple(name for name, seen in incident.usage.items() if name in incident.secrets and seen.truncated)


def principal_name(principal: str) -> str:
    """The last part of an ARN, which people know it by: ``user/ben``, ``assumed-role/api/…``."""
    return principal.rpartition(":")[2] or principal


def account(incident: Incident, body: c.AccountReader) -> tuple[e.Event, ...]:
    """The principal may be named by the end of its ARN, as long as that means one."""
    known = readers_of(incident)
    meant = [each for each in known if body.principal in {each, principal_name(each), each.rpartition("/")[2]}]
    if body.principal in known:
        meant = [body.principal]
    if len(meant) != 1:
        names = ", ".join(known) or "none"
        many = "means several readers" if meant else "is no reader that was seen"
        raise Declined(f"{body.principal!r} {many}. Readers: {names}.")
    if body.outcome is not ReaderOutcome.OURS and not body.note.strip():
        asked = {
            ReaderOutcome.EXPLAINED: "who explains these reads, and how",
            ReaderOutcome.UNEXPLAINED: "whom you asked, and what follows",
            ReaderOutcome.REMOVED: "whom you asked, and how its access was taken away",
        }[body.outcome]
        raise Declined(f"Say in the note {asked}: the report quotes it.")
    note = clean(body.note, "note") if body.note.strip() else ""
    said = incident.readers.get(meant[0])
    if said is not None and (said.outcome, said.note) == (body.outcome, note):
        raise Declined(f"{meant[0]} was called {said.outcome} {when(said.by)}. Nothing was changed.")
    return (e.ReaderAccounted(meant[0], body.outcome, note),)
