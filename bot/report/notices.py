"""Notices to people outside the team, by template: a regulator's, the customers', or the team's own. It sends nothing.

Facts that only people know (numbers of people, consequences, the contact) are blanks to fill in: a draft claims only
what the log holds. It names no key, parameter or provider, because its readers need none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import Misuse
from bot.incident import events as e
from bot.incident.access.checks import checks_of, found_by_checks
from bot.incident.obligations.rules import NoticeClock, aware_at, notice_clocks
from bot.incident.record.rules import AbuseSeen, abuse_assessed, abuse_seen
from bot.incident.state import Incident, SecretState
from bot.model.secrets import Data, Outage
from bot.phrases.times import counted, duration, listed, moment
from bot.report.facts import Fact, entries, seqs
from bot.report.page_one import done_tasks, told

REGULATOR, CUSTOMER = "regulator", "customer"
NOTICES = {REGULATOR: "regulator-notice.md.j2", CUSTOMER: "customer-notice.md.j2"}


@dataclass(frozen=True)
class Duty:
    """The reason for the notice: the law or contract (`basis`), its recipient, and its deadline (UTC; None: no fixed
    hour).
    """

    title: str = ""
    to: str = ""
    basis: str = ""
    due: datetime | None = None
    delay: str = ""
    """The reason for a delay, in people's words; empty if it is not late, or no reason was given."""


def notice_named(incident: Incident, name: str) -> NoticeClock:
    """The notice of this id. Misuse where there is none, or no draft belongs to it."""
    clocks = {clock.obligation.id: clock for clock in notice_clocks(incident)}
    if name not in clocks:
        raise Misuse(f"{incident.id} has no notice {name!r}. Its notices: {', '.join(clocks) or 'none'}.")
    if not clocks[name].obligation.template:
        raise Misuse(f"No draft belongs to {name!r}: its `template` in deadlines.yaml says which.")
    return clocks[name]


def duty_of(clock: NoticeClock) -> Duty:
    duty, sent = clock.obligation, clock.notice.sent
    return Duty(duty.title, duty.to, duty.basis, clock.due, sent.delay if sent is not None else "")


def notice_view(incident: Incident, events: Sequence[e.Recorded], now: datetime, duty: Duty) -> dict[str, object]:
    """What the templates can name as ``notice.…``."""
    secrets = list(incident.secrets.values())
    deaths = [secret.old.contained_at for secret in secrets if secret.old.contained_at is not None]
    over = len(deaths) == len(secrets) and bool(deaths)
    left = len(secrets) - len(deaths)
    return {
        "incident": incident.id,
        "duty": duty,
        "late": duty.due is not None and now > duty.due,
        "aware": moment(aware_at(incident)),
        "began": moment(incident.exposed_at) if incident.exposed_at is not None else "",
        "ended": moment(max(deaths)) if over else "",
        "public": "was public" if incident.public else "is not known to have been public",
        # Kinds of data that the keys could open, according to the catalog; empty for none.
        "data": tuple(kind.words for kind in sorted({secret.entry.data for secret in secrets} - {Data.NONE})),
        # Whether others were seen to use the keys, as people recorded, and the facts that contradict it.
        "used": f"{_used(incident)}{_found(incident)}",
        # The same as a sentence for the public.
        "used_plainly": _used_plainly(incident),
        "number": len(secrets),
        "dead": f"{left} of {len(secrets)} not yet confirmed unusable" if left else "all are confirmed unusable",
        "effect": _effect(secrets, events),
        "measures": tuple(_measures(incident, events)),
        # Tasks that people have finished, in their own words: not for the public.
        "done": tuple(_done(incident, events)),
        "impact": told(incident, "impact"),
        "causes": told(incident, "root-cause"),
    }


def _used(incident: Incident) -> str:
    match abuse_seen(incident):
        case AbuseSeen.YES:
            return "yes, their use by others was seen"
        case AbuseSeen.NO:
            return "no such use was seen"
        case AbuseSeen.UNKNOWN:
            return "not known" if abuse_assessed(incident) else "TO BE FILLED IN"


