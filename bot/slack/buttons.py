"""The buttons of possible acts: one for each offer of the core that Slack can take.

A button that needs a text or a choice opens a form, and ends in an ellipsis; so does one that gives consent. Some
offers have no button on purpose: a new key never goes through Slack, so `bot submit` is typed at a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from slack_sdk.models.blocks import ButtonElement, ConfirmObject

from bot.asks import ASKS
from bot.asks.ask import Ask, Takes
from bot.incident import commands as c
from bot.incident.approval.plan import kill_wanted
from bot.incident.closing.open_items import open_items
from bot.incident.commands import Act
from bot.incident.consumers.lacking import troubled
from bot.incident.lanes import Lane, LaneKind, old_lane
from bot.incident.new_value.promotion import making_held
from bot.incident.offers import Offer, Urgency, unblocked
from bot.incident.state import Incident, SecretState
from bot.incident.todos import group_of
from bot.incident.updates.rules import state_of
from bot.incident.work.decide import of_secret
from bot.phrases.approvals import act_words
from bot.phrases.marks import code
from bot.phrases.report import WRITE, WRITE_ANEW
from bot.phrases.typed import submit_line
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import button, confirm

OF_SECRETS: tuple[type[Act], ...] = (
    c.ConfirmRevoked,
    c.KillNow,
    c.ChooseCandidate,
    c.UseValue,
    c.RefuseValue,
    c.Retry,
    c.RollBack,
    c.ChooseScopes,
    c.ChooseStrategy,
    c.AskReplacement,
    c.AttestDeath,
    c.RecordAbuse,
)
"""What has a button beside its secret, in this order."""
WHILE_TROUBLED = (c.Retry, c.KillNow, c.RollBack)
"""What comes first while consumers fail with a new key, or the leaked one serves again, in this order: first what
destroys nothing.
"""
TERMINAL_ONLY = frozenset({c.AnnounceSubmission, c.CompareValue, c.Redact})


def needed(offers: Iterable[Offer], secret: SecretState) -> list[Offer]:
    """What someone must do before this secret gets on."""
    return [offer for offer in unblocked(offers, secret=secret.name) if offer.urgency is Urgency.NEEDED]


def offered(offers: Iterable[Offer], kind: type[Act], secret: SecretState | None = None) -> Offer | None:
    """The first offer of this kind that is urged now, about this secret if one is named; None if there is none."""
    named = None if secret is None else secret.name
    return next(iter(unblocked(_beyond_possible(offers), kind, secret=named)), None)


def _beyond_possible(offers: Iterable[Offer]) -> Iterator[Offer]:
    return (offer for offer in offers if offer.urgency < Urgency.POSSIBLE)


def buttons_of(incident: Incident, secret: SecretState, offers: Sequence[Offer]) -> Iterator[ButtonElement]:
    """A button for each kind of urged command about this secret; the machine's own retry first, and
    other retries last.
    """
    found = [offer for kind in OF_SECRETS if (offer := offered(offers, kind, secret)) is not None]
    again = unblocked(_beyond_possible(offers), c.Retry, secret=secret.name)
    yield from distinct(incident, [*urgent_first(incident, secret.name, found), *again])


def urgent_first(incident: Incident, secret: str, offers: Iterable[Offer]) -> list[Offer]:
    """The offers in the order of their buttons; `secret` is empty where they are about none."""
    found = list(offers)
    state = incident.secrets.get(secret)
    if state is None:
        return found
    first = WHILE_TROUBLED if troubled(state) else ()
    found.sort(key=lambda o: OF_SECRETS.index(o.kind) if o.kind in OF_SECRETS else len(OF_SECRETS))
    found.sort(key=lambda o: first.index(o.kind) if o.kind in first else len(first))
    again = c.Retry(old_lane(secret))  # of what a person revokes it only looks
    return sorted(found, key=lambda offer: offer.command != again or state.revoked_by_person)


def revokes_again(offers: Iterable[Offer], secret: SecretState) -> bool:
    """Whether the machine can be told to try the revocation again."""
    retry = offered(offers, c.Retry, secret)
    return retry is not None and retry.command == c.Retry(old_lane(secret.name))


def label_of(incident: Incident, offer: Offer) -> str:
    """What its button is called; a command line where it has none."""
    if offer.kind in TERMINAL_ONLY:
        return code(submit_line(incident.id, offer.secret))
    return _button(incident, offer)[0]


def distinct(incident: Incident, offers: Iterable[Offer]) -> list[ButtonElement]:
    """One button for all offers that are given behind the same one, in their order; none where there is no button."""
    found: dict[tuple[str, str], Offer] = {}
    for offer in offers:
        if offer.kind not in TERMINAL_ONLY:
            label, action, _ = _button(incident, offer)
            found.setdefault((label, action), offer)
    return [offer_button(incident, offer) for offer in found.values()]


def offer_button(incident: Incident, offer: Offer) -> ButtonElement:
    """The button that gives the offered command, or opens the form in which it is given."""
    label, act, pressed = _button(incident, offer)
    return button(label, act, pressed, style=_style(incident, offer), confirm=_sure(incident, offer))


def _style(incident: Incident, offer: Offer) -> str | None:
    """Green marks urged acts, also the close when nothing is left to accept. Not green are: answered checks, which can
    be read again; a done revocation that only waits for its proof, or one that the machine can retry.
    """
    if offer.kind is c.Close and not open_items(incident):
        return "primary"
    if _only_proof(incident, offer) or _tried_again(incident, offer):
        return None
    settled = offer.kind is c.EndCheck and offer.urgency is Urgency.POSSIBLE
    return None if settled else _STYLES.get(offer.kind)


def _only_proof(incident: Incident, offer: Offer) -> bool:
    return offer.kind is c.ConfirmRevoked and incident.secrets[offer.secret].lacks_only_new


def _tried_again(incident: Incident, offer: Offer) -> bool:
    """Whether the machine can retry what a person would revoke; for keys that only people revoke, a retry checks."""
    if offer.kind is not c.ConfirmRevoked or (secret := incident.secrets[offer.secret]).revoked_by_person:
        return False
    return any(each.command == c.Retry(old_lane(secret.name)) for each in of_secret(incident, secret))


_STYLES: dict[type[Act], str] = {
    c.ApprovePlan: "primary",
    c.ApproveProposal: "primary",
    c.AgreeDeparture: "primary",
    c.BreakGlass: "danger",
    c.ChooseCandidate: "primary",
    c.ConfirmRevoked: "primary",
    c.EndCheck: "primary",
    c.KillNow: "danger",
}


_ASKED: Mapping[type[Act], Ask] = {ask.command: ask for ask in reversed(ASKS)}
_WITHDRAWN = next(ask for ask in ASKS if ask.act == "withdraw_role")
_OF_THE_WHOLE: Mapping[type[Act], tuple[str, ActionId]] = {
    c.AddSecret: ("Add secret…", ActionId.ADD_SECRET),
    c.BreakGlass: ("🔨 Break glass…", ActionId.BREAK_GLASS),
    c.DecideNotice: ("Notices…", ActionId.NOTIFICATION),
    c.RecordAwareness: ("Notices…", ActionId.NOTIFICATION),
    c.RecordNoticeSent: ("Notices…", ActionId.NOTIFICATION),
}


def _button(incident: Incident, offer: Offer) -> tuple[str, str, ButtonValue]:
    """Its words, its action and what it carries. KeyError for what has no button."""
    here, about = ButtonValue(incident.id), ButtonValue(incident.id, offer.subject)
    match offer.command:
        case c.KillNow():
            secret = incident.secrets[offer.secret]
            words = "Ask again" if kill_wanted(secret) and secret.old.owner else "Revoke now…"
            return words, ActionId.KILL, about
        case c.AccountReader() | c.EndCheck() | c.SettleCopy() | c.FinishTask() | c.DeclineTask() | c.CompleteStep():
            return "Answer…", ActionId.ANSWER, ButtonValue(incident.id, group_of(offer))
        case c.ApprovePlan(digest) | c.RejectPlan(digest):
            names = ",".join(incident.request.plans)[:200] if incident.request else ""
            approves = offer.kind is c.ApprovePlan
            words, act = (act_words(incident), ActionId.APPROVE) if approves else ("Refuse", ActionId.REJECT)
            return f"{words}…", act, ButtonValue(incident.id, names, digest)
        case c.AgreeDeparture(digest):
            name = incident.departure.leaver.name if incident.departure is not None else ""
            return "Agree to the departure", ActionId.AGREE_DEPARTURE, ButtonValue(incident.id, name, digest)
        case c.RequestReport():
            return WRITE_ANEW if incident.report.path else WRITE, ActionId.REPORT, here
        case c.Close():
            return "Close…" if open_items(incident) else "Close", ActionId.CLOSE, here
        case _ if offer.kind in _OF_THE_WHOLE:
            return *_OF_THE_WHOLE[offer.kind], here
        case _:
            ask = _WITHDRAWN if _withdraws(incident, offer) else _ASKED[offer.kind]
            about = replace(about if ask.subject else here, digest=_seen(ask, offer))
            return _words(incident, offer) or ask.button, ask.act, about


def _seen(ask: Ask, offer: Offer) -> str:
    """What the form gets of the command by its button: the digest of what it is about, or what was chosen."""
    carried = next((field.name for field in ask.fields if field.takes is Takes.CARRIED), "digest")
    return str(getattr(offer.command, carried, ""))


def _words(incident: Incident, offer: Offer) -> str:
    """The label where the state chooses it; empty where the `Ask` has it."""
    match offer.command:
        case c.TakeTodo(todo) if todo in incident.taken:
            return "Take over…"
        case c.ChooseStrategy(_, strategy):
            return f"Switch to {strategy.words}…"
        case c.UseValue(secret) if making_held(incident, incident.secrets[secret]):
            return "Make it anyway…"
        case c.Retry(lane):
            return retry_words(incident, lane)
        case c.SkipUpdate(audience) if (draft := state_of(incident, audience).draft) is None or not draft.waits:
            return "Tell them another way…"
        case c.TakeRole() if incident.commander:
            return "Take over: commander…"
        case c.HandOver() if not incident.commander:
            return "Offer: commander…"
        case _:
            return ""


def _withdraws(incident: Incident, offer: Offer) -> bool:
    """Whether it is only for the person who offered the role."""
    offered = incident.team.offered if offer.kind is c.DeclineRole else None
    return offered is not None and all(who.only == {offered.by.name} for who in offer.who)


def _sure(incident: Incident, offer: Offer) -> ConfirmObject | None:
    """Asks again where one press takes the signature off the report."""
    if offer.kind is c.RequestReport and incident.report.signers:
        kept = "The signature covers the current version, not the new one."
        return confirm("Write the report again?", kept, WRITE_ANEW)
    return None


def retry_words(incident: Incident, lane: Lane) -> str:
    """``Retry revocation``, ``Retry checkout``: says of what, where it can be one of several lanes."""
    secret = incident.secrets.get(lane.subject)
    match lane.kind:
        case LaneKind.HALT:
            return "Go on"
        case LaneKind.OLD if secret is not None:
            return "Look again" if secret.revoked_by_person else "Retry revocation"
        case LaneKind.NEW if secret is not None and secret.new.failing:
            return "Check consumers again"
        case LaneKind.NEW if secret is not None:
            rolled_back = secret.new.held and bool(secret.new.staged)
            return "Put it in place" if rolled_back else "Make it again" if secret.new.held else "Retry new key"
        case LaneKind.ACCESS:
            return "Retry checks"
        case LaneKind.DELETE:
            return "Retry deletion"
        case LaneKind.USAGE:
            return "Retry readers"
        case LaneKind.USE:
            return "Retry use"
        case _:
            return f"Retry {lane.subject}".rstrip()
