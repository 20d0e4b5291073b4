"""Forms and details in every state of an incident, within Slack's limits."""

import json
import re
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
from bot.slack.listeners.forms import FORMS, at
from bot.slack.modals import answers, declare
from bot.slack.modals.answers import answers_form
from bot.slack.modals.by_hand import by_hand as hands_on
from bot.slack.modals.by_hand import new_by_hand
from bot.slack.modals.consents import tick_words
from bot.slack.modals.declare import add_secret_form
from bot.slack.modals.details import details
from bot.slack.modals.inputs import OPTION_TEXT, Entered
from bot.slack.modals.more import more_form
from bot.slack.modals.todos import todos_form
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
from tests.support.incidents import ANNA, CHLOE
from tests.support.incidents import Story as CoreStory
from tests.support.rotations import AUTO, MACHINE, OVERLAP, rotation

BY_ACT = {form.act: form for form in FORMS}


STEPS = ButtonValue("inc_ab12cd", "step")


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
            case str() if name in {
                "text",
                "reason",
                "scopes",
                "title",
                "note",
                "who",
                "why",
                "impact",
                "cause",
                "finding",
            } or name.startswith(("note|", "own|", "reference|", "aware_why")):
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
        subject = next(iter(story.incident.secrets))
        digest = Strategy.OVERLAP if form.act == "strategy" else ""
        view = form.view(story.incident, ButtonValue("inc_ab12cd", subject, digest), story.at)
        wrong[form.act] = check_view(view)
    assert {act: found for act, found in wrong.items() if found} == {}


def test_a_form_of_what_is_no_longer_offered_says_so_and_has_nothing_to_submit():
    story = everything_over()
    for act in ("approve_proposal", "accept_role", "resume", "agree_departure"):
        form = next(form for form in FORMS if form.act == act)
        view = form.view(story.incident, ButtonValue("inc_ab12cd", "openai-api-key"), story.at)
        assert ("No longer open" in json.dumps(view), "submit" in view) == (True, False), act


def test_details_show_the_proof_and_who_read_it():
    story = Story(entry("openai-api-key", console="https://platform.example.com/keys", dies_with=("other-key",)))
    keys = (KeyRef("key_1", "ci"),)
    story.captured("openai-api-key", keys).dead("openai-api-key").live("openai-api-key").operation(
        Op.USAGE, usage_lane("openai-api-key"), "openai-api-key",
        lambda n: e.UsageRead(n, "openai-api-key", "cloudtrail", AT, AT, (), ("reads from a backup",), False),
    )  # fmt: skip
    shown = read(details(story.incident, ButtonValue("inc_ab12cd", "openai-api-key"), story.at))
    for part in ["2 rejections in a row", "3 answers; seen working 2026-11-25 03:00 UTC",
                 "Comparison key (control: new): *accepted*", "key_1", "key_new",
                 "Not visible there: reads from a backup", "`other-key`",
                 "https://platform.example.com/keys"]:  # fmt: skip
        assert part in shown


def test_details_of_what_people_do_by_hand():
    shown = read(details(by_hand().incident, ButtonValue("inc_ab12cd", "stripe-secret-key"), AT))
    assert "To make the new key by hand" in shown
    assert "expire the key ending …4242" in shown


def test_what_is_not_there():
    story = just_declared()
    with pytest.raises(Misuse):
        details(story.incident, ButtonValue("inc_ab12cd", "no-such"), AT)
    with pytest.raises(Misuse):
        details(story.incident, ButtonValue("inc_ab12cd", "step:no-such"), AT)


def test_break_glass_names_what_it_can_kill():
    assert "sendgrid-api-key" in opened(ActionId.BREAK_GLASS, under_way())
    assert "Nothing to revoke: all are dead or being revoked" in opened(ActionId.BREAK_GLASS, everything_over())
    many = Story(*(entry(f"key-{n}") for n in range(12)))
    assert "multi_static_select" in opened(ActionId.BREAK_GLASS, many)


def test_a_review_names_who_broke_what():
    shown = read(json.loads(opened("review_glass", glass_broken())))
    assert "`database-url`, by bob" in shown
    assert "The person who broke it cannot review it" in shown