def _found(incident: Incident) -> str:
    found = len(list(found_by_checks(incident.secrets.values())))
    behind = f"{counted(found, 'check')} of what they could have left behind found something"
    return f"; {behind}" if found and abuse_seen(incident) is not AbuseSeen.YES else ""


def _used_plainly(incident: Incident) -> str:
    """Uses what people recorded about others' use; without that, the findings of the checks."""
    them = "it" if len(incident.secrets) == 1 else "them"
    found = " TO BE FILLED IN: what our checks found, in plain words." if _found(incident) else ""
    match abuse_seen(incident):
        case AbuseSeen.YES:
            return f"Others have used {them}."
        case AbuseSeen.NO:
            return f"We have not seen others use {them}.{found}"
        case AbuseSeen.UNKNOWN if abuse_assessed(incident):
            return f"We do not know whether others used {them}.{found}"
        case AbuseSeen.UNKNOWN:
            return f"TO BE FILLED IN: whether others used {them}.{found}"


def _effect(secrets: Sequence[SecretState], events: Sequence[e.Recorded]) -> str:
    """What people may have noticed, at most, while keys were replaced."""
    worst = {secret.entry.outage for secret in secrets}
    if Outage.DOWN in worst:
        return "Parts of the service may have been unavailable for a short time while credentials were replaced."
    if Outage.DEGRADED in worst:
        return "Parts of the service may have been degraded for a short time while credentials were replaced."
    if any(isinstance(recorded.event, e.ConsumersFailing | e.RolledBack) for recorded in events):
        return "TO BE FILLED IN: parts of the service refused a new credential for a time; what was noticed of that"
    return "The service continued as usual."


def _measures(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """The measures that are still in place, without naming a key."""
    secrets = list(incident.secrets.values())
    deaths = {secret.name: secret.old.contained_at for secret in secrets if secret.old.contained_at is not None}
    if deaths:
        proven = {
            death.event.secret: death for death in entries(events, e.OldProvenDead) if death.event.secret in deaths
        }
        yield Fact(
            f"{_credentials(len(deaths), 'exposed ')} revoked and confirmed unusable, the last "
            f"{_apart(incident, max(deaths.values()))} the incident was declared.",
            seqs(proven.values()),
        )
    replaced = {secret.name for secret in secrets if secret.new.wanted and secret.in_place}
    if replaced:
        lives = {live.event.secret: live for live in entries(events, e.ValueLive) if live.event.secret in replaced}
        yield Fact(f"{_credentials(len(replaced))} replaced.", seqs(lives.values()))
    yield from _checked(secrets, events)


def _done(incident: Incident, events: Sequence[e.Recorded]) -> Iterator[Fact]:
    tasks, finished = done_tasks(incident, events)
    if tasks:
        yield Fact(f"Done since: {listed([task.title for task in tasks])}.", finished)


def _credentials(count: int, which: str = "") -> str:
    return f"{counted(count, f'{which}credential')} {'was' if count == 1 else 'were'}"


def _apart(incident: Incident, at: datetime) -> str:
    """``4 minutes after``; what a planned rotation had ended already is before."""
    seconds = (at - incident.declared.at).total_seconds()
    return f"{duration(abs(seconds))} {'before' if seconds < 0 else 'after'}"


def _checked(secrets: Sequence[SecretState], events: Sequence[e.Recorded]) -> Iterator[Fact]:
    """What the keys could have left behind; empty until a check of that is answered."""
    checks = checks_of(secrets)
    ended = {(secret.name, check.item) for secret in secrets for check in secret.checks.values() if not check.open}
    if not ended:
        return
    by_person = [end for end in entries(events, e.CheckEnded) if (end.event.secret, end.event.item) in ended]
    looks = {look.event.secret: look for look in entries(events, e.AccessInspected)}
    by_bot = [look for name, look in looks.items() if any((name, item) in ended for item in look.event.items)]
    behind = "what the credentials could have left behind at our suppliers"
    said = f"{len(ended)} of {checks.every} checks for {behind} are done so far." if checks.open else ""
    yield Fact(said or f"{behind.capitalize()} was checked.", (*seqs(by_person), *seqs(by_bot)))
