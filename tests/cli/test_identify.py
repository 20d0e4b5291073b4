"""What `bot identify` says first of a value, and with which exit status: no all-clear that was not seen."""

from types import SimpleNamespace

import pytest

from bot.cli import status
from bot.cli.identification import _declaring, _status, _verdict
from bot.cli.terminal import Terminal
from bot.errors import Misuse
from bot.model.probes import Liveness
from bot.rotation.identification import Holding, Identification, Sight, Stranger

UNREAD = ("/production/a: AccessDenied", "/production/b: AccessDenied")


def held(sight, secret="aws-key"):
    return Holding(secret, "production", "aws", f"/production/{secret}", (1,), True, sight, "f1")


def seen(liveness):
    return Sight(liveness, "as asked")


def found(*holdings, strangers=(), not_searched=()):
    return Identification("f1", (), (), (), holdings, strangers, not_searched)


def test_what_could_not_be_searched_is_no_all_clear():
    nothing = found(not_searched=UNREAD)
    assert _verdict(nothing).startswith("It was not found, but 2 parameters could not be searched: it may be")
    assert _status(nothing) == status.FAILED
    dead = found(held(seen(Liveness.DEAD)), not_searched=UNREAD[:1])
    assert _verdict(dead) == "It is rejected: dead. 1 parameter could not be searched: it may be there."
    assert _status(dead) == status.FAILED


def test_an_id_is_called_one_and_says_what_to_declare():
    half = found(held(None))
    words = (
        "It is the id of aws-key, which alone gives no access: `bot declare aws-key -e production` if its other half"
    )
    assert _verdict(half).startswith(words)
    assert _status(half) == status.DONE
    with pytest.raises(Misuse, match="It is the id of aws-key"):
        _declaring(Terminal(), half, (), declare=True)


def test_no_one_is_asked_to_declare_what_an_open_incident_handles(monkeypatch):
    terminal = SimpleNamespace(interactive=True)
    monkeypatch.setattr("typer.confirm", lambda *_asked, **_more: True)
    leaked = found(held(seen(Liveness.LIVE)))
    assert not _declaring(terminal, leaked, [("aws-key", "production")], declare=False)
    assert _declaring(terminal, leaked, [("aws-key", "staging")], declare=False)


@pytest.mark.parametrize(
    ("liveness", "expected", "words"),
    [
        (Liveness.UNKNOWN, status.AT_RISK, "Unknown whether it works: assume it does."),
        (Liveness.LIVE, status.AT_RISK, "It STILL WORKS."),
        (Liveness.DEAD, status.DONE, "It is rejected: dead."),
    ],
)
def test_the_exit_status_is_that_of_what_was_seen(liveness, expected, words):
    ours, strange = found(held(seen(liveness))), Stranger("key", "production", "openai", seen(liveness), ours=False)
    for each in (ours, found(strangers=(strange,))):
        assert (_status(each), _verdict(each)) == (expected, words)


def test_nothing_anywhere_and_all_searched():
    assert _verdict(found()).startswith("It is in no parameter of the catalog")
    assert _status(found()) == status.DONE
