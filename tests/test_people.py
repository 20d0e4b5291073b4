import hashlib
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app.slack import trusted
from bot.errors import ConfigurationError, LogUnavailable
from bot.eventlog import TrustDamaged
from bot.incident.model import Actor, Right
from bot.people import People, Person, watch_people
from bot.proofs.sshkeys import read_key
from bot.trust import Lost, TrustState
from tests.support import sshkeys

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
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
        watch_people(path)
    return [line.removeprefix(f"{path}:") for line in str(raised.value).splitlines()]


def test_the_same_person_in_slack_and_at_the_terminal(file):
    people = watch_people(file(PEOPLE))
    ada = people.by_slack("U012ADA")
    assert ada == people.by_principal("arn:aws:iam::123456789012:user/team/ada") == people.named("ada")
    assert ada.rights == {Right.RESPOND, Right.APPROVE, Right.COMMAND}
    assert ada.actor == Actor("ada", ada.rights)
    assert ada.email == "ada@example.com"


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:sts::123456789012:assumed-role/Responder/ben@example.com", "ben"),
        ("arn:aws:sts::123456789012:assumed-role/Responder/cleo@example.com",) * 2,
    ],
)
def test_a_session_is_matched_before_the_role_it_belongs_to(file, arn, name):
    assert watch_people(file(PEOPLE)).by_principal(arn).name == name


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
    assert watch_people(file(PEOPLE)).by_principal(arn) == Person(arn, principal=arn)


def test_an_unmapped_slack_user_may_do_nothing_but_is_somebody(file):
    stranger = watch_people(file(PEOPLE)).by_slack("U999")
    assert stranger == Person("slack:U999", slack="U999")
    assert not stranger.actor.may(Right.APPROVE)


def test_nothing_but_the_file_gives_rights(file):
    """Whoever edits a user group in Slack would else grant kills."""
    for load in (watch_people, watch_people):
        with pytest.raises(TypeError):
            load(file(PEOPLE), lambda: {"U999"})
    assert not hasattr(People(), "responders")


def test_those_who_have_a_right(file):
    people = watch_people(file(PEOPLE))
    assert [person.name for person in people.having(Right.APPROVE)] == ["ada"]
    assert [person.name for person in people] == ["ada", "ben", "on-call", "watcher"]


def test_without_a_file_nobody_has_rights():
    assert People().by_slack("U1").rights == frozenset()
    assert People().named("ada") is None


def test_a_role_by_itself_may_be_anybody_and_so_never_the_second_person(file):
    people = watch_people(file(PEOPLE.replace("rights: [approve]", "rights: [respond, approve]")))
    by_role = people.by_principal("arn:aws:sts::123456789012:assumed-role/Responder/cleo@example.com")
    session = "arn:aws:sts::123456789012:assumed-role/Responder/cleo@example.com"
    assert by_role.shared
    assert by_role.actor == Actor(session, frozenset({Right.RESPOND}))  # not an entry's name: never one of two people
    assert not people.may(session, Right.APPROVE)
    assert people.may(session, Right.RESPOND)
    assert not people.may("on-call", Right.APPROVE)
    for arn in (
        "arn:aws:sts::123456789012:assumed-role/Responder/ben@example.com",
        "arn:aws:iam::123456789012:user/team/ada",
    ):
        assert not people.by_principal(arn).shared
    assert people.by_principal("arn:aws:iam::123456789012:user/team/ada").actor.may(Right.APPROVE)


@pytest.mark.parametrize("role", ["role/Responder", "assumed-role/Responder", "role/path/Responder"])
def test_who_comes_by_a_shared_role_is_not_taken_for_the_one_who_is_known_by_more(file, role):
    people = watch_people(
        file(f"ada:\n  slack: U012\n  principal: arn:aws:iam::123456789012:{role}\n  rights: [approve]\n")
    )
    assert people.by_slack("U012").actor.may(Right.APPROVE)
    assert people.by_principal("arn:aws:sts::123456789012:assumed-role/Responder/x").shared
    assert not people.by_principal("arn:aws:sts::123456789012:assumed-role/Responder/x").actor.may(Right.APPROVE)
    assert people.may("ada", Right.APPROVE)
    assert [person.name for person in people.having(Right.APPROVE)] == ["ada"]


SSO = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_{}/ada@example.com"


@pytest.mark.parametrize("written", ["Team_A_0123456789abcdef", "Team_A_fedcba9876543210", "Team_A"])
def test_a_permission_sets_role_is_the_same_whatever_digits_it_got(file, written):
    people = watch_people(file(f"ada:\n  principal: {SSO.format(written)}\n  rights: [approve]\n"))
    ada = people.by_principal(SSO.format("Team_A_0123456789abcdef"))
    assert (ada.name, ada.shared) == ("ada", False)
    assert ada.actor.may(Right.APPROVE)
    for arn in (
        SSO.format("Team_B_0123456789abcdef"),
        SSO.format("Team_0123456789abcdef"),
        SSO.format("Team_A_0123456789abcdef").replace("ada@", "ben@"),
        SSO.format("Team_A_0123456789abcdef").replace("ada@", "Ada@"),
        SSO.format("Team_A_0123456789abcdef").replace("123456789012", "999999999999"),
        SSO.format("Team_A_0123456789ABCDEF"),
        SSO.format("Team_A_0123456789abcde"),
    ):
        assert people.by_principal(arn) == Person(arn, principal=arn)