def test_closing_says_what_is_left():
    story = under_way()
    for step in story.incident.steps:
        story.then(e.StepDone(step.definition.id), by="bob")
    shown = opened(ActionId.CLOSE, story)
    assert "Not everything is done" in shown
    assert "openai-api-key: no new key yet" in shown
    assert "A second person must approve" in shown
    view = BY_ACT[ActionId.CLOSE].view(story.incident, ButtonValue("inc_ab12cd"), story.at)
    [ticks] = [block["element"]["options"] for block in view["blocks"] if block.get("block_id") == "accept"]
    marked = {each["value"] for each in ticks if "description" in each}
    assert marked == {item.key for item in acceptable(story.incident) if item.second}
    assert "Needs a second approver" in shown
    alone = opened(ActionId.CLOSE, everything_over())
    assert "no impact recorded" in alone
    assert "A second person" not in alone


def test_whoever_closes_a_planned_run_anew_reads_when_it_is_looked_at_again():
    story = CoreStory(rotation(planned=AUTO), MACHINE).run(2 * OVERLAP)
    story.do(c.Reopen("its parameter held the old key"), CHLOE)
    view = BY_ACT[ActionId.CLOSE].view(story.incident, ButtonValue(story.incident.id), story.now)
    assert "Nothing is open. The bot tries the old keys for 1 more day." in read(view["blocks"])


def test_the_findings_form_shows_what_the_log_knows_above_its_fields():
    story = under_way()
    assert "who read them: not looked up yet" in opened(ActionId.FINDING, story)
    seen = (Read(story.at, "arn:aws:iam::1:user/ben", "203.0.113.9", "curl", "GetParameter", "/p"),)
    story.then(e.UsageRead(0, "openai-api-key", "CloudTrail", story.at, story.at, seen, (), False))
    shown = opened(ActionId.FINDING, story)
    assert "exposed in public" not in shown  # the form of notices has it
    assert "who read them" not in shown
    assert "Contradicts “No”: user/ben read openai-api-key and is not identified yet." in shown
    many = tuple(replace(seen[0], principal=f"arn:aws:iam::1:user/u{number}") for number in range(5))
    story.then(e.UsageRead(0, "openai-api-key", "CloudTrail", story.at, story.at, many, (), False))
    story.then(e.ReaderAccounted("arn:aws:iam::1:user/u0", ReaderOutcome.UNEXPLAINED, "nobody knows"))
    shown = opened(ActionId.FINDING, story)
    assert "5 readers read openai-api-key and are not identified yet; user/u0 read openai-api-key and is not" in shown


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
    assert tick_words(OpenItem("impact", "w" * 90)) == "w" * (OPTION_TEXT - 1) + "…"


def test_candidates_are_told_apart():
    shown = opened("choose_key", two_candidates(), "openai-api-key")
    assert "made 2026-11-25 03:00 UTC" in shown
    assert "age unknown" in shown
    assert "lists no matching key" in opened("choose_key", just_declared(), "openai-api-key")


def test_whoever_gives_a_task_another_time_does_not_take_it_over():
    story = just_declared().then(e.TaskAdded("t1", "Take it out of the build", "ada", None, "remediate"), by="ada")
    pressed = ButtonValue("inc_ab12cd", "t1", user="U0BEN")
    view = BY_ACT["task_change"].view(story.incident, pressed, story.at)
    assert check_view(view) == []
    (who,) = (block for block in view["blocks"] if block["block_id"] == "owner")
    assert who["optional"]
    assert "initial_user" not in who["element"]


