"""What four leaked keys, or a whole `.env`, ask of people in Slack, from the declaration to the signed report:

    uv run python -m tests.slack.walk [13]

plays an incident through the card and the forms as Slack shows them, and prints what people pressed, opened, filled in
and read. A press is a tap on a button; a field is one that someone typed into or chose in; a line is read once by each
person, labels, hints and options too, and the card as far as the button that is pressed. What is done at a console or
a terminal is not counted. `tests/slack/test_what_it_takes.py` holds the counts as upper limits.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from bot.app.files import Files
from bot.data_files import shipped
from bot.drill.fakes.slack.limits import check_message, check_view
from bot.drill.fakes.slack.reading import texts
from bot.inbox.resolve import Resolver
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.approval.basis import KILLS_BY_ONE
from bot.incident.declaration.consequences import Foreseen, foresee
from bot.incident.model import BOT, Actor, Right
from bot.incident.operations import Op
from bot.model.reads import Read
from bot.model.timings import Timings
from bot.people import People, Person
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.blocks import to_json
from bot.slack.incident_card import incident_card
from bot.slack.listeners.buttons import COMMANDS
from bot.slack.listeners.forms import FORMS
from bot.slack.listeners.looks import LOOKS, steps_of
from bot.slack.modals import answers, declare, notices
from bot.slack.modals.answers import reads_of
from bot.slack.modals.draft import Draft, declaration, named, read
from bot.slack.modals.inputs import Entered
from tests.slack.states import HEAD
from tests.support.incidents import START, Story, World

FOUR = ("aws-access-key", "database-url", "sendgrid-api-key", "stripe-secret-key")
THIRTEEN = (
    *FOUR, "supabase-service-key", "redis-url", "openai-api-key", "elevenlabs-api-key",
    "slack-webhook-url", "slack-bot-token", "pagerduty-api-key", "twilio-auth-token", "github-token",
)  # fmt: skip
"""All that the example's catalog can replace and that is no public key: a `.env` that leaked whole."""
LAPTOP = "arn:aws:iam::111122223333:user/contractor-laptop"
FORM_OF = {form.act: form for form in FORMS}
DANA = Person("dana", slack="U1", rights=frozenset({Right.RESPOND, Right.COMMAND}))
ELI = Person("eli", slack="U2", rights=frozenset(Right))
PEOPLE = People((DANA, ELI))


class Outside(World):
    """The functions that the catalog names read each value, and so did a contractor's laptop."""

    def __init__(self) -> None:
        super().__init__()
        self.key_reads = ()

    def answer(self, incident, claim):
        made = super().answer(incident, claim)
        if claim.op is Op.CAPTURE and claim.subject == "stripe-secret-key":
            return dataclasses.replace(made, hint="sk_live_…a0a2")
        if claim.op is Op.CHECK_SIBLINGS:  # the ones that a person replaced are asked with their new key
            return dataclasses.replace(made, probes=tuple(dataclasses.replace(p, liveness="live") for p in made.probes))
        if claim.op is not Op.USAGE:
            return made
        secret = incident.secrets[claim.subject]
        roles = [
            f"arn:aws:sts::111122223333:assumed-role/{one.function}/{one.function}" for one in secret.entry.consumers
        ]
        reads = [
            Read(START, who, "192.0.2.1", "cli", "GetParameter", secret.entry.main.parameter)
            for who in (*roles, LAPTOP)
        ]
        return e.UsageRead(
            claim.number, claim.subject, "CloudTrail", START, incident.last_at, tuple(reads), (), False,
            ours=dict.fromkeys(roles, "a function's own role"),
        )  # fmt: skip


@dataclass
class Counts:
    """What people had to do; `settled` tells how: by the facts, in bulk, or each by itself."""

    presses: int = 0
    forms: int = 0
    fields: int = 0
    words: int = 0
    settled: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        how = ", ".join(f"{number} {word}" for word, number in sorted(self.settled.items()))
        return f"{self.presses} presses, {self.forms} forms, {self.fields} fields, {self.words} words; {how}"


