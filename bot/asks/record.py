"""Questions for texts that people write: notes, findings, impact and cause, tasks, status updates, and the report's
words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.asks.ask import (
    ME,
    NEVER,
    About,
    Ask,
    Asking,
    Choice,
    Field,
    Given,
    Made,
    Said,
    Takes,
    carried,
    number_in,
    why,
)
from bot.incident import commands as c
from bot.incident.model import StepState
from bot.incident.narrative import latest
from bot.incident.offers import unblocked
from bot.incident.overlap.rules import overlapping
from bot.incident.record.decide import counsels
from bot.incident.record.rules import ABUSE_UNKNOWN, NO_ABUSE, abuse_said, abused
from bot.incident.state import Incident, SecretState
from bot.incident.updates.rules import OWNER, audience_named, draft_text, not_reached, state_of
from bot.phrases.marks import channel, code, day_and_time, literal
from bot.phrases.notices import data_lines
from bot.phrases.readers import unseen_words, use_against
from bot.phrases.report import WRITE_ANEW, to_read, unwritten, version_words
from bot.phrases.times import listed
from bot.phrases.todos import about_task
from bot.phrases.uses import proposals

REMEDIATE = "remediate"

# --- findings -------------------------------------------------------------------------------------------------------

ALTHOUGH, USED = "although", "used"
"""The box beside an answer that something contradicts, and the keys that someone was seen to use."""
_SAID = (("impact", "impact"), ("cause", "root-cause"), ("finding", "finding"))
"""Texts that are a finding each: the field, and what kind of one."""
_TEXTS = (*dict(_SAID), "lessons")


def _open(at: Asking) -> bool:
    return bool(unblocked(at.offers, c.RecordFinding))


def _finding(at: Asking) -> Iterator[str]:
    """What the log knows, and what was recorded last."""
    if not _open(at):
        yield "This incident is closed. Reopen it to record a finding."
        return
    if at.incident.exposed_at is not None:
        yield f"• exposed since {day_and_time(at.incident.exposed_at)}"
    if unseen := unseen_words(at.incident):
        yield f"• {unseen}"
    said, names = abuse_said(at.incident), abused(at.incident)
    if names:
        yield f"• used by others: {', '.join(code(name) for name in names)}"
    elif said is not None:
        yield f"• used by others: {literal(said.what)}, {literal(said.by.name)}: {literal(said.text)}"
    for _, what in _SAID[:2]:
        last = next((each for each in reversed(at.incident.statements) if each.what == what), None)
        if last is not None:
            by = f"{literal(last.by.name)} {day_and_time(last.by.at)}"
            yield f"• {what.replace('-', ' ')}, {by}: {literal(last.text)}"
    if not names and (against := use_against(at.incident)):
        yield f"⚠️ Contradicts “No”: {against}."
    yield from (f"• {line}" for line in (*proposals(at.incident), *data_lines(at.incident)))


def _for_counsel(at: Asking) -> Iterator[str]:
    yield "Only counsel and the commander read these. They are in no report, message, export or list."
    for said in at.incident.counsel_notes:
        yield f"• {literal(said.by.name)} {day_and_time(said.by.at)}: {literal(said.text)}"


def _against(at: Asking) -> bool:
    return _open(at) and bool(use_against(at.incident)) and not abused(at.incident)


def _unused(incident: Incident) -> Mapping[str, SecretState]:
    return {name: secret for name, secret in incident.secrets.items() if name not in abused(incident)}


def _used(at: Asking) -> Sequence[Choice]:
    return [Choice(name, name, _ends(each)) for name, each in _unused(at.incident).items()]


def _ends(secret: SecretState) -> str:
    """The note beside a key whose overlap ends with the answer; empty for others."""
    overlaps = overlapping(secret) and not (secret.gone or secret.old.revoked_at or secret.revoked_by_person)
    return "Its overlap ends: it is revoked first" if overlaps else ""


def _found(_about: About, said: Said) -> Made:
    """A command for each that was filled in."""
    made: list[Given] = [c.RecordFinding(what, text) for name, what in _SAID if (text := said.text(name)).strip()]
    if lessons := said.text("lessons").strip():
        made.append(c.WriteNarrative(lessons=lessons))
    seen, text = said.choice("seen"), said.text("text")
    if used := said.choices(USED):
        return [*made, *(c.RecordAbuse(name, text) for name in used)]
    return [*made, c.RecordFinding(seen, text)] if seen else made


def _doubts(said: Said) -> dict[str, str]:
    seen, used, looked = said.choice("seen"), said.choices(USED), said.text("text").strip()
    if seen and used:
        return {USED: "Choose No or Unknown above, or tick the keys that were used."}
    if looked and not (seen or used):
        return {"seen": "Choose what you saw."}
    if (seen or used) and not looked:
        return {"text": "Enter where you looked, from when to when: the report quotes it."}
    if not (seen or used) and not any(said.text(name).strip() for name in _TEXTS):
        return {"impact": "Fill in at least one."}
    asked = seen == NO_ABUSE and said.asked(ALTHOUGH) and not said.choices(ALTHOUGH)
    return {ALTHOUGH: "The warning above contradicts “No”. Tick this to record it anyway."} if asked else {}


def _sign(at: Asking) -> Iterator[str]:
    """The version that is there now, with where it can be read."""
    report = at.incident.report
    if unwritten(at.incident):
        yield f"⚠️ This report lacks the newest text: first press *{WRITE_ANEW}*."
    yield f"You sign only {version_words(report)}. Read it first."
    yield f"📄 {to_read(report)}"
    if at.incident.open:
        yield "The incident is open: its close writes a new version, which this signature does not cover."


# --- tasks ----------------------------------------------------------------------------------------------------------


def _steps(at: Asking) -> Sequence[Choice]:
    left = [step.definition for step in at.incident.steps if step.state is not StepState.SKIPPED]
    return [Choice(step.id, step.title) for step in left]


def _usual_step(at: Asking) -> str:
    ids = [choice.value for choice in _steps(at)]
    return REMEDIATE if REMEDIATE in ids or not ids else ids[-1]


def _open_tasks(at: Asking) -> Sequence[Choice]:
    tasks = [task for task in at.incident.tasks.values() if task.open]
    return [Choice(task.id, task.title, " · ".join(about_task(at.incident, task))) for task in tasks]


# --- status updates -------------------------------------------------------------------------------------------------


def _update(at: Asking) -> Iterator[str]:
    audience, draft = audience_named(at.incident, at.about.subject), state_of(at.incident, at.about.subject).draft
    if audience is None or draft is None:
        yield "That update no longer waits."
        return
    places = [literal(each) if each.startswith(OWNER) else channel(each) for each in audience.channels]
    yield f"To *{literal(audience.name)}*: {listed(places)}"
    if at.about.seen not in {"", str(draft.number)}:
        yield "*Changed since that button*: this is the newest text."
    if draft.skipped is not None:
        yield from (f"{literal(draft.skipped.by.name)} skipped it: {literal(draft.skipped.reason)}", "")
        yield literal(draft.text)
    elif draft.released_at is not None:
        missing = not_reached(at.incident, audience)
        yield "*It does not reach all of them*" if missing else "It was sent."
        yield from (f"{literal(target)}: {literal(why_not)}" for target, why_not in missing.items())


def _unsent(at: Asking) -> bool:
    draft = state_of(at.incident, at.about.subject).draft
    return draft is not None and draft.skipped is None and draft.released_at is None


def _newest(incident: Incident, about: About) -> About:
    """With the number of the text that the form shows."""
    draft = state_of(incident, about.subject).draft
    return About(about.subject, str(draft.number)) if draft is not None else about


_PARTS = {
    "summary": ("summary", "What happened, for someone who was not there."),
    "impact": ("impact", "What could be done with it, by whom, since when; whose data."),
    "cause": ("root-cause", "What made the leak possible."),
    "lessons": ("lessons", "What to do differently next time."),
}


def _part(name: str, said: str, hint: str) -> Field:
    """A part of the report's text, as it is now."""
    return Field(
        name, name.capitalize(), hint=f"{hint} {NEVER}", optional=True, initial=lambda at: latest(at.incident, said)
    )


