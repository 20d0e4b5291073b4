"""Commands about new values: what rights they have, whether they serve, and what takes their place."""

from __future__ import annotations

from typing import Annotated

from bot.cli.arguments import flag, option
from bot.cli.inbox import NoWait, Reason, ask_and_show
from bot.cli.show import IncidentId, SecretName
from bot.cli.terminal import Terminal


def replace(
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    *,
    scope: Annotated[
        list[str] | None, option("--scope", "SCOPE", "A right of the new key, where the old one's cannot be read.")
    ] = None,
    no_wait: NoWait = False,
) -> int:
    """Ask for a new value where the declaration wanted none; or, with --scope, propose the new key's rights where the
    old one's cannot be read: a second person must agree.

    For example:
      bot replace inc_ab12cd openai-api-key
      bot replace inc_ab12cd sendgrid-api-key --scope mail.send --scope templates.read
    """
    from bot.incident.commands import AskReplacement, ChooseScopes

    body = ChooseScopes(secret, tuple(scope)) if scope else AskReplacement(secret)
    return ask_and_show(terminal, incident, body, no_wait=no_wait)


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
    terminal: Terminal,
    incident: IncidentId,
    secret: SecretName,
    *,
    reason: Reason,
    refuse: Annotated[bool, flag("--refuse", "Do not use what somebody handed over: another one is awaited.")] = False,
    no_wait: NoWait = False,
) -> int:
    """Put a new value that waits in its place all the same, have it made, or refuse it. `bot show` says why it waits.

    One whose account could not be told needs a second person: somebody with approve who did not hand it over.

    For example:
      bot use inc_ab12cd openai-api-key --reason 'the provider is down and the key was just made'
      bot use inc_ab12cd openai-api-key --refuse --reason 'it was pasted in a chat'
    """
    from bot.incident.commands import RefuseValue, UseValue

    body = RefuseValue(secret, reason) if refuse else UseValue(secret, reason)
    return ask_and_show(terminal, incident, body, no_wait=no_wait or refuse)