class Walk:
    """One incident of these secrets, and what two people make of it. `trail` tells each thing that they did."""

    def __init__(self, secrets=FOUR, environment="production") -> None:
        files = Files(SimpleNamespace(playbooks=shipped("playbooks"), host_urls={}, production=False, templates=None,
                                      security_channel=None, rotation_channel=None))  # fmt: skip
        self.catalog = files.loaded.catalog
        self.resolver = Resolver(
            None, self.catalog, files.playbooks, Timings(), files.freeze, obligations=files.obligations
        )
        self.environment, self.secrets = environment, secrets
        self.story = Story(world=Outside())
        self.counts, self.trail = Counts(), []
        self.until_dead = None
        self.top: dict[str, Any] | None = None
        self._read: dict[str, set[str]] = defaultdict(set)

    @property
    def incident(self):
        return self.story.incident

    # What they see.

    def card(self):
        blocks = to_json(incident_card(self.incident, self.story.now, HEAD))
        assert check_message(blocks) == []
        return blocks

    def reads(self, who, document) -> None:
        """The lines of it that this person has not read yet."""
        seen = self._read[who.name]
        for text in texts(document):
            for line in text.splitlines():
                if line not in seen:
                    seen.add(line)
                    self.counts.words += len([word for word in line.split() if any(map(str.isalnum, word))])

    def glance(self, who, action="", subject=None):
        """The card as far as the button; its value."""
        for number, block in enumerate(blocks := self.card()):
            pressed = [each for each in _buttons(block) if _fits(each, action, subject)]
            if pressed:
                self.reads(who, blocks[: number + 1])
                return pressed[0]
        raise LookupError(f"{action} {subject}: not on the card, which has {_labels(blocks)}")

    # What they do.

    def press(self, who, action, subject=None) -> None:
        """On the form on top, else on the card."""
        if self.top is None:
            found = self.glance(who, action, subject)
        else:
            found = next(
                (b for block in self.top["blocks"] for b in _buttons(block) if _fits(b, action, subject)), None
            )
            assert found is not None, f"{action} {subject}: not in {_labels(self.top['blocks'])}"
        self.counts.presses += 1
        self.trail.append(f"{who.name} presses {found['text']['text']}")
        pressed = ButtonValue.decode(found["value"], who.slack)
        if (make := COMMANDS.get(action)) is not None:
            self.give(who, [make(pressed)])
            self.top = None
            return
        self.shows(who, self.drawn(who, action, pressed))

    def drawn(self, who, action, pressed):
        incident, now = self.incident, self.story.now
        if action == ActionId.TAKE_STEPS:
            self.story.do(c.TakeTodo(pressed.subject), Actor(who.name, who.rights))
            draw, about = steps_of(pressed)
            return draw(self.incident, dataclasses.replace(about, name=who.name), now, "")
        if action in LOOKS:
            return LOOKS[action](incident, dataclasses.replace(pressed, name=who.name), now, "")
        if action == ActionId.ANSWER:
            return answers.answers_form(incident, pressed, now, reads_of(incident, self.story.log))
        if action == ActionId.NOTIFICATION:
            return notices.notices_form(incident, pressed, now)
        return FORM_OF[action].view(incident, pressed, now)

    def shows(self, who, view) -> None:
        assert check_view(view) == []
        self.counts.forms += 1
        self.top = view
        self.trail.append(f"  {view['title']['text']}, {len(list(texts(view)))} texts")
        self.reads(who, view)

    def close(self) -> None:
        """The form is put away, which is a press too."""
        self.counts.presses += 1
        self.top = None

    def submit(self, who, values) -> None:
        """Fills the form on top in, and sends it; `values` are by block id, or by the beginning of one."""
        state = {}
        for block in self.top["blocks"]:
            name = block.get("block_id", "")
            if block["type"] != "input":
                continue
            value = next((v for key, v in values.items() if name == key or name.startswith(f"{key}|")), None)
            state[name] = {"x": _state(block["element"], value)}
            if value is not None:
                self.counts.fields += 1
        entered, self.counts.presses = Entered(state, PEOPLE), self.counts.presses + 1
        self.trail.append(f"{who.name} sends {self.top['submit']['text']}")
        self._sent(who, entered)

    def _sent(self, who, entered) -> None:
        act, note, top = self.top["callback_id"], self.top["private_metadata"], self.top
        self.top = None
        incident, now = self.incident, self.story.now
        if act == ActionId.DECLARE:
            return
        pressed = ButtonValue.decode(note, who.slack)
        if act == ActionId.ANSWER:
            assert not (wrong := answers.mistakes(incident, entered, now)), wrong
            reads = reads_of(incident, self.story.log)
            after = answers.following(incident, entered, now, pressed.subject, reads)
            self.give(who, answers.command(incident, entered, now))
            if after is not None:
                self.shows(who, after)
            return
        if act == ActionId.NOTIFICATION:
            assert not (wrong := notices.mistakes(incident, entered, {}, who.name)), wrong
            self.give(who, notices.commands(incident, entered))
            return
        form = FORM_OF[top["callback_id"]]
        assert not (wrong := form.ask.mistakes(entered)), wrong
        self.give(who, form.commands(pressed, entered))

    def give(self, who, commands) -> None:
        for body in commands:
            rows = len(body.rows) if isinstance(body, c.Settle) else 1
            self.counts.settled["in bulk" if rows > 1 else "decided"] += rows
            events = self.story.do(body, Actor(who.name, who.rights))
            refused = [each.reason for each in events if isinstance(each, e.CommandRefused)]
            assert not refused, (body, refused)

    def goes_on(self, seconds=90.0) -> None:
        """The bot works, and time passes."""
        self.story.work(until=self.story.now + timedelta(seconds=seconds))
        dead = self.incident.secrets and all(secret.gone for secret in self.incident.secrets.values())
        if dead and self.until_dead is None:
            self.until_dead = Counts(self.counts.presses, self.counts.forms, self.counts.fields, self.counts.words,
                                     Counter(self.counts.settled))  # fmt: skip

    def settles_by_facts(self) -> None:
        """Counts what people were not asked, because the bot knew."""
        steps = [each.ended for each in self.incident.steps]
        checks = [each.ended for secret in self.incident.secrets.values() for each in secret.checks.values()]
        readers = [each.by for each in self.incident.readers.values()]
        every = (*steps, *checks, *readers)
        self.counts.settled["by facts"] = sum(each is not None and each.name == BOT.name for each in every)

    # The beginning.

    def declares(self, who) -> None:
        draft = Draft(environment=self.catalog.usual)

        def foreseen(draft):
            if not named(draft, self.catalog):
                return Foreseen()
            return foresee(self._declared(draft, who), KILLS_BY_ONE, {})

        def propose(name, environment, public):
            return self.resolver.proposal(name, environment, public=public)

        self.shows(who, declare.declaration_form(draft, self.catalog, propose, foreseen(draft), 900))
        chosen = {"secrets": list(self.secrets), "how_noticed": "A customer found them on a public paste page"}
        entered = Entered({name: {"x": _state({"type": "external"} if name == "secrets" else {}, value)}
                           for name, value in chosen.items()}, PEOPLE)  # fmt: skip
        draft = read(entered, self.top["private_metadata"])
        draft = type(draft)(environment=self.environment, secrets=tuple(self.secrets), how_noticed=draft.how_noticed)
        self.top = declare.declaration_form(draft, self.catalog, propose, foreseen(draft), 900)
        self.reads(who, self.top)
        self.submit(who, chosen)
        declared = self._declared(draft, who)
        self.story.do(declared.body, declared.actor)
        self.counts.settled["decided"] += 1

    def _declared(self, draft, who):
        made = declaration(draft, self.catalog)
        wanted = tuple(self.resolver.wanted(choice, made, planned=False, comes=True) for choice in made.secrets)
        body = self.resolver.declared("inc_w5224j", made, wanted, self.story.now)
        return c.Envelope("c0", self.story.now, Actor(who.name, who.rights), body)


