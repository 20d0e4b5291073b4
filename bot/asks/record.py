"""What people write down: notes, findings, impact and cause, tasks, status updates, and the report's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.asks.ask import (
    ME,
    NEVER,
    QUOTED,
    About,
    Ask,
    Asking,
    Choice,
    Field,
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
from bot.incident.record.abuse import ABUSE_UNKNOWN, NO_ABUSE, abuse_said, abused
from bot.incident.state import Incident, SecretState
from bot.incident.updates.rules import OWNER, audience_named, fitting, not_reached, state_of
from bot.phrases.marks import channel, code, day_and_time, literal
from bot.phrases.notices import fact_lines
from bot.phrases.readers import reader_lines, use_against
from bot.phrases.report import WRITE_ANEW, to_read, unwritten, version_words
from bot.phrases.times import listed
from bot.phrases.todos import about_task

REMEDIATE = "remediate"
_UTC = "Times in UTC."

# --- findings -------------------------------------------------------------------------------------------------------

ALTHOUGH, ALSO, YES = "although", "also", "yes|"
"""The box beside an answer that something contradicts, the other keys whose abuse was seen, and before the first."""
KINDS = (
    Choice("finding", "Finding", "Something seen: when, where, by whom"),
    Choice("impact", "Impact", "What could be done with it, by whom, since when"),
    Choice("root-cause", "Root cause", "What made the leak possible"),
    Choice(NO_ABUSE, "No abuse seen", "Where you looked, from when to when"),
    Choice(ABUSE_UNKNOWN, "Abuse unknown", "Why it is unknown"),
)


def _open_kinds(at: Asking) -> list[Choice]:
    taken = {offer.subject for offer in unblocked(at.offers, c.RecordFinding)}
    return [kind for kind in KINDS if kind.value in taken]


def _finding(at: Asking) -> Iterator[str]:
    if not _open_kinds(at):
        yield "This incident is closed. Reopen it to record a finding."
    elif against := use_against(at.incident):
        yield f"⚠️ Contradicts “no abuse seen”: {against}."


def _against(at: Asking) -> bool:
    return bool(use_against(at.incident))


def _abuse(at: Asking) -> Iterator[str]:
    said, names = abuse_said(at.incident), abused(at.incident)
    yield "*Did anybody use what leaked?* Look in the providers' logs, from the leak until the key was dead."
    if names:
        yield f"Seen: {', '.join(code(name) for name in names)}."
    elif said is not None:
        yield f"{literal(said.by.name)} said: {literal(said.text)}"
    if not names and (against := use_against(at.incident)):
        yield f"⚠️ Contradicts “No”: {against}."


def _unused(incident: Incident) -> Mapping[str, SecretState]:
    return {name: secret for name, secret in incident.secrets.items() if name not in abused(incident)}


def _seen(at: Asking) -> Sequence[Choice]:
    return (
        Choice(NO_ABUSE, "No", "You looked and saw none; say where, from when to when"),
        Choice(ABUSE_UNKNOWN, "Unknown", "Say why"),
        *(
            Choice(f"{YES}{name}", f"Yes: {each.entry.title}", _ends(each))
            for name, each in _unused(at.incident).items()
        ),
    )


def _ends(secret: SecretState) -> str:
    """What is said beside a key whose overlap ends with it; nothing beside the others."""
    overlaps = overlapping(secret) and not (secret.gone or secret.old.revoked_at or secret.revoked_by_person)
    return "Its overlap ends: it is revoked first" if overlaps else ""


def _others(at: Asking) -> Sequence[Choice]:
    more = [Choice(name, secret.entry.title) for name, secret in _unused(at.incident).items()]
    return more if len(more) > 1 else ()


def _as_said(at: Asking) -> str:
    said = abuse_said(at.incident)
    return said.what if said is not None else ""


def _abuse_made(_about: About, said: Said) -> Made:
    seen, text = said.choice("seen"), said.text("text")
    if seen.startswith(YES):
        names = dict.fromkeys((seen.removeprefix(YES), *said.choices(ALSO)))
        return tuple(c.RecordAbuse(name, text) for name in names)
    return c.RecordFinding(seen, text)


def _doubts(said: Said) -> dict[str, str]:
    """Keys that are ticked beside another answer than Yes: one of both is not meant."""
    if said.choices(ALSO) and not said.choice("seen").startswith(YES):
        return {ALSO: "These are for Yes: choose Yes above, or tick none."}
    return doubted(said, "seen")


def doubted(said: Said, field: str) -> dict[str, str]:
    """“No abuse seen” is asked again where the form has named what contradicts it: there is a box then."""
    asked = said.choice(field) == NO_ABUSE and said.asked(ALTHOUGH) and not said.choices(ALTHOUGH)
    return {ALTHOUGH: "The warning above contradicts “No”. Tick this to record it anyway."} if asked else {}


# --- impact, cause, and the report's words --------------------------------------------------------------------------


def _impact(at: Asking) -> Iterator[str]:
    """What the log knows, and who has recorded the impact before."""
    yield "*What the log knows*"
    yield from (f"• {fact}" for fact in _facts(at.incident))
    said = next((each for each in reversed(at.incident.statements) if each.what == "impact"), None)
    if said is not None:
        yield ""
        yield f"{literal(said.by.name)} recorded this {day_and_time(said.by.at)}. The report quotes the newest."


def _facts(incident: Incident) -> Iterator[str]:
    yield from fact_lines(incident, readers=False)
    if incident.exposed_at is not None:
        yield f"exposed since {day_and_time(incident.exposed_at)}"
    yield from reader_lines(incident)


def _caused(_about: About, said: Said) -> Made:
    text = said.text("text")
    unknown = said.choice("known") == "unknown" and text.strip()
    return c.RecordFinding("root-cause", f"Unknown, because: {text}" if unknown else text)


def _sign(at: Asking) -> Iterator[str]:
    """The version that is there now, with where it can be read."""
    report = at.incident.report
    if unwritten(at.incident):
        yield f"⚠️ This report does not hold the newest text: first press *{WRITE_ANEW}*."
    yield f"You sign {version_words(report)}. Read it first: your signature covers this version only."
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
        yield "No such update waits any more."
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


def _draft_text(at: Asking) -> str:
    draft = state_of(at.incident, at.about.subject).draft
    return fitting(draft.text.strip()) if draft is not None else ""


def _newest(incident: Incident, about: About) -> About:
    """With the number of the text that the form shows."""
    draft = state_of(incident, about.subject).draft
    return About(about.subject, str(draft.number)) if draft is not None else about


_LOOKED = Field("text", "What you looked at, or what was seen", hint=NEVER)
_ANYWAY = Field(
    ALTHOUGH, "If you answer No", Takes.SOME, optional=True, when=_against,
    choices=lambda _at: [Choice("yes", "Record it anyway", "Explain why that is no abuse")],
)  # fmt: skip
_PARTS = {
    "summary": ("summary", "What happened, for somebody who was not there."),
    "impact": ("impact", "What could be done with it, by whom, since when; whose data."),
    "cause": ("root-cause", "What made the leak possible."),
    "lessons": ("lessons", "What goes differently the next time."),
}


def _part(name: str, said: str, hint: str) -> Field:
    """A part of the report's text, as it is now."""
    return Field(
        name, name.capitalize(), hint=f"{hint} {NEVER}", optional=True, initial=lambda at: latest(at.incident, said)
    )


