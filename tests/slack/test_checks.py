"""The checklist in Slack: one button on the card, a page for each secret, answers that come into the log."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta

from msgspec import structs

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_message, check_view
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.lanes import access_lane
from bot.incident.model import BOT, Access, CheckOutcome
from bot.incident.operations import Op
from bot.incident.schedule import due, pending
from bot.incident.shown import tag_of
from bot.incident.steps.rules import check_digest
from bot.model.keys import Leftover
from bot.model.reads import Read
from bot.model.secrets import Outage
from bot.model.uses import Concern, Per, Use, UseReport, summary
from bot.people import People
from bot.phrases.marks import plain
from bot.slack.actions import ButtonValue
from bot.slack.blocks import to_json
from bot.slack.channel_messages import News
from bot.slack.incident_card import incident_card
from bot.slack.modals import answers
from bot.slack.modals.details import details
from bot.slack.modals.more import more_form
from tests.slack.states import HEAD, Story, entry
from tests.slack.test_listeners import declare, fill, form, press, said, wait_for
from tests.slack.test_modals import entered
from tests.support.incidents import World as Outside

NUMBERS = itertools.count()
CHECKLIST = {"keys": "Look for keys that nobody of you made.", "webhooks": "Look where events are sent."}


def dead(*names, checklist=None):
    story = Story(*(entry(name, checklist=checklist or CHECKLIST, console="https://x.example/keys") for name in names))
    for name in names:
        story.captured(name).dead(name).live(name)
    return story


def page(story, name=""):
    view = answers.answers_form(story.incident, ButtonValue("inc_ab12cd", f"check:{name}"), story.at)
    assert check_view(view) == []
    return view


def field_of(story, name, item):
    """The block of the item's row."""
    seen = check_digest(story.incident.secrets[name].checks[item])
    return f"answer|{tag_of(f'check:{name}/{item}')}|{seen}"


def test_checks_that_were_accepted_at_the_close_keep_their_button():
    story = dead("openai-api-key").then(e.IncidentClosed("later"), by="anna")
    card = json.dumps(to_json(incident_card(story.incident, now=story.at, head=HEAD)))
    assert '"Answer\\u2026"' in card
    assert '"answer"' in json.dumps(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at))
    found = e.CheckEnded("openai-api-key", "keys", CheckOutcome.HANDLED, "deleted it", late=True)
    story.then(found, by="ben")
    (message,) = News.of(story.incident, People(()), story.news).messages(story.news[-1])
    assert "removed, after the close: reopen to investigate: deleted it" in message.lines[0]
    assert "Reopen…" in message.lines[1]


def test_a_look_that_proposes_use_by_others_calls_responders_once_and_names_the_worst():
    story = dead("openai-api-key")
    now = story.at
    ours = Use(now, now, "s3:ListBuckets", address="192.0.2.1", ours="the functions")
    strange = Use(now, now, "iam:CreateUser", what=("<!channel>",), address="198.51.100.7", concern=Concern.PERSISTENCE)
    found = summary(UseReport("CloudTrail", Per.KEY, now, now, 900.0, (ours, strange), ()), 50, 20)
    for number in range(2):
        story.then(e.UseLookedUp(0, "openai-api-key", found))
        message = [*News.of(story.incident, People(()), story.news).messages(story.news[-1])]
        if number:
            assert message == []
            continue
        text = " ".join(plain(line) for each in message for line in each.lines)
        assert "2 uses seen, 1 of them not known to be ours" in text
        assert "of concern: iam:CreateUser" in text
        assert "Findings…" in text


# --- the form -------------------------------------------------------------------------------------------------------


def test_a_page_has_each_open_item_with_where_to_look_and_what_was_found():
    story = dead("openai-api-key")
    left = Leftover("keys", "id-666", "<!channel> *backup*", story.at)
    story.operation(
        Op.INSPECT, access_lane("openai-api-key"), "openai-api-key",
        lambda n: e.AccessInspected(n, "openai-api-key", story.at, ("keys",), (left,)),
    )  # fmt: skip
    text = read(page(story))
    assert "Look for keys that nobody of you made." in text
    assert "Look where events are sent." in text
    assert "OPEN: found <!channel> *backup* (id-666), made 2026-11-25" in text
    assert "answer_of" not in text
    assert "Rescan" in text
    story.then(e.IncidentClosed("later"), by="anna")
    closed = read(page(story))
    assert "OPEN: found <!channel> *backup* (id-666), made 2026-11-25" in closed
    assert "Rescan" not in closed