def test_digits_behind_the_name_of_any_other_role_count(file):
    arn = "arn:aws:sts::123456789012:assumed-role/Responder_{}/ada"
    people = watch_people(file(f"ada:\n  principal: {arn.format('0123456789abcdef')}\n  rights: []\n"))
    assert people.by_principal(arn.format("0123456789abcdef")).name == "ada"
    other = arn.format("fedcba9876543210")
    assert people.by_principal(other).name == other


def test_the_file_that_the_guide_shows_is_one(file):
    guide = (Path(__file__).parents[1] / "docs" / "installation.md").read_text()
    shown = re.search(r"^## People\n\n```yaml\n(.*?)```", guide, re.DOTALL | re.MULTILINE)[1]
    people = watch_people(file(shown))
    ada = people.named("ada")
    assert ada.keys
    assert None not in {ada.slack, ada.principal, ada.email, ada.telephone, people.bridge}


def test_keys_and_a_telephone(file):
    people = watch_people(
        file(f"""\
ada:
  telephone: "+49 (30) 123-4567"
  keys:
    - {sshkeys.simple(1)} ada@laptop
    - {sshkeys.simple(2)}
    - {sshkeys.simple(1)} twice
  rights: [respond]
""")
    )
    ada = people.named("ada")
    assert ada.keys == (read_key(sshkeys.simple(1)), read_key(sshkeys.simple(2)))
    assert ada.telephone == "+49301234567"
    assert not ada.shared


@pytest.mark.parametrize(
    "telephone", ["+4930123456", '"030 123456"', '"+49"', '"+49 30 1234567 89012345"', '"+49x30123"']
)
def test_a_telephone_number_is_text_with_its_country(file, telephone):
    found = mistakes(file(f"ada:\n  slack: U012\n  telephone: {telephone}\n  rights: []\n"))
    assert len(found) == 1
    assert found[0].startswith("3: ada.telephone: ")
    assert 'expected a number in quotes with its country, such as "+49 30 1234567"' in found[0]


def test_a_key_that_is_none_is_refused_at_its_line_without_its_text(file):
    weak = sshkeys.rsa(2048)
    found = mistakes(
        file(f"ada:\n  keys:\n    - {sshkeys.simple(1)}\n    - {weak}\n    - cert-authority {weak}\n  rights: []\n")
    )
    assert [line.partition(":")[0] for line in found] == ["4", "5"]
    assert "ada.keys[1]: text given, expected an RSA key of at least 3072 bits" in found[0]
    assert "expected a key itself, no certificate and no authority" in found[1]
    assert not [line for line in found if weak.split()[1][20:60] in line]


def test_one_key_in_two_entries_is_refused_whatever_its_comment(file):
    found = mistakes(
        file(
            f"ada:\n  keys: [{sshkeys.simple(1)} a]\n  rights: []\n"
            f"ben:\n  keys:\n    - {sshkeys.simple(2)}\n    - {sshkeys.simple(1)} b\n  rights: []\n"
        )
    )
    assert found == ["7: the key of ben is that of ada too; expected one entry a person"]


def test_a_session_in_two_entries_is_refused_whatever_digits_its_role_got(file):
    first, second = (SSO.format(name) for name in ("Team_0123456789abcdef", "Team_fedcba9876543210"))
    found = mistakes(file(f"ada:\n  principal: {first}\n  rights: []\nben:\n  principal: {second}\n  rights: []\n"))
    assert found == ["5: the principal of ben is that of ada too; expected one entry a person"]


@pytest.mark.parametrize("name", ["bot", "Bot", "operator", "OPERATOR", "slack:U012", "ssh:ada", "operator unproven"])
def test_names_that_the_log_has_for_others_are_refused(file, name):
    found = mistakes(file(f'"{name}": {{slack: U012, rights: []}}\n'))
    assert "not a name; expected letters, digits, dots and dashes, and neither `bot` nor `operator`" in found[0]


def test_names_that_differ_in_capitals_only_are_refused(file):
    found = mistakes(file("ada: {slack: U012, rights: []}\nAda: {slack: U013, rights: []}\n"))
    assert found == ["2: Ada differs from ada in capitals only; expected names that can't be mixed up"]


@pytest.mark.parametrize(
    "bridge", ["https://meet.example.com/incident?pwd=1", "+49 30 1234567, code 4711 #", "Raum “Adler”, 3. Stock"]
)
def test_a_bridge_for_when_slack_cannot_be_trusted(file, bridge):
    people = watch_people(file(f'bridge: "{bridge}"\n{PEOPLE}'))
    assert people.bridge == bridge
    assert [person.name for person in people] == ["ada", "ben", "on-call", "watcher"]
    assert people.named("bridge") is None