@pytest.mark.parametrize(
    ("act", "pressed", "values", "command"),
    [
        ("step_skip", ButtonValue("i", "assess", "d"), {"reason": "r"}, c.SkipStep("assess", "r", "d")),
        (ActionId.REJECT, ButtonValue("i", "", "d"), {"reason": "r"}, c.RejectPlan("d", "r")),
        ("reject_proposal", ButtonValue("i", "3", "d"), {"reason": "r"}, c.RejectProposal("d", "r")),
        ("review_glass", ButtonValue("i", "", SHOWN), {"reason": "r"}, c.ReviewGlass("r", SHOWN)),
        (
            ActionId.BREAK_GLASS,
            ButtonValue("i"),
            {"secrets": (f"{SHOWN} a", f"{SHOWN} b"), "reason": "r"},
            c.BreakGlass({"a": SHOWN, "b": SHOWN}, "r"),
        ),
        (
            "strategy",
            ButtonValue("i", "a", "replace-first"),
            {"reason": "r"},
            c.ChooseStrategy("a", Strategy.OVERLAP, "r"),
        ),
        (ActionId.CLOSE, ButtonValue("i"), {}, c.Close("")),
        (ActionId.CLOSE, ButtonValue("i"), {"accept": ("impact",), "reason": "r"}, c.Close("r", ("impact",))),
        (ActionId.REOPEN, ButtonValue("i"), {"reason": "r"}, c.Reopen("r")),
        ("attest", ButtonValue("i", "a"), {"reason": "r"}, c.AttestDeath("a", "r")),
        ("choose_key", ButtonValue("i", "a"), {"key_id": "k1"}, c.ChooseCandidate("a", "k1")),
        ("use_value", ButtonValue("i", "a", "d"), {"reason": "r"}, c.UseValue("a", "r", "d")),
        ("refuse_value", ButtonValue("i", "a", "d"), {"reason": "r"}, c.RefuseValue("a", "r", "d")),
        ("choose_scopes", ButtonValue("i", "a"), {"scopes": "x\ny, x"}, c.ChooseScopes("a", ("x", "y"))),
        ("note", ButtonValue("i"), {"text": "t"}, c.AddNote("t")),
        (ActionId.FINDING, ButtonValue("i"), {"finding": "t"}, c.RecordFinding("finding", "t")),
        (ActionId.FINDING, ButtonValue("i"), {"impact": "t"}, c.RecordFinding("impact", "t")),
        (ActionId.FINDING, ButtonValue("i"), {"cause": "t"}, c.RecordFinding("root-cause", "t")),
        (ActionId.FINDING, ButtonValue("i"), {"seen": "no-abuse", "text": "t"}, c.RecordFinding("no-abuse", "t")),
        (ActionId.FINDING, ButtonValue("i"), {"used": ("a",), "text": "t"}, c.RecordAbuse("a", "t")),
    ],
)
def test_what_a_form_asks_for(act, pressed, values, command):
    assert [*BY_ACT[act].commands(pressed, entered(**values))] == [command]


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


def test_the_steps_of_the_new_key_and_those_of_the_old_one_are_forms_of_their_own():
    story = Story(entry("stripe-secret-key", by_hand=True, issue_by_hand="1. Press “New”.\n2. Use `bot submit`."))
    story.captured("stripe-secret-key")
    here = ButtonValue("inc_ab12cd", "stripe-secret-key")
    shown = read(new_by_hand(story.incident, here, story.at)["blocks"])
    assert "Use the command below." in shown
    assert shown.count("bot submit") == 1
    assert "expire the key" not in shown
    revoking = read(hands_on(story.incident, here, story.at)["blocks"])
    assert "expire the key" in revoking
    assert "bot submit" not in revoking


def test_who_is_asked_for_a_new_key_reads_that_alone_and_what_to_do_without_a_terminal():
    story = Story(entry("stripe-secret-key", by_hand=True, issue_by_hand="1. Press “New”.", owner="dana"))
    story.captured("stripe-secret-key").dead("stripe-secret-key")
    shown = read(hands_on(story.incident, ButtonValue("inc_ab12cd", "stripe-secret-key"), story.at)["blocks"])
    assert "I revoked it" not in shown
    assert shown.index("Press “New”") < shown.index("bot submit") < shown.index("No terminal here?")
    assert "to dana, or anyone with respond" in shown
    assert "Until then the product is degraded." in shown


def test_whoever_records_findings_reads_what_was_recorded_before():
    story = just_declared().then(e.FindingRecorded("impact", "all invoices since May"), by="ada")
    assert re.search(r"impact, ada .*: all invoices since May", opened(ActionId.FINDING, story))


def test_nothing_of_the_findings_is_chosen_beforehand_and_half_an_answer_is_asked_for():
    form = BY_ACT[ActionId.FINDING]
    assert "initial_" not in opened(ActionId.FINDING, just_declared())
    assert {*form.ask.mistakes(entered())} == {"impact"}
    assert {*form.ask.mistakes(entered(text="the logs"))} == {"seen"}
    assert {*form.ask.mistakes(entered(seen="no-abuse"))} == {"text"}
    assert {*form.ask.mistakes(entered(seen="no-abuse", used=("a",), text="the logs"))} == {"used"}
    assert form.ask.mistakes(entered(impact="all invoices")) == {}


def test_what_a_step_lacks_has_its_button_there():
    story = Story(entry("openai-api-key")).captured("openai-api-key").dead("openai-api-key").live("openai-api-key")
    for step in ("assess", "notify", "investigate"):
        story.then(e.StepSkipped(step, "later"), by="ada")
    story.then(e.TaskAdded("t1", "Take it out of the build", "ada", None, "remediate"), by="ada")
    shown = json.dumps(todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at), ensure_ascii=False)
    held = "1 task without a due time (“Take it out of the build”): add it, or finish or decline them"
    assert f"Still open: {held}" in shown
    assert shown.index('"Change task…"') < shown.rindex('"Skip…"')
    assert '"Answer…"' in shown
    shown = json.dumps(todos_form(just_declared().incident, ButtonValue("inc_ab12cd"), AT), ensure_ascii=False)
    assert '"Findings…"' in shown


