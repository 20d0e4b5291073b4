"""The command that takes a new key, by a hidden prompt or from standard input, never as an argument: submit.

The value goes into the inbox: the log learns where it waits, never what it is.
"""

from __future__ import annotations

from typing import Annotated

from bot.cli.arguments import flag
from bot.cli.inbox import NoWait
from bot.cli.show import IncidentId, SecretName
from bot.cli.terminal import Terminal

Stdin = Annotated[bool, flag("--stdin", "Read from standard input instead of asking.")]


def submit(
    terminal: Terminal, incident: IncidentId, secret: SecretName, *, stdin: Stdin = False, no_wait: NoWait = False
) -> int:
    """Bring a new key that you made in the provider's console. With --stdin a line a part, in the catalog's order.

    For example:
      bot submit inc_ab12cd stripe-secret-key
      pbpaste | bot submit inc_ab12cd stripe-secret-key --stdin
    """
    from bot.cli.submission import submit_value

    return submit_value(terminal, incident, secret, stdin=stdin, no_wait=no_wait)