_AS_IT_WAS = "Leave empty to keep."
_OWNER = Field("owner", "Who does it", Takes.PERSON, option="--owner", metavar="NAME", optional=True)
_DUE = Field("due", "Due", Takes.TIME, option="--due", metavar="TIME", optional=True)

_NUMBER = replace(carried("number"), reads=number_in)

RECORD_ASKS = (
    Ask("note", c.AddNote, "Add a note", "Add", (Field("text", "Note", hint=NEVER, option=""),), button="Note…"),
    Ask(
        "counsel_note", c.NoteForCounsel, "Notes for counsel", "Add", (Field("text", "Note", hint=NEVER, option=""),),
        button="For counsel…",
        help="Add a note that only counsel and the commander read, in Slack: “More…”, “For counsel…”.",
        examples=("inc_ab12cd 'the contract with the processor is missing'",), told=_for_counsel, private=counsels,
    ),
    Ask(
        "finding", c.RecordFinding, "Findings", "Record",
        (
            Field("seen", "Did anyone use a leaked key?", Takes.ONE, optional=True, when=_open,
                  choices=lambda _at: [Choice(NO_ABUSE, "No"), Choice(ABUSE_UNKNOWN, "Unknown")]),
            Field(USED, "Or: these were used", Takes.SOME, choices=_used, optional=True, when=_open),
            Field(ALTHOUGH, "If No", Takes.SOME, optional=True, when=_against,
                  choices=lambda _at: [Choice("yes", "Record it anyway", "Explain why that is no abuse")]),
            Field("text", "Where did you look, and what was seen?", Takes.LINE, NEVER, optional=True, when=_open),
            Field("impact", "Impact: what could the keys do?", hint="By whom, since when (UTC), whose data.",
                  optional=True, when=_open),
            Field("cause", "Root cause", hint="Or: “unknown, because …”",
                  optional=True, when=_open),
            Field("lessons", "Lessons", hint="Needed to sign.", optional=True,
                  when=_open, initial=lambda at: latest(at.incident, "lessons")),
            Field("finding", "Another finding", Takes.LINE, "What, when, where.", optional=True, when=_open),
        ),
        button="Findings…",
        told=_finding, make=_found, doubts=_doubts,
    ),
    Ask(
        "narrative", c.WriteNarrative, "Report in your words", "Write",
        tuple(_part(name, said, hint) for name, (said, hint) in _PARTS.items()), button="Report text…",
    ),
    Ask(
        "sign_report", c.SignReport, "Sign this report?", "Sign it", (carried("digest"),),
        button="Sign report…", told=_sign, shown=lambda incident, about: About(about.subject, incident.report.digest),
    ),
    Ask(
        "task", c.AddTask, "Add a task", "Add",
        (
            Field("title", "What is to be done", Takes.LINE, NEVER, option="", metavar="TITLE"),
            replace(_OWNER, initial=lambda _at: ME, optional=False),
            replace(_DUE, hint="Tasks without a due date block their step."),
            Field("step", "Step", Takes.ONE, option="--step", metavar="STEP", choices=_steps, initial=_usual_step,
                  optional=True, reads=lambda value: value or REMEDIATE),
        ),
        button="Add task…",
        help="Add a task: who does what by when. `bot answer` marks it done.",
        examples=("inc_ab12cd 'scan images in CI' --owner ada --due 2030-01-31",),
    ),
    Ask(
        "task_change", c.ChangeTask, "Change a task", "Change",
        (
            Field("task", "Task", Takes.ONE, option="", metavar="TASK", choices=_open_tasks,
                  initial=lambda at: at.about.subject),
            replace(_OWNER, hint=_AS_IT_WAS),
            replace(_DUE, hint=_AS_IT_WAS),
            why("Reason", f"Required to postpone. {NEVER}", optional=True),
        ),
        button="Change task…",
        help="Change a task's owner or due time. Postponing needs a reason.",
        examples=("inc_ab12cd t3 --due 2030-02-14 --note 'the scanner comes in February'",),
    ),
    Ask(
        "release_update", c.ReleaseUpdate, "Send this update", "Send",
        (
            Field("text", "Text", hint="An attacker may read it: name no key, no place, no method.",
                  initial=lambda at: draft_text(at.incident, at.about.subject), when=_unsent),
            _NUMBER,
        ),
        button="Read and send…", told=_update, about="audience", shown=_newest, sure=True,
    ),
    Ask(
        "skip_update", c.SkipUpdate, "Status update", "Skip",
        (why("Why not, or how they are told"), _NUMBER), told=_update, about="audience",
        shown=_newest, button="Skip update…",
    ),
)  # fmt: skip