def test_whoever_adds_a_task_reads_that_its_step_waits_for_a_due_time_and_in_which_zone_it_is():
    form = opened(ActionId.TASK, just_declared())
    assert "Tasks without a due date block their step. Your time zone." in form


def test_a_step_says_whose_tasks_go_on_beside_it():
    story = just_declared()
    story.then(e.TaskAdded("t1", "Scan the images", "mika", datetime(2026, 12, 12, 17, tzinfo=UTC), "remediate"))

    def shown():
        return read(todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])

    assert "Its 1 task goes on: mika by 2026-12-12 17:00 UTC." in shown()
    story.then(e.StepDone("remediate"), by="ada")
    assert "✅ 6. Remediate (ada 03:00 UTC); 1 task goes on: mika by 12 Dec 17:00 UTC" in shown()


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
        assert "to close with this still open: impact" in text
        assert "Not done, declined\nScan the images. By mika: not for tonight" in text
    shown = read(todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "; 1 task declined" in shown


def test_more_says_what_keeps_the_page_open():
    name = "openai-api-key"
    story = Story(entry(name)).captured(name).dead(name).live(name)
    reads = (Read(story.at, "arn:aws:iam::1:user/laptop", "192.0.2.1", "cli", "GetParameter", "/x"),)
    story.then(e.UsageRead(0, name, "CloudTrail", story.at, story.at, reads, (), False))
    shown = read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "The page stays open: " in shown
    assert "user/laptop read it and is not identified" in shown


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
        "is not done or skipped: *All to-dos* on the card",
        "backdoor check open: users: *Answer…*",
        ": *Findings…*",
    ):
        assert line in shown
    for step in story.incident.steps:
        story.then(e.StepDone(step.definition.id), by="bob")
    assert BY_ACT[ActionId.CLOSE].view(story.incident, ButtonValue("inc_ab12cd"), story.at)["submit"]["text"] == "Close"


