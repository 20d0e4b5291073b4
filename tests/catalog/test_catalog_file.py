"""Reading the catalog: what is accepted, and how mistakes are reported."""

from datetime import UTC, date, datetime
from textwrap import indent

import pytest

from bot.catalog.catalog import Policy
from bot.catalog.loader import LeftOut, load_catalog
from bot.errors import ConfigurationError
from bot.model.capabilities import Capabilities, Makes, RevokedBy
from bot.model.secrets import Consumer, Copy, CopyKind, Data, Kill, Outage, Part, Planned
from bot.model.uses import OurUse
from bot.model.window import Window

HEAD = "schema: 1\nenvironments: [production, staging]\nsecrets:\n"
OPENAI = """\
- name: openai
  title: OpenAI API key
  provider: openai
  parts: { key: { parameter: "/{environment}/openai", variable: OPENAI_API_KEY } }
  options: { project: proj_a, team: "team-{environment}" }
  environments: { staging: { options: { project: proj_b } } }
  admin: /bot/admin/openai
  policy: { rotate_after_days: 90 }
  consumers: [{ lambda: "api-{environment}", alias: live, health: "https://{environment}.example.com/health" }]
  owner: AI team
  if_killed: Answers fail.
  outage: degraded
  kill: irreversible
  data: personal
"""
PAIR = """\
- name: aws
  title: AWS access key
  provider: aws-iam
  parts:
    id: { parameter: "/{environment}/aws/id", variable: AWS_ACCESS_KEY_ID, secret: false }
    secret: { parameter: "/{environment}/aws/secret", variable: AWS_SECRET_ACCESS_KEY }
  policy: { on_personnel_change: true }
  owner: Platform
  dies-with: [openai]
  if_killed: Uploads fail.
  outage: down
  kill: reversible
  data: none
"""
URL = """\
- name: address
  title: Supabase address
  provider: configuration
  parts: { url: { parameter: "/{environment}/url", variable: SUPABASE_URL, secret: false } }
"""
BUILT = {"openai", "aws-iam"}


@pytest.fixture
def file(tmp_path):
    def write(*entries, head=HEAD):
        path = tmp_path / "secrets.yaml"
        path.write_text(head + indent("".join(entries), "  "))
        return path

    return write