def test_the_only_item_of_a_page_is_not_optional():
    def optional(view):
        return [block["block_id"].partition("|")[0] for block in view["blocks"] if block.get("optional")]

    assert optional(page(dead("openai-api-key"))) == ["all", "answer", "answer", "note"]
    assert optional(page(dead("openai-api-key", checklist={"keys": "Look for keys."}))) == ["note"]


def test_the_checks_of_many_secrets_stand_together_within_slacks_limits():
    long = {f"item-{n}": "Look there. " * 60 for n in range(4)}
    story = dead(*(f"secret-number-{n}" for n in range(18)), checklist=long)
    view = page(story)
    assert len(rows_of(view)) == 4 * 18
    assert "All 72 checks" in read(view)
    assert "Look there.  (secret-number-7)" in read(view)
    blocks = to_json(incident_card(story.incident, story.at, HEAD))
    assert check_message(blocks) == []
    assert "ANSWER\n72 checks, first due 25 Nov 20:00 UTC\n" in read(blocks)


def more(story):
    """What stands behind the card's last button."""
    return read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at))


def test_a_checklist_longer_than_a_page():
    story = dead("openai-api-key", checklist={f"item-{n}": "Look." for n in range(170)})
    view = page(story)
    shown = len(rows_of(view))
    assert len(view["blocks"]) == 100
    assert f"{170 - shown} more of 170 have no room here" in read(view)
    said = entered(**{"all|check": "clear", **dict.fromkeys(rows_of(view), ""), "note": "ada: nothing new"})
    (command,) = answers.command(story.incident, said, story.at)
    assert len(command.rows) == shown, "what was not shown is not answered"
    assert len(rows_of(answers.following(story.incident, said, story.at, "check"))) == 170 - shown


def test_all_are_clear_but_what_was_answered_otherwise_and_what_the_machine_found():
    story = dead("openai-api-key", "redis-url")
    left = Leftover("keys", "id-666", "a key", story.at)
    story.operation(
        Op.INSPECT, access_lane("openai-api-key"), "openai-api-key",
        lambda n: e.AccessInspected(n, "openai-api-key", story.at, ("keys",), (left,)),
    )  # fmt: skip
    view = page(story)
    assert "All 3 checks" in read(view)
    assert "⚠️ OPEN: found a key" in read(view)
    said = entered(**{"all|check": "clear", **dict.fromkeys(rows_of(view), ""), "note": "ada: nothing new"})
    (command,) = answers.command(story.incident, said, story.at)
    assert {(row.secret, row.item) for row in command.rows} == {
        ("openai-api-key", "webhooks"), ("redis-url", "keys"), ("redis-url", "webhooks"),
    }  # fmt: skip


def test_nothing_is_offered_before_the_key_is_dead():
    story = Story(entry("openai-api-key", checklist=CHECKLIST)).captured("openai-api-key")
    left = "2 backdoor checks open: they can be done once their keys are dead"
    assert "webhooks" not in json.dumps(page(story))
    text = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "Answer…" not in text
    assert "backdoor check" not in text
    for step in story.incident.steps:
        story.then(e.StepSkipped(step.definition.id, "later"), by="ada")
    assert f"Nothing to answer.\n{left}." in read(page(story)["blocks"])


def test_the_card_says_what_is_open_and_when_nothing_is():
    story = dead("openai-api-key").looked_up("openai-api-key")
    text = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "ANSWER\n2 checks, first due 25 Nov 20:00 UTC\n" in text
    assert text.count("check") == 1
    assert "Access is *not contained* yet" in text
    shown = read(details(story.incident, ButtonValue("inc_ab12cd", "openai-api-key"), story.at))
    assert "*Access: not contained yet, 2 of 2 backdoor checks open*" in shown
    for item in CHECKLIST:
        story.then(e.CheckEnded("openai-api-key", item, CheckOutcome.CLEAR), by="ada")
    story.then(e.FindingRecorded("no-abuse", "its usage page shows our own calls alone"), by="ada")
    text = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "Access is *contained*: every check is done" in text
    assert "Answer…" not in text
    shown = read(details(story.incident, ButtonValue("inc_ab12cd", "openai-api-key"), story.at))
    assert "✅ keys: clear by ada" in shown
    assert "*Access: contained*" in shown


