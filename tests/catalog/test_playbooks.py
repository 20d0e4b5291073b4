"""Playbooks: the shipped one, and how mistakes in one are reported."""

import re

import pytest

from bot.catalog.loader import load_playbook, load_playbooks
from bot.data_files import PLAYBOOK, find_playbook
from bot.errors import ConfigurationError
from bot.model.playbooks import Action, PlaybookStep, RunKind
from bot.slack.modals.inputs import OPTION_TEXT

SMALL = """\
schema: 1
id: small
title: A small one
steps:
  - id: look
    title: Look
    why: Nobody knows yet.
    guide: |
      1. Look.
    actions: [usage, page]
    approval: true
    within: 15m
    tasks: [Tell someone]
  - { id: leave, title: Leave, why: It is late., guide: 1. Leave. }
"""


@pytest.fixture
def file(tmp_path):
    def write(text, name="small.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def mistakes(path):
    with pytest.raises(ConfigurationError) as raised:
        load_playbook(path)
    return [line.removeprefix(f"{path}:") for line in str(raised.value).splitlines()]


def test_the_shipped_playbook_has_the_seven_steps():
    playbook = load_playbook(find_playbook(PLAYBOOK))
    assert playbook.id == "secret-compromise"
    assert [step.id for step in playbook.steps] == [
        *("rotate", "assess", "revoke", "notify", "investigate", "remediate", "document")
    ]
    actions = [action for step in playbook.steps for action in step.actions]
    parts = {Action.GENERATE, Action.UPDATE, Action.VERIFY}
    assert sorted(actions) == sorted(set(Action) - parts)
    assert playbook.steps[0].within == 900


def test_the_shipped_rotation_has_the_five_steps_of_the_process_all_of_them_the_machine_s():
    playbook = load_playbook(find_playbook("rotation.yaml"))
    assert playbook.kind is RunKind.ROTATION
    assert [step.id for step in playbook.steps] == ["generate", "update", "verify", "revoke", "document"]
    assert all(step.actions and not step.tasks and not step.approval for step in playbook.steps)


@pytest.mark.parametrize("file", [PLAYBOOK, "rotation.yaml"])
def test_a_task_is_read_in_one_piece_where_it_is_finished(file):
    tasks = [task for step in load_playbook(find_playbook(file)).steps for task in step.tasks]
    assert [task for task in tasks if len(task) > OPTION_TEXT] == []


@pytest.mark.parametrize("file", [PLAYBOOK, "rotation.yaml"])
def test_the_guides_can_be_followed_by_a_tired_person(file):
    for step in load_playbook(find_playbook(file)).steps:
        *lines, _, last = step.guide.splitlines()
        assert [line.partition(". ")[0] for line in lines] == [str(n) for n in range(1, len(lines) + 1)], step.id
        assert last.startswith("Done when: "), step.id
        assert all(len(line) < 240 for line in lines), step.id
        assert not re.search(r"<|>|\{", step.guide), "Slack would take it for markup, a reader for a placeholder"


def test_pasting_a_secret_is_forbidden_in_the_very_first_line():
    first = load_playbook(find_playbook(PLAYBOOK)).steps[0].guide.splitlines()[0]
    assert first.startswith("1. Never paste a secret into Slack")


def test_a_playbook_becomes_the_frozen_steps_of_an_incident(file):
    playbook = load_playbook(file(SMALL))
    assert playbook.steps == (
        PlaybookStep(
            id="look",
            title="Look",
            why="Nobody knows yet.",
            guide="1. Look.",
            actions=(Action.USAGE, Action.PAGE),
            approval=True,
            within=900.0,
            tasks=("Tell someone",),
        ),
        PlaybookStep(id="leave", title="Leave", why="It is late.", guide="1. Leave."),
    )


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("15m", 900), ("72h", 259_200), ("7d", 604_800)])
def test_times_are_read_as_seconds(file, text, seconds):
    assert load_playbook(file(SMALL.replace("15m", text))).steps[0].within == seconds


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("[usage, page]", "[usage, shell]", 10, "steps[0].actions[1]: text given, expected 'rotate', 'usage'"),
        ("[usage, page]", "[page, page]", 10, "an action twice in one step"),
        ("id: leave", "id: look", 14, "a second step with the id look"),
        ("within: 15m", "within: 15 minutes", 12, "expected a time such as 15m, 4h or 3d"),
        ("within: 15m", "within: 0m", 12, "expected a time such as"),
        ("approval: true", "approval: twice", 11, "text given, expected a valid boolean"),
        ("    why: Nobody knows yet.\n", "", 5, "`why` is missing in steps[0]"),
        ("schema: 1", "schema: 2", 1, "a number given, expected 1"),
        ("title: A small one", "title: A small one\nrun: rm -rf /", 4, "`run` is not known in the file"),
        ("    approval", "    if: today\n    approval", 11, "`if` is not known in steps[0]"),
    ],
)
def test_a_mistake_is_reported_with_its_line(file, old, new, line, said):
    (found,) = mistakes(file(SMALL.replace(old, new)))
    assert found.startswith(f"{line}: ")
    assert said in found


@pytest.mark.parametrize("text", ["", "steps: []", "- 1", "just text"])
def test_what_is_no_playbook_is_refused(file, text):
    assert mistakes(file(text))


def test_the_guides_say_what_kill_first_does_and_how_a_task_gets_its_due_time():
    steps = {step.id: step for step in load_playbook(find_playbook(PLAYBOOK)).steps}
    assert "until a new one works" not in steps["rotate"].why
    assert "*Revoke first* revokes the old key at once, before a new one works" in steps["rotate"].guide
    assert "*Change task…*" in steps["remediate"].guide


def test_playbooks_are_known_by_id_and_each_id_is_one(file):
    small, other = file(SMALL), file(SMALL.replace("id: small", "id: other"), "other.yaml")
    assert list(load_playbooks([small, other])) == ["small", "other"]
    with pytest.raises(ConfigurationError, match="a second playbook with the id small"):
        load_playbooks([small, file(SMALL, "copy.yaml")])
