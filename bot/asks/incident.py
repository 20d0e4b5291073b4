"""What people are asked about an incident as a whole: its severity, its times, its page, and what was tried."""

from __future__ import annotations

from collections.abc import Iterator

from bot.asks.ask import NEVER, QUOTED, About, Ask, Asking, Choice, Field, Takes, carried, number_in, why
from bot.incident import commands as c
from bot.incident.approval.kills import glass_digest
from bot.incident.codec import lane_of
from bot.incident.hold import under_way
from bot.incident.model import Right, Severity
from bot.incident.offers import unblocked
from bot.incident.severity import by_facts, severity
from bot.phrases.closing import deletion_words, reopening_words
from bot.phrases.hold import hold_words
from bot.phrases.marks import code, day_and_time, literal

SHOWN_ON_TOP = f"Shown on top of the card and the report. {NEVER}"
LEVELS = {
    Severity.SEV1: "Payment or children's data, abuse seen, or personal data in public",
    Severity.SEV2: "Else personal data, exposed in public, or the product stops",
    Severity.SEV3: "None of these",
}


def _severity(at: Asking) -> Iterator[str]:
    now, (usual, fact), chosen = severity(at.incident), by_facts(at.incident), at.incident.severity
    if chosen is None:
        yield f"*{now.words}*, because {literal(fact)}."
    else:
        yield f"*{now.words}*, set by {literal(chosen.by.name)}: {literal(chosen.reason)}"
        yield f"By its facts it is {usual.words}: {literal(fact)}."
    yield "The first level that fits counts. What you set is posted in the thread, and quoted in the report."


def _reopen(at: Asking) -> Iterator[str]:
    yield reopening_words(at.incident)


def _page(_at: Asking) -> Iterator[str]:
    yield "Pages on-call now. The reason is not sent to the pager."


def _hold(at: Asking) -> Iterator[str]:
    yield "*Nothing is revoked from now on*: by plan, at the end of an overlap, or by broken glass."
    yield "Leaked keys go on working. Two people resume it."
    begun = ", ".join(code(name) for name in under_way(at.incident)) or "nothing"
    yield f"Under way, and not called back: {begun}."


def _resume(at: Asking) -> Iterator[str]:
    yield f"*{literal(hold_words(at.incident)) or 'Revocations are not held.'}*"
    yield "A second person must agree. What was approved before is revoked at once then."


def _skip(at: Asking) -> Iterator[str]:
    step = at.incident.step(at.about.subject)
    if step is not None:
        yield f"*{literal(step.definition.title)}*"
        yield literal(deletion_words(at.incident, at.about.subject))


def _glass(at: Asking) -> Iterator[str]:
    yield "🔨 *The glass was broken*"
    for offer in unblocked(at.offers, c.ReviewGlass):
        secret = at.incident.secrets[offer.subject]
        if secret.broken is not None:
            yield f"{code(secret.name)}, by {literal(secret.broken.name)} {day_and_time(secret.broken.at)}"
    yield "Was there no other way? The person who broke it cannot review it."


INCIDENT_ASKS = (
    Ask(
        "severity", c.SetSeverity, "Severity", "Set",
        (
            Field("severity", "Severity", Takes.ONE, option="", metavar="1|2|3",
                  reads=lambda value: Severity(value or Severity.SEV1),
                  choices=lambda _at: [Choice(each, each.words, LEVELS[each]) for each in Severity],
                  initial=lambda at: severity(at.incident)),
            why(),
        ),
        button="Severity…",
        help="Set how grave the incident is; 1 is the gravest. `bot show` says what it is and why.",
        examples=("inc_ab12cd 1 --note 'customers call about it'",), told=_severity,
    ),
    Ask(
        "hold", c.HoldRevocations, "Hold all revocations", "Hold", (why(hint=SHOWN_ON_TOP),),
        button="Hold revocations…",
        help="Hold all revocations: nothing is revoked until two people resume it. Leaked keys go on working.",
        examples=("inc_ab12cd --note 'law enforcement asked us to wait'",), told=_hold, takes=Right.COMMAND, sure=True,
    ),
    Ask(
        "resume", c.ResumeRevocations, "Resume revocations", "Propose", (why(hint=SHOWN_ON_TOP),), button="Resume…",
        help="Propose to resume revocations that are held: another person with `approve` agrees by `bot approve`.",
        examples=("inc_ab12cd --note 'they have what they need'",), told=_resume, sure=True,
    ),
    Ask(
        "exposed", c.RecordExposure, "Exposed since", "Record",
        (
            Field("exposed_at", "Exposed since", Takes.TIME, "The report goes by it.", option="", metavar="TIME",
                  initial=lambda at: at.incident.exposed_at),
            why("How do you know?"),
        ),
        button="Exposed since…",
        help="Record or correct since when the values were exposed.",
        examples=("inc_ab12cd 2026-11-24T02:12 --note 'the commit that holds it was pushed then'",),
    ),
    Ask(
        "known", c.RecordAwareness, "Known since", "Record",
        (
            Field("aware_at", "Known since", Takes.TIME, "The law's clocks run from there.", option="",
                  metavar="TIME"),
            why("How do you know?"),
        ),
        help="Record or correct since when the leak has been known: the law's clocks run from there.",
        examples=("inc_ab12cd 2030-01-31T10:12+01:00 --note 'support had the mail'",),
    ),
    Ask(
        "page_again", c.PageAgain, "Page again", "Page", (why(),), button="Page again…",
        help="Page on-call again. The reason goes into the log, not to the pager.",
        examples=("inc_ab12cd --note 'the vendor says that the key was used'",), told=_page, works=True,
    ),
    Ask(
        "reopen", c.Reopen, "Reopen the incident", "Reopen", (why(),), button="Reopen…",
        help="Open a closed incident again: on-call is paged, and the report is no longer final. Words are added "
        "without that, by `bot report INCIDENT --edit`; so is the answer to a check.",
        examples=("inc_ab12cd --note 'the key was in a second repository'",), told=_reopen, takes=Right.COMMAND,
        works=True,
        sure=True,
    ),
    Ask(
        "reject", c.RejectPlan, "Refuse the plan", "Refuse",
        (why("Why not?", "Shown to the requester."), carried("digest")),
    ),
    Ask(
        "reject_proposal", c.RejectProposal, "Disagree", "Disagree",
        (why("Why not?", "Shown to the requester."), carried("digest")),
        make=lambda about, said: c.RejectProposal(number_in(about.subject), said.text("reason"), about.seen),
    ),
    Ask(
        "review_glass", c.ReviewGlass, "Review broken glass", "Reviewed",
        (Field("reason", "What did you find?", hint=QUOTED),), button="Review broken glass…",
        help="Review why the glass was broken: by another person. Until then it heads the report.",
        examples=("inc_ab12cd --note 'right: no approver was awake'",), told=_glass,
        make=lambda about, said: c.ReviewGlass(said.text("reason"), about.seen),
        shown=lambda incident, about: About(about.subject, glass_digest(incident)),
    ),
    Ask(
        "step_skip", c.SkipStep, "Skip this step", "Skip", (why(), carried("seen")),
        told=_skip, about="step",
    ),
    Ask(
        "retry", c.Retry, "Retry", "Retry", (), help="Retry what failed. Always safe: every operation looks first.",
        examples=("inc_ab12cd", "inc_ab12cd old:openai-api-key"), about="lane", works=True,
        make=lambda about, _said: c.Retry(lane_of(about.subject)),
    ),
)  # fmt: skip
