"""What a proof can come to besides an answer: it is none, or nobody could tell yet."""

from __future__ import annotations

from bot.errors import BotError


class ProofRefused(BotError):
    """The proof is none, now and for good. The message is a sentence for whoever gave the command."""


class ProofExpired(ProofRefused):
    """It is a proof of whoever is said to give the command, and came too late or too early to count."""


class ProofUnchecked(BotError):
    """Nobody could tell: whoever knows did not answer. The command waits, and is asked about again."""
