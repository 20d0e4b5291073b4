"""A secret that the incident does not have is the asker's mistake in every command: status 2, and nothing is asked."""

from types import SimpleNamespace

import pytest

from bot.cli import inbox, status
from bot.incident import commands as c
from bot.incident.model import CheckOutcome, Strategy
from bot.incident.refusals import NotInIncident
from tests.support.consents import SHOWN
from tests.support.incidents import Story, declaration


@pytest.mark.parametrize(
    "body",
    [
        c.KillNow("redis", SHOWN),
        c.BreakGlass({"openai-api-key": SHOWN, "redis": SHOWN}, "abuse"),
        c.ChooseStrategy("redis", Strategy.OVERLAP, "x"),
        c.ConfirmRevoked("redis"),
        c.AttestDeath("redis", "x"),
        c.EndCheck("redis", "keys", CheckOutcome.CLEAR, "looked"),
        c.AskReplacement("redis"),
        c.ChooseScopes("redis", ("x",)),
        c.ChooseCandidate("redis", "k"),
    ],
    ids=lambda body: type(body).__name__,
)
def test_an_unknown_secret_is_misuse_in_every_command(body):
    incidents = SimpleNamespace(look=lambda _incident: SimpleNamespace(incident=Story(declaration()).incident))
    terminal = SimpleNamespace(incidents=incidents)
    with pytest.raises(NotInIncident, match="has no secret 'redis'") as caught:
        inbox.ask(terminal, "inc_ab3cde", body)
    assert status.of_error(caught.value) == status.MISUSE
