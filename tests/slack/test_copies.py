"""Copies in Slack: one button on the card, a page for each secret, answers that come into the log."""

import json

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_message, check_view
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.access.copies import copy_digest
from bot.incident.model import CopyOutcome
from bot.incident.shown import tag_of
from bot.model.secrets import Copy, CopyKind
from bot.slack.actions import ButtonValue
from bot.slack.blocks import to_json
from bot.slack.channel_messages import News
from bot.slack.incident_card import incident_card
from bot.slack.modals import answers
from bot.slack.modals.details import details
from tests.slack.states import HEAD, Story, entry
from tests.slack.test_modals import entered

NAME = "openai-api-key"
COPIES = (
    Copy("ci", CopyKind.CI, "GitHub Actions of <example>", "`gh secret set OPENAI_API_KEY`", "AI team"),
    Copy("backup", CopyKind.BACKUP, "nightly export", "delete the exports"),
)


def told(*names, kept=COPIES):
    story = Story(*(entry(name, copies=kept) for name in names or (NAME,)))
    for name in names or (NAME,):
        story.captured(name).dead(name).live(name)
    return story


def page(story, name=""):
    view = answers.answers_form(story.incident, ButtonValue("inc_ab12cd", f"copy:{name or NAME}"), story.at)
    assert check_view(view) == []
    return view


def drawn(story):
    blocks = to_json(incident_card(story.incident, story.at, HEAD))
    assert check_message(blocks) == []
    return json.dumps(blocks, ensure_ascii=False)


def field_of(story, copy, name=NAME):
    """The block of the copy's row."""
    return f"answer|{tag_of(f'copy:{name}/{copy}')}|{copy_digest(story.incident.secrets[name].copies[copy])}"


def test_a_page_says_where_each_copy_is_and_how_it_is_updated():
    text = read(page(told()))
    for part in ("ci (CI secret): GitHub Actions of <example>", "(AI team)", "nightly export", "Accepted"):
        assert part in text


def test_the_card_has_its_button_until_all_is_said():
    story = told()
    text = drawn(story)
    assert "Answer…" in text
    assert '"ANSWER\\n2 copies"' in text
    story.then(e.CopySettled(NAME, "ci", CopyOutcome.PURGED), e.CopySettled(NAME, "backup", CopyOutcome.ACCEPTED, "x"))
    text = drawn(story)
    assert "Answer…" not in text
    assert "OLD KEY STILL ACCEPTED there by bot" in json.dumps(page(story)), "what was said can be corrected"
    assert "OLD KEY STILL ACCEPTED there by bot" in json.dumps(
        details(story.incident, ButtonValue("inc_ab12cd", NAME), story.at)
    )


def test_answers_become_commands_about_what_was_shown():
    story = told()
    said = entered(**{field_of(story, "ci"): "updated", field_of(story, "backup"): "", "note": ""})
    assert answers.mistakes(story.incident, said, story.at) == {}
    digest = copy_digest(story.incident.secrets[NAME].copies["ci"])
    (command,) = answers.command(story.incident, said, story.at)
    assert command.rows == (c.SettleCopy(NAME, "ci", CopyOutcome.UPDATED, "", digest),)


def test_to_accept_takes_a_reason_and_nothing_is_not_an_answer():
    story = told()
    field = field_of(story, "backup")

    def found(outcome, note=""):
        return answers.mistakes(story.incident, entered(**{field: outcome, "note": note}), story.at)

    assert list(found("accepted")) == ["note"]
    assert found("accepted", "it expires") == {}
    assert "Answer at least one" in str(found(""))
    assert "Never type a secret" in str(found("purged", "xoxb-" + "1234567890-abcdefghij"))


def test_the_only_copy_of_a_page_is_not_optional():
    def optional(view):
        return [block["block_id"].partition("|")[0] for block in view["blocks"] if block.get("optional")]

    assert optional(page(told())) == ["all", "answer", "answer", "note"]
    assert optional(page(told(kept=COPIES[:1]))) == ["note"]


def test_what_was_updated_to_a_value_that_was_rolled_back_is_asked_about_and_how_to_say_it_is_told():
    story = Story(entry(NAME, copies=COPIES)).captured(NAME).live(NAME)
    story.then(e.CopySettled(NAME, "ci", CopyOutcome.UPDATED), e.RolledBack(0, NAME, {}))
    assert "put the old key back there, then choose Accepted" in read(page(story)["blocks"])
    assert "put the old key back" not in read(page(told())["blocks"])


def test_many_secrets_and_copies_fit_into_slacks_limits():
    kept = tuple(Copy(f"copy-{n}", CopyKind.OTHER, "There. " * 40, "Do it. " * 40, "Team") for n in range(50))
    story = told(*(f"secret-{n}" for n in range(12)), kept=kept)
    view = page(story, "secret-7")
    assert len(view["blocks"]) == 100
    assert "more of 600 have no room here" in read(view)
    assert '"ANSWER\\n600 copies"' in drawn(story)
    said = entered(**{field_of(story, "copy-0", "secret-0"): "purged"})
    assert answers.following(story.incident, said, story.at, "copy:secret-0") is not None


def test_the_end_of_an_overlap_that_a_copy_holds_is_said_aloud(world):
    story = told().then(e.OverlapHeld(NAME, ("ci", "backup")))
    message = News.of(story.incident, world.people, story.news).message(story.news[-1])
    assert "the old key still works: copies not answered: ci and backup" in read(to_json(message.blocks()))
    assert f"<@{world.ada}>" in read(to_json(message.blocks()))


def test_so_is_one_that_a_function_holds_which_is_not_fully_refreshed(world):
    why = "alias live divides its traffic between versions"
    refreshed = e.FunctionRefreshed(0, "checkout", {}, False, why)
    story = told().then(refreshed, e.OverlapHeld(NAME, (), ("checkout",)))
    message = read(to_json(News.of(story.incident, world.people, story.news).message(story.news[-1]).blocks()))
    assert f"Not all traffic uses the new key: checkout ({why})." in message
    assert "To look again now: *Retry checkout*. *Revoke now…* revokes the old key anyway." in message
    assert "copies" not in message
    story.then(e.OverlapHeld(NAME, (), ("checkout", "mailer")))
    message = read(to_json(News.of(story.incident, world.people, story.news).message(story.news[-1]).blocks()))
    assert "To look again now: *Retry checkout* and *Retry mailer*." in message
