"""The forms behind the card's buttons whose names end in an ellipsis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from slack_sdk.models.blocks import Block, Option

from bot.incident import commands as c
from bot.incident.closing.open_items import OpenItem, acceptable, left_digest, open_items
from bot.incident.model import IfFailing, Right, Strategy
from bot.incident.narrative import latest
from bot.incident.new_value.promotion import promotion_words
from bot.incident.offers import Offer, settling, unblocked
from bot.incident.record.abuse import NO_ABUSE
from bot.incident.state import Incident
from bot.incident.steps.rules import waiting_steps
from bot.model.keys import NONE_OF_THESE
from bot.phrases.closing import declined_lines, deletion_words, reopening_words
from bot.phrases.marks import code, day_and_time, literal, shorten
from bot.phrases.notices import fact_lines
from bot.phrases.readers import reader_lines
from bot.phrases.report import WRITE_ANEW, to_read, unwritten, version_words
from bot.phrases.states import STRATEGIES, effect_now, old_words
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import OPTION_VALUE, option, section
from bot.slack.buttons import label_of
from bot.slack.modals.decisions import although, doubted
from bot.slack.modals.form import Form, the_secret
from bot.slack.modals.inputs import FEW, OPTION_TEXT, REASON, Entered, at, bullets, one_of, reason, some_of, words

NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""In place of a time that was not entered: the rules decline it."""
NARRATIVE = ("summary", "impact", "cause", "lessons")
KNOWN, UNKNOWN = "known", "unknown"
CLOSE_WRITES_ANEW = (
    "The incident is open: its close writes a new version, and this signature is not of that one. Sign that one, and "
    "this one too only where a signature is needed before."
)
OPEN_WORDS = 250
"""Characters of what is open, before the button behind which it is settled."""


# --- consent --------------------------------------------------------------------------------------------------------