# What two people do, in the order in which the card asks for it.


LOOKED = "Looked at the consoles and their logs since the leak: nothing of a stranger"


def walk(secrets=FOUR) -> Walk:
    """Dana declares, revokes by hand and answers; Eli decides and signs."""
    on = Walk(secrets)
    on.declares(DANA)
    on.goes_on()
    while left := by_hand(on.incident):
        on.press(DANA, ActionId.TAKE_STEPS, f"by-hand:{left[0]}")
        on.story.world.killed.add(left[0])
        on.press(DANA, ActionId.REVOKED)
        on.story.do(c.AnnounceSubmission(left[0], "0" * 16), Actor(DANA.name, DANA.rights))  # at a terminal
        on.goes_on()
    while on.incident.request is not None:
        on.press(ELI, ActionId.APPROVE)
        on.submit(ELI, {})
        on.goes_on()
    for secret in [each for each in on.incident.secrets.values() if each.made_by_person and not each.in_place]:
        on.press(DANA, ActionId.TAKE_STEPS, f"new-key:{secret.name}")
        on.close()
        on.story.do(c.AnnounceSubmission(secret.name, "0" * 16), Actor(DANA.name, DANA.rights))  # at a terminal
        on.goes_on()
    answers_all(on, DANA)
    on.press(ELI, ActionId.NOTIFICATION)
    on.submit(
        ELI, {"all": "not-required", "who": "Kim Lee, counsel", "why": "No data was read, by the providers' logs"}
    )
    on.press(DANA, ActionId.FINDING)
    on.submit(DANA, {"seen": "no-abuse", "text": LOOKED, "cause": "A contractor pasted the .env file",
                     "impact": "They could read customers' data and take payments",
                     "lessons": "Contractors get keys of their own, for development alone"})  # fmt: skip
    on.goes_on()
    answers_all(on, DANA)  # the steps, and then their tasks with the last step, once there is a report
    on.press(DANA, ActionId.REPORT)
    on.goes_on()
    answers_all(on, DANA)
    on.press(DANA, ActionId.CLOSE)
    on.submit(DANA, {})
    on.goes_on()
    on.press(ELI, ActionId.SIGN_REPORT)
    on.submit(ELI, {})
    on.settles_by_facts()
    return on


