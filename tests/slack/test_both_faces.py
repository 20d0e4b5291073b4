"""Every outcome of every kind of to-do: given in Slack's form and typed at a terminal, it is the same answer, which the
rules accept, and the JSON of the to-do names it.
"""

from dataclasses import replace
from datetime import timedelta

from bot.asks import ASKS
from bot.asks.ask import About, Takes
from bot.cli.asked import Typed
from bot.cli.documents import todo_document
from bot.cli.todo import matching
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident import model as m
from bot.incident.decide import decide
from bot.incident.offers import may
from bot.incident.operations import Op
from bot.incident.todos import answer_word, answered, answers, todos
from bot.model.capabilities import Makes, RevokedBy
from bot.model.playbooks import Audience, Preview
from bot.model.reads import Read
from bot.model.secrets import Copy, CopyKind, Data
from bot.slack.actions import ButtonValue
from bot.slack.blocks import Json
from bot.slack.modals import answers as answers_page
from bot.slack.modals import notices
from bot.slack.modals.asked import Form
from tests.incident.new_value.test_promotion import Untold
from tests.slack.test_modals import entered
from tests.support.incidents import ANNA, AUTHORITY, PLAYBOOK, Story, capabilities, declaration, entry, wanted

PEOPLE = (*(m.Actor(name, frozenset(m.Right)) for name in ("chloe", "zoe")),)
NOTE = "looked at it"
WORDS = {
    c.EndCheck: {*m.CheckOutcome}, c.SettleCopy: {*m.CopyOutcome}, c.AccountReader: {*m.ReaderOutcome},
    c.CompleteStep: {"done"}, c.SkipStep: {"skipped"}, c.FinishTask: {"done"}, c.DeclineTask: {"declined"},
    c.DecideNotice: {*m.NoticeOutcome}, c.RecordNoticeSent: {"sent"}, c.ApproveProposal: {"approved"},
    c.RejectProposal: {"refused"}, c.AttestDeath: {"vouched"}, c.UseValue: {"used"}, c.RefuseValue: {"refused"},
    c.ReleaseUpdate: {"sent"}, c.SkipUpdate: {"skipped"},
}  # fmt: skip
"""Every answer that there is, and its words."""


class HeldUntold(Untold):
    """Only the key that a person brings is of an account that cannot be told."""

    def answer(self, incident, claim):
        self.untold = "acct_1 live" if claim.subject == "held" else ""
        return super().answer(incident, claim)


def at_work():
    """Readers, checks, copies, tasks, steps, a notice, an update, and a key that a person handed over."""
    copies = (Copy("ci", CopyKind.CI, "the CI", "Put the new one there."),)
    brought = capabilities(makes=Makes.PERSON, revokes=RevokedBy.PERSON, compares=True)
    playbook = replace(PLAYBOOK, audience=(Audience("owners", ("C0ALL",), "owners", preview=Preview.EACH),))
    story = Story(
        declaration(
            wanted(entry("stripe", checklist={"hooks": "Look.", "keys": "Look."}, copies=copies, data=Data.PERSONAL)),
            wanted(entry("held", can=brought)),
            playbook=playbook,
            obligations=(AUTHORITY, replace(AUTHORITY, id="two")),
        ),
        world=HeldUntold(),
    ).run(100)  # fmt: skip
    read = Read(story.now, "arn:aws:iam::1:user/eve", "192.0.2.1", "cli", "GetParameter", "/x")
    story.record(e.UsageRead(0, "stripe", "CloudTrail", story.now, story.now, (read,), (), False))
    story.do(c.AnnounceSubmission("held", "a" * 16), ANNA)
    story.do(c.DecideNotice("two", m.NoticeOutcome.NOTIFY, "it was read"), PEOPLE[0])
    story.do(c.AddTask("Search the history", "anna", story.now + timedelta(days=1)), ANNA)
    return story.run(10)