def _reject(_incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    return [reason("Why not?", "Those who asked will read it.")]


def _strategy(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    other = STRATEGIES[Strategy(pressed.digest)]
    lines = [f"{code(secret.name)}: from *{STRATEGIES[secret.strategy]}* to *{other}*."]
    choice = []
    if pressed.digest == Strategy.OVERLAP:
        lines.append("The old value stays alive longer, so a second person must agree.")
        options = [option(each, _IF_FAILING[each]) for each in IfFailing]
        choice = [one_of("if_failing", "If consumers fail with the new value", options, initial=IfFailing.KEEP)]
    return [section(*lines, f"If revoked: {literal(effect_now(secret))}"), *choice, reason()]


_IF_FAILING = {
    IfFailing.KEEP: "Keep the old key, page, and let people decide",
    IfFailing.END: "End the old key all the same",
}


def _chosen(pressed: ButtonValue, said: Entered) -> c.ChooseStrategy:
    if_failing = IfFailing(said.choice("if_failing") or IfFailing.KEEP)
    return c.ChooseStrategy(pressed.subject, Strategy(pressed.digest), said.text("reason"), if_failing)


def _close(incident: Incident, _pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    if waiting_steps(incident):
        return _not_yet(incident, offers)
    left, declined = acceptable(incident), _declined(incident)
    if not left:
        return [section("Every step is over, and nothing is open. The log is kept, and old values are tried again "
                        f"after {incident.traits.looks_words}."), *declined]  # fmt: skip
    marked = [item for item in left if item.second]
    asked = f"A second person must agree, because of {'what is' if len(marked) > 1 else 'the one'} marked so. "
    options = [option(item.key, tick_words(item), SECOND if item.second else "") for item in left]
    whole = len(left) <= FEW and all(len(item.words) <= OPTION_TEXT for item in left)
    return [
        section("⚠️ *Not everything is done*"),
        *([] if whole else bullets(incident.id, [_left_words(item) for item in left])),
        some_of("accept", "This may stay as it is", options),
        *declined,
        section(f"{asked if marked else ''}All of it heads the report, under your name."),
        reason("Why may it stay?"),
    ]


SECOND = "Needs a second person"


def _left_words(item: OpenItem) -> str:
    return f"{literal(item.words)}{f' ({SECOND[0].lower()}{SECOND[1:]})' if item.second else ''}"


def _declined(incident: Incident) -> list[Block]:
    """The tasks that people declined: nothing asks for them any more, so whoever closes reads of them here."""
    lines = declined_lines(incident, OPEN_WORDS)
    return [section("*Not done, declined*"), *bullets(incident.id, lines)] if lines else []


def tick_words(item: OpenItem) -> str:
    """What is open in the room that an option has: its words are cut before its time, never the time."""
    if item.due is None or not item.untimed or item.untimed == item.words or len(item.words) <= OPTION_TEXT:
        return item.words
    until = f", {item.until} {item.due:%Y-%m-%d %H:%M} UTC"
    return f"{item.untimed[: OPTION_TEXT - len(until) - 1]}…{until}"


def _not_yet(incident: Incident, offers: Sequence[Offer]) -> list[Block]:
    """While steps wait: all that is open, each with the button behind which it is settled."""
    lines = [
        f"{shorten(literal(item.words), OPEN_WORDS)}{_behind(incident, item, offers)}" for item in open_items(incident)
    ]
    return [
        section("*Not yet*: each step is done first, or skipped with a reason. What is open besides can then be "
                "accepted here by name, with a reason, if it has to stay so."),
        *bullets(incident.id, lines),
    ]  # fmt: skip


def _behind(incident: Incident, item: OpenItem, offers: Sequence[Offer]) -> str:
    if item.settled_by is c.CompleteStep:
        return ": *Steps…* on the card"
    behind = unblocked(settling(item, offers))
    return f": *{label_of(incident, behind[0])}*" if behind else ""


def _attest(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    return [
        section(
            f"{code(secret.name)}: old value {old_words(secret)}.",
            "Attest only what you have seen with your own eyes. Your name stands in the report instead of a proof.",
        ),
        reason("What did you see, and where?"),
    ]


def _roll_back(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    return [
        section(
            f"⏪ *{code(secret.name)}: the OLD value serves production again*.",
            "Whoever has it can use it all that time. The new value stays staged: retry puts it in place again. People "
            "are woken if the old one is still in use after an hour.",
        ),
        reason("Why is that better than to end it?"),
    ]


def _abuse(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    lines = (
        f"{code(secret.name)}: whoever has the old value is *using it*.",
        "An overlap ends with that: kill first.",
    )
    return [section(*lines), words("text", "What was seen: who, when, what for?")]


# --- what people know -----------------------------------------------------------------------------------------------


def _choose_key(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    options: list[Option] = []
    for key in secret.old.candidates:
        made = f"made {key.created_at:%Y-%m-%d %H:%M} UTC" if key.created_at else "age unknown"
        used = f", last used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else ""
        if len(key.id) <= OPTION_VALUE:
            looks = "looks like " if key.by_looks else ""
            described = key.hint if key.id == NONE_OF_THESE.id else made + used
            name = key.name if key.id == NONE_OF_THESE.id else f"{looks}{key.name or key.id} {key.hint}".strip()
            options.append(option(key.id, name, described))
    if not options:
        return [section("The provider lists no key that this value can be.")]
    warning = "The wrong key is an outage, and the right one stays alive. Compare the name and the ending."
    return [section(f"Which key is the old {code(secret.name)}? {warning}"), one_of("key", "Key", options)]


def _choose_scopes(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    return [
        section(
            f"The old rights of {code(secret.name)} could not be read ({literal(secret.old.snapshot_missing)}).",
            "Name the new key's rights: none at all would mean every right. A second person must agree.",
        ),
        words("scopes", "Rights, one a line"),
    ]


def _use_value(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    lines = [f"{words[:1].upper()}{words[1:]}." for words in promotion_words(incident, secret)]
    made = f", fingerprint {code(secret.new.fingerprint)}" if secret.new.staged else ""
    return [section(f"New {code(secret.name)}{made}", *map(literal, lines)), reason("Why it may be used all the same")]


def _refuse_value(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    secret = the_secret(incident, pressed)
    brought = f"It was handed over by {literal(secret.new.submitted_by)}. Another one is awaited then."
    return [section(f"New {code(secret.name)}, fingerprint {code(secret.new.fingerprint)}", brought), reason()]


def _scopes(entered: Entered) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entered.text("scopes").replace(",", " ").split()))


def _finding(incident: Incident, _pressed: ButtonValue, offers: Sequence[Offer]) -> list[Block]:
    kinds = [
        option("finding", "Finding", "Something seen: when, where, by whom"),
        option("impact", "Impact", "What could be done with it, by whom, since when"),
        option("root-cause", "Root cause", "What made the leak possible"),
        option("no-abuse", "No abuse seen", "Where that was looked for, from when to when"),
        option("abuse-unknown", "Abuse unknown", "Why nobody can tell"),
    ]
    taken = {offer.subject for offer in unblocked(offers, c.RecordFinding)}
    shown = [kind for kind in kinds if kind.value in taken]
    if not shown:
        return [section("This incident is closed. Reopen it to record a finding.")]
    return [
        one_of("what", "Kind", shown, initial="finding"),
        *(although(incident) if NO_ABUSE in taken else []),
        words("text", "What is known", hint="Times in UTC."),
    ]


def _impact(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    """With what is recorded, to be written on: the report tells the last one."""
    said = next((each for each in reversed(incident.statements) if each.what == "impact"), None)
    recorded = [section(f"{literal(said.by.name)} recorded this {day_and_time(said.by.at)}. The report tells what you "
                        "hand in in its place; the timeline keeps both.")] if said is not None else []  # fmt: skip
    hint, before = "Whose data, what cost. Times in UTC.", said.text if said is not None else ""
    known = section("*What the log knows*", *(f"• {fact}" for fact in _facts(incident)))
    return [
        known,
        *recorded,
        words("text", "What could be done with it, by whom, since when?", hint=hint, initial=before),
    ]


def _facts(incident: Incident) -> Iterator[str]:
    """What the keys open, since when they stood open, and who read them: what an impact rests on, as phrases."""
    yield from fact_lines(incident, readers=False)
    if incident.exposed_at is not None:
        yield f"exposed since {day_and_time(incident.exposed_at)}"
    yield from reader_lines(incident)


def _root_cause(_incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    known = [
        option(KNOWN, "Known", "What made the leak possible"),
        option(UNKNOWN, "Unknown, because …", "What was looked at"),
    ]
    return [one_of("known", "Root cause", known), words("text", "In a sentence or two")]


def _caused(said: Entered) -> c.RecordFinding:
    text = said.text("text")
    unknown = said.choice("known") == UNKNOWN and text.strip()
    return c.RecordFinding("root-cause", f"Unknown, because: {text}" if unknown else text)


def _narrative(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    """The four parts as they are; the log's facts are not people's to write."""
    hints = {
        "summary": "What happened, for somebody who was not there.",
        "impact": "What could be done with it, by whom, since when; whose data.",
        "cause": "What made the leak possible.",
        "lessons": "What goes differently the next time.",
    }
    said = {"summary": "summary", "impact": "impact", "cause": "root-cause", "lessons": "lessons"}
    return [
        words(name, name.capitalize(), hint=hint, initial=latest(incident, said[name]), optional=True)
        for name, hint in hints.items()
    ]


def _sign(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    """The version that is there now, with where it can be read."""
    report = incident.report
    anew = f"⚠️ Text was recorded since that this report does not hold: first press *{WRITE_ANEW}*."
    return [
        section(
            anew if unwritten(incident) else "",
            f"You sign {version_words(report)}. Read it first: you stand for this version alone.",
            f"📄 {to_read(report)}",
            CLOSE_WRITES_ANEW if incident.open else "",
        )
    ]


def _exposed(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    return [
        at("since", "Exposed since", initial=incident.exposed_at, hint="The report goes by it.", optional=False),
        reason("How do you know?"),
    ]


def _note(_incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    return [words("text", "Note")]


def _reopen(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    return [section(reopening_words(incident)), reason()]


def _page_again(_incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    return [section("Wakes on-call now. The pager is not told the reason."), reason()]


def _skip(incident: Incident, pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    step = incident.step(pressed.subject)
    told = deletion_words(incident, pressed.subject)
    about = [section(f"*{literal(step.definition.title)}*", *filter(None, [literal(told)]))] if step is not None else []
    return [*about, reason()]


PLAIN_FORMS: tuple[Form, ...] = (
    Form(ActionId.STEP_SKIP, "Skip this step", "Skip", _skip,
         lambda pressed, said: c.SkipStep(pressed.subject, said.text("reason"), pressed.digest), REASON),
    Form(ActionId.REJECT, "Reject the plan", "Reject", _reject,
         lambda pressed, said: c.RejectPlan(pressed.digest, said.text("reason")), REASON),
    Form(ActionId.REJECT_PROPOSAL, "Disagree", "Disagree", _reject,
         lambda pressed, said: c.RejectProposal(pressed.number, said.text("reason"), pressed.digest), REASON),
    Form(ActionId.STRATEGY, "Change the strategy", "Change", _strategy, _chosen, REASON),
    Form(ActionId.CLOSE, "Close the incident", "Close", _close,
         lambda pressed, said: c.Close(said.text("reason"), said.choices("accept"), pressed.digest), REASON,
         shown=lambda incident, pressed: replace(pressed, digest=left_digest(acceptable(incident))),
         ready=lambda incident: not waiting_steps(incident), takes=Right.COMMAND),
    Form(ActionId.REOPEN, "Reopen the incident", "Reopen", _reopen,
         lambda _pressed, said: c.Reopen(said.text("reason")), REASON, takes=Right.COMMAND),
    Form(ActionId.PAGE_AGAIN, "Page again", "Page", _page_again,
         lambda _pressed, said: c.PageAgain(said.text("reason")), REASON),
    Form(ActionId.ATTEST, "Attest it dead", "Attest", _attest,
         lambda pressed, said: c.AttestDeath(pressed.subject, said.text("reason")), REASON, takes=Right.COMMAND),
    Form(ActionId.ROLL_BACK, "Roll back", "Roll back", _roll_back,
         lambda pressed, said: c.RollBack(pressed.subject, said.text("reason")), REASON),
    Form(ActionId.ABUSE, "Abuse seen", "Record", _abuse,
         lambda pressed, said: c.RecordAbuse(pressed.subject, said.text("text")), ("text",)),
    Form(ActionId.CHOOSE_KEY, "Choose the key", "This one", _choose_key,
         lambda pressed, said: c.ChooseCandidate(pressed.subject, said.choice("key"))),
    Form(ActionId.CHOOSE_SCOPES, "Choose rights", "Use these", _choose_scopes,
         lambda pressed, said: c.ChooseScopes(pressed.subject, _scopes(said)), ("scopes",)),
    Form(ActionId.USE_VALUE, "Use the new value", "Use it", _use_value,
         lambda pressed, said: c.UseValue(pressed.subject, said.text("reason"), pressed.digest), REASON),
    Form(ActionId.REFUSE_VALUE, "Refuse the new value", "Refuse it", _refuse_value,
         lambda pressed, said: c.RefuseValue(pressed.subject, said.text("reason"), pressed.digest), REASON),
    Form(ActionId.EXPOSED, "Exposed since", "Record", _exposed,
         lambda _pressed, said: c.RecordExposure(said.time("since") or NO_TIME, said.text("reason")), REASON),
    Form(ActionId.NOTE, "Add a note", "Add", _note, lambda _pressed, said: c.AddNote(said.text("text")), ("text",)),
    Form(ActionId.IMPACT, "Record the impact", "Record", _impact,
         lambda _pressed, said: c.RecordFinding("impact", said.text("text")), ("text",)),
    Form(ActionId.ROOT_CAUSE, "Record the root cause", "Record", _root_cause,
         lambda _pressed, said: _caused(said), ("text",)),
    Form(ActionId.NARRATIVE, "Report in your words", "Write", _narrative,
         lambda _pressed, said: c.WriteNarrative(*(said.text(name) for name in NARRATIVE)), NARRATIVE),
    Form(ActionId.SIGN_REPORT, "Sign this report?", "Sign it", _sign,
         lambda pressed, _said: c.SignReport(pressed.digest),
         shown=lambda incident, pressed: replace(pressed, digest=incident.report.digest)),
    Form(ActionId.FINDING, "Record a finding", "Record", _finding,
         lambda _pressed, said: c.RecordFinding(said.choice("what"), said.text("text")), ("text",),
         doubts=lambda said: doubted(said, "what")),
)  # fmt: skip
