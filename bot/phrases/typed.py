"""What is typed at a terminal for each command: in place of a button, and where no button can give it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import assert_never

from bot.incident import commands as c
from bot.incident.closing.open_items import acceptable
from bot.incident.commands import Command
from bot.incident.model import IfFailing
from bot.incident.offers import Offer
from bot.incident.state import Incident


def command_line(incident: Incident, offer: Offer, among: Sequence[Offer] = ()) -> str:
    """What is typed for this offer; together with those `among` which one command gives. Words in capitals are to be
    filled in.
    """
    if offer.command is None:
        return _unfilled(incident, offer)
    leaver = incident.departure.leaver.name if incident.departure is not None else ""
    left = [item.key for item in acceptable(incident)] if offer.kind is c.Close else ()
    return line_of(incident.id, offer.command, leaver=leaver, left=left, among=among)


def line_of(
    here: str, command: Command, *, leaver: str = "", left: Sequence[str] = (), among: Sequence[Offer] = ()
) -> str:
    """What is typed for this command in the incident of the id `here`. `leaver` is whose departure it is, `left` the
    keys of what a close has to accept; glass is broken for all of the offers `among` at once.
    """
    return f"bot {_line(here, command, leaver, left, among)}"


def submit_line(here: str, secret: str) -> str:
    """What brings a new value, which never goes through Slack."""
    return line_of(here, c.AnnounceSubmission(secret, ""))


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


def _line(here: str, command: Command, leaver: str, left: Sequence[str], among: Sequence[Offer]) -> str:
    match command:
        case c.BreakGlass(shown):
            return f"break-glass {here} {_broken(tuple(shown), among)} --reason WHY"
        case c.Close():
            accepted = [f"--accept {key}" for key in left]
            return " ".join([f"close {here}", *accepted, *(["--reason WHY"] if accepted else [])])
        case c.AgreeDeparture():
            return f"departure {leaver or 'NAME'} --agree"
        case c.AnnounceSubmission(secret):
            return f"submit {here} {secret}"
        case c.ConfirmRevoked(secret):
            return f"revoked {here} {secret}"
        case c.SettleCopy(secret):
            return f"copy {here} {secret}"
        case c.ChooseStrategy(secret, strategy, _, if_failing):
            chosen = f" --if-failing {if_failing}" if if_failing is not IfFailing.KEEP else ""
            return f"strategy {here} {secret} {strategy}{chosen} --reason WHY"
        case c.RollBack(secret):
            return f"roll-back {here} {secret} --reason WHY"
        case c.RecordAbuse(secret):
            return f"abuse {here} {secret} WHAT_WAS_SEEN"
        case c.AskReplacement(secret):
            return f"replace {here} {secret}"
        case c.KillNow(secret):
            return f"kill {here} {secret}"
        case c.ReviewGlass():
            return f"review {here} --reason WHAT_YOU_FOUND"
        case c.ApprovePlan():
            return f"approve {here}"
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
        case c.DecideNotice() | c.RecordNoticeSent() | c.RecordAwareness() | c.RecordExposure() | c.SetSeverity():
            return _decision(here, command)
        case c.ChangeTask() | c.FinishTask() | c.DeclineTask():
            return _task(here, command)
        case c.AttestDeath(secret):
            return f"attest {here} {secret} --reason WHY"
        case c.ChooseCandidate(secret, key_id):
            return f"choose {here} {secret} {key_id}"
        case c.ChooseScopes(secret):
            return f"scopes {here} {secret} SCOPE..."
        case c.CompareValue(secret):
            return f"identify {here} {secret}"
        case c.EndCheck(secret):
            return f"check {here} {secret}"
        case c.AccountReader(principal):
            return f"readers {here} {shlex.quote(principal)} ANSWER --note TEXT"
        case c.UseValue(secret):
            return f"use {here} {secret} --reason WHY"
        case c.RefuseValue(secret):
            return f"refuse {here} {secret} --reason WHY"
        case c.Retry(lane):
            return f"retry {here} {lane}".rstrip()
        case c.RequestReport() | c.WriteNarrative() | c.SignReport():
            return _report_line(here, command)
        case c.Reopen() | c.PageAgain():
            return f"{'reopen' if isinstance(command, c.Reopen) else 'page'} {here} --reason WHY"
        case (
            c.Declare()
            | c.AddSecret()
            | c.Begin()
            | c.Finish()
            | c.WithdrawConsent()
            | c.TellTrust()
            | c.NoteLoss()
            | c.Redact()
            | c.RefuseText()
            | c.KeepMessage()
            | c.RecordSighting()
            | c.LoseChannel()
            | c.HandOverSecrets()
            | c.NoteLateOutcome()
        ):
            raise AssertionError("is not offered so")
        case c.Tick():
            raise AssertionError("is not a person's")
        case _:
            assert_never(command)


def _broken(secrets: Sequence[str], among: Sequence[Offer]) -> str:
    """For whom the glass is broken at once, first the one that is offered first."""
    first, *others = [each.secret for each in among if each.kind is c.BreakGlass] or secrets
    return " ".join(dict.fromkeys([first, *secrets, *others]))


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
        case c.RecordExposure():
            return f"times {here} exposed TIME --reason WHY"
        case c.RecordAwareness():
            return f"times {here} known TIME --reason WHY"
        case c.SetSeverity(severity):
            return f"severity {here} {severity} --reason WHY"


def _task(here: str, command: c.ChangeTask | c.FinishTask | c.DeclineTask) -> str:
    match command:
        case c.ChangeTask(task):
            return f"task {here} change {task} --owner NAME --due TIME --reason WHY"
        case c.FinishTask(task):
            return f"task {here} done {task}"
        case c.DeclineTask(task):
            return f"task {here} decline {task} --reason WHY"
