import pytest

from bot.errors import ConfigurationError
from bot.incident.model import Actor, Right
from bot.people import People, Person, load_people, watch_people

PEOPLE = """\
ada:
  slack: U012ADA
  principal: arn:aws:iam::123456789012:user/team/ada
  email: ada@example.com
  rights: [respond, approve, command]
ben:
  principal: arn:aws:sts::123456789012:assumed-role/Responder/ben@example.com
  slack: U012BEN
  rights: [respond]
on-call:
  principal: arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Responder
  rights: [approve]
watcher:
  slack: U012WAT
  rights: []
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "people.yaml"
        path.write_text(text)
        return path

    return write


def mistakes(path):
    with pytest.raises(ConfigurationError) as raised:
        load_people(path)
    return [line.removeprefix(f"{path}:") for line in str(raised.value).splitlines()]


def test_the_same_person_in_slack_and_at_the_terminal(file):
    people = load_people(file(PEOPLE))
    ada = people.by_slack("U012ADA")
    assert ada == people.by_principal("arn:aws:iam::123456789012:user/team/ada") == people.named("ada")
    assert ada.rights == {Right.RESPOND, Right.APPROVE, Right.COMMAND}
    assert ada.actor == Actor("ada", ada.rights)
    assert ada.email == "ada@example.com"


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:sts::123456789012:assumed-role/Responder/ben@example.com", "ben"),
        ("arn:aws:sts::123456789012:assumed-role/Responder/cleo@example.com", "on-call"),
    ],
)
def test_a_session_is_matched_before_the_role_it_belongs_to(file, arn, name):
    assert load_people(file(PEOPLE)).by_principal(arn).name == name


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:user/ada",
        "arn:aws:iam::999999999999:user/team/ada",
        "arn:aws-cn:iam::123456789012:user/team/ada",
        "arn:aws:sts::999999999999:assumed-role/Responder/ben@example.com",
        "arn:aws:sts::123456789012:assumed-role/Other/ben@example.com",
        "arn:aws:iam::123456789012:root",
        "nonsense",
    ],
)
def test_whoever_is_not_in_the_file_has_no_rights_and_their_account_for_a_name(file, arn):
    assert load_people(file(PEOPLE)).by_principal(arn) == Person(arn, principal=arn)


def test_an_unmapped_slack_user_may_do_nothing_but_is_somebody(file):
    stranger = load_people(file(PEOPLE)).by_slack("U999")
    assert stranger == Person("slack:U999", slack="U999")
    assert not stranger.actor.may(Right.APPROVE)


def test_nothing_but_the_file_gives_rights(file):
    """Whoever edits a user group in Slack would else grant kills."""
    for load in (load_people, watch_people):
        with pytest.raises(TypeError):
            load(file(PEOPLE), lambda: {"U999"})
    assert not hasattr(People(), "responders")


def test_those_who_have_a_right(file):
    people = load_people(file(PEOPLE))
    assert [person.name for person in people.having(Right.APPROVE)] == ["ada", "on-call"]
    assert [person.name for person in people] == ["ada", "ben", "on-call", "watcher"]


def test_without_a_file_nobody_has_rights():
    assert People().by_slack("U1").rights == frozenset()
    assert People().named("ada") is None


def test_all_mistakes_at_once_each_with_its_line(file):
    found = mistakes(
        file(
            """\
ada:
  slack: ada
  principal: arn:aws:iam::123456789012:root
  email: ada
  rights: [rule]
ben:
  slak: U1
  rights: []
bot:
  slack: U012
  rights: []
cleo:
  rights: []
dan: U013
"""
        )
    )
    assert [line.partition(":")[0] for line in found] == ["2", "3", "4", "5", "7", "9", "12", "14"]
    assert "ada.slack: text given, expected a Slack member id" in found[0]
    assert "ada.rights[0]: text given, expected 'respond', 'approve' or 'command'" in found[3]
    assert "`slak` is not known in ben; expected one of: slack, principal, email, rights" in " ".join(found)
    assert "nobody can tell who cleo is; expected `slack` or `principal`" in " ".join(found)


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("slack", "U012", "U012"),
        ("email", "ada@example.com", "Ada@Example.com"),
        (
            "principal",
            "arn:aws:iam::123456789012:role/path/Responder",
            "arn:aws:sts::123456789012:assumed-role/Responder",
        ),
    ],
)
def test_one_account_in_two_entries_is_refused(file, key, first, second):
    other = "principal: arn:aws:iam::123456789012:user/x" if key != "principal" else "slack: U9A"
    third = "principal: arn:aws:iam::123456789012:user/y" if key != "principal" else "slack: U9B"
    found = mistakes(
        file(f"ada:\n  {key}: {first}\n  {other}\n  rights: []\nben:\n  {key}: {second}\n  {third}\n  rights: []\n")
    )
    assert found == [f"6: the {key} of ben is that of ada too; expected one entry a person"]


def test_the_same_person_twice_is_refused(file):
    assert (
        "`ada` stands here a second time"
        in mistakes(file("ada: {slack: U012, rights: []}\nada: {slack: U013, rights: []}\n"))[0]
    )


@pytest.mark.parametrize("text", ["", "- ada\n", "ada\n"])
def test_a_file_that_is_no_list_of_people_is_refused(file, text):
    assert "no people here" in mistakes(file(text))[0]