def by_hand(incident):
    return [secret.name for secret in incident.secrets.values() if secret.revoked_by_person and not secret.gone]


def answers_all(on, who) -> None:
    """Page after page, until none follows: what can be answered for all at once is."""
    on.press(who, ActionId.ANSWER)
    while on.top is not None:
        of_all = {name: _outcome(block) for name, block in rows_of(on, "all").items()}
        rows = rows_of(on, "answer").items()
        single = {name: _outcome(block) for name, block in rows if f"all|{_kind(block)}" not in of_all}
        notes = {b["block_id"]: LOOKED for b in on.top["blocks"] if b.get("block_id", "").endswith("note")}
        on.submit(who, {**of_all, **single, **notes})
    on.goes_on()


def rows_of(on, kind):
    """The fields of the form on top whose block ids begin like this."""
    return {b["block_id"]: b for b in on.top["blocks"] if b.get("block_id", "").startswith(f"{kind}|")}


def _kind(block) -> str:
    offered = {each["value"] for each in block["element"]["options"]}
    kinds = {"explained": "reader", "handled": "check", "purged": "copy", "declined": "task", "skipped": "step"}
    return next(kind for word, kind in kinds.items() if word in offered)


def _outcome(block) -> str:
    offered = [each["value"] for each in block["element"]["options"]]
    if "explained" in offered and "laptop" in block["label"]["text"]:
        return "explained"
    return offered[0]


def _buttons(block):
    found = [*(block.get("elements") or ()), *filter(None, [block.get("accessory")])]
    return [each for each in found if each.get("type") == "button" and "value" in each]


def _fits(button, action, subject) -> bool:
    if button["action_id"] != action:
        return False
    return subject is None or json.loads(button["value"]).get("subject", "") == subject


def _labels(blocks):
    return [(each["text"]["text"], each["action_id"]) for block in blocks for each in _buttons(block)]


def _state(element, value) -> dict[str, Any]:
    """What Slack says that a field holds: what was put in, else what stood there."""
    if isinstance(value, list):
        return {"selected_options": [{"value": each} for each in value]}
    if value is None:
        first = element.get("initial_option")
        return {"selected_option": first, "value": element.get("initial_value")}
    if element.get("type") in {"radio_buttons", "static_select"}:
        offered = {each["value"] for each in element.get("options", ())}
        return {"selected_option": {"value": value} if value in offered else None}
    return {"selected_user": value} if element.get("type") == "users_select" else {"value": value}


def main(arguments: list[str]) -> None:
    on = walk(THIRTEEN if arguments == ["13"] else FOUR)
    print("\n".join(on.trail))
    print(f"\nUntil all keys are dead: {on.until_dead}\nIn all: {on.counts}")


if __name__ == "__main__":
    main(sys.argv[1:])