def proposed():
    story = Story(declaration(wanted(entry())))
    story.work(only={Op.CAPTURE, Op.TICK})
    story.do(c.ChooseStrategy("openai-api-key", m.Strategy.OVERLAP, "customers"), ANNA)
    return story


def unproven():
    story = Story(declaration(wanted(entry())))
    story.world.controls = False
    return story.run(1000)


def blocks(view: Json):
    return {block["block_id"]: block for block in view["blocks"] if block.get("block_id")}


def in_slack(story, one, act, word):
    """The answer that Slack's form of it makes."""
    incident, at = story.incident, ButtonValue(story.incident.id, one.group)
    if one.kind.page and [*answers(one)] != ["skipped"]:  # that alone: where all to-dos are listed
        drawn = blocks(answers_page.answers_form(incident, at, story.now))
        names = [name for name in drawn if name.startswith(f"answer|{answers_page.tag_of(one.id)}|")]
        assert word in str(drawn[names[0]]["element"]["options"])
        return answers_page.command(incident, entered(**{names[0]: word, "note": NOTE}), story.now)[0].rows[0]
    if one.kind.name == "notice":
        said = {f"reference|{one.subject}": NOTE} if word == "sent" else {f"outcome|{one.subject}": word, "why": NOTE}
        assert set(said) - {"why"} <= set(blocks(notices.notices_form(incident, at, story.now)))
        return notices.commands(incident, entered(**said))[0].rows[0]
    ask = next(ask for ask in ASKS if ask.command is type(act))
    pressed = ButtonValue(incident.id, getattr(act, ask.subject) if ask.subject else "", one.seen)
    assert Form(ask).view(incident, pressed, story.now)["submit"]
    about = ask.shown(incident, About(pressed.subject, pressed.digest))
    said = {each.name: "" if each.takes is Takes.CARRIED else NOTE for each in ask.fields}
    return ask.commands(about, Typed(said))[0]


def at_terminal(story, listed, one, word):
    """The answer that is typed by the to-do's id."""
    (found,) = matching(listed, one.id, story.incident.id)
    return answered(answers(found)[word], NOTE)


def test_every_outcome_is_given_through_both_faces_and_stands_in_json():
    seen = {}
    for story in (at_work(), proposed(), unproven()):
        listed = todos(story.incident, story.now, settled=True)
        for one in listed:
            assert todo_document(story.incident, one)["outcomes"] == list(answers(one))
            for choice in one.choices:
                act, word = choice.command, answer_word(choice.command)
                if not isinstance(act, c.Answer):
                    continue
                typed, filled = at_terminal(story, listed, one, word), in_slack(story, one, act, word)
                assert typed == filled, (one.id, word)
                giver = next(person for person in PEOPLE if may(person, choice))
                events = decide(story.incident, c.Envelope("x", story.now, giver, c.Settle((typed,))))
                assert not [each.reason for each in events if isinstance(each, e.CommandRefused)], (one.id, word)
                seen.setdefault(type(act), set()).add(word)
    assert seen == WORDS


def test_a_form_whose_row_was_settled_meanwhile_says_by_whom_or_that_it_changed():
    for kind, words in (
        ("reader", "by zoe"),
        ("check", "changed since"),
        ("copy", "changed since"),
        ("task", "by zoe"),
    ):
        story = at_work()
        one = next(each for each in todos(story.incident, story.now) if each.kind.name == kind)
        drawn = blocks(answers_page.answers_form(story.incident, ButtonValue(story.incident.id, one.group), story.now))
        row = next(name for name in drawn if name.startswith(f"answer|{answers_page.tag_of(one.id)}|"))
        word, answer = next(iter(answers(one).items()))
        said = entered(**{row: word, "note": NOTE})
        story.do(c.Settle((answered(answer, NOTE),)), PEOPLE[1])
        assert not answers_page.mistakes(story.incident, said, story.now)
        (body,) = answers_page.command(story.incident, said, story.now)
        assert words in story.refused(body, PEOPLE[0])