def test_ended_checks_of_a_living_key_are_not_called_contained():
    story = dead("openai-api-key")
    for item in CHECKLIST:
        story.then(e.CheckEnded("openai-api-key", item, CheckOutcome.CLEAR), by="ada")
    story.then(e.SecretAdded(entry("redis-url"), story.incident.secrets["openai-api-key"].target,
                             story.incident.secrets["openai-api-key"].strategy, "x", True))  # fmt: skip
    text = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "contained" not in text


def test_a_failed_inspection_stays_in_sight_however_many_secrets_there_are():
    names = [f"secret-{n}" for n in range(18)]
    story = dead(*names).fails(Op.INSPECT, access_lane(names[0]), names[0], "openai: list keys: HTTP 403", final=True)
    text = read(to_json(incident_card(story.incident, story.at, HEAD)))
    assert "Looking for leftovers at the provider failed: openai: list keys: HTTP 403" in text


# --- what was entered -----------------------------------------------------------------------------------------------


def said_of(story, name, note="", **outcomes):
    """What someone entered: outcomes by item, and the page's note."""
    rows = entered(**{field_of(story, name, item): outcome for item, outcome in outcomes.items()})
    return replace(rows, values={**rows.values, "note": {"note": {"value": note}}})


def looked_at(names):
    """Each of these items is clear, and what someone saw."""
    return dict.fromkeys(names, "clear") | {"note": "ada: nothing new"}


def rows_of(view):
    return [block["block_id"] for block in view["blocks"] if block.get("block_id", "").startswith("answer|")]


def test_answers_become_one_command():
    story = dead("openai-api-key")
    given = said_of(story, "openai-api-key", "ada: nothing new", keys="clear", webhooks="clear")
    checks = story.incident.secrets["openai-api-key"].checks
    (command,) = answers.command(story.incident, given, story.at)
    assert command.rows == tuple(
        c.EndCheck("openai-api-key", item, CheckOutcome.CLEAR, "ada: nothing new", check_digest(checks[item]))
        for item in ("keys", "webhooks")
    )
    assert answers.mistakes(story.incident, given, story.at) == {}


def test_mistakes_are_said_while_the_form_is_open():
    story, name = dead("openai-api-key"), "openai-api-key"

    def found(note, **outcomes):
        return answers.mistakes(story.incident, said_of(story, name, note, **outcomes), story.at)

    assert found("", keys="") == {field_of(story, name, "keys"): "Answer at least one."}
    assert list(found("saw nothing", keys="", webhooks="")) == [field_of(story, name, "keys")]
    assert found("", keys="forged") == {field_of(story, name, "keys"): "Answer at least one."}
    assert found(" ", keys="handled")["note"].startswith("Enter who looked")
    assert "looks like a Slack token" in found("xoxb-" + "1234567890-abcdefghij", keys="clear")["note"]
    assert found("ada: no key is younger", keys="clear") == {}


def test_what_was_found_is_answered_alone():
    story, name = dead("openai-api-key"), "openai-api-key"
    given = said_of(story, name, "deleted one", keys="handled", webhooks="clear")
    assert answers.mistakes(story.incident, given, story.at) == {
        field_of(story, name, "keys"): "Save this one alone: it needs a note of its own."
    }
    given = said_of(story, name, "deleted one", keys="handled", webhooks="")
    assert answers.mistakes(story.incident, given, story.at) == {}


def test_saving_leads_to_the_next_page_and_from_readers_to_checks():
    story = dead("openai-api-key").looked_up("openai-api-key")
    reads = (Read(story.at, "arn:aws:iam::1:user/ben", "192.0.2.1", "cli", "GetParameter", "/x"),)
    story.then(e.UsageRead(0, "openai-api-key", "CloudTrail", story.at, story.at, reads, (), False))
    first = answers.answers_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    said = entered(**dict.fromkeys(rows_of(first), "ours"), note="")
    following = answers.following(story.incident, said, story.at, "reader")
    assert check_view(following) == []
    assert following["title"]["text"] == "Checks and copies"
    # In a block of the same name Slack keeps what was chosen before.
    assert following["blocks"][0].get("block_id") != first["blocks"][0]["block_id"]


# --- over HTTP ------------------------------------------------------------------------------------------------------