def test_a_step_that_can_be_done_says_what_stays_open_until_the_close():
    story = all_dead(checklist={"users": "Look at the users.", "keys": "Look at the keys."})
    story.then(e.FindingRecorded("root-cause", "a commit"), by="ada")
    shown = read(todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "May stay open until the close: 2 backdoor checks." in shown


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


def test_whoever_marks_done_that_the_team_was_told_reads_that_nobody_has_answered_the_page():
    story = telling(just_declared()).then(e.StepDone("assess"))
    for page, event in (
        ("No pager has taken the page", None),
        ("Page not acknowledged", e.PageSent(0, "trigger")),
    ):
        story.then(*filter(None, [event]))
        for form in (answers_form, todos_form):
            assert f"{page}: phone them." in read(form(story.incident, STEPS, story.at)["blocks"])
    story.then(e.NoteAdded("I am here"), by="ben")
    for form in (answers_form, todos_form):
        assert "phone them" not in read(form(story.incident, STEPS, story.at)["blocks"])


def test_a_step_that_lacks_an_update_which_waits_for_the_commander_has_its_button():
    story = telling(with_drafts("It begins."))
    for held in (True, False):
        shown = read(todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
        assert ("security: the update waits for the commander" in shown) is held
        assert ("Read and send…" in shown) is held
        card = read(to_json(incident_card(story.incident, story.at, "head")))
        assert ("read and send the update to security" in card) is held
        story.then(e.UpdateReleased("security", 1, "It begins."), by="ada")


def test_who_skips_a_step_reads_which():
    assert "Remediate" in opened("step_skip", all_dead(), "remediate")


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
    assert "I revoked it" in read(hands_on(story.incident, here, story.at)["blocks"])
    story.dead("stripe-secret-key").live("stripe-secret-key")
    shown = read(hands_on(story.incident, here, story.at)["blocks"])
    assert "Nothing to do by hand" in shown
    assert not any(words in shown for words in ("Make the new key", "*Revoke the old key", "bot submit"))


def test_more_leaves_out_what_is_for_others_than_who_pressed():
    story = just_declared()
    commander = story.incident.commander
    for name, offered in [("", True), ("someone-else", True), (commander, False)]:
        view = more_form(story.incident, ButtonValue("inc_ab12cd", name=name), story.at)
        assert ("Take over: commander…" in read(view["blocks"])) is offered, name
        assert "Hand over: commander…" in read(view["blocks"])


def test_who_reopens_reads_that_it_pages_and_what_needs_no_reopening():
    shown = read(json.loads(opened(ActionId.REOPEN, everything_over().then(e.IncidentClosed(), by="bob")))["blocks"])
    assert "Reopening pages on-call again and outdates the report." in shown
    assert "*Report text…*; notices and checks can be answered without reopening." in shown


LONG = "Switch on the search for secrets in every repository of the organisation where it leaked"


def test_a_task_is_shown_whole_with_its_step_and_its_time():
    due = AT + timedelta(days=3)
    story = just_declared().then(e.TaskAdded("t1", LONG, "ada", due, "remediate"), by="ada")
    story.then(e.TaskAdded("t2", "Short", "", None, "investigate"), by="ada")
    shown = read(json.loads(opened("task_change", story))["blocks"])
    assert f"• {LONG}" in shown
    assert "• Short" not in shown
    assert "ada · due 2026-11-28 03:00 UTC · step “Remediate”" in shown
    assert "no one yet · no due time · step “Investigate”" in shown


@pytest.mark.parametrize("act", ["task_change", ActionId.CLOSE])
def test_a_form_opens_whatever_characters_a_tasks_title_has(act):
    title = "Purge the cache of the CDN for `/assets` and `/static`, then *tell* the team it"
    story = everything_over().then(e.TaskAdded("t1", title, "ada", None, "remediate"), by="ada")
    shown = opened(act, story)  # which checks it
    assert title in shown
    assert "Purge the cache of the CDN for `/assets` and `/static`" in shown.replace(title, "")


def test_closing_shows_what_is_left_in_one_piece():
    story = everything_over().then(e.TaskAdded("t4", LONG, "ada", None, "remediate"), by="ada")
    view = json.loads(opened(ActionId.CLOSE, story))
    assert f"• task t4: {LONG}" in read(view["blocks"])
    assert not any("description" in option for block in view["blocks"] if block.get("block_id") == "accept"
                   for option in block["element"]["options"])  # fmt: skip


@pytest.mark.parametrize("act", ["task_change", ActionId.CLOSE])
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


def test_the_channel_reads_who_can_close_where_the_new_commander_cannot():
    people = People((Person("ada", rights=CLOSES), Person("eli", rights=LEADS)))
    story = just_declared().then(e.RoleAccepted("ada"), by="eli")
    (message,) = News.of(story.incident, people, story.news).messages(story.news[-1])
    assert "eli can lead, but closing needs the right `command`: ada." in read(to_json(message.blocks()))


def test_the_channel_reads_all_that_was_closed_over_and_who_closed_where_a_second_person_agreed():
    items = (Accepted("old:openai-api-key", "old"), Accepted("task:t1", "task t1"), Accepted("task:t2", "task t2"))
    event = e.IncidentClosed("it waits", items, "ada")
    story = under_way().then(event, by="eli")
    closing = story.news[-1]
    story.then(e.IncidentReopened("it answers again"), by="ada")
    (message,) = News.of(story.incident, People(()), story.news).messages(closing)
    said = read(to_json(message.blocks()))
    assert "ada closed the incident" in said
    assert ", eli agreed, accepting what is open (old; task t1; task t2): it waits" in said


def test_who_is_offered_a_role_reads_where_it_is_accepted_for_as_long_as_it_is_on_offer():
    story = just_declared()
    story.then(e.RoleOffered("ben", ""), by="ada")
    [message] = News.of(story.incident, People(()), story.news).messages(story.news[-1])
    assert message.lines[-1].startswith("Accept it on the card with *Accept: commander…*, or: ")


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
    assert "Withdraw the offer" in opened("withdraw_role", story)
    given = BY_ACT["withdraw_role"].commands(ButtonValue("i"), entered(reason="r"))
    assert given == (c.DeclineRole("r"),)


def test_card_and_more_count_tasks_alike():
    story = everything_over()
    story.then(e.TaskAdded("t1", "Take it out of the build", "ada", None, ""), by="ada")
    due = datetime(2026, 12, 12, 17, tzinfo=UTC)
    story.then(e.TaskAdded("t2", "Tell the auditor", "ada", due, ""), by="ada")
    card = read([each.to_dict() for each in incident_card(story.incident, story.at, "head")])
    behind = read(more_form(story.incident, ButtonValue("inc_ab12cd"), story.at)["blocks"])
    assert "2 tasks, first due 12 Dec 17:00 UTC" in card
    assert "2 open tasks" in behind


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


def test_whoever_ends_the_investigation_reads_which_key_is_then_deleted_for_good():
    name = "aws-access-key"
    deletes = Capabilities(Makes.ISSUE, RevokedBy.MACHINE, deletes=True)
    story = Story(entry(name, capabilities=deletes)).captured(name).dead(name).live(name)
    story.then(e.FindingRecorded("root-cause", "a .env was pasted"), by="ada")
    gone = f"The switched-off key of {name} is deleted for good then, with its evidence."
    assert gone in read(answers_form(story.incident, STEPS, story.at)["blocks"])
    assert gone in read(todos_form(story.incident, STEPS, story.at)["blocks"])
    assert gone in opened("step_skip", story, "investigate")
    story.then(e.OldDeleted(0, name, "at AWS, by the bot"))
    assert gone not in read(answers_form(story.incident, STEPS, story.at)["blocks"])
    said = read(to_json(News.of(story.incident, People(()), story.news).message(story.news[-1]).blocks()))
    assert f"The bot deleted the switched-off old key of {name}: at AWS, by the bot" in said


def test_of_a_draft_alone_its_step_says_what_nobody_has_written():
    story = Story(entry("openai-api-key")).captured("openai-api-key").dead("openai-api-key").live("openai-api-key")
    for step in story.incident.steps[:-1]:
        story.then(e.StepSkipped(step.definition.id, "later"), by="ada")
    story.operation(Op.REPORT, REPORT_LANE, "inc_ab12cd", lambda n: e.ReportWritten(n, "r.md", "d" * 64, HEAD, 9))
    assert "Not written: summary and lessons (Report text…)." in plain(
        read(answers_form(story.incident, STEPS, story.at)["blocks"])
    )
    assert "Report text…" in read(todos_form(story.incident, STEPS, story.at)["blocks"])
    story.then(e.NarrativeWritten("summary", "a key leaked"), by="ada")
    assert "Not written: lessons (" in read(answers_form(story.incident, STEPS, story.at)["blocks"])
    story.then(e.NarrativeWritten("lessons", "look twice"), by="ada")
    assert "Not written" not in read(answers_form(story.incident, STEPS, story.at)["blocks"])


def test_steps_that_come_in_turn_are_done_together_and_tasks_with_them():
    story = Story(entry("openai-api-key")).captured("openai-api-key").dead("openai-api-key").live("openai-api-key")
    story.looked_up("openai-api-key").then(e.NoteAdded("I am here"), by="ben")
    story.then(e.FindingRecorded("root-cause", "x"), e.FindingRecorded("impact", "y"), by="ada")
    story.then(e.TaskAdded("t1", "Scan", "ada", story.at + timedelta(days=1), "remediate"), by="ada")
    view = answers_form(story.incident, STEPS, story.at)
    assert check_view(view) == []
    rows = [block["block_id"] for block in view["blocks"] if block.get("block_id", "").startswith("answer|")]
    said = entered(**{"all|step": "done", **{name: "declined" if not name.partition("|")[2].partition("|")[2]
                                             else "" for name in rows}, "note": "later"})  # fmt: skip
    [settle] = answers.command(story.incident, said, story.at)
    assert [type(row) for row in settle.rows] == [c.DeclineTask, *[c.CompleteStep] * 4]
    core = CoreStory()
    core.incident, core.now = story.incident, story.at
    assert not [each for each in core.do(settle, ANNA) if isinstance(each, e.CommandRefused)]


def test_the_guides_stay_there_once_the_steps_are_over():
    story = everything_over()
    view = todos_form(story.incident, ButtonValue("inc_ab12cd"), story.at)
    assert check_view(view) == []
    assert len([block for block in view["blocks"] if "How to" in json.dumps(block)]) == len(story.incident.steps)


def test_a_refusal_lands_at_the_field_whose_text_is_refused():
    said = entered(seen="no-abuse", text="looked", impact="mails were read")
    [impact, seen] = BY_ACT[ActionId.FINDING].commands(ButtonValue("i"), said)
    fields = ["seen", "text", "impact"]
    assert (at(fields, said, impact), at(fields, said, seen)) == ("impact", "text")
    assert at(fields, said, c.AcceptRole()) == "seen"
