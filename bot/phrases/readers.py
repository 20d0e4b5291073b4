"""The words about readers of the leaked keys, and about unidentified ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident.access.checks import found_by_checks
from bot.incident.access.readers import (
    cut_off,
    may_still_read,
    principal_name,
    readers_of,
    unaccounted,
    unexpected,
    unknown_readers,
)
from bot.incident.model import ReaderOutcome
from bot.incident.record.rules import ABUSE_UNKNOWN, abuse_said, abuse_unknown, abused
from bot.incident.state import Incident
from bot.model.reads import Read
from bot.phrases.marks import literal, shorten
from bot.phrases.secrets import OLD_LABELS
from bot.phrases.states import capitalised
from bot.phrases.times import all_of, at_most, counted, few, listed
from bot.phrases.uses import uses_against

AGENT, PLACES = 60, 3
"""Characters of what a program calls itself, and so many places that are named."""
ANSWERS = "OUTCOME is ours, explained, unexplained or removed"
"""Beside a command to type: a choice within it would be a pipe to a shell."""


def reader_words(incident: Incident) -> Iterator[str]:
    """Unidentified readers, then unexplained ones; each as one sentence."""
    readers = readers_of(incident)
    if left := unaccounted(incident):
        yield f"{_read_by(incident, left)}; {_NOBODY_ANSWERS}"
    unexplained = ReaderOutcome.UNEXPLAINED
    strangers = [each for each in readers if each in incident.readers and incident.readers[each].outcome is unexplained]
    if strangers:
        its = "its" if len(strangers) == 1 else "their"
        yield f"{_named(strangers)}: not identified. Remove {its} access, then record it"


_NOBODY_ANSWERS = "not identified yet"


def _read_by(incident: Incident, principals: Sequence[str]) -> str:
    """``user/ben read both keys``, ``2 readers read 3 keys between them``; with the name of a single key."""
    readers = readers_of(incident)
    read = {name for principal in principals for name in readers[principal]}
    whole = all_of(len(read), "key") if len(read) == len(incident.secrets) else f"{len(read)} keys"
    what = next(iter(read)) if len(read) == 1 else whole
    each_all = all(len(readers[principal]) == len(read) for principal in principals)
    return f"{_named(principals)} read {literal(what)}{'' if each_all else ' between them'}"


def unseen_words(incident: Incident) -> str:
    """Whether any lookup was made, as a phrase, where no reader is known; empty with readers."""
    if readers_of(incident):
        return ""
    return f"who read them: {'only the bot, as far as checked' if incident.usage else 'not looked up yet'}"


def use_against(incident: Incident) -> str:
    """What contradicts that no one used it, as a phrase: uses that are not known to be ours, unidentified readers,
    unexplained ones, whether or not they may still read, and checks with findings; empty if nothing does.
    """
    readers = readers_of(incident)
    strangers = [each for each, said in incident.readers.items() if said.outcome.unexplained and each in readers]
    said = [uses] if (uses := uses_against(incident)) else []
    if left := unaccounted(incident):
        said.append(f"{_read_by(incident, left)} and {_be(left)} {_NOBODY_ANSWERS}")
    if strangers:
        said.append(f"{_read_by(incident, strangers)} and {_be(strangers)} not identified")
    if found := len(list(found_by_checks(incident.secrets.values()))):
        said.append(f"{counted(found, 'check')} found something")
    return "; ".join(said)


def notifiable_against(incident: Incident) -> str:
    """What contradicts that a notice need not be sent, as a phrase; empty if nothing does."""
    said = abuse_said(incident)
    known = "abuse was seen" if abused(incident) else ""
    if not known and said is not None and said.what == ABUSE_UNKNOWN:
        known = "use of it is unknown"
    return capitalised("; ".join(filter(None, (known, use_against(incident)))))


def left_words(incident: Incident, secret: str = "") -> str:
    """Why access is not contained although the keys are gone, as a phrase; empty if they are the leaked ones, their
    readers are known, and no unexplained reader may still read.
    """
    lacking = lacking_words(incident, secret)
    return f"{_ended(incident, secret)}; {lacking}" if lacking else ""


def lacking_words(incident: Incident, secret: str = "") -> str:
    """The same without how far the old keys are revoked."""
    readers = may_still_read(incident, secret)
    unknown = [name for name in unknown_readers(incident) if secret in {"", name}]
    mistaken = [each.name for each in incident.secrets.values() if each.mistaken and secret in {"", each.name}]
    said = [f"another key leaked than {few(mistaken)}"] if mistaken else []
    said += [f"{counted(len(readers), 'reader')} not identified"] if readers else []
    if unknown:
        which = "it" if secret else unknown[0] if len(unknown) == 1 else counted(len(unknown), "value")
        said.append(f"who read {which} is unknown")
    if abuse_unknown(incident):
        said.append("abuse unknown")
    return listed(said) if said else ""


def _ended(incident: Incident, secret: str) -> str:
    """How far the old keys are revoked."""
    if secret:
        return f"its old key is {OLD_LABELS[incident.secrets[secret].old_state]}"
    dead = all(each.leaked_value_dead for each in incident.secrets.values())
    return "no leaked key works" if dead else "no leaked key is known to work"


def _be(principals: Sequence[str]) -> str:
    return "is" if len(principals) == 1 else "are"


def _named(principals: Sequence[str]) -> str:
    return literal(principal_name(principals[0])) if len(principals) == 1 else counted(len(principals), "reader")


def cut_off_words(incident: Incident) -> str:
    """That not all who read the leaked keys may be known, as a sentence; empty where the looks saw everything."""
    names = cut_off(incident)
    if not names:
        return ""
    return f"The search for readers of {few(names)} stopped early: there may be more."


def read_words(reads: Sequence[Read], after: Sequence[Read] = ()) -> str:
    """When, from where and with what program one principal read: plain text; empty if the log does not say. `after` are
    its reads after the new key was in place, which are shown separately.
    """
    if not after:
        return f"{_seen(reads)}." if reads else ""
    later = f"fter the new key was in place: {_seen(after)}."
    return f"{_seen(reads)}. A{later}" if reads else f"Only a{later}"


def _seen(reads: Sequence[Read]) -> str:
    times = sorted(read.at for read in reads)
    first = f"{times[0]:%Y-%m-%d %H:%M}"
    when = first if times[0] == times[-1] else f"{first} to {times[-1]:%Y-%m-%d %H:%M}"
    addresses = list(dict.fromkeys(read.address for read in reads if read.address))
    agents = list(dict.fromkeys(shorten(read.agent, AGENT) for read in reads if read.agent))
    place = f", from {at_most(addresses, PLACES)}" if addresses else ""
    return f"{counted(len(reads), 'read')}, {when} UTC{place}{f', by {at_most(agents, PLACES)}' if agents else ''}"


def expected_words(incident: Incident, principal: str) -> str:
    """Whether the catalog has a reader of that name: plain text."""
    odd, every = unexpected(incident, principal), readers_of(incident)[principal]
    if not odd:
        return "Its name matches a function that the catalog lists as a reader. Names can be faked: check it."
    if len(odd) == len(every):
        return "The catalog lists no such reader."
    return f"The catalog lists it as a reader, but not of {counted(len(odd), 'secret')}: {', '.join(odd)}."
