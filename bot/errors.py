"""The bot's error tree.

::

    BotError                     a sentence for a person; never a secret in it
    ├── ConfigurationError       a setting, playbook, catalog or people file is wrong: says where and what was expected
    ├── Misuse                   the request cannot be carried out as asked: says what to do instead
    ├── LogError                 the event log cannot be read or written
    │   ├── LogUnavailable       database unreachable, locked, full or read-only: try again
    │   ├── EventTooNew          an event was written by a newer program
    │   ├── LogTooNew            the database was written by a newer program
    │   └── LogBehind            its schema is older than this program, and this process may not change it
    └── OutsideError             another system did not do what was asked of it
        ├── Unreachable          no answer: connection refused or reset, time-out. The call may have been carried out
        ├── Throttled            told to slow down; `retry_after` in seconds if it said so
        ├── Unauthorized         our own credential for that system was refused: a person must mend it
        ├── Missing              the thing named is not there
        ├── Refused              understood and declined: the same request will be declined again
        │   └── NotAlone         a key that its provider only ends together with its owner
        └── Unexpected           an answer that its documentation does not have, including every 5xx
"""

from __future__ import annotations

from collections.abc import Mapping


class BotError(Exception):
    """Base of all errors that are shown to people. `str(error)` is a full sentence without any secret."""


class ConfigurationError(BotError):
    """A file or setting is wrong. The message names the file, the line if known, and what was expected."""


class Misuse(BotError):
    """The request cannot be carried out as asked. The message says what to do instead."""


class LogError(BotError):
    """The event log cannot be used."""


class LogUnavailable(LogError):
    """The database does not answer, is locked, full or read-only. What was asked has not been recorded."""


class EventTooNew(LogError):
    """An event was written by a newer program than this: to guess at it would be to act without it."""


class LogTooNew(LogError):
    """The database's schema is newer than this program."""


class LogBehind(LogError):
    """The database's schema is missing or older than this program, and it is not this process's to change it."""


class OutsideError(BotError):
    """Another system did not do its part.

    `system` is the provider or service (``sendgrid``, ``ssm``), `verb` our action (``revoke key 4f…``), `cause` our own
    words for the failure (``HTTP 500``): never text from the answer, which may repeat a secret.
    """

    retryable = True

    def __init__(self, system: str, verb: str, cause: str) -> None:
        super().__init__(f"{system}: {verb}: {cause}")
        self.system = system
        self.verb = verb
        self.cause = cause


class Unreachable(OutsideError):
    """No answer came back. Whether the call was carried out is unknown."""


class Throttled(OutsideError):
    """The system asked us to slow down. `retry_after` is in seconds, None if it did not say."""

    def __init__(self, system: str, verb: str, cause: str, retry_after: float | None = None) -> None:
        super().__init__(system, verb, cause)
        self.retry_after = retry_after


class Unauthorized(OutsideError):
    """The credential that we used for this system was refused."""

    retryable = False


class Missing(OutsideError):
    """The named thing does not exist there."""

    retryable = False


class Refused(OutsideError):
    """The request was understood and declined; asking again will not help."""

    retryable = False


class NotAlone(Refused):
    """The provider does not end this key by itself; its owner, such as a service account, could be deleted."""


class Unexpected(OutsideError):
    """The answer is not one that the documentation has, or a server error."""


FAILURES: Mapping[type[OutsideError], str] = {
    Unreachable: "Unreachable",
    Throttled: "Throttled",
    Unauthorized: "Unauthorized",
    Missing: "Missing",
    Refused: "Refused",
    NotAlone: "NotAlone",
    Unexpected: "Unexpected",
}
"""The permanent names of these errors in logs. The core goes by them, even if a class is renamed."""


def failure_name(error: BaseException) -> str:
    """The stored name of a failure; of an error that is not in the list, on which nothing rests, its class's name."""
    return next((name for kind, name in FAILURES.items() if type(error) is kind), type(error).__name__)