def mistakes(path):
    with pytest.raises(ConfigurationError) as raised:
        load_catalog(path, BUILT)
    lines = str(raised.value).splitlines()
    assert all(line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


def swapped(entry, old, new):
    assert old in entry
    return entry.replace(old, new)


def test_an_entry_is_worked_out_for_each_environment(file):
    catalog = load_catalog(file(OPENAI, PAIR, URL), BUILT).catalog
    assert catalog.environments == ("production", "staging")
    staging = catalog.entry("openai", "staging")
    assert staging.parts == (Part("key", "/staging/openai", "OPENAI_API_KEY"),)
    assert dict(staging.options) == {"project": "proj_b", "team": "team-staging"}
    assert dict(catalog.entry("openai", "production").options) == {"project": "proj_a", "team": "team-production"}
    assert staging.consumers == (Consumer("api-staging", "live", "https://staging.example.com/health"),)
    assert staging.admin_parameter == "/bot/admin/openai"
    assert staging.policy == Policy(rotate_after_days=90)
    assert (staging.outage, staging.kill, staging.data) == (Outage.DEGRADED, Kill.IRREVERSIBLE, Data.PERSONAL)
    pair = catalog.entry("aws", "production")
    assert pair.main == Part("secret", "/production/aws/secret", "AWS_SECRET_ACCESS_KEY")
    assert pair.dies_with == ("openai",)
    assert [entry.parts[0].parameter for entry in catalog.not_rotated("production")] == ["/production/url"]


def test_consumers_may_differ_by_environment(file):
    other = (
        "{ staging: { options: { project: proj_b }, consumers: [{ lambda: other }] }, development: { consumers: [] } }"
    )
    one = swapped(OPENAI, "{ staging: { options: { project: proj_b } } }", other)
    catalog = load_catalog(file(one, PAIR, head=HEAD.replace("staging]", "staging, development]")), BUILT).catalog
    read = {name: [each.function for each in catalog.entry("openai", name).consumers] for name in catalog.environments}
    assert read == {"production": ["api-production"], "staging": ["other"], "development": []}


LEFT_OUT = swapped(OPENAI, "  owner:", "  left-out: we rotate it by hand\n  owner:")


def test_an_entry_is_left_out_on_purpose_or_it_is_a_mistake(file):
    (found,) = mistakes(file(swapped(OPENAI, "provider: openai", "provider: opneai"), URL))
    assert found.startswith("6: there is no provider `opneai`; did you mean openai? expected one of aws-iam, openai")
    loaded = load_catalog(file(LEFT_OUT, PAIR, URL), {"aws-iam"})
    assert loaded.left_out == (LeftOut("openai", "openai", 4, "we rotate it by hand"),)
    assert [entry.name for entry in loaded.catalog.all("production")] == ["aws"]
    assert loaded.catalog.entry("aws", "production").dies_with == ()
    assert loaded.catalog.not_rotated("production")


@pytest.mark.parametrize(
    ("named", "usual"), [("development, staging, production", "production"), ("staging, development", "staging")]
)
def test_production_is_meant_where_none_is_named_wherever_it_stands_in_the_file(file, named, usual):
    path = file(URL, head=f"schema: 1\nenvironments: [{named}]\nsecrets:\n")
    catalog = load_catalog(path, BUILT).catalog
    assert catalog.usual == usual


def test_an_entry_can_be_of_some_environments_only_and_may_then_name_them(file):
    only = swapped(OPENAI, "/{environment}/openai", "/production/openai") + "  only-in: [production]\n"
    only = swapped(only, "  environments: { staging: { options: { project: proj_b } } }\n", "")
    catalog = load_catalog(file(only), BUILT).catalog
    assert [entry.environment for entry in catalog.entries] == ["production"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("outage: degraded", "outage: bad", 15, "outage: text given, expected 'none', 'degraded' or 'down'"),
        ("kill: irreversible", "kill: maybe", 16, "kill: text given, expected 'reversible' or 'irreversible'"),
        ("data: personal", "data: secret", 17, "expected 'none', 'personal', 'payment' or 'children'"),
        ("owner: AI team", "owner: 7", 13, "owner: a number given, expected a valid string"),
        ("  owner: AI team\n", "", 4, "`owner` is missing in secrets[0]; expected: the team or person to ask"),
        ("owner:", "ownr:", 13, "`ownr` is not known in secrets[0]; expected one of: name, title"),
        ("variable: OPENAI_API_KEY", "variable: openai", 7, "expected a variable's name such as OPENAI_API_KEY"),
        ("variable:", "vairable:", 7, "`vairable` is not known in secrets[0].parts.key; expected one of: parameter"),
        ("name: openai", "name: Open AI", 4, "expected lower-case letters, digits and single dashes"),
        ('"/{environment}/openai"', "openai", 7, "expected a parameter such as"),
        ('"/{environment}/openai"', '"/{env}/openai"', 7, "expected a parameter such as"),
        ('"https://{environment}.example.com/health"', "http://example.com", 12, "expected an https:// address"),
        ('"https://{environment}.example.com/health"', '"https://u:p@x.com"', 12, "expected an https:// address"),
        ('"https://{environment}.example.com/health"', '"https://[x"', 12, "expected an https:// address"),
        ("lambda:", "function:", 12, "`function` is not known in secrets[0].consumers[0]; expected one of: "),
        ("rotate_after_days: 90", "rotate_after_days: 0", 11, "expected greater than or equal to 1"),
        ("rotate_after_days: 90", "rotate_after_days: yes", 11, "true or false given, expected a valid integer"),
        ('"/{environment}/openai"', "/production/openai", 7, "/production/openai names the environment production"),
        ('"/{environment}/openai"', "/app/staging/openai", 7, "names the environment staging"),
        ('"/{environment}/openai"', "/shared/openai", 7, "expected a parameter of its own in each environment"),
        ('"/{environment}/openai"', '"/_compromise/{environment}"', 7, "belongs to the bot itself"),
        ('"/{environment}/openai"', '"/bot/{environment}"', 7, "belongs to the bot itself"),
        ("/bot/admin/openai", "/bot/openai", 10, "expected a parameter under /bot/admin/ or /{environment}/admin/"),
        ("/bot/admin/openai", "/production/admin/openai", 10, "names the environment production"),
        ("{ staging: {", "{ stagin: {", 9, "`stagin` is no environment of this entry"),
        ("  owner:", "  only-in: [stagin]\n  owner:", 13, "`stagin` is no environment in this catalog"),
        ("  owner:", "  dies-with: [stripe]\n  owner:", 13, "`stripe` is no other entry of this file"),
        ("  owner:", "  dies-with: [openai]\n  owner:", 13, "`openai` is no other entry of this file"),
        ("OPENAI_API_KEY }", "OPENAI_API_KEY, secret: false }", 7, "none marked secret; expected exactly one part"),
        ("title: OpenAI", "title: 2026-01-01\n  title: OpenAI", 6, "the key `title` is here twice"),
        ("title: OpenAI API key", "title: !!binary aGVsbG8=", 5, "a YAML tag"),
        ("project: proj_a", "1: proj_a", 8, "a key that is not text"),
        ("options: { project: proj_a,", "options: { project: [],", 8, "a list given, expected a valid string"),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_what_was_expected(file, old, new, line, said):
    found = mistakes(file(swapped(OPENAI, old, new)))
    assert any(each.startswith(f"{line}: ") and said in each for each in found), found


def test_all_mistakes_are_reported_at_once_those_between_entries_too(file):
    wrong = swapped(swapped(OPENAI, "outage: degraded", "outage: bad"), "owner: AI team", "owner: ''")
    found = mistakes(file(wrong, PAIR, swapped(PAIR, "dies-with: [openai]", "dies-with: [stripe]")))
    assert [each.partition(":")[0] for each in found] == ["13", "15", "31", "36", "36", "39"]
    assert "a second entry named aws" in found[2]
    assert "/production/aws/secret is already that of aws in production" in " ".join(found)


def test_two_secret_parts_are_refused(file):
    (found,) = mistakes(file(OPENAI, swapped(PAIR, ", secret: false", "")))
    assert found == "21: id, secret marked secret; expected exactly one part without `secret: false`"


def test_a_secret_in_a_configuration_entry_is_refused(file):
    (found,) = mistakes(file(URL.replace(", secret: false", "")))
    assert "a secret part in a configuration entry" in found


def test_an_accounts_id_may_be_shared_by_two_secrets(file):
    other = swapped(PAIR, "name: aws", "name: aws-2").replace("/aws/secret", "/aws/secret-2")
    assert load_catalog(file(OPENAI, PAIR, other), BUILT).catalog.entry("aws-2", "staging")


def test_entries_are_checked_although_the_head_is_wrong(file):
    found = mistakes(file(swapped(OPENAI, "outage: degraded", "outage: bad"), head=HEAD.replace("1", "2")))
    assert [each.partition(":")[0] for each in found] == ["1", "15"]
    assert mistakes(file(head="schema: 1\nenvironments: none\nsecrets: none\n"))


def test_a_value_that_somebody_pasted_is_never_repeated(file):
    key = "sk-proj-" + "aB3dE6gH9" * 4
    for old in ('"/{environment}/openai"', "OPENAI_API_KEY", "degraded", "[{ lambda"):
        assert key not in " ".join(mistakes(file(swapped(OPENAI, old, f"{key} # " if old == "[{ lambda" else key))))
    assert key not in " ".join(mistakes(file(swapped(OPENAI, "owner:", f"{key}:"))))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/health", "http://localhost:1/", "http://[::1]:2/"])
def test_health_on_loopback_may_be_plain_http(file, url):
    entry = swapped(OPENAI, "https://{environment}.example.com/health", url)
    assert load_catalog(file(entry), BUILT).catalog.entry("openai", "staging").consumers[0].health == url


ADMIN = swapped(swapped(OPENAI, "name: openai", "name: openai-admin"), '"/{environment}/openai"', "/bot/admin/openai")
ADMIN = swapped(ADMIN, "  environments: { staging: { options: { project: proj_b } } }\n", "  only-in: [production]\n")


def test_an_admin_credential_may_have_an_entry_of_its_own(file):
    catalog = load_catalog(file(OPENAI, ADMIN), BUILT).catalog
    entry = catalog.entry("openai-admin", "production")
    assert entry.main.parameter == entry.admin_parameter == catalog.entry("openai", "production").admin_parameter
    (found,) = mistakes(file(swapped(ADMIN, "admin: /bot/admin/openai", "admin: /bot/admin/other")))
    assert "/bot/admin/openai belongs to the bot itself" in found


COPIED = """\
  copies:
    - name: ci
      kind: ci
      where: "GitHub Actions secret OPENAI_API_KEY of example/{environment}"
      update: gh secret set
      owner: AI team
    - { name: dump, kind: backup, where: "bucket dumps", update: delete it, owner: Ops, only-in: [production] }
"""


def copied(old="", new=""):
    return OPENAI + (swapped(COPIED, old, new) if old else COPIED)


def test_copies_are_worked_out_for_each_environment(file):
    catalog = load_catalog(file(copied()), BUILT).catalog
    production, staging = catalog.entry("openai", "production"), catalog.entry("openai", "staging")
    assert [copy.name for copy in production.copies] == ["ci", "dump"]
    assert staging.copies == (
        Copy("ci", CopyKind.CI, "GitHub Actions secret OPENAI_API_KEY of example/staging", "gh secret set", "AI team"),
    )
    assert production.frozen(Capabilities(Makes.PERSON, RevokedBy.PERSON)).copies == production.copies


HELD = swapped(OPENAI, "project: proj_b } }", "project: proj_b }, held-by: [] }") + "  held-by: [vercel, circleci]\n"


def test_what_a_vendor_holds_is_told_by_environment(file):
    catalog = load_catalog(file(HELD), BUILT).catalog
    assert catalog.entry("openai", "production").held_by == ("vercel", "circleci")
    assert catalog.entry("openai", "staging").held_by == ()
    assert [entry.name for entry in catalog.held_by("vercel", "production")] == ["openai"]
    assert catalog.held_by("vercel", "staging") == ()
    assert catalog.vendors == ("circleci", "vercel")
    assert [entry.name for entry in catalog.search("circle", "production")] == ["openai"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("name: dump", "name: ci", 24, "a second copy named ci; expected each name once in an entry"),
        ("only-in: [production]", "only-in: [prod]", 24, "`prod` does not have this secret; expected one of produ"),
        ("kind: backup", "kind: tape", 24, "expected"),
        ("update: gh secret set", "update: ghp_" + "a" * 36, 22, "what looks like a GitHub"),
        ("      update: gh secret set\n", "", 19, "`update` is missing"),
        ("name: dump", "name: My Dump", 24, "expected lower-case letters"),
    ],
)
def test_a_mistake_in_a_copy_is_reported_with_its_line(file, old, new, line, said):
    [mistake] = mistakes(file(copied(old, new)))
    assert mistake.startswith(f"{line}:"), mistake
    assert said in mistake
    assert "aaaa" not in mistake


# --- the hours of planned rotations -----------------------------------------------------------------------------------

HOURS = (
    "schema: 1\nenvironments: [production, staging]\nrotation:\n  when: Tue-Thu 09:00-16:00 Europe/Berlin\nsecrets:\n"
)


def test_the_files_hours_are_those_of_every_secret(file):
    catalog = load_catalog(file(OPENAI, PAIR, head=HOURS), BUILT).catalog
    assert {each.window for each in catalog.entries} == {Window("Tue-Thu 09:00-16:00 Europe/Berlin")}
    assert load_catalog(file(OPENAI), BUILT).catalog.entry("openai", "staging").window == Window()


def test_hours_that_are_none_are_reported_with_their_line_and_what_was_expected(file):
    [mistake] = mistakes(file(OPENAI, head=swapped(HOURS, "09:00-16:00", "18:00-16:00")))
    assert mistake.startswith("4: rotation.when: text given, expected an end after the beginning: a window does not")


def test_an_entry_says_whether_two_people_are_asked_and_before_which_day_nothing_begins(file):
    put_off = swapped(OPENAI, "90 }", "90, planned: auto, not-before: 2027-01-31, because: they move }")
    put_off = swapped(put_off, "staging: { options", "staging: { planned: ask, options")
    catalog = load_catalog(file(put_off), BUILT).catalog
    production, staging = (catalog.entry("openai", name) for name in ("production", "staging"))
    assert (production.planned, staging.planned) == (Planned.AUTO, Planned.ASK)
    assert production.policy == Policy(90, not_before=datetime(2027, 1, 31, tzinfo=UTC), because="they move")


@pytest.mark.parametrize(
    ("policy", "mistake"),
    [
        ("not-before: 2027-01-31", "`not-before` without `because`; expected both, or neither"),
        ("because: they move", "`because` without `not-before`; expected both, or neither"),
        ("not-before: soon, because: they move", "expected a day such as 2027-01-31"),
        ("planned: always", "expected 'auto' or 'ask'"),
    ],
)
def test_half_a_decision_is_a_mistake(file, policy, mistake):
    [found] = mistakes(file(swapped(OPENAI, "rotate_after_days: 90", policy)))
    assert found.startswith("11: ")
    assert mistake in found


USED_FROM = """\
  used-from:
    - because: the functions
      networks: [203.0.113.0/24, lambda.amazonaws.com]
      agents: ["Boto3/*"]
"""


def test_where_a_secret_is_used_from_is_read(file):
    text = swapped(OPENAI, "  owner:", f"{USED_FROM}  owner:")
    catalog = load_catalog(file(text), BUILT).catalog
    known = (OurUse("the functions", ("203.0.113.0/24", "lambda.amazonaws.com"), ("Boto3/*",)),)
    assert catalog.our_uses("openai", "production") == known
    assert catalog.our_uses("another", "production") == ()


def test_a_place_that_is_everywhere_is_refused(file):
    text = swapped(OPENAI, "  owner:", "  used-from: [{because: us, networks: []}]\n  owner:")
    assert "networks" in mistakes(file(text))[0]


OURS = """\
ours:
  - principal: arn:aws:iam::111122223333:role/deploy
    because: CI of example/product
  - principal: arn:aws:iam::111122223333:user/ben
    because: ben debugs
    secrets: [openai]
    only-in: [staging]
    networks: [203.0.113.0/24, ssm.amazonaws.com]
    agents: ["aws-cli/2.*"]
    until: 2027-03-01
"""


def test_readers_that_are_ours_are_read(file):
    catalog = load_catalog(file(OPENAI, PAIR, head=OURS + HEAD), BUILT).catalog
    ci, ben = catalog.ours
    assert catalog.known_readers("aws", "production") == (ci,)
    assert catalog.known_readers("openai", "staging") == (ci, ben)
    assert ben.why == "in the catalog: ben debugs"
    assert (ben.networks, ben.agents, ben.until) == (
        ("203.0.113.0/24", "ssm.amazonaws.com"), ("aws-cli/2.*",), date(2027, 3, 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[openai]", "[opnai]", "6: there is no secret of this name in the file"),
        ("[staging]", "[live]", "7: there is no environment of this name in the file"),
        ("203.0.113.0/24", "203.0.113.7/24", "8: ours[1].networks[0]: text given, expected a network such as"),
        ("role/deploy", "group/deploy", "2: ours[0].principal: text given, expected the ARN of a role or user"),
        ("2027-03-01", "soon", "10: ours[1].until: text given, expected a day"),
    ],
)
def test_a_mistake_in_them_is_named(file, old, new, said):
    [mistake] = mistakes(file(OPENAI, PAIR, head=swapped(OURS, old, new) + HEAD))
    assert mistake.startswith(said)
