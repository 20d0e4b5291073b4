"""Which secrets `bot declare` means."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from bot.app import Application
from bot.catalog.catalog import Catalog
from bot.cli import follow
from bot.cli.declare import _names, parse_strategies
from bot.cli.foreseen import foreseen_document
from bot.cli.terminal import Terminal
from bot.errors import Misuse, Unauthorized
from bot.inbox import Client
from bot.incident.declaration.consequences import Consequence, Ending, Foreseen
from bot.incident.refusals import Declined
from bot.model.secrets import Outage
from tests.slack.conftest import entry
from tests.support.practice import OPENAI

CATALOG = Catalog(
    ("production",),
    (
        entry("openai-api-key", "OpenAI", "production", "openai", held_by=("vercel",)),
        entry("service-key", "Service key", "production", "supabase", dies_with=("anon-key",)),
        entry("anon-key", "Anon key", "production", "supabase", held_by=("vercel", "fastly"), public_by_design=True),
    ),
)


@pytest.fixture
def named():
    def names(*secrets, vendor="", every=False):
        terminal, screen = Terminal(), io.StringIO()
        terminal.err = Console(file=screen, width=200, no_color=True, highlight=False, markup=False)
        terminal.application = SimpleNamespace(files=SimpleNamespace(loaded=SimpleNamespace(catalog=CATALOG)))
        return _names(terminal, list(secrets), "production", vendor, every=every), screen.getvalue()

    return names


def test_all_leaves_alone_what_is_public_by_design_and_says_so(named):
    found, said = named(every=True)
    assert found == ["openai-api-key", "service-key"]
    assert "anon-key is public by design, skipped unless it is named; revoking also affects service-key." in said


def test_all_takes_it_too_where_it_is_named(named):
    found, said = named("anon-key", every=True)
    assert found == ["openai-api-key", "service-key", "anon-key"]
    assert said == ""


def test_names_alone_are_those_named(named):
    assert named("anon-key", "anon-key")[0] == ["anon-key"]


def test_nothing_named_is_a_mistake(named):
    with pytest.raises(Misuse, match="or use --all"):
        named()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            "redis-url=overlap",
            "--strategy names 'redis-url', which is not one of the declared secrets: openai-api-key.",
        ),
        ("openai-api-key=later", "There is no strategy 'later'; expected revoke-first or replace-first."),
    ],
)
def test_what_it_cannot_do_is_said(given, words):
    with pytest.raises(Misuse) as refused:
        parse_strategies([given], ["openai-api-key"])
    assert str(refused.value) == words


def test_what_a_vendor_holds_is_taken_but_what_is_public_by_design(named):
    assert named(vendor="vercel")[0] == ["openai-api-key"]
    assert "anon-key is public by design" in named(vendor="vercel")[1]
    assert named("anon-key", vendor="vercel")[0] == ["openai-api-key", "anon-key"]


@pytest.mark.parametrize(
    ("vendor", "said"),
    [
        ("vercell", "did you mean vercel"),
        ("netlify", "it names fastly, vercel"),
        ("fastly", "Nothing that fastly holds"),
    ],
)
def test_a_slip_of_the_pen_never_reads_as_nothing_leaked(named, vendor, said):
    with pytest.raises(Misuse, match=said):
        named(vendor=vendor)


def test_what_cannot_be_foretold_and_why_two_people_are_needed_stand_in_the_document():
    assert (
        foreseen_document(Foreseen(untold="the database does not answer"))["untold"] == "the database does not answer"
    )
    one = Consequence(
        entry("redis-url", "Redis", "production", "redis"), Ending.APPROVED, Outage.DOWN, None, "it stops"
    )
    (told,) = foreseen_document(Foreseen((one,)))["secrets"]
    assert told["why"] == "it stops"


LEAK = ("identify", "--declare", "--stdin", "-n", "a mail of theirs", "--private")


@pytest.fixture
def elsewhere(installation):
    """OpenAI's key is the same in both environments; a worker has been there once."""
    installation.leaked = installation.world.old[OPENAI]
    installation.world.aws.store("/staging/openai-api-key", installation.leaked)
    assert installation.world.app.event_log.installation.read() is not None
    return installation


def test_of_several_declarations_all_wait_where_nobody_can_decide(elsewhere, monkeypatch):
    def refused(*_given, **_named):
        raise Unauthorized("ssm", "read /bot/worker-key", "not allowed")

    with monkeypatch.context() as patch:
        patch.setattr(Application, "become_worker", refused)
        said = elsewhere.bot(*LEAK, stdin=elsewhere.leaked)
        text = " ".join(said.err.split())
        assert said.status == 1, said.err
        assert "NOT DECLARED, as far as known: 2 of 2." in text
        assert "production, openai-api-key: Saved for" in text
        assert "staging, openai-api-key: Saved for" in text
        assert text.count("this terminal cannot be one") == 1
    assert elsewhere.world.app.event_log.inbox.waits() == 2
    elsewhere.world.app.working.commands.round()
    opened = elsewhere.world.app.incidents.summaries("open")
    assert {each.environment for each in opened} == {"production", "staging"}


def test_a_refusal_of_one_keeps_none_of_the_others(elsewhere, monkeypatch):
    real_put = Client.put

    def put(client, incident, command, *given, **named):
        if command.environment == "production":
            raise Declined("it holds what looks like a secret")
        return real_put(client, incident, command, *given, **named)

    monkeypatch.setattr(Client, "put", put)
    said = elsewhere.bot(*LEAK, "--no-wait", "--json", stdin=elsewhere.leaked)
    assert said.status == 1, said.err
    (opened,) = elsewhere.world.app.incidents.summaries("open")
    assert (opened.environment, said.document["incidents"][0]["incident"]) == ("staging", opened.incident)
    (lost,) = said.document["not_declared"]
    assert (lost["environment"], lost["secrets"]) == ("production", ["openai-api-key"])
    assert any("NOT DECLARED" in warning for warning in said.document["warnings"])


def test_ctrl_c_while_the_first_is_worked_on_loses_none(elsewhere, monkeypatch):
    def stopped(*_given, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(follow, "carry_through", stopped)
        assert elsewhere.bot(*LEAK, stdin=elsewhere.leaked).status == 130
    assert len(elsewhere.world.app.incidents.summaries("open")) == 2


def test_what_was_found_is_told_also_where_its_one_declaration_is_refused(elsewhere, monkeypatch):
    def put(*_given, **_named):
        raise Declined("the rules refuse it")

    monkeypatch.setattr(Client, "put", put)
    words = (*LEAK, "-e", "production")
    said = elsewhere.bot(*words, "--json", stdin=elsewhere.leaked)
    assert (said.status, said.document["incidents"]) == (1, [])
    assert said.document["not_declared"][0]["why"] == "the rules refuse it"
    assert "the rules refuse it" in elsewhere.bot(*words, stdin=elsewhere.leaked).err
