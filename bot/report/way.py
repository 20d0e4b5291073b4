"""The timeline of the first page, in at most seven lines: how it came out, the deaths, and what has not come yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incident import events as e
from bot.incident.access.readers import contained_since, principal_name, readers_of
from bot.incident.model import Old, PageAction
from bot.incident.paging.schedule import Reach, reach
from bot.incident.state import Incident, SecretState
from bot.phrases.paging import reach_words
from bot.phrases.report import after
from bot.phrases.secrets import OLD_LABELS
from bot.phrases.times import all_of, counted, few, moment
from bot.report.facts import Fact, entries, seqs

NOT_YET = "NOT YET"


@dataclass(frozen=True)
class Milestone:
    """A line: its time of day, with the day where that is another than the one before."""

    at: str
    fact: Fact

    @property
    def reached(self) -> bool:
        return self.at != NOT_YET


type Dated = tuple[datetime, Fact]


def path_of(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Milestone]:
    """What was reached in order of time, then in one line what was not."""
    yield from _dated(sorted(_reached(incident, events), key=lambda each: each[0]))
    if left := list(_missing(incident)):
        yield Milestone(NOT_YET, Fact(f"{'; '.join(left)}."))


def _reached(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Dated]:
    yield from _came_out(incident, events)
    yield _noticed(incident)
    yield _declared(incident, events)
    yield from _deaths(incident, events)
    replaced = {name: secret for name, secret in incident.secrets.items() if secret.new.wanted and secret.restored}
    if times := [secret.new.restored_at for secret in replaced.values() if secret.new.restored_at is not None]:
        lives = [one for one in entries(events, e.ValueLive) if one.event.secret in replaced]
        said = f"{_first(_named(replaced, incident))} replaced {_after(max(times), incident)}."
        yield max(times), Fact(said, seqs(lives) or seqs(entries(events, e.ConsumersAsked)[-1:]))
    if (since := contained_since(incident)) is not None:
        yield since, Fact("Access contained: each check, reader and use is answered.", _brought(events, since))


def _came_out(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Dated]:
    """Since when it was exposed; where that is unknown, the first read by someone whom we cannot identify."""
    if incident.exposed_at is not None:
        said = incident.exposure
        how = f"Exposed, as {said.by.name} recorded: {said.reason}" if said is not None else "Exposed, as declared."
        yield incident.exposed_at, Fact(how, (1, *([said.seq] if said is not None else [])))
        return
    strangers = {name for name, reader in incident.readers.items() if reader.outcome.unexplained}
    found = [
        (read.at, look, read.principal)
        for look in entries(events, e.UsageRead)
        for read in look.event.reads
        if read.principal in strangers
    ]
    if found:
        at, look, principal = min(found, key=lambda each: each[0])
        keys = _named(readers_of(incident).get(principal, (look.event.secret,)), incident)
        yield (
            at,
            Fact(f"{principal_name(principal)}, a reader whom we cannot identify, first read {keys}.", (look.seq,)),
        )


def _noticed(incident: Incident) -> Dated:
    """How it was noticed, and who recorded that it was known earlier."""
    said, at = incident.awareness, incident.detected_at
    if said is None or said.at == at:
        return at, Fact(f"Noticed: {incident.how_noticed}", (1,))
    known = f"Known since {moment(said.at)}, as {said.by.name} recorded: {said.reason.removesuffix('.')}"
    noticed = f"Declared as noticed at {moment(at)}: {incident.how_noticed}"
    return min(said.at, at), Fact(f"{known}. {noticed}", (1, said.seq))


def _declared(incident: Incident, events: Sequence[e.Recorded]) -> Dated:
    public = "public" if incident.public else "not known to be public"
    said = f"{incident.declared.name} declared {counted(len(incident.secrets), 'leaked key')}, {public}"
    paged = [page for page in entries(events, e.PageSent) if page.event.action == PageAction.TRIGGER][:1]
    if reach(incident) is Reach.ANSWERED and incident.traits.pages:
        said += f"; page {reach_words(incident)}"
    return incident.declared.at, Fact(f"{said}.", (1, *seqs(paged)))


def _deaths(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Dated]:
    """Keys that the bot revoked, then keys that people revoked: each with the last death."""
    for by_hand in (False, True):
        dead = {
            name: secret.old.contained_at
            for name, secret in incident.secrets.items()
            if secret.old.contained_at is not None and secret.revoked_by_person is by_hand
        }
        if dead:
            last = max(dead.values())
            how = "revoked by hand" if by_hand else "revoked by the bot"
            proven = [one for one in entries(events, e.OldProvenDead) if one.event.secret in dead]
            yield last, Fact(f"{_first(_named(dead, incident))} dead {_after(last, incident)}, {how}.", seqs(proven))


def _missing(incident: Incident) -> Iterator[str]:
    secrets = list(incident.secrets.values())
    yield from (f"{secret.name} dead ({_state(secret)})" for secret in secrets if secret.old.contained_at is None)
    wanted = [secret for secret in secrets if secret.new.wanted]
    if left := [secret.name for secret in wanted if not secret.restored]:
        yield f"{few(left)} replaced"
    if contained_since(incident) is None:
        yield "access contained"


def _state(secret: SecretState) -> str:
    return OLD_LABELS[secret.old_state] if secret.old_state is not Old.ATTESTED else "vouched dead by a person"


def _named(keys: Collection[str], incident: Incident) -> str:
    """``all 4 keys``, or their names."""
    total = len(incident.secrets)
    return all_of(total, "key") if 1 < total == len(keys) else few(list(keys))


def _first(named: str) -> str:
    """At the beginning of a sentence: names stay as they are."""
    return named.capitalize() if named.startswith(("all ", "both ")) else named


def _after(at: datetime, incident: Incident) -> str:
    length = at - incident.declared.at
    return f"{after(abs(length))} {'before' if at < incident.declared.at else 'after'} the declaration"


def _brought(events: Sequence[e.Recorded], at: datetime) -> tuple[int, ...]:
    """The events of that time that can have contained access; where it was the end of a key, its last proof."""
    kinds = (e.CheckEnded, e.AccessInspected, e.ReaderAccounted, e.UsageRead, e.DeathAttested)
    found = tuple(recorded.seq for recorded in events if recorded.at == at and isinstance(recorded.event, kinds))
    return found or seqs(entries(events, e.OldProvenDead))


def _dated(path: Iterable[Dated]) -> Iterator[Milestone]:
    day = None
    for at, fact in path:
        yield Milestone(f"{at:%H:%M:%S}" if at.date() == day else f"{at:%Y-%m-%d %H:%M:%S}", fact)
        day = at.date()
