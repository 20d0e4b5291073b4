"""What people read of who read the leaked values, and of whom nobody answers for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incident.access.checks import found_by_checks
from bot.incident.access.readers import (
    cut_off,
    may_still_read,
    named_like,
    principal_name,
    readers_of,
    unaccounted,
    unexpected,
    unknown_readers,
)
from bot.incident.model import ReaderOutcome
from bot.incident.record.abuse import ABUSE_UNKNOWN, abuse_said, abuse_unknown, abused
from bot.incident.state import Incident
from bot.model.consumers import called
from bot.model.reads import Read
from bot.phrases.marks import literal, shorten
from bot.phrases.states import OLD_LABELS, capitalised
from bot.phrases.times import all_of, at_most, counted, few, listed

AGENT, PLACES, READERS = 60, 3, 5
"""Characters of what a program calls itself, and so many places, and readers, that are named."""
ANSWERS = "OUTCOME is ours, explained, unexplained or removed"
"""Beside a command to type: a choice within it would be a pipe to a shell."""


def reader_words(incident: Incident) -> Iterator[str]:
    """Of whom nobody has said anything, then whom nobody can explain; each as one sentence."""
    readers = readers_of(incident)
    if left := unaccounted(incident):
        yield f"{_read_by(incident, left)}; {_NOBODY_ANSWERS}"
    unexplained = ReaderOutcome.UNEXPLAINED
    strangers = [each for each in readers if each in incident.readers and incident.readers[each].outcome is unexplained]
    if strangers:
        its = "its" if len(strangers) == 1 else "their"
        yield f"{_named(strangers)}: unexplained. Take {its} access away, then say so"


_NOBODY_ANSWERS = "nobody has said whose reads these are"


def _read_by(incident: Incident, principals: Sequence[str]) -> str:
    """``user/ben read both keys``, ``2 readers read 3 keys between them``; with the name of a single key."""
    readers = readers_of(incident)
    read = {name for principal in principals for name in readers[principal]}
    whole = all_of(len(read), "key") if len(read) == len(incident.secrets) else f"{len(read)} keys"
    what = next(iter(read)) if len(read) == 1 else whole
    each_all = all(len(readers[principal]) == len(read) for principal in principals)
    return f"{_named(principals)} read {literal(what)}{'' if each_all else ' between them'}"


def reader_lines(incident: Incident) -> Iterator[str]:
    """Of each of the first readers what was said of them, as phrases for Slack, and how many more there are; whether
    any look was made where none was seen.
    """
    readers = readers_of(incident)
    for principal, names in [*readers.items()][:READERS]:
        said = incident.readers.get(principal)
        outcome = str(said.outcome) if said is not None else _NOBODY_ANSWERS
        yield literal(f"{principal_name(principal)} read {few(names)}: {outcome}")
    if len(readers) > READERS:
        yield f"{counted(len(readers) - READERS, 'more reader')}: *Answer…*"
    if not readers:
        looked = "no reader but the bot was seen by the looks so far" if incident.usage else "not looked up yet"
        yield f"who read them: {looked}"


def use_against(incident: Incident) -> str:
    """What speaks against nobody having used it, as a phrase: readers of whom nobody has said anything, those whom
    nobody can explain, whether or not they may still read, and checks that found something; empty where nothing does.
    """
    readers = readers_of(incident)
    strangers = [each for each, said in incident.readers.items() if said.outcome.unexplained and each in readers]
    said = []
    if left := unaccounted(incident):
        said.append(f"{_read_by(incident, left)} and {_NOBODY_ANSWERS}")
    if strangers:
        said.append(f"{_read_by(incident, strangers)} and nobody can explain it")
    if found := len(list(found_by_checks(incident.secrets.values()))):
        said.append(f"{counted(found, 'check')} found something")
    return "; ".join(said)


def notifiable_against(incident: Incident) -> str:
    """What contradicts that a notice need not be sent, as a phrase; empty where nothing does."""
    said = abuse_said(incident)
    known = "abuse was seen" if abused(incident) else ""
    if not known and said is not None and said.what == ABUSE_UNKNOWN:
        known = "whether somebody used it is not known"
    return capitalised("; ".join(filter(None, (known, use_against(incident)))))


def left_words(incident: Incident, secret: str = "") -> str:
    """What is true of keys that are gone, or of this one, instead of that access is contained, as a phrase; empty where
    they are those that leaked, it is known who read them, and no reader is left who may still read and whom nobody
    explained.
    """
    lacking = lacking_words(incident, secret)
    return f"{_ended(incident, secret)}; {lacking}" if lacking else ""


def lacking_words(incident: Incident, secret: str = "") -> str:
    """The same without how far the old values are ended."""
    readers = may_still_read(incident, secret)
    unknown = [name for name in unknown_readers(incident) if secret in {"", name}]
    mistaken = [each.name for each in incident.secrets.values() if each.mistaken and secret in {"", each.name}]
    said = [f"another value leaked than {few(mistaken)}"] if mistaken else []
    said += [f"{counted(len(readers), 'reader')} unexplained"] if readers else []
    if unknown:
        which = "it" if secret else unknown[0] if len(unknown) == 1 else counted(len(unknown), "value")
        said.append(f"who read {which} is not known")
    if abuse_unknown(incident):
        said.append("abuse unknown")
    return listed(said) if said else ""


def _ended(incident: Incident, secret: str) -> str:
    """How far the old values are ended."""
    if secret:
        return f"its old value is {OLD_LABELS[incident.secrets[secret].old_state]}"
    dead = all(each.leaked_value_dead for each in incident.secrets.values())
    return "no key that leaked works" if dead else "no key that leaked is known to work"


def _named(principals: Sequence[str]) -> str:
    return literal(principal_name(principals[0])) if len(principals) == 1 else counted(len(principals), "reader")


def cut_off_words(incident: Incident) -> str:
    """That not all who read the leaked values may be known, as a sentence; empty where the looks saw everything."""
    names = cut_off(incident)
    if not names:
        return ""
    return f"The look at who read {few(names)} stopped before it had seen everything: there may be others."


def read_words(reads: Sequence[Read], after: Sequence[Read] = ()) -> str:
    """When, from where and by what one principal read: plain text; empty where the log does not say. `after` are its
    reads once the new value was in its place: they are told apart.
    """
    if not after:
        return f"{_seen(reads)}." if reads else ""
    once = f"nce its new value was in place: {_seen(after)}."
    return f"{_seen(reads)}. Besides, o{once}" if reads else f"Only o{once}"


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
        what = called(name for secret in every for name in named_like(incident, secret, principal))
        return f"It is called like a {what} that the catalog has as their reader. Names can be chosen: check it."
    if len(odd) == len(every):
        return "The catalog has no reader of this name."
    return f"The catalog has it as a reader, but not of {counted(len(odd), 'secret')}: {', '.join(odd)}."
