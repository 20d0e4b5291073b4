"""Who read the leaked keys, and whether anyone answers for it: ours, explained by a person, or unexplained; of the
last ones, whether their access was taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Access, ReaderOutcome
from bot.incident.record.rules import abuse_said, abuse_unknown
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
    """The periods in which the secret's new key was in its parameters and the leaked one was not, each with its end,
    None for an open one: from the end of a promotion until a requested roll back. If the leaked key was found in a
    parameter since, the time of its return is unknown, and that period does not count.
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
    """Whether it was made while the new key was in its place (`times` as of `in_place`), and shows no other."""
    may_show_others = read.by_version or read.action.startswith("GetParameterHistory")
    return not may_show_others and any(began < read.at and (end is None or read.at < end) for began, end in times)


def unaccounted(incident: Incident) -> tuple[str, ...]:
    """Principals whose reads no person has explained, unexpected ones first."""
    left = [principal for principal in readers_of(incident) if principal not in incident.readers]
    return tuple(sorted(left, key=lambda principal: not unexpected(incident, principal)))


def unexpected(incident: Incident, principal: str) -> tuple[str, ...]:
    """The secrets it read for which the catalog has no reader of its name. A session's name can be chosen freely, so a
    matching name is a hint, and a person decides.
    """
    return tuple(name for name in readers_of(incident).get(principal, ()) if not named_like(incident, name, principal))


def named_like(incident: Incident, secret: str, principal: str) -> tuple[str, ...]:
    """The catalogued consumers of a secret that have the principal's name."""
    return tuple(one.function for one in incident.secrets[secret].entry.consumers if one.may_be(principal))


def not_looked_up(incident: Incident, secret: SecretState) -> str:
    """What is missing in the lookups of readers, as a phrase; empty if nothing is. A value that worked after the first
    lookup may have been read since, so one lookup before its death is not enough; nor is one afterwards that covers
    only the time before.
    """
    seen = incident.usage.get(secret.name)
    if seen is None:
        return f"{secret.name}: readers not looked up yet"
    if secret.gone and (not seen.after_containment or seen.until < (secret.old.gone_at or secret.added.at)):
        return f"{secret.name}: readers not looked up since the old key died"
    return ""


def may_still_read(incident: Incident, secret: str = "") -> tuple[str, ...]:
    """Principals that read the leaked keys, or this one, without a person's answer and with unremoved access."""
    said = incident.readers
    return tuple(
        principal
        for principal, read in readers_of(incident).items()
        if secret in {"", *read} and (principal not in said or said[principal].outcome is ReaderOutcome.UNEXPLAINED)
    )


def contained(incident: Incident) -> bool:
    """Whether access is contained: every leaked key is gone, everything that could outlive it was checked, its readers
    and its use are known, and no unexplained reader may still read.
    """
    secrets = incident.secrets.values()
    gone = bool(secrets) and all(secret.access is Access.CONTAINED and not secret.mistaken for secret in secrets)
    return gone and not may_still_read(incident) and not unknown_readers(incident) and not abuse_unknown(incident)


def contained_since(incident: Incident) -> datetime | None:
    """Since when access is contained; None while it is not. Never before what that rests on: each key's end, by its
    proof or someone's word, the end of each check, the look at who read it, the answer for each reader, and the word
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
    """The secrets with unknown readers: without a lookup since their death, or with an incomplete one. Empty if nothing
    leaked.
    """
    if not incident.traits.investigates:
        return ()
    cut = cut_off(incident)
    return tuple(name for name, secret in incident.secrets.items() if name in cut or not_looked_up(incident, secret))


def cut_off(incident: Incident) -> tuple[str, ...]:
    """The secrets whose last lookup stopped early, so that others may have read them too."""
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
        many = "means several readers" if meant else "is not one of the readers seen"
        raise Declined(f"{body.principal!r} {many}. Readers: {names}.")
    if body.outcome is not ReaderOutcome.OURS and not body.note.strip():
        asked = {
            ReaderOutcome.EXPLAINED: "who explains these reads, and how",
            ReaderOutcome.UNEXPLAINED: "who you asked, and what follows",
            ReaderOutcome.REMOVED: "who you asked, and how its access was removed",
        }[body.outcome]
        raise Declined(f"Write in the note {asked}. The report quotes it.")
    note = clean(body.note, "note") if body.note.strip() else ""
    said = incident.readers.get(meant[0])
    if said is not None and (said.outcome, said.note) == (body.outcome, note):
        raise Declined(f"{meant[0]} was called {said.outcome} {when(said.by)}. Nothing changed.")
    return (e.ReaderAccounted(meant[0], body.outcome, note),)