def lived(world, incident):
    """Lets the machine do its work, as if all answered well."""
    outside = Outside()
    outside.left_behind = (Leftover("keys", "id-666"),)
    now = world.clock()
    for _ in range(200):
        state = world.incidents.load(incident)
        ready = [work for work in pending(state, now) if work.op is not Op.TICK]
        if not ready:
            later = due(state, now)
            if later is None or later - now > timedelta(minutes=2):
                return
            now = later
            continue
        number = next(NUMBERS)
        begun = world.event_log.execute(incident, c.Envelope(f"b{number}", now, BOT, c.Begin(ready[0], "w1")))
        claim = begun.events[-1].event.claim
        outcome = outside.answer(begun.incident, claim)
        if claim.op is Op.OPEN_CHANNEL:
            channel = world.board.open_channel(state)
            outcome = e.ChannelOpened(claim.number, channel.id, channel.url)
        world.event_log.execute(incident, c.Envelope(f"f{number}", now, BOT, c.Finish(outcome, claim.lane)))


def two_dead(world, inspects=()):
    plain = world.incidents.resolver.freeze

    def freeze(one):
        made = structs.replace(plain(one), checklist=CHECKLIST, outage=Outage.NONE, inspects=inspects)
        return structs.replace(made, capabilities=replace(made.capabilities, inspects=bool(inspects)))

    world.incidents.resolver.freeze = freeze
    declare(world, world.ada, ("openai-api-key", "database-url"))
    incident = wait_for(world.incidents.summaries)[0].incident
    world.incidents.resolver.freeze = plain
    lived(world, incident)
    assert all(secret.gone for secret in world.incidents.load(incident).secrets.values())
    return incident


def open_items(world, incident):
    return {name: [check.item for check in s.open_checks] for name, s in world.incidents.load(incident).secrets.items()}


def opened(world, incident):
    """The page of the checks, of the form behind the card's button."""
    press(world, world.ada, incident, "answer")
    return form(world, world.ada, "answer")


def test_checks_of_several_secrets_are_ended_together(world):
    incident = two_dead(world)
    view = opened(world, incident)
    refused = fill(world, world.ada, "answer", {})
    assert "Answer at least one" in str(refused.errors)
    answer = fill(world, world.ada, "answer", {"all|check": "clear", "note": "ada: nothing new"})
    assert answer.ok
    assert answer.errors == {}
    assert len(rows_of(view)) == 4
    assert wait_for(lambda: open_items(world, incident) == {"openai-api-key": [], "database-url": []})
    state = world.incidents.load(incident)
    assert {secret.access for secret in state.secrets.values()} == {Access.CONTAINED}
    assert {check.ended.name for check in state.secrets["database-url"].checks.values()} == {"ada"}


def test_what_somebody_else_has_ended_meanwhile_is_told_once_and_the_rest_is_recorded(world):
    incident = two_dead(world)
    view = opened(world, incident)
    seen = check_digest(world.incidents.load(incident).secrets["openai-api-key"].checks["keys"])
    ended = c.EndCheck("openai-api-key", "keys", CheckOutcome.HANDLED, "deleted one", seen)
    world.incidents.do(incident, ended, world.people.by_slack(world.bob).actor, "bob-keys")
    assert fill(world, world.ada, "answer", looked_at(rows_of(view))).ok
    (text,) = said(world, world.ada, "has changed since you saw it. Look again")
    assert "3 of 4 answers are recorded." in text
    assert wait_for(lambda: open_items(world, incident)["openai-api-key"] == [])


def test_what_was_found_is_one_message(world):
    incident = two_dead(world)
    state, events = world.incidents.load(incident), world.incidents.events(incident)
    found = tuple(Leftover("keys", f"id-{n}") for n in range(3))
    recorded = e.Recorded(
        99, events[-1].at, "bot", e.AccessInspected(9, "openai-api-key", state.declared.at, ("keys",), found, 4)
    )
    message = News.of(state, world.people, events).message(recorded)
    told = read(to_json(message.blocks()))
    assert "FOUND keys id-0, keys id-1 and keys id-2 and 4 more\n*Answer…* on the pinned card lists them." in told
    nothing = e.Recorded(99, events[-1].at, "bot", replace(recorded.event, found=()))
    assert News.of(state, world.people, events).message(nothing) is None


def test_the_machine_is_asked_to_read_again_from_the_page(world):
    incident = two_dead(world, inspects=("keys",))
    view = opened(world, incident)
    assert world.driver.press_in_view(world.ada, view["id"], "retry").ok
    lane = access_lane("openai-api-key")
    assert wait_for(lambda: [r for r in world.incidents.events(incident) if r.event == e.OperationRetried(lane)])
    assert world.incidents.load(incident).secrets["openai-api-key"].inspected_at is None
    lived(world, incident)
    assert world.incidents.load(incident).secrets["openai-api-key"].inspected_at is not None