@pytest.mark.parametrize(
    "bridge", ["", "''", "+4930123456", "[a]", "http://meet.example.com", "'javascript://x'", '"a\\nb"', "x" * 301]
)
def test_what_is_no_bridge(file, bridge):
    found = mistakes(file(f"{PEOPLE}bridge: {bridge}\n"))
    assert [line.partition(": ")[2] for line in found] == [
        "not a bridge; expected https://… or a telephone number, in quotes"
    ]


def test_a_person_called_bridge_is_one_still(file):
    people = watch_people(file("bridge: {slack: U012, rights: [respond]}\n"))
    assert people.bridge is None
    assert people.by_slack("U012").name == "bridge"


def test_the_digest_is_that_of_the_file_that_everybodys_rights_are_from(file):
    def write(text, second):
        path = file(text)
        os.utime(path, (second, second))
        return path, hashlib.sha256(text.encode()).hexdigest()

    path, first = write(PEOPLE, 1)
    watched = watch_people(path)
    assert watched.digest == first
    _, second = write(f"# reviewed\nbridge: '4711'\n{PEOPLE}", 2)
    assert (watched.digest, watched.bridge) == (second, "4711")
    write("ada: {rights: [everything]}\n", 3)
    assert (watched.digest, watched.bridge) == (second, "4711")
    assert People().digest == ""
    assert People().bridge is None


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
    assert "ada.rights[0]: text given, expected 'respond', 'approve', 'command' or 'counsel'" in found[3]
    assert "`slak` is not known in ben; expected one of: slack, principal, email, telephone, keys, rights" in " ".join(
        found
    )
    assert "cleo has no identity; expected `slack`, `principal` or `keys`" in " ".join(found)


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
        "`ada` is here twice" in mistakes(file("ada: {slack: U012, rights: []}\nada: {slack: U013, rights: []}\n"))[0]
    )


@pytest.mark.parametrize("text", ["", "- ada\n", "ada\n"])
def test_a_file_that_is_no_list_of_people_is_refused(file, text):
    assert "no people here" in mistakes(file(text))[0]


def test_a_team_stands_for_its_members_and_gives_nobody_a_right(file):
    people = watch_people(file(f"{PEOPLE}teams:\n  AI team: [ada, watcher, ada, gone]\n"))
    assert [person.name for person in people.owning(" ai Team ")] == ["ada", "watcher"]
    assert [person.name for person in people.owning("ada@example.com")] == ["ada"]
    assert people.owning("nobody") == ()
    assert not people.named("watcher").rights
    assert people.named("teams") is None
    assert watch_people(file("teams: {slack: U012, rights: [respond]}\n")).named("teams")


@pytest.mark.parametrize(
    ("teams", "why"),
    [
        ("teams: [ada]", "no teams here; expected `name: [person, person]`"),
        ("teams: {ada: [ben]}", "ada is a person of this file; expected another name for the team"),
        ("teams: {AI: ada}", "not the members of AI; expected a list of 1 to 20 people of this file"),
        ("teams: {AI: []}", "not the members of AI; expected a list of 1 to 20 people of this file"),
    ],
)
def test_what_is_no_team(file, teams, why):
    assert [line.partition(": ")[2] for line in mistakes(file(f"{PEOPLE}{teams}\n"))] == [why]


# --- as Slack's side goes by them -------------------------------------------------------------------------------------


def test_whoever_is_not_trusted_has_no_right_owns_nothing_and_is_still_somebody(file):
    people = watch_people(file(PEOPLE))
    ben = people.named("ben")
    state = TrustState({"ben": Lost("ben", "ada", AT, "his laptop is gone", ben.accounts)})
    known = trusted(people, lambda: state)
    assert known.by_slack(ben.slack) == replace(ben, rights=frozenset(), lost=True)
    assert known.named("ada") == people.named("ada")
    assert known.owning("ben") == ()
    assert ben not in known.having(Right.RESPOND)
    assert people.owning("ben") == (ben,)


def test_the_same_accounts_under_another_name_are_not_trusted_either(file):
    people = watch_people(file(PEOPLE))
    state = TrustState({"benjamin": Lost("benjamin", "ada", AT, "gone", people.named("ben").accounts)})
    assert trusted(people, lambda: state).named("ben").lost


def test_the_record_is_read_once_a_second_however_often_people_are_asked_about(file):
    now, reads = [0.0], []
    known = trusted(watch_people(file(PEOPLE)), lambda: reads.append(1) or TrustState(), lambda: now[0])
    for moment in (0.0, 0.5, 0.9, 1.0, 1.5):
        now[0] = moment
        for _ in range(10):
            assert known.named("ben").rights
    assert len(reads) == 2


@pytest.mark.parametrize(("error", "lost"), [(TrustDamaged("it is"), False), (LogUnavailable("away"), True)])
def test_where_the_record_cannot_be_read_the_file_counts_or_what_was_read_last(file, error, lost):
    people, now = watch_people(file(PEOPLE)), iter(range(0, 100, 2))
    state = TrustState({"ben": Lost("ben", "ada", AT, "gone", people.named("ben").accounts)})
    answers = iter([state, error])

    def read():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    known = trusted(people, read, lambda: next(now))
    assert known.named("ben").lost
    assert known.named("ben").lost is lost
