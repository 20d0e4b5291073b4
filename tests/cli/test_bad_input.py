"""What people mistype: each is answered with what to do, by exit status 2, and never with a frame of our code."""

import pytest

from bot.data_files import shipped
from tests.cli.conftest import say

PLAYBOOK = shipped("playbooks") / "secret-compromise.yaml"
LEAK = ("declare", "openai-api-key", "-e", "production", "--public", "-n")


@pytest.fixture
def refused(tmp_path):
    """What a command line is answered that cannot be carried out."""

    def asked(*arguments, **environ):
        said = say(
            *arguments, environ={"BOT_DATA": str(tmp_path / "data"), "BOT_ENVIRONMENT": "development", **environ}
        )
        assert said.status == 2, said.err
        for frame in ("Traceback", "please report it", ".py:"):
            assert frame not in said.err
        return said.err

    return asked


@pytest.mark.parametrize("name", ["BOT_DATA", "--data"])
def test_a_data_folder_that_is_a_file_or_cannot_be_made(refused, tmp_path, name):
    taken = tmp_path / "taken"
    taken.touch()
    for path in (taken, taken / "below"):
        drilled = name == "--data"
        said = refused("drill", "--auto", name, path) if drilled else refused("list", BOT_DATA=str(path))
        assert f"{name}: the folder {path} can't be made ({taken} is a file). Name a folder that you may" in said


@pytest.mark.parametrize("url", ["", "bot.example.com", "ftp://x", "http://bot.example.com", "https://", "https://a b"])
def test_a_manifest_for_an_address_that_slack_cannot_reach(refused, url):
    said = refused("setup", "manifest", "--url", url)
    assert f"--url {url!r} is no address that Slack can reach. Enter one such as https://bot.example.com." in said


def test_a_catalog_without_an_environment_says_that_and_nothing_that_follows_from_it(refused, tmp_path):
    path = tmp_path / "secrets.yaml"
    lines = (shipped("playbooks") / "secrets.yaml").read_text().splitlines()
    path.write_text("\n".join("environments: []" if one.startswith("environments:") else one for one in lines))
    [mistake] = [line for line in refused("catalog", "check", path).splitlines() if str(path) in line]
    assert "environments" in mistake


def test_a_leak_by_a_playbook_for_what_is_planned(refused):
    for arguments in ((*LEAK, "a gist", "--dry-run"), (*LEAK, "a gist", "--yes")):
        said = refused(*arguments, "--playbook", "rotation")
        assert "rotation is for planned work. For a leak omit --playbook; to rotate run `bot rotate`." in said


def test_a_key_in_the_notice_of_what_would_be_declared(refused):
    key = "sk-proj-" + "abcdefghijklmnopqrstuvwx"
    said = refused(*LEAK, f"it was {key}", "--dry-run")
    assert "The text on how it was noticed holds what looks like a OpenAI API key" in said
    assert key not in said


def test_an_audience_whose_template_is_mistyped(refused, tmp_path):
    text = PLAYBOOK.read_text()
    audience = "audience:\n  - {name: press, channels: [C012AB3CD], template: stakeholdres}\n"
    path = tmp_path / "secret-compromise.yaml"
    path.write_text(f"{text}\n{audience}" if "\naudience:" not in text else text)
    for given in (("catalog", "check", path), (*LEAK, "x", "--dry-run")):
        environ = {} if given[0] == "catalog" else {"BOT_PLAYBOOKS": str(tmp_path)}
        (tmp_path / "secrets.yaml").write_text((shipped("playbooks") / "secrets.yaml").read_text())
        said = refused(*given, **environ)
        assert (
            "audience press: there is no template `stakeholdres`; expected one of owners, security, stakeholders"
            in said
        )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "inc_nothing"), "There is no incident inc_nothing"),
        (
            ("incident", "task", "inc_ab12cd", "x", "--due", "tomorrow"),
            "'tomorrow' is not a time; expected one",
        ),
        (("runbook", "openai"), "openai"),
        (("runbook", "openai-api-key", "-e", "nowhere"), "no such environment"),
    ],
)
def test_a_name_or_a_time_that_there_is_not(refused, arguments, words):
    assert words in refused(*arguments)
