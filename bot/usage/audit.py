"""Who can read a parameter beside who did: pure. What is not known stays unknown, and is never told as "nobody"."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.model.reads import Read
from bot.proofs.principals import holder
from bot.usage.contract import Grant, Granted, Usage, Verdict, session_name


class Seen(StrEnum):
    """What is known of a principal's reads of one parameter in the time that was looked at."""

    READ = "read"
    REFUSED = "refused"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reader:
    """A principal and one parameter. `can` is None where nobody could say who can read; `last` is UTC; `sessions` are
    the names under which a role read (a function's, a person's).
    """

    principal: str
    can: Verdict | None
    seen: Seen
    by: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    reads: int = 0
    refused: int = 0
    last: datetime | None = None
    sessions: tuple[str, ...] = ()
    by_bot: bool = False

    @property
    def idle(self) -> bool:
        """Could, and never did."""
        return self.can in {Verdict.CAN, Verdict.MAY} and self.seen in {Seen.NEVER, Seen.REFUSED}


@dataclass(frozen=True)
class IdleReader:
    """A principal that could read `parameters` and read none of them, out of the `asked` that were looked at."""

    principal: str
    parameters: tuple[str, ...]
    by: tuple[str, ...]


def audit(parameter: str, granted: Granted | None, usage: Usage | None, bot: str = "") -> tuple[Reader, ...]:
    """Readers of one parameter: those who read first, the latest first of all, then those who never did.

    `granted` is None where IAM could not be asked; `usage` is None where CloudTrail could not. `bot` is the ARN of
    this process.
    """
    grants = {holder(grant.principal): grant for grant in (granted.of(parameter) if granted else ())}
    reads: dict[tuple[str, ...], list[Read]] = {}
    for read in usage.reads if usage is not None else ():
        if read.parameter == parameter:
            reads.setdefault(holder(read.principal), []).append(read)
    complete = usage is not None and not usage.truncated
    own = holder(bot) if bot else ()
    readers = [
        _reader(grants.get(name), reads.get(name, []), granted, complete=complete, bot=name == own)
        for name in dict.fromkeys([*reads, *grants])
    ]
    return tuple(sorted(readers, key=_order))


def idle_readers(audited: Iterable[tuple[str, Sequence[Reader]]]) -> tuple[IdleReader, ...]:
    """Who could read some of the parameters and was seen reading none of these, those who could read most first.

    The bot is left out: it reads what it rotates. `audited` are parameters with their readers.
    """
    could: dict[tuple[str, ...], list[tuple[str, Reader]]] = {}
    for parameter, readers in audited:
        for reader in readers:
            if reader.can is not None and reader.can is not Verdict.CANNOT and not reader.by_bot:
                could.setdefault(holder(reader.principal), []).append((parameter, reader))
    found = [
        IdleReader(
            theirs[0][1].principal,
            tuple(parameter for parameter, _ in theirs),
            tuple(sorted({name for _, reader in theirs for name in reader.by})),
        )
        for theirs in could.values()
        if all(reader.idle for _, reader in theirs)
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.parameters), each.principal)))


def _reader(
    grant: Grant | None, reads: Collection[Read], granted: Granted | None, *, complete: bool, bot: bool
) -> Reader:
    done = [read for read in reads if not read.refused]
    newest = max(reads, key=lambda read: read.at, default=None)
    principal = grant.principal if grant is not None else _told(newest)
    made = Reader(
        principal,
        can=_can(grant, principal, granted),
        seen=_seen(done, reads, complete=complete),
        reads=len(done),
        refused=len(reads) - len(done),
        last=max((read.at for read in done), default=None),
        sessions=tuple(sorted({name for read in done if (name := session_name(read.principal))})),
        by_bot=bot or any(read.by_bot for read in reads),
    )
    return made if grant is None else replace(made, by=grant.by, actions=grant.actions)


def _told(read: Read | None) -> str:
    """Whom a read names; a role without the session's name, which stands apart."""
    assert read is not None
    head, kind, rest = read.principal.partition(":assumed-role/")
    return f"{head}{kind}{rest.partition('/')[0]}"


def _can(grant: Grant | None, principal: str, granted: Granted | None) -> Verdict | None:
    """Of services and of other accounts this account's IAM says nothing; its root user it does not list; and whose
    rights a federated user has, its name does not say.
    """
    if grant is not None:
        return grant.verdict
    if granted is None or f":{granted.account}:" not in principal or ":federated-user/" in principal:
        return None
    return Verdict.CAN if principal.endswith(":root") else Verdict.CANNOT


def _seen(done: Collection[Read], reads: Collection[Read], *, complete: bool) -> Seen:
    if done:
        return Seen.READ
    if not complete:
        return Seen.UNKNOWN
    return Seen.REFUSED if reads else Seen.NEVER


def _order(reader: Reader) -> tuple[bool, float, str]:
    return reader.last is None, -(reader.last.timestamp() if reader.last else 0.0), reader.principal
