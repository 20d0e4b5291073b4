"""What is typed at a terminal for each command: in place of a button, and where no button can give it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from bot.incident import commands as c
from bot.incident.closing.open_items import acceptable
from bot.incident.commands import Act
from bot.incident.model import IfFailing
from bot.incident.offers import Offer
from bot.incident.state import Incident

LINES: Mapping[type[Act], str] = {
    c.AcceptRole: "bot commander {here} accept",
    c.AddNote: "bot note {here} TEXT",
    c.AddSecret: "bot add {here} SECRET",
    c.AddTask: "bot task {here} add TITLE --owner NAME",
    c.AnnounceSubmission: "bot submit {here} {secret}",
    c.ApprovePlan: "bot approve {here}",
    c.ApproveProposal: "bot approve {here} --proposal {number} --digest {digest:.16}",
    c.AskReplacement: "bot replace {here} {secret}",
    c.AttestDeath: "bot attest {here} {secret} --reason WHY",
    c.ChangeTask: "bot task {here} change {task} --owner NAME --due TIME --reason WHY",
    c.ChooseCandidate: "bot plan {here} {secret} --key {key_id}",
    c.ChooseScopes: "bot replace {here} {secret} --scope SCOPE",
    c.CompareValue: "bot identify {here} {secret}",
    c.CompleteStep: "bot answer {here} step:{step} done",
    c.ConfirmRevoked: "bot revoked {here} {secret}",
    c.DecideNotice: "bot answer {here} notice:{obligation} {outcome} --by NAME --note WHY",
    c.DeclineRole: "bot commander {here} decline --reason WHY",
    c.DeclineTask: "bot task {here} decline {task} --reason WHY",
    c.EndCheck: "bot answer {here} check:{secret} OUTCOME --note TEXT",
    c.FinishTask: "bot task {here} done {task}",
    c.HandOver: "bot commander {here} hand-over NAME",
    c.KillNow: "bot kill {here} {secret}",
    c.PageAgain: "bot page {here} --reason WHY",
    c.RecordAbuse: "bot abuse {here} {secret} WHAT_WAS_SEEN",
    c.RecordAwareness: "bot times {here} known TIME --reason WHY",
    c.RecordExposure: "bot times {here} exposed TIME --reason WHY",
    c.RecordFinding: "bot note {here} TEXT --{what}",
    c.RecordNoticeSent: "bot answer {here} notice:{obligation} sent --note REFERENCE",
    c.Redact: "bot redact {here} EVENT... --reason WHY",
    c.RefuseValue: "bot use {here} {secret} --refuse --reason WHY",
    c.RejectPlan: "bot reject {here} --reason WHY",
    c.RejectProposal: "bot reject {here} --proposal {number} --digest {digest:.16} --reason WHY",
    c.Reopen: "bot reopen {here} --reason WHY",
    c.RequestReport: "bot report {here}",
    c.ReviewGlass: "bot break-glass {here} --review --reason WHAT_YOU_FOUND",
    c.RollBack: "bot roll-back {here} {secret} --reason WHY",
    c.HoldRevocations: "bot hold {here} --reason WHY",
    c.ResumeRevocations: "bot hold {here} --resume --reason WHY",
    c.SetSeverity: "bot severity {here} {severity} --reason WHY",
    c.SettleCopy: "bot answer {here} copy:{secret} OUTCOME --note TEXT",
    c.SkipStep: "bot answer {here} step:{step} skipped --note WHY",
    c.TakeRole: "bot commander {here} take --reason WHY",
    c.UseValue: "bot use {here} {secret} --reason WHY",
    c.WriteNarrative: "bot report {here} --edit",
}
"""With the command's own fields, of what takes no more than these. Words in capitals are to be filled in."""


def command_line(incident: Incident, offer: Offer, among: Sequence[Offer] = ()) -> str:
    """What is typed for this offer; together with those `among` which one command gives. Words in capitals are to be
    filled in.
    """
    if offer.command is None:
        return LINES[offer.kind].format(here=incident.id)
    leaver = incident.departure.leaver.name if incident.departure is not None else ""
    left = [item.key for item in acceptable(incident)] if offer.kind is c.Close else ()
    return line_of(incident.id, offer.command, leaver=leaver, left=left, among=among)


def line_of(here: str, command: Act, *, leaver: str = "", left: Sequence[str] = (), among: Sequence[Offer] = ()) -> str:
    """What is typed for this command in the incident of the id `here`. `leaver` is whose departure it is, `left` the
    keys of what a close has to accept; glass is broken for all of the offers `among` at once.
    """
    match command:
        case c.BreakGlass(shown):
            return f"bot break-glass {here} {_broken(tuple(shown), among)} --reason WHY"
        case c.Close():
            accepted = [f"--accept {key}" for key in left]
            return " ".join([f"bot close {here}", *accepted, *(["--reason WHY"] if accepted else [])])
        case c.AgreeDeparture():
            return f"bot departure {leaver or 'NAME'} --agree"
        case c.ChooseStrategy(secret, strategy, _, if_failing):
            chosen = f" --if-failing {if_failing}" if if_failing is not IfFailing.KEEP else ""
            return f"bot strategy {here} {secret} {strategy}{chosen} --reason WHY"
        case c.ReleaseUpdate(audience, number):
            return f"bot update {here} {shlex.quote(audience)} send --number {number}"
        case c.SkipUpdate(audience, number):
            return f"bot update {here} {shlex.quote(audience)} skip --number {number} --reason WHY"
        case c.AccountReader(principal):
            return f"bot answer {here} {shlex.quote(principal)} OUTCOME --note TEXT"
        case c.SignReport(digest):
            return f"bot report {here} --sign {digest[:12] or 'DIGEST'}"
        case c.Retry(lane):
            return f"bot retry {here} {lane}".rstrip()
        case _:
            return LINES[type(command)].format(here=here, **vars(command))


def submit_line(here: str, secret: str) -> str:
    """What brings a new value, which never goes through Slack."""
    return line_of(here, c.AnnounceSubmission(secret, ""))


def _broken(secrets: Sequence[str], among: Sequence[Offer]) -> str:
    """For whom the glass is broken at once, first the one that is offered first."""
    first, *others = [each.secret for each in among if each.kind is c.BreakGlass] or secrets
    return " ".join(dict.fromkeys([first, *secrets, *others]))
