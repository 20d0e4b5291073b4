"""Why a proof does not count."""

from bot.errors import BotError


class ProofRefused(BotError):
    """It is not a proof of this command: refused for good, with a sentence for the person."""


class ProofUnchecked(BotError):
    """It could not be checked now: the command waits, and is asked about again."""
