"""Commands about new values: what rights they have, whether they serve, and what takes their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from bot.cli.arguments import argument
from bot.cli.inbox import NoWait, Reason, ask_and_show
from bot.cli.show import IncidentId, SecretName
from bot.cli.terminal import Terminal

if TYPE_CHECKING:
    pass


def replace(terminal: Terminal, incident: IncidentId, secret: SecretName, *, no_wait: NoWait = False) -> int:
    """Ask for a new value where the declaration wanted none.

    For example:
      bot replace inc_ab12cd openai-api-key
      bot replace inc_ab12cd openai-api-key --no-wait
    """
    from bot.incident.commands import AskReplacement

    return ask_and_show(terminal, incident, AskReplacement(secret), no_wait=no_wait)


def roll_back(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason, no_wait: NoWait = False
) -> int:
    """Put the leaked value back in place while it still lives and consumers fail with the new one.

    For example:
      bot roll-back inc_ab12cd openai-api-key --reason 'the worker answers 500 with the new key'
      bot roll-back inc_ab12cd openai-api-key --reason 'checkout is down' --no-wait
    """
    from bot.incident.commands import RollBack

    return ask_and_show(terminal, incident, RollBack(secret, reason), no_wait=no_wait)


def use(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason, no_wait: NoWait = False
) -> int:
    """Put a new value that waits in its place all the same, or have it made. `bot show` says why it waits.

    One whose account could not be told needs a second person: somebody with approve who did not hand it over.

    For example:
      bot use inc_ab12cd openai-api-key --reason 'the provider is down and the key was just made'
      bot use inc_ab12cd openai-api-key --reason 'its rights are right' --no-wait
    """
    from bot.incident.commands import UseValue

    return ask_and_show(terminal, incident, UseValue(secret, reason), no_wait=no_wait)


def refuse(terminal: Terminal, incident: IncidentId, secret: SecretName, *, reason: Reason) -> int:
    """Do not use a new value that somebody handed over, and that is not in its place yet.

    For example:
      bot refuse inc_ab12cd openai-api-key --reason 'it was pasted in a chat'
      bot refuse inc_ab12cd stripe-secret-key --reason 'it is of the wrong account'
    """
    from bot.incident.commands import RefuseValue

    return ask_and_show(terminal, incident, RefuseValue(secret, reason), no_wait=True)


def scopes(
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    wanted: Annotated[list[str], argument("SCOPE...", "The new key's rights.")],
    *,
    no_wait: NoWait = False,
) -> int:
    """Propose the new key's rights where the old one's cannot be read; a second person must agree.

    For example:
      bot scopes inc_ab12cd sendgrid-api-key mail.send
      bot scopes inc_ab12cd sendgrid-api-key mail.send templates.read --no-wait
    """
    from bot.incident.commands import ChooseScopes

    return ask_and_show(terminal, incident, ChooseScopes(secret, tuple(wanted)), no_wait=no_wait)
