"""Questions about an incident as a whole: its times, its page, and retries."""

from __future__ import annotations

from collections.abc import Iterator

from bot.asks.ask import NEVER, QUOTED, About, Ask, Asking, Choice, Field, Takes, carried, why
from bot.incident import commands as c
from bot.incident.access.sessions import consumers_of, opened, policy_name
from bot.incident.approval.kills import glass_digest
from bot.incident.approval.proposals import CLOSURE, REDACTION, RESUMPTION, SCOPES, SESSIONS, STRATEGY, waiting_digest
from bot.incident.codec import lane_of
from bot.incident.hold import under_way
from bot.incident.model import Right
from bot.incident.offers import unblocked
from bot.phrases.approvals import proposal_asked, sessions_lines
from bot.phrases.closing import deletion_words, reopening_words
from bot.phrases.marks import code, day_and_time, literal
from bot.phrases.states import hold_words

SHOWN_ON_TOP = f"Shown on top of the card and the report. {NEVER}"


def _reopen(at: Asking) -> Iterator[str]:
    yield reopening_words(at.incident)


def _page(_at: Asking) -> Iterator[str]:
    yield "Pages on-call now. The reason is not sent to the pager."


def _hold(at: Asking) -> Iterator[str]:
    yield "*Nothing is revoked from now on*: by plan, at the end of an overlap, or by broken glass."
    yield "Leaked keys keep working. Two people must resume."
    begun = ", ".join(code(name) for name in under_way(at.incident)) or "nothing"
    yield f"Already under way: {begun}."


def _resume(at: Asking) -> Iterator[str]:
    yield f"*{hold_words(at.incident) or 'Revocations are not held.'}*"
    yield "A second person must approve. Approved keys are revoked at once then."


def _merge(at: Asking) -> Iterator[str]:
    names = ", ".join(code(name) for name in at.incident.secrets)
    yield f"{names}: revoked and replaced there from then on, and {code(at.incident.id)} is closed."
    yield "Keys that were made are kept. Approvals, and answers about readers, checks and copies, are asked for again."


_PROPOSED = {
    STRATEGY: "Replace first", CLOSURE: "Close with open items",
    REDACTION: "Remove text", SCOPES: "Give the new key rights",
    RESUMPTION: "Resume revocations", SESSIONS: "End sessions",
}  # fmt: skip


def _proposal(at: Asking) -> Iterator[str]:
    if at.incident.proposal is not None:
        yield from proposal_asked(at.incident, at.incident.proposal)


def _sessions(at: Asking) -> Iterator[str]:
    if (found := opened(at.incident, at.about.subject)) is not None:
        functions = [one.function for one in consumers_of(*found)]
        yield from sessions_lines(found[1], "before you propose this", policy_name(at.incident), functions)
    yield "A second person must approve."


def _lift(at: Asking) -> Iterator[str]:
    if (deny := at.incident.denies.get(at.about.subject)) is not None:
        yield f"Sessions of role {code(at.about.subject)} opened before {day_and_time(deny.until)} work again."
        yield "Each expires 12 hours after it was opened, at most."


def _skip(at: Asking) -> Iterator[str]:
    step = at.incident.step(at.about.subject)
    if step is not None:
        yield f"*{literal(step.definition.title)}*"
        yield literal(deletion_words(at.incident, at.about.subject))


def _glass(at: Asking) -> Iterator[str]:
    yield "🔨 *Glass was broken*"
    for offer in unblocked(at.offers, c.ReviewGlass):
        secret = at.incident.secrets[offer.subject]
        if secret.broken is not None:
            yield f"{code(secret.name)}, by {literal(secret.broken.name)} {day_and_time(secret.broken.at)}"
    yield "Was there no other way? The person who broke it cannot review it."


