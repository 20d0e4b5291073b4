"""The forms behind “Severity…”, “Abuse…”, “Hold revocations…” and “Resume revocations…”."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.inbox import PersonCommand
from bot.incident import commands as c
from bot.incident.hold import under_way
from bot.incident.model import Right, Severity
from bot.incident.offers import Offer
from bot.incident.overlap.rules import overlapping
from bot.incident.record.abuse import ABUSE_UNKNOWN, NO_ABUSE, abuse_said, abused
from bot.incident.severity import by_facts, severity
from bot.incident.state import Incident, SecretState
from bot.phrases.hold import hold_words
from bot.phrases.marks import code, literal
from bot.phrases.readers import use_against
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import option, section
from bot.slack.modals.form import Form
from bot.slack.modals.inputs import Entered, one_of, some_of, words

LEVELS = {
    Severity.SEV1: "Payment or children's data, abuse seen, or personal data in public",
    Severity.SEV2: "Otherwise: personal data, exposed in public, or the product stops",
    Severity.SEV3: "None of these",
}
TOLD = (
    "The first level that fits counts. What you set is told in the thread, and stands among the report's decisions "
    "under your name."
)
SHOWN_ON_TOP = "Stands on top of the card and the report. Never a secret, not even in part."
_YES = "yes|"
ALTHOUGH = "although"
ALSO = "also"
"""The other keys whose abuse was seen, beside the one that *Yes* names."""


def _severity(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    now, (usual, fact), chosen = severity(incident), by_facts(incident), incident.severity
    lines = [f"*{now.words}*, because {literal(fact)}."]
    if chosen is not None:
        lines = [
            f"*{now.words}*, set by {literal(chosen.by.name)}: {literal(chosen.reason)}",
            f"By its facts it is {usual.words}: {literal(fact)}.",
        ]
    options = [option(each, each.words, LEVELS[each]) for each in Severity]
    return [section(*lines, TOLD), one_of("severity", "Severity", options, initial=now), words("reason", "Reason")]


def _abuse(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    said, names = abuse_said(incident), abused(incident)
    lines = ["*Has anybody used what leaked?* Look in the providers' logs, from when it got out until it was dead."]
    if names:
        lines.append(f"Seen: {', '.join(code(name) for name in names)}.")
    elif said is not None:
        lines.append(f"{literal(said.by.name)} said: {literal(said.text)}")
    left = {name: secret for name, secret in incident.secrets.items() if name not in names}
    options = [
        option(NO_ABUSE, "No", "You looked and saw none; say where, from when to when"),
        option(ABUSE_UNKNOWN, "Unknown", "Nobody can tell; say why"),
        *(option(f"{_YES}{name}", f"Yes: {secret.entry.title}", _ends(secret)) for name, secret in left.items()),
    ]
    initial = said.what if said is not None else ""
    more = [option(name, secret.entry.title) for name, secret in left.items()]
    others = [some_of(ALSO, "If Yes: which other keys too?", more, optional=True)] if len(more) > 1 else []
    return [
        section(*lines),
        one_of("seen", "Abuse seen", options, initial=initial),
        *others,
        *(although(incident) if not names else []),
        words("text", "What you looked at, or what was seen"),
    ]


def _ends(secret: SecretState) -> str:
    """What is said beside a key whose overlap ends with it; nothing beside the others."""
    overlaps = overlapping(secret) and not (secret.gone or secret.old.revoked_at or secret.revoked_by_person)
    return "Its overlap ends: kill first" if overlaps else ""


def although(incident: Incident) -> list[Block]:
    """What speaks against that nobody was seen to use it, with a box for whoever records that all the same."""
    against = use_against(incident)
    if not against:
        return []
    box = option("yes", "Record it all the same", "Say below why that is no abuse")
    return [section(f"⚠️ {against}."), some_of(ALTHOUGH, "If you answer No", [box], optional=True)]


def doubted(entered: Entered, field: str) -> dict[str, str]:
    """That no abuse was seen is asked once more where `although` has named what speaks against it."""
    if entered.choice(field) != NO_ABUSE or ALTHOUGH not in entered.values or entered.choices(ALTHOUGH):
        return {}
    return {ALTHOUGH: "Something speaks against No, as is written above. Tick this to record it all the same."}


def _set(said: Entered) -> PersonCommand:
    return c.SetSeverity(Severity(said.choice("severity") or Severity.SEV1), said.text("reason"))


def _seen(said: Entered) -> PersonCommand | Sequence[PersonCommand]:
    seen, text = said.choice("seen"), said.text("text")
    if seen.startswith(_YES):
        names = dict.fromkeys((seen.removeprefix(_YES), *said.choices(ALSO)))
        return tuple(c.RecordAbuse(name, text) for name in names)
    return c.RecordFinding(seen, text)


def _doubts(said: Entered) -> dict[str, str]:
    """Keys that are ticked beside another answer than Yes: one of both is not meant."""
    if said.choices(ALSO) and not said.choice("seen").startswith(_YES):
        return {ALSO: "These are for Yes: choose Yes above, or tick none."}
    return doubted(said, "seen")


def _hold(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    return [
        section(
            "*Nothing is revoked from now on*: by plan, at the end of an overlap, or by broken glass. Leaked keys go "
            "on working. Two people resume it.",
            f"Under way, and not called back: {', '.join(code(name) for name in under_way(incident)) or 'nothing'}.",
        ),
        words("reason", "Reason", lines=False, hint=SHOWN_ON_TOP),
    ]


def _resume(incident: Incident, _pressed: ButtonValue, _offers: Sequence[Offer]) -> list[Block]:
    said = literal(hold_words(incident)) or "Revocations are not held."
    return [
        section(f"*{said}*", "A second person must agree. What was approved before is revoked at once then."),
        words("reason", "Reason", lines=False, hint=SHOWN_ON_TOP),
    ]


DECISION_FORMS: tuple[Form, ...] = (
    Form(ActionId.HOLD, "Hold all revocations", "Hold", _hold,
         lambda _pressed, said: c.HoldRevocations(said.text("reason")), ("reason",), takes=Right.COMMAND),
    Form(ActionId.RESUME, "Resume revocations", "Propose", _resume,
         lambda _pressed, said: c.ResumeRevocations(said.text("reason")), ("reason",)),
    Form(ActionId.SEVERITY, "Severity", "Set", _severity,
         lambda _pressed, said: _set(said), ("reason",)),
    Form(ActionId.ABUSE_SEEN, "Abuse seen?", "Record", _abuse, lambda _pressed, said: _seen(said), ("text",),
         doubts=_doubts),
)  # fmt: skip
