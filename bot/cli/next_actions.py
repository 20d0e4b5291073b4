"""What a person can usefully do now, as exact commands, the most urgent first: the offers that are urged."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bot.incident import commands as c
from bot.incident.closing.open_items import acceptable
from bot.incident.commands import Command
from bot.incident.model import IfFailing, TargetKind
from bot.incident.offers import Offer, Urgency, unblocked, urged
from bot.incident.state import Incident
from bot.phrases.times import listed


@dataclass(frozen=True)
class NextAction:
    """`command` can be typed as it stands, but for words in capitals; `why` is a phrase."""

    command: str
    why: str


def next_actions(incident: Incident, now: datetime) -> list[NextAction]:
    """What is needed, then what makes sense. Several offers that are given by one command are one action."""
    sensible = unblocked(offer for offer in urged(incident, now) if offer.urgency < Urgency.POSSIBLE)
    alike: dict[tuple[type[Command], str], list[Offer]] = {}
    for offer in sensible:
        alike.setdefault(_about(offer), []).append(offer)
    actions: dict[str, NextAction] = {}
    for offer in sensible:
        same = alike[_about(offer)]
        if offer is same[0] or offer.kind is not c.BreakGlass:  # one command for all of them
            line = command_line(incident, offer, same)
            actions.setdefault(line, NextAction(line, _why(incident, offer, same)))
    return [*actions.values(), *_to_compare(incident)]


def _to_compare(incident: Incident) -> Iterator[NextAction]:
    for secret in incident.secrets.values() if incident.open else ():
        if (found := secret.mistaken) is not None:
            why = f"{found.name} compared: what leaked is NOT this value of {secret.name}; declare for it"
            yield NextAction("bot identify --declare", why)
        elif secret.target.kind is TargetKind.ASSUMED and secret.old.fingerprint:
            why = f"nobody compared the leaked value with {secret.name}'s current one"
            yield NextAction(f"bot identify {incident.id} {secret.name}", why)


def _about(offer: Offer) -> tuple[type[Command], str]:
    """What is the same of offers that one command may give: kind and secret; glass is broken for several at once."""
    return offer.kind, "" if offer.kind is c.BreakGlass else offer.secret


def _why(incident: Incident, offer: Offer, alike: Sequence[Offer]) -> str:
    """Of several that are one action, what they have in common; those `alike` are of its kind and its secret."""
    if offer.kind is c.ReviewGlass:
        broken = {secret.broken.name for secret in incident.secrets.values() if secret.broken and not secret.reviewed}
        return f"{listed(sorted(broken))} broke the glass; another person with approve or command must review it"
    if offer.kind is c.EndCheck:
        items = dict.fromkeys(each.subject for each in alike)
        return f"persistence checks: {listed(list(items))}"
    if offer.kind is c.SettleCopy:
        items = dict.fromkeys(each.subject for each in alike)
        return f"copies to be updated, purged or accepted: {listed(list(items))}"
    return offer.reason


def command_line(incident: Incident, offer: Offer, among: Sequence[Offer] = ()) -> str:
    """What is typed for this offer; together with those `among` which one command gives. Words in capitals are to be
    filled in.
    """
    if offer.command is None:
        return _unfilled(incident, offer)
    return f"bot {_line(incident, offer.command, among)}"


def _unfilled(incident: Incident, offer: Offer) -> str:
    if offer.kind is c.AddSecret:
        return f"bot add {incident.id} SECRET"
    if offer.kind is c.HandOver:
        return f"bot role {incident.id} {offer.subject} hand-over NAME"
    if offer.kind is c.Redact:
        return f"bot redact {incident.id} EVENT... --reason WHY"
    return f"bot log seal {incident.id} --head SEQ:DIGEST"


def _report_line(here: str, command: c.RequestReport | c.WriteNarrative | c.SignReport) -> str:
    match command:
        case c.RequestReport():
            return f"report {here}"
        case c.WriteNarrative():
            return f"report {here} --edit"
        case c.SignReport(digest):
            return f"report {here} --sign {digest[:12] or 'DIGEST'}"


def _line(incident: Incident, command: Command, among: Sequence[Offer]) -> str:
    here = incident.id
    match command:
        case c.ChooseStrategy(secret, strategy, _, if_failing):
            chosen = f" --if-failing {if_failing}" if if_failing is not IfFailing.KEEP else ""
            return f"strategy {here} {secret} {strategy}{chosen} --reason WHY"
        case c.ExcuseFailing(secret):
            return f"overrule {here} {secret} --reason WHY"
        case c.RollBack(secret):
            return f"roll-back {here} {secret} --reason WHY"
        case c.ExtendRollBack(secret):
            return f"extend {here} {secret} --reason WHY"
        case c.PromoteAgain(secret):
            return f"promote {here} {secret}"
        case c.MakeAnother(secret):
            return f"another {here} {secret}"
        case c.RecordAbuse(secret):
            return f"abuse {here} {secret} WHAT_WAS_SEEN"
        case c.AskReplacement(secret):
            return f"replace {here} {secret}"
        case c.KillNow(secret):
            return f"kill {here} {secret}"
        case c.BreakGlass(secrets):
            names = dict.fromkeys([*secrets, *(each.secret for each in among if each.kind is c.BreakGlass)])
            first = next((each.secret for each in among if each.kind is c.BreakGlass), secrets[0])
            return f"break-glass {here} {' '.join(sorted(names, key=lambda name: name != first))} --reason WHY"
        case c.ReviewGlass():
            return f"review {here} --reason WHAT_YOU_FOUND"
        case c.ApprovePlan() | c.AgreeDeparture():
            return f"approve {here}" if isinstance(command, c.ApprovePlan) else f"departure {_leaver(incident)} --agree"
        case c.RejectPlan():
            return f"reject {here} --reason WHY"
        case c.ApproveProposal(number, digest):
            return f"approve {here} --proposal {number} --digest {digest[:16]}"
        case c.RejectProposal(number, _, digest):
            return f"reject {here} --proposal {number} --digest {digest[:16]} --reason WHY"
        case c.StartStep(step):
            return f"step {here} {step} start"
        case c.CompleteStep(step):
            return f"step {here} {step} done"
        case c.SkipStep(step):
            return f"step {here} {step} skip --reason WHY"
        case c.HandOver() | c.AcceptRole() | c.DeclineRole() | c.TakeRole() | c.ReleaseUpdate() | c.SkipUpdate():
            return _team_line(here, command)
        case c.AddNote():
            return f"note {here} TEXT"
        case c.RecordFinding(what):
            return f"note {here} TEXT --{what}"
        case c.AddTask():
            return f"task {here} add TITLE --owner NAME"
        case c.DecideNotice() | c.RecordNoticeSent() | c.RecordAwareness() | c.SetSeverity():
            return _decision(here, command)
        case c.ChangeTask() | c.FinishTask() | c.DeclineTask() | c.SnoozeReminder():
            return _task(here, command)
        case c.AttestDeath(secret):
            return f"attest {here} {secret} --reason WHY"
        case c.ChooseCandidate(secret, key_id):
            return f"choose {here} {secret} {key_id}"
        case c.ChooseScopes(secret):
            return f"scopes {here} {secret} SCOPE..."
        case c.ConfirmRevoked(secret) | c.CompareValue(secret):
            return f"{'identify' if isinstance(command, c.CompareValue) else 'revoked'} {here} {secret}"
        case c.EndCheck(secret):
            return f"check {here} {secret}"
        case c.SettleCopy(secret):
            return f"copy {here} {secret}"
        case c.AccountReader(principal):
            return f"readers {here} {principal} ours|explained|unexplained|removed --note TEXT"
        case c.AnnounceSubmission(secret):
            return f"submit {here} {secret}"
        case c.UseValue(secret):
            return f"use {here} {secret} --reason WHY"
        case c.RefuseValue(secret):
            return f"refuse {here} {secret} --reason WHY"
        case c.Retry(lane):
            return f"retry {here} {lane}".rstrip()
        case c.RequestReport() | c.WriteNarrative() | c.SignReport():
            return _report_line(here, command)
        case c.Close():
            left = [f"--accept {item.key}" for item in acceptable(incident)]
            return " ".join([f"close {here}", *left, *(["--reason WHY"] if left else [])])
        case c.Reopen() | c.StandDown():
            return f"stand-down {here}" if isinstance(command, c.StandDown) else f"reopen {here} --reason WHY"
        case (
            c.Declare()
            | c.AddSecret()
            | c.SealLog()
            | c.Begin()
            | c.Finish()
            | c.WithdrawConsent()
            | c.TellTrust()
            | c.CountLooks()
            | c.Redact()
            | c.RefuseText()
            | c.KeepMessage()
            | c.RecordSighting()
            | c.LoseChannel()
            | c.RaiseReminder()
            | c.HandOverSecrets()
            | c.NoteLateOutcome()
        ):
            raise AssertionError("is not offered so")
        case c.Tick():
            raise AssertionError("is not a person's")
        case _:
            assert_never(command)


def _leaver(incident: Incident) -> str:
    return incident.departure.leaver.name if incident.departure is not None else "NAME"


def _team_line(here: str, command: c.TeamCommand | c.UpdatesCommand) -> str:
    match command:
        case c.HandOver(role):
            return f"role {here} {role} hand-over NAME"
        case c.AcceptRole(role):
            return f"role {here} {role} accept"
        case c.DeclineRole(role):
            return f"role {here} {role} decline --reason WHY"
        case c.TakeRole(role):
            return f"role {here} {role} take --reason WHY"
        case c.ReleaseUpdate(audience, number):
            return f"update {here} {shlex.quote(audience)} send --number {number}"
        case c.SkipUpdate(audience, number):
            return f"update {here} {shlex.quote(audience)} skip --number {number} --reason WHY"


def _decision(here: str, command: c.ObligationsCommand | c.SeverityCommand) -> str:
    match command:
        case c.DecideNotice(obligation, outcome):
            return f"notice {here} {obligation} {outcome} --by NAME --reason WHY"
        case c.RecordNoticeSent(obligation):
            return f"notice {here} {obligation} sent --reference REFERENCE"
        case c.RecordAwareness():
            return f"aware {here} TIME --reason WHY"
        case c.SetSeverity(severity):
            return f"severity {here} {severity} --reason WHY"


def _task(here: str, command: c.ChangeTask | c.FinishTask | c.DeclineTask | c.SnoozeReminder) -> str:
    match command:
        case c.SnoozeReminder(key, span):
            return f"snooze {here} {key} --until {span}"
        case c.ChangeTask(task):
            return f"task {here} change {task} --owner NAME --due TIME --reason WHY"
        case c.FinishTask(task):
            return f"task {here} done {task}"
        case c.DeclineTask(task):
            return f"task {here} decline {task} --reason WHY"