_AS_IT_WAS = "Leave empty to keep."
_OWNER = Field("owner", "Who does it", Takes.PERSON, option="--owner", metavar="NAME", optional=True)
_DUE = Field("due", "Due", Takes.TIME, option="--due", metavar="TIME", optional=True)
_NUMBER = Field("number", "", Takes.CARRIED, option="--number", metavar="N", reads=int)

RECORD_ASKS = (
    Ask("note", c.AddNote, "Add a note", "Add", (Field("text", "Note", hint=NEVER, option=""),), button="Note…"),
    Ask(
        "finding", c.RecordFinding, "Record a finding", "Record",
        (
            Field("what", "Kind", Takes.ONE, choices=_open_kinds, initial=lambda _at: "finding"),
            replace(_ANYWAY, label="If no abuse was seen"),
            Field("text", "What is known", hint=f"{_UTC} {NEVER}"),
        ),
        button="Finding…",
        told=_finding, make=lambda _about, said: c.RecordFinding(said.choice("what"), said.text("text")),
        doubts=lambda said: doubted(said, "what"),
    ),
    Ask(
        "abuse_seen", c.RecordFinding, "Abuse seen?", "Record",
        (
            Field("seen", "Abuse seen", Takes.ONE, choices=_seen, initial=_as_said),
            Field(ALSO, "If Yes: which other keys too?", Takes.SOME, choices=_others, optional=True),
            replace(_ANYWAY, when=lambda at: _against(at) and not abused(at.incident)),
            _LOOKED,
        ),
        button="Abuse…",
        told=_abuse, make=_abuse_made, doubts=_doubts,
    ),
    Ask(
        "impact", c.RecordFinding, "Record the impact", "Record",
        (
            Field("text", "What could be done with it, by whom, since when?",
                  hint=f"Whose data, what cost. {_UTC} {NEVER}", initial=lambda at: latest(at.incident, "impact")),
        ),
        button="Impact…",
        told=_impact, make=lambda _about, said: c.RecordFinding("impact", said.text("text")),
    ),
    Ask(
        "root_cause", c.RecordFinding, "Record the root cause", "Record",
        (
            Field("known", "Root cause", Takes.ONE, choices=lambda _at: [
                Choice("known", "Known", "What made the leak possible"),
                Choice("unknown", "Unknown, because …", "What was looked at"),
            ]),
            Field("text", "In a sentence or two", hint=NEVER),
        ),
        button="Root cause…",
        make=_caused,
    ),
    Ask(
        "narrative", c.WriteNarrative, "Report in your words", "Write",
        tuple(_part(name, said, hint) for name, (said, hint) in _PARTS.items()), button="Report text…",
    ),
    Ask(
        "sign_report", c.SignReport, "Sign this report?", "Sign it", (carried("digest"),),
        told=_sign, shown=lambda incident, about: About(about.subject, incident.report.digest),
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
        help="Add a task: who does what by when. `bot answer` says that it is done.",
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
        help="Give a task to somebody else, or another due time; a later one with a reason.",
        examples=("inc_ab12cd t3 --due 2030-02-14 --note 'the scanner comes in February'",),
    ),
    Ask(
        "release_update", c.ReleaseUpdate, "Status update", "Send",
        (
            Field("text", "Text", hint="An attacker may read it: no key, no place of the leak, nothing of how.",
                  option="--text", initial=_draft_text, when=_unsent),
            _NUMBER,
        ),
        help="Send the status update that waits, in the draft's words or your own.",
        examples=("inc_ab12cd stakeholders --text 'Logins fail now and then; we are on it. More at 11:00.'",),
        told=_update, about="audience", shown=_newest,
        make=lambda about, said: c.ReleaseUpdate(about.subject, number_in(about.seen), said.text("text")),
    ),
    Ask(
        "skip_update", c.SkipUpdate, "Status update", "Skip",
        (Field("reason", "Why not, or how they are told", hint=QUOTED), _NUMBER),
        help="Skip the status update that waits: they are told another way, or not at all.",
        examples=("inc_ab12cd 'owners ada' --note 'she sits beside me'",), told=_update, about="audience",
        shown=_newest,
        make=lambda about, said: c.SkipUpdate(about.subject, number_in(about.seen), said.text("reason")),
    ),
)  # fmt: skip
