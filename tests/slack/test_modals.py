"""Forms and details in every state of an incident, within Slack's limits."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.drill.fakes.slack import read
from bot.drill.fakes.slack.limits import check_view
from bot.errors import Misuse
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.closing.open_items import OpenItem, acceptable, open_items
from bot.incident.lanes import REPORT_LANE, update_lane, usage_lane
from bot.incident.model import Accepted, ReaderOutcome, Right, Strategy
from bot.incident.offers import available
from bot.incident.operations import Op
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.keys import KeyRef
from bot.model.playbooks import Action, Audience
from bot.model.reads import Read
from bot.people import People, Person
from bot.phrases.marks import plain
from bot.slack.actions import ActionId, ButtonValue
from bot.slack.approval_messages import questions
from bot.slack.blocks import to_json
from bot.slack.channel_messages import News
from bot.slack.incident_card import incident_card, secret_buttons
from bot.slack.listeners.forms import FORMS
from bot.slack.modals import declare
from bot.slack.modals.by_hand import by_hand as hands_on
from bot.slack.modals.by_hand import new_by_hand
from bot.slack.modals.close import tick_words
from bot.slack.modals.declare import add_secret_form
from bot.slack.modals.details import details
from bot.slack.modals.inputs import OPTION_TEXT, Entered
from bot.slack.modals.more import more_form
from bot.slack.modals.roles import SUMMARISED, with_closers
from bot.slack.modals.steps import steps_form
from tests.slack.conftest import catalog
from tests.slack.states import AT, HEAD, Story, entry
from tests.slack.test_incident_card import (
    STATES,
    by_hand,
    everything_over,
    glass_broken,
    just_declared,
    two_candidates,
    under_way,
)
from tests.support.consents import SHOWN
from tests.support.incidents import CHLOE
from tests.support.incidents import Story as CoreStory
from tests.support.rotations import AUTO, MACHINE, OVERLAP, rotation

BY_ACT = {form.act: form for form in FORMS}


def opened(act, story, subject="", digest=""):
    view = BY_ACT[act].view(story.incident, ButtonValue("inc_ab12cd", subject, digest), story.at)
    assert check_view(view) == []
    return json.dumps(view, ensure_ascii=False)


def entered(**values):
    """What Slack sends: a text, a choice, or several choices."""
    state = {}
    for name, value in values.items():
        match value:
            case tuple():
                state[name] = {name: {"selected_options": [{"value": each} for each in value]}}
            case str() if name in {"text", "reason", "scopes", "title", "note", "who", "why"} or name.startswith(
                ("note|", "own|", "reference|", "aware_why")
            ):
                state[name] = {name: {"type": "plain_text_input", "value": value}}
            case _:
                state[name] = {name: {"selected_option": {"value": value}}}
    return Entered(state, People())


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_details_of_every_secret(state):
    story = state()
    for name in story.incident.secrets:
        view = details(story.incident, ButtonValue("inc_ab12cd", name), story.at)
        assert check_view(view) == []
        assert "Details" not in json.dumps(view)  # it is open already


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_every_form_in_every_state(state):
    story, wrong = state(), {}
    for form in FORMS:
        subject = "" if form.act in SUMMARISED else next(iter(story.incident.secrets))
        digest = Strategy.OVERLAP if form.act is ActionId.STRATEGY else ""
        view = form.view(story.incident, ButtonValue("inc_ab12cd", subject, digest), story.at)
        wrong[form.act] = check_view(view)
    assert {act: found for act, found in wrong.items() if found} == {}


def test_details_show_the_proof_and_who_read_it():
    story = Story(entry("openai-api-key", console="https://platform.example.com/keys", dies_with=("other-key",)))
    keys = (KeyRef("key_1", "ci"),)
    story.captured("openai-api-key", keys).dead("openai-api-key").live("openai-api-key").operation(
        Op.USAGE, usage_lane("openai-api-key"), "openai-api-key",
        lambda n: e.UsageRead(n, "openai-api-key", "cloudtrail", AT, AT, (), ("reads from a backup",), False),
    )  # fmt: skip
    shown = read(details(story.incident, ButtonValue("inc_ab12cd", "openai-api-key"), story.at))
    for part in ["2 refusals in a row", "3 answers; seen alive 2026-11-25 03:00 UTC",
                 "Control (control: new): *accepted*", "key_1", "key_new",
                 "Cannot be seen there: reads from a backup", "`other-key`",
                 "https://platform.example.com/keys"]:  # fmt: skip
        assert part in shown


def test_details_of_what_people_do_by_hand():
    shown = read(details(by_hand().incident, ButtonValue("inc_ab12cd", "stripe-secret-key"), AT))
    assert "To make the new one by hand" in shown
    assert "expire the key ending …4242" in shown


def test_what_is_not_there():
    story = just_declared()
    with pytest.raises(Misuse):
        details(story.incident, ButtonValue("inc_ab12cd", "no-such"), AT)
    with pytest.raises(Misuse):
        details(story.incident, ButtonValue("inc_ab12cd", "step:no-such"), AT)


def test_break_glass_names_what_it_can_kill():
    assert "sendgrid-api-key" in opened(ActionId.BREAK_GLASS, under_way())
    assert "Nothing is left to revoke" in opened(ActionId.BREAK_GLASS, everything_over())
    many = Story(*(entry(f"key-{n}") for n in range(12)))
    assert "multi_static_select" in opened(ActionId.BREAK_GLASS, many)


def test_a_review_names_who_broke_what():
    shown = read(json.loads(opened(ActionId.REVIEW_GLASS, glass_broken())))
    assert "`database-url`, by bob" in shown
    assert "The person who broke it cannot review it" in shown


def test_closing_says_what_is_left():
    story = under_way()
    for step in story.incident.steps:
        story.then(e.StepDone(step.definition.id), by="bob")
    shown = opened(ActionId.CLOSE, story)
    assert "Not everything is done" in shown
    assert "openai-api-key: no new value yet" in shown
    assert "A second person must agree" in shown
    view = BY_ACT[ActionId.CLOSE].view(story.incident, ButtonValue("inc_ab12cd"), story.at)
    [ticks] = [block["element"]["options"] for block in view["blocks"] if block.get("block_id") == "accept"]
    marked = {each["value"] for each in ticks if "description" in each}
    assert marked == {item.key for item in acceptable(story.incident) if item.second}
    assert "Needs a second person" in shown
    alone = opened(ActionId.CLOSE, everything_over())
    assert "no impact recorded" in alone
    assert "A second person" not in alone


def test_whoever_closes_a_planned_run_anew_reads_when_it_is_looked_at_again():
    story = CoreStory(rotation(planned=AUTO), MACHINE).run(2 * OVERLAP)
    story.do(c.Reopen("its parameter held the old value"), CHLOE)
    view = BY_ACT[ActionId.CLOSE].view(story.incident, ButtonValue(story.incident.id), story.now)
    assert "old values are tried again after 1 hour and 24 hours." in read(view["blocks"])


def test_the_impact_s_form_shows_what_the_log_knows_above_its_field():
    story = under_way()
    assert "who read them: not looked up yet" in opened(ActionId.IMPACT, story)
    seen = (Read(story.at, "arn:aws:iam::1:user/ben", "203.0.113.9", "curl", "GetParameter", "/p"),)
    story.then(e.UsageRead(0, "openai-api-key", "CloudTrail", story.at, story.at, seen, (), False))
    shown = opened(ActionId.IMPACT, story)
    assert "exposed in public" in shown
    assert "user/ben read openai-api-key: nobody has said whose reads these are" in shown
    many = tuple(replace(seen[0], principal=f"arn:aws:iam::1:user/u{number}") for number in range(5))
    story.then(e.UsageRead(0, "openai-api-key", "CloudTrail", story.at, story.at, many, (), False))
    story.then(e.ReaderAccounted("arn:aws:iam::1:user/u0", ReaderOutcome.UNEXPLAINED, "nobody knows"))
    shown = opened(ActionId.IMPACT, story)
    assert "user/u0 read openai-api-key: unexplained" in shown
    assert "unexplained reader" not in shown
    assert "1 more reader:" in shown


def test_a_tick_of_the_close_is_cut_in_its_words_and_never_in_its_time():
    due = AT + timedelta(days=1)
    until = f", due {due:%Y-%m-%d %H:%M} UTC"
    untimed = "“Notice to business customers under their contracts” is to be sent"
    told = OpenItem("n", untimed + until, settled_by=c.RecordNoticeSent, due=due, untimed=untimed)
    shown = tick_words(told)
    assert len(shown) == OPTION_TEXT
    assert shown.startswith("“Notice to business customers")
    assert shown.endswith("…" + until)
    assert tick_words(replace(told, words="short" + until)) == "short" + until
    assert tick_words(OpenItem("impact", "w" * 90)) == "w" * 90


def test_candidates_are_told_apart():
    shown = opened(ActionId.CHOOSE_KEY, two_candidates(), "openai-api-key")
    assert "made 2026-11-25 03:00 UTC" in shown
    assert "age unknown" in shown
    assert "lists no key" in opened(ActionId.CHOOSE_KEY, just_declared(), "openai-api-key")


def test_whoever_gives_a_task_another_time_does_not_take_it_over():
    story = just_declared().then(e.TaskAdded("t1", "Take it out of the build", "ada", None, "remediate"), by="ada")
    pressed = ButtonValue("inc_ab12cd", "t1", user="U0BEN")
    view = BY_ACT[ActionId.TASK_CHANGE].view(story.incident, pressed, story.at)
    assert check_view(view) == []
    (who,) = (block for block in view["blocks"] if block["block_id"] == "owner")
    assert who["optional"]
    assert "initial_user" not in who["element"]


@pytest.mark.parametrize(
    ("act", "pressed", "values", "command"),
    [
        (ActionId.STEP_SKIP, ButtonValue("i", "assess", "d"), {"reason": "r"}, c.SkipStep("assess", "r", "d")),
        (ActionId.REJECT, ButtonValue("i", "", "d"), {"reason": "r"}, c.RejectPlan("d", "r")),
        (ActionId.REJECT_PROPOSAL, ButtonValue("i", "3", "d"), {"reason": "r"}, c.RejectProposal(3, "r", "d")),
        (ActionId.REJECT_PROPOSAL, ButtonValue("i", "x", "d"), {"reason": "r"}, c.RejectProposal(0, "r", "d")),
        (ActionId.REVIEW_GLASS, ButtonValue("i", "", SHOWN), {"reason": "r"}, c.ReviewGlass("r", SHOWN)),
        (
            ActionId.BREAK_GLASS,
            ButtonValue("i"),
            {"secrets": (f"{SHOWN} a", f"{SHOWN} b"), "reason": "r"},
            c.BreakGlass({"a": SHOWN, "b": SHOWN}, "r"),
        ),
        (
            ActionId.STRATEGY,
            ButtonValue("i", "a", "overlap"),
            {"reason": "r"},
            c.ChooseStrategy("a", Strategy.OVERLAP, "r"),
        ),
        (ActionId.CLOSE, ButtonValue("i"), {}, c.Close("")),
        (ActionId.CLOSE, ButtonValue("i"), {"accept": ("impact",), "reason": "r"}, c.Close("r", ("impact",))),
        (ActionId.IMPACT, ButtonValue("i"), {"text": "t"}, c.RecordFinding("impact", "t")),
        (ActionId.ROOT_CAUSE, ButtonValue("i"), {"known": "known", "text": "t"}, c.RecordFinding("root-cause", "t")),
        (
            ActionId.ROOT_CAUSE,
            ButtonValue("i"),
            {"known": "unknown", "text": "no logs"},
            c.RecordFinding("root-cause", "Unknown, because: no logs"),
        ),
        (ActionId.REOPEN, ButtonValue("i"), {"reason": "r"}, c.Reopen("r")),
        (ActionId.ATTEST, ButtonValue("i", "a"), {"reason": "r"}, c.AttestDeath("a", "r")),
        (ActionId.CHOOSE_KEY, ButtonValue("i", "a"), {"key_id": "k1"}, c.ChooseCandidate("a", "k1")),
        (ActionId.USE_VALUE, ButtonValue("i", "a", "d"), {"reason": "r"}, c.UseValue("a", "r", "d")),
        (ActionId.REFUSE_VALUE, ButtonValue("i", "a", "d"), {"reason": "r"}, c.RefuseValue("a", "r", "d")),
        (ActionId.CHOOSE_SCOPES, ButtonValue("i", "a"), {"scopes": "x\ny, x"}, c.ChooseScopes("a", ("x", "y"))),
        (ActionId.NOTE, ButtonValue("i"), {"text": "t"}, c.AddNote("t")),
        (ActionId.FINDING, ButtonValue("i"), {"what": "finding", "text": "t"}, c.RecordFinding("finding", "t")),
    ],
)
def test_what_a_form_asks_for(act, pressed, values, command):
    assert BY_ACT[act].commands(pressed, entered(**values)) == (command,)


def test_only_secrets_that_are_left_can_be_added():
    story = Story(*(entry(each.name) for each in catalog().all("production")))
    with pytest.raises(Misuse):
        add_secret_form(story.incident, ButtonValue("inc_ab12cd"), catalog())


def test_a_dead_secret_has_no_button():
    story = everything_over()
    offers = available(story.incident, story.at)
    buttons = secret_buttons(story.incident, story.incident.secrets["openai-api-key"], offers)
    assert buttons == []


def test_the_pages_of_all_secrets_open_at_the_first_that_is_not_over():
    story = under_way()
    first = next(name for name, s in story.incident.secrets.items() if not (s.gone and s.in_place))
    view = details(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    assert view["title"]["text"] == first
    menu = view["blocks"][0]["elements"][0]
    assert menu["initial_option"]["value"] == first
    assert [each["value"] for each in menu["options"]] == list(story.incident.secrets)


@pytest.mark.parametrize(("count", "groups"), [(100, 0), (150, 2), (301, 4)])
def test_a_form_offers_every_secret_however_many_there_are(count, groups):
    from bot.catalog.catalog import Catalog
    from bot.slack.modals.inputs import pages_of
    from tests.slack.conftest import entry as listed

    many = [listed(f"key-{number:03}", f"Key {number}", "production", "openai") for number in range(count)]
    every = Catalog(("production",), tuple(many))
    story = Story(entry("openai-api-key"))
    view = add_secret_form(story.incident, ButtonValue(story.incident.id), every)
    assert check_view(view) == []
    menu = view["blocks"][0]["element"]
    offered = menu.get("options") or [each for group in menu["option_groups"] for each in group["options"]]
    assert [each["value"] for each in offered] == [entry.name for entry in many]
    assert len(menu.get("option_groups", ())) == groups
    if groups:
        assert menu["option_groups"][1]["label"]["text"] == f"101 to {min(count, 200)} of {count}"
    assert len(declare.offered(every, "production", "")) == count
    secrets = [next(iter(story.incident.secrets.values()))] * count
    [actions] = pages_of(secrets, secrets[0], "pages", lambda _each: "")
    assert len(actions.to_dict()["elements"][0].get("option_groups", ())) == groups


def test_whoever_presses_new_key_reads_first_how_it_is_made_and_one_command():
    story = Story(entry("stripe-secret-key", by_hand=True, issue_by_hand="1. Press “New”.\n2. Use `bot submit`."))
    story.captured("stripe-secret-key")
    here = ButtonValue("inc_ab12cd", "stripe-secret-key")
    shown = read(new_by_hand(story.incident, here, story.at)["blocks"])
    assert shown.index("Make the new key") < shown.index("End the old key")
    assert "Use the command below." in shown
    assert shown.count("bot submit") == 1
    assert read(hands_on(story.incident, here, story.at)["blocks"]).index("End the old key") < shown.index(
        "End the old key"
    )


def test_who_is_asked_for_a_new_key_reads_that_alone_and_what_to_do_without_a_terminal():
    story = Story(entry("stripe-secret-key", by_hand=True, issue_by_hand="1. Press “New”.", owner="dana"))
    story.captured("stripe-secret-key").dead("stripe-secret-key")
    shown = read(hands_on(story.incident, ButtonValue("inc_ab12cd", "stripe-secret-key"), story.at)["blocks"])
    assert "End the old key" not in shown
    assert shown.index("Press “New”") < shown.index("bot submit") < shown.index("No terminal here?")
    assert "to dana, or anybody with respond" in shown
    assert "the old key, which is dead; without the new one" in shown


def test_the_impact_is_offered_as_it_was_recorded_and_who_changes_it_reads_what_that_does():
    story = just_declared()
    assert "recorded this" not in opened(ActionId.IMPACT, story)
    story.then(e.FindingRecorded("impact", "all invoices since May"), by="ada")
    form = opened(ActionId.IMPACT, story)
    assert '"initial_value": "all invoices since May"' in form
    assert "ada recorded this" in form
    assert "The report quotes the newest" in form


def test_nobody_is_led_to_say_that_the_cause_is_known():
    assert "initial_option" not in json.dumps(opened(ActionId.ROOT_CAUSE, just_declared()))


def test_what_a_step_lacks_has_its_button_there():
    story = Story(entry("openai-api-key")).captured("openai-api-key").dead("openai-api-key").live("openai-api-key")
    for step in ("assess", "notify", "investigate"):
        story.then(e.StepSkipped(step, "later"), by="ada")
    story.then(e.TaskAdded("t1", "Take it out of the build", "ada", None, "remediate"), by="ada")
    shown = json.dumps(steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at), ensure_ascii=False)
    held = "1 task without a due time (“Take it out of the build”): give each that, or finish or decline it"
    assert f"Lacks: {held}" in shown
    assert shown.index('"Change task…"') < shown.index('"Answer…"') < shown.rindex('"Skip…"')
    assert '"Answer…"' in shown
    shown = json.dumps(steps_form(just_declared().incident, ButtonValue("inc_ab12cd"), AT), ensure_ascii=False)
    assert '"Impact…"' in shown


def test_whoever_adds_a_task_reads_that_its_step_waits_for_a_due_time_and_in_which_zone_it_is():
    form = opened(ActionId.TASK, just_declared())
    assert "Tasks without a due date block their step. In the time zone of your Slack." in form


def test_a_step_says_whose_tasks_go_on_beside_it():
    story = just_declared()
    story.then(e.TaskAdded("t1", "Scan the images", "mika", datetime(2026, 12, 12, 17, tzinfo=UTC), "remediate"))

    def shown():
        return read(steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])

    assert "it can be marked done. Of it 1 task goes on: mika by 2026-12-12 17:00 UTC." in shown()
    story.then(e.StepDone("remediate"), by="ada")
    assert "✅ 6. Remediate (ada 03:00 UTC); 1 task goes on: mika by 2026-12-12 17:00 UTC" in shown()


def test_whoever_closes_reads_which_tasks_were_declined():
    story = everything_over()
    assert "declined" not in opened(ActionId.CLOSE, story)
    story.then(e.TaskAdded("t1", "Scan the images", "mika", None, "remediate"), by="ada")
    story.then(e.TaskDeclined("t1", "not for tonight"), by="mika")
    assert "Not done, declined" in opened(ActionId.CLOSE, story)
    assert "Scan the images. By mika: not for tonight" in opened(ActionId.CLOSE, story)
    until = story.at + timedelta(minutes=30)
    story.then(e.ProposalMade(1, "closure", "impact", "it is late", until, (Right.COMMAND,)), by="dana")
    asked = [read(to_json(incident_card(story.incident, story.at, HEAD)))]
    asked += ["\n".join(question.lines) for question in questions(story.incident, story.at)]
    assert len(asked) == 2
    for text in map(plain, asked):
        assert "to close although this is open: impact" in text
        assert "Not done, declined\nScan the images. By mika: not for tonight" in text
    shown = read(steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "; 1 task declined" in shown


def test_more_says_what_keeps_the_page_open():
    name = "openai-api-key"
    story = Story(entry(name)).captured(name).dead(name).live(name)
    reads = (Read(story.at, "arn:aws:iam::1:user/laptop", "192.0.2.1", "cli", "GetParameter", "/x"),)
    story.then(e.UsageRead(0, name, "CloudTrail", story.at, story.at, reads, (), False))
    shown = read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "The page stays open: " in shown
    assert "user/laptop read it and is not explained" in shown


def test_card_and_more_count_alike_what_is_open_and_more_lists_all_of_it():
    name = "openai-api-key"
    checklist = {"users": "Look at the users.", "keys": "Look at the keys."}
    story = Story(entry(name, checklist=checklist)).captured(name).dead(name).live(name)
    story.then(e.TaskAdded("t1", "Take it out of the build", "ada", None, ""), by="ada")
    items = open_items(story.incident)
    record = "impact · root cause · abuse"
    counted = (
        f"2 persistence checks · 1 key whose readers are not looked up yet · {record} · nobody paged · 1 task · 7 steps"
    )
    assert f"To close: {counted}" in read(
        [each.to_dict() for each in incident_card(story.incident, story.at, "head")]
    ).replace("*", "")
    behind = read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert f"Open before the close: {counted}" in behind.replace("*", "")
    assert behind.count("• ") == len(items) + 1, "and the task stands among the tasks too"
    assert all(item.words in behind for item in items)


def test_more_says_where_the_rest_is_of_what_is_open():
    names = [f"openai-key-{number:02}" for number in range(50)]
    story = Story(*map(entry, names))
    view = more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    behind = read(view["blocks"])
    assert behind.count("• openai-key-") == 40
    assert "more, which `bot show inc_ab12cd` lists" in behind


def all_dead(**more):
    name = "openai-api-key"
    return Story(entry(name, **more)).captured(name).dead(name).live(name)


def test_the_close_is_behind_more_once_no_key_is_alive_and_says_what_is_open_and_where_it_is_settled():
    for story, offered in [(under_way(), False), (all_dead(checklist={"users": "Look at the users."}), True)]:
        behind = read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
        assert ("Close…" in behind) is offered
    view = BY_ACT[ActionId.CLOSE].view(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    shown = read(view["blocks"])
    assert "submit" not in view
    assert all(item.words in shown for item in open_items(story.incident))
    for line in (
        "neither done nor skipped: *Steps…* on the card",
        "persistence check open: users: *Answer…*",
        ": *Impact…*",
    ):
        assert line in shown
    for step in story.incident.steps:
        story.then(e.StepDone(step.definition.id), by="bob")
    assert BY_ACT[ActionId.CLOSE].view(story.incident, ButtonValue("inc_ab12cd"), story.at)["submit"]["text"] == "Close"


def test_a_step_that_can_be_done_says_what_stays_open_until_the_close():
    story = all_dead(checklist={"users": "Look at the users.", "keys": "Look at the keys."})
    story.then(e.FindingRecorded("root-cause", "a commit"), by="ada")
    shown = read(steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert (
        "Nothing is lacking: it can be marked done. These may stay open until the close: 2 persistence checks." in shown
    )


def telling(story):
    """With a step that tells the team."""
    steps = [
        replace(each, definition=replace(each.definition, actions=(Action.PAGE, Action.ANNOUNCE)))
        if each.definition.id == "notify"
        else each
        for each in story.incident.steps
    ]
    story.incident = replace(story.incident, steps=tuple(steps))
    return story


def test_the_step_that_tells_the_team_is_not_called_ready_while_nobody_has_answered_the_page():
    def shown():
        view = steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
        pressed = [each for block in view["blocks"] for each in block.get("elements", ()) if each["type"] == "button"]
        offered = [each for each in pressed if each["text"]["text"] == "Done"]
        (done,) = [each for each in offered if ButtonValue.decode(each["value"]).subject == "notify"]
        card = read(to_json(incident_card(story.incident, story.at, "head")))
        return read(view["blocks"]), done.get("style"), "ready to mark done: 4" in card

    story = telling(just_declared())
    for page, event in (
        ("no pager has taken the page", None),
        ("nobody has answered the page", e.PageSent(0, "trigger")),
    ):
        story.then(*filter(None, [event]))
        words, style, ready = shown()
        assert f"On-call: {page} yet: phone them." in words
        assert "Nothing is lacking" not in words.partition("Tell the team")[2].partition("Investigate")[0]
        assert (style, ready) == (None, False)
    story.then(e.NoteAdded("I am here"), by="ben")
    words, style, ready = shown()
    assert "Nothing is lacking" in words
    assert (style, ready) == ("primary", True)


def test_a_step_that_lacks_an_update_which_waits_for_the_commander_has_its_button():
    story = telling(with_drafts("It begins."))
    for held in (True, False):
        shown = read(steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
        assert ("security: the update waits for the commander" in shown) is held
        assert ("Read and send…" in shown) is held
        card = read(to_json(incident_card(story.incident, story.at, "head")))
        assert ("Status update to security" in card) is held
        story.then(e.UpdateReleased("security", 1, "It begins."), by="ada")


def test_who_skips_a_step_reads_which():
    assert "Remediate" in opened(ActionId.STEP_SKIP, all_dead(), "remediate")


def test_the_commands_of_a_guide_name_the_incident_and_its_only_secret():
    told = "Type `bot check INCIDENT SECRET`, then `bot note INCIDENT TEXT`, or `bot show RUN`; INCIDENT is its name."
    for story, secret in [(all_dead(), "openai-api-key"), (just_declared(), "SECRET")]:
        step = story.incident.step("rotate")
        filled = replace(step, definition=replace(step.definition, guide=told))
        incident = replace(story.incident, steps=(filled,))
        shown = read(details(incident, ButtonValue("inc_ab12cd", "step:rotate"), story.at)["blocks"])
        assert f"`bot check inc_ab12cd {secret}`, then `bot note inc_ab12cd TEXT`, or `bot show inc_ab12cd`;" in shown
        assert "INCIDENT is its name." in shown


def test_by_hand_says_what_is_done_and_no_longer_asks_for_it():
    story = by_hand()
    here = ButtonValue("inc_ab12cd", "stripe-secret-key")
    assert "Make the new key" in read(hands_on(story.incident, here, story.at)["blocks"])
    story.dead("stripe-secret-key").live("stripe-secret-key")
    shown = read(hands_on(story.incident, here, story.at)["blocks"])
    assert "Nothing is left to do by hand" in shown
    assert not any(words in shown for words in ("Make the new key", "End the old key", "bot submit"))


def test_more_leaves_out_what_is_for_others_than_who_pressed():
    story = just_declared()
    commander = story.incident.commander
    for name, offered in [("", True), ("somebody-else", True), (commander, False)]:
        view = more_form(story.incident, ButtonValue("inc_ab12cd", name=name), story.at)
        assert ("Take over: commander…" in read(view["blocks"])) is offered, name
        assert "Hand over: commander…" in read(view["blocks"])


def test_who_reopens_reads_that_it_pages_and_what_needs_no_reopening():
    shown = read(json.loads(opened(ActionId.REOPEN, everything_over().then(e.IncidentClosed(), by="bob")))["blocks"])
    assert "On-call is paged again, and the report is no longer the last word." in shown
    assert "*Report text…*; a notice or a check is settled without reopening." in shown


LONG = "Switch on the search for secrets in every repository of the organisation where it leaked"


def test_a_task_is_shown_whole_with_its_step_and_its_time():
    due = AT + timedelta(days=3)
    story = just_declared().then(e.TaskAdded("t1", LONG, "ada", due, "remediate"), by="ada")
    story.then(e.TaskAdded("t2", "Short", "", None, "investigate"), by="ada")
    shown = read(json.loads(opened(ActionId.TASK_CHANGE, story))["blocks"])
    assert f"• {LONG}" in shown
    assert "• Short" not in shown
    assert "ada · due 2026-11-28 03:00 UTC · step “Remediate”" in shown
    assert "nobody yet · no due time · step “Investigate”" in shown


@pytest.mark.parametrize("act", [ActionId.TASK_CHANGE, ActionId.CLOSE])
def test_a_form_opens_whatever_characters_a_tasks_title_has(act):
    title = "Purge the cache of the CDN for `/assets` and `/static`, then *tell* the team it"
    story = everything_over().then(e.TaskAdded("t1", title, "ada", None, "remediate"), by="ada")
    shown = opened(act, story)  # which checks it
    assert title in shown
    assert "Purge the cache of the CDN for `/assets` and `/static`" in shown.replace(title, "")


def test_closing_shows_what_is_left_in_one_piece():
    story = everything_over().then(e.TaskAdded("t4", LONG, "ada", None, "remediate"), by="ada")
    view = json.loads(opened(ActionId.CLOSE, story))
    assert f"• task t4 is open: {LONG}" in read(view["blocks"])
    assert not any("description" in option for block in view["blocks"] if block.get("block_id") == "accept"
                   for option in block["element"]["options"])  # fmt: skip


@pytest.mark.parametrize("act", [ActionId.TASK_CHANGE, ActionId.CLOSE])
def test_of_many_that_are_long_each_is_shown_whole_or_counted(act):
    story = everything_over()
    titles = [f"{number:02} {'x' * 97}" for number in range(60)]
    for number, title in enumerate(titles):
        story.then(e.TaskAdded(f"t{number}", title, "ada", None, "remediate"), by="ada")
    view = json.loads(opened(act, story))
    listed = read([block for block in view["blocks"] if block["type"] == "rich_text"])
    lines = [line for line in listed.splitlines() if line.startswith("• ")]
    whole = [title for title in titles if any(line.endswith(title) for line in lines)]
    assert len(whole) > 30
    every = 60 if act is not ActionId.CLOSE else len(acceptable(story.incident))
    assert len(lines) == 41
    assert lines[-1] == f"• and {every - 40} more, which `bot show inc_ab12cd` lists"


def test_what_is_open_is_cut_and_the_button_that_settles_it_is_not():
    names = [f"a-secret-with-a-name-of-some-length-{number}" for number in range(8)]
    story = Story(*map(entry, names))
    for name in names:
        reads = (Read(story.at, "arn:aws:iam::111122223333:user/laptop", "192.0.2.1", "cli", "GetParameter", "/x"),)
        story.captured(name).dead(name)
        story.then(e.UsageRead(0, name, "CloudTrail", story.at, story.at, reads, (), False))
    shown = read(json.loads(opened(ActionId.CLOSE, story))["blocks"])
    [line] = [line for line in shown.splitlines() if line.startswith("• user/laptop read ")]
    assert len(line) > 250
    assert line.endswith("…: *Answer…*")


@pytest.mark.parametrize(("number", "listed"), [(12, 12), (45, 40)])
def test_more_lists_the_tasks_that_a_closed_card_sends_there_for(number, listed):
    story = everything_over()
    for each in range(number):
        story.then(e.TaskAdded(f"t{each}", f"Finding {each}.", "ada", None, ""), by="ada")
    story.then(e.IncidentClosed(), by="bob")
    card = read([each.to_dict() for each in incident_card(story.incident, story.at, "head")])
    assert f"{number} tasks left: *More…* lists them" in card
    view = more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    behind = read(view["blocks"])
    assert sum(f"Finding {each}." in behind for each in range(number)) == listed
    assert ("and 5 more, which `bot show inc_ab12cd` lists" in behind) is (number > listed)


LEADS, CLOSES = frozenset({Right.RESPOND}), frozenset({Right.RESPOND, Right.COMMAND})


def test_who_hands_over_the_command_reads_that_not_everybody_who_leads_can_close():
    view, people = json.loads(opened(ActionId.HAND_OVER, just_declared())), People((
        Person("ada", rights=CLOSES), Person("eli", rights=LEADS), Person("mika", rights=CLOSES),
    ))  # fmt: skip
    said = "Whoever may respond can lead, but to close takes `command` in the people file: ada or mika."
    told = with_closers(view, people)
    assert check_view(told) == []
    assert said in read(told["blocks"])
    assert with_closers(view, People((Person("ada", rights=CLOSES),))) == view


def test_the_channel_reads_who_can_close_where_the_new_commander_cannot():
    people = People((Person("ada", rights=CLOSES), Person("eli", rights=LEADS)))
    story = just_declared().then(e.RoleAccepted("ada"), by="eli")
    (message,) = News.of(story.incident, people, story.news).messages(story.news[-1])
    assert "eli can lead, but to close takes `command` in the people file: ada." in read(to_json(message.blocks()))


def test_the_channel_reads_all_that_was_closed_over_and_who_closed_where_a_second_person_agreed():
    items = (Accepted("old:openai-api-key", "old"), Accepted("task:t1", "task t1"), Accepted("task:t2", "task t2"))
    event = e.IncidentClosed("it waits", items, "ada")
    story = under_way().then(event, by="eli")
    closing = story.news[-1]
    story.then(e.IncidentReopened("it answers again"), by="ada")
    (message,) = News.of(story.incident, People(()), story.news).messages(closing)
    said = read(to_json(message.blocks()))
    assert "ada closed the incident" in said
    assert ", eli agreed, over 1 old value not proven dead of `openai-api-key` · 2 tasks. it waits" in said


def test_who_is_offered_a_role_reads_where_it_is_accepted_for_as_long_as_it_is_on_offer():
    story = just_declared()
    story.then(e.RoleOffered("ben", ""), by="ada")
    [message] = News.of(story.incident, People(()), story.news).messages(story.news[-1])
    assert message.lines[-1].startswith("While it is on offer, the card has *Accept: commander…*; or: ")


def test_what_is_under_way_for_the_incident_as_a_whole_stands_without_a_name_before_it():
    story = everything_over().then(e.ReportRequested(), by="ada")
    story.operation(Op.REPORT, REPORT_LANE, "")
    lines = read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"]).splitlines()
    [line] = [line for line in lines if "riting the report" in line]
    assert line.startswith("⚙️ Writing")


def test_whoever_offered_a_role_withdraws_it():
    story = just_declared()
    story.then(e.RoleOffered("ben", ""), by="ada")
    for name, offered in [("ada", True), ("ben", False)]:
        shown = read(more_form(story.incident, ButtonValue("inc_ab12cd", name=name), story.at)["blocks"])
        assert ("Withdraw the offer: commander…" in shown) is offered
        assert ("Decline: commander…" in shown) is not offered
    assert "Withdraw the offer" in opened(ActionId.WITHDRAW_ROLE, story)
    given = BY_ACT[ActionId.WITHDRAW_ROLE].commands(ButtonValue("i"), entered(reason="r"))
    assert given == (c.DeclineRole("r"),)


def test_card_more_and_the_close_count_tasks_alike():
    story = everything_over()
    story.then(e.TaskAdded("t1", "Take it out of the build", "ada", None, ""), by="ada")
    due = datetime(2026, 12, 12, 17, tzinfo=UTC)
    story.then(e.TaskAdded("t2", "Tell the auditor", "ada", due, ""), by="ada")
    card = read([each.to_dict() for each in incident_card(story.incident, story.at, "head")])
    behind = read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "2 open tasks" in card
    assert "2 open tasks" in behind
    for left in (card.partition("*To close:*")[2], behind.partition("*Open before the close")[2]):
        assert left.splitlines()[0].endswith(" · 2 tasks")


# --- status updates --------------------------------------------------------------------------------------------------


def with_drafts(*texts):
    story = just_declared()
    audience = Audience("security", ("C0SEC",), "security")
    story.incident = replace(story.incident, playbook=replace(story.incident.playbook, audience=(audience,)))
    for number, text in enumerate(texts, start=1):
        story.operation(
            Op.DRAFT_UPDATE, update_lane("security"), "security",
            lambda claim, number=number, text=text: e.UpdateDrafted(claim, "security", number, "declared", text, {}),
        )  # fmt: skip
    return story


def test_what_is_sent_is_the_text_that_the_form_shows_whenever_its_button_was_drawn():
    form, story = BY_ACT[ActionId.RELEASE_UPDATE], with_drafts("It begins.", "It goes on.")
    view = form.view(story.incident, ButtonValue("inc_ab12cd", "security", "1"), story.at)
    assert "Changed since that button" in read(view)
    assert "It goes on." in json.dumps(view)
    pressed = ButtonValue.decode(view["private_metadata"])
    assert form.commands(pressed, entered(text="It goes on.")) == (c.ReleaseUpdate("security", 2, "It goes on."),)


def test_a_draft_that_is_too_long_for_a_form_is_shown_as_far_as_it_fits():
    story = with_drafts("\n".join(["word " * 20] * 40))
    shown = opened(ActionId.RELEASE_UPDATE, story, "security", "1")
    assert "more lines" in shown


def test_done_asks_again_where_a_switched_off_key_is_then_deleted_for_good():
    name = "aws-access-key"
    deletes = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, deletes=True)
    story = Story(entry(name, capabilities=deletes)).captured(name).dead(name).live(name)
    story.then(e.FindingRecorded("root-cause", "a .env was pasted"), by="ada")

    def done():
        form = steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
        pressed = [each for block in form["blocks"] for each in block.get("elements", ())]
        found = [each for each in pressed if each.get("action_id", "").startswith(ActionId.STEP_DONE)]
        return {ButtonValue.decode(each["value"]).subject: each for each in found}

    gone = f"The switched-off key of {name} is then deleted for good, with its evidence."
    assert done()["investigate"]["confirm"]["text"]["text"] == gone
    assert "confirm" not in done()["remediate"]
    shown = read(steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert f"it can be marked done. {gone}" in shown
    assert gone in opened(ActionId.STEP_SKIP, story, "investigate")
    story.then(e.OldDeleted(0, name, "at AWS, by the bot"))
    assert "confirm" not in done()["investigate"]
    said = read(to_json(News.of(story.incident, People(()), story.news).message(story.news[-1]).blocks()))
    assert f"The old key of `{name}`, only switched off until then, was *deleted for good*" in said


def test_a_draft_alone_is_not_called_ready_and_its_step_says_what_nobody_has_written():
    story = Story(entry("openai-api-key")).captured("openai-api-key").dead("openai-api-key").live("openai-api-key")
    for step in story.incident.steps[:-1]:
        story.then(e.StepSkipped(step.definition.id, "later"), by="ada")
    story.operation(Op.REPORT, REPORT_LANE, "inc_ab12cd", lambda n: e.ReportWritten(n, "r.md", "d" * 64, HEAD, 9))

    def shown():
        view = steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
        pressed = [each for block in view["blocks"] for each in block.get("elements", ())]
        (done,) = [each for each in pressed if ButtonValue.decode(each.get("value", "{}")).subject == "document"
                   and each["action_id"].startswith(ActionId.STEP_DONE)]  # fmt: skip
        card = read(to_json(incident_card(story.incident, story.at, HEAD)))
        return read(view["blocks"]), done.get("style"), "7 Document" in card.partition("ready to mark done")[2]

    words, style, ready = shown()
    assert "A draft is all there is: no summary and no lessons is written (Report text…)." in plain(words)
    assert "Report text…" in words
    assert (style, ready) == (None, False)
    story.then(e.NarrativeWritten("summary", "a key leaked"), by="ada")
    assert "A draft is all there is: no lessons is written" in shown()[0]
    story.then(e.NarrativeWritten("lessons", "look twice"), by="ada")
    words, style, ready = shown()
    assert "Nothing is lacking: it can be marked done." in words
    assert (style, ready) == ("primary", True)


def test_the_guides_stay_there_once_the_steps_are_over():
    story = everything_over()
    view = steps_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    assert len([block for block in view["blocks"] if "How to" in json.dumps(block)]) == len(story.incident.steps)