INCIDENT_ASKS = (
    Ask(
        "hold", c.HoldRevocations, "Hold all revocations", "Hold", (why(hint=SHOWN_ON_TOP),),
        button="Hold revocations…",
        help="Hold all revocations until two people resume. Leaked keys keep working.",
        examples=("inc_ab12cd --note 'law enforcement asked us to wait'",), told=_hold, takes=Right.COMMAND, sure=True,
    ),
    Ask(
        "resume", c.ResumeRevocations, "Resume revocations", "Propose", (why(hint=SHOWN_ON_TOP),), button="Resume…",
        help="Propose resuming held revocations; another person with `approve` agrees by `bot answer`.",
        examples=("inc_ab12cd --note 'they have what they need'",), told=_resume, sure=True,
    ),
    Ask(
        "end_sessions", c.EndSessions, "End sessions", "Propose", (why(), carried("seen")), button="End sessions…",
        help="Propose to end a role's sessions that a leaked key opened; another person with `approve` agrees.",
        examples=("inc_ab12cd 'AssumeRole role/api' --note 'not ours: 198.51.100.7'",), about="item", told=_sessions,
        sure=True,
    ),
    Ask(
        "lift_deny", c.LiftDeny, "Remove deny", "Remove", (why(),), button="Remove deny…",
        help="Remove the policy by which the bot ended a role's sessions.",
        examples=("inc_ab12cd api --note 'all sessions have expired'",), about="role", told=_lift, works=True,
        sure=True,
    ),
    Ask(
        "legal_hold", c.HoldEvidence, "Legal hold", "Record",
        (
            Field("held", "Evidence", Takes.ONE, option="", metavar="ON_OR_OFF", reads=lambda value: value == "on",
                  choices=lambda _at: [Choice("on", "Is kept"), Choice("off", "May be deleted in its time")],
                  initial=lambda at: "off" if at.incident.legal_hold is not None else "on"),
            why(),
        ),
        button="Legal hold…",
        help="Set or lift a legal hold: evidence on the worker's disk is kept beyond `BOT_EVIDENCE_DAYS`.",
        examples=("inc_ab12cd on --note 'the insurer has a claim'",), takes=Right.COUNSEL,
    ),
    Ask(
        "merge", c.Merge, "Merge this incident", "Merge",
        (
            Field("into", "Into which incident?", Takes.LINE, "Its id, such as inc_ab12cd. It stays open.", option="",
                  metavar="TARGET"),
            why("How do you know that it is the same leak?"),
        ),
        button="Merge into…",
        help="Merge a duplicate into another open incident: its secrets go over, and it is closed.",
        examples=("inc_ab12cd inc_cd34ef --note 'the same gist'",), told=_merge, takes=Right.RESPOND, sure=True,
    ),
    Ask(
        "exposed", c.RecordExposure, "Exposed since", "Record",
        (
            Field("exposed_at", "Exposed since", Takes.TIME, "The report uses it.", option="", metavar="TIME",
                  initial=lambda at: at.incident.exposed_at),
            why("How do you know?"),
        ),
        button="Exposed since…",
        help="Record or correct since when the keys were exposed.",
        examples=("inc_ab12cd 2026-11-24T02:12 --note 'the commit that holds it was pushed then'",),
    ),
    Ask(
        "known", c.RecordAwareness, "Known since", "Record",
        (
            Field("aware_at", "Known since", Takes.TIME, "Legal deadlines count from then.", option="",
                  metavar="TIME"),
            why("How do you know?"),
        ),
        help="Record or correct when the leak became known. Legal deadlines count from then.",
        examples=("inc_ab12cd 2030-01-31T10:12+01:00 --note 'support had the mail'",),
    ),
    Ask(
        "page_again", c.PageAgain, "Page again", "Page", (why(),), button="Page again…",
        help="Page on-call again. The reason goes into the log, not to the pager.",
        examples=("inc_ab12cd --note 'the vendor says that the key was used'",), told=_page, works=True,
    ),
    Ask(
        "reopen", c.Reopen, "Reopen the incident", "Reopen", (why(),), button="Reopen…",
        help="Reopen a closed incident: pages on-call, and the report is no longer final. To add text or answer a "
        "check you need not reopen: `bot report INCIDENT --edit`.",
        examples=("inc_ab12cd --note 'the key was in a second repository'",), told=_reopen, takes=Right.COMMAND,
        works=True,
        sure=True,
    ),
    Ask(
        "reject", c.RejectPlan, "Refuse the plan", "Refuse",
        (why("Why not?", "Shown to the requester."), carried("digest")),
    ),
    Ask(
        "approve_proposal", c.ApproveProposal, "Agree", "Agree", (carried("digest"),), button="Agree", told=_proposal,
        titled=lambda incident, _about: _PROPOSED[incident.proposal.what] if incident.proposal else "Agree",
        shown=lambda incident, about: About(about.subject, waiting_digest(incident)), rehearsed=True, sure=True,
    ),
    Ask(
        "reject_proposal", c.RejectProposal, "Disagree", "Disagree",
        (why("Why not?", "Shown to the requester."), carried("digest")), button="Disagree…", told=_proposal,
    ),
    Ask(
        "review_glass", c.ReviewGlass, "Review broken glass", "Reviewed",
        (Field("reason", "What did you find?", hint=QUOTED),), button="Review broken glass…",
        help="Review broken glass (another person). Until then it heads the report.",
        examples=("inc_ab12cd --note 'right: no approver was awake'",), told=_glass,
        make=lambda about, said: c.ReviewGlass(said.text("reason"), about.seen),
        shown=lambda incident, about: About(about.subject, glass_digest(incident)),
    ),
    Ask(
        "step_skip", c.SkipStep, "Skip this step", "Skip", (why(), carried("seen")),
        button="Skip…", told=_skip, about="step",
    ),
    Ask(
        "retry", c.Retry, "Retry", "Retry", (), help="Retry what failed. Always safe: every operation checks first.",
        examples=("inc_ab12cd", "inc_ab12cd old:openai-api-key"), about="lane", works=True,
        make=lambda about, _said: c.Retry(lane_of(about.subject)),
    ),
)  # fmt: skip
